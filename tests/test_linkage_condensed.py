"""Distances of all pairs against scipy's pdist."""

import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.spatial.distance import pdist

from imagecluster.errors import ArgumentError, MissingExtraError
from imagecluster.linkage import condensed as module
from imagecluster.linkage.condensed import condensed
from imagecluster.linkage.methods import OWN_METRICS
from linkage_samples import TIE_FREE, TIED, sample


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from((*TIE_FREE, *TIED)), st.integers(0, 40), st.integers(3, 9), st.integers(0, 999),
    st.sampled_from(OWN_METRICS), st.sampled_from([np.float32, np.float64, np.int64]),
)  # fmt: skip
def test_equals_pdist(kind: str, n: int, d: int, seed: int, metric: str, dtype: type) -> None:
    """Every metric that needs no scipy gives scipy's distances, in its order."""
    X = sample(kind, n, d, np.random.default_rng(seed))
    X = (X + np.eye(1, d) * 9.0).astype(dtype)
    # Rounded to integers a row may hold one number only: its correlation is 0 / 0, in scipy rounding noise.
    X = X[np.ptp(X, axis=1) > 0]
    expected = pdist(X.astype(np.float64), metric)
    np.testing.assert_allclose(condensed(X, metric), expected, rtol=1e-12, atol=1e-13 * np.abs(X).max(initial=1.0))


@pytest.mark.parametrize("metric", OWN_METRICS)
def test_blocks_and_threads_do_not_matter(metric: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tiles that end anywhere, worked on by several threads, give the same."""
    X = np.random.default_rng(0).standard_normal((101, 7))
    monkeypatch.setattr(module, "BLOCK_ROWS", 8)
    monkeypatch.setattr(module, "BLOCK_COLUMNS", 13)
    given: list[int] = []
    with ThreadPoolExecutor(3) as pool:

        def run(function, items):
            given.append(len(items))
            return list(pool.map(function, items))

        found = condensed(X, metric, run=run)
    np.testing.assert_allclose(found, pdist(X, metric), rtol=1e-12)
    assert max(given) == 13


@pytest.mark.parametrize("metric", ["euclidean", "sqeuclidean", "cosine", "correlation"])
def test_nearly_equal_rows_keep_their_digits(metric: str) -> None:
    """Distances of 1e-9 among long vectors far from 0 are right, where a matrix product alone would give noise."""
    rng = np.random.default_rng(0)
    X = 7.0 * rng.standard_normal(20) + 1e-9 * rng.standard_normal((30, 20))
    X[-1] += 1.0
    exact = X.astype(np.longdouble)
    if metric == "correlation":
        exact -= exact.mean(axis=1, keepdims=True)
    if metric in ("cosine", "correlation"):
        exact /= np.sqrt((exact**2).sum(axis=1, keepdims=True))
    i, j = np.triu_indices(len(X), 1)
    squared = ((exact[i] - exact[j]) ** 2).sum(axis=1)
    expected = {"euclidean": np.sqrt(squared), "sqeuclidean": squared}.get(metric, squared / 2).astype(np.float64)
    np.testing.assert_allclose(condensed(X, metric), expected, rtol=1e-5)


def test_identical_rows_are_at_exactly_0() -> None:
    """No rounding error keeps copies apart."""
    X = np.repeat(np.random.default_rng(0).standard_normal((40, 33)), 2, axis=0)
    i, j = np.triu_indices(80, 1)
    for metric in OWN_METRICS:
        found = condensed(X, metric)
        assert not found[(i // 2 == j // 2)].any()
        assert found[(i // 2 != j // 2)].all()


def test_a_metric_of_scipy_without_scipy_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    """The message gives the command that installs it, and what there is without."""
    monkeypatch.setitem(sys.modules, "scipy.spatial.distance", None)
    with pytest.raises(MissingExtraError, match=r"-m pip install 'scipy>=.*euclidean"):
        condensed(np.eye(3), "canberra")


def test_pairs_that_a_metric_of_scipy_cannot_measure_are_named() -> None:
    """Where scipy gives NaN or refuses, the rows or its reason are in the message."""
    X: NDArray[np.float64] = np.random.default_rng(0).random((6, 4))
    X[2] = X[5] = 0.0
    with pytest.raises(ArgumentError, match="rows 2 and 5 have no distance in the metric 'braycurtis'"):
        condensed(X, "braycurtis")
    with pytest.raises(ArgumentError, match="no distances in the metric 'mahalanobis'"):
        condensed(np.eye(3), "mahalanobis")
