"""The start of the viewer: the browser gets the page while the collection is still loaded."""

from __future__ import annotations

import http.client
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from imagecluster.collection import Settings
from imagecluster.errors import InputError
from imagecluster.functions.running import run
from imagecluster.web.access import Access, address_of, listener
from imagecluster.web.guard import Rules
from imagecluster.web.responses import application
from imagecluster.web.serve import serve, server
from pictures import draw_groups
from web_samples import served


@pytest.fixture
def waiting():
    """A server whose collection is not loaded yet; gives its port and what is to come."""
    api = Future()
    running = server(api, Rules(token="of this page"), "Ferien & <Meer>")
    with listener(Access(port=0)) as listening:
        thread = threading.Thread(target=running.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        yield listening.getsockname()[1], api
        running.should_exit = True
        thread.join(20)


@contextmanager
def asked(port: int, address: str, *, timeout_s: float = 20) -> Iterator[http.client.HTTPConnection]:
    """A request that was sent."""
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=timeout_s)) as connection:
        connection.request("GET", address)
        yield connection


@pytest.mark.parametrize("address", ["/", "/static/page.js", "/static/page.css", "/static/icon.svg"])
def test_the_page_does_not_wait_for_the_collection(waiting, address):
    """Everything but what is below /api is answered before there is a collection."""
    with asked(waiting[0], address) as connection:
        answer = connection.getresponse()
        content = answer.read()
    assert answer.status == 200
    assert address != "/" or b"<title>Ferien &amp; &lt;Meer&gt; " in content


def test_questions_wait_until_the_collection_is_loaded(waiting):
    """They are answered once it is, and not before."""
    port, api = waiting
    with asked(port, "/api/state", timeout_s=0.3) as connection, pytest.raises(TimeoutError):
        connection.getresponse()
    with asked(port, "/api/state") as connection:
        api.set_result(application([]))
        answer = connection.getresponse()
        answer.read()
    assert answer.status == 404  # what has been loaded here knows no address


def test_what_cannot_be_loaded_ends_the_server():
    """With the reason, so that the command says it."""

    def setup():
        raise InputError("there is no such thing")

    with listener(Access(port=0)) as listening, pytest.raises(InputError, match="there is no such thing"):
        serve(setup, Access(port=0), listening, title="", read_only=True)


def test_an_address_of_six_parts_stands_in_brackets():
    """As browsers want it."""
    try:
        listening = listener(Access("::1", port=0))
    except OSError as error:
        pytest.skip(f"no IPv6 here: {error}")
    with listening:
        assert address_of(Access("::1"), listening) == f"http://[::1]:{listening.getsockname()[1]}/"


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGINT for one process")
def test_ctrl_c_ends_the_viewer_quietly_while_a_page_listens(tmp_path):
    """Without waiting for the page, and without a word."""
    command = [sys.executable, "-u", "-m", "imagecluster", "view", str(tmp_path), "--no-browser", "--port", "0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    port = int(re.search(r":(\d+)/", process.stdout.readline())[1])
    with asked(port, "/api/events") as connection:
        assert connection.getresponse().readline() == b"retry: 1000\n"
        process.send_signal(signal.SIGINT)
        assert process.communicate(timeout=20)[0] == ""
    assert process.returncode == 0


def test_a_folder_of_which_nothing_can_be_read_says_why(tmp_path):
    """Name and reason of each file; nothing where there are pictures."""
    (tmp_path / "pics" / "sub").mkdir(parents=True)
    for name in ("<b>.jpg", "sub/empty.png"):
        (tmp_path / "pics" / name).write_bytes(b"nonsense" * (name < "s"))
    run([tmp_path / "pics"], Settings(links="none", page=False))
    with served(tmp_path / "pics") as client:
        named = client.state()["skips"]
    assert [name for name, _ in named] == ["<b>.jpg", str(Path("sub", "empty.png"))]
    assert "empty" in named[1][1]
    draw_groups(tmp_path / "pics", (2,))
    run([tmp_path / "pics"], Settings(links="none", page=False))
    with served(tmp_path / "pics") as client:
        assert client.state()["skips"] == []
