"""What the viewer keeps for its next start."""

from __future__ import annotations

import os

import numpy as np
import pytest

from imagecluster.collection import Collection, Settings
from imagecluster.explore.colours import Colours
from imagecluster.explore.projection import keep_map, kept_map, principal_map
from imagecluster.explore.snapshot import keep_snapshot, load_snapshot
from imagecluster.functions.running import run
from imagecluster.store import THUMBNAILS_NAME, Store, Thumbnails, kept_leaves, reading
from imagecluster.web.guard import Rules
from pictures import draw, draw_groups
from web_samples import TOKEN, served


@pytest.fixture
def folder(tmp_path):
    """Drawn pictures, one of them with a name that is no Unicode text."""
    root = draw_groups(tmp_path / "pics", (4, 3, 2))
    draw(root / "odd.png", 7).rename(root / os.fsdecode(b"\xff.png"))
    run([root], Settings(links="none"))
    return root


def loaded(root):
    with Store.open(root / "imagecluster", writable=False) as store:
        model = store.runs()[-1].model
        return load_snapshot(store, model)


def same(one, other):
    """Whether two snapshots show the same."""
    assert one.key == other.key
    assert one.leaves.keys == other.leaves.keys
    assert one.leaves.hashes == other.leaves.hashes
    for name in ("rows", "size_bytes", "width_px", "height_px", "taken_s"):
        np.testing.assert_array_equal(getattr(one.leaves, name), getattr(other.leaves, name))
    assert one.leaves.n_with_place == other.leaves.n_with_place
    np.testing.assert_array_equal(one.path_rank, other.path_rank)
    np.testing.assert_array_equal(one.dendrogram.gap, other.dendrogram.gap)
    assert one.dendrogram.top == other.dendrogram.top
    np.testing.assert_array_equal(one.unit_vectors(np.arange(len(one))), other.unit_vectors(np.arange(len(other))))


def test_what_was_kept_is_not_worked_out_again(folder):
    """The order of the names comes back as it was."""
    first = loaded(folder)
    assert first.known_rank is None
    keep_snapshot(folder / "imagecluster", first)
    again = loaded(folder)
    assert again.known_rank is not None
    same(again, first)


def test_a_run_keeps_the_list_of_pictures(folder, monkeypatch):
    """Of a large collection, so that the viewer need not read the tables."""
    assert not (folder / "imagecluster" / "leaves").exists()
    before = loaded(folder)
    monkeypatch.setattr(kept_leaves, "LEAST_PICTURES", 10)
    run([folder], Settings(links="none"))
    monkeypatch.setattr(reading, "read_leaves", lambda *_: pytest.fail("the tables were read"))
    same(loaded(folder), before)


def test_wide_clusters_are_not_looked_for_again(folder, monkeypatch):
    """The bound of the latest run is kept too, and another bound is worked out anew."""
    limit = round(loaded(folder).dendrogram.top * 0.7, 3)
    run([folder], Settings(links="none", max_diameter=limit))
    first = loaded(folder)
    assert np.isinf(first.dendrogram.gap).any()
    keep_snapshot(folder / "imagecluster", first)
    with monkeypatch.context() as patch:
        patch.setattr(Collection, "narrow_dendrogram", property(lambda _: pytest.fail("it was computed again")))
        same(loaded(folder), first)
    run([folder], Settings(links="none", max_diameter=2.0))
    assert not np.isinf(loaded(folder).dendrogram.gap).any()


@pytest.mark.parametrize("damage", ["new picture", "cut off", "nonsense", "gone"])
def test_another_snapshot_or_a_damaged_file_is_passed_over(folder, damage):
    """Then everything is worked out."""
    first = loaded(folder)
    keep_snapshot(folder / "imagecluster", first)
    (file,) = (folder / "imagecluster" / "viewer").iterdir()
    if damage == "new picture":
        draw(folder / "2_7.png", 2, size=(170, 140))
        run([folder], Settings(links="none"))
    elif damage == "gone":
        file.unlink()
    else:
        file.write_bytes(file.read_bytes()[:-100] if damage == "cut off" else b"nonsense")
    found = loaded(folder)
    assert len(found) == (11 if damage == "new picture" else 10)
    assert found.known_rank is None
    assert damage == "new picture" or found.path_rank.tolist() == first.path_rank.tolist()


def test_a_read_only_viewer_keeps_nothing(folder):
    """And one that may write does."""
    for read_only in (True, False):
        with served(folder, rules=Rules(token=TOKEN, read_only=read_only)) as client:
            client.state()
            for _ in range(100):
                if (folder / "imagecluster" / "viewer").exists() or read_only:
                    break
                client.session._ended.wait(0.05)
            if read_only:
                client.session._ended.wait(1.0)
        assert (folder / "imagecluster" / "viewer").exists() is not read_only


def test_what_earlier_versions_kept_is_ignored(folder):
    """Other files in the folder are neither read nor changed."""
    directory = folder / "imagecluster"
    (directory / "maps").mkdir()
    former = {directory / name: name.encode() for name in ("viewer.npz", "colours.bin", "maps/umap-0123.f32")}
    for file, content in former.items():
        file.write_bytes(content)
    first = loaded(folder)
    keep_snapshot(directory, first)
    keep_map(directory, first, principal_map(first), method="umap")
    assert loaded(folder).known_rank is not None
    assert {file: file.read_bytes() for file in former} == former


@pytest.mark.parametrize("kind", ["viewer", "maps", "colours"])
@pytest.mark.parametrize("is_folder", [True, False])
def test_a_link_in_the_place_of_what_is_kept_is_passed_over(folder, tmp_path, caplog, kind, is_folder):
    """With a warning that names it; the viewer does without, and nothing behind the link is read or changed."""
    directory, victim = folder / "imagecluster", tmp_path / "victim"
    with Thumbnails(directory / THUMBNAILS_NAME) as cache:
        snapshot = loaded(folder)

        def kept_again():
            """Keeps everything, and tells what a next start would find."""
            keep_snapshot(directory, snapshot)
            keep_map(directory, snapshot, principal_map(snapshot), method="umap")
            colours = Colours(cache, directory, keep=True)
            colours._save()
            return {
                "viewer": loaded(folder).known_rank is not None,
                "maps": kept_map(directory, snapshot, method="umap") is not None,
                "colours": bool(Colours(cache, directory, keep=False)._known),
            }

        Colours(cache, directory, keep=True).complete(
            snapshot.leaves.hashes, side_px=192, tell=lambda _: None, ended=lambda: False
        )
        assert all(kept_again().values())
        place = directory / kind
        if not is_folder:
            (place,) = place.iterdir()
        place.rename(victim)
        before = sorted(file.read_bytes() for file in (victim.iterdir() if is_folder else [victim]))
        place.symlink_to(victim)
        found = kept_again()
        assert not found[kind]
        assert str(place) in caplog.text
        assert sorted(file.read_bytes() for file in (victim.iterdir() if is_folder else [victim])) == before
