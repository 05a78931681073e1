"""Downloads of files: each is fetched once, by one process at a time, resumed after an interruption, and checked."""

from __future__ import annotations

import errno
import hashlib
import http.client
import logging
import os
import shutil
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from imagecluster.errors import ArgumentError, ChecksumError, DownloadError
from imagecluster.system.progress import OnProgress, Progress, silent
from imagecluster.system.safe_files import sync_folder

__all__ = ["Patience", "digest", "download"]

_BLOCK_BYTES = 1 << 20
_FOR_GOOD = range(400, 500)
_TRY_AGAIN = (408, 425, 429)

_log = logging.getLogger(__name__)


class Patience(NamedTuple):
    """How long a bad connection is tolerated."""

    attempts: int = 4
    """Number of failures in a row without a single byte received, after which the download is given up."""
    wait_s: float = 1.0
    """Pause after the first failure; it doubles with each further one."""
    timeout_s: float = 30.0
    """Seconds without a byte from the server after which the connection counts as broken."""


@dataclass(frozen=True, slots=True)
class _Task:
    url: str
    destination: Path
    checksum: str
    n_bytes: int | None
    progress: OnProgress

    def report(self, done: int, total: int | None) -> None:
        """Report the number of bytes received."""
        self.progress(Progress("weights", done, total, note=self.destination.name))

    @property
    def part(self) -> Path:
        """The file that holds the bytes received so far."""
        return self.destination.with_name(f".{self.destination.name}.part")

    def failure(self, reason: str) -> str:
        """Error for a user who may have to fetch the file in another way."""
        return (
            f"cannot download {self.url}: {reason}. Run again to continue where it stopped, or download the file on"
            f" another machine and put it at {self.destination}"
        )


class _CutError(Exception):
    """The transfer failed in a way that may be temporary."""


def download(
    url: str,
    destination: Path,
    *,
    checksum: str,
    n_bytes: int | None = None,
    progress: OnProgress = silent,
    patience: Patience = Patience(),  # noqa: B008  # a frozen value
) -> Path:
    """Download a file, unless it is there already, and check it; an existing file is used as it is.

    Proxies come from the environment (HTTPS_PROXY, NO_PROXY). The part that an interrupted call has fetched is kept
    beside the destination, and the next call continues from there if the server can.

    Parameters
    ----------
    url
        Address, http or https.
    destination
        Path of the file; its folder is made if missing.
    checksum
        `sha256:` or `md5:` and hexadecimal digits.
    n_bytes
        Size of the file, if it is known: a file of another size is refused before it is fetched.
    progress
        Called with the number of bytes received, and with the total if the server gives it.
    patience
        When to try again, and when to give up.

    Raises
    ------
    ArgumentError
        `url` or `checksum` has another form.
    ChecksumError
        The server sent a different file.
    DownloadError
        No network, no such file, no space: the message names the address, the place and what to do.
    """
    import filelock

    if not url.startswith(("https://", "http://")):
        raise ArgumentError(f"the address is {url!r}; it must begin with https:// or http://")
    _new_hash(checksum)
    task = _Task(url, destination, checksum.lower(), n_bytes, progress)
    try:
        destination.parent.mkdir(parents=True, exist_ok=True)
        with filelock.FileLock(destination.with_name(f".{destination.name}.lock")):
            if not destination.is_file():  # another process may have fetched it while this one waited
                _fetch(task, patience)
    except OSError as error:
        raise DownloadError(task.failure(_system_reason(error, task))) from None
    return destination


def digest(path: Path, checksum: str) -> str:
    """Checksum of a file, in the form of the given one. Raises OSError."""
    found = _new_hash(checksum)
    with path.open("rb") as stream:
        while block := stream.read(_BLOCK_BYTES):
            found.update(block)
    return f"{found.name}:{found.hexdigest()}"


def _new_hash(checksum: str) -> hashlib._Hash:
    """An empty hash of the kind that a checksum names; ArgumentError for an unknown kind."""
    kind, _, digits = checksum.partition(":")
    if kind not in ("sha256", "md5") or len(digits) != {"sha256": 64, "md5": 32}[kind]:
        raise ArgumentError(f"the checksum is {checksum!r}; it must be sha256: or md5: and hexadecimal digits")
    return hashlib.new(kind, usedforsecurity=False)


