"""Time as coordinates, against the kernel itself and against scipy's linkage over the mixed distances."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.cluster.hierarchy import linkage
from scipy.spatial.distance import squareform

from imagecluster import ImageClusterer, cluster, dendrogram
from imagecluster.errors import ArgumentError
from imagecluster.linkage import average_linkage
from imagecluster.linkage import time_kernel as timekernel
from imagecluster.linkage.time_kernel import (
    EXACT_IMAGES,
    FOURIER_DIMENSIONS,
    joint_vectors,
    kernel_error,
    time_features,
)

HOUR_S, DAY_S = 3600.0, 86_400.0
SCALE_S = 6 * HOUR_S


@pytest.fixture(params=["exact", "waves"])
def kind(request, monkeypatch):
    """Both ways to make coordinates, whatever the size of the collection."""
    if request.param == "waves":
        monkeypatch.setattr(timekernel, "is_exact", lambda n_images, n_times: False)
    return request.param


def kernel(times_s, scale_s=SCALE_S):
    return np.exp(-np.abs(np.subtract.outer(times_s, times_s)) / scale_s)


def outings(n, seed=0, n_days=60):
    """Seconds since 1970 of pictures in outings of some hours."""
    rng = np.random.default_rng(seed)
    begin = 1.5e9 + rng.integers(0, n_days, max(1, n // 12)) * DAY_S
    return np.round(rng.choice(begin, n) + rng.exponential(2 * HOUR_S, n))


def content(n, d=24, seed=0):
    rng = np.random.default_rng(seed)
    centres = rng.standard_normal((max(2, n // 10), d))
    return centres[rng.integers(0, len(centres), n)] + 0.4 * rng.standard_normal((n, d))


@given(
    st.lists(st.integers(-4_000_000_000, 4_000_000_000) | st.sampled_from([0, 1, 2, 60, 3600]), max_size=40),
    st.sampled_from([1.0, 600.0, SCALE_S, 14 * DAY_S]),
)
def test_small_collections_have_the_exact_kernel(times_s, scale_s):
    """Any times, in any order, equal ones among them; a coordinate for each different time."""
    times = np.array(times_s, float)
    found = time_features(times, scale_s=scale_s)
    assert found.shape == (len(times), len(set(times_s)))
    np.testing.assert_allclose(found @ found.T, kernel(times, scale_s), atol=1e-6)


def test_many_pictures_of_few_times_have_the_exact_kernel_too():
    """What counts there is the number of coordinates."""
    times = np.repeat(outings(FOURIER_DIMENSIONS), 1 + EXACT_IMAGES // FOURIER_DIMENSIONS)
    assert kernel_error(times, scale_s=SCALE_S, rng=np.random.default_rng(0)).largest < 1e-9


def test_large_collections_have_a_fixed_number_of_coordinates_each_of_its_own_time_only():
    """Another collection changes nothing in a picture's coordinates; they have unit length."""
    many, more = outings(EXACT_IMAGES + 1), outings(EXACT_IMAGES + 500, seed=1)
    more[:100] = many[:100]
    first, second = time_features(many, scale_s=SCALE_S), time_features(more, scale_s=SCALE_S)
    assert first.shape[1] == second.shape[1] == FOURIER_DIMENSIONS
    np.testing.assert_array_equal(first[:100], second[:100])
    np.testing.assert_allclose(np.linalg.norm(first, axis=1), 1, atol=1e-12)


@pytest.mark.parametrize(("nearest", "farthest", "largest"), [(0, 1, 0.03), (1, 30, 0.09), (30, 20_000, 0.31)])
def test_the_error_of_the_waves_is_as_documented(nearest, farthest, largest):
    """Small for near times, that of 128 random waves for far ones."""
    apart = np.linspace(nearest, farthest, 20_000)
    times = np.concatenate([[0.0], apart]) * SCALE_S
    found = time_features(times, scale_s=SCALE_S)
    error = found[1:] @ found[0] - np.exp(-apart)
    assert np.abs(error).max() < largest
    assert np.sqrt((error**2).mean()) < 0.0635


