"""Reading of a file's bytes without ever waiting for a pipe or filling the memory."""

from __future__ import annotations

import io
import os
import stat
from pathlib import Path
from typing import Self

from imagecluster.errors import DecodeError, ResourceError

__all__ = ["DECODER_VERSION", "MAX_BYTES", "MAX_PIXELS", "METADATA_VERSION", "PartlyRead", "read_bytes"]

DECODER_VERSION = 2
"""Incremented when files that were refused may now be readable: skips of an older version are tried again."""

METADATA_VERSION = 2
"""Incremented when more is read of what pictures say of themselves: what an older version read is read again."""

MAX_BYTES = 2**29
"""Largest file that is read: larger ones need more memory than decoding may take."""

MAX_PIXELS = 250_000_000
"""Largest picture that is decoded: there are phones with 200 megapixels."""

# A pipe that replaced a picture since the scan must not block the open; regular files ignore the flag.
_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)


def read_bytes(file: Path, *, max_bytes: int = MAX_BYTES) -> bytes:
    """Read the whole content of a regular file.

    Raises
    ------
    DecodeError
        The file no longer exists, is not readable, not a regular file, or larger than `max_bytes`.
    ResourceError
        There is not enough memory to read it.

    """
    try:
        with _opened(file) as stream:
            n_bytes = os.fstat(stream.fileno()).st_size
            if n_bytes > max_bytes:
                msg = f"{n_bytes:,} bytes, larger than {max_bytes / 2**30:.3g} GB"
                raise DecodeError(msg)
            return stream.readall()
    except FileNotFoundError as error:
        msg = "the file is gone"
        raise DecodeError(msg) from error
    except MemoryError as error:
        msg = "not enough memory to read it"
        raise ResourceError(msg) from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise DecodeError(reason.lower()) from error


def _opened(file: Path) -> io.FileIO:
    """A regular file, opened without waiting. Raises DecodeError for any other file, and OSError."""
    stream = io.FileIO(os.open(file, _FLAGS), "rb")
    if not stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
        stream.close()
        msg = "not a regular file"
        raise DecodeError(msg)
    return stream


class PartlyRead:
    """A file of which only parts are read: its beginning at once, the rest where it is asked for.

    Parameters
    ----------
    file
        The file.
    head_bytes
        Number of bytes that are read first.

    Raises
    ------
    DecodeError
        The file cannot be opened, or is not a regular one.
    """

    def __init__(self, file: Path, *, head_bytes: int) -> None:
        try:
            self._stream = _opened(file)
            self.n_bytes = os.fstat(self._stream.fileno()).st_size
            """Size of the file."""
            self.head = self._stream.read(head_bytes) or b""
            """The file's beginning."""
        except (OSError, ValueError) as error:
            raise DecodeError(str(getattr(error, "strerror", None) or error).lower()) from error

    def read(self, start: int, n_bytes: int) -> bytes:
        """The bytes from `start` on; fewer where the file ends, or cannot be read."""
        if start + n_bytes <= len(self.head):
            return self.head[start : start + n_bytes]
        try:
            self._stream.seek(start)
            return self._stream.read(min(n_bytes, max(self.n_bytes - start, 0))) or b""
        except (OSError, ValueError, OverflowError):
            return b""

    def __len__(self) -> int:
        return self.n_bytes

    def __getitem__(self, part: slice) -> bytes:
        """A part of the file, of which start and end are given and not negative."""
        return self.read(part.start or 0, max(min(part.stop, self.n_bytes) - (part.start or 0), 0))

    def close(self) -> None:
        """Close the file."""
        self._stream.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
