"""From fingerprints in the store to a dendrogram: kept, brought up to date, exact or not."""

import json
from dataclasses import replace

import numpy as np
import pytest

from imagecluster import cli
from imagecluster.collection import Settings, is_of_cosines, linking, recipe, trees
from imagecluster.errors import MemoryLimitError, StoreDamagedError
from imagecluster.functions.running import run
from imagecluster.linkage import link
from imagecluster.linkage import time_kernel as timekernel
from imagecluster.linkage.apart import joined_apart, rows_of_groups
from imagecluster.linkage.dispatch import needed_bytes
from imagecluster.records import ImageFile, KernelError, Metadata, TimeTerm, Within
from imagecluster.store import Batch, HashedFile, Store
from pictures import draw, draw_groups

MODEL = "test@1"


def fill(store, n, *, first=0, d=8):
    """Commits contents with vectors in groups; the files in the order of the leaves."""
    rng = np.random.default_rng(0)
    centres = rng.standard_normal((40, d))
    X = (centres[rng.integers(0, 40, 2000)] + 0.3 * rng.standard_normal((2000, d))).astype(np.float16)
    files = []
    for i in range(first, n):
        content = i.to_bytes(16, "little")
        files.append(HashedFile(ImageFile(store.root / f"{i}.jpg", 1, 1), content))
    batch = Batch(
        files=files,
        metadata={file.content_hash: Metadata(1, 1, "JPEG") for file in files},
        vectors={f.content_hash: X[int.from_bytes(f.content_hash, "little")].astype(np.float32) for f in files},
        skips=[],
        decoder="test",
    )
    store.commit(batch, model=MODEL)
    return files


def tree(leaves, store, **options):
    time, bounds, report = (
        options.pop("time", None),
        options.pop("bounds", None),
        options.pop("progress", lambda *_: None),
    )
    settings = Settings(**options)
    return trees.tree_of(leaves_of(leaves, store), store, MODEL, settings, time=time, bounds=bounds, progress=report)


def leaves_of(files, store):
    """Some of the store's leaves."""
    leaves, wanted = store.leaves(MODEL), {file.content_hash for file in files}
    kept = [i for i, content_hash in enumerate(leaves.hashes) if content_hash in wanted]
    changed = {
        name: tuple(values[i] for i in kept) if isinstance(values, tuple) else values[kept]
        for name in leaves.__slots__
        if not isinstance(values := getattr(leaves, name), int)
    }
    return replace(leaves, **changed)


def taken(leaves, weight=0.4):
    """A time for each of the leaves, by its content."""
    numbers = [
        int.from_bytes(leaf.content_hash, "little") for leaf in sorted(leaves, key=lambda leaf: leaf.content_hash)
    ]
    times_s = np.random.default_rng(1).integers(0, 10**6, 2000).astype(float)[numbers]
    return TimeTerm(weight, 6 * 3600.0, "exif", times_s, ("exif",) * len(leaves), KernelError(0.0, 0.0))


@pytest.fixture
def store(tmp_path):
    """A store, open to write."""
    with Store.open(tmp_path / "imagecluster", root=tmp_path) as opened:
        yield opened


@pytest.fixture
def graphs_from_10(monkeypatch):
    """Neighbours are kept for small collections too."""
    monkeypatch.setattr(linking, "GRAPH_FROM", 10)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, True),
        ({"method": "complete"}, True),
        ({"exactness": "approximate"}, False),
        ({"method": "ward", "metric": "euclidean"}, False),
        ({"metric": "euclidean"}, False),
        ({"timed": True}, False),
    ],
)
def test_it_is_known_whether_a_dendrogram_is_of_the_cosines_of_the_fingerprints(store, options, expected):
    """By the key under which it is kept: no other distance, no time, no pairs left out."""
    leaves = fill(store, 40)
    time = {"time": taken(leaves)} if options.pop("timed", False) else {}
    assert is_of_cosines(tree(leaves, store, **options, **time).key) is expected
    assert not is_of_cosines("")


