"""The viewer's page in a browser: the same clusters as the command line, keys, links, undo, access for all."""

from __future__ import annotations

import json
import statistics
from pathlib import Path
from urllib.parse import parse_qs, urlsplit
from urllib.request import urlopen

import numpy as np
import pytest

from imagecluster import cut
from imagecluster.collection import Settings
from imagecluster.cut.sim_scale import SimScale, calibrated, relative
from imagecluster.functions.running import run
from imagecluster.models import DEFAULT_MODEL, MODELS
from imagecluster.records import Dendrogram
from imagecluster.store import Store, default_location
from page_browser import drawn, needs_browser, set_sim, shown_partition, shown_sections, until, violations
from page_server import serving
from pictures import draw_groups

SIZES = (7, 5, 4, 3, 2, 1, 1)

pytestmark = needs_browser

SHOWN = "() => { const { counts } = imagecluster.state; return counts.value.nGrouped + counts.value.nSingle; }"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Drawn pictures in groups."""
    return draw_groups(tmp_path_factory.mktemp("page") / "pictures", SIZES)


@pytest.fixture(scope="module")
def address(folder):
    """Address of the viewer of the drawn pictures."""
    with serving(folder) as found:
        yield found


def served_dendrogram(address: str) -> Dendrogram:
    """The dendrogram that the page shows, from the server."""
    state = json.load(urlopen(f"{address}api/state"))
    parts = {name: urlopen(f"{address}api/{state['snapshot']}/{name}.bin").read() for name in ("order", "gap")}
    return Dendrogram(
        merges=np.empty((0, 4)),  # a cut needs order and gaps alone
        largest_distance=state["largest_distance"],
        order=np.frombuffer(parts["order"], "<u4").astype(np.int64),
        gap=np.frombuffer(parts["gap"], "<f8"),
    )


def partition(labels) -> set[frozenset[int]]:
    """Clusters as sets, without the numbers that labels are."""
    members: dict[int, set[int]] = {}
    for row, label in enumerate(labels.tolist()):
        members.setdefault(label, set()).add(row)
    return {frozenset(rows) for rows in members.values()}


def same_as_the_command_line(page, address: str, sims) -> None:
    dendrogram = served_dendrogram(address)
    for sim in sims:
        set_sim(page, sim)
        assert shown_partition(page) == partition(cut.cut(dendrogram, sim=sim, scale=served_scale(address))), sim


def served_scale(address: str) -> SimScale:
    """What the slider means, from the server."""
    scale = json.load(urlopen(f"{address}api/state"))["scale"]
    return SimScale("of the page", *(np.array(scale[axis]) for axis in ("heights", "sims")))


def test_the_page_and_the_command_line_compute_the_same_height(opened, address):
    """To the last bit, on the scale of the run, on the original's, and at the points of any curve."""
    page = opened(address)
    sims = [*(i / 1000 for i in range(1, 1001)), *np.random.default_rng(0).random(1000).tolist()]
    curve = calibrated([(0, 1), (0.1, 0.9), (0.3, 0.7), (0.77, 0.3), (2, 0)])
    of_model = calibrated(MODELS[DEFAULT_MODEL].sim_curve)
    assert np.array_equal(served_scale(address).heights, of_model.heights)
    assert np.array_equal(served_scale(address).sims, of_model.sims)
    for scale in (served_scale(address), relative(0.731), curve):
        given = {"heights": scale.heights.tolist(), "sims": scale.sims.tolist()}
        asked = sims + given["sims"][:-1]
        computed = page.evaluate(
            "async ([scale, sims]) => { const { heightOf } = await import('./static/data/scale.js');"
            " return sims.map((sim) => heightOf(scale, sim)); }",
            [given, asked],
        )
        assert computed == [scale.height(sim) for sim in asked]


def test_the_slider_gives_the_clusters_of_the_command_line(opened, address):
    """At each of a thousand stops of the slider the page shows the partition that `cut` gives."""
    page = opened(address)
    same_as_the_command_line(page, address, [i / 1000 for i in range(0, 1001, 20)])


