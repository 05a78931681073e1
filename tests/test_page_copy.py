"""A copy of the page that no server serves: what is in it and what is not, and that it works as a file."""

from __future__ import annotations

import itertools
import json
import os
import re
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest

from imagecluster.cli import main
from imagecluster.collection import Settings
from imagecluster.corrections import EDITS_NAME, Hide, History, Name, Together
from imagecluster.errors import ArgumentError, InputError, OutputError
from imagecluster.explore.similar import extreme_pairs
from imagecluster.functions.running import run
from imagecluster.store import Store
from imagecluster.system.safe_files import OwnFolder
from imagecluster.web import copy_data, page_copy
from imagecluster.web.page_copy import View, stored_source, write_page_copy
from imagecluster.web.page_files import bundle
from page_browser import needs_browser, set_sim, shown_sections, until, violations
from pictures import draw, draw_groups
from web_samples import served

SIZES = (5, 4, 3, 2, 1, 1)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Drawn pictures in groups, with corrections: a name, a pin over two groups, a hidden picture."""
    root = draw_groups(tmp_path_factory.mktemp("home of somebody") / "pictures", SIZES)
    draw(root / "below" / "4_1.png", 4, size=(150, 120))
    result = run([root], Settings(links="none"))
    with stored_source(result.directory) as (source, _):
        leaves = source.snapshot.leaves
        content = {key.decode(): content for key, content in zip(leaves.keys, leaves.hashes, strict=True)}
    history = History(result.directory / EDITS_NAME)
    history.add(Name(frozenset([content["1_0.png"]]), "Gulls </script>"))
    history.add(Together(frozenset([content["0_0.png"], content["5_0.png"]])))
    history.add(Hide(frozenset([content["2_0.png"]])))
    return root


def written(folder, place, view=None, **options):
    with stored_source(folder / "imagecluster") as (source, _):
        return write_page_copy(source, place, view or View(0.5, 2), **options)


def as_on_the_command_line(folder, sim):
    """Names of the files of each cluster, in the order of the numbers."""
    result = run([folder], Settings(sim=sim, links="none", page=False))
    table = json.loads(result.outputs.json.read_text())
    return [(cluster["name"], sorted(cluster["members"])) for cluster in table["clusters"]]


def as_in_the_page(page):
    names = page.evaluate("() => imagecluster.copy.data.names")
    titles = page.evaluate("() => Object.fromEntries(imagecluster.state.arrangement.value.names)")
    clusters, _ = shown_sections(page)
    return [(titles.get(str(s), ""), sorted(names[i] for i in ids)) for s, ids in enumerate(clusters)]


@needs_browser
@pytest.mark.parametrize("name", ["copy.html", "copy"])
def test_a_copy_works_without_a_server(opened, folder, tmp_path, name):
    """Opened as a file it shows pictures and, at each similarity, the clusters of the command line with corrections."""
    copied = written(folder, tmp_path / name)
    assert copied.page == tmp_path / name if name.endswith("html") else tmp_path / name / "index.html"
    page = opened(copied.page.as_uri())
    for sim in (0.0, 0.3, 0.5, 0.77, 1.0):
        set_sim(page, sim)
        assert as_in_the_page(page) == as_on_the_command_line(folder, sim), sim
    assert page.locator('[data-id="export"]').count() == 0
    set_sim(page, 0.5)
    page.wait_for_selector("text=Gulls")
    assert violations(page) == []
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    page.wait_for_selector("dialog.picture .neighbours img")
    assert violations(page) == []
    page.keyboard.press("f")
    until(page, "() => imagecluster.state.results.value?.ids.length > 3")
    page.keyboard.press("Escape")
    page.keyboard.press("h")
    page.keyboard.press("2")
    page.wait_for_selector(".map-stage canvas")
    page.keyboard.press("1")
    page.keyboard.press("/")
    page.keyboard.type("below")
    page.keyboard.press("Enter")
    until(page, "() => imagecluster.state.results.value?.ids.length", 1)
    assert page.evaluate("() => imagecluster.state.edits.value.corrections.edits.length") == 3


@needs_browser
@pytest.mark.parametrize("many", [False, True])
def test_a_copy_tells_of_each_cluster(opened, folder, tmp_path, monkeypatch, many):
    """The pairs that the server gives, but of hidden pictures; of many pictures the closest pair alone."""
    if many:
        monkeypatch.setattr(copy_data, "MOST_FOR_NEIGHBOURS", 3)
    page = opened(written(folder, tmp_path / "copy.html").page.as_uri())
    with stored_source(folder / "imagecluster") as (source, _):
        snapshot = source.snapshot
        hidden = [i for i in range(len(snapshot)) if snapshot.name(i) == "2_0.png"]
        edges = [0, *(np.flatnonzero(snapshot.dendrogram.gap > snapshot.scale.height(0.5)) + 1).tolist(), len(snapshot)]
        runs = [run for run in itertools.pairwise(edges) if run[1] - run[0] > 1]
        assert len(runs) > 2
        for first, end in runs:
            found = page.evaluate(
                "([a, b]) => imagecluster.copy.answer(`/api/x/cluster?a=${a}&b=${b}`).json()", [first, end]
            )
            pairs = extreme_pairs(snapshot, first, end)
            members = snapshot.dendrogram.order[first:end]
            if set(hidden) & set(members.tolist()):
                pictures = {i for pair in (found["closest"], found["farthest"]) for i in (pair or [])[:2]}
                assert not pictures & set(hidden)
                continue
            for name, pair in zip(("closest", "farthest"), pairs, strict=True):
                if many and name == "farthest":
                    assert found[name] is None
                else:
                    assert found[name][2] == pytest.approx(pair.distance, abs=1e-5)
                    assert set(found[name][:2]) <= set(members.tolist())
            if many:
                assert found["nearest_outside"] is None
            else:
                X = snapshot.unit_vectors(np.arange(len(snapshot)))
                outside = np.setdiff1d(np.arange(len(snapshot)), [*members, *hidden])
                assert found["nearest_outside"]["distance"] == pytest.approx(
                    1 - (X[members] @ X[outside].T).max(), abs=1e-5
                )
                assert found["nearest_outside"]["id"] in outside


@needs_browser
def test_the_page_exports_itself_as_it_is_seen(opened, folder, tmp_path):
    """Similarity, order and branches with a cut of their own are in the copy."""
    with served(folder) as client:
        page = opened(f"http://127.0.0.1:{client.port}/")
        set_sim(page, 0.6)
        page.locator(".order select").select_option("name")
        page.keyboard.press("ArrowRight")
        page.keyboard.press("s")
        shown = shown_sections(page)
        page.keyboard.press("e")
        page.get_by_text("This page").click()
        page.wait_for_selector("text=Written:")
        path = Path(page.locator(".written").inner_text().removeprefix("Written: "))
    copy = opened(path.as_uri())
    assert shown_sections(copy) == shown
    assert copy.evaluate("() => imagecluster.state.sort.value") == "name"


def test_nothing_of_the_machine_is_in_a_copy(folder, tmp_path):
    """No path of the machine, no EXIF, no name or picture that is hidden; and nothing that leads elsewhere."""
    text = written(folder, tmp_path / "copy.html").page.read_text(encoding="utf-8")
    assert "home of somebody" not in text
    assert str(Path.home()) not in text
    assert "2_0.png" not in text
    data = json.loads(re.search(r'id="copy">(.*?)</script>', text, re.S)[1])
    assert sorted(data["names"])[:2] == ["", "0_0.png"]
    assert [name == "" for name in data["names"]] == [image is None for image in data["thumbnails"]]
    addresses = set(re.findall(r"https?://[^\s'\"`)]+", text))
    assert all(address.startswith("http://www.w3.org/") for address in addresses)  # names of kinds of markup
    assert "default-src 'none'" in text
    assert text.count("</script>") == 2


def test_pictures_outside_the_folder_are_named_without_their_folders(tmp_path):
    """Only the file's name goes into the copy."""
    draw_groups(tmp_path / "secret", (2, 2))
    db = tmp_path / "db"
    draw(tmp_path / "in" / "a.png", 9)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path / "in")
        run([tmp_path / "secret", tmp_path / "in"], Settings(links="none"), db=db)
    with stored_source(db) as (source, _):
        text = write_page_copy(source, tmp_path / "c.html", View(0.5, 2)).page.read_text(encoding="utf-8")
    assert "secret" not in text
    assert '"0_0.png"' in text


