"""Tests that docs/file-formats.md tells outsiders the truth."""

import contextlib
import re
import sqlite3
from pathlib import Path

import numpy as np
import pytest

from imagecluster.store import Store
from store_samples import MODEL, batch_of, file_of, vectors_of

PAGE = Path(__file__).resolve().parents[1] / "docs" / "file-formats.md"


@pytest.fixture
def page() -> str:
    """The text of the page."""
    if not PAGE.is_file():
        pytest.skip("the documentation is not part of this installation")
    return PAGE.read_text(encoding="utf-8")


@pytest.fixture
def filled(tmp_path):
    """The folder of a store of five pictures, one of them gone."""
    with Store.open(tmp_path / "imagecluster", root=tmp_path) as store:
        store.commit(batch_of(tmp_path, range(5)), model=MODEL)
        store.mark_present([file_of(tmp_path, n).path for n in range(4)])
        with store.thumbnails() as thumbnails:
            thumbnails.put(bytes(16), b"x", side_px=1)
    return tmp_path / "imagecluster"


def test_the_programme_for_outsiders_reads_every_fingerprint(page, filled, monkeypatch):
    """The page's few lines of sqlite3 and numpy print path and fingerprint of each present file."""
    (snippet,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    monkeypatch.chdir(filled.parent)
    snippet = snippet.replace("Pictures/imagecluster", "imagecluster")
    assert 'folder = "imagecluster"' in snippet
    printed = []
    names = {"print": lambda *words: printed.append(words)}
    exec(compile(snippet, str(PAGE), "exec"), names)
    names["database"].close()
    assert [words[:2] for words in printed] == [(MODEL, file_of(Path(), n).path.as_posix()) for n in range(4)]
    assert np.array_equal([words[2] for words in printed], vectors_of(range(4))[:, :3])


def test_the_page_names_every_table_and_column(page, filled):
    """A column that is not described fails here."""
    for name in ("imagecluster.db", "thumbnails.db"):
        with contextlib.closing(sqlite3.connect(filled / name)) as database:
            for (table,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
                assert f"`{table}`" in page
                described = page[page.index(f"`{table}`") :]
                for column in database.execute(f"PRAGMA table_info({table})"):
                    assert f"`{column[1]}`" in described, (table, column[1])


def test_the_page_names_every_file(page, filled):
    """A file of a store that is not described fails here."""
    for path in filled.iterdir():
        assert f"`{path.name}" in page, path.name


def test_the_page_gives_the_marks_of_the_present_format(page, filled):
    """Application id and format are those of a new database."""
    with contextlib.closing(sqlite3.connect(filled / "imagecluster.db")) as database:
        (application,) = database.execute("PRAGMA application_id").fetchone()
        (version,) = database.execute("PRAGMA user_version").fetchone()
    assert f"{application:#x}" in page
    assert f"`PRAGMA user_version` is the format, {version}" in page
