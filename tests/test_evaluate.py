"""Scores of retrieval and of all cuts, against scikit-learn, against definitions, and by hand."""

from dataclasses import replace

import numpy as np
import pytest
import sklearn.metrics
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from imagecluster import cut
from imagecluster.errors import ArgumentError
from imagecluster.evaluate import DISTRACTOR, SCORES, UNLABELLED, curve, labelling, retrieval
from imagecluster.evaluate.chance import expected_information
from imagecluster.evaluate.ranking import bootstrap_interval
from imagecluster.linkage import average_linkage


def unit(X):
    return X / np.linalg.norm(X, axis=1, keepdims=True)


def bcubed(classes, clusters):
    """B-cubed precision and recall by their definition: means over the items."""
    same_class, same_cluster = classes[:, None] == classes, clusters[:, None] == clusters
    both = (same_class & same_cluster).sum(axis=1)
    return float((both / same_cluster.sum(axis=1)).mean()), float((both / same_class.sum(axis=1)).mean())


def pairs(classes, clusters):
    """Pair precision and recall by scikit-learn's table of pairs, in which each pair is counted twice."""
    (_, false_joined), (false_parted, joined) = sklearn.metrics.cluster.pair_confusion_matrix(classes, clusters)
    together, same = joined + false_joined, joined + false_parted
    return joined / together if together else 1.0, joined / same if same else 1.0


def reference(classes, clusters):
    """All scores of one partition by scikit-learn and by definition."""
    pair_precision, pair_recall = pairs(classes, clusters)
    homogeneity, completeness, v_measure = sklearn.metrics.homogeneity_completeness_v_measure(classes, clusters)
    precision, recall = bcubed(classes, clusters)
    return {
        "ari": sklearn.metrics.adjusted_rand_score(classes, clusters),
        "ami": sklearn.metrics.adjusted_mutual_info_score(classes, clusters),
        "v_measure": v_measure,
        "homogeneity": homogeneity,
        "completeness": completeness,
        "bcubed_f1": 2 * precision * recall / (precision + recall),
        "bcubed_precision": precision,
        "bcubed_recall": recall,
        "pair_precision": pair_precision,
        "pair_recall": pair_recall,
    }


def as_scored(labels):
    """Classes of the scored leaves with a class of its own for each distractor, and which leaves those are."""
    classes = labels.copy()
    alone = np.flatnonzero(labels == DISTRACTOR)
    classes[alone] = 1000 + np.arange(len(alone))
    return classes, labels != UNLABELLED


