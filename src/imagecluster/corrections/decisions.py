"""What decisions on copies mean for pictures: which pairs are none, which files stay, which is kept first."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from imagecluster.corrections.kinds import Best, Edit, KeepAll, NotCopies, decisions_of

__all__ = ["Decisions"]


@dataclass(frozen=True, slots=True)
class Decisions:
    """Decisions in effect. A later one overrides an earlier one that it contradicts."""

    others: dict[bytes, frozenset[bytes]]
    """The contents that are no copies of a content, by content; each pair is in it both ways."""
    n_kept: dict[bytes, int]
    """Number of files of a content that stay, by content; further files of it are copies."""
    rank: dict[bytes, int]
    """Rank of the contents that were named the best of their group: the largest was named last."""
    names: dict[bytes, tuple[str, ...]]
    """Names of the files of these contents that were meant, as far as a certain one was."""

    @classmethod
    def of(cls, edits: Iterable[Edit]) -> Decisions:
        """The decisions among edits, oldest first.

        >>> a, b = bytes(16), bytes([1] * 16)
        >>> found = Decisions.of([NotCopies(frozenset([a]), frozenset([b])), KeepAll(frozenset([a, b]))])
        >>> found.are_apart(b, a), found.n_kept == {a: 1, b: 1}
        (True, True)
        >>> Decisions.of([KeepAll(frozenset([a, b])), Best(frozenset([a]))]).n_kept
        {}
        """
        others: dict[bytes, set[bytes]] = {}
        groups: list[KeepAll] = []
        rank: dict[bytes, int] = {}
        names: dict[bytes, tuple[str, ...]] = {}
        for place, edit in enumerate(decisions_of(edits)):
            match edit:
                case NotCopies():
                    for one, other in ((edit.pictures, edit.others), (edit.others, edit.pictures)):
                        for picture in one:
                            others.setdefault(picture, set()).update(other)
                case KeepAll():
                    groups.append(edit)
                case Best():
                    groups = [group for group in groups if not group.pictures & edit.pictures]
                    rank.update(dict.fromkeys(edit.pictures, place))
                    names.update(dict.fromkeys(edit.pictures, edit.names))
        n_kept: dict[bytes, int] = {}
        for group in groups:
            for picture, n_files in group.n_files().items():
                n_kept[picture] = max(n_files, n_kept.get(picture, 0))
        return cls({picture: frozenset(found) for picture, found in others.items()}, n_kept, rank, names)

    def are_apart(self, first: bytes, second: bytes) -> bool:
        """Whether two contents were said not to be copies of each other."""
        return second in self.others.get(first, ())
