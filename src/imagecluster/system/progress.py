"""How far work has come: one value from every room, which the faces put into words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, NamedTuple

__all__ = ["OnProgress", "Progress", "Stage", "shares", "silent"]

Stage = Literal[
    "scan",
    "weights",
    "fingerprints",
    "pairs",
    "neighbours",
    "farthest",
    "merging",
    "links",
    "thumbnails",
    "retrieval",
    "speed",
]
"""Every stage of the program: looking for files, fetching weights (counted in bytes), fingerprinting (in files),
comparing all pairs, looking for neighbours, finding the farthest pair, merging (shares), linking (in pictures), copying
thumbnails (in pictures), searching for each picture (a share), measuring the speed of models (in models)."""


class Progress(NamedTuple):
    """What is done of a stage, and how much there is of it, in the stage's own unit."""

    stage: Stage
    """What is being done, such as "fingerprints"."""
    done: float = 0
    """Of the stage so far."""
    total: float | None = None
    """None while it is unknown. 1.0 where `done` is a share."""
    note: str = ""
    """Name of what the stage works on where it comes several times: the file that is fetched, the model measured."""
    expected_s: float | None = None
    """Seconds that this stage and those that follow from it will take, roughly, where that was estimated."""


OnProgress = Callable[[Progress], None]
"""Called as work goes on, from one thread at a time."""


def silent(progress: Progress) -> None:
    """Progress that nobody watches."""


def shares(progress: OnProgress, stage: Stage) -> Callable[[float], None]:
    """Takes the share of one stage that is done, from 0 to 1, and passes it on."""
    return lambda share: progress(Progress(stage, share, 1.0))
