"""VGG16: the network of Keras by value, its weights and where they are looked for."""

import hashlib
import os
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from imagecluster import fingerprint
from imagecluster.collection import Settings
from imagecluster.decode.thumbnail import thumbnail_size
from imagecluster.embed import Embedder
from imagecluster.errors import ArgumentError, DownloadError, ModelError
from imagecluster.functions.running import run
from imagecluster.models import find_model, vgg16
from imagecluster.original.vgg16 import load_vgg16
from imagecluster.scan import scan
from imagecluster.store import Store
from keras_samples import REAL_WIDTHS, make_weights, reference, write_keras_3, write_legacy
from pictures import draw_groups

pytestmark = pytest.mark.usefixtures("no_weights_of_this_machine")

WEIGHTS = make_weights()


@pytest.fixture(scope="module")
def stand_in(tmp_path_factory):
    """A narrow network in the official layout."""
    return write_legacy(tmp_path_factory.mktemp("vgg") / "narrow.h5", WEIGHTS)


@pytest.fixture(scope="module")
def images():
    """Drawn pictures, one of them grey."""
    blocks = np.random.default_rng(3).integers(0, 256, (6, 7, 9, 3), np.uint8)
    blocks[1] = blocks[1, ..., :1]
    return np.stack([np.asarray(Image.fromarray(b).resize((224, 224), Image.Resampling.BICUBIC)) for b in blocks])


def relative_difference(found, expected):
    """Largest difference, relative to the largest value."""
    return np.abs(found - expected).max() / np.abs(expected).max()


@pytest.fixture(scope="module")
def expected(images):
    """Outputs of the narrow network by layer."""
    return reference(WEIGHTS, images)


@pytest.mark.parametrize("layer", ["flatten", "fc1", "fc2"])
def test_a_narrow_network_equals_the_definition_by_value(stand_in, images, expected, layer):
    """Kernels, padding, pooling, order of channels, mean and Keras's flattening, against float64 arithmetic."""
    network = load_vgg16(layer, weights=stand_in)
    found = network.predict(images)
    assert found.dtype == np.float32
    assert (network.layer, network.n_dimensions, network.size) == (layer, found.shape[1], (224, 224))
    assert relative_difference(found, expected[layer]) < 1e-5


@pytest.mark.parametrize("mistake", ["channels", "mean", "transposed"])
def test_wrong_preprocessing_would_be_seen(stand_in, images, expected, mistake):
    """The comparison tells a network that reads RGB, another mean or the picture turned over from the right one."""
    wrong = {
        "channels": images[..., ::-1],
        "mean": np.where(images < 255, images + 1, images).astype(np.uint8),
        "transposed": images.transpose(0, 2, 1, 3),
    }[mistake]
    assert relative_difference(load_vgg16(weights=stand_in).predict(wrong), expected["fc2"]) > 1e-3


@pytest.mark.parametrize(
    ("layout", "options"),
    [
        ("model.save of Keras 2", {"group": "model_weights", "nested": True}),
        ("compressed", {"compression": "gzip", "shuffle": True}),
        ("in pieces", {"chunks": True}),
        ("big-endian", {"dtype": ">f4"}),
    ],
)
def test_other_layouts_of_the_file_give_the_same_network(stand_in, tmp_path, images, layout, options):
    """What cannot be mapped is read."""
    other = write_legacy(tmp_path / "other.h5", WEIGHTS, **options)
    found = load_vgg16(weights=other).predict(images[:2])
    np.testing.assert_array_equal(found, load_vgg16(weights=stand_in).predict(images[:2]))


def test_a_weights_file_of_keras_3_gives_the_same_network(stand_in, tmp_path, images):
    """Whose groups have other names than the layers."""
    other = write_keras_3(tmp_path / "x.weights.h5", WEIGHTS)
    found = load_vgg16(weights=other).predict(images[:2])
    np.testing.assert_array_equal(found, load_vgg16(weights=stand_in).predict(images[:2]))


def test_the_file_may_lie_behind_a_link_in_a_folder_of_any_name(stand_in, tmp_path, images):
    """Spaces, umlauts and symbolic links."""
    folder = tmp_path / "Gewichte für das Netz"
    folder.mkdir()
    link = folder / "link.h5"
    link.symlink_to(stand_in)
    assert load_vgg16(weights=str(link)).predict(images[:1]).shape == (1, 16)


def test_weights_without_dense_layers_serve_flatten_only(tmp_path, images):
    """Keras's `notop` file is enough for that layer; fc2 says what is missing."""
    convolutions = {name: arrays for name, arrays in WEIGHTS.items() if name.startswith("block")}
    file = write_legacy(tmp_path / "notop.h5", convolutions)
    found = load_vgg16("flatten", weights=file).predict(images[:1])
    assert relative_difference(found, reference(WEIGHTS, images[:1])["flatten"]) < 1e-5
    with pytest.raises(ModelError, match=r"notop.h5 lacks fc1, fc2; expected the layers of keras.applications"):
        load_vgg16("fc2", weights=file)


