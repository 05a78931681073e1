"""How fast the viewer's page is in a browser: the part `--browser` of bench/viewer.py."""

from __future__ import annotations

import re
import signal
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

CHROMIUM = "/usr/bin/chromium"
FLAGS = (
    "--no-sandbox",
    "--enable-unsafe-swiftshader",
    "--enable-precise-memory-info",
    "--js-flags=--expose-gc",
    # Frames come as soon as they are done: what is measured is their work, not the wait for the screen.
    "--disable-frame-rate-limit",
    "--disable-gpu-vsync",
)

SLIDE = """async (sims) => {
  const slider = document.querySelector('#sim');
  const frame = () => new Promise((done) => requestAnimationFrame(done));
  const found = [];
  for (const sim of sims) {
    await frame();
    await frame();
    const began = performance.now();
    slider.value = sim;
    slider.dispatchEvent(new Event('input', { bubbles: true }));
    const script = performance.now() - began;
    await frame();
    await frame();
    found.push([imagecluster.cutTimes.at(-1), script, performance.now() - began]);
  }
  return found;
}"""
"""Milliseconds of each movement of the slider: the cut and its order, all script, and until the frame after it began,
which is when it has been painted."""

SCROLL = """async (seconds) => {
  const gallery = document.querySelector('#gallery');
  const frame = () => new Promise((done) => requestAnimationFrame(done));
  const frames = [];
  const end = performance.now() + 1000 * seconds;
  let last = await frame();
  while (last < end) {
    gallery.scrollTop += 120;
    const now = await frame();
    frames.push(now - last);
    last = now;
  }
  return frames;
}"""

HEAP = "() => { gc(); return performance.memory.usedJSHeapSize; }"


def measure_page(root: Path) -> None:
    """Start the viewer on a collection twice, and print what its page takes in a browser."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        for what in ("first start", "second start"):
            with subprocess.Popen(_command(root), stdout=subprocess.PIPE, text=True) as process:
                page = _first_pictures(browser, process, what)
                time.sleep(3.0)  # colours come, and the snapshot is kept
                if what == "second start":
                    _slide(page)
                    _scroll(page)
                    print(f"  heap of the page: {page.evaluate(HEAP) / 1e6:.0f} MB")
                page.context.close()
                process.send_signal(signal.SIGINT)
        browser.close()


def _command(root: Path) -> list[str]:
    return [sys.executable, "-u", "-m", "imagecluster", "view", str(root), "--no-browser", "--port", "0"]


def _first_pictures(browser: Browser, process: subprocess.Popen[str], what: str) -> Page:
    """Seconds from the command to the first pictures, in a browser that is open already."""
    started = time.perf_counter()
    page = browser.new_context(viewport={"width": 1280, "height": 800}).new_page()
    since = {}
    assert process.stdout is not None
    found = re.match(r"(http://127\.0\.0\.1:\d+/)", process.stdout.readline())
    assert found is not None
    since["address"] = time.perf_counter() - started
    page.goto(found[1], wait_until="commit")
    for name, selector in (("places", ".tile"), ("first picture", ".tile img.there")):
        page.wait_for_function("(selector) => document.querySelector(selector)", arg=selector, polling="raf")
        since[name] = time.perf_counter() - started
    told = ", ".join(f"{name} {seconds:.2f} s" for name, seconds in since.items())
    print(f"  {what}: {told}")
    return page


def _slide(page: Page) -> None:
    """Milliseconds of movements of the slider over its whole range."""
    sims = [round(0.05 + 0.9 * step / 60, 4) for step in range(61)]
    page.evaluate(SLIDE, sims[::10])
    columns = zip(*page.evaluate(SLIDE, sims), strict=True)
    for name, times in zip(("cut and order", "all script", "painted"), columns, strict=True):
        ordered = sorted(times)
        print(
            f"  slider, {name:<14} mean {statistics.mean(times):6.1f} ms, median {statistics.median(times):6.1f},"
            f" 95 % {ordered[int(0.95 * len(ordered))]:6.1f}, longest {ordered[-1]:6.1f}"
        )


def _scroll(page: Page) -> None:
    """Milliseconds of frames while the gallery scrolls."""
    frames = sorted(page.evaluate(SCROLL, 3))
    print(
        f"  scrolling: {len(frames) / 3:.0f} frames a second, median {statistics.median(frames):.1f} ms,"
        f" 95 % {frames[int(0.95 * len(frames))]:.1f}, longest {frames[-1]:.1f}"
    )
