"""Tests of the comparison of pictures, with OpenCV and without."""

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageEnhance, ImageFont, ImageOps

from copies_samples import compared, encoded, evidence_of, facts_of, jpeg, scene
from imagecluster.copies import SAME_PIXELS, Comparison, compare_pairs, has_opencv, planes, version
from imagecluster.decode import SmallPicture
from imagecluster.records import Taken

TURNS = {
    "turned 90°": Image.Transpose.ROTATE_270,
    "turned 180°": Image.Transpose.ROTATE_180,
    "turned 270°": Image.Transpose.ROTATE_90,
    "mirrored": Image.Transpose.FLIP_LEFT_RIGHT,
    "flipped top to bottom": Image.Transpose.FLIP_TOP_BOTTOM,
    "mirrored, turned 90°": Image.Transpose.TRANSVERSE,
    "mirrored, turned 270°": Image.Transpose.TRANSPOSE,
}


@pytest.fixture(params=["OpenCV", "NumPy"])
def backend(request, monkeypatch):
    """Both ways of comparing."""
    if request.param == "NumPy":
        monkeypatch.setattr(planes, "has_opencv", lambda: False)
    elif not has_opencv():
        pytest.skip("no OpenCV here: install the extra verify")
    return request.param


@pytest.fixture
def with_opencv():
    if not has_opencv():
        pytest.skip("no OpenCV here: install the extra verify")


@pytest.fixture(scope="module")
def original():
    return scene(1)


def test_whole_pictures_are_copies_of_each_other(backend, original):
    """Sizes, compression, formats, tone and grey leave a copy, and the words say what was done."""
    rng = original.resize((320, 240), Image.Resampling.LANCZOS)
    tiny = original.resize((160, 120), Image.Resampling.LANCZOS)
    toned = ImageEnhance.Contrast(ImageEnhance.Brightness(original).enhance(1.25)).enhance(0.7)
    files = [
        jpeg(original),
        *(jpeg(rng), jpeg(tiny), jpeg(original, 30), jpeg(original, 10), encoded(original, "WEBP", quality=70)),
        *(jpeg(original.convert("L")), jpeg(toned), jpeg(original.resize((1200, 700)))),
    ]
    there, back = evidence_of(files)
    assert [found.kind for found in there] == ["copy"] * 8
    texts = ["320 x 240", "160 x 120", "compressed anew", "compressed anew", "compressed anew", "grey"]
    assert [found.transform for found in there][:6] == texts
    assert there[6].transform == "other tones"
    assert there[7].transform == "1,200 x 700, squashed by 22 %"
    assert all(found.is_contained and found.overlap == 1.0 and not found.is_framed for found in (*there, *back))
    assert back[0].transform == "1,200 x 900"
    assert back[5].transform == "compressed anew"


@pytest.mark.parametrize("words", TURNS)
def test_turned_and_mirrored_pictures_are_copies(backend, original, words):
    """In all eight positions, in words, with a map that leads the corners to where they are."""
    (there,), (back,) = evidence_of([jpeg(original), jpeg(original.transpose(TURNS[words]))])
    assert there.kind == back.kind == "copy"
    assert there.transform.removeprefix("900 x 1,200, ") == words
    matrix = np.array([*there.matrix, 0, 0, 1]).reshape(3, 3)
    inverse = np.array([*back.matrix, 0, 0, 1]).reshape(3, 3)
    np.testing.assert_allclose(matrix @ inverse, np.eye(3), atol=1e-5)
    np.testing.assert_allclose(np.abs(np.linalg.det(matrix)), 1, atol=0.01)
    corner = matrix @ [0.5, 0.5, 1]
    np.testing.assert_allclose(corner[:2], 0.5, atol=0.01)


def test_a_crop_lies_inside(with_opencv, original):
    """The part shows no more than the whole; the map says where it is, and the share how much it shows."""
    part = original.crop((150, 100, 1050, 775))
    (there,), (back,) = evidence_of([jpeg(original), jpeg(part)])
    assert (there.kind, there.is_contained, there.is_framed) == ("copy", True, False)
    assert there.overlap == pytest.approx(0.5625, abs=0.01)
    assert there.transform == "900 x 675, cropped 44 %"
    assert there.matrix == pytest.approx((0.75, 0, 0.125, 0, 0.75, 1 / 9), abs=0.01)
    assert (back.is_contained, back.overlap) == (False, 1.0)
    assert back.transform == "1,200 x 900, shows 78 % more"


