"""Plans applied and undone: what is checked before each step, where files go, and that all of it comes back."""

import json
import os
import shutil
import stat
import sys
import types
from dataclasses import replace
from pathlib import Path

import pytest

from action_samples import facts, plan, step, tree, write
from imagecluster.actions import (
    FileFacts,
    Folder,
    Left,
    Link,
    NewFile,
    Plan,
    Step,
    Trash,
    apply,
    list_actions,
    plan_from_json,
    plan_table,
    plan_to_json,
    read_plan,
    undo,
    write_plan,
)
from imagecluster.actions.journal import JOURNAL_NAME, Journal
from imagecluster.errors import (
    ArgumentError,
    NotOursError,
    OutputError,
    StoreDamagedError,
    StoreLockedError,
    StoreVersionError,
)
from imagecluster.scan import STORE_MARKER

posix = pytest.mark.skipif(sys.platform == "win32", reason="links and trash of Linux")


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A collection with two equal pictures, a sidecar and another picture; the trash is a folder of the test."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    root = tmp_path / "pics"
    write(root / "a" / "x.jpg", b"same" * 500)
    write(root / "b" / "y.jpg", b"same" * 500, mode=0o640, age=5)
    write(root / "b" / "y.jpg.xmp", b"sidecar", age=7)
    write(root / "c" / "z.jpg", b"other", age=9)
    (root / "imagecluster").mkdir()
    (root / "imagecluster" / STORE_MARKER).write_text("format: 3\n")
    return Place(tmp_path)


class Place:
    """Names of what is in the folder of a test."""

    def __init__(self, tmp_path):
        self.top = tmp_path
        self.root = tmp_path / "pics"
        self.db = self.root / "imagecluster"
        self.trash = tmp_path / "data" / "Trash"
        self.aside = tmp_path / "aside"
        self.x, self.y, self.z = self.root / "a" / "x.jpg", self.root / "b" / "y.jpg", self.root / "c" / "z.jpg"
        self.sidecar = self.root / "b" / "y.jpg.xmp"

    def tree(self):
        """All but the database."""
        return {name: kept for name, kept in tree(self.root).items() if not name.startswith("imagecluster")}

    def usual(self):
        """The copy goes with its sidecar, and a picture that somebody rejected."""
        return plan(self.root, step(self.y, self.x, self.sidecar), step(self.z))


def reasons(applied):
    """Why files were left, by name."""
    return {left.path.name: left.reason for left in applied.left}


DESTINATIONS = [Trash(), Folder(Path("aside")), Link("hard"), Link("symbolic")]


def put(place, to):
    """A destination, in the folder of the test."""
    return Folder(place.aside) if isinstance(to, Folder) else to


# There and back ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("to", DESTINATIONS, ids=str)
def test_everything_comes_back(place, to):
    """Bytes, times, permissions, attributes and numbers of names are as before, after every kind of action."""
    before = place.tree()
    applied = apply(place.usual(), put(place, to), place.db)
    assert [done.step.file.path for done in applied.done][:1] == [place.y]
    assert place.tree() != before
    undone = undo(place.db)
    assert undone.number == applied.number == 1
    assert not undone.left
    assert place.tree() == before


def test_a_folder_keeps_the_tree(place):
    """Files and their parts lie in the folder as they lay in the collection; what lies outside has its whole path."""
    outside = write(place.top / "far" / "o.jpg", b"far")
    applied = apply(plan(place.root, *place.usual().steps, step(outside)), Folder(place.aside), place.db)
    found = {path.relative_to(place.aside) for path in place.aside.rglob("*") if path.is_file()}
    assert found == {Path("b/y.jpg"), Path("b/y.jpg.xmp"), Path("c/z.jpg"), Path(*outside.parts[1:])}
    assert [done.now for done in applied.done] == [
        place.aside / "b/y.jpg",
        place.aside / "c/z.jpg",
        place.aside.joinpath(*outside.parts[1:]),
    ]


def test_a_destination_may_be_typed_in_any_way(place, monkeypatch):
    """Relative to the working directory, and with '..'."""
    monkeypatch.chdir(place.root)
    assert (
        apply(plan(place.root, step(place.z)), Folder(Path("../aside")), place.db).done[0].now
        == place.aside / "c/z.jpg"
    )
    undo(place.db)
    assert place.z.exists()


def test_a_named_folder_is_never_one_of_ours_or_of_others(place):
    """A cluster that is called like the database's folder does not end up in it."""
    for into in ("imagecluster", "imagecluster/x", "$RECYCLE.BIN", "b"):
        made = plan(place.root, step(place.z, kind="moved", into=into), references=(place.root / "b",))
        applied = apply(made, Folder(place.root), place.db)
        assert "it would go to" in reasons(applied)["z.jpg"]
    assert place.z.exists()


def test_files_can_move_into_named_folders(place):
    """A step names a folder below the destination, which may be inside the collection, and one undo takes all back."""
    before = place.tree()
    moved = plan(
        place.root,
        step(place.y, None, place.sidecar, kind="moved", into="Beach"),
        step(place.z, kind="moved", into="Town"),
    )
    applied = apply(moved, Folder(place.root), place.db)
    assert not applied.left
    assert (place.root / "Beach" / "y.jpg.xmp").exists()
    assert (place.root / "Town" / "z.jpg").exists()
    undo(place.db)
    after = place.tree()
    assert {after.pop("Beach").kind, after.pop("Town").kind} == {stat.S_IFDIR}
    assert after == before


def test_nothing_in_a_folder_is_overwritten(place):
    """A name that is taken gets a number, the same for a file and its parts."""
    write(place.aside / "b" / "y.jpg.xmp", b"somebody's")
    applied = apply(place.usual(), Folder(place.aside), place.db)
    assert applied.done[0].now == place.aside / "b" / "y-2.jpg"
    assert (place.aside / "b" / "y-2.jpg.xmp").read_bytes() == b"sidecar"
    assert (place.aside / "b" / "y.jpg.xmp").read_bytes() == b"somebody's"


@posix
def test_the_trash_is_that_of_the_desktop(place):
    """The file and its note lie where the specification wants them, and an undo removes the note too."""
    name = os.fsdecode("é 100% \xff.jpg".encode("latin-1"))
    odd = write(place.root / name, b"odd")
    apply(plan(place.root, step(odd)), Trash(), place.db)
    assert (place.trash / "files" / name).read_bytes() == b"odd"
    (note,) = (place.trash / "info").iterdir()
    assert note.name == f"{name}.trashinfo"
    first, path, date = note.read_text().splitlines()
    assert first == "[Trash Info]"
    assert path == f"Path={os.path.realpath(place.root)}/%E9%20100%25%20%FF.jpg"
    assert date.startswith("DeletionDate=20")
    assert stat.S_IMODE(place.trash.stat().st_mode) == 0o700
    undo(place.db)
    assert not list((place.trash / "info").iterdir())
    assert odd.read_bytes() == b"odd"


