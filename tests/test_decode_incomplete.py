"""Pictures without their end: what is there is read, with a note; less than half is a skip."""

import numpy as np
import pytest
from PIL import Image

from imagecluster.decode import Frame, decode, read_bytes
from imagecluster.errors import DecodeError
from picture_samples import as_stored, corners, difference, encoded, exif, smooth_noise

IMAGE = smooth_noise(400, 320, grain_px=40)
KINDS = {
    "baseline": {},
    "full colour": {"subsampling": 0},
    "grey": {"grey": True},
    "restarts by row": {"restart_marker_rows": 1},
    "restarts by block": {"restart_marker_blocks": 3},
    "progressive": {"progressive": True},
    "CMYK": {"cmyk": True},
}


def jpeg(kind, image=IMAGE, **more):
    """A JPEG of a kind."""
    options = dict(KINDS[kind])
    mode = "L" if options.pop("grey", False) else "CMYK" if options.pop("cmyk", False) else "RGB"
    return encoded(image.convert(mode), "JPEG", quality=90, **options, **more)


def rows_of_data(data):
    """Where the pixels of a JPEG begin."""
    return data.index(b"\xff\xda") + 12


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "behind", [b"", b"\xff", b"\xff\xd9trailer", bytes(3000), b"ftypmp42\xff\xc0\xff\xfe", "jpeg", "noise"]
)
def test_a_picture_that_is_all_there_is_read_as_a_whole(kind, behind):
    """Without end marker, whatever stands in its place, the pixels are those of the whole file, without a note."""
    data = jpeg(kind)
    tail = {"jpeg": jpeg("baseline", corners()), "noise": np.random.default_rng(3).bytes(5000)}.get(behind, behind)
    whole = decode(data, short_side_px=64)
    found = decode(data[:-2] + tail, short_side_px=64)
    assert (found.image.tobytes(), found.metadata) == (whole.image.tobytes(), whole.metadata)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "progressive"])
