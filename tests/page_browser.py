"""What tests of the page do in the browser."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from waiting import wait_until

CHROMIUM = Path(shutil.which("chromium") or "/usr/bin/chromium")

needs_browser = pytest.mark.skipif(not CHROMIUM.exists(), reason=f"no browser here: install chromium as {CHROMIUM}")

_ARRANGED = """() => {
  const { state } = imagecluster, a = state.arrangement.value, order = state.collection.value.order;
  return Array.from({ length: a.k }, (_, s) => Array.from(a.flat.slice(a.from[s], a.to[s]), (p) => order[p]));
}"""


_OPTIONS = {"resultTypes": ["violations"], "rules": {"label-content-name-mismatch": {"enabled": True}}}
"""Of axe; whoever says what a button shows must hit it, which axe leaves out on its own."""

_ANYTHING_TRUE = object()


def until(page, condition: str, what: object = _ANYTHING_TRUE) -> None:
    """Waits until a function in the page gives `what`, or something true."""
    found: object = None

    def holds() -> bool:
        nonlocal found
        found = page.evaluate(condition)
        return bool(found) if what is _ANYTHING_TRUE else found == what

    wait_until(holds, lambda: f"{condition} is {found!r}" + ("" if what is _ANYTHING_TRUE else f", not {what!r}"))


def drawn(page) -> None:
    """Waits until the page has drawn what it was told."""
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


def set_sim(page, sim: float) -> None:
    """Moves the slider."""
    moved = "(slider, sim) => { slider.value = sim; slider.dispatchEvent(new Event('input', { bubbles: true })); }"
    page.locator("#sim").evaluate(moved, str(sim))


def shown_sections(page) -> tuple[list[list[int]], list[int]]:
    """Ids of the pictures of each cluster that the page shows, in its order, and of the singles."""
    sections = page.evaluate(_ARRANGED)
    singles = sections.pop() if page.evaluate("() => imagecluster.state.arrangement.value.hasSingles") else []
    return sections, singles


def shown_partition(page) -> set[frozenset[int]]:
    """Clusters that the page shows; each single is one of its own."""
    clusters, singles = shown_sections(page)
    return {*map(frozenset, clusters), *(frozenset([single]) for single in singles)}


def violations(page) -> list[object]:
    """What the checker axe finds wrong."""
    axe_module = pytest.importorskip("axe_playwright_python", reason="pip install axe-playwright-python")
    source = (Path(axe_module.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
    page.evaluate(f"() => {{ {source}\n }}")
    found = page.evaluate("(options) => window.axe.run(document, options)", _OPTIONS)["violations"]
    return [(each["id"], [node["html"][:160] for node in each["nodes"]][:3]) for each in found]