@posix
def test_two_files_of_one_name_lie_in_the_trash_apart(place):
    """The second gets another name there, and both come back to their own."""
    other = write(place.root / "d" / "y.jpg", b"another")
    before = place.tree()
    apply(plan(place.root, step(place.y), step(other)), Trash(), place.db)
    assert {path.name for path in (place.trash / "files").iterdir()} == {"y.jpg", "y.2.jpg"}
    undo(place.db)
    assert place.tree() == before


def test_a_link_leads_to_the_file_that_stays(place):
    """A hard link is a second name, a symbolic one relative, and the space of the copy is free."""
    apply(place.usual(), Link("hard"), place.db)
    assert place.y.samefile(place.x)
    assert place.x.stat().st_nlink == 2
    assert place.sidecar.exists()
    undo(place.db)
    assert place.x.stat().st_nlink == 1
    apply(place.usual(), Link("symbolic"), place.db)
    assert place.y.readlink() == Path("../a/x.jpg")
    assert {path.name for path in place.y.parent.iterdir()} == {"y.jpg", "y.jpg.xmp"}


def test_only_equal_files_become_links(place):
    """Another kind of copy is left, since its bytes would be lost."""
    applied = apply(plan(place.root, step(place.y, place.x, kind="copy")), Link("hard"), place.db)
    assert reasons(applied) == {"y.jpg": "only a file with the same bytes can be replaced by a link"}
    assert not place.y.samefile(place.x)


def test_one_of_several_names_is_not_replaced_by_a_link(place):
    """It would free nothing, and its number of names could not come back."""
    os.link(place.y, place.root / "b" / "second.jpg")
    applied = apply(plan(place.root, step(place.y, place.x)), Link("hard"), place.db)
    assert "it has 2 names (hard links)" in reasons(applied)["y.jpg"]
    assert not place.y.samefile(place.x)


def test_a_drive_without_links_leaves_all_as_it_was(place, monkeypatch):
    """The step says which kind of link is not possible, and the file has its place again."""

    def refuse(*args, **options):
        raise OSError(1, "Operation not permitted")

    before = place.tree()
    monkeypatch.setattr(os, "link", refuse)
    applied = apply(plan(place.root, step(place.y, place.x)), Link("hard"), place.db)
    assert "a hard link cannot be made there" in reasons(applied)["y.jpg"]
    assert (applied.number, place.tree()) == (None, before)


@posix
def test_a_link_whose_file_was_edited_is_not_undone(place):
    """After a change through the other name the former bytes are nowhere, which is said; nothing is touched."""
    apply(plan(place.root, step(place.y, place.x)), Link("hard"), place.db)
    place.x.write_bytes(b"edited in place")
    undone = undo(place.db)
    assert not undone.done
    assert "was changed through its other name" in undone.left[0].reason
    assert place.y.read_bytes() == b"edited in place"


# What is checked before each step ----------------------------------------------------------------------------------


def longer(place):
    with place.y.open("ab") as stream:
        stream.write(b"more")


def touched(place):
    os.utime(place.y, ns=(1, 1))


def other_content(place):
    status = place.y.stat()
    place.y.write_bytes(b"SAME" * 500)
    os.utime(place.y, ns=(status.st_atime_ns, status.st_mtime_ns))


def gone(place):
    place.y.unlink()


def a_link(place):
    place.y.rename(place.root / "moved.jpg")
    place.y.symlink_to(place.root / "moved.jpg")


def a_folder(place):
    place.y.unlink()
    place.y.mkdir()


def keeper_gone(place):
    place.x.unlink()


def keeper_other_content(place):
    status = place.x.stat()
    place.x.write_bytes(b"SAME" * 500)
    os.utime(place.x, ns=(status.st_atime_ns, status.st_mtime_ns))


def keeper_touched(place):
    os.utime(place.x, ns=(1, 1))


def keeper_same_file(place):
    place.x.unlink()
    os.link(place.y, place.x)
    status = place.y.stat()
    assert status.st_nlink == 2


def keeper_a_link(place):
    place.x.unlink()
    place.x.symlink_to(place.y)


def keeper_through_a_link(place):
    place.x.parent.rename(place.root / "real")
    (place.root / "a").symlink_to(place.root / "real")


def through_a_link(place):
    place.y.parent.rename(place.root / "real")
    (place.root / "b").symlink_to(place.root / "real")


def part_gone(place):
    place.sidecar.unlink()


def part_changed(place):
    place.sidecar.write_bytes(b"changed")


CHANGES = [
    (longer, "it has changed: it has 2,004 bytes, and had 2,000"),
    (touched, "it has changed: its time of change is another"),
    (other_content, "it has changed: its content is another, though size and time are the same"),
    (gone, "it is no longer there"),
    (a_link, "it is a link"),
    (a_folder, "it is not a file"),
    (keeper_gone, "the file that stays, a/x.jpg, is no longer there"),
    (keeper_other_content, "the file that stays, a/x.jpg, has changed: its content is another"),
    (keeper_touched, "the file that stays, a/x.jpg, has changed: its time of change"),
    (keeper_same_file, "the file that stays, a/x.jpg, is the same file under another name"),
    (keeper_a_link, "the file that stays, a/x.jpg, is a link"),
    (keeper_through_a_link, "the file that stays, a/x.jpg, is reached through a link"),
    (through_a_link, "it is reached through a link"),
    (part_gone, "it is no longer there"),
    (part_changed, "it has changed"),
]


@posix
@pytest.mark.parametrize("to", [Trash(), Folder(Path("aside"))], ids=str)
@pytest.mark.parametrize(("change", "reason"), CHANGES, ids=lambda value: getattr(value, "__name__", ""))
def test_a_step_whose_facts_no_longer_hold_is_left(place, change, reason, to):
    """Nothing of the step is done, its reason is told, and the other steps are taken."""
    made = place.usual()
    if change is keeper_same_file:
        status = place.x.stat()
        os.utime(place.y, ns=(status.st_atime_ns, status.st_mtime_ns))
        made = place.usual()
    change(place)
    before = place.tree()
    applied = apply(made, put(place, to), place.db)
    (left,) = applied.left
    assert left.path == (place.sidecar if change in (part_gone, part_changed) else place.y)
    assert reason in left.reason
    assert [done.step.file.path for done in applied.done] == [place.z]
    after = place.tree()
    del before["c/z.jpg"]
    assert after == before


