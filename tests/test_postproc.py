"""The original's output: folders of links and plots of clusters."""

import os
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from imagecluster import calc, io, postproc
from imagecluster.errors import ArgumentError, MemoryLimitError, MissingExtraError, OutputError
from imagecluster.store import Store
from original_samples import save

matplotlib = pytest.importorskip("matplotlib")
matplotlib.use("Agg")


@pytest.fixture(autouse=True)
def closed_figures():
    yield
    postproc.plt.close("all")


@pytest.fixture
def sorted_pictures(tmp_path):
    """A folder of seven pictures, their arrays, and clusters of 2, 2 and 3."""
    colours = [(200, 0, 0), (0, 200, 0), (0, 0, 200)]
    for i in range(7):
        save(tmp_path / "pics" / f"{i}.png", colours[i % 3])
    images = io.read_images(tmp_path / "pics", (12, 8))
    names = list(images)
    return images, {2: [names[1::3], names[2::3]], 3: [names[0::3]]}


def links_of(folder: Path) -> dict[str, str]:
    return {str(p.relative_to(folder)): os.path.realpath(p) for p in folder.rglob("*") if p.is_symlink()}


def test_links_lie_in_folders_by_size(tmp_path, sorted_pictures, capsys):
    """cluster_with_N/cluster_i/name, each a link to its picture; the folder is printed."""
    _, clusters = sorted_pictures
    assert postproc.make_links(clusters, str(tmp_path / "clusters")) is None
    assert capsys.readouterr().out == f"cluster dir: {tmp_path / 'clusters'}\n"
    found = links_of(tmp_path / "clusters")
    assert found == {
        f"cluster_with_{size}/cluster_{i}/{Path(name).name}": os.path.realpath(name)
        for size, group in clusters.items() for i, cluster in enumerate(group) for name in cluster
    }  # fmt: skip
    postproc.make_links({2: clusters[2][:1]}, tmp_path / "clusters")
    assert len(links_of(tmp_path / "clusters")) == 2


def test_a_folder_that_is_not_ours_is_never_removed(tmp_path, sorted_pictures):
    """The original deleted whatever it was given."""
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "thesis.txt").write_text("years of work")
    with pytest.raises(OutputError, match="not built by imagecluster"):
        postproc.make_links(sorted_pictures[1], mine)
    assert (mine / "thesis.txt").read_text() == "years of work"


def test_colliding_names_are_all_linked(tmp_path):
    """The original lost all but one."""
    names = [os.fspath(save(tmp_path / folder / "a.png", (i, 0, 0))) for i, folder in enumerate("xyz")]
    postproc.make_links({3: [names]}, tmp_path / "clusters")
    found = links_of(tmp_path / "clusters")
    assert sorted(Path(link).name for link in found) == ["a.png", "a_2.png", "a_3.png"]
    assert set(found.values()) == {os.path.realpath(name) for name in names}


def test_a_picture_that_is_gone_is_warned_of(tmp_path, sorted_pictures):
    """And the others are linked."""
    _, clusters = sorted_pictures
    Path(clusters[2][0][0]).unlink()
    with pytest.warns(UserWarning, match="the file is gone"):
        postproc.make_links(clusters, tmp_path / "clusters")
    assert len(links_of(tmp_path / "clusters")) == 6


def test_a_database_may_be_made_where_links_were_made_first(tmp_path, sorted_pictures):
    """`make_links(clusters, 'pics/imagecluster/clusters')` comes before any database in the detailed example."""
    postproc.make_links(sorted_pictures[1], tmp_path / "pics" / "imagecluster" / "clusters")
    with Store.open(tmp_path / "pics" / "imagecluster", root=tmp_path / "pics"):
        assert len(links_of(tmp_path / "pics" / "imagecluster" / "clusters")) == 7


def test_each_cluster_is_a_column(sorted_pictures):
    """The smallest size first, white below shorter ones."""
    images, clusters = sorted_pictures
    fig, ax = postproc.plot_clusters(clusters, images)
    (drawn,) = ax.get_images()
    array = np.asarray(drawn.get_array())
    assert (array.shape, array.dtype) == ((3 * 8, 3 * 12, 3), np.uint8)
    for x, column in enumerate([*clusters[2], *clusters[3]]):
        for y, name in enumerate(column):
            np.testing.assert_array_equal(array[y * 8 : y * 8 + 8, x * 12 : x * 12 + 12], images[name])
    assert (array[16:, :24] == 255).all()
    assert ax.figure is fig
    assert not ax.axison


