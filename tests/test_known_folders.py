"""Folders of other programs: what no action may touch."""

import os
from pathlib import Path

import pytest

from imagecluster.scan import PAGE_MARKER, STORE_MARKER, untouchable_reason


@pytest.mark.parametrize(
    "path",
    [
        "Photos Library.photoslibrary/originals/A/x.jpg",
        "iPhoto.photolibrary/Masters/x.jpg",
        "Lightroom Library.lrlibrary/x.dng",
        "Session.cocatalog/x.cr2",
        "$RECYCLE.BIN/S-1-5-21/x.jpg",
        ".Trash-1000/files/x.jpg",
        ".Trash/x.jpg",
        ".local/share/Trash/files/x.jpg",
        "#recycle/x.jpg",
        "@eaDir/x.jpg/SYNOPHOTO_THUMB.jpg",
        ".stversions/x.jpg",
        ".snapshots/12/x.jpg",
        ".trashed-1700000000-x.jpg",
    ],
)
def test_files_of_other_programs_are_not_touched(tmp_path, path):
    """Libraries of photo managers with their originals, recycle bins, snapshots, previews."""
    assert untouchable_reason(tmp_path / path) != ""


@pytest.mark.parametrize(
    "path", ["x.jpg", "Trash/x.jpg", "originals/x.jpg", "photoslibrary/x.jpg", ".hidden/x.jpg", ""]
)
def test_other_files_may_be_acted_on(tmp_path, path):
    """A folder that is merely called like one of them is the user's own."""
    assert untouchable_reason(tmp_path / path) == ""


@pytest.mark.parametrize("marker", [STORE_MARKER, PAGE_MARKER, ".imagecluster-links", ".imagecluster-made", ".immich"])
def test_marked_folders_are_not_touched(tmp_path, marker):
    """Our database and outputs, and the uploads of servers that mark them."""
    folder = tmp_path / "made" / "deeper"
    folder.mkdir(parents=True)
    (tmp_path / "made" / marker).touch()
    assert untouchable_reason(folder / "x.jpg") != ""
    assert untouchable_reason(tmp_path / "x.jpg") == ""


@pytest.mark.skipif(os.name == "nt", reason="needs symbolic links")
def test_a_link_into_a_library_is_not_touched(tmp_path, monkeypatch):
    """Neither through a folder that is a link, nor through '..'."""
    library = tmp_path / "A.photoslibrary"
    library.mkdir()
    (library / "x.jpg").touch()
    (tmp_path / "mine").symlink_to(library)
    assert untouchable_reason(tmp_path / "mine" / "x.jpg") != ""
    assert untouchable_reason(tmp_path / "mine" / ".." / "y.jpg") == ""
    monkeypatch.chdir(tmp_path)
    assert untouchable_reason(Path("A.photoslibrary/x.jpg")) != ""
