"""All addresses below /api: the collection, corrections, exports and news."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from imagecluster.records import Skip
from imagecluster.web import wire
from imagecluster.web.get_requests import GetRequests
from imagecluster.web.guard import Rules
from imagecluster.web.post_requests import PostRequests
from imagecluster.web.responses import application, unkept_json
from imagecluster.web.snapshot_json import collection_facts
from imagecluster.web.viewer_options import name_of
from imagecluster.web.viewer_session import ViewerSession

__all__ = ["build_api"]

MOST_SKIPS = 100
"""Largest number of unreadable files that the page lists."""

_LOOK_EVERY_S = 0.2
_HEARTBEAT_S = 15.0


def build_api(session: ViewerSession, rules: Rules) -> Starlette:
    """The application that answers for a viewer."""
    standing, reads, writes = _Standing(session, rules), GetRequests(session), PostRequests(session, rules)
    return application(
        [
            Route("/api/state", standing.state),
            Route("/api/events", standing.events),
            Route("/api/edits", writes.edits, methods=["GET"]),
            Route("/api/edits", writes.edit, methods=["POST"]),
            Route("/api/export", writes.export, methods=["POST"]),
            Route("/api/reveal", writes.reveal, methods=["POST"]),
            Route("/api/search", writes.search, methods=["POST"]),
            *(Route(f"/api/{{snapshot}}/{name}", reads.below(answer)) for name, answer in reads.answers.items()),
        ]
    )


def _as_texts(skips: Sequence[Skip], root: Path) -> list[tuple[str, str]]:
    """Name and reason of files that could not be read."""
    return [(os.fsdecode(bytes(skip.path)).removeprefix(f"{root}{os.sep}"), skip.reason) for skip in skips[:MOST_SKIPS]]


class _Standing:
    """The addresses that tell the current state."""

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
            "sim": session.sim,
            "min_size": session.options.min_size,
            "read_only": self._rules.read_only,
            "can_reveal": self._rules.can_reveal and not self._rules.read_only,
            "can_search_text": session.text_tower(snapshot) is not None,
            "run": session.run_state.as_json(),
            "skips": [] if len(snapshot) else _as_texts(session.skips(), session.options.root),
            "copied": None,
        }
        return unkept_json(state)

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
