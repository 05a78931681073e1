"""`imagecluster view`: the local page."""

from __future__ import annotations

import argparse
import threading
from functools import partial

from imagecluster.errors import ArgumentError, InputError
from imagecluster.web.access import Access, address_of, listener, read_password
from imagecluster.web.setup import Setup, name_of


def command(arguments: argparse.Namespace) -> int:
    """Serve the page until Ctrl-C."""
    if not arguments.path.is_dir():
        raise InputError(f"{str(arguments.path)!r} is no folder; name the folder of pictures")
    if arguments.update and arguments.read_only:
        raise ArgumentError("--update writes to the database and --read-only forbids it; give one of them")
    if arguments.model is not None:
        from imagecluster.models import find_model

        find_model(arguments.model)
    access = Access(
        host=arguments.host,
        port=arguments.port,
        allow_remote=arguments.allow_remote,
        password=None if arguments.password_file is None else read_password(arguments.password_file),
        certificate=arguments.certificate,
        key=arguments.key,
    )
    path = arguments.path.absolute()
    with listener(access) as listening:
        address = address_of(access, listening)
        print(f"{address}  (Ctrl-C ends it)", flush=True)
        if not arguments.no_browser:
            threading.Thread(target=_open, args=(address,), daemon=True).start()
        # From here on the browser waits, and starts meanwhile.
        from imagecluster.web.serve import serve

        serve(
            partial(_setup, arguments), access, listening,
            title=name_of(path), read_only=arguments.read_only,
        )  # fmt: skip
    return 0


def _setup(arguments: argparse.Namespace) -> Setup:
    """What to view."""
    from imagecluster.collection import locate

    root, directory, _ = locate(arguments.path, arguments.db)
    return Setup(
        root=root,
        directory=directory,
        sim=arguments.sim,
        min_size=arguments.min_size,
        model=arguments.model,
        update=arguments.update,
        read_only=arguments.read_only,
    )


def _open(address: str) -> None:
    import webbrowser

    webbrowser.open(address)
