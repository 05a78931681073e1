"""Tests of the digest of the coded picture in a file."""

import io
import random

import pytest
from PIL import Image, PngImagePlugin

from imagecluster.decode import coded_digest, decode, read_bytes, read_shown
from pictures import draw


def picture(seed=0, size=(64, 48)):
    """A drawn picture."""
    path_free = io.BytesIO()
    Image.effect_mandelbrot(size, (-2.0 + seed / 10, -1.5, 1.0, 1.5), 40).convert("RGB").save(path_free, "PNG")
    return Image.open(io.BytesIO(path_free.getvalue()))


def exif_of(text, orientation=1):
    """An EXIF block with a description and an orientation."""
    block = Image.Exif()
    block[0x010E], block[0x0112] = text, orientation
    return block


def saved(image, kind, text="", orientation=1):
    """The bytes of a picture in a format, with some metadata."""
    options = {"exif": exif_of(text, orientation)}
    if kind == "PNG":
        options["pnginfo"] = PngImagePlugin.PngInfo()
        options["pnginfo"].add_text("Description", text)
    elif kind == "GIF":
        options = {"comment": text.encode()}
    elif kind == "TIFF":
        options = {"tiffinfo": {270: text, 274: orientation}}
    elif kind == "HEIF":
        import pillow_heif

        pillow_heif.register_heif_opener()
        options = {"exif": exif_of(text).tobytes(), "quality": 80}
    elif kind == "AVIF":
        options = {"exif": exif_of(text).tobytes(), "quality": 80}
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "TIFF", "HEIF", "AVIF"])
def test_metadata_do_not_count_and_pixels_do(kind):
    """Other words in a file leave its digest; another picture has another digest, also with the same words."""
    first, longer = saved(picture(), kind, "a"), saved(picture(), kind, "a much longer description " * 20)
    assert first != longer
    assert coded_digest(first) == coded_digest(longer)
    assert coded_digest(first) != coded_digest(saved(picture(1), kind, "a"))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "TIFF", "HEIF", "AVIF"])
def test_the_first_metadata_do_not_count(kind):
    """A file without any metadata has the digest of the one into which a program wrote some (a WebP is extended)."""
    options = {"quality": 80} if kind in ("HEIF", "AVIF") else {}
    plain = io.BytesIO()
    picture().save(plain, kind, **options)
    assert coded_digest(plain.getvalue()) == coded_digest(saved(picture(), kind, "a"))


def test_the_canvas_of_an_animation_counts():
    """Two animated WebPs whose frames are equal and whose canvases are not differ."""
    stream = io.BytesIO()
    picture().save(stream, "WEBP", save_all=True, append_images=[picture(1)])
    data = stream.getvalue()
    assert data[12:16] == b"VP8X"
    larger = data[:24] + bytes([data[24] + 1]) + data[25:]
    assert coded_digest(data) != coded_digest(larger)


def test_what_follows_a_jpeg_does_not_count():
    """Programs that remove the video of a motion photo, or a maker's trailer, leave the picture as it is."""
    data = saved(picture(), "JPEG", "a")
    assert coded_digest(data) == coded_digest(data + b"\0\0\0\x18ftypmp42" + bytes(100) + b"SEFT")
    assert coded_digest(data) != coded_digest(data[:-40])


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_an_orientation_is_no_pixel_but_is_shown(kind):
    """A picture turned by its EXIF data keeps its digest, and is shown in another way."""
    upright, turned = saved(picture(), kind, "a"), saved(picture(), kind, "a", orientation=6)
    assert coded_digest(upright) == coded_digest(turned)
    assert read_shown(upright) != read_shown(turned)
    for data in (upright, turned):
        assert decode(data, short_side_px=32).metadata.shown == read_shown(data) != b""


def test_a_colour_profile_is_shown():
    """The same coded picture with another profile looks different."""
    from PIL import ImageCms

    plain, profiled = io.BytesIO(), io.BytesIO()
    picture().save(plain, "JPEG")
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    picture().save(profiled, "JPEG", icc_profile=lab)
    assert coded_digest(plain.getvalue()) == coded_digest(profiled.getvalue())
    assert read_shown(plain.getvalue()) != read_shown(profiled.getvalue())


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "TIFF", "HEIF", "AVIF", "BMP", "PPM", "JPEG2000"])
def test_a_damaged_file_has_a_digest_and_never_that_of_the_whole_one(kind):
    """Whatever is cut off or overwritten: 16 bytes come back, and lost pixels are not overlooked."""
    whole = saved(picture(), kind, "a") if kind not in ("BMP", "PPM", "JPEG2000") else b""
    if not whole:
        stream = io.BytesIO()
        picture().save(stream, kind)
        whole = stream.getvalue()
    chance = random.Random(kind)
    for _ in range(200):
        damaged = bytearray(whole)
        for _ in range(chance.choice((1, 4, 40))):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        assert len(coded_digest(bytes(damaged))) == 16
        cut = whole[: chance.randrange(len(whole) // 2)]
        assert coded_digest(cut) != coded_digest(whole)


@pytest.mark.filterwarnings("ignore")
def test_equal_digests_of_real_pictures_have_equal_pixels(photos, tmp_path):
    """Among the real files, those with one digest differ in metadata only."""
    seen: dict[bytes, bytes] = {}
    n_compared = 0
    folders = ("exif_orientation", "exif_samples", "albums_pigallery", "hostile_pillow", "copies_ukbench")
    for path in sorted(path for folder in folders for path in (photos / folder).rglob("*") if path.is_file()):
        data = path.read_bytes()
        other = seen.setdefault(coded_digest(data), data)
        if other != data:
            try:
                with Image.open(io.BytesIO(data)) as one, Image.open(io.BytesIO(other)) as two:
                    assert one.size == two.size or one.size == two.size[::-1], path
                    if one.size == two.size:
                        assert one.tobytes() == two.tobytes(), path
                        n_compared += 1
            except (OSError, SyntaxError, ValueError):
                continue
    assert n_compared


def test_a_drawing_has_its_digest(tmp_path):
    """The digest is that of the file's bytes where the format has no known form."""
    path = draw(tmp_path / "a.bmp", 1)
    data = read_bytes(path)
    assert coded_digest(data) != coded_digest(data + b"x")