@pytest.mark.parametrize("share", [0.6, 0.8, 0.97])
def test_rows_that_are_there_are_read(kind, share):
    """The upper part is what comes, with the size of the whole, and the note says how much is missing."""
    data = jpeg(kind)
    start = rows_of_data(data)
    found = decode(data[: start + int((len(data) - start) * share)], short_side_px=64)
    assert found.metadata.note.startswith("incomplete: last ")
    missing = int(found.metadata.note.split()[2]) / 100
    assert missing == pytest.approx(1 - share, abs=0.12)
    assert (found.metadata.width_px, found.metadata.height_px) == IMAGE.size
    there = IMAGE.convert("L" if kind == "grey" else "RGB").crop((0, 0, 400, round(320 * (1 - missing))))
    assert difference(found.image, there.resize(found.image.size).convert("RGB")) < 8


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "progressive"])
def test_less_than_half_is_a_skip(kind):
    """The reason says how much is missing."""
    data = jpeg(kind)
    start = rows_of_data(data)
    with pytest.raises(DecodeError, match=r"^incomplete: last [5-9]\d % missing$"):
        decode(data[: start + (len(data) - start) // 4], short_side_px=64)


def test_of_a_progressive_picture_detail_is_missing():
    """Its first scan is the whole picture, so that a cut anywhere behind it leaves a coarser one."""
    data = jpeg("progressive")
    found = decode(data[: len(data) // 2], short_side_px=64)
    assert found.metadata.note == "incomplete: fine detail is missing"
    assert difference(found.image, decode(data, short_side_px=64).image) < 8


def test_an_incomplete_picture_is_upright_and_framed():
    """Orientation and frames are as for whole pictures."""
    data = jpeg("baseline", as_stored(IMAGE, 6), exif=exif(orientation=6))
    start = rows_of_data(data)
    found = decode(data[: start + int((len(data) - start) * 0.95)], short_side_px=64, frame=Frame(32, 32))
    assert found.metadata.note
    assert (found.metadata.width_px, found.metadata.height_px) == IMAGE.size
    assert found.framed.size == (32, 32)
    n_rows = round(400 * (1 - int(found.metadata.note.split()[2]) / 100))
    there = as_stored(IMAGE, 6).crop((0, 0, 320, n_rows)).transpose(Image.Transpose.ROTATE_270)
    assert difference(found.framed, there.resize((32, 32))) < 8


def test_a_whole_picture_has_no_note():
    """Nothing is said of what is complete."""
    assert decode(jpeg("baseline"), short_side_px=64).metadata.note == ""


@pytest.mark.parametrize("cut", [2, 20, 200, 500])
def test_what_breaks_off_in_its_header_is_a_skip(cut):
    """No scan has begun."""
    with pytest.raises(DecodeError):
        decode(jpeg("baseline")[:cut], short_side_px=64)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "progressive"])
@pytest.mark.parametrize("share", [0.3, 0.6, 0.95])
def test_zeros_in_place_of_the_end_are_not_a_picture(kind, share):
    """A failed download that was filled up is as incomplete as one that was cut off there."""
    data = jpeg(kind)
    at = rows_of_data(data) + int((len(data) - rows_of_data(data)) * share)
    filled = data[:at] + bytes(max(400, len(data) - at))
    if share < 0.5:
        with pytest.raises(DecodeError, match=r"^incomplete: last \d\d % missing$"):
            decode(filled, short_side_px=64)
        return
    found, cut = decode(filled, short_side_px=64), decode(data[:at], short_side_px=64)
    assert found.metadata.note.startswith("incomplete: last ")
    assert difference(found.image, cut.image.resize(found.image.size)) < 8


def test_zeros_behind_a_whole_picture_do_not_matter():
    """Some programs fill files up to whole blocks."""
    whole, found = decode(jpeg("baseline"), short_side_px=64), decode(jpeg("baseline") + bytes(4096), short_side_px=64)
    assert (found.image.tobytes(), found.metadata) == (whole.image.tobytes(), whole.metadata)


OTHER_KINDS = {
    "PNG": ("PNG", "RGB", {}),
    "PNG with alpha": ("PNG", "RGBA", {}),
    "PNG, grey": ("PNG", "L", {}),
    "PNG, bilevel": ("PNG", "1", {}),
    "PNG, palette": ("PNG", "P", {}),
    "PNG, 16 bits": ("PNG", "I;16", {}),
    "WebP": ("WEBP", "RGB", {"quality": 85}),
    "WebP with profile and alpha": ("WEBP", "RGBA", {"quality": 85, "exact": True}),
}


@pytest.mark.parametrize("kind", OTHER_KINDS)
@pytest.mark.parametrize("share", [0.3, 0.7, 0.98])
def test_png_and_webp_that_break_off(kind, share):
    """The upper rows are what comes, with format and size of the whole; less than half is a skip."""
    name, mode, options = OTHER_KINDS[kind]
    image = IMAGE.convert("L").convert("I;16") if mode == "I;16" else IMAGE.convert(mode)
    data = encoded(image, name, **options)
    whole, cut = decode(data, short_side_px=64), data[: int(len(data) * share)]
    if share < 0.5:
        with pytest.raises(DecodeError, match=r"^incomplete: last \d+ % missing$"):
            decode(cut, short_side_px=64)
        return
    found = decode(cut, short_side_px=64)
    assert found.metadata.note.startswith("incomplete: last ")
    assert (found.metadata.format, found.metadata.width_px, found.metadata.height_px) == (name, *IMAGE.size)
    n_rows = round(whole.image.height * (1 - int(found.metadata.note.split()[2]) / 100))
    there = whole.image.crop((0, 0, whole.image.width, n_rows))
    assert difference(found.image, there.resize(found.image.size)) < 16


def test_a_png_whose_end_was_overwritten_is_read_as_far_as_it_goes():
    """Zeros in place of the last pixels."""
    data = encoded(IMAGE, "PNG")
    at = int(len(data) * 0.8)
    assert decode(data[:at] + bytes(len(data) - at), short_side_px=64).metadata.note.startswith("incomplete: last ")


def test_of_a_lossless_webp_something_is_read_or_the_reason_is_said():
    """Its decoder refuses most of what could stand in place of the end."""
    data = encoded(IMAGE, "WEBP", lossless=True)
    for share in (0.4, 0.7, 0.9, 0.99):
        try:
            note = decode(data[: int(len(data) * share)], short_side_px=64).metadata.note
        except DecodeError as error:
            note = str(error)
        assert note.startswith("incomplete: ")


@pytest.mark.photos
def test_panoramas_of_phones_equal_the_whole_files(photos):
    """Without end marker, with a video or a picture behind: the pixels of the whole file; half of one is a skip."""
    folder = photos / "reports" / "phone-panorama-without-end-marker"
    for number in (0, 1):
        whole = decode(read_bytes(folder / f"pano{number}.jpg"), short_side_px=100)
        for kind in ("no_end", "video_behind", "jpeg_behind"):
            found = decode(read_bytes(folder / f"pano{number}_{kind}.jpg"), short_side_px=100)
            assert (found.image.tobytes(), found.metadata) == (whole.image.tobytes(), whole.metadata)
    with pytest.raises(DecodeError, match="incomplete: last 60 % missing"):
        decode(read_bytes(folder / "half.jpg"), short_side_px=100)