def test_bytes_are_compared_beside_the_hash(place, monkeypatch):
    """Files with one hash and other bytes are not taken for equal."""
    import imagecluster.actions.contents as contents

    class Constant:
        def update(self, data):
            pass

        def digest(self):
            return bytes(16)

    place.y.write_bytes(b"emas" * 500)
    monkeypatch.setattr(contents.xxhash, "xxh3_128", Constant)
    applied = apply(plan(place.root, step(place.y, place.x)), Trash(), place.db)
    assert reasons(applied) == {"y.jpg": "its bytes are not those of the file that stays, a/x.jpg"}


def test_a_file_that_is_kept_for_another_never_goes(place):
    """Not in a later step, nor in an earlier one, nor as a part, nor in a circle: no plan empties a group."""
    third = write(place.root / "d.jpg", b"same" * 500)
    chain = plan(place.root, step(place.x, third), step(place.y, place.x))
    applied = apply(chain, Folder(place.aside), place.db)
    assert reasons(applied) == {"x.jpg": "step 2 of the plan keeps it, so that it must not go"}
    assert [done.step.file.path for done in applied.done] == [place.y]
    undo(place.db)
    circle = plan(place.root, step(place.x, place.y), step(place.y, place.x))
    assert len(apply(circle, Folder(place.aside), place.db).left) == 2
    as_part = plan(place.root, step(place.y, place.x), step(place.z, None, place.x))
    applied = apply(as_part, Folder(place.aside), place.db)
    assert place.x.exists()
    assert place.z.exists()
    undo(place.db)
    alone = plan(place.root, step(place.x), step(place.y, place.x))
    applied = apply(alone, Folder(place.aside), place.db)
    assert place.x.exists()
    assert list(reasons(applied)) == ["x.jpg"]


def test_a_keeper_that_an_earlier_action_took_away_is_missed(place):
    """What depended on it is left."""
    made = plan(place.root, step(place.y, place.x))
    apply(plan(place.root, step(place.x)), Folder(place.aside), place.db)
    applied = apply(made, Folder(place.aside), place.db)
    assert reasons(applied) == {"y.jpg": "the file that stays, a/x.jpg, is no longer there"}


@posix
@pytest.mark.parametrize("spelling", ["as it is", "through a link", "a file"])
def test_references_are_never_touched(place, spelling):
    """Whatever path they were named by."""
    made = place.usual()
    if spelling == "through a link":
        (place.top / "link").symlink_to(place.root / "b")
    reference = {"as it is": place.root / "b", "through a link": place.top / "link", "a file": place.y}[spelling]
    applied = apply(replace(made, references=(reference,)), Trash(), place.db)
    assert "reference" in reasons(applied)["y.jpg"]
    assert place.y.exists()
    assert place.sidecar.exists()


@pytest.mark.parametrize(
    "folder",
    ["Photos Library.photoslibrary/originals", "$RECYCLE.BIN", ".Trash-1000/files", "imagecluster/clusters", "@eaDir"],
)
def test_what_belongs_to_others_is_never_touched(place, folder):
    """Libraries of photo managers, trash, our own database and outputs, previews of other programs."""
    file = write(place.root / folder / "p.jpg", b"theirs")
    applied = apply(plan(place.root, step(file)), Folder(place.aside), place.db)
    assert list(reasons(applied)) == ["p.jpg"]
    assert file.exists()


def test_a_database_elsewhere_is_not_touched_either(place):
    """Known by itself, even without its marker."""
    db = place.root / "my db"
    file = write(db / "p.jpg", b"of the database")
    applied = apply(plan(place.root, step(file)), Folder(place.aside), db)
    assert reasons(applied) == {"p.jpg": "it belongs to the database of imagecluster"}
    assert file.exists()


def test_nothing_moves_into_places_of_others(place):
    """A destination inside our database, a trash or a reference is refused before the first step."""
    for folder in (place.db / "aside", place.root / "$RECYCLE.BIN", place.root / "b" / "aside"):
        made = replace(place.usual(), references=(place.root / "b",))
        with pytest.raises(OutputError, match="nothing can be moved to"):
            apply(made, Folder(folder), place.db)
    assert place.z.exists()


def test_a_keeper_that_goes_with_its_copy_brings_it_back(place, monkeypatch):
    """One file that is mounted in two places has two numbers; when its keeper is gone too, it is put back."""
    from imagecluster.actions import making

    real = making.make

    def make(move, bases):
        real(move, bases)
        place.x.unlink(missing_ok=True)  # as the other mount shows it

    monkeypatch.setattr(making, "make", make)
    applied = apply(plan(place.root, step(place.y, place.x)), Folder(place.aside), place.db)
    assert "both are one file" in reasons(applied)["y.jpg"]
    assert place.y.exists()
    assert not applied.done


def test_a_file_that_changes_between_check_and_move_is_put_back(place, monkeypatch):
    """The rename takes another file than the one that was checked, which is seen, and reversed."""
    from imagecluster.actions import making

    real = making.make

    def make(move, bases):
        move.source.unlink()
        move.source.write_bytes(b"another file")
        real(move, bases)

    monkeypatch.setattr(making, "make", make)
    applied = apply(plan(place.root, step(place.z)), Folder(place.aside), place.db)
    assert "was changed by another program meanwhile" in reasons(applied)["z.jpg"]
    assert place.z.read_bytes() == b"another file"
    assert not [path for path in place.aside.rglob("*") if path.is_file()]


def test_parts_go_with_their_file_or_nothing_goes(place, monkeypatch):
    """If a part cannot be moved, the file is put back."""
    from imagecluster.actions import making

    before, real = place.tree(), making.make

    def make(move, bases):
        if move.source == place.sidecar:
            raise PermissionError(13, "Permission denied")
        real(move, bases)

    monkeypatch.setattr(making, "make", make)
    applied = apply(place.usual(), Trash(), place.db)
    assert reasons(applied) == {"y.jpg": "it cannot be used: permission denied"}
    del before["c/z.jpg"]
    assert place.tree() == before


# The trash of other systems, by a stand-in for the library ---------------------------------------------------------


