"""The viewer's page under mouse and finger: selecting, dragging, menus, comparing, and what it remembers."""

from __future__ import annotations

import base64
from urllib.parse import parse_qs, urlsplit

import pytest

from imagecluster.collection import Settings
from imagecluster.functions.running import run
from page_browser import drawn, needs_browser, set_sim, shown_partition, shown_sections, until, violations
from page_server import serving
from pictures import draw, draw_groups

SIZES = (5, 4, 3, 1, 1)

pytestmark = needs_browser

SELECTED = "() => imagecluster.state.selection.value.size"
KINDS = "() => imagecluster.state.edits.value.corrections.edits.map((edit) => edit.kind).join()"


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """Address of the viewer of drawn pictures."""
    with serving(draw_groups(tmp_path_factory.mktemp("hands") / "pictures", SIZES)) as found:
        yield found


def tile(page, section: int, place: int = 0):
    """The element of a picture of a section of the gallery."""
    picture = page.evaluate(
        "([s, i]) => { const { state } = imagecluster, a = state.arrangement.value;"
        " return state.collection.value.order[a.flat[a.from[s] + i]]; }",
        [section, place],
    )
    return page.locator(f'.tile[data-id="{picture}"]')


def drag(page, start, end) -> None:
    """Presses the mouse on one element and lets it go on another one."""
    start.hover()
    page.mouse.down()
    box = end.bounding_box()
    page.mouse.move(box["x"] + 30, box["y"] + 50, steps=6)
    page.wait_for_selector(".drag-ghost")
    drawn(page)
    page.mouse.up()


def test_a_click_in_the_corner_selects_and_elsewhere_shows_large(opened, address):
    """The tick in the corner of a picture selects it; a finger that rests selects, and then taps do."""
    page = opened(address)
    width = tile(page, 0).bounding_box()["width"]
    for place, expected in ((0, 1), (1, 2), (1, 1)):
        tile(page, 0, place).click(position={"x": width - 15, "y": 15})
        assert page.evaluate(SELECTED) == expected
    tile(page, 0).click()
    page.wait_for_selector("dialog.picture h2")
    touch = opened(address, has_touch=True)
    tile(touch, 0).evaluate(
        "(tile) => tile.dispatchEvent(new PointerEvent('contextmenu',"
        " { bubbles: true, cancelable: true, pointerType: 'touch' }))"
    )
    tile(touch, 0, 1).tap()
    assert touch.evaluate(SELECTED) == 2


def test_pictures_are_dragged_to_a_cluster(opened, address):
    """Selected pictures go together; dropped on one that is on its own they join it; undo takes it back."""
    page = opened(address)
    set_sim(page, 0.9)
    before = shown_partition(page)
    singles = page.evaluate("() => imagecluster.state.arrangement.value.k - 1")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Shift+ArrowRight")
    drag(page, tile(page, 0), tile(page, 1))
    until(page, KINDS, "move")
    assert page.evaluate("() => imagecluster.state.openedPicture.value") == -1
    assert shown_partition(page) != before
    page.keyboard.press("Control+z")
    until(page, KINDS, "")
    drag(page, tile(page, 1), tile(page, singles))
    until(page, KINDS, "together")
    page.keyboard.press("Control+z")
    until(page, KINDS, "")
    assert shown_partition(page) == before
    drag(page, tile(page, 0), tile(page, 0, 1))
    tile(page, 0).hover()
    page.mouse.down()
    page.mouse.move(700, 500, steps=4)
    page.keyboard.press("Escape")
    page.mouse.up()
    assert page.locator(".drag-ghost").count() == 0
    assert page.evaluate(KINDS) == ""


def test_a_menu_lists_what_can_be_done(opened, address):
    """The right button shows commands for the picture or the cluster; arrows and Enter choose, Escape gives back."""
    page = opened(address)
    tile(page, 0, 1).click(button="right")
    assert page.locator('.menu [data-id="hide"]').count() == 1
    assert page.locator('.menu [data-id="together"]').count() == 0
    assert violations(page) == []
    page.keyboard.press("Escape")
    assert page.evaluate("() => document.activeElement.className") == "tile"
    page.locator(".title-button").last.click(button="right", force=True)
    page.keyboard.press("Escape")
    tile(page, 1).click(button="right")
    for key in ("ArrowDown", "ArrowDown", "ArrowDown", "Enter"):
        page.keyboard.press(key)
    assert page.evaluate(SELECTED) == 1


