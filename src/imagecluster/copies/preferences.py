"""The questions that tell copies apart, each answered for several at once: who stays in, and what to say of each."""

from __future__ import annotations

import os
import re
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from imagecluster.copies.frames import relative_turns, share_shown, turn_words
from imagecluster.copies.rules import Rule
from imagecluster.decode import Coding
from imagecluster.records import CopyEvidence, Place, Taken

__all__ = [
    "DEFAULT_ORDER",
    "Candidate",
    "Preference",
    "Scene",
    "Traces",
    "by_path",
    "knows_time",
    "preference",
    "references_first",
]

_SAME_FRAME = 0.98
"""Crops of less than two per cent are no crops: raw converters and lenses' corrections leave out that much."""
_SAME_PIXELS = 0.98
_SAME_QUALITY = 1.0
_MOST_SOURCES = 4
_ENLARGED = 1.2
"""Enlargements below this cannot be seen in a picture's detail."""
_SECOND_LOSS = 2.0
"""By how much saving a JPEG again, however well, is worse than not."""
_SAME_AGE_S = 2.0
"""Times of files are kept in steps of two seconds on memory cards."""
_STALE = 0.95
"""Sizes in EXIF that are this much smaller than the picture were not written with it."""

_FORMS = {"raw": 5, "heif": 4, "lossless": 3, "jpeg": 2, "lossy": 1, "unknown": 1, "palette": 0}
_PRECISE = frozenset(("minute", "second", "subsecond"))
_OF_CHANGE = ("EXIF DateTime", "XMP xmp:ModifyDate", "sidecar XMP xmp:ModifyDate", "file name", "file time")
"""Sources that tell when a picture was changed or named, not when it was taken."""