def test_the_reported_error_is_that_of_all_pairs_in_a_small_collection(kind):
    """And of a sample that is always the same in a large one."""
    times = outings(400)
    found = time_features(times, scale_s=SCALE_S)
    pairs = (found @ found.T - kernel(times))[np.triu_indices(len(times), 1)]
    error = kernel_error(times, scale_s=SCALE_S, rng=np.random.default_rng(0))
    assert error.largest == pytest.approx(np.abs(pairs).max(), abs=1e-9)
    assert error.rms == pytest.approx(math.sqrt((pairs**2).mean()), abs=1e-9)
    assert (error.largest < 1e-9) == (kind == "exact")
    large = [kernel_error(outings(5000), scale_s=SCALE_S, rng=np.random.default_rng(0)) for _ in range(2)]
    assert large[0] == large[1]
    assert 0.01 < large[0].rms < 0.07 < large[0].largest < 0.4


@pytest.mark.parametrize("times_s", [[], [5.0], [math.nan, math.nan]])
def test_fewer_than_two_times_have_no_error(times_s):
    """Nothing to compare."""
    assert kernel_error(times_s, scale_s=1.0, rng=np.random.default_rng(0)).largest == 0


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_cosine_is_the_mixture_and_without_a_time_that_of_content(kind, dtype):
    """Both with a time, both without, and one of each; in the precision of the content."""
    X, times, weight = content(60).astype(dtype), outings(60), 0.3
    times[::7] = math.nan
    joint = joint_vectors(X, times, weight=weight, scale_s=SCALE_S)
    assert joint.dtype == dtype
    unit = X / np.linalg.norm(X, axis=1, keepdims=True)
    features = time_features(times, scale_s=SCALE_S)
    share = np.where(np.isnan(times), 1.0, math.sqrt(1 - weight))
    expected = np.outer(share, share) * (unit @ unit.T) + weight * (features @ features.T)
    np.testing.assert_allclose(joint @ joint.T, expected, atol=1e-14 if dtype == np.float64 else 1e-6)
    np.testing.assert_allclose(np.linalg.norm(joint, axis=1), 1, atol=1e-6)


@pytest.mark.parametrize("weight", [0.05, 0.3, 0.7, 1.0])
def test_the_linkage_is_scipys_over_the_mixed_distances(kind, weight):
    """(1 - w) content + w (1 - kernel), the kernel as approximated: the same heights to 1e-9."""
    X, times = content(300), outings(300)
    joint = joint_vectors(X, times, weight=weight, scale_s=SCALE_S)
    unit, features = X / np.linalg.norm(X, axis=1, keepdims=True), time_features(times, scale_s=SCALE_S)
    mixed = (1 - weight) * (1 - unit @ unit.T) + weight * (1 - features @ features.T)
    expected = linkage(squareform(mixed, checks=False), "average")
    np.testing.assert_allclose(average_linkage(joint).merges[:, 2], expected[:, 2], atol=1e-9)


@pytest.mark.parametrize("seed", range(5))
def test_heights_with_the_exact_kernel_differ_by_no_more_than_the_reported_error(kind, seed):
    """What the user is told bounds what the approximation did to the dendrogram."""
    X, times, weight = content(250, seed=seed), outings(250, seed=seed), 0.4
    tree = average_linkage(joint_vectors(X, times, weight=weight, scale_s=SCALE_S))
    unit = X / np.linalg.norm(X, axis=1, keepdims=True)
    mixed = (1 - weight) * (1 - unit @ unit.T) + weight * (1 - kernel(times))
    expected = linkage(squareform(mixed, checks=False), "average")
    error = kernel_error(times, scale_s=SCALE_S, rng=np.random.default_rng(0))
    assert np.abs(tree.merges[:, 2] - expected[:, 2]).max() <= weight * error.largest + 1e-9


