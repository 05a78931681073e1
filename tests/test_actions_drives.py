"""Actions across drives, on read-only places, full disks, mounts and shared trashes, and as an ordinary user."""

import os
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

import pytest

from action_samples import plan, step, tree, write
from imagecluster.actions import Folder, Link, Trash, apply, list_actions, undo
from imagecluster.actions import trash as trash_of_linux
from imagecluster.errors import OutputError
from ordinary_user import USER, ordinary_user

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="mounts of Linux")


@pytest.fixture
def mount(request):
    """Mounts something for the time of a test, or skips it."""

    def mount(place, *options):
        place.mkdir(parents=True, exist_ok=True)
        done = subprocess.run(["mount", *options, place], capture_output=True, check=False)
        if done.returncode:
            pytest.skip("cannot mount here")
        request.addfinalizer(lambda: subprocess.run(["umount", "-l", place], capture_output=True, check=False))
        return place

    return mount


@pytest.fixture
def drive(mount, tmp_path):
    """Another drive, of 4 MB."""
    return mount(tmp_path / "drive", "-t", "tmpfs", "-o", "size=4m", "tmpfs")


@pytest.fixture
def pics(tmp_path, monkeypatch):
    """A collection of two equal pictures with a sidecar, its database and the home folder's trash."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    return made_collection(tmp_path / "pics")


def made_collection(root):
    """Two equal pictures, one with a sidecar."""
    write(root / "x.jpg", b"same" * 5000)
    write(root / "y.jpg", b"same" * 5000, mode=0o640, age=5)
    write(root / "y.xmp", b"sidecar", age=7)
    (root / "imagecluster").mkdir()
    return root


def usual(root):
    """The copy goes with its sidecar."""
    return plan(root, step(root / "y.jpg", root / "x.jpg", root / "y.xmp"))


def own(root):
    """All but the database and a trash."""
    return {name: kept for name, kept in tree(root).items() if not name.startswith(("imagecluster", ".Trash"))}


def only_reason(applied):
    """Why the one file was left."""
    assert not applied.done
    (left,) = applied.left
    return left.reason


# To another drive and back -----------------------------------------------------------------------------------------


def test_files_are_copied_to_another_drive_and_come_back(pics, drive):
    """With times, permissions and attributes, whichever of them the other drive holds; the copy there is gone then."""
    before = own(pics)
    applied = apply(usual(pics), Folder(drive / "aside"), pics / "imagecluster")
    moved = drive / "aside" / "y.jpg"
    assert applied.done[0].now == moved
    assert moved.stat().st_mtime_ns == before["y.jpg"].mtime_ns
    assert not (pics / "y.jpg").exists()
    assert not undo(pics / "imagecluster").left
    assert own(pics) == before
    assert [path.name for path in drive.rglob("*") if path.is_file()] == []


def test_a_name_among_several_stays_on_its_drive(pics, drive):
    """A copy elsewhere would no longer be the same file as its other names."""
    os.link(pics / "y.jpg", pics / "z.jpg")
    assert "it has 2 names (hard links)" in only_reason(apply(usual(pics), Folder(drive), pics / "imagecluster"))


def test_a_hard_link_does_not_cross_drives(pics, drive):
    """The file is left as it was."""
    far = write(drive / "y.jpg", b"same" * 5000)
    before = tree(drive)
    applied = apply(plan(pics, step(far, pics / "x.jpg")), Link("hard"), pics / "imagecluster")
    assert "a hard link cannot be made there" in only_reason(applied)
    assert tree(drive) == before


def test_too_little_space_is_said_before_the_first_step(pics, drive):
    """With both sizes."""
    before = own(pics)
    with pytest.raises(OutputError, match=r"has 4.2 MB free, and 20.0 kB would be copied there"):
        apply(usual(pics), Folder(drive / "aside"), pics / "imagecluster")
    assert own(pics) == before


@pytest.fixture
def no_spare(monkeypatch):
    """The space that must remain is none, so that small drives do for tests."""
    from imagecluster.actions import destinations

    monkeypatch.setattr(destinations, "_SPARE_BYTES", 0)


@pytest.fixture(autouse=True)
def _small_drives(request):
    """Most tests are about small drives."""
    if "too_little_space" not in request.node.name:
        request.getfixturevalue("no_spare")


def test_a_disk_that_is_full_leaves_the_file(pics, drive, monkeypatch):
    """Even if the space was there before the first step; nothing remains of the copy."""
    before = own(pics)
    real = os.statvfs
    (drive / "ballast").write_bytes(bytes(4_185_000))
    monkeypatch.setattr(os, "statvfs", lambda path: os.statvfs_result((*real(path)[:4], 1 << 20, *real(path)[5:])))
    applied = apply(usual(pics), Folder(drive / "aside"), pics / "imagecluster")
    assert "no space left on device" in only_reason(applied)
    assert own(pics) == before
    assert [path.name for path in drive.rglob("*") if path.is_file()] == ["ballast"]


def test_a_journal_on_a_full_disk_stops_before_the_files_are_touched(pics, drive):
    """The message says so; with room again the same plan is applied."""
    db = drive / "db"
    db.mkdir()
    with suppress(OSError), (drive / "ballast").open("wb", buffering=0) as ballast:
        while ballast.write(bytes(4096)):
            pass
    before = own(pics)
    with pytest.raises(OutputError, match="cannot write the journal of actions"):
        apply(usual(pics), Trash(), db)
    assert own(pics) == before
    (drive / "ballast").unlink()
    assert len(apply(usual(pics), Trash(), db).done) == 1
    undo(db)
    assert own(pics) == before


def test_a_drive_that_is_unplugged_can_be_undone_later(pics, drive, mount, tmp_path):
    """The undo says that the folder is not there, and works once it is back."""
    before = own(pics)
    apply(usual(pics), Folder(drive / "aside"), pics / "imagecluster")
    (drive / "aside").rename(drive / "unplugged")
    undone = undo(pics / "imagecluster")
    assert {left.reason for left in undone.left} == {
        f"it cannot be brought back: there is no folder {drive / 'aside'} (is its drive unplugged?)"
    }
    (drive / "unplugged").rename(drive / "aside")
    assert not undo(pics / "imagecluster").left
    assert own(pics) == before


# Read-only places, mounts ------------------------------------------------------------------------------------------


def read_only(mount, folder):
    """Makes a folder a read-only mount of itself."""
    mount(folder, "--bind", folder)
    subprocess.run(["mount", "-o", "remount,bind,ro", folder], check=True)


def test_a_read_only_place_is_refused_before_the_first_step(tmp_path, mount, monkeypatch):
    """There can be no trash; to a folder elsewhere nothing is copied, since nothing could be removed."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    pics = made_collection(tmp_path / "pics")
    (tmp_path / "db").mkdir()
    made = usual(pics)
    read_only(mount, pics)
    with pytest.raises(OutputError, match=r"there is no trash on the drive of .*pics, and none can be made in .*pics"):
        apply(made, Trash(), tmp_path / "db")
    applied = apply(made, Folder(tmp_path / "aside"), tmp_path / "db")
    assert only_reason(applied) == "its folder cannot be written to"
    assert [path.name for path in (tmp_path / "aside").rglob("*")] == []


