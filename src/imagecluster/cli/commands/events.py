"""`imagecluster events`: trips, events, scenes and bursts, their names, folders and corrections."""

from __future__ import annotations

import argparse
import json
import sys
from typing import TYPE_CHECKING

from imagecluster.cli.arguments import Commands, add_db, add_gone, add_paths, add_places
from imagecluster.cli.given_paths import refuse_wrong_paths
from imagecluster.cli.paths import existing_path, typed_path
from imagecluster.cli.progress import ProgressBar
from imagecluster.cli.text import counted, printable
from imagecluster.errors import ArgumentError

if TYPE_CHECKING:
    from imagecluster.present.links import LinkKind

_LINKS: tuple[LinkKind, ...] = ("symlink", "hardlink", "copy")
_LEVELS = ("trip", "event", "scene", "burst")

_DESCRIPTION = """\
Find trips, and in them events, scenes and bursts, from when and where pictures were taken and what they show, and name
them by places. New pictures are fingerprinted first, as by `imagecluster run`, but nothing is clustered. Nothing is
looked up on the net.
"""

_EPILOG = """\
corrections are remembered, and hold for new pictures too; see docs/events.md:
  imagecluster events PATH --split FILE               an event starts with this picture (--level trip: a trip)
  imagecluster events PATH --join FILE FILE           the events of these pictures are one (--level trip: the trips)
  imagecluster events PATH --move FILE ... TARGET     pictures belong to the event of the last one
  imagecluster events PATH --rename FILE NAME         name the event (--level trip: the trip) of a picture
  imagecluster events PATH --home=52.5,13.4           home is there
  imagecluster events PATH --clock "Canon EOS R6=+7h" the clock of a camera was 7 hours behind
  imagecluster events PATH --undo-correction          take the latest of these back
"""


