"""What a picture says of itself: time and place."""

import calendar

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import PngImagePlugin

from imagecluster.decode import decode
from imagecluster.decode.exif import Exif, read_exif
from picture_samples import (
    corners,
    encoded,
    exif,
    heif,
)

WHEN = b"2015:07:03 10:04:43\0"
WHEN_S = calendar.timegm((2015, 7, 3, 10, 4, 43))


def taken(block):
    """Time and source of the most trusted date in an EXIF block."""
    dates = read_exif(block).dates
    return (dates[0].local_s, dates[0].source) if dates else None


@pytest.mark.parametrize("order", ["<", ">"])
def test_time_and_place_are_read_in_both_byte_orders(order):
    """DateTimeOriginal is read as it is, degrees carry their hemisphere's sign."""
    gps = ((b"S\0", [33, 1, 51, 1, 1242, 100]), (b"E\0", [151, 1, 1230, 100, 0, 1]))
    block = exif(original=WHEN, changed=b"2020:01:01 00:00:00\0", gps=gps, order=order)
    metadata = decode(encoded(corners(), "JPEG", exif=block), short_side_px=8).metadata
    assert metadata.taken_s == WHEN_S
    assert metadata.latitude_deg == pytest.approx(-(33 + 51 / 60 + 12.42 / 3600))
    assert metadata.longitude_deg == pytest.approx(151 + 12.3 / 60)


@pytest.mark.parametrize("format_name", ["PNG", "WEBP", "AVIF", "JPEG"])
def test_exif_is_read_from_each_format(format_name):
    """Time is found wherever a format keeps EXIF."""
    data = encoded(corners(), format_name, exif=exif(original=WHEN))
    assert decode(data, short_side_px=8).metadata.taken_s == WHEN_S


def test_exif_is_read_from_tiff_and_heif():
    """A TIFF keeps the tags beside the picture's own, a HEIF in a block."""
    assert decode(heif(corners(), exif=exif(original=WHEN)), short_side_px=8).metadata.taken_s == WHEN_S
    tiff = encoded(corners(), "TIFF", tiffinfo={306: "2015:07:03 10:04:43"})
    assert decode(tiff, short_side_px=8).metadata.taken_s == WHEN_S


def test_exif_in_the_text_of_a_png_is_read():
    """ImageMagick writes EXIF into a PNG as lines of hex digits."""
    block = exif(original=WHEN)
    text = PngImagePlugin.PngInfo()
    text.add_text("Raw profile type exif", f"\nexif\n{len(block):8}\n{block.hex()}\n")
    assert decode(encoded(corners(), "PNG", pnginfo=text), short_side_px=8).metadata.taken_s == WHEN_S


def test_the_order_of_the_dates():
    """Original comes before digitised, digitised before changed; blank ones are passed over."""
    changed, blank = b"2019:01:01 00:00:00\0", b"    :  :     :  :  \0"
    assert taken(exif(digitized=WHEN, changed=changed)) == (WHEN_S, "EXIF DateTimeDigitized")
    assert taken(exif(original=blank, changed=WHEN)) == (WHEN_S, "EXIF DateTime")
    assert taken(exif(changed=WHEN)) == (WHEN_S, "EXIF DateTime")


@pytest.mark.parametrize(
    ("date", "expected"),
    [
        (b"1970:01:01 00:00:01\0", 1),
        (b"1969:12:31 23:59:59\0", -1),
        (b"2015-07-03T10:04:43\0", WHEN_S),
        (b"2015:07:03\0", WHEN_S - 36283),
        (b"0000:00:00 00:00:00\0", None),
        (b"1601:06:06 16:39:33\0", None),
        (b"2015:02:29 10:00:00\0", None),
        (b"2015:13:01 10:00:00\0", None),
        (b"2015:07:03 24:08:19\0", WHEN_S - 36283 + 499),
        (b"2999:01:01 00:00:00\0", None),
        (b"yesterday at noon \0", None),
        (b"\xff\xfe\x00", None),
    ],
)
def test_impossible_dates_are_absent(date, expected):
    """A date before photography, after tomorrow or in no calendar is absent, and the next date counts."""
    next_s = calendar.timegm((2013, 1, 1, 0, 0, 0))
    found = taken(exif(original=date, digitized=b"2013:01:01 00:00:00\0"))
    assert found == ((next_s, "EXIF DateTimeDigitized") if expected is None else (expected, "EXIF DateTimeOriginal"))
    assert taken(exif(original=date)) == (None if expected is None else (expected, "EXIF DateTimeOriginal"))


@pytest.mark.parametrize(
    "gps",
    [
        ((b"N\0", [0, 1, 0, 1, 0, 1]), (b"E\0", [0, 1, 0, 1, 0, 1])),
        ((b"N\0", [91, 1, 0, 1, 0, 1]), (b"E\0", [8, 1, 0, 1, 0, 1])),
        ((b"N\0", [47, 1, 0, 1, 0, 1]), (b"E\0", [181, 1, 0, 1, 0, 1])),
        ((b"N\0", [47, 0, 0, 1, 0, 1]), (b"E\0", [8, 1, 0, 1, 0, 1])),
        ((b"?\0", [47, 1, 0, 1, 0, 1]), (b"E\0", [8, 1, 0, 1, 0, 1])),
        ((b"N\0", [47, 1, 5, 0, 0, 1]), (b"E\0", [8, 1, 0, 1, 0, 1])),
    ],
)
def test_impossible_places_are_absent(gps):
    """The exact 0, 0, degrees out of range, division by zero and no hemisphere give no place at all."""
    assert read_exif(exif(gps=gps)).place is None


def test_empty_seconds_of_a_place_are_no_seconds():
    """Receivers that give minutes with a fraction write 0/0 seconds."""
    found = read_exif(exif(gps=((b"N\0", [47, 1, 305, 10, 0, 0]), (b"W\0", [8, 1, 0, 1, 0, 0])))).place
    assert found.latitude_deg == pytest.approx(47 + 30.5 / 60)
    assert found.longitude_deg == -8


@given(st.binary(max_size=200) | st.binary(max_size=200).map(lambda tail: b"Exif\0\0II*\0\x08\0\0\0" + tail))
def test_broken_exif_never_fails(block):
    """Any bytes at all give fields that are absent or in range."""
    found = read_exif(block)
    assert found.orientation is None or 1 <= found.orientation <= 8
    assert found.place is None or abs(found.place.latitude_deg) <= 90


@given(st.data())
def test_damage_to_exif_never_fails(data):
    """A sound block with some bytes changed is read or ignored."""
    gps = ((b"N\0", [47, 1, 5, 1, 0, 1]), (b"E\0", [8, 1, 0, 1, 0, 1]))
    block = bytearray(exif(orientation=6, original=WHEN, gps=gps))
    for position in data.draw(st.lists(st.integers(6, len(block) - 1), max_size=8)):
        block[position] = data.draw(st.sampled_from([0, 1, 12, 255]))
    assert isinstance(read_exif(bytes(block)), Exif)


def test_broken_exif_does_not_fail_the_picture():
    """A picture with a damaged EXIF block is a picture without metadata."""
    data = encoded(corners(), "JPEG", exif=b"Exif\0\0II*\0\xff\xff\xff\xff")
    metadata = decode(data, short_side_px=64).metadata
    assert (metadata.taken_s, metadata.latitude_deg) == (None, None)
