"""Files that are replaced in their place: by a link to an equal file, or by a new version of a sidecar.

The original is set aside under a hidden name, what replaces it is put in place, and only then the original's name is
removed: its bytes remain in the file that stays (a link), or in the journal (a sidecar). Taking that back makes the
file anew from these bytes, with the times, permissions and attributes that were recorded.
"""

from __future__ import annotations

import errno
import os
import stat
import sys
from contextlib import suppress

from imagecluster.actions.contents import (
    ChangedError,
    copied,
    drop_reservation,
    has_content,
    is_reservation,
    is_still,
    open_folder,
    opened,
    put_metadata,
    same_bytes,
    whole,
    written,
)
from imagecluster.actions.held import HeldFolder, same_file
from imagecluster.actions.moves import Bases, LostError, Move
from imagecluster.errors import LinksRefusedError

__all__ = ["can_have_name", "is_replaced", "replace_file", "restore_file"]

_CLONE = 0x40049409
"""FICLONE of Linux: makes an empty file share the blocks of another one."""


def replace_file(move: Move, bases: Bases) -> None:
    """Put a link, or a new sidecar, in the place of a file.

    Raises
    ------
    LinksRefusedError
        The drive does not know this kind of link; nothing was changed.
    ChangedError
        The file or the one that stays is not what it was.
    OSError
        It cannot be done; `restore_file` puts the original back.

    """
    name = move.source.name
    with open_folder(move.source.parent, bases) as here:
        _make_new(move, here, bases)
        if move.before is not None:
            here.move(name, here, move.aside)
            if not is_still(here, move.aside, move.before):
                here.move(move.aside, here, name)
                raise ChangedError("was changed by another program meanwhile")
        if move.way in ("hard", "symbolic"):
            _put_link(move, here, bases)
        else:
            here.move(move.unfinished, here, name)
        here.sync()
        if move.before is not None:
            here.unlink(move.aside)
            here.sync()


def is_replaced(move: Move, bases: Bases) -> bool:
    """Whether what replaces the file is in place, and nothing is left to tidy up."""
    try:
        with open_folder(move.source.parent, bases) as here:
            leftover = [name for name in (move.aside, move.unfinished) if name and here.look(name) is not None]
            return not leftover and _is_new(move, here) and not _is_original(move, here)
    except OSError:
        return False


def restore_file(move: Move, back: Move, bases: Bases) -> None:
    """Bring the original back, whatever part of replacing it was made, and whatever part of bringing it back.

    `back` says where to (`target`), and by which unfinished name the file is made anew.

    Raises
    ------
    LostError
        Neither it nor another file with its bytes is there, or somebody has changed what replaced it.
    FileExistsError
        The name is taken.
    OSError
        It cannot be done.

    """
    try:
        mode = move.before.folder_mode if move.before is not None else 0o777
        here = open_folder(move.source.parent, bases, create=move.way != "write", mode=mode)
    except FileNotFoundError:
        if move.before is None:
            return  # a new sidecar, gone with its folder
        raise LostError("cannot be brought back: its folder is gone") from None
    with here:
        if move.before is not None and not is_still(here, move.aside, move.before):
            drop_reservation(here, move.aside)
        is_unused = _is_new_unused(move, here)
        for leftover in (move.unfinished, back.unfinished):
            if leftover:
                with suppress(FileNotFoundError):
                    here.unlink(leftover)
        if move.before is None:
            if not is_unused:
                _remove_new(move, here)
        elif here.look(move.aside) is not None:
            _put_original_back(move, back, here, is_unused=is_unused)
        elif not _is_original(move, here):
            _make_anew(move, back, here, bases)
        here.sync()


def _is_new_unused(move: Move, here: HeldFolder) -> bool:
    """Whether the new file never got the name of the original; what reserved that name for it is removed."""
    new = here.look(move.unfinished) if move.unfinished else None
    if new is None:
        return False
    found = here.look(move.source.name)
    if found is not None and same_file(new, found):
        return False  # it has both names, as a kill leaves it on some drives
    if move.before is None or here.look(move.aside) is not None:
        drop_reservation(here, move.source.name)
    return True


def _put_original_back(move: Move, back: Move, here: HeldFolder, *, is_unused: bool) -> None:
    """Give the original, which is set aside, its name again."""
    original, found = here.look(move.aside), here.look(move.source.name)
    if original is not None and found is not None and same_file(original, found):
        here.unlink(move.aside)  # a second name of it, as a kill leaves it on some drives
        return
    if back.target == move.source and not is_unused:
        _remove_new(move, here)
    here.move(move.aside, here, back.target.name)


def can_have_name(move: Move, bases: Bases) -> bool:
    """Whether the original may have its own name: it is free, or what has it is the original or its replacement."""
    try:
        with open_folder(move.source.parent, bases) as here:
            if here.look(move.source.name) is None or _is_original(move, here) or _is_new(move, here):
                return True
            if move.aside and here.look(move.aside) is not None:
                return is_reservation(here, move.source.name)
            return move.way == "write"
    except OSError:
        return True


def _make_new(move: Move, here: HeldFolder, bases: Bases) -> None:
    """Make what has to be complete before the original is touched."""
    if move.way == "write":
        written(here, move.unfinished, move.data, move.before.mode if move.before else None)
    elif move.way == "reflink":
        assert move.keep is not None
        assert move.before is not None
        with open_folder(move.keep.parent, bases) as there, opened(there, move.keep.name) as kept:
            descriptor = here.create(move.unfinished)
            try:
                _clone(kept, descriptor, move)
                with opened(here, move.source.name) as source:
                    if not same_bytes(source, descriptor):
                        raise ChangedError("has other bytes than the file that stays")
                put_metadata(descriptor, move.before)
            finally:
                os.close(descriptor)


