"""The original's input: files, pictures, times, and the database of fingerprints."""

import calendar
import os
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from conftest import read_manifest
from imagecluster import calc, io
from imagecluster.collection import Settings
from imagecluster.embed import Embedder
from imagecluster.errors import ArgumentError, ImageclusterError, InputError
from imagecluster.exceptions import ICExifReadError
from imagecluster.functions.running import run
from imagecluster.original.vgg16 import vgg16_of_layer
from imagecluster.store import Store
from original_samples import save, save_scenario, write_stand_in


@pytest.fixture(scope="module")
def stand_in(tmp_path_factory):
    """Weights of a narrow VGG16 that takes pictures of 32 x 32."""
    return write_stand_in(tmp_path_factory.mktemp("weights"), side_px=32)


@pytest.fixture
def get_image_data(stand_in, tmp_path, monkeypatch):
    """`io.get_image_data` with the stand-in; tests see no weights that a user has."""
    monkeypatch.setenv("IMAGECLUSTER_MODELS", str(tmp_path / "models"))
    monkeypatch.setenv("IMAGECLUSTER_VGG16_WEIGHTS", str(stand_in))
    return partial(io.get_image_data, img_kwds={"size": (32, 32)})


@pytest.fixture
def seen(monkeypatch):
    """The number of pictures that go through the network, as the only element of a list."""
    count = [0]
    original_run = Embedder.all_features

    def counted(self, images):
        count[0] += len(images)
        return original_run(self, images)

    monkeypatch.setattr(Embedder, "all_features", counted)
    return count


def test_files_of_a_folder_by_extension(tmp_path):
    """Sorted, of that folder alone, whatever the case of the extension; the folder stands in front as given."""
    for name in ("b.JPG", "a.jpeg", "c.bmp", "d.png", "e.gif", "f.txt", "jpg", "xjpg"):
        (tmp_path / name).touch()
    (tmp_path / "inside").mkdir()
    (tmp_path / "inside" / "g.jpg").touch()
    (tmp_path / "folder.png").mkdir()
    expected = [str(tmp_path / name) for name in ("a.jpeg", "b.JPG", "c.bmp", "d.png")]
    assert io.get_files(tmp_path) == io.get_files(str(tmp_path)) == expected
    assert io.get_files(tmp_path, ext="gif|txt") == [str(tmp_path / name) for name in ("e.gif", "f.txt")]


def test_files_keep_the_folder_as_it_was_given(tmp_path, monkeypatch):
    """A relative folder gives relative names, as dictionary keys of old scripts are."""
    save(tmp_path / "pics" / "a.png", (1, 2, 3))
    monkeypatch.chdir(tmp_path)
    assert io.get_files("pics/") == ["pics/a.png"]


def test_a_folder_that_is_none_and_a_pattern_that_is_none(tmp_path):
    """Both are errors of their own."""
    with pytest.raises(InputError, match="nowhere"):
        io.get_files(tmp_path / "nowhere")
    with pytest.raises(ArgumentError, match=r"\(jpg"):
        io.get_files(tmp_path, ext="(jpg")


def test_pictures_are_stretched_to_one_size(tmp_path):
    """(height, width, 3) bytes by name; `size` is (width, height), and the values are Pillow's bicubic ones."""
    save(tmp_path / "a.png", (200, 30, 30), size=(50, 80))
    Image.effect_noise((90, 40), 60).save(tmp_path / "grey.png")
    found = io.read_images(tmp_path, size=(30, 20), ncores=1)
    assert list(found) == io.get_files(tmp_path)
    for name, image in found.items():
        assert (image.shape, image.dtype) == ((20, 30, 3), np.uint8)
        expected = Image.open(name).convert("RGB").resize((30, 20), Image.Resampling.BICUBIC)
        np.testing.assert_array_equal(image, np.asarray(expected))


