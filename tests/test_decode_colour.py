"""Every colour mode becomes 8-bit RGB."""

import io
import struct

import numpy as np
import pytest
from PIL import Image, ImageCms, ImageDraw

from imagecluster.decode import Frame, decode, read_bytes
from picture_samples import corners, difference, encoded, half_transparent, heif, pixels, smooth_noise, tiff_structure


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


def test_the_ground_is_that_on_which_more_can_be_seen():
    """A white drawing with a spot of colour lies on a dark ground; one in which colour is a good part on white."""
    image = drawing((255, 255, 255))
    image.paste((200, 0, 0, 255), (140, 90, 150, 95))
    assert max(decode(encoded(image, "PNG"), short_side_px=64).image.getpixel((0, 0))) < 60
    image.paste((200, 0, 0, 255), (140, 90, 180, 130))
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


def plain_tiff(values, photometric, *, sample_format=1, order="<", planar=False):
    """An uncompressed TIFF of samples of any depth, shape (height, width) or (height, width, n_bands)."""
    height, width, n_bands = (*values.shape, 1)[:3]
    kind = values.dtype.newbyteorder(order)
    planes = [values[..., i] for i in range(n_bands)] if planar else [values]
    blobs = [plane.astype(kind).tobytes() for plane in planes]
    tags = {
        256: ("I", [width]), 257: ("I", [height]), 258: ("H", [8 * kind.itemsize] * n_bands), 259: ("H", [1]),
        262: ("H", [photometric]), 277: ("H", [n_bands]), 278: ("I", [height]),
        273: ("I", [("blob", i) for i in range(len(blobs))]), 279: ("I", [len(blob) for blob in blobs]),
        284: ("H", [2 if planar else 1]), 339: ("H", [sample_format] * n_bands),
    }  # fmt: skip
    return tiff_structure({"main": tags}, order=order, blobs=blobs)


@pytest.mark.parametrize("order", ["<", ">"])
def test_sixteen_bits_in_separate_planes(order):
    """Red, green and blue of 16 bits, one after the other, are the picture of 8 bits."""
    image = smooth_noise(90, 60)
    data = plain_tiff(np.asarray(image).astype(np.uint16) * 257, 2, order=order, planar=True)
    assert difference(decode(data, short_side_px=60).image, image) == 0


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("kind", ["uint16", "float32"])
def test_white_is_zero_in_every_depth(kind, order):
    """A TIFF whose zero is white is no negative."""
    grey = smooth_noise(90, 60).convert("L")
    levels = np.asarray(grey)
    values = 65535 - levels.astype(np.uint16) * 257 if kind == "uint16" else (1 - levels / 255).astype(np.float32)
    data = plain_tiff(values, 0, sample_format=1 if kind == "uint16" else 3, order=order)
    assert difference(decode(data, short_side_px=60).image, grey.convert("RGB")) < 1


@pytest.mark.parametrize("order", ["<", ">"])
def test_unsigned_thirty_two_bit_grey(order):
    """Whole numbers without a sign are not folded at the middle of their range."""
    grey = smooth_noise(90, 60).convert("L")
    data = plain_tiff(np.asarray(grey).astype(np.uint32) * 16_843_009, 1, order=order)
    assert difference(decode(data, short_side_px=60).image, grey.convert("RGB")) < 1


@pytest.mark.parametrize("hot", [1e6, 3e38, -1e30])
@pytest.mark.parametrize("size", [(90, 60), (1300, 900)])
def test_a_few_broken_pixels_do_not_spoil_the_range_of_all_others(size, hot):
    """One value far outside all others is white or black, and the picture is as bright as without it."""
    grey = smooth_noise(*size).convert("L")
    values = (np.asarray(grey) / 255).astype(np.float32)
    values[-2, 3] = hot
    found = decode(encoded(Image.fromarray(values), "TIFF"), short_side_px=60).image
    assert difference(found, decode(encoded(grey, "PNG"), short_side_px=60).image) < 1.5


def test_a_small_spot_on_an_even_ground_stays():
    """Where all but a few pixels are the same, those few are the picture."""
    values = np.zeros((100, 100), np.float32)
    values[50, 50:54] = 1e6
    assert pixels(decode(encoded(Image.fromarray(values), "TIFF"), short_side_px=100).image).max() == 255


def test_ink_without_an_adobe_marker_is_not_negative():
    """Of a CMYK JPEG that does not say that Adobe's programs wrote it, 255 is full ink."""
    image = Image.new("CMYK", (64, 64), (0, 0, 0, 0))
    image.paste((255, 0, 0, 0), (0, 0, 32, 64))
    negative = Image.frombytes("CMYK", image.size, (255 - np.asarray(image)).tobytes())
    data = encoded(negative, "JPEG", quality=95)
    marker = data.index(b"\xff\xee")
    decoded = decode(data[:marker] + data[marker + 16 :], short_side_px=64).image
    assert np.abs(np.subtract(decoded.getpixel((8, 32)), (0, 255, 255))).max() <= 6
    assert np.abs(np.subtract(decoded.getpixel((56, 32)), (255, 255, 255))).max() <= 6


