"""Folders and files of other programs, and of ours, that hold no pictures of a collection."""

from __future__ import annotations

import os
from collections.abc import Collection
from pathlib import Path

__all__ = [
    "HIDDEN_FOLDERS",
    "PAGE_MARKER",
    "STORE_MARKER",
    "hidden_reason",
    "is_output",
    "left_out_reason",
    "library_reason",
    "untouchable_reason",
]

STORE_MARKER = ".imagecluster-store"
"""Name of the file that marks a folder as our own database or output."""

PAGE_MARKER = ".imagecluster-page"
"""Name of the file that marks a folder as a copy of our page, with small pictures."""

_OUTPUT_MARKERS = frozenset((PAGE_MARKER, ".imagecluster-links", ".imagecluster-made"))
_GENERATOR = b'<meta name="generator" content="imagecluster'
_LOOKED_AT_BYTES = 4096
_MOST_PAGES = 10

_TRASH = "trash"
_PREVIEWS = "previews of other programs"
_SNAPSHOTS = "snapshots"
_SYSTEM = "folders of the system"
_LIBRARY = "renders and previews in photo libraries"
HIDDEN = "hidden pictures"
HIDDEN_FOLDERS = "hidden folders"

_REASONS = {
    "$recycle.bin": _TRASH, "recycler": _TRASH, "recycled": _TRASH, "#recycle": _TRASH, "@recycle": _TRASH,
    ".trash": _TRASH, ".trashes": _TRASH, ".dtrash": _TRASH, ".recycle": _TRASH, ".recycle.bin": _TRASH,
    ".trashbin": _TRASH, ".wastebasket": _TRASH,
    "@eadir": _PREVIEWS, ".thumbnails": _PREVIEWS, ".@__thumb": _PREVIEWS, "@__thumb": _PREVIEWS,
    ".thumb": _PREVIEWS, ".thumbs": _PREVIEWS, ".picasaoriginals": _PREVIEWS, ".xvpics": _PREVIEWS,
    ".thumbdata": _PREVIEWS, "ipod photo cache": _PREVIEWS, "apple tv photo cache": _PREVIEWS,
    "@recently-snapshot": _SNAPSHOTS, "#snapshot": _SNAPSHOTS, "@snapshot": _SNAPSHOTS, ".snapshot": _SNAPSHOTS,
    ".snapshots": _SNAPSHOTS, "~snapshot": _SNAPSHOTS, ".zfs": _SNAPSHOTS, ".backupdb": _SNAPSHOTS,
    "lost+found": _SYSTEM, "system volume information": _SYSTEM, "node_modules": _SYSTEM, "__macosx": _SYSTEM,
    ".fseventsd": _SYSTEM, ".spotlight-v100": _SYSTEM, ".temporaryitems": _SYSTEM, "@tmp": _SYSTEM, "#tmp": _SYSTEM,
    "network trash folder": _TRASH, "temporary items": _SYSTEM,
}  # fmt: skip
"""Reason by name, in lower case."""

_LIBRARIES = (".photoslibrary", ".photolibrary", ".aplibrary", ".migratedphotolibrary", ".migratedaplibrary")
_ORIGINALS = frozenset(("originals", "masters"))

_MANAGED = (*_LIBRARIES, ".lrlibrary", ".lrdata", ".lrcat-data", ".cocatalog", ".cocatalogdb", ".cosessiondb",
            ".theater", ".photoboothlibrary")  # fmt: skip
"""Suffixes of folders that belong to a photo manager as a whole: their databases name every file in them."""
_MANAGED_NAMES = frozenset(("photo booth library", ".stversions", ".stfolder", ".dropbox.cache", ".picasaoriginals"))
_MANAGER_MARKERS = {".immich": "Immich", ".ppstorage": "PhotoPrism"}
"""Files by which programs mark the folders that are theirs alone."""
_MANAGED_BY = "belongs to a library of a photo manager"


