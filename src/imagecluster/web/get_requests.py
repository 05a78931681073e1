"""Answers to all questions about a snapshot, under whose key nothing ever changes."""

from __future__ import annotations

import math
import os
import re
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from imagecluster.errors import DecodeError
from imagecluster.explore.similar import extreme_pairs, nearest, nearest_outside, nearest_to
from imagecluster.explore.snapshot import Snapshot
from imagecluster.web import wire
from imagecluster.web.request import picture_id, run_of_places, whole_number
from imagecluster.web.responses import immutable_bytes, immutable_json, unkept_bytes, unkept_json
from imagecluster.web.snapshot_json import curve, neighbour, pair
from imagecluster.web.thumbnails import ORIGINAL_PX, SIDES_PX, Shown
from imagecluster.web.viewer_session import ViewerSession

__all__ = ["GetRequests"]

MOST_NAMES = 2000
"""Largest number of names in one answer."""

MOST_FOUND = 1000
"""Largest number of pictures that a search returns."""

N_NEIGHBOURS = 12

_SHOWN_BY_BROWSERS = {
    "AVIF": "image/avif",
    "GIF": "image/gif",
    "JPEG": "image/jpeg",
    "MPO": "image/jpeg",
    "PNG": "image/png",
    "WEBP": "image/webp",
}
"""Media type by Pillow's name for the format."""

_STARTS = {
    "image/avif": re.compile(rb"....ftyp", re.DOTALL),
    "image/gif": re.compile(rb"GIF8[79]a"),
    "image/jpeg": re.compile(rb"\xff\xd8\xff"),
    "image/png": re.compile(rb"\x89PNG\r\n\x1a\n"),
    "image/webp": re.compile(rb"RIFF....WEBP", re.DOTALL),
}
_OPEN = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
_BLOCK = 1 << 18

_FOR_A_WHILE = "private, max-age=600"
"""Cache-Control of originals, which somebody may edit."""

Answer = Callable[[Snapshot, Request], Response]