@pytest.mark.photos
def test_real_photographs_are_cut_and_numbered_as_on_the_command_line(opened, photos, tmp_path, capsys):
    """Objects photographed four times: same clusters, same numbers, and how long a movement of the slider takes."""
    folder = tmp_path / "objects"
    folder.mkdir()
    for picture in sorted((photos / "objects_ukbench").glob("*.jpg"))[:80]:
        (folder / picture.name).symlink_to(picture)
    with serving(folder) as address:
        page = opened(address)
        same_as_the_command_line(page, address, (0, 0.3, 0.5, 0.62, 0.7, 0.801, 0.95, 1))
        set_sim(page, 0.7)
        snapshot = page.evaluate("() => imagecluster.state.collection.value.snapshot")
        names = json.load(urlopen(f"{address}api/{snapshot}/names.json?from=0&to=80"))
        with Store.open(default_location(folder), writable=False) as store:
            vectors = store.fingerprints(store.runs()[-1].model, [folder / name for name in names]).vectors
        by_path = sorted(range(80), key=lambda row: names[row].encode())
        tree, scale = served_dendrogram(address), served_scale(address)
        expected = cut.clusters(tree, vectors, cut.Cut(sim=0.7, scale=scale), path_order=by_path)
        shown, _ = shown_sections(page)
        assert [set(members) for members in shown] == [set(cluster.members) for cluster in expected.clusters]
        times = page.evaluate("() => imagecluster.cutTimes")
    with capsys.disabled():
        print(f"\n  slider: cut and order of 80 pictures, median {statistics.median(times):.2f} ms")


def test_everything_is_reached_by_keys(opened, address):
    """Arrows walk, Enter shows a picture, Escape leads back to it, x selects, ? lists the keys, / searches."""
    page = opened(address)
    page.keyboard.press("ArrowRight")
    first = page.evaluate("() => document.activeElement.dataset.id")
    page.keyboard.press("ArrowRight")
    second = page.evaluate("() => document.activeElement.dataset.id")
    assert first != second
    page.keyboard.press("Enter")
    page.wait_for_selector("dialog.picture h2")
    page.keyboard.press("ArrowLeft")
    until(page, "() => String(imagecluster.state.openedPicture.value)", first)
    page.keyboard.press("Escape")
    page.wait_for_selector("dialog", state="detached")
    until(page, "() => document.activeElement.dataset.id", first)
    page.keyboard.press("Shift+ArrowRight")
    assert page.locator('.tile[aria-pressed="true"]').count() == 2
    page.keyboard.press("?")
    page.wait_for_selector("dialog.keys")
    page.keyboard.press("Escape")
    page.keyboard.press("c")
    page.wait_for_selector("dialog.wide .tree .leaf")
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    page.keyboard.type("0_")
    page.keyboard.press("Enter")
    until(page, "() => imagecluster.state.results.value?.ids.length", SIZES[0])


def test_a_link_leads_back_to_what_was_shown(opened, address):
    """The address keeps similarity, order, size, selection, own cuts and the open picture."""
    page = opened(address)
    set_sim(page, 0.61)
    page.keyboard.press("ArrowRight")
    page.keyboard.press("x")
    page.keyboard.press("s")
    page.keyboard.press("+")
    page.locator(".order select").select_option("tight")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    read = """() => { const { state: s } = imagecluster; return JSON.stringify([s.sim.value, s.sort.value, s.size.value,
      [...s.selection.value], s.branches.value, s.openedPicture.value]); }"""
    shown = page.evaluate(read)
    until(page, "() => location.hash.includes('picture=')")
    again = opened(page.url, ready="dialog.picture h2")
    assert again.evaluate(read) == shown
    assert json.loads(shown)[1:3] == ["tight", "L"]


