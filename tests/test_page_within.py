"""The page of a collection whose clusters never cross an event."""

import pytest

from imagecluster.collection import Settings
from imagecluster.functions.running import run
from page_browser import needs_browser, set_sim, shown_sections, until
from page_server import serving
from test_page import as_exported, export
from test_within_run import album  # noqa: F401  # a fixture

pytestmark = needs_browser


@pytest.mark.parametrize("cut", ["branch", "flat"])
def test_the_page_keeps_events_apart_as_the_latest_run_did(opened, album, cut):  # noqa: F811
    """At each similarity it shows the clusters of the command line, exports them, and says why nothing joins more."""
    asked = {"within": "event", "cut": cut, "links": "none"}
    with serving(album, within="event", cut=cut) as address:
        page = opened(address)
        for sim in (0.0, 0.3, 0.5, 0.8, 1.0):
            result = run([album], Settings(sim=sim, page=False, **asked))
            set_sim(page, sim)
            shown, _ = shown_sections(page)
            expected, _ = as_exported(address, result.outputs.json)
            assert [set(members) for members in shown] == expected, sim
        set_sim(page, 0.0)
        shown, _ = shown_sections(page)
        assert len(shown) == 3
        assert as_exported(address, export(page, "JSON"))[0] == [set(members) for members in shown]
        page.keyboard.press("ArrowRight")
        page.keyboard.press("u")
        page.wait_for_selector("text=it would hold pictures of two events (--within event)")


def test_pictures_put_together_across_events_are_shown(opened, album):  # noqa: F811
    """By hand they are one cluster, whose window says so and draws its tree."""
    with serving(album, within="event") as address:
        page = opened(address)
        set_sim(page, 0.5)
        page.evaluate("""() => { const { state } = imagecluster, order = state.collection.value.order;
          const { gap } = state.collection.value, at = gap.indexOf(Infinity);
          state.selection.value = new Set([order[at], order[at + 1]]); }""")
        page.keyboard.press("t")
        until(page, "() => imagecluster.state.edits.value.corrections.edits.at(-1)?.kind", "together")
        until(page, "() => imagecluster.state.arrangement.value.pinned.size > 0", True)
        page.evaluate("""() => { const { state } = imagecluster;
          const at = state.collection.value.gap.indexOf(Infinity);
          state.openedCluster.value = { from: at, to: at + 2, section: 0 }; }""")
        page.wait_for_selector("text=It was put together by hand: no similarity joins these pictures")
        paths = page.eval_on_selector_all(".tree svg path", "paths => paths.map((path) => path.getAttribute('d'))")
        assert paths
        assert not [path for path in paths if "NaN" in path or "Infinity" in path]