def test_a_read_only_destination_is_refused_before_the_first_step(pics, tmp_path, mount):
    """Nothing is moved."""
    (tmp_path / "aside").mkdir()
    read_only(mount, tmp_path / "aside")
    with pytest.raises(OutputError, match="nothing can be moved to"):
        apply(usual(pics), Folder(tmp_path / "aside" / "deeper"), pics / "imagecluster")
    with pytest.raises(OutputError, match="nothing can be moved to"):
        apply(usual(pics), Folder(tmp_path / "aside"), pics / "imagecluster")


def test_one_folder_that_is_mounted_twice_is_one_folder(pics, tmp_path, mount):
    """A file is not its own copy, by whatever path; and no file is renamed from one mount into another."""
    mount(tmp_path / "again", "--bind", pics)
    applied = apply(plan(pics, step(tmp_path / "again" / "x.jpg", pics / "x.jpg")), Trash(), pics / "imagecluster")
    assert "is the same file under another name" in only_reason(applied)
    before = own(pics)
    applied = apply(plan(tmp_path / "again", *usual(tmp_path / "again").steps), Trash(), pics / "imagecluster")
    assert applied.done[0].now.parent.parent == tmp_path / "again" / f".Trash-{os.geteuid()}"
    undo(pics / "imagecluster")
    assert own(pics) == before


