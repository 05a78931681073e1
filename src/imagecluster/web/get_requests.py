"""The answers to GET requests: the current state, news as they come, and all questions about a snapshot.

Nothing ever changes under a snapshot's key.
"""

from __future__ import annotations

import asyncio
import json
import math
import os
import re
import stat
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from imagecluster.errors import DecodeError
from imagecluster.explore.evidence import evidence_of_cluster, points_between
from imagecluster.explore.similar import extreme_pairs, nearest, nearest_outside, nearest_to
from imagecluster.explore.snapshot import Snapshot
from imagecluster.records import Skip
from imagecluster.web import wire
from imagecluster.web.correction_json import corrections_state
from imagecluster.web.guard import Rules
from imagecluster.web.request import picture_id, run_of_places, whole_number
from imagecluster.web.responses import immutable_bytes, immutable_json, unkept_bytes, unkept_json
from imagecluster.web.snapshot_json import collection_facts, curve, neighbour, neighbours, pair, verified
from imagecluster.web.thumbnails import ORIGINAL_PX, SIDES_PX, Shown
from imagecluster.web.viewer_options import name_of
from imagecluster.web.viewer_session import ViewerSession

__all__ = ["GetRequests"]

MOST_NAMES = 2000
"""Largest number of names in one answer."""

MOST_FOUND = 1000
"""Largest number of pictures that a search returns."""

N_NEIGHBOURS = 12

MOST_SKIPS = 100
"""Largest number of unreadable files that the page lists."""

MOST_JUDGED = 60
"""Largest number of pictures whose sharpness is measured in one answer."""

