"""Fetching of files, against a server of this process."""

import errno
import hashlib
import http.server
import os
import re
import shutil
import socket
import subprocess
import sys
import threading
from contextlib import contextmanager

import numpy as np
import pytest

from imagecluster.errors import ArgumentError, ChecksumError, DownloadError, ModelError
from imagecluster.system import fetch
from imagecluster.system.fetch import Patience, digest, download

CONTENT = np.random.default_rng(0).bytes(3_000_000)
SHA256 = "sha256:" + hashlib.sha256(CONTENT).hexdigest()
MD5 = "md5:" + hashlib.md5(CONTENT).hexdigest()


class Server(http.server.ThreadingHTTPServer):
    """Gives `content` at /file; remembers what it was asked, and fails as it is told."""

    daemon_threads = True

    def __init__(self, content=CONTENT, *, ranges=True, cut_after=(), statuses=(), wait_for=None, length=True):
        super().__init__(("127.0.0.1", 0), Handler)
        self.content, self.ranges, self.length = content, ranges, length
        self.cut_after, self.statuses = list(cut_after), list(statuses)
        self.wait_for = wait_for
        self.asked = []

    def handle_error(self, request, client_address):
        """A client that hangs up is no error here."""

    @property
    def url(self):
        """Address of the file."""
        return f"http://127.0.0.1:{self.server_address[1]}/file"


