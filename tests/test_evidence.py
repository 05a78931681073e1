"""Verified pairs as evidence in the viewer."""

from dataclasses import replace

import numpy as np
import pytest

from imagecluster.collection import Settings, VerifiedPairs
from imagecluster.explore.evidence import evidence_of_cluster, points_between
from imagecluster.explore.snapshot import load_snapshot
from imagecluster.functions.running import run
from imagecluster.store import Store
from test_verify import coded, seen, textured, turned
from web_samples import served


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Two things, each drawn twice under an affine map, one with a copy of its file; clustered with --verify."""
    root = tmp_path_factory.mktemp("things")
    for number in range(2):
        image = textured(40 + number)
        (root / f"{number} a.jpg").write_bytes(coded(image))
        (root / f"{number} b.jpg").write_bytes(coded(seen(image, turned(160, 0.6, (20, 10), shear=0.2))))
    (root / "0 copy.jpg").write_bytes((root / "0 a.jpg").read_bytes())
    run(root, Settings(links="none", verify=True))
    return root


def test_the_viewer_shows_the_points_of_verified_pairs(folder):
    """Of a cluster the pair with the most, of a picture's neighbours each that is verified, copies of a file alike."""
    with served(folder) as client:
        names = client.data("names.json?from=0&to=5").json()
        facts = client.data("cluster?a=0&b=5").json()
        found = facts["verified"]
        assert found["points"] >= 8
        assert found["n_pairs"] >= 1
        assert names[found["pair"][0]][0] == names[found["pair"][1]][0]
        for name in ("0 a.jpg", "0 copy.jpg"):
            near = client.data(f"picture/{names.index(name)}").json()["neighbours"]
            points = {names[each["id"]]: each["points"] for each in near if "points" in each}
            assert set(points) <= {"0 b.jpg"}


def test_evidence_is_of_the_cluster_alone(folder):
    """Pairs with one picture outside do not count, and without any there is none."""
    with Store.open(folder / "imagecluster", writable=False) as store:
        snapshot = load_snapshot(store, store.runs()[-1].model)
        order = snapshot.dendrogram.order
        first, second, third = (int(order[place]) for place in (0, 1, 4))
        pairs = VerifiedPairs(np.array([first, first]), np.array([second, third]), np.array([9, 30]))
        snapshot = replace(snapshot, load_verified=lambda: pairs)
        found = evidence_of_cluster(snapshot, 0, 2)
        assert found is not None
        assert (found.n_points, found.n_pairs) == (9, 1)
        assert evidence_of_cluster(snapshot, 0, 5).n_points == 30
        assert evidence_of_cluster(snapshot, 2, 4) is None
        assert evidence_of_cluster(replace(snapshot, load_verified=None), 0, 5) is None
        assert points_between(replace(snapshot, load_verified=None), first, [second]) == {}
