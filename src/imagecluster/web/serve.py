"""Starts the viewer's server and opens the page."""

from __future__ import annotations

import contextlib
import os
import secrets
import socket
import threading
import webbrowser
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import uvicorn

from imagecluster.errors import ArgumentError, OutputError
from imagecluster.web.app import build_app
from imagecluster.web.guard import Rules
from imagecluster.web.viewer import Setup, Viewer

__all__ = ["Access", "listener", "read_password", "serve", "server"]

LOOPBACK = ("127.0.0.1", "::1", "localhost")
DEFAULT_PORT = 8765


@dataclass(frozen=True, slots=True)
class Access:
    """Who can reach the server.

    Raises
    ------
    ArgumentError
        A host beyond this machine without `allow_remote`, or without a password.

    """

    host: str = "127.0.0.1"
    port: int | None = None
    """None for the usual one, or any free one where that is taken."""
    allow_remote: bool = False
    password: str | None = None

    def __post_init__(self) -> None:
        if self.password is not None and len(self.password) < 8:
            raise ArgumentError(f"the password has {len(self.password)} characters; it must have at least 8")
        if self.is_remote and not self.allow_remote:
            raise ArgumentError(
                f"--host {self.host} would show the pictures to other machines; give --allow-remote and"
                " --password-file, or leave --host out"
            )
        if self.is_remote and self.password is None:
            raise ArgumentError(f"--host {self.host} needs --password-file: a file whose first line is the password")

    @property
    def is_remote(self) -> bool:
        """Whether other machines can reach it."""
        return self.host not in LOOPBACK


def serve(setup: Setup, access: Access, *, browser: bool = True, announce: Callable[[str], None]) -> None:
    """Serves the page until the process is told to end.

    Parameters
    ----------
    setup
        What to view.
    access
        Who can reach it.
    browser
        Whether to open the page in the user's browser.
    announce
        Called with the page's address once it can be opened.

    Raises
    ------
    OutputError
        The port is taken.

    """
    listening = listener(access)
    port = listening.getsockname()[1]
    shown = f"[{access.host}]" if ":" in access.host else access.host
    address = f"http://{shown}:{port}/"
    rules = Rules(
        token=secrets.token_urlsafe(32),
        names=frozenset(
            (*LOOPBACK, access.host.lower(), *([socket.gethostname().lower()] if access.is_remote else []))
        ),
        any_address=access.is_remote,
        password=access.password,
        read_only=setup.read_only,
        can_reveal=not access.is_remote,
    )
    viewer = Viewer(setup)
    viewer.begin()
    announce(address)
    if browser:
        threading.Thread(target=webbrowser.open, args=(address,), daemon=True).start()
    try:
        # uvicorn ends in order on Ctrl-C, and then raises what it has caught.
        with contextlib.suppress(KeyboardInterrupt):
            server(viewer, rules).run(sockets=[listening])
    finally:
        viewer.close()
        listening.close()


def server(viewer: Viewer, rules: Rules) -> uvicorn.Server:
    """The server of a viewer; it runs on a socket that listens already."""
    config = uvicorn.Config(
        build_app(viewer, rules),
        access_log=False,
        lifespan="off",
        log_level="warning",
        server_header=False,
        timeout_graceful_shutdown=1,
        ws="none",
    )
    return uvicorn.Server(config)


def read_password(file: Path) -> str:
    """The first line of a file.

    Raises
    ------
    ArgumentError
        The file cannot be read.

    """
    try:
        return file.read_text(encoding="utf-8").partition("\n")[0].rstrip("\r")
    except (OSError, UnicodeDecodeError) as error:
        raise ArgumentError(f"cannot read the password from {str(file)!r}: {error}") from None


def listener(access: Access) -> socket.socket:
    """A socket that listens: from now on the address can be opened."""
    ports = (DEFAULT_PORT, 0) if access.port is None else (access.port,)
    for port in ports:
        try:
            return _bound(access.host, port)
        except OSError as error:
            failure = error
    raise OutputError(
        f"cannot listen on {access.host}, port {ports[0]}: {failure.strerror or failure}; try another --port"
    )


def _bound(host: str, port: int) -> socket.socket:
    """A socket that listens there. Raises OSError."""
    family, _, _, _, place = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    # With the protocol named, asyncio sends small answers at once (TCP_NODELAY); else each waits for 40 ms.
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if os.name == "posix":
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(place)
        listening.listen(128)
    except BaseException:
        listening.close()
        raise
    return listening
