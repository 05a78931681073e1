"""Every error that imagecluster raises on purpose.

ImageclusterError
├── ArgumentError (also ValueError)   an argument outside its range
│   └── VectorError                   a vector that is zero or not finite
├── InputError                        a path that cannot be scanned at all
├── DecodeError                       one picture that cannot be read; the chain records it as a skip
├── ModelError                        a model that is unknown, missing or damaged
│   └── DownloadError                 a file of a model could not be fetched
│       └── ChecksumError             what came is not the file that was expected
├── MemoryLimitError                  the work needs more memory than allowed
├── MissingExtraError                 an optional dependency is not installed
├── OutputError                       a place that cannot be written, or that is not ours to rebuild
│   └── NotOursError                  a link, or something else, under the name of a file of ours
└── StoreError                        the database
    ├── StoreLockedError              another run is writing to it
    ├── StoreVersionError             written by a newer imagecluster
    └── StoreDamagedError             unreadable or inconsistent
"""

from __future__ import annotations


class ImageclusterError(Exception):
    """Base of every error that imagecluster raises on purpose."""


class ArgumentError(ImageclusterError, ValueError):
    """An argument is outside its range; the message gives what was got and what is allowed."""


class VectorError(ArgumentError):
    """A vector has no direction that can be used; `row` is its number."""

    def __init__(self, message: str, row: int) -> None:
        super().__init__(message)
        self.row = row


class InputError(ImageclusterError):
    """A path that was asked for cannot be scanned at all."""


class DecodeError(ImageclusterError):
    """One picture cannot be read; `str(error)` is the one-line reason."""


class ModelError(ImageclusterError):
    """A fingerprint model is unknown, missing or damaged."""


class DownloadError(ModelError):
    """A file could not be fetched; the message names its address, its place here and what to do."""


class ChecksumError(DownloadError):
    """What came is not the file that was expected; nothing of it was kept."""


class MemoryLimitError(ImageclusterError):
    """The work needs more memory than allowed; the message gives both figures."""


class MissingExtraError(ImageclusterError):
    """An optional dependency is not installed; the message gives the command that installs it."""


class OutputError(ImageclusterError):
    """A place cannot be written, or is not ours to rebuild."""


class NotOursError(OutputError):
    """A link, or something else that is not ours, lies where a file or a folder of ours belongs; it was left alone."""


class StoreError(ImageclusterError):
    """The database cannot be used; the message says what to do."""


class StoreLockedError(StoreError):
    """Another run is writing to the database."""


class StoreVersionError(StoreError):
    """The database was written by a newer imagecluster."""


class StoreDamagedError(StoreError):
    """The database is unreadable or inconsistent; nothing in it was changed."""
