"""The two doors of a collection, and that no output passes over what was said by hand."""

import json
from pathlib import Path

import numpy as np
import pytest

from imagecluster import cli
from imagecluster.collection import Recipe, Settings, bring_up, kept_branches, open_latest
from imagecluster.corrections import EDITS_NAME, Hide, History, Move, Name
from imagecluster.cut.branch import branch_heights
from imagecluster.errors import ArgumentError, InputError
from imagecluster.functions.running import run
from imagecluster.present.outputs import write
from imagecluster.store import Store
from pictures import draw, draw_groups


def held(folder):
    """Every file below a folder, by name: what it holds, or where it leads."""
    return {
        path.relative_to(folder).as_posix(): str(path.readlink()) if path.is_symlink() else path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_symlink() or path.is_file()
    }


def outputs(directory):
    """What programs and people read."""
    found = held(directory / "clusters")
    return {
        **found,
        **{name: (directory / name).read_bytes() for name in ("clusters.json", "clusters.csv", "clusters.html")},
    }


def test_both_doors_lead_to_the_same_clusters(tmp_path):
    """Also with diameter, time and corrections; the second door looks at no file."""
    folder = draw_groups(tmp_path / "pics", (3, 4, 2))
    settings = Settings(sim=0.6, max_diameter=0.3, time_weight=0.2, min_size=3)
    run(folder, settings)
    with Store.open(folder / "imagecluster", writable=False) as store:
        hashes = open_latest(store).leaves.hashes
    History(folder / "imagecluster" / EDITS_NAME).add(Name(frozenset(hashes[:1]), "mine"))
    with bring_up([folder], settings) as collection:
        fresh = collection.cut()
    for picture in folder.glob("*.png"):
        picture.rename(picture.with_suffix(".gone"))
    with Store.open(folder / "imagecluster", writable=False) as store:
        latest = open_latest(store)
        assert latest.cut() == fresh
        assert "mine" in [cluster.name for cluster in fresh.clusters]
        assert latest.recipe == settings.recipe
        assert latest.report(fresh).folders


def test_a_name_reaches_the_folder_and_the_tables(tmp_path):
    """A cluster that was named lies in a folder of this name beside those of sizes, and again when the name changes."""
    folder = draw_groups(tmp_path / "pics", (3, 2))
    settings = Settings(sim=0.6)
    result = run(folder, settings)
    first = result.clusters.clusters[0]
    with Store.open(result.directory, writable=False) as store:
        hashes = frozenset(open_latest(store).leaves.hashes[row] for row in first.members)
    for name, expected in (("Anna: 9/11", "Anna- 9-11"), ("Ben", "Ben")):
        History(result.directory / EDITS_NAME).add(Name(hashes, name))
        run(folder, settings)
        tree = result.directory / "clusters"
        assert sorted(path.name for path in tree.iterdir() if path.is_dir()) == sorted([expected, "cluster_with_2"])
        assert len(list((tree / expected).iterdir())) == 3
        found = json.loads((result.directory / "clusters.json").read_text())
        assert [cluster["folder"] for cluster in found["clusters"]] == [expected, "cluster_with_2/cluster_0"]


def test_a_collection_without_a_dendrogram_is_provisional_or_linked(tmp_path):
    """As the caller wants it; what is made is kept."""
    folder = draw_groups(tmp_path / "pics", (2, 2))
    run(folder, Settings(page=False))
    directory = folder / "imagecluster"
    for file in (directory / "dendrograms").iterdir():
        file.unlink()
    with Store.open(directory) as store:
        apart = open_latest(store, link=False)
        assert apart.is_provisional
        assert len(apart.cut(0.5).singles) == 4
        assert not open_latest(store).is_provisional
    with Store.open(directory, writable=False) as store:
        assert not open_latest(store, link=False).is_provisional


def test_nothing_to_open_is_said(tmp_path):
    """A database without pictures of the model has no collection."""
    folder = draw_groups(tmp_path / "pics", (2,))
    run(folder, Settings(page=False))
    with Store.open(folder / "imagecluster", writable=False) as store, pytest.raises(InputError, match="run `imagecl"):
        open_latest(store, "other@1")


def test_one_place_knows_whether_a_recipe_is_plain():
    """Curves of sim are for average linkage of cosine distances without time."""
    assert Recipe().is_plain
    assert not Recipe(time_weight=0.1).is_plain
    assert not Recipe("single").is_plain
    assert not Recipe(metric="euclidean").is_plain
    with pytest.raises(ArgumentError, match="only average linkage under cosine"):
        Recipe("single", exactness="approximate")


@pytest.mark.parametrize("kind", ["hardlink", "copy", "symlink"])
def test_links_are_exported_as_the_run_made_them(tmp_path, kind):
    """An export from the database does not turn copies into symbolic links."""
    folder = draw_groups(tmp_path / "pics", (3, 2))
    run(folder, Settings(links=kind, page=False))
    with Store.open(folder / "imagecluster") as store:
        collection = open_latest(store)
        tree = write(collection, collection.cut(0.0), "links")
    links = list(tree.rglob("*.png"))
    assert len(links) == 5
    assert all(path.is_symlink() == (kind == "symlink") for path in links)
    assert all((path.stat().st_nlink > 1) == (kind == "hardlink") for path in links if not path.is_symlink())


