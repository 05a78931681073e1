"""The plain functions: fingerprints of files, clusters of vectors."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import imagecluster
from imagecluster.errors import ArgumentError, DecodeError, InputError
from imagecluster.models import DEFAULT_MODEL, MODELS
from imagecluster.records import Fingerprints


def draw(path, seed):
    blocks = np.random.default_rng(seed).integers(0, 256, (4, 5, 3), np.uint8)
    Image.fromarray(blocks).resize((100, 80), Image.Resampling.BICUBIC).save(path)
    return path


def test_fingerprints_keep_the_order_of_the_arguments(tmp_path):
    """Row i belongs to path i as given, not to the order of names; a folder stands for its pictures."""
    z, a = draw(tmp_path / "z.png", 0), draw(tmp_path / "a.png", 1)
    (tmp_path / "more").mkdir()
    m = draw(tmp_path / "more" / "m.png", 2)
    found = imagecluster.fingerprint([z, tmp_path / "more", a])
    assert found.paths == (z, m, a)
    assert found.vectors.shape == (3, 512)
    assert found.vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(found.vectors, axis=1), 1, atol=1e-6)
    assert found.model.startswith("efficientnet-lite1-regions@")


def test_the_order_given_holds_for_any_way_to_write_a_path(tmp_path, monkeypatch):
    """Relative paths, and paths with '..' in them, keep their places too."""
    z, a = draw(tmp_path / "z.png", 0), draw(tmp_path / "a.png", 1)
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    found = imagecluster.fingerprint(["../z.png", "../here/../a.png"])
    assert [path.resolve() for path in found.paths] == [z, a]


def test_one_path_needs_no_list(tmp_path):
    """A single file is taken as one."""
    assert len(imagecluster.fingerprint(str(draw(tmp_path / "a.png", 0))).paths) == 1


def test_a_broken_picture_raises_or_is_left_out_with_a_warning(tmp_path):
    """Nothing is lost silently."""
    good, bad = draw(tmp_path / "a.png", 0), tmp_path / "b.png"
    bad.write_bytes(b"no picture")
    with pytest.raises(DecodeError, match=r"b\.png"):
        imagecluster.fingerprint([good, bad])
    with pytest.warns(UserWarning, match=r"left out .*b\.png"):
        found = imagecluster.fingerprint([good, bad], on_skip="omit")
    assert found.paths == (good,)
    with pytest.raises(ArgumentError, match="on_skip"):
        imagecluster.fingerprint([good], on_skip="ignore")


def test_a_missing_path_is_an_input_error(tmp_path):
    """A folder that does not exist is named."""
    with pytest.raises(InputError, match="nowhere"):
        imagecluster.fingerprint(tmp_path / "nowhere")


def test_clusters_of_vectors_are_numbered_larger_first():
    """Members are row numbers; the rest are singles."""
    X = [[1, 0, 0], [0, 1, 0], [0, 1, 0.01], [0, 1, 0.02], [1, 0.01, 0], [0, 0, 1]]
    found = imagecluster.cluster(X, sim=0.5)
    assert [(c.number, c.members) for c in found.clusters] == [(1, (1, 2, 3)), (2, (0, 4))]
    assert found.singles == (5,)


def test_fingerprints_and_a_kept_dendrogram_are_taken():
    """A second cut needs no second linkage."""
    X = np.random.default_rng(0).standard_normal((50, 8)).astype(np.float32)
    tree = imagecluster.dendrogram(X)
    assert imagecluster.cluster(X, sim=0.3, tree=tree) == imagecluster.cluster(X, sim=0.3)


def test_sim_means_the_same_as_on_the_command_line(tmp_path):
    """The calibrated scale comes with the fingerprints' model; vectors alone, and other distances, have none."""
    found = imagecluster.fingerprint([draw(tmp_path / f"{i}.png", i) for i in range(3)])
    height = {sim: height for height, sim in MODELS[DEFAULT_MODEL].sim_curve}[0.5]
    plain, fitted = imagecluster.cluster(found, sim_scale="relative"), imagecluster.cluster(found)
    assert (plain.sim_scale, fitted.sim_scale, fitted.cut_height) == ("relative", "calibrated", height)
    assert imagecluster.cluster(found, sim_scale="calibrated") == fitted
    of_folder = imagecluster.run(tmp_path, imagecluster.Settings(links="none", page=False)).clusters
    assert (of_folder.sim_scale, of_folder.cut_height) == (fitted.sim_scale, fitted.cut_height)
    assert (
        imagecluster.ImageClusterer(sim=0.3).fit(found).labels_.max()
        == len(imagecluster.cluster(found, sim=0.3).clusters) - 1
    )
    assert imagecluster.cluster(found.vectors).sim_scale == "relative"
    assert imagecluster.cluster(found, method="single").sim_scale == "relative"
    assert plain.cut_height == imagecluster.dendrogram(found).largest_distance / 2
    with pytest.raises(ArgumentError, match="give the Fingerprints that fingerprint"):
        imagecluster.cluster(found.vectors, sim_scale="calibrated")
    with pytest.raises(ArgumentError, match="average linkage of cosine distances without time"):
        imagecluster.cluster(found, method="single", sim_scale="calibrated")
    with pytest.raises(ArgumentError, match="average linkage of cosine distances without time"):
        imagecluster.cluster(found, times_s=[0, 1, 2], sim_scale="calibrated")
    with pytest.raises(ArgumentError, match="it must be 'relative', 'calibrated' or None"):
        imagecluster.cluster(found, sim_scale="absolute")


