"""Random plans over folders of photographs, killed at random points, applied again and undone: nothing may be lost.

A scenario is a collection with equal copies, sidecars, hard and symbolic links, references, odd names and clashes, and
a plan about it, in which some steps must not be taken. It is applied in forks of this process. A fork ends at a random
call that changes something on disk: before the call, in the middle of a write, or as a power cut would have it, with
what was not synced gone; or at a random moment, by SIGKILL. After each end these must hold:

- every content is somewhere: in the collection, the trash or the destination, or (a sidecar that was replaced) in the
  journal;
- what stays for others, what is a reference and what no step names is as it was.

After the last undo the tree is as before: bytes, times, permissions, attributes, owners and numbers of names.

    python tests/action_chaos.py 100 [--seed 1] [--photos FOLDER] [--other FOLDER_ON_ANOTHER_DRIVE]
"""

from __future__ import annotations

import argparse
import errno
import io
import json
import os
import random
import shutil
import signal
import stat
import sys
import tempfile
import traceback
from base64 import b64decode
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from action_samples import Kept, plan, step, tree, write
from imagecluster.actions import (
    Destination,
    Folder,
    Link,
    NewFile,
    Plan,
    Step,
    Trash,
    apply,
    facts_of,
    list_actions,
    undo,
)
from imagecluster.actions import held as held_folders
from imagecluster.actions.journal import JOURNAL_NAME
from imagecluster.errors import ArgumentError
from imagecluster.scan import STORE_MARKER
from waiting import run_on

_KILLED = 137
_FAILED = 99
WAYS = ("kill", "torn", "power cut", "SIGKILL")


