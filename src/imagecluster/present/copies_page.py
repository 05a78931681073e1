"""A page of copies: each group with its pictures side by side, in one file that needs no others."""

from __future__ import annotations

import base64
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote

from imagecluster.actions.plan_json import readable_size
from imagecluster.collection.duplicates import REMOVABLE, CopyGroup, Duplicates, GroupFile
from imagecluster.collection.report import relative_names
from imagecluster.decode.thumbnail import THUMBNAIL_MEDIA_TYPE, thumbnail_size
from imagecluster.errors import ArgumentError
from imagecluster.present.markup import asset, count, escaped, opening
from imagecluster.present.output_file import replacing
from imagecluster.present.thumbnails import ThumbnailOf
from imagecluster.records import CopyKind
from imagecluster.store import THUMBNAILS_NAME, Thumbnails

__all__ = ["write_copies_page"]

_LARGEST_BYTES = 40_000_000
"""Largest size of all pictures, as for the page of contact sheets; those beyond it are shown by name only."""

_HEADINGS: dict[CopyKind, str] = {
    "file": "The same file under several names",
    "identical": "The same bytes",
    "pixels": "The same pixels",
    "copy": "The same picture, edited as a whole",
    "altered": "The same picture, of which a part differs",
    "shot": "Other shots of one moment",
}

_LEAST_SHARE = 0.98
"""Share of a picture up to which it is drawn what another one shows of it."""


def write_copies_page(found: Duplicates, file: Path) -> None:
    """Write groups of copies as a page in one file.

    Raises
    ------
    OutputError
        The file cannot be written.

    """
    files = [each for group in found.groups for each in group.files]
    with Thumbnails(found.directory / THUMBNAILS_NAME) as cache:
        thumbnail = ThumbnailOf([each.path for each in files], [each.content_hash for each in files], cache)
        page = _Page(found, file, thumbnail)
        with replacing(file) as stream:
            for part in page.parts():
                stream.write(part.encode())


