"""Files that change between two runs: what is read again, what is fingerprinted again, and what corrections do."""

import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import xxhash
from PIL import Image

from imagecluster.collection import Settings
from imagecluster.corrections import EDITS_NAME, Apart, Hide, History, Move, Name, Together, follow, heirs
from imagecluster.embed import embedding
from imagecluster.explore.snapshot import load_snapshot
from imagecluster.functions.running import run
from imagecluster.store import Store
from imagecluster.web.correction_json import corrections_state
from imagecluster.web.file_actions import FileActions
from pictures import draw

PLAIN = Settings(links="none", page=False)


def with_comment(data: bytes, text: bytes) -> bytes:
    """A JPEG with one more comment, and not a pixel changed."""
    return data[:2] + b"\xff\xfe" + (len(text) + 2).to_bytes(2) + text + data[2:]


def content(path: Path) -> bytes:
    """The hash of a file's content."""
    return xxhash.xxh3_128_digest(path.read_bytes())


def counts(result):
    """Numbers of fingerprinted, reused and skipped pictures."""
    return result.n_fingerprinted, result.n_reused, len(result.skips)


@pytest.fixture
def folder(tmp_path):
    """Four pictures: three look alike."""
    for number in range(3):
        draw(tmp_path / "pics" / f"rose_{number}.jpg", 2, size=(160 + 8 * number, 128 + 8 * number))
    draw(tmp_path / "pics" / "other.jpg", 3)
    return tmp_path / "pics"


@pytest.fixture
def read(monkeypatch):
    """Names of the files whose bytes a run reads."""
    names = []

    def reading(path):
        names.append(path.name)
        return embedding_read(path)

    embedding_read = embedding.read_bytes
    monkeypatch.setattr(embedding, "read_bytes", reading)
    return names


def edit_in_place(path: Path, data: bytes) -> None:
    """Write a file anew and put its modification time back, as some editors of metadata do."""
    before = path.stat()
    path.write_bytes(data)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


@pytest.mark.skipif(os.name == "nt", reason="the system keeps no time of change")
def test_a_change_that_keeps_size_and_time_is_noticed(folder, read):
    """The time of change tells; a picture that was really changed is fingerprinted."""
    run(folder, PLAIN)
    read.clear()
    path = folder / "other.jpg"
    data = path.read_bytes()
    at = data.rindex(b"\xff\xd9") - 40
    edit_in_place(path, data[:at] + bytes([data[at] ^ 0x10]) + data[at + 1 :])
    result = run(folder, PLAIN)
    assert (read, counts(result)) == (["other.jpg"], (1, 3, 0))


@pytest.mark.skipif(os.name == "nt", reason="the system keeps no time of change")
def test_other_permissions_cost_one_read(folder, read):
    """`chmod` changes the time of change, and no fingerprint; the run after that reads nothing."""
    run(folder, PLAIN)
    read.clear()
    (folder / "other.jpg").chmod(0o600)
    assert counts(run(folder, PLAIN)) == (0, 4, 0)
    assert read == ["other.jpg"]
    assert counts(run(folder, PLAIN)) == (0, 4, 0)
    assert read == ["other.jpg"]


def test_rehash_reads_everything_once(folder, read):
    """All files are read, none is fingerprinted, and the next run reads none."""
    run(folder, PLAIN)
    read.clear()
    assert counts(run(folder, PLAIN, rehash=True)) == (0, 4, 0)
    assert sorted(read) == ["other.jpg", "rose_0.jpg", "rose_1.jpg", "rose_2.jpg"]
    read.clear()
    assert counts(run(folder, PLAIN)) == (0, 4, 0)
    assert read == []


def test_a_database_of_format_2_is_read_once_more_without_new_fingerprints(folder, read):
    """Pictures without the digest of their pixels are read, and the next run reads none."""
    run(folder, PLAIN)
    with Store.open(folder / "imagecluster") as store, store._writing() as connection:
        connection.execute("UPDATE contents SET pixels = NULL, shown = NULL")
        connection.execute("UPDATE files SET ctime_ns = NULL")
    read.clear()
    assert counts(run(folder, PLAIN)) == (0, 4, 0)
    assert len(read) == 4
    read.clear()
    run(folder, PLAIN)
    assert read == []


def test_metadata_alone_need_no_new_fingerprint(folder, monkeypatch):
    """A comment more costs a read: no network runs, and the picture stays at distance 0 from what it was."""
    run(folder, PLAIN)
    for path in folder.glob("*.jpg"):
        path.write_bytes(with_comment(path.read_bytes(), b"five stars"))
    monkeypatch.setattr(embedding._Worker, "_decode", None)
    result = run(folder, PLAIN)
    assert counts(result) == (0, 4, 0)
    assert [len(cluster.members) for cluster in result.clusters.clusters] == [3]


def test_new_metadata_are_taken_with_the_old_fingerprint(folder):
    """A date that a program wrote into a file counts, and the picture is still not fingerprinted."""
    run(folder, PLAIN)
    path = folder / "other.jpg"
    block = Image.Exif()
    block.get_ifd(0x8769)[0x9003] = "2020:02:03 04:05:06"
    exif = b"Exif\0\0" + block.tobytes().removeprefix(b"Exif\0\0")
    data = path.read_bytes()
    path.write_bytes(data[:2] + b"\xff\xe1" + (len(exif) + 2).to_bytes(2) + exif + data[2:])
    assert counts(run(folder, PLAIN)) == (0, 4, 0)
    with Store.open(folder / "imagecluster", writable=False) as store:
        assert store.metadata([content(path)])[content(path)].taken_s == 1580702706.0


