"""JPEG XL: its size is checked before it is decoded, orientation, metadata, and what is said without a decoder."""

import io
import random
import sys

import pytest
from PIL import Image

from imagecluster.decode import coded_digest, decode
from imagecluster.decode.jxl import check_size
from imagecluster.errors import DecodeError, ResourceError

PICTURE = Image.effect_mandelbrot((120, 80), (-2, -1.5, 1, 1.5), 30).convert("RGB")


def turned(orientation):
    """An EXIF block with an orientation."""
    block = Image.Exif()
    block[0x0112] = orientation
    return block.tobytes()


def jxl(image=PICTURE, **options):
    """The bytes of a JPEG XL file; the test is skipped where there is no encoder."""
    pytest.importorskip("pillow_jxl")
    stream = io.BytesIO()
    image.save(stream, "JXL", **options)
    return stream.getvalue()


@pytest.mark.parametrize("lossless", [False, True])
def test_a_picture_is_read(lossless):
    """Size, format and pixels, with or without a container."""
    found = decode(jxl(lossless=lossless), short_side_px=80)
    assert (found.metadata.width_px, found.metadata.height_px, found.metadata.format) == (120, 80, "JXL")
    assert sum(abs(a - b) for a, b in zip(found.image.getpixel((60, 40)), PICTURE.getpixel((60, 40)), strict=True)) < 30
    assert decode(jxl(exif=turned(1)), short_side_px=40).image.size == (60, 40)


@pytest.mark.filterwarnings("ignore:Using JPEG reconstruction")
def test_only_a_recompressed_jpeg_is_turned_by_its_exif(tmp_path):
    """The pixels of all other files are upright already, whatever their EXIF block says."""
    assert decode(jxl(exif=turned(6)), short_side_px=80).image.size == (120, 80)
    PICTURE.save(tmp_path / "a.jpg", exif=turned(6))
    with Image.open(tmp_path / "a.jpg") as image:
        assert decode(jxl(image), short_side_px=80).image.size == (80, 120)


@pytest.mark.parametrize(
    "size", [(8, 8), (64, 48), (256, 256), (1, 1), (7, 513), (600, 400), (9000, 3), (160, 90), (240, 120)]
)
def test_the_size_is_known_before_decoding(size):
    """Small and large sides, and all ratios that have a short form."""
    image = Image.new("RGB", size, "red")
    assert check_size(jxl(image)) == size
    assert check_size(jxl(image, exif=turned(1))) == size


def test_large_pictures_are_refused_by_their_header():
    """Nothing is decoded of a header that promises a billion pixels."""
    side = (1 << 30) - 1
    header = (0 | 3 << 1 | side << 3 | 0 << 33 | 3 << 36 | side << 38).to_bytes(9, "little")
    with pytest.raises(DecodeError, match="would take about"):
        decode(b"\xff\x0a" + header + bytes(20), short_side_px=64)
    with pytest.raises(DecodeError, match="more than the limit of 100"):
        decode(jxl(), short_side_px=64, max_pixels=100)


def test_damaged_files_are_skips():
    """Whatever is cut off or changed: a picture or a reason."""
    whole = jxl(exif=turned(1))
    chance = random.Random(1)
    for _ in range(60):
        damaged = bytearray(whole[: chance.randrange(len(whole))] if chance.random() < 0.5 else whole)
        for _ in range(chance.randrange(3)):
            damaged[chance.randrange(len(damaged) or 1)] = chance.randrange(256)
        try:
            decode(bytes(damaged), short_side_px=32)
        except DecodeError as error:
            assert len(str(error)) < 200


def test_metadata_do_not_count_in_the_digest():
    """The digest of the coded picture is that of its boxes of pixels."""
    assert coded_digest(jxl(exif=turned(1))) == coded_digest(jxl(exif=turned(3)))


def test_without_its_decoder_the_reason_says_what_to_install(monkeypatch):
    """It is no lasting reason: after an installation the file is read."""
    monkeypatch.setitem(sys.modules, "pillow_jxl", None)
    with pytest.raises(ResourceError, match=r"JPEG XL needs the extra jxl: .*install"):
        decode(b"\xff\x0a\xcb\x2c\x10\x13" + bytes(40), short_side_px=32)