def test_a_link_leads_back_to_the_place_in_the_gallery(opened, address):
    """The first picture in sight is in the address, and at the top of the window when the address is opened again."""
    page = opened(address)
    page.set_viewport_size({"width": 420, "height": 520})
    page.keyboard.press("+")
    page.locator("#gallery").evaluate("(gallery) => { gallery.scrollTop = 900; }")
    until(page, "() => location.hash.includes(`at=${imagecluster.state.anchor.value.toString(36)}&`)")
    link = page.evaluate("() => location.href")
    first = int(parse_qs(urlsplit(link).fragment)["at"][0], 36)
    again = opened("about:blank", ready="body")
    again.set_viewport_size({"width": 420, "height": 520})
    again.goto(link)
    again.wait_for_selector(".tile")
    until(again, "() => imagecluster.state.anchor.value", first)


def test_a_branch_has_a_cut_of_its_own(opened, address):
    """Splitting takes one cluster apart and joining puts it together with its neighbour; the others stay."""
    page = opened(address)
    set_sim(page, 0.5)
    before = shown_partition(page)
    largest = max(before, key=len)
    page.keyboard.press("ArrowRight")
    page.keyboard.press("s")
    after = shown_partition(page)
    assert before - after == {largest}
    assert frozenset().union(*(after - before)) == largest
    page.keyboard.press("Control+z")
    assert shown_partition(page) == before
    page.keyboard.press("u")
    joined = shown_partition(page) - before
    assert len(joined) == 1
    assert largest < next(iter(joined))


def as_exported(address, path):
    """Ids of each cluster of an exported table, in the order of their numbers."""
    state = json.load(urlopen(f"{address}api/state"))
    names = json.load(urlopen(f"{address}api/{state['snapshot']}/names.json?from=0&to={state['n']}"))
    ids = {name: picture for picture, name in enumerate(names)}
    table = json.loads(Path(path).read_text())
    return [{ids[name] for name in cluster["members"]} for cluster in table["clusters"]], table


def export(page, title):
    """Path of what the export wrote."""
    page.keyboard.press("e")
    page.get_by_text(title, exact=True).click()
    page.wait_for_selector("text=Written:")
    path = page.locator(".written").inner_text().removeprefix("Written: ")
    page.keyboard.press("Escape")
    return path


def test_exports_hold_branches_with_a_cut_of_their_own(opened, address):
    """What is exported is what is seen, number for number, and the table says that branches were cut on their own."""
    page = opened(address)
    set_sim(page, 0.8)
    page.keyboard.press("ArrowRight")
    page.keyboard.press("s")
    exported, table = as_exported(address, export(page, "JSON"))
    shown, _ = shown_sections(page)
    assert exported == [set(members) for members in shown]
    assert table["n_own_cuts"] == page.evaluate("() => imagecluster.state.branches.value.length") > 0
    rows = Path(export(page, "CSV")).read_text().splitlines()[1:]
    assert len(rows) == sum(SIZES)
    page.keyboard.press("r")
    exported, table = as_exported(address, export(page, "JSON"))
    assert exported != [set(members) for members in shown]
    assert table["n_own_cuts"] == 0


def test_the_page_divides_wide_clusters_as_the_latest_run_did(opened, tmp_path):
    """With --max-diameter the page shows the clusters of the command line at each similarity, and exports them."""
    root = draw_groups(tmp_path / "pics", SIZES)
    limit = round(run([root], Settings(links="none")).largest_distance * 0.7, 3)
    with serving(root, max_diameter=limit) as address:
        page = opened(address)
        for sim in (0.0, 0.2, 0.4, 0.6, 0.9, 1.0):
            result = run([root], Settings(sim=sim, max_diameter=limit, links="none", page=False))
            set_sim(page, sim)
            shown, _ = shown_sections(page)
            expected, _ = as_exported(address, result.outputs.json)
            assert [set(members) for members in shown] == expected, sim
        set_sim(page, 0.0)
        shown, _ = shown_sections(page)
        assert len(shown) > 1
        assert as_exported(address, export(page, "JSON"))[0] == [set(members) for members in shown]
        page.keyboard.press("ArrowRight")
        page.keyboard.press("u")
        page.wait_for_selector(f"text=--max-diameter {limit}")


