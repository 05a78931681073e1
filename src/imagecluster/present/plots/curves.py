"""Number and sizes of clusters against sim, which help to choose sim."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from imagecluster.cut import cut_height
from imagecluster.present.plots.figure import ACCENT, COLOURS, INK, new_figure, plain_axes
from imagecluster.records import Dendrogram

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_N_POINTS = 401


class Curves(NamedTuple):
    """Clusters of at least two pictures at each sim, arrays of shape (n_points,)."""

    sim: NDArray[np.float64]
    n_clusters: NDArray[np.int64]
    n_in_clusters: NDArray[np.int64]
    largest: NDArray[np.int64]
    """Size of the largest cluster; 0 if there is none."""
    median: NDArray[np.float64]


def curves_of(dendrogram: Dendrogram, *, min_size: int = 2) -> Curves:
    """Counts and sizes of the clusters of cuts at evenly spaced sims."""
    sims = np.linspace(0.0, 1.0, _N_POINTS)
    found = []
    for sim in sims.tolist():
        ends = np.flatnonzero(dendrogram.gap > cut_height(dendrogram, sim=sim)) + 1
        sizes = np.diff(np.concatenate([[0], ends, [dendrogram.n_leaves]]))
        sizes = sizes[sizes >= min_size]
        found.append((len(sizes), sizes.sum(), sizes.max(initial=0), np.median(sizes) if len(sizes) else 0.0))
    n_clusters, n_in, largest, median = (np.array(column) for column in zip(*found, strict=True))
    return Curves(sims, n_clusters, n_in, largest, median)


def draw_curves(dendrogram: Dendrogram, *, sim: float | None, title: str, note: str | None = None) -> Figure:
    """Draw the number of clusters, and their sizes, against sim; a line marks `sim`."""
    curves = curves_of(dendrogram)
    figure = new_figure(8.0, 6.4)
    figure.suptitle(title, fontsize=11, color=INK)
    upper, lower = figure.subplots(2, 1, sharex=True)
    upper.plot(curves.sim, curves.n_clusters, color=COLOURS[0], label="clusters of 2 or more")
    singles = dendrogram.n_leaves - curves.n_in_clusters
    upper.plot(curves.sim, singles, color=COLOURS[1], label="single pictures")
    upper.set_ylabel("number")
    lower.plot(curves.sim, _above_zero(curves.largest), color=COLOURS[2], label="largest cluster")
    lower.plot(curves.sim, _above_zero(curves.median), color=COLOURS[3], label="median cluster")
    lower.set_yscale("log")
    lower.yaxis.set_major_formatter(lambda value, _: f"{value:g}")
    lower.set_ylabel("pictures")
    lower.set_xlabel("sim")
    lower.set_xlim(0.0, 1.0)
    for axes in (upper, lower):
        plain_axes(axes)
        axes.grid(color="#e6e6e6", linewidth=0.6)
        axes.set_axisbelow(True)
        axes.set_ylim(bottom=1 if axes is lower else 0)
        if sim is not None:
            axes.axvline(sim, color=ACCENT, linewidth=1, linestyle=(0, (4, 3)))
        axes.legend(frameon=False, fontsize=9, labelcolor=INK)
    if sim is not None:
        at = int(np.argmin(np.abs(curves.sim - sim)))
        held = f"{curves.n_clusters[at]} clusters hold {curves.n_in_clusters[at]} pictures"
        upper.set_title(note or f"sim {sim:g}: {held}, {singles[at]} are single", fontsize=9, color=ACCENT, loc="left")
    return figure


def _above_zero(sizes: NDArray[np.float64] | NDArray[np.int64]) -> NDArray[np.float64]:
    """Sizes, with a gap if there is no cluster, since a logarithmic axis has no zero."""
    return np.where(sizes > 0, sizes, np.nan).astype(np.float64)
