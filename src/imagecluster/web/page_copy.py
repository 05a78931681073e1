"""A copy of the page for sharing that needs no server: one file, or a folder with the pictures beside the page."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from importlib.metadata import version
from io import BytesIO
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy as np

from imagecluster.collection import latest_run
from imagecluster.corrections import EDITS_NAME, Edit, History, follow
from imagecluster.decode.thumbnail import make_thumbnail
from imagecluster.errors import ArgumentError, InputError, OutputError
from imagecluster.explore.colours import Colours
from imagecluster.explore.projection import kept_map, principal_map
from imagecluster.explore.snapshot import Snapshot, load_snapshot
from imagecluster.present.output_file import replacing
from imagecluster.present.owned_tree import RECORD_NAME, OwnedTree, copied_key, is_litter, key_of, record_end
from imagecluster.scan import PAGE_MARKER
from imagecluster.store import Run, Store
from imagecluster.system.cores import n_cores
from imagecluster.system.progress import OnProgress, Progress, silent
from imagecluster.system.safe_files import OwnFolder, unfinished_name
from imagecluster.web.copy_data import View, copy_data, hidden_pictures
from imagecluster.web.page_files import asset, bundled_script, bundled_styles
from imagecluster.web.thumbnails import SIDES_PX, ThumbnailMaker
from imagecluster.web.viewer_options import name_of

__all__ = ["COPY_SIDES_PX", "Copied", "Source", "View", "stored_source", "write_page_copy"]

COPY_SIDES_PX = (96, *SIDES_PX)
"""Longer sides that pictures in a copy can have."""

_BYTES_TO_192 = {96: 0.4, 192: 1.0, 384: 3.0, 1024: 15.0}
"""Approximate size in bytes of a picture, relative to one of 192 px."""

_LIGHT_BYTES = {True: 30_000_000, False: 300_000_000}
"""Size up to which pictures in a file (True) or folder (False) are as large as possible, but at most 384 px."""

_LARGEST_FILE_BYTES = 120_000_000
"""Largest file that browsers open without a long wait."""

MOST_PICTURES = 100_000

_MARKER_TEXT = "imagecluster writes this folder anew at each export and removes what it wrote before.\n"
_N_SAMPLES = 64
_IN_A_FOLDER = 1000

_PAGE = """\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<meta name="generator" content="imagecluster {version}">
<title>{title} · imagecluster</title>
<link rel="icon" href="data:image/svg+xml;base64,{icon}">
<style>{styles}</style>
</head>
<body>
<div id="app"></div>
<noscript><p class="noscript">This page needs JavaScript.</p></noscript>
<script type="application/json" id="copy">"""

_END = """</script>
<script type="module">{script}</script>
</body>
</html>
"""


class Source(NamedTuple):
    """The collection to copy."""

    snapshot: Snapshot
    edits: Sequence[Edit]
    thumbnails: ThumbnailMaker
    colours: Colours
    directory: Path
    """Folder of the database."""


class Copied(NamedTuple):
    """A copy that has been written."""

    page: Path
    """The file to open."""
    n_pictures: int
    side_px: int
    """Longer side of its pictures."""
    size_bytes: int
    """Size of everything that was written."""
    kept: tuple[Path, ...] = ()
    """Folders that keep the files of others that were in an earlier copy."""


@contextmanager
def stored_source(directory: Path, model: str | None = None) -> Iterator[tuple[Source, Run]]:
    """The contents of a database and its latest run, or its latest run with a model (`name@version`).

    Raises
    ------
    InputError
        There has been no such run.
    StoreError
        There is no database.

    """
    with Store.open(directory, writable=False) as store, store.thumbnails() as cache:
        run = latest_run(store, model)
        if run is None:
            raise InputError(
                f"{directory} has no run{'' if model is None else f' with {model}'}; run imagecluster first"
            )
        edits = History(directory / EDITS_NAME).edits
        colours = Colours(cache, directory, keep=False)
        snapshot = load_snapshot(store, run.model)
        yield (
            Source(snapshot, follow(edits, snapshot.heirs), ThumbnailMaker(cache, keep=False), colours, directory),
            run,
        )


def write_page_copy(
    source: Source,
    place: Path,
    view: View,
    *,
    side_px: int | None = None,
    progress: OnProgress = silent,
    within: OwnFolder | None = None,
) -> Copied:
    """Write the page with everything in it: a file if the name ends with .html, else a folder.

    It reveals nothing beyond that: names of pictures are relative to the collection, EXIF data and locations are left
    out, and hidden pictures leave only their place in the dendrogram.

    Parameters
    ----------
    source
        The collection to copy.
    place
        File or folder to write. A folder with an earlier copy is replaced.
    view
        The first view of the copy.
    side_px
        Longer side of the pictures, one of `COPY_SIDES_PX`; default: as large as a small copy allows, at most 384.
    progress
        Called for each picture.
    within
        The folder in which `place` lies, where that is held open.

    Raises
    ------
    ArgumentError
        `side_px` or the view is not allowed, or the copy would be too large.
    InputError
        There are no pictures, or they have not been clustered.
    OutputError
        The place cannot be written, or the folder holds something else.

    """
    snapshot = source.snapshot
    if not len(snapshot) or snapshot.provisional:
        raise InputError("there are no clusters yet; run imagecluster first")
    if not 0.0 <= view.sim <= 1.0 or view.min_size < 1:
        raise ArgumentError(
            f"sim is {view.sim} and min_size is {view.min_size}; sim must be from 0 to 1, and min_size at least 1"
        )
    one_file = place.suffix.lower() in (".html", ".htm")
    side_px = _side(source, side_px, one_file=one_file)
    hidden = set(hidden_pictures(snapshot, source.edits).tolist())
    small = _Small(source, side_px)

    def picture(number: int) -> bytes | None:
        return None if number in hidden else small(number)

    def pictures() -> Iterator[bytes | None]:
        n = len(snapshot)
        with ThreadPoolExecutor(n_cores()) as pool:
            # In portions: a pool that received everything at once would hold all pictures in memory.
            for start in range(0, n, _IN_A_FOLDER):
                portion = range(start, min(n, start + _IN_A_FOLDER))
                for done, image in enumerate(pool.map(picture, portion), start=start + 1):
                    progress(Progress("thumbnails", done, n))
                    yield image

    kept: tuple[Path, ...] = ()
    try:
        if one_file:
            with replacing(place, within, create=False) as stream:
                _write_page(stream, source, view, pictures=pictures())
            size_bytes, page = place.stat().st_size, place
        else:
            size_bytes, page, kept = _write_folder(place, source, view, pictures())
    except OSError as error:
        raise OutputError(f"cannot write {place}: {error.strerror or error}") from None
    return Copied(page, len(snapshot) - len(hidden), side_px, size_bytes, kept)


def _side(source: Source, wanted: int | None, *, one_file: bool) -> int:
    """Longer side of the pictures; a copy that would be too large is refused."""
    n = len(source.snapshot)
    if wanted is not None and wanted not in COPY_SIDES_PX:
        raise ArgumentError(f"the side is {wanted} px; it must be one of {', '.join(map(str, COPY_SIDES_PX))}")
    if n > MOST_PICTURES:
        raise ArgumentError(f"a copy of the page holds at most {MOST_PICTURES:,} pictures; the collection has {n:,}")
    sample = np.unique(np.linspace(0, n - 1, min(n, _N_SAMPLES)).astype(np.int64))
    small = _Small(source, SIDES_PX[0])
    average = float(np.mean([len(small(int(picture)) or b"") for picture in sample]))
    expected = {side: n * average * by * (4 / 3 if one_file else 1) for side, by in _BYTES_TO_192.items()}
    if wanted is None:
        light = [side for side in (384, 192) if expected[side] <= _LIGHT_BYTES[one_file]]
        wanted = light[0] if light else 96
    if one_file and expected[wanted] > _LARGEST_FILE_BYTES:
        raise ArgumentError(
            f"{n:,} pictures of {wanted} px would make a file of about {expected[wanted] / 1e6:,.0f} MB, which browsers"
            f" do not open well (limit {_LARGEST_FILE_BYTES / 1e6:.0f} MB); give a folder instead of a file"
            f"{'' if wanted == 96 else ', or a smaller side'}"
        )
    return wanted


class _Small:
    """Pictures of one size as JPEG; None for a picture that cannot be read."""

    def __init__(self, source: Source, side_px: int) -> None:
        self._source = source
        self._side_px = side_px

    def __call__(self, picture: int) -> bytes | None:
        # A picture that can no longer be read may have a small version in the cache.
        for side_px in dict.fromkeys((max(self._side_px, SIDES_PX[0]), SIDES_PX[0])):
            shown = self._source.thumbnails.shown(self._source.snapshot, picture, side_px=side_px)
            if shown.reason is None:
                return _reduced(shown.image) if self._side_px < SIDES_PX[0] else shown.image
        return None


def _reduced(image: bytes) -> bytes:
    from PIL import Image

    with Image.open(BytesIO(image), formats=("JPEG",)) as opened:
        return make_thumbnail(opened.convert("RGB"), long_side_px=COPY_SIDES_PX[0])


def _write_page(
    stream: BinaryIO,
    source: Source,
    view: View,
    *,
    pictures: Iterator[bytes | None] | None = None,
    missing: Sequence[int] = (),
) -> None:
    """Write the page with its pictures in it or, if they are files beside it, with a list of those without a file."""
    snapshot, script, styles = source.snapshot, bundled_script(), bundled_styles()
    beside = " file: 'self'" if pictures is None else ""
    policy = (
        f"default-src 'none'; script-src {_hash(script)}; style-src {_hash(styles)}; img-src data:{beside};"
        " base-uri 'none'; form-action 'none'"
    )
    head = _PAGE.format(
        policy=policy,
        version=version("imagecluster"),
        title=html.escape(name_of(snapshot.root)),
        icon=base64.b64encode(asset("icon.svg")).decode(),
        styles=styles,
    )
    colours, _ = source.colours.of(snapshot.leaves.hashes)
    places = kept_map(source.directory, snapshot, method="umap")
    data = copy_data(
        snapshot,
        source.edits,
        view,
        colours=colours,
        places=principal_map(snapshot) if places is None else places,
        made_s=time.time(),
    )
    stream.write(head.encode())
    stream.write(_json(data)[:-1])
    if pictures is not None:
        stream.write(b',"thumbnails":[')
        for number, image in enumerate(pictures):
            text = b"null" if image is None else b'"' + base64.b64encode(image) + b'"'
            stream.write(text if number == 0 else b"," + text)
        stream.write(b"]}")
    else:
        stream.write(b',"missing":' + _json(missing) + b"}")
    stream.write(_END.format(script=script).encode())


def _json(value: object) -> bytes:
    """JSON that is safe in a page: nothing in it ends the element around it."""
    text = json.dumps(value, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").encode("ascii")


def _hash(text: str) -> str:
    """The hash by which a policy names a script or a style."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _write_folder(
    place: Path, source: Source, view: View, pictures: Iterator[bytes | None]
) -> tuple[int, Path, tuple[Path, ...]]:
    """Write a folder with the page and its pictures in place of an earlier one.

    Returns its size, the page, and the folders that keep the files of others that were in the earlier one.
    """
    with OwnedTree(place, marker=PAGE_MARKER, text=_MARKER_TEXT, what="copy of the page") as tree:
        kept = tree.recover()
        _refuse_strangers(tree)
        size_bytes, missing = 0, []
        with tree.building(_MARKER_TEXT) as (top, record):
            record.write(key_of("folder", "pictures") + record_end())
            with top.child("pictures", create=True) as folder:
                for number, image in enumerate(pictures):
                    if image is None:
                        missing.append(number)
                        continue
                    _write_picture(folder, number, image, record)
                    size_bytes += len(image)
            size_bytes += _write_index(top, record, source, view, missing=missing)
        kept += tree.swap()
        return size_bytes, Path(tree.place) / "index.html", tuple(kept)


