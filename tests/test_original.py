"""Old databases of the original: read without running anything, matched to pictures by name."""

import contextlib
import os
import pickle
import pickletools
import struct
from collections import OrderedDict
from pathlib import Path

import numpy as np
import pytest

from imagecluster import io
from imagecluster.cli import main
from imagecluster.embed import Embedder
from imagecluster.errors import ArgumentError, ImageclusterError, InputError
from imagecluster.original import importing, pickled
from imagecluster.store import Store
from original_samples import save

pytestmark = pytest.mark.usefixtures("no_weights_of_this_machine")


RNG = np.random.default_rng(0)


def rows(names, n=4096):
    return {name: RNG.uniform(0, 9, n).astype(np.float32) for name in names}


def written(file: Path, content: object, protocol: int = 4) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(pickle.dumps(content, protocol))
    return file


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize("dtype", ["float32", "float64", ">f4", "float16", "int64"])
def test_arrays_are_read_as_they_were_written(tmp_path, protocol, dtype):
    """By every protocol of pickle, and in every order of bytes."""
    content = OrderedDict((name, row.astype(dtype)) for name, row in rows(["p/a.jpg", "p/ü.jpg"], 7).items())
    found = pickled.read_fingerprints_pk(written(tmp_path / "f.pk", content, protocol))
    assert list(found) == list(content)
    for name, row in found.items():
        assert row.dtype == np.float32
        np.testing.assert_array_equal(row, content[name].astype(np.float32))


def test_pickles_of_old_numpy_are_read(tmp_path):
    """NumPy 1 called its module numpy.core."""
    data = pickle.dumps(rows(["a"], 3), 2)
    assert b"numpy._core.multiarray" in data
    file = tmp_path / "f.pk"
    file.write_bytes(data.replace(b"numpy._core.multiarray", b"numpy.core.multiarray"))
    assert list(pickled.read_fingerprints_pk(file)) == ["a"]


class Shell:
    """What a malicious pickle does."""

    def __init__(self, call, *arguments):
        self._reduced = (call, arguments)

    def __reduce__(self):
        return self._reduced


def malicious(marker: Path) -> dict[str, object]:
    """Contents that would run something, by what they do."""
    command = f"touch {marker}"
    return {
        "system": Shell(os.system, command),
        "eval": Shell(eval, f"open({os.fspath(marker)!r}, 'w')"),
        "exec": {"a": Shell(exec, f"open({os.fspath(marker)!r}, 'w')")},
        "getattr": Shell(getattr, Shell(__import__, "os"), "system"),
        "numpy": {"a": Shell(np.load, os.fspath(marker))},
        "key": {Shell(os.system, command): 1},
        "touch": {"a": Shell(Path.touch, marker)},
    }


@pytest.mark.parametrize("kind", sorted(malicious(Path("x"))))
@pytest.mark.parametrize("protocol", [0, 2, 4, 5])
def test_nothing_in_a_pickle_is_run(tmp_path, kind, protocol):
    """A name that is not needed for arrays is refused before it is looked up."""
    marker = tmp_path / "ran"
    file = written(tmp_path / "f.pk", malicious(marker)[kind], protocol)
    with pytest.raises(ArgumentError, match="it names"):
        pickled.read_fingerprints_pk(file)
    assert not marker.exists()


def test_names_that_only_look_allowed_are_refused(tmp_path):
    """Dotted names and functions of the allowed modules are not in the list."""
    for module, name in (
        ("numpy", "ndarray.__class__"), ("numpy", "load"), ("_codecs", "decode"), ("collections", "namedtuple"),
        ("numpy.core.multiarray", "fromfile"), ("builtins", "getattr"), ("imagecluster.original.pickled", "pickle"),
    ):  # fmt: skip
        data = b"\x80\x04" + b"".join(b"\x8c" + bytes([len(t)]) + t.encode() for t in (module, name)) + b"\x93."
        assert [op.name for op, _, _ in pickletools.genops(data)][-2] == "STACK_GLOBAL"
        (tmp_path / "f.pk").write_bytes(data)
        with pytest.raises(ArgumentError, match="it names"):
            pickled.read_fingerprints_pk(tmp_path / "f.pk")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ([1, 2], "holds a list"),
        ({"a": [1.0, 2.0]}, "not a dictionary of arrays"),
        ({1: np.zeros(3)}, "not a dictionary of arrays"),
        ({"a": np.zeros((2, 2))}, "shape"),
        ({"a": np.array(["x"], object)}, "not made of plain numbers"),
        ({"a": np.array(["text"])}, "not of numbers"),
        ({"a": np.array([1j])}, "not of numbers"),
        ({"a": np.zeros(2), "b": np.zeros(3)}, "different lengths"),
        ({"a": np.array([np.nan, 1.0])}, "not finite"),
        ({"a": np.zeros(2, "datetime64[s]")}, "not of numbers"),
    ],
)
def test_other_contents_are_refused(tmp_path, content, message):
    """What is there is said."""
    with pytest.raises(ArgumentError, match=message):
        pickled.read_fingerprints_pk(written(tmp_path / "f.pk", content))


