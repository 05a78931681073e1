"""What the links in one folder are called."""

import os
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imagecluster.present.links import make_links
from imagecluster.present.links.names import distinct_names

from .links_samples import listing, touch

posix = pytest.mark.skipif(sys.platform == "win32", reason="odd names need a POSIX system")


@pytest.fixture
def tree(tmp_path):
    """Where the tests build."""
    return tmp_path / "out" / "clusters"


def test_equal_names_are_numbered_and_the_first_keeps_its_own(tree, tmp_path):
    """Names that meet on some file system are told apart, in the order given."""
    names = ["1/a.jpg", "2/a.jpg", "3/A.JPG", "4/a_2.jpg", "5/b", "6/b"]
    cluster = [touch(tmp_path / name, name.encode()) for name in names]
    make_links([cluster], tree)
    assert listing(tree / "cluster_with_6" / "cluster_0") == {
        "a.jpg": b"1/a.jpg",
        "a_3.jpg": b"2/a.jpg",
        "A_4.JPG": b"3/A.JPG",
        "a_2.jpg": b"4/a_2.jpg",
        "b": b"5/b",
        "b_2": b"6/b",
    }


@posix
def test_odd_names_stay_as_they_are(tree, tmp_path):
    """Line ends, emoji, other scripts and bytes that are not UTF-8 survive."""
    names = [b"two\nlines.jpg", "👩‍🎨 été.jpg".encode(), b"\xff\xfe.jpg", b" -rf *.jpg", b'"quoted".jpg']
    cluster = [touch(tmp_path / "in" / os.fsdecode(name), name) for name in names]
    make_links([cluster], tree)
    assert sorted(os.listdir(os.fsencode(tree / "cluster_with_5" / "cluster_0"))) == sorted(names)  # noqa: PTH208 - as bytes
    assert sorted(listing(tree).values()) == sorted(names)


@posix
def test_the_longest_names_fit_even_when_numbered(tree, tmp_path):
    """A name of 255 bytes that meets its equal is shortened, never cut inside a character."""
    name = "é" * 125 + "x.jpg"
    cluster = [touch(tmp_path / folder / name, folder.encode()) for folder in "ab"]
    make_links([cluster], tree)
    assert listing(tree / "cluster_with_2" / "cluster_0") == {name: b"a", "é" * 124 + "_2.jpg": b"b"}


@given(
    names=st.lists(
        st.text(st.sampled_from("aAbéÉe\u0301ßs.ſ_2\udcff"), min_size=1, max_size=8), min_size=1, max_size=20
    ),
    longest_bytes=st.integers(12, 255),
)
def test_names_of_a_folder_never_meet(names, longest_bytes):
    """However names repeat, they end up distinct without regard to case, short enough, and the same every time."""
    distinct = distinct_names(names, longest_bytes)
    assert len({name.casefold() for name in distinct}) == len(names)
    assert max(len(os.fsencode(name)) for name in distinct) <= longest_bytes
    assert distinct == distinct_names(names, longest_bytes)
