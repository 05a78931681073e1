"""Scripts written for any release of the original: its names, the order of its arguments, and what they give."""

import pickle
import subprocess
import sys
from collections import OrderedDict
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as st_np
from PIL import Image
from sklearn.decomposition import PCA

import imagecluster
from imagecluster import calc, common, exceptions, io, main, postproc
from imagecluster import imagecluster as first_release
from imagecluster.errors import ArgumentError, DecodeError, ImageclusterError, InputError, OutputError
from imagecluster.models.vgg16 import MEAN_BGR
from imagecluster.original import pickled
from original_samples import MeanColours, save, save_scenario, write_colour_network

pytestmark = pytest.mark.usefixtures("no_weights_of_this_machine")

matplotlib = pytest.importorskip("matplotlib")
matplotlib.use("Agg")

SQUARE = (224, 224)


@pytest.fixture(scope="module")
def stand_in(tmp_path_factory):
    """Weights of a narrow VGG16, in place of Keras' own file."""
    return write_colour_network(tmp_path_factory.mktemp("weights"))


@pytest.fixture
def vgg16(stand_in, monkeypatch):
    """The stand-in is found without being named."""
    monkeypatch.setenv("IMAGECLUSTER_VGG16_WEIGHTS", str(stand_in))


@pytest.fixture
def shown(monkeypatch):
    """Shapes of the plots that were shown in a window."""
    found = []
    monkeypatch.setattr(
        postproc.plt, "show", lambda: found.append(postproc.plt.gca().get_images()[0].get_array().shape)
    )
    yield found
    postproc.plt.close("all")


@pytest.fixture
def pics(tmp_path):
    """2 red, 3 white and 4 black pictures."""
    save_scenario(tmp_path / "pics")
    return f"{tmp_path / 'pics'}/"


def colours(clusters):
    return sorted("+".join({Path(name).name.rstrip("0123456789.png") for name in cluster}) for cluster in clusters)


# The database of releases 0.1 to 0.4


def test_the_fingerprints_lie_where_scripts_look_for_them(pics, vgg16):
    """Any program reads `fingerprints.pk` after `main.main`; a second run brings it up to date."""
    main.main(pics)
    file = Path(pics) / main.ic_base_dir / "fingerprints.pk"
    first = pickle.loads(file.read_bytes())
    assert set(first) == set(io.get_files(pics)) == {f"{pics}{path.name}" for path in Path(pics).glob("*.png")}
    expected = calc.fingerprints(io.read_images(pics, SQUARE), calc.get_model())
    for name, row in common.read_pk(file).items():
        np.testing.assert_allclose(row, expected[name], rtol=1e-3, atol=1e-3)
        np.testing.assert_array_equal(row, first[name])
    before = file.stat()
    main.main(pics, pca=True)
    assert file.stat() == before
    save(Path(pics) / "new.png", (1, 200, 3))
    main.main(pics)
    assert len(io.read_pk(file)) == 10


def test_the_default_model_leaves_its_fingerprints_too(pics):
    """Under the same names as in the clusters."""
    clusters = main.main(pics, links=False)
    found = io.read_pk(f"{pics}imagecluster/fingerprints.pk")
    assert set(found) == set(io.get_files(pics))
    assert {name for group in clusters.values() for cluster in group for name in cluster} <= set(found)


@pytest.mark.parametrize("kind", ["original", "link", "folder"])
def test_a_file_in_its_place_that_is_not_ours_stays(pics, vgg16, tmp_path, kind):
    """Such as the original's own, or a link to something else."""
    file = Path(pics) / "imagecluster" / "fingerprints.pk"
    file.parent.mkdir()
    (tmp_path / "elsewhere").write_bytes(b"elsewhere")
    if kind == "original":
        file.write_bytes(pickle.dumps({"a.jpg": np.ones(4096, np.float32)}))
    elif kind == "link":
        file.symlink_to(tmp_path / "elsewhere")
    else:
        file.mkdir()
    main.main(pics)
    assert file.is_symlink() == (kind == "link")
    assert file.is_dir() == (kind == "folder")
    assert (tmp_path / "elsewhere").read_bytes() == b"elsewhere"
    if kind == "original":
        assert list(io.read_pk(file)) == ["a.jpg"]