def test_a_few_files_are_a_collection_of_their_own(tmp_path, monkeypatch, capsys):
    """The outputs of the folder that they lie in stay byte for byte; the same files find their place again."""
    folder = draw_groups(tmp_path / "pics", (3, 3))
    run(folder)
    before = outputs(folder / "imagecluster")
    monkeypatch.chdir(folder)
    files = sorted(folder.glob("*.png"))[:3]
    assert cli.main([str(file.name) for file in files]) == 0
    said = capsys.readouterr()
    assert "collection of their own" in said.err
    assert outputs(folder / "imagecluster") == before
    of_files = json.loads((folder / "imagecluster-2" / "clusters.json").read_bytes())
    assert of_files["n_scanned"] == 3
    again = run(files)
    assert (again.directory, again.n_reused) == (folder / "imagecluster-2", 3)
    other = run(files[1:])
    assert other.directory == folder / "imagecluster-3"
    assert run(folder).n_scanned == 6  # and our own folders are no pictures
    assert outputs(folder / "imagecluster") == before


def test_a_folder_inside_does_not_make_the_outputs_smaller(tmp_path, monkeypatch):
    """Two of three folders, from the folder that holds them all."""
    folder = tmp_path / "pics"
    for i in range(3):
        draw_groups(folder / f"sub{i}", (2,))
    run(folder)
    before = outputs(folder / "imagecluster")
    monkeypatch.chdir(folder)
    result = run([Path("sub0"), Path("sub1")])
    assert (result.directory, result.beside) == (folder / "imagecluster-2", folder / "imagecluster")
    assert outputs(folder / "imagecluster") == before


def test_a_list_that_grows_stays_in_its_place(tmp_path, monkeypatch):
    """New files join; files that are gone leave."""
    monkeypatch.chdir(tmp_path)
    first = draw_groups(tmp_path / "a", (3,))
    files = sorted(first.glob("*.png"))
    assert run(files[:2]).directory == tmp_path / "imagecluster"
    assert run(files).directory == tmp_path / "imagecluster"
    files[0].unlink()
    again = run(files[1:])
    assert (again.directory, again.n_scanned, again.beside) == (tmp_path / "imagecluster", 2, None)


def test_a_database_that_was_named_refuses_to_lose_pictures(tmp_path):
    """With `--db`: the message says what else it holds and what to do; nothing changes."""
    one, two = draw_groups(tmp_path / "one", (2,)), draw_groups(tmp_path / "two", (2,))
    db = tmp_path / "db"
    run([one, two], db=db)
    before = outputs(db)
    for paths in ([one], [two], sorted(one.glob("*.png"))):
        with pytest.raises(InputError, match=r"holds \d other pictures, such as .*--db"):
            run(paths, db=db)
    assert outputs(db) == before
    assert run([one, two], db=db).n_reused == 4


def corrected(tmp_path):
    """A folder of three groups, with one picture hidden, one moved and one cluster named; their names."""
    folder = draw_groups(tmp_path / "pics", (4, 4, 4))
    run(folder, Settings(sim=0.5))
    directory = folder / "imagecluster"
    with Store.open(directory, writable=False) as store:
        collection = open_latest(store)
        clusters = collection.cut().clusters
        hashes, names = collection.leaves.hashes, collection.names
    first, second, third = (cluster.members for cluster in clusters[:3])
    history = History(directory / EDITS_NAME)
    history.add(Hide(frozenset([hashes[first[0]]])))
    history.add(Move(frozenset([hashes[second[0]]]), frozenset([hashes[third[0]]])))
    history.add(Name(frozenset([hashes[row] for row in third]), "my cluster"))
    return folder, names[first[0]], names[second[0]], [names[row] for row in third]


@pytest.mark.parametrize("kind", ["clusters", "dendrogram", "matrix", "curves"])
def test_plots_hold_what_was_said_by_hand(tmp_path, kind, monkeypatch, capsys):
    """A hidden picture is not drawn, a moved one stands with its new cluster, and names are written."""
    from imagecluster.present import thumbnails

    folder, hidden, moved, third = corrected(tmp_path)
    drawn = []
    thumbnail_of = thumbnails.ThumbnailOf.__call__
    monkeypatch.setattr(
        thumbnails.ThumbnailOf,
        "__call__",
        lambda self, row: drawn.append(self._paths[row].name) or thumbnail_of(self, row),
    )
    file = tmp_path / "plot.svg"
    assert cli.main(["plot", kind, str(folder), "-o", str(file)]) == 0
    assert f"{kind} of 11 pictures" in capsys.readouterr().out
    text = file.read_text()
    if kind == "curves":
        assert "2 clusters hold 11 pictures" in text or "3 clusters hold 11 pictures" in text
        return
    assert hidden not in drawn
    assert moved in drawn
    if kind in ("clusters", "matrix"):
        places = sorted(drawn.index(name) for name in (moved, *third))
        assert places[-1] - places[0] == len(third)  # all in one piece
    if kind in ("clusters", "dendrogram"):
        assert "my cluster" in text