@pytest.fixture
def other_system(place, monkeypatch):
    """A system with the trash of macOS, and what its library does with a file."""
    from imagecluster.actions import system_trash

    bin_of_user = place.top / "home" / ".Trash"
    bin_of_user.mkdir(parents=True)
    monkeypatch.setenv("HOME", str(place.top / "home"))
    monkeypatch.setattr(system_trash, "IS_USED", True)

    def into_trash(path):
        Path(path).rename(bin_of_user / f"{Path(path).stem} 17.02.11{Path(path).suffix}")

    library = types.SimpleNamespace(send2trash=into_trash)
    monkeypatch.setitem(sys.modules, "send2trash", library)
    return library


@posix
def test_the_trash_of_another_system_gives_files_back(place, other_system):
    """They are found in it again, though the library does not tell where it puts them."""
    before = place.tree()
    applied = apply(place.usual(), Trash(), place.db)
    assert [done.now for done in applied.done] == [None, None]
    assert {path.name for path in (place.top / "home" / ".Trash").iterdir()} == {
        "y 17.02.11.jpg", "y.jpg 17.02.11.xmp", "z 17.02.11.jpg",
    }  # fmt: skip
    assert list_actions(place.db)[0].steps[0].now is None
    assert not undo(place.db).left
    assert place.tree() == before


@posix
@pytest.mark.parametrize("kind", ["deletes at once", "fails", "does nothing"])
def test_a_trash_that_deletes_at_once_loses_nothing(place, other_system, kind):
    """The file is in its place again, and the message offers a folder."""

    def fail(path):
        raise OSError(5, "Input/output error")

    other_system.send2trash = {"deletes at once": os.unlink, "fails": fail, "does nothing": lambda path: None}[kind]
    before = place.tree()
    applied = apply(place.usual(), Trash(), place.db)
    wanted = "input/output error" if kind == "fails" else "has no trash that keeps files on its drive"
    assert all(wanted in reason for reason in reasons(applied).values())
    assert (len(applied.left), place.tree()) == (2, before)


@posix
def test_a_missing_library_is_said_before_the_first_step(place, other_system, monkeypatch):
    """With what to install."""
    monkeypatch.setitem(sys.modules, "send2trash", None)
    with pytest.raises(OutputError, match="pip install send2trash"):
        apply(place.usual(), Trash(), place.db)


def test_a_shared_sidecar_stays_with_the_picture_whose_step_was_taken_out(place):
    """It goes with the last of its pictures, and with none while another one is there, for whatever reason."""
    heic = write(place.root / "b" / "y.heic", b"same" * 500)
    shared = write(place.root / "b" / "y.xmp", b"of both")
    before = place.tree()
    first, last = step(heic, place.x), step(place.y, place.x, place.sidecar, shared)
    applied = apply(plan(place.root, last), Folder(place.aside), place.db)
    assert reasons(applied) == {"y.xmp": "it belongs to another picture, too, which stays"}
    assert [part.path for part in applied.done[0].step.parts] == [place.sidecar]
    assert shared.exists() and heic.exists() and not place.y.exists() and not place.sidecar.exists()
    undo(place.db)
    assert place.tree() == before
    applied = apply(plan(place.root, first, last), Folder(place.aside), place.db)
    assert not applied.left and not shared.exists()
    undo(place.db)
    assert place.tree() == before


def test_a_shared_sidecar_stays_if_the_step_of_its_other_picture_fails(place):
    """As where that picture has changed since the plan was made."""
    heic = write(place.root / "b" / "y.heic", b"same" * 500)
    shared = write(place.root / "b" / "y.xmp", b"of both")
    made = plan(place.root, step(heic, place.x), step(place.y, place.x, shared))
    heic.write_bytes(b"edited")
    assert {*reasons(apply(made, Trash(), place.db))} == {"y.heic", "y.xmp"}
    assert shared.exists() and not place.y.exists()


def test_a_step_without_a_comparison_of_its_files_is_compared(place):
    """Where somebody has edited the plan; not where it rests on a comparison, or on equal bytes."""
    asked = []

    def why_not_same(file, keep):
        asked.append((file, keep))
        return "they do not show the same"

    z, x = facts(place.z), facts(place.x)
    known = frozenset((z.content_hash, x.content_hash))
    edited = step(place.z, place.x, kind="copy")
    other = step(place.z, place.x, kind="pixels", compared=frozenset((z.content_hash, b"0" * 16)))
    for each in (edited, other):
        applied = apply(plan(place.root, each), Trash(), place.db, why_not_same=why_not_same)
        assert "not known to be the same picture as a/x.jpg" in reasons(applied)["z.jpg"]
        assert place.z.exists()
    assert asked == [(place.z, place.x)] * 2
    steps = step(place.z, place.x, kind="copy", compared=known), step(place.y, place.x, kind="pixels")
    assert len(apply(plan(place.root, *steps), Trash(), place.db, why_not_same=why_not_same).done) == 2
    assert len(asked) == 2


# Sidecars that a step writes ---------------------------------------------------------------------------------------


def test_a_sidecar_is_written_and_taken_back(place):
    """A new one and a new version of one that exists; both are undone exactly, with times and permissions."""
    old = write(place.root / "a" / "x.xmp", b"old", mode=0o604, age=3)
    before = place.tree()
    writes = (NewFile(place.root / "a" / "x.jpg.xmp", b"new"), NewFile(old, b"newer", facts(old)))
    applied = apply(plan(place.root, step(place.y, place.x, place.sidecar, writes=writes)), Trash(), place.db)
    assert not applied.left
    assert (place.root / "a" / "x.jpg.xmp").read_bytes() == b"new"
    assert old.read_bytes() == b"newer"
    assert stat.S_IMODE(old.stat().st_mode) == 0o604
    undo(place.db)
    assert place.tree() == before


def test_a_sidecar_that_has_changed_leaves_the_step(place):
    """What somebody wrote meanwhile is not lost, and the file does not go without what it knew."""
    old = write(place.root / "a" / "x.xmp", b"old", age=3)
    made = plan(place.root, step(place.y, place.x, writes=(NewFile(old, b"newer", facts(old)),)))
    old.write_bytes(b"mine")
    applied = apply(made, Trash(), place.db)
    assert "has changed" in reasons(applied)["x.xmp"]
    assert place.y.exists()
    new = plan(place.root, step(place.y, place.x, writes=(NewFile(old, b"newer"),)))
    assert "something has that name" in reasons(apply(new, Trash(), place.db))["x.xmp"]


