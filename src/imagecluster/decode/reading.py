"""Reading of a file's bytes without ever waiting for a pipe or filling the memory."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from imagecluster.errors import DecodeError, ResourceError

__all__ = ["DECODER_VERSION", "MAX_BYTES", "MAX_PIXELS", "METADATA_VERSION", "read_bytes"]

DECODER_VERSION = 2
"""Incremented when files that were refused may now be readable: skips of an older version are tried again."""

METADATA_VERSION = 1
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
        descriptor = os.open(file, _FLAGS)
        with open(descriptor, "rb", buffering=0) as stream:  # noqa: PTH123 - a descriptor, not a path
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                msg = "not a regular file"
                raise DecodeError(msg)
            if status.st_size > max_bytes:
                msg = f"{status.st_size:,} bytes, larger than {max_bytes / 2**30:.3g} GB"
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
