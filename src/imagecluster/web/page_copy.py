"""A copy of the page for sharing, which no server needs to serve: one file, or a folder with the pictures beside it."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from importlib.metadata import version
from io import BytesIO
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy as np

from imagecluster.collection import latest_run
from imagecluster.corrections import EDITS_NAME, Edit, History
from imagecluster.decode.thumbnail import make_thumbnail
from imagecluster.errors import ArgumentError, InputError, OutputError
from imagecluster.explore.colours import COLOURS_NAME, Colours
from imagecluster.explore.projection import kept_map, principal_map
from imagecluster.explore.snapshot import Snapshot, load_snapshot
from imagecluster.present.made_tree import MADE, MadeTree, copied_key, key_of, record_end
from imagecluster.store import Run, Store
from imagecluster.system.atomic import replacing
from imagecluster.system.cores import n_cores
from imagecluster.system.files import OwnFolder, unfinished_name
from imagecluster.web.assets import asset
from imagecluster.web.bundle import bundled_script, bundled_styles
from imagecluster.web.copy_data import View, copy_data, hidden_pictures
from imagecluster.web.setup import name_of
from imagecluster.web.thumbnails import SIDES_PX, ThumbnailMaker

__all__ = ["COPY_SIDES_PX", "Copied", "Source", "View", "stored_source", "write_page_copy"]

COPY_SIDES_PX = (96, *SIDES_PX)
"""Longer sides that the pictures of a copy may have."""

_BYTES_TO_192 = {96: 0.4, 192: 1.0, 384: 3.0, 1024: 15.0}
"""About so many times the bytes of a picture of 192 px."""

_LIGHT_BYTES = {True: 30_000_000, False: 300_000_000}
"""Without a wish the pictures of a file (True) or a folder are as large as this allows, but at most 384 px."""

_LARGEST_FILE_BYTES = 120_000_000
"""What browsers still open without a long wait."""

MOST_PICTURES = 100_000

_MARKER = ".imagecluster-page"
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
    """What is copied."""

    snapshot: Snapshot
    edits: Sequence[Edit]
    thumbnails: ThumbnailMaker
    colours: Colours
    directory: Path
    """Folder of the database."""


class Copied(NamedTuple):
    """A copy that was written."""

    page: Path
    """The file to open."""
    n_pictures: int
    side_px: int
    """Longer side of its pictures."""
    size_bytes: int
    """Of all that was written."""
    kept: tuple[Path, ...] = ()
    """Folders with files of somebody's that lay in an earlier copy."""


@contextmanager
def stored_source(directory: Path, model: str | None = None) -> Iterator[tuple[Source, Run]]:
    """What a folder's database holds, with the latest run; with a model (`name@version`) the latest run with that.

    Raises
    ------
    InputError
        There was no such run.
    StoreError
        There is no database.

    """
    with Store.open(directory, writable=False) as store, store.thumbnails() as cache:
        run = latest_run(store, model)
        if run is None:
            raise InputError(
                f"{directory} knows of no run{'' if model is None else f' with {model}'}: run imagecluster first"
            )
        edits = History(directory / EDITS_NAME).edits
        colours = Colours(cache, directory / COLOURS_NAME, keep=False)
        yield (
            Source(load_snapshot(store, run.model), edits, ThumbnailMaker(cache, keep=False), colours, directory),
            run,
        )