def test_several_files_may_leave_their_knowledge_in_one_sidecar(place):
    """It is written once, with the first of them that goes."""
    third = write(place.root / "d.jpg", b"same" * 500)
    new = NewFile(place.root / "a" / "x.jpg.xmp", b"new")
    before = place.tree()
    applied = apply(
        plan(place.root, step(place.y, place.x, writes=(new,)), step(third, place.x, writes=(new,))), Trash(), place.db
    )
    assert len(applied.done) == 2
    undo(place.db)
    assert place.tree() == before


@pytest.mark.parametrize("first", ["b/y.jpg", "d.jpg"])
@pytest.mark.parametrize("is_new", [True, False])
def test_a_sidecar_stays_until_the_last_file_that_needs_it_is_back(place, first, is_new):
    """It holds what the files that are still away knew, whichever of them comes back first; then it is as before."""
    write(place.root / "d.jpg", b"same" * 500)
    sidecar = place.root / "a" / "x.jpg.xmp"
    new = NewFile(sidecar, b"new", None if is_new else facts(write(sidecar, b"old", mode=0o604, age=9)))
    before = place.tree()
    steps = (step(place.y, place.x, writes=(new,)), step(place.root / "d.jpg", place.x, writes=(new,)))
    assert len(apply(plan(place.root, *steps), Trash(), place.db).done) == 2
    undone = undo(place.db, files=[Path(first)])
    assert [each.path for each in undone.done] == [place.root / first]
    assert sidecar.read_bytes() == b"new"
    assert not undo(place.db).left
    assert place.tree() == before


def test_a_sidecar_of_an_earlier_action_stays_for_a_later_one(place):
    """A second plan that needs it, too, keeps it while its own file is away; a step that fails does not drop it."""
    third = write(place.root / "d.jpg", b"same" * 500)
    new = NewFile(place.root / "a" / "x.jpg.xmp", b"new")
    before = place.tree()
    apply(plan(place.root, step(place.y, place.x, writes=(new,))), Trash(), place.db)
    later = plan(place.root, step(third, place.x, writes=(new,)))
    third.rename(third.with_name("away"))
    assert "no longer there" in reasons(apply(later, Trash(), place.db))["d.jpg"]
    assert new.path.read_bytes() == b"new"
    third.with_name("away").rename(third)
    assert len(apply(later, Trash(), place.db).done) == 1
    undo(place.db, 1)
    assert new.path.read_bytes() == b"new"
    undo(place.db)
    assert place.tree() == before


def test_a_sidecar_that_was_edited_since_is_kept(place):
    """The undo brings the picture back, and says that the sidecar was left."""
    new = NewFile(place.root / "a" / "x.jpg.xmp", b"new")
    apply(plan(place.root, step(place.y, place.x, writes=(new,))), Trash(), place.db)
    new.path.write_bytes(b"edited")
    undone = undo(place.db)
    assert undone.left == (Left(new.path, "it was changed since; it was left as it is"),)
    assert place.y.exists()
    assert new.path.read_bytes() == b"edited"
    with pytest.raises(ArgumentError, match="action 1 was undone already"):
        undo(place.db, 1)


# Undo --------------------------------------------------------------------------------------------------------------


def test_undo_takes_the_latest_and_any_by_number(place):
    """Each action once; a second time is an error that says so."""
    apply(plan(place.root, step(place.y)), Trash(), place.db)
    apply(plan(place.root, step(place.z)), Folder(place.aside), place.db)
    assert undo(place.db, 1).done[0].back == place.y
    assert undo(place.db).number == 2
    for number in (1, 2):
        with pytest.raises(ArgumentError, match=f"action {number} was undone already"):
            undo(place.db, number)
    with pytest.raises(ArgumentError, match="there is nothing to undo"):
        undo(place.db)
    with pytest.raises(ArgumentError, match="there is no action 7; the latest is 2"):
        undo(place.db, 7)


def test_undo_takes_single_files_with_their_parts(place):
    """By the path that a file had, absolute or inside the collection, or by the one that it has now."""
    applied = apply(place.usual(), Folder(place.aside), place.db)
    assert [each.back for each in undo(place.db, files=[Path("b/y.jpg.xmp")]).done] == [place.y, place.sidecar]
    with pytest.raises(ArgumentError, match=r"'b/y.jpg' of action 1 was undone already"):
        undo(place.db, files=[Path("b/y.jpg")])
    with pytest.raises(ArgumentError, match="did nothing with"):
        undo(place.db, files=[Path("none.jpg")])
    assert undo(place.db, files=[applied.done[1].now]).done[0].back == place.z


def test_a_dry_run_changes_nothing(place):
    """It says what would come back, and under which names."""
    apply(place.usual(), Trash(), place.db)
    write(place.y, b"new")
    before = tree(place.top)
    foreseen = undo(place.db, dry_run=True)
    assert tree(place.top) == before
    assert foreseen == undo(place.db)
    assert place.root / "b" / "y-2.jpg" in [each.back for each in foreseen.done]


def test_names_that_are_taken_by_then_are_not_overwritten(place):
    """The file comes back with a number in its name, and so do its parts, though their names are free."""
    apply(place.usual(), Trash(), place.db)
    write(place.y, b"somebody's")
    undone = undo(place.db)
    assert {each.back.name for each in undone.done} == {"z.jpg", "y-2.jpg", "y-2.jpg.xmp"}
    assert place.y.read_bytes() == b"somebody's"
    assert (place.root / "b" / "y-2.jpg").read_bytes() == b"same" * 500


@pytest.mark.parametrize("to", DESTINATIONS, ids=str)
def test_missing_folders_are_made_again(place, to):
    """With the permissions that they had."""
    place.y.parent.chmod(0o700)
    before = place.tree()
    apply(plan(place.root, step(place.y, place.x), step(place.sidecar)), put(place, to), place.db)
    shutil.rmtree(place.y.parent)
    undo(place.db)
    after = place.tree()
    if isinstance(to, Link):
        del before["b/y.jpg.xmp"]
    assert after == before


@posix
def test_what_is_no_longer_in_the_trash_is_named(place):
    """Everything else comes back; once it is in the trash again, so does it."""
    apply(place.usual(), Trash(), place.db)
    trashed = place.trash / "files" / "y.jpg"
    trashed.rename(place.top / "rescued.jpg")
    undone = undo(place.db)
    assert [left.path for left in undone.left] == [place.y]
    assert "it is no longer at" in undone.left[0].reason
    assert place.sidecar.exists()
    assert place.z.exists()
    (place.top / "rescued.jpg").rename(trashed)
    assert undo(place.db).done[0].back == place.y
    assert place.y.exists()


