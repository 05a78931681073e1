"""What a tree of links holds, what it replaces, and what it leaves alone."""

# os.readlink and os.listdir say what the file system says, before pathlib tidies it.
# ruff: noqa: PTH115, PTH117, PTH208

import errno
import os
import shutil
import sys
import tempfile
from pathlib import Path

import pytest
import xxhash

from imagecluster.collection.report import cluster_folders
from imagecluster.errors import ArgumentError, NotOursError, OutputError
from imagecluster.present.links import LINKS_MARKER, make_links
from imagecluster.present.owned_tree import RECORD_NAME
from imagecluster.system.progress import Progress

from .links_samples import listing, touch
from .ordinary_user import ordinary_user

posix = pytest.mark.skipif(sys.platform == "win32", reason="symbolic links and odd names need a POSIX system")


@pytest.fixture
def pictures(tmp_path):
    """Seven pictures in one folder."""
    return [touch(tmp_path / "pictures" / f"{name}.jpg", name.encode()) for name in "abcdefg"]


@pytest.fixture
def tree(tmp_path):
    """Where the tests build."""
    return tmp_path / "out" / "clusters"


@pytest.mark.parametrize("kind", ["symlink", "hardlink", "copy"])
def test_folders_are_named_by_size_and_counted_from_zero(pictures, tree, kind):
    """A cluster's folder is cluster_with_<size>/cluster_<i>, i counting in the order given, for every kind."""
    a, b, c, d, e, f, g = pictures
    report = make_links([[a, b, c], [f, g], [d, e]], tree, kind=kind)
    assert listing(tree) == {
        "cluster_with_2/cluster_0/f.jpg": b"f",
        "cluster_with_2/cluster_0/g.jpg": b"g",
        "cluster_with_2/cluster_1/d.jpg": b"d",
        "cluster_with_2/cluster_1/e.jpg": b"e",
        "cluster_with_3/cluster_0/a.jpg": b"a",
        "cluster_with_3/cluster_0/b.jpg": b"b",
        "cluster_with_3/cluster_0/c.jpg": b"c",
    }
    assert report.folders == ("cluster_with_3/cluster_0", "cluster_with_2/cluster_0", "cluster_with_2/cluster_1")
    assert (report.directory, report.kind, report.n_links) == (tree, kind, 7)
    assert (report.unlinked, report.kept) == ((), ())


@posix
def test_links_still_work_when_tree_and_pictures_move_together(pictures, tree, tmp_path):
    """Symbolic links are relative."""
    make_links([pictures], tree)
    shutil.move(tmp_path, moved := tmp_path.with_name(tmp_path.name + "-moved"))
    assert None not in listing(moved / "out" / "clusters").values()
    shutil.move(moved, tmp_path)


def test_hard_links_are_the_same_file_and_copies_are_not(pictures, tree):
    """A hard link shares the file; a copy has its own content and the original's time."""
    os.utime(pictures[0], (1_000_000_000, 1_000_000_000))
    made = tree / "cluster_with_2" / "cluster_0" / "a.jpg"
    make_links([pictures[:2]], tree, kind="hardlink")
    assert made.samefile(pictures[0])
    make_links([pictures[:2]], tree, kind="copy")
    assert not made.samefile(pictures[0])
    assert made.stat().st_mtime == 1_000_000_000


@posix
def test_a_picture_that_is_a_link_is_linked_by_its_own_name(tree, tmp_path):
    """Symbolic links point at the link; hard links and copies hold the file that it leads to."""
    original = touch(tmp_path / "elsewhere" / "real.jpg", b"real")
    link = tmp_path / "pictures" / "link.jpg"
    link.parent.mkdir()
    link.symlink_to("../elsewhere/real.jpg")
    made = tree / "cluster_with_1" / "cluster_0" / "link.jpg"
    make_links([[link]], tree)
    assert (made.parent / os.readlink(made)).parent.resolve() / "link.jpg" == link
    make_links([[link]], tree, kind="hardlink")
    assert not made.is_symlink()
    assert made.samefile(original)
    make_links([[link]], tree, kind="copy")
    assert (made.is_symlink(), made.read_bytes()) == (False, b"real")


