"""Who can reach the viewer's server, and the socket that it listens on.

It imports nothing heavy: the browser is sent to the address, and waits there, while the rest of the program is loaded.
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
        A host beyond this machine without `allow_remote`, or without a password; a key without a certificate, or a
        certificate that cannot be used.

    """

    host: str = "127.0.0.1"
    port: int | None = None
    """None for the usual port, or any free one if that is taken."""
    allow_remote: bool = False
    password: str | None = None
    certificate: Path | None = None
    """PEM file with a certificate and its chain; with one, the connection is encrypted."""
    key: Path | None = None
    """PEM file with the private key; None if the key is in the certificate's file."""

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
        if self.certificate is not None:
            _check_certificate(self.certificate, self.key)
        elif self.key is not None:
            raise ArgumentError("--key is the key of a certificate; give --certificate too")

    @property
    def is_remote(self) -> bool:
        """Whether other machines can reach the server."""
        return self.host not in LOOPBACK


def address_of(access: Access, listening: socket.socket) -> str:
    """The address to open in a browser."""
    host = f"[{access.host}]" if ":" in access.host else access.host
    scheme = "http" if access.certificate is None else "https"
    return f"{scheme}://{host}:{listening.getsockname()[1]}/"


def read_password(file: Path) -> str:
    """The first line of a file.

    Raises
    ------
    ArgumentError
        The file cannot be read.

    """
    try:
        return file.read_text(encoding="utf-8").partition("\n")[0].rstrip("\r")
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        raise ArgumentError(f"cannot read the password from {str(file)!r}: {reason}") from None
    except UnicodeDecodeError:
        raise ArgumentError(f"cannot read the password from {str(file)!r}: it is not a text in UTF-8") from None


def _check_certificate(certificate: Path, key: Path | None) -> None:
    """Raise ArgumentError if the certificate and its key cannot be used."""
    import ssl

    for file in filter(None, (certificate, key)):
        try:
            file.read_bytes()
        except OSError as error:
            raise ArgumentError(f"cannot read {str(file)!r}: {error.strerror or error}") from None
    try:
        # With an empty password, a key that has one is refused; otherwise OpenSSL would ask for it on the terminal.
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key, password="")
    except (OSError, ValueError) as error:
        raise ArgumentError(
            f"{str(certificate)!r} and {str(key or certificate)!r} are not a certificate and its key"
            f" ({getattr(error, 'reason', None) or error}); give PEM files that belong together, and a key without a"
            " password"
        ) from None


def listener(access: Access) -> socket.socket:
    """A listening socket; from now on the address can be opened."""
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
    """A socket that listens on a host and port, or OSError."""
    family, _, _, _, place = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    # With the protocol named, asyncio sends small answers at once (TCP_NODELAY); otherwise each waits for 40 ms.
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
