"""Nothing surprising happens to a picture: what keys act on, what stays in place, what is seen in little room."""

from __future__ import annotations

import csv
import json
import random
import shutil
import socket

import pytest

from imagecluster.collection import Settings
from imagecluster.functions.running import run
from page_browser import drawn, needs_browser, set_sim, until, violations
from page_server import serving
from pictures import draw_groups

SIZES = (9, 8, 7, 6, 5, 4, 4, 3, 3, 2, 2, 1, 1)

pytestmark = needs_browser

KINDS = "() => imagecluster.state.edits.value.corrections.edits.map((edit) => edit.kind).join()"
HIDDEN = """() => { const { arrangement, collection } = imagecluster.state;
  return Array.from(arrangement.value.hidden, (p) => collection.value.order[p]); }"""
ACTIVE = "() => imagecluster.state.active.value"
NAMED = """(text) => fetch(`/api/${imagecluster.state.collection.value.snapshot}/named?text=${text}`)
  .then((answer) => answer.json()).then(({ ids }) => ids)"""
FOCUSED = "() => Number(document.activeElement.dataset.id ?? -1)"
PLACE = """(id) => document.querySelector(`.tile[data-id="${id}"]`)?.getBoundingClientRect().top"""


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """Address of the viewer of drawn pictures."""
    with serving(draw_groups(tmp_path_factory.mktemp("calm") / "pictures", SIZES)) as found:
        yield found


def opened_small(opened, address: str):
    """A page that shows few of the pictures, without movement."""
    page = opened(address, viewport={"width": 700, "height": 620}, reduced_motion="reduce")
    set_sim(page, 0.85)
    return page


def scroll_away(page) -> None:
    """Scrolls so far that nothing that was in sight is."""
    before = page.evaluate("() => imagecluster.state.inSight.value")
    page.locator("#gallery").evaluate("(gallery) => { gallery.scrollTop = gallery.scrollHeight; }")
    page.wait_for_function("(ids) => !imagecluster.state.inSight.value.some((id) => ids.includes(id))", arg=before)


def test_keys_in_the_large_view_act_on_the_picture_that_is_shown(opened, address):
    """Not on the selection behind it, which stays as it is."""
    page = opened_small(opened, address)
    page.keyboard.press("ArrowRight")
    page.keyboard.press("x")
    selected = page.evaluate(ACTIVE)
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_selector("dialog.picture h2")
    shown = page.evaluate("() => imagecluster.state.openedPicture.value")
    assert shown != selected
    page.keyboard.press("h")
    until(page, HIDDEN, [shown])
    page.keyboard.press("Control+z")
    until(page, HIDDEN, [])


@pytest.mark.parametrize("key", ["h", "x", "Enter", "d", "s", "u", "n", "c", "f"])
def test_keys_act_on_nothing_that_was_scrolled_away(opened, address, key):
    """The first press brings it back, with the focus, and says so; the second one acts."""
    page = opened_small(opened, address)
    page.keyboard.press("ArrowRight")
    meant = page.evaluate(ACTIVE)
    scroll_away(page)
    page.keyboard.press(key)
    page.wait_for_selector(f"text=Here is what {key} acts on")
    until(page, f"() => imagecluster.state.inSight.value.includes({meant})")
    until(page, FOCUSED, meant)
    assert page.evaluate(KINDS) == ""
    assert page.locator("dialog").count() == 0
    assert page.evaluate("() => imagecluster.state.selection.value.size") == 0
    assert page.evaluate("() => imagecluster.state.branches.value.length") == 0


def test_a_selection_out_of_sight_comes_back_before_it_is_hidden(opened, address):
    """The second press of the key hides it."""
    page = opened_small(opened, address)
    page.keyboard.press("ArrowRight")
    page.keyboard.press("x")
    selected = page.evaluate(ACTIVE)
    scroll_away(page)
    page.keyboard.press("h")
    until(page, f"() => imagecluster.state.inSight.value.includes({selected})")
    until(page, FOCUSED, selected)
    assert page.evaluate(HIDDEN) == []
    page.keyboard.press("h")
    until(page, HIDDEN, [selected])
    page.keyboard.press("Control+z")
    until(page, HIDDEN, [])


