"""Cameras' raw files."""

import calendar

import numpy as np
import pytest
from PIL import Image

from imagecluster.decode import decode
from picture_samples import (
    as_stored,
    corners,
    difference,
    dng,
)


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
@pytest.mark.parametrize("preview", ["stored", "small", None])
def test_raw_files_are_upright_with_and_without_a_preview(orientation, preview):
    """The preview is used where it is large enough, the raw pixels are developed where it is not; both upright."""
    size = {"stored": (300, 200), "small": (60, 40)}.get(preview)
    stored_preview = None if size is None else as_stored(corners(*size), orientation)
    data = dng(as_stored(corners(600, 400), orientation), orientation=orientation, preview=stored_preview)
    picture = decode(data, short_side_px=100, suffix=".DNG")
    assert picture.image.size == (150, 100)
    assert (picture.metadata.width_px, picture.metadata.height_px, picture.metadata.format) == (600, 400, "RAW")
    assert picture.metadata.taken_s == calendar.timegm((2020, 2, 3, 4, 5, 6))
    strongest = [np.argmax(picture.image.getpixel(place)) for place in ((4, 4), (145, 4), (4, 95))]
    assert strongest == [0, 1, 2]


@pytest.mark.parametrize("orientation", [6, 8])
def test_a_raw_preview_that_is_upright_already_is_not_turned_again(orientation):
    """Where the preview's shape shows that it was turned, it stays as it is."""
    data = dng(as_stored(corners(600, 400), orientation), orientation=orientation, preview=corners(300, 200))
    assert difference(decode(data, short_side_px=100, suffix=".dng").image, corners(150, 100)) < 4


def test_a_dng_is_known_without_its_suffix():
    """A DNG shows its preview, not what Pillow takes for a TIFF, whatever the file is called."""
    data = dng(corners(600, 400), preview=corners(300, 200))
    assert decode(data, short_side_px=100, suffix=".tif").metadata.format == "RAW"


def test_a_raw_file_with_a_damaged_preview_is_developed():
    """The preview opens but its pixels cannot be decoded, so the raw pixels give the picture."""
    data = bytearray(dng(corners(600, 400), preview=Image.new("RGB", (300, 200))))
    tables = data.rindex(b"\xff\xc4")
    data[tables + 5 : tables + 21] = b"\xff" * 16
    picture = decode(bytes(data), short_side_px=100, suffix=".dng")
    assert np.argmax(picture.image.getpixel((4, 95))) == 2