# main.main


def test_arguments_of_main_in_the_order_of_their_release(pics, vgg16, shown):
    """0.1: imagedir, sim, layer; from 0.2 on also size, links, vis, max_csize, pca, pca_params."""
    expected = {2: ["red"], 3: ["white"], 4: ["black"]}
    first = main.main(pics, 0.5, "fc2")
    assert {size: colours(group) for size, group in first.items()} == expected
    links = Path(pics) / "imagecluster" / "clusters"
    assert (links / "cluster_with_4").is_dir()
    (links / "cluster_with_4" / "cluster_0" / "black0.png").unlink()
    second = main.main(pics, 0.5, "fc1", SQUARE, False, True, 3, True, {"n_components": 2})
    assert {size: colours(group) for size, group in second.items()} == expected
    assert shown == [(3 * 224, 2 * 224, 3)]
    assert not (links / "cluster_with_4" / "cluster_0" / "black0.png").exists()


def test_without_a_layer_the_originals_network_is_used_if_it_is_there(pics, vgg16, capsys):
    """The weights need not be named; `model` asks for another one."""
    main.main(pics, links=False)
    assert "model vgg16@keras.1-" in capsys.readouterr().out
    main.main(pics, links=False, model="efficientnet-lite0")
    assert "model efficientnet-lite0 " in capsys.readouterr().out


def test_plots_and_components_work_without_the_originals_network(pics, shown, capsys):
    """The script of an earlier release runs on a machine that has no weights."""
    clusters = main.main(pics, sim=0.9, vis=True, max_csize=4)
    n_shown = sum(len(group) for size, group in clusters.items() if size <= 4)
    assert [shape[1] for shape in shown] == [224 * n_shown]
    assert colours(main.main(pics, pca=True, sim=0.5)[4]) == ["black"]
    assert "pca dims: " in capsys.readouterr().out


def test_nothing_to_show_is_said(pics, vgg16, shown, capsys):
    """Not an error: the clusters may all be larger than `max_csize`."""
    main.main(pics, vis=True, max_csize=1)
    assert shown == []
    assert "no clusters to show" in capsys.readouterr().out


# Release 0.1: the module imagecluster


def test_the_first_release_step_by_step(pics, vgg16, capsys):
    """Files give fingerprints, these give lists of names, and these give folders of links."""
    files = common.get_files(dr=pics)
    model = first_release.get_model(layer="fc2")
    found = first_release.fingerprints(files, model, size=SQUARE)
    assert list(found) == files
    np.testing.assert_allclose(found[files[0]], first_release.fingerprint(files[0], model, SQUARE), rtol=1e-5)
    clusters = first_release.cluster(found, 0.5, "average", "euclidean")
    assert sorted(map(len, clusters)) == [2, 3, 4]
    assert colours(clusters) == ["black", "red", "white"]
    same, extra = first_release.cluster(found, extra_out=True)
    assert (same, len(extra["Z"])) == (clusters, 8)
    assert len(first_release.cluster(found, sim=1.0, metric="cosine")) == 9
    capsys.readouterr()
    folder = f"{pics}imagecluster/clusters"
    first_release.make_links([*clusters, ["alone.png"]], folder)
    assert capsys.readouterr().out.splitlines() == [
        f"cluster dir: {folder}", "cluster size : ncluster", "2 : 1", "3 : 1", "4 : 1",
    ]  # fmt: skip
    assert {path.name for path in Path(folder).iterdir()} >= {"cluster_with_2", "cluster_with_3", "cluster_with_4"}
    assert len(list(Path(folder, "cluster_with_3", "cluster_0").iterdir())) == 3