def test_a_broken_picture_is_left_out_with_a_warning(tmp_path):
    """It is named with the reason, and the others are there."""
    save(tmp_path / "a.png", (1, 2, 3))
    (tmp_path / "b.jpg").write_bytes(b"no picture")
    with pytest.warns(UserWarning, match=r"left out .*b\.jpg: not a picture"):
        found = io.read_images(tmp_path, (8, 8))
    assert [Path(name).name for name in found] == ["a.png"]


def test_pictures_are_turned_upright(tmp_path):
    """The original ignored the EXIF orientation."""
    pixels = np.zeros((20, 30, 3), np.uint8)
    pixels[:10] = 255
    exif = Image.Exif()
    exif[0x0112] = 6  # to be shown turned by a quarter to the right
    Image.fromarray(pixels).save(tmp_path / "a.png", exif=exif)
    image = io.read_images(tmp_path, (20, 30))[str(tmp_path / "a.png")]
    np.testing.assert_array_equal(image, np.rot90(pixels, -1))


@pytest.mark.parametrize("size", [(0, 8), (8,), (8, 8, 3), (8.5, 8)])
def test_impossible_sizes_are_refused(tmp_path, size):
    """Two whole numbers from 1."""
    with pytest.raises(ArgumentError, match="size is"):
        io.read_images(tmp_path, size)
    with pytest.raises(ArgumentError, match="ncores is 0"):
        io.read_images(tmp_path, (8, 8), ncores=0)


def test_exif_times_are_read_as_utc(tmp_path):
    """Tag 306, whatever other dates there are."""
    path = save(tmp_path / "a.jpg", (9, 9, 9), date_time="2019:03:10 22:42:42")
    assert io.exif_timestamp(path) == calendar.timegm((2019, 3, 10, 22, 42, 42))
    exif = Image.Exif()
    exif[306] = "2019:03:10 22:42:42"
    exif.get_ifd(0x8769)[0x9003] = "2001:01:01 00:00:00"
    Image.new("RGB", (4, 4)).save(tmp_path / "b.jpg", exif=exif)
    assert io.exif_timestamp(str(tmp_path / "b.jpg")) == calendar.timegm((2019, 3, 10, 22, 42, 42))


@pytest.mark.parametrize("date_time", [None, "0000:00:00 00:00:00", "1601:01:01 00:00:00", "2019:13:40 99:00:00", "x"])
def test_no_time_is_an_error_of_the_original(tmp_path, date_time):
    """`exceptions.ICExifReadError`, which is one of ours too; 'auto' takes the time of the file then."""
    path = save(tmp_path / "a.jpg", (9, 9, 9), date_time=date_time)
    os.utime(path, (1_000_000, 1_234_567))
    with pytest.raises(ICExifReadError, match=r"a\.jpg"):
        io.exif_timestamp(path)
    with pytest.raises(ImageclusterError):
        io.timestamp(path, source="exif")
    assert io.timestamp(path) == io.timestamp(path, source="stat") == io.stat_timestamp(path) == 1_234_567


def test_auto_takes_exif_first_and_stat_never_does(tmp_path):
    """And a file that is no picture has the time of the file."""
    path = save(tmp_path / "a.jpg", (9, 9, 9), date_time="2019:03:10 22:42:42")
    os.utime(path, (5, 5))
    assert io.timestamp(path) == io.timestamp(path, "exif") == calendar.timegm((2019, 3, 10, 22, 42, 42))
    assert io.timestamp(path, "stat") == 5
    (tmp_path / "b.jpg").write_bytes(b"no picture")
    os.utime(tmp_path / "b.jpg", (7, 7))
    assert io.read_timestamps(tmp_path) == {
        str(path): calendar.timegm((2019, 3, 10, 22, 42, 42)),
        str(tmp_path / "b.jpg"): 7,
    }
    assert io.read_timestamps(tmp_path, source="stat", ncores=1) == {str(path): 5, str(tmp_path / "b.jpg"): 7}


def test_unknown_sources_and_files_are_refused(tmp_path):
    """With what is allowed."""
    with pytest.raises(ArgumentError, match="'auto', 'stat' or 'exif'"):
        io.timestamp(tmp_path / "a.jpg", source="gps")
    for source in ("auto", "stat"):
        with pytest.raises(InputError, match=r"a\.jpg"):
            io.timestamp(tmp_path / "a.jpg", source=source)


