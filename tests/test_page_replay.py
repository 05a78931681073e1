"""The page's corrections and own cuts of branches: on any cut the same clusters as the command line's."""

from __future__ import annotations

from types import SimpleNamespace
from typing import NamedTuple

import numpy as np
import pytest

from imagecluster import cut
from imagecluster.corrections import (
    Apart,
    Edit,
    Hide,
    HideFiles,
    Move,
    Name,
    Together,
    Unhide,
    UnhideFiles,
    apply,
    replay,
)
from imagecluster.cut.branch import by_branch
from imagecluster.cut.diameter import bounded
from imagecluster.cut.own_cuts import OwnCut, own_segments
from imagecluster.cut.sim_scale import calibrated, closeness, relative
from imagecluster.linkage import average_linkage
from imagecluster.models import DEFAULT_MODEL, find_model
from imagecluster.records import Dendrogram
from imagecluster.web.correction_json import edits_for_page
from page_browser import needs_browser
from page_server import serving
from pictures import draw_groups

pytestmark = needs_browser

FLAT, BRANCH = (
    calibrated([(0, 1), (0.2, 0.75), (middle, 0.5), (1.2, 0.25), (1.6, 0.05), (2, 0)]) for middle in (0.6, 0.7)
)
"""Curves that suit vectors of any direction."""

MOST_IDS = 14
N_CASES = 300

# Numbered sections of a cut after corrections, from the modules that the page itself uses.
IN_THE_PAGE = """async (cases) => {
  const [{ Arranger }, { cutRuns, emptyRuns }, { replay }] = await Promise.all(
    ['arrange', 'cut', 'replay'].map((name) => import(`/static/data/${name}.js`)));
  return cases.map(({ order, gap, height, minSize, ownCuts, corrections }) => {
    const n = order.length, position = new Uint32Array(n);
    order.forEach((id, p) => { position[id] = p; });
    const collection = {
      n, order: Uint32Array.from(order), position, gap: Float64Array.from(gap, (g) => g ?? Infinity),
      rank: Uint32Array.from(order), largest: 2, takenS: () => NaN,
    };
    const branches = ownCuts.map(([from, to, at]) => ({ from, to, height: at }));
    const runs = cutRuns(collection.gap, height, branches, emptyRuns(n));
    const a = new Arranger(collection).ofRuns(runs, minSize, 'size', replay(runs, corrections, collection));
    const clusters = Array.from({ length: a.k - (a.hasSingles ? 1 : 0) }, (_, s) => ({
      number: a.numbers[s], name: a.names.get(s) ?? '', height: a.height[s],
      members: Array.from(a.flat.subarray(a.from[s], a.to[s]), (p) => order[p]).sort((x, y) => x - y),
    }));
    const ids = (places) => Array.from(places, (p) => order[p]).sort((x, y) => x - y);
    const singles = a.hasSingles ? ids(a.flat.subarray(a.from[a.k - 1], a.to[a.k - 1])) : [];
    return { clusters, singles, hidden: ids(a.hidden), nGrouped: a.nGrouped };
  });
}"""


SPLITS_IN_THE_PAGE = """async (trees) => {
  const { cutRuns, emptyRuns, splitOf, withBranch } = await import('/static/data/cut.js');
  return trees.map(({ gap, distances }) => {
    const n = gap.length + 1, g = Float64Array.from(gap), all = Math.max(...gap);
    const cuts = splitOf(g, Float32Array.from(distances), 0, n).reduce(withBranch, []);
    const runs = cutRuns(g, all, cuts, emptyRuns(n));
    return Array.from(runs.starts.subarray(0, runs.k));
  });
}"""

CLOSENESS_IN_THE_PAGE = """async (asked) => {
  const { closeness } = await import('/static/data/scale.js');
  return asked.map(([[name, heights, sims], at]) => at.map((height) => closeness(height, { name, heights, sims })));
}"""


