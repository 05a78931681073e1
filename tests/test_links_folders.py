"""Trees of links with folders of any name and depth: those of named clusters, of trips and of events."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imagecluster.collection.report import cluster_folders
from imagecluster.errors import ArgumentError
from imagecluster.present.links import make_links
from imagecluster.system.characters import is_text
from imagecluster.system.folder_names import distinct_folders, folded, folder_name

from .links_samples import listing, touch

DEVICES = ("con", "PRN", "aux", "nul", "COM1", "lpt9")


@pytest.fixture
def pictures(tmp_path):
    """Four pictures in one folder."""
    return [touch(tmp_path / "pictures" / f"{name}.jpg", name.encode()) for name in "abcd"]


@pytest.mark.parametrize("kind", ["symlink", "hardlink", "copy"])
def test_folders_of_any_depth_stand_in_one_tree(pictures, tmp_path, kind):
    """Links lead to their pictures from every depth, and a second call finds the tree as it should be."""
    a, b, c, d = pictures
    folders = {"Anna": [a], "cluster_with_2/cluster_0": [b, c], "2025/2025-03 Iceland/03-02 Vík": [d, a]}
    tree = tmp_path / "tree"
    report = make_links(folders, tree, kind=kind)
    expected = {
        "Anna/a.jpg": b"a",
        "cluster_with_2/cluster_0/b.jpg": b"b",
        "cluster_with_2/cluster_0/c.jpg": b"c",
        "2025/2025-03 Iceland/03-02 Vík/d.jpg": b"d",
        "2025/2025-03 Iceland/03-02 Vík/a.jpg": b"a",
    }
    assert listing(tree) == expected
    assert report.folders == tuple(folders)
    before = tree.stat().st_ino
    make_links(folders, tree, kind=kind)
    assert tree.stat().st_ino == before  # left as it was
    (tree / "2025" / "mine").mkdir()
    (tree / "2025" / "mine" / "note.txt").write_text("x")
    again = make_links(folders, tree, kind=kind)
    assert listing(tree) == expected
    assert [note.name for kept in again.kept for note in (kept / "2025" / "mine").iterdir()] == ["note.txt"]


def test_an_empty_folder_that_is_not_ours_is_seen(pictures, tmp_path):
    """On every level."""
    folders = {"a/b/c": pictures}
    for where in ("x", "a/x", "a/b/x"):
        make_links(folders, tmp_path / "tree")
        (tmp_path / "tree" / where).mkdir()
        make_links(folders, tmp_path / "tree")
        assert not (tmp_path / "tree" / where).exists()


@pytest.mark.parametrize("where", ["", "a//b", "/a", "a/", ".", "a/../b", "../a"])
def test_what_is_no_folder_of_a_tree_is_refused(pictures, tmp_path, where):
    """Nothing is made."""
    with pytest.raises(ArgumentError, match="not the path of a folder"):
        make_links({where: pictures}, tmp_path / "tree")
    assert not (tmp_path / "tree").exists()


def test_a_folder_of_pictures_holds_no_other(pictures, tmp_path):
    """In whatever order they come."""
    for folders in ({"a": pictures, "a/b": pictures}, {"a/b": pictures, "a": pictures}):
        with pytest.raises(ArgumentError, match="cannot hold both"):
            make_links(folders, tmp_path / "tree")


@given(st.text(), st.text())
def test_names_of_folders_are_taken_everywhere(name, other):
    """No refused character, no device, no end that Windows drops, not too long, not hidden, and never empty."""
    own = folder_name(name)
    assert own and len(own.encode()) <= 210
    assert not set(own) & set('<>:"/\\|?*\0')
    assert all(map(is_text, own))
    assert not own.startswith(".") and own == own.rstrip(". ")
    assert own.split(".")[0].upper() not in map(str.upper, DEVICES)
    assert folder_name(own) == own
    distinct = distinct_folders([folder_name(name), folder_name(other), folder_name(name)])
    assert len({*map(folded, distinct)}) == 3


def test_families_flags_and_persian_words_stay_whole():
    """Their joiners are kept; two names that differ in these alone are one to some file systems."""
    for name in ("👩\u200d👧 Anna", "🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f", "می\u200cروم"):
        assert folder_name(name) == name
    assert distinct_folders(["می\u200cروم", "میروم"]) == ["می\u200cروم", "میروم 2"]


@pytest.mark.parametrize("name", [*DEVICES, "con.txt", "Nul.tar.gz"])
def test_devices_are_no_names(name):
    """Windows keeps their names, with any suffix."""
    assert folder_name(name) == f"{name}_"


def test_a_named_cluster_has_its_name_as_folder():
    """Others are counted as if there were none; a name that looks like a folder of sizes is none."""
    names = ["Anna", "", "cluster_with_2", "ANNA", ""]
    assert cluster_folders([4, 2, 2, 2, 2], names) == (
        "Anna",
        "cluster_with_2/cluster_0",
        "cluster_with_2_",
        "ANNA 2",
        "cluster_with_2/cluster_1",
    )
