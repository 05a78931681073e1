"""`imagecluster view`: the local page."""

from __future__ import annotations

import argparse

from imagecluster.errors import ArgumentError, InputError
from imagecluster.models import find_model
from imagecluster.pipeline import locate


def command(arguments: argparse.Namespace) -> int:
    """Serve the page until Ctrl-C."""
    if not arguments.path.is_dir():
        raise InputError(f"{str(arguments.path)!r} is no folder; name the folder of pictures")
    if arguments.update and arguments.read_only:
        raise ArgumentError("--update writes to the database and --read-only forbids it; give one of them")
    if arguments.model is not None:
        find_model(arguments.model)
    root, directory = locate([arguments.path], arguments.db)
    from imagecluster.web.serve import Access, read_password, serve
    from imagecluster.web.viewer import Setup

    access = Access(
        host=arguments.host,
        port=arguments.port,
        allow_remote=arguments.allow_remote,
        password=None if arguments.password_file is None else read_password(arguments.password_file),
    )
    setup = Setup(
        root=root,
        directory=directory,
        sim=arguments.sim,
        min_size=arguments.min_size,
        model=arguments.model,
        update=arguments.update,
        read_only=arguments.read_only,
    )
    serve(setup, access, browser=not arguments.no_browser, announce=_announce)
    return 0


def _announce(address: str) -> None:
    print(f"{address}  (Ctrl-C ends it)", flush=True)
