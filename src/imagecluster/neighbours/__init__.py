"""Nearest neighbours among vectors by blocked matrix products: exact, approximate, and updated."""

from imagecluster.neighbours.all_pairs import AllPairs
from imagecluster.neighbours.cells import approximate_neighbours
from imagecluster.neighbours.farthest import NO_PAIR, Farthest, Pair
from imagecluster.neighbours.lists import BLOCK_ROWS, Neighbours
from imagecluster.neighbours.scanning import Columns, scan
from imagecluster.neighbours.updating import updated_neighbours

__all__ = [
    "BLOCK_ROWS",
    "NO_PAIR",
    "AllPairs",
    "Columns",
    "Farthest",
    "Neighbours",
    "Pair",
    "approximate_neighbours",
    "scan",
    "updated_neighbours",
]
