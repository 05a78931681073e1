"""The page of copies: every file of every group, in one file that asks nothing of the network."""

from __future__ import annotations

import re
import shutil
from html import unescape
from pathlib import Path
from urllib.parse import unquote

import pytest

from copy_samples import copied, three_files
from imagecluster import DuplicateSettings, duplicates
from imagecluster.cli import main
from imagecluster.collection.duplicates import keep_all
from imagecluster.corrections import EDITS_NAME, History
from imagecluster.present.copies_page import write_copies_page
from pictures import draw


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    """Groups of files with odd names."""
    folder = three_files(tmp_path_factory.mktemp("pages") / "pics")
    first = draw(folder / "<b>&\"x'.png", 4)
    copied(first, folder / "ü #%20?.png")
    return duplicates(folder)


def test_every_file_is_shown_with_its_picture_a_link_and_the_reason(found, tmp_path):
    """Links lead to the files from wherever the page lies; names are text."""
    page = tmp_path / "sub" / "copies.html"
    write_copies_page(found, page)
    text = page.read_text("utf-8")
    files = [file for group in found.groups for file in group.files]
    assert len(files) == 5
    assert text.count("<svg ") == text.count("data:image/jpeg") == 5
    assert text.count('<li class="goes">') == found.n_removable == 3
    links = {
        (page.parent / unquote(unescape(link))).resolve() for link in re.findall(r'<a href="([^"#]*)"><bdi>', text)
    }
    assert links == {file.path for file in files}
    assert "<b>&" not in text
    assert all(word in text for word in ("3 copies in 2 groups", "among 8 pictures", "The same bytes"))


def test_the_page_asks_nothing_of_the_network(found, tmp_path):
    """Its policy allows its own style and pictures inside it; no attribute holds a style."""
    page = tmp_path / "copies.html"
    write_copies_page(found, page)
    text = page.read_text("utf-8")
    assert "default-src 'none'; img-src data:" in text
    assert not re.search(r'(?:src|href)="(?:https?:)?//', text)
    assert ' style="' not in text


def test_there_is_a_page_without_copies_too(tmp_path):
    """It says so; a picture that can no longer be read has none."""
    folder = tmp_path / "pics"
    draw(folder / "a.png", 0)
    write_copies_page(duplicates(folder), tmp_path / "none.html")
    assert "Nothing here was found twice" in (tmp_path / "none.html").read_text("utf-8")
    copied(folder / "a.png", folder / "b.png")
    found = duplicates(folder)
    (found.directory / "thumbnails.db").unlink()
    for name in ("a.png", "b.png"):
        (folder / name).unlink()
    write_copies_page(found, tmp_path / "gone.html")
    assert (tmp_path / "gone.html").read_text("utf-8").count("no picture</div>") == 2


def test_the_command_writes_the_page(tmp_path, capsys, monkeypatch):
    """And replaces an earlier one, but no file of another kind; decided groups say so."""
    monkeypatch.chdir(tmp_path)
    folder = three_files(tmp_path / "pics")
    for _ in range(2):
        assert main(["duplicates", "pics", "--page", "copies.html", "-q"]) == 0
    (tmp_path / "mine.html").write_text("mine")
    assert main(["duplicates", "pics", "--page", "mine.html"]) == 1
    assert "was not written by imagecluster" in capsys.readouterr().err
    found = duplicates(folder)
    History(found.directory / EDITS_NAME).add(keep_all(found.groups[0]))
    assert main(["duplicates", "pics", "--page", "copies.html", "-q", "--all"]) == 0
    assert "kept by your decision" in Path("copies.html").read_text("utf-8")


@pytest.mark.photos
def test_what_a_crop_shows_is_outlined_in_the_picture_that_is_kept(photos, tmp_path):
    """One outline for each crop, inside the picture."""
    pytest.importorskip("cv2")
    from copy_samples import edited

    source = sorted((photos / "scenes_sfm").rglob("et00*.jpg"))[0]
    folder = tmp_path / "pics"
    copied(source, folder / "a.jpg")
    edited(source, folder / "b.jpg", lambda image: image.crop((60, 40, image.width - 40, image.height - 30)))
    edited(source, folder / "c.jpg", lambda image: image.resize((320, 240)))
    found = duplicates(folder, DuplicateSettings(kinds=("copy",)))
    assert len(found.groups) == 1
    write_copies_page(found, tmp_path / "copies.html")
    frames = re.findall(r'class="frame" points="([^"]*)"', (tmp_path / "copies.html").read_text("utf-8"))
    assert len(frames) == 1
    numbers = [float(number) for number in re.findall(r"[-\d.]+", frames[0])]
    assert all(-1 <= number <= 193 for number in numbers)
    shutil.rmtree(folder)
