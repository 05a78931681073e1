"""The trash of Linux desktops, as the specification of freedesktop.org has it (version 1.0).

A file goes into the trash on its own drive, so that it is renamed and never copied: the home trash, else
`$topdir/.Trash/$uid` where an administrator has made a `.Trash` (with the sticky bit, and not a link), else
`$topdir/.Trash-$uid`. Its note, `info/NAME.trashinfo`, is written first, under a name that nothing has.
"""

from __future__ import annotations

import os
import stat
import time
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from imagecluster.actions.contents import open_folder
from imagecluster.actions.held import HeldFolder, Volume, may_write
from imagecluster.actions.moves import Bases
from imagecluster.errors import OutputError

__all__ = ["TrashCan", "find_trash", "home_trash", "remove_info", "write_info"]

_SUFFIX = ".trashinfo"


class TrashCan(NamedTuple):
    """A trash on one drive."""

    path: Path
    """Folder with `files` and `info`, absolute, without links."""

    def names_for(self, name: str, n: int) -> tuple[Path, Path]:
        """Places of a file and of its note under the nth name that may be tried."""
        stem, suffix = Path(name).stem, Path(name).suffix
        number = "" if n == 1 else f".{n}"
        while stem and len(os.fsencode(f"{stem}{number}{suffix}{_SUFFIX}")) > 255:
            stem = stem[:-1]
        new = f"{stem}{number}{suffix}"
        return self.path / "files" / new, self.path / "info" / (new + _SUFFIX)


def home_trash() -> Path:
    """The user's own trash, whether or not it is there."""
    data = os.environ.get("XDG_DATA_HOME", "")
    return (Path(data) if os.path.isabs(data) else Path.home() / ".local" / "share") / "Trash"  # noqa: PTH117


def find_trash(folder: Path, volume: Volume) -> TrashCan:
    """The trash for the files in a folder, which is made if it is missing.

    Raises
    ------
    OutputError
        There is none on that drive, and none can be made; the message offers a folder there.

    """
    home = home_trash()
    with suppress(OSError):
        found = next(path for path in (home, *home.parents) if path.is_dir())
        with HeldFolder(found, found) as held:
            if held.volume == volume:
                return _made(Path(os.path.realpath(home)), Path(os.path.realpath(found)))
    top = _top(Path(os.path.realpath(folder)), volume)
    uid = os.geteuid()
    reasons = []
    for place, base in ((top / ".Trash" / str(uid), top / ".Trash"), (top / f".Trash-{uid}", top)):
        try:
            if base != top and not _is_shared_trash(base):
                continue
            return _made(place, base)
        except OSError as error:
            reasons.append((error.strerror or str(error)).lower())
    raise OutputError(
        f"there is no trash on the drive of {folder}, and none can be made in {top}"
        f" ({reasons[-1] if reasons else 'not allowed'}). Nothing was moved; name a folder on the same drive instead,"
        f" such as {_writable(folder, top) / 'set-aside'}"
    )


def write_info(info: Path, source: Path, bases: Bases) -> None:
    """Write the note about a file that is going to the trash; FileExistsError if the name is taken."""
    with open_folder(info.parent, (*bases, info.parents[1])) as folder:
        descriptor = folder.create(info.name)
        try:
            path, in_drive = _spelt(info, source)
            is_home = info.parents[1] == Path(os.path.realpath(home_trash()))
            os.write(descriptor, _note(path if is_home else in_drive).encode("ascii"))
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        folder.sync()


def remove_info(info: Path, source: Path, bases: Bases) -> None:
    """Remove the note about a file that is back, if it is still the note about it."""
    with suppress(OSError), open_folder(info.parent, (*bases, info.parents[1])) as folder:
        descriptor = folder.open(info.name)
        try:
            text = os.read(descriptor, 1 << 16).decode("ascii", "replace")
        finally:
            os.close(descriptor)
        # A kill while it was written leaves a part of it.
        notes = [_note(path).partition("DeletionDate")[0] for path in _spelt(info, source)]
        if any(text.startswith(wanted) or wanted.startswith(text) for wanted in notes):
            folder.unlink(info.name)


def _spelt(info: Path, source: Path) -> tuple[str, str]:
    """The path of a file as a note in the home trash has it, and relative to the top folder of the drive."""
    path = os.path.join(os.path.realpath(source.parent), source.name)  # noqa: PTH118 - text
    trash = info.parents[1]
    top = trash.parent.parent if trash.parent.name == ".Trash" else trash.parent
    return path, os.path.relpath(path, top)


def _note(path: str) -> str:
    moment = time.strftime("%Y-%m-%dT%H:%M:%S")
    return f"[Trash Info]\nPath={quote(os.fsencode(path), safe='/')}\nDeletionDate={moment}\n"


def _made(place: Path, base: Path) -> TrashCan:
    """A trash that can be written to; `base` is the part of it that may be there already."""
    for name in ("files", "info"):
        path = place / name
        missing = [each for each in (place, *place.parents) if not os.path.lexists(each)]
        for each in reversed(missing):
            each.mkdir(mode=0o700)
        with HeldFolder(path, base, create=True, mode=0o700) as folder:
            if folder.status.st_uid != os.geteuid():
                raise PermissionError(13, f"{path} belongs to another user")
            if not may_write(path):
                raise PermissionError(13, f"{path} cannot be written to")
    return TrashCan(place)


def _is_shared_trash(path: Path) -> bool:
    """Whether this is a `.Trash` of an administrator, in which every user has a folder."""
    with suppress(OSError):
        mode = path.lstat().st_mode
        return stat.S_ISDIR(mode) and bool(mode & stat.S_ISVTX)
    return False


def _writable(folder: Path, top: Path) -> Path:
    """The highest folder above another one, on its drive, that can be written to."""
    above = [path for path in reversed((folder, *folder.parents)) if path.is_relative_to(top) or path == folder]
    return next((path for path in above if may_write(path)), top)


def _top(folder: Path, volume: Volume) -> Path:
    """The highest folder on the drive of a folder: where it is mounted."""
    top = folder
    for parent in folder.parents:
        try:
            with HeldFolder(parent, parent) as held:
                if held.volume != volume:
                    break
        except OSError:
            break
        top = parent
    return top
