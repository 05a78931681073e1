"""Scales of sim: there and back, strict, with the ends where they belong; outliers move only the relative one."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from imagecluster import cut as cuts
from imagecluster.cut.sim_scale import calibrated, closeness, relative
from imagecluster.errors import ArgumentError
from imagecluster.linkage import average_linkage
from imagecluster.models import DEFAULT_MODEL, MODELS

CURVED = [model for model in MODELS.values() if model.sim_curve]
CURVE = ((0.0, 1.0), (0.1, 0.9), (0.3, 0.75), (0.5, 0.5), (0.8, 0.25), (2.0, 0.0))


def points_between(heights: list[float], middle_sims: list[float]) -> list[tuple[float, float]]:
    """Strictly falling points between the ends."""
    return list(zip(sorted(set(heights)), sorted(set(middle_sims), reverse=True), strict=False))


thousandths = st.integers(1, 999).map(lambda n: n / 1000)
inner = st.builds(points_between, st.lists(thousandths, max_size=6), st.lists(thousandths, max_size=6))
scales = st.one_of(inner.map(lambda points: calibrated([(0, 1), *points, (2, 0)])), st.floats(1e-3, 2.0).map(relative))
sims = st.floats(0, 1)


@given(scales, st.lists(st.floats(0, 2), min_size=2))
def test_words_go_from_identical_to_loose(scale, heights):
    """The higher the looser; bounds are sims, so that a calibrated scale's words do not depend on the collection."""
    words = ["identical", "nearly identical", "very close", "close", "alike", "loose"]
    found = [words.index(closeness(height, scale)) for height in sorted(heights)]
    assert found == sorted(found)
    assert closeness(0.0, scale) == "identical"
    for sim, word in ((0.95, words[1]), (0.8, words[2]), (0.6, words[3]), (0.3, words[4]), (0.2, words[5])):
        assert closeness(scale.height(sim), scale) == word


def blobs(n_outliers: int) -> np.ndarray:
    """Six groups of five near copies, and pictures unlike all others and each other."""
    rng = np.random.default_rng(0)
    things = np.repeat(np.abs(rng.standard_normal((6, 40))), 5, axis=0) + 0.4 * rng.standard_normal((30, 40))
    outliers = -3 * np.abs(rng.standard_normal((n_outliers, 40))) * rng.integers(0, 2, (n_outliers, 40))
    return np.concatenate([things, outliers])


def partition(labels: np.ndarray) -> set[frozenset[int]]:
    """Groups of rows with equal labels."""
    return {frozenset(np.flatnonzero(labels == label).tolist()) for label in np.unique(labels)}


@given(scales, st.floats(0, 1), st.integers(0, 3))
def test_a_height_has_a_largest_sim(scale, share, n_below):
    """Its cut is not below the height, and that of the next number is; just below the top too."""
    top = float(scale.heights[-1])
    for height in (share * top, top - n_below * float(np.spacing(top))):
        sim = scale.largest_sim_at(height)
        assert scale.height(sim) >= height
        assert sim == 1.0 or scale.height(float(np.nextafter(sim, 2.0))) < height or scale.sim(height) == sim


@given(scales, sims)
def test_height_and_sim_are_inverse(scale, sim):
    """There and back is where it began, up to rounding."""
    assert scale.sim(scale.height(sim)) == pytest.approx(sim, abs=1e-9)


@given(scales, sims, sims)
def test_more_similar_is_strictly_lower(scale, one, other):
    """A larger sim never cuts higher, and cuts lower where the two can be told apart."""
    low, high = sorted((one, other))
    assert scale.height(high) <= scale.height(low)
    if high - low > 1e-6:
        assert scale.height(high) < scale.height(low)


@given(scales, st.lists(sims, min_size=1, max_size=5))
def test_arrays_are_mapped_element_by_element(scale, values):
    """A slider asks for many at once."""
    heights = scale.height(np.array(values))
    assert heights.tolist() == [scale.height(value) for value in values]
    assert scale.sim(heights).tolist() == [scale.sim(height) for height in heights.tolist()]


@given(scales)
def test_the_ends_are_identical_pictures_and_the_root(scale):
    """1 is distance 0; 0 is the last point of the scale."""
    assert scale.height(1.0) == 0.0 and scale.sim(0.0) == 1.0
    assert scale.height(0.0) == scale.heights[-1] and scale.sim(scale.heights[-1]) == 0.0


