"""The original's entry point."""

import os
from pathlib import Path

import numpy as np
import pytest

from imagecluster import calc, io, main
from imagecluster.embed import Embedder
from imagecluster.errors import ArgumentError, InputError, OutputError
from original_samples import save, save_scenario, write_colour_network


@pytest.fixture(scope="module")
def stand_in(tmp_path_factory):
    """Weights of a narrow VGG16, in place of Keras' own file."""
    return write_colour_network(tmp_path_factory.mktemp("weights"))


@pytest.fixture
def offline(tmp_path, monkeypatch):
    """No weights on this machine, and nothing can be fetched."""
    monkeypatch.setenv("IMAGECLUSTER_MODELS", str(tmp_path / "models"))
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    monkeypatch.delenv("IMAGECLUSTER_VGG16_WEIGHTS", raising=False)
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")


@pytest.fixture
def vgg16(offline, stand_in, monkeypatch):
    """The stand-in is found without being named."""
    monkeypatch.setenv("IMAGECLUSTER_VGG16_WEIGHTS", str(stand_in))


def colours(clusters):
    return {size: [{Path(name).name.rstrip("0123456789.png") for name in cluster} for cluster in group]
            for size, group in clusters.items()}  # fmt: skip


def test_the_scenario_of_the_original_on_vgg16(tmp_path, vgg16, capsys):
    """2 red, 3 white and 4 black pictures are clusters of 2, 3 and 4."""
    expected = save_scenario(tmp_path / "pics")
    clusters = main.main(str(tmp_path / "pics"), sim=0.5, layer="fc2")
    assert colours(clusters) == {2: [{"red"}], 3: [{"white"}], 4: [{"black"}]}
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"no fingerprints database {tmp_path / 'pics' / 'imagecluster'} found, making it"
    assert lines[1].startswith("model vgg16@keras.1-")
    assert lines[2:] == [
        "clustering ...", "cluster size : ncluster", "2 : 1", "3 : 1", "4 : 1", "#images in clusters total:  9",
        f"cluster dir: {tmp_path / 'pics' / 'imagecluster' / 'clusters'}",
    ]  # fmt: skip
    links = (tmp_path / "pics" / "imagecluster" / "clusters" / "cluster_with_2" / "cluster_0").iterdir()
    assert {os.path.realpath(link) for link in links} == expected["red"]


def test_the_scenario_of_the_original_step_by_step(tmp_path, vgg16):
    """read_images, get_model, fingerprints, cluster: the same clusters as of main, from nearly the same numbers."""
    save_scenario(tmp_path / "pics")
    images = io.read_images(tmp_path / "pics", (224, 224))
    model = calc.get_model("fc2")
    fingerprints = calc.fingerprints(images, model)
    assert {row.shape for row in fingerprints.values()} == {(model.n_dimensions,)}
    clusters = calc.cluster(fingerprints, sim=0.5, print_stats=False)
    assert colours(clusters) == {2: [{"red"}], 3: [{"white"}], 4: [{"black"}]}
    assert clusters == main.main(tmp_path / "pics", layer="fc2", links=False)
    for name, row in io.get_image_data(tmp_path / "pics")[1].items():
        np.testing.assert_allclose(row, fingerprints[name], rtol=1e-3, atol=1e-3)


def test_a_second_run_repeats_the_clustering_only(tmp_path, vgg16, monkeypatch, capsys):
    """The network is not loaded; another sim gives other clusters."""
    save_scenario(tmp_path / "pics")
    first = main.main(tmp_path / "pics", 0.5, "fc2")
    capsys.readouterr()
    monkeypatch.setattr(Embedder, "__init__", lambda *_, **__: pytest.fail("the network was loaded"))
    assert main.main(tmp_path / "pics", 0.5, "fc2") == first
    assert capsys.readouterr().out.startswith("fingerprints database")
    assert main.main(tmp_path / "pics", sim=0, layer="fc2") == {9: [[*first[4][0], *first[2][0], *first[3][0]]]}


def test_without_a_layer_it_works_offline(tmp_path, offline, capsys):
    """The default model comes with the package; folders inside the folder are taken too."""
    save_scenario(tmp_path / "pics")
    clusters = main.main(str(tmp_path / "pics"), sim=0.5)
    assert colours(clusters)[4] == [{"black"}]
    lines = capsys.readouterr().out.splitlines()
    assert lines[1] == "model efficientnet-lite1-regions (layer='fc2' uses the original's VGG16)"
    assert "cluster size : ncluster" in lines


