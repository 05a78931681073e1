"""How pictures are joined into a hierarchy: the one place that knows what a dendrogram depends on."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import xxhash

from imagecluster.errors import ArgumentError
from imagecluster.linkage.methods import check_method, check_time_metric
from imagecluster.records import TIME_SCALE_S, TimeSource, TimeTerm

Exactness = Literal["auto", "exact", "approximate"]
"""Whether all pairs of pictures are compared; `auto`: up to `EXACT_UP_TO`."""

EXACT_UP_TO = 250_000
"""Pictures up to which all pairs are compared unless told otherwise: minutes. A fixed number, so that the same pictures
give the same clusters on every machine."""

VERSION = 1
"""Version of how dendrograms are computed: a kept one of another version is not used."""

TIME = "time/laplace/1"
"""What time adds to the vectors, and the version of how."""

_OF_PAIRS = ("average", "complete", "single", "weighted")
"""Methods in which a cluster is as far from another one as one or several of their pairs, and never gets nearer to it
by merging with a third that is no nearer (they are reducible)."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """Method, metric, share of time and exactness of a dendrogram. Its names are the keys of everything that is kept.

    Raises
    ------
    ArgumentError
        A value is outside its range, or they do not go together.

    """

    method: str = "average"
    """Linkage method, as scipy names it."""
    metric: str = "cosine"
    """Distance of fingerprints, as scipy names it."""
    time_weight: float = 0.0
    """Share of time in the similarity, in [0, 1]."""
    time_scale_s: float = TIME_SCALE_S
    """Time after which two pictures' nearness in time has fallen to 1/e; at least 1 s."""
    time_source: TimeSource = "auto"
    """Where times come from: `exif`, `stat` (the file's modification time), or `auto` (EXIF, else the file's)."""
    exactness: Exactness = "auto"

    def __post_init__(self) -> None:
        check_method(self.method, self.metric)
        if self.time_weight > 0:
            check_time_metric(self.metric)
        if self.exactness == "approximate" and not self.is_average_cosine:
            raise ArgumentError(
                f"exactness is 'approximate'; it must be auto or exact for {self.method} linkage under "
                f"{self.metric}: only average linkage under cosine has an approximate way"
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

    @property
    def is_average_cosine(self) -> bool:
        """Whether this is average linkage under cosine distance, of content alone or with time."""
        return (self.method, self.metric) == ("average", "cosine")

    @property
    def is_plain(self) -> bool:
        """Whether this is average linkage of the cosine distances of contents: what curves of `sim` are fitted for."""
        return self.is_average_cosine and self.time_weight == 0

    def is_approximate(self, n_images: int) -> bool:
        """Whether only part of the pairs of so many pictures are compared."""
        if not self.is_average_cosine or self.exactness == "exact":
            return False
        return self.exactness == "approximate" or n_images > EXACT_UP_TO

    def tree_key(self, model: str, hashes: Sequence[bytes], time: TimeTerm | None) -> str:
        """Names the dendrogram of contents, in their order as leaves, by a model's fingerprints (`name@version`)."""
        key = f"{self._name(len(hashes))} {model} {contents_digest(hashes)}"
        return key if time is None else f"{key} {_term(time)} {xxhash.xxh3_128_hexdigest(time.times_s.tobytes())}"

    def graph_keys(self, model: str, n_images: int, time: TimeTerm | None) -> tuple[str, ...]:
        """Names of neighbour graphs that a linkage can go on from; its own is kept under the first.

        An exact graph serves an approximate linkage too, not the other way round.
        """
        space = model if time is None else f"{model} {_term(time)}"
        return tuple(dict.fromkeys((f"{self._name(n_images)} {space}", f"{self._exact_name} {space}")))

    @property
    def _exact_name(self) -> str:
        return f"{self.method}/{self.metric}/{VERSION}"

    def _name(self, n_images: int) -> str:
        return f"{self._exact_name} approximate" if self.is_approximate(n_images) else self._exact_name


def is_key_of(key: str, hashes: Sequence[bytes]) -> bool:
    """Whether a dendrogram that the store keeps under this key is one of these contents."""
    return contents_digest(hashes) in key.split()


def is_of_cosines(key: str) -> bool:
    """Whether the dendrogram of this key joins pictures by nothing but the cosine distances of their fingerprints.

    By a reducible method and with all pairs compared. Then the lowest merge inside a cluster is that of its two closest
    pictures, and `largest_distance` is the cosine distance of the two farthest ones of all.
    """
    first, *others = key.split() or [""]
    method, _, rest = first.partition("/")
    return method in _OF_PAIRS and rest == f"cosine/{VERSION}" and not {"approximate", TIME} & {*others}


def contents_digest(hashes: Sequence[bytes]) -> str:
    """Names contents, in their order as leaves."""
    return xxhash.xxh3_128_hexdigest(b"".join(hashes))


def _term(time: TimeTerm) -> str:
    return f"{TIME} {time.weight!r} {time.scale_s!r}"
