"""The original's errors: `from imagecluster import exceptions`."""

from __future__ import annotations

from imagecluster.errors import DecodeError

__all__ = ["ICExifReadError"]


class ICExifReadError(DecodeError):
    """A picture has no readable EXIF DateTime (tag 306)."""
