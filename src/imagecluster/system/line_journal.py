"""A journal of JSON lines in a folder of ours: a head, then a line for each record.

A line counts once it ends with a line end. A power cut can leave a last line without one, which was never acknowledged:
it is ignored, and closed before the next line, so that it is never used.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from imagecluster.errors import StoreDamagedError, StoreVersionError
from imagecluster.system.safe_files import OwnFolder

__all__ = ["LineJournal", "json_line"]

_CUT_OFF = b" (cut off)\n"
"""End of a half-written line, which ensures that the line is never used, even if only its end is missing."""


def json_line(values: Any) -> bytes:
    """A line of a journal, with its end."""
    return json.dumps(values, separators=(",", ":")).encode("ascii") + b"\n"


class LineJournal:
    """The lines of one file. What was read last decides how the next line is appended.

    Parameters
    ----------
    file
        The journal.
    form, version
        Name and version in its head.
    what
        What it is a journal of, for messages.

    """

    def __init__(self, file: Path, *, form: str, version: int, what: str) -> None:
        self._file = file
        self._form, self._version, self._what = form, version, what
        self._head = json.dumps({"format": form, "version": version}).encode("ascii") + b"\n"
        self._is_new = True
        self.ends_whole = True
        """Whether the last line has an end."""
        self.n_lines = 0
        """Number of lines after the head, complete ones."""

    def lines(self, content: bytes) -> list[tuple[int, bytes]]:
        """The complete lines after the head, each with its number in the file.

        Raises
        ------
        StoreVersionError
            A newer imagecluster wrote the journal.
        StoreDamagedError
            It is not such a journal.

        """
        lines = content.split(b"\n")
        half = lines.pop()
        self._is_new = not lines and self._head.startswith(half)
        if not self._is_new:
            self._check_head(lines[0] if lines else half)
        self.ends_whole, self.n_lines = not half, max(0, len(lines) - 1)
        # If two processes start a journal at once, both write a head, of which the second is ignored.
        return [(number, line) for number, line in enumerate(lines[1:], start=2) if line and line != lines[0]]

    def append(self, folder: OwnFolder, lines: Iterable[bytes]) -> None:
        """Append lines, and wait until they are on disk. Raises OSError; then the file is as it was."""
        data = b"".join([self._head if self._is_new else b"" if self.ends_whole else _CUT_OFF, *lines])
        # If only part of the head was written, nothing is lost by writing it again.
        is_cut_off = self._is_new and not self.ends_whole
        with folder.open_writing(self._file.name, append=not is_cut_off) as stream:
            if is_cut_off:
                stream.truncate()
            size = os.fstat(stream.fileno()).st_size
            if stream.write(data) != len(data):
                with contextlib.suppress(OSError):
                    stream.truncate(size)
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            os.fsync(stream.fileno())
        if self._is_new:
            with contextlib.suppress(OSError):  # some network drives sync no folders
                folder.sync()
        self._is_new, self.ends_whole = False, True

    @staticmethod
    def was_cut_off(line: bytes) -> bool:
        """Whether a line is one that was closed after a power cut."""
        return line.endswith(_CUT_OFF.rstrip())

    def _check_head(self, line: bytes) -> None:
        try:
            head = json.loads(line)
            name, version = head["format"], int(head["version"])
        except (ValueError, LookupError, TypeError):
            name, version = None, 0
        if name != self._form:
            raise StoreDamagedError(
                f"{self._file} is not a journal of {self._what}. Nothing was changed; restore it from a backup, or move"
                " it away"
            )
        if version > self._version:
            raise StoreVersionError(
                f"{self._file} has version {version}, but this imagecluster reads versions up to {self._version};"
                " install a newer imagecluster"
            )
