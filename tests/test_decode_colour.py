"""Every colour mode becomes 8-bit RGB."""

import numpy as np
import pytest
from PIL import Image, ImageCms, ImageDraw

from imagecluster.decode import decode
from picture_samples import corners, difference, encoded, half_transparent, heif, pixels, tiff_structure


def grey_ramp():
    """A smooth ramp of 64 x 64, bright to the right, in floats of 0 to 1."""
    return np.tile(np.linspace(0, 1, 64), (64, 1))


def keyed_palette(**options):
    """A palette picture: red on the left, the transparent colour on the right."""
    image = Image.new("P", (64, 64), 0)
    image.putpalette([255, 0, 0, 0, 0, 255])
    image.paste(1, (32, 0, 64, 64))
    return encoded(image, transparency=1, **options)


def test_grey_becomes_rgb():
    """One channel becomes three equal ones."""
    image = Image.fromarray((grey_ramp() * 255).astype(np.uint8))
    picture = decode(encoded(image, "JPEG", quality=100), short_side_px=64).image
    assert picture.mode == "RGB"
    assert difference(picture, image.convert("RGB")) < 1


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(encoded(half_transparent("RGBA"), "PNG"), id="RGBA"),
        pytest.param(encoded(half_transparent("RGBA"), "WEBP", lossless=True, exact=True), id="WebP"),
        pytest.param(encoded(half_transparent("RGBA"), "TIFF"), id="TIFF"),
        pytest.param(keyed_palette(format_name="PNG"), id="palette"),
        pytest.param(keyed_palette(format_name="GIF"), id="GIF"),
        pytest.param(encoded(half_transparent("RGBA").convert("RGB"), "PNG", transparency=(0, 0, 255)), id="key"),
    ],
)
def test_transparent_parts_are_white(data):
    """What lies hidden under full transparency does not show, whatever way the format marks it."""
    image = decode(data, short_side_px=64).image
    assert image.getpixel((8, 32)) == (255, 0, 0)
    assert image.getpixel((56, 32)) == (255, 255, 255)


def drawing(colour, *, mode="RGBA"):
    """Strokes of a colour on nothing, whose hidden colour is the same."""
    image = Image.new("RGBA", (300, 200), (*colour, 0))
    draw = ImageDraw.Draw(image)
    draw.ellipse((40, 30, 160, 150), outline=(*colour, 255), width=3)
    draw.line((20, 180, 280, 20), fill=(*colour, 200), width=2)
    return image.convert(mode)


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
@pytest.mark.parametrize("short_side_px", [20, 200])
def test_white_drawings_on_transparent_ground_can_be_seen(mode, short_side_px):
    """White on nothing lies on a dark ground, as it is meant to be seen; drawings of another colour on white."""
    white = pixels(decode(encoded(drawing((255, 255, 255), mode=mode), "PNG"), short_side_px=short_side_px).image)
    assert white[0, 0].max() < 60
    assert white.max() > 100
    black = pixels(decode(encoded(drawing((0, 0, 0), mode=mode), "PNG"), short_side_px=short_side_px).image)
    assert black[0, 0].min() == 255


def test_a_white_drawing_with_a_spot_of_colour_stays_on_white():
    """As soon as something can be seen on white, white is the ground."""
    image = drawing((255, 255, 255))
    image.paste((200, 0, 0, 255), (140, 90, 150, 95))
    assert decode(encoded(image, "PNG"), short_side_px=64).image.getpixel((0, 0)) == (255, 255, 255)


@pytest.mark.parametrize("alpha", [0, 255])
def test_nothing_at_all_is_white(alpha):
    """Without any visible stroke, or without any transparency, there is no other ground."""
    data = encoded(Image.new("RGBA", (64, 64), (255, 255, 255, alpha)), "PNG")
    assert decode(data, short_side_px=64).image.getpixel((9, 9)) == (255, 255, 255)


def test_half_transparent_parts_are_mixed_with_white():
    """Alpha of a half is the mean of the colour and white, also where the picture is reduced a lot."""
    data = encoded(Image.new("RGBA", (512, 512), (255, 0, 0, 128)), "PNG")
    colour = decode(data, short_side_px=16).image.getpixel((8, 8))
    assert np.abs(np.subtract(colour, (255, 127, 127))).max() <= 1


def test_grey_with_alpha_and_one_bit():
    """LA is laid on white, one bit is black and white."""
    la = Image.new("LA", (8, 8), (0, 0))
    assert decode(encoded(la, "PNG"), short_side_px=8).image.getpixel((4, 4)) == (255, 255, 255)
    bit = Image.new("1", (8, 8), 1)
    assert decode(encoded(bit, "PNG"), short_side_px=8).image.getpixel((4, 4)) == (255, 255, 255)


@pytest.mark.parametrize("format_name", ["JPEG", "TIFF"])
def test_cmyk_becomes_rgb(format_name):
    """Ink becomes light: cyan lacks red, and no ink is white."""
    image = Image.new("CMYK", (64, 64), (0, 0, 0, 0))
    image.paste((255, 0, 0, 0), (0, 0, 32, 64))
    decoded = decode(encoded(image, format_name), short_side_px=64).image
    assert np.abs(np.subtract(decoded.getpixel((8, 32)), (0, 255, 255))).max() <= 6
    assert np.abs(np.subtract(decoded.getpixel((56, 32)), (255, 255, 255))).max() <= 6


