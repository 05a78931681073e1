"""The most central picture of each cluster: worked out once, kept, and the same as without."""

from __future__ import annotations

import numpy as np
import pytest

from imagecluster import cut
from imagecluster.collection import Settings
from imagecluster.collection import kept_centres as kept_module
from imagecluster.collection.kept_centres import KeptCentres
from imagecluster.cut.central import Centres, most_central
from imagecluster.functions.running import run
from imagecluster.linkage import average_linkage
from imagecluster.store import Store
from imagecluster.system.safe_files import OwnFolder
from pictures import draw, draw_groups


@pytest.fixture
def centres_of_few(monkeypatch):
    """They are kept for small collections too."""
    monkeypatch.setattr(kept_module, "LEAST_PICTURES", 1)


def test_the_most_central_member_has_the_largest_mean_similarity():
    """Of two, and of equals, the first one."""
    X = np.array([[1.0, 0.0], [1.0, 0.5], [1.0, 1.0], [2.0, 1.0]])
    assert most_central(X, np.array([0, 2, 1])) == 1
    assert most_central(X, np.array([3, 0])) == 3
    assert [most_central(X, np.array(members)) for members in ([0, 1, 2, 3], [0, 3, 2, 1])] == [1, 3]


def test_known_centres_need_no_vectors():
    """Another cut asks for the vectors only if it has a cluster that none had before."""
    X = np.random.default_rng(3).standard_normal((40, 5))
    tree = average_linkage(X)
    given = {"path_order": range(40)}
    centres = Centres(X)
    first = cut.clusters(tree, X, cut.Cut(sim=0.5), centres=centres, **given)

    def no_vectors():
        raise LookupError("the vectors were read")

    known = Centres(no_vectors, centres.of_runs)
    assert cut.clusters(tree, no_vectors, cut.Cut(sim=0.5), centres=known, **given) == first
    with pytest.raises(LookupError):
        cut.clusters(tree, no_vectors, cut.Cut(sim=0.3), centres=known, **given)
    assert cut.clusters(
        tree, lambda: X, cut.Cut(sim=0.3), centres=Centres(X, centres.of_runs), **given
    ) == cut.clusters(tree, X, cut.Cut(sim=0.3), **given)


def test_a_second_run_does_not_read_the_fingerprints(tmp_path, monkeypatch, centres_of_few):
    """And has the same outcome; with another similarity or a new picture it reads them."""
    draw_groups(tmp_path / "pics", (5, 4, 3))
    settings = Settings(links="none", page=False)
    first = run([tmp_path / "pics"], settings)
    with monkeypatch.context() as patch:
        patch.setattr(Store, "vectors", lambda *_: pytest.fail("the fingerprints were read"))
        assert run([tmp_path / "pics"], settings).clusters == first.clusters
    finer = run([tmp_path / "pics"], Settings(links="none", page=False, sim=0.9))
    draw(tmp_path / "pics" / "0_9.png", 0, size=(150, 170))
    assert len(run([tmp_path / "pics"], settings).paths) == 13
    monkeypatch.setattr(kept_module, "LEAST_PICTURES", 100)
    (tmp_path / "pics" / "0_9.png").unlink()
    assert run([tmp_path / "pics"], settings).clusters == first.clusters
    assert run([tmp_path / "pics"], Settings(links="none", page=False, sim=0.9)).clusters == finer.clusters


@pytest.fixture
def folder(tmp_path):
    """A store's folder."""
    with OwnFolder(tmp_path) as held:
        yield held


def test_equals_are_told_apart_by_the_order_of_the_paths(folder, centres_of_few):
    """What was kept for another order is not used."""
    kept = KeptCentres(folder, "a key")
    kept.save([0, 1, 2], {(0, 2): 1, (0, 3): 2})
    assert kept.load([0, 1, 2]) == {(0, 2): 1, (0, 3): 2}
    assert kept.load([0, 2, 1]) == {}
    assert KeptCentres(folder, "another key").load([0, 1, 2]) == {}


def test_damaged_centres_are_passed_over(tmp_path, folder, caplog, centres_of_few):
    """With a line in the log."""
    kept = KeptCentres(folder, "a key")
    kept.save([0, 1, 2], {(0, 2): 1})
    (file,) = (tmp_path / "centres").iterdir()
    file.write_bytes(file.read_bytes()[:-20])
    assert kept.load([0, 1, 2]) == {}
    assert "list of central pictures" in caplog.text


def test_many_cuts_leave_a_bounded_file(folder, centres_of_few):
    """The latest are kept."""
    kept = KeptCentres(folder, "a key")
    runs = [(first, end) for first in range(4) for end in range(first + 1, 5)]
    kept.save(range(4), dict.fromkeys(runs, 0))
    assert list(kept.load(range(4))) == runs[2:]
