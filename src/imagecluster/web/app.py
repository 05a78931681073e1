"""The viewer's addresses: those of the page answer at once, the others as soon as the rest of the program is loaded."""

from __future__ import annotations

import asyncio
from concurrent.futures import Future

from starlette.types import ASGIApp, Receive, Scope, Send

from imagecluster.web.answers import application
from imagecluster.web.guard import Guard, Rules
from imagecluster.web.pages import Pages

__all__ = ["build_app"]


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
    page = application(Pages(title, rules.token).routes)

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        app = await asyncio.wrap_future(api) if scope["path"].startswith("/api/") else page
        await app(scope, receive, send)

    return Guard(answer, rules)
