"""`imagecluster duplicates`: the same picture again, and a plan of what may go."""

from __future__ import annotations

import argparse
import json
import os
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from imagecluster.cli.arguments import Commands, add_db, add_force, add_gone, add_paths, positive
from imagecluster.cli.given_paths import refuse_wrong_paths
from imagecluster.cli.paths import existing_path, no_such_path, typed_path
from imagecluster.cli.progress import ProgressBar
from imagecluster.cli.text import counted, printable
from imagecluster.errors import ArgumentError
from imagecluster.system.safe_files import exists

if TYPE_CHECKING:
    from imagecluster.actions import Applied, Destination
    from imagecluster.collection.duplicates import Duplicates, DuplicateSettings
    from imagecluster.records import CopyKind

_KINDS: tuple[CopyKind, ...] = ("file", "identical", "pixels", "copy", "altered", "shot")

_DESCRIPTION = """\
Find pictures of which there are copies: the same bytes, the same pixels, or the same picture in another size or format,
cropped, turned or edited as a whole. New pictures are fingerprinted first, as by `imagecluster run`, but nothing is
clustered. No file is moved or changed without --apply, and nothing is ever deleted outright.
"""

_EPILOG = """\
kinds, from sure to like:
  file       another name of the same file (hard or symbolic link); shown on demand, nothing to remove
  identical  the same bytes
  pixels     the same pixels; only metadata or a lossless save differs
  copy       one exposure: resized, recompressed, cropped, turned, mirrored, toned, captioned, framed
  altered    one exposure of which a part differs; never proposed for removal
  shot       another exposure of the same moment; never proposed for removal

In three steps:
  imagecluster duplicates PATH                      look at the groups
  imagecluster duplicates PATH --plan plan.json     write down what may go; read it, edit it
  imagecluster duplicates PATH --apply plan.json    move it to the trash; `imagecluster undo PATH` brings it back
"""


