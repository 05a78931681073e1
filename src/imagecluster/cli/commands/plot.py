"""`imagecluster plot`: drawings of the clusters."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from imagecluster.cli.arguments import (
    Commands,
    add_cut,
    add_db,
    add_force,
    add_model,
    add_n_clusters,
    add_sim_scale,
    positive,
    similarity,
)
from imagecluster.cli.opening import database_of, opened_to_cut
from imagecluster.cli.paths import existing_path, typed_path
from imagecluster.cli.text import printable

if TYPE_CHECKING:
    import numpy as np
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from imagecluster.collection import Collection
    from imagecluster.present.thumbnails import SmallPictures
    from imagecluster.records import Clusters, Dendrogram


KINDS = {
    "clusters": "the largest clusters, one per column",
    "dendrogram": "the hierarchy with pictures at its leaves",
    "matrix": "similarities of all pairs in the order of the dendrogram",
    "curves": "number and size of the clusters against sim",
}


def add(commands: Commands[argparse.ArgumentParser]) -> None:
    """Add the parser of `plot`."""
    parser = commands.add_parser(
        "plot",
        help="draw the clusters, dendrogram, similarities or curves of a folder",
        description="Draw the clusters of the latest run, with its method and with all corrections made by hand. "
        "Needs matplotlib, which the extra `plot` installs.",
        epilog="KIND is one of " + ", ".join(f"{kind} ({text})" for kind, text in KINDS.items()) + ".",
    )
    parser.add_argument("kind", choices=KINDS, metavar="KIND", help="what to draw: " + ", ".join(KINDS))
    parser.add_argument("path", type=existing_path, metavar="PATH", help="the folder of pictures")
    parser.add_argument(
        "-o", "--output", type=typed_path, required=True, metavar="FILE", help="file to write: .png, .svg or .pdf"
    )
    where = parser.add_mutually_exclusive_group()
    where.add_argument(
        "--sim", type=similarity, default=None, metavar="S",
        help="similarity index of the cut to draw (default: that of the latest run)",
    )  # fmt: skip
    add_n_clusters(where)
    parser.add_argument(
        "--most", type=positive, default=None, metavar="N",
        help="draw at most N clusters (default: 48) or leaves of the dendrogram (default: 400)",
    )  # fmt: skip
    add_force(parser)
    add_sim_scale(parser, default="that of the latest run")
    add_cut(parser)
    add_db(parser)
    add_model(parser)


def command(arguments: argparse.Namespace) -> int:
    """Draw the clusters of a folder into a file."""
    from imagecluster.cut import nearest_count
    from imagecluster.present import plots
    from imagecluster.present.overwrite_guard import refuse_to_replace
    from imagecluster.present.thumbnails import SmallPictures, ThumbnailOf
    from imagecluster.store import Store

    plots.check_format(arguments.output)
    refuse_to_replace(arguments.output, force=arguments.force)
    directory = database_of(arguments)
    with Store.open(directory, writable=False) as store:
        collection, sim = opened_to_cut(arguments, store)
        n_clusters = arguments.n_clusters
        if n_clusters is not None:
            sim = collection.sim_for_clusters(n_clusters, min_size=2)
        clusters = collection.cut(sim, min_size=2)
        nearest = None if n_clusters is None else nearest_count(n_clusters, len(clusters.clusters), 2)
        if nearest is not None:
            print(nearest, file=sys.stderr)
        with store.thumbnails() as cache:
            pictures = SmallPictures(ThumbnailOf(collection.paths, collection.leaves.hashes, cache))
            drawing = _Drawing(collection, clusters, pictures)
            figure = drawing.drawn(arguments.kind, arguments.most)
    plots.save_figure(figure, arguments.output)
    print(f"{arguments.kind} of {drawing.n_shown} pictures in {printable(arguments.output)}")
    return 0


class _Drawing:
    """Plots of a cut, with all corrections made by hand.

    Hidden pictures are left out, moved ones stand where they were moved to, and clusters have their names.
    """

    def __init__(self, collection: Collection, clusters: Clusters, pictures: SmallPictures) -> None:
        self._collection = collection
        self._clusters = clusters
        self._pictures = pictures
        self.n_shown = len(collection) - len(clusters.hidden)

    def drawn(self, kind: str, most: int | None) -> Figure:
        """A plot of this kind, with at most `most` clusters or leaves of the dendrogram."""
        import numpy as np

        from imagecluster.cut import on_scale
        from imagecluster.present import plots

        if kind == "clusters":
            return self._columns(most or plots.MOST_CLUSTERS)
        sim, title = self._clusters.sim, f"{self.n_shown} pictures"
        tree, rows = self._shown(on_scale(self._collection.narrow_dendrogram, self._collection.scale))
        if kind == "curves":
            return plots.draw_curves(tree, sim=sim, title=title, note=self._note() if self._is_changed else None)
        if kind == "matrix":
            number = {row: i for i, row in enumerate(rows.tolist())}
            members = [[number[row] for row in cluster.members] for cluster in self._clusters.clusters]
            return plots.draw_matrix(
                tree,
                self._collection.vectors[rows],
                lambda row: self._pictures(int(rows[row])),
                sim=sim,
                title=f"{title}, clusters of sim {sim:g}",
                clusters=members if self._is_changed else None,
            )
        figure = plots.new_figure(8, 6)
        by_branch = self._clusters.cut == "branch"
        if by_branch:  # drawn by distance, so that it shows which branches are cut deeper or higher than the line
            tree, _ = self._shown(on_scale(self._collection.tree.dendrogram, self._collection.scale))
        labels, names = self._labels_and_names()
        is_labelled = self._is_changed or by_branch or self._collection.settings.within is not None
        plots.draw_dendrogram(
            figure,
            plots.Hierarchy(
                np.nan_to_num(tree.merges, posinf=1.0),  # what is too wide to be a cluster joins at sim 0
                tree.n_leaves,
                largest_distance=1.0 if self._is_changed or by_branch else tree.top,
                names=[names[row] for row in rows],
                labels=[labels[row] for row in rows] if is_labelled else None,
                by_branch=by_branch,
            ),
            lambda row: self._pictures(int(rows[row])),
            sim=sim,
            most=most or plots.MOST_LEAVES,
        )
        return figure

    def _shown(self, dendrogram: Dendrogram) -> tuple[Dendrogram, NDArray[np.int64]]:
        """A dendrogram without the hidden pictures, and the rows of the others."""
        import numpy as np

        from imagecluster.cut.pruned import pruned

        if not self._is_changed:
            return dendrogram, np.arange(len(self._collection))
        return pruned(dendrogram, np.array(self._clusters.hidden, np.int64))

    @property
    def _is_changed(self) -> bool:
        """Whether the clusters differ from those of the dendrogram alone."""
        return bool(self._collection.corrections) or self._clusters.max_diameter is not None

    def _note(self) -> str:
        """Text above the curves."""
        found = self._clusters
        held = sum(len(cluster.members) for cluster in found.clusters)
        return (
            f"sim {found.sim:g}: {len(found.clusters)} clusters hold {held} pictures, {len(found.singles)} are single"
        )

    def _labels_and_names(self) -> tuple[list[int], list[str]]:
        """Cluster of each picture, -1 for none, and its file's name with the name of its cluster."""
        labels = [-1] * len(self._collection)
        names = [path.name for path in self._collection.paths]
        for cluster in self._clusters.clusters:
            for row in cluster.members:
                labels[row] = cluster.number
                if cluster.name:
                    names[row] = f"{names[row]} · {cluster.name}"
        return labels, names

    def _columns(self, most: int) -> Figure:
        from imagecluster.present import plots

        clusters = self._clusters.clusters
        most = min(most, len(clusters))
        which = f"all {most}" if most == len(clusters) else f"the {most} largest of {len(clusters)}"
        return plots.draw_columns(
            [cluster.members for cluster in clusters[:most]],
            self._pictures,
            title=f"{which} clusters at sim {self._clusters.sim:g}",
            names=[cluster.name for cluster in clusters[:most]],
        )
