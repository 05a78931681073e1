"""Groups of copies as stars: what goes has evidence with what stays, whatever the order in which pictures come."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from imagecluster.copies.stars import components, stars

numbers = st.integers(0, 14)
graphs = st.lists(st.tuples(numbers, numbers).filter(lambda pair: pair[0] != pair[1]), max_size=40)
orders = st.permutations(range(15))


def divided(pairs, order, rank):
    """Stars of each component, given in an order; the best picture is that of the lowest rank."""
    near = {node: set() for node in range(15)}
    for first, second in pairs:
        near[first].add(second)
        near[second].add(first)
    found = []
    for nodes in components(pairs):
        given_ = sorted(nodes, key=order.index)
        found += stars(given_, lambda rest: min(rest, key=rank.index), lambda centre, _: near[centre])
    return near, found


@given(graphs, orders, orders)
def test_what_goes_has_evidence_with_what_stays_and_that_stays(pairs, order, rank):
    """No picture is in two stars, so none that stays for another one goes itself."""
    near, found = divided(pairs, order, rank)
    members = [member for star in found for member in star.members]
    centres = [star.centre for star in found]
    assert len({*members, *centres}) == len(members) + len(centres)
    for star in found:
        assert star.members
        assert near[star.centre].issuperset(star.members)
        assert all(rank.index(star.centre) < rank.index(member) for member in star.members)


@given(graphs, orders, orders, orders)
def test_the_order_of_the_pictures_does_not_matter(pairs, order, other, rank):
    """Nor does that of the pairs, and which of the two comes first."""
    turned = [pair[::-1] for pair in reversed(pairs)]
    assert divided(pairs, order, rank)[1] == divided(turned, other, rank)[1]


@given(graphs, orders)
def test_whoever_has_a_partner_that_stays_is_in_a_star(pairs, rank):
    """A picture is left alone only if all that are the same as it go for others."""
    near, found = divided(pairs, range(15), rank)
    centre_of = {member: star.centre for star in found for member in star.members}
    centres = {star.centre for star in found}
    for node in range(15):
        if near[node] and node not in centre_of and node not in centres:
            assert near[node] <= centre_of.keys()


@given(graphs)
def test_components_are_those_of_the_graph(pairs):
    """Against a search from each picture."""
    near = {}
    for first, second in pairs:
        near.setdefault(first, set()).add(second)
        near.setdefault(second, set()).add(first)
    expected = []
    for node in sorted(near):
        if any(node in each for each in expected):
            continue
        reached, waiting = {node}, [node]
        while waiting:
            for other in near[waiting.pop()] - reached:
                reached.add(other)
                waiting.append(other)
        expected.append(sorted(reached))
    assert components(pairs) == expected
