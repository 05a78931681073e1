"""clusters.html: contact sheets of all clusters, in one file that needs no others."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from imagecluster.collection.report import Report, relative_names
from imagecluster.cut.sim_scale import closeness
from imagecluster.errors import ArgumentError
from imagecluster.present.markup import asset, count, escaped, opening
from imagecluster.present.output_file import replacing
from imagecluster.present.page_plan import Plan, SizeGroup, by_size, plan
from imagecluster.present.tiles import RATIO_RULES, Tiles, in_page_order
from imagecluster.records import Cluster
from imagecluster.system.safe_files import OwnFolder

_LARGEST_BYTES = 40_000_000
"""Size above which browsers take seconds to open the page."""

_BYTES_WITHOUT_TILES = 1_500_000
"""Approximate largest size of style, script, headings and the list of skipped files."""

_BYTES_OF_A_TILE = 450
"""Approximate size of a tile without its picture, but with its name."""

_N_SAMPLES = 64
_MOST_OTHER_NAMES = 5
_LONGEST_SKIP_LIST = 1000


def write_page(
    report: Report,
    file: Path,
    *,
    thumbnail: Callable[[int], bytes | None],
    max_thumbnails: int = 5000,
    within: OwnFolder | None = None,
) -> None:
    """Write a page of contact sheets: every cluster with its pictures, the most central one first.

    Parameters
    ----------
    report
        The facts.
    file
        The page. Its links to the pictures are relative to its folder.
    thumbnail
        Returns the JPEG thumbnail of a row, or None if there is none. It is called for the rows that are shown, in
        the order of the page, and for a few more to estimate their size; none is kept.
    max_thumbnails
        Largest number of pictures shown; fewer are shown if the page would grow beyond 40 MB. The page says what is
        left out.
    within
        The folder of `file`, if that is held open.

    Raises
    ------
    ArgumentError
        `max_thumbnails` is less than 1.
    OutputError
        The file cannot be written.

    """
    if max_thumbnails < 1:
        raise ArgumentError(f"max_thumbnails is {max_thumbnails}; it must be at least 1")
    budget = min(max_thumbnails, _affordable(len(report.names), thumbnail))
    sizes = sorted((len(cluster.members) for cluster in report.clusters.clusters), reverse=True)
    planned = plan(sizes, len(report.clusters.singles), budget)
    tiles = Tiles(report, file, thumbnail, _LARGEST_BYTES - _BYTES_WITHOUT_TILES, _remarks(report))
    with replacing(file, within) as stream:
        for part in _page(report, planned, tiles):
            stream.write(part.encode())


def _remarks(report: Report) -> dict[str, str]:
    """What is missing of pictures, which other names they have, and of which ones they are copies, by name."""
    remarks = dict(report.notes)
    for name, others in report.other_names.items():
        also = f"also {', '.join(others[:_MOST_OTHER_NAMES])}"
        if len(others) > _MOST_OTHER_NAMES:
            also += f" and {len(others) - _MOST_OTHER_NAMES:,} more"
        remarks[name] = f"{remarks[name]}; {also}" if name in remarks else also
    for name, copy in report.copies.items():
        remarks[name] = f"{copy}; {remarks[name]}" if name in remarks else copy
    return remarks


def _affordable(n_images: int, thumbnail: Callable[[int], bytes | None]) -> int:
    """Number of pictures that a page of the largest size can hold, estimated from a sample of their thumbnails."""
    rows = range(0, n_images, max(1, n_images // _N_SAMPLES))
    n_bytes = [len(thumbnail(row) or b"") for row in rows]
    average = sum(n_bytes) / max(1, len(n_bytes)) * 4 / 3 + _BYTES_OF_A_TILE
    # Some room is left for what the sample missed; tiles that still do not fit go without their pictures.
    return max(1, int(0.95 * (_LARGEST_BYTES - _BYTES_WITHOUT_TILES) / average))


def _page(report: Report, planned: Plan, tiles: Tiles) -> Iterator[str]:
    """The whole page, in parts."""
    groups = by_size(report.clusters.clusters)
    yield _head(report)
    yield _header(report, planned)
    if len(groups) + bool(report.clusters.singles) > 1:
        yield _bar(report, groups)
    yield '<main id="main" tabindex="-1">\n'
    yield from _clusters(report, groups, planned, tiles)
    yield from _singles(report, planned, tiles)
    yield from _skipped(report)
    yield "</main>\n"
    yield _footer(report, tiles)


def _name(report: Report) -> str:
    """Name of the collection, which is that of its folder."""
    return escaped(report.root.name or str(report.root))


def _head(report: Report) -> str:
    """Everything before the visible page."""
    title = f"{_name(report)}: {count(len(report.clusters.clusters), 'cluster')}"
    return opening(title, style=asset("page.css") + RATIO_RULES, script=asset("page.js"))


def _header(report: Report, planned: Plan) -> str:
    """Name, counts and facts."""
    cut = report.clusters
    facts = {
        "Similarity": f"{cut.sim:g} ({report.scale.name}{', by branch' if cut.cut == 'branch' else ''})",
        **({} if cut.cut == "branch" else {"Cut at distance": f"{cut.cut_height:.3f}"}),
        "Farthest pair": f"{report.largest_distance:.3f}",
        "Linkage": f"{escaped(report.method)}, {escaped(report.metric)}",
        "Model": escaped(report.model),
        **({} if report.time is None else {"Time": f"weight {report.time.weight:g}, scale {report.time.scale_s:g} s"}),
        **({} if report.within is None else {"Within": count(report.within.n_groups, report.within.level)}),
        "Scanned": count(report.n_scanned, "file"),
        "Skipped": f'<a href="#skipped">{count(len(report.skips), "file")}</a>' if report.skips else "none",
    }
    items = "".join(f"<div><dt>{name}</dt><dd>{value}</dd></div>\n" for name, value in facts.items())
    return f"""<header>
