"""Limits on connections: on their number, and on the time in which a request must arrive."""

from __future__ import annotations

import asyncio

from uvicorn.protocols.http.h11_impl import H11Protocol

__all__ = ["Connection"]

MOST_CONNECTIONS = 256
"""Largest number of open connections. A page keeps up to seven; each takes a file descriptor, of which many systems
allow 1,024."""

REQUEST_S = 60.0
"""Seconds in which a request must arrive, with its body: for 32 MB that is half a megabyte per second."""


class Connection(H11Protocol):
    """A connection of a browser."""

    _late: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in uvicorn
        """Accept a connection, unless there are too many."""
        super().connection_made(transport)
        if len(self.connections) > MOST_CONNECTIONS:
            transport.abort()
            return
        self._wait()

    def data_received(self, data: bytes) -> None:
        """Take a part of a request."""
        self._wait()
        super().data_received(data)
        if not self._is_awaited():
            self._stop_waiting()

    def connection_lost(self, exc: Exception | None) -> None:
        """Clean up after a connection has ended."""
        self._stop_waiting()
        super().connection_lost(exc)

    def _wait(self) -> None:
        """Start the clock of a request, unless it runs already; a request that trickles in gains no time."""
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
        """Whether part of a request has not arrived yet."""
        return self.cycle is None or self.cycle.response_complete or self.cycle.more_body