def add(commands: Commands[argparse.ArgumentParser]) -> None:
    """Add the parser of `duplicates`."""
    parser = commands.add_parser(
        "duplicates",
        help="find copies of pictures, and move those that are not needed to the trash",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_paths(parser)
    parser.add_argument(
        "--kinds", type=_kinds, default=None, metavar="KIND,...",
        help=f"which kinds to look for: {', '.join(_KINDS)}, or all (default: all but file)",
    )  # fmt: skip
    parser.add_argument(
        "--keep", action="append", default=[], metavar="RULES",
        help="which file of a group is kept, by rules that are tried one after another, such as"
        " 'largest;format:heic,jpeg;folder:~/Pictures/Originals;oldest' (see docs/duplicates.md; may be repeated)",
    )  # fmt: skip
    parser.add_argument(
        "--reference", dest="references", type=existing_path, action="append", default=[], metavar="DIR",
        help="a folder whose files are kept before all others and are never proposed for removal; it is looked through"
        " too (may be repeated)",
    )  # fmt: skip
    parser.add_argument(
        "--all", dest="decided", action="store_true",
        help="also list groups that you decided to keep (default: only what is still open)",
    )  # fmt: skip
    _add_plans(parser)
    _add_decisions(parser)
    add_db(parser)
    add_gone(parser)
    parser.add_argument(
        "--threads", type=positive, default=None, metavar="N", help="number of threads (default: one per core)"
    )
    parser.add_argument(
        "--page", type=typed_path, default=None, metavar="FILE",
        help="also write a page with the pictures of each group side by side, in one file",
    )  # fmt: skip
    add_force(parser)
    parser.add_argument("-q", "--quiet", action="store_true", help="print no progress and no hints")
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of the list")


def _add_plans(parser: argparse.ArgumentParser) -> None:
    """Add what writes a plan, and what carries one out."""
    plans = parser.add_argument_group("plans")
    plans.add_argument(
        "--plan", type=typed_path, default=None, metavar="FILE",
        help="write what may go to this JSON file, for you to read and edit",
    )  # fmt: skip
    plans.add_argument(
        "--carry-over", action="store_true",
        help="with --plan: the file that is kept gets the date, place, rating, keywords, title and description that the"
        " others have and it does not, into its sidecar, never into the picture",
    )  # fmt: skip
    plans.add_argument(
        "--apply", type=existing_path, default=None, metavar="FILE",
        help="carry out a plan; each file is checked again just before, and what has changed since is left",
    )  # fmt: skip
    where = plans.add_mutually_exclusive_group()
    where.add_argument("--to", default=None, metavar="trash|DIR", help="where the files of --apply go (default: trash)")
    where.add_argument(
        "--link", choices=("hard", "reflink", "symbolic"), default=None,
        help="with --apply: replace files that have the same bytes as the one kept by links to it",
    )  # fmt: skip


def _add_decisions(parser: argparse.ArgumentParser) -> None:
    """Add what explains a group, and what decides about one."""
    decisions = parser.add_argument_group("one group at a time").add_mutually_exclusive_group()
    decisions.add_argument(
        "--why", type=existing_path, nargs="+", default=None, metavar="FILE",
        help="explain the group of a file, or how two files are the same picture",
    )  # fmt: skip
    decisions.add_argument(
        "--not-duplicates", type=existing_path, nargs=2, default=None, metavar="FILE",
        help="remember that two pictures are not copies of each other",
    )  # fmt: skip
    decisions.add_argument(
        "--keep-all", type=existing_path, default=None, metavar="FILE",
        help="remember that all of this file's group are kept; a picture that joins it later shows again",
    )  # fmt: skip
    decisions.add_argument(
        "--best", type=existing_path, default=None, metavar="FILE",
        help="remember that this file is the one to keep of its group",
    )  # fmt: skip
    decisions.add_argument("--undo-decision", action="store_true", help="take back the latest decision about copies")


def _kinds(text: str) -> tuple[CopyKind, ...]:
    """Kinds, separated by commas, in the order of their sureness."""
    if text == "all":
        return _KINDS
    given = [part.strip() for part in text.split(",")]
    for part in given:
        if part not in _KINDS:
            raise argparse.ArgumentTypeError(f"{part!r} is not one of {', '.join(_KINDS)}, all")
    return tuple(kind for kind in _KINDS if kind in given)


def command(arguments: argparse.Namespace) -> int:
    """Print the groups of copies, write or carry out a plan, or remember a decision."""
    _refuse_contradictions(arguments)
    if arguments.apply is not None:
        return _apply(arguments)
    from imagecluster.cli.copy_listing import refuse_to_replace_plan
    from imagecluster.functions.copy_finding import duplicates, paths_with_references
    from imagecluster.present.overwrite_guard import refuse_to_replace

    settings = _settings(arguments)
    if arguments.plan is not None:
        refuse_to_replace_plan(arguments.plan)
    if arguments.page is not None:
        refuse_to_replace(arguments.page, force=arguments.force)
    arguments.paths = paths_with_references(arguments.paths, settings.references)
    arguments.files_from, arguments.no_recursive = None, False
    refuse_wrong_paths(arguments)
    with ProgressBar(quiet=arguments.quiet) as progress:
        found = duplicates(arguments.paths, settings, db=arguments.db, gone=arguments.gone, progress=progress)
    if arguments.why or arguments.not_duplicates or arguments.keep_all or arguments.best or arguments.undo_decision:
        from imagecluster.cli.copy_decisions import decide

        return decide(arguments, found)
    from imagecluster.cli.copy_listing import hints, listing

    if arguments.json:
        print(json.dumps(found.as_json()))
    else:
        print(listing(found, kinds=frozenset(arguments.kinds or ())))
    if arguments.page is not None:
        from imagecluster.present.copies_page import write_copies_page

        write_copies_page(found, arguments.page)
        print(f"page: {printable(arguments.page)}", file=sys.stderr)
    if arguments.plan is not None:
        _write_plan(arguments, found)
    if not arguments.quiet and not arguments.json:
        for hint in hints(found, arguments):
            print(hint, file=sys.stderr)
    return 0


def _refuse_contradictions(arguments: argparse.Namespace) -> None:
    """Raise ArgumentError for options that do not go together."""
    decides = [
        option
        for option in ("--why", "--not-duplicates", "--keep-all", "--best", "--undo-decision")
        if getattr(arguments, option[2:].replace("-", "_"))
    ]
    if arguments.apply is None:
        for option in ("--to", "--link"):
            if getattr(arguments, option[2:]) is not None:
                raise ArgumentError(f"{option} says what --apply does; write a plan with --plan first, then --apply it")
    elif arguments.plan is not None:
        raise ArgumentError("--plan writes a plan and --apply carries one out; give one of them")
    if arguments.carry_over and arguments.plan is None:
        raise ArgumentError("--carry-over is a part of the plan; give --plan FILE too")
    if decides and (arguments.apply is not None or arguments.plan is not None):
        other = "--apply" if arguments.apply is not None else "--plan"
        raise ArgumentError(f"{decides[0]} is about one group, and {other} about all of them; give one of the two")
    if arguments.why is not None and len(arguments.why) > 2:
        raise ArgumentError(
            f"--why got {len(arguments.why)} files; give one or two, and put PATH before it: `imagecluster duplicates"
            " PATH --why FILE`"
        )


def _settings(arguments: argparse.Namespace) -> DuplicateSettings:
    from imagecluster.collection.duplicates import SHOWN, DuplicateSettings
    from imagecluster.copies.rules import parse_rules

    for rule in parse_rules(arguments.keep, base=Path.cwd()):  # wrong ones are said before the work begins
        if rule.name in ("folder", "not-folder") and not os.path.isdir(rule.values[0]):  # noqa: PTH112 - a Path may raise
            raise no_such_path(Path(rule.values[0]), what=f"folder of the rule {rule.name!r}:")
    explains = arguments.why or arguments.keep_all or arguments.best
    return DuplicateSettings(
        kinds=_KINDS if explains and arguments.kinds is None else arguments.kinds or SHOWN,
        keep=tuple(arguments.keep),
        references=tuple(arguments.references),
        decided=arguments.decided or bool(explains),
        n_threads=arguments.threads,
    )


def _write_plan(arguments: argparse.Namespace, found: Duplicates) -> None:
    """Write the plan, unless something else has its name."""
    from imagecluster.actions import write_plan

    plan = found.plan(command=shlex.join(["imagecluster", *sys.argv[1:]]), carry_over=arguments.carry_over)
    write_plan(plan, arguments.plan)
    print(
        f"plan of {counted(len(plan.steps), 'file')} in {printable(arguments.plan)}: read it, take out what you want to"
        " keep",
        file=sys.stderr,
    )


def _apply(arguments: argparse.Namespace) -> int:
    """Carry out a plan, and print what was done and what was left."""
    from imagecluster.actions import SYMBOLIC_WARNING, apply, read_plan, refuse_inside
    from imagecluster.cli.acted import applied_text
    from imagecluster.cli.opening import refuse_unreadable
    from imagecluster.collection import place_of
    from imagecluster.collection.copies import why_not_same
    from imagecluster.store import Store

    for path in arguments.paths:
        refuse_unreadable(path)
    if not os.path.lexists(arguments.apply):
        raise no_such_path(arguments.apply, what="plan", otherwise="write one with --plan")
    place = place_of(arguments.paths, arguments.db)
    with Store.open(place.directory, writable=False) as store:
        root = store.root
    plan = read_plan(arguments.apply)
    if plan.root != root and not (exists(plan.root) and plan.root.samefile(root)):
        raise ArgumentError(
            f"the plan {printable(arguments.apply)} is about {printable(plan.root)}, not about {printable(root)};"
            " give the folder for which it was made"
        )
    if arguments.link == "symbolic":
        print(SYMBOLIC_WARNING, file=sys.stderr)
    to, destination = _destination(arguments)
    refuse_inside(destination, [path.absolute() for path in arguments.paths if path.is_dir()])
    with ProgressBar(quiet=arguments.quiet or arguments.json) as progress:
        applied = apply(plan, destination, place.directory, why_not_same=why_not_same, progress=progress)
    if arguments.json:
        print(json.dumps(_applied_as_json(applied)))
    else:
        path = arguments.paths[0] if len(arguments.paths) == 1 and arguments.paths[0].is_dir() else place.root
        print(applied_text(applied, plan, path=path, to=to, db=arguments.db))
    return 1 if applied.left and not applied.done else 0


def _destination(arguments: argparse.Namespace) -> tuple[str, Destination]:
    """Where the files go: as an action records it, and for the engine."""
    from imagecluster.actions import Folder, Link, Trash

    if arguments.link is not None:
        return arguments.link, Link(arguments.link)
    if arguments.to is None or arguments.to == "trash":
        return "trash", Trash()
    folder = typed_path(arguments.to).absolute()
    return os.fspath(folder), Folder(folder)


def _applied_as_json(applied: Applied) -> dict[str, object]:
    """The object that `--apply --json` prints."""
    return {
        "number": applied.number,
        "done": [
            {"path": os.fspath(done.step.file.path), "now": None if done.now is None else os.fspath(done.now)}
            for done in applied.done
        ],
        "left": [{"path": os.fspath(left.path), "reason": left.reason} for left in applied.left],
        "n_done_before": len(applied.earlier),
        "bytes": applied.size_bytes,
    }