def test_arrows_go_on_from_what_is_in_sight(opened, address):
    """After scrolling they do not jump back to the picture that was left behind."""
    page = opened_small(opened, address)
    page.keyboard.press("ArrowRight")
    scroll_away(page)
    top = page.locator("#gallery").evaluate("(gallery) => gallery.scrollTop")
    in_sight = page.evaluate("() => imagecluster.state.inSight.value")
    page.keyboard.press("ArrowRight")
    until(page, "() => document.activeElement.className", "tile")
    assert page.evaluate(FOCUSED) in in_sight
    assert abs(page.locator("#gallery").evaluate("(gallery) => gallery.scrollTop") - top) < 200


def test_what_is_looked_at_stays_under_the_eye(opened, address):
    """At the very top too, after a split, its undo, another order, another size, and being kept apart."""
    page = opened_small(opened, address)
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    looked_at = page.evaluate(ACTIVE)
    place = page.evaluate(PLACE, looked_at)
    moved = 0.0
    for key in ("s", "Control+z", "Shift+S", "Shift+S", "d", "Control+z", "Control+z"):
        before = page.locator("#gallery").evaluate("(gallery) => gallery.scrollTop")
        edits = page.evaluate("() => imagecluster.state.edits.value.version")
        page.keyboard.press(key)
        if key == "d":
            until(page, f"() => imagecluster.state.edits.value.version > {edits}")
        drawn(page)
        moved = max(moved, abs(page.locator("#gallery").evaluate("(gallery) => gallery.scrollTop") - before))
        # At the ends of the gallery there is nothing left to scroll; then it is in sight all the same.
        is_at_end = page.locator("#gallery").evaluate("(g) => g.scrollTop + g.clientHeight > g.scrollHeight - 2")
        assert is_at_end or page.evaluate(PLACE, looked_at) == pytest.approx(place, abs=60), key
        assert page.evaluate("(id) => imagecluster.state.inSight.value.includes(id)", looked_at), key
        assert page.evaluate(FOCUSED) == looked_at, key
    assert moved > 100


def test_a_button_that_is_pressed_again_means_the_same_cluster(opened, address):
    """After a join from the head of a cluster the focus is at no head of another cluster."""
    page = opened_small(opened, address)
    section = page.evaluate("() => imagecluster.state.arrangement.value.k - 3")
    first = page.evaluate(
        "(s) => { const { arrangement: { value: a }, collection: { value: c } } = imagecluster.state;"
        " return c.order[a.flat[a.from[s]]]; }",
        section,
    )
    page.evaluate("(id) => imagecluster.state.scrollToPicture(id)", first)
    drawn(page)
    place = page.evaluate(PLACE, first)
    page.locator(f'.head:not(.stuck):not([hidden])[data-section="{section}"] [data-command="join-cluster"]').focus()
    page.keyboard.press("Enter")
    until(page, "() => imagecluster.state.branches.value.length > 0")
    drawn(page)
    now = page.evaluate("(id) => imagecluster.state.collection.value.places.sectionOf(id)", first)
    assert now != section
    assert page.evaluate(PLACE, first) == pytest.approx(place, abs=60)
    # If that head is out of sight, the focus is at the gallery as a whole: never at the head of another cluster.
    assert page.evaluate("() => document.activeElement.closest('.head')?.dataset.section ?? -1") in (str(now), -1)


@pytest.mark.parametrize(("key", "ready"), [("?", ".keys"), ("e", ".choices"), ("n", "#cluster-name"), ("c", ".wide")])
def test_closing_a_dialog_gives_focus_and_place_back(opened, address, key, ready):
    """The gallery stays where it was, and the picture that had the focus has it again."""
    page = opened_small(opened, address)
    for _ in range(12):
        page.keyboard.press("ArrowDown")
    focused, top = page.evaluate(FOCUSED), page.locator("#gallery").evaluate("(gallery) => gallery.scrollTop")
    assert top > 0
    page.keyboard.press(key)
    page.wait_for_selector(ready)
    page.keyboard.press("Escape")
    page.wait_for_selector("dialog", state="detached")
    until(page, FOCUSED, focused)
    assert page.locator("#gallery").evaluate("(gallery) => gallery.scrollTop") == top