class Handler(http.server.BaseHTTPRequestHandler):
    """Answers one request."""

    def log_message(self, *arguments):
        """Say nothing."""

    def do_GET(self):
        """Give the file, or the part of it that is asked for, or what the server was told to give."""
        server = self.server
        server.asked.append(self.headers.get("Range"))
        if server.wait_for is not None:
            server.wait_for.wait(10)
        if server.statuses and (status := server.statuses.pop(0)):
            self.send_error(status)
            return
        body, start = server.content, 0
        if server.ranges and (asked := re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range") or "")):
            start = int(asked[1])
            if start >= len(body):
                self.send_error(416)
                return
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {start}-{len(body) - 1}/{len(body)}")
        else:
            self.send_response(200)
        rest = body[start:]
        if server.length:
            self.send_header("Content-Length", str(len(rest)))
        self.end_headers()
        self.wfile.write(rest[: server.cut_after.pop(0)] if server.cut_after else rest)


@contextmanager
def serving(*arguments, **options):
    with Server(*arguments, **options) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def place(tmp_path):
    return tmp_path / "models" / "net.bin"


def left(place):
    """What lies in the folder beside the lock."""
    return sorted(file.name for file in place.parent.iterdir() if not file.name.endswith(".lock"))


@pytest.mark.parametrize("checksum", [SHA256, MD5, "md5:" + MD5[4:].upper()])
def test_a_file_comes_whole_with_progress(place, checksum):
    """The folder is made, the bytes are the server's, progress grows to the whole."""
    seen = []
    with serving() as server:
        assert (
            download(server.url, place, checksum=checksum, progress=lambda now: seen.append((now.done, now.total)))
            == place
        )
    assert place.read_bytes() == CONTENT
    assert left(place) == ["net.bin"]
    assert seen == sorted(seen)
    assert (seen[0], seen[-1]) == ((0, len(CONTENT)), (len(CONTENT), len(CONTENT)))


def test_a_file_that_is_there_is_not_fetched(place):
    """Nothing is asked of the server."""
    place.parent.mkdir()
    place.write_bytes(b"here")
    with serving() as server:
        download(server.url, place, checksum=SHA256)
    assert server.asked == []
    assert place.read_bytes() == b"here"


def test_a_cut_connection_is_resumed_where_it_broke(place):
    """Each cut costs only what had not come."""
    with serving(cut_after=[1_000_000, 500_000]) as server:
        download(server.url, place, checksum=SHA256, patience=Patience(wait_s=0))
    assert server.asked == [None, "bytes=1000000-", "bytes=1500000-"]
    assert place.read_bytes() == CONTENT


def test_a_later_call_goes_on_where_an_earlier_one_was_given_up(place):
    """What came stays, under a hidden name, and no file has the final name before it is whole."""
    with serving(cut_after=[1_000_000, 0, 0]) as server:
        with pytest.raises(DownloadError, match=r"cut after 1,000,000 of 3,000,000 bytes.*Run again") as raised:
            download(server.url, place, checksum=SHA256, patience=Patience(attempts=3, wait_s=0))
        assert server.url in str(raised.value)
        assert str(place) in str(raised.value)
        assert left(place) == [".net.bin.part"]
        download(server.url, place, checksum=SHA256)
    assert server.asked[-1] == "bytes=1000000-"
    assert place.read_bytes() == CONTENT


def test_a_server_without_ranges_gives_the_whole_again(place):
    """The answer to the second request replaces what the first one brought."""
    with serving(ranges=False, cut_after=[1_000_000]) as server:
        download(server.url, place, checksum=SHA256, patience=Patience(wait_s=0))
    assert len(server.asked) == 2
    assert place.read_bytes() == CONTENT


def test_a_server_that_gives_no_length_is_believed_by_checksum(place):
    """An unknown size is None in the progress; what ends early fails the check."""
    seen = []
    with serving(length=False) as server:
        download(server.url, place, checksum=SHA256, progress=lambda now: seen.append((now.done, now.total)))
    assert place.read_bytes() == CONTENT
    assert {total for _, total in seen} == {None}


@pytest.mark.parametrize("n_left", [1_000_000, len(CONTENT), len(CONTENT) + 5])
def test_a_stale_piece_of_another_file_costs_one_more_transfer(place, n_left):
    """Pieces that do not make the file, whatever their size, are thrown away, and the file comes in one."""
    place.parent.mkdir()
    place.with_name(".net.bin.part").write_bytes(bytes(n_left))
    with serving() as server:
        download(server.url, place, checksum=SHA256)
    assert server.asked == [f"bytes={n_left}-", None]
    assert place.read_bytes() == CONTENT


def test_a_whole_piece_only_needs_its_name(place):
    """A process that was killed before the rename left nothing to fetch."""
    place.parent.mkdir()
    place.with_name(".net.bin.part").write_bytes(CONTENT)
    with serving() as server:
        download(server.url, place, checksum=SHA256)
    assert place.read_bytes() == CONTENT


def test_another_file_is_refused_by_its_checksum(place):
    """Both checksums stand in the message, and nothing stays."""
    with serving(b"another") as server, pytest.raises(ChecksumError) as raised:
        download(server.url, place, checksum=SHA256)
    assert SHA256 in str(raised.value)
    assert hashlib.sha256(b"another").hexdigest() in str(raised.value)
    assert left(place) == []


def test_another_size_is_refused_before_anything_comes(place):
    """The size that the server announces is enough."""
    seen = []
    with serving() as server, pytest.raises(ChecksumError, match="3,000,000 bytes, not 17"):
        download(
            server.url, place, checksum=SHA256, n_bytes=17, progress=lambda now: seen.append((now.done, now.total))
        )
    assert seen == []


@pytest.mark.parametrize("status", [403, 404, 410])
def test_a_file_that_is_not_there_is_an_error_at_once(place, status):
    """Asking again would not help."""
    with serving(statuses=[status]) as server, pytest.raises(DownloadError, match=f"the server answered {status}"):
        download(server.url, place, checksum=SHA256)
    assert len(server.asked) == 1


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_busy_server_is_asked_again(place, status):
    """Its trouble may pass."""
    with serving(statuses=[status, status]) as server:
        download(server.url, place, checksum=SHA256, patience=Patience(wait_s=0))
    assert len(server.asked) == 3
    assert place.read_bytes() == CONTENT


def test_no_network_names_the_address_the_place_and_the_way_out(place):
    """A machine without network is told where the file belongs. Every such error is a ModelError."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/file"
    with pytest.raises(ModelError) as raised:
        download(url, place, checksum=SHA256, patience=Patience(wait_s=0))
    assert f"cannot download {url}: no connection" in str(raised.value)
    assert f"put it at {place}" in str(raised.value)


def test_a_silent_server_counts_as_cut(place):
    """The wait for it has an end."""
    silence = threading.Event()
    with serving(wait_for=silence) as server:
        with pytest.raises(DownloadError, match="timed out"):
            download(server.url, place, checksum=SHA256, patience=Patience(attempts=2, wait_s=0, timeout_s=0.05))
        silence.set()


def test_a_proxy_of_the_environment_is_used(place, monkeypatch):
    """The request for a host that does not exist reaches the proxy."""
    with serving() as server:
        monkeypatch.setenv("http_proxy", server.url.removesuffix("/file"))
        monkeypatch.delenv("no_proxy", raising=False)
        monkeypatch.delenv("NO_PROXY", raising=False)
        download("http://models.invalid/file", place, checksum=SHA256)
    assert place.read_bytes() == CONTENT


def test_a_disk_without_space_is_told_before_anything_comes(place, monkeypatch):
    """With the size needed and the folder."""
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: shutil._ntuple_diskusage(10, 10, 0))
    with serving() as server, pytest.raises(DownloadError, match=r"no space for 3,000,000 bytes on the disk of .*mod"):
        download(server.url, place, checksum=SHA256, n_bytes=len(CONTENT))
    assert server.asked == []


def test_a_disk_that_fills_up_keeps_what_came(place, monkeypatch):
    """A write that fails is no cut connection: it is not tried again."""

    def full(response):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(fetch, "_receive", lambda *arguments: full(arguments))
    with serving() as server, pytest.raises(DownloadError, match="no space on the disk"):
        download(server.url, place, checksum=SHA256)
    assert len(server.asked) == 1


def test_a_place_that_cannot_be_made_is_named(tmp_path):
    """The system's reason comes with the path."""
    (tmp_path / "models").write_bytes(b"a file")
    with pytest.raises(DownloadError, match="models"):
        download("http://127.0.0.1:1/file", tmp_path / "models" / "net.bin", checksum=SHA256)


def test_two_processes_fetch_once(place):
    """The second waits for the first and takes its file."""
    code = (
        "import sys, pathlib; from imagecluster.system.fetch import download;"
        "download(sys.argv[1], pathlib.Path(sys.argv[2]), checksum=sys.argv[3])"
    )
    with serving() as server:
        command = [sys.executable, "-c", code, server.url, str(place), SHA256]
        workers = [subprocess.Popen(command) for _ in range(2)]
        codes = [worker.wait() for worker in workers]
    assert codes == [0, 0]
    assert server.asked == [None]
    assert place.read_bytes() == CONTENT


@pytest.mark.parametrize(
    ("url", "checksum"),
    [("file:///etc/passwd", SHA256), ("models.invalid/file", SHA256), ("https://a/b", "sha256:12"),
     ("https://a/b", "crc:" + "0" * 64), ("https://a/b", hashlib.sha256(CONTENT).hexdigest())],
)  # fmt: skip
def test_arguments_of_another_form_are_refused(place, url, checksum):
    """Only the web is asked, and never without a checksum."""
    with pytest.raises(ArgumentError, match="it must"):
        download(url, place, checksum=checksum)
    assert not place.parent.exists()


def test_digest_is_the_checksum_of_a_file(tmp_path):
    """In the form that `download` takes."""
    (tmp_path / "file").write_bytes(CONTENT)
    assert digest(tmp_path / "file", SHA256) == SHA256
    assert digest(tmp_path / "file", MD5) == MD5