def test_where_no_picture_has_a_time_time_changes_nothing():
    """At any weight; nor does a weight of 0 where they have."""
    X = content(80)
    alone = dendrogram(X)
    for times, weight in (([None] * 80, 0.6), ([math.nan] * 80, 1.0), (outings(80), 0.0)):
        with_time = dendrogram(X, times_s=times, time_weight=weight)
        np.testing.assert_array_equal(with_time.order, alone.order)
        np.testing.assert_array_equal(with_time.merges, alone.merges)


def test_pictures_without_a_time_are_grouped_by_content_among_the_others():
    """Two that look alike stay together at any weight below 1; time does not make strangers of them."""
    X, times = content(60, d=64), outings(60)
    X[1] = X[0] + 0.01
    times[:2] = math.nan
    for weight in (0.1, 0.5, 0.9):
        labels = ImageClusterer(sim=0.9, time_weight=weight).fit_predict(X, times_s=times)
        assert labels[0] == labels[1] >= 0


def test_two_trips_to_the_same_places_come_apart():
    """Content alone merges them; with time each subject is two clusters, by function and by estimator."""
    subject, trip = np.repeat(np.arange(6), 8), np.tile(np.repeat([0, 1], 4), 6)
    rng = np.random.default_rng(0)
    X = rng.standard_normal((6, 32))[subject] + 0.1 * rng.standard_normal((48, 32))
    times = trip * 35 * DAY_S + subject * 2 * HOUR_S + rng.integers(0, 600, 48)

    def members(found):
        return {c.members for c in found.clusters}

    by_subject = {tuple(np.flatnonzero(subject == s)) for s in range(6)}
    by_both = {tuple(np.flatnonzero((subject == s) & (trip == t))) for s in range(6) for t in (0, 1)}
    assert members(cluster(X, sim=0.8)) == by_subject
    assert members(cluster(X, sim=0.8, times_s=times, time_weight=0.4)) == by_both
    tree = dendrogram(X, times_s=times, time_weight=0.4)
    assert members(cluster(X, sim=0.8, times_s=times, time_weight=0.4, tree=tree)) == by_both
    estimator = ImageClusterer(sim=0.8, time_weight=0.4)
    labels = estimator.fit_predict(X, times_s=times)
    assert {tuple(np.flatnonzero(labels == label)) for label in set(labels)} == by_both
    assert estimator.n_features_in_ == 32


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"time_weight": -0.1}, "time weight is -0.1"),
        ({"time_weight": math.nan}, "time weight is nan"),
        ({"time_scale_s": 0.0}, "time scale is 0.0 s"),
        ({"time_scale_s": math.inf}, "time scale is inf s"),
        ({"times_s": [0.0, math.inf]}, "to inf s"),
        ({"times_s": [0.0, 1.7e18]}, "must lie within"),
        ({"times_s": [0.0]}, "1 times for 2 vectors"),
        ({"times_s": [[0.0, 1.0]]}, r"times of shape \(1, 2\)"),
        ({"times_s": ["noon", "night"]}, "numbers of seconds"),
    ],
)
def test_arguments_outside_their_range_are_refused(changes, message):
    """The message gives what was got and what is allowed."""
    arguments = {"times_s": [0.0, 1.0], "time_weight": 0.5, "time_scale_s": 60.0} | changes
    with pytest.raises(ArgumentError, match=message):
        cluster(np.eye(2), **arguments)


def test_a_row_without_direction_is_refused_with_its_number():
    """Time does not hide a fingerprint that is no fingerprint."""
    with pytest.raises(ArgumentError, match="row 1 is zero"):
        joint_vectors(np.array([[1.0, 0.0], [0.0, 0.0]]), [0.0, 1.0], weight=0.5, scale_s=60.0)