@pytest.mark.photos
def test_times_of_real_photographs(photos):
    """Those of the list that was made with another reader, where it holds tag 306."""
    folder = photos / "albums_pigallery"
    found = []
    for row in read_manifest(folder):
        path = folder / row["path"]
        if path.suffix.lower() in (".jpg", ".jpeg") and row["opens_in_pillow"].lower() in ("1", "true", "yes"):
            with Image.open(path) as image:
                text = image.getexif().get(306)
            try:
                found.append((io.exif_timestamp(path), text))
            except ICExifReadError:
                continue
    assert len(found) > 10
    for seconds, text in found:
        parts = [int(part) for part in text.replace("-", ":").replace(" ", ":").replace("T", ":").split(":")[:6]]
        assert seconds == calendar.timegm(tuple(parts))


def test_image_data_come_with_fingerprints_and_times(tmp_path, get_image_data, seen):
    """Three dictionaries with the same keys."""
    save_scenario(tmp_path / "pics")
    images, fingerprints, timestamps = get_image_data(tmp_path / "pics")
    assert list(images) == list(fingerprints) == list(timestamps) == io.get_files(tmp_path / "pics")
    assert {image.shape for image in images.values()} == {(32, 32, 3)}
    assert seen[0] == 9
    for name, row in fingerprints.items():
        expected = calc.fingerprint(images[name], calc.get_model())
        np.testing.assert_allclose(row, expected, rtol=1e-3, atol=1e-3)


def test_a_second_call_computes_nothing(tmp_path, get_image_data, seen, monkeypatch):
    """Only new and changed pictures go through the network, which is not even loaded where there are none."""
    folder = tmp_path / "pics"
    save_scenario(folder)
    first = get_image_data(folder)
    with monkeypatch.context() as patch:
        patch.setattr(Embedder, "__init__", lambda *_, **__: pytest.fail("the network was loaded"))
        second = get_image_data(folder)
    for name, row in first[1].items():
        np.testing.assert_array_equal(second[1][name], row)
        np.testing.assert_array_equal(second[0][name], first[0][name])
    assert second[2] == first[2]
    save(folder / "new.png", (7, 80, 9))
    (folder / "red0.png").rename(folder / "renamed.png")
    third = get_image_data(folder)
    assert seen[0] == 10
    assert len(third[1]) == 10
    np.testing.assert_array_equal(third[1][str(folder / "renamed.png")], first[1][str(folder / "red0.png")])


def test_the_database_is_our_store(tmp_path, get_image_data, seen):
    """`imagedir/imagecluster`, without a pickle; a later main job finds its own fingerprints beside these."""
    save_scenario(tmp_path)
    get_image_data(tmp_path)
    assert Store.exists(tmp_path / "imagecluster")
    assert not list(tmp_path.rglob("*.pk"))
    with Store.open(tmp_path / "imagecluster", writable=False) as store:
        assert [model.model for model in store.info().models] == [vgg16_of_layer("fc2").identity]


def test_what_the_original_left_in_the_folder_is_left_alone(tmp_path, get_image_data, seen):
    """Its pickles and its links are in the place of our store."""
    save_scenario(tmp_path)
    old = tmp_path / "imagecluster"
    (old / "clusters" / "cluster_with_2").mkdir(parents=True)
    (old / "fingerprints.pk").write_bytes(b"old")
    (old / "images.pk").write_bytes(b"old")
    get_image_data(tmp_path)
    assert (old / "fingerprints.pk").read_bytes() == b"old"
    assert (old / "clusters" / "cluster_with_2").is_dir()


