"""Search of a collection by example: what comes first, what is left out, and what is refused."""

import json
import os
import shutil
import sys
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest

import imagecluster
from conftest import read_manifest
from imagecluster.cli import main
from imagecluster.collection import Settings
from imagecluster.errors import ArgumentError, DecodeError, InputError, ModelError, StoreError
from imagecluster.explore.queries import Query, queries
from imagecluster.explore.searching import Searcher
from imagecluster.functions.running import run
from imagecluster.models import DEFAULT_MODEL, MODELS, find_model
from imagecluster.store import Store
from pictures import draw, draw_groups

QUICK = Settings(links="none", page=False)


@pytest.fixture(scope="module")
def sorted_once(tmp_path_factory):
    """A collection of 2, 3 and 4 look-alikes, one of them twice."""
    folder = draw_groups(tmp_path_factory.mktemp("search") / "pics")
    shutil.copy(folder / "2_0.png", folder / "copy of 2_0.png")
    run([folder], QUICK)
    return folder


@pytest.fixture
def pics(sorted_once, tmp_path):
    """A copy that a test may change; files keep their times."""
    return shutil.copytree(sorted_once, tmp_path / "pics")


def names(hits):
    return [hit.path.name for hit in hits]


def test_look_alikes_come_first_and_the_query_not_at_all(pics):
    """The same bytes under another name are found with similarity 1, and told."""
    hits = imagecluster.search(pics, pics / "2_0.png")
    assert names(hits)[0] == "copy of 2_0.png"
    assert set(names(hits)[1:4]) == {"2_1.png", "2_2.png", "2_3.png"}
    assert len(hits) == 9
    assert "2_0.png" not in names(hits)
    assert hits[0].same_bytes and not any(hit.same_bytes for hit in hits[1:])
    assert hits[0].similarity == pytest.approx(1, abs=1e-6)
    similarities = [hit.similarity for hit in hits]
    assert similarities == sorted(similarities, reverse=True)


def test_similarities_are_the_cosines_of_the_fingerprints(pics):
    """Against the fingerprints of the plain function, kept as float16."""
    hits = imagecluster.search(pics, pics / "1_0.png")
    found = imagecluster.fingerprint([pics / "1_0.png", *(hit.path for hit in hits)])
    np.testing.assert_allclose([hit.similarity for hit in hits], found.vectors[1:] @ found.vectors[0], atol=1e-3)


def test_a_picture_from_outside_is_fingerprinted_on_the_fly(pics, tmp_path):
    """A new size of a known picture finds its group; a file with known bytes needs no network."""
    outside = draw(tmp_path / "new.png", 1, size=(200, 160))
    assert {path[0] for path in names(imagecluster.search(pics, outside, k=3))} == {"1"}
    shutil.copy(pics / "2_1.png", tmp_path / "moved.png")
    hits = imagecluster.search(pics, tmp_path / "moved.png", k=1)
    assert names(hits) == ["2_1.png"]
    assert hits[0].same_bytes


def test_known_bytes_load_no_engine(pics, tmp_path, monkeypatch):
    """Inside the collection, or a copy from outside."""
    shutil.copy(pics / "2_1.png", tmp_path / "moved.png")
    monkeypatch.setitem(sys.modules, "imagecluster.embed", None)
    assert imagecluster.search(pics, [pics / "2_1.png", tmp_path / "moved.png"], k=2)


def test_a_picture_that_changed_since_the_run_is_looked_at_again(pics):
    """Its old fingerprint is not taken for the new content."""
    draw(pics / "0_0.png", 2, size=(170, 140))
    hits = imagecluster.search(pics, pics / "0_0.png", k=4)
    assert {name.removeprefix("copy of ")[0] for name in names(hits)} == {"2"}


def test_weights_and_negatives_turn_the_query(pics):
    """The heavier one comes first; what is unlike is pushed down."""
    two = [pics / "0_0.png", pics / "1_0.png"]
    assert names(imagecluster.search(pics, two, weights=[5, 1], k=1))[0][0] == "0"
    assert names(imagecluster.search(pics, two, weights=[1, 5], k=1))[0][0] == "1"
    plain = {hit.path: hit.similarity for hit in imagecluster.search(pics, pics / "0_0.png")}
    turned = {hit.path: hit.similarity for hit in imagecluster.search(pics, pics / "0_0.png", unlike=pics / "1_0.png")}
    assert pics / "1_0.png" not in turned
    assert turned[pics / "1_1.png"] < plain[pics / "1_1.png"] - 0.1


