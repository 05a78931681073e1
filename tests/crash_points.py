"""Ends imagecluster at every point of its work; one plain run then has to leave what an undisturbed one leaves.

A point is a call that changes something on disk: a file or folder made, written, synced, renamed, linked or removed, a
statement of SQLite. Commands run in forks of one process that has loaded everything, with a network of mean colours, so
that a point costs a tenth of a second. There are five ways to end at a point:

kill       the process is gone, before the call
torn       the process is gone, in the middle of a write
interrupt  Ctrl-C, before the call
error      the call fails once, as a bad disk has it
full       from this call on nothing more can be written

Started by hand it tries all points of all scenarios (`python tests/crash_points.py`), the points inside SQLite by
strace (`--strace`), kills at random moments (`--random 1000`) and full disks (`--disks`). test_crash_points.py does a
part.
"""

from __future__ import annotations

import argparse
import builtins
import contextlib
import errno
import io
import os
import random
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # before NumPy is loaded: a process of one thread may be forked

import numpy as np

from waiting import run_on, wait_until

WAYS = ("kill", "torn", "interrupt", "error", "full")
_KILLED = 137
_NEEDS_SPACE = frozenset(("create", "write", "mkdir", "symlink", "link", "sql"))


class Points:
    """Counts the calls of this process that change something on disk, and ends it at one of them."""

    def __init__(self, below: Path, at: int, way: str) -> None:
        self._below = os.fspath(below)
        self._at, self._way = at, way
        self._guard = threading.RLock()
        self.names: list[str] = []

    def reached(self, name: str, place: Any = None, tear: Callable[[], Any] | None = None) -> None:
        """One call, by its name and the file that it is about; `tear` does half of it."""
        where = os.fspath(place) if isinstance(place, (str, os.PathLike)) else ""
        if os.path.isabs(where) and not where.startswith(self._below):  # noqa: PTH117
            return
        with self._guard:
            self.names.append(f"{name} {where.removeprefix(self._below)}".replace("\n", " "))
            n = len(self.names) - 1
            if n < self._at or (n > self._at and self._way != "full"):
                return
            if self._way == "torn" and tear is not None:
                tear()
            if self._way in ("kill", "torn"):
                os._exit(_KILLED)
        if self._way == "interrupt":
            raise KeyboardInterrupt
        if self._way == "error":
            raise _failure(name, errno.EIO)
        if name.split(maxsplit=1)[0] in _NEEDS_SPACE:
            raise _failure(name, errno.ENOSPC)


def _failure(name: str, code: int) -> Exception:
    """How a call fails."""
    if not name.startswith("sql"):
        return OSError(code, os.strerror(code))
    is_full = code == errno.ENOSPC
    error = sqlite3.OperationalError("database or disk is full" if is_full else "disk I/O error")
    error.sqlite_errorcode = sqlite3.SQLITE_FULL if is_full else sqlite3.SQLITE_IOERR
    return error


