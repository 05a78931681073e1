"""Pictures in exactly the size that a network reads."""

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageOps

from imagecluster.decode import Frame, decode
from imagecluster.errors import ArgumentError


def drawn(width, height, mode="RGB", seed=0):
    """A picture with detail at every scale."""
    levels = np.random.default_rng(seed).integers(0, 256, (height // 3 + 1, width // 3 + 1, 3), np.uint8)
    image = Image.fromarray(levels).resize((width, height), Image.Resampling.BICUBIC)
    return image.convert(mode)


def saved(image, kind="PNG", **options):
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
@pytest.mark.parametrize("size", [(640, 480), (300, 900), (100, 60)])
def test_a_squashed_jpeg_equals_pillow_to_the_last_level(mode, size):
    """Whole decode, RGB, bicubic: what Keras users do; grey is repeated."""
    data = saved(drawn(*size, mode), "JPEG", quality=92)
    picture = decode(data, short_side_px=64, frame=Frame(224, 224))
    expected = Image.open(io.BytesIO(data)).convert("RGB").resize((224, 224), Image.Resampling.BICUBIC)
    np.testing.assert_array_equal(np.asarray(picture.framed), np.asarray(expected))
    assert min(picture.image.size) == 64
    assert (picture.metadata.width_px, picture.metadata.height_px) == size


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_turned_picture_is_framed_upright(orientation):
    """Turned before it is resized, so that the values are those of the upright picture."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = saved(drawn(200, 120), "JPEG", exif=exif)
    picture = decode(data, short_side_px=32, frame=Frame(60, 50))
    upright = ImageOps.exif_transpose(Image.open(io.BytesIO(data)))
    np.testing.assert_array_equal(
        np.asarray(picture.framed), np.asarray(upright.resize((60, 50), Image.Resampling.BICUBIC))
    )
    assert (picture.metadata.width_px, picture.metadata.height_px) == upright.size
    assert picture.image.size == ((53, 32) if orientation < 5 else (32, 53))


def test_a_real_photograph_equals_pillow(photos):
    """Camera JPEGs, upright ones and turned ones."""
    files = sorted((photos / "exif_orientation").rglob("*.jpg"))[:8]
    assert files
    for file in files:
        framed = decode(file.read_bytes(), short_side_px=64, frame=Frame(224, 224)).framed
        with Image.open(file) as image:
            upright = ImageOps.exif_transpose(image).convert("RGB")
        np.testing.assert_array_equal(np.asarray(framed), np.asarray(upright.resize((224, 224), 3)))


def test_without_a_frame_there_is_none():
    """Nothing is decoded in full for nothing."""
    assert decode(saved(drawn(90, 70)), short_side_px=64).framed is None


def test_a_crop_scales_the_short_side_and_takes_the_middle():
    """The long side is rounded down, as transformers' image processors do."""
    image = drawn(301, 200)
    framed = Frame(96, 96, fit="crop", interpolation="bilinear", short_side_px=110).apply(image)
    scaled = image.resize((301 * 110 // 200, 110), Image.Resampling.BILINEAR)
    left, top = (165 - 96) // 2, (110 - 96) // 2
    np.testing.assert_array_equal(np.asarray(framed), np.asarray(scaled.crop((left, top, left + 96, top + 96))))


def test_a_padded_picture_is_whole_and_in_the_middle():
    """What is left over has the colour of the fill."""
    image = Image.new("RGB", (200, 100), (255, 0, 0))
    framed = np.asarray(Frame(64, 64, fit="pad", fill=(1, 2, 3)).apply(image))
    assert (framed[16:48] == (255, 0, 0)).all()
    assert (framed[:16] == (1, 2, 3)).all()
    assert (framed[48:] == (1, 2, 3)).all()


@given(
    width=st.integers(1, 400),
    height=st.integers(1, 400),
    target=st.tuples(st.integers(1, 40), st.integers(1, 40)),
    fit=st.sampled_from(["squash", "crop", "pad"]),
)
def test_every_picture_fits_into_every_frame(width, height, target, fit):
    """However long it is: the size is the frame's, and the middle shows the picture."""
    framed = Frame(*target, fit=fit).apply(Image.new("RGB", (width, height), (9, 9, 9)))
    assert framed.size == target
    assert np.asarray(framed)[(target[1] - 1) // 2, (target[0] - 1) // 2].tolist() == [9, 9, 9]


def test_a_very_long_picture_is_cut_before_it_is_scaled():
    """A line of pixels is not blown up to a picture of gigabytes."""
    assert Frame(224, 224, fit="crop").apply(Image.new("RGB", (30_000, 2))).size == (224, 224)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"width_px": 0, "height_px": 5}, "at least 1"),
        ({"width_px": 5, "height_px": 5, "fit": "cover"}, "fit is 'cover'; it must be one of squash, crop, pad"),
        ({"width_px": 5, "height_px": 5, "interpolation": "nearest"}, "interpolation is 'nearest'"),
        ({"width_px": 5, "height_px": 9, "fit": "crop", "short_side_px": 8}, "short_side_px is 8; .* at least 9"),
    ],
)
def test_a_frame_that_makes_no_sense_is_refused(arguments, message):
    """With what was got and what is allowed."""
    with pytest.raises(ArgumentError, match=message):
        Frame(**arguments)