def write_page_copy(
    source: Source,
    place: Path,
    view: View,
    *,
    side_px: int | None = None,
    progress: Callable[[str, int, int], None] = lambda *_: None,
) -> Copied:
    """Writes the page with everything in it: a file where the name ends with .html, else a folder.

    Nothing in it leads elsewhere: names of pictures are relative to the collection, EXIF data and places stay behind,
    and of hidden pictures there is nothing but their place in the dendrogram.

    Parameters
    ----------
    source
        What is copied.
    place
        File or folder to write. A folder is made anew if an earlier copy is in it.
    view
        What the copy shows first.
    side_px
        Longer side of its pictures, one of `COPY_SIDES_PX`; default: as large as a light copy allows, at most 384.
    progress
        Called with (stage, done, total).

    Raises
    ------
    ArgumentError
        `side_px` is none of those, the view is none, or the copy would be too large.
    InputError
        There are no pictures, or they are not clustered yet.
    OutputError
        The place cannot be written, or the folder holds something else.

    """
    snapshot = source.snapshot
    if not len(snapshot) or snapshot.provisional:
        raise InputError("there are no clusters yet: run imagecluster first")
    if not 0.0 <= view.sim <= 1.0 or view.min_size < 1:
        raise ArgumentError(f"sim is {view.sim} and min_size {view.min_size}; they must be from 0 to 1, and at least 1")
    one_file = place.suffix.lower() in (".html", ".htm")
    side_px = _side(source, side_px, one_file=one_file)
    hidden = set(hidden_pictures(snapshot, source.edits).tolist())
    small = _Small(source, side_px)

    def picture(number: int) -> bytes | None:
        return None if number in hidden else small(number)

    def pictures() -> Iterator[bytes | None]:
        n = len(snapshot)
        with ThreadPoolExecutor(n_cores()) as pool:
            # In portions: a pool that is given everything at once would hold all pictures in memory.
            for start in range(0, n, _IN_A_FOLDER):
                portion = range(start, min(n, start + _IN_A_FOLDER))
                for done, image in enumerate(pool.map(picture, portion), start=start + 1):
                    progress("pictures", done, n)
                    yield image

    kept: tuple[Path, ...] = ()
    try:
        if one_file:
            with replacing(place) as stream:
                _write_page(stream, source, view, pictures=pictures())
            size_bytes, page = place.stat().st_size, place
        else:
            size_bytes, page, kept = _write_folder(place, source, view, pictures())
    except OSError as error:
        raise OutputError(f"cannot write {place}: {error.strerror or error}") from None
    return Copied(page, len(snapshot) - len(hidden), side_px, size_bytes, kept)


def _side(source: Source, wanted: int | None, *, one_file: bool) -> int:
    """Longer side of the pictures; refuses copies that are too large."""
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
            f" do not open well (limit {_LARGEST_FILE_BYTES / 1e6:.0f} MB): give a folder instead of a file"
            f"{'' if wanted == 96 else ', or a smaller side'}"
        )
    return wanted


class _Small:
    """Pictures of one size as JPEG; None where one cannot be had."""

    def __init__(self, source: Source, side_px: int) -> None:
        self._source = source
        self._side_px = side_px

    def __call__(self, picture: int) -> bytes | None:
        # What cannot be read any more may have a small picture in the cache.
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
    """The page with its pictures in it, or where they lie in files beside it, with the list of those that do not."""
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
    """JSON that may stand in a page: nothing in it ends the element around it."""
    text = json.dumps(value, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").encode("ascii")


def _hash(text: str) -> str:
    """How a policy names a script or a style."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _write_folder(
    place: Path, source: Source, view: View, pictures: Iterator[bytes | None]
) -> tuple[int, Path, tuple[Path, ...]]:
    """A folder with the page and its pictures, in the place of an earlier one.

    Gives the size of it all, the page, and the folders where files of somebody's are kept that lay in the earlier one.
    """
    with MadeTree(place, marker=_MARKER, text=_MARKER_TEXT, what="copy of the page") as tree:
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


def _refuse_strangers(tree: MadeTree) -> None:
    """Refuses a folder in which there is more than an earlier copy: somebody uses it for something else."""
    folder = tree.opened()
    if folder is None:
        return
    with folder:
        names = {name for name, _ in folder.listing()}
    if names - {_MARKER, MADE, "index.html", "pictures"}:
        raise OutputError(
            f"{tree.place} holds files that are none of an earlier copy, and is left alone; give another place"
        )


def _write_picture(pictures: OwnFolder, number: int, image: bytes, record: BinaryIO) -> None:
    """One picture of a copy, in a folder of up to a thousand."""
    name = f"{number // _IN_A_FOLDER:03}"
    where = f"pictures/{name}"
    record.write(key_of("folder", where) + record_end())
    with pictures.child(name, create=True) as folder:
        record.write(copied_key(f"{where}/{number}.jpg", BytesIO(image)) + record_end())
        with folder.create(f"{number}.jpg") as stream:
            stream.write(image)


def _write_index(folder: OwnFolder, record: BinaryIO, source: Source, view: View, *, missing: Sequence[int]) -> int:
    """The page of a copy in a folder; its size in bytes."""
    unfinished = unfinished_name("index.html")
    with folder.create(unfinished) as stream:
        _write_page(stream, source, view, missing=missing)
        size_bytes = stream.tell()
    with folder.open_reading(unfinished) as stream:
        record.write(copied_key("index.html", stream) + record_end())
    folder.rename(unfinished, "index.html")
    return size_bytes
