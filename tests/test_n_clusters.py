"""Cuts with a requested number of clusters, from the dendrogram to the command line."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import imagecluster
from imagecluster.cli import main
from imagecluster.collection import Settings, open_latest
from imagecluster.cut import cut_height, flat_clusters, nearest_count, sim_for_clusters
from imagecluster.cut.branch import by_branch
from imagecluster.cut.counting import numbers_of_clusters
from imagecluster.cut.diameter import bounded
from imagecluster.cut.sim_scale import calibrated
from imagecluster.errors import ArgumentError
from imagecluster.linkage import average_linkage
from imagecluster.store import Store
from pictures import draw_groups

SCALE = calibrated([(0, 1), (0.3, 0.5), (2, 0)])
BRANCH_SCALE = calibrated([(0, 1), (0.35, 0.5), (2, 0)])


def number(dendrogram, height, min_size):
    """Number of clusters of a flat cut that are large enough."""
    return int((np.bincount(flat_clusters(dendrogram, height)) >= min_size).sum())


@st.composite
def trees(draw):
    """Dendrograms with ties and identical rows, as they are, cut by branch, or bounded."""
    n, seed = draw(st.integers(1, 24)), draw(st.integers(0, 2**32 - 1))
    X = np.random.default_rng(seed).integers(-2, 3, (n, 3)).astype(float)
    X[~X.any(axis=1)] = 1.0
    tree = average_linkage(X)
    kind = draw(st.sampled_from(["distances", "by branch", "bounded"]))
    if kind == "by branch":
        return by_branch(tree, SCALE, BRANCH_SCALE)
    return tree if kind == "distances" else bounded(tree, X, max_diameter=0.4)


@given(trees(), st.integers(1, 9), st.integers(1, 4), st.sampled_from([None, SCALE]))
def test_the_cut_has_that_number_or_the_nearest(tree, n_clusters, min_size, scale):
    """No height gives a nearer number, and no larger height gives the same."""
    heights, numbers = numbers_of_clusters(tree, min_size)
    assert numbers.tolist() == [number(tree, height, min_size) for height in heights]
    sim = sim_for_clusters(tree, n_clusters, min_size=min_size, scale=scale)
    height = cut_height(tree, sim=sim, scale=scale)
    found = number(tree, height, min_size)
    # Float64 sims cannot tell all heights apart; these can.
    assert abs(found - n_clusters) == np.abs(numbers - n_clusters).min()
    assert not (numbers[heights > height] == found).any()


def test_one_of_the_indices_with_few_digits_is_taken():
    """A person can type it again, and it gives the same clusters."""
    X = np.column_stack([np.cos(np.radians([0, 2, 40, 41, 90, 95])), np.sin(np.radians([0, 2, 40, 41, 90, 95]))])
    tree = average_linkage(X)
    for k in (1, 2, 3):
        sim = sim_for_clusters(tree, k, min_size=2)
        assert sim == round(sim, 2)
        assert number(tree, cut_height(tree, sim=sim), 2) == k
    assert sim_for_clusters(tree, 99, min_size=1) == 1.0
    with pytest.raises(ArgumentError, match="n_clusters is 0"):
        sim_for_clusters(tree, 0)
    with pytest.raises(ArgumentError, match="min_size is 0"):
        sim_for_clusters(tree, 1, min_size=0)


def test_another_number_is_said():
    """One sentence, with both numbers."""
    assert nearest_count(3, 3, 2) is None
    assert nearest_count(7, 1, 2) == "no cut has 7 clusters of at least 2 pictures; the nearest number is 1"
    assert nearest_count(1, 2, 1) == "no cut has 1 cluster of at least 1 picture; the nearest number is 2"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Groups of 4, 3 and 2 pictures."""
    return draw_groups(tmp_path_factory.mktemp("sorted") / "pics", (2, 3, 4))


@pytest.mark.parametrize("way", [{}, {"cut": "flat"}, {"sim_scale": "relative"}, {"method": "complete"}])
def test_a_run_has_the_requested_number(folder, way):
    """By every cut and scale; later commands use the similarity index that gave it."""
    for k in (1, 2, 3):
        result = imagecluster.run(folder, Settings(n_clusters=k, links="none", page=False, **way))
        assert (len(result.clusters.clusters), result.n_clusters_requested) == (k, k)
        with Store.open(result.directory, writable=False) as store:
            latest = open_latest(store)
            assert latest.settings.sim == result.clusters.sim
            assert latest.settings.n_clusters is None
            assert [c.members for c in latest.cut().clusters] == [c.members for c in result.clusters.clusters]
    assert imagecluster.run(folder, Settings(links="none", page=False)).n_clusters_requested is None


def test_small_clusters_do_not_count(folder):
    """Only those of at least `min_size` pictures are the K."""
    result = imagecluster.run(folder, Settings(n_clusters=2, min_size=3, links="none", page=False))
    assert sorted(len(cluster.members) for cluster in result.clusters.clusters) == [3, 4]