def test_the_end_of_a_search_leads_back_to_the_place_before_it(opened, address):
    """To the same pictures at the same height."""
    page = opened_small(opened, address)
    for _ in range(8):
        page.keyboard.press("ArrowDown")
    looked_at = page.evaluate(ACTIVE)
    place = page.evaluate(PLACE, looked_at)
    page.keyboard.press("/")
    page.keyboard.type("0_")
    until(page, "() => imagecluster.state.results.value?.kind")
    drawn(page)
    page.keyboard.press("Escape")
    until(page, "() => imagecluster.state.results.value", None)
    until(page, ACTIVE, looked_at)
    assert page.evaluate(PLACE, looked_at) == pytest.approx(place, abs=1)


@pytest.mark.parametrize(("width", "height"), [(320, 256), (320, 568), (640, 512)])
def test_pictures_are_visible_in_little_room(opened, address, width, height):
    """At 400 % zoom of a usual window, at 320 px, at 200 %: a row at least, and all controls within reach."""
    page = opened(address, viewport={"width": width, "height": height})
    gallery = page.locator("#gallery").bounding_box()
    assert gallery["height"] > 0.45 * height
    assert page.locator(".tile").first.bounding_box()["height"] < gallery["height"]
    assert page.evaluate("() => document.documentElement.scrollWidth") <= width
    for control in ("#search", ".order select", '.tools [data-id="undo"]', '.tools [data-id="export"]', "#sim"):
        page.locator(control).scroll_into_view_if_needed()
        box = page.locator(control).bounding_box()
        assert box["x"] < width, control
        assert box["y"] < height, control


def test_a_rectangle_selects_pictures_and_no_text(opened, address):
    """However far it is dragged."""
    page = opened(address)
    first = page.locator(".tile").first.bounding_box()
    page.mouse.move(first["x"] - 10, first["y"] - 4)
    page.mouse.down()
    page.mouse.move(900, 600, steps=6)
    page.mouse.move(900, 790, steps=3)
    assert page.evaluate("() => getSelection().toString()") == ""
    page.mouse.up()
    assert page.evaluate("() => imagecluster.state.selection.value.size") > 1
    assert page.evaluate("() => getSelection().toString()") == ""


def with_copies(root):
    """Pictures of which the first is there in four files."""
    draw_groups(root, (3, 2))
    first = root / "0_0.png"
    for n in range(3):
        (root / f"copies{n}").mkdir()
        shutil.copy2(first, root / f"copies{n}" / "same.png")
    return root


def test_identical_files_are_hidden_together_or_singly_as_one_says(opened, tmp_path):
    """It is said before anything is hidden; both can be undone, and outputs leave out what the page leaves out."""
    root = with_copies(tmp_path / "pics")
    with serving(root) as address:
        page = opened(address)
        set_sim(page, 0.5)
        name = "copies1/same.png"
        (shown,) = page.evaluate(NAMED, "copies1")
        page.evaluate("(id) => { imagecluster.state.openedPicture.value = id; }", shown)
        page.wait_for_selector("dialog.picture h2")
        page.keyboard.press("h")
        page.wait_for_selector("dialog[open] >> text=4 identical files")
        assert page.evaluate(HIDDEN) == []
        page.keyboard.press("Escape")
        page.wait_for_selector("text=4 identical files", state="detached")
        assert page.evaluate(HIDDEN) == []
        page.keyboard.press("h")
        page.get_by_role("button", name="Hide 4 identical files").click()
        until(page, "() => imagecluster.state.arrangement.value.hidden.length", 4)
        page.keyboard.press("Control+z")
        until(page, HIDDEN, [])
        page.evaluate("(id) => { imagecluster.state.openedPicture.value = id; }", shown)
        page.keyboard.press("h")
        page.get_by_role("button", name="Only this one").click()
        until(page, HIDDEN, [shown])
        page.wait_for_selector("text=1 picture hidden")
    run([root], Settings(links="none", page=False))
    found = json.loads((root / "imagecluster" / "clusters.json").read_text())
    assert found["hidden"] == [name]
    with (root / "imagecluster" / "clusters.csv").open(newline="") as lines:
        listed = {row["path"] for row in csv.DictReader(lines)}
    assert listed == {path.relative_to(root).as_posix() for path in root.rglob("*.png")} - {name}


