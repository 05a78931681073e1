"""A page of what a search found: queries, and hits with their similarity, in one file that needs nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from imagecluster.errors import ArgumentError
from imagecluster.present.document import asset, opening
from imagecluster.present.files import replacing
from imagecluster.present.markup import count, escaped
from imagecluster.present.tiles import RATIO_RULES, Tiles

_LARGEST_BYTES = 40_000_000
"""As for the page of contact sheets; pictures beyond it are shown by name."""

_STYLE = ".sheet a span{opacity:1}.queries{--row:112px;margin-bottom:40px}.queries p{margin:4px 0 10px}\n"
"""Similarities are always seen, and queries are smaller than what they found."""


@dataclass(frozen=True, slots=True)
class Found:
    """What was searched for, and what was found.

    Raises
    ------
    ArgumentError
        There is not one note for each path.

    """

    root: Path
    """Folder of the collection, absolute."""
    model: str
    """`name@version`."""
    paths: Sequence[Path]
    """The query pictures, then the hits, most similar first; absolute."""
    notes: Sequence[str]
    """What is to be said of each: a query's weight, a hit's similarity."""
    n_queries: int
    """How many of the paths are queries."""
    texts: Sequence[str] = ()
    """What was asked for in words."""

    def __post_init__(self) -> None:
        if len(self.notes) != len(self.paths):
            raise ArgumentError(f"{len(self.notes)} notes for {len(self.paths)} paths; there must be one for each")


def write_found(found: Found, file: Path, *, thumbnail: Callable[[int], bytes | None]) -> None:
    """Writes a page of what a search found.

    Parameters
    ----------
    found
        The facts.
    file
        The page. Its links to the pictures are relative to the folder that it lies in.
    thumbnail
        Gives the JPEG thumbnail of a path, by its place in `found.paths`, or None.

    Raises
    ------
    OutputError
        The file cannot be written.

    """
    tiles = Tiles(found, file, thumbnail, _LARGEST_BYTES)
    with replacing(file) as stream:
        for part in _page(found, tiles):
            stream.write(part.encode())


def _page(found: Found, tiles: Tiles) -> Iterator[str]:
    """The whole page, in parts."""
    hits = range(found.n_queries, len(found.paths))
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
<p>Each picture links to its original. The number is the cosine of its fingerprint with the query: 1 for an equal one,
about 0 for one that has nothing to do with it.</p>
<p>Made by imagecluster. This page is one file and asks nothing of the network.</p>
</footer>
</body>
</html>
"""


def _sheet(rows: range, found: Found, tiles: Tiles) -> Iterator[str]:
    """The tiles of a section."""
    yield '<ul class="sheet">\n'
    for row in rows:
        yield tiles.tile(row, note=found.notes[row])
    yield "</ul>\n"
