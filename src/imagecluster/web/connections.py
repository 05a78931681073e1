"""How long and how many: a connection whose request does not come is ended, and so is one too many."""

from __future__ import annotations

import asyncio

from uvicorn.protocols.http.h11_impl import H11Protocol

__all__ = ["Connection"]

MOST_CONNECTIONS = 256
"""Open at once. A page keeps up to seven; each takes a file descriptor, of which many systems allow 1,024."""

REQUEST_S = 60.0
"""Seconds in which a request must come, its body too: 32 MB need half a megabyte a second."""


class Connection(H11Protocol):
    """One connection of a browser."""

    _late: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in uvicorn
        """A browser has connected."""
        super().connection_made(transport)
        if len(self.connections) > MOST_CONNECTIONS:
            transport.abort()
            return
        self._wait()

    def data_received(self, data: bytes) -> None:
        """A part of a request has come."""
        self._wait()
        super().data_received(data)
        if not self._is_awaited():
            self._stop_waiting()

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is over."""
        self._stop_waiting()
        super().connection_lost(exc)

    def _wait(self) -> None:
        """Begin to wait for a request to be there as a whole, unless that goes on already: a trickle gains no time."""
        if self._late is None:
            self._late = self.loop.call_later(REQUEST_S, self._give_up)

    def _stop_waiting(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None

    def _give_up(self) -> None:
        self._late = None
        if self._is_awaited():
            self.transport.abort()

    def _is_awaited(self) -> bool:
        """Whether a part of a request is still to come."""
        return self.cycle is None or self.cycle.response_complete or self.cycle.more_body