class _Page:
    """The page while it is written."""

    def __init__(self, found: Duplicates, file: Path, thumbnail: Callable[[int], bytes | None]) -> None:
        self._found = found
        self._folder = Path(os.path.abspath(file)).parent  # noqa: PTH100 - '..' folded, links kept
        self._thumbnail = thumbnail
        self._n_bytes_left = _LARGEST_BYTES
        self._n_without = 0

    def parts(self) -> Iterator[str]:
        """The whole page, in parts."""
        found = self._found
        name = escaped(found.root.name or str(found.root))
        yield opening(f"{name}: copies", style=asset("page.css") + asset("copies.css"))
        n_groups = sum(bool(group.removable) for group in found.groups)
        copies = "1 copy" if found.n_removable == 1 else f"{found.n_removable:,} copies"
        freed = f", {readable_size(found.bytes_removable)}" if found.n_removable else ""
        yield f"""<header>
<h1><bdi>{name}</bdi></h1>
<p class="lead">{copies} in {count(n_groups, "group")}{freed}, among {count(found.n_files, "picture")}.</p>
</header>
<main id="main" tabindex="-1">
"""
        row, kind = 0, None
        for number, group in enumerate(found.groups, 1):
            if group.kind != kind:
                kind = group.kind
                yield f'<h2 class="kind">{_HEADINGS[kind]}</h2>\n'
            yield from self._group(group, number, row)
            row += len(group.files)
        if not found.groups:
            yield '<div class="empty"><h2>No copies</h2><p>Nothing here was found twice.</p></div>\n'
        without = f" {count(self._n_without, 'picture')} had no room on this page." if self._n_without else ""
        yield f"""</main>
<footer>
<p>Each picture links to its file. The outline in the one kept is what another file shows of it. Nothing happens to any
file until a plan is applied: <code>imagecluster duplicates</code>.{without}</p>
<p>Made by imagecluster. This page is one file and requests nothing from the network.</p>
</footer>
</body>
</html>
"""

    def _group(self, group: CopyGroup, number: int, row: int) -> Iterator[str]:
        """A group, whose first file has this row."""
        freed = f"{readable_size(group.bytes_removable)} to free" if group.removable else "nothing to remove"
        tie = ", a tie" if group.is_tie else ""
        decided = ", kept by your decision" if group.decided else ""
        yield f'<section class="group" aria-labelledby="g{number}">\n<div class="title"><h3 id="g{number}">'
        yield f'{count(len(group.files), "file")}</h3><p>{freed}{tie}{decided}</p></div>\n<ul class="files">\n'
        for place, file in enumerate(group.files):
            yield self._file(group, file, row + place)
        yield "</ul>\n</section>\n"

    def _file(self, group: CopyGroup, file: GroupFile, row: int) -> str:
        """A file with its picture and what is to be said of it."""
        word, look = ("Keep", "kept") if file is group.kept else ("Stays", "stays") if file.keep else ("Remove", "goes")
        if group.kind not in REMOVABLE and file is not group.kept:
            word = "Stays"
        (name,) = relative_names(self._found.root, [file.path])
        parts = f"<p>with {escaped(', '.join(part.name for part in file.parts))}</p>\n" if file.parts else ""
        names = "".join(f"<p>also named {escaped(each)}</p>\n" for each in relative_names(self._found.root, file.names))
        return f"""<li class="{look}"><figure>
{self._picture(group, file, row)}
<figcaption><span class="what">{word}</span><a href="{self._url(file.path)}"><bdi>{escaped(name)}</bdi></a>
<p>{_facts(group, file)}</p>
<p>{escaped(file.why)}</p>
{parts}{names}</figcaption>
</figure></li>
"""

    def _picture(self, group: CopyGroup, file: GroupFile, row: int) -> str:
        """The picture, with the frames of the others in the one that is kept."""
        data = self._thumbnail(row)
        try:
            size = None if data is None else thumbnail_size(data)
        except ArgumentError:
            size = None
        if data is None or size is None:
            return '<div class="none">no picture</div>'
        if len(data) * 4 // 3 > self._n_bytes_left:
            self._n_without += 1
            return '<div class="none">no room for the picture</div>'
        width, height = size
        frames = "" if file is not group.kept else "".join(
            _frame(other, width, height) for other in group.files[1:]
        )  # fmt: skip
        image = f"data:{THUMBNAIL_MEDIA_TYPE};base64,{base64.b64encode(data).decode('ascii')}"
        drawn = (
            f'<svg viewBox="0 0 {width} {height}" role="img" aria-label="{escaped(file.path.name)}">'
            f'<image width="{width}" height="{height}" href="{image}"/>{frames}</svg>'
        )
        self._n_bytes_left -= len(drawn)
        return f'<a href="{self._url(file.path)}" tabindex="-1" aria-hidden="true">{drawn}</a>'

    def _url(self, path: Path) -> str:
        """Address of a file relative to the page."""
        try:
            relative = os.path.relpath(path, self._folder).replace(os.sep, "/")
        except ValueError:  # another drive, on Windows
            return path.as_uri()
        url = quote(os.fsencode(relative))
        return url if "/" in url else f"./{url}"


def _facts(group: CopyGroup, file: GroupFile) -> str:
    """Size, format and bytes; what is largest in the group is bold where they differ."""
    areas = [each.width_px * each.height_px for each in group.files]
    lengths = [each.size_bytes for each in group.files]
    formats = {each.format for each in group.files}
    size = f"{file.width_px:,} x {file.height_px:,}"
    length = readable_size(file.size_bytes)
    if len({*areas}) > 1 and file.width_px * file.height_px == max(areas):
        size = f"<b>{size}</b>"
    if len({*lengths}) > 1 and file.size_bytes == max(lengths):
        length = f"<b>{length}</b>"
    format_ = f"<b>{escaped(file.format)}</b>" if len(formats) > 1 else escaped(file.format)
    return f"{size} · {format_} · {length}"


def _frame(file: GroupFile, width: int, height: int) -> str:
    """Outline of what a file shows of the kept picture of this size; empty if it is all of it."""
    evidence = file.evidence
    if evidence is None or not evidence.matrix or evidence.overlap > _LEAST_SHARE or file.kind == "shot":
        return ""
    a, b, c, d, e, f = evidence.matrix
    corners = [(a * x + b * y + c, d * x + e * y + f) for x, y in ((0, 0), (1, 0), (1, 1), (0, 1))]
    points = " ".join(f"{x * width:.1f},{y * height:.1f}" for x, y in corners)
    return f'<polygon class="under" points="{points}"/><polygon class="frame" points="{points}"/>'
