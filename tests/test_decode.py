"""What a picture looks like once it is decoded: size, format, orientation."""

import os
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin

from conftest import read_manifest
from imagecluster import decode as decode_package
from imagecluster.decode import decode, read_bytes
from imagecluster.errors import ArgumentError, DecodeError
from picture_samples import (
    as_stored,
    corners,
    difference,
    dng,
    encoded,
    exif,
    half_transparent,
    heif,
    pixels,
    smooth_noise,
)


@given(st.integers(1, 300), st.integers(1, 300), st.integers(1, 200))
def test_the_short_side_is_exact_and_the_long_side_proportional(width, height, short_side_px):
    """Whatever the size, enlarged or reduced, the short side is as asked for and the shape is kept (up to 16:1)."""
    data = encoded(Image.new("L", (width, height), 128), "BMP")
    picture = decode(data, short_side_px=short_side_px)
    aspect = min(16, max(width, height) / min(width, height))
    assert min(picture.image.size) == short_side_px
    assert abs(max(picture.image.size) - aspect * short_side_px) <= 0.5
    assert (picture.image.width >= picture.image.height) == (width >= height) or picture.image.width == max(
        picture.image.size
    )
    assert (picture.metadata.width_px, picture.metadata.height_px) == (width, height)
    assert np.ptp(pixels(picture.image)) == 0


@pytest.mark.parametrize("size", [(1, 1), (1, 7), (5000, 1), (1, 5000)])
def test_the_smallest_pictures_work(size):
    """One pixel, one row and one column decode to their colour."""
    picture = decode(encoded(Image.new("RGB", size, (10, 20, 30)), "PNG"), short_side_px=32)
    assert min(picture.image.size) == 32
    assert picture.image.getpixel((0, 0)) == (10, 20, 30)


def test_extreme_aspect_ratios_are_cut_at_the_middle():
    """A strip longer than 16:1 loses its ends."""
    strip = Image.new("L", (1000, 10), 0)
    strip.paste(200, (420, 0, 580, 10))
    picture = decode(encoded(strip, "PNG"), short_side_px=20)
    assert picture.image.size == (320, 20)
    assert pixels(picture.image).mean() > 195


def test_a_small_picture_is_resized_with_lanczos():
    """Without a large reduction the pixels are exactly those of a LANCZOS resize."""
    image = smooth_noise(180, 120)
    expected = image.resize((96, 64), Image.Resampling.LANCZOS)
    assert difference(decode(encoded(image, "PNG"), short_side_px=64).image, expected) == 0


@pytest.mark.parametrize("size", [(1023, 767), (640, 1111)])
@pytest.mark.parametrize(
    ("format_name", "limit"), [("PNG", 0.6), ("TIFF", 0.6), ("WEBP", 0.6), ("JPEG", 2.5), ("JPEG2000", 2)]
)
def test_shortcuts_of_large_pictures_stay_close_to_a_full_decode(size, format_name, limit):
    """Decoding at a lower scale and averaging blocks neither shift nor blur the picture."""
    image = smooth_noise(*size, grain_px=48)
    options = {"JPEG": {"quality": 95, "subsampling": 0}, "WEBP": {"lossless": True}}.get(format_name, {})
    picture = decode(encoded(image, format_name, **options), short_side_px=48).image
    assert difference(picture, image.resize(picture.size, Image.Resampling.LANCZOS)) < limit


@pytest.mark.parametrize("side", range(1025, 1034))
def test_jpeg_2000_of_any_size_is_decoded_at_a_smaller_scale(side):
    """Also where the sides are no multiples of the scale, which Pillow rounds to other numbers than the decoder."""
    image = smooth_noise(side, side + 3, grain_px=128)
    picture = decode(encoded(image, "JPEG2000"), short_side_px=48).image
    assert difference(picture, image.resize(picture.size, Image.Resampling.LANCZOS)) < 2


@pytest.mark.parametrize(
    ("format_name", "options"),
    [
        ("AVIF", {}),
        ("BMP", {}),
        ("GIF", {}),
        ("JPEG", {}),
        ("JPEG", {"progressive": True}),
        ("JPEG2000", {}),
        ("PNG", {}),
        ("PPM", {}),
        ("TIFF", {"compression": "tiff_lzw"}),
        ("TIFF", {"compression": "jpeg"}),
        ("WEBP", {}),
    ],
)
def test_formats_are_told_by_their_content(format_name, options):
    """Each format decodes to the same picture and says its name, without any suffix."""
    image = corners()
    picture = decode(encoded(image, format_name, **options), short_side_px=64)
    assert difference(picture.image, image) < 6
    assert picture.metadata.format == format_name