@posix
def test_what_somebody_restored_by_hand_is_back(place):
    """A file that the desktop has put back counts as undone."""
    apply(place.usual(), Trash(), place.db)
    (place.trash / "files" / "y.jpg").rename(place.y)
    undone = undo(place.db)
    assert not undone.left
    assert place.y.read_bytes() == b"same" * 500


def test_a_file_that_was_changed_since_is_not_moved(place):
    """It is left where it is, since it may be another one."""
    apply(plan(place.root, step(place.z)), Folder(place.aside), place.db)
    moved = place.aside / "c" / "z.jpg"
    moved.write_bytes(b"edited there")
    undone = undo(place.db)
    assert "was changed after it was moved" in undone.left[0].reason
    assert moved.read_bytes() == b"edited there"


def test_times_that_were_changed_in_the_trash_come_back(place):
    """And permissions, if the content is the same."""
    before = place.tree()
    applied = apply(plan(place.root, step(place.z)), Folder(place.aside), place.db)
    applied.done[0].now.write_bytes(place_content := b"other")
    applied.done[0].now.chmod(0o600)
    assert place_content == before["c/z.jpg"].content
    undo(place.db)
    assert place.tree() == before


@posix
def test_a_link_inside_the_destination_leaves_the_step(place, victim):
    """Nothing was begun, so nothing has to be completed later."""
    place.aside.mkdir()
    (place.aside / "c").symlink_to(victim.parent)
    applied = apply(plan(place.root, step(place.z)), Folder(place.aside), place.db)
    assert "is reached through a link" in reasons(applied)["z.jpg"]
    assert "imagecluster undo" not in reasons(applied)["z.jpg"]
    assert list_actions(place.db) == ()


def test_a_file_that_cannot_be_found_is_not_forgotten(place):
    """A step that a kill has cut short stays open while its file is on a drive that is away, and is not called back."""
    before = place.tree()
    apply(plan(place.root, step(place.z)), Folder(place.aside), place.db)
    journal = place.db / JOURNAL_NAME
    journal.write_bytes(b"".join(journal.read_bytes().splitlines(keepends=True)[:-1]))  # its outcome
    place.aside.rename(place.top / "away")
    place.aside.mkdir()  # where it is usually mounted
    for _ in range(2):
        undone = undo(place.db)
        assert (undone.done, {left.path for left in undone.left}) == ((), {place.z})
    place.aside.rmdir()
    (place.top / "away").rename(place.aside)
    assert undo(place.db).done[0].back == place.z
    assert place.tree() == before


@posix
def test_nothing_comes_back_through_a_link(place, victim):
    """A folder that somebody replaced by a link to elsewhere is not entered."""
    apply(plan(place.root, step(place.z)), Folder(place.aside), place.db)
    place.z.parent.rmdir()
    place.z.parent.symlink_to(victim.parent)
    undone = undo(place.db)
    assert "is reached through a link" in undone.left[0].reason
    assert (place.aside / "c" / "z.jpg").exists()


# Again after a cut -------------------------------------------------------------------------------------------------


def test_a_repeat_does_only_what_is_left(place):
    """What was done counts as done before, the action keeps its number, and one undo takes all of it back."""
    before, made = place.tree(), place.usual()
    place.z.rename(place.top / "away.jpg")
    assert [left.path for left in apply(made, Trash(), place.db).left] == [place.z]
    (place.top / "away.jpg").rename(place.z)
    again = apply(made, Trash(), place.db)
    assert (again.number, [done.step.file.path for done in again.earlier]) == (1, [place.y])
    assert [done.step.file.path for done in again.done] == [place.z]
    assert len(list_actions(place.db)) == 1
    undo(place.db)
    assert place.tree() == before


def test_a_plan_can_be_applied_again_after_an_undo(place):
    """As a new action."""
    made = place.usual()
    for number in (1, 2):
        assert apply(made, Trash(), place.db).number == number
        undo(place.db)


def test_one_process_acts_at_a_time(place):
    """Another one is told to wait, and looking at the list is always possible."""
    with Journal(place.db).locked():
        with pytest.raises(StoreLockedError, match="files are being moved by another run"):
            apply(place.usual(), Trash(), place.db)
        with pytest.raises(StoreLockedError):
            undo(place.db)
        assert list_actions(place.db) == ()


def test_the_list_says_what_each_action_did(place):
    """Number, destination, files with their parts and where they are, size, and what was undone."""
    apply(place.usual(), Folder(place.aside), place.db)
    undo(place.db, files=[place.z])
    (record,) = list_actions(place.db)
    assert (record.number, record.to, record.command) == (1, str(place.aside), "a test")
    assert (record.n_done, record.n_undone, record.size_bytes) == (1, 1, 2007)
    assert not record.is_interrupted
    assert record.steps[0].parts == (place.sidecar,)
    assert record.steps[0].now == place.aside / "b" / "y.jpg"


@posix
def test_a_collection_that_moved_as_a_whole_can_still_be_undone(place):
    """The journal's paths are relative to the collection, like those of the database."""
    before = place.tree()
    apply(place.usual(), Folder(place.root / "aside"), place.db)
    place.root.rename(place.top / "moved")
    place.root = place.top / "moved"
    assert not undo(place.top / "moved" / "imagecluster").left
    after = place.tree()
    assert {name: kept for name, kept in after.items() if not name.startswith("aside")} == before


# The journal -------------------------------------------------------------------------------------------------------


def test_a_line_that_was_cut_off_does_not_count(place):
    """Not even when later lines follow it."""
    apply(plan(place.root, step(place.z)), Trash(), place.db)
    with (place.db / JOURNAL_NAME).open("ab") as stream:
        stream.write(b'{"action":1,"step":1,"outcome":"undone"}')
    apply(plan(place.root, step(place.y)), Trash(), place.db)
    assert [record.n_done for record in list_actions(place.db)] == [1, 1]
    undo(place.db, 1)
    assert place.z.exists()


@pytest.mark.parametrize(
    ("head", "error"),
    [
        ('{"format": "imagecluster-actions", "version": 9}\n', StoreVersionError),
        ("something else\n", StoreDamagedError),
    ],
)
def test_a_journal_that_is_not_ours_stops_everything(place, head, error):
    """Nothing is moved."""
    (place.db / JOURNAL_NAME).write_text(head)
    for call in (
        lambda: apply(place.usual(), Trash(), place.db),
        lambda: undo(place.db),
        lambda: list_actions(place.db),
    ):
        with pytest.raises(error):
            call()
    assert place.y.exists()