def test_new_pictures_are_compared_and_the_others_not_again(store, graphs_from_10, monkeypatch, tmp_path):
    """After an addition the kept neighbours go on, and the dendrogram is that of a new start."""
    leaves = fill(store, 300)
    tree(leaves, store)
    leaves += fill(store, 310, first=300)
    with Store.open(tmp_path / "other" / "imagecluster", root=tmp_path / "other") as fresh:
        expected = tree(fill(fresh, 310), fresh)
    monkeypatch.setattr("imagecluster.linkage.graph.AllPairs", None)
    found = tree(leaves, store)
    np.testing.assert_allclose(found.dendrogram.merges, expected.dendrogram.merges, atol=1e-14)
    assert found.recall is None
    fewer = tree(leaves[5:], store)
    assert fewer.dendrogram.n_leaves == 305


@pytest.mark.parametrize("exact_kernel", [True, False])
def test_with_time_the_dendrogram_of_an_addition_is_that_of_a_new_start(
    store, graphs_from_10, monkeypatch, tmp_path, exact_kernel
):
    """Neighbours in content are none in content and time; with coordinates of their own times they go on as well."""
    monkeypatch.setattr(timekernel, "is_exact", lambda n_images, n_times: exact_kernel)
    leaves = fill(store, 300)
    tree(leaves, store)
    tree(leaves, store, time=taken(leaves))
    leaves += fill(store, 310, first=300)
    with Store.open(tmp_path / "other" / "imagecluster", root=tmp_path / "other") as fresh:
        expected = tree(fill(fresh, 310), fresh, time=taken(leaves))
    if not exact_kernel:
        monkeypatch.setattr("imagecluster.linkage.graph.AllPairs", None)
    found = tree(leaves, store, time=taken(leaves))
    np.testing.assert_allclose(found.dendrogram.merges, expected.dendrogram.merges, atol=1e-14)


def test_damaged_neighbours_are_passed_over(store, graphs_from_10, caplog):
    """What cannot be read is computed again, and logged."""
    leaves = fill(store, 50)
    tree(leaves, store)
    (path,) = (store.directory / "neighbours").glob("*.npz")
    path.write_bytes(path.read_bytes()[:100])
    assert tree(leaves[1:], store).dendrogram.n_leaves == 49
    assert "cannot be used" in caplog.text


@pytest.mark.parametrize(
    "change",
    [
        {"index": np.full((20, 16), 20, np.int32)},
        {"index": np.zeros((3, 16), np.int32)},
        {"bound": np.zeros(3, np.float32)},
        {"farthest": (0, 20)},
    ],
)
def test_neighbours_that_contradict_themselves_are_passed_over(store, caplog, change):
    """A file with row numbers that do not exist, or arrays that do not fit, is none."""
    from dataclasses import replace

    graph = link(np.random.default_rng(0).standard_normal((20, 5))).graph
    assert graph.index.shape == (20, 16)
    store.save_graph("key", replace(graph, **change))
    assert store.load_graph("key") is None
    assert "cannot be used" in caplog.text


@pytest.mark.parametrize("approximate", [False, True])
def test_a_graph_comes_back_exactly(store, approximate):
    """Arrays, the farthest pair and the recall are those that were saved."""
    graph = link(np.random.default_rng(0).standard_normal((50, 5)), approximate=approximate).graph
    store.save_graph("key", graph)
    kept = store.load_graph("key")
    for name in ("digests", "index", "similarity", "bound"):
        np.testing.assert_array_equal(getattr(kept, name), getattr(graph, name))
    assert (kept.farthest, kept.smallest, kept.recall) == (graph.farthest, graph.smallest, graph.recall)
    assert store.load_graph("another") is None


def test_the_way_is_chosen_by_the_number_of_pictures(store, monkeypatch):
    """All pairs up to a fixed number, cells beyond it, and either where it is asked for."""
    leaves = fill(store, 60)
    assert tree(leaves, store).recall is None
    rough = tree(leaves, store, exactness="approximate")
    assert rough.recall is not None and rough.recall.n_sampled == 60
    monkeypatch.setattr(recipe, "EXACT_UP_TO", 59)
    assert tree(leaves, store).recall == rough.recall
    assert tree(leaves, store, exactness="exact").recall is None


def test_a_fingerprint_without_direction_is_refused_with_its_picture(store):
    """Zero or NaN in the database is an error that names the file, not a cluster of nonsense."""
    leaves = fill(store, 20)
    broken = HashedFile(ImageFile(store.root / "black.jpg", 1, 1), b"z" * 16)
    store.commit(
        Batch(
            files=[broken],
            metadata={broken.content_hash: Metadata(1, 1, "JPEG")},
            vectors={broken.content_hash: np.zeros(8, np.float32)},
            skips=[],
            decoder="test",
        ),
        model=MODEL,
    )
    with pytest.raises(StoreDamagedError, match=r"black\.jpg cannot be used: row 20 is zero"):
        tree([*leaves, broken], store)
    with pytest.raises(StoreDamagedError, match=r"black\.jpg cannot be used: row 20 is zero"):
        tree([*leaves, broken], store, time=taken([*leaves, leaves[0]]))


