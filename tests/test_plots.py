"""Plots of clusters, and the command that makes them."""

import numpy as np
import pytest
from PIL import Image
from scipy.cluster.hierarchy import fcluster, leaves_list, linkage

pytest.importorskip("matplotlib")

from imagecluster import functions
from imagecluster.cli import main
from imagecluster.errors import ArgumentError, MissingExtraError, OutputError
from imagecluster.present import plots
from imagecluster.present.plots.curves import curves_of
from imagecluster.present.plots.figure import COLOURS, cell
from imagecluster.present.plots.matrix import similarity_blocks
from imagecluster.present.plots.tree import uppermost
from pictures import draw_groups

KINDS = ("clusters", "dendrogram", "matrix", "curves")


def vectors(n, d=8, seed=0):
    return np.random.default_rng(seed).standard_normal((n, d))


def picture(row):
    return Image.new("RGB", (40, 30), (row % 256, 0, 0))


@pytest.fixture(scope="module")
def pics(tmp_path_factory):
    folder = draw_groups(tmp_path_factory.mktemp("plots") / "pics")
    main([str(folder), "-q"])
    return folder


@pytest.mark.parametrize("kind", KINDS)
def test_the_command_draws_each_kind(pics, tmp_path, kind, capsys):
    """A picture that opens, named on standard output."""
    file = tmp_path / f"{kind}.png"
    assert main(["plot", kind, str(pics), "-o", str(file)]) == 0
    assert capsys.readouterr().out == f"{kind} of 9 pictures in {file}\n"
    with Image.open(file) as found:
        assert found.format == "PNG"
        assert min(found.size) > 100
        assert len(found.convert("RGB").getcolors(1 << 24)) > 5


def test_the_same_pictures_give_the_same_bytes(pics, tmp_path):
    """No dates, no random names."""
    for suffix in (".png", ".svg"):
        for name in ("a", "b"):
            main(["plot", "curves", str(pics), "-o", str(tmp_path / f"{name}{suffix}")])
        assert (tmp_path / f"a{suffix}").read_bytes() == (tmp_path / f"b{suffix}").read_bytes()


@pytest.mark.parametrize(("suffix", "start"), [(".svg", b"<?xml"), (".pdf", b"%PDF"), (".PNG", b"\x89PNG")])
def test_other_formats_by_suffix(pics, tmp_path, suffix, start):
    """For print."""
    assert main(["plot", "curves", str(pics), "-o", str(tmp_path / f"a{suffix}")]) == 0
    assert (tmp_path / f"a{suffix}").read_bytes().startswith(start)


def test_impossible_requests_leave_no_file(pics, tmp_path, capsys):
    """An unknown format, a folder without a database, a sim without clusters, a place that cannot be written."""
    assert main(["plot", "curves", str(pics), "-o", str(tmp_path / "a.bmp")]) == 2
    assert ".png" in capsys.readouterr().err
    (tmp_path / "empty").mkdir()
    assert main(["plot", "curves", str(tmp_path / "empty"), "-o", str(tmp_path / "a.png")]) == 1
    assert main(["plot", "clusters", str(pics), "--sim", "1", "-o", str(tmp_path / "a.png")]) == 2
    assert "smaller sim" in capsys.readouterr().err
    assert main(["plot", "curves", str(pics), "-o", str(tmp_path / "none" / "a.png")]) == 1
    assert not (tmp_path / "a.png").exists()
    with pytest.raises(SystemExit):
        main(["plot", "histogram", str(pics), "-o", str(tmp_path / "a.png")])


def test_a_folder_without_fingerprints_of_the_model_is_named(tmp_path, capsys):
    """What to do about it is said."""
    (tmp_path / "pics").mkdir()
    functions.run([tmp_path / "pics"])
    assert main(["plot", "curves", str(tmp_path / "pics"), "-o", str(tmp_path / "a.png")]) == 1
    assert "run `imagecluster run`" in capsys.readouterr().err


def test_the_database_is_not_written_to(pics, tmp_path):
    """A plot works beside a run, and on media that cannot be written to."""
    before = {path: path.stat().st_mtime_ns for path in (pics / "imagecluster").rglob("*") if path.is_file()}
    main(["plot", "dendrogram", str(pics), "-o", str(tmp_path / "a.png")])
    changed = [p.name for p, mtime in before.items() if p.exists() and p.stat().st_mtime_ns != mtime]
    assert not [name for name in changed if not name.endswith(("-shm", "-wal", "lock"))]


