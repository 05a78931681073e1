"""What networks run on. Graphics processors are asked for here, and never there: only the choice is tried."""

import argparse
import threading

import numpy as np
import pytest
from PIL import Image

import imagecluster
from imagecluster.cli import main
from imagecluster.cli.arguments import add_device
from imagecluster.collection import Settings
from imagecluster.embed import Embedder, embed_files
from imagecluster.errors import ArgumentError, ModelError
from imagecluster.functions.running import run
from imagecluster.models import DEVICES, choose_device, find_model, offered_devices, open_session
from imagecluster.models.devices import AUTO
from imagecluster.models.onnx_graph import Network
from imagecluster.scan import scan
from onnx_samples import write_encoder
from pictures import draw_groups


@pytest.fixture
def offers_cuda(monkeypatch):
    """An engine that says it has CUDA, as that of onnxruntime-gpu does on a machine without a driver."""
    providers = ["CUDAExecutionProvider", "CPUExecutionProvider"]
    monkeypatch.setattr("onnxruntime.get_available_providers", lambda: providers)


@pytest.fixture
def model(tmp_path):
    file = write_encoder(tmp_path / "net.onnx", {"embedding": (2, 24)})
    return find_model(str(file), preprocess="clip,size=64")


def pictures(n):
    levels = np.random.default_rng(0).integers(0, 256, (n, 64, 64, 3), np.uint8)
    return [Image.fromarray(each) for each in levels]


@pytest.mark.parametrize(
    ("name", "offered", "chosen"),
    [
        ("cpu", ["cpu", "cuda"], "cpu"),
        ("auto", ["cpu"], "cpu"),
        ("auto", ["cpu", "directml"], "directml"),
        ("auto", ["cpu", "cuda", "directml"], "cuda"),
        ("auto", ["cpu", "coreml", "openvino"], "cpu"),
        ("coreml", ["cpu", "coreml"], "coreml"),
        ("openvino", ["cpu", "openvino"], "openvino"),
    ],
)
def test_the_device_follows_from_the_name_and_from_what_is_offered(name, offered, chosen):
    """`auto` takes no device that may compute in 16 bits."""
    assert choose_device(name, offered).name == chosen


def test_what_is_not_offered_is_refused_with_the_package_that_has_it():
    """And with what there is."""
    with pytest.raises(ModelError, match=r"offers only cpu, coreml: replace it with onnxruntime-gpu"):
        choose_device("cuda", ["cpu", "coreml"])
    with pytest.raises(ArgumentError, match=r"'gpu'; it must be one of auto, cpu, cuda, directml, coreml, openvino"):
        choose_device("gpu")


def test_every_device_falls_back_to_the_processor_for_single_operators():
    """It stands last in the list that the engine gets, and alone for itself."""
    import onnxruntime

    known = onnxruntime.get_all_providers()
    for device in DEVICES.values():
        assert device.provider in known
        assert device.providers[-1] == "CPUExecutionProvider"
        assert len(device.providers) == (1 if device.name == "cpu" else 2)
    assert DEVICES["cuda"].providers[0] == ("CUDAExecutionProvider", {"use_tf32": "0"})
    assert set(AUTO) <= set(DEVICES)


def test_this_engine_offers_what_it_lists():
    """The processor, whatever else."""
    assert "cpu" in offered_devices()


def test_a_device_that_does_not_start_is_no_silent_fallback(offers_cuda, model):
    """The engine goes on without it; fingerprints of another kind of sums would come unasked."""
    import onnxruntime

    if "CUDAExecutionProvider" in onnxruntime.InferenceSession(model.build(model.source.path).model).get_providers():
        pytest.skip("CUDA works here")
    with pytest.raises(ModelError, match="offers cuda but could not start it"):
        open_session(Network(model.source.path), name="net", device="cuda")