def test_selected_pictures_are_compared(opened, address):
    """Side by side they zoom together; one can be hidden, and the comparison ends with the last but one."""
    page = opened(address)
    page.keyboard.press("ArrowRight")
    for _ in range(2):
        page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("Shift+C")
    page.wait_for_selector(".panes.of-3 .pane-name:has-text('png')")
    page.keyboard.press("+")
    shown = page.evaluate("() => [...document.querySelectorAll('.panes .sheet')].map((s) => s.style.transform)")
    assert ["scale(1.5)" in transform for transform in shown] == [True] * 3
    assert violations(page) == []
    for left in (2, 0):
        page.locator('.panes [data-id="hide"]').first.click()
        until(page, "() => document.querySelectorAll('.panes > li').length", left)
    for _ in range(2):
        page.keyboard.press("Control+z")
    until(page, KINDS, "")


def test_a_hidden_picture_gives_way_to_the_next(opened, address):
    """Hiding in the large view goes on to the next picture; in the gallery the focus does, and no tile is left."""
    page = opened(address)
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    page.wait_for_selector("dialog.picture h2")
    first = page.evaluate("() => imagecluster.state.openedPicture.value")
    page.keyboard.press("h")
    until(page, f"() => ![-1, {first}].includes(imagecluster.state.openedPicture.value)")
    second = page.evaluate("() => imagecluster.state.openedPicture.value")
    page.keyboard.press("Escape")
    until(page, "() => document.activeElement.dataset.id", str(second))
    page.keyboard.press("h")
    until(page, f"() => ![undefined, '{second}'].includes(document.activeElement.dataset.id)")
    assert page.locator(f'.tile[data-id="{second}"]').count() == 0
    for _ in range(2):
        page.keyboard.press("Control+z")
    until(page, KINDS, "")


def test_a_search_that_finds_nothing_says_so(opened, address):
    """What was searched for is named; Escape leads back, empties the box, and leaves it; so does the slider."""
    page = opened(address)
    page.keyboard.press("/")
    page.keyboard.type("zebra")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=Nothing found for “zebra”")
    assert violations(page) == []
    page.keyboard.press("Escape")
    page.wait_for_selector(".tile")
    assert page.input_value("#search") == ""
    page.keyboard.press("ArrowRight")
    page.keyboard.press("f")
    until(page, "() => imagecluster.state.results.value?.kind", "picture")
    set_sim(page, 0.4)
    assert page.evaluate("() => imagecluster.state.results.value") is None


def test_tastes_are_remembered(opened, address):
    """Size and order are those of the last visit, unless the address says otherwise."""
    page = opened(address)
    page.keyboard.press("+")
    page.locator(".order select").select_option("tight")
    page.goto("about:blank")
    read = "() => [imagecluster.state.size.value, imagecluster.state.sort.value].join()"
    page.goto(address)
    until(page, read, "L,tight")
    page.goto("about:blank")
    page.goto(f"{address}#size=S&sort=name")
    until(page, read, "S,name")


def test_the_place_is_said_while_scrolling_fast(opened, address):
    """A label names the cluster at the top while the scroll bar is dragged, and goes away."""
    page = opened(address, own_clock=True)
    page.set_viewport_size({"width": 420, "height": 420})
    page.keyboard.press("+")
    drawn(page)
    page.clock.fast_forward(400)  # what a key leads to is not said
    page.locator("#gallery").evaluate("(gallery) => { gallery.scrollTop = 900; }")
    page.wait_for_selector(".scroll-label:not([hidden])")
    assert page.locator(".scroll-label").inner_text()
    page.clock.fast_forward(1000)
    page.wait_for_selector(".scroll-label", state="hidden")


