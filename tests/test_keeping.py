"""Which of several copies is kept, in which order of questions, and what is said of it."""

import calendar
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from imagecluster.copies.keeping import choose
from imagecluster.copies.preferences import Candidate
from imagecluster.copies.rules import RULES, Rule, parse_rules
from imagecluster.decode import Coding, read_coding, traces
from imagecluster.errors import ArgumentError
from imagecluster.records import CopyEvidence, Place, Taken

WHEN = Taken(calendar.timegm((2021, 5, 1, 10, 20, 30)), None, "second", "EXIF DateTimeOriginal")
HERE = Place(47.5, 8.25, "EXIF")
PLAIN = Candidate(Path("/p/x.jpg"), 4000, 3000, "JPEG", 3_000_000, 1.6e9, coding=Coding("jpeg", 90.0))
TURNED = (0.0, 1.0, 0.0, -1.0, 0.0, 1.0)
UPSIDE_DOWN = (-1.0, 0.0, 1.0, 0.0, -1.0, 1.0)
MIRRORED = (-1.0, 0.0, 1.0, 0.0, 1.0, 0.0)
CROP = (0.9, 0.0, 0.05, 0.0, 0.9, 0.05)


def copy_of(name="x.jpg", **changes):
    """A candidate like `PLAIN`, with other facts."""
    return replace(PLAIN, path=Path("/p") / name, **changes)


def kept(*candidates, rules=(), evidence=None, kind="copy", **options):
    """The name of the one kept, and why."""
    pairs = {(i, 0): CopyEvidence(kind) for i in range(1, len(candidates))}
    choice = choose(candidates, {**pairs, **(evidence or {})}, rules, **options)
    assert sorted(choice.order) == list(range(len(candidates)))
    assert choice.order[0] == choice.index
    return candidates[choice.index].path.name, choice.why


SMALL = {"width_px": 1600, "height_px": 1200}


@pytest.mark.parametrize(
    ("worse", "better", "why"),
    [
        ({**SMALL, "taken": WHEN, "place": HERE, "camera": "A"}, {}, "4,000 x 3,000, the other 1,600 x 1,200"),
        ({"size_bytes": 9_000_000}, {"coding": Coding("jpeg", 95.0)}, "JPEG quality 95, the other JPEG quality 90"),
        ({"size_bytes": 9_000_000}, {"coding": Coding("raw"), "format": "RAW"},
         "a camera's raw file, the other JPEG quality 90"),
        ({}, {"coding": Coding("heif"), "format": "HEIF"}, "HEIF, the other JPEG quality 90"),
        ({}, {"coding": Coding("lossless"), "format": "PNG"}, "lossless PNG, the other JPEG quality 90"),
        ({"coding": Coding("lossy"), "format": "WEBP"}, {}, "JPEG quality 90, the other lossy WEBP"),
        ({}, {"has_raw": True}, "with its raw file, the other JPEG quality 90"),
        ({}, {"has_video": True}, "with its video, the other without the video"),
        ({}, {"coding": Coding("jpeg", 90.0, has_video=True)}, "with its video, the other without the video"),
        ({}, {"coding": Coding("jpeg", 90.0, beyond=bytes(16))},
         "with more than the picture, the other with the picture alone"),
        ({"taken": WHEN}, {"taken": WHEN, "place": HERE}, "knows time and place, the other knows time"),
        ({"taken": replace(WHEN, source="file time")}, {"taken": WHEN},
         "knows time, the other knows no time, place or camera"),
        ({"path": Path("/p/thumbs/x.jpg")}, {}, "not in such a folder, the other in the folder 'thumbs'"),
        ({"path": Path("/p/x (1).jpg")}, {}, "named 'y.jpg', the other named 'x (1).jpg'"),
        ({"path": Path("/p/Copy of y.jpg")}, {}, "named 'y.jpg', the other named 'Copy of y.jpg'"),
        ({"path": Path("/p/x - Kopie (2).jpg")}, {}, "named 'y.jpg', the other named 'x - Kopie (2).jpg'"),
        ({}, {"mtime_s": 1.5e9}, "file of 2017-07-14 02:40, the other file of 2020-09-13 12:26"),
        ({}, {"is_reference": True, **SMALL}, "a reference, the other none"),
    ],
)  # fmt: skip
def test_each_question_decides_where_the_former_ties(worse, better, why):
    """The better one is kept whichever comes first, and the reason is what tells them apart."""
    first, second = replace(copy_of("x.jpg"), **worse), replace(copy_of("y.jpg"), **better)
    assert kept(first, second) == ("y.jpg", why)
    assert kept(second, first) == ("y.jpg", why)


