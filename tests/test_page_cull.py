"""Culling in the browser: groups gone through by keys, the list of rejected pictures, and their files on disk."""

from __future__ import annotations

import hashlib

import pytest
from PIL import Image, ImageFilter

from imagecluster.collection import Settings
from imagecluster.functions.running import run
from page_browser import drawn, needs_browser, until, violations
from page_server import serving
from pictures import draw_groups
from waiting import wait_until

pytestmark = needs_browser

HERE = "() => document.querySelector('.cull-pane.here .cull-facts b')?.textContent"
GROUP = "() => document.querySelector('dialog.cull h2 .soft')?.textContent"
FATES = "() => [...document.querySelectorAll('.cull-pane')].map((pane) => pane.className.split(' ')[1]).join(' ')"
REJECTED = "() => document.querySelector('.cull-foot [data-id=rejected]')?.textContent"


def burst(root, name, second):
    """Five exposures of one scene, the third of which is sharp."""
    scene = Image.effect_noise((48, 40), 100).resize((1200, 1000), Image.Resampling.NEAREST).rotate(7).convert("RGB")
    for place in range(5):
        picture = scene.crop((place * 3, place * 2, 1180 + place * 3, 980 + place * 2))
        if place != 2:
            picture = picture.filter(ImageFilter.GaussianBlur(2 + place))
        exif = Image.Exif()
        exif[0x010F], exif[0x0110] = "Canon", "EOS R5"
        exif.get_ifd(0x8769)[0x9003] = f"2026:07:{second:02d} 10:00:0{place}"
        picture.save(root / f"{name}{place}.jpg", quality=90, exif=exif)


@pytest.fixture
def folder(tmp_path):
    """Three bursts of five, taken on three days."""
    root = tmp_path / "pics"
    root.mkdir()
    for day, name in enumerate("abc", start=1):
        burst(root, name, day)
    run([root], Settings(links="none", page=False))
    return root


def contents(root):
    """Hash of every picture, by name."""
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in root.glob("*.jpg")}


def show_bursts(page, n_groups=3):
    """Opens the bursts of the collection."""
    page.keyboard.press("5")
    page.wait_for_selector(".trips [data-item]")
    page.keyboard.press("q")
    page.wait_for_selector("dialog.cull")
    until(page, GROUP, f"5 pictures · group 1 of {n_groups}")


def test_a_burst_is_decided_in_two_keys_and_its_files_are_moved_and_come_back(opened, folder, tmp_path):
    """Enter keeps the sharp one and goes on; the list, the preview and the files agree; all of it is put back."""
    before = contents(folder)
    with serving(folder) as address:
        page = opened(address)
        asked = []
        page.on("request", lambda request: asked.append(request.url))
        show_bursts(page)
        for number, name in enumerate("abc", start=1):
            until(page, GROUP, f"5 pictures · group {number} of 3")
            until(page, HERE, f"{name}2.jpg")
            assert page.locator(".cull-pane.here .cull-best").inner_text() == "Suggested: the sharpest"
            page.keyboard.press("Enter")
        page.wait_for_selector("text=Every group is decided")
        until(page, REJECTED, "Rejected 12")
        assert contents(folder) == before, "rejecting moves nothing"
        page.keyboard.press("Shift+R")
        page.wait_for_selector("dialog.tray .tray-list li")
        page.get_by_role("button", name="Take back a0.jpg").click()
        until(page, "() => document.querySelectorAll('dialog.tray .tray-list li').length", 11)
        page.get_by_role("button", name="Preview removing 11").click()
        page.wait_for_selector("dialog.plan[open]")
        assert page.locator(".planned li").first.inner_text().startswith("a1.jpg")
        page.get_by_label("To a folder").check()
        page.get_by_label("Folder", exact=True).fill(str(tmp_path / "out"))
        page.get_by_role("button", name="Move 11 files").click()
        page.wait_for_selector(".result")
        assert set(contents(folder)) == {"a0.jpg", "a2.jpg", "b2.jpg", "c2.jpg"}
        assert {**contents(folder), **contents(tmp_path / "out")} == before
        page.get_by_role("button", name="Put 11 files back").click()
        wait_until(lambda: contents(folder) == before, lambda: f"{sorted(contents(folder))} are there")
        assert not any("/copies" in url for url in asked), "nobody has looked for copies"


