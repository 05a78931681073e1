"""The view of trips in the browser: looked at, walked through by keys, and opened in the gallery."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from imagecluster.collection import Settings
from imagecluster.functions.running import run
from life_album import make_life
from page_browser import drawn, needs_browser, set_sim, shown_partition, shown_sections, until, violations
from page_server import serving
from waiting import wait_until

pytestmark = needs_browser

AT = "() => document.activeElement.textContent"
CHIP = "() => document.querySelector('.trip-bar .chip')?.textContent"
OPEN = "() => imagecluster.state.arrangement.value?.flat.length"
NAMES = """async () => {
  const { snapshot, n } = imagecluster.state.collection.value;
  return (await fetch(`/api/${snapshot}/names.json?from=0&to=${n}`)).json();
}"""
TITLES = ".trip-words .title-button"


@pytest.fixture(scope="module")
def sorted_folder(tmp_path_factory):
    root = make_life(tmp_path_factory.mktemp("trips") / "pics")
    run([root], Settings(links="none", page=False))
    return root


@pytest.fixture(scope="module")
def address(sorted_folder):
    """Address of a viewer that tests do not write to."""
    with serving(sorted_folder) as found:
        yield found


@pytest.fixture
def folder(sorted_folder, tmp_path):
    """A copy of the folder, which a test may change."""
    return Path(shutil.copytree(sorted_folder, tmp_path / "pics"))


@pytest.fixture
def page(opened, address):
    """The view of trips."""
    shown = opened(address, locale="de-DE")
    shown.keyboard.press("5")
    shown.wait_for_selector(".event img")
    drawn(shown)
    return shown


def focused(page):
    """Text of what has the focus."""
    drawn(page)
    return page.evaluate(AT)


def ids_named(page, folder):
    """Ids of the pictures in a folder of the album."""
    names = page.evaluate(NAMES)
    return {number for number, name in enumerate(names) if name.startswith(folder)}


def test_the_tree_has_names_dates_places_covers_and_counts(page):
    """A journey is unfolded, times at home are folded, and dates are written as the browser's user writes them."""
    assert page.locator(TITLES).all_inner_texts() == ["Home", "Reykjavík and Vík í Mýrdal", "Home", "Without a date"]
    journey = page.locator(".trip").nth(1)
    words = journey.locator(".trip-words p").first.inner_text()
    assert "Iceland" in words
    assert "15 pictures in 5 events" in words
    assert "März 2025" in words
    assert journey.locator(".stays").inner_text().replace("\n", "").startswith("Stays:")
    assert journey.locator(".event").count() == 5
    assert "3 pictures" in journey.locator(".event").first.inner_text()
    assert page.locator(".trip").first.locator(".event").count() == 0
    page.get_by_role("button", name="Show events of Home").first.click()
    assert page.locator(".trip").first.locator(".event").count() > 0
    assert page.locator(".dock").count() == 0


def test_keys_walk_through_the_tree(page):
    """Arrows, j and k, Home and End; Enter opens, and Escape leads back to where one was."""
    page.keyboard.press("Home")
    page.keyboard.press("j")
    assert focused(page) == "Reykjavík and Vík í Mýrdal"
    page.keyboard.press("ArrowDown")
    first = focused(page)
    assert "3 pictures" in first
    page.keyboard.press("ArrowRight")
    assert focused(page) != first
    page.keyboard.press("ArrowLeft")
    assert focused(page) == first
    page.keyboard.press("End")
    assert focused(page) == "Without a date"
    page.keyboard.press("k")
    assert focused(page) == "Home"
    page.keyboard.press("k")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    until(page, OPEN, 3)
    page.wait_for_selector(".tile img.there")
    page.keyboard.press("Escape")
    page.wait_for_selector(".event img")
    until(page, AT, first)


def test_the_calendar_leads_to_a_day(page):
    """Months with numbers of pictures; a month shows its days, and a day leads to its first event."""
    months = page.locator(".month")
    assert months.count() == 4
    march = page.get_by_role("button", name="Mär 2025")
    march.click()
    until(page, "() => document.querySelectorAll('.day').length > 4")
    page.get_by_role("button", name="4 März 2025, 6 pictures").click()
    assert "Vík í Mýrdal" in focused(page)


def test_an_open_trip_shows_its_pictures_only(page):
    """The slider regroups inside it, the chip says what is open, and everything comes back with its cross."""
    page.locator(TITLES).nth(1).click()
    until(page, OPEN, 15)
    assert page.evaluate(CHIP).startswith("Reykjavík and Vík í Mýrdal, ")
    assert "15 pictures" in page.locator(".trip-bar").inner_text()
    iceland = ids_named(page, "iceland/")
    for sim in (0.0, 0.4, 0.7, 1.0):
        set_sim(page, sim)
        until(page, f"() => imagecluster.state.sim.value === {sim}")
        inside = shown_partition(page)
        assert set().union(*inside) == iceland
        counts = page.evaluate("() => imagecluster.state.counts.value")
        clusters, singles = shown_sections(page)
        assert (counts["nClusters"], counts["nSingle"]) == (len(clusters), len(singles))
        assert counts["nGrouped"] + counts["nSingle"] == 15
        # The same clusters as of all pictures, without all others.
        page.locator(".chip-close").click()
        until(page, "() => !document.querySelector('.chip')")
        whole = {cluster & iceland for cluster in shown_partition(page)} - {frozenset()}
        assert {cluster for cluster in whole if len(cluster) > 1} == {cluster for cluster in inside if len(cluster) > 1}
        page.keyboard.press("5")
        page.locator(TITLES).nth(1).click()
        until(page, OPEN, 15)