def _fetch(task: _Task, patience: Patience) -> None:
    """Transfer the file in as many attempts as it takes, then check it."""
    _check_space(task)
    failures, in_pieces = 0, False
    while True:
        before = _size(task.part)
        in_pieces |= before > 0
        try:
            _transfer(task, patience.timeout_s)
        except _CutError as cut:
            failures = failures + 1 if _size(task.part) <= before else 1
            if failures >= patience.attempts:
                raise DownloadError(task.failure(str(cut))) from None
            _log.info("%s: %s; trying again", task.url, cut)
            time.sleep(patience.wait_s * 2 ** (failures - 1))
            continue
        found = digest(task.part, task.checksum)
        if found == task.checksum:
            return _put_in_place(task)
        size = _size(task.part)
        task.part.unlink()
        if not in_pieces:
            reason = f"the download has {size:,} bytes and {found}, not {task.checksum}, and was discarded"
            raise ChecksumError(task.failure(reason))
        in_pieces = False  # the pieces may be of two versions of the file: once more, in one


def _transfer(task: _Task, timeout_s: float) -> None:
    """Transfer over one connection, from the end of what is there to the end of the file; _CutError if it broke."""
    start = _size(task.part)
    headers = {"User-Agent": "imagecluster", "Accept-Encoding": "identity"}
    if start:
        headers["Range"] = f"bytes={start}-"
    request = urllib.request.Request(task.url, headers=headers)  # noqa: S310  # download() allows http(s) only
    try:
        # An opener of its own: urlopen's remembers the proxies of the first call.
        response = urllib.request.build_opener().open(request, timeout=timeout_s)
    except urllib.error.HTTPError as error:
        if error.code == http.client.REQUESTED_RANGE_NOT_SATISFIABLE and start:
            return  # all of it is here, or something else: the checksum tells
        if error.code in _FOR_GOOD and error.code not in _TRY_AGAIN:
            raise DownloadError(task.failure(f"the server answered {error.code} {error.reason}")) from None
        raise _CutError(f"the server answered {error.code} {error.reason}") from None
    except (OSError, http.client.HTTPException) as error:
        raise _CutError(f"no connection ({getattr(error, 'reason', error)})") from None
    with response:
        # A server that cannot go on gives the whole file, whatever was asked.
        _receive(response, task, start if response.status == http.client.PARTIAL_CONTENT else 0)


def _receive(response: http.client.HTTPResponse, task: _Task, start: int) -> None:
    """Write what arrives behind the first `start` bytes of the part."""
    length = response.headers.get("Content-Length")
    total = start + int(length) if length and length.isdigit() else task.n_bytes
    if task.n_bytes is not None and total != task.n_bytes:
        raise ChecksumError(task.failure(f"the file on the server has {total or 0:,} bytes, not {task.n_bytes:,}"))
    done = start
    with task.part.open("r+b" if start else "wb") as stream:
        stream.seek(start)
        task.report(done, total)
        while block := _read(response):
            stream.write(block)
            done += len(block)
            task.report(done, total)
    if total and done < total:
        raise _CutError(f"the connection was cut after {done:,} of {total:,} bytes")


def _read(response: http.client.HTTPResponse) -> bytes:
    try:
        return response.read(_BLOCK_BYTES)
    except (OSError, http.client.HTTPException) as error:
        raise _CutError(f"the connection was cut ({error or type(error).__name__})") from None


def _put_in_place(task: _Task) -> None:
    with task.part.open("r+b") as stream:
        os.fsync(stream.fileno())
    task.part.replace(task.destination)
    sync_folder(task.destination.parent)


def _check_space(task: _Task) -> None:
    """Raise OSError if the disk cannot hold the rest of the file."""
    if task.n_bytes is not None:
        free = shutil.disk_usage(task.destination.parent).free
        if free < task.n_bytes - _size(task.part):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def _system_reason(error: OSError, task: _Task) -> str:
    folder = task.destination.parent
    if error.errno == errno.ENOSPC:
        needed = f" for {task.n_bytes:,} bytes" if task.n_bytes else ""
        return f"there is no space{needed} on the disk of {folder}"
    return f"{error.filename or folder}: {error.strerror or error}"


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0