<h1><bdi>{_name(report)}</bdi></h1>
<p class="lead">{_lead(report)}</p>
<dl>
{items}</dl>
{_left_out(report, planned)}</header>
"""


def _lead(report: Report) -> str:
    """A sentence about where the pictures went."""
    n_images, n_clusters = report.n_visible, len(report.clusters.clusters)
    n_singles = len(report.clusters.singles)
    if not n_images:
        return "No pictures."
    if not n_clusters:
        return f"{count(n_images, 'picture')}, no clusters."
    alone = f"{n_singles:,} on {'its' if n_singles == 1 else 'their'} own" if n_singles else "none on its own"
    return f"{count(n_images, 'picture')}: {report.n_clustered:,} in {count(n_clusters, 'cluster')}, {alone}."


def _left_out(report: Report, planned: Plan) -> str:
    """A note about what the page does not show."""
    n_images, n_clusters = report.n_visible, len(report.clusters.clusters)
    if planned.n_shown == n_images:
        return ""
    cuts = []
    if any(len(cluster.members) > planned.n_of_each for cluster in report.clusters.clusters):
        cuts.append(f"at most {count(planned.n_of_each, 'picture')} of each cluster")
    if planned.n_clusters < n_clusters:
        cuts.append(f"the largest {planned.n_clusters:,} of {n_clusters:,} clusters")
    if planned.n_singles < len(report.clusters.singles):
        cuts.append(f"{planned.n_singles:,} of {count(len(report.clusters.singles), 'single')}")
    return (
        f'<p class="note left-out">To stay small, this page shows {planned.n_shown:,} of {count(n_images, "picture")}: '
        f"{'; '.join(cuts)}. All of them are in clusters.csv and clusters.json.</p>\n"
    )


def _bar(report: Report, groups: list[SizeGroup]) -> str:
    """Links to the sizes, and the filter, which the script enables."""
    clusters = report.clusters.clusters
    links = "".join(
        f'<li><a href="#c{clusters[group.places[0]].number}" data-band="{group.smallest}">'
        f"{count(len(group.places), 'cluster')} of <b>{group.label}</b></a></li>\n"
        for group in groups
    )
    options = "".join(f'<option value="{group.smallest}">{group.label} pictures</option>' for group in groups)
    if report.clusters.singles:
        singles = count(len(report.clusters.singles), "single")
        links += f'<li><a href="#singles" data-band="1">{singles}</a></li>\n'
        options += '<option value="1">singles</option>'
    return f"""<nav class="bar" aria-label="Cluster sizes">
