"""How fast the viewer's page is in a browser: the part `--browser` of bench/viewer.py."""

from __future__ import annotations

import http.server
import shutil
import socketserver
import statistics
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

from viewer_process import viewing

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, ViewportSize

CHROMIUM = "/usr/bin/chromium"
WINDOW: ViewportSize = {"width": 1280, "height": 800}
N_STARTS = 7
REST_S = 3.0
"""Meanwhile colours come, and the snapshot is kept."""
FLAGS = ("--no-sandbox", "--enable-unsafe-swiftshader", "--enable-precise-memory-info", "--js-flags=--expose-gc")
UNLIMITED = ("--disable-frame-rate-limit", "--disable-gpu-vsync")
"""Frames come as soon as they are done: what is measured is their work, not the wait for the screen."""

SEEN = """document.addEventListener('load', ({ target }) => {
  if (!target.closest?.('.tile') || window.firstSeen) return;
  window.firstSeen = -1;
  requestAnimationFrame(() => setTimeout(() => { window.firstSeen = performance.timeOrigin + performance.now(); }));
}, true);"""
"""Notes the moment, in milliseconds since 1970, at which a frame with the first picture has been made."""

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
    const made = performance.now() - began;
    await frame();
    found.push([imagecluster.cutTimes.at(-1), script, made, performance.now() - began]);
  }
  return found;
}"""
"""Milliseconds of each movement of the slider: the cut and its order; all script; until its frame was made, with layout
and list of what to paint; and until the next frame was made too, before which it has been painted."""

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
    """Start the viewer on a collection a few times, and print what its page takes in a browser."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        _first_pictures(browser, root)  # the browser's own first page
        print(f"  an empty page: {statistics.median(_blank(browser) for _ in range(N_STARTS)):.2f} s")
        shutil.rmtree(root / "imagecluster" / "viewer", ignore_errors=True)  # what a first start keeps for the next
        print(f"  first start:  first picture after {_first_pictures(browser, root):.2f} s")
        again = [_first_pictures(browser, root) for _ in range(N_STARTS)]
        told = ", ".join(f"{seconds:.2f}" for seconds in sorted(again))
        print(f"  later starts: first picture after {statistics.median(again):.2f} s (all: {told})")
        browser.close()
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*FLAGS, *UNLIMITED])
        with viewing(root) as viewer:
            page = browser.new_page(viewport=WINDOW)
            page.goto(viewer.address)
            page.wait_for_selector(".tile img.there")
            time.sleep(REST_S)
            _slide(page)
            _scroll(page)
            print(f"  heap of the page: {page.evaluate(HEAP) / 1e6:.0f} MB")
        browser.close()


def _first_pictures(browser: Browser, root: Path) -> float:
    """Seconds from the command to the first picture, in an empty tab of a browser that is open already."""
    page = browser.new_context(viewport=WINDOW).new_page()
    page.add_init_script(SEEN)
    time.sleep(1.0)
    started = time.time()
    with viewing(root) as viewer:
        page.goto(viewer.address, wait_until="commit")
        page.wait_for_function("() => window.firstSeen > 0", polling=200)
        seen = page.evaluate("() => window.firstSeen / 1000")
        time.sleep(REST_S)
        page.context.close()
    return float(seen) - started


def _blank(browser: Browser) -> float:
    """The same for a page with nothing on it, from a server that runs already: less than this cannot be."""
    with socketserver.TCPServer(("127.0.0.1", 0), _Blank) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        page = browser.new_context(viewport=WINDOW).new_page()
        time.sleep(1.0)
        started = time.perf_counter()
        page.goto(f"http://127.0.0.1:{server.server_address[1]}/")
        took = time.perf_counter() - started
        page.context.close()
        server.shutdown()
    return took


class _Blank(http.server.BaseHTTPRequestHandler):
    """A page with nothing on it."""

    def do_GET(self) -> None:
        """Any address."""
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<p>nothing</p>")

    def log_message(self, format: str, *args: object) -> None:
        """Nothing."""


def _slide(page: Page) -> None:
    """Milliseconds of movements of the slider over its whole range."""
    sims = [round(0.05 + 0.9 * step / 60, 4) for step in range(61)]
    page.evaluate(SLIDE, sims[::10])
    columns = zip(*page.evaluate(SLIDE, sims), strict=True)
    for name, times in zip(("cut and order", "all script", "frame made", "painted"), columns, strict=True):
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
