"""`imagecluster plot`: clusters as a picture."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from imagecluster.cli.chosen import model_of
from imagecluster.cli.text import printable
from imagecluster.collection import SmallPictures, StoredCollection, locate, read_collection, scale_of, sim_scale_name
from imagecluster.present import plots
from imagecluster.store import Store

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def command(arguments: argparse.Namespace) -> int:
    """Draw what the database of a folder holds into a file."""
    plots.check_format(arguments.output)
    _, directory = locate([arguments.path], arguments.db)
    with Store.open(directory, writable=False) as store:
        model = model_of(arguments, store)
        scale_name = sim_scale_name(model.identity, arguments.sim_scale)
        collection = read_collection(store, model.identity)
        collection = collection.on_scale(scale_of(model.identity, scale_name, collection.dendrogram))
        with store.thumbnails() as cache:
            pictures = SmallPictures(collection.leaves, cache)
            figure = _drawn(arguments.kind, collection, pictures, sim=arguments.sim, most=arguments.most)
    plots.save_figure(figure, arguments.output)
    print(f"{arguments.kind} of {len(collection.leaves)} pictures in {printable(arguments.output)}")
    return 0


def _drawn(kind: str, collection: StoredCollection, pictures: SmallPictures, *, sim: float, most: int | None) -> Figure:
    """The plot of a kind."""
    tree, n = collection.dendrogram, len(collection.leaves)
    if kind == "curves":
        return plots.draw_curves(tree, sim=sim, title=f"{n} pictures")
    if kind == "matrix":
        return plots.draw_matrix(
            tree, collection.vectors, pictures, sim=sim, title=f"{n} pictures, clusters of sim {sim:g}"
        )
    if kind == "dendrogram":
        figure = plots.new_figure(8, 6)
        plots.draw_dendrogram(
            figure,
            tree.merges,
            pictures,
            n_leaves=n,
            largest_distance=tree.top,
            names=[path.name for path in collection.paths],
            sim=sim,
            most=most or plots.MOST_LEAVES,
        )
        return figure
    clusters = collection.clusters(sim=sim).clusters
    most = min(most or plots.MOST_CLUSTERS, len(clusters))
    which = f"all {most}" if most == len(clusters) else f"the {most} largest of {len(clusters)}"
    return plots.draw_columns(
        [cluster.members for cluster in clusters[:most]], pictures, title=f"{which} clusters at sim {sim:g}"
    )