def test_heif_is_decoded():
    """HEIF, as phones write it, decodes to the picture."""
    picture = decode(heif(corners(), quality=90), short_side_px=64)
    assert difference(picture.image, corners()) < 6
    assert picture.metadata.format == "HEIF"


def test_a_heif_that_takes_too_much_memory_is_read_from_its_small_copy(monkeypatch):
    """Pictures of 200 megapixels carry one; without it, or where it is smaller than what is wanted, they are a skip."""
    image = smooth_noise(800, 600, grain_px=80)
    data = heif(image, thumbnails=[320])
    monkeypatch.setattr(decode_package.memory, "MAX_MEMORY_BYTES", 2_000_000)
    found = decode(data, short_side_px=150)
    assert (found.metadata.width_px, found.metadata.height_px, found.image.size) == (800, 600, (200, 150))
    assert difference(found.image, image.resize((200, 150))) < 4
    for refused, short_side_px in ((data, 300), (heif(image), 150)):
        with pytest.raises(DecodeError, match="MB of memory"):
            decode(refused, short_side_px=short_side_px)


def test_targa_needs_its_suffix():
    """Targa has no magic number: it is tried only for files that are named so."""
    data = encoded(corners(), "TGA")
    assert difference(decode(data, short_side_px=64, suffix=".TGA").image, corners()) == 0
    with pytest.raises(DecodeError):
        decode(data, short_side_px=64)


def test_a_misleading_suffix_does_no_harm():
    """A JPEG that is named as a raw file or a PNG is a JPEG."""
    data = encoded(corners(), "JPEG", quality=95)
    for suffix in (".dng", ".png", ".tga", ".nonsense"):
        assert decode(data, short_side_px=64, suffix=suffix).metadata.format == "JPEG"


@pytest.mark.parametrize("format_name", ["GIF", "WEBP", "PNG", "TIFF", "AVIF", "MPO"])
def test_the_first_frame_counts(format_name):
    """Of an animation, several pages or a stereo pair, the first picture is taken."""
    first, second = Image.new("RGB", (32, 32), (250, 0, 0)), Image.new("RGB", (32, 32), (0, 0, 250))
    data = encoded(first, format_name, save_all=True, append_images=[second])
    assert np.abs(np.subtract(decode(data, short_side_px=32).image.getpixel((16, 16)), (250, 0, 0))).max() < 12


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("format_name", ["JPEG", "PNG", "WEBP", "AVIF", "TIFF", "HEIF"])
def test_pictures_are_upright(format_name, orientation):
    """All eight EXIF orientations give the same picture, and its size is that of the upright one."""
    stored = as_stored(corners(), orientation)
    block = exif(orientation=orientation)
    if format_name == "HEIF":
        data = heif(stored, exif=block, quality=95)
    elif format_name == "TIFF":
        data = encoded(stored, "TIFF", tiffinfo={274: orientation})
    else:
        data = encoded(stored, format_name, exif=block, quality=95)
    picture = decode(data, short_side_px=64)
    assert difference(picture.image, corners()) < 6
    assert (picture.metadata.width_px, picture.metadata.height_px) == (96, 64)


def test_orientation_in_xmp_counts_where_exif_has_none():
    """Some editors write the orientation into XMP only."""
    text = PngImagePlugin.PngInfo()
    text.add_itxt("XML:com.adobe.xmp", '<x:xmpmeta><rdf:Description tiff:Orientation="3"/></x:xmpmeta>')
    data = encoded(as_stored(corners(), 3), "PNG", pnginfo=text)
    assert difference(decode(data, short_side_px=64).image, corners()) == 0


def test_orientation_out_of_range_is_ignored():
    """Orientation 0 or 9 leaves the picture as it is stored."""
    for orientation in (0, 9, 65535):
        data = encoded(corners(), "PNG", exif=exif(orientation=orientation))
        assert difference(decode(data, short_side_px=64).image, corners()) == 0


