"""What the page of contact sheets shows, links to, leaves out, and refuses to run."""

import os
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote_to_bytes, urljoin

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from imagecluster.errors import ArgumentError
from imagecluster.present import page as page_module
from imagecluster.present.markup import escaped
from imagecluster.present.page import write_page
from imagecluster.present.page_plan import by_size, plan
from imagecluster.records import KernelError, Skip, TimeTerm

from .report_samples import sample_report, sample_thumbnail

ATTACK = '"><img src=x onerror=alert(1)>.jpg'
posix = pytest.mark.skipif(sys.platform == "win32", reason="odd names need a POSIX system")


class Page(HTMLParser):
    """What a parser sees in a page."""

    def __init__(self, file: Path) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.source = file.read_text(encoding="utf-8")
        self.feed(self.source)

    def handle_starttag(self, tag, attrs):
        """Takes note of a tag."""
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        """Takes note of text."""
        self.text += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        """Attributes of all tags of that name."""
        return [attributes for name, attributes in self.tags if name == tag]

    def picture_links(self) -> list[str]:
        """Addresses of the originals."""
        return [a["href"] for a in self.all("a") if not a["href"].startswith("#")]


def written(tmp_path, report, *, thumbnail=sample_thumbnail, **options) -> Page:
    """The page of a report, parsed."""
    write_page(report, tmp_path / "clusters.html", thumbnail=thumbnail, **options)
    return Page(tmp_path / "clusters.html")


def test_every_picture_is_shown_once_the_representative_first(tmp_path):
    """Clusters come largest first, each with its most central picture before the others; singles come last."""
    page = written(tmp_path, sample_report([3, 2], 1, root=tmp_path))
    assert page.picture_links() == [f"sub/{row:06}.jpg" for row in (2, 0, 1, 4, 3, 5)]
    assert [image["alt"] for image in page.all("img")] == [f"{row:06}.jpg" for row in (2, 0, 1, 4, 3, 5)]
    assert [section["id"] for section in page.all("section")] == ["c1", "c2", "singles"]
    assert "Cluster 1" in page.text
    assert "3 pictures · very close · distance 0.125" in page.text
    assert "6 pictures: 5 in 2 clusters, 1 on its own." in page.text
    assert "1 file skipped" in page.text
    assert "truncated" in page.text


def test_the_page_says_how_time_counted(tmp_path):
    """Weight and scale among the facts, and nothing of it where time did not count."""
    term = TimeTerm(0.3, 21600.0, "exif", np.array([0.0, 60.0]), ("exif", "exif"), KernelError(0.0, 0.0))
    for report, said in ((sample_report([2]), False), (sample_report([2], time=term), True)):
        written(tmp_path, report)
        text = next(tmp_path.glob("*.html")).read_text()
        assert ("weight 0.3, scale 21600 s" in text) == said


def test_the_page_needs_nothing_else(tmp_path):
    """No address leaves the page but those of the originals; the policy allows no other source."""
    page = written(tmp_path, sample_report([3, 2], 1, root=tmp_path))
    assert all(image["src"].startswith("data:image/jpeg;base64,") for image in page.all("img"))
    assert [link["href"] for link in page.all("link")] == ["data:,"]
    assert "http://" not in page.source
    assert "https://" not in page.source
    (policy,) = (m["content"] for m in page.all("meta") if m.get("http-equiv") == "Content-Security-Policy")
    assert policy.startswith("default-src 'none'; img-src data:; style-src 'sha256-")
    assert "unsafe" not in policy
    assert not any("style" in attributes or "onclick" in attributes for _, attributes in page.tags)


def test_sizes_of_thumbnails_are_given_so_that_nothing_moves(tmp_path):
    """Each image says its own width and height, and its tile has its proportions."""
    report = sample_report([2], root=tmp_path)
    page = written(tmp_path, report, thumbnail=lambda row: sample_thumbnail(width_px=96, height_px=96 * (1 + row)))
    assert [(image["width"], image["height"]) for image in page.all("img")] == [("96", "192"), ("96", "96")]
    assert [item["class"] for item in page.all("li") if "r" in item.get("class", "")] == ["r8 cover", "r24"]


def test_very_wide_pictures_are_shown_whole(tmp_path):
    """Beyond the widest tile a picture is not cropped."""
    report = sample_report([2], root=tmp_path)
    page = written(tmp_path, report, thumbnail=lambda row: sample_thumbnail(width_px=190, height_px=10))
    assert [item["class"] for item in page.all("li") if item.get("class")] == ["r48 slim cover", "r48 slim"]


