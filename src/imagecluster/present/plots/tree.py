"""A dendrogram with pictures at its leaves."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from imagecluster.present.plots.figure import ACCENT, COLOURS, FAINT, INK, Pictures, cell, plain_axes, sim_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MOST_LEAVES = 400
"""Largest number of leaves; of larger trees only the uppermost merges are drawn."""
_SHOWN_OF_GROUP = 4
_ASPECT = 4 / 3
"""Aspect ratio of the place for a picture, since most are landscapes."""
_ROW_PX = 72
_AXIS_ON_BOTH_ENDS_FROM = 25


@dataclass(frozen=True, slots=True)
class Tree:
    """The part of a linkage matrix that is drawn: its uppermost merges, over groups of leaves."""

    groups: tuple[tuple[int, ...], ...]
    """Leaves of each drawn leaf, from the top of the plot to its bottom."""
    group_heights: tuple[float, ...]
    """Height of the last merge inside each group; 0 for a single leaf."""
    merges: tuple[tuple[int, int], ...]
    """Children of each drawn merge: a number below len(groups) is a group, others are merges, counted from there."""
    heights: tuple[float, ...]
    """Height of each drawn merge."""


def uppermost(Z: NDArray[np.float64], n_leaves: int, *, most: int = MOST_LEAVES) -> Tree:
    """The last `most` - 1 merges of a linkage matrix, which join groups of leaves."""
    n_hidden = max(0, n_leaves - most)
    children = Z[:, :2].astype(np.int64).tolist()
    tops: list[int] = []
    groups: list[list[int]] = []
    # Each entry is a node, and whether it belongs to the group that was started last.
    stack = [(n_leaves + len(children) - 1, False)] if n_leaves else []
    while stack:
        node, is_inside = stack.pop()
        if not is_inside and node < n_leaves + n_hidden:
            is_inside = True
            tops.append(node)
            groups.append([])
        if node < n_leaves:
            groups[-1].append(node)
        else:
            stack += [(child, is_inside) for child in reversed(children[node - n_leaves])]
    number = {node: i for i, node in enumerate(tops)}
    for i in range(n_hidden, len(children)):
        number[n_leaves + i] = len(tops) + i - n_hidden
    return Tree(
        tuple(map(tuple, groups)),
        tuple(float(Z[node - n_leaves, 2]) if node >= n_leaves else 0.0 for node in tops),
        tuple((number[a], number[b]) for a, b in children[n_hidden:]),
        tuple(Z[n_hidden:, 2].tolist()),
    )


class Hierarchy(NamedTuple):
    """A tree to draw, with information about its leaves."""

    merges: NDArray[np.float64]
    """scipy's linkage matrix, shape (n_leaves - 1, 4)."""
    n_leaves: int
    largest_distance: float
    """sim is 1 - height / largest distance."""
    names: Sequence[str] | None = None
    """Names of the leaves, written beside them."""
    labels: Sequence[int] | None = None
    """Cluster of each leaf, possibly corrected by hand; -1 for a leaf in no cluster. Branches inside a cluster get its
    colour. Default: the clusters below the marked sim."""
    by_branch: bool = False
    """Whether the clusters were cut by branch, so that the line shows where one distance for all would cut."""


def draw_dendrogram(
    figure: Figure,
    hierarchy: Hierarchy,
    pictures: Pictures | None,
    *,
    sim: float | None = None,
    most: int = MOST_LEAVES,
) -> Any:
    """Draw a dendrogram into a figure, with the root at the left and pictures beside the leaves; return its axes.

    Parameters
    ----------
    figure
        An empty figure; it gets the size that the tree needs.
    hierarchy
        The tree, and what is known about its leaves.
    pictures
        Returns the small picture of a leaf; None for no pictures.
    sim
        Similarity index of a cut, marked by a line; the clusters below it are coloured.
    most
        Largest number of leaves. Of larger trees only the uppermost merges are drawn, over groups that show their
        first pictures.
    """
    tree, names = uppermost(hierarchy.merges, hierarchy.n_leaves, most=most), hierarchy.names
    n = len(tree.groups)
    row_in = 0.6 if n <= 40 else 0.42 if n <= 120 else 0.32
    n_across = min(_SHOWN_OF_GROUP, max(map(len, tree.groups), default=1)) if pictures else 0
    beside = n_across * _ASPECT + (7.0 if n_across > 1 or names is not None else 0.2) / (row_in * 2.4)
    figure.set_size_inches(6.5 + beside * row_in, max(2.5, n * row_in + 1.2))
    axes, strip = figure.subplots(1, 2, width_ratios=[6.4, beside * row_in], sharey=True)
    _draw_branches(axes, tree, hierarchy, sim)
    axes.set_ylim(n - 0.5, -0.5)
    axes.set_yticks([])
    axes.set_xlabel("sim", color=INK)
    plain_axes(axes)
    axes.tick_params(top=n > _AXIS_ON_BOTH_ENDS_FROM, labeltop=n > _AXIS_ON_BOTH_ENDS_FROM)
    axes.spines["left"].set_visible(False)
    strip.set_axis_off()
    if pictures:
        extent = (0, n_across * _ASPECT, n - 0.5, -0.5)
        strip.imshow(_strip(tree, pictures, n_across), extent=extent, aspect="auto", interpolation="antialiased")
    strip.set_xlim(0, beside)
    strip.set_ylim(n - 0.5, -0.5)
    _write_names(strip, tree, names, x_of=lambda n_shown: min(n_across, n_shown) * _ASPECT + 0.15)
    return axes