def test_too_little_memory_is_an_error_with_both_figures(store):
    """`--max-memory` is a promise."""
    with pytest.raises(MemoryLimitError, match=r"needs 64 MiB .* 1 MiB are allowed"):
        tree(fill(store, 20), store, max_memory_bytes=1 << 20)


@pytest.mark.parametrize("n_pictures", [1, 2, 9])
def test_the_command_line_prints_the_recall(tmp_path, capsys, n_pictures):
    """--approx says on how many pictures it was measured, in words and in JSON; few pictures are no special case."""
    folder = tmp_path / "pics"
    folder.mkdir()
    for i in range(n_pictures):
        draw(folder / f"{i}.png", i)
    assert cli.main([str(folder), "--approx"]) == 0
    assert ("(in a sample of 9)" in capsys.readouterr().out) == (n_pictures == 9)
    assert cli.main([str(folder), "--approx", "--json"]) == 0
    recall = json.loads(capsys.readouterr().out)["recall"]
    assert (recall is None) if n_pictures == 1 else (recall["neighbours"] == recall["nearest"] == 1.0)


def test_the_command_line_takes_sizes(tmp_path, capsys):
    """--max-memory 2G is bytes; too little is an error, nonsense a wrong usage; --exact excludes --approx."""
    folder = str(draw_groups(tmp_path / "pics"))
    assert cli.main([folder, "--max-memory", "1.5GiB"]) == 0
    assert cli.main([folder, "--sim", "0.4", "--approx", "--max-memory", "3M"]) == 1
    assert "3 MiB are allowed" in capsys.readouterr().err
    for wrong in (["--max-memory", "much"], ["--max-memory", "0"], ["--exact", "--approx"]):
        with pytest.raises(SystemExit):
            cli.main([folder, *wrong])


def test_approximate_and_exact_runs_do_not_share_a_dendrogram(tmp_path):
    """What was computed in one way is not given out for the other."""
    folder = draw_groups(tmp_path / "pics")
    assert run([folder], Settings(exactness="approximate")).recall is not None
    assert run([folder]).recall is None
    assert run([folder], Settings(exactness="approximate")).recall is not None


def events(leaves, n_events=5):
    """An event for each of the leaves, in their order, which is that of their contents; some have none."""
    return Within("event", np.random.default_rng(3).integers(-1, n_events, len(leaves)))


def alone(files, store, bounds, **options):
    """The dendrogram of groups that are linked by themselves, from collections of their pictures alone."""
    of_leaf = leaves_of(files, store).hashes
    by_content = {file.content_hash: file for file in files}
    parts = []
    for rows in rows_of_groups(bounds.labels):
        own = [by_content[of_leaf[row]] for row in rows.tolist()]
        time = options.get("time")
        if time is not None:
            options["time"] = replace(time, times_s=time.times_s[rows], origins=tuple(time.origins[i] for i in rows))
        parts.append((rows, tree(own, store, **options).dendrogram))
        options["time"] = time
    metric = options.get("metric", "cosine")
    return joined_apart(parts, least_height=2.0 if metric == "cosine" and "method" not in options else 0.0)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"method": "complete"},
        {"method": "ward", "metric": "euclidean"},
        {"method": "centroid", "metric": "euclidean"},
        {"exactness": "approximate"},
    ],
)
def test_events_are_linked_by_themselves(store, options):
    """Each has the dendrogram of its pictures alone, whatever the method."""
    files = fill(store, 120)
    bounds = events(files)
    found = tree(files, store, within="event", bounds=bounds, **options).dendrogram
    expected = alone(files, store, bounds, **options)
    np.testing.assert_allclose(found.merges, expected.merges, atol=1e-12)
    np.testing.assert_array_equal(found.order, expected.order)
    assert np.isinf(found.gap).sum() == 5


def test_time_and_events_go_together(store):
    """Within events the similarity is that of content and time."""
    files = fill(store, 60)
    bounds, time = events(files), taken(files)
    found = tree(files, store, within="event", bounds=bounds, time=time, time_weight=0.4).dendrogram
    expected = alone(files, store, bounds, time=time, time_weight=0.4)
    np.testing.assert_allclose(found.merges, expected.merges, atol=1e-9)