@pytest.mark.parametrize(
    "line",
    [
        '{"action":1,"step":1,"outcome":"gone"}',
        '{"action":1,"step":2,"intent":{"file":"a","kind":"copy","why":"","hash":"00","moves":[]}}',
        '{"action":1,"step":2,"intent":{"file":"a","kind":"copy","why":"","hash":"00","moves":[{"way":"fly","from":"a"}]}}',
        '{"action":1,"step":2,"intent":{"file":"a","kind":"copy","why":"","hash":"00",'
        '"moves":[{"way":"copy","from":"a","unfinished":"../x"}]}}',
        '{"action":1,"step":1,"undo":[{"to":"\\ud800"}],"then":"undone"}',
        "[]",
        '{"action":9}',
    ],
)
def test_a_line_that_makes_no_sense_is_ignored(place, line, caplog):
    """All that can be undone still can be."""
    before = place.tree()
    apply(place.usual(), Trash(), place.db)
    with (place.db / JOURNAL_NAME).open("a") as stream:
        stream.write(line + "\n")
    assert len(list_actions(place.db)[0].steps) == 2
    assert "does not make sense" in caplog.text
    assert not undo(place.db).left
    assert place.tree() == before


@posix
@pytest.mark.parametrize("name", [JOURNAL_NAME, "actions-lock"])
@pytest.mark.parametrize("kind", ["symlink_to", "hardlink_to"])
def test_a_planted_link_in_place_of_the_journal_is_refused(place, victim, name, kind):
    """Nothing is written through it, and no file is moved."""
    getattr(place.db / name, kind)(victim)
    with pytest.raises((NotOursError, OutputError)):
        apply(place.usual(), Trash(), place.db)
    assert place.y.exists()


def test_a_database_that_cannot_be_written_stops_before_the_first_step(place, monkeypatch):
    """Without an intent on disk, nothing is touched."""
    from imagecluster.system.safe_files import OwnFolder

    real = OwnFolder.open_writing

    def full(self, name, **options):
        if name == JOURNAL_NAME:
            raise OSError(28, "No space left on device")
        return real(self, name, **options)

    before = place.tree()
    monkeypatch.setattr(OwnFolder, "open_writing", full)
    with pytest.raises(OutputError, match="cannot write the journal of actions"):
        apply(place.usual(), Trash(), place.db)
    assert place.tree() == before


# Plans -------------------------------------------------------------------------------------------------------------


def test_a_plan_survives_its_file(place):
    """With names that are not UTF-8, parts, folders and sidecars."""
    odd = write(place.root / os.fsdecode(b"\xff\xe9\n.jpg") if os.name != "nt" else place.root / "é.jpg", b"odd")
    made = plan(
        place.root,
        step(place.y, place.x, place.sidecar, writes=(NewFile(place.root / "a" / "x.xmp", b"\xff\x00"),)),
        step(odd, kind="moved", into="Beach"),
        step(place.z, place.x, kind="copy", compared=frozenset((b"1" * 16, b"2" * 16))),
        references=(place.top / "ref",),
    )
    write_plan(made, place.top / "plan.json")
    found = read_plan(place.top / "plan.json")
    assert replace(found, made_s=made.made_s) == made
    assert found.made_s == pytest.approx(made.made_s, abs=0.001)
    assert "\\udcff\\udce9" in (place.top / "plan.json").read_text(encoding="utf-8") or os.name == "nt"
    assert plan_from_json(json.loads(json.dumps(plan_to_json(made)))) == found


def test_a_plan_can_be_edited(place):
    """Steps may be deleted, and another file of the group may be the one that stays."""
    write_plan(place.usual(), place.top / "plan.json")
    values = json.loads((place.top / "plan.json").read_text())
    del values["steps"][1]
    values["steps"][0].update(file="a/x.jpg", keep="b/y.jpg", parts=[])
    (place.top / "plan.json").write_text(json.dumps(values))
    apply(read_plan(place.top / "plan.json"), Trash(), place.db)
    assert not place.x.exists()
    assert place.y.exists()


EDITS = [
    (lambda v: v.update(format="x"), "is not a plan of imagecluster"),
    (lambda v: v.update(version=2), "has version 2, but this imagecluster reads version 1"),
    (lambda v: v.pop("root"), '"root" is missing'),
    (lambda v: v.update(root="pics"), "'pics' is not an absolute path"),
    (lambda v: v.update(made="yesterday"), "\"made\" is not a date: 'yesterday'"),
    (lambda v: v.update(steps={}), 'lacks "steps", a list'),
    (lambda v: v.pop("files"), 'lacks "files"'),
    (lambda v: v.update(references="x"), '"references" is not a list of texts'),
    (lambda v: v["steps"].append("x"), r"step 3 \(None\): a step is an object"),
    (lambda v: v["steps"][0].pop("keep"), r"step 1 \('b/y.jpg'\): \"keep\" is missing"),
    (lambda v: v["steps"][0].update(kepe=1), r"step 1 \('b/y.jpg'\): a step has no 'kepe'"),
    (lambda v: v["steps"][0].update(keep="b/y.jpg"), r"step 1 \('b/y.jpg'\): the file that stays \(keep\) is the one"),
    (lambda v: v["steps"][0].update(keep="b/none.jpg"), r"step 1 \('b/y.jpg'\): nothing is known of 'b/none.jpg'"),
    (lambda v: v["steps"][0].update(keep=None), r"step 1 \('b/y.jpg'\): a step of kind 'identical' names the file"),
    (lambda v: v["steps"][0].update(keep="c/z.jpg"), r"step 1 \('b/y.jpg'\): the file that stays \(keep\) has other"),
    (lambda v: v["steps"][1].update(keep="a/x.jpg"), r"step 2 \('c/z.jpg'\): a step of kind 'rejected' names no file"),
    (lambda v: v["steps"][0].update(kind="altered"), r"step 1 \('b/y.jpg'\): 'altered' is not a kind of step"),
    (lambda v: v["steps"].append(v["steps"][1]), r"step 3 \('c/z.jpg'\): '.*z.jpg' is also in step 2"),
    (lambda v: v["steps"][1].update(parts=["b/y.jpg.xmp"]), r"step 2 \('c/z.jpg'\): '.*xmp' is also in step 1"),
    (lambda v: v["steps"][1].update(parts=["c/z.jpg"]), r"step 2 \('c/z.jpg'\): a file is its own part"),
    (lambda v: v["steps"][1].update(into="../up"), r"step 2 \('c/z.jpg'\): '../up' is not a folder below"),
    (lambda v: v["files"]["c/z.jpg"].update(hash="zz"), r"step 2 \('c/z.jpg'\): what \"files\" says of 'c/z.jpg'"),
    (lambda v: v["files"]["c/z.jpg"].update(hash="00"), r"step 2 \('c/z.jpg'\): the facts about"),
    (lambda v: v["steps"][1].update(writes=5), r"step 2 \('c/z.jpg'\): \"writes\" is not a list"),
    (lambda v: v["steps"][0].update(writes=[{"file": "a/x.xmp", "text": "\ud800"}]), "cannot be written in UTF-8"),
    (lambda v: v["steps"][1].update(into="\ud800"), "is not a folder below the destination"),
    (lambda v: v.update(root="/\ud800"), "is not an absolute path"),
    (lambda v: v.update(references=["/\ud800"]), "is not an absolute path"),
    (lambda v: v["files"]["c/z.jpg"].update(size_bytes=10**400), r"step 2 \('c/z.jpg'\): the facts about"),
    (lambda v: v["files"]["c/z.jpg"].update(mtime_ns=-(10**40)), r"step 2 \('c/z.jpg'\): the facts about"),
    (lambda v: v.update(made="9999-12-31T23:59:59-23:59"), "is not when a plan was made|is not a date"),
    (lambda v: v.update(made="0001-01-01T00:00:00+23:00"), "is not when a plan was made|is not a date"),
    (lambda v: v["steps"][1].update(writes=["x"]), r"step 2 \('c/z.jpg'\): \"writes\" is a list of objects"),
    (lambda v: v["steps"][1].update(writes=[{"file": "w", "base64": "!"}]), "the \"base64\" of 'w' is not base64"),
    (lambda v: v["steps"][1].update(file="../z.jpg") or v["files"].update({"../z.jpg": v["files"]["c/z.jpg"]}),
     r"step 2 \('.*z.jpg'\): '.*' is not an absolute path"),
]  # fmt: skip


