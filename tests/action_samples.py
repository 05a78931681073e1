"""Folders of files with equal copies, parts and odd names, what is in a tree, and plans about it."""

from __future__ import annotations

import os
import stat
import time
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from imagecluster.actions import FileFacts, Plan, Step, facts_of

START_NS = 1_500_000_000_123_456_789


class Kept(NamedTuple):
    """What has to be as it was after an undo."""

    kind: int
    content: bytes | str
    mode: int
    mtime_ns: int
    n_names: int
    attributes: tuple[tuple[str, bytes], ...]
    owner: tuple[int, int]


def tree(folder: Path) -> dict[str, Kept]:
    """Everything in a folder, by its path inside; times of folders do not count."""
    found = {}
    for path in sorted(folder.rglob("*")):
        status = path.lstat()
        kind = stat.S_IFMT(status.st_mode)
        is_file = kind == stat.S_IFREG
        content: bytes | str = path.read_bytes() if is_file else str(path.readlink()) if path.is_symlink() else ""
        attributes = ()
        if is_file and hasattr(os, "listxattr"):
            attributes = tuple((name, os.getxattr(path, name)) for name in sorted(os.listxattr(path)))
        found[path.relative_to(folder).as_posix()] = Kept(
            kind,
            content,
            stat.S_IMODE(status.st_mode),
            status.st_mtime_ns if is_file else 0,
            status.st_nlink if is_file else 0,
            attributes,
            (status.st_uid, status.st_gid),
        )
    return found


def write(path: Path, content: bytes, *, mode: int = 0o644, age: int = 0) -> Path:
    """A file with a mode, a time of its own and, where the drive has them, an attribute."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    path.chmod(mode)
    with suppress(OSError, AttributeError):
        os.setxattr(path, "user.note", f"of {path.name}".encode("utf-8", "surrogateescape"))
    os.utime(path, ns=(START_NS - age, START_NS - age * 1_000_003))
    return path


def facts(path: Path) -> FileFacts:
    """The facts of a file."""
    return facts_of(path)


def step(file: Path, keep: Path | None = None, *parts: Path, kind: str = "", **more) -> Step:
    """A step; of kind "identical" if there is a file that stays, else "rejected"."""
    return Step(
        facts(file),
        tuple(map(facts, parts)),
        None if keep is None else facts(keep),
        kind or ("identical" if keep is not None else "rejected"),
        "as the test wants it",
        **more,
    )


def plan(root: Path, *steps: Step, references: tuple[Path, ...] = ()) -> Plan:
    """A plan."""
    return Plan(root, steps, time.time(), "a test", references)
