"""The original's output: `from imagecluster import postproc`.

Names, defaults and return values are those of imagecluster 0.4; docs/migration.md lists the differences.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from imagecluster.errors import ArgumentError
from imagecluster.original.older_arguments import once_named
from imagecluster.present import plots
from imagecluster.present.links import make_links as build_links
from imagecluster.system.extras import missing_extra

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from PIL import Image

__all__ = ["make_links", "plot_clusters", "plot_dendrogram", "visualize"]

_COLUMN_IN = 1.6
_LONGEST_IN = 40.0


def __getattr__(name: str) -> Any:
    """Load matplotlib's pyplot as `postproc.plt` on first use."""
    if name == "plt":
        return _pyplot()
    raise AttributeError(f"module 'imagecluster.postproc' has no attribute {name!r}")


def _pyplot() -> Any:
    try:
        from matplotlib import pyplot
    except ImportError:
        raise missing_extra("plots need matplotlib", "plot") from None
    return pyplot


def make_links(clusters: Mapping[int, Sequence[Sequence[str]]], cluster_dr: str | os.PathLike[str]) -> None:
    """Make folders of links to the pictures of each cluster, `cluster_dr/cluster_with_N/cluster_i/name`.

    A tree that an earlier call built there is replaced. Pictures with equal names in one cluster are numbered
    (`name_2.jpg`). A picture that no longer exists is left out with a warning.

    Parameters
    ----------
    clusters
        Clusters, as from `calc.cluster`.
    cluster_dr
        Folder of the tree: missing, empty, or built by an earlier call.

    Raises
    ------
    OutputError
        `cluster_dr` holds something else, or cannot be written.
    """
    print(f"cluster dir: {os.fspath(cluster_dr)}")
    members = [[Path(name) for name in cluster] for group in clusters.values() for cluster in group]
    for left_out in build_links(members, Path(cluster_dr)).unlinked:
        warnings.warn(f"not linked {left_out.path}: {left_out.reason}", stacklevel=2)


@once_named(ias="images", image_arrays="images")
def plot_clusters(
    clusters: Mapping[int, Sequence[Sequence[str]]],
    images: Mapping[str, NDArray[np.integer[Any]]],
    max_csize: int | None = None,
    mem_limit: float = 1024**3,
) -> tuple[Figure, Axes]:
    """Draw the pictures of all clusters, one column per cluster, smallest first.

    Parameters
    ----------
    clusters
        Clusters, as from `calc.cluster`.
    images
        Pictures, as from `io.read_images` or `calc.image_arrays`: arrays of equal shape by file name.
    max_csize
        Larger clusters are left out.
    mem_limit
        Largest size of the plot's array, in bytes.

    Returns
    -------
    fig, ax
        Figure and axes of pyplot, with one image of shape (n_rows * height, n_clusters * width, 3).

    Raises
    ------
    ArgumentError
        There is no cluster of that size, or a picture is missing.
    MemoryLimitError
        The array would take more than `mem_limit`.
    MissingExtraError
        matplotlib is not installed.
    """
    sizes = [size for size in sorted(clusters) if max_csize is None or size <= max_csize]
    chosen = [cluster for size in sizes for cluster in clusters[size]]
    missing = [name for cluster in chosen for name in cluster if name not in images]
    if missing:
        raise ArgumentError(f"{len(missing)} pictures of the clusters are not in images, such as {missing[0]!r}")
    columns = [[np.asarray(images[name], np.uint8) for name in cluster] for cluster in chosen]
    array = plots.column_array(columns, mem_limit=mem_limit)
    scale = min(_COLUMN_IN, _LONGEST_IN / len(chosen))
    height_in = scale * len(chosen) * array.shape[0] / array.shape[1]
    fig, ax = _pyplot().subplots(figsize=(max(1.0, scale * len(chosen)), min(_LONGEST_IN, max(1.0, height_in))))
    ax.imshow(array)
    for i in range(1, len(chosen)):
        ax.axvline(i * array.shape[1] / len(chosen) - 0.5, color="white", linewidth=2)
    ax.set_axis_off()
    fig.subplots_adjust(left=0, right=1, bottom=0, top=1)
    return fig, ax


@once_named(ias="images", image_arrays="images")
def visualize(
    clusters: Mapping[int, Sequence[Sequence[str]]],
    images: Mapping[str, NDArray[np.integer[Any]]],
    max_csize: int | None = None,
    mem_limit: float = 1024**3,
) -> None:
    """Show `plot_clusters` in a window; the arguments are the same. Without clusters, say so and show nothing."""
    if not any(max_csize is None or size <= max_csize for size in clusters):
        print("no clusters to show: each picture is alone at this sim, or all clusters are larger than max_csize")
        return
    plot_clusters(clusters, images, max_csize, mem_limit)
    _pyplot().show()


def plot_dendrogram(
    extra: Mapping[str, Any],
    images: Mapping[str, NDArray[np.uint8]] | None = None,
    sim: float | None = None,
    max_leaves: int = plots.MOST_LEAVES,
) -> tuple[Figure, Axes]:
    """Draw the dendrogram of a clustering, with an axis in units of `sim` from 0 at the root to 1 at the leaves.

    Parameters
    ----------
    extra
        The second value that `calc.cluster` returns with `extra_out=True`.
    images
        Pictures by file name, to draw at the leaves; None for no pictures.
    sim
        A cut to mark, below which clusters are coloured.
    max_leaves
        Largest number of leaves; of larger trees only the uppermost merges are drawn.

    Returns
    -------
    fig, ax
        Figure and axes of pyplot.

    Raises
    ------
    ArgumentError
        `extra` is not a value from `calc.cluster`.
    MissingExtraError
        matplotlib is not installed.
    """
    if not {"Z", "dfps", "cut", "cluster_dct"} <= set(extra):
        raise ArgumentError("extra lacks some of the entries Z, dfps, cut and cluster_dct; give the second value that "
                            "calc.cluster returns with extra_out=True")  # fmt: skip
    names = _names_in_order(extra)

    def picture(leaf: int) -> Image.Image | None:
        from PIL import Image

        return Image.fromarray(np.asarray(images[names[leaf]])) if images and names[leaf] in images else None

    figure = _pyplot().figure(layout="constrained")
    axes = plots.draw_dendrogram(
        figure,
        plots.Hierarchy(
            extra["Z"],
            len(names),
            largest_distance=float(extra["dfps"].max(initial=0.0)),
            names=[Path(str(name)).name for name in names],
        ),
        picture if images else None,
        sim=sim,
        most=max_leaves,
    )
    return figure, axes


def _names_in_order(extra: Mapping[str, Any]) -> list[Any]:
    """Names of the leaves, in the order of the fingerprints, which the names in each cluster follow."""
    rest = {label: iter(names) for label, names in extra["cluster_dct"].items()}
    return [next(rest[label]) for label in extra["cut"].tolist()]
