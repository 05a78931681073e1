"""Files in a folder of ours are never reached through a link; run as an ordinary user against victims made here."""

import os
import stat
import sys
from pathlib import Path

import pytest

from imagecluster.errors import NotOursError
from imagecluster.system import safe_files
from imagecluster.system.safe_files import OwnFolder, is_unfinished

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="links as Linux and macOS have them")

MAKES = {
    "symlink": lambda place, victim: place.symlink_to(victim),
    "symlink to a folder": lambda place, victim: place.symlink_to(victim.parent),
    "dangling symlink": lambda place, victim: place.symlink_to(victim.with_name("not there")),
    "hard link": lambda place, victim: place.hardlink_to(victim),
    "named pipe": lambda place, victim: os.mkfifo(place),
    "folder": lambda place, victim: place.mkdir(),
}


@pytest.fixture
def umask():
    """That of a user who shares files with a group."""
    before = os.umask(0o027)
    yield
    os.umask(before)


@pytest.fixture(params=["held open", "by path, as on Windows"])
def folder(request, tmp_path, monkeypatch):
    """An empty folder of ours."""
    monkeypatch.setattr(safe_files, "_HELD", request.param == "held open")
    with OwnFolder(tmp_path / "own", create=True) as own:
        yield own


def _names(folder):
    return {path.name for path in folder.path.iterdir()}


def _replace(folder):
    with folder.replacing("name") as stream:
        stream.write(b"ours")


ACTIONS = {
    "status": lambda folder: folder.status("name"),
    "read": lambda folder: folder.open_reading("name"),
    "write": lambda folder: folder.open_writing("name"),
    "append": lambda folder: folder.open_writing("name", append=True),
    "replace": _replace,
    "remove": lambda folder: folder.remove("name"),
}


@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize("make", MAKES)
def test_what_is_not_a_file_of_ours_is_refused_by_name_and_left_alone(folder, victim, make, action):
    """Links of all kinds, pipes and folders: the message names the place, says what lies there, and what to do."""
    place = folder.path / "name"
    MAKES[make](place, victim)
    before = place.lstat()
    with pytest.raises(NotOursError, match=r"Remove it|Put a copy") as refused:
        ACTIONS[action](folder)
    assert str(place) in str(refused.value)
    assert place.lstat() == before
    assert _names(folder) == {"name"}


@pytest.mark.parametrize("make", ["symlink", "symlink to a folder", "dangling symlink", "hard link"])
def test_a_folder_in_ours_is_no_link(folder, victim, make):
    """Neither an existing folder nor one to be made is reached through a link."""
    MAKES[make](folder.path / "sub", victim)
    for create in (False, True):
        with pytest.raises(NotOursError, match="sub"):
            folder.child("sub", create=create)


def test_our_folder_itself_is_a_link_only_where_the_user_named_it(tmp_path, folder):
    """With `follow` the link is followed, without it is refused."""
    link = tmp_path / "link"
    link.symlink_to(folder.path)
    with pytest.raises(NotOursError, match="link"):
        OwnFolder(link, create=True)
    with OwnFolder(link, follow=True, create=True) as own:
        _replace(own)
    assert (folder.path / "name").read_bytes() == b"ours"
    (tmp_path / "dangling").symlink_to(tmp_path / "not there")
    with pytest.raises(NotOursError):
        OwnFolder(tmp_path / "dangling", create=True)