@pytest.fixture(scope="module")
def page_address(tmp_path_factory):
    """Address of any viewer, for the modules that it serves."""
    with serving(draw_groups(tmp_path_factory.mktemp("replay") / "pics", (2,))) as found:
        yield found


def random_edit(rng, contents):
    """A correction of some contents."""
    two = rng.permutation(len(contents))[: rng.integers(2, min(6, len(contents) + 1))].tolist()
    split = int(rng.integers(1, len(two)))
    one, other = (frozenset(contents[i] for i in side) for side in (two[:split], two[split:]))
    kind = rng.integers(0, 8)
    if kind >= 6:
        return (HideFiles, UnhideFiles)[kind - 6](one, tuple(f"{i}.png" for i in two))
    if kind == 0:
        return Name(one, str(rng.choice(["", "sea", "Berg", "\U0001f600", "\uff5e", "zoo"])))
    if kind in (1, 2):
        return (Apart, Move)[kind - 1](one, other)
    return (Together, Hide, Unhide)[kind - 3](one)


class Case(NamedTuple):
    """A dendrogram, a cut, contents of which some are equal or absent, and corrections."""

    dendrogram: Dendrogram
    X: np.ndarray
    hashes: list[bytes]
    edits: list[Edit]
    sim: float
    min_size: int
    max_diameter: float | None
    own_cuts: list[OwnCut]

    @property
    def names(self):
        """A path for each picture."""
        return [f"{i}.png" for i in range(len(self.hashes))]

    @property
    def bounded(self):
        """The dendrogram that the page is given."""
        if self.max_diameter is None:
            return self.dendrogram
        return bounded(self.dendrogram, self.X, max_diameter=self.max_diameter)


def random_own_cut(rng, dendrogram):
    """Any run, or one that is a cluster, cut somewhere."""
    first = int(rng.integers(0, dendrogram.n_leaves))
    end = int(rng.integers(first + 1, dendrogram.n_leaves + 1))
    if rng.random() < 0.7:
        at = float(rng.choice(dendrogram.gap))
        apart = np.flatnonzero(dendrogram.gap > at)
        first = int(max(apart[apart < first], default=-1)) + 1
        end = int(min(apart[apart >= first], default=dendrogram.n_leaves - 1)) + 1
    return OwnCut(first, end, float(rng.choice([0.0, *dendrogram.gap])))


def random_case(rng):
    """Of a few pictures."""
    n = int(rng.integers(2, MOST_IDS))
    X = rng.standard_normal((n, 3))
    X[rng.integers(0, n)] = X[rng.integers(0, n)]
    dendrogram = average_linkage(X)
    if rng.random() < 0.5:  # as it is cut by branch, where many merges have the same height
        dendrogram = by_branch(dendrogram, FLAT, BRANCH)
    contents = [bytes([i]) * 16 for i in range(n)]
    hashes = [contents[min(i, rng.integers(0, n))] if rng.random() < 0.15 else contents[i] for i in range(n)]
    edits = [random_edit(rng, [*contents, b"\xee" * 16, b"\xef" * 16]) for _ in range(rng.integers(0, 8))]
    max_diameter = None if rng.random() < 0.6 else float(rng.random())
    own_cuts = [random_own_cut(rng, dendrogram) for _ in range(rng.integers(0, 4))]
    return Case(dendrogram, X, hashes, edits, float(rng.random()), int(rng.integers(1, 4)), max_diameter, own_cuts)


def expected(case):
    """What the command line makes of it."""
    tree, X, n = case.dendrogram, case.X, len(case.hashes)
    bounds = {"max_diameter": case.max_diameter, "own_cuts": case.own_cuts}
    found = cut.clusters(tree, X, cut.Cut(sim=case.sim, min_size=case.min_size, **bounds), path_order=range(n))
    labels = cut.split_wide(tree, X, found.cut_height, **bounds)
    measure = cut.measurer(case.bounded, X)
    done = apply(found, case.edits, case.hashes, names=case.names, labels=labels, path_order=range(n), measure=measure)
    clusters = [
        {"number": c.number, "name": c.name, "height": pytest.approx(c.height), "members": list(c.members)}
        for c in done.clusters
    ]
    n_grouped = sum(len(c.members) for c in done.clusters)
    return {"clusters": clusters, "singles": list(done.singles), "hidden": list(done.hidden), "nGrouped": n_grouped}


