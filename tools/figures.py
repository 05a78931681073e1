"""Make the screenshots in docs/ again, from photographs that scikit-image ships (public domain or CC0, see NOTICE).

Usage: python tools/figures.py DATA, where DATA is the folder skimage/data of an installed scikit-image.
Needs chromium in /usr/bin/chromium. Look at each picture before you commit it.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image, ImageEnhance, ImageFilter

from imagecluster.functions.running import run

if TYPE_CHECKING:
    from playwright.sync_api import Page

DOCS = Path(__file__).resolve().parents[1] / "docs"
FLAGS = ("--no-sandbox", "--enable-unsafe-swiftshader")
QUALITY = 84

N_SHOTS = {
    "chelsea.png": 5, "coffee.png": 5, "astronaut.png": 4, "hubble_deep_field.jpg": 4, "rocket.jpg": 4,
    "retina.jpg": 3, "coins.png": 3, "clock_motion.png": 3, "brick.png": 3, "gravel.png": 2, "grass.png": 1,
    "camera.png": 1,
}  # fmt: skip
"""How many pictures are made of each photograph."""

SHOTS = (
    (0.00, 0.00, 1.00, 1.00, 1.00, 1.00, False),
    (0.10, 0.06, 0.90, 0.86, 0.92, 0.70, False),
    (0.02, 0.10, 0.86, 0.94, 1.15, 1.05, False),
    (0.16, 0.04, 1.00, 0.88, 1.05, 1.25, True),
    (0.08, 0.14, 0.84, 0.90, 0.80, 0.55, False),
)
"""Of each: the part that is kept (left, top, right, bottom), brightness, colour, and whether it is mirrored."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("data", type=Path, help="folder with astronaut.png, brick.png ...")
    data = parser.parse_args().data
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "Pictures"
        make_pictures(data, folder)
        run([folder])
        with serving(folder) as address, browsing() as page:
            for name, show in SCENES.items():
                page.goto(address, wait_until="networkidle")
                show(page)
                save(page, DOCS / f"{name}.jpg")
            page.set_viewport_size({"width": 1200, "height": 800})
            page.goto((folder / "imagecluster" / "clusters.html").as_uri(), wait_until="networkidle")
            save(page, DOCS / "page.jpg")
        make_burst(data, folder := Path(place) / "Burst")
        run([folder])
        with serving(folder) as address, browsing() as page:
            page.goto(address, wait_until="networkidle")
            show_cull(page)
            save(page, DOCS / "view-cull.jpg")


def make_pictures(data: Path, folder: Path) -> None:
    """The set that is shown: several shots of each photograph."""
    folder.mkdir()
    for name, n_shots in N_SHOTS.items():
        with Image.open(data / name) as photograph:
            whole = photograph.convert("RGB")
        for number, (left, top, right, bottom, brightness, colour, mirrored) in enumerate(SHOTS[:n_shots], 1):
            box = (left * whole.width, top * whole.height, right * whole.width, bottom * whole.height)
            shot = whole.crop(tuple(map(round, box)))
            shot = ImageEnhance.Color(ImageEnhance.Brightness(shot).enhance(brightness)).enhance(colour)
            if mirrored:
                shot = shot.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
            shot.thumbnail((640, 640))
            shot.save(folder / f"{Path(name).stem.split('_')[0]} {number}.jpg", quality=92)


def make_burst(data: Path, folder: Path) -> None:
    """Five exposures of one scene; the camera was held still for the third one only."""
    folder.mkdir()
    with Image.open(data / "coffee.png") as photograph:
        scene = photograph.convert("RGB").resize((1800, 1200), Image.Resampling.LANCZOS)
    scene = scene.filter(ImageFilter.UnsharpMask(4, 180))
    for place in range(5):
        shot = scene.crop((9 * place, 6 * place, 1740 + 9 * place, 1160 + 6 * place))
        if place != 2:
            shot = shot.filter(ImageFilter.GaussianBlur(2.5 + place))
        exif = Image.Exif()
        exif[0x010F], exif[0x0110] = "Canon", "EOS R5"
        exif.get_ifd(0x8769)[0x9003] = f"2026:07:04 10:00:0{place}"
        shot.save(folder / f"coffee {place + 1}.jpg", quality=90, exif=exif)


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """Address of a viewer of the folder."""
    command = [sys.executable, "-u", "-m", "imagecluster", "view", str(folder), "--no-browser", "--port", "0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield process.stdout.readline().split()[0]
    finally:
        process.terminate()
        process.wait()


@contextmanager
def browsing() -> Iterator[Page]:
    """An empty page."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=list(FLAGS))
        yield browser.new_page(viewport={"width": 1280, "height": 800}, reduced_motion="reduce")
        browser.close()


def show_gallery(page: Page) -> None:
    """The gallery, as it opens."""
    page.keyboard.press("Escape")


def show_map(page: Page) -> None:
    """Map and gallery side by side, the pointer on a picture."""
    page.keyboard.press("2")
    page.locator("canvas").first.wait_for()
    page.locator(".tile").nth(6).hover()


def show_cluster(page: Page) -> None:
    """Why the first cluster is together."""
    page.locator(".tile").first.focus()
    page.keyboard.press("c")
    page.locator("dialog[open]").wait_for()


def show_comparison(page: Page) -> None:
    """Two pictures of the first cluster side by side."""
    for number in (0, 1):
        page.locator(".tile").nth(number).focus()
        page.keyboard.press("x")
    page.keyboard.press("Shift+C")
    page.locator("dialog[open]").wait_for()


def show_copies(page: Page) -> None:
    """Copies, the first of them with the focus."""
    page.keyboard.press("4")
    page.locator(".copy").first.wait_for(timeout=120_000)
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")


def show_cull(page: Page) -> None:
    """A burst, the best of which is kept."""
    page.keyboard.press("5")
    page.locator(".trips [data-item]").first.wait_for()
    page.keyboard.press("q")
    page.locator(".cull-best").first.wait_for()
    page.keyboard.press("p")
    page.keyboard.press("4")
    page.wait_for_timeout(4000)  # until the message is gone


SCENES = {
    "view": show_gallery,
    "view-map": show_map,
    "view-cluster": show_cluster,
    "view-compare": show_comparison,
    "view-copies": show_copies,
}


def save(page: Page, file: Path) -> None:
    """What the page shows, once all of it has come."""
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(1500)  # the map draws when it has come to rest
    page.screenshot(path=file, type="jpeg", quality=QUALITY)


if __name__ == "__main__":
    main()