@posix
@pytest.mark.parametrize("via", ["tree", "pictures", "both", "picture folder"])
def test_links_work_where_folders_are_symbolic_links(tmp_path, via):
    """A relative link counts from where the tree really lies, whatever name it was given by."""
    real = tmp_path / "disk" / "deep" / "down"
    picture = touch(real / "a.jpg")
    (tmp_path / "short").symlink_to(real)
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / "year").symlink_to(real)
    given = {
        "tree": (picture, tmp_path / "short" / "clusters"),
        "pictures": (tmp_path / "short" / "a.jpg", tmp_path / "clusters"),
        "both": (tmp_path / "short" / "a.jpg", tmp_path / "short" / "clusters"),
        "picture folder": (tmp_path / "inner" / "year" / "a.jpg", tmp_path / "inner" / "clusters"),
    }
    picture, tree = given[via]
    make_links([[picture]], tree)
    link = tree / "cluster_with_1" / "cluster_0" / "a.jpg"
    assert link.read_bytes() == b"x"
    assert not os.path.isabs(os.readlink(link))
    if via == "picture folder":
        assert os.readlink(link) == "../../../year/a.jpg"


@posix
def test_a_tree_that_is_a_symbolic_link_is_refused(pictures, tmp_path):
    """Whoever brings the folder can put a link there: what it leads to is left alone, and the error says what to do."""
    (tmp_path / "big disk").mkdir()
    (tmp_path / "clusters").symlink_to(tmp_path / "big disk")
    with pytest.raises(NotOursError, match=r"clusters is a link.*Remove it"):
        make_links([pictures], tmp_path / "clusters")
    assert os.listdir(tmp_path / "big disk") == []


@posix
def test_pictures_on_another_drive_get_absolute_links(pictures, tree, monkeypatch):
    """A relative link between drives would break when either is mounted elsewhere."""
    real_stat = os.stat

    def stat(path, **options):
        """As if the pictures' folder lay on a drive of its own."""
        status = real_stat(path, **options)
        if os.fspath(path) == os.fspath(pictures[0].parent):
            return os.stat_result([*status[:2], status.st_dev + 1, *status[3:]])
        return status

    monkeypatch.setattr(os, "stat", stat)
    make_links([pictures[:1]], tree)
    assert os.readlink(tree / "cluster_with_1" / "cluster_0" / "a.jpg") == os.fspath(pictures[0])


@pytest.mark.parametrize(
    ("kind", "code", "cure"),
    [
        ("hardlink", errno.EXDEV, "different drives; use symlink or copy"),
        ("hardlink", errno.EPERM, "use symlink or copy"),
        ("symlink", errno.EOPNOTSUPP, "use hardlink or copy"),
        ("symlink", errno.ENOSPC, "no space left"),
    ],
)
def test_a_refused_link_says_what_to_do_and_the_former_tree_stays(pictures, tree, monkeypatch, kind, code, cure):
    """What the file system cannot do is an error with a cure; nothing of the attempt is left behind."""
    make_links([pictures[:3]], tree)

    def refuse(*args, **options):
        """As a file system without that kind of link, or without space."""
        raise OSError(code, os.strerror(code))

    with monkeypatch.context() as patch:
        patch.setattr(os, "link" if kind == "hardlink" else "symlink", refuse)
        with pytest.raises(OutputError, match=cure):
            make_links([pictures], tree, kind=kind)
    assert len(listing(tree)) == 3
    assert os.listdir(tree.parent) == ["clusters"]


