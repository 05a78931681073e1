"""Write the page's types of the JSON that it exchanges with the server, or check that they are up to date.

Usage: python tools/wire.py [--check]

Made from the source of imagecluster/web/wire.py, whose names and texts they keep, with the types that it imports from
other modules of the package, and all of those in other parts of the wire.
"""

from __future__ import annotations

import argparse
import ast
import sys
from itertools import pairwise
from pathlib import Path

WEB = Path(__file__).resolve().parents[1] / "src" / "imagecluster" / "web"
SOURCE = WEB / "wire.py"
TYPES = WEB / "static" / "core" / "wire.d.ts"
HEAD = "/** Made from imagecluster/web/wire.py by `python tools/wire.py`; a check fails when it is out of date. */\n"

PLAIN = {"str": "string", "int": "number", "float": "number", "bool": "boolean"}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--check", action="store_true", help="change nothing, fail if the types are out of date")
    arguments = parser.parse_args()
    text = types_of(SOURCE.read_text(encoding="utf-8"))
    if not arguments.check:
        TYPES.write_text(text, encoding="utf-8")
    elif not TYPES.is_file() or TYPES.read_text(encoding="utf-8") != text:
        print(f"{TYPES.name} is out of date: run python tools/wire.py", file=sys.stderr)
        return 1
    return 0


def types_of(source: str) -> str:
    """TypeScript declarations of the types in a Python source."""
    # A type that several modules import is written once.
    return "\n".join([HEAD, *dict.fromkeys(parts_of(source))])


def parts_of(source: str) -> list[str]:
    """The declarations, one by one."""
    parts: list[str] = []
    for node, after in pairwise([*ast.parse(source).body, None]):
        if isinstance(node, ast.ClassDef):
            parts.append(interface(node))
        elif isinstance(node, ast.Assign):
            if name_of(node) and not name_of(node).startswith("_"):
                parts.append(alias(node, after))
        elif isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("imagecluster."):
            parts += imported(node.module, {name.name for name in node.names})
    return parts


def imported(module: str, names: set[str]) -> list[str]:
    """The types of these names in another module of the package; all types of a module that is a part of the wire."""
    file = WEB.parents[1].joinpath(*module.split(".")).with_suffix(".py")
    if file.parent == WEB:
        return parts_of(file.read_text(encoding="utf-8"))
    nodes = pairwise([*ast.parse(file.read_text(encoding="utf-8")).body, None])
    return [alias(node, after) for node, after in nodes if isinstance(node, ast.Assign) and name_of(node) in names]


def name_of(node: ast.Assign) -> str:
    return node.targets[0].id if isinstance(node.targets[0], ast.Name) else ""


def alias(node: ast.Assign, after: ast.stmt | None) -> str:
    """A name for a type."""
    return f"{comment(text_of(after))}export type {name_of(node)} = {type_text(node.value)};\n"


def interface(node: ast.ClassDef) -> str:
    """A TypedDict as an interface."""
    bases = [base.id for base in node.bases if isinstance(base, ast.Name) and base.id != "TypedDict"]
    total = not any(keyword.arg == "total" for keyword in node.keywords)
    extends = f" extends {', '.join(bases)}" if bases else ""
    lines = [f"export interface {node.name}{extends} {{"]
    for field, after in pairwise([*node.body, None]):
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name):
            inner = argument(field.annotation, "NotRequired")
            optional = "" if total and inner is None else "?"
            declared = f"  {field.target.id}{optional}: {type_text(inner or field.annotation)};"
            lines.append(comment(text_of(after), indent="  ") + declared)
    return comment(ast.get_docstring(node) or "") + "\n".join(lines) + "\n}\n"


def type_text(node: ast.expr) -> str:
    """An annotation in TypeScript."""
    match node:
        case ast.Name(id=name):
            text = PLAIN.get(name, name)
        case ast.Constant(value=None):
            text = "null"
        case ast.BinOp(left=left, op=ast.BitOr(), right=right):
            text = f"{type_text(left)} | {type_text(right)}"
        case ast.Subscript(value=ast.Name(id="list"), slice=inner):
            item = type_text(inner)
            text = f"({item})[]" if " | " in item else f"{item}[]"
        case ast.Subscript(value=ast.Name(id="tuple"), slice=ast.Tuple(elts=parts)):
            text = f"[{', '.join(map(type_text, parts))}]"
        case ast.Subscript(value=ast.Name(id="dict"), slice=ast.Tuple(elts=[key, value])):
            text = f"Record<{type_text(key)}, {type_text(value)}>"
        case ast.Subscript(value=ast.Name(id="Literal"), slice=inner):
            values = inner.elts if isinstance(inner, ast.Tuple) else [inner]
            text = " | ".join(f"'{ast.literal_eval(value)}'" for value in values)
        case _:
            raise ValueError(f"line {node.lineno} of {SOURCE.name}: {ast.unparse(node)} has no counterpart here")
    return text


def argument(node: ast.expr, generic: str) -> ast.expr | None:
    """X of an annotation generic[X]; None where it is another one."""
    if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name) and node.value.id == generic:
        return node.slice
    return None


def text_of(node: ast.stmt | None) -> str:
    """A text that stands on its own, as behind what it describes; else nothing."""
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
        return node.value.value
    return ""


def comment(text: str, *, indent: str = "") -> str:
    return f"{indent}/** {text} */\n" if text else ""


if __name__ == "__main__":
    sys.exit(main())
