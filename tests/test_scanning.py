"""The scan that a search is made of, against plain float64 sums."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from imagecluster.errors import ArgumentError
from imagecluster.explore.scanning import Scanner, best_rows, combined

HALVES = hnp.arrays(
    np.float16,
    st.tuples(st.integers(0, 40), st.just(7)),
    elements=st.floats(-65504, 65504, width=16),
)


def plain(rows, query):
    """Cosines in float64; 0 for a row of length 0."""
    X = np.asarray(rows, np.float64)
    lengths = np.linalg.norm(X, axis=1)
    products = X @ (np.asarray(query) / np.linalg.norm(query))
    return np.divide(products, lengths, out=np.zeros(len(X)), where=lengths > 0)


@given(HALVES, st.integers(0, 100))
def test_similarities_are_the_cosines(rows, seed):
    """For all float16 values, subnormal ones, zeros and the largest included."""
    query = np.random.default_rng(seed).standard_normal(7)
    np.testing.assert_allclose(Scanner(rows, n_threads=1).similarities(query), plain(rows, query), atol=2e-6)


@given(HALVES, st.integers(1, 5), st.integers(0, 100))
def test_the_highest_is_that_of_the_most_similar_query(rows, n_queries, seed):
    """Of queries of unit length; one of zeros is as similar to everything as a row of zeros is."""
    queries = np.random.default_rng(seed).standard_normal((n_queries, 7))
    queries /= np.linalg.norm(queries, axis=1, keepdims=True)
    expected = np.max([plain(rows, query) for query in queries], axis=0)
    scanner = Scanner(rows, n_threads=1)
    np.testing.assert_allclose(scanner.highest(queries.astype(np.float32)), expected, atol=2e-6)
    assert not scanner.highest(np.zeros((1, 7), np.float32)).any()


def test_every_half_is_widened_exactly():
    """All 63,488 finite values, by their sign and ratio in a plane."""
    values = np.arange(65536, dtype=np.uint16).view(np.float16)
    values = values[np.isfinite(values)]
    rows = np.zeros((len(values), 2), np.float16)
    rows[:, 0] = values
    scanner = Scanner(rows)
    expected = np.sign(values.astype(np.float32))
    np.testing.assert_allclose(scanner.similarities([1, 0]), expected, rtol=1e-6)
    rows[:, 1] = 1
    np.testing.assert_allclose(Scanner(rows).similarities([1, 0]), plain(rows, [1, 0]), rtol=1e-6)


@pytest.mark.parametrize("dtype", ["<f2", ">f2", np.float32, np.float64])
@pytest.mark.parametrize("n_threads", [1, 3])
def test_any_floating_type_and_any_number_of_threads(dtype, n_threads):
    """Several blocks, the last one shorter; a second query needs no second measure."""
    rng = np.random.default_rng(0)
    rows = rng.standard_normal((3001, 300)).astype(dtype)
    scanner = Scanner(rows, n_threads=n_threads)
    for _ in range(2):
        query = rng.standard_normal(300)
        np.testing.assert_allclose(scanner.similarities(query), plain(rows, query), atol=2e-6)


def test_a_memory_map_is_scanned(tmp_path):
    """Read only, as the store opens it."""
    rows = np.random.default_rng(0).standard_normal((100, 8)).astype(np.float16)
    rows.tofile(tmp_path / "rows")
    mapped = np.memmap(tmp_path / "rows", np.float16, "r", shape=rows.shape)
    np.testing.assert_allclose(Scanner(mapped).similarities(rows[3]), plain(rows, rows[3].astype(float)), atol=2e-6)


@given(hnp.arrays(np.float32, st.integers(1, 60), elements=st.floats(-1, 1, width=32)), st.integers(1, 70))
def test_the_best_rows_hold_the_k_largest_and_their_equals(similarity, k):
    """Whatever rounding may have done to them."""
    found = set(best_rows(similarity, k).tolist())
    largest = np.sort(similarity)[::-1][:k]
    assert len(found) >= min(k, len(similarity))
    assert set(np.flatnonzero(similarity >= largest[-1]).tolist()) <= found
    assert all(similarity[row] >= largest[-1] - 2e-5 for row in found)


def test_queries_count_by_their_directions():
    """Lengths of the vectors do not matter, weights do; a negative one points away."""
    np.testing.assert_allclose(combined([[9, 0], [0, 0.1]], [1, 1]), [0.5**0.5, 0.5**0.5])
    np.testing.assert_allclose(combined([[1, 0], [0, 1]], [3, 4]), [0.6, 0.8])
    np.testing.assert_allclose(combined([[1, 0], [0, 1]], [1, -1]), [0.5**0.5, -(0.5**0.5)])


@pytest.mark.parametrize(
    ("vectors", "weights", "message"),
    [
        ([], [], "0 vectors"),
        ([[1, 0]], [1, 2], "1 vectors and 2 weights"),
        ([[1, 0], [2, 0]], [1, -1], "cancel one another out"),
        ([[0, 0]], [1], "length 0"),
        ([[np.inf, 0]], [1], "length inf"),
        ([[1, 0]], [np.nan], "finite"),
    ],
)
def test_queries_without_a_direction_are_refused(vectors, weights, message):
    """The message says why."""
    with pytest.raises(ArgumentError, match=message):
        combined(vectors, weights)


def test_wrong_shapes_are_refused():
    """Both shapes are in the message."""
    with pytest.raises(ArgumentError, match=r"\(3,\)"):
        Scanner(np.ones((2, 4), np.float16)).similarities([1, 2, 3])
    with pytest.raises(ArgumentError, match="int64"):
        Scanner(np.ones((2, 4), np.int64))
    with pytest.raises(ArgumentError, match="n_threads is 0"):
        Scanner(np.ones((2, 4)), n_threads=0)