def test_tiny_pictures_are_not_blown_up(tmp_path):
    """A picture smaller than its tile is shown as small as it is."""
    report = sample_report([2], root=tmp_path)
    page = written(tmp_path, report, thumbnail=lambda row: sample_thumbnail(width_px=10, height_px=10))
    assert [item["class"] for item in page.all("li") if item.get("class")] == ["r24 small cover", "r24 small"]


@pytest.mark.parametrize("thumbnail", [None, b"", b"no picture", b"\xff\xd8\xff\xc0"])
def test_a_missing_or_damaged_thumbnail_is_a_name(tmp_path, thumbnail):
    """A picture without a thumbnail is still there, by its name, and links to its original."""
    page = written(tmp_path, sample_report([2], root=tmp_path), thumbnail=lambda row: thumbnail)
    assert page.all("img") == []
    assert len(page.picture_links()) == 2
    assert "000001.jpg" in page.text


@posix
def test_links_lead_to_the_originals_whatever_their_names(tmp_path):
    """An address, resolved as a browser does, is the percent-encoded bytes of the picture's path."""
    raw = [ATTACK.encode(), b"\xff\xfe.jpg", b"a:b?c#d%41.jpg", b"two\nlines.jpg", "日本 👩‍🎨/ü.jpg".encode()]
    report = sample_report([3, 2], root=tmp_path / "in", names=[os.fsdecode(name) for name in raw])
    page = written(tmp_path, report)
    base = (tmp_path / "clusters.html").as_uri()
    found = {unquote_to_bytes(urljoin(base, link).removeprefix("file://")) for link in page.picture_links()}
    assert found == {os.fsencode(tmp_path / "in") + b"/" + name for name in raw}
    assert all(link.isascii() and not link.startswith("/") for link in page.picture_links())


@posix
def test_no_name_becomes_markup(tmp_path):
    """Names of pictures, skipped files, the collection and the model are text everywhere."""
    root = tmp_path / "<b onclick=x>&amp;"
    report = sample_report(
        [2],
        1,
        root=root,
        names=[ATTACK, f"</ul>/{ATTACK}", "\u202egpj.exe"],
        skips=[Skip(root / ATTACK, "decode", "<script>alert(1)</script>")],
        model="<i>@1",
        folders=('"><b>',),
    )
    page = written(tmp_path, report)
    assert [image["alt"] for image in page.all("img")] == [ATTACK, ATTACK, "�gpj.exe"]
    assert len(page.all("script")) == 1
    assert "i" not in {tag for tag, _ in page.tags}
    assert "alert(1)</script>" not in page.source
    assert not any(name.startswith("on") for _, attributes in page.tags for name in attributes)
    assert "<b onclick=x>&amp;" in page.text


@posix
def test_names_that_are_not_utf8_are_shown_as_far_as_they_can_be():
    """Bytes that mean nothing, control characters and changes of direction become U+FFFD."""
    assert escaped(os.fsdecode(b"caf\xe9 \x1b[31m") + "\u202e\u2066é") == "caf� �[31m��é"


def test_what_does_not_fit_is_said(tmp_path):
    """Large clusters show their first pictures and how many more there are; the head says what is left out."""
    page = written(tmp_path, sample_report([9, 2, 2], 5, root=tmp_path), max_thumbnails=10)
    assert len(page.all("img")) == 10
    assert "this page shows 10 of 18 pictures: at most 4 pictures of each cluster; 2 of 5 singles." in page.text
    assert "+ 5 more" in page.text
    assert "+ 3 more" in page.text


def test_more_clusters_than_fit_leave_the_smallest_out(tmp_path):
    """With fewer thumbnails than clusters the largest clusters are shown, one picture each."""
    page = written(tmp_path, sample_report([4, 3, 2, 2], root=tmp_path), max_thumbnails=3)
    assert len(page.all("section")) == len(page.all("img")) == 3
    assert "the largest 3 of 4 clusters" in page.text


