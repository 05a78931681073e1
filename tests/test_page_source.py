"""The page's source: types, order of imports, nothing from elsewhere, modules as they were published."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
STATIC = ROOT / "src" / "imagecluster" / "web" / "static"
MODULES = sorted(file for file in STATIC.glob("**/*.js") if file.parent.name != "vendor")

FLOORS = ("core", "data", "state", "commands", "gallery", "map", "views")
"""Folders of the page's modules: each imports itself and those before it."""


def name(module: Path) -> str:
    """A module as its address names it."""
    return module.relative_to(STATIC).as_posix()


def floor(module: Path) -> int:
    """Place of a module in the order of imports."""
    folder = module.parent.relative_to(STATIC).as_posix()
    return {"vendor": -1, ".": len(FLOORS)}.get(folder, FLOORS.index(folder) if folder in FLOORS else len(FLOORS) + 1)


def imports_of(module: Path) -> list[Path]:
    """Modules that one imports."""
    text = module.read_text(encoding="utf-8")
    found = re.findall(r"^(?:import|export) [^;]*?from '([^']+)'|^import '([^']+)'", text, re.M)
    return [(module.parent / "".join(address)).resolve() for address in found]


def types_of(module: Path) -> list[Path]:
    """Modules whose types one uses."""
    found = re.findall(r"import\('([^']+)'\)", module.read_text(encoding="utf-8"))
    return [(module.parent / address).resolve() for address in found]


def test_the_types_are_right():
    """The TypeScript compiler finds no error in the types that the comments give."""
    tsc = shutil.which("tsc")
    if tsc is None:
        pytest.skip("no TypeScript here: npm install --global typescript")
    done = subprocess.run(
        [tsc, "-p", ROOT / "tools" / "page.tsconfig.json"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


def test_the_types_of_the_wire_are_those_of_the_server():
    """The page's types are what the tool makes of the server's."""
    done = subprocess.run(
        [sys.executable, ROOT / "tools" / "wire.py", "--check"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_vendored_modules_are_as_published():
    """Each third-party module has the hash that the fetch wrote down, and its licence is there."""
    done = subprocess.run(
        [sys.executable, ROOT / "tools" / "vendor.py", "--check"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    licences = (STATIC / "vendor" / "LICENSES.txt").read_text(encoding="utf-8")
    assert all(file.name in licences for file in (STATIC / "vendor").glob("*.js"))


def test_files_are_small_and_import_what_is_there():
    """No file of the page has more than 400 lines, and every import names a file that is there."""
    assert MODULES
    for file in [*MODULES, *STATIC.glob("css/*.css")]:
        assert len(file.read_text(encoding="utf-8").splitlines()) <= 400, file.name
    for module in MODULES:
        for imported in [*imports_of(module), *types_of(module)]:
            assert imported.is_file() or imported.with_suffix(".d.ts").is_file(), f"{module.name} imports {imported}"


def test_an_import_leads_down_the_list_of_folders_only():
    """So do the imports of types; the page itself, in app.js, stands above all of them."""
    folders = {file.parent.relative_to(STATIC).as_posix() for file in MODULES}
    assert folders == {".", *FLOORS}
    assert [file.name for file in STATIC.glob("*.js")] == ["app.js"]
    upward = [
        f"{name(module)} imports {name(imported)}"
        for module in MODULES
        for imported in [*imports_of(module), *types_of(module)]
        if floor(imported) > floor(module)
    ]
    assert upward == []


def test_no_modules_import_each_other_in_a_circle():
    """Each comes after those that it imports."""
    done: set[Path] = set()

    def visit(module: Path, above: tuple[Path, ...]) -> None:
        assert module not in above, " -> ".join(map(name, (*above, module)))
        if module not in done and module.parent.name != "vendor":
            for imported in imports_of(module):
                visit(imported, (*above, module))
            done.add(module)

    for module in MODULES:
        visit(module, ())
    assert done == set(MODULES)


def test_the_page_asks_for_nothing_from_elsewhere():
    """No address in the page's files leads to another server, and no style or script stands in the page itself."""
    allowed = {"http://www.w3.org/2000/svg"}
    for file in [*MODULES, *STATIC.glob("css/*.css"), STATIC / "index.html"]:
        addresses = set(re.findall(r"https?://[^\s'\"`)]+", file.read_text(encoding="utf-8")))
        assert addresses <= allowed, file.name
    page = (STATIC / "index.html").read_text(encoding="utf-8")
    assert "<style" not in page
    assert "style=" not in page
    assert re.findall(r"<script[^>]*>(.*?)</script>", page, re.S) == [""]


def test_every_command_is_listed_with_its_keys():
    """The page of keys names each command of the registry with each of its keys."""
    listed = (ROOT / "docs" / "viewer-keys.md").read_text(encoding="utf-8")
    source = (STATIC / "commands" / "commands.js").read_text(encoding="utf-8")
    labels = re.findall(r"\bcommand\('\w+', '[\w-]+', '([^']+)'", source)
    assert len(labels) > 30
    assert [label for label in labels if label not in listed] == []
