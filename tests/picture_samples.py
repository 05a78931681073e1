"""Pictures made in memory for the tests of decoding."""

import io
import struct
import zlib

import numpy as np
import pillow_heif
from PIL import Image

RNG = np.random.default_rng(7)
TIFF_TYPES = {"B": 1, "A": 2, "H": 3, "I": 4, "R": 5, "b": 7, "r": 10}


def corners(width=96, height=64):
    """A picture that shows its orientation: red, green, blue and yellow quarters from the top left, smooth inside."""
    quarters = np.array([[[220, 30, 30], [30, 200, 30]], [[30, 30, 220], [220, 220, 30]]], np.uint8)
    return Image.fromarray(quarters).resize((width, height), Image.Resampling.BILINEAR)


def encoded(image, format_name, **options):
    """The bytes of a picture in a format."""
    stream = io.BytesIO()
    image.save(stream, format_name, **options)
    return stream.getvalue()


def tiff_structure(directories, *, order="<", blobs=(), start=0):
    """Bytes of a TIFF structure.

    `directories` maps a name to {tag: (type letter, values)}; a value may be ("ifd", name) or ("blob", number) for an
    offset. The first directory is the main one.
    """
    names = list(directories)
    sizes = {name: 2 + 12 * len(directories[name]) + 4 for name in names}
    positions, offset = {}, 8
    for name in names:
        positions["ifd", name] = offset
        offset += sizes[name]
    for number, blob in enumerate(blobs):
        positions["blob", number] = offset
        offset += len(blob)
    tail = b"".join(blobs)
    out = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "I", 8)
    for name in names:
        out += struct.pack(order + "H", len(directories[name]))
        for tag, (letter, values) in sorted(directories[name].items()):
            if isinstance(values, bytes):
                body, count = values, len(values)
            else:
                numbers = [positions.get(value, value) if isinstance(value, tuple) else value for value in values]
                code = {"R": "I", "r": "i", "A": "B", "b": "B"}.get(letter, letter)
                body = struct.pack(f"{order}{len(numbers)}{code}", *numbers)
                count = len(numbers) // 2 if letter in "Rr" else len(numbers)
            if len(body) > 4:
                place, tail = struct.pack(order + "I", offset + start), tail + body
                offset += len(body)
            else:
                place = body.ljust(4, b"\0")
            out += struct.pack(order + "HHI", tag, TIFF_TYPES[letter], count) + place
        out += struct.pack(order + "I", 0)
    return out + tail


def exif(*, orientation=None, original=None, digitized=None, changed=None, gps=None, more=None, order="<"):
    """An EXIF block; `gps` is (reference, six numbers of three rationals) for latitude and longitude.

    `more` has further fields by directory ("main", "own", "gps") and tag.
    """
    main, own, place = {}, {}, {}
    if orientation is not None:
        main[0x0112] = ("H", [orientation])
    if changed is not None:
        main[0x0132] = ("A", changed)
    for tag, date in ((0x9003, original), (0x9004, digitized)):
        if date is not None:
            own[tag] = ("A", date)
    if gps is not None:
        for tag, (reference, numbers) in zip((1, 3), gps, strict=True):
            place[tag] = ("A", reference)
            place[tag + 1] = ("R", numbers)
    for directory, fields in zip((main, own, place), map((more or {}).get, ("main", "own", "gps")), strict=True):
        directory.update(fields or {})
    directories = {"main": main}
    if own:
        directories["main"][0x8769] = ("I", [("ifd", "own")])
        directories["own"] = own
    if place:
        directories["main"][0x8825] = ("I", [("ifd", "gps")])
        directories["gps"] = place
    return b"Exif\0\0" + tiff_structure(directories, order=order)


def dng(image, *, orientation=1, preview=None):
    """A raw file of a picture: its colours behind a Bayer pattern, and a JPEG preview if one is given."""
    pixels = np.asarray(image.convert("RGB")).astype(np.uint16) * 60
    bayer = pixels[..., 1].copy()
    bayer[::2, ::2] = pixels[::2, ::2, 0]
    bayer[1::2, 1::2] = pixels[1::2, 1::2, 2]
    height, width = bayer.shape
    raw = {
        254: ("I", [0]), 256: ("I", [width]), 257: ("I", [height]), 258: ("H", [16]), 259: ("H", [1]),
        262: ("H", [32803]), 277: ("H", [1]), 278: ("I", [height]), 273: ("I", [("blob", 0)]),
        279: ("I", [2 * width * height]), 33421: ("H", [2, 2]), 33422: ("B", [0, 1, 1, 2]), 50714: ("H", [0]),
        50717: ("I", [255 * 60]),
    }  # fmt: skip
    matrix = [1, 1, 0, 1, 0, 1, 0, 1, 1, 1, 0, 1, 0, 1, 0, 1, 1, 1]
    main = {
        271: ("A", b"Maker\0"), 272: ("A", b"Model\0"), 274: ("H", [orientation]), 50706: ("B", [1, 4, 0, 0]),
        50707: ("B", [1, 1, 0, 0]), 50708: ("A", b"Maker Model\0"), 50721: ("r", matrix),
        50728: ("R", [1, 1, 1, 1, 1, 1]), 50778: ("H", [21]), 306: ("A", b"2020:02:03 04:05:06\0"),
    }  # fmt: skip
    blobs = [bayer.astype("<u2").tobytes()]
    if preview is None:
        return tiff_structure({"main": main | raw}, blobs=blobs)
    blobs.append(encoded(preview, "JPEG", quality=95))
    main |= {
        254: ("I", [1]), 256: ("I", [preview.width]), 257: ("I", [preview.height]), 258: ("H", [8, 8, 8]),
        259: ("H", [7]), 262: ("H", [6]), 277: ("H", [3]), 278: ("I", [preview.height]), 273: ("I", [("blob", 1)]),
        279: ("I", [len(blobs[1])]), 330: ("I", [("ifd", "raw")]),
    }  # fmt: skip
    return tiff_structure({"main": main, "raw": raw}, blobs=blobs)


def png_chunk(kind, content):
    """One chunk of a PNG."""
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png_of_size(width, height, *, content=b""):
    """A PNG that says it has this size and holds this compressed content."""
    header = png_chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + png_chunk(b"IDAT", content) + png_chunk(b"IEND", b"")


def pixels(image):
    """Pixels as numbers that can be subtracted."""
    return np.asarray(image).astype(np.float64)


def difference(one, other):
    """Mean absolute difference of two pictures, in steps of 255."""
    assert one.size == other.size
    return np.abs(pixels(one) - pixels(other)).mean()


def smooth_noise(width, height, *, grain_px=8):
    """A picture of soft spots, in which any shift or blur shows."""
    small = RNG.integers(0, 256, (height // grain_px + 2, width // grain_px + 2, 3), dtype=np.uint8)
    return Image.fromarray(small).resize((width, height), Image.Resampling.BICUBIC)


def heif(image, **options):
    """Bytes of a HEIF."""
    pillow_heif.register_heif_opener(decode_threads=1, thumbnails=True)
    return encoded(image, "HEIF", **options)


def as_stored(image, orientation):
    """The pixels as a camera stores them that stood turned: turning them by `orientation` gives `image` back."""
    turned = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    return image.transpose(turned[orientation]) if orientation in turned else image


def half_transparent(mode):
    """Red on the left; on the right nothing, over a hidden blue."""
    image = Image.new("RGBA", (64, 64), (255, 0, 0, 255))
    image.paste((0, 0, 255, 0), (32, 0, 64, 64))
    return image.convert(mode)