def test_a_search_finds_names_while_they_are_typed(opened, address):
    """Of files and of clusters; what is hidden is not found, and the keys go on in the box until Enter."""
    page = opened(address, own_clock=True)
    asked = []
    page.on("request", lambda request: asked.extend(parse_qs(urlsplit(request.url).query).get("text", ())))
    shown = "() => imagecluster.state.results.value && imagecluster.state.counts.value.nGrouped"
    page.keyboard.press("/")
    page.keyboard.type("PNG 0_")
    until(page, shown, SIZES[0])
    assert page.evaluate("() => document.activeElement.id") == "search"
    page.keyboard.press("Backspace")
    page.keyboard.type("_3")
    until(page, shown, 1)
    page.keyboard.press("Enter")
    page.wait_for_function("() => document.activeElement.className === 'tile'")
    page.keyboard.press("h")
    until(page, KINDS, "hide")
    until(page, shown, 0)
    page.keyboard.press("Escape")
    page.wait_for_selector(".tile")
    page.keyboard.press("Control+z")
    until(page, KINDS, "")
    page.keyboard.press("/")
    page.keyboard.type("0_")
    page.keyboard.press("Escape")
    page.clock.fast_forward(400)  # longer than it waits for another key
    assert page.evaluate("() => imagecluster.state.results.value") is None
    page.keyboard.press("ArrowRight")
    page.keyboard.press("n")
    page.wait_for_selector("dialog input")
    page.keyboard.type("Fête à Rome")
    page.keyboard.press("Enter")
    until(page, KINDS, "name")
    size = page.evaluate("() => { const a = imagecluster.state.arrangement.value; return a.to[0] - a.from[0]; }")
    page.keyboard.press("/")
    page.keyboard.type("rome fete")
    until(page, shown, size)
    assert "PNG 0_" in asked
    assert "0_" not in asked
    page.keyboard.press("Escape")
    page.keyboard.press("Control+z")
    until(page, KINDS, "")


def test_commands_mean_the_cluster_of_a_result(opened, address):
    """Not the results of the search as if these were one: about, name, apart."""
    page = opened(address)
    page.keyboard.press("/")
    page.keyboard.type("png")
    until(page, "() => imagecluster.state.results.value && imagecluster.state.counts.value.nGrouped", sum(SIZES))
    page.keyboard.press("Enter")
    page.wait_for_function("() => document.activeElement.className === 'tile'")
    page.locator('.tile[aria-label^="0_0"]').focus()
    page.keyboard.press("c")
    page.wait_for_selector(f"dialog h2:has-text('Cluster 1 {SIZES[0]} pictures')")
    page.keyboard.press("Escape")
    page.keyboard.press("n")
    page.fill("#cluster-name", "First")
    page.keyboard.press("Enter")
    until(page, KINDS, "name")
    page.keyboard.press("d")
    until(page, KINDS, "name,apart")
    edits = page.evaluate("() => imagecluster.state.edits.value.corrections.edits")
    assert [len(edits[0]["pictures"]), len(edits[1]["pictures"]), len(edits[1]["others"])] == [5, 4, 1]
    for _ in range(2):
        page.keyboard.press("Control+z")
    until(page, KINDS, "")


def test_the_smallest_cluster_is_chosen(opened, address):
    """The pictures of smaller ones are on their own; undo takes it back, and the address keeps it."""
    page = opened(address)
    clusters = "() => imagecluster.state.counts.value.nClusters"
    many = page.evaluate(clusters)
    assert many > 1
    page.locator(".least select").select_option("5")
    until(page, clusters, 1)
    until(page, "() => location.hash.includes('min=5')")
    page.reload()
    until(page, "() => imagecluster.state.arrangement.value && imagecluster.state.counts.value.nClusters", 1)
    page.locator(".least select").select_option("2")
    until(page, clusters, many)
    page.keyboard.press("Control+z")
    until(page, clusters, 1)


def test_a_picture_from_outside_is_searched_for(opened, address, tmp_path):
    """Dropped on the page, what is like it is shown, the most similar first."""
    page = opened(address)
    draw(tmp_path / "copy.png", 0, size=(150, 120))
    drop = """([name, text]) => { const data = new DataTransfer();
      const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
      data.items.add(new File([bytes], name, { type: 'image/png' }));
      for (const kind of ['dragover', 'drop']) {
        dispatchEvent(new DragEvent(kind, { dataTransfer: data, bubbles: true, cancelable: true }));
      } }"""
    page.evaluate(drop, ["copy.png", base64.b64encode((tmp_path / "copy.png").read_bytes()).decode()])
    until(page, "() => imagecluster.state.results.value?.label", "Like copy.png")
    assert page.locator(".drop-hint").count() == 0
    found = page.evaluate("() => imagecluster.state.results.value.ids")
    assert len(found) == sum(SIZES)
    page.locator(f'.tile[data-id="{found[0]}"][aria-label^="0_"]').wait_for()


