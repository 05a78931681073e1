"""The functions of release 0.1 of the original, which took files and gave lists of clusters."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Any, Literal, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from imagecluster.errors import DecodeError
from imagecluster.original import calc, io, postproc
from imagecluster.original.calc import FingerprintModel, get_model
from imagecluster.scan import StrPath

__all__ = ["cluster", "fingerprint", "fingerprints", "get_model", "make_links"]


def fingerprint(fn: StrPath, model: FingerprintModel, size: Sequence[int]) -> NDArray[np.floating[Any]]:
    """Fingerprint of a picture file, shape (n_dimensions,).

    Parameters
    ----------
    fn
        The file.
    model
        The model, from `get_model`.
    size
        (width, height) to which the picture is stretched; that of the model.

    Raises
    ------
    ArgumentError
        `size` is not that of the model.
    DecodeError
        The picture cannot be read.
    """
    return calc.fingerprint(io.stretched(os.fspath(fn), size), model)


def fingerprints(
    files: Iterable[StrPath], model: FingerprintModel, size: Sequence[int] = (224, 224)
) -> dict[str, NDArray[np.floating[Any]]]:
    """Fingerprint of each file that can be read, by its name; the others are left out with a warning."""
    found = {}
    for file in files:
        try:
            found[os.fspath(file)] = fingerprint(file, model, size)
        except DecodeError as error:
            warnings.warn(f"left out {os.fspath(file)}: {error}", stacklevel=2)
    return found


@overload
def cluster(
    fps: Mapping[str, ArrayLike],
    sim: float = ...,
    method: str = ...,
    metric: str = ...,
    extra_out: Literal[False] = ...,
) -> list[list[str]]: ...


@overload
def cluster(
    fps: Mapping[str, ArrayLike], sim: float = ..., method: str = ..., metric: str = ..., *, extra_out: Literal[True]
) -> tuple[list[list[str]], dict[str, Any]]: ...


def cluster(
    fps: Mapping[str, ArrayLike],
    sim: float = 0.5,
    method: str = "average",
    metric: str = "euclidean",
    extra_out: bool = False,
) -> list[list[str]] | tuple[list[list[str]], dict[str, Any]]:
    """All clusters, also those of a single picture, as lists of names; for the arguments see `calc.cluster`.

    With `extra_out` a second value follows, as from `calc.cluster`.
    """
    _, extra = calc.cluster(fps, sim, method=method, metric=metric, extra_out=True, print_stats=False)
    clusters: list[list[str]] = list(extra["cluster_dct"].values())
    return (clusters, extra) if extra_out else clusters


def make_links(clusters: Iterable[Sequence[str]] | Mapping[int, Sequence[Sequence[str]]], cluster_dr: StrPath) -> None:
    """Make folders of links to the pictures of each cluster of two or more, and print how many there are of each size.

    For the folders and the errors see `postproc.make_links`, whose clusters by size are taken too.
    """
    listed = chain.from_iterable(clusters.values()) if isinstance(clusters, Mapping) else clusters
    by_size: dict[int, list[Sequence[str]]] = {}
    for members in listed:
        if len(members) > 1:
            by_size.setdefault(len(members), []).append(members)
    ordered = {size: by_size[size] for size in sorted(by_size)}
    postproc.make_links(ordered, Path(cluster_dr))
    print("cluster size : ncluster")
    for size, group in ordered.items():
        print(f"{size} : {len(group)}")
