"""The viewer's addresses."""

from __future__ import annotations

import asyncio
import html
import json
from collections.abc import AsyncIterator
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from imagecluster.errors import ArgumentError, ImageclusterError
from imagecluster.web.answers import refusal, unkept_json
from imagecluster.web.assets import asset, asset_names
from imagecluster.web.bundle import bundled_script
from imagecluster.web.guard import Guard, Rules
from imagecluster.web.reads import Reads
from imagecluster.web.snapshot import name_of
from imagecluster.web.viewer import Viewer
from imagecluster.web.writes import Writes

__all__ = ["build_app"]

_ALL_MODULES = "page.js"
"""One answer instead of one for each module, which took a quarter of the time until the first picture."""

_LOOK_EVERY_S = 0.2
_HEARTBEAT_S = 15.0


def build_app(viewer: Viewer, rules: Rules) -> Guard:
    """The server's application, behind its guard."""
    pages, reads, writes = _Pages(viewer, rules), Reads(viewer), Writes(viewer, rules)
    routes = [
        Route("/", pages.index),
        Route("/static/{name:path}", pages.static),
        Route("/api/state", pages.state),
        Route("/api/events", pages.events),
        Route("/api/edits", writes.edits, methods=["GET"]),
        Route("/api/edits", writes.edit, methods=["POST"]),
        Route("/api/export", writes.export, methods=["POST"]),
        Route("/api/reveal", writes.reveal, methods=["POST"]),
        *(Route(f"/api/{{snapshot}}/{name}", reads.below(answer)) for name, answer in reads.answers.items()),
    ]
    handlers: Any = {HTTPException: _http_error, ImageclusterError: _own_error, Exception: _unexpected}
    return Guard(Starlette(routes=routes, exception_handlers=handlers), rules)


def _http_error(request: Request, error: HTTPException) -> Response:
    return refusal(error.status_code, str(error.detail), headers=error.headers)


def _own_error(request: Request, error: ImageclusterError) -> Response:
    return refusal(400 if isinstance(error, ArgumentError) else 409, str(error))


def _unexpected(request: Request, error: Exception) -> Response:
    return refusal(500, "something unexpected went wrong; the terminal that runs imagecluster says more")


class _Pages:
    """The page itself, and how things stand."""

    def __init__(self, viewer: Viewer, rules: Rules) -> None:
        self._viewer = viewer
        self._rules = rules

    def index(self, request: Request) -> Response:
        """The page, with its token."""
        values = {"{{token}}": self._rules.token, "{{title}}": name_of(self._viewer.setup.root)}
        page = asset("index.html").decode()
        for placeholder, value in values.items():
            page = page.replace(placeholder, html.escape(value))
        return Response(page, media_type="text/html", headers={"Cache-Control": "no-store"})

    def static(self, request: Request) -> Response:
        """A file of the page: one of those in the package, by its exact name; and all its modules as one."""
        name = request.path_params["name"]
        if name == _ALL_MODULES:
            return Response(bundled_script(), media_type="text/javascript", headers={"Cache-Control": "no-cache"})
        media_type = _MEDIA_TYPES.get(name.rpartition(".")[2])
        if media_type is None or name not in asset_names():
            raise HTTPException(404, "there is no such file")
        return Response(asset(name), media_type=media_type, headers={"Cache-Control": "no-cache"})

    def state(self, request: Request) -> Response:
        """What the page needs at its start."""
        viewer = self._viewer
        snapshot = viewer.snapshot()
        return unkept_json(
            {
                **snapshot.facts(),
                "model": snapshot.model,
                "root_name": name_of(viewer.setup.root),
                "sim": viewer.sim,
                "min_size": viewer.setup.min_size,
                "read_only": self._rules.read_only,
                "can_reveal": self._rules.can_reveal and not self._rules.read_only,
                "can_search_text": viewer.text_tower(snapshot) is not None,
                "run": viewer.run_state.as_json(),
                "edits_version": viewer.history.state()[0],
                "map_ready": viewer.background.has_map(snapshot),
            }
        )

    async def events(self, request: Request) -> Response:
        """News, as they come."""
        return StreamingResponse(
            self._news(request), media_type="text/event-stream", headers={"Cache-Control": "no-store"}
        )

    async def _news(self, request: Request) -> AsyncIterator[str]:
        told: dict[str, Any] = {}
        silent_s = 0.0
        yield "retry: 1000\n\n"
        while not self._viewer.ended and not await request.is_disconnected():
            for kind, data in self._viewer.news().items():
                # Colours and maps that are there already are no news to a page that has just opened.
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


_MEDIA_TYPES = {
    "css": "text/css",
    "html": "text/html",
    "ico": "image/x-icon",
    "js": "text/javascript",
    "json": "application/json",
    "mjs": "text/javascript",
    "png": "image/png",
    "svg": "image/svg+xml",
    "txt": "text/plain",
    "woff2": "font/woff2",
}
"""By suffix. The system's own table may say otherwise."""