def _refuse_strangers(tree: OwnedTree) -> None:
    """Refuse a folder that holds more than an earlier copy, as somebody uses it for something else."""
    folder = tree.opened()
    if folder is None:
        return
    with folder:
        names = {name for name, _ in folder.listing() if not is_litter(folder, name)}
    if names - {PAGE_MARKER, RECORD_NAME, "index.html", "pictures"}:
        raise OutputError(
            f"{tree.place} holds files that are not part of an earlier copy, so it is left alone; choose another place"
        )


def _write_picture(pictures: OwnFolder, number: int, image: bytes, record: BinaryIO) -> None:
    """Write one picture of a copy into a folder of up to a thousand."""
    name = f"{number // _IN_A_FOLDER:03}"
    where = f"pictures/{name}"
    record.write(key_of("folder", where) + record_end())
    unfinished = unfinished_name(f"{number}.jpg")
    with pictures.child(name, create=True) as folder:
        with folder.create(unfinished) as stream:
            stream.write(image)
        record.write(copied_key(f"{where}/{number}.jpg", BytesIO(image)) + record_end())
        folder.rename(unfinished, f"{number}.jpg")


def _write_index(folder: OwnFolder, record: BinaryIO, source: Source, view: View, *, missing: Sequence[int]) -> int:
    """Write the page of a copy into a folder, and return its size in bytes."""
    unfinished = unfinished_name("index.html")
    with folder.create(unfinished) as stream:
        _write_page(stream, source, view, missing=missing)
        size_bytes = stream.tell()
    with folder.open_reading(unfinished) as stream:
        record.write(copied_key("index.html", stream) + record_end())
    folder.rename(unfinished, "index.html")
    return size_bytes
