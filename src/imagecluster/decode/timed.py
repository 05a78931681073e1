"""The bytes of a file for a decoder that must not take for ever."""

from __future__ import annotations

import io
import time

from imagecluster.errors import DecodeError

__all__ = ["MAX_DECODING_S", "MAX_OPENING_S", "TimedBytes"]

MAX_OPENING_S = 2.0
"""Most processor time that finding a picture's header may take: a few milliseconds are usual."""

MAX_DECODING_S = 5.0
"""Most processor time that decoding may take: the largest pictures that are read here take about half of it."""

_READS = 128
_LARGE_READ_BYTES = 200_000


class TimedBytes(io.BytesIO):
    """Bytes that can be read for a while only: decoders walk through hostile files byte by byte.

    The clock is the thread's own, so that a busy or sleeping computer makes no difference.
    """

    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        self.n_bytes = len(data)
        self._n_reads = 0
        self.allow(MAX_OPENING_S)

    def allow(self, seconds: float) -> None:
        """From now on they can be read for as long as this, by the running thread."""
        self._seconds = seconds
        self._end_s = time.thread_time() + seconds

    def read(self, size: int | None = -1, /) -> bytes:
        """As of BytesIO; DecodeError once the time is over, which is looked at in every 128th call, or for much."""
        self._n_reads += 1
        if not self._n_reads % _READS or size is None or size < 0 or size > _LARGE_READ_BYTES:
            self.check()
        return super().read(size)

    def check(self) -> None:
        """Raises DecodeError once the time is over."""
        if time.thread_time() > self._end_s:
            msg = f"decoding it takes more than {self._seconds:g} s"
            raise DecodeError(msg)
