"""The map by UMAP in a process of its own, with a stand-in for the library."""

from __future__ import annotations

import threading
from dataclasses import replace

import numpy as np
import pytest

from imagecluster.explore import umap_process
from imagecluster.explore.umap_process import UmapProcess
from imagecluster.web.background import Background
from waiting import wait_until
from web_snapshots import sample_snapshot

STAND_IN = """
import time
import numpy as np

print("libraries print things")

class UMAP:
    def __init__(self, **options):
        assert options["random_state"] == 0

    def fit_transform(self, X):
        {begin}
        self.n = len(X)
        return X[:, :2].copy()

    def transform(self, X):
        return X[:, :2] + self.n
"""


@pytest.fixture
def stand_in(tmp_path, monkeypatch):
    """Puts a library in the place of UMAP whose map is the first two coordinates; `begin` is run before."""

    def put(begin: str = "pass") -> None:
        (tmp_path / "library").mkdir()
        (tmp_path / "library" / "umap.py").write_text(STAND_IN.replace("{begin}", begin))
        monkeypatch.setattr(umap_process, "_FEWEST", 16)
        monkeypatch.syspath_prepend(str(tmp_path / "library"))

    return put


def test_some_pictures_make_the_map_and_the_others_are_placed_on_it(stand_in, monkeypatch):
    """Each gets the place that the library gives it, in whichever block it is asked for; the same every time."""
    stand_in()
    monkeypatch.setattr(umap_process, "_MOST_WHOLE", 30)
    monkeypatch.setattr(umap_process, "_BLOCK_ROWS", 7)
    snapshot, _ = sample_snapshot(50, 3)
    unit = snapshot.unit_vectors(np.arange(50))[:, :2]
    places = UmapProcess().map_of(snapshot)
    was_placed = np.round(places - unit).astype(int)
    assert sorted(was_placed[:, 0]) == [0] * 30 + [30] * 20
    assert np.allclose(places - was_placed, unit, atol=1e-5)
    assert np.array_equal(places, UmapProcess().map_of(snapshot))


def test_a_picture_without_a_place_is_put_in_the_middle(stand_in):
    """UMAP gives none to what is unlike everything else."""
    stand_in("X = X.copy(); X[3] = np.nan")
    snapshot, _ = sample_snapshot(20, 3)
    places = UmapProcess().map_of(snapshot)
    assert np.allclose(places[3], np.delete(places, 3, axis=0).mean(axis=0), atol=1e-6)


def test_a_library_that_fails_gives_no_map(stand_in):
    """Neither does one that was ended, nor anything after the close."""
    stand_in("raise RuntimeError")
    snapshot, _ = sample_snapshot(20, 3)
    process = UmapProcess()
    assert process.map_of(snapshot) is None
    process.close()
    assert process.map_of(snapshot) is None


def test_what_is_being_worked_out_can_be_ended(stand_in):
    """The process is gone at once, however long the library would have taken."""
    stand_in("time.sleep(600)")
    snapshot, _ = sample_snapshot(20, 3)
    process, found = UmapProcess(), []
    thread = threading.Thread(target=lambda: found.append(process.map_of(snapshot)))
    thread.start()
    wait_until(lambda: process.end() or found)  # it may not have begun when it is ended first
    thread.join()
    assert found == [None]


def test_there_is_no_such_map_of_few_pictures_or_before_they_are_clustered(stand_in):
    """Then the two principal axes must do."""
    stand_in()
    snapshot, _ = sample_snapshot(20, 3)
    assert UmapProcess.can_map(snapshot)
    assert not UmapProcess.can_map(sample_snapshot(5, 3)[0])
    assert not UmapProcess.can_map(replace(snapshot, provisional=True))


@pytest.mark.parametrize("begin", ["pass", "raise RuntimeError"])
def test_the_page_is_told_that_a_better_map_comes(stand_in, tmp_path, begin):
    """First the principal axes, with the promise of a better map; then that map, or the axes without the promise."""
    stand_in(begin)
    snapshot, _ = sample_snapshot(20, 3)
    background = Background(tmp_path, NoThumbnails(), keep=True, follow=False)
    background.begin(snapshot)
    seen = []

    def is_final():
        background.map_of(snapshot)
        news = background.map_news
        if news is not None and seen[-1:] != [news[1]]:
            seen.append(news[1])
        return seen and not seen[-1].endswith("?")

    wait_until(is_final, lambda: f"seen so far: {seen}")
    background.close()
    expected = "umap" if begin == "pass" else "principal"
    assert seen in ([expected], ["principal?", expected])
    assert background.map_of(snapshot).method == expected
    assert len(list(tmp_path.glob("maps/*.npz"))) == (begin == "pass")


class NoThumbnails:
    """A cache that holds nothing."""

    def get(self, content_hash, *, side_px):
        """Nothing."""
