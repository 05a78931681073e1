"""The most central pictures of clusters, kept for the next cut of the same dendrogram.

A run of the leaf order has the same most central picture at every similarity at which it is a cluster. Computing it
takes all fingerprints, which a run without new pictures need not read otherwise.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence

import numpy as np
import xxhash

from imagecluster.cut.central import Run
from imagecluster.store import archives, layout
from imagecluster.system.files import OwnFolder

__all__ = ["KeptCentres"]

_log = logging.getLogger(__name__)

LEAST_PICTURES = 5_000
"""For fewer pictures nothing is kept: their fingerprints are read quickly, and each run checks that they are sound."""

_ENCODING = "imagecluster-centres"
_VERSION = 1
_KEPT = 2
"""Number of files kept: one for each of the latest dendrograms."""


class KeptCentres:
    """A file of the most central pictures of one dendrogram's runs.

    Parameters
    ----------
    folder
        Folder of the database.
    key
        Key of the dendrogram.

    """

    def __init__(self, folder: OwnFolder, key: str) -> None:
        self._folder = folder
        self._key = key

    def load(self, path_order: Sequence[int]) -> dict[Run, int]:
        """Row of the most central picture by run; empty if nothing is kept. Path order decides between equals."""
        if len(path_order) < LEAST_PICTURES:
            return {}
        key = self._key_of(path_order)
        try:
            found = archives.load(
                self._folder, layout.CENTRES_NAME, key, encoding=_ENCODING, version=_VERSION, names=("centres",)
            )
            if found is None:
                return {}
            centres = found[1]["centres"]
            if centres.ndim != 2 or centres.shape[1] != 3 or (len(centres) and centres.max() > len(path_order)):
                raise ValueError(f"an array of shape {centres.shape}")
            return {(first, end): row for first, end, row in centres.tolist()}
        except archives.UNUSABLE as error:
            archives.pass_over("list of central pictures", self._folder, layout.CENTRES_NAME, key, error)
            return {}

    def save(self, path_order: Sequence[int], centres: Mapping[Run, int]) -> None:
        """Keep them, if possible; of very many, after many cuts, only the latest."""
        if len(path_order) < LEAST_PICTURES:
            return
        latest = list(centres.items())[-2 * len(path_order) :]
        table = np.array([(*run, row) for run, row in latest], np.int64).reshape(-1, 3)
        header = {"encoding": _ENCODING, "version": _VERSION}
        try:
            key = self._key_of(path_order)
            archives.save(self._folder, layout.CENTRES_NAME, key, header, {"centres": table}, keep=_KEPT)
        except OSError as error:
            _log.debug("the central pictures are not kept: %s", error)

    def _key_of(self, path_order: Sequence[int]) -> str:
        return f"{self._key} {xxhash.xxh3_128_hexdigest(np.asarray(path_order, np.int64).tobytes())}"