_LESS_WANTED = re.compile(
    r"(?<![^\W_])(?:thumb(?:nail)?s?|caches?|back ?ups?|sicherung(?:en)?|duplicates?|duplikate?|doppelte?|resized"
    r"|low ?res|whatsapp|recup_dir)(?![^\W\d_])"
    r"|^[\W\d_]*(?:alt|bak|cop(?:y|ies)|delet(?:e|ed|ions?)|downloads?|dup(?:e?s)?|exports?|exported|kopien?|löschen|lost"
    r"|messenger|old|previews?|received|recovered|reject(?:s|ed)?|screens?|sent|small|te?mp|temporary|telegram"
    r"|to ?delete|web)[\W\d_]*$",
    re.IGNORECASE,
)
"""Names of folders for what is not the real thing: some words anywhere in a name, others only as the whole of it."""
_COPY_MARK = re.compile(
    r"(?:\s*\(\d{1,3}\)|[\s_-]+(?:copy|kopie|copie|copia|cópia|kopia|kopi|副本|コピー)(?:[\s_-]*\(?\d{1,3}\)?)?|~\d{1,2})$"
    r"|^(?:copy|kopie|copie|copia|cópia|kopia)\s(?:\(\d+\)\s)?(?:of|von|van|de|di|z)\s",
    re.IGNORECASE,
)
_NAMES_OF_FORMATS = {"jpg": "jpeg", "jpe": "jpeg", "jfif": "jpeg", "heic": "heif", "hif": "heif", "tif": "tiff",
                     "jp2": "jpeg2000"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Candidate:
    """One of several copies, with what is known of it."""

    path: Path
    """Absolute."""
    width_px: int
    """Width of the upright picture."""
    height_px: int
    format: str
    """Pillow's name for the format; RAW for a camera raw file."""
    size_bytes: int
    mtime_s: float
    """Time of the last change of its content, in seconds since 1970."""
    taken: Taken | None = None
    place: Place | None = None
    camera: str = ""
    coding: Coding = field(default_factory=Coding)
    has_raw: bool = False
    """Whether the raw file of the exposure lies beside it, or it is one."""
    has_video: bool = False
    """Whether the video of a live photo lies beside it."""
    is_reference: bool = False
    """Whether the user marked its place as one from which nothing is ever taken."""

    @property
    def is_raw(self) -> bool:
        """Whether it holds what a camera's sensor gave, or that lies beside it."""
        return self.has_raw or self.coding.form == "raw"

    @property
    def moves(self) -> bool:
        """Whether it has a video, in its file or beside it."""
        return self.has_video or self.coding.has_video

    def holds_more_than(self, other: Candidate) -> bool:
        """Whether its file holds something beside the picture that the file of another one does not hold."""
        return bool(self.coding.beyond) and self.coding.beyond != other.coding.beyond


class Traces(Protocol):
    """What can only be seen in pixels, and takes time: as the module `imagecluster.decode.traces`."""

    def earlier_quality(self, path: Path, coding: Coding, *, others: Sequence[Coding] = ()) -> float | None:
        """Quality of the coarsest JPEG through which a picture has gone; None if none shows."""

    def is_enlarged(self, large: Path, small: Path) -> bool:
        """Whether the larger of two copies shows no more than the smaller."""


@dataclass(frozen=True, slots=True)
class Scene:
    """Several copies, and what is known of each pair."""

    candidates: Sequence[Candidate]
    evidence: Mapping[tuple[int, int], CopyEvidence]
    traces: Traces | None = None

    def kind(self, first: int, second: int) -> str:
        """How two of them are the same; empty if they were not compared."""
        found = self.evidence.get((first, second)) or self.evidence.get((second, first))
        return "" if found is None else found.kind


@dataclass(frozen=True, slots=True)
class Split:
    """An answer: who is preferred, and what to say of each."""

    winners: frozenset[int]
    words: Mapping[int, str]


Preference = Callable[[Scene, Sequence[int]], Split]
"""Answers for some of the candidates, by their numbers."""


def _best(members: Sequence[int], score: Callable[[int], Any], words: Callable[[int], str]) -> Split:
    """Those with the largest score."""
    scores = {i: score(i) for i in members}
    largest = max(scores.values())
    return Split(frozenset(i for i in members if scores[i] == largest), {i: words(i) for i in members})


def references_first(scene: Scene, members: Sequence[int]) -> Split:
    """Files in a place that the user marked win."""
    marked = [scene.candidates[i].is_reference for i in range(len(scene.candidates))]
    return _best(members, lambda i: marked[i], lambda i: "a reference" if marked[i] else "none")


def _whole(scene: Scene, members: Sequence[int]) -> Split:
    """Those of which no other shows more, except as something around the picture."""
    words = dict.fromkeys(members, "the whole picture")
    losers = set()
    for first in members:
        for second in members:
            found = scene.evidence.get((first, second))
            if found is None or found.kind in ("file", "identical", "pixels"):
                continue
            share = share_shown(found)
            if _SAME_FRAME <= share <= 1 / _SAME_FRAME:
                continue
            # What shows less loses, unless the other one only adds something around the picture.
            loser = first if (share < 1) != found.is_framed else second
            losers.add(loser)
            words[loser] = "something around it" if found.is_framed else f"{100 * min(share, 1 / share):.0f} % of it"
    winners = frozenset(members) - losers
    return Split(winners or frozenset(members), words)


def _upright(scene: Scene, members: Sequence[int]) -> Split:
    """Those that stand as a camera's own note says, else as most of them do."""
    turns = relative_turns(members, scene.evidence)
    groups = Counter(turns.values())
    if len(groups) < 2:
        return Split(frozenset(members), dict.fromkeys(members, ""))
    noted = {turns[i] for i in turns if (scene.candidates[i].coding.orientation or 1) > 1}
    most, n_most = groups.most_common(1)[0]
    upright = noted.pop() if len(noted) == 1 else most if not noted and 2 * n_most > len(turns) else None
    if upright is None:
        return Split(frozenset(members), dict.fromkeys(members, ""))
    first = next(i for i in members if turns.get(i) == upright)
    against = relative_turns([first, *(i for i in members if i != first)], scene.evidence)
    words = {i: turn_words(against[i]) or "upright" if i in against else "upright" for i in members}
    return Split(frozenset(i for i in members if turns.get(i, upright) == upright), words)


def _area(candidate: Candidate) -> int:
    return candidate.width_px * candidate.height_px


def _size_words(candidate: Candidate) -> str:
    return f"{candidate.width_px:,} x {candidate.height_px:,}"


def _pixels(scene: Scene, members: Sequence[int]) -> Split:
    """Those with most pixels, without copies that were enlarged."""
    words = {i: _size_words(scene.candidates[i]) for i in members}
    left = list(members)
    while True:
        largest = max(_area(scene.candidates[i]) for i in left)
        winners = [i for i in left if _area(scene.candidates[i]) >= _SAME_PIXELS * largest]
        sources = _possible_sources(scene, [i for i in left if i not in winners])
        enlarged = [i for i in winners if any(_is_enlarged(scene, i, j) for j in sources)]
        if not enlarged:
            return Split(frozenset(winners), words)
        for i in enlarged:
            words[i] += ", enlarged"
        left = [i for i in left if i not in enlarged]


def _possible_sources(scene: Scene, members: Sequence[int]) -> list[int]:
    """Some of which a larger copy may have been made: the largest ones, one of each size."""
    by_size: dict[tuple[int, int], int] = {}
    for i in sorted(members, key=lambda i: (-_area(scene.candidates[i]), -(scene.candidates[i].coding.quality or 0.0))):
        sides = sorted((scene.candidates[i].width_px, scene.candidates[i].height_px))
        by_size.setdefault((sides[0], sides[1]), i)
    return list(by_size.values())[:_MOST_SOURCES]


def _is_enlarged(scene: Scene, large: int, small: int) -> bool:
    """Whether one copy is a smaller one that was enlarged: if metadata let that be, pixels decide."""
    a, b = scene.candidates[large], scene.candidates[small]
    if scene.traces is None or a.is_raw or a.coding.form == "heif" or a.coding.is_from_camera:
        return False
    if max(a.width_px, a.height_px) < _ENLARGED * max(b.width_px, b.height_px):
        return False
    said = a.coding.said_px
    is_stale = said is not None and max(said) < _STALE * max(a.width_px, a.height_px)
    return (is_stale or not a.camera) and scene.traces.is_enlarged(a.path, b.path)


def _least_lossy(scene: Scene, members: Sequence[int]) -> Split:
    """Those that lost least, judging by format and by a JPEG's tables; equal pixels lost the same."""
    scores, words = {}, {}
    for i in members:
        scores[i], words[i] = _score(scene.candidates[i])
    for first, second in _equal_pixels(scene, members):
        scores[first] = scores[second] = min(scores[first], scores[second])
    _lower_what_was_saved_again(scene, scores, words)
    checked: set[int] = set()
    while scene.traces is not None:
        best = max(scores.values())
        top = [i for i in members if scores[i] == best and i not in checked]
        rivals = [i for i in members if scores[i] < best]
        if not top or not rivals or best[0] >= _FORMS["raw"]:
            break
        for i in top:
            checked.add(i)
            candidate = scene.candidates[i]
            others = [scene.candidates[j].coding for j in members if j != i]
            before = scene.traces.earlier_quality(candidate.path, candidate.coding, others=others)
            if before is not None and (best[0] != _FORMS["jpeg"] or before < best[1]):
                scores[i] = (float(_FORMS["jpeg"]), before - _SECOND_LOSS)
                words[i] += f", saved as JPEG quality {before:.0f} before"
    best = max(scores.values())
    winners = [i for i in members if scores[i][0] == best[0] and scores[i][1] >= best[1] - _SAME_QUALITY]
    return Split(frozenset(winners), words)


def _lower_what_was_saved_again(scene: Scene, scores: dict[int, tuple[float, float]], words: dict[int, str]) -> None:
    """Beside a JPEG as its camera wrote it, one of another program is a later one, at whatever quality."""
    first = [i for i in scores if scene.candidates[i].coding.is_from_camera]
    if not first:
        return
    best = max(scores[i][1] for i in first)
    for i in list(scores):
        coding = scene.candidates[i].coding
        if i not in first and coding.form not in ("raw", "heif") and not scene.candidates[i].is_raw:
            is_equal = any(scene.kind(i, j) in ("file", "identical", "pixels") for j in first)
            limit = (float(_FORMS["jpeg"]), best - _SECOND_LOSS)
            if not is_equal and scores[i] > limit:
                scores[i] = limit
                words[i] += ", saved after the camera"


def _equal_pixels(scene: Scene, members: Sequence[int]) -> list[tuple[int, int]]:
    """Pairs of equal pixels, which lost the same whatever they are coded as now, in an order that reaches all."""
    pairs = [(i, j) for i in members for j in members
             if i < j and scene.kind(i, j) in ("file", "identical", "pixels")
             and scene.candidates[i].is_raw == scene.candidates[j].is_raw]  # fmt: skip
    return [*pairs, *reversed(pairs)]


def _score(candidate: Candidate) -> tuple[tuple[float, float], str]:
    """How little a copy lost, and what to say of it."""
    coding = candidate.coding
    if candidate.is_raw:
        return (float(_FORMS["raw"]), 0.0), "a camera's raw file" if coding.form == "raw" else "with its raw file"
    name = candidate.format or candidate.path.suffix.lstrip(".").upper()
    if coding.form == "jpeg":
        quality = coding.quality or 0.0
        return (float(_FORMS["jpeg"]), quality), f"JPEG quality {quality:.0f}" if quality else "JPEG"
    prefix = {"lossless": "lossless ", "lossy": "lossy ", "palette": "few colours, "}.get(coding.form, "")
    return (float(_FORMS[coding.form]), 0.0), f"{prefix}{name}"


def _moving(scene: Scene, members: Sequence[int]) -> Split:
    """Those with the video of a live photo, else those with something else behind the picture."""
    score = {i: (scene.candidates[i].moves, bool(scene.candidates[i].coding.beyond)) for i in members}
    words = {
        (True, True): "with its video",
        (True, False): "with its video",
        (False, True): "with more than the picture",
    }
    is_video = any(moves for moves, _ in score.values())
    without = "without the video" if is_video else "with the picture alone"
    return _best(members, score.__getitem__, lambda i: words.get(score[i], without))


def _metadata(scene: Scene, members: Sequence[int]) -> Split:
    """Those that know most about when, where and with what the picture was taken."""

    def score(i: int) -> tuple[int, int]:
        candidate = scene.candidates[i]
        time_known = _time_score(candidate.taken)
        return (min(time_known, 1) + (candidate.place is not None) + bool(candidate.camera), time_known)

    def words(i: int) -> str:
        candidate = scene.candidates[i]
        known = [word for word, is_known in (("time", _time_score(candidate.taken)), ("place", candidate.place),
                                             ("camera", candidate.camera)) if is_known]  # fmt: skip
        return f"knows {' and '.join(', '.join(known).rsplit(', ', 1))}" if known else "knows no time, place or camera"

    return _best(members, score, words)


def knows_time(taken: Taken | None) -> bool:
    """Whether a time is that of the exposure, at least by the name of the file."""
    return taken is not None and (_time_score(taken) > 0 or taken.source == "file name")


def _time_score(taken: Taken | None) -> int:
    """2 for the moment in which a picture was taken, 1 for its day or the like, 0 for none."""
    if taken is None or taken.source in _OF_CHANGE:
        return 0
    return 2 if taken.precision in _PRECISE else 1


def _proper_folder(scene: Scene, members: Sequence[int]) -> Split:
    """Those not in a folder that is named as less wanted, below the folder that all have in common."""
    folders = [os.path.dirname(scene.candidates[i].path) for i in members]  # noqa: PTH120 - text
    try:
        common = os.path.commonpath(folders)
    except ValueError:  # several drives
        common = ""
    marks = {}
    for i, folder in zip(members, folders, strict=True):
        found = [part for part in Path(folder[len(common) :]).parts if _LESS_WANTED.search(part)]
        marks[i] = found[-1] if found else ""
    return _best(
        members, lambda i: not marks[i], lambda i: f"in the folder {marks[i]!r}" if marks[i] else "not in such a folder"
    )


def _first_name(scene: Scene, members: Sequence[int]) -> Split:
    """Those whose name has no mark of a copy."""
    stems = {i: scene.candidates[i].path.stem for i in members}
    return _best(
        members, lambda i: not _COPY_MARK.search(stems[i]), lambda i: f"named {scene.candidates[i].path.name!r}"
    )


def _date(candidate: Candidate) -> str:
    try:
        return "file of " + time.strftime("%Y-%m-%d %H:%M", time.gmtime(candidate.mtime_s))
    except (ValueError, OverflowError, OSError):
        return "file of an unknown time"


def _oldest(scene: Scene, members: Sequence[int]) -> Split:
    """Those whose file was changed first."""
    first = min(scene.candidates[i].mtime_s for i in members)
    winners = frozenset(i for i in members if scene.candidates[i].mtime_s <= first + _SAME_AGE_S)
    return Split(winners, {i: _date(scene.candidates[i]) for i in members})


def _newest(scene: Scene, members: Sequence[int]) -> Split:
    last = max(scene.candidates[i].mtime_s for i in members)
    winners = frozenset(i for i in members if scene.candidates[i].mtime_s >= last - _SAME_AGE_S)
    return Split(winners, {i: _date(scene.candidates[i]) for i in members})


def by_path(scene: Scene, members: Sequence[int]) -> Split:
    """The first by path."""
    first = min(members, key=lambda i: os.fsencode(scene.candidates[i].path))
    return Split(frozenset((first,)), {i: f"{scene.candidates[i].path.name!r}" for i in members})


def _measured(value: Callable[[Candidate], int], words: str, sign: int) -> Preference:
    """A preference for the most, or with a negative sign the least, of a number."""

    def answer(scene: Scene, members: Sequence[int]) -> Split:
        values = {i: value(scene.candidates[i]) for i in members}
        return _best(members, lambda i: sign * values[i], lambda i: words.format(values[i]))

    return answer


def _smallest(scene: Scene, members: Sequence[int]) -> Split:
    areas = {i: _area(scene.candidates[i]) for i in members}
    return _best(members, lambda i: -areas[i], lambda i: _size_words(scene.candidates[i]))


def _format(rule: Rule) -> Preference:
    """A preference for the first of several formats."""
    wanted = [_NAMES_OF_FORMATS.get(value, value) for value in rule.values]

    def answer(scene: Scene, members: Sequence[int]) -> Split:
        places = {}
        for i in members:
            candidate = scene.candidates[i]
            suffix = candidate.path.suffix.lower().lstrip(".")
            names = {candidate.format.lower(), suffix, _NAMES_OF_FORMATS.get(suffix, suffix)}
            names |= {"raw"} if candidate.coding.form == "raw" else set()
            places[i] = next((place for place, name in enumerate(wanted) if name in names), len(wanted))
        return _best(members, lambda i: -places[i], lambda i: scene.candidates[i].format or "another format")

    return answer


def _folder(rule: Rule) -> Preference:
    """A preference for files inside a folder, or outside of it."""
    folder, is_wanted = rule.values[0], rule.name == "folder"
    start = folder.rstrip(os.sep) + os.sep

    def answer(scene: Scene, members: Sequence[int]) -> Split:
        inside = {i: os.fspath(scene.candidates[i].path).startswith(start) for i in members}
        words = {True: f"in {folder}", False: f"not in {folder}"}
        return _best(members, lambda i: inside[i] == is_wanted, lambda i: words[inside[i]])

    return answer


_SIMPLE: dict[str, Preference] = {
    "largest": _pixels,
    "smallest": _smallest,
    "most-bytes": _measured(lambda c: c.size_bytes, "{:,} bytes", 1),
    "fewest-bytes": _measured(lambda c: c.size_bytes, "{:,} bytes", -1),
    "quality": _least_lossy,
    "metadata": _metadata,
    "whole": _whole,
    "upright": _upright,
    "oldest": _oldest,
    "newest": _newest,
    "name": _first_name,
    "shortest-name": _measured(lambda c: len(c.path.name), "a name of {} characters", -1),
    "longest-name": _measured(lambda c: len(c.path.name), "a name of {} characters", 1),
    "shortest-path": _measured(lambda c: len(os.fspath(c.path)), "a path of {} characters", -1),
    "longest-path": _measured(lambda c: len(os.fspath(c.path)), "a path of {} characters", 1),
    "path": by_path,
}

DEFAULT_ORDER: tuple[Preference, ...] = (
    _whole, _upright, _pixels, _least_lossy, _moving, _metadata, _proper_folder, _first_name, _oldest,
)  # fmt: skip
"""The questions in their default order."""


def preference(rule: Rule) -> Preference:
    """What a rule of the user asks."""
    if rule.name == "format":
        return _format(rule)
    return _folder(rule) if rule.name in ("folder", "not-folder") else _SIMPLE[rule.name]
