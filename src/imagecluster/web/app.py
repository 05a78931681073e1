"""The viewer's application: the page at once, all other addresses as soon as the rest of the program is loaded."""

from __future__ import annotations

import asyncio
import html
from collections.abc import Callable
from concurrent.futures import Future

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from imagecluster.web.guard import Guard, Rules
from imagecluster.web.page_files import asset, asset_names, bundled_script, bundled_styles
from imagecluster.web.responses import application

__all__ = ["build_app"]

_BUNDLES: dict[str, Callable[[], str]] = {"page.js": bundled_script, "page.css": bundled_styles}
"""One answer instead of one per file, which took a quarter of the time until the first picture."""

_MEDIA_TYPES = {
    "css": "text/css",
    "html": "text/html",
    "ico": "image/x-icon",
    "js": "text/javascript",
    "json": "application/json",
    "mjs": "text/javascript",
    "png": "image/png",
    "svg": "image/svg+xml",
    "txt": "text/plain",
    "woff2": "font/woff2",
}
"""Media type by suffix; the system's own table may differ."""


def build_app(api: Future[ASGIApp], rules: Rules, title: str) -> Guard:
    """The server's application, behind its guard.

    Parameters
    ----------
    api
        The application below /api; it may come later, and requests wait for it.
    rules
        The rules of the guard.
    title
        Title of the page.

    """
    page = application(_Page(title, rules.token).routes)

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        app = await asyncio.wrap_future(api) if scope["path"].startswith("/api/") else page
        await app(scope, receive, send)

    return Guard(answer, rules)


class _Page:
    """The page and its files.

    Parameters
    ----------
    title
        Title of the page, which is the name of the collection.
    token
        Token that the page sends with every write.

    """

    def __init__(self, title: str, token: str) -> None:
        self._values = {"{{title}}": title, "{{token}}": token}
        self.routes = [Route("/", self.index), Route("/static/{name:path}", self.static)]

    async def index(self, request: Request) -> Response:
        """The page."""
        page = asset("index.html").decode()
        for placeholder, value in self._values.items():
            page = page.replace(placeholder, html.escape(value))
        return Response(page, media_type="text/html", headers={"Cache-Control": "no-store"})

    async def static(self, request: Request) -> Response:
        """A file of the page by its exact name in the package, or the bundle of all modules or styles."""
        name = request.path_params["name"]
        media_type = _MEDIA_TYPES.get(name.rpartition(".")[2])
        if media_type is None or not (name in _BUNDLES or name in asset_names()):
            raise HTTPException(404, "there is no such file")
        content = _BUNDLES[name]() if name in _BUNDLES else asset(name)
        return Response(content, media_type=media_type, headers={"Cache-Control": "no-cache"})
