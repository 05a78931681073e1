"""Tests of the search for pairs that may be copies."""

import numpy as np
import pytest

from imagecluster.copies import CopyFacts, candidate_pairs, near_pairs
from imagecluster.copies.symmetry import hashes_in_position

RNG = np.random.default_rng(3)


def random_signs(n: int) -> np.ndarray:
    return np.random.default_rng(n).integers(0, 256, (n, 32), np.uint8)


def changed(signs: np.ndarray, n_bits: int, seed: int = 0) -> np.ndarray:
    """A hash in which some bits of higher frequencies are changed."""
    bits = np.unpackbits(signs).reshape(16, 16)
    rng = np.random.default_rng(seed)
    high = [(v, u) for v in range(16) for u in range(16) if v + u > 12]
    for at in rng.choice(len(high), n_bits, replace=False):
        bits[high[at]] ^= 1
    return np.packbits(bits)


def pairs_of(found) -> set[tuple[int, int]]:
    return set(zip(found[0].tolist(), found[1].tolist(), strict=True))


def facts(signs: np.ndarray, *, has_signs=None, coded=None) -> CopyFacts:
    n = len(signs)
    size = np.full(n, 100, np.int64)
    there = np.ones(n, bool) if has_signs is None else np.asarray(has_signs)
    return CopyFacts(signs, there, size, size, coded or [b""] * n, [""] * n, [None] * n)


def test_near_hashes_are_found_in_every_position():
    """A picture and a copy of it in each of the eight positions are pairs; others are not."""
    own = random_signs(2000)
    for position in range(8):
        copies = np.stack([changed(row, 12, i) for i, row in enumerate(hashes_in_position(own[:50], position))])
        found = pairs_of(near_pairs(np.concatenate([own, copies])))
        expected = {(i, 2000 + i) for i in range(50)}
        assert len(found & expected) >= 49
        assert len(found - expected) == 0


def test_pairs_are_sorted_and_do_not_depend_on_threads():
    """The smaller number comes first, each pair is there once, and every number of threads gives the same."""
    own = random_signs(600)
    signs = np.concatenate([own, np.stack([changed(row, 8, i) for i, row in enumerate(own)]), own[:30]])
    one, many = near_pairs(signs, n_threads=1), near_pairs(signs, n_threads=3)
    assert np.array_equal(one, many)
    assert (one[0] < one[1]).all()
    codes = one[0] * len(signs) + one[1]
    assert (np.diff(codes) > 0).all()


def test_no_pair_beyond_the_radius():
    """The distance of a pair is at most the radius in one of the positions."""
    own = random_signs(300)
    signs = np.concatenate([own, np.stack([changed(row, 20, i) for i, row in enumerate(own)])])
    assert len(near_pairs(signs, radius=19)[0]) == 0
    assert len(near_pairs(signs, radius=20)[0]) > 250


def test_blank_pictures_are_no_pairs():
    """Thousands of pages of one colour are not compared with each other."""
    found = near_pairs(np.zeros((5000, 32), np.uint8))
    assert len(found[0]) == 0


def test_many_alike_do_not_take_quadratic_room():
    """Of a long series of alike pictures each is paired with some, and the number of pairs stays proportional."""
    row = random_signs(1)[0]
    signs = np.stack([changed(row, 3, i) for i in range(3000)])
    first, second = near_pairs(signs, n_nearest=8)
    assert len(first) <= 2 * 8 * 3000
    assert len(np.union1d(first, second)) > 2900


@pytest.mark.parametrize("n", [0, 1])
def test_few_pictures_have_no_pairs(n):
    """None and one are collections too."""
    assert len(near_pairs(random_signs(n))[0]) == 0
    assert len(candidate_pairs(facts(random_signs(n)), np.full((n, 5), -1))[0]) == 0


def test_candidates_are_of_hashes_of_neighbours_and_of_equal_pixels():
    """All three kinds are there once; pictures without signs and missing neighbours are passed over."""
    signs = random_signs(6)
    signs[1] = signs[0]
    signs[3] = signs[0]
    coded = [b"", b"", b"", b"", b"same", b"same"]
    neighbours = np.array([[1, 2], [0, -1], [0, 2], [-1, -1], [5, -1], [-1, 3]])
    found = candidate_pairs(facts(signs, has_signs=[1, 1, 1, 0, 1, 1], coded=coded), neighbours)
    assert pairs_of(found) == {(0, 1), (0, 2), (4, 5), (3, 5)}
    assert found[0].dtype == found[1].dtype == np.int64