def test_corrections_are_made_undone_and_done_again(opened, address):
    """A name, a pin and a hidden picture change what is shown; undo takes each back, redo makes it again."""
    page = opened(address)
    set_sim(page, 0.5)
    page.keyboard.press("ArrowRight")
    page.keyboard.press("n")
    page.fill("#cluster-name", "Seven blocks")
    page.keyboard.press("Enter")
    named = "() => [...imagecluster.state.arrangement.value.names.values()].join()"
    until(page, named, "Seven blocks")
    page.keyboard.press("Control+z")
    until(page, named, "")
    page.keyboard.press("Control+Shift+z")
    until(page, named, "Seven blocks")
    set_sim(page, 0.52)
    until(page, named, "Seven blocks")
    before = shown_partition(page)
    page.keyboard.press("h")
    until(page, "() => imagecluster.state.arrangement.value.hidden.length", 1)
    until(page, SHOWN, sum(SIZES) - 1)
    page.keyboard.press("Control+z")
    until(page, SHOWN, sum(SIZES))
    assert shown_partition(page) == before
    page.evaluate("""() => { const { state } = imagecluster, order = state.collection.value.order;
      const { flat, from } = state.arrangement.value;
      state.selection.value = new Set([order[flat[from[0]]], order[flat[from[1]]]]); }""")
    page.keyboard.press("t")
    until(page, "() => imagecluster.state.edits.value.corrections.edits.at(-1)?.kind", "together")
    until(page, "() => imagecluster.state.arrangement.value.pinned.size > 0", True)
    assert shown_partition(page) != before
    for _ in range(3):  # the pin, the slider, the name: one after the other, however fast the keys come
        page.keyboard.press("Control+z")
    until(page, "() => imagecluster.state.edits.value.corrections.edits.length", 0)


def test_a_read_only_page_corrects_nothing(opened, folder):
    """Where the viewer is read-only no correction can be made, by key or by button."""
    with serving(folder, "--read-only") as address:
        page = opened(address)
        page.keyboard.press("ArrowRight")
        page.keyboard.press("h")
        page.wait_for_selector("text=This viewer is read-only")
        assert page.locator('button[data-id="export"]').is_disabled()


def test_a_lasso_and_a_rectangle_select(opened, address):
    """A rectangle from an empty place of the gallery selects what it touches; a lasso around the map selects all."""
    page = opened(address)
    box = page.locator(".tile").first.bounding_box()
    page.mouse.move(box["x"] - 12, box["y"] - 4)
    page.mouse.down()
    page.mouse.move(box["x"] + 20, box["y"] + 20, steps=4)
    page.mouse.up()
    assert page.evaluate("() => imagecluster.state.selection.value.size") == 1
    page.keyboard.press("2")
    page.wait_for_selector(".map-stage canvas")
    stage = page.locator(".map-stage").bounding_box()
    page.mouse.move(stage["x"] + stage["width"] / 2, stage["y"] + stage["height"] / 2)
    page.mouse.wheel(0, 300)  # farther away, so that no picture lies under the buttons
    page.keyboard.down("Shift")
    around_the_map(page)
    page.keyboard.up("Shift")
    until(page, "() => imagecluster.state.selection.value.size", sum(SIZES))


def around_the_map(page):
    """Drags the mouse along the edges of the map."""
    stage = page.locator(".map-stage").bounding_box()
    left, top = stage["x"] + 4, stage["y"] + 4
    right, foot = left + stage["width"] - 8, top + stage["height"] - 8
    page.mouse.move(left, top)
    page.mouse.down()
    for x, y in ((right, top), (right, foot), (left, foot), (left, top)):
        page.mouse.move(x, y, steps=3)
    page.mouse.up()


