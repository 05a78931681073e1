"""The viewer's server."""

from __future__ import annotations

import contextlib
import logging
import secrets
import socket
import threading
from collections.abc import Callable
from concurrent.futures import Future
from types import FrameType
from typing import TYPE_CHECKING

import uvicorn
from starlette.types import ASGIApp

from imagecluster.web.access import LOOPBACK, Access
from imagecluster.web.app import build_app
from imagecluster.web.connections import Connection
from imagecluster.web.guard import Rules
from imagecluster.web.viewer_options import ViewerOptions

if TYPE_CHECKING:
    from imagecluster.web.viewer_session import ViewerSession

__all__ = ["serve", "server"]

_ACCEPTED_AT_ONCE = 64
"""Connections that asyncio accepts before it handles any; with 2,048 the file descriptors ran out first."""


def serve(
    options: Callable[[], ViewerOptions], access: Access, listening: socket.socket, *, title: str, read_only: bool
) -> None:
    """Serve the page until the process is told to end.

    The browser gets the page while the rest of the program is still being loaded, and starts meanwhile.

    Parameters
    ----------
    options
        Returns the collection to view; called in a thread.
    access
        Who can reach the server.
    listening
        The socket of `listener`.
    title
        Title of the page.
    read_only
        Whether the server writes nothing.

    """
    names = (*LOOPBACK, access.host.lower(), *([socket.gethostname().lower()] if access.is_remote else []))
    rules = Rules(
        token=secrets.token_urlsafe(32),
        names=frozenset(names),
        any_address=access.is_remote,
        password=access.password,
        read_only=read_only,
        can_reveal=not access.is_remote,
        can_act=not access.is_remote,
    )
    session: Future[ViewerSession] = Future()
    api: Future[ASGIApp] = Future()
    running = server(api, rules, title, access)

    def load() -> None:
        try:
            from imagecluster.web.viewer_session import ViewerSession

            session.set_result(ViewerSession(options()))
            running.before_exit = session.result().end
            session.result().begin()
            from imagecluster.web.routes import build_api

            api.set_result(build_api(session.result(), rules))
        except BaseException as error:
            api.set_exception(error)
            running.should_exit = True

    threading.Thread(target=load, name="load", daemon=True).start()
    try:
        # On Ctrl-C, uvicorn shuts down in order and then raises what it has caught.
        with contextlib.suppress(KeyboardInterrupt):
            running.run(sockets=[listening])
    finally:
        if session.done():
            session.result().close()
    if api.done():
        api.result()  # raises the error that kept it from being loaded


class Server(uvicorn.Server):
    """A server that announces its end; otherwise it would wait for pages that listen to news."""

    before_exit: Callable[[], None] | None = None
    """Called on Ctrl-C."""

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """End the server; answers that a page no longer takes are not worth a message."""
        logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
        if self.before_exit is not None:
            self.before_exit()
        super().handle_exit(sig, frame)


def server(api: Future[ASGIApp], rules: Rules, title: str, access: Access | None = None) -> Server:
    """The server, to be run on a socket that is already listening."""
    certificate, key = (None, None) if access is None else (access.certificate, access.key)
    config = uvicorn.Config(
        build_app(api, rules, title),
        access_log=False,
        backlog=_ACCEPTED_AT_ONCE,
        http=Connection,
        lifespan="off",
        log_config=None,  # the command line prints what is logged
        log_level="warning",
        server_header=False,
        ssl_certfile=certificate,
        ssl_keyfile=key,
        timeout_graceful_shutdown=1,
        ws="none",
    )
    return Server(config)