def test_the_page_never_grows_beyond_its_limit(tmp_path, monkeypatch):
    """Whether a sample of the thumbnails tells their size or not, the page stays below its limit and says so."""
    monkeypatch.setattr(page_module, "_LARGEST_BYTES", 700_000)
    monkeypatch.setattr(page_module, "_BYTES_WITHOUT_TILES", 50_000)
    monkeypatch.setattr(page_module, "_N_SAMPLES", 4)
    large = sample_thumbnail() + bytes(9000)
    report = sample_report([200], root=tmp_path)
    all_large = written(tmp_path, report, thumbnail=lambda row: large)
    assert 300_000 < len(all_large.source) < 700_000
    assert "of 200 pictures" in all_large.text
    sampled = set(range(0, 200, 50))
    surprise = written(tmp_path, report, thumbnail=lambda row: None if row in sampled else large)
    assert 300_000 < len(surprise.source) < 700_000
    assert "shown by name only" in surprise.text


def test_thumbnails_are_asked_for_one_at_a_time_and_not_kept(tmp_path):
    """The callback is called for the rows shown, in the order of the page, after a sample of them."""
    asked = []

    def thumbnail(row):
        asked.append(row)
        return sample_thumbnail(row)

    written(tmp_path, sample_report([3], 2, root=tmp_path), thumbnail=thumbnail)
    assert asked == [0, 1, 2, 3, 4, 2, 0, 1, 3, 4]


@pytest.mark.parametrize(
    ("sizes", "n_singles", "words"),
    [([], 3, "No clusters at similarity 0.5"), ([], 0, "No pictures were found"), ([7], 0, "7 in 1 cluster, none")],
)
def test_a_page_without_clusters_or_with_one_says_so(tmp_path, sizes, n_singles, words):
    """Empty results are pages too; a choice of sizes appears only where there is one."""
    page = written(tmp_path, sample_report(sizes, n_singles, root=tmp_path))
    assert words in page.text
    assert page.all("nav") == []


def test_a_long_list_of_skipped_files_is_cut(tmp_path):
    """The list of skipped files ends with how many more there are."""
    skips = [Skip(tmp_path / f"{i:05}.jpg", "decode", "empty file") for i in range(1200)]
    page = written(tmp_path, sample_report([2], root=tmp_path, skips=skips))
    assert len(page.all("td")) == 2000
    assert "200 more are in clusters.json" in page.text


def test_the_same_report_gives_the_same_page(tmp_path):
    """No time and no chance is in the page."""
    report = sample_report([4, 2], 2, root=tmp_path)
    assert written(tmp_path, report).source == written(tmp_path, report).source


@pytest.mark.parametrize("max_thumbnails", [0, -1])
def test_a_page_of_nothing_is_refused(tmp_path, max_thumbnails):
    """The error names what was got and what is allowed."""
    with pytest.raises(ArgumentError, match=f"is {max_thumbnails}; it must be at least 1"):
        written(tmp_path, sample_report([2]), max_thumbnails=max_thumbnails)


@given(sizes=st.lists(st.integers(2, 300), max_size=60), n_singles=st.integers(0, 300), budget=st.integers(1, 2000))
def test_a_plan_keeps_its_budget_and_wastes_little(sizes, n_singles, budget):
    """At most `budget` pictures; all where all fit; one more of each cluster would not fit; singles get the rest."""
    sizes.sort(reverse=True)
    planned = plan(sizes, n_singles, budget)
    shown = [min(size, planned.n_of_each) for size in sizes[: planned.n_clusters]]
    assert planned.n_shown == sum(shown) + planned.n_singles <= budget
    if sum(sizes) + n_singles <= budget:
        assert planned.n_shown == sum(sizes) + n_singles
    else:
        n_in_clusters_with_one_more = sum(min(size, planned.n_of_each + 1) for size in sizes)
        assert shown == sizes or n_in_clusters_with_one_more > budget - budget // 5 - 1
        assert planned.n_singles == min(n_singles, budget - sum(shown))


@given(sizes=st.lists(st.integers(2, 5000), max_size=80))
def test_bands_hold_every_cluster_once_by_descending_size(sizes):
    """However many sizes there are, there are few bands, and together they are all clusters, largest first."""
    sizes.sort(reverse=True)
    found = by_size(sample_report(sizes).clusters.clusters)
    assert [place for band in found for place in band.places] == list(range(len(sizes)))
    assert all(band.smallest <= sizes[p] <= band.largest for band in found for p in band.places)
    assert len(found) <= 14
    assert [band.smallest for band in found] == sorted({band.smallest for band in found}, reverse=True)


def test_many_sizes_are_put_together():
    """From 5 on, sizes share a band up to the next power of two; pairs, triples and fours keep their own."""
    sizes = [40, 30, 17, 16, 9, 8, 5, 4, 3, 2]
    labels = [band.label for band in by_size(sample_report(sizes).clusters.clusters)]
    assert labels == ["40", "17–30", "9–16", "5–8", "4", "3", "2"]