def test_the_size_is_bounded_and_said(folder, tmp_path, monkeypatch, capsys):
    """Fewer pixels by default for what would be heavy; an error that says what to do for what would be too large."""
    assert main(["export", str(folder), "--page", str(tmp_path / "a.html")]) == 0
    page = tmp_path / "a.html"
    assert capsys.readouterr().out == f"16 pictures of 384 px, {page.stat().st_size / 1e6:.1f} MB: open {page}\n"
    monkeypatch.setattr(page_copy, "_LIGHT_BYTES", {True: 1, False: 10**9})
    assert written(folder, tmp_path / "b.html").side_px == 96
    assert written(folder, tmp_path / "b").side_px == 384
    monkeypatch.setattr(page_copy, "_LARGEST_FILE_BYTES", 1)
    with pytest.raises(ArgumentError, match=r"17 pictures of 192 px .* give a folder .* or a smaller side"):
        written(folder, tmp_path / "c.html", side_px=192)
    assert written(folder, tmp_path / "c", side_px=1024).side_px == 1024
    monkeypatch.setattr(page_copy, "MOST_PICTURES", 16)
    with pytest.raises(ArgumentError, match="at most 16 pictures; the collection has 17"):
        written(folder, tmp_path / "d")
    with pytest.raises(ArgumentError, match="must be one of 96, 192, 384, 1024"):
        written(folder, tmp_path / "d", side_px=500)
    with pytest.raises(ArgumentError, match="sim is 2"):
        written(folder, tmp_path / "d", View(2, 2))