def test_files_that_cannot_be_read_are_left_out(pics, vgg16):
    """By name; one alone is an error."""
    broken = Path(pics) / "broken.jpg"
    broken.write_bytes(b"no picture")
    model = first_release.get_model()
    with pytest.warns(UserWarning, match=r"left out .*broken\.jpg"):
        assert first_release.fingerprints([broken, f"{pics}red0.png"], model).keys() == {f"{pics}red0.png"}
    with pytest.raises(DecodeError):
        first_release.fingerprint(broken, model, SQUARE)


# Releases 0.2 and 0.3: calc and common


def test_pictures_are_arrays_of_int_up_to_release_0_3(pics):
    """The same pictures as of `io.read_images`, which do not overflow when one is subtracted from another."""
    arrays, images = calc.image_arrays(pics, size=(12, 8), ncores=1), io.read_images(pics, (12, 8))
    assert list(arrays) == list(images)
    for name, array in arrays.items():
        assert (array.dtype, array.shape) == (np.dtype(int), (8, 12, 3))
        np.testing.assert_array_equal(array, images[name])
    names = list(arrays)
    assert (arrays[names[0]] - arrays[names[-1]]).min() < 0
    model = MeanColours()
    assert calc.fingerprints(ias=arrays, model=model).keys() == arrays.keys()
    np.testing.assert_array_equal(
        calc.fingerprint(img_arr=arrays[names[0]], model=model), calc.fingerprint(images[names[0]], model)
    )


def test_pictures_are_plotted_from_arrays_of_int(pics, shown):
    """As from `calc.image_arrays`, under the name that they had then."""
    arrays = calc.image_arrays(pics, (12, 8))
    names = list(arrays)
    clusters = {2: [names[:2]]}
    fig, ax = postproc.plot_clusters(clusters, ias=arrays)
    drawn = np.asarray(ax.get_images()[0].get_array())
    np.testing.assert_array_equal(drawn[:8], arrays[names[0]])
    postproc.visualize(clusters, arrays, max_csize=5)
    assert shown == [(16, 12, 3)]
    assert fig is ax.figure


