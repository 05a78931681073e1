"""The bytes of a file for a decoder whose time is limited."""

from __future__ import annotations

import io
import time

from imagecluster.errors import DecodeError

__all__ = ["MAX_DECODING_S", "MAX_OPENING_S", "SizedBytes", "TimedBytes", "timed_bytes"]

MAX_OPENING_S = 2.0
"""Maximum processor time for reading a picture's header; a few milliseconds are usual."""

MAX_DECODING_S = 5.0
"""Maximum processor time for decoding; the largest pictures that are accepted take about half of it."""

_READS = 128
_LARGE_READ_BYTES = 200_000


_ALWAYS_QUICK_BYTES = 500_000
"""Below this size no header is long enough to matter, and watching each call would cost a hundredth of the decoding."""


class SizedBytes(io.BytesIO):
    """Bytes that know their number."""

    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        self.n_bytes = len(data)

    def allow(self, seconds: float) -> None:
        """Nothing: a small file takes little time."""


def timed_bytes(data: bytes) -> SizedBytes:
    """The bytes of a file for a decoder, timed unless they are few."""
    return TimedBytes(data) if len(data) > _ALWAYS_QUICK_BYTES else SizedBytes(data)


class TimedBytes(SizedBytes):
    """Bytes that can be read for a limited time: decoders go through hostile files byte by byte.

    The thread's own processor time counts, so that a busy or sleeping computer makes no difference.
    """

    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        self._n_reads = 0
        self.allow(MAX_OPENING_S)

    def allow(self, seconds: float) -> None:
        """Allow the running thread to read them for this long from now on."""
        self._seconds = seconds
        self._end_s = time.thread_time() + seconds

    def read(self, size: int | None = -1, /) -> bytes:
        """As in BytesIO; DecodeError once the time is over, which is checked in every 128th call and for long reads."""
        self._n_reads += 1
        if not self._n_reads % _READS or size is None or size < 0 or size > _LARGE_READ_BYTES:
            self.check()
        return super().read(size)

    def check(self) -> None:
        """Raise DecodeError if the time is over."""
        if time.thread_time() > self._end_s:
            msg = f"decoding it takes more than {self._seconds:g} s"
            raise DecodeError(msg)
