"""Write docs/api.md, the reference of the public surface, from its docstrings, or check that it is up to date.

Usage: python tools/reference.py [--check]

griffe reads the code without running it. Complete by construction: the names are those of the `__all__` of the package
and of the original's modules, and one without a docstring is an error.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import griffe

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "api.md"
MODULES = ("calc", "io", "postproc", "main", "exceptions", "common", "imagecluster")
"""Of the original's names."""
HEAD = """\
# Python reference

Made from the docstrings by `python tools/reference.py`; `tools/check` fails when it is out of date. Shapes, units and
ranges stand with each parameter. Everything here keeps its name and meaning as
[the policy](../CONTRIBUTING.md#deprecations) says; what is not here may change.
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--check", action="store_true", help="change nothing, fail if something is out of date")
    arguments = parser.parse_args()
    package = griffe.load("imagecluster", search_paths=[str(ROOT / "src")], docstring_parser="numpy")
    text, problems = page(package)
    if not arguments.check:
        PAGE.write_text(text, encoding="utf-8")
    elif not PAGE.exists() or PAGE.read_text(encoding="utf-8") != text:
        problems.append(f"{PAGE.relative_to(ROOT)} is out of date: run python tools/reference.py")
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems else 0


def page(package: griffe.Object) -> tuple[str, list[str]]:
    """Text of the page, and names that it should describe and cannot."""
    parts, problems = [HEAD], []
    names = [name for name in public_names(package) if name not in (*MODULES, "errors")]
    for heading, module, listed in (
        ("imagecluster", package, names),
        ("imagecluster.errors", package["errors"], public_names(package["errors"])),
        *((f"imagecluster.{name}, as in the original", package[name], public_names(package[name])) for name in MODULES),
    ):
        parts.append(f"## {heading}\n")
        for name in listed:
            found = target(package, module, name)
            if found is None or found.docstring is None:
                problems.append(f"{heading}: {name} has no docstring")
                continue
            parts += described(name, found)
    return "\n".join(parts).rstrip() + "\n", problems


def public_names(module: griffe.Object) -> list[str]:
    """Names of `__all__`, or of the classes that a module without it defines."""
    if module.exports:
        return sorted(str(name) for name in module.exports)
    return sorted(name for name, member in module.members.items() if not member.is_alias and member.is_class)


def target(package: griffe.Object, module: griffe.Object, name: str) -> griffe.Object | None:
    """What a public name stands for, wherever it is defined."""
    if name in module.members:
        member = module.members[name]
        return member.final_target if member.is_alias else member
    return None


def described(name: str, found: griffe.Object) -> list[str]:
    """Heading, signature, docstring and public members of a function or a class."""
    assert found.docstring is not None
    parts = [f"### `{name}`\n", f"```python\n{signature(name, found)}\n```\n", body(found.docstring.value)]
    if found.is_class:
        for member_name, member in found.members.items():
            if member_name.startswith("_") or member.is_alias or member.docstring is None:
                continue
            if member.is_function:
                parts += [f"#### `{name}.{member_name}`\n", f"```python\n{signature(member_name, member)}\n```\n"]
            else:
                parts.append(f"#### `{name}.{member_name}`\n")
            parts.append(body(member.docstring.value))
    return parts


def signature(name: str, found: griffe.Object) -> str:
    """How it is called."""
    if found.is_attribute:
        return f"{name} = {found.value}".replace("'", '"')  # as the formatter quotes
    if found.is_class:
        bases = ", ".join(str(base).rpartition(".")[2] for base in found.bases)
        return f"class {name}({bases})" if bases else f"class {name}"
    shown, after = [], False
    for parameter in found.parameters:
        if parameter.name in ("self", "cls"):
            continue
        if parameter.kind is griffe.ParameterKind.keyword_only and not after:
            shown.append("*")
            after = True
        default = "" if parameter.default is None else f" = {parameter.default}"
        kind = "" if parameter.annotation is None else f": {parameter.annotation}"
        shown.append(f"{parameter.name}{kind}{default}")
    returns = "" if found.returns is None else f" -> {found.returns}"
    line = f"{name}({', '.join(shown)}){returns}"
    return line if len(line) <= 100 else f"{name}(\n    " + ",\n    ".join(shown) + f",\n){returns}"


def body(text: str) -> str:
    """A docstring as Markdown: sections as bold lines, definitions as lists, examples as code."""
    lines, out, i = text.strip().splitlines(), [], 0
    section = ""
    while i < len(lines):
        line = lines[i]
        if i + 1 < len(lines) and set(lines[i + 1].strip()) == {"-"} and len(lines[i + 1].strip()) >= 3:
            section = line.strip()
            out += [f"**{section}**", ""]
            i += 2
            continue
        if section in ("Parameters", "Returns", "Raises", "Attributes") and line and not line.startswith(" "):
            meaning = []
            while i + 1 < len(lines) and (lines[i + 1].startswith("    ") or not lines[i + 1].strip()):
                i += 1
                meaning.append(lines[i].strip())
            out.append(f"- `{line.strip()}`: {' '.join(filter(None, meaning))}".rstrip(": "))
            if meaning and not meaning[-1]:
                out.append("")
        elif line.startswith(">>>"):
            out.append("```python")
            while i < len(lines) and lines[i].strip():
                out.append(lines[i])
                i += 1
            out += ["```", ""]
            continue
        else:
            out.append(line)
        i += 1
    return "\n".join(out).rstrip() + "\n"


if __name__ == "__main__":
    sys.exit(main())