def test_only_an_earlier_copy_is_replaced(folder, tmp_path):
    """A folder with anything else in it is left alone."""
    place = tmp_path / "shared"
    written(folder, place)
    assert written(folder, place).kept == ()
    names = [".imagecluster-made", ".imagecluster-page", "index.html", "pictures"]
    assert sorted(entry.name for entry in place.iterdir()) == names
    assert [entry.name for entry in tmp_path.iterdir()] == ["shared"]
    (place / "pictures" / "000" / "mine.jpg").write_bytes(b"somebody's")
    (place / "pictures" / "000" / "0.jpg").write_bytes(b"retouched")
    assert written(folder, place).kept == (tmp_path / "shared.kept",)
    kept = {path.name: path.read_bytes() for path in (tmp_path / "shared.kept").rglob("*.jpg")}
    assert kept == {"mine.jpg": b"somebody's", "0.jpg": b"retouched"}
    assert not (place / "pictures" / "000" / "mine.jpg").exists()
    (tmp_path / "shared.kept").rename(tmp_path / "away")
    for name in (".DS_Store", "pictures/.DS_Store"):  # which a file manager puts there as soon as it shows the folder
        (place / name).write_bytes(b"\0\0\0\1Bud1 and more")
    assert written(folder, place).kept == ()
    assert sorted(entry.name for entry in place.iterdir()) == names
    (place / "mine.txt").write_text("mine")
    with pytest.raises(OutputError, match="left alone"):
        written(folder, place)
    assert (place / "mine.txt").read_text() == "mine"
    with pytest.raises(OutputError, match="cannot write"):
        written(folder, tmp_path / "none" / "copy.html")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_copy_that_was_killed_in_a_picture_leaves_nothing_to_keep(folder, tmp_path):
    """A picture that is not whole yet has no name under which it would be taken for somebody's."""
    place = tmp_path / "shared"
    written(folder, place)
    with stored_source(folder / "imagecluster") as (source, _):
        if (pid := os.fork()) == 0:
            _write_two_pictures_and_die(source, place)
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 9
    begun = list((tmp_path / ".shared.imagecluster-new" / "pictures" / "000").iterdir())
    assert sorted(path.stat().st_size for path in begun) == [0, 7]
    assert written(folder, place).kept == ()
    assert [entry.name for entry in tmp_path.iterdir()] == ["shared"]


def _write_two_pictures_and_die(source, place):
    """In a child process: ends at once, without any cleaning up, before the second picture has any content."""
    create = OwnFolder.create

    class Deadly(BytesIO):
        """A file that nothing can be written to."""

        def write(self, _):
            os._exit(9)

    def mortal(held, name):
        stream = create(held, name)
        return Deadly() if "1.jpg" in name else stream

    OwnFolder.create = mortal
    try:
        page_copy._write_folder(place, source, View(0.5, 2), iter([b"picture"] * 3))
    finally:
        os._exit(0)


def test_without_clusters_there_is_no_copy(tmp_path):
    """The message says what to do."""
    root = draw_groups(tmp_path / "pics", (2,))
    with Store.open(root / "db", root=root):
        pass
    with pytest.raises(InputError, match="run imagecluster first"), stored_source(root / "db"):
        pass


def test_modules_of_one_name_in_two_folders_are_two():
    """An import leads from the folder of the module that it stands in, up and down."""
    files = {
        "app.js": "import { low } from './above/part.js';\nprint(low);",
        "above/part.js": "import * as below from '../below/part.js';\nexport const low = below.two;",
        "below/part.js": "import { one } from './one.js';\nexport const two = one + 1;",
        "below/one.js": "export const one = 1;",
    }
    script = bundle("app.js", files.__getitem__)
    order = ["const one = 1;", "const two = one + 1;", "const low = below.two;", "print(low);"]
    assert [line for line in script.splitlines() if line in order] == order
    assert script.count("const $") == 4


@pytest.mark.parametrize("address", ["../secret.js", "./below/../../secret.js", "/secret.js", "secret"])
def test_a_module_outside_of_the_page_is_refused(address):
    """Whatever way leads there."""
    with pytest.raises(ArgumentError, match=r"must be a file of the page"):
        bundle("a.js", {"a.js": f"import {{ b }} from '{address}';"}.__getitem__)


def test_modules_that_import_each_other_are_refused():
    """And so is a form of export that the bundle does not know."""
    ring = {"a.js": "import { b } from './b.js';", "b.js": "import { a } from './a.js';"}
    with pytest.raises(ArgumentError, match=r"a.js -> b.js -> a.js"):
        bundle("a.js", ring.__getitem__)
    with pytest.raises(ArgumentError, match="export let"):
        bundle("a.js", {"a.js": "export let a = 1;"}.__getitem__)
