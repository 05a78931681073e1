"""What the viewer's server sends: exactly the pictures and clusters of the command line."""

import io
import json
import shutil
from pathlib import Path
from urllib.parse import quote

import numpy as np
import pytest
from PIL import Image

from conftest import read_manifest
from imagecluster.cli import main
from imagecluster.collection import Settings, open_latest
from imagecluster.cut.sim_scale import SimScale
from imagecluster.explore.name_search import Names
from imagecluster.functions.running import run
from imagecluster.store import Store
from pictures import draw, draw_groups
from web_samples import served

PICTURE = np.dtype([("width", "<u2"), ("height", "<u2"), ("colour", "<u4"), ("taken_s", "<f8")])


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A sorted folder: nine pictures in three groups, a copy, and one whose name is not UTF-8."""
    root = draw_groups(tmp_path_factory.mktemp("data") / "pics")
    shutil.copy(root / "1_0.png", root / "a copy.png")
    shutil.copy(draw(root / "odd.png", 7), Path(str(root / "sub.png")))
    (root / "odd.png").unlink()
    draw(root / "deep" / "er" / "x.png", 8)
    shutil.copy(root / "deep" / "er" / "x.png", root / "caf\udce9.png")
    run([root], Settings(links="none"))
    return root


@pytest.fixture(scope="module")
def client(folder):
    with served(folder) as client:
        yield client


def names_of(client):
    n = client.state()["n"]
    return client.data(f"names.json?from=0&to={n}").json()


def cut_of(client, sim, min_size):
    """Clusters as the page cuts them: sets of names."""
    state = client.state()
    order, gap = client.data("order.bin").array("<u4"), client.data("gap.bin").array("<f8")
    scale = SimScale("of the page", *(np.array(state["scale"][axis]) for axis in ("heights", "sims")))
    height = scale.height(sim)
    runs = np.split(order, np.flatnonzero(gap > height) + 1)
    names = names_of(client)
    return {frozenset(names[i] for i in run) for run in runs if len(run) >= min_size}


def of_command_line(root, sim, min_size):
    """Clusters as `imagecluster PATH` writes them, largest first."""
    result = run([root], Settings(sim=sim, min_size=min_size, links="none", page=False))
    content = json.loads(result.outputs.json.read_text())
    return [cluster["members"] for cluster in content["clusters"]]


def test_by_branch_the_page_has_distances_too(client, folder):
    """Those of the dendrogram, in float32; heights of the cut are others, and a flat cut has the distances alone."""
    assert client.state()["cut"] == "branch"
    with Store.open(folder / "imagecluster", writable=False) as store:
        collection = open_latest(store)
    true = collection.tree.dendrogram.gap
    assert np.array_equal(client.data("distances.bin").array("<f4"), true.astype("<f4"))
    assert np.array_equal(client.data("gap.bin").array("<f8"), collection.dendrogram.gap)
    assert not np.allclose(true, collection.dendrogram.gap)


@pytest.mark.parametrize("sim", [0, 0.3, 0.5, 0.75, 0.9, 1])
@pytest.mark.parametrize("min_size", [1, 2, 3])
def test_the_page_cuts_the_same_clusters_as_the_command_line(client, folder, sim, min_size):
    """From order and gap."""
    expected = of_command_line(folder, sim, min_size)
    assert cut_of(client, sim, min_size) == {frozenset(members) for members in expected}


def test_the_state_says_what_there_is(client, folder):
    """Counts, model and scale."""
    state = client.state()
    assert state["n"] == 13
    assert state["root_name"] == "pics"
    assert client.session.snapshot().model.startswith("efficientnet-lite1-regions@")
    assert not state["provisional"]
    assert state["run"] == {"running": False, "stage": "", "done": 0, "total": 0, "error": ""}
    assert (state["has_times"], state["copied"]) == (False, None)
    assert 0 < state["largest_distance"] < 2
    suggestions = client.data("curve").json()["suggestions"]
    labels = [suggestion["label"] for suggestion in suggestions]
    assert [label.removesuffix("?") for label in labels] == ["copies", "shots", "things", "kinds"]
    assert labels[0] == "copies"
    assert all(each["label"].endswith("?") == bool(each["unsure"]) for each in suggestions)


def test_rank_is_the_order_of_the_paths(client):
    """By their bytes, as everywhere."""
    rank = client.data("rank.bin").array("<u4")
    names = names_of(client)
    in_order = [name for _, name in sorted(zip(rank.tolist(), names, strict=True))]
    assert in_order == sorted(names, key=lambda name: name.encode("utf-8", "surrogateescape"))
    assert "caf\udce9.png" in names


def test_sizes_and_times_stand_in_16_bytes_a_picture(client, folder):
    """Width, height, colour and time; colours come as thumbnails are looked at."""
    names = names_of(client)
    while True:
        answer = client.data("pictures.bin")
        table = answer.array(PICTURE)
        if answer.headers["Cache-Control"] != "no-store":
            break
    assert len(table) == 13
    for name, row in zip(names, table, strict=True):
        with Image.open(folder / name) as image:
            assert (row["width"], row["height"]) == image.size
            mean = np.asarray(image.convert("RGB")).reshape(-1, 3).mean(axis=0)
        assert np.allclose([row["colour"] >> 16 & 255, row["colour"] >> 8 & 255, row["colour"] & 255], mean, atol=6)
        assert np.isnan(row["taken_s"])


@pytest.mark.parametrize(
    "query", ["", "?from=0", "?from=0&to=14", "?from=5&to=4", "?from=-1&to=3", "?from=0&to=x", "?from=0&to=1e3",
              "?from=0&to=999999999999999"],
)  # fmt: skip
def test_a_range_outside_the_collection_is_refused(client, query):
    """With the range that is allowed."""
    assert client.data("names.json" + query).status == 400


@pytest.mark.parametrize("size", ["0", "193", "4096", "-192", "abc", "99999999999999"])
def test_only_a_few_sizes_are_made(client, size):
    """Nobody can have a million sizes of one picture made."""
    assert client.data(f"thumb/0?size={size}").status == 400


def test_thumbnails_are_immutable_and_of_the_right_picture(client, folder):
    """In three sizes, and never asked for again; the larger ones are not enlarged."""
    names = names_of(client)
    for chosen in (0, 5):
        with Image.open(folder / names[chosen]) as image:
            original = image.size
            reference = np.asarray(image.convert("RGB").resize((8, 8)), float)
        for size in (192, 384, 1024):
            answer = client.data(f"thumb/{chosen}?size={size}")
            assert "immutable" in answer.headers["Cache-Control"]
            assert answer.headers["Content-Type"] == "image/jpeg"
            with Image.open(io.BytesIO(answer.content)) as image:
                assert image.size == original or (size == 192 and max(image.size) == 192)
                assert np.abs(np.asarray(image.convert("RGB").resize((8, 8)), float) - reference).mean() < 8


def test_data_never_changes_under_its_address(client):
    """So that the browser asks once."""
    for name in ("order.bin", "gap.bin", "rank.bin", "curve", "names.json?from=0&to=2"):
        assert client.data(name).headers["Cache-Control"] == "private, max-age=31536000, immutable"
    assert client.get("/api/0123456789abcdef/order.bin").status == 410


def test_originals_are_the_files(client, folder):
    """Byte by byte where a browser shows them."""
    name = names_of(client)[4]
    answer = client.data("original/4")
    assert answer.headers["Content-Type"] == "image/png"
    assert answer.content == (folder / name).read_bytes()


def test_a_picture_is_described_with_its_neighbours(client):
    """Name, folder, sizes; neighbours nearest first."""
    names = names_of(client)
    answer = client.data(f"picture/{names.index('deep/er/x.png')}").json()
    assert (answer["name"], answer["folder"]) == ("x.png", "deep/er")
    assert (answer["width"], answer["height"], answer["format"]) == (160, 128, "PNG")
    assert answer["taken_s"] is None
    first = answer["neighbours"][0]
    assert names[first["id"]] == "caf\udce9.png"
    assert first["distance"] < 1e-6
    assert len(answer["neighbours"]) == 12
    found = client.data(f"search?picture={names.index('2_0.png')}&k=3").json()["results"]
    assert {names[result["id"]] for result in found} == {"2_1.png", "2_2.png", "2_3.png"}


def test_pictures_are_found_by_name(client):
    """By all words, within folders too, whatever the case; a text without words names nothing."""
    names = names_of(client)
    for text, expected in (("2_ PNG", 4), ("DEEP x", 1), ("caf", 1), ("zebra", 0), (" ", 0)):
        found = client.data(f"named?text={quote(text)}").json()["ids"]
        assert len(found) == expected
        assert all(word in names[i].lower() for i in found for word in text.lower().split())


def test_accents_and_odd_names_make_no_difference():
    """An accent in a letter, or as a character of its own behind it, as some file systems keep it; a newline."""
    names = Names(["Z\u00fcrich/a.png".encode(), "zu\u0308rich.png".encode(), b"b\xff.png", b"zu\nrich b", b"zurich"])
    assert [names.holding(text).tolist() for text in ("z\u00fcrich", "ZURICH", "B", "rich zu", "ch/", "\n")] == [
        [0, 1, 4], [0, 1, 4], [2, 3], [0, 1, 3, 4], [0], [],
    ]  # fmt: skip
    assert Names([]).holding("a").tolist() == []


def test_a_cluster_is_described(client):
    """Extremes, and what is nearest outside."""
    order, names = client.data("order.bin").array("<u4"), names_of(client)
    places = sorted(np.flatnonzero(np.isin(order, [names.index(f"2_{i}.png") for i in range(4)])).tolist())
    first, end = places[0], places[-1] + 1
    assert end - first == 4
    answer = client.data(f"cluster?a={first}&b={end}").json()
    assert answer["closest"][2] <= answer["farthest"][2]
    assert answer["closest"][3] and answer["farthest"][3]
    assert not names[answer["nearest_outside"]["id"]].startswith("2_")
    assert client.data("cluster?a=0&b=13").json()["nearest_outside"] is None
    for query in ("", "?a=0", "?a=3&b=3", "?a=0&b=14", "?a=-1&b=2", "?a=0&b=99999999999999999999"):
        assert client.data("cluster" + query).status == 400


def test_the_map_comes_when_it_is_ready(client):
    """202 until then."""
    while (answer := client.data("map.bin")).status == 202:
        pass
    places = answer.array("<f4").reshape(-1, 2)
    assert places.shape == (13, 2)
    assert np.abs(places).max() == 1


@pytest.mark.parametrize(
    "name",
    ["search", "search?picture=99", "search?picture=0&k=0", "search?picture=0&k=100000", "search?text=cat"],
)
def test_questions_without_sense_are_refused(client, name):
    """With a reason."""
    answer = client.data(name)
    assert answer.status in (400, 404)
    assert answer.json()["error"]


def test_what_cannot_be_shown_says_why(tmp_path):
    """A placeholder of the picture's shape with the reason; a format that browsers do not show comes as JPEG."""
    root = draw_groups(tmp_path / "pics", (2, 2))
    Image.open(draw(root / "b.png", 5, size=(80, 60))).save(root / "b.tiff")
    (root / "b.png").unlink()
    run([root], Settings(links="none", page=False))
    (root / "0_0.png").unlink()
    (root / "0_1.png").write_bytes(b"<script>alert(1)</script>")
    with served(root) as client:
        names = names_of(client)
        for name, reason in (("0_0.png", "gone"), ("0_1.png", "not a picture")):
            chosen = names.index(name)
            answer = client.data(f"thumb/{chosen}?size=384")
            assert (answer.status, answer.headers["Content-Type"]) == (200, "image/svg+xml")
            assert reason in answer.headers["X-Imagecluster-Reason"]
            assert answer.headers["Cache-Control"] == "no-store"
            assert b"<svg" in answer.content
        assert "gone" in client.data(f"picture/{names.index('0_0.png')}").json()["problem"]
        gone = client.data(f"original/{names.index('0_0.png')}")
        assert gone.headers["Content-Type"] == "image/svg+xml"
        changed = client.data(f"original/{names.index('0_1.png')}")
        assert changed.headers["Content-Type"] == "image/svg+xml"
        assert b"script" not in changed.content
        assert changed.headers["X-Content-Type-Options"] == "nosniff"
        tiff = client.data(f"original/{names.index('b.tiff')}")
        assert tiff.headers["Content-Type"] == "image/jpeg"
        assert Image.open(io.BytesIO(tiff.content)).size == (80, 60)