@pytest.mark.parametrize("n_clusters", [0, -1, 2.5, True, "3"])
def test_a_number_that_cannot_be_is_refused(n_clusters):
    """Before anything is read."""
    with pytest.raises(ArgumentError, match="whole number of 1 or more"):
        Settings(n_clusters=n_clusters)


def test_both_a_number_and_an_index_are_refused(folder, capsys):
    """They may contradict each other."""
    with pytest.raises(ArgumentError, match=r"sim 0\.4 and n_clusters 3; give only one"):
        Settings(sim=0.4, n_clusters=3)
    for command in (["run", str(folder)], ["plot", "clusters", str(folder), "-o", "x.png"]):
        with pytest.raises(SystemExit) as stopped:
            main([*command, "--sim", "0.5", "-n", "3"])
        assert stopped.value.code == 2
        assert "-n/--n-clusters: not allowed with argument --sim" in capsys.readouterr().err


def test_the_command_line_says_when_no_cut_has_that_number(folder, capsys):
    """On standard error, and in the JSON object."""
    options = ["--no-page", "--links", "none"]
    assert main([str(folder), "-n", "2", *options]) == 0
    said = capsys.readouterr()
    assert "no cut has" not in said.err
    assert main([str(folder), "--n-clusters", "30", *options]) == 0
    said = capsys.readouterr()
    assert "no cut has 30 clusters of at least 2 pictures; the nearest number is " in said.err
    assert main([str(folder), "-n", "30", "--json", *options]) == 0
    said = capsys.readouterr()
    found = json.loads(said.out)
    assert found["n_clusters_requested"] == 30
    assert 3 <= found["n_clusters"] < 30


def test_a_plot_has_the_requested_number(folder, tmp_path, capsys):
    """Whatever the latest run had."""
    pytest.importorskip("matplotlib")
    imagecluster.run(folder, Settings(links="none"))
    assert main(["plot", "clusters", str(folder), "-o", str(tmp_path / "a.png"), "-n", "2"]) == 0
    assert capsys.readouterr().err == ""
    assert main(["plot", "curves", str(folder), "-o", str(tmp_path / "b.png"), "-n", "20"]) == 0
    assert "no cut has 20 clusters" in capsys.readouterr().err


def blobs(n_groups=4):
    """Vectors of that many groups of 5."""
    rng = np.random.default_rng(0)
    return np.repeat(rng.standard_normal((n_groups, 12)), 5, axis=0) + 0.02 * rng.standard_normal((5 * n_groups, 12))


def test_vectors_are_cut_into_a_number():
    """By the function and by the estimator, which keeps the similarity index."""
    X = blobs()
    for k in (1, 2, 3, 4):
        found = imagecluster.cluster(X, n_clusters=k)
        estimator = imagecluster.ImageClusterer(n_clusters=k).fit(X)
        assert len(found.clusters) == estimator.labels_.max() + 1 == k
        assert estimator.sim_ == found.sim
        np.testing.assert_array_equal(estimator.cut(found.sim), estimator.labels_)
        assert estimator.predict(X[:3] + 0.01).tolist() == estimator.labels_[:3].tolist()
    assert len(imagecluster.cluster(X, n_clusters=3, max_diameter=0.01, method="complete").clusters) == 3
    assert imagecluster.ImageClusterer(sim=0.3).fit(X).sim_ == 0.3


def test_fingerprints_are_cut_by_branch_into_a_number(folder):
    """As on the command line; new pictures find their cluster."""
    found = imagecluster.fingerprint(folder)
    for way in ("branch", "flat"):
        assert len(imagecluster.cluster(found, n_clusters=3, cut=way).clusters) == 3
        estimator = imagecluster.ImageClusterer(n_clusters=3, cut_by=way).fit(found)
        np.testing.assert_array_equal(estimator.predict(found), estimator.labels_)
    run = imagecluster.run(folder, Settings(n_clusters=3, links="none", page=False))
    assert run.clusters.sim == imagecluster.cluster(found, n_clusters=3).sim


def test_python_warns_when_no_cut_has_that_number():
    """And gives the nearest; a contradiction and a number that cannot be are refused."""
    X = blobs(2)
    with pytest.warns(UserWarning, match=r"no cut has 9 clusters of at least 2 pictures; the nearest number is \d"):
        found = imagecluster.cluster(X, n_clusters=9)
    with pytest.warns(UserWarning, match="no cut has 9 clusters"):
        labels = imagecluster.ImageClusterer(n_clusters=9).fit_predict(X)
    assert labels.max() + 1 == len(found.clusters)
    for call in (imagecluster.cluster, lambda X, **given: imagecluster.ImageClusterer(**given).fit(X)):
        with pytest.raises(ArgumentError, match="give only one of them"):
            call(X, sim=0.7, n_clusters=2)
        with pytest.raises(ArgumentError, match="whole number of 1 or more"):
            call(X, n_clusters=0)