def test_a_network_for_another_size_of_pictures_says_its_size(tmp_path):
    """The size follows from the first dense layer."""
    weights = make_weights(side_px=96)
    network = load_vgg16(weights=write_legacy(tmp_path / "small.h5", weights))
    assert network.size == (96, 96)
    images = np.random.default_rng(0).integers(0, 256, (2, 96, 96, 3), np.uint8)
    assert relative_difference(network.predict(images), reference(weights, images)["fc2"]) < 1e-5


def test_a_batch_gives_what_each_picture_gives_alone(stand_in, images):
    """However many there are, none included."""
    network = load_vgg16(weights=stand_in)
    together = network.predict(images)
    alone = np.concatenate([network.predict(images[i : i + 1]) for i in range(len(images))])
    assert relative_difference(together, alone) < 1e-6
    assert network.predict(images[:0]).shape == (0, 16)


@pytest.mark.parametrize(
    "bad",
    [np.zeros((1, 224, 224, 3)), np.zeros((1, 224, 224), np.uint8), np.zeros((1, 3, 224, 224), np.uint8),
     np.zeros((224, 224, 3), np.uint8), np.zeros((1, 200, 224, 3), np.uint8)],
)  # fmt: skip
def test_arrays_that_are_no_such_pictures_are_refused(stand_in, bad):
    """The message gives what came and what is expected."""
    with pytest.raises(ArgumentError, match=r"got an array of shape .*expected RGB pictures.*\(n, 224, 224, 3\)"):
        load_vgg16(weights=stand_in).predict(bad)


def test_an_unknown_layer_is_refused(stand_in):
    """With the known ones."""
    with pytest.raises(ArgumentError, match="layer is 'fc3'; it must be one of fc2, fc1, flatten"):
        load_vgg16("fc3", weights=stand_in)


def test_files_that_are_no_weights_are_refused(tmp_path):
    """Missing, of another kind, cut, or of another network: each with its reason."""
    with pytest.raises(ModelError, match=r"no weight file .*none.h5"):
        load_vgg16(weights=tmp_path / "none.h5")
    text = tmp_path / "text.h5"
    text.write_text("not HDF5")
    with pytest.raises(ModelError, match=r"text.h5 is not a weight file of Keras"):
        load_vgg16(weights=text)
    other = write_legacy(tmp_path / "other.h5", {**WEIGHTS, "block3_conv1": WEIGHTS["block1_conv1"]})
    with pytest.raises(ModelError, match=r"block3_conv1 arrays of shapes .*expected \(3, 3, 6, n\) and \(n,\)"):
        load_vgg16(weights=other)


@pytest.mark.parametrize("n_bytes", [0, 100, 5_000, 30_000])
def test_a_file_that_ends_early_is_refused(stand_in, tmp_path, n_bytes):
    """A copy that was interrupted never gives fingerprints."""
    cut = tmp_path / "cut.h5"
    cut.write_bytes(stand_in.read_bytes()[:n_bytes])
    with pytest.raises(ModelError, match=r"cut.h5|vgg16"):
        load_vgg16(weights=cut)


def test_own_weights_have_an_identity_of_their_own(stand_in, tmp_path):
    """It follows from the bytes, not from the name or the place; the official file's is the plain one."""
    other = write_legacy(tmp_path / "other.h5", make_weights(seed=1))
    copy = tmp_path / "copy.h5"
    copy.write_bytes(stand_in.read_bytes())
    first, second, third = (find_model("vgg16", weights=path) for path in (stand_in, other, copy))
    assert first.version == "keras.1-" + hashlib.md5(stand_in.read_bytes()).hexdigest()[:8]
    assert first.identity == third.identity != second.identity
    assert find_model("vgg16").identity == "vgg16@keras.1"
    assert first.n_dimensions == 16


def test_a_changed_file_is_another_model(stand_in, tmp_path):
    """The remembered checksum is of the file as it was; a rewritten one is read again."""
    path = write_legacy(tmp_path / "own.h5", WEIGHTS)
    before = find_model("vgg16", weights=path).version
    assert find_model("vgg16", weights=path).version == before
    write_legacy(path, make_weights(seed=5))
    os.utime(path, ns=(1, 1))
    assert find_model("vgg16", weights=path).version != before