def test_the_order_of_questions():
    """Size comes before quality, quality before metadata, metadata before folders and names."""
    large = copy_of("a (1).jpg", coding=Coding("jpeg", 60.0))
    fine = copy_of("b (1).jpg", coding=Coding("jpeg", 90.0), **SMALL)
    assert kept(fine, large)[0] == "a (1).jpg"
    known = copy_of("c (1).jpg", taken=WHEN)
    assert kept(known, copy_of("d.jpg", coding=Coding("jpeg", 95.0)))[0] == "d.jpg"
    assert kept(copy_of("e.jpg"), known)[0] == "c (1).jpg"


def test_what_shows_more_is_kept():
    """A crop goes even if it has more pixels; the words say how much of the picture it shows."""
    crop = copy_of("crop.jpg", width_px=8000, height_px=6000)
    found = CopyEvidence("copy", "cropped", overlap=0.81, matrix=CROP)
    assert kept(PLAIN, crop, evidence={(1, 0): found}) == ("x.jpg", "the whole picture, the other 81 % of it")
    wider = CopyEvidence("copy", matrix=(1 / 0.9, 0.0, -0.05, 0.0, 1 / 0.9, -0.05), is_contained=False)
    assert kept(crop, PLAIN, evidence={(1, 0): wider})[0] == "x.jpg"
    slightly = CopyEvidence("copy", matrix=(0.995, 0.0, 0.0, 0.0, 0.995, 0.0))
    assert kept(PLAIN, crop, evidence={(1, 0): slightly})[0] == "crop.jpg"


def test_a_picture_is_kept_before_one_with_something_around_it():
    """A border or a caption makes a larger file of the same picture."""
    framed = copy_of("framed.jpg", width_px=4400, height_px=3300)
    around = CopyEvidence("copy", matrix=(1.1, 0.0, -0.05, 0.0, 1.1, -0.05), is_framed=True)
    expected = ("x.jpg", "the whole picture, the other something around it")
    assert kept(PLAIN, framed, evidence={(1, 0): around}) == expected
    inside = CopyEvidence("copy", matrix=(0.9, 0.0, 0.05, 0.0, 0.9, 0.05), is_framed=True)
    assert kept(framed, PLAIN, evidence={(1, 0): inside}) == expected


def test_a_turned_copy_goes():
    """What most agree on, or what a camera noted, stands upright; two that differ leave the question open."""
    turned = CopyEvidence("copy", matrix=TURNED)
    one, other = copy_of("a.jpg", width_px=3000, height_px=4000), copy_of("b.jpg")
    pairs = {(1, 0): turned, (2, 0): turned, (2, 1): CopyEvidence("copy", matrix=(1, 0, 0, 0, 1, 0))}
    assert kept(one, other, copy_of("c.jpg"), evidence=pairs)[1].startswith("upright, the other turned 90°")
    assert kept(one, other, evidence={(1, 0): turned})[0] == "a.jpg"
    noted = replace(other, coding=Coding("jpeg", 90.0, orientation=6))
    assert kept(one, noted, evidence={(1, 0): turned}) == ("b.jpg", "upright, the other turned 90°")
    over = CopyEvidence("copy", matrix=UPSIDE_DOWN)
    assert (
        kept(other, replace(noted, path=Path("/p/c.jpg")), evidence={(1, 0): over})[1]
        == "upright, the other upside down"
    )
    left = CopyEvidence("copy", matrix=MIRRORED)
    assert kept(copy_of("a.jpg"), noted, evidence={(1, 0): left})[1] == "upright, the other mirrored"


