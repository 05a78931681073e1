"""Every error that imagecluster raises on purpose.

ImageclusterError
├── ArgumentError (also ValueError)   an argument outside its range
│   └── VectorError                   a vector that is zero or not finite
├── InputError                        a path that cannot be scanned at all
├── DecodeError                       one picture that cannot be read; the chain records it as a skip
│   └── ResourceError                 not for what it holds, but for want of memory or the like
├── ModelError                        a model that is unknown, missing or damaged
│   └── DownloadError                 a file of a model that could not be downloaded
│       └── ChecksumError             a download that is not the expected file
├── MemoryLimitError                  work that needs more memory than allowed
├── MissingExtraError                 an optional dependency that is not installed
├── OutputError                       a place that cannot be written, or that imagecluster may not rebuild
│   ├── NotOursError                  a link, or something else, under the name of one of imagecluster's files
│   └── LinksRefusedError             a file system that does not allow this kind of link
└── StoreError                        a database that cannot be used
    ├── StoreLockedError              another run is writing to it
    ├── StoreVersionError             it was written by a newer imagecluster
    └── StoreDamagedError             it is unreadable or inconsistent
"""

from __future__ import annotations


class ImageclusterError(Exception):
    """Base of every error that imagecluster raises on purpose."""


class ArgumentError(ImageclusterError, ValueError):
    """An argument is outside its range; the message says what was given and what is allowed."""


class VectorError(ArgumentError):
    """A vector has no usable direction; `row` is its row number."""

    def __init__(self, message: str, row: int) -> None:
        super().__init__(message)
        self.row = row


class InputError(ImageclusterError):
    """A given path cannot be scanned at all."""


class DecodeError(ImageclusterError):
    """One picture cannot be read; `str(error)` is the one-line reason."""


class ResourceError(DecodeError):
    """One picture could not be read for want of memory or another resource; a later try may succeed."""


class ModelError(ImageclusterError):
    """A fingerprint model is unknown, missing or damaged."""


class DownloadError(ModelError):
    """A file could not be downloaded; the message gives its address, where it belongs on disk, and what to do."""


class ChecksumError(DownloadError):
    """The downloaded file is not the expected one; none of it was kept."""


class MemoryLimitError(ImageclusterError):
    """The work needs more memory than allowed; the message gives both figures."""


class MissingExtraError(ImageclusterError):
    """An optional dependency is not installed; the message gives the command that installs it."""


class OutputError(ImageclusterError):
    """A place cannot be written, or imagecluster may not rebuild it because it did not make it."""


class NotOursError(OutputError):
    """A link, or something that imagecluster did not make, is in the place of one of its files; it was not changed."""


class LinksRefusedError(OutputError):
    """The file system does not allow this kind of link; the message says what works there. Nothing was changed."""


class StoreError(ImageclusterError):
    """The database cannot be used; the message says what to do."""


class StoreLockedError(StoreError):
    """Another run is writing to the database."""


class StoreVersionError(StoreError):
    """The database was written by a newer imagecluster."""


class StoreDamagedError(StoreError):
    """The database is unreadable or inconsistent; it was not changed."""
