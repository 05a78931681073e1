"""Queries for a collection: pictures and texts, added up to one direction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from imagecluster.errors import ArgumentError
from imagecluster.explore.exact_index import unit_vector

__all__ = ["Query", "combined", "queries"]


@dataclass(frozen=True, slots=True)
class Query:
    """A query: a picture or a text."""

    picture: Path | None = None
    text: str = ""
    weight: float = 1.0
    """Share in the direction of the search; below 0 for a query that the hits should be unlike."""

    def __post_init__(self) -> None:
        if (self.picture is None) == (not self.text.strip()):
            raise ArgumentError(f"got picture {self.picture} and text {self.text!r}; a query is one of the two")


def queries(
    pictures: Sequence[Path],
    texts: Sequence[str] = (),
    *,
    weights: Iterable[float] | None = None,
    unlike: Sequence[Path] = (),
    unlike_texts: Sequence[str] = (),
    unlike_weight: float = 0.5,
) -> list[Query]:
    """Queries for pictures and texts, and for those that the hits should be unlike.

    Raises
    ------
    ArgumentError
        There is not exactly one weight per picture and text, or a weight is not above 0.

    """
    n_wanted = len(pictures) + len(texts)
    given = [1.0] * n_wanted if weights is None else [float(weight) for weight in weights]
    if len(given) != n_wanted:
        raise ArgumentError(f"got {len(given)} weights for {n_wanted} pictures and texts; give one for each")
    if not all(0 < weight < np.inf for weight in (*given, unlike_weight)):
        raise ArgumentError(f"the weights are {(*given, unlike_weight)}; they must be above 0")
    of_pictures, of_texts = given[: len(pictures)], given[len(pictures) :]
    return [
        *(Query(picture=path, weight=weight) for path, weight in zip(pictures, of_pictures, strict=True)),
        *(Query(text=text, weight=weight) for text, weight in zip(texts, of_texts, strict=True)),
        *(Query(picture=path, weight=-unlike_weight) for path in unlike),
        *(Query(text=text, weight=-unlike_weight) for text in unlike_texts),
    ]


def combined(vectors: Sequence[ArrayLike], weights: Sequence[float]) -> NDArray[np.float64]:
    """Weighted mean direction of vectors, shape (n_dimensions,), unit length; a negative weight points away.

    Each vector counts by its direction only (Rocchio 1971, relevance feedback).

    Raises
    ------
    ArgumentError
        There are no vectors, their shapes or number do not agree, a weight is not finite, or they cancel each other.

    Examples
    --------
    >>> combined([[2, 0], [0, 1]], [1, 1]).round(3).tolist()
    [0.707, 0.707]

    """
    if not len(vectors) or len(vectors) != len(weights):
        raise ArgumentError(
            f"got {len(vectors)} vectors and {len(weights)} weights; give at least one vector, and one weight for each"
        )
    if not np.isfinite(weights).all():
        raise ArgumentError(f"the weights are {list(weights)}; they must be finite numbers")
    total = np.sum([w * unit_vector(v) for v, w in zip(vectors, weights, strict=True)], axis=0)
    if float(np.linalg.norm(total)) < 1e-6 * float(np.abs(weights).max()):
        raise ArgumentError("the queries cancel one another out; what to look for must differ from what to avoid")
    return unit_vector(total)
