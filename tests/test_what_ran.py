"""Tests of what a green run means: what is missing fails under CI=true, and the summary says what ran."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

MODULES = {
    "test_package.py": "import pytest\npytest.importorskip('not_a_package_at_all')\n",
    "test_reasons.py": """\
import pytest

@pytest.fixture
def browser():
    pytest.skip("no browser here: install chromium")

@pytest.fixture
def photos():
    pytest.skip("no real photographs here: set IMAGECLUSTER_PHOTOS to their folder")

def test_page(browser): ...

def test_node():
    pytest.skip("no TypeScript here")

@pytest.mark.xfail(reason="known")
def test_known():
    raise ValueError

def test_photographs(photos): ...

def test_else(): ...
""",
}


def run_tests(folder: Path, *, ci: bool, options: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
    """The modules above, tested with the plugin."""
    for name, text in MODULES.items():
        (folder / name).write_text(text)
    (folder / "pytest.ini").write_text("[pytest]\nmarkers = photos: needs photographs\n")
    environment = {name: value for name, value in os.environ.items() if name not in ("CI", "PYTEST_ADDOPTS")}
    environment |= {
        "PYTHONPATH": str(ROOT / "tests"),
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        **({"CI": "true"} if ci else {}),
    }
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "what_ran", "-p", "no:cacheprovider", "--strict-markers", *options],
        cwd=folder, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_what_is_missing_is_a_skip(tmp_path):
    """Without CI=true, whatever it is; each kind of tests is counted."""
    done = run_tests(tmp_path, ci=False)
    assert done.returncode == 0, done.stdout
    assert re.search(r"^=+ 1 passed, 4 skipped, 1 xfailed in ", done.stdout, re.M)
    assert "the page in a browser: 1 skipped\nlabelled photographs: 1 skipped\nall others: 1 passed, 2 skipped\n" in (
        done.stdout
    )


@pytest.mark.skipif(sys.platform != "linux", reason="continuous integration is strict on Linux")
def test_what_is_missing_in_continuous_integration_is_a_failure(tmp_path):
    """A package, the browser and node are named; only photographs may be missing."""
    done = run_tests(tmp_path, ci=True)
    assert done.returncode != 0
    assert "not_a_package_at_all" in done.stdout
    assert re.search(r"^=+ 1 error in ", done.stdout, re.M)
    done = run_tests(tmp_path, ci=True, options=("test_reasons.py", "-rs"))
    assert done.returncode == 1
    assert re.search(r"^=+ 1 failed, 1 passed, 1 skipped, 1 xfailed, 1 error in ", done.stdout, re.M)
    assert "no browser here: install chromium" in done.stdout
    assert "no TypeScript here" in done.stdout
    assert "SKIPPED [1]" in done.stdout
    assert "labelled photographs: 1 skipped" in done.stdout


def test_the_browser_can_be_left_out(tmp_path):
    """By the marker that its fixture gives to a test."""
    done = run_tests(tmp_path, ci=True, options=("test_reasons.py", "-m", "not browser", "--collect-only", "-q"))
    assert "4/5 tests collected (1 deselected)" in done.stdout
    assert "test_page" not in done.stdout


@pytest.mark.skipif(sys.platform == "win32", reason="a script of bash")
def test_the_checks_do_not_begin_without_chromium_and_node_in_continuous_integration(tmp_path):
    """They end at once, and name what is missing and what was left out."""
    for program in ("bash", "env", "dirname"):
        (tmp_path / program).symlink_to(shutil.which(program))
    done = subprocess.run(
        [ROOT / "tools" / "check"], env={"PATH": str(tmp_path), "CI": "true"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr.startswith("CI=true: chromium, node and npm must be here")
    assert "left out: tests of the page (no chromium), types of the page (no node and npm)\n" in done.stdout


@pytest.mark.skipif(sys.platform == "win32", reason="a script of bash")
def test_continuous_integration_names_what_it_cannot_install(tmp_path):
    """Where there is no apt, or no right to use it."""
    for program in ("bash", "dirname", "env", "mktemp", "rm", "tail"):
        (tmp_path / program).symlink_to(shutil.which(program))
    done = subprocess.run(
        [ROOT / ".ci" / "run"], env={"PATH": str(tmp_path)}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    missing = "chromium nodejs npm libimage-exiftool-perl"
    assert f".ci/run: cannot install {missing}; run it as root on Debian, or install them first" in done.stderr
