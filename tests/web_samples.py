"""A viewer's real server on a free port, and requests to it."""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from imagecluster.web.access import Access, listener
from imagecluster.web.guard import Rules
from imagecluster.web.routes import build_api
from imagecluster.web.serve import server
from imagecluster.web.viewer_options import ViewerOptions
from imagecluster.web.viewer_session import ViewerSession

TOKEN = "the token of this page"


@dataclass
class Answer:
    """What came back."""

    status: int
    headers: http.client.HTTPMessage
    content: bytes

    def json(self):
        """Its JSON."""
        return json.loads(self.content)

    def array(self, dtype):
        """Its bytes as numbers."""
        return np.frombuffer(self.content, dtype)


@dataclass
class Client:
    """Asks one server."""

    port: int
    session: ViewerSession
    headers: dict[str, str] = field(default_factory=dict)

    def ask(self, method: str, address: str, *, headers=None, body=None) -> Answer:
        """One request; a header of several values is given several times."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            given = {"Host": f"127.0.0.1:{self.port}", **self.headers, **(headers or {})}
            connection.putrequest(method, address, skip_host=True, skip_accept_encoding=True)
            for name, value in given.items():
                for each in value if isinstance(value, list) else [value]:
                    connection.putheader(name, each)
            if body is not None and "Content-Length" not in given:
                connection.putheader("Content-Length", str(len(body)))
            connection.endheaders(body)
            answer = connection.getresponse()
            return Answer(answer.status, answer.msg, answer.read())
        finally:
            connection.close()

    def get(self, address: str, **more) -> Answer:
        """A GET."""
        return self.ask("GET", address, **more)

    def post(self, address: str, value, *, headers=None) -> Answer:
        """A POST with the page's token; bytes are sent as they are, anything else as JSON."""
        given = {"X-Imagecluster-Token": TOKEN, "Content-Type": "application/json", **(headers or {})}
        body = value if isinstance(value, bytes) else json.dumps(value).encode()
        return self.ask("POST", address, headers=given, body=body)

    def state(self):
        """How things stand."""
        return self.get("/api/state").json()

    def data(self, name: str) -> Answer:
        """Something of the present snapshot."""
        return self.get(f"/api/{self.state()['snapshot']}/{name}")

    def edit(self, record) -> Answer:
        """A correction of pictures of the present snapshot."""
        return self.post("/api/edits", {"snapshot": self.state()["snapshot"], "record": record})


@contextmanager
def served(root: Path, directory: Path | None = None, *, rules: Rules | None = None, **options) -> Iterator[Client]:
    """A running viewer of a folder."""
    rules = rules or Rules(token=TOKEN)
    session = ViewerSession(
        ViewerOptions(root=root, directory=directory or root / "imagecluster", read_only=rules.read_only, **options)
    )
    listening = listener(Access(port=0))
    api = Future()
    api.set_result(build_api(session, rules))
    running = server(api, rules, root.name)
    session.begin()
    thread = threading.Thread(target=running.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    try:
        yield Client(listening.getsockname()[1], session)
    finally:
        session.close()
        running.should_exit = True
        thread.join(20)
        listening.close()
        assert not thread.is_alive()
