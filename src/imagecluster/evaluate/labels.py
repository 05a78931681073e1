"""Labels as numbers, and the treatment of pictures without a class."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imagecluster.errors import ArgumentError

UNLABELLED = -1
"""Number of a picture about which nothing is known: it is ignored, as neither right nor wrong (the "junk" of the Oxford
buildings, Philbin et al., CVPR 2007)."""

DISTRACTOR = -2
"""Number of a picture that belongs to no class: it is never a query, always a wrong answer, and a class of its own in
clusters."""


@dataclass(frozen=True, slots=True)
class Labelling:
    """Classes of pictures as numbers."""

    numbers: NDArray[np.int64]
    """Shape (n_images,): class of each picture, from 0, or `UNLABELLED` or `DISTRACTOR`."""
    names: tuple[str, ...]
    """Name of each class, sorted."""

    def __post_init__(self) -> None:
        checked(self.numbers, len(self.numbers))

    @property
    def counts(self) -> NDArray[np.int64]:
        """Number of pictures in each class, shape (n_classes,)."""
        return np.bincount(self.numbers[self.numbers >= 0], minlength=len(self.names)).astype(np.int64)

    @property
    def n_unlabelled(self) -> int:
        """Number of pictures about which nothing is known."""
        return int(np.count_nonzero(self.numbers == UNLABELLED))

    @property
    def n_distractors(self) -> int:
        """Number of pictures that belong to no class."""
        return int(np.count_nonzero(self.numbers == DISTRACTOR))


def labelling(labels: Sequence[str | None], *, distractors: Collection[str] = ()) -> Labelling:
    """Labels as numbers.

    Parameters
    ----------
    labels : sequence of str or None, length n_images
        One label per picture; None or an empty text for a picture about which nothing is known.
    distractors : collection of str
        Labels that mean "belongs to no class".

    Examples
    --------
    >>> labelling(["cat", "dog", None, "cat", "other"], distractors=["other"]).numbers.tolist()
    [0, 1, -1, 0, -2]

    """
    names = sorted({label for label in labels if label} - set(distractors))
    number = {**{name: i for i, name in enumerate(names)}, **dict.fromkeys(distractors, DISTRACTOR)}
    numbers = [number[label] if label else UNLABELLED for label in labels]
    return Labelling(np.array(numbers, np.int64).reshape(-1), tuple(names))


def checked(labels: NDArray[Any], n_images: int) -> NDArray[np.int64]:
    """The labels as class numbers of `n_images` pictures; anything else raises ArgumentError."""
    numbers = np.asarray(labels)
    if numbers.shape != (n_images,) or (n_images and numbers.dtype.kind not in "iu"):
        raise ArgumentError(
            f"got labels of shape {numbers.shape} and type {numbers.dtype} for {n_images} pictures; "
            "expected one whole number per picture"
        )
    if n_images and numbers.min() < DISTRACTOR:
        raise ArgumentError(
            f"label {numbers.min()} is not allowed; classes count from 0, {UNLABELLED} stands for unlabelled, and "
            f"{DISTRACTOR} for a distractor"
        )
    return numbers.astype(np.int64)