# The trash of another drive ----------------------------------------------------------------------------------------


def on_drive(drive):
    """A collection on the other drive."""
    return made_collection(drive / "pics")


def test_files_go_into_the_trash_of_their_own_drive(pics, drive):
    """Its notes give the path inside the drive."""
    root = on_drive(drive)
    before = own(root)
    applied = apply(usual(root), Trash(), root / "imagecluster")
    can = drive / f".Trash-{os.geteuid()}"
    assert applied.done[0].now == can / "files" / "y.jpg"
    assert "Path=pics/y.jpg\n" in (can / "info" / "y.jpg.trashinfo").read_text()
    assert can.stat().st_mode & 0o777 == 0o700
    undo(root / "imagecluster")
    assert own(root) == before
    assert list((can / "info").iterdir()) == []


def test_a_shared_trash_needs_the_sticky_bit_and_is_not_a_link(pics, drive, tmp_path):
    """Each user has a folder in it; one that others could change is passed over."""
    root = on_drive(drive)
    uid = str(os.getuid())
    (drive / ".Trash").mkdir()
    (drive / ".Trash").chmod(0o1777)
    now = apply(usual(root), Trash(), root / "imagecluster").done[0].now
    assert now == drive / ".Trash" / uid / "files" / "y.jpg"
    assert "Path=pics/y.jpg\n" in (drive / ".Trash" / uid / "info" / "y.jpg.trashinfo").read_text()
    undo(root / "imagecluster")
    (drive / ".Trash").chmod(0o777)
    now = apply(usual(root), Trash(), root / "imagecluster").done[0].now
    assert now.parent.parent == drive / f".Trash-{uid}"
    undo(root / "imagecluster")
    (drive / ".Trash").rename(drive / "real")
    (drive / "real").chmod(0o1777)
    (drive / ".Trash").symlink_to(drive / "real")
    now = apply(usual(root), Trash(), root / "imagecluster").done[0].now
    assert now.parent.parent == drive / f".Trash-{uid}"


def test_a_planted_trash_is_not_used(pics, drive, victim):
    """A link under its name leads nowhere; the message offers a folder on the drive."""
    root = on_drive(drive)
    before = own(root)
    (drive / f".Trash-{os.geteuid()}").symlink_to(victim.parent)
    with pytest.raises(OutputError, match=r"there is no trash on the drive of .* such as .*drive/set-aside"):
        apply(usual(root), Trash(), root / "imagecluster")
    assert own(root) == before


def test_a_trash_of_another_user_is_not_used(pics, drive):
    """Who owns it could read and change what is in it."""
    root = on_drive(drive)
    can = drive / f".Trash-{os.geteuid()}"
    for name in ("files", "info"):
        (can / name).mkdir(parents=True)
        os.chown(can / name, USER, USER)
    os.chown(can, USER, USER)
    with pytest.raises(OutputError, match="belongs to another user"):
        apply(usual(root), Trash(), root / "imagecluster")


# An ordinary user --------------------------------------------------------------------------------------------------


