"""Clusters as columns of pictures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from imagecluster.errors import ArgumentError, MemoryLimitError
from imagecluster.present.plots.figure import INK, Pictures, cell, new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MOST_CLUSTERS = 48
"""Number of clusters that are drawn by default."""

_CELL_PX = (108, 81)
_GAP_PX = 4
_PER_BAND = 16
"""Number of columns side by side; further ones follow below."""
_LONGEST_NAME = 16
_TALLEST = 12
"""Largest number of pictures in a column."""


def column_array(columns: Sequence[Sequence[NDArray[np.uint8]]], *, mem_limit: float) -> NDArray[np.uint8]:
    """One picture of all columns, white below shorter ones, shape (n_rows * height, n_columns * width, 3).

    Raises
    ------
    ArgumentError
        There is no column, or the pictures have different shapes.
    MemoryLimitError
        The result would take more than `mem_limit` bytes.
    """
    if not columns:
        raise ArgumentError("there is no cluster to plot; use a smaller sim, or a larger max_csize")
    shapes = {image.shape for column in columns for image in column}
    if len(shapes) != 1:
        raise ArgumentError(f"the pictures have different shapes {sorted(shapes)}; read them at one size")
    (height, width, n_channels), n_rows = shapes.pop(), max(map(len, columns))
    n_bytes = n_rows * height * len(columns) * width * n_channels
    if n_bytes > mem_limit:
        raise MemoryLimitError(
            f"the plot would take {n_bytes / 2**20:.0f} MiB, but mem_limit allows {mem_limit / 2**20:.0f} MiB; plot "
            "fewer or smaller clusters (max_csize) or smaller pictures"
        )
    array = np.full((n_rows * height, len(columns) * width, n_channels), 255, np.uint8)
    for x, column in enumerate(columns):
        for y, image in enumerate(column):
            array[y * height : (y + 1) * height, x * width : (x + 1) * width] = image
    return array


def draw_columns(
    clusters: Sequence[Sequence[int]], pictures: Pictures, *, title: str, names: Sequence[str] = ()
) -> Figure:
    """Draw clusters, one per column, under their number and size; columns that do not fit side by side go below.

    Parameters
    ----------
    clusters
        Row numbers of each cluster's pictures, in drawing order.
    pictures
        Returns the small picture of a row.
    title
        Title above the drawing.
    names
        Names of the clusters, which replace their numbers; empty for a cluster without a name.

    Raises
    ------
    ArgumentError
        There is no cluster.
    """
    if not clusters:
        raise ArgumentError("there is no cluster to plot; use a smaller sim")
    bands = [clusters[start : start + _PER_BAND] for start in range(0, len(clusters), _PER_BAND)]
    heights = [min(_TALLEST, max(map(len, band))) for band in bands]
    n_columns = max(map(len, bands))
    width, height = _CELL_PX[0] + _GAP_PX, _CELL_PX[1] + _GAP_PX
    size_in = max(4.0, n_columns * width / 100), sum(heights) * height / 100 + 0.42 * len(bands) + 0.5
    figure = new_figure(*size_in)
    figure.suptitle(title, fontsize=11, color=INK)
    all_axes = figure.subplots(len(bands), 1, squeeze=False, height_ratios=[n + 0.4 for n in heights])
    first = 1
    for axes, band, n_rows in zip(all_axes[:, 0], bands, heights, strict=True):
        array = np.full((n_rows * height, n_columns * width, 3), 255, np.uint8)
        for x, members in enumerate(band):
            for y, row in enumerate(members[:n_rows]):
                at = np.s_[y * height : y * height + _CELL_PX[1], x * width : x * width + _CELL_PX[0]]
                array[at] = cell(pictures(row), *_CELL_PX)
            shown = f"{n_rows} of {len(members)}" if len(members) > n_rows else len(members)
            axes.text(
                x * width + _CELL_PX[0] / 2, -6, f"{_short(names, first + x)}: {shown} pictures",
                ha="center", va="bottom", fontsize=7, color=INK, parse_math=False,
            )  # fmt: skip
        axes.imshow(array, interpolation="antialiased")
        axes.set_axis_off()
        first += len(band)
    return figure


def _short(names: Sequence[str], number: int) -> str:
    """Text above a column: the cluster's name, shortened if necessary, or else its number."""
    name = names[number - 1] if names else ""
    return f"{number}" if not name else name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 1]}…"