def test_the_environment_names_weights(stand_in, monkeypatch, images):
    """An argument goes before it."""
    monkeypatch.setenv("IMAGECLUSTER_VGG16_WEIGHTS", str(stand_in))
    assert find_model("vgg16-fc1").n_dimensions == 20
    assert load_vgg16().predict(images[:1]).shape == (1, 16)


@pytest.fixture
def official(monkeypatch, stand_in):
    """The narrow network declared as if it were the official file."""
    data = stand_in.read_bytes()
    monkeypatch.setattr(vgg16, "CHECKSUM", "md5:" + hashlib.md5(data).hexdigest())
    monkeypatch.setattr(vgg16, "N_BYTES", len(data))
    monkeypatch.setattr(vgg16, "URL", "http://127.0.0.1:9/" + vgg16.FILE_NAME)
    return vgg16.vgg16_model("vgg16"), data


def test_the_official_file_is_found_where_keras_keeps_it(official, tmp_path):
    """KERAS_HOME is respected; nothing is copied or fetched."""
    model, data = official
    place = tmp_path / "keras" / "models" / vgg16.FILE_NAME
    place.parent.mkdir(parents=True)
    place.write_bytes(data)
    assert model.source.present() == place
    narrow = replace(model, n_dimensions=16)
    assert Embedder(narrow).features(Image.new("RGB", (224, 224))).shape == (16,)
    assert not model.source.destination.exists()


def test_the_official_file_given_by_path_is_the_official_model(official, stand_in):
    """Fingerprints stay comparable, wherever the file lies."""
    given = vgg16.vgg16_model("vgg16", stand_in)
    assert given.identity == official[0].identity


def test_a_damaged_file_of_keras_is_not_used(official, tmp_path, caplog):
    """Only the log names it: Keras itself would fetch it anew, and so do we."""
    model, data = official
    place = tmp_path / "keras" / "models" / vgg16.FILE_NAME
    place.parent.mkdir(parents=True)
    place.write_bytes(data[:-1] + b"x")
    assert model.source.present() is None
    assert str(place) in caplog.text


def test_offline_says_what_to_fetch_and_where_to_put_it(official, tmp_path, monkeypatch):
    """With the address and the folder of models."""
    from imagecluster.system import fetch

    monkeypatch.setattr(fetch.time, "sleep", lambda seconds: None)
    with pytest.raises(DownloadError) as raised:
        official[0].source.obtain()
    assert vgg16.URL in str(raised.value)
    assert str(tmp_path / "models" / vgg16.FILE_NAME) in str(raised.value)


def test_the_declaration_is_of_the_official_file():
    """Address, size and checksum as Keras has them (keras/src/applications/vgg16.py)."""
    source = find_model("vgg16").source
    assert source.url == (
        "https://storage.googleapis.com/tensorflow/keras-applications/vgg16/vgg16_weights_tf_dim_ordering_tf_kernels.h5"
    )
    assert source.checksum == "md5:64373286793e3c8b2b4e3219cbf3544b"
    assert {name: find_model(name).n_dimensions for name in ("vgg16", "vgg16-fc1", "vgg16-flatten")} == {
        "vgg16": 4096, "vgg16-fc1": 4096, "vgg16-flatten": 25088,
    }  # fmt: skip


def test_the_chain_keeps_the_raw_output_of_keras(stand_in, tmp_path):
    """Rows of the store are fc2 as Keras gives it, up to 16 bits; what is clustered and exported has unit length."""
    folder = draw_groups(tmp_path / "pics")
    result = run([folder], Settings(model="vgg16", weights=stand_in, sim=0.5))
    files = [file.path for file in scan([folder], exclude=[result.directory]).files]
    pictures = [Image.open(path).convert("RGB").resize((224, 224), Image.Resampling.BICUBIC) for path in files]
    expected = reference(WEIGHTS, np.stack([np.asarray(picture) for picture in pictures]))["fc2"]
    with Store.open(result.directory, writable=False) as store:
        known = {file.file.path: file.content_hash for file in store.recognise(scan([folder]).files, decoder="").files}
        raw = store.vectors(result.model, [known[path] for path in files])
        unit = store.fingerprints(result.model, files).vectors
    assert relative_difference(raw, expected) < 1e-3
    assert np.linalg.norm(raw, axis=1).min() > 2
    np.testing.assert_allclose(np.linalg.norm(unit, axis=1), 1, atol=1e-6)
    np.testing.assert_allclose(unit, raw / np.linalg.norm(raw, axis=1, keepdims=True), atol=1e-6)