def test_a_vanished_picture_is_left_out_and_reported(pictures, tree):
    """The others are linked, and the folder still counts the picture as the report does."""
    pictures[1].unlink()
    report = make_links([pictures[:3]], tree, kind="copy")
    assert [(gone.path, gone.reason) for gone in report.unlinked] == [(pictures[1], "the file is gone")]
    assert sorted(listing(tree)) == ["cluster_with_3/cluster_0/a.jpg", "cluster_with_3/cluster_0/c.jpg"]
    assert report.n_links == 2


def test_a_rebuild_leaves_nothing_of_the_former_tree(pictures, tree):
    """A second call with other clusters gives exactly the tree that a first call would give."""
    make_links([pictures], tree)
    make_links([pictures[:2]], tree, kind="hardlink")
    make_links([pictures[2:4]], tree, kind="copy")
    assert sorted(listing(tree)) == ["cluster_with_2/cluster_0/c.jpg", "cluster_with_2/cluster_0/d.jpg"]
    assert os.listdir(tree.parent) == ["clusters"]
    assert all(picture.exists() for picture in pictures)


def test_no_clusters_make_an_empty_tree(tree, pictures):
    """Where nothing clusters, a former tree does not survive as if it were the answer."""
    make_links([pictures], tree)
    report = make_links([], tree)
    assert (listing(tree), report.folders, report.n_links) == ({}, (), 0)


def test_a_folder_that_is_not_ours_is_left_alone(pictures, tree):
    """A folder without our marker is an error that says what to do, and is not touched."""
    touch(tree / "holiday.jpg")
    with pytest.raises(OutputError, match=r"not built by imagecluster.*move it, or choose"):
        make_links([pictures], tree)
    assert listing(tree) == {"holiday.jpg": b"x"}
    assert os.listdir(tree.parent) == ["clusters"]


@pytest.mark.parametrize("name", [".clusters.imagecluster-new", ".clusters.imagecluster-old"])
def test_even_our_working_names_are_not_removed_without_the_marker(pictures, tree, name):
    """Something of somebody else that happens to have the name of our temporary folder stays."""
    precious = touch(tree.parent / name / "precious.jpg")
    with pytest.raises(OutputError, match="left alone"):
        make_links([pictures], tree)
    assert precious.exists()


def test_a_file_in_the_way_is_an_error(pictures, tree):
    """A file at the tree's place is not replaced."""
    touch(tree, b"mine")
    with pytest.raises(OutputError, match="not a folder"):
        make_links([pictures], tree)
    assert tree.read_bytes() == b"mine"


def test_an_empty_folder_may_be_taken(pictures, tree):
    """A folder made for the purpose loses nothing."""
    tree.mkdir(parents=True)
    make_links([pictures], tree)
    assert len(listing(tree)) == 7


def test_pictures_inside_the_tree_are_refused(pictures, tree):
    """Clustering the tree into itself would delete its pictures at the next call."""
    make_links([pictures], tree, kind="copy")
    inside = sorted(tree.rglob("*.jpg"))
    with pytest.raises(ArgumentError, match="inside the link tree"):
        make_links([inside], tree, kind="copy")
    assert len(listing(tree)) == 7


def test_an_unknown_kind_is_refused(pictures, tree):
    """The error names what was got and what is allowed."""
    with pytest.raises(ArgumentError, match=r"'reflink'.*symlink, hardlink, copy"):
        make_links([pictures], tree, kind="reflink")


@posix
def test_removal_follows_no_link(pictures, tree, tmp_path):
    """A link to a folder that somebody put into the tree is kept as it is, and so is the folder behind it."""
    precious = touch(tmp_path / "precious" / "a.jpg")
    make_links([pictures], tree)
    (tree / "cluster_with_7" / "shortcut").symlink_to(precious.parent)
    (kept,) = make_links([], tree).kept
    assert os.readlink(kept / "cluster_with_7" / "shortcut") == str(precious.parent)
    assert precious.exists()