@pytest.mark.parametrize("seed", range(40))
def test_every_cut_scores_as_in_scikit_learn(seed):
    """All scores of all distinct cuts, with unlabelled leaves, distractors, single-member classes and ties."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 40))
    X = rng.standard_normal((n, 3))
    X[rng.random(n) < 0.3] = X[0]
    labels = rng.integers(DISTRACTOR, rng.integers(1, 6), n)
    labels[0] = 0
    dendrogram = average_linkage(X)
    found = curve(dendrogram, labels)
    assert tuple(found.scores) == SCORES
    classes, scored = as_scored(labels)
    assert found.n_scored == scored.sum()
    for place, height in enumerate(found.height):
        clusters = cut.flat_clusters(dendrogram, height)
        assert found.n_clusters[place] == len(set(clusters))
        assert found.n_singles[place] == found.n_singles_at(height) == (np.bincount(clusters) == 1).sum()
        expected = reference(classes[scored], clusters[scored])
        for name, value in expected.items():
            assert found.scores[name][place] == pytest.approx(value, abs=1e-9), name
        assert found.at(height) == {name: found.scores[name][place] for name in SCORES}


def test_the_cuts_are_all_that_a_height_can_make():
    """Each different partition of heights from 0 once: merges at height 0 and merges of equal height stand together."""
    X = np.array([[1, 0], [2, 0], [1, 1], [0, 1], [0, 3], [-1, 1]])
    dendrogram = average_linkage(X)
    found = curve(dendrogram, np.zeros(6, int))
    heights = [0.0, *dendrogram.merges[:, 2]]
    partitions = {tuple(cut.flat_clusters(dendrogram, height)) for height in heights}
    assert len(found.height) == len(partitions)
    assert found.height[0] == 0
    assert found.n_clusters[0] == 4
    assert (np.diff(found.height) > 0).all()
    assert found.n_clusters_at(2.0) == 1


def test_bcubed_of_a_hand_worked_example():
    """Clusters {a a a b} and {b b c}.

    Of the four in the first cluster, three share their class with 3 of 4 and one with 1 of 4; of the three in the
    second, two share it with 2 of 3 and one with 1 of 3: precision (3 x 3/4 + 1/4 + 2 x 2/3 + 1/3) / 7. Class b is
    split 1 to 2: recall (3 x 1 + 1/3 + 2 x 2/3 + 1) / 7.
    """
    X = np.array([[1, 0]] * 4 + [[0, 1]] * 3, float)
    found = curve(average_linkage(X), np.array([0, 0, 0, 1, 1, 1, 2]))
    assert found.n_clusters.tolist() == [2, 1]
    assert found.scores["bcubed_precision"][0] == pytest.approx((9 / 4 + 1 / 4 + 4 / 3 + 1 / 3) / 7)
    assert found.scores["bcubed_recall"][0] == pytest.approx((3 + 1 / 3 + 4 / 3 + 1) / 7)
    assert found.scores["bcubed_precision"][1] == pytest.approx((9 + 9 + 1) / 49)
    assert found.scores["bcubed_recall"][1] == 1


def test_the_best_cut_lies_in_the_middle_of_its_heights():
    """Two far groups of two: perfect from the height of the looser pair up to the root's."""
    X = np.array([[1, 0], [1, 0.1], [0, 1], [0.3, 1]])
    dendrogram = average_linkage(X)
    best = curve(dendrogram, np.array([0, 0, 1, 1])).best("ari")
    assert (best.value, best.n_clusters) == (1.0, 2)
    assert best.low == dendrogram.merges[1, 2]
    assert best.high == dendrogram.merges[2, 2]
    assert best.height == (best.low + best.high) / 2
    recall = curve(dendrogram, np.array([0, 1, 0, 1])).best("bcubed_recall")
    assert (recall.low, recall.high, recall.height) == (dendrogram.merges[2, 2], np.inf, dendrogram.merges[2, 2])
    with pytest.raises(ArgumentError, match="bcubed_f1"):
        curve(dendrogram, np.array([0, 0, 1, 1])).best("f1")


def test_a_plateau_of_equal_scores_is_cut_in_its_longest_part():
    """Merges among unlabelled leaves change no score: they do not end the stretch."""
    X = np.array([[1, 0], [1, 0.1], [0, 1], [0.3, 1], [-1, 0.1], [-1, -0.6]])
    dendrogram = average_linkage(X)
    best = curve(dendrogram, np.array([0, 0, 1, 1, UNLABELLED, UNLABELLED])).best("ari")
    heights = dendrogram.merges[:, 2]
    assert best.value == 1
    assert np.count_nonzero((heights > best.low) & (heights < best.high)) > 0


@given(st.lists(st.integers(1, 6), min_size=1, max_size=6), st.data())
def test_expected_information_is_the_mean_over_all_permutations(class_sizes, data):
    """Of a cluster of any size; by the hypergeometric probabilities, one by one."""
    from math import comb, log

    n = sum(class_sizes)
    a = data.draw(st.integers(1, n))
    expected = 0.0
    for b in class_sizes:
        for both in range(max(1, a + b - n), min(a, b) + 1):
            probability = comb(b, both) * comb(n - b, a - both) / comb(n, a)
            expected += probability * both / n * log(n * both / (a * b))
    (found,) = expected_information(np.array([a]), np.array(class_sizes), n)
    assert found == pytest.approx(expected, abs=1e-12)