def test_equal_pixels_lost_the_same():
    """A PNG of the very pixels of a JPEG is no better than it; what they know decides."""
    png = copy_of("x.png", coding=Coding("lossless"), format="PNG", size_bytes=20_000_000)
    jpeg = copy_of("y.jpg", taken=WHEN)
    assert kept(png, jpeg, kind="pixels") == ("y.jpg", "knows time, the other knows no time, place or camera")
    with_raw = copy_of("z.jpg", has_raw=True)
    assert kept(jpeg, with_raw, kind="identical")[0] == "z.jpg"


def test_a_tie_is_said_and_decided_by_path():
    """Whatever their order; a tie among the others is none."""
    copies = [copy_of("b.jpg"), copy_of("a.jpg"), copy_of("c.jpg")]
    for order in ((0, 1, 2), (2, 0, 1), (1, 2, 0)):
        assert kept(*(copies[i] for i in order)) == ("a.jpg", "nothing tells them apart: the first by path")
    choice = choose(copies, {})
    assert choice.is_tie
    assert choice.reasons[0] == "nothing tells it from the one kept, which is the first by path"
    best = copy_of("z.jpg", has_video=True)
    choice = choose([*copies, best], {})
    assert (choice.index, choice.is_tie, choice.order) == (3, False, (3, 1, 0, 2))
    choice = choose([copy_of("b.jpg"), copy_of("a.jpg"), copy_of("s.jpg", **SMALL)], {})
    assert choice.is_tie
    assert (
        choice.why == "4,000 x 3,000, the other 1,600 x 1,200; nothing else tells it from the next: the first by path"
    )


def test_references_are_never_proposed():
    """The best of them is kept, the others stay."""
    one, two = copy_of("a.jpg", is_reference=True, **SMALL), copy_of("b.jpg", is_reference=True)
    choice = choose([copy_of("c.jpg"), one, two], {}, parse_rules("smallest"))
    assert (choice.index, choice.removable) == (1, (0,))
    assert "reference" in choice.spared[2]


def test_raw_files_and_videos_are_spared():
    """They go only for another raw file, another video, or by a rule for formats."""
    raw = copy_of("x.dng", coding=Coding("raw"), format="RAW", **SMALL)
    assert choose([PLAIN, raw], {}).removable == ()
    assert choose([PLAIN, raw], {}, parse_rules("format:jpeg")).removable == (1,)
    live = copy_of("live.heic", has_video=True, **SMALL)
    assert choose([PLAIN, live], {}).removable == ()
    assert choose([copy_of("y.jpg", has_video=True), live], {}).removable == (1,)


def test_what_holds_more_than_its_picture_is_spared():
    """It goes only where the one kept holds the same."""
    album = copy_of("album.jpg", coding=Coding("jpeg", 90.0, beyond=b"a" * 16), **SMALL)
    assert choose([PLAIN, album], {}).removable == ()
    for rest, removable in ((b"a" * 16, (1,)), (b"b" * 16, ())):
        large = copy_of("z.jpg", coding=Coding("jpeg", 90.0, beyond=rest))
        assert choose([large, album], {}).removable == removable


