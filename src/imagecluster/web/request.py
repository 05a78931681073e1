"""The checked values of a request."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request

from imagecluster.explore.snapshot import Snapshot
from imagecluster.web.viewer_session import ViewerSession

__all__ = ["asked_snapshot", "json_body", "picture_id", "run_of_places", "whole_number"]

_LARGEST_WHOLE = 2**53 - 1


def whole_number(request: Request, name: str, default: int | None = None) -> int:
    """A whole number of the query; HTTP 400 if it is not one."""
    text = request.query_params.get(name)
    if text is None and default is not None:
        return default
    if text is None or not re.fullmatch(r"-?[0-9]{1,12}", text, re.ASCII):
        raise HTTPException(400, f"{name} is {text!r}; it must be a whole number")
    return int(text)


def asked_snapshot(session: ViewerSession, values: Mapping[str, Any]) -> Snapshot:
    """The snapshot whose ids a request uses; in another one they mean other pictures. HTTP 400 or 410 if none is."""
    key = values.get("snapshot")
    if not isinstance(key, str):
        raise HTTPException(400, "give the key of the snapshot that the ids belong to, as in /api/state")
    snapshot = session.snapshot_of(key)
    if snapshot is None:
        raise HTTPException(410, "the collection has changed; ask /api/state for the current snapshot")
    return snapshot


def picture_id(snapshot: Snapshot, text: object) -> int:
    """The picture with an id; HTTP 404 if there is none."""
    found = int(str(text)) if re.fullmatch(r"[0-9]{1,12}", str(text), re.ASCII) else -1
    if not 0 <= found < len(snapshot):
        raise HTTPException(404, f"there is no picture {str(text)[:20]!r}; ids are from 0 to {len(snapshot) - 1}")
    return found


def run_of_places(snapshot: Snapshot, request: Request) -> tuple[int, int]:
    """First place of a run of the leaf order, and the place after its last; HTTP 400 if there is no such run."""
    first, end = whole_number(request, "a"), whole_number(request, "b")
    if not 0 <= first < end <= len(snapshot):
        raise HTTPException(400, f"a is {first} and b is {end}; it must be 0 <= a < b <= {len(snapshot)}")
    return first, end


async def json_body(request: Request) -> dict[str, Any]:
    """The JSON object in a request's body; HTTP 400 if there is none, or if it holds unacceptable values."""
    try:
        content = await request.body()
        found = json.loads(content, parse_int=_whole, parse_float=_finite, parse_constant=_finite)
        if b"\\ud" in content.lower():  # half of a surrogate pair cannot be stored as text, though JSON allows it
            json.dumps(found, ensure_ascii=False).encode()
    except (ValueError, RecursionError, ClientDisconnect):
        raise HTTPException(400, "the body is not JSON, or has a number or text that is not accepted") from None
    if not isinstance(found, dict):
        raise HTTPException(400, "the body must be a JSON object")
    return found


def _whole(text: str) -> int:
    """A whole number that JavaScript can hold exactly, and so arrays and floats can too."""
    number = int(text)
    if abs(number) > _LARGEST_WHOLE:
        raise ValueError(text)
    return number


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(text)
    return number