def test_rare_counts_that_are_left_out_do_not_matter():
    """Large clusters and classes, where most counts have no probability: equal to scikit-learn."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((3000, 4))
    labels = (rng.integers(0, 3, 3000) + 3 * (X[:, 0] > 0)).astype(int)
    dendrogram = average_linkage(X.astype(np.float32))
    found = curve(dendrogram, labels)
    for n_clusters in (2, 5, 60):
        height = cut.height_for_n_clusters(dendrogram, n_clusters)
        expected = sklearn.metrics.adjusted_mutual_info_score(labels, cut.flat_clusters(dendrogram, height))
        assert found.at(height)["ami"] == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("seed", range(25))
def test_average_precision_is_that_of_scikit_learn(seed):
    """Also with equal pictures, which share a place; unlabelled ones are not searched, distractors are."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(2, 60))
    X = rng.integers(-2, 3, (n, 3)).astype(np.float32)
    X[(X == 0).all(axis=1)] = 1
    labels = rng.integers(DISTRACTOR, rng.integers(1, 6), n)
    found = retrieval(X, labels, ks=(1, 3), n_threads=1)
    similarity = np.rint(unit(X.astype(float)) @ unit(X.astype(float)).T * 2**20)
    precisions, hits = [], []
    for query in range(n):
        others = np.flatnonzero((np.arange(n) != query) & (labels != UNLABELLED))
        right = labels[others] == labels[query]
        if labels[query] >= 0 and right.any():
            score = similarity[query, others]
            precisions.append(sklearn.metrics.average_precision_score(right, score))
            hits.append(np.count_nonzero(~right & (score >= score[right].max())))
    assert found.n_queries == len(precisions)
    if precisions:
        assert found.recall[1] == pytest.approx(np.mean(np.array(hits) < 1))
        assert found.recall[3] == pytest.approx(np.mean(np.array(hits) < 3))
        assert found.mean_average_precision == pytest.approx(np.mean(precisions), abs=1e-6)
    else:
        assert np.isnan(found.mean_average_precision)


def test_who_asks_and_who_is_asked():
    """Single members, distractors and unlabelled pictures ask nothing; only the unlabelled ones are not searched."""
    X = np.array([[1, 0, 0], [1, 0.5, 0], [1, 0.2, 0], [1, 0.1, 0], [1, 0.3, 0]])
    labels = np.array([0, 0, 1, DISTRACTOR, UNLABELLED])
    found = retrieval(X, labels, ks=(1, 2, 3))
    assert (found.n_queries, found.n_candidates, found.n_alone) == (2, 3, 1)
    # The first picture meets the distractor and the single one before its partner, the second one the single one and
    # the distractor before its partner: third place both times.
    assert found.mean_average_precision == pytest.approx(1 / 3)
    assert found.recall == {1: 0.0, 2: 0.0, 3: 1.0}


def test_some_pictures_may_be_searched_for_among_all():
    """`queries` restricts who asks, not who is found."""
    rng = np.random.default_rng(0)
    X, labels = rng.standard_normal((60, 5)), rng.integers(0, 5, 60)
    asked = np.arange(60) < 20
    some = retrieval(X, labels, queries=asked)
    rest = retrieval(X, labels, queries=~asked)
    whole = retrieval(X, labels)
    assert some.n_queries + rest.n_queries == whole.n_queries
    total = some.n_queries * some.mean_average_precision + rest.n_queries * rest.mean_average_precision
    assert total / whole.n_queries == pytest.approx(whole.mean_average_precision)


