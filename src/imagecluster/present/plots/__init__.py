"""Pictures of clusters: columns of photographs, a dendrogram, a matrix of similarities, curves over sim.

matplotlib is part of the extra `plot`. Figures are made without pyplot, so that none has to be closed.
"""

from imagecluster.present.plots.columns import MOST_CLUSTERS, column_array, draw_columns
from imagecluster.present.plots.curves import draw_curves
from imagecluster.present.plots.figure import FORMATS, check_format, new_figure, save_figure
from imagecluster.present.plots.matrix import draw_matrix
from imagecluster.present.plots.tree import MOST_LEAVES, Hierarchy, draw_dendrogram

__all__ = [
    "FORMATS",
    "MOST_CLUSTERS",
    "MOST_LEAVES",
    "Hierarchy",
    "check_format",
    "column_array",
    "draw_columns",
    "draw_curves",
    "draw_dendrogram",
    "draw_matrix",
    "new_figure",
    "save_figure",
]