def left_out_reason(name: str) -> str:
    """Why a folder of this name is passed over; empty if it is not.

    >>> left_out_reason("$RECYCLE.BIN"), left_out_reason("Catalog Previews.lrdata"), left_out_reason("Holidays")
    ('trash', 'previews of other programs', '')
    """
    lower = name.lower()
    if lower.startswith((".trash-", ".trashed-")):
        return _TRASH
    if lower.endswith((".lrdata", ".lrcat-data", ".cocatalogdb", ".cosessiondb")):
        return _PREVIEWS
    return _REASONS.get(lower, "")


def library_reason(folder: str, name: str) -> str:
    """Why a folder of this name inside another one is passed over; empty unless that is a library of photographs."""
    if folder.lower().endswith(_LIBRARIES) and name.lower() not in _ORIGINALS:
        return _LIBRARY
    return ""


def hidden_reason(name: str) -> str:
    """Why a file with the suffix of a picture and a leading dot is passed over; empty for what macOS writes itself."""
    if name.lower().startswith(".trashed-"):
        return _TRASH
    return "" if name.startswith("._") else HIDDEN


def is_output(folder: str, names: Collection[str]) -> bool:
    """Whether we wrote a folder with these names in it: a tree of links or copies, or a copy of the page.

    A copy of the page is known by its web page too, whatever that is called, since a marker with a leading dot is lost
    if the folder's visible contents are copied.
    """
    if not _OUTPUT_MARKERS.isdisjoint(names):
        return True
    if "pictures" not in names:
        return False
    for name in sorted(name for name in names if name.lower().endswith((".html", ".htm")))[:_MOST_PAGES]:
        try:
            with open(os.path.join(folder, name), "rb") as page:  # noqa: PTH118, PTH123 - text, as in the walk
                if _GENERATOR in page.read(_LOOKED_AT_BYTES):
                    return True
        except OSError:
            continue
    return False


def untouchable_reason(path: Path) -> str:
    """Why no action may move, replace or remove a file or folder; empty if one may.

    Libraries of photo managers, which know their files by name, recycle bins, snapshots, previews of other programs and
    what imagecluster wrote itself are for others to change. Both the path as it is given and the place to which links
    in it lead count.

    >>> untouchable_reason(Path("/home/a/Pictures/Photos Library.photoslibrary/originals/1/x.jpg"))
    'it belongs to a library of a photo manager (Photos Library.photoslibrary)'
    """
    given = os.path.abspath(path)  # noqa: PTH100 - folds '..' without following links
    real = os.path.realpath(path)
    return next((reason for text in dict.fromkeys((given, real)) if (reason := _untouchable(text))), "")


def _untouchable(path: str) -> str:
    """As `untouchable_reason`, of one absolute path."""
    parts = Path(path).parts
    for i, part in enumerate(parts):
        lower = part.lower()
        if lower.endswith(_MANAGED) or lower in _MANAGED_NAMES:
            return f"it {_MANAGED_BY} ({part})"
        is_desktop_trash = lower == "trash" and parts[i + 1 : i + 2] in (("files",), ("info",), ("expunged",))
        reason = _TRASH if is_desktop_trash or lower.startswith(".trashed-") else left_out_reason(part)
        if reason:
            return f"it is in {part}: {reason}"
    return next((reason for reason in map(_marked, _ancestors(path)) if reason), "")


def _ancestors(path: str) -> list[str]:
    """A path and the folders above it."""
    found = [path]
    while (above := os.path.dirname(found[-1])) != found[-1]:  # noqa: PTH120 - text, as in the walk
        found.append(above)
    return found


def _marked(folder: str) -> str:
    """Why a folder's own marker forbids actions in it; empty if there is none."""
    for marker in (STORE_MARKER, *_OUTPUT_MARKERS):
        if os.path.lexists(os.path.join(folder, marker)):  # noqa: PTH118
            return f"it is in a folder that imagecluster wrote ({folder})"
    for marker, program in _MANAGER_MARKERS.items():
        if os.path.lexists(os.path.join(folder, marker)):  # noqa: PTH118
            return f"it {_MANAGED_BY} ({program}: {folder})"
    return ""
