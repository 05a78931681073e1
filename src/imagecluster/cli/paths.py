"""Paths as people type them: the home folder, addresses, drives of Windows, and names that do not exist."""

from __future__ import annotations

import argparse
import contextlib
import difflib
import os
import re
import unicodedata
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import unquote_to_bytes, urlsplit

from imagecluster.errors import InputError

__all__ = ["existing_path", "nearest", "no_such_path", "typed_path"]

_LIKE = 0.72
"""Least share of common letters, by `difflib`, of a name that is suggested."""


def typed_path(text: str) -> Path:
    """The path that an argument means: `~` and `~user` are home folders, and a `file://` address is its path.

    A shell replaces `~` only at the start of a word, so that `--db=~/sorted` arrives as it was typed. A file or folder
    whose own name looks like one of these is named with `./` before it.

    Raises
    ------
    argparse.ArgumentTypeError
        An empty text, an address of another kind, a path of Windows on another system, or `~name` where no user has
        that name.

    """
    if not text:
        raise argparse.ArgumentTypeError("the path is empty; name a folder or a file")
    if text == "~" or text.startswith(("~/", f"~{os.sep}")) or (text.startswith("~") and not os.path.lexists(text)):
        return _at_home(text)
    if os.path.lexists(text):
        return Path(text)
    if re.match(r"[a-zA-Z][a-zA-Z0-9+.-]+:/", text):
        return _of_address(text)
    if os.name != "nt" and re.match(r"[a-zA-Z]:[\\/]|\\\\[^\\]", text):
        raise argparse.ArgumentTypeError(
            f"{text!r} is a path of Windows; here, give the folder where that drive or share is mounted, such as"
            f" {_mounted(text)}"
        )
    return Path(text)


def existing_path(text: str) -> Path:
    """As `typed_path`, for something to read: a name that differs only in the form of its accents is found.

    macOS stores `é` as two characters, keyboards give one; other systems take them for different names.
    """
    given = typed_path(text)
    return given if os.path.lexists(given) else _same_letters(given) or given


def no_such_path(
    given: Path, *, what: str = "file or folder", otherwise: str = "give the path of one that exists"
) -> InputError:
    """The error for a path that does not exist; it names what is called nearly the same, or says `otherwise`."""
    unseen = next((part for part in reversed(given.parents) if not os.path.lexists(part)), given)
    text, folder = os.fspath(given), unseen.parent
    why = f", because there is no folder {os.fspath(unseen)!r}" if unseen != given else ""
    try:
        similar = nearest(unseen.name, os.listdir(folder))  # noqa: PTH208 - a Path costs more than the name
    except OSError as error:
        return InputError(f"cannot look into {os.fspath(folder)!r}: {(error.strerror or 'it cannot be read').lower()}")
    slashed = text.replace("\\", "/")
    if slashed != text and os.path.lexists(slashed):
        hint = f"did you mean {slashed!r}?"
    else:
        hint = f"did you mean {os.fspath(folder / similar)!r}?" if similar else otherwise
    return InputError(f"there is no {what} {text!r}{why}; {hint}")


def nearest(name: str, known: Sequence[str]) -> str | None:
    """The most similar of the known names, in any case of letters; None if none is similar."""
    folded = {each.casefold(): each for each in known}
    found = difflib.get_close_matches(name.strip().casefold(), folded, n=1, cutoff=_LIKE)
    return folded[found[0]] if found else None


def _at_home(text: str) -> Path:
    """A path that begins with `~`, below that home folder."""
    whole = os.path.expanduser(text)  # noqa: PTH111 - Path.expanduser raises a RuntimeError
    if whole.startswith("~"):
        name = re.split(r"[\\/]" if os.name == "nt" else "/", text, maxsplit=1)[0]
        why = "the home folder is not known" if name == "~" else f"no user is called {name[1:]!r}"
        raise argparse.ArgumentTypeError(f"{text!r} cannot be found, because {why}; write ./{text} for that name here")
    return Path(whole)


def _of_address(text: str) -> Path:
    """The path of a `file://` address on this machine."""
    with contextlib.suppress(ValueError):  # a host such as `[` is none
        parts = urlsplit(text)
        place = unquote_to_bytes(text.partition(":")[2].removeprefix(f"//{parts.netloc}"))
        if parts.scheme == "file" and parts.netloc in ("", "localhost") and b"\0" not in place:
            whole = os.fsdecode(place)
            return Path(whole.removeprefix("/") if os.name == "nt" else whole)
    raise argparse.ArgumentTypeError(
        f"{text!r} is an address, and imagecluster reads only files and folders: download the pictures, or mount the"
        " share, and name that folder"
    )


def _mounted(text: str) -> str:
    """Where a path of Windows is usually found on this system."""
    if text[1] == ":":  # as the Windows Subsystem for Linux mounts drives
        return f"/mnt/{text[0].lower()}/{text[3:]}".replace("\\", "/").rstrip("/")
    return "/mnt/share"


def _same_letters(given: Path) -> Path | None:
    """The one existing path that differs from a missing one only in the form of its accents."""
    found = Path(given.anchor)
    for name in given.parts[1 if given.anchor else 0 :]:
        if os.path.lexists(found / name):
            found /= name
            continue
        wanted = unicodedata.normalize("NFC", name)
        try:
            same = [each for each in os.listdir(found) if unicodedata.normalize("NFC", each) == wanted]  # noqa: PTH208
        except OSError:
            return None
        if len(same) != 1:
            return None
        found /= same[0]
    return found