def test_new_pictures_change_no_picture_that_is_meant(opened, tmp_path):
    """While results are shown and a cluster is being named; views of the collection before cannot be gone back to."""
    root = draw_groups(tmp_path / "pictures", SIZES)
    with serving(root) as address:
        page = opened(address)
        page.keyboard.press("/")
        page.keyboard.type("1_")
        named = """() => { const { results, collection } = imagecluster.state;
          return results.value?.ids.map((id) => collection.value.n).join(); }"""
        until(page, named, ",".join(["14"] * SIZES[1]))
        page.keyboard.press("Enter")
        page.wait_for_function("() => document.activeElement.className === 'tile'")
        page.keyboard.press("x")
        page.keyboard.press("n")
        page.fill("#cluster-name", "Second")
        for i in range(4):
            draw(root / f"new {i}.png", 20 + i)
        run([root], Settings(links="none", page=False))
        until(page, named, ",".join(["18"] * SIZES[1]))
        page.locator("#cluster-name").press("Enter")
        until(page, KINDS, "name")
        labels = "() => [...document.querySelectorAll('.tile')].map((tile) => tile.ariaLabel.slice(0, 2)).join()"
        until(page, labels, ",".join(["1_"] * SIZES[1]))
        page.keyboard.press("Escape")
        page.keyboard.press("Escape")
        page.wait_for_selector(".title-button:has-text('Second')")
        members = page.evaluate("() => imagecluster.state.edits.value.corrections.edits[0].pictures.length")
        assert members == SIZES[1]
        page.keyboard.press("Control+z")
        until(page, KINDS, "")
        page.keyboard.press("Control+z")
        assert page.evaluate(SELECTED) == 0


def shown_range(page, first: tuple[int, int], last: tuple[int, int]) -> list[int]:
    """Ids of the pictures from one place of the gallery to another one, ascending."""
    sections, singles = shown_sections(page)
    places = [(s, i) for s, ids in enumerate([*sections, singles]) for i in range(len(ids))]
    ids = [id for ids in [*sections, singles] for id in ids][places.index(first) : places.index(last) + 1]
    return sorted(ids)


def selected(page) -> list[int]:
    """Ids of the selected pictures, ascending."""
    return sorted(page.evaluate("() => [...imagecluster.state.selection.value]"))


def test_shift_selects_a_range(opened, address):
    """From where the selection began to the picture, over the ends of clusters, either way, by mouse and by arrows."""
    page = opened(address)
    tile(page, 0, 3).click(modifiers=["Control"])
    for last in ((0, 4), (1, 1)):
        tile(page, *last).click(modifiers=["Shift"])
        assert selected(page) == shown_range(page, (0, 3), last)
    tile(page, 0, 1).click(modifiers=["Shift"])
    assert selected(page) == shown_range(page, (0, 1), (1, 1))
    assert page.locator("dialog.picture").count() == 0
    page.keyboard.press("Escape")
    assert selected(page) == []
    tile(page, 1, 2).focus()
    page.keyboard.press("Shift+ArrowRight")
    assert selected(page) == shown_range(page, (1, 2), (1, 3))
    for _ in range(3):
        page.keyboard.press("Shift+ArrowLeft")
    assert selected(page) == shown_range(page, (1, 0), (1, 3))


def test_a_range_does_not_start_in_an_earlier_collection(opened, tmp_path):
    """With new pictures an id means another picture: a range begins anew at the picture that is clicked."""
    root = draw_groups(tmp_path / "pictures", SIZES)
    with serving(root) as address:
        page = opened(address)
        tile(page, 0).click(modifiers=["Control"])
        assert page.evaluate(SELECTED) == 1
        draw(root / "new.png", 20)
        run([root], Settings(links="none", page=False))
        until(page, "() => imagecluster.state.collection.value.n", sum(SIZES) + 1)
        until(page, SELECTED, 0)
        tile(page, 1, 1).click(modifiers=["Shift"])
        assert selected(page) == shown_range(page, (1, 1), (1, 1))