def add(commands: Commands[argparse.ArgumentParser]) -> None:
    """Add the parser of `events`."""
    parser = commands.add_parser(
        "events",
        help="find trips and events, with names; sort pictures into folders by them",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_paths(parser)
    parser.add_argument(
        "--level", choices=_LEVELS, default=None,
        help="how far down the table goes (default: event); with a correction, trip or event: what it is about",
    )  # fmt: skip
    add_places(parser)
    parser.add_argument(
        "--locale", default=None, metavar="NAME",
        help="for dates and names of places, such as de_DE (default: by the environment)",
    )  # fmt: skip
    folders = parser.add_argument_group("folders")
    folders.add_argument(
        "--links", nargs="?", choices=_LINKS, const="symlink", default=None, metavar="KIND",
        help="lay the pictures out in folders such as `2025/2025-03 Iceland/03-02 Vik`: symlink (default), hardlink or"
        " copy",
    )  # fmt: skip
    folders.add_argument(
        "--to", type=typed_path, default=None, metavar="DIR",
        help="folder of this tree, which is made anew each time (default: events beside the database)",
    )  # fmt: skip
    _add_corrections(parser)
    add_db(parser)
    add_gone(parser)
    parser.add_argument("-q", "--quiet", action="store_true", help="print no progress and no hints")
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of the table")


def _add_corrections(parser: argparse.ArgumentParser) -> None:
    """Add what corrects the tree."""
    group = parser.add_argument_group("corrections")
    one = group.add_mutually_exclusive_group()
    one.add_argument(
        "--split", type=existing_path, default=None, metavar="FILE", help="an event starts with this picture"
    )
    one.add_argument(
        "--join", type=existing_path, nargs="+", default=None, metavar="FILE",
        help="the events that hold these pictures are one",
    )  # fmt: skip
    one.add_argument(
        "--move", type=existing_path, nargs="+", default=None, metavar="FILE",
        help="these pictures belong to the event of the last one",
    )  # fmt: skip
    one.add_argument(
        "--rename", nargs=2, default=None, metavar=("FILE", "NAME"),
        help="name the event of a picture; an empty name gives it the found one again",
    )  # fmt: skip
    one.add_argument("--home", default=None, metavar="LAT,LON", help="home is there, in degrees north and east")
    one.add_argument(
        "--clock", default=None, metavar="CAMERA=SHIFT",
        help="add a time such as +7h or -1h30min to the times of a camera; 0 takes that back",
    )  # fmt: skip
    one.add_argument(
        "--undo-correction", action="store_true", help="take the latest correction of trips and events back"
    )
    group.add_argument("--home-from", default=None, metavar="DATE", help="with --home: only from this day on")
    group.add_argument("--home-to", default=None, metavar="DATE", help="with --home: only until this day")


def command(arguments: argparse.Namespace) -> int:
    """Print the tree, lay out its folders, or remember a correction."""
    _refuse_contradictions(arguments)
    from imagecluster.collection.events import find_events, hidden_rows
    from imagecluster.functions.event_finding import opened_pictures

    arguments.files_from, arguments.no_recursive = None, False
    refuse_wrong_paths(arguments)
    with (
        ProgressBar(quiet=arguments.quiet) as progress,
        opened_pictures(arguments.paths, db=arguments.db, gone=arguments.gone, progress=progress) as pictures,
    ):
        if _is_correction(arguments):
            from imagecluster.cli.event_corrections import correct

            return correct(arguments, pictures.store, pictures.model)
        found = find_events(
            pictures.store, pictures.model, locale=arguments.locale, precision=arguments.places, progress=progress
        )
        found = found.without(hidden_rows(pictures.store, found.leaves))
        if arguments.links is not None:
            from imagecluster.present.event_links import make_event_links

            tree = arguments.to or found.directory / "events"
            linked = make_event_links(found, pictures.store, tree.absolute(), kind=arguments.links, progress=progress)
    from imagecluster.cli.event_listing import hints, listing

    if arguments.json:
        print(json.dumps(found.as_json()))
    elif arguments.links is None or arguments.level is not None:
        print(listing(found, level=arguments.level or "event"))
    if arguments.links is not None:
        print(
            f"{counted(linked.n_links, 'picture')} in {counted(len(linked.folders), 'folder')}:"
            f" {printable(linked.directory)}",
            file=sys.stderr if arguments.json else sys.stdout,
        )
        for one in linked.unlinked:
            print(f"not linked: {printable(one.path, found.root)}: {one.reason}", file=sys.stderr)
        for kept in linked.kept:
            print(f"files of yours were in the folders; they are kept in {printable(kept)}", file=sys.stderr)
    if not arguments.quiet and not arguments.json:
        for hint in hints(found, arguments):
            print(hint, file=sys.stderr)
    return 0


def _is_correction(arguments: argparse.Namespace) -> bool:
    names = ("split", "join", "move", "rename", "home", "clock")
    return arguments.undo_correction or any(getattr(arguments, name) is not None for name in names)


def _refuse_contradictions(arguments: argparse.Namespace) -> None:
    """Raise ArgumentError for options that do not go together."""
    if arguments.to is not None and arguments.links is None:
        raise ArgumentError("--to is the folder of --links; give --links too")
    if arguments.home is None and (arguments.home_from, arguments.home_to) != (None, None):
        raise ArgumentError("--home-from and --home-to say when --home holds; give --home too")
    if _is_correction(arguments):
        if arguments.links is not None or arguments.json:
            other = "--json" if arguments.json else "--links"
            raise ArgumentError(f"a correction prints what it did, and {other} the whole tree; give one of the two")
        levels = ("trip", "event")
        if arguments.level not in (None, *levels):
            raise ArgumentError("corrections are about trips and events; --level must be trip or event")
        if arguments.level == "trip" and not (arguments.split or arguments.join or arguments.rename):
            raise ArgumentError("--level trip is for --split, --join and --rename")
    if arguments.locale is not None:
        from imagecluster.collection.event_names import known_locale

        known_locale(arguments.locale)
