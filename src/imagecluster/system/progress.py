"""Progress of long work: one kind of value for every stage, which the command line and the viewer put into words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, NamedTuple

__all__ = ["OnProgress", "Progress", "Stage", "shares", "silent"]

Stage = Literal[
    "scan",
    "weights",
    "fingerprints",
    "dates",
    "signs",
    "copies",
    "pairs",
    "neighbours",
    "farthest",
    "merging",
    "verifying",
    "links",
    "thumbnails",
    "retrieval",
    "speed",
    "acting",
]
"""Every stage of the program: looking for files, fetching weights (counted in bytes), fingerprinting (in files),
reading dates again (in pictures), hashing what pictures look like (in pictures), comparing for copies (in pairs),
comparing all pairs, looking for neighbours, finding the farthest pair, merging (shares), comparing local features (in
pairs), linking (in pictures), copying thumbnails (in pictures), searching for each picture (a share), measuring the
speed of models (in models), moving files (in steps of a plan)."""


class Progress(NamedTuple):
    """How much of a stage is done, and how much there is in all, in the stage's own unit."""

    stage: Stage
    """The stage, such as "fingerprints"."""
    done: float = 0
    """Amount done so far."""
    total: float | None = None
    """Amount in all: None while unknown, 1.0 if `done` is a share."""
    note: str = ""
    """What the stage works on, if it occurs several times: the file being fetched, the model being measured."""
    expected_s: float | None = None
    """Estimated seconds that this stage and those that follow from it will take, if known."""


OnProgress = Callable[[Progress], None]
"""Called as work goes on, from one thread at a time."""


def silent(progress: Progress) -> None:
    """Ignore progress."""


def shares(progress: OnProgress, stage: Stage) -> Callable[[float], None]:
    """A callback that takes the share done of one stage, from 0 to 1, and passes it on."""
    return lambda share: progress(Progress(stage, share, 1.0))