def test_a_picture_with_more_pixels_than_the_region_is_another_shot(with_opencv, original):
    """A zoom is not a crop: no copy has detail that the whole does not have."""
    nearer = original.crop((150, 100, 1050, 775)).resize((1800, 1350), Image.Resampling.BICUBIC)
    (found,) = compared([jpeg(original), jpeg(nearer)])
    assert found.kind == "shot"
    assert not found.first_inside and not found.second_inside


def test_shifted_frames_are_other_shots(with_opencv, original):
    """Of two overlapping parts neither holds the other."""
    large = scene(2, (1600, 1100))
    one, other = large.crop((0, 0, 1200, 900)), large.crop((150, 120, 1350, 1020))
    (found,) = compared([jpeg(one), jpeg(other)])
    assert found.kind == "shot"


def test_borders_and_captions_are_framed(with_opencv, original):
    """The picture itself is the one inside, whichever way it is asked."""
    bordered = ImageOps.expand(original, 60, "white")
    captioned = Image.new("RGB", (1200, 1060), "white")
    captioned.paste(original, (0, 0))
    screen = Image.new("RGB", (1600, 2400), "#202020")
    screen.paste(original, (200, 700))
    there, back = evidence_of([jpeg(original), jpeg(bordered), jpeg(captioned), jpeg(screen)])
    assert [found.kind for found in there] == ["copy"] * 3
    assert all(found.is_framed and not found.is_contained and found.overlap == 1.0 for found in there)
    assert all(found.is_framed and found.is_contained for found in back)
    assert there[0].transform == "1,320 x 1,020, with a border or caption"
    assert there[2].transform == "1,600 x 2,400, in a larger picture"
    assert back[0].transform == "1,200 x 900, without what is around it"


def test_what_is_painted_over_is_altered(backend, original):
    """A copy of which a part differs is shown, and is not called a copy."""
    changed = original.copy()
    ImageDraw.Draw(changed).rectangle((500, 300, 760, 520), fill="white", outline="black", width=20)
    (there,), _ = evidence_of([jpeg(original), jpeg(changed)])
    assert there.kind == "altered"
    assert there.transform == "a part differs"


def slide(text: str) -> Image.Image:
    page = Image.new("RGB", (1920, 1080), "black")
    draw = ImageDraw.Draw(page)
    from PIL import ImageFont

    for y, line in ((240, text), (410, f"Local time: {text[::-1]}"), (490, f"UTC: {text}")):
        draw.text((960, y), line, "#e0a030", font=ImageFont.load_default(64), anchor="ma")
    return page


def test_slides_of_one_template_are_not_copies(backend):
    """Pages that differ in a few letters are never proposed for removal."""
    pages = [slide("Auckland 08:34:30"), slide("Baltimor 21:36:30"), slide("Auckland 08:34:39")]
    for quality in (95, 60):
        files = [jpeg(page, quality) for page in pages]
        kinds = {found.kind for found in compared(files, [(0, 1), (0, 2), (1, 2)])}
        assert kinds <= {"altered", "shot", None}
    (same,) = compared([jpeg(pages[0]), jpeg(pages[0].resize((960, 540)))])
    assert same.kind in ("copy", "altered")


def test_other_pictures_are_none_of_all_this(backend, original):
    """Two scenes have nothing in common."""
    assert compared([jpeg(original), jpeg(scene(2)), jpeg(scene(3))]) == [Comparison(None)] * 2
    facts = facts_of([jpeg(original), jpeg(scene(2))])
    assert Comparison(None).evidence(facts.size(0), facts.size(1)) is None


def test_equal_pixels_are_found_across_formats(backend, original):
    """PNG, lossless WebP and a progressive JPEG hold the same pixels; another compression does not."""
    data = jpeg(original, 90)
    from io import BytesIO

    decoded = Image.open(BytesIO(data)).convert("RGB")
    files = [data, encoded(decoded, "PNG"), encoded(decoded, "WEBP", lossless=True), jpeg(decoded, 90)]
    there, back = evidence_of(files)
    assert [found.kind for found in there] == ["pixels", "pixels", "copy"]
    assert [found.kind for found in back] == ["pixels", "pixels", "copy"]
    assert (there[0].transform, there[0].matrix, there[0].overlap) == ("", (), 1.0)
    assert [found.kind for found in compared(files, digest=None)] == ["copy"] * 3
    assert [found.kind for found in compared(files, digest=lambda i: None)] == ["copy"] * 3


def test_equal_coded_pixels_need_not_be_read():
    """Files that differ in metadata alone are told by their digests."""
    files = [jpeg(scene(4, (64, 48)))] * 2
    facts = facts_of(files, coded=[b"one", b"one"])
    assert compared(files, facts=facts, digest=None) == [SAME_PIXELS]
    found = compare_pairs(np.array([0]), np.array([1]), lambda i: pytest.fail("read"), facts)
    assert [result for _, results in found for result in results] == [SAME_PIXELS]


