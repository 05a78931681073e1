"""Which of several copies is kept, and why, in words.

One question after the other, each only to those that the former could not tell apart: who shows most of the picture,
stands upright, has most pixels, lost least, has its video, knows most, lies in a proper folder, has the first name, is
oldest. What is left after all of them is a tie, which is said, and decided by path.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from imagecluster.copies.preferences import (
    DEFAULT_ORDER,
    Candidate,
    Preference,
    Scene,
    Split,
    Traces,
    by_path,
    preference,
    references_first,
)
from imagecluster.copies.rules import Rule
from imagecluster.errors import ArgumentError
from imagecluster.records import CopyEvidence

__all__ = ["Choice", "choose", "spared_beside"]

_MOST_NAMED = 3


@dataclass(frozen=True, slots=True)
class Choice:
    """Which copy is kept, and what becomes of the others."""

    index: int
    """Number of the copy that is kept."""
    why: str
    """Why, in one line: "4,000 x 3,000, the others 1,600 x 1,200"."""
    is_tie: bool
    """Whether only the path tells it from another one."""
    order: tuple[int, ...]
    """All numbers, the best first."""
    reasons: tuple[str, ...]
    """Why each would go, in the order of the candidates; of the one kept, `why`."""
    spared: Mapping[int, str] = field(default_factory=dict)
    """Why some are not to be taken away although another is kept, by number."""

    @property
    def removable(self) -> tuple[int, ...]:
        """Numbers of the copies that may be proposed, the best first."""
        return tuple(i for i in self.order[1:] if i not in self.spared)


def choose(
    candidates: Sequence[Candidate],
    evidence: Mapping[tuple[int, int], CopyEvidence],
    rules: Sequence[Rule] = (),
    *,
    traces: Traces | None = None,
) -> Choice:
    """The copy to keep, by the user's rules first, then by the default order.

    References win against everything and are never to be taken away. A raw file is spared unless the one kept is one,
    or has one beside it; so is the only one with a video. A rule for formats lifts the first of these.

    Parameters
    ----------
    candidates
        At least one.
    evidence
        By pairs of numbers of candidates, how the first is seen in the second; either direction, or both.
    rules
        As `parse_rules` gives them.
    traces
        Looks into the pixels of those that metadata and tables cannot rank honestly: `imagecluster.decode.traces`. By
        default no file is read.

    Raises
    ------
    ArgumentError
        There are no candidates.
    """
    if not candidates:
        msg = "there is nothing to choose from: got 0 candidates"
        raise ArgumentError(msg)
    scene = Scene(candidates, evidence, traces)
    questions: list[Preference] = [references_first, *map(preference, rules), *DEFAULT_ORDER, by_path]
    order, splits = _ranked(scene, questions)
    index = order[0]
    reasons = [""] * len(candidates)
    for _, split, losers in splits:
        for i in losers:
            reasons[i] = f"{split.words[i]}, the one kept {split.words[index]}"
    tie = next((losers for question, _, losers in splits if question is by_path), ())
    for i in tie:
        reasons[i] = "nothing tells it from the one kept, which is the first by path"
    reasons[index] = _why(index, splits)
    by_format = any(rule.name == "format" for rule in rules)
    return Choice(
        index=index,
        why=reasons[index],
        is_tie=bool(tie),
        order=order,
        reasons=tuple(reasons),
        spared=_spared(scene, index, by_format=by_format),
    )


_Separated = tuple[Preference, Split, tuple[int, ...]]
"""A question, its answer, and those that it separated from the best."""


def _ranked(scene: Scene, questions: Sequence[Preference]) -> tuple[tuple[int, ...], list[_Separated]]:
    """All numbers, the best first, and the questions that told the best from the others."""
    order: list[int] = []
    splits: list[_Separated] = []
    waiting: list[tuple[list[int], int]] = [(list(range(len(scene.candidates))), 0)]
    while waiting:
        members, at = waiting.pop()
        while len(members) > 1:
            split = questions[at](scene, members)
            losers = [i for i in members if i not in split.winners]
            if losers:
                if not order:
                    splits.append((questions[at], split, tuple(losers)))
                waiting.append((losers, at))
                members = [i for i in members if i in split.winners]
            at += 1
        order += members
    return tuple(order), splits


def _why(index: int, splits: Sequence[_Separated]) -> str:
    """Why the best is the best, against those that each question separated from it."""
    if not splits:
        return "the only one"
    found: list[str] = []
    for question, split, losers in splits:
        if question is by_path:
            found.append("nothing else tells it from the next: the first by path" if found else
                         "nothing tells them apart: the first by path")  # fmt: skip
            continue
        texts = list(dict.fromkeys(split.words[i] for i in losers))
        named = " or ".join(texts[:_MOST_NAMED]) + (" ..." if len(texts) > _MOST_NAMED else "")
        found.append(f"{split.words[index]}, the other{'s' if len(losers) > 1 else ''} {named}")
    return "; ".join(found)


def _spared(scene: Scene, index: int, *, by_format: bool) -> dict[int, str]:
    """Why some are not to be taken away."""
    kept = scene.candidates[index]
    found: dict[int, str] = {}
    for i, candidate in enumerate(scene.candidates):
        if i == index:
            continue
        if candidate.is_reference:
            found[i] = "it is in a reference, from which nothing is taken"
        elif why := spared_beside(candidate, kept, by_format=by_format):
            found[i] = why
    return found


def spared_beside(candidate: Candidate, kept: Candidate, *, by_format: bool = False) -> str:
    """Why a copy stays for what it holds beside the picture and the one kept does not; empty if it may go.

    `by_format` says that the user's rules name formats, which lifts what is said of raw files.
    """
    if candidate.is_raw and not kept.is_raw and not by_format:
        return "it is a camera's raw file, or has one beside it, and the one kept has none"
    if candidate.moves and not kept.moves:
        return "it has a video, and the one kept has none"
    if candidate.holds_more_than(kept):
        return "its file holds more than the picture (a video, another picture ...), which the one kept has not"
    return ""
