"""Updated neighbour lists: new rows are compared with all rows, and the others keep their lists."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from imagecluster.neighbours.farthest import Farthest, Pair
from imagecluster.neighbours.lists import BLOCK_ROWS, Neighbours
from imagecluster.neighbours.scanning import Columns, scan
from imagecluster.system.cores import Mapper, in_turn


def updated_neighbours(
    vectors: NDArray[np.float32],
    old: Neighbours,
    new_number: NDArray[np.int64],
    *,
    farthest: Farthest,
    run: Mapper = in_turn,
) -> Neighbours:
    """Neighbour lists of all rows, from those of an earlier set of rows.

    A row that is gone leaves a void entry in a list, whose bound remains valid. `farthest` is shown all pairs with a
    new row.

    Parameters
    ----------
    vectors : array of float32, shape (n, d)
        Unit vectors.
    old : Neighbours
        Lists of the earlier rows.
    new_number : array of int64, shape (n_old,)
        Row in `vectors` of each earlier row, ascending; -1 if it is gone.
    farthest : Farthest
    run : Mapper
        Spreads the work over threads.

    """
    n, k = len(vectors), old.index.shape[1]
    lists = Neighbours.empty(n, k, vectors.dtype)
    kept = np.flatnonzero(new_number >= 0)
    number = np.append(new_number, -1).astype(np.int32)
    index = number[old.index[kept]]
    similarity = np.where(index < 0, -np.inf, old.similarity[kept]).astype(vectors.dtype)
    lists[new_number[kept]] = Neighbours(index, similarity, old.bound[kept])
    is_new = np.ones(n, bool)
    is_new[new_number[kept]] = False
    added = np.flatnonzero(is_new)
    if not len(added):
        return lists
    lists[added] = scan(vectors[added], added, Columns(lambda ids: vectors[ids], np.arange(n)), k=k, run=run)
    for start in range(0, len(added), BLOCK_ROWS):
        columns = added[start : start + BLOCK_ROWS]
        block = vectors[columns]

        def one(first: int, columns: NDArray[Any] = columns, block: NDArray[Any] = block) -> Pair:
            rows = slice(first, min(first + BLOCK_ROWS, n))
            tile = vectors[rows] @ block.T
            pair = farthest.look(tile, np.arange(rows.start, rows.stop), columns)
            tile[is_new[rows]] = -np.inf
            lists[rows].insert_better(tile, columns.astype(np.int32))
            return pair

        farthest.take(*run(one, range(0, n, BLOCK_ROWS)))
    return lists