@posix
def test_an_edited_picture_saved_over_its_link_is_kept(pictures, tree):
    """A file that the former tree did not make moves to a folder beside it, which is not ours any more."""
    make_links([pictures], tree)
    edited = tree / "cluster_with_7" / "cluster_0" / "a.jpg"
    edited.unlink()
    edited.write_bytes(b"edited")
    (kept,) = make_links([pictures], tree).kept
    assert kept == tree.parent / "clusters.kept"
    assert listing(kept) == {"cluster_with_7/cluster_0/a.jpg": b"edited"}
    assert not (kept / LINKS_MARKER).exists()
    (tree / "mine.txt").write_text("x")
    assert make_links([pictures], tree).kept == (tree.parent / "clusters.kept-2",)


def test_a_hard_link_that_is_the_last_of_its_file_is_kept(pictures, tree):
    """When the original was deleted, its hard link is the picture."""
    make_links([pictures], tree, kind="hardlink")
    pictures[0].unlink()
    (kept,) = make_links([pictures[1:]], tree, kind="hardlink").kept
    assert listing(kept) == {"cluster_with_7/cluster_0/a.jpg": b"a"}


def test_a_copy_that_somebody_edited_or_added_is_kept(pictures, tree):
    """Our copies are known by their content: everything else that lies among them is the user's."""
    make_links([pictures], tree, kind="copy")
    folder = tree / "cluster_with_7" / "cluster_0"
    (folder / "a.jpg").write_bytes(b"edited")
    os.utime(folder / "a.jpg", ns=(0, pictures[0].stat().st_mtime_ns))
    theirs = {
        "cluster_with_7/cluster_0/a.jpg": b"edited",
        "cluster_with_7/cluster_0/new.jpg": b"x",
        "cluster_with_7/.hidden": b"x",
        "cluster_with_7/desktop.ini": b"x",
        ".git/config": b"x",
        "@eaDir/of mine.txt": b"x",
        "cluster_with_7/.a.jpg.new": b"x",
        ".DS_Store": b"x",
    }
    for name, content in theirs.items():
        touch(tree / name, content)
    (kept,) = make_links([pictures], tree, kind="copy").kept
    assert listing(kept) == theirs
    assert len(listing(tree)) == 7


def test_a_copy_that_is_the_last_of_its_picture_is_kept(pictures, tree):
    """When the original was deleted, its copy is the picture."""
    make_links([pictures], tree, kind="copy")
    pictures[0].unlink()
    (kept,) = make_links([pictures[1:]], tree, kind="copy").kept
    assert listing(kept) == {"cluster_with_7/cluster_0/a.jpg": b"a"}


def test_equal_names_of_one_file_are_counted_as_they_are_removed(pictures, tree):
    """Of pictures that are hard links to one file, the last link in a tree is kept when all originals were deleted."""
    twin = pictures[0].with_name("z.jpg")
    os.link(pictures[0], twin)
    make_links([[*pictures, twin]], tree, kind="hardlink")
    pictures[0].unlink()
    twin.unlink()
    (kept,) = make_links([pictures[1:]], tree, kind="hardlink").kept
    assert list(listing(kept).values()) == [b"a"]


def test_a_copy_of_a_picture_that_exists_elsewhere_is_not_the_last(pictures, tree):
    """Whoever knows where a content is says so; a copy of a picture that was renamed is then removed."""
    make_links([pictures], tree, kind="copy")
    moved = [picture.rename(picture.with_name(f"new {picture.name}")) for picture in pictures]
    moved[0].unlink()
    contents = {xxhash.xxh3_128_digest(picture.read_bytes()) for picture in moved[1:]}
    (kept,) = make_links([moved[1:]], tree, kind="copy", is_elsewhere=contents.__contains__).kept
    assert listing(kept) == {"cluster_with_7/cluster_0/a.jpg": b"a"}