def test_plots_are_of_the_latest_runs_clusters(tmp_path, capsys):
    """Its method and its largest diameter hold."""
    folder = draw_groups(tmp_path / "pics", (3, 3))
    run(folder, Settings(sim=0.0))
    assert cli.main(["plot", "clusters", str(folder), "-o", str(tmp_path / "a.svg"), "--sim", "0"]) == 0
    assert "1 clusters at sim 0" in (tmp_path / "a.svg").read_text()
    run(folder, Settings(sim=0.0, max_diameter=1e-9, method="complete"))
    assert cli.main(["plot", "clusters", str(folder), "-o", str(tmp_path / "b.svg"), "--sim", "0"]) != 0
    assert "no cluster to plot" in capsys.readouterr().err
    with Store.open(folder / "imagecluster", writable=False) as store:
        collection = open_latest(store)
        assert collection.recipe.method == "complete"
        assert np.isinf(collection.narrow_dendrogram.gap).all()


def test_files_of_one_folder_are_found_as_its_pictures(tmp_path, monkeypatch):
    """All pictures of a folder by name are the folder's collection."""
    folder = draw_groups(tmp_path / "pics", (2, 2))
    run(folder)
    monkeypatch.chdir(folder)
    result = run(sorted(folder.glob("*.png")))
    assert (result.directory, result.beside, result.n_reused) == (folder / "imagecluster", None, 4)
    draw(folder / "new.png", 99)
    assert run(folder).n_fingerprinted == 1


def test_the_way_of_cutting_is_remembered(tmp_path):
    """By branch on the calibrated scale by default, flat if asked for; the second door follows the latest run."""
    folder = draw_groups(tmp_path / "pics", (3, 4, 2))
    for asked, expected in ((None, "branch"), ("flat", "flat"), ("branch", "branch")):
        result = run(folder, Settings(cut=asked, page=False))
        with Store.open(folder / "imagecluster", writable=False) as store:
            latest = open_latest(store)
            assert result.clusters.cut == latest.cut_name == expected
            assert latest.cut() == result.clusters
            assert (latest.dendrogram is latest.tree.dendrogram) == (expected == "flat")
            assert latest.on_scale(None).cut_name == expected
            assert latest.on_scale(None, "flat").cut_name == "flat"
            assert latest.on_scale("relative").cut_name == "flat"


@pytest.mark.parametrize("other", [{"sim_scale": "relative"}, {"method": "single"}, {"time_weight": 0.3}])
def test_only_the_calibrated_scale_is_cut_by_branch(tmp_path, other):
    """By default other scales, methods and time cut at one distance; by branch they are refused, before any work."""
    folder = draw_groups(tmp_path / "pics", (2, 2))
    with pytest.raises(ArgumentError, match="a cut by branch is for the calibrated scale"):
        run(folder, Settings(cut="branch", **other))
    assert not (folder / "imagecluster").exists()
    assert run(folder, Settings(page=False, **other)).clusters.cut == "flat"


def test_heights_of_branches_are_computed_once(tmp_path, monkeypatch):
    """The next cut of the same dendrogram loads them; what is damaged is computed again."""
    folder = draw_groups(tmp_path / "pics", (3, 4, 2))
    monkeypatch.setattr(kept_branches, "LEAST_PICTURES", 2)
    first = run(folder, Settings(page=False)).clusters
    (file,) = (folder / "imagecluster" / "branches").glob("*.npz")
    counted = []
    monkeypatch.setattr(kept_branches, "branch_heights", lambda tree: counted.append(1) or branch_heights(tree))
    assert run(folder, Settings(page=False)).clusters == first and not counted
    assert run(folder, Settings(page=False, sim=0.7)).clusters.sim == 0.7 and not counted
    file.write_bytes(file.read_bytes()[:-40])
    assert run(folder, Settings(page=False)).clusters == first and counted


def test_tables_have_distances_and_the_sims_of_the_cut(tmp_path):
    """By branch the height of a cluster stays a distance, and its sim is the largest at which it is together."""
    folder = draw_groups(tmp_path / "pics", (3, 4, 2))
    result = run(folder, Settings(page=False))
    content = json.loads(result.outputs.json.read_text())
    assert content["cut"] == result.clusters.cut == "branch"
    with Store.open(folder / "imagecluster", writable=False) as store:
        latest = open_latest(store)
        for cluster, found in zip(content["clusters"], result.clusters.clusters, strict=True):
            places = np.flatnonzero(np.isin(latest.dendrogram.order, found.members))
            inside = slice(places[0], places[-1])
            assert cluster["height"] == latest.tree.dendrogram.gap[inside].max()
            assert found.height == latest.dendrogram.gap[inside].max() <= content["cut_height"]
            together = [c.members for c in latest.cut(latest.scale.largest_sim_at(found.height)).clusters]
            assert found.members in together
            assert cluster["sim"] == latest.scale.sim(found.height) >= 0.5