class Killer:
    """Counts the calls of this process that change something on disk, and ends it at one of them."""

    def __init__(self, at: int, way: str, chance: random.Random) -> None:
        self._at, self._way, self._chance = at, way, chance
        self.n = 0
        self._unsynced: dict[int, int] = {}
        """Descriptor -> size that is known to be on disk."""
        self._renamed: Callable[[], Any] | None = None
        """Takes back the latest rename that was not synced."""
        self._fstat, self._ftruncate, self._rename, self._write = os.fstat, os.ftruncate, os.rename, os.write

    def reached(self, tear: Callable[[], Any] | None = None) -> None:
        """One call is about to be made; `tear` makes half of it."""
        self.n += 1
        if self.n - 1 != self._at:
            return
        if self._way == "torn" and tear is not None:
            tear()
        if self._way == "power cut":
            for descriptor, size in self._unsynced.items():
                with suppress(OSError):
                    self._ftruncate(descriptor, self._chance.randint(size, self._fstat(descriptor).st_size))
            if self._renamed is not None and self._chance.random() < 0.5:
                self._renamed()
        os._exit(_KILLED)

    def watch(self) -> None:
        """Has the calls of this process pass by, for good."""
        for name in ("mkdir", "symlink", "link", "unlink", "rename", "utime", "setxattr", "fchmod", "ftruncate"):
            self._watch(name)
        real_fsync, real_write, real_open, real_close = os.fsync, os.write, os.open, os.close

        def fsync(descriptor: int) -> None:
            self.reached()
            real_fsync(descriptor)
            self._unsynced.pop(descriptor, None)
            self._renamed = None  # on a file system with a journal, all that came before is on disk too

        def write_some(descriptor: int, data: Any) -> int:
            self.reached(lambda: real_write(descriptor, bytes(data)[: len(data) // 2]))
            self._unsynced.setdefault(descriptor, self._fstat(descriptor).st_size)
            return real_write(descriptor, data)

        def open_file(path: Any, flags: int, *rest: Any, **options: Any) -> int:
            if flags & os.O_CREAT:
                self.reached()
            return real_open(path, flags, *rest, **options)

        def close(descriptor: int) -> None:
            self._unsynced.pop(descriptor, None)
            real_close(descriptor)

        os.fsync, os.write, os.open, os.close = fsync, write_some, open_file, close
        self._watch_journal()
        self._watch_renames()

    def _watch(self, name: str) -> None:
        real = getattr(os, name)

        def watched(*given: Any, **options: Any) -> Any:
            self.reached()
            return real(*given, **options)

        # What supports descriptors is known by the functions themselves.
        for known in (os.supports_dir_fd, os.supports_fd, os.supports_follow_symlinks):
            if real in known:
                known.add(watched)
        setattr(os, name, watched)

    def _watch_journal(self) -> None:
        """The journal is written through a stream."""
        killer = self

        class Raw(io.FileIO):
            def write(self, data: Any) -> int:
                half = bytes(data)[: len(data) // 2]
                killer.reached(lambda: io.FileIO.write(self, half))
                killer._unsynced.setdefault(self.fileno(), os.fstat(self.fileno()).st_size)
                return io.FileIO.write(self, data)

        real = os.fdopen

        def fdopen(descriptor: int, mode: str = "r", buffering: int = -1, *rest: Any, **options: Any) -> Any:
            return Raw(descriptor, "rb+") if buffering == 0 else real(descriptor, mode, buffering, *rest, **options)

        os.fdopen = fdopen

    def _watch_renames(self) -> None:
        """The renames that replace nothing are calls of the C library."""
        real = held_folders._exclusive_rename()
        if real is None:
            return

        def call(source_folder: int, source: bytes, target_folder: int, target: bytes) -> int:
            self.reached()
            code = real(source_folder, source, target_folder, target)
            folders = os.dup(source_folder), os.dup(target_folder)
            self._renamed = lambda: real(folders[1], target, folders[0], source)
            return code

        held_folders._exclusive_rename = lambda: call


def have_drive(kind: str) -> None:
    """Has this process find a drive without a call that renames and replaces nothing, or without hard links too.

    No drive is waited for: a process that is killed leaves the same with fsync and without.
    """
    os.fsync = lambda descriptor: None
    if kind in ("no call", "no links"):
        held_folders._exclusive_rename = lambda: None
    if kind == "no links":

        def refuse(*given: Any, **options: Any) -> None:
            raise PermissionError(errno.EPERM, os.strerror(errno.EPERM))

        os.supports_dir_fd.add(refuse)
        os.link = refuse


@dataclass
class Ended:
    """How a fork ended."""

    code: int
    said: str


def in_fork(
    work: Callable[[], Any], drive: str, killer: Killer | None = None, kill_after_s: float | None = None
) -> Ended:
    """Does something in a fork of this process, which the killer may end, or SIGKILL after some time."""
    with tempfile.TemporaryFile() as printed:
        child = os.fork()
        if child == 0:
            code = _FAILED
            try:
                os.dup2(printed.fileno(), 1)
                os.dup2(printed.fileno(), 2)
                sys.stdout = os.fdopen(1, "w", closefd=False)  # pytest has its own
                sys.stderr = os.fdopen(2, "w", closefd=False)
                have_drive(drive)
                if killer is not None:
                    killer.watch()
                work()
                code = 0
            except BaseException:
                traceback.print_exc()
            finally:
                with suppress(BaseException):
                    sys.stdout.flush()
                    sys.stderr.flush()
                os._exit(code)
        if kill_after_s is not None:
            run_on(kill_after_s)
            os.kill(child, signal.SIGKILL)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        code = _KILLED if code == -signal.SIGKILL else code
        printed.seek(0)
        return Ended(code, printed.read().decode(errors="replace"))


@dataclass
class Scenario:
    """A collection, a plan about it, and where its files go."""

    top: Path
    """Folder of everything."""
    root: Path
    database: Path
    drive: str
    """Empty, or what the drive lacks: see `have_drive`."""
    places: tuple[Path, ...]
    """Folders in which files may be: the collection, trash and destinations."""
    made: Plan
    to: Destination
    before: dict[str, Kept]
    elsewhere: dict[Path, dict[str, Kept]]
    """What was in the other places before."""
    counts: Counter[str] = field(default_factory=Counter)

    def own_tree(self) -> dict[str, Kept]:
        """The collection without the database and without folders that a move has made."""
        return {
            name: kept
            for name, kept in tree(self.root).items()
            if not name.startswith("imagecluster") and not (kept.kind == stat.S_IFDIR and name not in self.before)
        }

    def lost(self) -> list[str]:
        """What is no longer anywhere, or was touched though no step may touch it."""
        wrong = []
        there = set(_contents(self.places)) | set(_kept_in_journal(self.database))
        for name, kept in self.before.items():
            if kept.kind == stat.S_IFREG and kept.content not in there:
                wrong.append(f"the content of {name} is lost")
        now = self.own_tree()
        moving = {self.made.name(facts.path) for each in self.made.steps for facts in each.files}
        moving |= {self.made.name(new.path) for each in self.made.steps for new in each.writes}
        keepers = {self.made.name(each.keep.path) for each in self.made.steps if each.keep is not None}
        for name, kept in self.before.items():
            is_same = name in now and now[name][:2] == kept[:2] and now[name].mtime_ns == kept.mtime_ns
            if (name not in moving or name in keepers) and not is_same:
                wrong.append(f"{name} is not as it was, though it stays")
        return wrong


def _contents(places: Sequence[Path]) -> Iterator[bytes]:
    for place in places:
        for path in place.rglob("*"):
            if path.is_file() and not path.is_symlink():
                yield path.read_bytes()


def _kept_in_journal(database: Path) -> Iterator[bytes]:
    """Sidecars that were replaced."""
    with suppress(FileNotFoundError):
        for line in (database / JOURNAL_NAME).read_bytes().split(b"\n"):
            with suppress(ValueError, AttributeError, TypeError):
                for move in json.loads(line).get("intent", {}).get("moves", ()):
                    if "old" in move:
                        yield b64decode(move["old"])


# Making one --------------------------------------------------------------------------------------------------------


class Maker:
    """Makes scenarios from a pool of contents."""

    def __init__(self, pool: Sequence[bytes], chance: random.Random, other: Path | None) -> None:
        self._pool, self._chance, self._other = pool, chance, other
        self._n = 0

    def make(self, top: Path) -> Scenario:
        """A scenario in an empty folder."""
        chance, root = self._chance, top / "pics"
        database = root / "imagecluster"
        database.mkdir(parents=True)
        (database / STORE_MARKER).write_text("format: 4\n")
        groups = [self._group(root) for _ in range(chance.randint(2, 5))]
        alone = [self._file(root, chance.choice(self._pool)) for _ in range(chance.randint(1, 5))]
        reference = root / "Originals"
        referenced = [
            write(reference / f"o{i}.jpg", group[0].read_bytes(), age=i) for i, group in enumerate(groups[:2])
        ]
        second = self._second_names(root, [*alone, *groups[0]])
        (root / "link.jpg").symlink_to(alone[0])
        (root / "linked").symlink_to(groups[0][0].parent)
        far = []
        if self._other is not None and chance.random() < 0.5:
            far = [write(top / "far" / f"f{i}.jpg", group[0].read_bytes(), age=i) for i, group in enumerate(groups)]
            shutil.rmtree(self._other, ignore_errors=True)
        steps = self._steps(root, groups, alone, [*referenced, *second, *far])
        to, places = self._destination(top, root, steps)
        made = plan(root, *steps, references=(reference,))
        scenario = Scenario(
            top,
            root,
            database,
            chance.choice(["", "", "no call", "no links"]),
            (root, top / "far", *places),
            made,
            to,
            {},
            {},
        )
        self._meddle(scenario)
        scenario.elsewhere = {path: tree(path) for path in scenario.places if path != root}
        scenario.before = {name: kept for name, kept in tree(root).items() if not name.startswith("imagecluster")}
        return scenario

    def _name(self, suffix: str = ".jpg") -> str:
        self._n += 1
        stem = f"p{self._n}"
        kind = self._chance.randrange(8)
        if kind == 0:
            return os.fsdecode(f"{stem}é".encode("latin-1")) + suffix
        if kind == 1:
            return stem + "x" * (255 - len(stem) - len(suffix) - self._chance.randrange(20)) + suffix
        if kind == 2:
            return f"{stem} a\nb (1){suffix}"
        return f"IMG_{self._chance.randrange(4)}{suffix}" if kind == 3 else stem + suffix

    def _file(self, root: Path, content: bytes, suffix: str = ".jpg") -> Path:
        """A file of a new name somewhere in the collection."""
        folder = root / self._chance.choice(["", "a", "a/b", "c d", "e"])
        path = folder / self._name(suffix)
        while os.path.lexists(path):
            path = folder / self._name(suffix)
        mode = self._chance.choice([0o644, 0o600, 0o444, 0o664])
        return write(path, content, mode=mode, age=self._chance.randrange(10_000_000))

    def _group(self, root: Path) -> list[Path]:
        """Equal files, some of which have sidecars."""
        content = self._chance.choice([*self._pool, b""])
        return [self._file(root, content) for _ in range(self._chance.randint(2, 4))]

    def _second_names(self, root: Path, files: Sequence[Path]) -> list[Path]:
        """Hard links of a few files."""
        found = []
        for file in self._chance.sample(files, min(2, len(files))):
            self._n += 1
            found.append(root / f"second{self._n}.jpg")
            os.link(file, found[-1])
        return found

    def _parts(self, file: Path) -> list[Path]:
        """Sidecars and a film beside a file."""
        chance, found = self._chance, []
        for suffix in chance.sample([".xmp", ".MOV", ".aae"], chance.choice([0, 0, 1, 2])):
            path = file.with_name(file.stem[:200] + suffix)
            if not os.path.lexists(path):
                found.append(write(path, chance.randbytes(chance.randrange(1, 3000)), age=chance.randrange(1000)))
        return found

    def _steps(
        self, root: Path, groups: Sequence[Sequence[Path]], alone: Sequence[Path], more: list[Path]
    ) -> list[Step]:
        """Steps of all kinds, among them such as must be left."""
        chance, steps, gone = self._chance, [], set()
        for group in groups:
            keep, *others = chance.sample(group, len(group))
            for file in others:
                kept = chance.choice([keep, keep, keep, *group])
                if chance.random() < 0.8 and kept != file:
                    kind = chance.choice(["identical", "identical", "copy", "pixels"])
                    writes = self._writes(kept) if chance.random() < 0.3 else ()
                    steps.append(step(file, kept, *self._parts(file), kind=kind, writes=writes))
                    gone.add(file)
            if chance.random() < 0.2 and keep not in gone:
                steps.append(step(keep))
        for file in alone:
            if chance.random() < 0.6:
                steps.append(step(file, None, *self._parts(file)))
        for file in more:
            if chance.random() < 0.5:
                steps.append(step(file))
        if chance.random() < 0.3:
            steps.append(step(root / "linked" / groups[0][0].name, None) if groups[0][0] not in gone else step(more[0]))
        seen: set[Path] = set()
        single = []
        for each in chance.sample(steps, len(steps)):
            if seen.isdisjoint(facts.path for facts in each.files):
                single.append(each)
                seen.update(facts.path for facts in each.files)
        written: dict[Path, NewFile] = {}
        for i, each in enumerate(single):
            same = tuple(written.setdefault(new.path, new) for new in each.writes if new.path not in seen)
            single[i] = Step(each.file, each.parts, each.keep, each.kind, each.why, each.into, same)
        return single

    def _writes(self, keep: Path) -> tuple[NewFile, ...]:
        """A sidecar for the file that stays."""
        path = keep.with_suffix(".xmp")
        data = self._chance.randbytes(200)
        if self._chance.random() < 0.5 and not os.path.lexists(path):
            write(path, b"old" + self._chance.randbytes(20), mode=0o640, age=3)
        return (NewFile(path, data, facts_of(path) if os.path.lexists(path) else None),)

    def _destination(self, top: Path, root: Path, steps: list[Step]) -> tuple[Destination, tuple[Path, ...]]:
        """Where files go, with names that are taken there, and the folders in which they may be."""
        chance = self._chance
        trash = top / "data" / "Trash"
        for name in ("files", "info"):
            (trash / name).mkdir(parents=True, mode=0o700)
        for each in chance.sample(steps, min(2, len(steps))):
            write(trash / "files" / each.file.path.name, b"somebody's")
        kind = chance.choice(["trash", "folder", "inside", "other", "hard", "symbolic"])
        if kind == "trash":
            return Trash(), (trash,)
        if kind in ("hard", "symbolic"):
            return Link(kind), (trash,)
        folder = {"folder": top / "aside", "inside": root / "aside"}.get(kind, top / "aside")
        if kind == "other" and self._other is not None:
            shutil.rmtree(self._other, ignore_errors=True)
            folder = self._other
        for i, each in enumerate(steps):
            if not each.writes and each.keep is None and chance.random() < 0.3:
                steps[i] = Step(each.file, each.parts, None, "moved", each.why, chance.choice(["Beach", "B/C"]))
        folder.mkdir(parents=True, exist_ok=True)
        for each in chance.sample(steps, min(3, len(steps))):
            if each.file.path.is_relative_to(root) and len(each.file.path.name.encode("utf-8", "replace")) < 240:
                write(folder / each.file.path.relative_to(root), b"somebody's")
        return Folder(folder), (trash, *([] if folder.is_relative_to(root) else [folder]))

    def _meddle(self, scenario: Scenario) -> None:
        """Sometimes a file changes after the plan was made."""
        chance = self._chance
        if chance.random() < 0.3 and scenario.made.steps:
            facts = chance.choice([*chance.choice(scenario.made.steps).files])
            if chance.random() < 0.5:
                facts.path.chmod(0o644)
                with facts.path.open("ab") as stream:
                    stream.write(b"changed")
            else:
                os.utime(facts.path, ns=(5, 5))


# Trying one --------------------------------------------------------------------------------------------------------


def try_scenario(scenario: Scenario, chance: random.Random) -> list[str]:
    """Applies a plan and undoes it, killed at random points; what is wrong."""
    os.environ["XDG_DATA_HOME"] = os.fspath(scenario.top / "data")
    works = _works(scenario)
    wrong = _killed_and_again(scenario, works["apply"], chance, "apply")
    if wrong:
        return wrong
    foreign = _put_foreign(scenario, chance)
    while not wrong and _can_undo(scenario):
        wrong += _killed_and_again(scenario, works["undo"], chance, "undo")
    return wrong or _compared(scenario, foreign)


def _works(scenario: Scenario) -> dict[str, Callable[[], None]]:
    """What is done in forks: the plan is applied, and the latest action undone."""

    def acts() -> None:
        applied = apply(scenario.made, scenario.to, scenario.database)
        print(f"done {len(applied.done)} left {len(applied.left)} earlier {len(applied.earlier)}")

    def undoes() -> None:
        undone = undo(scenario.database)
        print(f"back {len(undone.done)} not {len(undone.left)}")
        if undone.left:
            raise AssertionError([f"{left.path}: {left.reason}" for left in undone.left])

    return {"apply": acts, "undo": undoes}


def _killed_and_again(scenario: Scenario, work: Callable[[], None], chance: random.Random, name: str) -> list[str]:
    """Does a piece of work, killed a few times, until it ends by itself."""
    n_kills = chance.choice([0, 1, 1, 1, 2, 3])
    for _ in range(n_kills):
        way = chance.choice(WAYS)
        at = int(chance.triangular(0, 12 * len(scenario.made.steps) + 5, 5))
        after_s = chance.uniform(0, 0.02 * len(scenario.made.steps))
        killer = Killer(at, way, random.Random(chance.random()))
        ended = in_fork(
            work,
            scenario.drive,
            killer=None if way == "SIGKILL" else killer,
            kill_after_s=after_s if way == "SIGKILL" else None,
        )
        if ended.code == 0:
            scenario.counts[f"{name}: ended before the kill"] += 1
            break
        if ended.code != _KILLED:
            return [f"{name} failed:\n{ended.said}"]
        scenario.counts[f"{name}: {way}"] += 1
        wrong = scenario.lost()
        if wrong:
            return [f"after {way} at call {at} of {name}: {each}" for each in wrong]
        if name == "undo" and not _can_undo(scenario):
            return []
    if name == "undo" and not _can_undo(scenario):
        return []
    ended = in_fork(work, scenario.drive)
    if ended.code != 0:
        return [f"{name} failed after {n_kills} kills:\n{ended.said}"]
    scenario.counts[f"{name}: to the end"] += 1
    if name == "apply":
        scenario.counts["steps done"] += int(ended.said.split()[1]) + int(ended.said.split()[5])
        scenario.counts["steps left"] += int(ended.said.split()[3])
    return [f"after {name}: {each}" for each in scenario.lost()]


def _can_undo(scenario: Scenario) -> bool:
    try:
        undo(scenario.database, dry_run=True)
    except ArgumentError:
        return False
    return True


def _put_foreign(scenario: Scenario, chance: random.Random) -> dict[Path, bytes]:
    """Sometimes somebody takes the name of a file that has gone."""
    found: dict[Path, bytes] = {}
    for record in list_actions(scenario.database):
        for each in record.steps:
            is_free = each.path.is_relative_to(scenario.root) and not os.path.lexists(each.path)
            if chance.random() < 0.1 and is_free and each.path.parent.is_dir():
                found[each.path] = b"foreign"
                each.path.write_bytes(b"foreign")
    return found


def _compared(scenario: Scenario, foreign: dict[Path, bytes]) -> list[str]:
    """What is not as before after everything was undone."""
    wrong = []
    now = scenario.own_tree()
    if foreign:
        scenario.counts["names taken before the undo"] += len(foreign)
        for path, content in foreign.items():
            if path.read_bytes() != content:
                wrong.append(f"{path} was overwritten")
            del now[scenario.made.name(path)]
        if Counter(now.values()) != Counter(scenario.before.values()):
            wrong.append(f"not the same files are back beside {[*foreign]}")
            wrong += [f"missing {_short(each)}" for each in Counter(scenario.before.values()) - Counter(now.values())]
            wrong += [f"too many {_short(each)}" for each in Counter(now.values()) - Counter(scenario.before.values())]
    else:
        for name in sorted(now.keys() | scenario.before.keys()):
            if now.get(name) != scenario.before.get(name):
                wrong.append(f"{name!r}: before {_short(scenario.before.get(name))}, now {_short(now.get(name))}")
    for path, before in scenario.elsewhere.items():
        after = {name: kept for name, kept in tree(path).items() if kept.kind != stat.S_IFDIR or name in before}
        wrong += [f"{path / name} was left or changed" for name in after if after[name] != before.get(name)]
        wrong += [f"{path / name} is gone" for name in before if name not in after]
    hidden = [path for place in scenario.places for path in place.rglob(".*") if path.suffix in (".new", ".old")]
    return wrong + [f"{path} was left over" for path in hidden if JOURNAL_NAME not in path.name]


def _short(kept: Kept | None) -> str:
    return "nothing" if kept is None else str(kept._replace(content=kept.content[:20]))


# Every point of a small plan ----------------------------------------------------------------------------------------


def small_scenario(top: Path, to: Destination, drive: str) -> Scenario:
    """One copy that goes, with a sidecar, and leaves what it knew in one that exists and in a new one."""
    root = top / "pics"
    keep = write(root / "a" / "x.jpg", b"same" * 500)
    file = write(root / "b" / "y.jpg", b"same" * 500, mode=0o640, age=5)
    part = write(root / "b" / "y.xmp", b"part", age=7)
    old = write(root / "a" / "x.xmp", b"old", mode=0o600, age=9)
    writes = (NewFile(old, b"newer", facts_of(old)), NewFile(root / "a" / "x.jpg.xmp", b"new"))
    (root / "imagecluster").mkdir()
    (root / "imagecluster" / STORE_MARKER).write_text("format: 4\n")
    (top / "data" / "Trash").mkdir(parents=True)
    aside = to.path if isinstance(to, Folder) else top / "aside"
    aside.mkdir(exist_ok=True)
    made = plan(root, step(file, keep, part, writes=writes))
    scenario = Scenario(
        top, root, root / "imagecluster", drive, (root, aside, top / "data" / "Trash"), made, to, {}, {}
    )
    scenario.before = {name: kept for name, kept in tree(root).items() if not name.startswith("imagecluster")}
    return scenario


def try_every_point(scratch: Path, to: Destination, drive: str, way: str, *, every: int = 1) -> tuple[int, list[str]]:
    """Kills an application, and an undo, at each of their calls, or some; how many that were, and what is wrong."""
    wrong: list[str] = []
    n = 0
    for name in ("apply", "undo"):
        for at in range(WAYS.index(way) % every, 1000, every):
            top = scratch / f"{name}{at}"
            top.mkdir()
            os.environ["XDG_DATA_HOME"] = os.fspath(top / "data")
            scenario = small_scenario(top, to, drive)
            works = _works(scenario)
            if name == "undo":
                in_fork(works["apply"], drive)
            ended = in_fork(works[name], drive, Killer(at, way, random.Random(at)))
            found = [] if ended.code in (0, _KILLED) else [f"{name} failed at call {at}:\n{ended.said}"]
            found += scenario.lost()
            if name == "apply" and at % 2:  # half of them are applied again before the undo
                again = in_fork(works[name], drive)
                found += [] if again.code == 0 and "left 0" in again.said else [f"not again: {again.said}"]
            while not found and _can_undo(scenario):
                undone = in_fork(works["undo"], drive)
                found += [] if undone.code == 0 else [f"undo failed after {name}, {at}:\n{undone.said}"]
            found = found or _compared(scenario, {})
            wrong += [f"{way} at call {at} of {name}: {each}" for each in found]
            shutil.rmtree(top)
            if isinstance(to, Folder):
                shutil.rmtree(to.path)
            if ended.code == 0:
                break
            n += 1
    return n, wrong


def every_point_of_all(scratch: Path) -> int:
    """Tries every point for all destinations and drives; 1 if something is wrong."""
    code = 0
    drives: list[tuple[Destination, str]] = [(Trash(), ""), (Link("hard"), ""), (Link("symbolic"), "no links")]
    drives += [(Folder(scratch / "aside"), drive) for drive in ("", "no call", "no links")]
    for to, drive in drives:
        for way in WAYS[:3]:
            n, wrong = try_every_point(scratch, to, drive, way)
            print(f"{to}, {drive or 'usual drive'}, {way}: {n} points, {len(wrong)} failed", *wrong, sep="\n  ")
            code = code or int(bool(wrong))
    return code


def pool_of(photos: Path | None, chance: random.Random, n: int = 300) -> list[bytes]:
    """Contents of photographs, or random ones where there are no photographs."""
    if photos is None:
        return [chance.randbytes(chance.randrange(1, 5000)) for _ in range(60)]
    found = sorted(path for path in photos.rglob("*") if path.suffix.lower() in (".jpg", ".jpeg", ".heic", ".png"))
    small = [path for path in found if 0 < path.stat().st_size < 400_000]
    return [path.read_bytes() for path in chance.sample(small, min(n, len(small)))]


def try_many(
    n: int, *, seed: int, photos: Path | None, other: Path | None, scratch: Path
) -> tuple[Counter[str], list[str]]:
    """Tries scenarios; what was done, counted, and what is wrong."""
    counts: Counter[str] = Counter()
    wrong: list[str] = []
    pool = pool_of(photos, random.Random(seed))
    for i in range(n):
        chance = random.Random(f"{seed} {i}")
        top = scratch / f"s{i}"
        scenario = Maker(pool, chance, None if other is None else other / f"s{i}").make(top)
        to = scenario.to.kind if isinstance(scenario.to, Link) else type(scenario.to).__name__.lower()
        if isinstance(scenario.to, Folder) and other is not None and scenario.to.path.is_relative_to(other):
            to = "folder on another drive"
        counts[f"plans, {to}"] += 1
        counts["plans"] += 1
        counts[f"drives with {scenario.drive}" if scenario.drive else "usual drives"] += 1
        counts["steps"] += len(scenario.made.steps)
        found = try_scenario(scenario, chance)
        counts += scenario.counts
        if found:
            wrong.append(f"plan {i} of seed {seed}, {to}, in {top}:\n  " + "\n  ".join(found[:10]))
        else:
            shutil.rmtree(top)
            if other is not None:
                shutil.rmtree(other / f"s{i}", ignore_errors=True)
    return counts, wrong


def main() -> int:
    """Tries what the options say."""
    parser = argparse.ArgumentParser(description="Random plans, killed at random points and undone.")
    parser.add_argument("n", type=int, help="number of random plans; 0 for every point of a small one")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--photos", type=Path, default=None, help="folder of photographs (default: random bytes)")
    parser.add_argument("--other", type=Path, default=None, help="empty folder on another drive")
    parser.add_argument("--scratch", type=Path, default=None, help="where to work (default: a temporary folder)")
    given = parser.parse_args()
    scratch = given.scratch or Path(tempfile.mkdtemp(prefix="action-chaos-"))
    if given.n == 0:
        return every_point_of_all(scratch.resolve())
    counts, wrong = try_many(
        given.n, seed=given.seed, photos=given.photos, other=given.other, scratch=scratch.resolve()
    )
    for name, count in sorted(counts.items()):
        print(f"{name}: {count:,}")
    for each in wrong:
        print("FAILED", each)
    print(f"{len(wrong)} of {given.n} plans failed")
    if not wrong and given.scratch is None:
        shutil.rmtree(scratch)
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