_LOOK_EVERY_S = 0.2
_HEARTBEAT_S = 15.0

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
    """The answers to all GET requests below /api; `routes.py` lists their addresses."""

    def __init__(self, session: ViewerSession, rules: Rules) -> None:
        self._session = session
        self._rules = rules

    def state(self, request: Request) -> Response:
        """Everything that the page needs at its start."""
        session = self._session
        snapshot = session.snapshot()
        state: wire.State = {
            **collection_facts(snapshot),
            "root_name": name_of(session.options.root),
            "place": session.options.place,
            "sim": session.sim,
            "min_size": session.options.min_size,
            "read_only": self._rules.read_only,
            "can_reveal": self._rules.can_reveal and not self._rules.read_only,
            "can_act": self._rules.can_act and not self._rules.read_only,
            "can_search_text": session.text_tower(snapshot) is not None,
            "run": session.run_state.as_json(),
            "skips": [] if len(snapshot) else _as_texts(session.skips(), session.options.root),
            "copied": None,
        }
        return unkept_json(state)

    def skips(self, request: Request) -> Response:
        """Files that could not be read."""
        skips = self._session.skips()
        found: wire.Skips = {"n": len(skips), "skips": _as_texts(skips, self._session.options.root)}
        return unkept_json(found)

    async def events(self, request: Request) -> Response:
        """News as they come, as a stream of events."""
        return StreamingResponse(
            self._news(request), media_type="text/event-stream", headers={"Cache-Control": "no-store"}
        )

    async def _news(self, request: Request) -> AsyncIterator[str]:
        told: dict[str, Any] = {}
        silent_s = 0.0
        yield "retry: 1000\n\n"
        while not self._session.ended and not await request.is_disconnected():
            for kind, data in self._session.news().items():
                # Colours and maps that exist already are not news to a page that has just opened.
                is_new = kind in told or kind not in ("colours", "map")
                if told.get(kind) != data:
                    told[kind] = data
                    if is_new:
                        silent_s = 0.0
                        yield f"event: {kind}\ndata: {json.dumps(data)}\n\n"
            if silent_s >= _HEARTBEAT_S:
                silent_s = 0.0
                yield ": still here\n\n"
            await asyncio.sleep(_LOOK_EVERY_S)
            silent_s += _LOOK_EVERY_S

    def edits(self, request: Request) -> Response:
        """All corrections in effect."""
        session = self._session
        return unkept_json(corrections_state(session.history, session.actions, session.snapshot()))

    def below(self, answer: Answer) -> Callable[[Request], Response]:
        """The answer, called with the snapshot that the address names."""

        def answered(request: Request) -> Response:
            snapshot = self._session.snapshot_of(request.path_params["snapshot"])
            if snapshot is None:
                raise HTTPException(410, "the collection has changed; ask /api/state for the current snapshot")
            return answer(snapshot, request)

        return answered

    def order(self, snapshot: Snapshot, request: Request) -> Response:
        """Leaf order, uint32 little-endian."""
        return immutable_bytes(snapshot.order_bytes)

    def gaps(self, snapshot: Snapshot, request: Request) -> Response:
        """Heights between neighbours of the leaf order, float64 little-endian."""
        return immutable_bytes(snapshot.gap_bytes)

    def distances(self, snapshot: Snapshot, request: Request) -> Response:
        """Distances at which neighbours of the leaf order join, float32."""
        return immutable_bytes(snapshot.distance_bytes)

    def ranks(self, snapshot: Snapshot, request: Request) -> Response:
        """Place of each picture in the order of paths, uint32 little-endian."""
        return immutable_bytes(snapshot.path_rank.astype("<u4").tobytes())

    def pictures(self, snapshot: Snapshot, request: Request) -> Response:
        """Facts of all pictures, with the average colours that are known so far."""
        colours, n_unknown = self._session.background.colours(snapshot)
        content = snapshot.picture_bytes(colours)
        return unkept_bytes(content) if n_unknown else immutable_bytes(content)

    def names(self, snapshot: Snapshot, request: Request) -> Response:
        """Names of a run of pictures, by their ids."""
        first, end = whole_number(request, "from"), whole_number(request, "to")
        if not 0 <= first <= end <= len(snapshot) or end - first > MOST_NAMES:
            raise HTTPException(
                400, f"from is {first} and to is {end}; give at most {MOST_NAMES} ids from 0 to {len(snapshot)}"
            )
        names: wire.Names = list(map(snapshot.name, range(first, end)))
        return immutable_json(names)

    def named(self, snapshot: Snapshot, request: Request) -> Response:
        """Pictures whose name holds a text."""
        return immutable_json({"ids": snapshot.names.holding(request.query_params.get("text", "")).tolist()})

    def identical(self, snapshot: Snapshot, request: Request) -> Response:
        """Files of the same bytes, which corrections change together unless they name the files."""
        found: wire.Identical = {"groups": snapshot.identical}
        return immutable_json(found)

    def thumbnail(self, snapshot: Snapshot, request: Request) -> Response:
        """A small picture."""
        side_px = whole_number(request, "size", SIDES_PX[0])
        if side_px not in SIDES_PX:
            raise HTTPException(400, f"size is {side_px}; it must be one of {', '.join(map(str, SIDES_PX))}")
        return _as_response(self._shown(snapshot, request, side_px))

    def original(self, snapshot: Snapshot, request: Request) -> Response:
        """The file of a picture, or a large picture where browsers cannot show its format."""
        picture = picture_id(snapshot, request.path_params["id"])
        metadata = self._session.metadata(snapshot, picture)
        media_type = _SHOWN_BY_BROWSERS.get(metadata.format if metadata else "")
        file = None if media_type is None else _opened(snapshot.path(picture), media_type)
        if file is not None:
            headers = {"Cache-Control": _FOR_A_WHILE, "Content-Length": str(os.fstat(file.fileno()).st_size)}
            return StreamingResponse(_blocks(file), media_type=media_type, headers=headers)
        return _as_response(self._shown(snapshot, request, ORIGINAL_PX), cached=_FOR_A_WHILE)

    def screen(self, snapshot: Snapshot, request: Request) -> Response:
        """A picture as large as screens show it, which browsers draw sooner than the file; small files as they are."""
        picture = picture_id(snapshot, request.path_params["id"])
        if max(snapshot.leaves.width_px[picture], snapshot.leaves.height_px[picture]) <= ORIGINAL_PX:
            return self.original(snapshot, request)
        return _as_response(self._shown(snapshot, request, ORIGINAL_PX), cached=_FOR_A_WHILE)

    def sharpness(self, snapshot: Snapshot, request: Request) -> Response:
        """How sharp some pictures are."""
        texts = request.query_params.get("ids", "").split(",")
        if not 1 <= len(texts) <= MOST_JUDGED:
            raise HTTPException(400, f"ids names {len(texts)} pictures; give from 1 to {MOST_JUDGED}")
        pictures = [picture_id(snapshot, text) for text in texts]
        found: wire.Sharpness = {"sharpness": [self._session.thumbnails.sharpness(snapshot, each) for each in pictures]}
        return unkept_json(found)

    def _shown(self, snapshot: Snapshot, request: Request, side_px: int) -> Shown:
        picture = picture_id(snapshot, request.path_params["id"])
        return self._session.thumbnails.shown(snapshot, picture, side_px=side_px)

    def picture(self, snapshot: Snapshot, request: Request) -> Response:
        """What is known about one picture, and its nearest neighbours."""
        picture = picture_id(snapshot, request.path_params["id"])
        name, path = snapshot.name(picture), snapshot.path(picture)
        metadata = self._session.metadata(snapshot, picture)
        from imagecluster.decode import exif_fields, read_bytes

        try:
            exif, problem = exif_fields(read_bytes(path), suffix=path.suffix), ""
        except DecodeError as error:
            exif, problem = {}, str(error)
        near = nearest(snapshot, picture, k=N_NEIGHBOURS)
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
            "note": metadata.note if metadata else "",
            "other_names": self._session.other_names(snapshot, picture),
            "problem": problem,
            "neighbours": neighbours(near, points_between(snapshot, picture, [found.picture for found in near])),
        }
        return unkept_json(facts)

    def cluster(self, snapshot: Snapshot, request: Request) -> Response:
        """The closest and farthest pair of a cluster, and the nearest picture outside it."""
        first, end = run_of_places(snapshot, request)
        pairs = extreme_pairs(snapshot, first, end)
        outside = nearest_outside(snapshot, snapshot.dendrogram.order[first:end])
        facts: wire.ClusterFacts = {
            "closest": pair(pairs[0]) if pairs else None,
            "farthest": pair(pairs[1]) if pairs else None,
            "nearest_outside": {**neighbour(outside[0]), "exact": outside[1]} if outside else None,
            "verified": verified(evidence_of_cluster(snapshot, first, end)),
        }
        return immutable_json(facts)

    def curve(self, snapshot: Snapshot, request: Request) -> Response:
        """The number of clusters at each similarity."""
        return immutable_json(curve(snapshot))

    def map(self, snapshot: Snapshot, request: Request) -> Response:
        """Place of each picture in the map; HTTP 202 while it is being computed."""
        found = self._session.background.map_of(snapshot)
        if found is None:
            return Response(status_code=202, headers={"Cache-Control": "no-store"})
        content = found.places.astype("<f4").tobytes()
        headers = {"X-Imagecluster-Better": "1"} if found.better_comes else {}
        # A better map may have been kept when this program starts again under the same key, so this one is not cached.
        return unkept_bytes(content, headers=headers)

    def trips(self, snapshot: Snapshot, request: Request) -> Response:
        """The trips and events; the first request starts the search for them."""
        trips = self._session.trips
        # A page that still shows an earlier snapshot must not end the search in the present one.
        if snapshot is self._session.latest:
            return unkept_json(trips.answer(snapshot, again=request.query_params.get("again") == "1"))
        return unkept_json(trips.known(snapshot))

    def search(self, snapshot: Snapshot, request: Request) -> Response:
        """Pictures most similar to a text or to another picture of the collection."""
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


def _as_texts(skips: Sequence[Skip], root: Path) -> list[tuple[str, str]]:
    """Name and reason of files that could not be read."""
    return [(os.fsdecode(bytes(skip.path)).removeprefix(f"{root}{os.sep}"), skip.reason) for skip in skips[:MOST_SKIPS]]


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