def hide_one(page, place: str, n_hidden: int) -> None:
    """Hides the picture at one end of the gallery."""
    page.keyboard.press(place)
    page.keyboard.press("h")
    until(page, "() => imagecluster.state.arrangement.value.hidden.length", n_hidden)
    page.wait_for_selector("text=1 picture hidden")


def test_undo_means_what_it_says_in_two_pages(opened, tmp_path):
    """The button of a message undoes what the message names; nobody undoes the work of another page blindly."""
    with serving(draw_groups(tmp_path / "pics", (4, 3))) as address:
        page, other = opened(address), opened(address)
        for each in (page, other):
            set_sim(each, 0.5)
        hide_one(page, "Home", 1)
        first = page.evaluate(HIDDEN)
        page.evaluate("() => { globalThis.undoIt = imagecluster.state.notice.value.act.run; }")
        until(other, HIDDEN, first)
        hide_one(other, "End", 2)
        until(page, "() => imagecluster.state.arrangement.value.hidden.length", 2)
        page.keyboard.press("Shift+S")
        page.evaluate("() => undoIt()")
        until(other, "() => imagecluster.state.arrangement.value.hidden.length", 1)
        assert other.evaluate(HIDDEN) != first
        page.wait_for_selector("text=Undone: 1 picture hidden")
        page.evaluate("() => undoIt()")
        page.wait_for_selector("text=“1 picture hidden”: it was undone already.")
        assert len(page.evaluate(HIDDEN)) == 1
        page.keyboard.press("Control+z")
        page.wait_for_selector("text=Undone: Order of the clusters")
        page.keyboard.press("Control+z")
        page.wait_for_selector("text=Made elsewhere: 1 picture hidden.")
        assert len(page.evaluate(HIDDEN)) == 1
        page.get_by_role("button", name="Undo it").click()
        until(other, HIDDEN, [])
        other.keyboard.press("Control+z")
        other.wait_for_selector("text=“1 picture hidden”: it was undone already.")
        page.keyboard.press("Control+y")
        until(other, "() => imagecluster.state.arrangement.value.hidden.length", 1)


def port_to_keep() -> int:
    """A free port that systems hand to nobody who asks for any, so that it is free again after a restart."""
    while True:
        port = random.SystemRandom().randrange(20_000, 30_000)
        with socket.socket() as found:
            try:
                found.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port


def test_work_goes_on_after_the_server_was_restarted(opened, tmp_path):
    """What was said meanwhile is kept and applied when one says so; with the new token, all else works as before."""
    root, port = draw_groups(tmp_path / "pics", (4, 3)), str(port_to_keep())
    with serving(root, "--port", port) as address:
        page = opened(address)
        hide_one(page, "Home", 1)
    page.wait_for_selector("text=Connection lost")
    page.keyboard.press("End")
    page.keyboard.press("h")
    page.wait_for_selector("text=Not kept yet: 1 picture hidden")
    with serving(root, "--port", port):
        page.get_by_role("button", name="Apply", exact=True).click()
        until(page, "() => imagecluster.state.arrangement.value.hidden.length", 2)
        page.wait_for_selector("text=Not kept yet", state="detached")
        page.keyboard.press("Control+z")
        page.keyboard.press("Control+z")
        until(page, HIDDEN, [])
        hide_one(page, "Home", 1)
    page.wait_for_selector("text=Connection lost")
    with serving(draw_groups(tmp_path / "others", (2,)), "--port", port):
        page.wait_for_function("() => globalThis.imagecluster?.state.collection.value?.n === 2")
        page.keyboard.press("Control+z")
        assert page.evaluate("() => imagecluster.state.edits.value.undo") is None


DEPTHS = "() => history.state?.depths.join()"