<ul>
{links}</ul>
<label hidden>Show <select id="size"><option value="">all sizes</option>{options}</select></label>
<span id="shown" class="unseen" role="status"></span>
</nav>
"""


def _clusters(report: Report, groups: list[SizeGroup], planned: Plan, tiles: Tiles) -> Iterator[str]:
    """The sections of all clusters."""
    if not groups:
        yield _empty(report)
    n_left = planned.n_clusters
    for group in groups:
        if n_left == 0:
            break
        n_tiles = min(group.largest, planned.n_of_each + 1)
        together = {2: " pairs", 3: " triples", 4: " quads"}.get(n_tiles, "")
        yield f'<div class="band{together}">\n'
        for place in group.places[:n_left]:
            yield from _cluster(report, place, group, planned, tiles)
        n_left -= len(group.places[:n_left])
        yield "</div>\n"


def _cluster(report: Report, place: int, group: SizeGroup, planned: Plan, tiles: Tiles) -> Iterator[str]:
    """One cluster."""
    cluster: Cluster = report.clusters.clusters[place]
    size, number = len(cluster.members), cluster.number
    title = escaped(cluster.name) or f"Cluster {number}"
    rows = in_page_order(cluster.members, cluster.representative)[: planned.n_of_each]
    folder = f' title="{escaped(report.folders[place])}"' if report.folders else ""
    n_copies = sum(report.names[row] in report.copies for row in cluster.members) if report.copies else 0
    copies = f" · {n_copies:,} {'copy' if n_copies == 1 else 'copies'}" if n_copies else ""
    occasion = "" if report.occasions is None else escaped(report.occasions.where_from(cluster.members))
    yield (
        f'<section id="c{number}" class="{_room(len(rows))}" data-band="{group.smallest}"'
        f' aria-labelledby="h{number}">\n'
        f'<div class="title"><h2 id="h{number}"><a href="#c{number}"{folder}>{title}</a></h2>'
        f"<p>{count(size, 'picture')}{copies} · {closeness(cluster.height, report.scale)}"
        f" · distance {cluster.height:.3f}{' · ' if occasion else ''}{occasion}</p></div>\n"
    )
    yield from _sheet(rows, size - len(rows), tiles, cover=True)
    yield "</section>\n"


def _singles(report: Report, planned: Plan, tiles: Tiles) -> Iterator[str]:
    """The pictures that are in no cluster."""
    singles = report.clusters.singles
    if not singles:
        return
    smallest = report.clusters.min_size
    why = "unlike any other" if smallest <= 2 else f"in groups of fewer than {smallest}"
    rows = list(singles[: planned.n_singles])
    yield (
        '<div class="band">\n'
        f'<section id="singles" class="{_room(len(rows))}" data-band="1" aria-labelledby="h-singles">\n'
        '<div class="title"><h2 id="h-singles"><a href="#singles">Singles</a></h2>'
        f"<p>{count(len(singles), 'picture')}, {why} at this similarity</p></div>\n"
    )
    yield from _sheet(rows, len(singles) - len(rows), tiles, cover=False)
    yield "</section>\n</div>\n"


def _sheet(rows: list[int], n_more: int, tiles: Tiles, *, cover: bool) -> Iterator[str]:
    """The tiles of a section."""
    yield '<ul class="sheet">\n'
    for place, row in enumerate(rows):
        yield tiles.tile(row, cover=cover and place == 0)
    if n_more:
        yield f'<li class="r24 more">+ {n_more:,} more</li>\n'
    yield "</ul>\n"


def _room(n_tiles: int) -> str:
    """Class that gives a section that is out of sight about the height that it will need."""
    return f"n{min(8192, max(4, 1 << (n_tiles - 1).bit_length()))}"


def _empty(report: Report) -> str:
    """The message in place of clusters."""
    if not report.names:
        return '<div class="empty"><h2>No pictures were found</h2></div>\n'
    return (
        f'<div class="empty"><h2>No clusters at similarity {report.clusters.sim:g}</h2>'
        "<p>Every picture stands on its own. A lower similarity brings them together.</p></div>\n"
    )


def _skipped(report: Report) -> Iterator[str]:
    """The files without a fingerprint, with reasons."""
    if not report.skips:
        return
    names = relative_names(report.root, [skip.path for skip in report.skips])
    listed = sorted(zip(names, report.skips, strict=True), key=lambda pair: pair[0])[:_LONGEST_SKIP_LIST]
    yield (
        f'<details id="skipped"><summary>{count(len(names), "file")} skipped</summary>\n<div class="scroll">'
        '<table><thead><tr><th scope="col">File</th><th scope="col">Reason</th></tr></thead><tbody>\n'
    )
    for name, skip in listed:
        yield f"<tr><td><bdi>{escaped(name)}</bdi></td><td>{escaped(skip.reason)}</td></tr>\n"
    yield "</tbody></table></div>\n"
    if len(listed) < len(names):
        yield f'<p class="note">{len(names) - len(listed):,} more are in clusters.json.</p>\n'
    yield "</details>\n"


def _footer(report: Report, tiles: Tiles) -> str:
    """An explanation of the page, and the script."""
    without = (
        f"<p>{count(tiles.n_without, 'picture')} shown by name only, to keep the page below 40 MB.</p>\n"
        if tiles.n_without
        else ""
    )
    how_to_read = (
        "<p>Each picture links to its original. The first picture of a cluster, marked with a dot, is its most central "
        f"one. Distances are {escaped(report.metric)} distances between fingerprints, 0 for identical pictures; the "
        "distance given with a cluster is that at which its pictures joined.</p>\n"
        if report.clusters.clusters
        else ""
    )
    return f"""<footer>
{without}{how_to_read}<p>Made by imagecluster. This page is one file and requests nothing from the network.</p>
</footer>
<script>{asset("page.js")}</script>
</body>
</html>
"""
