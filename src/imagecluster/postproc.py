"""The original's output, at the original's name: `from imagecluster import postproc`."""

from imagecluster.original.postproc import (
    __getattr__,  # noqa: F401 - gives `postproc.plt`
    make_links,
    plot_clusters,
    plot_dendrogram,
    visualize,
)

__all__ = ["make_links", "plot_clusters", "plot_dendrogram", "visualize"]
