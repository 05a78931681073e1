"""The files of the page in the package: one by one, and its modules as one script.

A copy of the page is opened as a file, and browsers do not load modules from files, because their origin is unknown. So
each module becomes a function that returns the module's exports; imported modules come before those that import them.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable
from functools import cache
from importlib import resources

from imagecluster.errors import ArgumentError

__all__ = ["asset", "asset_names", "bundle", "bundled_script", "bundled_styles"]

_STYLES = ("base", "frame", "gallery", "dialogs", "cull", "views", "copies", "trips")
"""Names of the style sheets, in the order in which they apply."""

# Each pattern begins with a plain word, which is found fast, and then looks back, as it must begin a statement.
_IMPORT = re.compile(r"""import(?<=[\n;}]import)\s*([\w*${][^;'"]*?)\s*from\s*["']([^"']+)["'];?""")
_EXPORT_LIST = re.compile(r"""export(?<=[\n;}]export)\s*\{([^}]*)\}\s*(?:from\s*["']([^"']+)["'])?;?""")
_EXPORT_DEFAULT = re.compile(r"export default(?<=[\n;}]export default)\s*")
_EXPORT = re.compile(r"export(?<=\nexport) ((?:async )?function\*?|const|class) ([\w$]+)")
_LEFT_OVER = re.compile(r"^(?:import|export)\b.*", re.M)


@cache
def asset_names() -> frozenset[str]:
    """Names of the page's files, as in their addresses."""
    names: set[str] = set()
    left = [("", resources.files("imagecluster.web") / "static")]
    while left:
        prefix, folder = left.pop()
        for entry in folder.iterdir():
            if entry.is_dir():
                left.append((f"{prefix}{entry.name}/", entry))
            else:
                names.add(prefix + entry.name)
    return frozenset(names)


def asset(name: str) -> bytes:
    """Content of a file of the page."""
    return (resources.files("imagecluster.web") / "static").joinpath(*name.split("/")).read_bytes()


@cache
def bundled_script() -> str:
    """The whole page as one script."""
    return bundle("app.js", lambda name: asset(name).decode())


@cache
def bundled_styles() -> str:
    """All styles of the page."""
    return "\n".join(asset(f"css/{name}.css").decode() for name in _STYLES)


def bundle(entry: str, read: Callable[[str], str]) -> str:
    r"""A module with everything that it imports, as one module without imports.

    Parameters
    ----------
    entry
        Name of the module: its path below the folder of the page, with '/' between folders.
    read
        Returns the text of a module, given its name.

    Raises
    ------
    ArgumentError
        Modules import each other in a circle, or a module imports a file outside the page's folder or has an
        unsupported form of import or export.

    Examples
    --------
    >>> files = {"a.js": "import { two } from './b.js';\nprint(two);", "b.js": "export const two = 2;"}
    >>> print(bundle("a.js", files.__getitem__))
    const $0 = (() => {
    const two = 2;
    return { two };
    })();
    const $1 = (() => {
    const { two } = $0;
    print(two);
    return {  };
    })();

    """
    numbers: dict[str, int] = {}
    parts: list[str] = []

    def add(name: str, above: tuple[str, ...]) -> str:
        if name in above:
            raise ArgumentError(f"modules import each other: {' -> '.join((*above, name))}; a script cannot hold them")
        if name not in numbers:

            def variable(address: str) -> str:
                return add(_resolved(name, address), (*above, name))

            code = _as_function(name, read(name), variable)
            numbers[name] = len(numbers)
            parts.append(f"const ${numbers[name]} = {code};")
        return f"${numbers[name]}"

    add(entry, ())
    return "\n".join(parts)


def _resolved(name: str, address: str) -> str:
    """Name of the module at an address that another module imports, which begins with './' or '../'."""
    found = posixpath.normpath(posixpath.join(posixpath.dirname(name), address))
    if not address.startswith(("./", "../")) or found.startswith("../"):
        raise ArgumentError(f"{name} imports {address!r}; it must be a file of the page, given from './' or '../'")
    return found


def _as_function(name: str, text: str, variable: Callable[[str], str]) -> str:
    """A module as a call that returns its exports."""
    exported: list[str] = []

    def take_import(found: re.Match[str]) -> str:
        wanted, module = found[1].strip(), variable(found[2])
        if wanted.startswith("*"):
            return f"const {wanted.split()[-1]} = {module};"
        if wanted.startswith("{"):
            return f"const {wanted.replace(' as ', ': ')} = {module};"
        return f"const {{ default: {wanted} }} = {module};"

    def take_list(found: re.Match[str]) -> str:
        module = f"{variable(found[2])}." if found[2] else ""
        for item in filter(None, (part.strip() for part in found[1].split(","))):
            inner, _, outer = item.partition(" as ")
            exported.append(f"{outer or inner}: {module}{inner}")
        return ""

    def take_export(found: re.Match[str]) -> str:
        exported.append(found[2])
        return f"{found[1]} {found[2]}"

    text = _IMPORT.sub(take_import, f"\n{text}")
    text = _EXPORT_LIST.sub(take_list, text)
    if _EXPORT_DEFAULT.search(text):
        text = _EXPORT_DEFAULT.sub("const $default=", text)
        exported.append("default: $default")
    text = _EXPORT.sub(take_export, text)
    if "\nimport" in text or "\nexport" in text:
        left_over = _LEFT_OVER.search(text)
        if left_over is not None:
            raise ArgumentError(f"{name} has {left_over[0][:80]!r}, which cannot be bundled")
    return f"(() => {{\n{text.strip()}\nreturn {{ {', '.join(exported)} }};\n}})()"
