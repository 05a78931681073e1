"""The place of a link tree: whose it is, how it is swapped, and what is removed."""

# os.path on text throughout: over 500,000 pictures a Path costs more than the link.
# ruff: noqa: PTH100, PTH104, PTH106, PTH108, PTH112, PTH113, PTH114, PTH116, PTH118, PTH120, PTH208

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from imagecluster.errors import ArgumentError, OutputError
from imagecluster.scan import StrPath

LINKS_MARKER = ".imagecluster-links"
"""Name of the file that marks a folder as a link tree of ours. No folder without it is ever removed."""

LinkKind = Literal["symlink", "hardlink", "copy"]

_MARKER_TEXT = """imagecluster link tree 1
kind: {kind}

imagecluster builds this folder anew at each run and removes what it built before.
Keep nothing of your own in it. It may be deleted; the pictures that it shows lie elsewhere{but}.
"""
_LITTER = frozenset(("thumbs.db", "desktop.ini"))
"""What file managers leave behind, besides hidden files."""

_LITTER_FOLDER = "@eaDir"
"""Where network drives put their own previews."""

_log = logging.getLogger(__name__)


class LinkTree:
    """The place of a link tree, and of the ones to come and to go beside it."""

    def __init__(self, directory: Path) -> None:
        self.given = os.path.abspath(directory)
        # A place that is itself a symbolic link stays one: the swap happens where it leads.
        self.place = os.path.realpath(self.given)
        self.parent, name = os.path.split(self.place)
        if not name:
            raise OutputError(f"cannot build a link tree at {self.place!r}; give it a folder of its own")
        self.new = os.path.join(self.parent, f".{name}.imagecluster-new")
        self.old = os.path.join(self.parent, f".{name}.imagecluster-old")

    def refuse_pictures_inside(self, clusters: Sequence[Sequence[StrPath]]) -> None:
        """The next call would remove them."""
        inside = self.place + os.sep
        for folder in {os.path.dirname(picture) for members in clusters for picture in members}:
            if (os.path.realpath(folder) + os.sep).startswith(inside):
                raise ArgumentError(
                    f"pictures in {folder!r} lie inside the link tree {self.place!r}, which is removed when it is "
                    "built anew; give the tree another place"
                )

    def recover(self) -> list[Path]:
        """Removes what a call that was killed left behind; brings its former tree back if nothing replaced it."""
        if os.path.lexists(self.old) and not os.path.lexists(self.place):
            self.claim(self.old)
            os.rename(self.old, self.place)
        return self.remove(self.old) + self.remove(self.new)

    def claim(self, folder: str) -> None:
        """Makes sure that a folder, if it exists, is ours; an empty one becomes ours."""
        if not os.path.lexists(folder):
            return
        if os.path.islink(folder) or not os.path.isdir(folder):
            raise OutputError(
                f"{folder!r} is in the way of the link tree and not a folder; move it or give another place"
            )
        if os.path.lexists(os.path.join(folder, LINKS_MARKER)):
            return
        if os.listdir(folder):
            raise OutputError(
                f"the folder {folder!r} was not built by imagecluster (it has no {LINKS_MARKER}) and is left alone; "
                "move it, or give the link tree another place"
            )
        mark(folder, "symlink")

    def is_of(self, kind: LinkKind) -> bool:
        """Whether a tree of that kind is in the place."""
        marker = os.path.join(self.place, LINKS_MARKER)
        return os.path.isfile(marker) and _kind(marker) == kind

    def upper_levels(self) -> set[str]:
        """Everything in the two upper levels of the tree in the place, relative to it."""
        names = set(os.listdir(self.place))
        folders = [name for name in names if os.path.isdir(os.path.join(self.place, name))]
        return names | {
            os.path.join(folder, name) for folder in folders for name in os.listdir(os.path.join(self.place, folder))
        }

    def swap(self) -> None:
        """Puts the new tree in the place of the former one."""
        if not os.path.lexists(self.place):
            os.rename(self.new, self.place)
            return
        os.rename(self.place, self.old)
        try:
            os.rename(self.new, self.place)
        except BaseException:
            os.rename(self.old, self.place)
            raise

    def remove(self, folder: str) -> list[Path]:
        """Deletes a tree of ours, if it exists; gives the folder where files that it did not make are kept."""
        if not os.path.lexists(folder):
            return []
        self.claim(folder)
        marker = os.path.join(folder, LINKS_MARKER)
        # The marker goes last: a removal that is cut off is still known as ours.
        if _remove_contents(folder, _kind(marker), spare=LINKS_MARKER):
            os.unlink(marker)
            os.rmdir(folder)
            return []
        kept, n = f"{self.place}.kept", 1
        while os.path.lexists(kept):
            n += 1
            kept = f"{self.place}.kept-{n}"
        _log.warning("files that imagecluster did not make were in the link tree; they are kept in %r", kept)
        os.rename(folder, kept)
        os.unlink(os.path.join(kept, LINKS_MARKER))
        return [Path(kept)]


def mark(folder: str, kind: LinkKind) -> None:
    """Writes the marker that makes a folder ours."""
    text = _MARKER_TEXT.format(kind=kind, but=" (these are copies)" if kind == "copy" else "")
    Path(folder, LINKS_MARKER).write_text(text, encoding="utf-8")


def _kind(marker: str) -> str:
    """Kind of link that a tree was made of; the most careful one where its marker does not say."""
    lines = Path(marker).read_bytes().splitlines() if os.path.isfile(marker) else []
    return lines[1].removeprefix(b"kind: ").decode("ascii", "replace") if len(lines) > 1 else "symlink"


def _remove_contents(folder: str, kind: str, *, spare: str = "") -> bool:
    """Deletes what a tree of that kind is made of, following no link; whether nothing else was there."""
    with os.scandir(folder) as listing:
        entries = list(listing)
    all_gone = True
    for entry in entries:
        if entry.name == spare:
            continue
        if entry.is_dir(follow_symlinks=False):
            if _remove_contents(entry.path, "copy" if entry.name == _LITTER_FOLDER else kind):
                os.rmdir(entry.path)
            else:
                all_gone = False
        elif _is_ours(entry, kind):
            os.unlink(entry.path)
        else:
            all_gone = False
    return all_gone


def _is_ours(entry: os.DirEntry[str], kind: str) -> bool:
    """Whether a file in a tree is lost to nobody: a link, a copy, or what a file manager left."""
    if entry.is_symlink() or entry.name.startswith(".") or entry.name.lower() in _LITTER:
        return True
    if kind == "hardlink":
        # The last name of a file is the file.
        return os.stat(entry.path, follow_symlinks=False).st_nlink > 1
    return kind == "copy"
