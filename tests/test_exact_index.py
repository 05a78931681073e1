"""Exact search by a scan, against plain float64 sums."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from threadpoolctl import threadpool_info

from imagecluster.errors import ArgumentError
from imagecluster.explore import exact_index
from imagecluster.explore.exact_index import ROUNDING, ExactIndex, nearest_of_each, ranked
from imagecluster.explore.queries import combined

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


def unit(vectors):
    """At unit length, as queries are."""
    vectors = np.asarray(vectors, float)
    return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)


@given(HALVES, st.integers(0, 100))
def test_similarities_are_the_cosines(rows, seed):
    """For all float16 values, subnormal ones, zeros and the largest included."""
    query = unit(np.random.default_rng(seed).standard_normal(7))
    np.testing.assert_allclose(ExactIndex(rows, n_threads=1).similarities(query), plain(rows, query), atol=2e-6)


@given(HALVES, st.integers(1, 5), st.integers(0, 100))
def test_the_highest_is_that_of_the_most_similar_query(rows, n_queries, seed):
    """Of queries of unit length; one of zeros is as similar to everything as a row of zeros is."""
    queries = unit(np.random.default_rng(seed).standard_normal((n_queries, 7)))
    expected = np.max([plain(rows, query) for query in queries], axis=0)
    index = ExactIndex(rows, n_threads=1)
    np.testing.assert_allclose(index.similarities(queries.astype(np.float32)), expected, atol=2e-6)
    assert not index.similarities(np.zeros((1, 7), np.float32)).any()


def test_every_half_is_widened_exactly():
    """All 63,488 finite values, by their sign and ratio in a plane."""
    values = np.arange(65536, dtype=np.uint16).view(np.float16)
    values = values[np.isfinite(values)]
    rows = np.zeros((len(values), 2), np.float16)
    rows[:, 0] = values
    index = ExactIndex(rows)
    expected = np.sign(values.astype(np.float32))
    np.testing.assert_allclose(index.similarities([1, 0]), expected, rtol=1e-6)
    rows[:, 1] = 1
    np.testing.assert_allclose(ExactIndex(rows).similarities([1, 0]), plain(rows, [1, 0]), rtol=1e-6)


@pytest.mark.parametrize("dtype", ["<f2", ">f2", np.float32, np.float64])
@pytest.mark.parametrize("n_threads", [1, 3])
def test_any_floating_type_and_any_number_of_threads(dtype, n_threads):
    """Several blocks, the last one shorter; a second query needs no second measure."""
    rng = np.random.default_rng(0)
    rows = rng.standard_normal((3001, 300)).astype(dtype)
    index = ExactIndex(rows, n_threads=n_threads)
    for _ in range(2):
        query = unit(rng.standard_normal(300))
        np.testing.assert_allclose(index.similarities(query), plain(rows, query), atol=2e-6)


def test_a_memory_map_is_scanned(tmp_path):
    """Read only, as the store opens it."""
    rows = np.random.default_rng(0).standard_normal((100, 8)).astype(np.float16)
    rows.tofile(tmp_path / "rows")
    mapped = np.memmap(tmp_path / "rows", np.float16, "r", shape=rows.shape)
    np.testing.assert_allclose(
        ExactIndex(mapped).similarities(unit(rows[3])), plain(rows, rows[3].astype(float)), atol=2e-6
    )


SIMILARITIES = hnp.arrays(np.float32, st.integers(1, 60), elements=st.floats(-1, 1, width=32))


@given(SIMILARITIES, st.integers(1, 70))
def test_the_k_largest_come_first_and_of_equal_ones_the_lower_number(similarity, k):
    """Whatever stands at the border of the k."""
    found = ranked(similarity, k)
    assert found.numbers.tolist() == sorted(range(len(similarity)), key=lambda i: (-similarity[i], i))[:k]
    assert np.array_equal(found.similarities, similarity[found.numbers])
    assert np.array_equal(found.distances, np.maximum(1 - similarity[found.numbers].astype(float), 0))


@given(SIMILARITIES, st.integers(1, 70))
def test_a_margin_adds_what_rounding_cannot_tell_from_the_last(similarity, k):
    """Whatever rounding may have done to them."""
    found = set(ranked(similarity, k, margin=ROUNDING).numbers.tolist())
    largest = np.sort(similarity)[::-1][:k]
    assert len(found) >= min(k, len(similarity))
    assert set(np.flatnonzero(similarity >= largest[-1]).tolist()) <= found
    assert all(similarity[row] >= largest[-1] - 2e-5 for row in found)


@given(st.integers(1, 40), st.integers(1, 3), st.integers(0, 45), st.integers(0, 2**32), st.data())
def test_only_some_rows_are_looked_at_and_some_of_these_left_out(n, n_queries, k, seed, data):
    """Numbers are places among the rows that are looked at, equal vectors come in their order."""
    rng = np.random.default_rng(seed)
    rows = rng.integers(-2, 3, (n, 3)).astype(np.float16)
    queries = unit(rng.standard_normal((n_queries, 3)))
    among = np.array(data.draw(st.lists(st.integers(0, n - 1), max_size=30)), np.int64)
    excluding = data.draw(st.lists(st.integers(0, len(among) - 1), max_size=30)) if len(among) else []
    index = ExactIndex(rows, n_threads=1)
    found = index.nearest(queries, k=k, among=among, excluding=excluding)
    similarity = index.similarities(queries)[among]
    expected = sorted(set(range(len(among))) - set(excluding), key=lambda i: (-similarity[i], i))[:k]
    assert found.numbers.tolist() == expected
    np.testing.assert_allclose(similarity, np.max([plain(rows, query)[among] for query in queries], axis=0), atol=2e-6)


def test_very_many_queries_are_taken_a_part_at_a_time(monkeypatch):
    """The answer is that of all together."""
    monkeypatch.setattr(exact_index, "_MOST_QUERIES", 3)
    rng = np.random.default_rng(0)
    rows, queries = rng.standard_normal((50, 6)), unit(rng.standard_normal((8, 6)))
    expected = np.max([plain(rows, query) for query in queries], axis=0)
    np.testing.assert_allclose(ExactIndex(rows).similarities(queries), expected, atol=2e-6)


@given(st.integers(1, 30), st.integers(1, 5), st.integers(0, 2**32), st.data())
def test_the_nearest_of_each_are_those_of_each_as_a_query(n, k, seed, data):
    """Without the vector itself and without those that are left out."""
    X = unit(np.random.default_rng(seed).integers(1, 4, (n, 3))).astype(np.float32)
    excluding = np.array(data.draw(st.lists(st.integers(0, n - 1), max_size=n)), np.int64)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(exact_index, "_BLOCK_QUERIES", data.draw(st.sampled_from([1, 4, 256])))
        found = nearest_of_each(X, k=k, excluding=excluding)
    for number, each in enumerate(found):
        others = np.setdiff1d(np.arange(n), [*excluding, number])
        assert len(each.numbers) == min(k, len(others))
        assert set(each.numbers.tolist()) <= set(others.tolist())
        expected = np.sort(plain(X[others], X[number]))[::-1][:k]
        np.testing.assert_allclose(each.similarities, expected, atol=2e-6)


def test_scans_at_once_leave_the_threads_of_other_products_alone():
    """Each scan multiplies in threads of its own and gives back what it found; a second one must not take that over."""
    rows = np.random.default_rng(0).standard_normal((64, 8)).astype(np.float16)
    before = [each["num_threads"] for each in threadpool_info()]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: ExactIndex(rows).similarities(np.eye(8)[0]), range(200)))
    assert [each["num_threads"] for each in threadpool_info()] == before


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
        ExactIndex(np.ones((2, 4), np.float16)).similarities([1, 2, 3])
    with pytest.raises(ArgumentError, match="int64"):
        ExactIndex(np.ones((2, 4), np.int64))
    with pytest.raises(ArgumentError, match="n_threads is 0"):
        ExactIndex(np.ones((2, 4)), n_threads=0)