def test_the_chain_fingerprints_with_own_weights_once(stand_in, tmp_path):
    """A second run with the same weights reuses all; thumbnails keep the proportions of the pictures."""
    folder = draw_groups(tmp_path / "pics")
    settings = Settings(model="vgg16-fc1", weights=stand_in)
    first, second = run([folder], settings), run([folder], settings)
    assert (first.n_fingerprinted, second.n_fingerprinted, second.n_reused) == (9, 0, 9)
    with Store.open(first.directory, writable=False) as store:
        hashes = list(store.rows(first.model))
        with store.thumbnails() as thumbnails:
            sizes = [thumbnail_size(thumbnails.get(content_hash, side_px=192)) for content_hash in hashes]
    assert all(width == 192 and 150 < height < 156 for width, height in sizes)


def test_a_picture_without_a_feature_is_no_loss_for_other_models(stand_in, tmp_path, monkeypatch):
    """A skip of one network is not believed by the next run, with whatever model."""
    from imagecluster.embed import embedding as embed

    def refuse(feature, model):
        raise ModelError("no direction")

    folder = draw_groups(tmp_path / "pics", (2,))
    with monkeypatch.context() as patch:
        patch.setattr(embed, "to_fingerprint", refuse)
        first = run([folder], Settings(model="vgg16", weights=stand_in))
    assert [skip.stage for skip in first.skips] == ["embed", "embed"]
    assert run([folder], Settings(model="vgg16", weights=stand_in)).n_fingerprinted == 2
    assert run([folder]).n_fingerprinted == 2


def test_a_picture_that_cannot_be_decoded_whole_is_tried_by_models_that_need_less(stand_in, tmp_path, monkeypatch):
    """A skip of a model that reads every pixel is not believed for one that reads a reduced picture."""
    from imagecluster.embed import embedding as embed
    from imagecluster.errors import DecodeError

    decode = embed.decode

    def reduced_only(data, *, frame, **options):
        if frame is not None:
            raise DecodeError("damaged: its finest detail")
        return decode(data, **options)

    folder = draw_groups(tmp_path / "pics", (2,))
    monkeypatch.setattr(embed, "decode", reduced_only)
    framed = Settings(model="vgg16", weights=stand_in)
    assert (run([folder], framed).n_fingerprinted, len(run([folder], framed).skips)) == (0, 2)
    assert run([folder]).n_fingerprinted == 2


def test_fingerprint_gives_unit_vectors(stand_in, tmp_path, monkeypatch):
    """As it promises for every model."""
    monkeypatch.setenv("IMAGECLUSTER_VGG16_WEIGHTS", str(stand_in))
    found = fingerprint(draw_groups(tmp_path / "pics"), model="vgg16")
    np.testing.assert_allclose(np.linalg.norm(found.vectors, axis=1), 1, atol=1e-6)


def test_one_of_many_threads_may_own_a_picture_that_others_wait_for(stand_in, tmp_path):
    """Copies of the same pictures, spread over batches and threads, end; nothing is computed twice."""
    from imagecluster.embed import embed_files

    folder = draw_groups(tmp_path / "pics", (5, 5))
    files = scan([folder]).files * 9
    embedder = Embedder(find_model("vgg16", weights=stand_in))
    outcomes = [outcome for chunk in embed_files(files, embedder, n_threads=4) for outcome in chunk]
    assert [outcome.file for outcome in outcomes] == list(files)
    by_hash = {outcome.content_hash: outcome.content.fingerprint for outcome in outcomes}
    assert len(by_hash) == 10
    assert all(outcome.content.fingerprint is by_hash[outcome.content_hash] for outcome in outcomes)


@pytest.mark.slow
def test_the_full_network_equals_keras_by_value(photos, tmp_path):
    """fc2, fc1 and flatten of keras.applications.VGG16 with random weights, on ten real photographs."""
    keras = pytest.importorskip("keras", reason="needs keras: pip install 'imagecluster[keras-check]'")
    from keras.applications.vgg16 import VGG16, preprocess_input

    weights = write_legacy(tmp_path / "full.h5", make_weights(REAL_WIDTHS, (4096, 4096, 1000)))
    files = [
        path
        for name in ("objects_ukbench", "scenes_sfm", "many_flowers", "categories_clothing", "exif_samples")
        for path in sorted((photos / name).rglob("*.jpg"))[:2]
    ]
    assert len(files) >= 10
    pictures = [Image.open(path).convert("RGB").resize((224, 224), Image.Resampling.BICUBIC) for path in files]
    images = np.stack([np.asarray(picture) for picture in pictures])
    whole = VGG16(weights=str(weights))
    for layer in ("flatten", "fc1", "fc2"):
        expected = keras.Model(whole.input, whole.get_layer(layer).output).predict(
            preprocess_input(images.astype(np.float32)), batch_size=4, verbose=0
        )
        found = load_vgg16(layer, weights=weights).predict(images)
        difference = relative_difference(found, expected)
        print(f"{layer}: largest difference {difference:.2e} of the largest value")
        assert difference < 1e-5