def test_a_picture_turned_by_its_metadata_is_fingerprinted_anew(folder):
    """The coded pixels are the same, what is seen is not."""
    run(folder, PLAIN)
    path = folder / "other.jpg"
    block = Image.Exif()
    block[0x0112] = 6
    exif = b"Exif\0\0" + block.tobytes().removeprefix(b"Exif\0\0")
    data = path.read_bytes()
    path.write_bytes(data[:2] + b"\xff\xe1" + (len(exif) + 2).to_bytes(2) + exif + data[2:])
    assert counts(run(folder, PLAIN)) == (1, 3, 0)


def corrected(folder: Path) -> History:
    """Names the roses and hides the other picture."""
    history = History(folder / "imagecluster" / EDITS_NAME)
    history.add(Name(frozenset(map(content, folder.glob("rose_*.jpg"))), "Rose"))
    history.add(Hide(frozenset([content(folder / "other.jpg")])))
    return history


def check_corrected(folder: Path, history: History) -> None:
    """The roses have their name and the other picture is hidden, in the outputs and in the page."""
    result = run(folder, PLAIN)
    assert [cluster.name for cluster in result.clusters.clusters] == ["Rose"]
    assert [result.names[row] for row in result.clusters.hidden] == ["other.jpg"]
    with Store.open(folder / "imagecluster", writable=False) as store:
        snapshot = load_snapshot(store, result.model)
        state = corrections_state(history, FileActions(store.directory), snapshot)["corrections"]
        (hide,) = (edit for edit in state["edits"] if edit["kind"] == "hide")
        assert [snapshot.name(row) for number in hide["pictures"] for row in state["contents"][number]] == ["other.jpg"]


def test_corrections_follow_the_pixels(folder):
    """Metadata written into each file, also into one that was renamed, leave name and hidden picture."""
    run(folder, PLAIN)
    history = corrected(folder)
    for path in folder.glob("*.jpg"):
        path.write_bytes(with_comment(path.read_bytes(), b"five stars"))
    (folder / "rose_1.jpg").rename(folder / "renamed.jpg")
    check_corrected(folder, history)
    for path in folder.glob("*.jpg"):  # and once more, on top of that
        path.write_bytes(with_comment(path.read_bytes(), b"a keyword"))
    check_corrected(folder, history)


def test_corrections_follow_the_path_where_the_pixels_changed(folder):
    """A picture that was saved again in its place is still hidden."""
    run(folder, PLAIN)
    history = corrected(folder)
    with Image.open(folder / "other.jpg") as image:
        image.load()
    image.save(folder / "other.jpg", quality=50)
    check_corrected(folder, history)


def test_corrections_follow_a_path_and_then_the_pixels(folder):
    """A picture that was saved again in its place, and renamed with other metadata after another run, is hidden."""
    run(folder, PLAIN)
    history = corrected(folder)
    other = folder / "other.jpg"
    with Image.open(other) as image:
        image.load()
    image.save(other, quality=50)
    check_corrected(folder, history)
    (folder / "moved.jpg").write_bytes(with_comment(other.read_bytes(), b"five stars"))
    other.unlink()
    result = run(folder, PLAIN)
    assert [result.names[row] for row in result.clusters.hidden] == ["moved.jpg"]


def test_a_correction_stays_with_the_picture_that_is_still_there(folder):
    """A copy with other metadata is not corrected while the corrected picture itself exists."""
    run(folder, PLAIN)
    corrected(folder)
    (folder / "copy.jpg").write_bytes(with_comment((folder / "other.jpg").read_bytes(), b"a copy"))
    result = run(folder, PLAIN)
    assert [result.names[row] for row in result.clusters.hidden] == ["other.jpg"]


def test_the_report_of_names_lost_after_a_metadata_edit(photos, tmp_path):
    """Name and hidden picture survive a comment in every file."""
    report, pics = photos / "reports" / "names-lost-after-metadata-edit", tmp_path / "pics"
    shutil.copytree(report / "before", pics, copy_function=shutil.copyfile)
    run(pics, PLAIN)
    history = History(pics / "imagecluster" / EDITS_NAME)
    history.add(Name(frozenset(map(content, pics.glob("rose_*.jpg"))), "Rose"))
    history.add(Hide(frozenset([content(pics / "other_1.jpg")])))
    for path in (report / "after").iterdir():
        shutil.copyfile(path, pics / path.name)
    result = run(pics, PLAIN)
    assert counts(result) == (0, 5, 0)
    assert "Rose" in [cluster.name for cluster in result.clusters.clusters]
    assert [result.names[row] for row in result.clusters.hidden] == ["other_1.jpg"]


A, B, C, D = (bytes([number]) * 16 for number in range(4))


def test_heirs_have_the_same_pixels_first():
    """The contents of the same files count only where none has the same pixels; those that are gone never do."""
    edits = [Hide(frozenset([A, B]))]
    tiers = {A: (frozenset([C, B]), frozenset([D])), B: (frozenset([A]), frozenset([D]))}
    assert heirs(edits, [C, D], lambda gone: {h: tiers[h] for h in gone}) == {A: {C}, B: {D}}
    assert heirs(edits, [A, B], lambda gone: pytest.fail("nothing is gone")) == {}
    assert heirs([], [A], lambda gone: pytest.fail("nothing is corrected")) == {}


def test_corrections_that_have_become_impossible_are_left_out():
    """Two sides of a correction may have become one picture."""
    one = {A: frozenset([C]), B: frozenset([C])}
    a, b, d = frozenset([A]), frozenset([B]), frozenset([D])
    assert follow([Apart(a, b), Move(a, b), Together(a | b)], one) == (Together(frozenset([C])),)
    assert follow([Apart(a, b | d)], one) == (Apart(frozenset([C]), d),)
    assert follow([replace(Name(a, "x"), name="y")], {}) == (Name(a, "y"),)
