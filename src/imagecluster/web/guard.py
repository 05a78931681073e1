"""Checks of every request to the viewer's server, before it is routed.

The pictures are private, and the server listens on a port that every page in every tab can reach. So the name in the
address must be one of ours (a foreign name that leads to 127.0.0.1 is DNS rebinding), pages of other origins are
refused, and every write carries a token that only our own page knows.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
import hmac
import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from imagecluster.web.responses import refusal

__all__ = ["Guard", "Rules"]

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self';"
    " font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}

Refused = tuple[int, str, dict[str, str]]
"""Status, reason and headers of a refusal."""

_LOOPBACK = frozenset(("127.0.0.1", "localhost", "::1"))
_READING = frozenset(("GET", "HEAD"))
_ASKING = "/api/search"
"""Address of a search by picture. It is a POST because a picture is too long for an address, but it writes nothing, so
that a read-only server answers it too."""

MAX_BODY_BYTES = 32 << 20
"""Largest body of a request: the ids of a million pictures take 8 MB."""

_MOST_WAITING = 64
"""Largest number of wrong passwords that wait for their turn; more are refused at once."""

TOKEN_HEADER = "X-Imagecluster-Token"  # noqa: S105 - the name of the header, not the token

STALE_HEADER = "X-Imagecluster-Stale"
"""Header of the refusal of a token from an earlier start. Our own page then reads the present one from `/`, as it would
if it were loaded again: whoever may load the page may write, and pages of other origins can read neither."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What a server allows."""

    token: str
    """Token that every write needs."""
    names: frozenset[str] = _LOOPBACK
    """Host names that a request may give."""
    any_address: bool = False
    """Whether any IP address is also accepted as a host name, which is needed if others on the network are let in by a
    password."""
    password: str | None = None
    """Password for all requests, by HTTP basic authentication with any user name."""
    wrong_password_s: float = 1.0
    """Seconds that each wrong password costs, one after another, wherever they come from."""
    read_only: bool = False
    can_reveal: bool = True
    """Whether the file manager may be opened, which makes sense only for a user at this machine."""
    can_act: bool = True
    """Whether files may be moved, which is left to a user at this machine."""


class Guard:
    """A filter that passes what the rules allow, and adds security headers to every answer."""

    def __init__(self, app: ASGIApp, rules: Rules) -> None:
        self._app = app
        self._rules = rules
        self._wrong_one = asyncio.Lock()
        self._n_wrong = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Check a request, and pass it on or refuse it."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            return  # no WebSockets

        async def send_safely(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        headers = Headers(scope=scope)
        refused = self._refused(scope["method"], scope["path"], headers)
        if refused is not None and refused[0] == 401 and "authorization" in headers:
            refused = await self._slowed(refused)
        if refused is None:
            await self._app(scope, _bounded(receive), send_safely)
        else:
            status, why, more = refused
            await refusal(status, why, headers=more)(scope, receive, send_safely)

    async def _slowed(self, refused: Refused) -> Refused:
        """The refusal of a wrong password, after a delay in turn; a right password never waits."""
        if self._n_wrong >= _MOST_WAITING:
            return 429, "too many wrong passwords; wait a minute", {"Retry-After": "60"}
        self._n_wrong += 1
        try:
            async with self._wrong_one:
                await asyncio.sleep(self._rules.wrong_password_s)
        finally:
            self._n_wrong -= 1
        return refused

    def _refused(self, method: str, path: str, headers: Headers) -> Refused | None:
        """Status, reason and headers of the refusal of a request; None if it is allowed."""
        if not self._is_ours(headers.getlist("host")):
            return 421, "this server does not answer to that name; open the address that it printed", {}
        if self._rules.password is not None and not _has_password(
            headers.getlist("authorization"), self._rules.password
        ):
            return 401, "a password is needed", {"WWW-Authenticate": 'Basic realm="imagecluster", charset="UTF-8"'}
        if headers.get("sec-fetch-site") in ("cross-site", "same-site") and headers.get("sec-fetch-mode") != "navigate":
            return 403, "pages of other origins are refused", {}
        if method in _READING:
            return None
        if method != "POST":
            return 405, f"the method {method} is not supported", {"Allow": "GET, HEAD, POST"}
        return self._refused_write(path, headers)

    def _refused_write(self, path: str, headers: Headers) -> Refused | None:
        if self._rules.read_only and path != _ASKING:
            return 403, "this viewer is read-only", {}
        origin = headers.get("origin")
        if origin is not None and origin.lower() not in _origins_of(headers["host"]):
            return 403, "this request comes from a page of another origin", {}
        token = headers.get(TOKEN_HEADER, "")
        if not _equal([token], self._rules.token):
            # Each start has a token of its own: a page that sends another token comes from an earlier start.
            restarted = "The viewer was restarted; reload to keep editing"
            why, more = (restarted, {STALE_HEADER: "1"}) if token else (f"the header {TOKEN_HEADER} is missing", {})
            return 403, why, more
        if headers.get("content-type", "").partition(";")[0].strip() != "application/json":
            return 415, "the body must be application/json", {}
        length = headers.get("content-length", "0")
        if not length.isdigit() or int(length) > MAX_BODY_BYTES:
            return 413, f"the body must not be larger than {MAX_BODY_BYTES:,} bytes", {}
        return None

    def _is_ours(self, hosts: list[str]) -> bool:
        if len(hosts) != 1:
            return False
        name = _name_of(hosts[0])
        if name is None:
            return False
        return name in self._rules.names or (self._rules.any_address and _is_address(name))


_HOST = re.compile(r"(?:\[([0-9a-f:.]+)\]|([^\s:,/@?#\[\]\\]+))(?::[0-9]{1,5})?", re.IGNORECASE)
"""A Host header with nothing after it: another part of the chain might read what follows a comma or a space."""


def _name_of(host: str) -> str | None:
    """Host name in a Host header, without port and brackets, in lower case; None if the header is malformed."""
    found = _HOST.fullmatch(host)
    return None if found is None else (found[1] or found[2].removesuffix(".")).lower()


def _origins_of(host: str) -> tuple[str, str]:
    """Origins that a browser gives for a page at this host, also behind a proxy that encrypts."""
    return f"http://{host.lower()}", f"https://{host.lower()}"


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _has_password(headers: list[str], password: str) -> bool:
    found = []
    for header in headers:
        scheme, _, value = header.partition(" ")
        if scheme.lower() == "basic":
            try:
                found.append(base64.b64decode(value, validate=True).decode().partition(":")[2])
            except (binascii.Error, UnicodeDecodeError):
                continue
    return _equal(found, password)


def _equal(found: Iterable[str], secret: str) -> bool:
    """Whether one of the texts is the secret, in a time that reveals nothing about either."""
    expected = hashlib.sha256(secret.encode()).digest()
    given = [hashlib.sha256(text.encode("utf-8", "surrogateescape")).digest() for text in found]
    return any(hmac.compare_digest(digest, expected) for digest in given)


def _bounded(receive: Receive) -> Receive:
    """The same messages; the request ends if its body exceeds the limit although its header did not announce that."""
    n_bytes = 0

    async def bounded() -> Message:
        nonlocal n_bytes
        message = await receive()
        if message["type"] == "http.request":
            n_bytes += len(message.get("body", b""))
            if n_bytes > MAX_BODY_BYTES:
                return {"type": "http.disconnect"}
        return message

    return bounded