def test_a_wrong_key_costs_one_undo(opened, folder):
    """Keep, reject and stars by single keys; the same key leaves it open; undo leads back to the group it was about."""
    with serving(folder) as address:
        page = opened(address)
        show_bursts(page)
        until(page, HERE, "a2.jpg")
        page.keyboard.press("x")
        until(page, FATES, "open open reject open open")
        page.keyboard.press("x")
        until(page, FATES, "open open open open open")
        page.keyboard.press("ArrowRight")
        page.keyboard.press("p")
        until(page, FATES, "open open open keep open")
        page.keyboard.press("4")
        until(page, "() => document.querySelectorAll('.cull-pane.here .stars .on').length", 4)
        page.keyboard.press("Shift+X")
        until(page, GROUP, "5 pictures · group 2 of 3")
        page.keyboard.press("Control+z")
        until(page, GROUP, "5 pictures · group 1 of 3")
        until(page, FATES, "open open open keep open")
        assert page.evaluate(HERE) == "a3.jpg"
        page.keyboard.press("Escape")
        page.wait_for_selector("dialog.cull", state="detached")
        page.keyboard.press("1")
        page.wait_for_selector('.tile[data-choice="keep"] .choice')
        assert page.locator(".tile .choice").all_inner_texts() == ["✓ kept ★ 4"]
        again = opened(page.url)
        again.wait_for_selector('.tile[data-choice="keep"] .choice')


def test_pictures_zoom_together_and_stay_zoomed_when_one_steps(opened, folder):
    """Z shows own pixels in all of them; alone, the next picture shows the same spot; the space bar shows all again."""
    zoomed = "() => document.querySelectorAll('dialog.cull .stage.zoomed').length"
    scale = "() => document.querySelector('dialog.cull .sheet').style.getPropertyValue('--scale')"
    with serving(folder) as address:
        page = opened(address)
        show_bursts(page)
        until(page, HERE, "a2.jpg")
        page.keyboard.press("z")
        until(page, zoomed, 5)
        page.keyboard.press(" ")
        until(page, zoomed, 1)
        before = page.evaluate(scale)
        page.keyboard.press("ArrowRight")
        until(page, HERE, "a3.jpg")
        drawn(page)
        assert page.evaluate(zoomed) == 1 and float(page.evaluate(scale)) == pytest.approx(float(before), rel=0.01)
        page.keyboard.press(" ")
        until(page, "() => document.querySelectorAll('.cull-pane').length", 5)
        page.keyboard.press("z")
        until(page, zoomed, 0)


def test_clusters_are_culled_with_mouse_and_finger(opened, tmp_path):
    """Buttons do what keys do, at 390 px too; a group that does not fit has a strip; the checker axe finds nothing."""
    root = draw_groups(tmp_path / "pictures", (9, 3, 1))
    with serving(root) as address:
        page = opened(address)
        page.keyboard.press("q")
        page.wait_for_selector("dialog.cull")
        until(page, GROUP, "9 pictures · group 1 of 2")
        assert page.locator(".cull-pane").count() == 6 and page.locator(".cull-strip li").count() == 9
        assert violations(page) == []
        page.set_viewport_size({"width": 390, "height": 844})
        until(page, "() => document.querySelectorAll('.cull-pane').length", 2)
        page.locator(".cull-pane").nth(1).get_by_role("button", name="Reject").click()
        until(page, FATES, "open reject")
        page.locator(".cull-pane").nth(0).get_by_role("button", name="3 stars").click()
        until(page, "() => document.querySelectorAll('.cull-pane.here .stars .on').length", 3)
        page.get_by_role("button", name="Keep all").click()
        until(page, GROUP, "3 pictures · group 2 of 2")
        page.go_back()
        page.wait_for_selector("dialog.cull", state="detached")
        page.wait_for_selector(".tile")
