"""The outputs of a collection for people and programs: one of them, or all."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Literal, get_args

import xxhash

from imagecluster.collection.collection import Collection
from imagecluster.collection.fingerprinting import THUMBNAIL_PX
from imagecluster.collection.known_copies import copies_stamp, known_copies
from imagecluster.collection.report import Report, cluster_folders
from imagecluster.errors import ArgumentError, LinksRefusedError, ModelError
from imagecluster.present.links import LINKS_MARKER, LinkReport, Unlinked, has_content, link_pictures, make_links
from imagecluster.present.page import write_page
from imagecluster.present.parquet import write_parquet
from imagecluster.present.tables import statistics, write_csv, write_json
from imagecluster.present.thumbnails import ThumbnailOf
from imagecluster.records import Clusters
from imagecluster.store import Run
from imagecluster.system.progress import OnProgress, silent
from imagecluster.system.safe_files import OwnFolder

_log = logging.getLogger(__name__)

Output = Literal["links", "csv", "json", "parquet", "page"]

PAGE_NAME = "clusters.html"

PAGE_STAMP = "page_stamp"
"""Name under which a run remembers the page that it left."""

_TABLES: dict[str, Callable[[Report, Path, OwnFolder | None], None]] = {
    "json": write_json, "parquet": write_parquet,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Outputs:
    """The places of all outputs."""

    statistics: str
    """Table of cluster sizes, and of where all pictures went."""
    links: Path | None
    """The tree of links."""
    page: Path | None
    json: Path
    csv: Path
    unlinked: tuple[Unlinked, ...]
    """Pictures missing from the tree of links, mostly because they no longer exist."""
    kept: tuple[Path, ...]
    """Folders with files that somebody had put into the former tree of links."""
    page_stamp: str
    """Stamp of the page's content and file; a later run with the same stamp need not write the page again."""
    refused: str = ""
    """Why there is no tree of links although the settings ask for one; empty if there is one or none was asked for."""


def write(collection: Collection, clusters: Clusters, kind: Output, into: Path | None = None) -> Path:
    """Write one output of a cut, and return its file or folder.

    Parameters
    ----------
    collection
        The collection.
    clusters
        The cut, from `collection.cut`.
    kind
        `links` for folders of links, of the kind that the collection's settings name (symbolic if they name none);
        `csv`, `json` or `parquet` for a table; `page` for the page of contact sheets.
    into
        File or folder to write; default: `clusters` beside the database, with the kind's suffix.

    Raises
    ------
    ArgumentError
        There is no such kind.
    MissingExtraError
        Parquet needs the extra `parquet`.
    OutputError
        The place cannot be written, or something that is not ours is there.

    """
    if kind not in get_args(Output):
        raise ArgumentError(f"no output is called {kind!r}; it must be one of {', '.join(get_args(Output))}")
    if kind == "links":
        linked = _write_links(collection, clusters, into or collection.directory / "clusters")
        for kept in linked.kept:
            _log.warning("files that imagecluster did not make were in the folders; they are kept in %s", kept)
        return linked.directory
    report, within = collection.report(clusters), None if into else collection.store.folder
    if kind == "page":
        return _write_page(collection, report, into or collection.directory / PAGE_NAME, within)
    file = into or collection.directory / f"clusters.{kind}"
    if kind == "csv":
        write_csv(report, file, within, is_for_spreadsheets=collection.settings.csv == "spreadsheet")
    else:
        _TABLES[kind](report, file, within)
    return file


def write_outputs(collection: Collection, clusters: Clusters, *, progress: OnProgress) -> Outputs:
    """Write the tree of links, the tables and the page as the settings say; each is replaced as a whole."""
    directory, settings, folder = collection.directory, collection.settings, collection.store.folder
    folder.remove_unfinished()
    report = collection.report(clusters)
    tree = directory / "clusters"
    unlinked: tuple[Unlinked, ...] = ()
    kept: tuple[Path, ...] = ()
    has_links, refused = settings.links != "none", ""
    if has_links:
        try:
            linked = _write_links(collection, clusters, tree, progress=progress)
            unlinked, kept = linked.unlinked, linked.kept
        except LinksRefusedError as error:
            has_links, refused = False, str(error)
            report = replace(report, folders=())
    if not has_links and (tree / LINKS_MARKER).exists():
        # A tree of an earlier cut would contradict the tables.
        kept = make_links(
            [], tree, within=folder, is_elsewhere=partial(has_content, collection.store, collection.leaves)
        ).kept
    write_json(report, directory / "clusters.json", folder)
    write_csv(report, directory / "clusters.csv", folder, is_for_spreadsheets=settings.csv == "spreadsheet")
    content = _content_key(collection)
    stamp = _stamp(folder, content)
    if not settings.page:
        folder.remove(PAGE_NAME)
    elif not stamp or stamp != page_stamp_of(collection.store.runs()):
        _write_page(collection, report, directory / PAGE_NAME, folder)
    return Outputs(
        statistics=statistics(report),
        links=tree if has_links else None,
        page=directory / PAGE_NAME if settings.page else None,
        json=directory / "clusters.json",
        csv=directory / "clusters.csv",
        unlinked=unlinked,
        kept=kept,
        page_stamp=_stamp(folder, content),
        refused=refused,
    )


def page_stamp_of(runs: tuple[Run, ...]) -> str:
    """Stamp of the page that the latest run left; empty if there is none."""
    return str(runs[-1].settings.get(PAGE_STAMP, "")) if runs else ""


def _write_links(
    collection: Collection, clusters: Clusters, tree: Path, *, progress: OnProgress = silent
) -> LinkReport:
    """Write the tree of links, of the kind that the settings name (symbolic if they name none)."""
    root, names = os.path.join(collection.root, ""), collection.names  # noqa: PTH118 - text: a Path costs ten times that
    members = [[os.path.join(root, names[row]) for row in cluster.members] for cluster in clusters.clusters]  # noqa: PTH118
    kind = "symlink" if collection.settings.links == "none" else collection.settings.links
    folders = cluster_folders(map(len, members), [cluster.name for cluster in clusters.clusters])
    by_folder = dict(zip(folders, members, strict=True))
    return link_pictures(collection.store, collection.leaves, by_folder, tree, kind=kind, progress=progress)


def _write_page(collection: Collection, report: Report, file: Path, within: OwnFolder | None) -> Path:
    with collection.store.thumbnails() as cache:
        small = ThumbnailOf(collection.paths, collection.leaves.hashes, cache, short_side_px=_seen_px(collection))
        report = replace(report, copies=known_copies(collection.store, collection.model))
        write_page(report, file, thumbnail=small, within=within)
    return file


def _seen_px(collection: Collection) -> int:
    """Short side with which the latest run decoded pictures; that of a thumbnail if its model is unknown by now."""
    with suppress(ModelError):
        return collection.settings.find_model().decoding[0]
    return THUMBNAIL_PX


def _content_key(collection: Collection) -> str:
    """Key of all that the page depends on: clusters, the pictures' bytes, what is known of copies, and this program."""
    with collection.store.folder.open_reading("clusters.json") as table:
        key = xxhash.xxh3_128(table.read())
    for content_hash in collection.leaves.hashes:
        key.update(content_hash)
    key.update(copies_stamp(collection.directory).encode())
    key.update(version("imagecluster").encode())
    return key.hexdigest()


def _stamp(folder: OwnFolder, content: str) -> str:
    """Stamp of a content and of the page that shows it; empty if there is no page."""
    status = folder.status(PAGE_NAME)
    return "" if status is None else f"{content} {status.st_size} {status.st_mtime_ns}"