def test_the_address_and_the_back_button_know_what_is_open(page, opened):
    """Back leaves an event and then its trip's list; the address opens the same event in another browser."""
    page.locator(".event").nth(2).click()
    until(page, OPEN, 3)
    until(page, "() => location.hash.includes('open=event-')")
    title = page.evaluate(CHIP)
    again = opened(page.url)
    until(again, "() => imagecluster.state.arrangement.value?.flat.length", 3)
    assert again.evaluate(CHIP).split(",")[0] == title.split(",")[0]
    page.go_back()
    page.wait_for_selector(".event img")
    until(page, CHIP, None)
    assert "open=" not in page.url
    page.go_forward()
    until(page, OPEN, 3)
    until(page, CHIP, title)


def test_undated_pictures_are_reached(page):
    """They are one entry of their own."""
    page.get_by_role("button", name="Without a date").click()
    until(page, OPEN, 1)
    assert page.evaluate(CHIP) == "Without a date"
    assert page.locator(".numbers").inner_text().startswith("0 clusters")


def test_a_search_is_within_what_is_open(page):
    """Only its pictures are found; selecting everything selects no others; its cross widens the search."""
    page.locator(TITLES).nth(1).click()
    until(page, OPEN, 15)
    page.keyboard.press("Control+a")
    until(page, "() => imagecluster.state.selection.value.size", 15)
    page.keyboard.press("Escape")
    page.locator("#search").fill("jpg")
    page.keyboard.press("Enter")
    until(page, "() => imagecluster.state.results.value?.ids.length", 43)
    until(page, OPEN, 15)
    page.locator(".chip-close").click()
    until(page, OPEN, 43)


def test_what_is_hidden_leaves_an_empty_event_that_says_so(opened, folder):
    """All pictures of an event are hidden: the page says why there is nothing."""
    with serving(folder) as address:
        page = opened(address)
        page.keyboard.press("5")
        page.locator(".event").first.click()
        until(page, OPEN, 3)
        page.keyboard.press("Control+a")
        page.keyboard.press("h")
        page.wait_for_selector("text=Nothing to show in Reykjavík")


@pytest.mark.parametrize("how", [{}, {"color_scheme": "dark"}, {"viewport": {"width": 320, "height": 640}}])
def test_the_tree_and_what_is_open_are_accessible(opened, address, how):
    """Nothing for the checker, in dark mode and on a narrow screen too, where nothing is wider than the window."""
    page = opened(f"{address}#view=trips", ready=".event img", **how)
    drawn(page)
    assert violations(page) == []
    assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
    narrow = "() => { const box = document.querySelector('.trips'); return box.scrollWidth <= box.clientWidth; }"
    assert page.evaluate(narrow)
    page.locator(".event").first.click()
    page.wait_for_selector(".tile img.there")
    drawn(page)
    assert violations(page) == []
    wait_until(lambda: page.locator(".tile").first.bounding_box() is not None, lambda: "no picture is shown")


def test_an_event_is_corrected_in_words_and_another_page_sees_it(opened, folder):
    """Named, joined, divided and moved out of; each is undone by the page's undo."""
    with serving(folder) as address:
        page, other = opened(address), opened(address)
        for each in (page, other):
            each.keyboard.press("5")
            each.wait_for_selector(".event img")
        page.locator(".event").nth(1).click()
        until(page, OPEN, 3)
        page.keyboard.press("w")
        page.locator("#trip-name").fill("Landing")
        page.keyboard.press("Enter")
        until(page, "() => document.querySelector('.chip b').textContent", "Landing")
        until(other, "() => document.querySelectorAll('.event b')[1].textContent", "Landing")
        page.keyboard.press("w")
        assert violations(page) == []
        page.get_by_role("button", name="Join with the event before").click()
        until(page, OPEN, 6)
        page.keyboard.press("Control+z")
        until(page, OPEN, 3)
        page.keyboard.press("End")
        page.keyboard.press("x")
        until(page, "() => imagecluster.state.selection.value.size", 1)
        page.keyboard.press("w")
        page.get_by_role("button", name="Move", exact=True).click()
        until(page, OPEN, 2)
        page.keyboard.press("Control+z")
        until(page, OPEN, 3)
        until(other, "() => document.querySelectorAll('.event')[1].textContent.includes('3 pictures')")


def test_home_is_said_in_the_page(opened, folder):
    """Home is in Reykjavík: then Berlin is a trip."""
    with serving(folder) as address:
        page = opened(address)
        page.keyboard.press("5")
        page.locator(".event").first.click()
        until(page, OPEN, 3)
        page.get_by_role("button", name="Correct…").click()
        page.get_by_role("button", name="This is home").click()
        page.keyboard.press("5")
        until(page, "() => document.querySelector('.trips').textContent.includes('Berlin')")
        page.keyboard.press("Control+z")


def test_a_viewer_that_is_read_only_offers_no_corrections(opened, sorted_folder):
    """The tree is shown, and nothing can be corrected."""
    with serving(sorted_folder, "--read-only") as address:
        page = opened(address)
        page.keyboard.press("5")
        page.locator(".event").first.click()
        until(page, OPEN, 3)
        assert page.get_by_role("button", name="Correct…").count() == 0