@given(hnp.arrays(np.int64, 30, elements=st.integers(-2, 3)), st.integers(0, 1000))
def test_scores_do_not_depend_on_the_order_of_the_rows(labels, seed):
    """Retrieval and clustering see sets."""
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((30, 4))
    X[:5] = X[5]
    labels[0] = 0
    order = rng.permutation(30)
    one, other = retrieval(X, labels), retrieval(X[order], labels[order])
    np.testing.assert_allclose(one.mean_average_precision, other.mean_average_precision, rtol=1e-6)
    np.testing.assert_allclose(list(one.recall.values()), list(other.recall.values()))
    first, second = curve(average_linkage(X), labels), curve(average_linkage(X[order]), labels[order])
    for name in SCORES:
        assert first.best(name).value == pytest.approx(second.best(name).value, abs=1e-9)


def test_blocks_and_threads_change_nothing(monkeypatch):
    """The same figures for any size of the blocks."""
    rng = np.random.default_rng(1)
    X, labels = rng.standard_normal((200, 6)), rng.integers(-2, 8, 200)
    whole = retrieval(X, labels, n_threads=1)
    seen = []
    monkeypatch.setattr("imagecluster.evaluate.ranking._BLOCK_NUMBERS", 1000)
    blocked = retrieval(X, labels, n_threads=3, progress=seen.append)
    assert blocked.mean_average_precision == pytest.approx(whole.mean_average_precision, abs=1e-6)
    assert blocked.recall == whole.recall
    assert seen[-1] == 1 and seen == sorted(seen) and len(seen) > 10


def test_the_interval_holds_the_mean_and_is_the_same_again():
    """The bootstrap draws from a generator of its own, or the one given."""
    rng = np.random.default_rng(2)
    X, labels = rng.standard_normal((100, 3)), rng.integers(0, 5, 100)
    found = retrieval(X, labels)
    low, high = found.interval
    assert low < found.mean_average_precision < high
    assert retrieval(X, labels).interval == found.interval
    values = rng.random(50)
    assert bootstrap_interval(values) == bootstrap_interval(values)
    assert bootstrap_interval(values, rng=np.random.default_rng(5)) != bootstrap_interval(values)


def test_labels_become_numbers():
    """Classes in the order of their names; None and empty are unlabelled."""
    found = labelling(["b", "a", None, "", "junk", "b"], distractors=["junk"])
    assert found.numbers.tolist() == [1, 0, UNLABELLED, UNLABELLED, DISTRACTOR, 1]
    assert found.names == ("a", "b")
    assert (found.counts.tolist(), found.n_unlabelled, found.n_distractors) == ([1, 2], 2, 1)


@pytest.mark.parametrize(
    ("labels", "message"),
    [([0, 1], "3 pictures"), ([0.0, 1, 2], "whole number"), ([0, 1, -3], "-3 is not allowed")],
)
def test_labels_that_cannot_be_are_refused(labels, message):
    """The message says what was got and what is expected."""
    X = np.eye(3)
    with pytest.raises(ArgumentError, match=message):
        retrieval(X, np.array(labels))
    with pytest.raises(ArgumentError, match=message):
        curve(average_linkage(X), np.array(labels))


def test_what_cannot_be_scored_is_refused():
    """No class at all, rows without direction, lists of no length."""
    with pytest.raises(ArgumentError, match="no picture has a class"):
        curve(average_linkage(np.eye(3)), np.array([UNLABELLED, UNLABELLED, DISTRACTOR]))
    dendrogram = average_linkage(np.eye(3))
    merges = dendrogram.merges.copy()
    merges[:, 2] = [0.5, 0.4]
    with pytest.raises(ArgumentError, match="lower than one before"):
        curve(replace(dendrogram, merges=merges), np.zeros(3, int))
    X = np.eye(3)
    X[1] = 0
    with pytest.raises(ArgumentError, match="row 1 has length 0"):
        retrieval(X, np.zeros(3, int))
    with pytest.raises(ArgumentError, match="ks is"):
        retrieval(np.eye(3), np.zeros(3, int), ks=(0, 1))
    with pytest.raises(ArgumentError, match="a bool for each"):
        retrieval(np.eye(3), np.zeros(3, int), queries=np.ones(2, bool))