def test_large_clusters_are_left_out_on_request(sorted_pictures):
    """`max_csize` counts pictures."""
    images, clusters = sorted_pictures
    _, ax = postproc.plot_clusters(clusters, images, max_csize=2)
    assert np.asarray(ax.get_images()[0].get_array()).shape == (2 * 8, 2 * 12, 3)
    with pytest.raises(ArgumentError, match="no cluster to plot"):
        postproc.plot_clusters(clusters, images, max_csize=1)
    with pytest.raises(ArgumentError, match="no cluster to plot"):
        postproc.plot_clusters({}, images)


def test_the_memory_limit_is_that_of_the_array(sorted_pictures):
    """3 x 3 pictures of 8 x 12 x 3 bytes are 2592."""
    images, clusters = sorted_pictures
    postproc.plot_clusters(clusters, images, mem_limit=2592)
    with pytest.raises(MemoryLimitError, match="mem_limit"):
        postproc.plot_clusters(clusters, images, mem_limit=2591)


def test_pictures_that_do_not_fit_the_clusters_are_refused(sorted_pictures):
    """Missing ones by name, and those of several shapes."""
    images, clusters = sorted_pictures
    name = clusters[2][0][0]
    with pytest.raises(ArgumentError, match="not in images"):
        postproc.plot_clusters(clusters, {k: v for k, v in images.items() if k != name})
    with pytest.raises(ArgumentError, match="different shapes"):
        postproc.plot_clusters(clusters, {**images, name: images[name][:4]})


def test_visualize_shows_the_plot(sorted_pictures, monkeypatch):
    """And gives nothing back."""
    images, clusters = sorted_pictures
    shown = []
    monkeypatch.setattr(postproc.plt, "show", lambda: shown.append(len(postproc.plt.get_fignums())))
    assert postproc.visualize(clusters, images, max_csize=2) is None
    assert shown == [1]


def test_the_dendrogram_has_an_axis_of_sim():
    """A merge at half of the largest distance lies at sim 0.5; the cut is marked."""
    _, extra = calc.cluster({"a": [0.0], "b": [1.0], "c": [2.0]}, extra_out=True, print_stats=False)
    fig, ax = postproc.plot_dendrogram(extra, sim=0.4)
    assert ax.get_xlabel() == "sim"
    (branches,) = [c for c in ax.collections if len(c.get_segments()) == 2 and len(c.get_segments()[0]) == 4]
    assert sorted({round(float(segment[1][0]), 6) for segment in branches.get_segments()}) == [0.25, 0.5]
    assert [line.get_xdata()[0] for line in ax.lines] == [0.4]
    assert fig.get_size_inches()[1] >= 2


def test_the_dendrogram_shows_pictures_and_names(sorted_pictures):
    """In the order of the leaves, which is not that of the fingerprints."""
    images, _ = sorted_pictures
    fingerprints = {name: image.mean(axis=(0, 1)) for name, image in images.items()}
    _, extra = calc.cluster(fingerprints, extra_out=True, print_stats=False)
    fig, _ = postproc.plot_dendrogram(extra, images, max_leaves=4)
    strip = fig.axes[1]
    assert len(strip.get_images()) == 1
    assert len(strip.texts) == 4
    fig, _ = postproc.plot_dendrogram(extra, images)
    written = [text.get_text() for text in fig.axes[1].texts]
    assert sorted(written) == sorted(Path(name).name for name in images)
    colours = [int(name[0]) % 3 for name in written]
    assert sum(a != b for a, b in pairwise(colours)) == 2  # the leaves of a cluster stand together
    with pytest.raises(ArgumentError, match="extra_out=True"):
        postproc.plot_dendrogram({"Z": extra["Z"]})


def test_without_matplotlib_the_message_names_the_extra(sorted_pictures, monkeypatch):
    """Links need no matplotlib."""
    import sys

    images, clusters = sorted_pictures
    for name in [name for name in sys.modules if name.split(".")[0] == "matplotlib"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(MissingExtraError, match="-m pip install 'matplotlib>="):
        postproc.plot_clusters(clusters, images)
    monkeypatch.undo()
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = postproc.nothing
