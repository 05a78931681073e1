"""Which cuts are suggested."""

import numpy as np
import pytest

from conftest import read_manifest
from imagecluster import cut, evaluate
from imagecluster.cut.sim_scale import calibrated
from imagecluster.cut.suggest import CALIBRATED_LEVELS, RELATIVE_LEVELS, Level, suggest
from imagecluster.errors import ArgumentError
from imagecluster.linkage import average_linkage
from imagecluster.records import Dendrogram


def at_angles(*degrees):
    """Vectors in a plane."""
    radians = np.deg2rad(degrees)
    return np.stack([np.cos(radians), np.sin(radians)], axis=1)


def test_each_level_gets_a_cut_with_its_counts():
    """Copies, things, kinds: sims within their ranges, falling, and clusters that are those of the cut."""
    rng = np.random.default_rng(0)
    dendrogram = average_linkage(rng.standard_normal((200, 6)) + 2 * rng.standard_normal((20, 6))[np.arange(200) % 20])
    found = suggest(dendrogram)
    assert [s.name for s in found] == ["copies", "things", "kinds"]
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


CALIBRATED = calibrated([(0, 1), (0.1, 0.9), (0.25, 0.75), (0.5, 0.5), (0.75, 0.25), (2, 0)])


def groups_of(*sizes, far=1.0, near=0.05):
    """A dendrogram of groups of these sizes, whose pictures are `near` and which are `far` from each other."""
    gap = np.concatenate([[near] * (size - 1) + [far] for size in sizes])[:-1]
    n = sum(sizes)
    sequence = np.argsort(gap, kind="stable")
    tops, merges = {i: (i, 1) for i in range(n)}, []
    first = list(range(n))
    for step, place in enumerate(sequence):
        left, right = first[place], first[place + 1]
        (a, n_a), (b, n_b) = tops[left], tops[right]
        merges.append((min(a, b), max(a, b), gap[place], n_a + n_b))
        tops[left] = (n + step, n_a + n_b)
        first = [left if each == right else each for each in first]
    return Dendrogram(np.array(merges, float), far, np.arange(n), gap)


def suggested(dendrogram, likeness=None):
    """Suggestions by name, where each pair of pictures has this likeness."""
    look = None if likeness is None else (lambda pairs: np.full(len(pairs), likeness))
    found = suggest(dendrogram, height_of=CALIBRATED.height, levels=CALIBRATED_LEVELS, look=look)
    return {suggestion.name: suggestion for suggestion in found}


def test_copies_need_pictures_that_show_the_same():
    """Equally close pictures are copies if they show the same, and else the suggestion says how many do not."""
    tree = groups_of(3, 3, 2, 4)
    for likeness, word in (
        (0.9, ""),
        (0.3, "of 8 pairs this close 0 show the same"),
        (np.nan, "(8 too plain to tell)"),
    ):
        found = suggested(tree, likeness)
        for name in ("copies", "shots"):
            assert found[name].n_clusters == 4
            assert (word in found[name].unsure) if word else found[name].unsure == ""
    assert not suggested(tree)["copies"].unsure


def test_copies_are_cut_where_they_are_copies():
    """Below the pairs that only look alike, if closer ones show the same."""
    tree = groups_of(2, 2, 2, 2, 2, near=0.05)
    tree.gap[[4, 6, 8]] = 0.13
    found = suggest(
        tree,
        height_of=CALIBRATED.height,
        levels=CALIBRATED_LEVELS[:1],
        look=lambda pairs: np.where(pairs[:, 0] < 4, 1, 0),
    )[0]
    assert found.n_clusters == 2
    assert 0.05 < found.height < 0.13
    assert found.unsure == ""


def test_one_cluster_of_all_tells_nothing_apart():
    """Pages of text, alone in a folder: unsure of everything, for a reason."""
    found = suggested(groups_of(40), likeness=0.4)
    assert {name for name, suggestion in found.items() if suggestion.unsure} == {"copies", "shots", "things", "kinds"}
    assert "one cluster holds 40 of 40 pictures" in found["things"].unsure
    assert suggested(groups_of(40), likeness=0.9)["copies"].unsure == ""


def test_nothing_that_close_is_said():
    """No clusters, no purpose."""
    found = suggested(groups_of(1, 1, 1), likeness=0.9)
    assert {suggestion.unsure for suggestion in found.values()} == {"no two pictures are this close"}


def test_a_range_without_a_gap_is_unsure():
    """Where most clusters change from one end of a level's range to the other, no cut in it is better than another."""
    heights = CALIBRATED.height(np.linspace(0.47, 0.53, 20))
    tree = groups_of(*[2] * 20)
    tree.gap[::2] = heights
    assert "the clusters of 100% of the pictures change" in suggested(tree, likeness=0.1)["things"].unsure
    assert suggested(groups_of(*[2] * 20, near=0.3), likeness=0.1)["things"].unsure == ""


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