def test_files_are_made_replaced_appended_listed_and_removed(folder, umask):
    """What the class is for; a store may be shared: a new file has the mode that the user's umask gives."""
    with folder.create("name") as stream:
        stream.write(b"old")
    with pytest.raises(FileExistsError):
        folder.create("name")
    with folder.open_writing("journal", append=True) as stream:
        stream.write(b"line\n")
    with folder.open_writing("journal", append=True) as stream:
        stream.write(b"line\n")
    _replace(folder)
    with folder.child("sub", create=True) as sub, sub.create("inside") as stream:
        stream.write(b"x")
    assert {entry.name: entry.status.st_size for entry in folder.entries()} == {"name": 4, "journal": 10}
    with folder.open_reading("name") as stream:
        assert stream.read() == b"ours"
    assert stat.S_IMODE(folder.status("name").st_mode) == 0o640
    folder.remove("name")
    folder.remove("name")
    assert folder.status("name") is None
    with pytest.raises(FileNotFoundError):
        folder.open_reading("name")
    with pytest.raises(FileNotFoundError):
        folder.open_writing("name", create=False)


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "/etc/passwd", "../x"])
def test_a_name_is_a_name(folder, name):
    """Nothing above or below the folder is reached by a name."""
    for action in (folder.status, folder.open_reading, folder.remove, folder.child):
        with pytest.raises(ValueError, match="is not the name"):
            action(name)


@pytest.mark.parametrize("make", ["symlink", "dangling symlink", "hard link"])
def test_a_link_that_comes_between_check_and_use_does_not_win(folder, victim, make):
    """It is replaced by the new file; nothing goes through it."""
    with folder.replacing("name") as stream:
        MAKES[make](folder.path / "name", victim)
        stream.write(b"ours")
    assert (folder.path / "name").read_bytes() == b"ours"
    assert not (folder.path / "name").is_symlink()


def test_a_folder_that_is_exchanged_for_a_link_is_not_left(tmp_path, folder, victim):
    """What was opened stays the same folder, whatever has its name by now."""
    if not safe_files._HELD:
        pytest.skip("Windows holds no folders open")
    with folder.child("sub", create=True) as sub:
        (folder.path / "sub").rename(folder.path / "moved")
        (folder.path / "sub").symlink_to(victim.parent)
        with sub.replacing("name") as stream:
            stream.write(b"ours")
        sub.remove("victim")
    assert (folder.path / "moved" / "name").read_bytes() == b"ours"


def test_after_an_error_the_file_is_as_it_was(folder):
    """And the unfinished one is gone."""
    _replace(folder)
    with pytest.raises(RuntimeError), folder.replacing("name") as stream:
        stream.write(b"half")
        raise RuntimeError
    assert (folder.path / "name").read_bytes() == b"ours"
    assert _names(folder) == {"name"}


def test_only_our_own_unfinished_files_are_removed(folder, victim):
    """A user's `.NAME.new`, a folder of such a name, and links stay."""
    left_over = f".name.{'0af1' * 4}.new"
    for name in (left_over, ".mine.new", ".mine.0123.new"):
        (folder.path / name).write_bytes(b"x")
    (folder.path / ".x.new").mkdir()
    (folder.path / f".folder.{'0' * 16}.new").mkdir()
    (folder.path / f".link.{'0' * 16}.new").symlink_to(victim)
    before = _names(folder)
    folder.remove_unfinished()
    assert before - _names(folder) == {left_over}
    assert is_unfinished(left_over)
    assert not is_unfinished(".mine.new")


def test_a_closed_folder_is_not_used(folder):
    """The number of its descriptor may be another file's by now."""
    if not safe_files._HELD:
        pytest.skip("there is no descriptor")
    folder.close()
    folder.close()
    with pytest.raises(OSError, match="descriptor"):
        folder.open_reading("name")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root gives files away")
def test_a_file_of_somebody_else_is_refused_except_where_a_group_shares_the_folder(tmp_path):
    """Its owner, the folder's owner and root are trusted, for a folder that only one user may write to."""
    (tmp_path / "own").mkdir(mode=0o755)
    (tmp_path / "own" / "name").write_bytes(b"x")
    os.chown(tmp_path / "own" / "name", 12345, -1)
    with OwnFolder(tmp_path / "own") as folder, pytest.raises(NotOursError, match="another user"):
        folder.open_reading("name")
    (tmp_path / "own").chmod(0o775)
    with OwnFolder(tmp_path / "own") as folder:
        folder.open_reading("name").close()
    (tmp_path / "own").chmod(0o755)
    os.chown(tmp_path / "own", 12345, -1)
    with OwnFolder(Path(tmp_path, "own")) as folder:
        folder.open_reading("name").close()