def test_broken_pictures_are_in_none_of_the_three(tmp_path, get_image_data, seen):
    """So that `calc.cluster` takes fingerprints and times together; each call warns."""
    save_scenario(tmp_path)
    (tmp_path / "broken.jpg").write_bytes(b"no picture")
    for _ in range(2):
        with pytest.warns(UserWarning, match=r"left out .*broken\.jpg"):
            images, fingerprints, timestamps = get_image_data(tmp_path)
        assert len(images) == len(fingerprints) == len(timestamps) == 9
        assert sum(calc.cluster(fingerprints, 0.5, timestamps, print_stats=False, min_csize=1)) > 0


def test_equal_pictures_are_computed_once(tmp_path, get_image_data, seen):
    """Under two names they have the same fingerprint."""
    (tmp_path / "b.png").write_bytes(save(tmp_path / "a.png", (5, 6, 7)).read_bytes())
    _, fingerprints, _ = get_image_data(tmp_path)
    assert seen[0] == 1
    a, b = fingerprints.values()
    np.testing.assert_array_equal(a, b)


def test_principal_components_and_no_times_on_request(tmp_path, get_image_data, seen):
    """The database keeps whole fingerprints."""
    save_scenario(tmp_path)
    _, fingerprints, timestamps = get_image_data(
        tmp_path, img_kwds={"size": (32, 32), "ncores": 1}, timestamps_kwds=None, pca_kwds={"n_components": 2}
    )
    assert {row.shape for row in fingerprints.values()} == {(2,)}
    assert timestamps is None
    _, fingerprints, _ = get_image_data(tmp_path)
    assert {row.shape for row in fingerprints.values()} == {(16,)}


def test_an_empty_folder_has_no_data_without_any_weights(tmp_path, monkeypatch):
    """Nothing is fetched where there is nothing to compute."""
    monkeypatch.setenv("IMAGECLUSTER_MODELS", str(tmp_path / "models"))
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    (tmp_path / "pics").mkdir()
    assert io.get_image_data(tmp_path / "pics") == ({}, {}, {})


def test_layers_and_weights_have_fingerprints_of_their_own(tmp_path, get_image_data, stand_in):
    """Other weights are another version; the same content in another place is the same one."""
    save_scenario(tmp_path / "pics")
    other = write_stand_in(tmp_path, seed=1, side_px=32)
    copy = tmp_path / "copy.h5"
    copy.write_bytes(stand_in.read_bytes())
    models = [
        vgg16_of_layer("fc2"),
        vgg16_of_layer("fc1", weights=stand_in),
        vgg16_of_layer("fc2", weights=other),
        vgg16_of_layer("flatten", weights=str(stand_in)),
    ]
    assert len({model.identity for model in models}) == 4
    assert vgg16_of_layer("fc2", weights=copy).identity == models[0].identity
    for layer, length in (("fc2", 16), ("fc1", 20), ("flatten", 12)):
        _, fingerprints, _ = get_image_data(tmp_path / "pics", model_kwds={"layer": layer})
        assert {row.shape for row in fingerprints.values()} == {(length,)}
    with pytest.raises(ArgumentError, match="fc2, fc1, flatten"):
        get_image_data(tmp_path / "pics", model_kwds={"layer": "predictions"})
    with pytest.raises(ImageclusterError, match=r"none\.h5"):
        vgg16_of_layer(weights=tmp_path / "none.h5")


def test_a_size_that_the_network_does_not_take_is_refused(tmp_path, get_image_data):
    """Before any picture is read."""
    with pytest.raises(ArgumentError, match=r"\(224, 224\).*\(32, 32\)"):
        get_image_data(tmp_path, img_kwds={"size": (224, 224)})


def test_a_folder_that_other_runs_know_is_not_thought_empty(tmp_path, get_image_data, seen):
    """Pictures in folders inside it, which the main job has found, are not gone because of this call."""
    save_scenario(tmp_path / "pics")
    save(tmp_path / "pics" / "inside" / "a.png", (1, 2, 3))
    run([tmp_path / "pics"], Settings(page=False, links="none"))
    get_image_data(tmp_path / "pics")
    with Store.open(tmp_path / "pics" / "imagecluster", writable=False) as store:
        assert (store.info().n_files, store.info().n_gone) == (10, 0)