@pytest.mark.parametrize(
    ("rules", "name"),
    [
        ("", "large.jpg"),
        ("smallest", "s.heic"),
        ("largest", "large.jpg"),
        ("fewest-bytes", "old/a/m.png"),
        ("most-bytes", "large.jpg"),
        ("format:heic,jpeg", "s.heic"),
        ("format:jpg", "large.jpg"),
        ("format:png;largest", "old/a/m.png"),
        ("folder:old", "old/a/m.png"),
        ("folder:/p/old", "old/a/m.png"),
        ("not-folder:/p/old,smallest", "s.heic"),
        ("newest", "s.heic"),
        ("oldest", "old/a/m.png"),
        ("metadata", "s.heic"),
        ("quality", "s.heic"),
        ("shortest-path", "s.heic"),
        ("longest-path", "old/a/m.png"),
        ("shortest-name", "old/a/m.png"),
        ("longest-name", "large.jpg"),
        ("path", "large.jpg"),
        ("whole,upright,name,largest", "large.jpg"),
    ],
)
def test_rules_come_first(rules, name):
    """In the order in which they are given; what they leave open the default order decides."""
    candidates = [
        replace(PLAIN, path=Path("/p/large.jpg")),
        replace(PLAIN, path=Path("/p/s.heic"), format="HEIF", coding=Coding("heif"), mtime_s=1.7e9, taken=WHEN,
                size_bytes=2_000_000, **SMALL),
        replace(PLAIN, path=Path("/p/old/a/m.png"), format="PNG", coding=Coding("lossless"), mtime_s=1.5e9,
                size_bytes=1_000, width_px=2000, height_px=1500),
    ]  # fmt: skip
    choice = choose(candidates, {}, parse_rules(rules, base=Path("/p")))
    assert candidates[choice.index].path == Path("/p") / name


def test_rules_are_read():
    """With commas in values, spaces, several texts, and each once."""
    found = parse_rules(["Largest , format: HEIC,.jpg,oldest", "folder:a,b/../c;largest"], base=Path("/p"))
    folder = Rule("folder", ("/p/c",))
    assert found == (Rule("largest"), Rule("format", ("heic", "jpg")), Rule("oldest"), folder)
    assert parse_rules("") == ()
    assert parse_rules("folder:~/x")[0].values == (str(Path.home() / "x"),)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("bigest", "did you mean 'largest'|unknown rule 'bigest'"),
        ("larges", "unknown rule 'larges': did you mean 'largest'?"),
        ("format", "the rule 'format' needs a value: for example format:heic,jpeg"),
        ("folder:", "the rule 'folder' needs a value"),
        ("largest:5", "the rule 'largest' takes no value; got '5'"),
        ("heic,jpeg", "unknown rule 'heic'; known are largest, "),
    ],
)
def test_wrong_rules_are_named(text, message):
    """What was given, what is known, what is nearest."""
    with pytest.raises(ArgumentError, match=message.replace("?", r"\?")):
        parse_rules(text)


def test_nothing_to_choose_from_is_an_error():
    """There is always one to keep."""
    with pytest.raises(ArgumentError, match="0 candidates"):
        choose([], {})
    assert choose([PLAIN], {}).why == "the only one"


def test_a_coarse_jpeg_saved_again_does_not_win(tmp_path):
    """Neither at a high quality nor as PNG: the pixels show what they went through."""
    rng = np.random.default_rng(5)
    grey = np.cumsum(np.cumsum(rng.normal(size=(480, 640)), axis=0), axis=1)
    picture = Image.fromarray(
        np.clip(128 + 60 * (grey - grey.mean()) / grey.std() + rng.normal(size=grey.shape) * 12, 0, 255).astype(
            np.uint8
        )
    )
    picture.save(tmp_path / "b.jpg", quality=80)
    Image.open(tmp_path / "b.jpg").save(tmp_path / "a.jpg", quality=96)
    Image.open(tmp_path / "b.jpg").save(tmp_path / "c.png")
    candidates = [
        Candidate(path, 640, 480, path.suffix[1:].upper(), path.stat().st_size, 1.6e9, coding=read_coding(path))
        for path in sorted(tmp_path.iterdir())
    ]
    assert kept(*candidates)[0] == "c.png"
    name, why = kept(*candidates, traces=traces)
    assert name == "b.jpg"
    assert "JPEG quality 96, saved as JPEG quality 80 before" in why