def test_the_page_has_the_words_of_the_contact_sheets(opened, page_address):
    """For how close a cluster is, at any height, on the scale of a model, a relative one, and one of equal pictures."""
    scales = [calibrated(find_model(DEFAULT_MODEL).sim_curve), relative(1.06), relative(0.0)]
    heights = np.concatenate([np.linspace(0, 2, 2001), *(scale.heights for scale in scales)]).tolist()
    sent = [[[s.name, s.heights.tolist(), s.sims.tolist()], heights if s.heights[-1] else [0]] for s in scales]
    found = opened(page_address).evaluate(CLOSENESS_IN_THE_PAGE, sent)
    words = [[closeness(height, scale) for height in asked] for scale, (_, asked) in zip(scales, sent, strict=True)]
    assert found == words
    assert len(set(words[0])) == len(set(words[1])) == 6


def test_a_split_is_at_the_last_merge_alone(opened, page_address):
    """Also by branch, where parts that came together before have the height of the whole."""
    rng = np.random.default_rng(1)
    near = 3.0 * np.eye(1, 4)
    trees = [average_linkage(near + rng.standard_normal((int(rng.integers(2, 12)), 4))) for _ in range(100)]
    cut_by_branch = [by_branch(tree, FLAT, BRANCH) for tree in trees]
    assert sum((new.gap == new.gap.max()).sum() > 1 for new in cut_by_branch) > 20
    for heights in (trees, cut_by_branch):
        sent = [
            {"gap": new.gap.tolist(), "distances": tree.gap.tolist()} for new, tree in zip(heights, trees, strict=True)
        ]
        found = opened(page_address).evaluate(SPLITS_IN_THE_PAGE, sent)
        assert found == [[0, int(tree.gap.argmax()) + 1] for tree in trees]


def test_the_page_makes_the_clusters_of_the_command_line(opened, page_address):
    """Same members, numbers, names, singles and hidden ones, over random trees.

    With corrections of equal and absent pictures, branches with a cut of their own, and clusters of a bounded diameter.
    """
    rng = np.random.default_rng(0)
    cases = [random_case(rng) for _ in range(N_CASES)]
    sent = [
        {
            "order": case.dendrogram.order.tolist(),
            "gap": [gap if np.isfinite(gap) else None for gap in case.bounded.gap.tolist()],
            "height": cut.cut_height(case.dendrogram, sim=case.sim),
            "minSize": case.min_size,
            "ownCuts": case.own_cuts,
            "corrections": edits_for_page(
                case.edits,
                SimpleNamespace(leaves=SimpleNamespace(hashes=case.hashes), heirs={}, name=case.names.__getitem__),
            ),
        }
        for case in cases
    ]
    answers = opened(page_address).evaluate(IN_THE_PAGE, sent)
    for case, answer in zip(cases, answers, strict=True):
        for cluster in answer["clusters"]:  # outputs give a number, and the page says what an infinite height means
            cluster["height"] = min(cluster["height"], case.bounded.top)
        assert answer == expected(case), case[3:]
    assert (
        sum(bool(replay(np.zeros(len(c.hashes), np.int64), c.edits, c.hashes, names=c.names).names) for c in cases) > 20
    )
    assert sum(np.isinf(case.bounded.gap).any() for case in cases) > 20
    heights = [cut.cut_height(case.dendrogram, sim=case.sim) for case in cases]
    n_segments = [len(own_segments(c.bounded.gap, at, c.own_cuts)) for c, at in zip(cases, heights, strict=True)]
    assert sum(n > 1 for n in n_segments) > 50