def test_a_picture_is_loaded_without_its_transparency(tmp_path):
    """The colours under any transparency, as they are stored; the orientation is not applied."""
    rgba = np.random.default_rng(0).integers(0, 256, (5, 7, 4), np.uint8)
    Image.fromarray(rgba).save(tmp_path / "a.png")
    np.testing.assert_array_equal(np.asarray(calc.load_img_rgb(tmp_path / "a.png")), rgba[..., :3])
    save(tmp_path / "turned.jpg", (9, 99, 9), size=(20, 10), orientation=6)
    assert calc.load_img_rgb(fn=str(tmp_path / "turned.jpg")).size == (20, 10)
    (tmp_path / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0")
    for name in ("broken.jpg", "none.jpg"):
        with pytest.raises(DecodeError):
            calc.load_img_rgb(tmp_path / name)


POINTS = {"a": [0.0, 1.0], "b": [0.1, 1.0], "c": [5.0, 1.0], "d": [5.2, 1.0], "e": [9.0, 2.0]}


def test_the_third_argument_of_cluster_is_a_method_or_times(capsys):
    """A string is a method, with the order up to 0.3.1; a mapping is times, with the order from 0.4.0 on."""
    expected, extra = calc.cluster(POINTS, 0.5, method="single", metric="cityblock", extra_out=True)
    for found, found_extra in (
        calc.cluster(POINTS, 0.5, "single", "cityblock", True),
        calc.cluster(POINTS, 0.5, "single", "cityblock", extra_out=True),
        calc.cluster(POINTS, 0.5, "single", metric="cityblock", extra_out=True),
        calc.cluster(fps=POINTS, sim=0.5, method="single", metric="cityblock", extra_out=True),
    ):
        assert found == expected
        np.testing.assert_array_equal(found_extra["Z"], extra["Z"])
    capsys.readouterr()
    assert calc.cluster(POINTS, 0.7, "average", "euclidean", False, False, 1)[1] == [["e"]]
    assert capsys.readouterr().out == ""
    times = dict.fromkeys(POINTS, 0.0) | {"a": 1e9}
    assert calc.cluster(POINTS, 0.5, times, 1.0, "average", "euclidean", False, False, 2) == {4: [["b", "c", "d", "e"]]}


@pytest.mark.parametrize(
    ("arguments", "keywords", "message"),
    [
        ((POINTS, 0.5, "single"), {"method": "average"}, "multiple values for argument 'method'"),
        ((POINTS, 0.5, "single", "euclidean", False, False, 2, 3), {}, "at most 7 arguments"),
        ((), {"fps": POINTS, "fingerprints": POINTS}, "both by its present and by an earlier name"),
    ],
)
def test_an_argument_given_twice_is_an_error(arguments, keywords, message):
    """As for any function."""
    with pytest.raises(TypeError, match=message):
        calc.cluster(*arguments, **keywords)


@pytest.mark.parametrize("whiten", [False, True])
def test_arguments_of_scikit_learns_pca_are_taken(whiten):
    """Those that choose how it computes change nothing; whitening divides by the standard deviation."""
    X = np.random.default_rng(0).standard_normal((9, 5)) * [5, 4, 3, 2, 1]
    fps = dict(zip("abcdefghi", X, strict=True))
    expected = PCA(3, whiten=whiten).fit_transform(X)
    found = calc.pca(fps=fps, n_components=3, whiten=whiten, svd_solver="full", random_state=0, copy=True, tol=0.1)
    np.testing.assert_allclose(np.abs(np.array(list(found.values()))), np.abs(expected), atol=1e-8)
    with pytest.raises(ArgumentError, match="'components'"):
        calc.pca(fps, components=3)


class _KerasModel:
    """A network of Keras, by the name of its module: it gives the mean of what it is given."""

    __module__ = "keras.src.models.functional"

    def predict(self, batch):
        """Means of the channels, shape (n, 3)."""
        return batch.mean(axis=(1, 2))


def test_a_network_of_keras_is_given_pictures_as_the_original_gave_them():
    """Blue first, less the mean of ImageNet."""
    picture = np.full((8, 6, 3), (10, 20, 30), np.uint8)
    np.testing.assert_allclose(calc.fingerprint(picture, _KerasModel()), np.subtract((30, 20, 10), MEAN_BGR), rtol=1e-6)
    assert calc.fingerprints({"a": picture}, _KerasModel())["a"].shape == (3,)


# read_pk and write_pk


NUMBERS = st_np.arrays(
    st.sampled_from(["float32", "float64", ">f4", "float16", "int64", "uint8", "bool", "complex128"]),
    st_np.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=3),
)
CONTENTS = st.recursive(
    st.one_of(
        st.text(max_size=4), st.integers(), st.floats(), st.booleans(), st.none(), st.binary(max_size=4), NUMBERS
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.one_of(st.text(max_size=3), st.integers(), st.tuples(st.integers())), inner, max_size=3),
        st.tuples(inner, inner),
        st.sets(st.integers(), max_size=3),
    ),
    max_leaves=8,
)


def same(a, b):
    """Whether two contents are equal, with NaN equal to itself."""
    if isinstance(a, np.ndarray | np.generic):
        return type(a) is type(b) and a.dtype == b.dtype.newbyteorder("=") and np.array_equal(a, b, equal_nan=True)
    if isinstance(a, dict):
        return list(a) == list(b) and all(same(a[key], b[key]) for key in a)
    if isinstance(a, list | tuple):
        return type(a) is type(b) and len(a) == len(b) and all(map(same, a, b))
    return a == b or a != a


@given(CONTENTS, st.integers(0, pickle.HIGHEST_PROTOCOL))
def test_what_a_database_holds_is_read_as_it_was_written(content, protocol):
    """By every protocol of pickle, as by pickle itself."""
    if isinstance(content, np.ndarray):
        content = [content]
    assert same(pickled.unpickled(pickle.dumps(content, protocol), "a file"), content)
    assert same(pickle.loads(pickled.pickle_of(content)), content)