def test_method_metric_and_diameter_are_taken():
    """A chain is one cluster by single linkage, several by complete linkage, and none of its parts is wide."""
    angle = np.linspace(0, 2, 21)
    X = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    assert [len(c.members) for c in imagecluster.cluster(X, method="single", sim=0.9).clusters] == [21]
    assert len(imagecluster.cluster(X, method="complete", sim=0.9).clusters) > 2
    guarded = imagecluster.cluster(X, method="single", sim=0.9, max_diameter=0.1)
    members = [list(c.members) for c in guarded.clusters]
    assert len(members) > 1
    assert all(1 - (X[rows] @ X[rows].T).min() <= 0.1 for rows in members)
    tree = imagecluster.dendrogram(X, method="ward", metric="euclidean")
    assert imagecluster.cluster(X, method="ward", metric="euclidean") == imagecluster.cluster(X, tree=tree)
    with pytest.raises(ArgumentError, match="ward linkage is defined for the metric euclidean only"):
        imagecluster.dendrogram(X, method="ward")


def test_time_goes_with_metrics_that_do_not_depend_on_the_axes():
    """Ward takes times too; the sum of the differences of coordinates would mean nothing."""
    X, days = [[1.0, 0.0], [0.0, 1.0], [1.0, 0.0], [0.0, 1.0]], [0, 0, 86400, 86400]
    found = imagecluster.cluster(X, method="ward", metric="euclidean", times_s=days, time_weight=0.7)
    assert [c.members for c in found.clusters] == [(0, 1), (2, 3)]
    with pytest.raises(ArgumentError, match="where time counts it must be one of cosine, euclidean, sqeuclidean"):
        imagecluster.cluster(X, metric="cityblock", times_s=days, time_weight=0.7)


def test_a_zero_vector_is_a_point_where_the_metric_has_one():
    """Under euclidean a zero vector has distances, though no direction."""
    found = imagecluster.cluster([[0, 0], [0, 0.1], [0.1, 0], [9, 9]], metric="euclidean")
    assert [c.members for c in found.clusters] == [(0, 1, 2)]


@pytest.mark.parametrize("X", [[1, 2], [["a"]], [[[1.0]]]])
def test_what_is_no_table_of_numbers_is_refused(X):
    """The message says what was got and what is expected."""
    with pytest.raises(ArgumentError, match="n_images, n_dimensions"):
        imagecluster.cluster(X)


@pytest.mark.parametrize("sim", [-0.1, 1.1, float("nan")])
def test_sim_outside_its_range_is_refused(sim):
    """An ArgumentError is a ValueError too."""
    with pytest.raises(ValueError, match="sim"):
        imagecluster.cluster([[1.0, 0.0], [0.0, 1.0]], sim=sim)


def test_fingerprints_are_an_array(tmp_path):
    """NumPy, pandas' way of asking and scikit-learn take them; rows are chosen with their paths."""
    from sklearn.neighbors import NearestNeighbors

    paths = [draw(tmp_path / f"{i}.png", i) for i in range(3)]
    found = imagecluster.fingerprint(paths)
    assert (len(found), found.shape, found.ndim, found.dtype) == (3, found.vectors.shape, 2, np.float32)
    array = np.asarray(found)
    assert array.shape == found.shape
    np.testing.assert_array_equal(array, found.vectors)
    assert np.asarray(found, np.float64).dtype == np.float64
    assert np.array(found) is not found.vectors
    np.testing.assert_array_equal(found[1], found.vectors[1])
    part = found[[2, 0]]
    assert (part.paths, part.model) == ((found.paths[2], found.paths[0]), found.model)
    assert found[np.array([True, False, True])].paths == (found.paths[0], found.paths[2])
    assert found[1:].shape == (2, found.shape[1])
    np.testing.assert_array_equal([row.sum() for row in found], found.vectors.sum(axis=1))
    _, nearest = NearestNeighbors(n_neighbors=1).fit(found).kneighbors(found)
    assert nearest[:, 0].tolist() == [0, 1, 2]
    with pytest.raises(IndexError, match="indexed by row"):
        found[np.zeros((1, 1), int)]


def test_python_cuts_by_branch_as_the_command_line_does():
    """By default on the calibrated scale; flat if asked for, and always on another scale. A kept tree has distances."""
    rng = np.random.default_rng(0)
    vectors = rng.standard_normal((12, 16)).repeat(5, axis=0) + 0.6 * rng.standard_normal((60, 16))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    paths = tuple(Path(f"{i}.jpg") for i in range(60))
    found = Fingerprints(paths, vectors.astype(np.float32), MODELS[DEFAULT_MODEL].identity)
    tree = imagecluster.dendrogram(found)
    by_branch, flat = (imagecluster.cluster(found, cut=cut, tree=tree) for cut in ("branch", "flat"))
    assert (by_branch.cut, flat.cut) == ("branch", "flat")
    assert imagecluster.cluster(found) == by_branch
    assert [c.members for c in by_branch.clusters] != [c.members for c in flat.clusters]
    for cut_by, expected in ((None, by_branch), ("flat", flat)):
        labels = imagecluster.ImageClusterer(cut_by=cut_by).fit_predict(found)
        members = [tuple(np.flatnonzero(labels == i)) for i in range(labels.max() + 1)]
        assert members == [each.members for each in expected.clusters]
    assert imagecluster.cluster(found.vectors).cut == imagecluster.cluster(found, sim_scale="relative").cut == "flat"
    with pytest.raises(ArgumentError, match="a cut by branch is for the calibrated scale"):
        imagecluster.cluster(found.vectors, cut="branch")
    with pytest.raises(ArgumentError, match="it must be 'branch', 'flat' or None"):
        imagecluster.cluster(found, cut="deep")