def test_the_command_line_and_the_functions_take_a_device(tmp_path, model, capsys):
    """A device that is not there is refused before a picture is read; `auto` works everywhere."""
    folder = draw_groups(tmp_path / "pics")
    missing = next(name for name in DEVICES if name not in offered_devices())
    assert main(["run", str(folder), "--device", missing, "--links", "none", "-q"]) == 1
    assert f"device is {missing}, but the installed onnxruntime offers only cpu" in capsys.readouterr().err
    assert run([folder], Settings(device="auto", links="none", page=False)).n_fingerprinted == 9
    assert len(imagecluster.fingerprint(folder, device="cpu").vectors) == 9
    with pytest.raises(ArgumentError, match="device is 'gpu'"):
        Settings(device="gpu")
    parser = argparse.ArgumentParser()
    add_device(parser)
    assert set(parser._actions[-1].choices) == {"auto", *DEVICES}


def test_batches_give_what_single_pictures_give(model):
    """As a graphics processor gets them: all in one run."""
    images = pictures(20)
    together = Embedder(model, batch=16)
    np.testing.assert_allclose(
        together.all_features(images), Embedder(model).all_features(images), rtol=1e-4, atol=1e-3
    )


def test_where_memory_ends_fewer_go_at_once(model, monkeypatch):
    """Half as many, until it works; from then on so many."""
    embedder = Embedder(model, batch=16)
    session, sizes = embedder._session, []

    class Small:
        """Takes five pictures."""

        def run(self, outputs, inputs):
            (pixels,) = inputs.values()
            sizes.append(len(pixels))
            if len(pixels) > 5:
                raise RuntimeError("out of memory")
            return session.run(outputs, inputs)

    monkeypatch.setattr(embedder, "_session", Small())
    images = pictures(20)
    found = embedder.all_features(images)
    assert sizes == [16, 8, 4, 4, 4, 4, 4]
    assert embedder.batch == 4
    np.testing.assert_allclose(found, Embedder(model).all_features(images), rtol=1e-4, atol=1e-3)


def test_a_run_that_fails_for_one_picture_fails(model, monkeypatch):
    """There is nothing to halve."""
    embedder = Embedder(model, batch=4)

    class Broken:
        """Takes none."""

        def run(self, outputs, inputs):
            raise RuntimeError("no driver")

    monkeypatch.setattr(embedder, "_session", Broken())
    with pytest.raises(RuntimeError, match="no driver"):
        embedder.all_features(pictures(3))
    assert embedder.batch == 1


def test_decoding_goes_on_while_a_batch_runs(tmp_path, model, monkeypatch):
    """One thread is in the network at a time, with a whole batch; the others have theirs decoded meanwhile."""
    folder = tmp_path / "pics"
    folder.mkdir()
    for i, picture in enumerate(pictures(48)):
        picture.save(folder / f"{i:02}.png")
    embedder = Embedder(model, batch=16)
    session, sizes, inside, most = embedder._session, [], [], []
    waiting = threading.Barrier(2, timeout=20)

    class Watched:
        """Notes who is in it; the first to come waits until another thread wants to get in."""

        def run(self, outputs, inputs):
            inside.append(1)
            most.append(len(inside))
            sizes.append(len(next(iter(inputs.values()))))
            if len(sizes) == 1:
                waiting.wait()
            found = session.run(outputs, inputs)
            inside.pop()
            return found

    class Turn:
        """A lock that tells of a second thread in front of it."""

        def __init__(self):
            self.lock, self.told = threading.Lock(), False

        def __enter__(self):
            if self.lock.locked() and not self.told:
                self.told = True
                waiting.wait()
            self.lock.acquire()

        def __exit__(self, *error):
            self.lock.release()

    monkeypatch.setattr(embedder, "_session", Watched())
    monkeypatch.setattr(embedder, "_turn", Turn())
    outcomes = [outcome for chunk in embed_files(scan([folder]).files, embedder, n_threads=3) for outcome in chunk]
    assert len(outcomes) == 48 and all(outcome.content for outcome in outcomes)
    assert sizes == [16, 16, 16]
    assert max(most) == 1