def test_principal_components_on_request(tmp_path, vgg16, capsys):
    """`pca_params` are the arguments of `calc.pca`; how many are kept is printed."""
    save_scenario(tmp_path / "pics")
    clusters = main.main(tmp_path / "pics", layer="fc1", links=False, pca=True, pca_params={"n_components": 3})
    assert "pca dims: 3" in capsys.readouterr().out.splitlines()
    assert colours(clusters) == {2: [{"red"}], 3: [{"white"}], 4: [{"black"}]}
    assert not (tmp_path / "pics" / "imagecluster" / "clusters").exists()


def test_weights_are_taken_from_a_path(tmp_path, offline, stand_in):
    """Without any of the usual places."""
    save_scenario(tmp_path / "pics")
    assert colours(main.main(tmp_path / "pics", layer="fc2", weights=stand_in)) == {
        2: [{"red"}], 3: [{"white"}], 4: [{"black"}],
    }  # fmt: skip


def test_clusters_are_shown_on_request(tmp_path, vgg16, monkeypatch):
    """In a window, up to a size."""
    pyplot = pytest.importorskip("matplotlib.pyplot")
    pyplot.switch_backend("Agg")
    shown = []
    monkeypatch.setattr(pyplot, "show", lambda: shown.append(pyplot.gca().get_images()[0].get_array().shape))
    save_scenario(tmp_path / "pics")
    main.main(tmp_path / "pics", layer="fc2", vis=True, max_csize=3)
    assert shown == [(3 * 224, 2 * 224, 3)]
    pyplot.close("all")


def test_a_broken_picture_is_warned_of(tmp_path, vgg16):
    """With both kinds of models."""
    save_scenario(tmp_path / "pics")
    (tmp_path / "pics" / "broken.jpg").write_bytes(b"no picture")
    for layer in ("fc2", None):
        with pytest.warns(UserWarning, match=r"left out .*broken\.jpg"):
            clusters = main.main(tmp_path / "pics", layer=layer)
        assert sum(size * len(group) for size, group in clusters.items()) <= 9


def test_arguments_that_do_not_go_together_are_refused_first(tmp_path, vgg16):
    """Nothing is made."""
    save_scenario(tmp_path / "pics")
    for keywords, message in (
        ({"sim": 2}, "sim is 2"),
        ({"layer": "fc2", "model": "efficientnet-lite0"}, "give only one of them"),
        ({"weights": "x.h5"}, "weights is for VGG16 only"),
        ({"layer": "fc3"}, "fc2, fc1, flatten"),
        ({"layer": "fc2", "size": (299, 299)}, r"\(224, 224\)"),
    ):
        with pytest.raises(ArgumentError, match=message):
            main.main(tmp_path / "pics", **keywords)
    assert not (tmp_path / "pics" / "imagecluster").exists()
    for layer in ("fc2", None):
        with pytest.raises(InputError, match="nowhere"):
            main.main(tmp_path / "nowhere", layer=layer)


def test_links_of_the_original_are_not_removed(tmp_path, vgg16):
    """Its folder of clusters has no marker of ours; what to do is said."""
    save_scenario(tmp_path / "pics")
    old = tmp_path / "pics" / "imagecluster" / "clusters" / "cluster_with_2" / "cluster_0"
    old.mkdir(parents=True)
    (old / "red0.png").symlink_to(tmp_path / "pics" / "red0.png")
    with pytest.raises(OutputError, match="move it"):
        main.main(tmp_path / "pics", layer="fc2")
    assert (old / "red0.png").is_symlink()
    save(tmp_path / "pics" / "more.png", (9, 9, 9))
    assert main.main(tmp_path / "pics", layer="fc2", links=False)


def test_deleted_pictures_are_asked_about_and_gone_answers(tmp_path, capsys):
    """What the message of a refused run asks for can be given here too."""
    folder = tmp_path / "pics"
    for number in range(3):
        save(folder / f"{number}.png", (number, 0, 0))
    main.main(folder, links=False)
    for picture in folder.glob("*.png"):
        picture.unlink()
    with pytest.raises(InputError, match=r"3 of the 3 pictures.*gone=True"):
        main.main(folder, links=False)
    assert main.main(folder, links=False, gone=True) == {}
