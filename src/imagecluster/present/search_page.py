"""A page of search results: queries, and hits with their similarities, in one file that needs no others."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from imagecluster.collection.report import relative_names
from imagecluster.errors import ArgumentError
from imagecluster.explore.queries import Query
from imagecluster.explore.searching import Hit, content_hash_of
from imagecluster.models import Model
from imagecluster.present.markup import asset, count, escaped, opening
from imagecluster.present.output_file import replacing
from imagecluster.present.thumbnails import ThumbnailOf
from imagecluster.present.tiles import RATIO_RULES, Tiles
from imagecluster.scan import absolute
from imagecluster.store import Store

_LARGEST_BYTES = 40_000_000
"""Largest size, as for the page of contact sheets; pictures beyond it are shown by name only."""

_STYLE = ".sheet a span{opacity:1}.queries{--row:112px;margin-bottom:40px}.queries p{margin:4px 0 10px}\n"
"""Style in which similarities are always visible, and queries are smaller than hits."""


@dataclass(frozen=True, slots=True)
class SearchResults:
    """Queries and hits of a search.

    Raises
    ------
    ArgumentError
        There is not exactly one note per picture.

    """

    root: Path
    """Folder of the collection, absolute."""
    model: str
    """`name@version`."""
    names: Sequence[str]
    """The query pictures, then the hits, most similar first: paths relative to `root`, absolute if outside it."""
    notes: Sequence[str]
    """A note for each picture: the weight of a query, or the similarity of a hit."""
    n_queries: int
    """Number of paths that are queries."""
    texts: Sequence[str] = ()
    """Queries in words."""

    def __post_init__(self) -> None:
        if len(self.notes) != len(self.names):
            raise ArgumentError(f"{len(self.notes)} notes for {len(self.names)} pictures; there must be one for each")


def write_search_page(store: Store, model: Model, queries: Sequence[Query], hits: Sequence[Hit], file: Path) -> None:
    """Write the results of a search as a page in one file.

    Raises
    ------
    OutputError
        The file cannot be written.

    """
    pictures = [query for query in queries if query.picture is not None]
    asked = [Path(absolute(query.picture)) for query in pictures if query.picture is not None]
    paths = [*asked, *(hit.path for hit in hits)]
    hashes = [*(content_hash_of(store, path) for path in asked), *(hit.content_hash for hit in hits)]
    found = SearchResults(
        root=store.root,
        model=model.identity,
        names=relative_names(store.root, paths),
        notes=[_weight_note(query) for query in pictures] + [f"{hit.similarity:.3f}" for hit in hits],
        n_queries=len(pictures),
        texts=[f"{_weight_note(query)} {query.text}".strip() for query in queries if query.text],
    )
    with store.thumbnails() as cache:
        write_results(found, file, thumbnail=ThumbnailOf(paths, hashes, cache))


def _weight_note(query: Query) -> str:
    """The weight of a query, unless it is 1."""
    return "" if query.weight == 1 else f"{query.weight:+g}"


def write_results(found: SearchResults, file: Path, *, thumbnail: Callable[[int], bytes | None]) -> None:
    """Write a page of search results.

    Parameters
    ----------
    found
        Queries and hits.
    file
        The page. Its links to the pictures are relative to its folder.
    thumbnail
        Returns the JPEG thumbnail of a path, given its place in `found.names`, or None.

    Raises
    ------
    OutputError
        The file cannot be written.

    """
    tiles = Tiles(found, file, thumbnail, _LARGEST_BYTES)
    with replacing(file) as stream:
        for part in _page(found, tiles):
            stream.write(part.encode())


def _page(found: SearchResults, tiles: Tiles) -> Iterator[str]:
    """The whole page, in parts."""
    hits = range(found.n_queries, len(found.names))
    name = escaped(found.root.name or str(found.root))
    yield opening(f"{name}: {count(len(hits), 'picture')} found", style=asset("page.css") + RATIO_RULES + _STYLE)
    yield f"""<header>
<h1><bdi>{name}</bdi></h1>
<p class="lead">{count(len(hits), "picture")} found.</p>
<dl>
<div><dt>Model</dt><dd>{escaped(found.model)}</dd></div>
</dl>
</header>
<main id="main" tabindex="-1">
<section class="queries" aria-labelledby="h-queries">
<div class="title"><h2 id="h-queries">Searched for</h2></div>
"""
    yield "".join(f"<p><bdi>{escaped(text)}</bdi></p>\n" for text in found.texts)
    yield from _sheet(range(found.n_queries), found, tiles)
    yield '</section>\n<section class="n32" aria-labelledby="h-found">\n'
    yield '<div class="title"><h2 id="h-found">Found</h2><p>most similar first</p></div>\n'
    yield from _sheet(hits, found, tiles)
    yield """</section>
</main>
<footer>
<p>Each picture links to its original. The number is the cosine similarity of its fingerprint to the query: 1 for an
identical picture, about 0 for an unrelated one.</p>
<p>Made by imagecluster. This page is one file and requests nothing from the network.</p>
</footer>
</body>
</html>
"""


def _sheet(rows: range, found: SearchResults, tiles: Tiles) -> Iterator[str]:
    """The tiles of a section."""
    yield '<ul class="sheet">\n'
    for row in rows:
        yield tiles.tile(row, note=found.notes[row])
    yield "</ul>\n"