def test_the_points_of_a_curve_are_met_exactly():
    """What was fitted is what is used."""
    scale = calibrated(CURVE)
    for height, sim in CURVE:
        assert scale.height(sim) == height and scale.sim(height) == sim
    assert scale.height(0.825) == pytest.approx(0.2)


@given(sims, st.floats(0, 2))
def test_the_relative_scale_is_the_originals(sim, largest):
    """Bit by bit: largest distance x (1 - sim)."""
    assert relative(largest).height(sim) == largest * (1.0 - sim)


@pytest.mark.parametrize(
    "points",
    [
        [],
        [(0, 1)],
        [(0, 1), (1, 0)],
        [(0, 0.9), (2, 0)],
        [(0, 1), (2, 0.1)],
        [(0, 1), (0.5, 0.5), (0.5, 0.4), (2, 0)],
        [(0, 1), (0.5, 0.5), (0.6, 0.5), (2, 0)],
        [(0, 1), (0.6, 0.5), (0.5, 0.6), (2, 0)],
        [(0, 1), (float("nan"), 0.5), (2, 0)],
        [1, 0],
    ],
)
def test_a_curve_that_is_not_strict_is_refused(points):
    """It could not be inverted, or would not have its ends."""
    with pytest.raises(ArgumentError, match="a curve of sim must go strictly from"):
        calibrated(points)


@pytest.mark.parametrize("sim", [-0.01, 1.01, float("nan")])
def test_sim_outside_its_range_is_refused(sim):
    """On every scale, alone and in an array."""
    for scale in (calibrated(CURVE), relative(0.7)):
        with pytest.raises(ArgumentError, match="it must be from 0"):
            scale.height(sim)
        with pytest.raises(ArgumentError, match="it must be from 0"):
            scale.height(np.array([0.5, sim]))


@pytest.mark.parametrize("model", CURVED, ids=lambda model: model.name)
def test_the_curve_of_a_model_is_a_scale(model):
    """Every shipped curve is strict and has its ends, and the default model has one."""
    assert calibrated(model.sim_curve).height(0.5) > 0
    assert MODELS[DEFAULT_MODEL] in CURVED


def test_outliers_move_no_cluster_of_the_rest_on_the_calibrated_scale():
    """Ten odd pictures leave the clusters of the others alone; on the relative scale they do not."""
    alone, crowded = blobs(0), blobs(10)
    before, after = average_linkage(alone), average_linkage(crowded)
    scale = calibrated(CURVE)
    changed = []
    for sim in np.linspace(0.2, 0.95, 16):
        kept = partition(cuts.cut(before, sim=sim, scale=scale))
        assert partition(cuts.cut(after, sim=sim, scale=scale)[:30]) == kept
        changed.append(partition(cuts.cut(after, sim=sim)[:30]) != partition(cuts.cut(before, sim=sim)))
    assert any(changed)


@given(st.integers(0, 50), st.integers(2, 20), st.integers(1, 25))
def test_sim_for_a_number_of_clusters_is_the_inverse_of_the_cut(seed, n, n_clusters):
    """On the calibrated scale as on the relative one: at most so many, and no larger sim gives as few."""
    tree = average_linkage(np.random.default_rng(seed).standard_normal((n, 4)))
    for scale in (calibrated(CURVE), relative(tree.largest_distance)):
        sim = cuts.sim_for_n_clusters(tree, n_clusters, scale=scale)
        assert len(np.unique(cuts.cut(tree, sim=sim, scale=scale))) <= n_clusters
        if sim + 1e-9 < 1.0:
            assert len(np.unique(cuts.cut(tree, sim=sim + 1e-9, scale=scale))) > n_clusters


def test_nothing_is_left_apart_at_the_bottom_of_the_scale():
    """Opposite vectors, whose distance can be more than 2 by rounding, are together at sim 0."""
    vectors = np.array([[0.1, 0.2, 0.3], [-0.1, -0.2, -0.3], [0.3, -0.1, 0.2]])
    tree = average_linkage(vectors)
    assert len(np.unique(cuts.cut(tree, sim=0.0, scale=calibrated(CURVE)))) == 1


def test_clusters_say_their_scale():
    """A number without its scale says nothing."""
    vectors = np.eye(3)
    tree = average_linkage(vectors)
    found = cuts.clusters(tree, vectors, cuts.Cut(sim=0.5, scale=calibrated(CURVE)), path_order=range(3))
    assert found.sim_scale == "calibrated" and found.cut_height == 0.5
    assert cuts.clusters(tree, vectors, cuts.Cut(sim=0.5), path_order=range(3)).sim_scale == "relative"
