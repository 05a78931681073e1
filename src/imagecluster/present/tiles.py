"""A picture on a page: its thumbnail, which is part of the page, its name, and a link to the original."""

from __future__ import annotations

import base64
import math
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Protocol
from urllib.parse import quote

from imagecluster.decode.thumbnail import THUMBNAIL_MEDIA_TYPE, thumbnail_size
from imagecluster.errors import ArgumentError
from imagecluster.present.markup import escaped

_STEPS = 16
"""Aspect ratios are rounded to a sixteenth of an octave, so that rows are even and at most 2 % of a picture is
cropped."""

_WIDEST = 24
"""Steps from a square to the widest tile, 2.8 to 1. Wider and narrower pictures are shown whole inside their tile."""

_SMALL_PX = 96
"""A picture whose longer side is below this is shown at its own size, since enlarging it would blur it."""

_BARE = "r23 bare"
"""Classes of a tile without a thumbnail, of about 4 to 3."""

RATIO_RULES = "".join(f".r{step + _WIDEST}{{--r:{2 ** (step / _STEPS):.4g}}}" for step in range(-_WIDEST, _WIDEST + 1))
"""Style rules for the tiles' aspect ratios; classes, since the page's policy allows no style attributes."""


class Placed(Protocol):
    """Pictures, and the folder to which their names are relative."""

    @property
    def root(self) -> Path:
        """The folder, absolute."""

    @property
    def names(self) -> Sequence[str]:
        """Path of each row: relative to `root` with '/' between folders, absolute if outside it."""


class Tiles:
    """The tiles of one page."""

    def __init__(
        self,
        pictures: Placed,
        file: Path,
        thumbnail: Callable[[int], bytes | None],
        n_bytes: int,
        remarks: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        """`n_bytes` is the largest size of all tiles; beyond it they go without their pictures.

        `remarks` are sentences on pictures, by name.
        """
        self._remarks = remarks
        self._names = pictures.names
        self._root = pictures.root
        self._thumbnail = thumbnail
        self._folder = os.path.abspath(file.parent)  # noqa: PTH100 - a browser folds '..' in the same way
        self._urls: dict[str, str] = {}
        self._n_bytes_left = n_bytes
        self.n_without = 0
        """Number of tiles that had to go without their pictures."""

    def tile(self, row: int, *, cover: bool = False, note: str = "") -> str:
        """The tile of a picture; `cover` marks the first one of a cluster, and `note` precedes its name."""
        folder, name = os.path.split(self._root / self._names[row])
        remark = self._remarks.get(self._names[row], "")
        text = escaped(f"{note} {name}" if note else name)
        said = f"{self._names[row]} ({remark})" if remark else self._names[row]
        title = "" if said == name else f' title="{escaped(said)}"'
        if remark:
            text += f" ({escaped(remark)})"
        classes, image = self._image(row, text)
        mark = " cover" if cover else ""
        url = self._url(folder) + quote(os.fsencode(name))
        tile = f'<li class="{classes}{mark}"><a href="{url}"{title}>{image}</a></li>\n'
        self._n_bytes_left -= len(tile)
        return tile

    def _image(self, row: int, text: str) -> tuple[str, str]:
        """Classes and content of a tile."""
        data = self._thumbnail(row)
        if data is not None:
            try:
                width_px, height_px = thumbnail_size(data)
            except ArgumentError:
                data = None
        if data is None:
            return _BARE, text
        if len(data) * 4 // 3 > self._n_bytes_left:
            self.n_without += 1
            return _BARE, text
        step = round(_STEPS * math.log2(width_px / height_px))
        within = max(-_WIDEST, min(_WIDEST, step))
        whole = " small" if max(width_px, height_px) < _SMALL_PX else " slim" if step != within else ""
        return f"r{within + _WIDEST}{whole}", (
            f'<img width="{width_px}" height="{height_px}" alt="{text}" decoding="async"'
            f' src="data:{THUMBNAIL_MEDIA_TYPE};base64,{base64.b64encode(data).decode("ascii")}">'
            f'<span aria-hidden="true">{text}</span>'
        )

    def _url(self, folder: str) -> str:
        """Address of a folder relative to the page, with a slash at its end; empty for the page's own folder."""
        if folder not in self._urls:
            try:
                relative = os.path.relpath(folder, self._folder)
            except ValueError:  # another drive, on Windows
                self._urls[folder] = Path(folder).as_uri() + "/"
            else:
                relative = relative.replace(os.sep, "/")
                self._urls[folder] = "" if relative == "." else quote(os.fsencode(relative)) + "/"
        return self._urls[folder]


def in_page_order(members: Sequence[int], representative: int) -> list[int]:
    """Rows of a cluster with its most central picture first."""
    return [representative, *(row for row in members if row != representative)]