@pytest.mark.parametrize(("edit", "message"), EDITS, ids=[message[:30] for _, message in EDITS])
def test_an_edit_that_makes_no_sense_is_named(place, edit, message):
    """The step and what is wrong with it."""
    values = plan_to_json(place.usual())
    edit(values)
    file = place.top / "plan.json"
    file.write_text(json.dumps(values))
    with pytest.raises(ArgumentError, match=message):
        read_plan(file)


def test_what_is_no_json_is_named_by_line(place):
    """So that the edit is found."""
    file = place.top / "plan.json"
    file.write_text('{\n "format": "imagecluster-plan",\n "version": 1,,\n}')
    with pytest.raises(ArgumentError, match="is not JSON: line 3, column 15"):
        read_plan(file)
    file.write_text('{"format": "imagecluster-plan", "version": ' + "1" * 5000 + "}")
    with pytest.raises(ArgumentError, match="is not JSON"):
        read_plan(file)
    file.write_text('{"format": "imagecluster-plan", "format": "x"}')
    with pytest.raises(ArgumentError, match='"format" is there twice'):
        read_plan(file)
    with pytest.raises(ArgumentError, match="cannot read the plan"):
        read_plan(place.top / "none.json")


def test_a_plan_replaces_only_a_plan(place):
    """Another file of that name is left alone."""
    file = place.top / "plan.json"
    file.write_text("notes")
    with pytest.raises(OutputError, match="is not a plan and was not replaced"):
        write_plan(place.usual(), file)
    file.unlink()
    for _ in range(2):
        write_plan(place.usual(), file)
    with pytest.raises(OutputError, match="cannot write the plan"):
        write_plan(place.usual(), place.top / "none" / "plan.json")


def test_the_table_shows_what_goes_and_why(place):
    """With parts and sizes, and no control characters."""
    made = plan(place.root, Step(facts(place.y), (facts(place.sidecar),), facts(place.x), "identical", "same\nbytes"))
    assert plan_table(made).splitlines() == [
        "goes           kind       size    stays    why",
        r"b/y.jpg        identical  2.0 kB  a/x.jpg  same\nbytes",
        "  b/y.jpg.xmp  part       7 B",
        "1 file and 1 that belong to them, 2.0 kB",
    ]


def test_wrong_arguments_are_named(place):
    """Links of unknown kinds, large sidecars, relative roots."""
    with pytest.raises(ArgumentError, match="'soft' is not a kind of link"):
        Link("soft")
    large = FileFacts(place.root / "a" / "x.xmp", 5 << 20, 1, bytes(16))
    with pytest.raises(ArgumentError, match="is larger than 4 MiB"):
        plan(place.root, step(place.y, place.x, writes=(NewFile(large.path, b"", large),)))
    with pytest.raises(ArgumentError, match="would replace another file"):
        plan(place.root, step(place.y, place.x, writes=(NewFile(large.path, b"", facts(place.sidecar)),)))
    for path in ("a/x.jpg", "c/z.jpg", "c/z.xmp", "a/z.xmp", "a/x.sh", "../x.xmp"):
        with pytest.raises(ArgumentError, match="is not a sidecar"):
            plan(place.root, step(place.y, place.x, writes=(NewFile(place.root / path, b"new"),)))
    with pytest.raises(ArgumentError, match="is not a sidecar"):
        plan(place.root, step(place.z, writes=(NewFile(place.root / "c" / "z.xmp", b"new"),)))
    stays = write(place.root / "a" / "x.xmp", b"sidecar")
    with pytest.raises(ArgumentError, match="it would write a file that a step keeps"):
        other = write(place.root / "d.xmp", b"sidecar")
        plan(place.root, step(other, stays), step(place.y, place.x, writes=(NewFile(stays, b"new", facts(stays)),)))
    with pytest.raises(ArgumentError, match="is not an absolute path"):
        Plan(Path("pics"), (), 0)


def test_the_plan_in_the_documents_is_one():
    """The example of docs/file-formats.md can be read."""
    text = (Path(__file__).resolve().parents[1] / "docs" / "file-formats.md").read_text(encoding="utf-8")
    example = text.partition("test_actions.py reads this -->\n```json\n")[2].partition("```")[0]
    found = plan_from_json(json.loads(example))
    assert found.steps[0].parts[0].path.name == "IMG_1 (1).jpg.xmp"
    assert found.references == (found.root / "Originals",)
