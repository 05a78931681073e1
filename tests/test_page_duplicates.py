"""The view of copies in the browser: looked at, decided, removed and put back, by keys and by hand."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from PIL import Image

from imagecluster.collection import Settings
from imagecluster.functions.running import run
from page_browser import drawn, needs_browser, until, violations
from page_server import serving
from pictures import draw
from waiting import wait_until

pytestmark = needs_browser

GROUPS = "() => document.querySelectorAll('.copies-group').length"
FOCUSED = "() => document.activeElement.getAttribute('aria-label') ?? document.activeElement.tagName"
TO_REMOVE = "() => document.querySelector('.copies-bar output')?.textContent"


RATED = """<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:Rating="4"/></rdf:RDF></x:xmpmeta>"""


def make(root):
    """Three pictures with copies in other folders, one of them in three files, and two pictures without."""
    for seed in range(5):
        draw(root / f"{seed}.png", seed)
    for seed, name in ((0, "b/zero.png"), (0, "c/zero.png"), (1, "b/one.png"), (2, "b/two.png")):
        (root / name).parent.mkdir(exist_ok=True)
        shutil.copy2(root / f"{seed}.png", root / name)
    return root


@pytest.fixture(scope="module")
def sorted_folder(tmp_path_factory):
    root = make(tmp_path_factory.mktemp("copies") / "pics")
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


def show_copies(page, *, n_groups=3):
    """Opens the view of copies, and waits for its groups."""
    page.keyboard.press("4")
    page.wait_for_selector(".copy img", state="attached")
    until(page, GROUPS, n_groups)
    drawn(page)


def label(page):
    """What has the focus, in words."""
    drawn(page)
    return page.evaluate(FOCUSED)


def test_copies_are_found_when_they_are_asked_for(opened, address):
    """The key and the button lead there; the toolbar says how many groups there are, and the address leads back."""
    page = opened(address)
    page.get_by_role("button", name="Copies", exact=True).click()
    until(page, GROUPS, 3)
    assert page.locator(".copies-top h2").inner_text().startswith("4 copies in 3 groups, ")
    assert page.locator("nav .count").inner_text().startswith("3")
    first = page.locator(".copies-group").first
    assert first.locator(".fate").all_inner_texts() == ["Keep", "Remove", "Remove"]
    until(page, "() => location.hash.includes('view=copies')")
    page.get_by_role("button", name="Identical 3").click()
    until(page, "() => location.hash.includes('kind=identical')")
    again = opened(page.url, ready=".copy img")
    assert again.locator('.kinds button[aria-pressed="true"]').inner_text().startswith("Identical")
    page.keyboard.press("1")
    page.wait_for_selector(".copies-view", state="detached")
    assert page.locator("nav .count").inner_text().startswith("3")


def test_keys_reach_every_copy_and_every_decision(opened, folder):
    """Arrows, j and k walk; x leaves a file; a keeps a group, and undo brings it back; the focus stays in the list."""
    with serving(folder) as address:
        page = opened(address)
        show_copies(page)
        page.keyboard.press("ArrowRight")
        assert label(page) == "0.png: kept"
        page.keyboard.press("ArrowRight")
        assert label(page).startswith("zero.png: ")
        assert page.evaluate(TO_REMOVE) == "To remove4"
        page.keyboard.press("x")
        until(page, TO_REMOVE, "To remove3")
        page.keyboard.press("x")
        until(page, TO_REMOVE, "To remove4")
        page.keyboard.press("j")
        assert page.locator(".copies-group.here").count() == 1
        page.keyboard.press("k")
        page.keyboard.press("a")
        until(page, GROUPS, 2)
        page.wait_for_selector("text=All 3 pictures kept")
        assert label(page).endswith(": kept")
        page.keyboard.press("Control+z")
        until(page, GROUPS, 3)
        page.keyboard.press("Home")
        page.keyboard.press("ArrowRight")
        page.keyboard.press("ArrowRight")
        page.keyboard.press("b")
        until(
            page,
            "() => document.querySelector('.copies-group .copy-picture').getAttribute('aria-label')",
            "zero.png: kept",
        )
        assert page.locator(".copies-group").first.locator(".copy-words").first.inner_text().startswith("zero.png c")
        until(page, FOCUSED, "zero.png: kept")
        page.keyboard.press("ArrowRight")
        page.keyboard.press("d")
        page.wait_for_selector("text=These files have the same bytes")


def test_a_second_page_sees_decisions_and_actions(opened, folder, tmp_path):
    """What is decided or removed in one page is gone from the other one too."""
    with serving(folder) as address:
        page, other = opened(address), opened(address)
        show_copies(page)
        show_copies(other)
        page.keyboard.press("a")
        until(other, GROUPS, 2)
        remove(page, tmp_path / "removed", 2)
        until(other, "() => imagecluster.state.edits.value.corrections.gone?.length", 2)
        other.wait_for_selector("text=No copies to remove")


def test_a_preview_waits_for_decisions_that_are_on_their_way(opened, folder):
    """The group that was just kept is not in the plan, even if the server has not heard of that yet."""
    with serving(folder) as address:
        page = opened(address)
        show_copies(page)
        held = []

        def hold(route):
            if route.request.method == "POST":
                held.append(route)
            else:
                route.continue_()

        page.route("**/api/edits", hold)
        page.keyboard.press("a")
        until(page, GROUPS, 2)
        wait_until(lambda: page.evaluate("() => true") and held, "the decision is not sent")
        page.keyboard.press("p")
        page.wait_for_selector("text=Grouping anew")
        held.pop().continue_()
        page.wait_for_selector("dialog.plan[open]")
        assert page.locator("dialog.plan h2").inner_text().startswith("Remove 2 files")
        assert sorted(page.locator(".planned b").all_inner_texts()) == ["b/one.png", "b/two.png"]


def test_a_copy_is_compared_with_the_one_that_is_kept(opened, address):
    """Side by side, laid over it, and as a difference; the arrows lead on, and Escape back to the list."""
    page = opened(address)
    show_copies(page)
    page.keyboard.press("Enter")
    page.wait_for_selector("dialog.pair[open]")
    assert page.locator("dialog.pair .stage").count() == 2
    page.keyboard.press("m")
    page.wait_for_selector(".laid")
    opacity = "() => Number(document.querySelector('.laid').style.opacity)"
    assert page.evaluate(opacity) == 0.5
    page.keyboard.press(" ")
    until(page, opacity, 1)
    page.keyboard.press(" ")
    until(page, opacity, 0)
    page.get_by_role("button", name="Flicker").click()
    until(page, opacity, 1)
    page.keyboard.press("m")
    page.wait_for_selector(".over-all.difference")
    page.keyboard.press("m")
    assert page.locator(".pair-foot").inner_text().count("1 of 2")
    page.keyboard.press("ArrowRight")
    until(page, "() => document.querySelector('.pair-foot').innerText.includes('2 of 2')")
    page.keyboard.press("ArrowRight")
    until(page, "() => document.querySelector('.pair h2').innerText.includes('group 2 of 3')")
    page.keyboard.press("Escape")
    page.wait_for_selector("dialog.pair", state="detached")
    until(page, "() => document.activeElement.className", "copy-picture")
    assert label(page).startswith(("one.png", "two.png"))


def remove(page, target, n_files):
    """Moves what is proposed to a folder, by hand."""
    page.get_by_role("button", name="Preview").click()
    page.wait_for_selector("dialog.plan[open]")
    page.get_by_label("To a folder").check()
    page.get_by_label("Folder", exact=True).fill(str(target))
    page.get_by_role("button", name=f"Move {n_files} file").click()
    page.wait_for_selector(".result")


def test_files_are_removed_after_a_preview_and_put_back(opened, folder, tmp_path):
    """The preview names them, the result says what was done, their pictures leave the page; undo brings all back."""
    before = sorted(path.name for path in folder.rglob("*.png"))
    with serving(folder) as address:
        page = opened(address)
        shown = "() => imagecluster.state.counts.value.nGrouped + imagecluster.state.counts.value.nSingle"
        assert page.evaluate(shown) == 9
        show_copies(page)
        page.keyboard.press("p")
        page.wait_for_selector("dialog.plan[open]")
        assert page.locator(".planned li").count() == 4
        assert "stays: 0.png" in page.locator(".planned").inner_text()
        page.keyboard.press("Escape")
        page.wait_for_selector("dialog.plan", state="detached")
        assert sorted(path.name for path in folder.rglob("*.png")) == before
        remove(page, tmp_path / "removed", 4)
        assert page.locator(".result p").first.inner_text().startswith("Moved 4 files to ")
        assert len(list(folder.rglob("*.png"))) == 5
        page.get_by_role("button", name="Done").click()
        page.wait_for_selector("text=No copies to remove")
        assert page.evaluate(shown) == 5
        page.keyboard.press("Control+z")
        until(page, GROUPS, 3)
        assert sorted(path.name for path in folder.rglob("*.png")) == before
        remove(page, tmp_path / "removed", 4)
        page.get_by_role("button", name="Put 4 files back").click()
        until(page, GROUPS, 3)
        remove(page, tmp_path / "removed", 4)
        page.reload()
        page.wait_for_selector("text=4 files moved to")
        page.get_by_role("button", name="Put back").click()
        until(page, GROUPS, 3)
        assert sorted(path.name for path in folder.rglob("*.png")) == before


def test_rules_of_keeping_and_what_is_carried_over_are_chosen_in_the_page(opened, folder, tmp_path):
    """Groups are made anew by a rule that is typed; the preview writes sidecars if it is told to."""
    (folder / "0.png.xmp").write_text(RATED)
    run([folder], Settings(links="none", page=False))
    with serving(folder) as address:
        page = opened(address)
        show_copies(page)
        page.get_by_text("Kept: the best copy").click()
        page.get_by_label("Keep first").fill("longest-path")
        page.keyboard.press("Enter")
        page.wait_for_selector("text=Kept: longest-path")
        page.get_by_role("button", name="Preview").click()
        page.wait_for_selector("dialog.plan[open]")
        until(page, "() => document.querySelector('.planned').innerText.includes('stays: b/zero.png')")
        page.get_by_label("Carry over").check()
        page.wait_for_selector("text=1 sidecar written")
        page.get_by_label("To a folder").check()
        page.get_by_label("Folder", exact=True).fill(str(tmp_path / "removed"))
        page.get_by_role("button", name="Move 4 file").click()
        page.wait_for_selector(".result")
    assert "Rating" in (folder / "b" / "zero.png.xmp").read_text()


def test_what_cannot_be_moved_is_said(opened, folder):
    """A folder that is none leaves the preview open, with the reason; nothing has moved."""
    with serving(folder) as address:
        page = opened(address)
        show_copies(page)
        page.keyboard.press("p")
        page.get_by_label("To a folder").check()
        page.get_by_label("Folder", exact=True).fill("removed here")
        page.keyboard.press("Enter")
        until(page, "() => document.querySelector('.problem').innerText.includes('whole path of the folder')")
    assert len(list(folder.rglob("*.png"))) == 9


def test_a_read_only_page_removes_nothing(opened, folder):
    """It shows copies and says why there is nothing to do; keys that decide say so too."""
    with serving(folder, "--read-only") as address:
        page = opened(address)
        show_copies(page)
        assert "read-only" in page.locator(".copies-bar").inner_text()
        assert page.get_by_role("button", name="Keep all").count() == 0
        page.keyboard.press("p")
        page.keyboard.press("a")
        page.wait_for_selector("text=This viewer is read-only.")
        page.keyboard.press("Enter")
        page.wait_for_selector("dialog.pair[open]")
        assert page.locator(".pair .fate").all_inner_texts() == ["Keep", "Copy"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_view_of_copies_is_open_to_all(opened, address, scheme):
    """The checker finds nothing wrong in the list, the comparison and the preview."""
    page = opened(address, color_scheme=scheme, reduced_motion="reduce")
    show_copies(page)
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    assert violations(page) == []
    page.keyboard.press("Enter")
    page.wait_for_selector("dialog.pair[open]")
    for _ in range(3):
        drawn(page)
        assert violations(page) == []
        page.keyboard.press("m")
    page.keyboard.press("Escape")
    page.keyboard.press("p")
    page.wait_for_selector("dialog.plan[open]")
    page.get_by_label("To a folder").check()
    assert violations(page) == []


@pytest.mark.parametrize("size", [(320, 640), (320, 256)])
def test_nothing_is_cut_off_on_a_small_window(opened, address, size):
    """As on a phone, or at 400 %: the list scrolls down only, and everything in the dialogs can be reached."""
    page = opened(address)
    page.set_viewport_size({"width": size[0], "height": size[1]})
    show_copies(page)
    width = "(box) => [...document.querySelectorAll(box)].every((each) => each.scrollWidth <= each.clientWidth + 1)"
    assert page.evaluate(width, "html, .copies, .copies-top, .copies-bar")
    page.locator(".copy-picture").nth(1).scroll_into_view_if_needed()
    page.keyboard.press("Enter")
    page.wait_for_selector("dialog.pair[open]")
    for _ in range(3):
        drawn(page)
        assert page.evaluate(width, "dialog.pair")
        page.locator('dialog [data-id="keep-all"]').scroll_into_view_if_needed()
        page.keyboard.press("m")
    page.keyboard.press("Escape")
    page.keyboard.press("p")
    page.wait_for_selector("dialog.plan[open]")
    assert page.evaluate(width, "dialog.plan")
    page.get_by_role("button", name="Move 4 files to the trash").scroll_into_view_if_needed()


def test_a_finger_opens_and_leaves_copies(opened, address):
    """A tap on a picture compares it; a tap on its label leaves the file."""
    page = opened(address, has_touch=True)
    show_copies(page)
    page.locator("button.fate").first.tap()
    until(page, TO_REMOVE, "To remove3")
    page.locator(".copy-picture").nth(1).tap()
    page.wait_for_selector("dialog.pair[open]")


def test_ten_thousand_groups_are_listed_without_delay(opened, address):
    """Only those in sight are drawn and asked for, at both ends of the list."""
    page = opened(address)
    n = 12_000

    def answer(route):
        url = route.request.url
        if "groups" not in url:
            real = route.fetch().json()
            heads = [[f"g{i}", "copy", 2, 1, 1000] for i in range(n)]
            route.fulfill(json={**real, "known": True, "groups": heads, "search": {**real["search"], "version": 1}})
            return
        first, end = (int(part.rpartition("=")[2]) for part in url.split("&")[1:])
        asked.append((first, end))
        file = {
            "name": "a.png", "keep": True, "why": "", "kind": None, "evidence": None, "bytes": 1000, "width": 160,
            "height": 128, "format": "PNG", "parts": [], "names": [], "reference": False,
        }  # fmt: skip
        groups = [
            {
                "id": f"g{i}", "kind": "copy", "tie": False, "decided": "",
                "files": [{**file, "id": 0}, {**file, "id": 1, "name": f"{i}.png", "keep": False, "kind": "copy"}],
            }
            for i in range(first, end)
        ]  # fmt: skip
        route.fulfill(json={"version": 1, "groups": groups})

    asked = []
    page.route("**/copies*", answer)
    page.route("**/copies/**", answer)
    page.keyboard.press("4")
    page.wait_for_selector(".copy-words")
    assert page.locator(".copies-top h2").inner_text() == "12,000 copies in 12,000 groups, 12 MB"
    assert page.evaluate(GROUPS) < 12
    page.keyboard.press("End")
    page.wait_for_selector(f"text={n - 1}.png")
    assert page.evaluate(GROUPS) < 12
    assert len(asked) <= 4


@pytest.mark.photos
def test_the_frame_of_a_cropped_photograph_is_drawn_on_the_one_kept(opened, photos, tmp_path):
    """Its outline lies where it was cut out, and laid over it the crop covers what it shows."""
    pytest.importorskip("cv2")
    folder = tmp_path / "pics"
    folder.mkdir()
    with Image.open(next((photos / "scenes_sfm").rglob("*.jpg"))) as photograph:
        whole = photograph.convert("RGB").resize((1200, 900))
    whole.save(folder / "whole.jpg", quality=92)
    whole.crop((240, 90, 1080, 720)).save(folder / "part.jpg", quality=90)
    for seed in range(3):
        draw(folder / f"{seed}.png", seed)
    with serving(folder) as address:
        page = opened(address)
        show_copies(page, n_groups=1)
        page.keyboard.press("Enter")
        page.wait_for_selector("dialog.pair .outline polygon", state="attached")
        points = page.locator(".outline polygon").first.get_attribute("points")
        found = [tuple(map(float, point.split(","))) for point in points.split()]
        expected = [(0.2, 0.1), (0.9, 0.1), (0.9, 0.8), (0.2, 0.8)]
        for (x, y), (u, v) in zip(found, expected, strict=True):
            assert abs(x - u) < 0.01
            assert abs(y - v) < 0.01
        page.keyboard.press("m")
        page.wait_for_selector(".laid")
        kept, laid = (page.locator(f".{name}").first.bounding_box() for name in ("lower", "laid"))
        share = [(laid[at] - kept[at]) / kept[side] for at, side in (("x", "width"), ("y", "height"))]
        assert json.loads(json.dumps(share)) == pytest.approx([0.2, 0.1], abs=0.01)
        assert laid["width"] / kept["width"] == pytest.approx(0.7, abs=0.01)
