"""Similarities of all pairs, in the order of the dendrogram's leaves."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from imagecluster.cut import cut_height, flat_clusters
from imagecluster.present.plots.figure import ACCENT, INK, Pictures, cell, new_figure
from imagecluster.records import Dendrogram

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MOST_CELLS = 1000
"""Number of rows and columns of the matrix; with more pictures each cell is the mean of a block."""
_PICTURES_UP_TO = 80
_SIDE_PX = 64


def similarity_blocks(X: NDArray[Any], order: NDArray[np.int64], n_cells: int) -> NDArray[np.float64]:
    """Mean cosine of each pair of blocks of the ordered rows, shape (n_cells, n_cells).

    The mean over a block of the products of unit vectors is the product of their mean vectors, so that it takes the
    memory of `n_cells` vectors, however many rows there are.
    """
    bounds = np.linspace(0, len(order), n_cells + 1).round().astype(np.int64)
    means = np.empty((n_cells, X.shape[1]))
    for i in range(n_cells):
        rows = np.asarray(X[order[bounds[i] : bounds[i + 1]]], np.float64)
        means[i] = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).mean(axis=0)
    return np.asarray(means @ means.T)


def draw_matrix(
    dendrogram: Dendrogram,
    X: NDArray[Any],
    pictures: Pictures,
    *,
    sim: float | None,
    title: str,
    clusters: Sequence[Sequence[int]] | None = None,
) -> Figure:
    """Draw the cosine similarities of all pairs in leaf order; squares mark the clusters of a cut at `sim`.

    Up to 80 pictures are shown beside their rows.

    Parameters
    ----------
    dendrogram
        Dendrogram of the rows of `X`.
    X
        Vectors of shape (n_images, n_dimensions), none of them zero.
    pictures
        Returns the small picture of a row.
    sim
        Similarity index of the cut; None for no squares.
    title
        Title above the drawing.
    clusters
        Rows of each cluster, which may have been corrected by hand; they are drawn together, at the place of their
        first leaf. Default: those of the cut at `sim`.
    """
    n = dendrogram.n_leaves
    n_cells = min(n, MOST_CELLS)
    order, bounds = _together(dendrogram, _labels(dendrogram, sim, clusters))
    blocks = similarity_blocks(X, order, n_cells)
    with_pictures = n <= _PICTURES_UP_TO
    side_in = min(12.0, max(6.0, 0.3 * n)) if with_pictures else 9.0
    figure = new_figure(side_in + 1.6, side_in + 0.5)
    figure.suptitle(title, fontsize=11, color=INK)
    axes = figure.subplots()
    low = float(np.percentile(blocks, 1)) if n else 0.0
    drawn = axes.imshow(blocks, cmap="viridis", vmin=low, vmax=1.0, extent=(0, n, n, 0), interpolation="nearest")
    figure.colorbar(drawn, ax=axes, shrink=0.6, label="cosine similarity")
    if sim is not None:
        _draw_squares(axes, bounds)
    if with_pictures:
        strip = np.concatenate([cell(pictures(row), _SIDE_PX, _SIDE_PX) for row in order.tolist()])
        axes.imshow(strip, extent=(-1.1, -0.1, n, 0), interpolation="antialiased")
        axes.set_xlim(-1.1, n)
        axes.set_ylim(n, 0)
        axes.set_axis_off()
    else:
        axes.set_xlabel("pictures in the order of the dendrogram", color=INK, fontsize=9)
        axes.tick_params(colors=INK, labelsize=9)
    return figure


def _labels(dendrogram: Dendrogram, sim: float | None, clusters: Sequence[Sequence[int]] | None) -> NDArray[np.int64]:
    """Cluster of each row, shape (n_images,); a row in no cluster has a number of its own."""
    if clusters is None:
        height = np.inf if sim is None else cut_height(dendrogram, sim=sim)
        return flat_clusters(dendrogram, height)
    labels = np.arange(dendrogram.n_leaves) + len(clusters)
    for number, members in enumerate(clusters):
        labels[list(members)] = number
    return labels


def _together(dendrogram: Dendrogram, labels: NDArray[np.int64]) -> tuple[NDArray[np.int64], list[int]]:
    """Rows in leaf order, but with each cluster in one piece; and the bounds of the pieces."""
    by_leaf = labels[dendrogram.order]
    _, first, piece = np.unique(by_leaf, return_index=True, return_inverse=True)
    order = np.argsort(first[piece], kind="stable")
    changes = np.flatnonzero(np.diff(first[piece][order])) + 1
    return dendrogram.order[order], [0, *changes.tolist(), len(order)]


def _draw_squares(axes: Any, bounds: Sequence[int]) -> None:
    """Draw a square around each cluster of two or more."""
    from matplotlib.collections import LineCollection

    squares = [[(a, a), (b, a), (b, b), (a, b), (a, a)] for a, b in pairwise(bounds) if b - a >= 2]
    axes.add_collection(LineCollection(squares, colors=ACCENT, linewidths=1.0 if len(squares) < 150 else 0.5))
