"""`imagecluster view`: the page in the browser."""

from __future__ import annotations

import argparse
import sys
import threading
from functools import partial
from typing import TYPE_CHECKING

from imagecluster.cli.arguments import Commands, add_db, model_name, port, positive, similarity
from imagecluster.cli.opening import NEW_CUT, is_cut_anew, refuse_unreadable
from imagecluster.cli.paths import existing_path
from imagecluster.errors import ArgumentError, InputError

if TYPE_CHECKING:
    from imagecluster.web.viewer_options import ViewerOptions


def add(commands: Commands[argparse.ArgumentParser]) -> None:
    """Add the parser of `view`."""
    parser = commands.add_parser(
        "view",
        help="see and correct the clusters in the browser, with a similarity slider",
        description=(
            "Open a local page of the clusters of a folder. A folder that has not been sorted is sorted first, with"
            " progress in the page. Only this machine can reach the page. Press Ctrl-C to stop."
        ),
    )
    parser.add_argument("path", type=existing_path, metavar="PATH", help="the folder of pictures")
    add_db(parser)
    parser.add_argument(
        "--sim", type=similarity, default=None, metavar="S",
        help="similarity index that the page starts with (default: that of the latest run)",
    )  # fmt: skip
    parser.add_argument(
        "--min-size", type=positive, default=2, metavar="N", help="smallest cluster that is shown (default: 2)"
    )
    parser.add_argument(
        "--model",
        type=model_name,
        default=None,
        metavar="NAME",
        help="fingerprint model (default: model of the latest run)",
    )
    parser.add_argument(
        "--port", type=port, default=None, metavar="N",
        help="port to listen on, or 0 for any free one (default: 8765, or any free one if that is taken)",
    )  # fmt: skip
    parser.add_argument("--update", action="store_true", help="look for new pictures first, with progress in the page")
    parser.add_argument("--no-browser", action="store_true", help="only print the address")
    parser.add_argument("--read-only", action="store_true", help="write nothing: no corrections, no exports, no cache")
    parser.add_argument(
        "--host", default="127.0.0.1", metavar="H",
        help="address to listen on; one that other machines can reach needs --allow-remote and --password-file"
        " (default: 127.0.0.1)",
    )  # fmt: skip
    parser.add_argument("--allow-remote", action="store_true", help="let other machines in, with a password")
    parser.add_argument(
        "--password-file",
        type=existing_path,
        default=None,
        metavar="FILE",
        help="file whose first line is the password",
    )
    parser.add_argument(
        "--certificate", type=existing_path, default=None, metavar="FILE",
        help="PEM file of a certificate, to serve the page encrypted, by HTTPS",
    )  # fmt: skip
    parser.add_argument(
        "--key", type=existing_path, default=None, metavar="FILE",
        help="PEM file of the private key (default: the certificate's file)",
    )  # fmt: skip


def command(arguments: argparse.Namespace) -> int:
    """Serve the page until Ctrl-C."""
    from imagecluster.web.access import Access, address_of, listener, read_password
    from imagecluster.web.viewer_options import name_of

    refuse_unreadable(arguments.path)
    if not arguments.path.is_dir():
        raise InputError(f"{str(arguments.path)!r} is not a folder; name the folder of pictures")
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
        print(f"{address}  (press Ctrl-C to stop)", flush=True)
        if not arguments.no_browser:
            threading.Thread(target=_open, args=(address,), daemon=True).start()
        # From here on the browser waits, and starts meanwhile.
        from imagecluster.web.serve import serve

        serve(
            partial(_options, arguments), access, listening,
            title=name_of(path), read_only=arguments.read_only,
        )  # fmt: skip
    return 0


def _options(arguments: argparse.Namespace) -> ViewerOptions:
    """The collection to view, and how."""
    from imagecluster.collection import locate
    from imagecluster.web.viewer_options import ViewerOptions

    place = locate(arguments.path, arguments.db)
    if is_cut_anew(place.directory):
        print(NEW_CUT, file=sys.stderr, flush=True)
    return ViewerOptions(
        root=place.root,
        directory=place.directory,
        follow=place.follow,
        sim=arguments.sim,
        min_size=arguments.min_size,
        model=arguments.model,
        update=arguments.update,
        read_only=arguments.read_only,
    )


def _open(address: str) -> None:
    import webbrowser

    webbrowser.open(address)
