"""Lists of the most similar rows, and insertion into them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

BLOCK_ROWS = 1024
"""Number of rows in a block: a tile of 1024 x 1024 float32 stays near the processor, and larger ones are not faster."""


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The most similar columns of each row, in the floating-point precision of the vectors."""

    index: NDArray[np.int32]
    """Shape (n_rows, k), unordered; -1 for a void entry."""
    similarity: NDArray[Any]
    """Shape (n_rows, k), dtype of the vectors; -inf where `index` is -1."""
    bound: NDArray[Any]
    """Shape (n_rows,): upper bound on the similarity of columns outside a row's list; -inf if there are none."""

    @classmethod
    def empty(cls, n_rows: int, k: int, dtype: Any) -> Neighbours:
        """Lists without entries."""
        return cls(
            np.full((n_rows, k), -1, np.int32),
            np.full((n_rows, k), -np.inf, dtype),
            np.full(n_rows, -np.inf, dtype),
        )

    def __getitem__(self, rows: slice | NDArray[np.integer[Any]]) -> Neighbours:
        """The lists of some rows: a view for a slice, a copy for row numbers."""
        return Neighbours(self.index[rows], self.similarity[rows], self.bound[rows])

    def __setitem__(self, rows: slice | NDArray[np.integer[Any]], part: Neighbours) -> None:
        """Replace the lists of some rows."""
        self.index[rows], self.similarity[rows], self.bound[rows] = part.index, part.similarity, part.bound

    def insert(self, row: NDArray[Any], column: NDArray[np.int32], similarity: NDArray[Any]) -> None:
        """Insert entries into the lists of their rows, and keep the best k of each row."""
        if not len(row):
            return
        k = self.index.shape[1]
        # NumPy has a radix sort for 16 bits only, and a block has fewer rows than that.
        order = np.argsort(row.astype(np.uint16), kind="stable")
        row, column, similarity = row[order], column[order], similarity[order]
        counts = np.bincount(row, minlength=len(self.index))
        touched = np.flatnonzero(counts)
        place = np.cumsum(counts > 0)[row] - 1
        offset = k + np.arange(len(row)) - (np.cumsum(counts) - counts)[row]
        values = np.full((len(touched), k + int(counts.max())), -np.inf, self.similarity.dtype)
        indices = np.full(values.shape, -1, np.int32)
        values[:, :k], indices[:, :k] = self.similarity[touched], self.index[touched]
        values[place, offset], indices[place, offset] = similarity, column
        best = np.argpartition(values, values.shape[1] - k, axis=1)[:, -k:]
        kept = np.take_along_axis(values, best, axis=1)
        self.similarity[touched] = kept
        self.index[touched] = np.take_along_axis(indices, best, axis=1)
        self.bound[touched] = np.maximum(self.bound[touched], kept.min(axis=1))

    def fill(self, similarity: NDArray[Any], numbers: NDArray[np.int32]) -> None:
        """Fill empty lists with the best k entries of a full tile, in which -inf marks entries that do not count."""
        k = self.index.shape[1]
        width = min(k, similarity.shape[1])
        best = np.argpartition(similarity, similarity.shape[1] - width, axis=1)[:, -width:]
        values = np.take_along_axis(similarity, best, axis=1)
        self.similarity[:, :width] = values
        self.index[:, :width] = np.where(values == -np.inf, -1, numbers[best])
        self.bound[:] = self.similarity.min(axis=1)

    def insert_better(self, tile: NDArray[Any], numbers: NDArray[np.int32]) -> None:
        """Insert entries of a full tile that exceed the bounds of their rows."""
        flat = np.flatnonzero(tile > self.bound[:, None])
        row, column = np.divmod(flat, tile.shape[1])
        self.insert(row, numbers[column], tile.ravel()[flat])