@posix
@pytest.mark.parametrize("kind", ["symlink", "hardlink", "copy"])
@pytest.mark.parametrize("locked", [".", "cluster_with_2", "cluster_with_2/cluster_0", "cluster_with_2/mine"])
@pytest.mark.parametrize("mode", [0o000, 0o444, 0o555])
def test_a_folder_that_somebody_locked_is_kept(kind, locked, mode):
    """What cannot be removed moves aside with its folder; no run ends with an error for it, and none sees it again."""
    with tempfile.TemporaryDirectory() as place, ordinary_user(Path(place)):
        here = Path(place)
        pictures = [touch(here / "pictures" / f"{name}.jpg", name.encode()) for name in "abcd"]
        tree = here / "clusters"
        make_links([pictures[:2], pictures[2:]], tree, kind=kind)
        touch(tree / "cluster_with_2" / "mine" / "mine.txt", b"mine")
        (tree / locked).chmod(mode)
        if locked == "." and mode != 0o555:
            with pytest.raises(OutputError, match="permission denied"):
                make_links([pictures], tree, kind=kind)
            tree.chmod(0o755)
            assert len(listing(tree)) == 5
            return
        (kept,) = make_links([pictures], tree, kind=kind).kept
        (kept / locked).chmod(0o755)
        assert listing(kept)["cluster_with_2/mine/mine.txt"] == b"mine"
        assert make_links([pictures], tree, kind=kind).kept == ()
        assert len(listing(tree)) == 4
        assert sorted(path.name for path in here.iterdir()) == ["clusters", "clusters.kept", "pictures"]


@pytest.mark.parametrize("kind", ["symlink", "hardlink", "copy"])
def test_a_folder_of_somebodys_is_kept_and_a_tree_without_changes_stands(pictures, tree, kind):
    """The second call makes nothing; a folder that somebody made, though empty, is not ours."""
    make_links([pictures], tree, kind=kind)
    before = tree.stat().st_ino
    assert make_links([pictures], tree, kind=kind).n_links == 7
    assert tree.stat().st_ino == before
    (tree / "cluster_with_7" / "mine").mkdir()
    (kept,) = make_links([pictures], tree, kind=kind).kept
    assert [path.name for path in kept.rglob("*")] == ["cluster_with_7", "mine"]


@posix
def test_the_links_of_a_tree_from_before_records_are_removed_its_files_are_not(pictures, tree):
    """An earlier version marked its trees and kept no record of them."""
    make_links([pictures], tree)
    (tree / RECORD_NAME).unlink()
    assert make_links([pictures[:2]], tree).kept == ()
    make_links([pictures], tree, kind="copy")
    (tree / RECORD_NAME).unlink()
    (kept,) = make_links([pictures[:2]], tree).kept
    assert len(listing(kept)) == 7


@posix
def test_a_planted_marker_or_record_is_refused(pictures, tree, tmp_path):
    """Neither is read or written through a link."""
    victim = touch(tmp_path / "victim", b"precious")
    for name in (LINKS_MARKER, RECORD_NAME):
        make_links([pictures], tree)
        (tree / name).unlink()
        (tree / name).symlink_to(victim)
        with pytest.raises(NotOursError, match=f"{name} is a link"):
            make_links([pictures[:2]], tree)
        assert victim.read_bytes() == b"precious"
        shutil.rmtree(tree.parent)


def test_what_file_managers_leave_is_no_reason_to_keep_anything(pictures, tree):
    """Files that file managers and network drives make for themselves, known by what they hold, go with the tree."""
    make_links([pictures], tree)
    touch(tree / "cluster_with_7" / ".DS_Store", b"\0\0\0\1Bud1 and more")
    touch(tree / "cluster_with_7" / "Thumbs.db", bytes.fromhex("d0cf11e0a1b11ae1") + b" and more")
    touch(tree / "cluster_with_7" / "@eaDir" / "a.jpg" / "SYNOPHOTO_THUMB_M.jpg")
    assert make_links([pictures], tree).kept == ()
    assert len(listing(tree)) == 7