def taken(local_s: float, precision="second", source="EXIF DateTimeOriginal") -> Taken:
    return Taken(local_s, None, precision, source)


@pytest.mark.parametrize(
    ("one", "other", "cameras", "kind"),
    [
        (taken(100), taken(101), ("A", "A"), "shot"),
        (taken(100), taken(100), ("A", "A"), "copy"),
        (taken(100), taken(101), ("A", "B"), "copy"),
        (taken(100), taken(101), ("", ""), "copy"),
        (taken(100), None, ("A", "A"), "copy"),
        (taken(100.25, "subsecond"), taken(100.5, "subsecond"), ("A", "A"), "shot"),
        (taken(100.25, "subsecond"), taken(100), ("A", "A"), "copy"),
        (taken(100, source="EXIF DateTime"), taken(900), ("A", "A"), "copy"),
        (taken(100, source="file name"), taken(900, source="file name"), ("A", "A"), "copy"),
        (taken(86400, "day"), taken(0, "day"), ("A", "A"), "copy"),
    ],
)
def test_one_camera_at_two_times_made_two_exposures(backend, original, one, other, cameras, kind):
    """However alike they are; only times of the exposure count, fractions of a second only if both have them."""
    files = [jpeg(original), jpeg(original, 50)]
    facts = facts_of(files, cameras=cameras, taken=[one, other])
    assert [found.kind for found in compared(files, facts=facts)] == [kind]


def test_an_animation_is_not_removed_for_its_first_frame(backend, original):
    """A file that holds more than is compared is no copy of a still, nor the still of it."""
    small = original.resize((400, 300))
    moving = encoded(small, "GIF", save_all=True, append_images=[scene(7, (400, 300))])
    (found,) = compared([jpeg(small), moving])
    assert found.kind in ("altered", None)


def test_results_do_not_depend_on_order_threads_and_runs(backend, original):
    """The two directions, one thread or several, all at once or in small runs: the same, but for the direction."""
    files = [
        jpeg(original),
        jpeg(original.crop((60, 60, 1140, 860))),
        jpeg(scene(2)),
        jpeg(original.resize((400, 300))),
    ]
    pairs = [(i, j) for i in range(4) for j in range(i + 1, 4)]
    facts = facts_of(files)
    once = compared(files, pairs, facts=facts)
    assert compared(files, pairs, facts=facts, n_threads=1, at_a_time=2) == once
    back = compared(files, [pair[::-1] for pair in pairs], facts=facts, n_threads=3)
    assert [found.kind for found in back] == [found.kind for found in once]
    for found, other in zip(once, back, strict=True):
        assert found.reversed().matrix == pytest.approx(other.matrix, abs=1e-5)
        assert (found.first_inside, found.is_framed) == (other.second_inside, other.is_framed)
    order = [3, 1, 0, 2]
    moved = facts_of([files[i] for i in order])
    again = compared([files[i] for i in order], [(order.index(i), order.index(j)) for i, j in pairs], facts=moved)
    assert again == once


def test_comparisons_are_kept_in_few_bytes(original):
    """What is unpacked is what was packed; anything else is refused."""
    found = compared([jpeg(original), jpeg(ImageOps.mirror(original).convert("L"))])[0]
    assert Comparison.unpacked(found.packed()) == found
    assert Comparison.unpacked(Comparison(None).packed()) == Comparison(None)
    assert Comparison.unpacked(SAME_PIXELS.packed()) == SAME_PIXELS
    for wrong in (b"", bytes(27), b"\x63" + bytes(27)):
        with pytest.raises(ValueError, match="kept comparison"):
            Comparison.unpacked(wrong)


def small(width: int, height: int, colour: str = "grey") -> bytes:
    return encoded(Image.new("RGB", (width, height), colour), "PNG")


def test_plain_tiny_and_long_pictures_are_not_copies_of_others(backend):
    """Without texture nothing is said, whatever the size."""
    files = [
        small(800, 600),
        small(801, 600, "silver"),
        small(1, 1),
        small(2, 2, "red"),
        small(3000, 2),
        small(4, 3000),
    ]
    pairs = [(i, j) for i in range(6) for j in range(i + 1, 6)]
    assert {found.kind for found in compared(files, pairs)} == {None}