@pytest.mark.parametrize("arguments", [{"short_side_px": 0}, {"short_side_px": 8, "max_pixels": 0}])
def test_arguments_below_one_are_refused(arguments):
    """The message gives what was got."""
    with pytest.raises(ArgumentError, match="is 0; it must be at least 1"):
        decode(encoded(corners(), "PNG"), **arguments)


def test_threads_decode_the_same_pixels(tmp_path):
    """Many threads at once give what one thread gives, for every decoder."""
    samples = [encoded(smooth_noise(300, 200), name) for name in ("JPEG", "PNG", "WEBP", "TIFF", "AVIF", "JPEG2000")]
    samples += [heif(smooth_noise(300, 200)), dng(smooth_noise(300, 200)), b"damaged", samples[0][:900]]

    def outcome(data):
        try:
            return decode(data, short_side_px=64, suffix=".dng" if data[:4] == b"II*\0" else "").image.tobytes()
        except DecodeError as error:
            return str(error)

    expected = [outcome(data) for data in samples]
    with ThreadPoolExecutor(8) as threads:
        for _ in range(5):
            assert list(threads.map(outcome, samples)) == expected


def test_decoding_leaves_the_bytes_alone():
    """The same bytes decode to the same picture again."""
    data = encoded(half_transparent("RGBA"), "PNG")
    assert difference(decode(data, short_side_px=32).image, decode(data, short_side_px=32).image) == 0


def test_the_content_of_a_file_is_read(tmp_path):
    """read_bytes gives the whole file, empty ones included."""
    path = tmp_path / "a.jpg"
    path.write_bytes(b"12345")
    assert read_bytes(path) == b"12345"
    path.write_bytes(b"")
    assert read_bytes(path) == b""


def test_files_that_cannot_be_read_have_a_reason(tmp_path, monkeypatch):
    """Gone, a folder, a pipe, too large, not permitted: each is one line, and none of them hangs."""
    with pytest.raises(DecodeError, match=r"^the file is gone$"):
        read_bytes(tmp_path / "gone.jpg")
    with pytest.raises(DecodeError, match=r"is a directory|permission denied|not a regular file"):
        read_bytes(tmp_path)
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe.jpg")
        with pytest.raises(DecodeError, match=r"^not a regular file$"):
            read_bytes(tmp_path / "pipe.jpg")
    (tmp_path / "a.jpg").write_bytes(b"12345")
    with pytest.raises(DecodeError, match="larger than"):
        read_bytes(tmp_path / "a.jpg", max_bytes=4)

    def denied(*_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(decode_package.reading.os, "open", denied)
    with pytest.raises(DecodeError, match=r"^permission denied$"):
        read_bytes(tmp_path / "a.jpg")


@pytest.mark.photos
@pytest.mark.parametrize("name", ["Landscape", "Portrait"])
def test_real_orientations_look_the_same(photos, name):
    """Nine files of one photograph, stored in all orientations, decode to nearly the same pixels."""
    images = [
        decode((photos / "exif_orientation" / f"{name}_{number}.jpg").read_bytes(), short_side_px=224).image
        for number in range(9)
    ]
    assert max(difference(image, images[0]) for image in images) < 2.5


@pytest.mark.photos
@pytest.mark.parametrize(
    "folder", ["albums_pigallery", "categories_clothing", "copies_clothing", "copies_ukbench", "exif_samples"]
)
def test_real_photographs_decode_as_their_manifest_says(photos, folder):
    """A photograph decodes where it opens in Pillow, with the size and the place that were noted for it."""
    for row in read_manifest(photos / folder):
        path = photos / folder / row["path"]
        if row["opens_in_pillow"] != "1":
            with pytest.raises(DecodeError):
                decode(read_bytes(path), short_side_px=32, suffix=path.suffix)
            continue
        metadata = decode(read_bytes(path), short_side_px=32, suffix=path.suffix).metadata
        assert {metadata.width_px, metadata.height_px} == {int(row["width"]), int(row["height"])}
        by_exif = metadata.place is not None and metadata.place.source == "EXIF"
        place = f"{metadata.latitude_deg:.6f},{metadata.longitude_deg:.6f}" if by_exif else ""
        assert [float(part) for part in place.split(",") if part] == pytest.approx(
            [float(part) for part in row["gps"].split(",") if part], abs=2e-6
        )