_CHANGES = ("mkdir", "symlink", "replace", "unlink", "rmdir")


@posix
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")  # the child makes no thread wait
def test_a_kill_at_any_moment_leaves_a_complete_tree_and_the_next_run_cleans_up(pictures, tree):
    """Whichever change of the file system was the last: the former or the new tree is there, whole."""
    former, latter = [pictures[:2]], [pictures[2:4], pictures[4:6]]
    make_links(former, tree)
    complete = [listing(tree)]
    make_links(latter, tree)
    complete.append(listing(tree))
    n_killed = 0
    while True:
        make_links(former, tree)
        if (pid := os.fork()) == 0:
            _make_links_and_die(latter, tree, n_changes=n_killed)
        killed = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 9
        there = tree if tree.exists() else tree.with_name(".clusters.imagecluster-old")
        assert listing(there) in complete
        make_links(latter, tree)
        assert listing(tree) == complete[1]
        assert os.listdir(tree.parent) == ["clusters"]
        if not killed:
            break
        n_killed += 1
    assert n_killed > 15


def _make_links_and_die(clusters, tree, *, n_changes):
    """In a child process: ends at once, without any cleaning up, before change number `n_changes`."""
    left = [n_changes]

    def mortal(change):
        """That change, unless it is the last moment."""

        def changed(*args, **options):
            if left[0] == 0:
                os._exit(9)
            left[0] -= 1
            return change(*args, **options)

        return changed

    for name in _CHANGES:
        setattr(os, name, mortal(getattr(os, name)))
    try:
        make_links(clusters, tree)
    finally:
        os._exit(0)


def test_progress_counts_pictures(pictures, tree):
    """The callback gets the pictures done, ending with all of them."""
    seen = []
    make_links([pictures[:3], pictures[3:5]], tree, progress=seen.append)
    assert seen == [Progress("links", 3, 5), Progress("links", 5, 5)]


def test_a_place_that_cannot_be_written_is_an_output_error(pictures, tmp_path):
    """Errors of the file system arrive as ours, with the place."""
    touch(tmp_path / "file")
    with pytest.raises(OutputError, match="cannot write the link tree"):
        make_links([pictures], tmp_path / "file" / "clusters")


def test_the_root_of_a_drive_is_refused(pictures):
    """A tree needs a folder of its own."""
    with pytest.raises(OutputError, match="folder of its own"):
        make_links([pictures], Path(pictures[0].anchor))


def test_folders_depend_on_sizes_alone():
    """The report names the same folders without building any."""
    assert cluster_folders([3, 3, 2]) == (
        "cluster_with_3/cluster_0",
        "cluster_with_3/cluster_1",
        "cluster_with_2/cluster_0",
    )


def test_a_tree_that_is_as_it_should_be_is_left_alone(tmp_path):
    """The same clusters again make no new links; every difference does."""
    pictures = [tmp_path / name for name in ("a.jpg", "b.jpg", "c.jpg")]
    for picture in pictures:
        picture.write_bytes(b"picture")
    tree = tmp_path / "clusters"

    def build(clusters):
        report = make_links(clusters, tree)
        assert report.n_links == sum(map(len, clusters))
        return tree.stat().st_ino

    first = build([pictures[:2], pictures[2:]])
    assert build([pictures[:2], pictures[2:]]) == first
    for clusters in ([pictures[:2]], [pictures], [[pictures[0], pictures[2]], [pictures[1]]]):
        before = build([pictures[:2], pictures[2:]])
        assert build(clusters) != before
    link = tree / "cluster_with_2" / "cluster_0" / "a.jpg"
    for harm in (link.unlink, lambda: (link.unlink(), link.symlink_to("elsewhere")), (tree / "mine").mkdir):
        before = build([pictures[:2], pictures[2:]])
        harm()
        assert build([pictures[:2], pictures[2:]]) != before
        assert link.read_bytes() == b"picture"