def test_clusters_and_all_that_cluster_gives_can_be_kept(tmp_path):
    """With NumPy's own numbers as keys, shared parts, and arrays by columns; missing folders are made."""
    clusters, extra = calc.cluster(POINTS, extra_out=True, print_stats=False)
    extra["cluster_dct"] = {np.int32(label): names for label, names in extra["cluster_dct"].items()}
    shared = np.asfortranarray(np.arange(6.0).reshape(2, 3))
    content = OrderedDict(clusters=clusters, extra=extra, shared=[shared, shared], one=frozenset([1j]))
    io.write_pk(content, tmp_path / "new" / "folder" / "all.pk")
    for found in (io.read_pk(tmp_path / "new" / "folder" / "all.pk"), pickled.unpickled(pickle.dumps(content, 2), "x")):
        assert same(found, dict(content))
        assert found["shared"][0] is found["shared"][1]
        found["shared"][0][0, 0] = 7.0
    itself = []
    itself.append(itself)
    common.write_pk(obj=itself, fn=str(tmp_path / "itself.pk"))
    read = common.read_pk(fn=str(tmp_path / "itself.pk"))
    assert read[0] is read


class Own:
    """A class of a user."""


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"a": Own()}, "cannot write a Own"),
        ([Path("a")], "PosixPath|WindowsPath"),
        ({"a": np.array([Own()], object)}, "an array of object"),
        ([np.array(["text"])], "an array of str"),
        (np.matrix([[1]]), "class matrix"),
        ({Path("a"): 1}, "PosixPath|WindowsPath"),
    ],
)
def test_other_things_are_not_written(tmp_path, content, message):
    """What it is is named, and no file is made."""
    with pytest.raises(ArgumentError, match=message):
        io.write_pk(content, tmp_path / "a.pk")
    assert not (tmp_path / "a.pk").exists()


def test_other_things_are_not_read(tmp_path):
    """The name that the file asks for is in the message."""
    file = tmp_path / "a.pk"
    for content, message in (
        ({"a": [Path("b")]}, r"names pathlib(\._local)?\.(Posix|Windows|Pure)"),
        ([np.dtype("f4")], "holds a Type by itself"),
        ([np.zeros(2, "datetime64[s]")], "not of numbers"),
        (np.array([None]), "not made of plain numbers"),
    ):
        file.write_bytes(pickle.dumps(content))
        with pytest.raises(ArgumentError, match=message):
            io.read_pk(file)
    file.write_bytes(b"no pickle")
    with pytest.raises(ArgumentError, match="not a readable pickle"):
        io.read_pk(file)
    with pytest.raises(InputError, match="none"):
        common.read_pk(tmp_path / "none.pk")


def test_nothing_is_written_through_a_link(tmp_path):
    """What the link leads to stays as it is."""
    (tmp_path / "victim").write_bytes(b"mine")
    (tmp_path / "a.pk").symlink_to(tmp_path / "victim")
    with pytest.raises(OutputError, match="is a link"):
        io.write_pk({}, tmp_path / "a.pk")
    assert (tmp_path / "victim").read_bytes() == b"mine"


# Names


def test_errors_of_the_original_are_one_family():
    """`except ICError` catches what `except ICExifReadError` does; both are errors of ours."""
    assert issubclass(exceptions.ICExifReadError, exceptions.ICError)
    assert issubclass(exceptions.ICError, ImageclusterError)


def test_modules_of_all_releases_are_found_by_every_import():
    """By `from imagecluster import`, by their full name, and as attributes of the package."""
    code = (
        "import imagecluster, imagecluster.imagecluster as ic; from imagecluster import *; imagecluster.run; ic.cluster"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True)
    assert imagecluster.common is common
    assert imagecluster.imagecluster is first_release
    assert (main.ic_base_dir, io.ic_base_dir) == ("imagecluster", "imagecluster")
