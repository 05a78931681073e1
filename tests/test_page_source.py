"""The page's source: types, size of files, nothing from elsewhere, modules as they were published."""

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


def test_the_types_are_right():
    """The TypeScript compiler finds no error in the types that the comments give."""
    tsc = shutil.which("tsc")
    if tsc is None:
        pytest.skip("no TypeScript here: npm install --global typescript")
    done = subprocess.run(
        [tsc, "-p", ROOT / "tools" / "page.tsconfig.json"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


def test_vendored_modules_are_as_published():
    """Each third-party module has the hash that the fetch wrote down, and its licence is there."""
    done = subprocess.run(
        [sys.executable, ROOT / "tools" / "vendor.py", "--check"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    licences = (STATIC / "vendor" / "LICENSES.txt").read_text(encoding="utf-8")
    assert all(file.name in licences for file in (STATIC / "vendor").glob("*.js"))


def test_files_are_small_and_import_only_their_neighbours():
    """No file of the page has more than 400 lines, and every import names a file that is there."""
    assert MODULES
    for file in [*MODULES, *STATIC.glob("css/*.css")]:
        assert len(file.read_text(encoding="utf-8").splitlines()) <= 400, file.name
    for module in MODULES:
        for name in re.findall(
            r"^(?:import|export) .*?from '([^']+)'", module.read_text(encoding="utf-8"), re.M | re.S
        ):
            assert (module.parent / name).is_file(), f"{module.name} imports {name}"


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