def test_the_lasso_stays_in_hand_when_a_better_map_comes(opened, address):
    """The button is still pressed then, and dragging still draws a lasso; pressed again, it moves the map."""
    page = opened(f"{address}#view=map&sim=0.7")
    until(page, "() => document.querySelector('.map-stage canvas') && !document.querySelector('.map-note')")
    page.get_by_role("button", name="Lasso").click()
    page.locator(".map-stage canvas").evaluate("(canvas) => { canvas.dataset.old = ''; }")
    page.evaluate("() => { imagecluster.state.mapVersion.value++; }")
    page.wait_for_selector(".map-stage canvas:not([data-old])")
    stage = page.locator(".map-stage").bounding_box()
    page.mouse.move(stage["x"] + stage["width"] / 2, stage["y"] + stage["height"] / 2)
    page.mouse.wheel(0, 300)
    around_the_map(page)
    until(page, "() => imagecluster.state.selection.value.size", sum(SIZES))
    page.get_by_role("button", name="Lasso").click()
    page.keyboard.press("Control+Shift+A")
    around_the_map(page)
    assert page.evaluate("() => imagecluster.state.selection.value.size") == 0


def test_map_and_gallery_mark_what_the_other_points_at(opened, address):
    """Pointer and focus in the gallery mark a picture on the map; pointer and keys on the map mark in the gallery."""
    page = opened(f"{address}#view=map&sim=0.7", own_clock=True)
    ring = """() => document.querySelector('.map-ring:not([hidden]), .map-pictures img.pointed')
      ?.getBoundingClientRect().toJSON()"""
    marked = "() => document.querySelector('.tile.pointed')?.dataset.id"
    # The first map may be replaced by a better one.
    until(page, "() => document.querySelector('.map-stage canvas') && !document.querySelector('.map-note')")
    tile = page.locator(".tile").nth(2)
    tile.hover()
    until(page, ring)
    drawn(page)
    place, before = page.evaluate(ring), page.locator(".tile").first.bounding_box()
    page.mouse.move(place["x"] + place["width"] / 2, place["y"] + place["height"] / 2)
    until(page, marked, tile.get_attribute("data-id"))
    assert page.locator(".section-wash").is_visible()
    page.clock.fast_forward(1000)  # so long as no picture is brought into sight that is in sight already
    assert page.locator(".tile").first.bounding_box() == before
    page.mouse.move(2, 2)
    until(page, f"() => !({marked})() && !({ring})()")
    page.keyboard.press("ArrowRight")
    until(page, "() => imagecluster.state.pointed.value.from", "gallery")
    until(page, ring)
    page.locator(".map-stage").focus()
    moves = ["+", *["ArrowLeft"] * 6, *["ArrowUp", *["ArrowRight"] * 12, "ArrowUp", *["ArrowLeft"] * 12] * 3]
    for key in moves:
        page.keyboard.press(key)
        if page.evaluate(marked):
            break
    assert page.evaluate(marked)
    page.keyboard.press("b")
    until(page, "() => document.querySelector('#gallery').clientWidth", 0)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_is_open_to_all(opened, address, scheme):
    """The checker axe finds nothing wrong in the gallery, a picture, a cluster, the map and the dialogs."""
    page = opened(address, color_scheme=scheme, reduced_motion="reduce")

    assert violations(page) == []
    page.keyboard.press("ArrowRight")
    page.keyboard.press("x")
    for keys, ready in (("Enter", "dialog.picture h2"), ("c", "dialog.wide .pair"), ("?", "dialog.keys"),
                        ("n", "#cluster-name"), ("e", ".choices")):  # fmt: skip
        page.keyboard.press(keys)
        page.wait_for_selector(ready)
        assert violations(page) == [], keys
        page.keyboard.press("Escape")
        page.wait_for_selector("dialog", state="detached")
    page.keyboard.press("2")
    page.wait_for_selector(".map-stage canvas")
    assert violations(page) == []


def test_the_server_gone_is_said_and_nothing_is_lost(opened, folder):
    """When the server ends the page says so and keeps showing what it has."""
    with serving(folder, "--read-only") as address:
        page = opened(address)
    page.wait_for_selector("text=Connection lost. Reconnecting…")
    assert page.locator(".tile").count() > 0