def test_damaged_files_are_refused(tmp_path):
    """Cut short at any byte, overwritten at any byte, or claiming to be huge: an error of ours, or a right reading."""
    data = pickle.dumps(rows(["a", "b"], 5), 4)
    file = tmp_path / "f.pk"
    for at in range(len(data) - 1):
        file.write_bytes(data[:at])
        with pytest.raises(ArgumentError):
            pickled.read_fingerprints_pk(file)
        file.write_bytes(data[:at] + bytes([data[at] ^ 0x55]) + data[at + 1 :])
        with contextlib.suppress(ImageclusterError):
            pickled.read_fingerprints_pk(file)
    file.write_bytes(b"\x80\x04\x8e" + struct.pack("<Q", 2**62) + b"x.")
    with pytest.raises(ArgumentError):
        pickled.read_fingerprints_pk(file)
    with pytest.raises(InputError, match="none"):
        pickled.read_fingerprints_pk(tmp_path / "none.pk")


@pytest.fixture
def old(tmp_path):
    """A folder of pictures with what the original left in it."""
    folder = tmp_path / "pics"
    for name in ("a.jpg", "b.jpg", "turned.jpg", "changed.jpg"):
        save(folder / name, (9, 99, 9), orientation=6 if name == "turned.jpg" else None)
        os.utime(folder / name, (10, 10))
    (folder / "broken.jpg").write_bytes(b"no picture")
    content = rows([f"/home/somebody/pics/{p.name}" for p in folder.glob("*.jpg")] + ["pics/gone.jpg"])
    file = written(folder / "imagecluster" / "fingerprints.pk", content)
    os.utime(file, (20, 20))
    os.utime(folder / "broken.jpg", (10, 10))
    os.utime(folder / "changed.jpg", (30, 30))
    return file, content


def test_old_fingerprints_are_taken_over_by_name(old, capsys):
    """Those of unchanged upright pictures; all others are listed with the reason."""
    file, _ = old
    assert main(["import-original", str(file)]) == 0
    printed = capsys.readouterr()
    assert "6 fingerprints = 2 imported as vgg16@keras.1 + 4 left out" in printed.out
    for name, reason in (
        ("gone.jpg", "gone"), ("turned.jpg", "orientation"), ("changed.jpg", "changed after"), ("broken.jpg", "not a"),
    ):  # fmt: skip
        assert any(name in line and reason in line for line in printed.err.splitlines())
    folder = file.parent.parent
    with Store.open(folder / "imagecluster", writable=False) as store:
        assert len(store.rows("vgg16@keras.1")) == 2


def test_old_fingerprints_need_no_network(old, monkeypatch):
    """`get_image_data` takes them as they are, up to the 16 bits of the database."""
    file, content = old
    folder = file.parent.parent
    for name in ("turned.jpg", "changed.jpg", "broken.jpg"):
        (folder / name).unlink()
    found = importing.import_fingerprints(file)
    assert (found.n_in_file, found.n_imported, len(found.left_out)) == (6, 2, 4)
    monkeypatch.setattr(Embedder, "__init__", lambda *_, **__: pytest.fail("the network was loaded"))
    _, fingerprints, _ = io.get_image_data(folder)
    for name, row in fingerprints.items():
        np.testing.assert_allclose(row, content[f"/home/somebody/pics/{Path(name).name}"], rtol=1e-3)
    assert importing.import_fingerprints(file).n_imported == 2


def test_compressed_fingerprints_and_other_layers_are_refused(tmp_path, capsys):
    """Principal components mean nothing to another collection; of two fingerprints for one name the first counts."""
    save(tmp_path / "a.jpg", (9, 9, 9))
    file = written(tmp_path / "imagecluster" / "fingerprints.pk", rows(["a.jpg"], 17))
    assert main(["import-original", str(file)]) == 2
    assert "PCA" in capsys.readouterr().err
    assert not Store.exists(tmp_path / "imagecluster")
    file = written(tmp_path / "imagecluster" / "flat.pk", rows(["x/a.jpg", "y/a.jpg"], 25088))
    os.utime(tmp_path / "a.jpg", (1, 1))
    arguments = ["--layer", "flatten", "--pictures", str(tmp_path), "--db", str(tmp_path / "db")]
    assert main(["import-original", str(file), *arguments]) == 0
    printed = capsys.readouterr()
    assert "1 imported as vgg16-flatten@keras.1 + 1 left out" in printed.out
    assert "has the same name" in printed.err
    assert main(["import-original", str(file), "--layer", "flatten", "--pictures", str(tmp_path / "none")]) == 1