class GetRequests:
    """The answers below a snapshot's key."""

    def __init__(self, session: ViewerSession) -> None:
        self._session = session
        self.answers: dict[str, Answer] = {
            "order.bin": lambda snapshot, _: immutable_bytes(snapshot.order_bytes),
            "gap.bin": lambda snapshot, _: immutable_bytes(snapshot.gap_bytes),
            "rank.bin": lambda snapshot, _: immutable_bytes(snapshot.path_rank.astype("<u4").tobytes()),
            "pictures.bin": self._pictures,
            "names.json": self._names,
            "named": self._named,
            "thumb/{id}": self._thumbnail,
            "original/{id}": self._original,
            "picture/{id}": self._picture,
            "cluster": self._cluster,
            "curve": self._curve,
            "map.bin": self._map,
            "search": self._search,
        }

    def below(self, answer: Answer) -> Callable[[Request], Response]:
        """The answer, called with the snapshot that the address names."""

        def answered(request: Request) -> Response:
            snapshot = self._session.snapshot_of(request.path_params["snapshot"])
            if snapshot is None:
                raise HTTPException(410, "the collection has changed; ask /api/state for the current snapshot")
            return answer(snapshot, request)

        return answered

    def _pictures(self, snapshot: Snapshot, request: Request) -> Response:
        colours, n_unknown = self._session.background.colours(snapshot)
        content = snapshot.picture_bytes(colours)
        return unkept_bytes(content) if n_unknown else immutable_bytes(content)

    def _names(self, snapshot: Snapshot, request: Request) -> Response:
        first, end = whole_number(request, "from"), whole_number(request, "to")
        if not 0 <= first <= end <= len(snapshot) or end - first > MOST_NAMES:
            raise HTTPException(
                400, f"from is {first} and to is {end}; give at most {MOST_NAMES} ids from 0 to {len(snapshot)}"
            )
        names: wire.Names = list(map(snapshot.name, range(first, end)))
        return immutable_json(names)

    def _named(self, snapshot: Snapshot, request: Request) -> Response:
        return immutable_json({"ids": snapshot.names.holding(request.query_params.get("text", "")).tolist()})

    def _thumbnail(self, snapshot: Snapshot, request: Request) -> Response:
        side_px = whole_number(request, "size", SIDES_PX[0])
        if side_px not in SIDES_PX:
            raise HTTPException(400, f"size is {side_px}; it must be one of {', '.join(map(str, SIDES_PX))}")
        return _as_response(self._shown(snapshot, request, side_px))

    def _original(self, snapshot: Snapshot, request: Request) -> Response:
        picture = picture_id(snapshot, request.path_params["id"])
        metadata = self._session.metadata(snapshot, picture)
        media_type = _SHOWN_BY_BROWSERS.get(metadata.format if metadata else "")
        file = None if media_type is None else _opened(snapshot.path(picture), media_type)
        if file is not None:
            headers = {"Cache-Control": _FOR_A_WHILE, "Content-Length": str(os.fstat(file.fileno()).st_size)}
            return StreamingResponse(_blocks(file), media_type=media_type, headers=headers)
        return _as_response(self._shown(snapshot, request, ORIGINAL_PX), cached=_FOR_A_WHILE)

    def _shown(self, snapshot: Snapshot, request: Request, side_px: int) -> Shown:
        picture = picture_id(snapshot, request.path_params["id"])
        return self._session.thumbnails.shown(snapshot, picture, side_px=side_px)

    def _picture(self, snapshot: Snapshot, request: Request) -> Response:
        picture = picture_id(snapshot, request.path_params["id"])
        name, path = snapshot.name(picture), snapshot.path(picture)
        metadata = self._session.metadata(snapshot, picture)
        from imagecluster.decode import exif_fields, read_bytes

        try:
            exif, problem = exif_fields(read_bytes(path), suffix=path.suffix), ""
        except DecodeError as error:
            exif, problem = {}, str(error)
        taken_s = float(snapshot.leaves.taken_s[picture])
        facts: wire.PictureFacts = {
            "name": name.rpartition("/")[2],
            "folder": name.rpartition("/")[0],
            "bytes": int(snapshot.leaves.size_bytes[picture]),
            "width": int(snapshot.leaves.width_px[picture]),
            "height": int(snapshot.leaves.height_px[picture]),
            "format": metadata.format if metadata else "",
            "taken_s": taken_s if math.isfinite(taken_s) else None,
            "latitude": metadata.latitude_deg if metadata else None,
            "longitude": metadata.longitude_deg if metadata else None,
            "exif": exif,
            "problem": problem,
            "neighbours": [neighbour(found) for found in nearest(snapshot, picture, k=N_NEIGHBOURS)],
        }
        return unkept_json(facts)

    def _cluster(self, snapshot: Snapshot, request: Request) -> Response:
        first, end = run_of_places(snapshot, request)
        pairs = extreme_pairs(snapshot, first, end)
        outside = nearest_outside(snapshot, snapshot.dendrogram.order[first:end])
        facts: wire.ClusterFacts = {
            "closest": pair(pairs[0]) if pairs else None,
            "farthest": pair(pairs[1]) if pairs else None,
            "nearest_outside": {**neighbour(outside[0]), "exact": outside[1]} if outside else None,
        }
        return immutable_json(facts)

    def _curve(self, snapshot: Snapshot, request: Request) -> Response:
        return immutable_json(curve(snapshot))

    def _map(self, snapshot: Snapshot, request: Request) -> Response:
        found = self._session.background.map_of(snapshot)
        if found is None:
            return Response(status_code=202, headers={"Cache-Control": "no-store"})
        content = found.places.astype("<f4").tobytes()
        headers = {"X-Imagecluster-Better": "1"} if found.better_comes else {}
        # A better map may have been kept when this program starts again under the same key, so this one is not cached.
        return unkept_bytes(content, headers=headers)

    def _search(self, snapshot: Snapshot, request: Request) -> Response:
        k = whole_number(request, "k", 100)
        if not 1 <= k <= MOST_FOUND:
            raise HTTPException(400, f"k is {k}; it must be from 1 to {MOST_FOUND}")
        if "text" in request.query_params:
            tower = self._session.text_tower(snapshot)
            if tower is None:
                raise HTTPException(400, f"{snapshot.model or 'no model'} cannot search by text; give picture=ID")
            found = nearest_to(snapshot, tower(request.query_params["text"]), k=k)
        else:
            found = nearest(snapshot, picture_id(snapshot, request.query_params.get("picture")), k=k)
        return immutable_json({"results": list(map(neighbour, found))})


def _opened(path: Path, media_type: str) -> BinaryIO | None:
    """The file of a picture, unless a link or a file of another kind has replaced it."""
    try:
        file = os.fdopen(os.open(path, _OPEN), "rb")
    except OSError:
        return None
    if stat.S_ISREG(os.fstat(file.fileno()).st_mode) and _STARTS[media_type].match(file.read(16)):
        file.seek(0)
        return file
    file.close()
    return None


def _blocks(file: BinaryIO) -> Iterator[bytes]:
    """The contents of an open file."""
    with file:
        left = os.fstat(file.fileno()).st_size
        # No more than was announced, even if it grows meanwhile.
        while left > 0 and (block := file.read(min(_BLOCK, left))):
            left -= len(block)
            yield block


def _as_response(shown: Shown, *, cached: str | None = None) -> Response:
    """A picture; a placeholder is not cached, since its file may be readable again next time."""
    if shown.reason is not None:
        reason = "".join(c if " " <= c <= "~" else "?" for c in shown.reason)
        return unkept_bytes(shown.image, media_type=shown.media_type, headers={"X-Imagecluster-Reason": reason})
    headers = {} if cached is None else {"Cache-Control": cached}
    return immutable_bytes(shown.image, media_type=shown.media_type, headers=headers)
