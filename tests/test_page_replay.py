"""The page's corrections: on any cut the same clusters as the command line's."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from imagecluster import cut
from imagecluster.edits import Apart, Hide, Move, Name, Together, Unhide, apply, replay
from imagecluster.linkage import average_linkage
from imagecluster.web.corrected import edits_for_page
from page_browser import needs_browser
from page_server import serving
from pictures import draw_groups

pytestmark = needs_browser

MOST_IDS = 14
N_CASES = 300

# Numbered sections of a cut after corrections, from the modules that the page itself uses.
IN_THE_PAGE = """async (cases) => {
  const [{ Arranger }, { cutRuns, emptyRuns }, { replay }] = await Promise.all(
    ['arrange', 'recut', 'replay'].map((name) => import(`/static/${name}.js`)));
  return cases.map(({ order, gap, height, minSize, corrections }) => {
    const n = order.length, position = new Uint32Array(n);
    order.forEach((id, p) => { position[id] = p; });
    const collection = {
      n, order: Uint32Array.from(order), position, gap: Float64Array.from(gap), rank: Uint32Array.from(order),
      largest: 2, takenS: () => NaN,
    };
    const runs = cutRuns(collection.gap, height, [], emptyRuns(n));
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
    kind = rng.integers(0, 6)
    if kind == 0:
        return Name(one, str(rng.choice(["", "sea", "Berg", "\U0001f600", "\uff5e", "zoo"])))
    if kind in (1, 2):
        return (Apart, Move)[kind - 1](one, other)
    return (Together, Hide, Unhide)[kind - 3](one)


def random_case(rng):
    """A dendrogram, a cut, contents of which some are equal or absent, and corrections."""
    n = int(rng.integers(2, MOST_IDS))
    X = rng.standard_normal((n, 3))
    X[rng.integers(0, n)] = X[rng.integers(0, n)]
    dendrogram = average_linkage(X)
    contents = [bytes([i]) * 16 for i in range(n)]
    hashes = [contents[min(i, rng.integers(0, n))] if rng.random() < 0.15 else contents[i] for i in range(n)]
    edits = [random_edit(rng, [*contents, b"\xee" * 16, b"\xef" * 16]) for _ in range(rng.integers(0, 8))]
    return dendrogram, X, hashes, edits, float(rng.random()), int(rng.integers(1, 4))


def expected(dendrogram, X, hashes, edits, sim, min_size):
    """What the command line makes of it."""
    n = len(hashes)
    found = cut.clusters(dendrogram, X, sim=sim, min_size=min_size, path_order=range(n))
    labels = cut.flat_clusters(dendrogram, found.cut_height)
    done = apply(found, edits, hashes, labels=labels, path_order=range(n), measure=cut.measurer(dendrogram, X))
    clusters = [
        {"number": c.number, "name": c.name, "height": pytest.approx(c.height), "members": list(c.members)}
        for c in done.clusters
    ]
    n_grouped = sum(len(c.members) for c in done.clusters)
    return {"clusters": clusters, "singles": list(done.singles), "hidden": list(done.hidden), "nGrouped": n_grouped}


def test_corrections_in_the_page_give_the_clusters_of_the_command_line(opened, page_address):
    """Same members, numbers, names, singles and hidden ones, over random trees, equal and absent pictures."""
    rng = np.random.default_rng(0)
    cases = [random_case(rng) for _ in range(N_CASES)]
    sent = [
        {
            "order": tree.order.tolist(),
            "gap": tree.gap.tolist(),
            "height": cut.cut_height(tree, sim=sim),
            "minSize": min_size,
            "corrections": edits_for_page(edits, SimpleNamespace(leaves=SimpleNamespace(hashes=hashes))),
        }
        for tree, _, hashes, edits, sim, min_size in cases
    ]
    answers = opened(page_address).evaluate(IN_THE_PAGE, sent)
    for case, answer in zip(cases, answers, strict=True):
        assert answer == expected(*case), case[3:]
    assert sum(bool(replay(np.zeros(len(h), np.int64), e, h).names) for _, _, h, e, _, _ in cases) > 20
