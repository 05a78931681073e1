"""Fixtures for all tests: the real photographs where they are present."""

import csv
import os
from pathlib import Path

import pytest
from hypothesis import settings

from page_browser import CHROMIUM
from what_ran import (  # noqa: F401 - hooks of pytest
    pytest_collection_modifyitems,
    pytest_configure,
    pytest_make_collect_report,
    pytest_runtest_makereport,
    pytest_terminal_summary,
)

# No timing is asserted in a test: a busy machine may take its time.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")

_BESIDE_THE_REPO = Path(__file__).resolve().parents[2] / "shared" / "data"


def photos_folder() -> Path | None:
    """Folder of the labelled photographs, or None where there is none."""
    folder = Path(os.environ.get("IMAGECLUSTER_PHOTOS", _BESIDE_THE_REPO))
    return folder if (folder / "README.md").is_file() else None


@pytest.fixture(scope="session")
def photos() -> Path:
    """Folder of the labelled photographs; the test is skipped where it is absent."""
    folder = photos_folder()
    if folder is None:
        pytest.skip("no real photographs here: set IMAGECLUSTER_PHOTOS to their folder")
    return folder


def read_manifest(folder: Path) -> list[dict[str, str]]:
    """Rows of a photo folder's MANIFEST.tsv."""
    with (folder / "MANIFEST.tsv").open(newline="", encoding="utf-8") as lines:
        return list(csv.DictReader(lines, delimiter="\t"))


@pytest.fixture
def no_weights_of_this_machine(tmp_path, monkeypatch):
    """No weights that a user has are found, and nothing is fetched."""
    monkeypatch.setenv("IMAGECLUSTER_MODELS", str(tmp_path / "models"))
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    monkeypatch.delenv("IMAGECLUSTER_VGG16_WEIGHTS", raising=False)


@pytest.fixture
def victim(tmp_path):
    """A file of the user's, outside of our folder; afterwards it is as it was, and nothing lies beside it."""
    file = tmp_path / "elsewhere" / "victim"
    file.parent.mkdir()
    file.write_bytes(b"the user's")
    before = file.stat()
    yield file
    after = file.stat()
    assert file.read_bytes() == b"the user's"
    assert (after.st_mode, after.st_mtime_ns) == (before.st_mode, before.st_mtime_ns)
    assert [path.name for path in file.parent.iterdir()] == ["victim"]


@pytest.fixture(scope="module")
def browser():
    """A browser without a window; the test is skipped where there is no chromium."""
    if not CHROMIUM.exists():
        pytest.skip(f"no browser here: install chromium as {CHROMIUM}")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--enable-unsafe-swiftshader"]
        )
        yield launched
        launched.close()


@pytest.fixture
def opened(browser):
    """Opens pages; each must leave no error in the console, broken policies included."""
    contexts, wrong = [], []

    def open_page(url, *, ready=".tile img.there", own_clock=False, **options):
        context = browser.new_context(**{"viewport": {"width": 1200, "height": 800}, **options})
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        if own_clock:  # it goes on by itself, and can be put forward
            page.clock.install()
        page.goto(url)
        page.wait_for_selector(ready)
        return page

    yield open_page
    for context in contexts:
        context.close()
    # That a server has ended is for the page to say; the browser notes it too.
    assert [text for text in wrong if "net::ERR_" not in text] == []
