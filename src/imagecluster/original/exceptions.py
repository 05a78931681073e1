"""The original's errors: `from imagecluster import exceptions`."""

from __future__ import annotations

from imagecluster.errors import DecodeError, ImageclusterError

__all__ = ["ICError", "ICExifReadError"]


class ICError(ImageclusterError):
    """Base of the original's own errors."""


class ICExifReadError(ICError, DecodeError):
    """A picture has no readable EXIF DateTime (tag 306)."""