# --- colour profiles


def profile_bytes(name):
    """An ICC profile that Pillow makes."""
    return ImageCms.ImageCmsProfile(ImageCms.createProfile(name)).tobytes()


def swapped_profile():
    """SRGB whose red and blue are exchanged: whoever ignores profiles sees other colours."""
    profile = bytearray(profile_bytes("sRGB"))
    for start in range(132, 132 + 12 * int.from_bytes(profile[128:132]), 12):
        kind = bytes(profile[start : start + 4])
        profile[start : start + 4] = {b"rXYZ": b"bXYZ", b"bXYZ": b"rXYZ"}.get(kind, kind)
    return bytes(profile)


@pytest.mark.parametrize("format_name", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF", "HEIF"])
@pytest.mark.parametrize("frame", [None, Frame(60, 60)])
def test_a_profile_is_converted_to_srgb(format_name, frame):
    """In every format, and for networks that read a frame: exchanged channels are where they belong."""
    exchanged = Image.merge("RGB", corners().split()[::-1])
    options = {"icc_profile": swapped_profile(), "quality": 95}
    data = heif(exchanged, **options) if format_name == "HEIF" else encoded(exchanged, format_name, **options)
    found = decode(data, short_side_px=64, frame=frame)
    assert difference(found.image, corners()) < 7
    if frame:
        assert difference(found.framed, corners().resize((60, 60))) < 7


def test_a_palette_and_transparency_have_profiles_too():
    """The colours of a palette are converted, and so are those of a picture with alpha."""
    exchanged = Image.merge("RGB", corners().split()[::-1])
    for image in (exchanged.quantize(256), exchanged.convert("RGBA")):
        data = encoded(image, "PNG", icc_profile=swapped_profile())
        assert difference(decode(data, short_side_px=64).image, corners()) < 7


@pytest.mark.parametrize(
    "profile",
    [b"", b"x" * 100, b"x" * 4000, profile_bytes("sRGB")[:-300], profile_bytes("LAB"), profile_bytes("XYZ"),
     b"\0" * 128, swapped_profile()[:150]],
)  # fmt: skip
def test_a_damaged_or_foreign_profile_counts_for_nothing(profile):
    """It neither fails nor changes a pixel."""
    data = encoded(corners(), "PNG", icc_profile=profile)
    assert (
        difference(decode(data, short_side_px=64).image, decode(encoded(corners(), "PNG"), short_side_px=64).image) == 0
    )


def test_srgb_by_name_changes_no_pixel():
    """A picture whose profile is sRGB is not converted at all."""
    from imagecluster.decode import profile

    data = encoded(smooth_noise(300, 200), "JPEG", icc_profile=profile_bytes("sRGB"))
    expected = Image.open(io.BytesIO(data))
    assert profile._transform(profile_bytes("sRGB"), "RGB") is None
    assert difference(decode(data, short_side_px=200).image, expected) == 0


def test_grey_has_a_profile():
    """A grey picture of linear light is brightened."""
    linear = linear_grey_profile()
    grey = Image.new("L", (64, 64), 55)
    plain = decode(encoded(grey, "PNG"), short_side_px=64).image.getpixel((9, 9))
    found = decode(encoded(grey, "PNG", icc_profile=linear), short_side_px=64).image.getpixel((9, 9))
    assert plain == (55, 55, 55)
    assert found == pytest.approx((127, 127, 127), abs=3)


def linear_grey_profile():
    """An ICC profile of grey whose levels are light (ICC.1, 8.4)."""
    white = b"XYZ \0\0\0\0" + struct.pack(">3i", *(round(value * 65536) for value in (0.9642, 1, 0.8249)))
    curve = b"curv\0\0\0\0\0\0\0\0"
    start = 128 + 4 + 2 * 12
    tags = struct.pack(">I", 2) + b"wtpt" + struct.pack(">II", start, 20) + b"kTRC" + struct.pack(">II", start + 20, 12)
    size = start + 32
    header = struct.pack(">I4sI4s4s4s12s4s", size, b"lcms", 0x02100000, b"mntr", b"GRAY", b"XYZ ", bytes(12), b"acsp")
    header += bytes(28) + struct.pack(">3i", *(round(value * 65536) for value in (0.9642, 1, 0.8249)))
    return header.ljust(128, b"\0") + tags + white + curve


@pytest.mark.photos
def test_pictures_in_four_colour_spaces_look_alike(photos):
    """One picture with four profiles, as a browser shows it: the same mean colour within 3 of 255."""
    folder = photos / "reports" / "colour-profiles"
    means = [
        pixels(decode(read_bytes(folder / name), short_side_px=192, suffix=name[-4:]).image).mean(axis=(0, 1))
        for name in ("srgb.png", "wide.png", "p3.png", "swapped.png", "wide.tif", "p3.heic")
    ]
    assert np.abs(means - means[0]).max() < 3