def test_an_enlarged_copy_does_not_win():
    """Where its metadata raise the doubt, pixels decide; they are not looked at otherwise."""
    asked = []

    class Seen:
        """Traces that were found."""

        def earlier_quality(self, path, coding, *, others=()):
            return None

        def is_enlarged(self, large, small):
            asked.append((large.name, small.name))
            return True

    small = copy_of("small.jpg", camera="A", taken=WHEN, **SMALL)
    large = copy_of("large.jpg")
    assert kept(large, small, traces=Seen()) == ("small.jpg", "1,600 x 1,200, the other 4,000 x 3,000, enlarged")
    stale = copy_of("stale.jpg", camera="A", coding=Coding("jpeg", 90.0, said_px=(1600, 1200)))
    assert kept(stale, small, traces=Seen())[0] == "small.jpg"
    assert asked == [("large.jpg", "small.jpg"), ("stale.jpg", "small.jpg")]
    assert kept(copy_of("large.jpg", camera="A"), small, traces=Seen())[0] == "large.jpg"
    assert kept(large, copy_of("s.jpg", width_px=3600, height_px=2700), traces=Seen())[0] == "large.jpg"
    assert kept(replace(large, coding=Coding("heif")), small, traces=Seen())[0] == "large.jpg"
    assert len(asked) == 2


def test_what_a_camera_wrote_is_kept_before_what_was_saved_again():
    """Even if that has finer tables, or none; not before other raw files, larger ones, and equal pixels."""
    camera = copy_of("x.jpg", coding=Coding("jpeg", 93.0, is_from_camera=True))
    again = copy_of("a.jpg", coding=Coding("jpeg", 98.0))
    expected = ("x.jpg", "JPEG quality 93, the other JPEG quality 98, saved after the camera")
    assert kept(again, camera) == expected
    png = copy_of("a.png", coding=Coding("lossless"), format="PNG", taken=WHEN)
    assert kept(png, camera)[0] == "x.jpg"
    assert kept(png, camera, kind="pixels")[0] == "a.png"
    assert kept(copy_of("a.dng", coding=Coding("raw"), format="RAW"), camera)[0] == "a.dng"
    assert kept(replace(again, width_px=6000), camera)[0] == "a.jpg"


CANDIDATES = st.builds(
    Candidate,
    path=st.sampled_from(
        [Path("/p") / name for name in ("a.jpg", "b.jpg", "c (1).jpg", "old/d.png", "e.heic", "f.dng")]
    ),
    width_px=st.sampled_from([100, 101, 4000]),
    height_px=st.sampled_from([100, 3000]),
    format=st.sampled_from(["JPEG", "PNG"]),
    size_bytes=st.integers(0, 10),
    mtime_s=st.sampled_from([1.5e9, 1.5e9 + 1, 1.6e9, -1e300]),
    taken=st.sampled_from([None, WHEN]),
    coding=st.sampled_from([Coding(), Coding("jpeg", 90.0), Coding("jpeg", 90.5), Coding("raw"), Coding("palette")]),
    has_raw=st.booleans(),
    is_reference=st.booleans(),
)
PAIRS = st.dictionaries(
    st.tuples(st.integers(0, 5), st.integers(0, 5)),
    st.builds(CopyEvidence, kind=st.sampled_from(["pixels", "copy"]), is_framed=st.booleans(),
              matrix=st.sampled_from([(), TURNED, CROP, MIRRORED, UPSIDE_DOWN, (0.0,) * 6])),
)  # fmt: skip


@given(st.lists(CANDIDATES, min_size=1, max_size=6), PAIRS, st.lists(st.sampled_from(sorted(RULES)), max_size=3))
def test_any_copies_have_an_order(candidates, evidence, names):
    """Every one has a place and a reason; no reference is removable; the same question has the same answer."""
    pairs = {(i, j): found for (i, j), found in evidence.items() if i != j and max(i, j) < len(candidates)}
    values = {"format": ("jpeg",), "folder": ("/p/old",), "not-folder": ("/p/old",)}
    rules = [Rule(name, values.get(name, ())) for name in names]
    choice = choose(candidates, pairs, rules)
    assert sorted(choice.order) == list(range(len(candidates)))
    assert choice == choose(candidates, pairs, rules)
    assert all(choice.reasons)
    assert not any(candidates[i].is_reference for i in choice.removable)
    if any(candidate.is_reference for candidate in candidates):
        assert candidates[choice.index].is_reference