def test_the_back_button_closes_what_was_opened(opened, address):
    """One thing at a time; what was set meanwhile stays, forward opens again, closing by hand leaves nothing over."""
    page = opened_small(opened, address)
    page.keyboard.press("ArrowRight")
    until(page, DEPTHS, "0")
    page.keyboard.press("Enter")
    page.wait_for_selector("dialog.picture h2")
    shown = page.evaluate("() => imagecluster.state.openedPicture.value")
    page.go_back()
    page.wait_for_selector("dialog.picture", state="detached")
    until(page, FOCUSED, shown)
    page.go_forward()
    page.wait_for_selector("dialog.picture h2")
    assert page.evaluate("() => imagecluster.state.openedPicture.value") == shown
    page.keyboard.press("Escape")
    until(page, DEPTHS, "0")
    page.keyboard.press("2")
    page.wait_for_selector(".map")
    set_sim(page, 0.7)
    page.keyboard.press("?")
    page.wait_for_selector("dialog.keys")
    until(page, DEPTHS, "0,1,2")
    page.go_back()
    page.wait_for_selector("dialog.keys", state="detached")
    assert page.evaluate("() => imagecluster.state.view.value") == "map"
    page.go_back()
    until(page, "() => imagecluster.state.view.value", "gallery")
    assert page.evaluate("() => imagecluster.state.sim.value") == 0.7


def test_searches_and_what_is_open_are_in_the_address(opened, address):
    """The address leads to the same results, with the same picture open; the back button ends the search."""
    page = opened_small(opened, address)
    results = "() => imagecluster.state.results.value?.ids.join()"
    page.locator("#search").fill("0_1")
    page.keyboard.press("Enter")
    until(page, "() => location.hash.includes('q=0_1')")
    found = page.evaluate(results)
    page.keyboard.press("Enter")
    page.wait_for_selector("dialog.picture h2")
    until(page, "() => location.hash.includes('picture=')")
    again = opened(page.url, ready="dialog.picture h2")
    until(again, results, found)
    again.go_back()
    again.wait_for_selector("dialog.picture", state="detached")
    again.go_back()
    until(again, "() => imagecluster.state.results.value === null && document.querySelector('#search').value === ''")
    again.keyboard.press("Home")
    again.keyboard.press("f")
    until(again, "() => location.hash.includes('like=')")
    found = again.evaluate(results)
    until(opened(again.url), results, found)


def test_hidden_pictures_are_listed_and_come_back_singly_or_all(opened, tmp_path):
    """In the tray, by a search too; identical ones apart. Files that could not be read are there with their reasons."""
    root = with_copies(tmp_path / "pics")
    (root / "broken.png").write_bytes(b"no picture")
    hidden = "() => imagecluster.state.arrangement.value.hidden.length"
    with serving(root) as address:
        page = opened(address)
        for name, button in (("copies1", "Hide 4 identical files"), ("1_0", None)):
            (shown,) = page.evaluate(NAMED, name)
            page.evaluate("(id) => { imagecluster.state.openedPicture.value = id; }", shown)
            page.wait_for_selector("dialog.picture h2")
            page.keyboard.press("h")
            if button is not None:
                page.get_by_role("button", name=button).click()
            page.wait_for_selector("text=hidden")
            until(page, hidden, 4 if button is not None else 5)
            page.keyboard.press("Escape")
            page.wait_for_selector("dialog[open]", state="detached")
        page.keyboard.press("Shift+T")
        page.wait_for_selector("dialog.tray >> text=1 file could not be read")
        assert page.locator("dialog.tray .skips b").inner_text() == "broken.png"
        until(page, "() => document.querySelectorAll('.tray-list li').length", 5)
        page.get_by_label("Search by path").fill("copies2")
        until(page, "() => document.querySelectorAll('.tray-list li').length", 1)
        assert violations(page) == []
        page.get_by_role("button", name="Show again: same.png").click()
        until(page, hidden, 4)
        page.get_by_label("Search by path").fill("")
        page.get_by_role("button", name="Show all 4 again").click()
        until(page, hidden, 0)
        page.wait_for_selector("text=No picture is hidden.")