def test_an_ordinary_user_acts_and_undoes(monkeypatch):
    """What that user may not move is left and named; all else comes back."""
    with tempfile.TemporaryDirectory() as place:
        top = Path(place)
        monkeypatch.setenv("XDG_DATA_HOME", str(top / "data"))
        root = top / "pics"
        with ordinary_user(top):
            made_collection(root)
            write(root / "locked" / "l.jpg", b"locked")
            (root / "locked").chmod(0o500)
            write(root / "unreadable.jpg", b"hidden")
            made = plan(root, *usual(root).steps, step(root / "locked" / "l.jpg"), step(root / "unreadable.jpg"))
            (root / "unreadable.jpg").chmod(0o000)
            before = {path: path.lstat() for path in root.glob("*.jpg")}
            applied = apply(made, Trash(), root / "imagecluster")
            reasons = {left.path.name: left.reason for left in applied.left}
            assert reasons == {
                "l.jpg": "its folder cannot be written to",
                "unreadable.jpg": "it cannot be used: permission denied",
            }
            assert not undo(root / "imagecluster").left
            after = {path: path.lstat() for path in root.glob("*.jpg")}
            assert {path: (found.st_mode, found.st_mtime_ns, found.st_ino) for path, found in after.items()} == {
                path: (found.st_mode, found.st_mtime_ns, found.st_ino) for path, found in before.items()
            }
            (root / "locked").chmod(0o700)


@pytest.mark.parametrize("to", ["drive", "hard", "symbolic"])
def test_attributes_of_read_only_files_come_back(monkeypatch, mount, to):
    """An ordinary user may set them only while the file can be written to."""
    with tempfile.TemporaryDirectory() as place:
        top = Path(place)
        drive = mount(top / "drive", "-t", "tmpfs", "-o", "size=4m,mode=1777", "tmpfs")
        with ordinary_user(top):
            root = made_collection(top / "pics")
            (root / "y.jpg").chmod(0o444)
            before = own(root)
            assert before["y.jpg"].attributes
            destination = Folder(drive / "aside") if to == "drive" else Link(to)
            applied = apply(plan(root, step(root / "y.jpg", root / "x.jpg")), destination, root / "imagecluster")
            assert not applied.left
            assert not undo(root / "imagecluster").left
            assert own(root) == before
        subprocess.run(["umount", "-l", drive], check=True)


def test_a_folder_that_becomes_a_link_meanwhile_leads_nowhere(monkeypatch):
    """Between the check and the move, a folder is swapped for a link to a victim: nothing there is touched."""
    from imagecluster.actions import making

    with tempfile.TemporaryDirectory() as place, ordinary_user(Path(place)):
        top = Path(place)
        victim = write(top / "elsewhere" / "y.jpg", b"same" * 5000)
        root = made_collection(top / "pics" / "inner")
        monkeypatch.setenv("XDG_DATA_HOME", str(top / "data"))
        real, folder = making.make, top / "pics" / "inner" / "sub"
        write(folder / "y.jpg", b"same" * 5000)
        made = plan(root, step(folder / "y.jpg", root / "x.jpg"))

        def swapped(move, bases):
            folder.rename(top / "moved")
            folder.symlink_to(victim.parent)
            real(move, bases)

        monkeypatch.setattr(making, "make", swapped)
        applied = apply(made, Folder(top / "aside"), root / "imagecluster")
        assert "is reached through a link" in only_reason(applied)
        assert victim.read_bytes() == b"same" * 5000
        assert (top / "moved" / "y.jpg").exists()


def test_the_home_trash_is_found_without_its_folders(monkeypatch, tmp_path):
    """A relative XDG_DATA_HOME is ignored, as its specification wants."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_DATA_HOME", "data")
    assert trash_of_linux.home_trash() == tmp_path / ".local" / "share" / "Trash"
    root = made_collection(tmp_path / "pics")
    applied = apply(usual(root), Trash(), root / "imagecluster")
    assert applied.done[0].now == tmp_path / ".local" / "share" / "Trash" / "files" / "y.jpg"
    assert list_actions(root / "imagecluster")[0].to == "trash"
