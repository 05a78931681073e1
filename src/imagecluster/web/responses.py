"""The viewer's answers: JSON that holds any file name, immutable bytes, refusals."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from imagecluster.errors import ArgumentError, ImageclusterError
from imagecluster.web import wire

__all__ = [
    "BYTES",
    "IMMUTABLE",
    "JSON",
    "application",
    "immutable_bytes",
    "immutable_json",
    "refusal",
    "unkept_bytes",
    "unkept_json",
]

IMMUTABLE = "private, max-age=31536000, immutable"
"""Cache-Control of everything under a snapshot's key."""

BYTES, JSON = "application/octet-stream", "application/json"


def _json(value: wire.Answer) -> bytes:
    # ASCII only: bytes of a name that are not UTF-8 become lone surrogates, which no other encoding can hold.
    return json.dumps(value, ensure_ascii=True, allow_nan=False, separators=(",", ":")).encode("ascii")


def immutable_bytes(content: bytes, *, media_type: str = BYTES, headers: Mapping[str, str] | None = None) -> Response:
    """Bytes that never change under their address."""
    return Response(content, media_type=media_type, headers={"Cache-Control": IMMUTABLE, **(headers or {})})


def immutable_json(value: wire.Answer) -> Response:
    """JSON that never changes under its address."""
    return immutable_bytes(_json(value), media_type=JSON)


def unkept_json(value: wire.Answer) -> Response:
    """JSON that may differ next time."""
    return unkept_bytes(_json(value), media_type=JSON)


def unkept_bytes(content: bytes, *, media_type: str = BYTES, headers: Mapping[str, str] | None = None) -> Response:
    """Bytes that may differ next time."""
    return Response(content, media_type=media_type, headers={"Cache-Control": "no-store", **(headers or {})})


def refusal(status: int, why: str, *, headers: Mapping[str, str] | None = None) -> Response:
    """An error with its reason."""
    return Response(_json({"error": why}), status_code=status, media_type=JSON, headers=dict(headers or {}))


def application(routes: Sequence[Route]) -> Starlette:
    """An application of these routes, in which every error becomes a refusal with its reason."""
    handlers: Any = {HTTPException: _http_error, ImageclusterError: _own_error, Exception: _unexpected}
    return Starlette(routes=list(routes), exception_handlers=handlers)


def _http_error(request: Request, error: HTTPException) -> Response:
    return refusal(error.status_code, str(error.detail), headers=error.headers)


def _own_error(request: Request, error: ImageclusterError) -> Response:
    return refusal(400 if isinstance(error, ArgumentError) else 409, str(error))


def _unexpected(request: Request, error: Exception) -> Response:
    return refusal(500, "something unexpected went wrong; see the terminal that runs imagecluster")