def test_k_and_a_similarity_limit_the_hits(pics):
    """At most k, none below."""
    assert len(imagecluster.search(pics, pics / "2_0.png", k=2)) == 2
    hits = imagecluster.search(pics, pics / "2_0.png", min_similarity=0.9)
    assert {name.removeprefix("copy of ")[0] for name in names(hits)} == {"2"}
    assert imagecluster.search(pics, pics / "0_0.png", min_similarity=1) == ()


def test_files_that_are_gone_are_not_found(pics):
    """Their fingerprints are still there, and must not take the places of others."""
    for name in ("2_1.png", "2_2.png", "2_3.png", "copy of 2_0.png"):
        (pics / name).unlink()
    run([pics], QUICK)
    hits = imagecluster.search(pics, pics / "2_0.png", k=3)
    assert len(hits) == 3
    assert not any("2_" in name for name in names(hits))


@pytest.mark.skipif(sys.platform == "win32", reason="symbolic links need rights there")
def test_the_query_is_left_out_by_whatever_path_it_is_reached(pics, tmp_path):
    """A link to the collection leads to the same files."""
    (tmp_path / "link").symlink_to(pics)
    hits = imagecluster.search(pics, tmp_path / "link" / "2_0.png")
    assert "2_0.png" not in names(hits)
    assert "copy of 2_0.png" in names(hits)


def test_a_searcher_sees_what_a_run_adds(pics, tmp_path):
    """It may be kept while another process writes; forgotten files move the rows."""
    with Store.open(pics / "imagecluster", writable=False) as store:
        searcher = Searcher(store, find_model(DEFAULT_MODEL))
        asked = [Query(pics / "0_0.png")]
        assert "0_9.png" not in names(searcher.search(asked))
        draw(pics / "0_9.png", 0, size=(190, 150))
        (pics / "1_0.png").unlink()
        run([pics], QUICK)
        assert "0_9.png" in names(searcher.search(asked, k=2))
        with Store.open(pics / "imagecluster") as writer:
            assert writer.forget_gone() == 1
        assert {name[0] for name in names(searcher.search(asked, k=2))} == {"0"}


def test_a_text_needs_a_text_tower(pics, monkeypatch):
    """The message names the model; a model with one is asked for its vector."""
    with pytest.raises(ModelError, match="efficientnet-lite1-regions has no text tower"):
        imagecluster.search(pics, texts=["a cat"])
    (wanted,) = imagecluster.fingerprint(pics / "1_0.png").vectors
    towered = replace(find_model(DEFAULT_MODEL), text_tower=lambda text: wanted if text == "one" else -wanted)
    monkeypatch.setitem(MODELS, DEFAULT_MODEL, towered)
    assert names(imagecluster.search(pics, texts=["one"], k=1)) == ["1_0.png"]
    assert names(imagecluster.search(pics, pics / "0_0.png", texts=["one"], weights=[1, 9], k=1)) == ["1_0.png"]


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({}, ArgumentError, "nothing to look for"),
        ({"unlike": ["0_0.png"]}, ArgumentError, "nothing to look for"),
        ({"pictures": ["0_0.png"], "k": 0}, ArgumentError, "k is 0"),
        ({"pictures": ["0_0.png"], "min_similarity": 2}, ArgumentError, "min_similarity is 2"),
        ({"pictures": ["0_0.png"], "weights": [1, 2]}, ArgumentError, "2 weights for 1"),
        ({"pictures": ["0_0.png"], "weights": [-1]}, ArgumentError, "above 0"),
        ({"pictures": ["0_0.png"], "unlike": ["0_0.png"], "unlike_weight": 1}, ArgumentError, "cancel one another out"),
        ({"pictures": ["nothing.png"]}, InputError, "nothing.png"),
        ({"pictures": ["broken.png"]}, DecodeError, "broken.png"),
        ({"pictures": ["."]}, DecodeError, "not a regular file|directory"),
        ({"pictures": ["0_0.png"], "model": "vgg99"}, ModelError, "vgg99"),
    ],
)
def test_what_cannot_be_searched_for_is_refused(pics, monkeypatch, arguments, error, message):
    """The message says what was got."""
    (pics / "broken.png").write_bytes(b"no picture")
    monkeypatch.chdir(pics)
    with pytest.raises(error, match=message):
        imagecluster.search(pics, **arguments)


def test_a_folder_that_was_not_sorted_is_refused(tmp_path):
    """The message names the command that sorts it."""
    picture = draw(tmp_path / "a.png", 0)
    with pytest.raises(StoreError, match="imagecluster run"):
        imagecluster.search(tmp_path, picture)