def test_an_empty_folder_has_a_page(tmp_path):
    """Nothing to show is no error."""
    (tmp_path / "pics").mkdir()
    run([tmp_path / "pics"])
    with served(tmp_path / "pics") as client:
        assert client.state()["n"] == 0
        assert client.data("order.bin").content == b""
        assert client.data("gap.bin").content == client.data("distances.bin").content == b""
        assert client.data("curve").json()["n_clusters"] == [0] * 256
        assert client.data("map.bin").status in (200, 202)
        assert client.data("thumb/0").status == 404
        assert client.get("/").status == 200


def test_pictures_outside_of_the_root_are_served_too(tmp_path, monkeypatch):
    """A collection of several folders belongs to the working directory; names outside of it are absolute."""
    draw_groups(tmp_path / "one", (2,))
    draw_groups(tmp_path / "two", (2,))
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    result = run([tmp_path / "one", tmp_path / "two"], Settings(links="none"), db=tmp_path / "db")
    with served(tmp_path / "work", tmp_path / "db") as client:
        assert not client.state()["provisional"]
        assert sorted(names_of(client)) == sorted(map(str, result.paths))
        assert client.data("thumb/0").headers["Content-Type"] == "image/jpeg"


@pytest.mark.photos
def test_real_photographs(photos, tmp_path):
    """Photographs of objects: the same clusters as the command line, times, EXIF and neighbours that are right."""
    rows = read_manifest(photos / "objects_ukbench")[:60]
    root = tmp_path / "pics"
    root.mkdir()
    for row in rows:
        shutil.copy(photos / "objects_ukbench" / row["path"], root)
    main([str(root), "--links", "none", "--sim", "0.7", "-q"])
    expected = json.loads((root / "imagecluster" / "clusters.json").read_text())
    group = {row["path"]: row["group"] for row in rows}
    with served(root) as client:
        state = client.state()
        assert (state["n"], state["sim"], state["has_times"]) == (60, 0.7, True)
        assert cut_of(client, 0.7, 2) == {frozenset(cluster["members"]) for cluster in expected["clusters"]}
        names = names_of(client)
        right = 0
        for chosen in range(0, 60, 3):
            answer = client.data(f"picture/{chosen}").json()
            right += group[names[answer["neighbours"][0]["id"]]] == group[names[chosen]]
            assert answer["exif"]["Make"] == "Canon"
            assert client.data(f"thumb/{chosen}").headers["Content-Type"] == "image/jpeg"
        assert right >= 19
        with Store.open(root / "imagecluster", writable=False) as store:
            known = {path.name: file.content_hash for path, file in store.known_files().items()}
            metadata = store.metadata(known.values())
        taken_s = client.data("pictures.bin").array(PICTURE)["taken_s"]
        assert [metadata[known[name]].taken_s for name in names] == taken_s.tolist()