def _put_link(move: Move, here: HeldFolder, bases: Bases) -> None:
    """Put a link in the place of a file that was set aside, after its bytes were compared once more."""
    assert move.keep is not None
    with open_folder(move.keep.parent, bases) as there:
        with opened(there, move.keep.name) as kept, opened(here, move.aside) as original:
            if same_file(os.fstat(kept), os.fstat(original)):
                raise ChangedError("is the file that stays, under another name")
            if not same_bytes(kept, original):
                raise ChangedError("has other bytes than the file that stays")
        try:
            if move.way == "hard":
                there.link(move.keep.name, here, move.source.name)
            else:
                here.symlink(_leading_to(move), move.source.name)
        except OSError as error:
            if error.errno not in (errno.EPERM, errno.ENOTSUP, errno.EXDEV, errno.EMLINK, errno.ENOSYS):
                raise
            raise LinksRefusedError(
                f"a {move.way} link cannot be made there ({(error.strerror or '').lower()})"
            ) from None


def _clone(source: int, target: int, move: Move) -> None:
    """Make an empty file share the blocks of another one."""
    refused = f"the drive of {move.source.parent} knows no reflinks; use hard links"
    if sys.platform != "linux":
        raise LinksRefusedError(refused)
    import fcntl

    try:
        fcntl.ioctl(target, _CLONE, source)
    except OSError as error:
        if error.errno in (errno.ENOTTY, errno.EOPNOTSUPP, errno.EINVAL, errno.EXDEV, errno.ENOSYS, errno.EPERM):
            raise LinksRefusedError(refused) from None
        raise


def _leading_to(move: Move) -> str:
    """The text of a symbolic link: relative, so that it holds when both files are moved together."""
    assert move.keep is not None
    return os.path.relpath(os.path.realpath(move.keep), os.path.realpath(move.source.parent))


def _is_new(move: Move, here: HeldFolder) -> bool:
    """Whether what has the file's name is what was put there."""
    name = move.source.name
    found = here.look(name)
    if found is None:
        return False
    if move.way == "symbolic":
        return stat.S_ISLNK(found.st_mode) and here.readlink(name) == _leading_to(move)
    if move.way == "write":
        return _holds(here, name, move.data)
    assert move.before is not None
    return has_content(here, name, move.before.content_hash)


def _is_original(move: Move, here: HeldFolder) -> bool:
    """Whether the original, or what was made anew for it, has the file's name."""
    before = move.before
    found = here.look(move.source.name)
    if before is None or found is None or not stat.S_ISREG(found.st_mode):
        return False
    if (found.st_ino, found.st_size, found.st_mtime_ns) == (before.inode, before.size_bytes, before.mtime_ns):
        return True
    if move.way == "reflink":
        return False
    if move.way == "hard" and found.st_nlink > 1:
        return False  # the file that stays, which may have the same times
    is_like = (found.st_size, found.st_mtime_ns, stat.S_IMODE(found.st_mode)) == (
        before.size_bytes, before.mtime_ns, before.mode,
    )  # fmt: skip
    return is_like and has_content(here, move.source.name, before.content_hash)


def _remove_new(move: Move, here: HeldFolder) -> None:
    """Remove what was put in the file's place, if it is still that, or what reserved its name for it."""
    drop_reservation(here, move.source.name)
    found = here.look(move.source.name)
    if found is None:
        return
    if not _is_new(move, here):
        raise LostError("was changed since; it was left as it is")
    here.unlink(move.source.name)


def _make_anew(move: Move, back: Move, here: HeldFolder, bases: Bases) -> None:
    """Make the original anew from the bytes that remain, and put it in its place."""
    before, name = move.before, move.source.name
    assert before is not None
    try:
        if move.way == "write":
            if here.look(name) is not None and not _is_new(move, here):
                raise LostError("was changed since; it was left as it is")
            written(here, back.unfinished, move.old, before.mode)
            descriptor = here.open(back.unfinished, os.O_RDWR)
            try:
                put_metadata(descriptor, before)
            finally:
                os.close(descriptor)
        else:
            _copy_remaining(move, back, here, bases)
        if back.target == move.source:
            _remove_new(move, here)
        here.move(back.unfinished, here, back.target.name)
    except OSError:
        with suppress(OSError):
            here.unlink(back.unfinished)
        raise


def _copy_remaining(move: Move, back: Move, here: HeldFolder, bases: Bases) -> None:
    """Copy the bytes of a file that was replaced by a link from the link, or from the file that stays."""
    assert move.before is not None
    assert move.keep is not None
    if move.way != "symbolic" and _is_new(move, here):
        with opened(here, move.source.name) as source:
            copied(source, here, back.unfinished, move.before)
        return
    found = here.look(move.source.name)
    try:
        with open_folder(move.keep.parent, bases) as there, opened(there, move.keep.name) as source:
            copied(source, here, back.unfinished, move.before)
    except OSError as error:
        if isinstance(error, ChangedError) or error.errno in (errno.ENOENT, errno.ELOOP):
            is_shared = found is not None and move.way == "hard"
            what = "was changed through its other name" if is_shared else "cannot be made anew"
            raise LostError(f"{what}: {move.keep}, which has stayed for it, no longer has its bytes") from None
        raise


def _holds(folder: HeldFolder, name: str, data: bytes) -> bool:
    """Whether a name is that of a regular file with these bytes."""
    try:
        with opened(folder, name) as descriptor:
            if os.fstat(descriptor).st_size != len(data):
                return False
            return whole(descriptor) == data
    except ChangedError:
        return False