def test_without_matplotlib_the_message_names_the_extra(pics, tmp_path, monkeypatch, capsys):
    """Nothing is made."""
    import sys

    for name in [name for name in sys.modules if name.split(".")[0] == "matplotlib"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(MissingExtraError, match="pip install 'matplotlib>="):
        plots.new_figure(1, 1)
    assert main(["plot", "curves", str(pics), "-o", str(tmp_path / "a.png")]) == 1
    assert not (tmp_path / "a.png").exists()


def test_a_figure_is_saved_whole_or_not_at_all(tmp_path):
    """The former file stays where the new one cannot be written."""
    figure = plots.new_figure(2, 2)
    with pytest.raises(ArgumentError, match=r"\.png, \.svg|\.pdf"):
        plots.save_figure(figure, tmp_path / "a.gif")
    with pytest.raises(OutputError, match="cannot write"):
        plots.save_figure(figure, tmp_path / "none" / "a.png")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("size", [(40, 30), (30, 40), (7, 300), (1, 1)])
def test_a_picture_fits_its_cell(size):
    """Whole, in the middle of white."""
    found = cell(Image.new("RGB", size, "blue"), 64, 48)
    assert found.shape == (48, 64, 3)
    blue = (found == (0, 0, 255)).all(axis=2)
    assert blue.any(axis=1).sum() == 48 or blue.any(axis=0).sum() == 64
    assert (found[~blue] == 255).all()
    assert (cell(None, 8, 4) == 225).all()


@pytest.mark.parametrize("n", [2, 3, 30])
def test_curves_count_the_clusters_of_each_cut(n):
    """As scipy's cut counts them."""
    tree = functions.dendrogram(vectors(n))
    curves = curves_of(tree)
    for i in range(0, 401, 40):
        labels = fcluster(tree.merges, tree.largest_distance * (1 - curves.sim[i]), "distance")
        sizes = [size for size in np.bincount(labels) if size >= 2]
        assert curves.n_clusters[i] == len(sizes)
        assert curves.n_in_clusters[i] == sum(sizes)
        assert curves.largest[i] == max(sizes, default=0)
        assert curves.median[i] == (np.median(sizes) if sizes else 0)


def test_blocks_of_the_matrix_are_means_of_similarities():
    """Each cell the mean over a block; with a cell for each picture, the cosines themselves."""
    X = vectors(30)
    unit = X / np.linalg.norm(X, axis=1, keepdims=True)
    order = np.random.default_rng(1).permutation(30)
    full = (unit @ unit.T)[np.ix_(order, order)]
    np.testing.assert_allclose(similarity_blocks(X, order, 30), full, atol=1e-12)
    np.testing.assert_allclose(
        similarity_blocks(X, order, 10), full.reshape(10, 3, 10, 3).mean(axis=(1, 3)), atol=1e-12
    )


@pytest.mark.parametrize("method", ["average", "centroid"])
@pytest.mark.parametrize("most", [1, 2, 5, 20, 50])
def test_the_uppermost_merges_keep_every_leaf_in_order(method, most):
    """Groups are the leaves below the hidden merges, in scipy's order of leaves."""
    Z = linkage(vectors(20), method)
    tree = uppermost(Z, 20, most=most)
    assert len(tree.groups) == min(most, 20)
    assert [leaf for group in tree.groups for leaf in group] == leaves_list(Z).tolist()
    assert len(tree.merges) == len(tree.heights) == len(tree.groups) - 1
    assert list(tree.heights) == Z[20 - min(most, 20) :, 2].tolist()


def test_the_colours_of_a_dendrogram_are_the_clusters_of_the_cut():
    """Clusters beside each other differ, those of single pictures have none."""
    X = vectors(40, 3, seed=2)
    Z = linkage(X, "average")
    largest = float(np.sqrt(((X[:, None] - X) ** 2).sum(axis=2)).max())
    figure = plots.new_figure(1, 1)
    axes = plots.draw_dendrogram(figure, plots.Hierarchy(Z, 40, largest), None, sim=0.7)
    labels = fcluster(Z, largest * 0.3, "distance")
    n_clusters = sum(np.bincount(labels) >= 2)
    branches = max(axes.collections, key=lambda c: len(c.get_colors()))
    from matplotlib.colors import to_hex

    used = [to_hex(colour) for colour in branches.get_colors()]
    assert sum(colour in COLOURS for colour in used) == sum(size - 1 for size in np.bincount(labels) if size >= 2)
    assert len({colour for colour in used if colour in COLOURS}) == min(n_clusters, len(COLOURS))


@pytest.mark.parametrize("n", [1, 2, 3])
def test_few_pictures_have_plots_too(n):
    """One picture is a leaf without a merge."""
    X = vectors(n)
    tree = functions.dendrogram(X)
    figure = plots.new_figure(1, 1)
    plots.draw_dendrogram(figure, plots.Hierarchy(tree.merges, n, tree.largest_distance), picture, sim=0.5)
    for drawn in (
        figure, plots.draw_matrix(tree, X, picture, sim=0.5, title=""), plots.draw_curves(tree, sim=None, title=""),
    ):  # fmt: skip
        drawn.canvas.draw()


def test_large_collections_are_truncated(tmp_path):
    """600 pictures: 400 rows of the dendrogram, a matrix without pictures beside it."""
    X = vectors(600)
    tree = functions.dendrogram(X)
    figure = plots.new_figure(1, 1)
    plots.draw_dendrogram(
        figure, plots.Hierarchy(tree.merges, 600, tree.largest_distance, names=["$a$"] * 600), picture, most=50
    )
    assert len(figure.axes[1].texts) == 50
    assert sum(text.get_text().endswith(" pictures") for text in figure.axes[1].texts) > 0
    plots.save_figure(figure, tmp_path / "a.png", dpi=30)
    assert plots.draw_matrix(tree, X, picture, sim=None, title="").axes[0].get_xlabel()


def test_columns_show_the_first_pictures_of_large_clusters():
    """With how many there are."""
    figure = plots.draw_columns([list(range(30)), [1, 2]], picture, title="")
    assert [text.get_text() for text in figure.axes[0].texts] == ["1: 12 of 30 pictures", "2: 2 pictures"]
    figure = plots.draw_columns([[1, 2]] * 20, lambda row: None, title="")
    assert len(figure.axes) == 2
    assert figure.axes[1].texts[-1].get_text() == "20: 2 pictures"
    with pytest.raises(ArgumentError, match="no cluster"):
        plots.draw_columns([], picture, title="")
