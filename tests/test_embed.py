"""From files to fingerprints on all cores."""

import os
import shutil
import threading
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from imagecluster.embed import CHUNK, Embedder, embed_files
from imagecluster.embed import embedding as embed
from imagecluster.errors import DecodeError, ResourceError
from imagecluster.models import DEFAULT_MODEL, MODELS
from imagecluster.records import ImageFile


@pytest.fixture(scope="module")
def embedder():
    return Embedder(MODELS[DEFAULT_MODEL])


def draw(path: Path, seed: int) -> ImageFile:
    """A picture of coloured blocks, a different one for each seed."""
    blocks = np.random.default_rng(seed).integers(0, 256, (4, 5, 3), np.uint8)
    Image.fromarray(blocks).resize((100, 80), Image.Resampling.BICUBIC).save(path)
    return as_file(path)


def as_file(path: Path) -> ImageFile:
    status = path.stat()
    return ImageFile(path, status.st_size, status.st_mtime_ns)


def flat(chunks):
    return [outcome for chunk in chunks for outcome in chunk]


@pytest.mark.parametrize("n_threads", [1, 3])
def test_outcomes_come_in_the_order_of_the_files(embedder, tmp_path, n_threads):
    """However many threads work, row i belongs to file i, and the fingerprint is the embedder's own."""
    files = [draw(tmp_path / f"{i:02}.png", i) for i in range(3 * CHUNK + 1)]
    outcomes = flat(embed_files(files, embedder, n_threads=n_threads))
    assert [outcome.file for outcome in outcomes] == files
    alone = flat(embed_files(files[-1:], embedder))[0]
    assert outcomes[-1].content.fingerprint.tobytes() == alone.content.fingerprint.tobytes()
    assert len({outcome.content_hash for outcome in outcomes}) == len(files)


def test_equal_bytes_run_the_network_once(embedder, tmp_path, monkeypatch):
    """Copies share a hash and a fingerprint that was computed once, even when threads meet them together."""
    first = draw(tmp_path / "a.png", 0)
    files = [first]
    for i in range(40):
        shutil.copy(first.path, tmp_path / f"b{i:02}.png")
        files.append(as_file(tmp_path / f"b{i:02}.png"))
    calls = []
    decode = embed.decode
    monkeypatch.setattr(embed, "decode", lambda *a, **k: (calls.append(threading.get_ident()), decode(*a, **k))[1])
    outcomes = list(embed_files(files, embedder, n_threads=4))
    assert len(calls) == 1
    assert len({outcome.content_hash for outcome in flat(outcomes)}) == 1
    assert len({outcome.content.fingerprint.tobytes() for outcome in flat(outcomes)}) == 1


def test_known_content_costs_a_read_only(embedder, tmp_path, monkeypatch):
    """A file whose bytes are known is hashed and not decoded."""
    file = draw(tmp_path / "a.png", 0)
    known = flat(embed_files([file], embedder))[0].content_hash
    monkeypatch.setattr(embed, "decode", None)
    outcome = flat(embed_files([file], embedder, known={known}))[0]
    assert (outcome.content, outcome.skip, outcome.content_hash) == (None, None, known)


def test_a_broken_picture_is_a_skip_and_its_copies_too(embedder, tmp_path):
    """The reason comes with each file; the others are not disturbed."""
    good = draw(tmp_path / "good.png", 1)
    data = good.path.read_bytes()[:60]
    for name in ("broken.png", "copy.png"):
        (tmp_path / name).write_bytes(data)
    files = [as_file(tmp_path / "broken.png"), as_file(tmp_path / "copy.png"), good]
    broken, copy, fine = flat(embed_files(files, embedder, n_threads=2))
    assert broken.skip.reason == copy.skip.reason
    assert broken.skip.stage == "decode"
    assert broken.skip.path.name == "broken.png"
    assert copy.skip.path.name == "copy.png"
    assert fine.content is not None


@pytest.mark.parametrize(("error", "is_lasting"), [(ResourceError("no memory"), False), (DecodeError("broken"), True)])
def test_only_what_follows_from_the_bytes_is_lasting(embedder, tmp_path, monkeypatch, error, is_lasting):
    """A want of memory is not remembered, damage is."""

    def fails(*_arguments, **_options):
        raise error

    monkeypatch.setattr(embed, "decode", fails)
    outcome = flat(embed_files([draw(tmp_path / "a.png", 0)], embedder))[0]
    assert (outcome.skip.reason, outcome.is_lasting) == (str(error), is_lasting)


def test_a_thumbnail_that_memory_does_not_hold_is_a_skip(embedder, tmp_path):
    """The run goes on."""

    def fails(_image):
        raise MemoryError

    outcome = flat(embed_files([draw(tmp_path / "a.png", 0)], embedder, thumbnail=fails))[0]
    assert (outcome.skip.reason, outcome.is_lasting) == ("not enough memory for it", False)


def test_a_file_that_disappears_after_the_scan_is_a_skip(embedder, tmp_path):
    """Gone between scan and decode: a reason, and no content hash."""
    file = draw(tmp_path / "a.png", 0)
    file.path.unlink()
    outcome = flat(embed_files([file], embedder))[0]
    assert outcome.skip is not None
    assert outcome.content_hash == b""


def test_the_thumbnail_is_made_from_the_upright_picture(embedder, tmp_path):
    """The callback sees the decoded picture once, and its bytes come back."""
    file = draw(tmp_path / "a.png", 0)
    outcome = flat(embed_files([file], embedder, thumbnail=lambda image: repr(image.size).encode()))[0]
    assert outcome.content.thumbnail == b"(300, 240)"


def test_workers_stay_a_bounded_number_of_files_ahead(embedder, tmp_path, monkeypatch):
    """Memory does not grow with the collection: while nobody takes results, work stops."""
    file = draw(tmp_path / "a.png", 0)
    read = []
    read_bytes = embed.read_bytes
    monkeypatch.setattr(embed, "read_bytes", lambda path: (read.append(path), read_bytes(path))[1])
    chunks = embed_files([file] * 1000, embedder, n_threads=2)
    next(chunks)
    chunks.close()
    assert len(read) <= (2 * embed.CHUNKS_AHEAD + 1) * CHUNK


def test_a_permission_that_is_missing_is_a_skip(embedder, tmp_path):
    """An unreadable file is reported with the system's reason."""
    if os.geteuid() == 0:
        pytest.skip("root may read everything")
    file = draw(tmp_path / "a.png", 0)
    file.path.chmod(0)
    outcome = flat(embed_files([file], embedder))[0]
    assert "denied" in outcome.skip.reason.lower()