def test_pictures_that_cannot_be_read_have_no_result():
    """They are not the same as pictures that differ: they may be read another time."""
    files = [small(30, 20), small(40, 20), small(50, 20)]
    facts = facts_of(files)
    load = {0: SmallPicture(np.zeros((20, 30, 3), np.uint8)), 1: None, 2: SmallPicture(np.zeros((20, 50, 3), np.uint8))}
    runs = compare_pairs(np.array([0, 0, 1]), np.array([1, 2, 2]), load.get, facts)
    assert [found for _, results in runs for found in results] == [None, Comparison(None), None]


def test_transparent_pictures_are_compared_as_they_are_shown(backend, original):
    """On white, as everywhere in the program; but a picture that has lost its transparency has other pixels."""
    layer = original.convert("RGBA")
    layer.putalpha(Image.linear_gradient("L").resize(original.size))
    page = Image.new("RGB", original.size, "white")
    page.paste(layer, (0, 0), layer)
    (found,) = compared([encoded(layer, "PNG"), encoded(page, "PNG")])
    assert found.kind == "copy"


def test_results_with_and_without_opencv_have_other_versions(monkeypatch):
    """A machine that gets OpenCV later compares again."""
    monkeypatch.setattr(planes, "has_opencv", lambda: True)
    one = version()
    monkeypatch.setattr(planes, "has_opencv", lambda: False)
    assert one != version()


def test_both_backends_filter_alike(with_opencv, monkeypatch):
    """Blur, mean and warp give the same values but for rounding."""
    plane = np.random.default_rng(0).uniform(0, 255, (70, 95)).astype(np.float32)
    to_plane = np.array([[0.9, 0.1, 3.0], [-0.1, 1.1, 2.5], [0, 0, 1]])

    def results():
        return (
            planes.blurred(plane, 1.3),
            planes.blurred(plane, 9.0),
            planes.local_mean(plane, 33),
            planes.warped(plane, to_plane, (60, 80)),
        )

    ours = results()
    monkeypatch.setattr(planes, "has_opencv", lambda: False)
    for one, other in zip(ours, results(), strict=True):
        assert np.abs(one - other).max() < 2.0
        assert np.abs(one - other).mean() < 0.2


def test_alignment_finds_a_tenth_of_a_pixel(backend):
    """From a start that is a pixel off, under another contrast."""
    from copies_samples import scene as made

    grey = np.asarray(made(5, (240, 180)).convert("L"), np.float32)
    true = np.array([[1.004, 0.006, 0.7], [-0.006, 0.998, -0.6], [0, 0, 1]])
    moved = planes.warped(planes.blurred(grey, 1.0), true, grey.shape) * 0.8 + 20
    found = planes.aligned(moved, planes.blurred(grey, 1.0), moved > 20)
    corners = np.array([[10, 230, 230, 10], [10, 10, 170, 170], [1, 1, 1, 1]], float)
    assert np.abs((found @ corners - true @ corners)[:2]).max() < 0.15


def test_other_colours_of_the_same_shapes_are_no_copy(backend, original):
    """A dress in another colour is another product; a change of all colours is a copy."""
    ycc = np.asarray(original.convert("YCbCr")).copy()
    ycc[200:700, 300:900, 1:] = 255 - ycc[200:700, 300:900, 1:]
    dyed = Image.merge("YCbCr", [Image.fromarray(ycc[..., i]) for i in range(3)]).convert("RGB")
    pale = ImageEnhance.Color(original).enhance(0.5)
    assert [found.kind for found in compared([jpeg(original), jpeg(dyed), jpeg(pale)])] == ["altered", "copy"]


def test_small_details_are_seen_in_a_closer_look(backend, original):
    """A word on a large picture makes another one of it; without a closer look it is not seen."""
    from PIL import ImageFont

    pages = []
    for text in ("14 July", "25 June"):
        page = original.resize((2400, 1800))
        ImageDraw.Draw(page).rectangle((1900, 1640, 2300, 1760), fill="white")
        ImageDraw.Draw(page).text((1940, 1660), text, "black", font=ImageFont.load_default(64))
        pages.append(jpeg(page))
    assert [found.kind for found in compared(pages)] == ["altered"]


@pytest.mark.parametrize("seed", [3, 6])
def test_one_digit_that_differs_in_busy_texture_stands_out(seed):
    """Though its block agrees no worse than those of a coarse copy do: there, all of them are as bad."""
    pytest.importorskip("cv2")

    def stamped(date, quality):
        photograph = scene(seed, (1600, 1200))
        font = ImageFont.load_default(size=40)
        ImageDraw.Draw(photograph).text((100, 1080), date, fill=(255, 150, 40), font=font)
        return jpeg(photograph, quality=quality)

    files = [stamped("2019-07-12", 88), stamped("2019-07-12", 20), stamped("2019-07-18", 75)]
    assert [found.kind for found in compared(files)] == ["copy", "altered"]
