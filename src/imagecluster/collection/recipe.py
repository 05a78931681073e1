"""How pictures are joined into a hierarchy: everything that a dendrogram depends on."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import xxhash

from imagecluster.errors import ArgumentError
from imagecluster.linkage.methods import check_method, check_time_metric
from imagecluster.records import TIME_SCALE_S, TimeSource, TimeTerm, Within, WithinLevel

Exactness = Literal["auto", "exact", "approximate"]
"""Whether all pairs of pictures are compared; `auto`: up to `EXACT_UP_TO`."""

EXACT_UP_TO = 250_000
"""Number of pictures up to which all pairs are compared by default; it takes minutes. The number is fixed, so that the
same pictures give the same clusters on every machine."""

VERSION = 1
"""Version of the computation of dendrograms: kept ones of another version are not used."""

TIME = "time/laplace/1"
"""Kind and version of the part that time adds to the vectors."""

VERIFIED = "verified/1"
"""Kind and version of the part that verified pairs play."""

WITHIN = "within/1"
"""Kind and version of dendrograms in which events or trips are apart."""

_OF_PAIRS = ("average", "complete", "single", "weighted")
"""Reducible methods: the distance of two clusters comes from one or several of their pairs, and a cluster does not get
nearer to another by merging with a third that is not nearer."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """Method, metric, share of time, exactness and bounds of a dendrogram, which form the keys of everything kept.

    Raises
    ------
    ArgumentError
        A value is outside its range, or the values do not go together.

    """

    method: str = "average"
    """Linkage method, by its name in scipy."""
    metric: str = "cosine"
    """Distance between fingerprints, by its name in scipy."""
    time_weight: float = 0.0
    """Share of time in the similarity, in [0, 1]."""
    time_scale_s: float = TIME_SCALE_S
    """Time after which two pictures' nearness in time has fallen to 1/e; at least 1 s."""
    time_source: TimeSource = "auto"
    """Where times come from: `exif`, `stat` (the file's modification time), or `auto` (EXIF, else the file's)."""
    exactness: Exactness = "auto"
    verify: bool = False
    """Whether pairs of pictures whose local features agree count as near each other."""
    within: WithinLevel | None = None
    """What no cluster crosses: `event` or `trip`; None for no such bounds."""

    def __post_init__(self) -> None:
        check_method(self.method, self.metric)
        if self.time_weight > 0:
            check_time_metric(self.metric)
        if self.exactness == "approximate" and not self.is_average_cosine:
            raise ArgumentError(
                f"exactness is 'approximate'; it must be auto or exact for {self.method} linkage under "
                f"{self.metric}, because only average linkage under cosine can be approximate"
            )
        if self.verify and not self.is_average_cosine:
            raise ArgumentError(
                f"verify is set, with {self.method} linkage under {self.metric}: verified pairs are for average linkage"
                " under cosine"
            )
        if not 0 <= self.time_weight <= 1:
            raise ArgumentError(
                f"time_weight is {self.time_weight}; it must be from 0 (content alone) to 1 (time alone)"
            )
        if not 1 <= self.time_scale_s < math.inf:
            raise ArgumentError(f"time_scale_s is {self.time_scale_s}; it must be at least 1 second, and finite")
        if self.time_source not in ("auto", "exif", "stat"):
            raise ArgumentError(f"time_source is {self.time_source!r}; it must be auto, exif or stat")
        if self.exactness not in ("auto", "exact", "approximate"):
            raise ArgumentError(f"exactness is {self.exactness!r}; it must be auto, exact or approximate")
        if self.within not in (None, "event", "trip"):
            raise ArgumentError(f"within is {self.within!r}; it must be event, trip or None")

    @property
    def is_average_cosine(self) -> bool:
        """Whether this is average linkage under cosine distance, of content alone or with time."""
        return (self.method, self.metric) == ("average", "cosine")

    @property
    def is_plain(self) -> bool:
        """Whether this is average linkage under cosine distance without time, for which `sim` is calibrated."""
        return self.is_average_cosine and self.time_weight == 0

    def is_approximate(self, n_images: int) -> bool:
        """Whether only part of the pairs of this many pictures are compared."""
        if not self.is_average_cosine or self.exactness == "exact":
            return False
        return self.exactness == "approximate" or n_images > EXACT_UP_TO

    def tree_key(
        self,
        model: str,
        hashes: Sequence[bytes],
        time: TimeTerm | None,
        *,
        bounds: Within | None = None,
        verified_to: float | None = None,
    ) -> str:
        """Key of the dendrogram of these contents, in leaf order, by the fingerprints of a model (`name@version`).

        `bounds` are the events or trips that are kept apart. `verified_to` is the distance to which verified pairs are
        brought; None if it depends on the farthest pair.
        """
        n_linked = len(hashes) if bounds is None else bounds.largest
        key = f"{self._name(n_linked)} {model} {contents_digest(hashes)}"
        if time is not None:
            key = f"{key} {_term(time)} {xxhash.xxh3_128_hexdigest(time.times_s.tobytes())}"
        if bounds is not None:
            key = f"{key} {WITHIN} {xxhash.xxh3_128_hexdigest(np.maximum(bounds.labels, -1).astype('<i8').tobytes())}"
        return f"{key} {VERIFIED} {'relative' if verified_to is None else repr(verified_to)}" if self.verify else key

    def graph_keys(self, model: str, n_images: int, time: TimeTerm | None) -> tuple[str, ...]:
        """Keys of neighbour graphs from which a linkage can continue; its own graph is kept under the first key.

        An exact graph serves an approximate linkage too, but not the other way round.
        """
        space = model if time is None else f"{model} {_term(time)}"
        return tuple(dict.fromkeys((f"{self._name(n_images)} {space}", f"{self._exact_name} {space}")))

    @property
    def _exact_name(self) -> str:
        return f"{self.method}/{self.metric}/{VERSION}"

    def _name(self, n_images: int) -> str:
        return f"{self._exact_name} approximate" if self.is_approximate(n_images) else self._exact_name


def is_key_of(key: str, hashes: Sequence[bytes]) -> bool:
    """Whether a dendrogram that the store keeps under this key belongs to exactly these contents."""
    return contents_digest(hashes) in key.split()


def is_of_cosines(key: str) -> bool:
    """Whether the dendrogram of this key depends on the cosine distances of fingerprints alone.

    Its method is reducible and all pairs were compared, so the lowest merge inside a cluster is that of its two closest
    pictures, and `largest_distance` is the cosine distance of the two pictures that are farthest apart.
    """
    first, *others = key.split() or [""]
    method, _, rest = first.partition("/")
    return (
        method in _OF_PAIRS and rest == f"cosine/{VERSION}" and not {"approximate", TIME, VERIFIED, WITHIN} & {*others}
    )


def contents_digest(hashes: Sequence[bytes]) -> str:
    """Digest of contents, in leaf order."""
    return xxhash.xxh3_128_hexdigest(b"".join(hashes))


def _term(time: TimeTerm) -> str:
    return f"{TIME} {time.weight!r} {time.scale_s!r}"