def test_a_dendrogram_within_events_is_kept_under_their_key(store, monkeypatch):
    """The same events give it without a linkage; other events, or none, are another dendrogram."""
    files = fill(store, 50)
    bounds = events(files)
    first = tree(files, store, within="event", bounds=bounds)
    plain = tree(files, store)
    monkeypatch.setattr(linking, "linked", None)
    again = tree(files, store, within="event", bounds=bounds)
    np.testing.assert_array_equal(first.dendrogram.merges, again.dendrogram.merges)
    np.testing.assert_array_equal(first.dendrogram.gap, again.dendrogram.gap)
    assert first.key == again.key != plain.key
    assert is_of_cosines(plain.key)
    assert not is_of_cosines(first.key)
    assert recipe.is_key_of(first.key, leaves_of(files, store).hashes)
    moved = replace(bounds, labels=np.where(np.arange(50) == 7, bounds.labels + 1, bounds.labels))
    with pytest.raises(TypeError):
        tree(files, store, within="event", bounds=moved)


def test_the_neighbours_of_the_largest_event_are_kept(store, graphs_from_10, monkeypatch):
    """With a few new pictures in it, only these are compared with all others of it; the result is the same."""
    files = fill(store, 60)
    monkeypatch.setattr(linking, "MOST_ROWS", 0)
    labels = np.where(np.arange(90) % 4, 1, 0)
    tree(files, store, within="event", bounds=Within("event", labels[:60]))
    more = files + fill(store, 80, first=60)
    known = []
    link = linking.linkage.link
    monkeypatch.setattr(
        linking.linkage, "link", lambda X, **options: known.append(options["known"]) or link(X, **options)
    )
    found = tree(more, store, within="event", bounds=Within("event", labels[:80])).dendrogram
    assert [graph is None for graph in known] == [True, False]
    expected = alone(more, store, Within("event", labels[:80]))
    np.testing.assert_allclose(found.merges, expected.merges, atol=1e-6)


def test_the_recall_within_events_is_that_of_all_samples(store):
    """An approximate linkage measures it in each event."""
    files = fill(store, 300)
    bounds = Within("trip", np.repeat([0, 1], 150))
    found = tree(files, store, within="trip", bounds=bounds, exactness="approximate")
    assert found.recall.n_sampled == 300
    assert 0.9 < found.recall.nearest <= 1.0


def test_progress_within_events_rises_to_1(store):
    """It is one share of one stage, whatever the number of events."""
    files, said = fill(store, 200), []
    tree(files, store, within="event", bounds=events(files, 20), progress=said.append)
    assert {share.stage for share in said} == {"pairs"}
    shares = [share.done for share in said]
    assert shares == sorted(shares)
    assert shares[-1] == 1.0


def test_a_fingerprint_without_a_direction_is_named_within_events(store):
    """The message has its path, though it is linked among others of its event only."""
    files = fill(store, 20)
    content = (30).to_bytes(16, "little")
    bad = HashedFile(ImageFile(store.root / "bad.jpg", 1, 1), content)
    batch = Batch(
        files=[bad],
        metadata={content: Metadata(1, 1, "JPEG")},
        vectors={content: np.zeros(8, np.float32)},
        skips=[],
        decoder="test",
    )
    store.commit(batch, model=MODEL)
    with pytest.raises(StoreDamagedError, match=r"bad\.jpg"):
        tree([*files, bad], store, within="event", bounds=Within("event", np.arange(21) % 3))


def test_memory_within_events_is_that_of_the_largest(store):
    """All pairs of one event fit where all pairs of the collection do not; a limit that no event fits is an error."""
    files = fill(store, 600)
    bounds = Within("event", np.arange(600) // 50)
    limit = needed_bytes(600, 8, "complete", "cosine") - 1
    with pytest.raises(MemoryLimitError):
        tree(files, store, method="complete", max_memory_bytes=limit)
    found = tree(files, store, method="complete", max_memory_bytes=limit, within="event", bounds=bounds)
    assert np.isinf(found.dendrogram.gap).sum() == 11
    with pytest.raises(MemoryLimitError):
        tree(files, store, method="single", metric="cityblock", max_memory_bytes=400, within="event", bounds=bounds)