@pytest.fixture
def visit(browser, tmp_path):
    """Opens the page of a report; afterwards the page must have caused no message, no error and no request."""
    opened = []

    def visit(report, **options):
        write_page(report, tmp_path / "clusters.html", thumbnail=sample_thumbnail)
        page = browser.new_page(**options)
        complaints: list[str] = []
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("dialog", lambda dialog: complaints.append("dialog") or dialog.dismiss())
        file = (tmp_path / "clusters.html").as_uri()
        page.on("request", lambda r: None if r.url.startswith(("data:", file)) else complaints.append(r.url))
        page.goto(file)
        opened.append((page, complaints))
        return page

    yield visit
    for page, complaints in opened:
        page.close()
        assert complaints == []


@posix
def test_browser_runs_no_name_and_asks_for_nothing(visit, tmp_path):
    """Hostile names open no dialog, and the policy lets the page's own style and script run."""
    page = visit(sample_report([3, 2], 2, root=tmp_path, names=[ATTACK, *(f"{i}/{ATTACK}" for i in range(6))]))
    page.wait_for_function("document.querySelector('label').hidden === false")
    assert page.evaluate("getComputedStyle(document.querySelector('.sheet')).display") == "flex"
    assert page.evaluate("[...document.images].every((image) => image.naturalWidth === 192)")


def test_browser_filters_by_size(visit, tmp_path):
    """Choosing a size shows the clusters of that size alone and says how many; a jump shows all again."""
    page = visit(sample_report([4, 3, 3, 2], 2, root=tmp_path))
    page.select_option("#size", "3")
    assert page.locator("section:visible").evaluate_all("(all) => all.map((s) => s.id)") == ["c2", "c3"]
    assert page.text_content("#shown") == "2 of 5 groups shown"
    page.select_option("#size", "1")
    assert page.locator("section:visible").evaluate_all("(all) => all.map((s) => s.id)") == ["singles"]
    page.click("text=1 cluster of 4")
    assert page.locator("section:visible").count() == 5


def test_browser_moves_between_clusters_by_key(visit, tmp_path):
    """Inside a cluster, j and k go to the next and the previous one."""
    page = visit(sample_report([4, 3, 2], root=tmp_path))
    page.focus("#c1 .sheet a")
    for key, heading in (("j", "#c2"), ("j", "#c3"), ("j", "#c3"), ("k", "#c2")):
        page.keyboard.press(key)
        assert page.evaluate("document.activeElement.getAttribute('href')") == heading


@pytest.mark.parametrize("width_px", [320, 390, 768, 1280, 1440, 2560])
def test_browser_fits_any_window(visit, tmp_path, width_px):
    """At no width does the page scroll sideways or a tile leave it, and tiles of a row are equally high."""
    names = [f"{'long-name-' * 20}{row}.jpg" for row in range(40)]
    report = sample_report([20, 4, 4, 3, 2, 2], 5, root=tmp_path, names=names)
    page = visit(report, viewport={"width": width_px, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") == width_px
    rows = page.evaluate(
        """[...document.querySelectorAll('#c1 li')].map((li) => li.getBoundingClientRect())
           .map((box) => [Math.round(box.top), box.height, box.right])"""
    )
    assert max(right for _, _, right in rows) <= width_px
    for top in {top for top, _, _ in rows}:
        heights = [height for other, height, _ in rows if other == top]
        assert max(heights) - min(heights) < 1


def test_browser_follows_the_systems_colours(visit, tmp_path):
    """Light and dark come from the system."""
    background = "getComputedStyle(document.body).backgroundColor"
    colours = [
        visit(sample_report([2], root=tmp_path), color_scheme=scheme).evaluate(background)
        for scheme in ("light", "dark")
    ]
    assert colours == ["rgb(248, 247, 245)", "rgb(19, 18, 17)"]


def test_browser_opens_the_original(visit, tmp_path):
    """A picture's link leads to the file."""
    names = ["with space & ü.jpg", "b.jpg"]
    for name in names:
        (tmp_path / name).write_bytes(sample_thumbnail())
    page = visit(sample_report([2], root=tmp_path, names=names))
    address = page.evaluate("document.querySelector('img[alt^=with]').closest('a').href")
    assert address == (tmp_path / names[0]).as_uri()
