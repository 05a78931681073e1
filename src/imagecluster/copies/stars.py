"""Groups of copies as stars: whatever may go has direct evidence with the one picture that stays for it.

"Copy" is not transitive: two crops of one picture may show different parts of it, and a chain of copies leads from a
picture to another one. So a group is never a chain: it is one picture with those that were compared with it itself.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass

__all__ = ["Star", "components", "stars"]


@dataclass(frozen=True, slots=True)
class Star:
    """A picture, and others with direct evidence that they are the same."""

    centre: int
    members: tuple[int, ...]
    """Ascending, without the centre."""


def components(pairs: Iterable[tuple[int, int]]) -> list[list[int]]:
    """The connected sets of a graph: each ascending, in the order of their first numbers.

    >>> components([(4, 2), (7, 9), (2, 1)])
    [[1, 2, 4], [7, 9]]
    """
    parent: dict[int, int] = {}

    def root(node: int) -> int:
        while parent.setdefault(node, node) != node:
            parent[node] = parent[parent[node]]  # halves the way for the next one
            node = parent[node]
        return node

    for first, second in pairs:
        one, other = root(first), root(second)
        if one != other:
            parent[max(one, other)] = min(one, other)
    found: dict[int, list[int]] = {}
    for node in sorted(parent):
        found.setdefault(root(node), []).append(node)
    return list(found.values())


def stars(
    nodes: Sequence[int],
    best: Callable[[Sequence[int]], int],
    same_as: Callable[[int, Collection[int]], Iterable[int]],
) -> list[Star]:
    """Divide a connected set of pictures into stars: the best picture with all that are the same as it, then the rest.

    Each picture is in at most one star, so that no centre is a member of another star.

    Parameters
    ----------
    nodes
        The pictures, each once.
    best
        Returns the one to keep of several pictures, which are given in ascending order. For the result not to depend on
        the order of `nodes`, it must depend on the set alone.
    same_as
        Returns those among some pictures that have direct evidence with a picture.

    Returns
    -------
    list of Star
        In the order in which the centres were chosen. A picture without a partner is in none.

    """
    rest = set(nodes)
    found: list[Star] = []
    while len(rest) > 1:
        centre = best(sorted(rest))
        rest.remove(centre)
        members = tuple(sorted({*same_as(centre, rest)} & rest))
        if members:
            found.append(Star(centre, members))
            rest.difference_update(members)
    return found
