"""Nearest neighbours among all pairs, against the full matrix of similarities."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from imagecluster.neighbours import AllPairs, Columns, Farthest, Neighbours, bounds, farthest, scan
from imagecluster.neighbours.bounds import Bounds, Coordinates

ERROR = 1e-5


def unit_vectors(n: int, d: int, seed: int, *, tied: bool = False) -> NDArray[np.float32]:
    """Random directions; tied ones have few different similarities."""
    rng = np.random.default_rng(seed)
    vectors = (rng.random((n, d)) < 0.5) + np.eye(1, d) if tied else rng.standard_normal((n, d))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def exactly(vectors: NDArray[np.float32]) -> NDArray[np.float64]:
    """The same directions, at unit length in float64."""
    exact = vectors.astype(np.float64)
    return exact / np.linalg.norm(exact, axis=1, keepdims=True)


def farthest_of(exact: NDArray[np.float64]) -> Farthest:
    """Looks for the least similar pair of exact vectors."""
    return Farthest(
        error=ERROR,
        exact=lambda i, j: np.einsum("ij,ij->i", exact[i], exact[j]),
        exact_block=lambda i: exact[i],
    )


def all_pairs(vectors: NDArray[np.float32], *, k: int, block_rows: int) -> AllPairs:
    """A search among float32 vectors, with float64 to be exact."""
    exact = exactly(vectors)
    return AllPairs(
        vectors,
        k=k,
        farthest=farthest_of(exact),
        block_rows=block_rows,
    )


def check_lists(lists: Neighbours, similarity: NDArray[Any], k: int) -> None:
    """Lists hold each column once, with its similarity, and nothing outside is more similar than their bound."""
    for row, (index, value) in enumerate(zip(lists.index, lists.similarity, strict=True)):
        held = index[index >= 0]
        candidates = np.flatnonzero(similarity[row] > -np.inf)
        assert len(held) == len(set(held.tolist())) == min(k, len(candidates))
        assert set(held.tolist()) <= set(candidates.tolist())
        assert np.abs(value[index >= 0] - similarity[row, held]).max(initial=0.0) < ERROR
        outside = np.setdiff1d(candidates, held)
        assert (similarity[row, outside] <= lists.bound[row] + ERROR).all()
        if len(held) < k:
            assert lists.bound[row] == -np.inf


@settings(max_examples=120, deadline=None)
@given(st.integers(1, 90), st.integers(1, 8), st.booleans(), st.integers(0, 999), st.integers(1, 9), st.integers(1, 30))
def test_lists_hold_the_most_similar(n: int, d: int, tied: bool, seed: int, k: int, block_rows: int) -> None:
    """Whatever the block size, each row has its k most similar rows, and the smallest similarity of all is exact."""
    vectors = unit_vectors(n, d, seed, tied=tied)
    search = all_pairs(vectors, k=k, block_rows=block_rows)
    lists = search.search()
    exact = exactly(vectors) @ exactly(vectors).T
    assert search.farthest.pair.similarity == pytest.approx(exact.min(), abs=1e-14)
    np.fill_diagonal(exact, -np.inf)
    check_lists(lists, exact, k)


@settings(max_examples=80, deadline=None)
@given(st.integers(2, 60), st.integers(0, 999), st.integers(1, 9), st.booleans(), st.sampled_from([0.0, 1e-7]))
def test_scan_finds_among_the_given_columns_only(n: int, seed: int, k: int, tied: bool, jitter: float) -> None:
    """Some rows against some columns: a row is not its own neighbour, and columns left out are not found."""
    vectors = unit_vectors(n, 5, seed, tied=tied)
    rng = np.random.default_rng(seed)
    columns = np.flatnonzero(rng.random(n) < 0.7)
    columns = columns if len(columns) else np.array([0])
    rows = np.flatnonzero(rng.random(n) < 0.5)
    lists = scan(vectors[rows], rows, Columns(lambda ids: vectors[ids], columns), k=k, jitter=jitter)
    similarity = np.full((len(rows), n), -np.inf)
    similarity[:, columns] = (vectors[rows] @ vectors.T)[:, columns]
    similarity[np.arange(len(rows)), rows] = -np.inf
    check_lists(lists, similarity, k)


def test_scan_goes_through_many_blocks() -> None:
    """More columns and rows than a block."""
    vectors = unit_vectors(2600, 8, 0)
    ids = np.arange(2600)
    with ThreadPoolExecutor(3) as pool:
        lists = scan(vectors, ids, Columns(lambda i: vectors[i], ids), k=4, run=lambda f, xs: list(pool.map(f, xs)))
    similarity = vectors @ vectors.T
    np.fill_diagonal(similarity, -np.inf)
    best = np.sort(similarity, axis=1)[:, -4:]
    np.testing.assert_allclose(np.sort(lists.similarity, axis=1), best, atol=ERROR)


def test_jitter_gives_equal_columns_to_different_rows() -> None:
    """Among many equal columns not all rows get the same ones."""
    vectors = np.eye(300)
    ids = np.arange(300)
    plain = scan(vectors, ids, Columns(lambda i: vectors[i], ids), k=4)
    mixed = scan(vectors, ids, Columns(lambda i: vectors[i], ids), k=4, jitter=1e-15)
    assert len(np.unique(plain.index)) < 20
    assert len(np.unique(mixed.index)) > 250
    assert mixed.similarity.max() < 1e-15


def test_number_of_threads_does_not_matter() -> None:
    """The lists are the same to the last bit, in the same order, even among ties."""
    vectors = unit_vectors(700, 10, 1, tied=True)
    alone = all_pairs(vectors, k=5, block_rows=50).search()
    with ThreadPoolExecutor(4) as pool:
        together = all_pairs(vectors, k=5, block_rows=50).search(run=lambda f, xs: list(pool.map(f, xs)))
    np.testing.assert_array_equal(alone.index, together.index)
    np.testing.assert_array_equal(alone.similarity, together.similarity)


def test_smallest_similarity_is_exact_where_float32_cannot_tell() -> None:
    """Millions of pairs within the rounding error of the smallest: the whole tile is multiplied exactly."""
    rng = np.random.default_rng(0)
    unit = np.ones(6) / np.sqrt(6) + 1e-6 * rng.standard_normal((1500, 6))
    unit /= np.linalg.norm(unit, axis=1, keepdims=True)
    farthest = farthest_of(unit)
    AllPairs(unit.astype(np.float32), k=4, farthest=farthest).search()
    assert farthest.pair.similarity == pytest.approx((unit @ unit.T).min(), abs=1e-15)
    assert unit[farthest.pair.first] @ unit[farthest.pair.second] == pytest.approx(farthest.pair.similarity, abs=1e-15)


@settings(max_examples=60)
@given(
    n=st.integers(2, 120), d=st.integers(1, 12), seed=st.integers(0, 99), tied=st.booleans(), block=st.integers(1, 40)
)
def test_the_least_similar_pair_is_found_by_bounds(n: int, d: int, seed: int, tied: bool, block: int) -> None:
    """However few directions bound the similarities, however they are cut into blocks, and whatever it may cost."""
    vectors = unit_vectors(n, d, seed, tied=tied)
    exact = exactly(vectors)
    smallest = min(1.0, (exact @ exact.T)[~np.eye(n, dtype=bool)].min())
    for looking, checking, exactly_checking in ((0, 0, 0), (0, 0, 1e9), (0, 1e9, 0), (1e9, 1, 1)):
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(farthest, "BLOCK_ROWS", block)
            patched.setattr(farthest, "_FEW_ROWS", 0)
            patched.setattr(farthest, "_STARTS", 1)
            patched.setattr(farthest, "_MOST_HOPS", 0)
            patched.setattr(bounds, "_CHOICES", (1, 3))
            patched.setattr(bounds, "_LOOK", looking)
            patched.setattr(bounds, "_N_OF_DIRECTIONS", 5)
            patched.setattr(farthest, "CHECK", checking)
            patched.setattr(farthest, "CHECK_EXACTLY", exactly_checking)
            patched.setattr(bounds, "CHECK", 0)
            patched.setattr(bounds, "CHECK_EXACTLY", 0)
            search = farthest_of(exact)
            assert search.search(vectors)
        assert search.pair.similarity == pytest.approx(smallest, abs=1e-14)


@pytest.mark.parametrize("tied", [False, True])
def test_bounds_are_below_similarities(tied: bool) -> None:
    """And hardly below where the directions hold nearly everything."""
    vectors = unit_vectors(400, 30, 3, tied=tied)
    vectors[:, 10:] *= 0.01
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    coordinates = Coordinates.of(Bounds(vectors))
    similarity = exactly(vectors) @ exactly(vectors).T
    i, j = np.indices(similarity.shape).reshape(2, -1)
    every = coordinates.bounds(i, j).reshape(similarity.shape)
    assert (every <= similarity + 1e-6).all()
    assert (similarity - every).max() < 1e-3
    for k in (1, 5, 12):
        first, second = coordinates.factors(k)
        assert (first @ second.T <= similarity + 1e-6).all()
    assert (similarity - first @ second.T).max() < 0.1


def test_a_search_that_would_take_too_long_is_not_begun() -> None:
    """What a few passes find stays, and it is said that it is not certain."""
    vectors = unit_vectors(300, 5, 1)
    search = farthest_of(exactly(vectors))
    assert not search.search(vectors, most_products=1e5)
    assert search.pair.similarity == pytest.approx((vectors @ vectors.T).min(), abs=0.1)
    assert search.search(vectors, most_products=1e6)


def test_progress_rises_to_one() -> None:
    """Progress is told after every round of tiles."""
    seen: list[float] = []
    all_pairs(unit_vectors(100, 4, 0), k=3, block_rows=10).search(progress=seen.append)
    assert seen == sorted(seen) and seen[-1] == 1.0 and len(seen) == 5