def watch(points: Points) -> None:
    """Has every call of this process that changes something on disk pass by the points; for good."""
    for name in ("fsync", "replace", "rename", "mkdir", "symlink", "link", "unlink", "rmdir", "ftruncate", "utime"):
        _watch_call(points, name)
    real_open = os.open

    def watched_open(path: Any, flags: int, *rest: Any, **options: Any) -> int:
        if flags & (os.O_CREAT | os.O_TRUNC):
            points.reached("create", path)
        return real_open(path, flags, *rest, **options)

    os.open = watched_open

    class Raw(io.FileIO):
        def write(self, data: Any) -> int:
            half = bytes(memoryview(data).cast("B")[: memoryview(data).nbytes // 2])
            points.reached("write", self.name, lambda: io.FileIO.write(self, half))
            return io.FileIO.write(self, data)

    real_file = io.open

    def watched_file(file: Any, mode: str = "r", buffering: int = -1, *text: Any, **options: Any) -> Any:
        if not set(mode) & set("wax+") or "opener" in options or (isinstance(file, int) and file <= 2):
            return real_file(file, mode, buffering, *text, **options)
        if not isinstance(file, int):
            points.reached("create", file)
        closes = options.pop("closefd", True)
        raw = Raw(file, mode.replace("b", "").replace("t", ""), closefd=closes)
        if buffering == 0:
            return raw
        buffered = io.BufferedRandom(raw) if "+" in mode else io.BufferedWriter(raw)
        return buffered if "b" in mode else io.TextIOWrapper(buffered, *text, **options)

    io.open = builtins.open = watched_file

    class Watched(sqlite3.Connection):
        def execute(self, statement: str, *rest: Any) -> sqlite3.Cursor:
            if not statement.startswith("SELECT") and (not statement.startswith("PRAGMA") or "=" in statement):
                points.reached(f"sql {statement[:40]}")
            return super().execute(statement, *rest)

        def executemany(self, statement: str, *rest: Any) -> sqlite3.Cursor:
            points.reached(f"sql {statement[:40]}")
            return super().executemany(statement, *rest)

    real_connect = sqlite3.connect

    def connect(place: Any, *given: Any, **options: Any) -> sqlite3.Connection:
        kind = sqlite3.Connection if place == ":memory:" else Watched
        return real_connect(place, *given, **{"factory": kind, **options})

    sqlite3.connect = connect


def _watch_call(points: Points, name: str) -> None:
    """One function of `os`."""
    real = getattr(os, name)

    def watched(*given: Any, **options: Any) -> Any:
        points.reached(name, given[0])
        return real(*given, **options)

    setattr(os, name, watched)


class MeanColours:
    """Stands for the inference engine: a network of 4 x 4 mean colours, by a random matrix."""

    def __init__(self, n_dimensions: int) -> None:
        self._matrix = np.random.default_rng(0).standard_normal((48, n_dimensions)).astype(np.float32)
        self.shape, self.name = ["n", 3, 0, 0], "pixels"

    def get_inputs(self) -> list[MeanColours]:
        """The one input."""
        return [self]

    def run(self, names: list[str], given: dict[str, np.ndarray]) -> list[np.ndarray]:
        """The one output."""
        (pixels,) = given.values()
        side = pixels.shape[2] // 4 * 4
        blocks = pixels[:, :, :side, :side].reshape(len(pixels), 3, 4, side // 4, 4, side // 4).mean(axis=(3, 5))
        return [blocks.reshape(len(pixels), 48) @ self._matrix]


@dataclass
class Ended:
    """How a command ended."""

    code: int
    text: str
    """What it printed."""
    said: list[str] = field(default_factory=list)
    """What it acknowledged."""


def in_child(
    act: Callable[[Callable[[str], None]], int],
    *,
    kill_after_s: float | None = None,
    meanwhile: Callable[[int], None] | None = None,
) -> Ended:
    """Does something in a fork of this process; `act` is given a function to acknowledge with, and gives a code."""
    with tempfile.TemporaryFile() as printed:
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            code = 99
            try:
                os.close(reading)
                os.dup2(printed.fileno(), 1)
                os.dup2(printed.fileno(), 2)
                signal.signal(signal.SIGINT, signal.default_int_handler)
                code = act(lambda text: os.write(writing, f"{text}\n".encode()) and None)
            except BaseException:
                traceback.print_exc()
            finally:
                with contextlib.suppress(BaseException):
                    sys.stdout.flush()
                    sys.stderr.flush()
                os._exit(code)
        os.close(writing)
        if meanwhile is not None:
            meanwhile(child)
        if kill_after_s is not None:
            run_on(kill_after_s)
            os.kill(child, signal.SIGKILL)
        with os.fdopen(reading, "rb") as stream:
            said = stream.read().decode().splitlines()
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        printed.seek(0)
        return Ended(code, printed.read().decode(errors="replace"), said)


def command(*given: str | Path) -> Ended:
    """A command of imagecluster that nobody disturbs."""
    from imagecluster.cli import main

    return in_child(lambda _: main([os.fspath(value) for value in given]))


# The results, as far as they are promised ------------------------------------------------------------------------


def state_of(folder: Path) -> dict[str, Any]:
    """Everything that a run leaves and that does not tell the time: outputs byte for byte, the database by content."""
    store = folder / "imagecluster"
    found: dict[str, Any] = {}
    for name in ("clusters.json", "clusters.csv", "clusters.html", ".imagecluster-store"):
        found[name] = (store / name).read_bytes() if (store / name).exists() else None
    found["links"] = {
        os.path.relpath(place, store): os.fspath(place.readlink()) if place.is_symlink() else place.is_file() and "file"
        for place in sorted((store / "clusters").rglob("*"))
    }
    found["files"] = sorted(
        place.relative_to(store).as_posix()
        for place in store.rglob("*")
        if (store / "clusters") not in place.parents
        and not place.name.endswith(("-wal", "-shm", ".npz"))
        and not (place.parent.name.startswith("clusters.kept") and place.name.startswith(".imagecluster-"))
    )
    found.update(_tables(store))
    journal = store / "edits.jsonl"
    lines = journal.read_bytes().split(b"\n")[:-1] if journal.exists() else []  # half a line counts for nothing
    # A head alone, which a killed first correction leaves, holds as little as no journal.
    found["edits"] = [re.sub(rb'"made_s":[0-9.]+', b"", line) for line in lines] if len(lines) > 1 else []
    found["pictures"] = {
        place.name: (place.stat().st_size, place.stat().st_mtime_ns) for place in sorted(folder.glob("*.png"))
    }
    return found


def _tables(store: Path) -> dict[str, Any]:
    """The database by content: rows of the matrices stand under the hash of their picture."""
    found: dict[str, Any] = {}
    address = f"{(store / 'imagecluster.db').as_uri()}?mode=ro"
    with contextlib.closing(sqlite3.connect(address, uri=True)) as database:
        for name, columns in {
            "files": "path, size_bytes, mtime_ns, hash, stage, reason, decoder, gone_s IS NULL",
            "contents": "*",
            "settings": "name, CASE name WHEN 'root' THEN value END",
        }.items():
            found[name] = database.execute(f"SELECT {columns} FROM {name} ORDER BY 1").fetchall()
        found["check"] = database.execute("PRAGMA integrity_check").fetchall()
        for model, identity, n_dimensions, matrix in database.execute(
            "SELECT id, identity, n_dimensions, matrix FROM models"
        ).fetchall():
            rows = np.fromfile(store / "fingerprints" / matrix, "<f2")
            rows = rows[: len(rows) // n_dimensions * n_dimensions].reshape(-1, n_dimensions)
            found[identity] = {
                content_hash: rows[row].tobytes()
                for content_hash, row in database.execute(
                    "SELECT hash, row FROM fingerprints WHERE model = ?", (model,)
                )
            }
    return found


def differences(found: dict[str, Any], expected: dict[str, Any]) -> list[str]:
    """The parts in which two states differ."""
    wrong = []
    for name in sorted(found.keys() | expected.keys()):
        one, other = repr(found.get(name)), repr(expected.get(name))
        if one != other:
            n_same = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), 0)
            start = max(0, n_same - 60)
            wrong.append(f"{name}: {one[start : start + 300]} in place of {other[start : start + 300]}")
    return wrong


# What is tried ---------------------------------------------------------------------------------------------------


class Scenario:
    """Work on a folder of pictures, which always begins in the same state."""

    def __init__(self, scratch: Path) -> None:
        self.folder = scratch / "pics"
        self.store = self.folder / "imagecluster"
        self.before = scratch / "before"
        shutil.rmtree(self.folder, ignore_errors=True)
        shutil.rmtree(self.before, ignore_errors=True)
        self.folder.mkdir()
        self.prepare()
        if self.store.exists():
            shutil.copytree(self.store, self.before, symlinks=True)
        self.expected: list[dict[str, Any]] = []
        """What a plain run leaves after so many acknowledged steps that nobody disturbed."""
        for n_steps in range(self.n_steps + 1):
            self.reset()
            if n_steps or not self.n_steps:
                ended = in_child(lambda say, n=n_steps: self.act(say, n))
                assert ended.code == 0, ended.text
            self.mend()
            self.expected.append(state_of(self.folder))

    options: tuple[str, ...] = ()
    ways: tuple[str, ...] = WAYS
    n_steps = 0
    """Steps that are acknowledged one by one; 0 for work that is one step."""

    def prepare(self) -> None:
        """Draws the pictures, and does what comes before."""
        draw_pictures(self.folder, range(12))

    def act(self, say: Callable[[str], None], n_steps: int) -> int:
        """The work, in a child."""
        from imagecluster.cli import main

        return main(["run", *self.options, os.fspath(self.folder)])

    def reset(self) -> None:
        """Back to the state before the work."""
        shutil.rmtree(self.store, ignore_errors=True)
        if self.before.exists():
            shutil.copytree(self.before, self.store, symlinks=True)

    def mend(self) -> None:
        """One plain run, which has to succeed without a complaint, except of a correction that was cut off."""
        ended = command("run", "--quiet", *self.options, self.folder)
        complaints = [
            line
            for line in ended.text.splitlines()
            if line.startswith("imagecluster:") and not line.endswith("the last line is incomplete and is ignored")
        ]
        if ended.code or "Traceback" in ended.text or complaints:
            raise AssertionError(f"the next run ends with {ended.code}: {ended.text[-1500:]}")

    def try_at(self, at: int, way: str) -> tuple[bool, list[str], list[str]]:
        """Ends the work at a point; whether it was reached, the points passed, and what is wrong afterwards."""
        self.reset()

        def act(say: Callable[[str], None]) -> int:
            points = Points(self.folder, at, way)
            watch(points)
            code = self.act(say, self.n_steps)
            points_file = os.open(os.fspath(self.folder.with_name("points")), os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
            os.write(points_file, "\n".join(points.names).encode("utf-8", "replace"))
            return code

        listed = self.folder.with_name("points")
        listed.unlink(missing_ok=True)
        ended = in_child(act)
        names = listed.read_text().split("\n") if listed.exists() else []
        is_reached = not names or len(names) > at
        return is_reached, names, self.judged(ended, way)

    def judged(self, ended: Ended, way: str) -> list[str]:
        """What is wrong after the work has ended."""
        try:
            self._check_end(ended, way)
            self._check_looks()
            self.mend()
            found = state_of(self.folder)
        except AssertionError as error:
            return [str(error)]
        least = len(ended.said)
        allowed = self.expected[least : least + 2] if self.n_steps else self.expected
        if found in allowed:
            return []
        return differences(found, allowed[-1])

    def _check_end(self, ended: Ended, way: str) -> None:
        """The work says plainly how it has ended."""
        if ended.code in (_KILLED, -signal.SIGKILL):
            return
        if "Traceback" in ended.text:
            raise AssertionError(f"a traceback: {ended.text[-1500:]}")
        if way == "interrupt" and ended.code:
            if ended.code != 1 or "imagecluster: interrupted" not in ended.text:
                raise AssertionError(f"an interrupt ends with {ended.code}: {ended.text[-1500:]}")
        elif ended.code not in (0, 1) or (ended.code and "imagecluster: " not in ended.text):
            raise AssertionError(f"ended with {ended.code}: {ended.text[-1500:]}")

    def _check_looks(self) -> None:
        """`info` and `doctor` tell the truth about what was left."""
        from imagecluster.cli import main
        from imagecluster.cli.commands.doctor import _folder

        def act(say: Callable[[str], None]) -> int:
            say(str(main(["info", os.fspath(self.folder)])))
            bad = [check for check in _folder(self.folder, None) if not check.fine]
            print(bad or "")
            return len(bad)

        looked = in_child(act)
        if looked.code or "Traceback" in looked.text:
            raise AssertionError(f"doctor or info fails: {looked.text[-1500:]}")
        cures = ("`imagecluster run` on a folder", f"run `imagecluster {self.folder}`")
        if looked.said != ["0"] and not any(cure in looked.text for cure in cures):
            raise AssertionError(f"info ends with {looked.said}: {looked.text[-1500:]}")


class SecondRun(Scenario):
    """A run after pictures have come, gone and changed."""

    def prepare(self) -> None:
        """A finished run, and then the changes."""
        super().prepare()
        assert command("run", "--quiet", self.folder).code == 0
        (self.folder / "03.png").unlink()
        (self.folder / "07.png").unlink()
        draw_pictures(self.folder, range(12, 15))
        shutil.copy(self.folder / "12.png", self.folder / "05.png")


class Copies(SecondRun):
    """The same with copies in place of links, among which the user has put a file, and has changed a copy."""

    options = ("--links", "copy")

    def prepare(self) -> None:
        """A finished run, and then the changes."""
        super().prepare()
        assert command("run", "--quiet", *self.options, self.folder).code == 0
        one, other = sorted((self.store / "clusters").rglob("*.png"))[:2]
        one.write_bytes(b"edited")
        other.with_name("mine.txt").write_bytes(b"mine")
        draw_pictures(self.folder, range(15, 18))


class Correction(Scenario):
    """Corrections in the viewer, by its own server, whose threads Ctrl-C does not reach."""

    ways = tuple(way for way in WAYS if way != "interrupt")
    n_steps = 3

    def prepare(self) -> None:
        """A finished run."""
        super().prepare()
        assert command("run", "--quiet", self.folder).code == 0

    def act(self, say: Callable[[str], None], n_steps: int) -> int:
        """Starts the viewer, names a cluster, hides a picture and takes that back."""
        from web_samples import served

        with served(self.folder) as client:
            wait_until(lambda: client.state()["n"] == 12)
            names = client.data("names.json?from=0&to=12").json()
            ids = [names.index(name) for name in ("00.png", "06.png", "03.png")]
            steps = (
                lambda: client.edit({"kind": "name", "ids": ids[:2], "name": "Ours"}),
                lambda: client.edit({"kind": "hide", "ids": ids[2:]}),
                lambda: client.post("/api/edits", {"undo": True}),
            )
            for step in steps[:n_steps]:
                answer = step()
                if answer.status != 200:
                    print(f"imagecluster: {answer.status} {answer.content.decode()}", file=sys.stderr)
                    return 1
                say("kept")
        return 0


SCENARIOS = {"first": Scenario, "second": SecondRun, "copies": Copies, "correction": Correction}


def draw_pictures(folder: Path, numbers: Iterable[int]) -> None:
    """Small pictures, every sixth of which looks like the one before."""
    from pictures import draw

    for number in numbers:
        draw(folder / f"{number:02}.png", number % 6, size=(32 + number, 28 + number))


# Points inside SQLite and everything else that the system sees ------------------------------------------------------

SYSTEM_CALLS = (
    "write", "pwrite64", "fsync", "fdatasync", "ftruncate", "rename", "renameat", "renameat2", "mkdir", "mkdirat",
    "symlink", "symlinkat", "link", "linkat", "unlink", "unlinkat", "rmdir", "openat",
)  # fmt: skip
SYSTEM_WAYS = {
    "kill": "signal=SIGKILL:when={n}",
    "interrupt": "signal=SIGINT:when={n}",
    "error": "error=EIO:when={n}",
    "full": "error=ENOSPC:when={n}+",
}


def traced(scenario: Scenario, *options: str) -> Ended:
    """The work under strace, which is attached before it begins."""

    def act(say: Callable[[str], None]) -> int:
        os.kill(os.getpid(), signal.SIGSTOP)
        return scenario.act(say, scenario.n_steps)

    def attach(child: int) -> None:
        os.waitpid(child, os.WUNTRACED)
        tracer = subprocess.Popen(["strace", "-f", "-q", "-p", str(child), *options], stderr=subprocess.DEVNULL)
        tracers.append(tracer)
        status = Path("/proc", str(child), "status")
        wait_until(lambda: "TracerPid:\t0\n" not in status.read_text())
        os.kill(child, signal.SIGCONT)

    tracers: list[subprocess.Popen[bytes]] = []
    ended = in_child(act, meanwhile=attach)
    for tracer in tracers:
        tracer.wait()
    return ended


def system_points(scenario: Scenario) -> list[tuple[str, int]]:
    """The calls that change something below the folder: name, and its number among the calls of that name."""
    log = scenario.folder.with_name("calls")
    scenario.reset()
    traced(scenario, "-y", "-o", os.fspath(log), "-e", f"trace={','.join(SYSTEM_CALLS)}")
    counts: Counter[tuple[str, str]] = Counter()
    found = set()
    for line in log.read_text(errors="replace").splitlines():
        match = re.match(r"(\d+) +(\w+)\((.*)", line)
        if match is None:
            continue
        thread, call, rest = match.groups()
        counts[thread, call] += 1
        if os.fspath(scenario.folder) in rest and (call != "openat" or "O_CREAT" in rest):
            found.add((call, counts[thread, call]))
    return sorted(found)


def try_system_call(scenario: Scenario, call: str, n: int, way: str) -> tuple[bool, list[str]]:
    """Ends the work at a call; whether it was reached, and what is wrong afterwards."""
    log = scenario.folder.with_name("calls")
    scenario.reset()
    injected = f"inject={call}:{SYSTEM_WAYS[way].format(n=n)}"
    ended = traced(scenario, "-o", os.fspath(log), "-e", f"trace={call}", "-e", injected)
    is_reached = ended.code == -signal.SIGKILL or any(word in log.read_text() for word in ("INJECTED", "--- SIGINT"))
    return is_reached, scenario.judged(ended, way)


# Moments and disks -------------------------------------------------------------------------------------------------


def try_moment(scenario: Scenario, chance: random.Random, whole_s: float) -> list[str]:
    """Kills the work at a random moment, one time in four again and again; what is wrong afterwards."""
    scenario.reset()
    while True:
        after_s = chance.uniform(0, 1.05 * whole_s)
        ended = in_child(lambda say: scenario.act(say, scenario.n_steps), kill_after_s=after_s)
        if chance.random() < 0.75 or scenario.n_steps:
            return scenario.judged(ended, "kill")


@contextlib.contextmanager
def mounted(scenario: Scenario, options: str) -> Iterator[None]:
    """A small disk as the folder of the database; needs root."""
    shutil.rmtree(scenario.store, ignore_errors=True)
    scenario.store.mkdir()
    place = os.fspath(scenario.store)
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", place], check=True)
    try:
        if scenario.before.exists():
            shutil.copytree(scenario.before, scenario.store, symlinks=True, dirs_exist_ok=True)
        yield
    finally:
        subprocess.run(["umount", place], check=True)


def try_disk(scenario: Scenario, options: str) -> tuple[bool, list[str]]:
    """Does the work on a disk that is too small, then makes it larger; whether it was too small, and what is wrong."""
    try:
        with mounted(scenario, options):
            ended = in_child(lambda say: scenario.act(say, scenario.n_steps))
            larger = ["mount", "-o", "remount,size=64m,nr_inodes=10000", os.fspath(scenario.store)]
            subprocess.run(larger, check=True)
            return ended.code != 0, scenario.judged(ended, "full")
    except shutil.Error:
        return True, []  # not even what was before fits


# By hand -----------------------------------------------------------------------------------------------------------


class Tally:
    """Counts what was tried, and shows what failed."""

    def __init__(self) -> None:
        self.n_tried: Counter[str] = Counter()
        self.n_failed: Counter[str] = Counter()

    def add(self, kind: str, where: str, wrong: list[str]) -> None:
        """One point."""
        self.n_tried[kind] += 1
        if wrong:
            self.n_failed[kind] += 1
            print(f"FAILED {kind} at {where}: {'; '.join(wrong)}", flush=True)

    def report(self) -> int:
        """Prints the counts; 1 where something failed."""
        for kind, n in self.n_tried.items():
            print(f"{kind}: {n} points, {self.n_failed[kind]} failed")
        return int(sum(self.n_failed.values()) > 0)


def warm_up(scratch: Path) -> None:
    """Loads everything that a run and a viewer need, so that forks have it; no network of the engine is opened."""
    from imagecluster.embed import embedding

    embedding.open_session = lambda network, **options: MeanColours(512)
    os.environ["IMAGECLUSTER_MODELS"] = os.fspath(scratch / "models")
    folder = scratch / "warm"
    folder.mkdir()
    draw_pictures(folder, range(12))
    from imagecluster.cli import main

    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        assert main(["run", os.fspath(folder)]) == 0
        assert main(["info", os.fspath(folder)]) == 0
    import web_samples  # noqa: F401 - loaded here for the forks
    from imagecluster.cli.commands import doctor  # noqa: F401

    assert threading.active_count() == 1


def every_point(scenario: Scenario, name: str, ways: Sequence[str], tally: Tally, *, every: int, first: int) -> None:
    """All points of a scenario, or the first ones and then every so many, other ones for each way."""
    _, names, wrong = scenario.try_at(1_000_000, "kill")
    tally.add(f"{name}, undisturbed", "no point", wrong)
    for way in ways:
        points = [at for at, point in enumerate(names) if way != "torn" or point.startswith("write")]
        for i, at in enumerate(points):
            if i < first or i % every == WAYS.index(way) % every:
                is_reached, _, wrong = scenario.try_at(at, way)
                tally.add(f"{name}, {way}" if is_reached else f"{name}, not reached", f"{at}, {names[at]}", wrong)


def main() -> int:
    """Tries what the options say."""
    parser = argparse.ArgumentParser(description="End imagecluster at every point of its work and run it again.")
    parser.add_argument("scenarios", nargs="*", choices=[[], *SCENARIOS], metavar=" ".join(SCENARIOS))
    parser.add_argument("--ways", default=",".join(WAYS), help=f"of {','.join(WAYS)}")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="only every Nth point")
    parser.add_argument("--first", type=int, default=0, metavar="N", help="but all of the first N")
    parser.add_argument("--strace", action="store_true", help="the points that the system sees, by strace")
    parser.add_argument("--random", type=int, default=0, metavar="N", help="kills at N random moments")
    parser.add_argument("--disks", action="store_true", help="disks of every size that is too small; needs root")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    tally, chance, ways = Tally(), random.Random(given.seed), given.ways.split(",")
    with tempfile.TemporaryDirectory(prefix="crash-points-") as folder:
        scratch = Path(folder).resolve()
        warm_up(scratch)
        for name in given.scenarios or SCENARIOS:
            scenario = SCENARIOS[name](scratch)
            if given.strace:
                for way in [way for way in ways if way in SYSTEM_WAYS]:
                    points = system_points(scenario)
                    for i, (call, n) in enumerate(points):
                        if i < given.first or i % given.every == 0:
                            is_reached, wrong = try_system_call(scenario, call, n, way)
                            kind = f"{name}, strace, {way}" if is_reached else f"{name}, strace, {way}, not reached"
                            tally.add(kind, f"{call} {n}", wrong)
            elif given.random:
                scenario.reset()
                started_s = time.monotonic()
                in_child(lambda say, scenario=scenario: scenario.act(say, scenario.n_steps))
                whole_s = time.monotonic() - started_s
                for i in range(given.random):
                    tally.add(f"{name}, random kills", f"moment {i}", try_moment(scenario, chance, whole_s))
            elif given.disks:
                with mounted(scenario, "size=64m"):  # links to another disk are absolute
                    scenario.mend()
                    scenario.expected = [state_of(scenario.folder)]
                for options in ("size={n}k,nr_inodes=10000", "size=64m,nr_inodes={n}"):
                    for n in range(4, 4000, 4) if "{n}k" in options else range(2, 200):
                        was_too_small, wrong = try_disk(scenario, options.format(n=n))
                        tally.add(f"{name}, disks", options.format(n=n), wrong)
                        if not was_too_small:
                            break
            else:
                possible = [way for way in ways if way in scenario.ways]
                every_point(scenario, name, possible, tally, every=given.every, first=given.first)
    return tally.report()


if __name__ == "__main__":
    sys.exit(main())