def test_lab_becomes_rgb():
    """A LAB TIFF has the colours that it was made from."""
    image = corners(64, 64)
    to_lab = ImageCms.buildTransform(ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"), "RGB", "LAB")
    data = encoded(ImageCms.applyTransform(image, to_lab), "TIFF")
    assert difference(decode(data, short_side_px=64).image, image) < 3


@pytest.mark.parametrize("format_name", ["PNG", "TIFF", "HEIF"])
def test_sixteen_bit_grey_is_scaled_not_clipped(format_name):
    """16-bit values keep their upper 8 bits; Pillow's own conversion would make the picture white."""
    ramp = Image.fromarray((grey_ramp() * 65535).astype(np.uint16))
    data = heif(ramp, quality=-1) if format_name == "HEIF" else encoded(ramp, format_name)
    picture = decode(data, short_side_px=64).image
    assert difference(picture, Image.fromarray((grey_ramp() * 255).astype(np.uint8)).convert("RGB")) < 1


def test_big_endian_sixteen_bit_grey():
    """A Motorola-order TIFF of 16 bits looks as its Intel-order twin."""
    values = (grey_ramp() * 65535).astype(np.uint16)
    tags = {
        256: ("I", [64]), 257: ("I", [64]), 258: ("H", [16]), 259: ("H", [1]), 262: ("H", [1]), 277: ("H", [1]),
        278: ("I", [64]), 273: ("I", [("blob", 0)]), 279: ("I", [8192]),
    }  # fmt: skip
    big = tiff_structure({"main": tags}, order=">", blobs=[values.astype(">u2").tobytes()])
    little = tiff_structure({"main": tags}, order="<", blobs=[values.astype("<u2").tobytes()])
    assert difference(decode(big, short_side_px=64).image, decode(little, short_side_px=64).image) == 0


@pytest.mark.parametrize("bits", [8, 12, 16])
def test_narrow_values_in_a_wide_container_are_not_black(bits):
    """12-bit and 8-bit values stored in 16 bits show as bright as they are meant."""
    ramp = Image.fromarray((grey_ramp() * (2**bits - 1)).astype(np.uint16))
    assert abs(pixels(decode(encoded(ramp, "TIFF"), short_side_px=64).image).mean() - 127) < 2


@pytest.mark.parametrize(
    ("low", "high", "dark", "bright"),
    [(0, 1, 0, 255), (0, 0.5, 0, 128), (0, 255, 0, 255), (0, 65535, 0, 255), (-1, 1, 0, 255), (0, 1e9, 0, 255)],
)
def test_floating_point_grey_is_scaled_by_the_range_that_holds_it(low, high, dark, bright):
    """0 to 1, 0 to 255 and 0 to 65535 are taken as such, other ranges are spread over black to white."""
    values = (low + grey_ramp() * (high - low)).astype(np.float32)
    picture = pixels(decode(encoded(Image.fromarray(values), "TIFF"), short_side_px=64).image)
    assert abs(picture.min() - dark) <= 1
    assert abs(picture.max() - bright) <= 1


def test_floats_that_are_no_numbers_are_black_or_white():
    """NaN and infinities neither fail nor spoil the range of the others."""
    values = grey_ramp().astype(np.float32)
    values[:8, :] = np.nan
    values[8:16, :] = np.inf
    picture = pixels(decode(encoded(Image.fromarray(values), "TIFF"), short_side_px=64).image)
    assert picture[2:6].max() == 0
    assert picture[10:14].min() == 255
    assert np.ptp(picture[40]) > 250


@pytest.mark.parametrize("value", [np.nan, -5.0, 0.0])
def test_constant_floats_do_not_divide_by_nothing(value):
    """A range of width 0, or no number at all, gives a picture of one colour."""
    image = Image.fromarray(np.full((8, 8), value, np.float32))
    assert np.ptp(pixels(decode(encoded(image, "TIFF"), short_side_px=8).image)) == 0


@pytest.mark.parametrize("kind", [np.uint16, np.float32, np.int32])
def test_large_deep_pictures_are_brought_to_eight_bits_in_parts(kind):
    """A picture above the size of a part has the same levels everywhere, also where its brightest pixel is last."""
    ramp = np.tile(np.linspace(0, 1, 1200), (1000, 1))
    ramp[:500] /= 2
    values = (ramp * 65535).astype(kind) if kind != np.float32 else ramp.astype(kind)
    found = decode(encoded(Image.fromarray(values), "TIFF"), short_side_px=50).image
    expected = Image.fromarray((ramp * 255).astype(np.uint8)).resize(found.size, Image.Resampling.LANCZOS)
    assert difference(found, expected.convert("RGB")) < 1


def test_signed_thirty_two_bit_grey():
    """32-bit whole numbers below zero are spread over black to white."""
    image = Image.fromarray((grey_ramp() * 2000 - 1000).astype(np.int32))
    picture = pixels(decode(encoded(image, "TIFF"), short_side_px=64).image)
    assert (picture.min(), picture.max()) == (0, 255)
