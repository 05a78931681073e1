"""`imagecluster run`: sort a folder of pictures."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from imagecluster.cli.arguments import (
    Commands,
    add_cut,
    add_db,
    add_device,
    add_model,
    add_n_clusters,
    add_places,
    add_sim_scale,
    listing,
    memory,
    not_negative,
    positive,
    seconds,
    similarity,
)
from imagecluster.cli.given_paths import refuse_wrong_paths
from imagecluster.cli.opening import NEW_CUT, is_cut_anew, new_model
from imagecluster.cli.paths import existing_path
from imagecluster.cli.progress import ProgressBar
from imagecluster.cli.text import counted, duration, printable, printable_suffix
from imagecluster.errors import InputError
from imagecluster.linkage.methods import METHODS, METRICS

if TYPE_CHECKING:
    from imagecluster.collection import Settings, Verification
    from imagecluster.functions.running import Result
    from imagecluster.records import Recall, TimeTerm, Within


def add(commands: Commands[argparse.ArgumentParser]) -> None:
    """Add the parser of `run`."""
    parser = commands.add_parser(
        "run",
        help="sort a folder of pictures (the default command)",
        description="Scan folders, fingerprint new pictures, cluster, and write folders of links, tables and a page.",
    )
    parser.add_argument(
        "paths", nargs="*", type=existing_path, metavar="PATH",
        help="a folder, or several folders and files; several paths, or files, make a collection in the working"
        " directory, or beside the collection there if that one holds other pictures too",
    )  # fmt: skip
    parser.add_argument(
        "--files-from",
        type=listing,
        metavar="FILE",
        help="read more paths from a file, one per line ('-': standard input)",
    )
    parser.add_argument("-0", "--null", action="store_true", help="paths in --files-from end with NUL")
    where = parser.add_mutually_exclusive_group()
    where.add_argument(
        "--sim", type=similarity, default=None, metavar="S",
        help="similarity index of the cut: 0 puts all pictures together, 1 only identical ones (default: 0.5)",
    )  # fmt: skip
    add_n_clusters(where)
    add_sim_scale(parser)
    add_cut(parser, default="branch on the calibrated scale, else flat")
    add_db(parser)
    add_model(parser, default="efficientnet-lite1-regions")
    parser.add_argument(
        "--method", default="average", metavar="NAME", choices=METHODS,
        help="linkage: average, single, complete or weighted; with --metric euclidean also ward, centroid or median "
        "(default: average)",
    )  # fmt: skip
    parser.add_argument(
        "--metric", default="cosine", metavar="NAME", choices=METRICS,
        help="distance between fingerprints, by its name in scipy (default: cosine)",
    )  # fmt: skip
    parser.add_argument(
        "--max-diameter", type=not_negative, default=None, metavar="D",
        help="divide clusters in which two pictures are farther apart than this cosine distance",
    )  # fmt: skip
    parser.add_argument(
        "--min-size", type=positive, default=2, metavar="N", help="smallest cluster that is shown (default: 2)"
    )
    parser.add_argument(
        "--verify", action="store_true",
        help="compare each picture with its nearest few by local features, and bring those together whose geometry"
        " agrees; needs the extra `verify`",
    )  # fmt: skip
    parser.add_argument(
        "--time-weight", type=similarity, default=0.0, metavar="W",
        help="weight of nearness in time against content: 0 is content alone, 1 is time alone (default: 0)",
    )  # fmt: skip
    parser.add_argument(
        "--time-scale", type=seconds, default=21600.0, metavar="T",
        help="time within which nearness falls to 1/e, such as 90s, 10min, 6h, 2d or 1w (default: 6h)",
    )  # fmt: skip
    parser.add_argument(
        "--time-source", choices=("auto", "exif", "stat"), default="auto",
        help="where the time of a picture comes from: exif (what it and its sidecars say), stat (the modification time"
        " of its file), or auto: exif, else a date in the file's name, else stat (default: auto)",
    )  # fmt: skip
    parser.add_argument(
        "--within", choices=("event", "trip"), default=None,
        help="keep clusters from crossing an event, or a trip, whatever the similarity (default: they may)",
    )  # fmt: skip
    add_places(parser)
    parser.add_argument(
        "--links", choices=("symlink", "hardlink", "copy", "none"), default="symlink",
        help="how the folders of clusters hold their pictures (default: symlink)",
    )  # fmt: skip
    parser.add_argument(
        "--csv", choices=("plain", "spreadsheet"), default="plain",
        help="form of clusters.csv: plain for programs, or spreadsheet, with a byte order mark and without cells that a"
        " spreadsheet would compute as formulas (default: plain)",
    )  # fmt: skip
    parser.add_argument("--no-page", action="store_true", help="write no page of contact sheets and keep no thumbnails")
    parser.add_argument("--no-recursive", action="store_true", help="leave out subfolders")
    parser.add_argument(
        "--max-pixels", type=positive, default=None, metavar="N",
        help="skip pictures with more than N pixels (default: 250 million)",
    )  # fmt: skip
    add_device(parser)
    parser.add_argument(
        "--threads", type=positive, default=None, metavar="N", help="number of threads (default: one per core)"
    )
    way = parser.add_mutually_exclusive_group()
    way.add_argument(
        "--exact", dest="exactness", action="store_const", const="exact", default="auto",
        help="compare all pairs of pictures (default: up to 250,000 pictures)",
    )  # fmt: skip
    way.add_argument(
        "--approx", dest="exactness", action="store_const", const="approximate",
        help="look for neighbours in part of the pictures only, and measure how many are found",
    )  # fmt: skip
    parser.add_argument(
        "--max-memory", type=memory, default=None, metavar="SIZE",
        help="limit on the memory that clustering takes in addition to the fingerprints, such as 2G",
    )  # fmt: skip
    parser.add_argument(
        "--gone", action="store_true",
        help="continue even if most pictures of the collection are gone (default: stop and keep the outputs)",
    )  # fmt: skip
    parser.add_argument(
        "--rehash", action="store_true",
        help="read all pictures again, also those that do not look changed by size and times; fingerprints of unchanged"
        " ones are kept",
    )  # fmt: skip
    parser.add_argument("--strict", action="store_true", help="exit with 1 if a picture was skipped")
    parser.add_argument("-q", "--quiet", action="store_true", help="print no progress and no list of skipped pictures")
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of the table")


SHOWN_SKIPS = 20


def command(arguments: argparse.Namespace) -> int:
    """Sort the pictures and print the result."""
    from imagecluster.functions.running import run

    arguments.paths = [*{os.path.abspath(path): path for path in arguments.paths}.values()]  # noqa: PTH100 - links kept
    paths = [*arguments.paths, *_listed(arguments)]
    if not paths:
        raise InputError(
            "no PATH was given: name a folder of pictures, or a list with --files-from"
            if arguments.files_from is None
            else f"the list {arguments.files_from!r} names no path; write one per line"
        )
    refuse_wrong_paths(arguments)
    if arguments.model is None and not arguments.quiet:
        _print_new_model(paths, arguments.db)
    settings = _settings(arguments)
    if not arguments.quiet and _is_cut_anew(paths, arguments.db, settings):
        print(NEW_CUT, file=sys.stderr)
    with ProgressBar(quiet=arguments.quiet) as progress:
        result = run(
            paths,
            settings,
            db=arguments.db,
            gone=arguments.gone,
            rehash=arguments.rehash,
            progress=progress,
        )
    if arguments.json:
        print(json.dumps(as_json(result)))
    else:
        if not arguments.quiet:
            _print_beside(result)
            _print_nearest(result)
            _print_elsewhere(result, arguments.db)
            _print_skips(result)
            _print_notes(result)
            _print_unlinked(result)
        print(_report(result))
    if len(result.skips) == result.n_scanned:
        print(f"imagecluster: {_nothing_read(result)}", file=sys.stderr)
        return 1
    return 1 if arguments.strict and result.skips else 0


def _nothing_read(result: Result) -> str:
    """One sentence for a run without a single picture."""
    if not result.n_scanned:
        return f"no pictures were found in {printable(result.root)}; name a folder with pictures"
    which = "the only picture" if result.n_scanned == 1 else f"none of the {result.n_scanned} pictures"
    return f"{which} could{' not' if result.n_scanned == 1 else ''} be read; the reasons are above and in clusters.json"


def _settings(arguments: argparse.Namespace) -> Settings:
    from imagecluster.collection import Settings
    from imagecluster.models import DEFAULT_MODEL

    names = ("sim", "max_pixels")
    given: dict[str, Any] = {name: getattr(arguments, name) for name in names if getattr(arguments, name) is not None}
    return Settings(
        n_clusters=arguments.n_clusters,
        sim_scale=arguments.sim_scale,
        cut=arguments.cut,
        model=arguments.model or DEFAULT_MODEL,
        weights=arguments.weights,
        preprocess=arguments.preprocess,
        method=arguments.method,
        metric=arguments.metric,
        max_diameter=arguments.max_diameter,
        min_size=arguments.min_size,
        time_weight=arguments.time_weight,
        time_scale_s=arguments.time_scale,
        time_source=arguments.time_source,
        within=arguments.within,
        places=arguments.places,
        links=arguments.links,
        csv=arguments.csv,
        page=not arguments.no_page,
        recursive=not arguments.no_recursive,
        n_threads=arguments.threads,
        device=arguments.device,
        exactness=arguments.exactness,
        verify=arguments.verify,
        max_memory_bytes=arguments.max_memory,
        **given,
    )


def _listed(arguments: argparse.Namespace) -> list[Path]:
    from imagecluster.scan import read_path_list

    if arguments.files_from is None:
        return []
    if arguments.files_from == "-":
        return read_path_list(sys.stdin.buffer, base=Path.cwd(), null_separated=arguments.null)
    try:
        with Path(arguments.files_from).open("rb") as stream:
            return read_path_list(stream, base=Path.cwd(), null_separated=arguments.null)
    except OSError as error:
        raise InputError(f"cannot read the list {arguments.files_from!r}: {error.strerror}") from None


def _print_new_model(paths: list[Path], db: Path | None) -> None:
    """Tell the user that a collection made with another model meets the default model for the first time."""
    from imagecluster.collection import place_of

    sentence = new_model(place_of(paths, db).directory)
    if sentence is not None:
        print(sentence, file=sys.stderr)


def _is_cut_anew(paths: list[Path], db: Path | None, settings: Settings) -> bool:
    """Whether a run meets the cut by branch for the first time in a collection that was cut at one distance."""
    from imagecluster.collection import place_of

    if settings.cut is not None or settings.cut_name(settings.find_model().identity) != "branch":
        return False
    return is_cut_anew(place_of(paths, db).directory)


def _print_beside(result: Result) -> None:
    """Tell the user that these files have a collection of their own."""
    if result.beside is not None:
        print(
            f"these pictures have a collection of their own in {printable(result.directory)}: the one in"
            f" {printable(result.beside)} holds other pictures too and is not changed",
            file=sys.stderr,
        )


def _print_nearest(result: Result) -> None:
    """Tell the user that there is another number of clusters than was requested."""
    from imagecluster.cut import nearest_count

    if result.n_clusters_requested is not None:
        found = result.clusters
        text = nearest_count(result.n_clusters_requested, len(found.clusters), found.min_size)
        if text is not None:
            print(text, file=sys.stderr)


def _print_skips(result: Result) -> None:
    for skip in result.skips[:SHOWN_SKIPS]:
        print(f"skipped {printable(skip.path, result.root)}: {skip.reason}", file=sys.stderr)
    if len(result.skips) > SHOWN_SKIPS:
        rest = len(result.skips) - SHOWN_SKIPS
        print(f"... and {rest} more, all listed in {printable(result.outputs.json)}", file=sys.stderr)


def _print_notes(result: Result) -> None:
    """Names pictures that were read in part."""
    for path, note in islice(result.notes.items(), SHOWN_SKIPS):
        print(f"read in part {printable(path, result.root)}: {note}", file=sys.stderr)
    if len(result.notes) > SHOWN_SKIPS:
        rest = len(result.notes) - SHOWN_SKIPS
        print(f"... and {rest} more, all with a note in {printable(result.outputs.json)}", file=sys.stderr)


def _print_unlinked(result: Result) -> None:
    if result.outputs.refused:
        print(
            f"no folders of links, everything else is written: {result.outputs.refused}"
            " (`--links copy` makes copies, `--links none` asks for no folders)",
            file=sys.stderr,
        )
    for left_out in result.outputs.unlinked[:SHOWN_SKIPS]:
        print(f"not linked {printable(left_out.path, result.root)}: {left_out.reason}", file=sys.stderr)
    print_kept(result.outputs.kept)


def print_kept(folders: Sequence[Path]) -> None:
    """Say where files are that somebody had put into a folder of ours."""
    for folder in folders:
        print(
            "files that imagecluster did not make, or could not remove, were in its folder; they are kept in"
            f" {printable(folder)}",
            file=sys.stderr,
        )


def _print_elsewhere(result: Result, db: Path | None) -> None:
    """Tell the user where the outputs are if they could not be beside the pictures."""
    if db is None and not result.directory.is_relative_to(result.root):
        print(
            f"{printable(result.root)} cannot be written to, so the database and all outputs are in"
            f" {printable(result.directory)}",
            file=sys.stderr,
        )


def _report(result: Result) -> str:
    lines = [result.outputs.statistics]
    lines.append(f"cut:     {_cut(result)}")
    if result.time is not None:
        lines.append(f"time:    {_time(result.time)}")
    if result.within is not None:
        lines.append(f"within:  {_within(result.within)}")
    if result.verification is not None:
        lines.append(f"verify:  {_verification(result.verification)}")
    if result.outputs.links is not None:
        lines.append(f"folders: {printable(result.outputs.links)}")
    if result.outputs.page is not None:
        lines.append(f"page:    {printable(result.outputs.page)}")
    lines.append(f"tables:  {printable(result.outputs.json)}, {printable(result.outputs.csv)}")
    if result.recall is not None:
        lines.append(_recall(result.recall))
    lines.append(_cost(result))
    lines += _not_scanned(result)
    return "\n".join(lines)


_UNREAD = {
    "picture": "; convert to PNG or JPEG",
    "drawing": "; export as PNG",
    "document": "; export the pages as pictures",
    "raw": "; convert to DNG",
    "video": "",
}
_NOUNS = {"picture": "picture", "drawing": "drawing", "document": "document", "raw": "raw file", "video": "video"}


def _not_scanned(result: Result) -> list[str]:
    """Lines on everything in the folders that was not scanned."""
    from imagecluster.scan import kind_of

    lines = []
    if n_names := sum(map(len, result.other_names.values())):
        lines.append(
            f"{counted(n_names, 'more name')} of these files (hard and symbolic links): each file is one picture"
        )
    if result.left_out:
        left_out = ", ".join(f"{reason} ({n:,})" for reason, n in result.left_out.items())
        lines.append(f"left out: {left_out}")
    if result.look_alikes:
        n_alike, suffixes = _by_suffix(result.look_alikes)
        look, them = ("that looks like a picture", "it") if n_alike == 1 else ("that look like pictures", "them")
        lines.append(
            f"not read because of the suffix: {counted(n_alike, 'file')} {look} ({suffixes}); rename {them}, or"
            f" name {them} with --files-from"
        )
    kinds: dict[str, dict[str, int]] = {}
    for suffix, n in result.ignored.items():
        n_other = n - result.look_alikes.get(suffix, 0)
        if n_other:
            kinds.setdefault(kind_of(suffix), {})[suffix] = n_other
    for kind, cure in _UNREAD.items():
        if kind in kinds:
            n_files, suffixes = _by_suffix(kinds[kind])
            lines.append(f"not read: {counted(n_files, _NOUNS[kind])} ({suffixes}){cure}")
    if others := kinds.get("other"):
        n_files, suffixes = _by_suffix(others)
        lines.append(f"ignored: {counted(n_files, 'other file')} ({suffixes})")
    return lines


_SHOWN_SUFFIXES = 6


def _by_suffix(counts: Mapping[str, int]) -> tuple[int, str]:
    """Total number of files, and the number by suffix, the most frequent ones first."""
    ordered = sorted(counts.items(), key=lambda count: (-count[1], count[0]))
    texts = [f"{n:,} {printable_suffix(suffix)}" for suffix, n in ordered[:_SHOWN_SUFFIXES]]
    if rest := sum(n for _, n in ordered[_SHOWN_SUFFIXES:]):
        texts.append(f"{rest:,} others")
    return sum(counts.values()), ", ".join(texts)


def _cut(result: Result) -> str:
    """The height of the cut, and its scale of `sim`."""
    from imagecluster.collection import Recipe, sim_scale_name
    from imagecluster.cut.branch import FLAT_UP_TO

    cut = result.clusters
    distance = f"{result.metric} distance{' with time' if result.time else ''} {cut.cut_height:.3f}"
    if cut.cut == "branch" and cut.sim > FLAT_UP_TO:
        return f"sim {cut.sim:g}, calibrated, by branch (with --cut flat: {distance})"
    if cut.sim_scale == "calibrated":
        return f"sim {cut.sim:g}, calibrated: {distance}"
    line = f"sim {cut.sim:g}, relative: {distance}, the farthest pair is {result.largest_distance:.3f} apart"
    if result.time is not None or not Recipe(result.method, result.metric).is_plain:
        return f"{line}\n         (the calibrated scale is for average linkage of cosine distances without time)"
    if sim_scale_name(result.model, None) == "relative":
        return f"{line}\n         ({result.model} has no calibrated scale)"
    return line


def _recall(recall: Recall) -> str:
    return (
        f"approximate: found {recall.neighbours:.1%} of the nearest neighbours, and the very nearest one for "
        f"{recall.nearest:.1%} of the pictures (in a sample of {recall.n_sampled:,});\n"
        f"  up to about {1 - recall.nearest:.1%} of the pictures may be in another cluster than with --exact"
    )


def _verification(counts: Verification) -> str:
    text = f"{counts.n_verified:,} of {counts.n_pairs:,} pairs of near pictures show the same thing"
    if counts.n_unread:
        text += f"; {counts.n_unread:,} could not be compared, because a file could not be read or has changed"
    return text


def _within(bounds: Within) -> str:
    """The events or trips that no cluster crosses."""
    if not bounds.n_groups:
        return f"no picture says when it was taken, so there are no {bounds.level}s to keep apart"
    groups = counted(bounds.n_groups, bounds.level)
    if bounds.level == "trip":
        groups += ", counting the times between trips,"
    text = f"{groups} and no cluster crosses from one to another"
    if bounds.n_undated:
        text += f"; {counted(bounds.n_undated, 'undated picture')} in a group of their own"
    return text


def _time(term: TimeTerm) -> str:
    facts = term.facts()
    counts = [(facts["n_exif"], "by metadata"), (facts["n_sidecar"], "by sidecar"), (facts["n_name"], "by file name")]
    given = [f"{count} {text}" for count, text in counts if count or text == "by metadata"]
    origins = ", ".join([*given, f"{facts['n_file']} by file time", f"{facts['n_none']} without a time"])
    largest, rms = facts["kernel_error_largest"], facts["kernel_error_rms"]
    exactness = f"off by at most {largest:.2g}, {rms:.2g} RMS, in a sample of pairs" if largest else "exact"
    return f"weight {term.weight:g}, scale {duration(term.scale_s)}: {origins}; nearness in time is {exactness}"


def _cost(result: Result) -> str:
    return (
        f"{result.n_scanned} scanned = {result.n_fingerprinted} fingerprinted + {result.n_reused} reused"
        f" + {len(result.skips)} skipped, {result.seconds:.1f} s"
    )


def as_json(result: Result) -> dict[str, Any]:
    """The object that `--json` prints; paths that are not UTF-8 carry surrogate escapes."""
    from dataclasses import asdict

    clusters = result.clusters
    outputs = result.outputs
    return {
        "root": os.fspath(result.root),
        "database": os.fspath(result.directory),
        "beside": None if result.beside is None else os.fspath(result.beside),
        "model": result.model,
        "method": result.method,
        "metric": result.metric,
        "sim": clusters.sim,
        "sim_scale": clusters.sim_scale,
        "cut": clusters.cut,
        "cut_height": clusters.cut_height,
        "largest_distance": result.largest_distance,
        "recall": None if result.recall is None else asdict(result.recall),
        "time": None if result.time is None else result.time.facts(),
        "within": None if result.within is None else result.within.facts(),
        "verification": None if result.verification is None else asdict(result.verification),
        "max_diameter": clusters.max_diameter,
        "n_scanned": result.n_scanned,
        "n_fingerprinted": result.n_fingerprinted,
        "n_reused": result.n_reused,
        "n_skipped": len(result.skips),
        "n_clusters": len(clusters.clusters),
        "n_clusters_requested": result.n_clusters_requested,
        "n_in_clusters": sum(len(cluster.members) for cluster in clusters.clusters),
        "n_singles": len(clusters.singles),
        "n_hidden": len(clusters.hidden),
        "sizes": {str(size): count for size, count in clusters.sizes().items()},
        "skipped": [
            {"path": os.fspath(skip.path), "stage": skip.stage, "reason": skip.reason} for skip in result.skips
        ],
        "read_in_part": [{"path": os.fspath(path), "note": note} for path, note in result.notes.items()],
        "ignored": dict(result.ignored),
        "look_alikes": dict(result.look_alikes),
        "left_out": dict(result.left_out),
        "other_names": {name: list(others) for name, others in result.other_names.items()},
        "unlinked": [{"path": os.fspath(left.path), "reason": left.reason} for left in outputs.unlinked],
        "links_refused": outputs.refused,
        "kept": [os.fspath(folder) for folder in outputs.kept],
        "outputs": {
            name: None if path is None else os.fspath(path)
            for name, path in (
                ("links", outputs.links), ("page", outputs.page), ("json", outputs.json), ("csv", outputs.csv)
            )
        },
        "seconds": round(result.seconds, 3),
    }  # fmt: skip
