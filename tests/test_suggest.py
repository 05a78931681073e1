"""Which cuts are suggested."""

import numpy as np
import pytest

from conftest import read_manifest
from imagecluster import cut, evaluate
from imagecluster.cut.suggest import RELATIVE_LEVELS, Level, suggest
from imagecluster.errors import ArgumentError
from imagecluster.linkage import average_linkage


def at_angles(*degrees):
    """Vectors in a plane."""
    radians = np.deg2rad(degrees)
    return np.stack([np.cos(radians), np.sin(radians)], axis=1)


def test_each_level_gets_a_cut_with_its_counts():
    """Copies, scenes, themes: sims within their ranges, falling, and clusters that are those of the cut."""
    rng = np.random.default_rng(0)
    dendrogram = average_linkage(rng.standard_normal((200, 6)) + 2 * rng.standard_normal((20, 6))[np.arange(200) % 20])
    found = suggest(dendrogram)
    assert [s.name for s in found] == ["copies", "scenes", "themes"]
    for level, s in zip(RELATIVE_LEVELS, found, strict=True):
        assert level.low <= s.sim <= level.high
        assert s.height == cut.cut_height(dendrogram, sim=s.sim)
        sizes = np.bincount(cut.flat_clusters(dendrogram, s.height))
        assert (s.n_clusters, s.n_clustered) == ((sizes > 1).sum(), sizes[sizes > 1].sum())
        assert s.largest == sizes.max()


def test_a_gap_is_preferred_and_else_the_middle():
    """A merge in the middle pushes the cut just far enough aside; a dense stretch leaves it in the middle."""
    far = 2.0
    level = (Level("copies", 0.8, 1.0),)

    def merging_at(*heights):
        """Pairs that merge at these heights, far from one another."""
        dendrogram = average_linkage(at_angles(0, 180))
        merges = np.array([[0, 1, h, 2] for h in (*heights, far)])
        return type(dendrogram)(merges, far, np.arange(len(merges) + 1), merges[:, 2])

    assert suggest(merging_at(0.0), levels=level)[0].sim == 0.9
    assert suggest(merging_at(0.199), levels=level)[0].sim == pytest.approx(0.88)
    assert suggest(merging_at(0.201), levels=level)[0].sim == pytest.approx(0.92)
    crowded = np.linspace(0, 0.5, 60)
    assert suggest(merging_at(*crowded), levels=level)[0].sim == 0.9


def test_another_scale_may_be_given():
    """`height_of` and `levels` belong together: a calibrated scale replaces both."""
    dendrogram = average_linkage(at_angles(0, 2, 40, 43, 120))
    (found,) = suggest(dendrogram, height_of=lambda sim: (1 - sim) ** 2, levels=[Level("copies", 0.75, 0.75)])
    assert (found.sim, found.height) == (0.75, 0.0625)
    assert (found.n_clusters, found.n_clustered, found.largest) == (2, 4, 2)


@pytest.mark.parametrize("n", [0, 1, 2])
def test_next_to_no_pictures(n):
    """Nothing to suggest is no error."""
    dendrogram = average_linkage(np.eye(2)[:n])
    assert [(s.n_clusters, s.n_clustered, s.largest) for s in suggest(dendrogram)] == [(0, 0, 0)] * 3


@pytest.mark.parametrize("level", [Level("x", 0.6, 0.5), Level("x", -0.1, 0.5), Level("x", 0.5, 1.1)])
def test_impossible_ranges_are_refused(level):
    """The level is named."""
    with pytest.raises(ArgumentError, match="'x'"):
        suggest(average_linkage(np.eye(2)), levels=[level])


@pytest.mark.photos
def test_scenes_of_real_objects(photos):
    """On photographs of objects, four each, the cut for scenes is nearly the best one."""
    from imagecluster import fingerprint

    group_of = {
        photos / "objects_ukbench" / row["path"]: row["group"] for row in read_manifest(photos / "objects_ukbench")
    }
    chosen = list(group_of)[:80]
    dendrogram = average_linkage(fingerprint(chosen).vectors)
    scores = evaluate.curve(dendrogram, evaluate.labelling([group_of[path] for path in chosen]).numbers)
    scenes = suggest(dendrogram)[1]
    assert scores.at(scenes.height)["bcubed_f1"] > 0.95 * scores.best("bcubed_f1").value
