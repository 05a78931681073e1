"""Who can reach the viewer's server, and the socket that it listens on.

Imports nothing heavy: the browser is sent to the address while the rest of the program is still loaded, and waits.
"""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass
from pathlib import Path

from imagecluster.errors import ArgumentError, OutputError

__all__ = ["LOOPBACK", "Access", "address_of", "listener", "read_password"]

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


def address_of(access: Access, listening: socket.socket) -> str:
    """What to open in a browser."""
    host = f"[{access.host}]" if ":" in access.host else access.host
    return f"http://{host}:{listening.getsockname()[1]}/"


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
