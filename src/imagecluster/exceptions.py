"""The original's errors, at the original's name: `from imagecluster import exceptions`."""

from imagecluster.original.exceptions import ICError, ICExifReadError

__all__ = ["ICError", "ICExifReadError"]