def _draw_branches(axes: Any, tree: Tree, hierarchy: Hierarchy, sim: float | None) -> None:
    """Draw three lines for each merge, at the sims at which it happens."""
    from matplotlib.collections import LineCollection

    n, largest_distance, labels = len(tree.groups), hierarchy.largest_distance, hierarchy.labels
    y = [float(i) for i in range(n)]
    x = sim_of(np.array(tree.group_heights), largest_distance).tolist()
    axes.hlines(y, x, 1.0, colors=FAINT, linewidths=0.6, linestyles="dotted")  # from a group to its pictures
    lines, colours = [], []
    merged_at = sim_of(np.array(tree.heights), largest_distance).tolist()
    colour = _colours(tree, merged_at, sim) if labels is None else _colours_of_labels(tree, labels)
    for i, (a, b) in enumerate(tree.merges):
        at = merged_at[i]
        lines.append([(x[a], y[a]), (at, y[a]), (at, y[b]), (x[b], y[b])])
        colours.append(colour[n + i] or (INK if sim is None else FAINT))
        x.append(at)
        y.append((y[a] + y[b]) / 2)
    axes.add_collection(LineCollection(lines, colors=colours, linewidths=1.2, joinstyle="miter"))
    left = min([0.0, *merged_at])
    axes.set_xlim(left - 0.02 * (1 - left), 1.01)
    if sim is not None:
        axes.axvline(sim, color=ACCENT, linewidth=1, linestyle=(0, (4, 3)))
        said = f"sim {sim:g}; coloured: its clusters, cut by branch" if hierarchy.by_branch else f"cut at sim {sim:g}"
        axes.annotate(said, (sim, -0.5), xytext=(4, 0), textcoords="offset points", color=ACCENT, fontsize=8)


def _colours(tree: Tree, merged_at: Sequence[float], sim: float | None) -> list[str | None]:
    """Colour of each node inside a cluster of the cut; None for nodes above it and for single leaves."""
    n = len(tree.groups)
    colour: list[str | None] = [None] * (n + len(tree.merges))
    if sim is None:
        return colour
    lowest = list(merged_at)  # sim of the loosest merge inside, since heights may decrease
    for i, pair in enumerate(tree.merges):
        lowest[i] = min([lowest[i], *(lowest[child - n] for child in pair if child >= n)])
    parent = {child: i for i, pair in enumerate(tree.merges) for child in pair}
    leaf_of = list(range(n))  # the first leaf below each node, by which clusters are sorted in plot order
    for a, b in tree.merges:
        leaf_of.append(min(leaf_of[a], leaf_of[b]))
    tops = [
        node
        for node in range(n, n + len(tree.merges))
        if lowest[node - n] >= sim and (node not in parent or lowest[parent[node]] < sim)
    ]
    for turn, node in enumerate(sorted(tops, key=leaf_of.__getitem__)):
        colour[node] = COLOURS[turn % len(COLOURS)]
    for i in range(len(tree.merges) - 1, -1, -1):
        if colour[n + i] is not None:
            for child in tree.merges[i]:
                colour[child] = colour[n + i]
    return colour


def _colours_of_labels(tree: Tree, labels: Sequence[int]) -> list[str | None]:
    """Colour of each node whose leaves are all in one cluster; None for the others."""
    one: list[int] = []
    for group in tree.groups:
        found = {labels[leaf] for leaf in group}
        one.append(found.pop() if len(found) == 1 else -1)
    for a, b in tree.merges:
        one.append(one[a] if one[a] == one[b] else -1)
    turns: dict[int, int] = {}
    for label in one[: len(tree.groups)]:
        if label >= 0:
            turns.setdefault(label, len(turns))
    return [COLOURS[turns[label] % len(COLOURS)] if label >= 0 else None for label in one]


def _strip(tree: Tree, pictures: Pictures, n_across: int) -> NDArray[np.uint8]:
    """The pictures of all drawn leaves, one row per leaf, with a little white between the rows."""
    width, height = round(_ASPECT * _ROW_PX), _ROW_PX
    strip = np.full((len(tree.groups) * height, n_across * width, 3), 255, np.uint8)
    for y, group in enumerate(tree.groups):
        for x, leaf in enumerate(group[:n_across]):
            drawn = cell(pictures(leaf), width - 3, height - 3)
            strip[y * height + 1 : (y + 1) * height - 2, x * width + 1 : (x + 1) * width - 2] = drawn
    return strip


def _write_names(axes: Any, tree: Tree, names: Sequence[str] | None, *, x_of: Callable[[int], float]) -> None:
    """Write the names of leaves, and the numbers of pictures in groups."""
    for y, group in enumerate(tree.groups):
        text = f"{len(group)} pictures" if len(group) > 1 else "" if names is None else _short(names[group[0]])
        axes.text(x_of(len(group)), y, text, va="center", fontsize=7, color=INK, clip_on=False, parse_math=False)


def _short(name: str) -> str:
    """The end of a name, on one line."""
    text = "".join(c if c.isprintable() else "?" for c in name)
    return text if len(text) <= 32 else "..." + text[-29:]
