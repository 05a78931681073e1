"""Everything that a run writes down for people and programs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Literal

import xxhash

from imagecluster.collection.clustering import paths_of
from imagecluster.collection.fingerprinting import THUMBNAIL_PX, Collection, Progress
from imagecluster.cut.sim_scale import SimScale
from imagecluster.errors import ImageclusterError
from imagecluster.present import Report, statistics, write_csv, write_json, write_page
from imagecluster.present.links import LINKS_MARKER, Unlinked, cluster_folders, make_links
from imagecluster.records import Clusters, TimeTerm
from imagecluster.store import HashedFile, Store, Thumbnails
from imagecluster.system.atomic import remove_unfinished

Links = Literal["symlink", "hardlink", "copy", "none"]


@dataclass(frozen=True, slots=True)
class Outputs:
    """Where everything is."""

    statistics: str
    """The table of cluster sizes, and where all pictures went."""
    links: Path | None
    """The tree of links."""
    page: Path | None
    json: Path
    csv: Path
    unlinked: tuple[Unlinked, ...]
    """Pictures that are missing from the tree of links, mostly because they are gone by now."""
    kept: tuple[Path, ...]
    """Folders with files that somebody put into the former tree of links."""
    page_stamp: str
    """Names the page's content and file: a later run with the same stamp need not write it again."""


def write_outputs(
    store: Store,
    leaves: Sequence[HashedFile],
    clusters: Clusters,
    collection: Collection,
    *,
    model: str,
    method: str,
    metric: str,
    scale: SimScale,
    largest_distance: float,
    time: TimeTerm | None,
    links: Links,
    page: bool,
    last_page_stamp: str,
    progress: Progress,
) -> Outputs:
    """Write the tree of links, the tables and the page into the store's folder, each replaced as a whole."""
    directory = store.directory
    remove_unfinished(directory)
    paths = paths_of(leaves)
    sizes = [len(cluster.members) for cluster in clusters.clusters]
    report = Report(
        root=store.root,
        model=model,
        method=method,
        metric=metric,
        scale=scale,
        largest_distance=largest_distance,
        clusters=clusters,
        paths=paths,
        skips=collection.skips,
        n_scanned=collection.n_scanned,
        time=time,
        folders=() if links == "none" else cluster_folders(sizes),
    )
    tree = directory / "clusters"
    unlinked: tuple[Unlinked, ...] = ()
    kept: tuple[Path, ...] = ()
    if links != "none":
        members = [[paths[row] for row in cluster.members] for cluster in clusters.clusters]
        n_linked = sum(sizes)
        linked = make_links(members, tree, kind=links, progress=lambda done: progress("links", done, n_linked))
        unlinked, kept = linked.unlinked, linked.kept
    elif (tree / LINKS_MARKER).exists():
        kept = make_links([], tree).kept  # a tree of an earlier cut would contradict the tables
    write_json(report, directory / "clusters.json")
    write_csv(report, directory / "clusters.csv")
    page_file = directory / "clusters.html"
    content = _content_key(leaves, directory / "clusters.json")
    if not page:
        page_file.unlink(missing_ok=True)
    elif not page_file.exists() or _stamp(page_file, content) != last_page_stamp:
        with store.thumbnails() as cache:
            write_page(report, page_file, thumbnail=ThumbnailOf(leaves, cache))
    return Outputs(
        statistics=statistics(report),
        links=tree if links != "none" else None,
        page=page_file if page else None,
        json=directory / "clusters.json",
        csv=directory / "clusters.csv",
        unlinked=unlinked,
        kept=kept,
        page_stamp=_stamp(page_file, content),
    )


def _content_key(leaves: Sequence[HashedFile], table: Path) -> str:
    """Names all that the page is made of: the table of clusters, the pictures' bytes, and this program."""
    key = xxhash.xxh3_128(table.read_bytes())
    for known in leaves:
        key.update(known.content_hash)
    key.update(version("imagecluster").encode())
    return key.hexdigest()


def _stamp(file: Path, content: str) -> str:
    """Names a content and the file that holds it; empty where there is no file."""
    try:
        status = file.stat()
    except OSError:
        return ""
    return f"{content} {status.st_size} {status.st_mtime_ns}"


class ThumbnailOf:
    """Thumbnail of a row: from the cache, else made from the file and kept."""

    def __init__(self, leaves: Sequence[HashedFile], cache: Thumbnails) -> None:
        self._leaves = leaves
        self._cache = cache

    def __call__(self, row: int) -> bytes | None:
        """JPEG thumbnail of a row; None when its file cannot be read any more."""
        known = self._leaves[row]
        found = self._cache.get(known.content_hash, side_px=THUMBNAIL_PX)
        if found is not None:
            return found
        made = thumbnail_of(known.file.path)
        if made is not None:
            self._cache.put(known.content_hash, made, side_px=THUMBNAIL_PX)
        return made


def thumbnail_of(path: Path) -> bytes | None:
    """Thumbnail of a file; None when it cannot be read any more."""
    from imagecluster.decode import decode, read_bytes
    from imagecluster.decode.thumbnail import make_thumbnail

    try:
        picture = decode(read_bytes(path), short_side_px=THUMBNAIL_PX, suffix=path.suffix)
        return make_thumbnail(picture.image, long_side_px=THUMBNAIL_PX)
    except ImageclusterError:
        return None
