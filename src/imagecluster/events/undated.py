"""Pictures without a date that belong to an event by what they show."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["attached"]

_LEAST_COSINE = 0.85
_MARGIN = 0.05
"""By how much the event must resemble the picture more than every other event."""
_BLOCK = 1 << 22
"""Cosines that are held at once."""


def attached(
    vectors: NDArray[np.float32], undated: NDArray[np.int64], dated: NDArray[np.int64], event: NDArray[np.int64]
) -> dict[int, int]:
    """For undated rows that resemble one event closely, and no other nearly as much, its most similar row."""
    found: dict[int, int] = {}
    if not len(undated) or not len(dated):
        return found
    n_dated = max(1, _BLOCK // max(1, vectors.shape[1]))
    n_undated = max(1, _BLOCK // n_dated)
    for start in range(0, len(undated), n_undated):
        rows = undated[start : start + n_undated]
        best = np.full((len(rows), 2), -np.inf)  # of the best event, and of the best other one
        which = np.full(len(rows), -1)
        for begin in range(0, len(dated), n_dated):
            others = dated[begin : begin + n_dated]
            cosine = np.nan_to_num(vectors[rows] @ vectors[others].T, nan=-np.inf)
            _keep_best(best, which, (cosine, others, event))
        sure = (best[:, 0] >= _LEAST_COSINE) & (best[:, 0] - best[:, 1] >= _MARGIN)
        found.update(zip(rows[sure].tolist(), which[sure].tolist(), strict=True))
    return found


def _keep_best(
    best: NDArray[np.float64],
    which: NDArray[np.int64],
    block: tuple[NDArray[np.float32], NDArray[np.int64], NDArray[np.int64]],
) -> None:
    """Update the best two events of each row by a block of cosines."""
    cosine, others, event = block
    here = np.arange(len(best))
    top = np.argmax(cosine, axis=1)
    value, row = cosine[here, top].astype(np.float64), others[top]
    rest = np.where(event[others][None] == event[row][:, None], -np.inf, cosine).max(axis=1)
    same = (which >= 0) & (event[which] == event[row])
    better = value > best[:, 0]
    best[:, 1] = np.maximum(best[:, 1], rest)
    # What was the best so far is another event's if this one is better, and the other way round.
    best[:, 1] = np.where(~same, np.maximum(best[:, 1], np.where(better, best[:, 0], value)), best[:, 1])
    best[better, 0], which[better] = value[better], row[better]