def test_a_query_is_a_picture_or_a_text():
    """Not both, not neither."""
    with pytest.raises(ArgumentError, match="one of the two"):
        Query()
    with pytest.raises(ArgumentError, match="one of the two"):
        Query(picture=os.curdir, text="x")
    assert [query.weight for query in queries(["a", "b"], ["t"], weights=[1, 2, 3], unlike=["c"])] == [1, 2, 3, -0.5]


class Links(HTMLParser):
    """Addresses, pictures and tags of a page."""

    def __init__(self, source):
        super().__init__()
        self.tags, self.links, self.alts = [], [], []
        self.feed(source)

    def handle_starttag(self, tag, attrs):
        """Takes note of a tag."""
        self.tags.append(tag)
        values = dict(attrs)
        if tag == "a":
            self.links.append(values["href"])
        if tag == "img":
            self.alts.append(values["alt"])
            assert values["src"].startswith("data:image/jpeg;base64,")


def test_the_command_prints_a_table_json_or_bare_paths(pics, capsysbinary):
    """Paths relative to the folder for people, absolute for programs."""
    asked = ["search", str(pics), str(pics / "2_0.png"), "-k", "2"]
    assert main(asked) == 0
    lines = capsysbinary.readouterr().out.decode().splitlines()
    assert lines[0].split(maxsplit=1) == ["1.000", "copy of 2_0.png  (same bytes)"]
    assert len(lines) == 2
    assert main([*asked, "--json", "--not", str(pics / "0_0.png")]) == 0
    found = json.loads(capsysbinary.readouterr().out)
    assert [query["weight"] for query in found["queries"]] == [1, -0.5]
    assert str(pics / "copy of 2_0.png") in [hit["path"] for hit in found["hits"]]
    assert main([*asked, "--print0"]) == 0
    printed = capsysbinary.readouterr().out.split(b"\0")
    assert printed[0] == os.fsencode(pics / "copy of 2_0.png")
    assert printed[-1] == b"" and len(printed) == 3
    assert main([*asked, "--min-sim", "1", "--not", str(pics / "0_0.png")]) == 0
    assert capsysbinary.readouterr().out == b"nothing found\n"


@pytest.mark.skipif(sys.platform == "win32", reason="odd names need a POSIX system")
def test_the_page_shows_queries_and_hits_and_nothing_escapes(pics, tmp_path):
    """Names, texts and folders are text, whatever they hold; links lead to the files."""
    attack = '"><img src=x onerror=alert(1)>.png'
    shutil.copy(pics / "1_1.png", pics / attack)
    run([pics], QUICK)
    page = tmp_path / "found.html"
    assert main(["search", str(pics), str(pics / "1_0.png"), "--not", str(pics / "0_0.png"), "--html", str(page)]) == 0
    source = page.read_text()
    found = Links(source)
    assert found.tags.count("img") == 2 + 9
    assert found.tags.count("script") == 0
    assert found.alts[:2] == ["1_0.png", "-0.5 0_0.png"]
    assert any(attack in alt for alt in found.alts)
    assert 'onerror=alert(1)>.png"' not in source
    assert "default-src 'none'" in source and "script-src" not in source
    assert "pics/1_1.png" in found.links
    assert "http" not in source.replace("http-equiv", "")


@pytest.mark.parametrize(
    "more", [["--query-weights", "1,x"], ["--query-weights", "0"], ["--min-sim", "2"], ["-k", "0"],
             ["--not-weight", "-1"], ["--json", "--print0"]],
)  # fmt: skip
def test_wrong_usage_exits_with_2(pics, more):
    """Argparse says what is wrong."""
    with pytest.raises(SystemExit) as exit_:
        main(["search", str(pics), str(pics / "2_0.png"), *more])
    assert exit_.value.code == 2


@pytest.mark.photos
def test_real_objects_find_their_other_views(photos, tmp_path):
    """Of 40 objects photographed four times, the three nearest are the other three in at least 95 of 100 answers."""
    folder = photos / "objects_ukbench"
    group_of = {folder / row["path"]: row["group"] for row in read_manifest(folder)[:160]}
    settings = replace(QUICK)
    root = tmp_path / "db"
    result = run(list(group_of), settings, db=root)
    right = 0
    with Store.open(root, writable=False) as store:
        searcher = Searcher(store, find_model(DEFAULT_MODEL))
        for path in list(group_of)[::4]:
            right += sum(group_of[hit.path] == group_of[path] for hit in searcher.search([Query(path)], k=3))
    assert len(result.paths) == 160
    assert right >= 0.95 * 3 * 40
