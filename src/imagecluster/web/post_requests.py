"""The answers to POST requests: corrections, exports, a picture to look for, and opening a picture's folder.

A search by a picture from outside is among them, though it changes nothing, because the picture is sent in the body;
searches by text and by a picture of the collection are in `get_requests.py`. The guard has checked the token.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from operator import index
from pathlib import Path
from typing import Any

import numpy as np
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from imagecluster.collection import open_latest
from imagecluster.cut.own_cuts import OwnCut
from imagecluster.errors import ArgumentError, OutputError
from imagecluster.explore.similar import nearest_to
from imagecluster.explore.snapshot import Snapshot
from imagecluster.present.outputs import write
from imagecluster.store import Store
from imagecluster.system.safe_files import OwnFolder, exists
from imagecluster.web import wire
from imagecluster.web.correction_json import corrections_state, edit_of_request
from imagecluster.web.guard import Rules
from imagecluster.web.page_copy import View, write_page_copy
from imagecluster.web.request import asked_snapshot, json_body, picture_id
from imagecluster.web.responses import unkept_json
from imagecluster.web.sent_pictures import SentPictures
from imagecluster.web.snapshot_json import neighbour
from imagecluster.web.viewer_session import ViewerSession

__all__ = ["COPY_NAME", "PostRequests"]

COPY_NAME = "viewer.html"
"""Name of a copy of the page, in the folder of the database."""

_LONGEST_LINK = 1 << 20
_MOST_FOUND = 200


class PostRequests:
    """The answers to all POST requests; `routes.py` lists their addresses."""

    def __init__(self, session: ViewerSession, rules: Rules) -> None:
        self._session = session
        self._rules = rules
        self._sent = SentPictures()

    async def edit(self, request: Request) -> Response:
        """Add a correction, or undo or redo one."""
        values = await json_body(request)
        return await run_in_threadpool(self._edited, values)

    def _edited(self, values: dict[str, Any]) -> Response:
        session, history = self._session, self._session.history
        if "record" in values:
            mark = values.get("mark", "")
            if not isinstance(mark, str) or not re.fullmatch(r"([0-9a-f]{16,64})?", mark, re.ASCII):
                raise HTTPException(400, "mark must be 16 to 64 hexadecimal digits")
            history.add(edit_of_request(values["record"], asked_snapshot(self._session, values)), mark=mark)
        elif values.get("undo") is True:
            history.undo()
        elif values.get("redo") is True:
            history.redo()
        elif any(isinstance(values.get(way), str) and values[way] for way in ("undo", "redo")):
            return unkept_json(self._stepped(values))
        else:
            raise HTTPException(400, "give a record, or undo or redo as a mark or true")
        return unkept_json(corrections_state(session.history, session.actions, session.snapshot()))

    def _stepped(self, values: dict[str, Any]) -> wire.Edits:
        """The corrections after one of them was undone or redone by its mark; others may have done that before."""
        session, refused = self._session, ""
        try:
            if isinstance(values.get("undo"), str):
                session.history.undo(values["undo"])
            else:
                session.history.redo(values["redo"])
        except ArgumentError as error:
            refused = str(error)
        found = corrections_state(session.history, session.actions, session.snapshot())
        if refused:
            found["refused"] = refused
        return found

    async def export(self, request: Request) -> Response:
        """Write an output of the clusters that the page shows."""
        values = await json_body(request)
        return await run_in_threadpool(self._exported, values)

    def _exported(self, values: dict[str, Any]) -> Response:
        snapshot = self._session.snapshot()
        sim, min_size = values.get("sim"), values.get("min_size", self._session.options.min_size)
        if not isinstance(sim, int | float) or isinstance(sim, bool) or type(min_size) is not int:
            raise HTTPException(400, "sim must be a number from 0 to 1, and min_size a whole number of 1 or more")
        if not isinstance(values.get("kind"), str):
            raise HTTPException(400, "kind must be the name of an output")
        if snapshot.provisional or not len(snapshot):
            raise HTTPException(409, "there are no clusters yet")
        directory = self._session.options.directory
        if values.get("kind") == "copy":
            view = View(float(sim), min_size, _link_of(values))
            return unkept_json({"path": os.fspath(self._copied(snapshot, view))})
        own_cuts = _own_cuts(values)
        if own_cuts:
            snapshot = asked_snapshot(self._session, values)
        with Store.open(directory, follow=self._session.options.follow) as store:
            collection = open_latest(store, snapshot.model)
            if own_cuts and not np.array_equal(collection.dendrogram.order, snapshot.dendrogram.order):
                raise ArgumentError(
                    "the collection has changed since its branches were split; reload the page, then export"
                )
            clusters = collection.cut(float(sim), min_size=min_size, own_cuts=own_cuts)
            path = write(collection, clusters, values.get("kind"))  # type: ignore[arg-type]  # checked there
        return unkept_json({"path": os.fspath(path)})

    def _copied(self, snapshot: Snapshot, view: View) -> Path:
        """A copy of the page, in one file beside the database."""
        options = self._session.options
        with OwnFolder(options.directory, follow=options.follow) as folder:
            return write_page_copy(self._session.source(snapshot), folder.path / COPY_NAME, view, within=folder).page

    async def search(self, request: Request) -> Response:
        """Pictures that look like one from outside."""
        values = await json_body(request)
        return await run_in_threadpool(self._found, values)

    def _found(self, values: dict[str, Any]) -> Response:
        snapshot = asked_snapshot(self._session, values)
        settings = self._session.settings(snapshot)
        if settings is None:
            raise HTTPException(409, "the pictures are not clustered yet")
        direction = self._sent.direction(values.get("content"), values.get("name"), settings)
        found = nearest_to(snapshot, direction, k=_MOST_FOUND)
        return unkept_json({"results": list(map(neighbour, found))})

    async def reveal(self, request: Request) -> Response:
        """Open the file manager at a picture."""
        values = await json_body(request)
        if not self._rules.can_reveal:
            raise HTTPException(403, "pictures can be shown in the file manager only on the machine that holds them")
        snapshot = asked_snapshot(self._session, values)
        picture = picture_id(snapshot, values.get("id"))
        await run_in_threadpool(_reveal, snapshot.path(picture))
        return unkept_json({})


def _own_cuts(values: dict[str, Any]) -> list[OwnCut]:
    """Branches that the page cuts at heights of their own; HTTP 400 if they are malformed."""
    try:
        return [OwnCut(index(first), index(end), float(height)) for first, end, height in values.get("own_cuts", [])]
    except (TypeError, ValueError):
        raise HTTPException(400, "own_cuts must be a list of [first place, end, height]") from None


def _link_of(values: dict[str, Any]) -> str:
    """The part of the page's address that describes the view; HTTP 400 if it is malformed."""
    link = values.get("link", "")
    if not isinstance(link, str) or len(link) > _LONGEST_LINK or not re.fullmatch(r"[\w=&.%+-]*", link, re.ASCII):
        raise HTTPException(400, "link must be the part of the page's address after '#'")
    return link


def _reveal(path: Path) -> None:
    """Open the file manager at a file."""
    if not exists(path):
        raise ArgumentError(f"{path.name} is no longer there")
    command = _reveal_command(path)
    try:
        subprocess.Popen(  # noqa: S603 - a list of arguments, no shell
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            start_new_session=True,
        )  # fmt: skip
    except OSError as error:
        raise OutputError(f"the file manager cannot be opened: {error.strerror or error}") from None


def _reveal_command(path: Path) -> list[str]:
    """The system's command; the path is absolute, so that it cannot be taken for an option."""
    if sys.platform == "darwin":
        return ["open", "-R", os.fspath(path)]
    if sys.platform == "win32":
        return ["explorer", f"/select,{path}"]
    opener = shutil.which("xdg-open")
    if opener is None:
        raise OutputError("the file manager cannot be opened, because xdg-open is not installed")
    return [opener, os.fspath(path.parent)]
