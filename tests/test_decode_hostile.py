"""Files that mean harm, or were harmed: one line of reason, no crash, no flood of memory."""

import io
import logging
import re
import struct
import subprocess
import sys
import warnings
import zlib
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageFile, PngImagePlugin, TiffImagePlugin
from pillow_heif import HeifImageFile

from conftest import read_manifest
from imagecluster.decode import MAX_PIXELS, Frame, decode, opening, picture, read_bytes
from imagecluster.decode.netpbm import read_fast
from imagecluster.decode.quiet import quiet
from imagecluster.errors import DecodeError
from picture_samples import corners, dng, encoded, exif, heif, png_chunk, png_of_size, smooth_noise, tiff_structure


def reason(data, **options):
    """Why the data cannot be decoded; every reason is one printable line below 200 characters."""
    with pytest.raises(DecodeError) as caught:
        decode(data, **{"short_side_px": 16} | options)
    text = str(caught.value)
    assert text
    assert text.isprintable()
    assert len(text) < 200
    assert "0x" not in text
    return text


# --- what is no picture


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", "the file is empty"),
        (b"\0" * 1000, "nothing but zero bytes"),
        (b"hello", "not a picture"),
        (b"%PDF-1.7 ...", "a PDF document"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "a PostScript document"),
        (b"\xef\xbb\xbf \n<?xml version='1.0'?><svg/>", "an XML document"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "an SVG drawing"),
        (b"<!DOCTYPE html><title>404</title>", "a web page"),
        (b"version https://git-lfs.github.com/spec/v1\n", "a Git LFS pointer"),
        (b"\0\0\0\x20ftypisom", "a video"),
        (b"\xd7\xcd\xc6\x9a" + bytes(100), "not a picture"),
    ],
)
def test_what_is_no_picture_says_what_it_is(data, expected):
    """The reason names the common things that are called .jpg but are none."""
    assert expected in reason(data, suffix=".jpg")


@pytest.mark.parametrize("format_name", ["EPS", "PDF", "ICO", "ICNS", "SGI", "PCX", "DDS"])
def test_only_formats_on_the_list_are_opened(format_name):
    """Formats that nobody keeps photographs in are refused although Pillow knows them; EPS would run a program."""
    assert "not a picture" in reason(encoded(corners(64, 64), format_name))


# --- what is too large

HUGE = 2**16 - 1


def patched(data, offset, replacement):
    """The data with some bytes replaced."""
    return data[:offset] + replacement + data[offset + len(replacement) :]


def huge_pictures():
    """Small files that say they hold far more pixels than are allowed."""
    side = HUGE.to_bytes(2, "big")
    jpeg = encoded(corners(), "JPEG")
    gif = encoded(corners(), "GIF")
    tiles = {256: ("I", [64]), 257: ("I", [64]), 258: ("H", [8]), 259: ("H", [5]), 262: ("H", [1]), 277: ("H", [1])}
    sides = {256: ("I", [HUGE]), 257: ("I", [HUGE]), 278: ("I", [HUGE]), 273: ("I", [8]), 279: ("I", [8])}
    tile = {322: ("I", [HUGE]), 323: ("I", [HUGE]), 324: ("I", [8]), 325: ("I", [8])}
    header = (40).to_bytes(4, "little") + (HUGE).to_bytes(4, "little") * 2 + b"\1\0\x18\0" + bytes(24)
    return {
        "PNG": png_of_size(HUGE, HUGE, content=zlib.compress(bytes(100))),
        "JPEG": patched(jpeg, jpeg.index(b"\xff\xc0") + 5, side * 2),
        "GIF": patched(gif, 6, HUGE.to_bytes(2, "little") * 2),
        "WebP": b"RIFF\x64\0\0\0WEBPVP8X\x0a\0\0\0\x02\0\0\0" + b"\xff\xff\xff" * 2 + bytes(60),
        "BMP": b"BM" + bytes(8) + (54).to_bytes(4, "little") + header,
        "PPM": b"P6 65535 65535 255\n",
        "PSD": b"8BPS\0\1" + bytes(6) + b"\0\3" + HUGE.to_bytes(4, "big") * 2 + b"\0\x08\0\3" + bytes(40),
        "TIFF": tiff_structure({"main": tiles | sides}),
        "TIFF tile": tiff_structure({"main": tiles | tile}),
    }


@pytest.mark.parametrize("name", huge_pictures())
def test_pixel_bombs_are_refused_by_their_header(name, monkeypatch):
    """The size is refused before anything is decoded; the reason gives size, limit and option."""
    monkeypatch.setattr(ImageFile.ImageFile, "load", lambda _self: pytest.fail("decoded"))
    text = reason(huge_pictures()[name])
    assert "pixels are more than the limit of 250000000 (option --max-pixels)" in text


def test_the_limit_can_be_set():
    """A picture of exactly the limit decodes, one pixel less refuses it."""
    data = encoded(corners(), "PNG")
    assert decode(data, short_side_px=8, max_pixels=96 * 64).image.size == (12, 8)
    assert reason(data, max_pixels=96 * 64 - 1).startswith("96 x 64 pixels are more than the limit of 6143")


def test_pillows_own_limit_is_out_of_the_way():
    """Above Pillow's limit of 179 megapixels and below ours, a picture decodes, and no warning is shown."""
    image = Image.new("L", (18_000, 10_000), 7)
    assert 178_956_970 < 18_000 * 10_000 < MAX_PIXELS
    assert decode(encoded(image, "JPEG"), short_side_px=16).image.size == (29, 16)


def test_raw_files_obey_the_limit():
    """Neither the raw pixels nor the preview of a raw file may be above the limit."""
    assert "more than the limit" in reason(dng(corners(600, 400)), suffix=".dng", max_pixels=1000)


def test_a_heif_that_turns_out_larger_than_its_header_is_refused(monkeypatch):
    """The size after decoding is checked as well."""
    data = heif(corners())
    real = HeifImageFile.load

    def grows(image):
        real(image)
        image._size = (5000, 5000)

    monkeypatch.setattr(HeifImageFile, "load", grows)
    assert "5000 x 5000 pixels" in reason(data, max_pixels=96 * 64)


def test_a_jpeg_of_endless_scans_is_refused():
    """A progressive JPEG whose last scan comes a thousand times would take minutes."""
    data = encoded(corners(), "JPEG", progressive=True)
    scan = data[data.rindex(b"\xff\xda") : -2]
    assert "scans" in reason(data[:-2] + scan * 1000 + b"\xff\xd9")


def test_a_text_bomb_in_a_png_is_refused():
    """A compressed text of 100 MB in a PNG is not unpacked."""
    text = PngImagePlugin.PngInfo()
    text.add_text("comment", "x" * 10_000_000, zip=True)
    assert reason(encoded(corners(), "PNG", pnginfo=text)).startswith("damaged: ")


def test_large_pictures_are_decoded_one_at_a_time(monkeypatch):
    """Pictures of which two would take too much memory are decoded one after the other, in however many threads."""
    from imagecluster.decode import memory, scaling

    running, most = set(), []
    real = scaling._resize

    def watched(image, *arguments, **options):
        running.add(id(image))
        most.append(len(running))
        result = real(image, *arguments, **options)
        running.discard(id(image))
        return result

    monkeypatch.setattr(memory, "MAX_MEMORY_BYTES", 900_000)
    monkeypatch.setattr(scaling, "_resize", watched)
    data = encoded(smooth_noise(400, 300), "PNG")
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda _: decode(data, short_side_px=16), range(12)))
    assert max(most) == 1


# --- what would take too much memory

WIDE = 15_000  # squared below the limit of pixels


def with_size(data, at, width, height, order="big"):
    """The data with another width and height, of four bytes each."""
    return patched(data, at, width.to_bytes(4, order) + height.to_bytes(4, order))


def memory_bombs():
    """Small files that say they hold fewer pixels than are allowed, and would take gigabytes all the same."""
    side = WIDE.to_bytes(2, "big")
    progressive = encoded(corners(), "JPEG", progressive=True, subsampling=0)
    wide = {256: ("I", [WIDE]), 257: ("I", [WIDE]), 259: ("H", [8]), 262: ("H", [1]), 277: ("H", [1]), 278: ("I", [16]),
            273: ("I", [8]), 279: ("I", [64])}  # fmt: skip
    tiles = {
        322: ("I", [WIDE]),
        323: ("I", [WIDE]),
        324: ("I", [8]),
        325: ("I", [8]),
        256: ("I", [64]),
        257: ("I", [64]),
    }
    without_strips = {tag: value for tag, value in wide.items() if tag not in (273, 278, 279)}
    jpeg2000, avif = encoded(corners(), "JPEG2000", num_resolutions=1), encoded(corners(), "AVIF")
    codestream = jpeg2000.index(b"\xff\x4f\xff\x51")
    sizes = with_size(jpeg2000, jpeg2000.index(b"ihdr") + 4, WIDE, WIDE)
    bmp = (40).to_bytes(4, "little") + (WIDE).to_bytes(4, "little") * 2 + b"\1\0\x18\0" + bytes(24)
    return {
        "PNG": png_of_size(WIDE, WIDE, content=zlib.compress(bytes(100))),
        "progressive JPEG": patched(progressive, progressive.index(b"\xff\xc2") + 5, side * 2),
        "lossless WebP": b"RIFF\x64\0\0\0WEBPVP8L\x0a\0\0\0\x2f"
        + (11_999 | 11_999 << 14).to_bytes(4, "little")
        + bytes(60),
        "WebP": b"RIFF\x64\0\0\0WEBPVP8 \x0a\0\0\0\x30\0\0\x9d\1\x2a" + (12_000).to_bytes(2, "little") * 2 + bytes(60),
        "floats": tiff_structure({"main": wide | {258: ("H", [32]), 339: ("H", [3])}}),
        "whole numbers": tiff_structure({"main": wide | {258: ("H", [32])}}),
        "one strip": tiff_structure({"main": wide | {258: ("H", [16]), 278: ("I", [WIDE])}}),
        "tiles": tiff_structure({"main": without_strips | tiles | {258: ("H", [16])}}),
        "16-bit PGM": b"P5 15000 15000 65535\n",
        "12-bit PGM": b"P5 15000 15000 4095\n",
        "plain PPM": b"P3 15000 15000 255\n",
        "PFM": b"Pf 15000 15000 -1\n",
        "BMP": b"BM" + bytes(8) + (54).to_bytes(4, "little") + bmp,
        "PSD": b"8BPS\0\1" + bytes(6) + b"\0\3" + WIDE.to_bytes(4, "big") * 2 + b"\0\x08\0\3" + bytes(40),
        "JPEG2000": with_size(with_size(sizes, codestream + 8, WIDE, WIDE), codestream + 24, WIDE, WIDE),
        "AVIF": with_size(avif, avif.index(b"ispe") + 8, WIDE, WIDE),
        "HEIF": with_size(heif(corners()), heif(corners()).index(b"ispe") + 8, WIDE, WIDE),
    }


@pytest.mark.parametrize("name", memory_bombs())
def test_memory_bombs_are_refused_before_they_are_decoded(name, monkeypatch):
    """What a decoder will take is known by format and mode; more than the limit is a skip that gives both figures."""
    monkeypatch.setattr(ImageFile.ImageFile, "load", lambda _self: pytest.fail("decoded"))
    assert reason(memory_bombs()[name]).endswith(" MB of memory, the limit is 800 MB")


def test_a_frame_of_a_large_picture_takes_more_memory():
    """A picture that is small where its JPEG may be scaled down is refused where all its pixels are wanted."""
    jpeg = encoded(corners(), "JPEG")
    large = patched(jpeg, jpeg.index(b"\xff\xc0") + 5, WIDE.to_bytes(2, "big") * 2)
    assert decode(large, short_side_px=8).image.size == (8, 8)
    assert "MB of memory" in reason(large, frame=Frame(8, 8))


@pytest.mark.parametrize("order", ["<", ">"])
def test_a_tiff_of_endless_tags_is_refused(order):
    """A tag of millions of numbers is not made into objects."""
    tags = {256: ("I", [8]), 257: ("I", [8]), 258: ("H", [8]), 259: ("H", [1]), 262: ("H", [1]),
            273: ("I", np.zeros(1_000_001, int).tolist()), 279: ("I", [64])}  # fmt: skip
    assert "1,000,007 values" in reason(tiff_structure({"main": tags}, order=order))


# --- what would take for ever


def endless_headers():
    """Files whose header a decoder walks through in small steps."""
    gif = encoded(corners(), "GIF")[:13]
    start = b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", b"\0\0\0\x09" * 2 + b"\x08\2\0\0\0")
    return {
        "JPEG of nothing": b"\xff\xd8\xff\xe0" + bytes(2_000_000),
        "JPEG of fill bytes": b"\xff\xd8" + b"\xff" * 2_000_000,
        "JPEG of junk": b"\xff\xd8\xff\xe0\0\2" + b"A" * 2_000_000,
        "PPM of a comment": b"P6 #" + b"c" * 2_000_000,
        "PNG of empty chunks": start + png_chunk(b"teXt", b"") * 200_000,
        "GIF of comments": gif[:10] + b"\0\0\0" + b"\x21\xfe" + b"\x01c" * 1_000_000,
    }


@pytest.mark.parametrize("name", endless_headers())
def test_a_header_that_does_not_end_is_left(name, monkeypatch):
    """The time for a header is bounded, whatever its decoder does with each byte."""
    from imagecluster.decode import timed

    monkeypatch.setattr(timed, "MAX_OPENING_S", 0.05)
    assert reason(endless_headers()[name]) == "decoding it takes more than 0.05 s"


def test_pixels_that_take_too_long_are_left(monkeypatch):
    """So is the time for the pixels, also where a decoder in Python reads them."""
    from imagecluster.decode import opening

    monkeypatch.setattr(opening, "MAX_DECODING_S", 0.05)
    assert reason(b"P3 1000 1000 255\n" + b"1 2 3 " * 1_000_000) == "decoding it takes more than 0.05 s"


def test_a_picture_whose_decoder_cannot_be_stopped_is_refused_before():
    """A JPEG 2000 whose bytes take longer than eight seconds is not begun; at a smaller scale it takes less."""
    box = (40_000_008).to_bytes(4, "big") + b"free" + bytes(40_000_000)
    image = smooth_noise(2600, 2500)
    whole, levels = (encoded(image, "JPEG2000", num_resolutions=n) for n in (1, 6))
    assert re.fullmatch(r"decoding it would take about \d+ s, the limit is 8 s", reason(whole + box))
    assert decode(levels + box, short_side_px=16).image.size == (17, 16)


def test_a_bmp_of_short_rows_is_refused_before():
    """Pillow fills up each row that ends early pixel by pixel, in Python: 30 megapixels of nothing take ten seconds."""
    header = struct.pack("<IiiHHIIiiII", 40, 6000, 5000, 1, 8, 1, 10_000, 0, 0, 256, 0)
    data = b"BM" + struct.pack("<IHHI", 11_078, 0, 0, 1078) + header + bytes(1024) + b"\1\0\0\0" * 2500
    assert reason(data) == "decoding it would take about 10 s, the limit is 8 s"


def test_a_huge_file_is_not_read(tmp_path):
    """1.9 GB that begin like a JPEG are refused by their size."""
    with (tmp_path / "huge.jpg").open("wb") as file:
        file.write(b"\xff\xd8\xff\xe0")
        file.truncate(1_900_000_000)
    with pytest.raises(DecodeError, match=r"^1,900,000,000 bytes, larger than 0.5 GB$"):
        read_bytes(tmp_path / "huge.jpg")


@pytest.mark.parametrize("largest", [1, 100, 1023, 4095, 65534])
@pytest.mark.parametrize("mode", ["P5", "P6"])
def test_pictures_of_uncommon_depths_have_pillows_own_values(mode, largest):
    """The faster decoder gives what Pillow's gives, and refuses what is cut short."""
    n_bands, kind = (3 if mode == "P6" else 1), (">u2" if largest > 255 else "u1")
    values = np.random.default_rng(1).integers(0, largest + 1, (40, 30, n_bands)).astype(kind)
    data = f"{mode} 30 40 {largest}\n".encode() + values.tobytes()
    fast, slow = Image.open(io.BytesIO(data)), Image.open(io.BytesIO(data))
    read_fast(fast)
    assert fast.tile[0][0] != "ppm"
    assert (fast.mode, fast.tobytes()) == (slow.mode, slow.tobytes())
    assert reason(data[:-1])


PEAK_OF_A_FILE = """
import re, sys
from pathlib import Path
from imagecluster.decode import decode, read_bytes
data = read_bytes(Path(sys.argv[1]))
peak = lambda: int(re.search(r"VmHWM:\\s*(\\d+) kB", Path("/proc/self/status").read_text())[1]) / 1000
from imagecluster.decode import picture
before = peak()
decode(data, short_side_px=224)
print(peak() - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="peak memory is read from /proc")
@pytest.mark.parametrize("kind", [np.float32, np.int32, np.uint16])
def test_deep_pictures_take_little_more_memory_than_their_pixels(kind, tmp_path):
    """A picture of 12 megapixels with 16 or 32 bits takes what Pillow holds of it and 150 MB; floats took 400 MB."""
    values = (np.arange(4000 * 3000, dtype=np.int64) % 60_000).astype(kind).reshape(3000, 4000)
    (tmp_path / "deep.tif").write_bytes(encoded(Image.fromarray(values), "TIFF", compression="tiff_adobe_deflate"))
    command = [sys.executable, "-c", PEAK_OF_A_FILE, str(tmp_path / "deep.tif")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=True)
    assert float(done.stdout) < 12 * values.itemsize + 150


# --- what is damaged

SAMPLES = {
    "AVIF": encoded(corners(), "AVIF"),
    "BMP": encoded(corners(), "BMP"),
    "GIF": encoded(corners(), "GIF"),
    "HEIF": heif(corners()),
    "JPEG": encoded(corners(), "JPEG", exif=exif(orientation=6, original=b"2020:01:01 00:00:00\0")),
    "JPEG2000": encoded(corners(), "JPEG2000"),
    "PNG": encoded(corners(), "PNG"),
    "PPM": encoded(corners(), "PPM"),
    "TIFF": encoded(corners(), "TIFF", compression="tiff_lzw"),
    "WEBP": encoded(corners(), "WEBP"),
    "progressive": encoded(corners(), "JPEG", progressive=True),
    "raw": dng(corners(), preview=corners(48, 32)),
}


@pytest.mark.parametrize("name", SAMPLES)
@pytest.mark.parametrize("share", [0.05, 0.5, 0.9])
def test_truncated_files_are_refused(name, share):
    """A file that lost its end is not a picture, except a JPEG, PNG or WebP of which half is there."""
    if share >= 0.5 and name in ("JPEG", "PNG", "WEBP", "progressive"):
        pytest.skip("read in part")
    data = SAMPLES[name]
    reason(data[: int(len(data) * share)], suffix=".dng" if name == "raw" else "")


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_damage_gives_a_picture_or_a_reason(data):
    """Whatever bytes are changed, removed or added, the result is a picture or one line."""
    name = data.draw(st.sampled_from(sorted(SAMPLES)))
    content = bytearray(SAMPLES[name])
    for _ in range(data.draw(st.integers(1, 8))):
        position = data.draw(st.integers(0, min(len(content), 800) - 1))
        content[position] = data.draw(st.sampled_from([0, 1, 127, 128, 255]))
    start = data.draw(st.integers(0, len(content)))
    del content[start : start + data.draw(st.sampled_from([0, 0, 0, 1, 30]))]
    try:
        found = decode(bytes(content), short_side_px=16, suffix=".dng" if name == "raw" else "")
    except DecodeError as error:
        assert str(error).isprintable()
        assert 0 < len(str(error)) < 200
    else:
        assert min(found.image.size) == 16
        assert found.image.mode == "RGB"


@pytest.mark.parametrize(
    "error",
    [
        SyntaxError("not a\nPNG"),
        ZeroDivisionError("float division by zero"),
        OverflowError(),
        SystemError("tile cannot extend outside image"),
        MemoryError(),
        RecursionError("too deep"),
        KeyError("\x1b[31mred\udcff" * 100),
        Image.DecompressionBombError("too large"),
        NotImplementedError("Unimplemented pixel format 0"),
    ],
)
def test_whatever_a_decoder_throws_becomes_one_line(error, monkeypatch):
    """Every exception becomes a DecodeError, printable and short, that keeps nothing half-decoded alive."""

    def fails(*_arguments, **_options):
        raise error

    monkeypatch.setattr(picture, "shrink", fails)
    with pytest.raises(DecodeError) as caught:
        decode(SAMPLES["PNG"], short_side_px=16)
    assert str(caught.value).isprintable()
    assert 0 < len(str(caught.value)) < 200
    assert caught.value.__context__ is None
    assert reason(SAMPLES["PNG"])


def test_an_interruption_is_no_damage(monkeypatch):
    """Ctrl-C passes through."""

    def interrupted(*_arguments, **_options):
        raise KeyboardInterrupt

    monkeypatch.setattr(picture, "shrink", interrupted)
    with pytest.raises(KeyboardInterrupt):
        decode(SAMPLES["PNG"], short_side_px=16)


def test_truncated_pictures_stay_refused():
    """Nothing here makes Pillow accept truncated pictures."""
    decode(SAMPLES["HEIF"], short_side_px=16)
    assert ImageFile.LOAD_TRUNCATED_IMAGES is False


# --- silence


def noisy_tiff():
    """A TIFF at which Pillow warns of truncated metadata."""
    tags = {
        256: ("I", [8]), 257: ("I", [8]), 258: ("H", [8]), 259: ("H", [1]), 262: ("H", [1]), 277: ("H", [1]),
        278: ("I", [8]), 273: ("I", [("blob", 0)]), 279: ("I", [64]), 700: ("B", bytes(1000)),
    }  # fmt: skip
    whole = tiff_structure({"main": tags}, blobs=[bytes(64)])
    return whole[:-500]


def test_warnings_of_decoders_are_dropped_even_where_warnings_are_errors():
    """A picture at which Pillow warns decodes all the same, and nobody sees the warning."""
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        Image.open(io.BytesIO(noisy_tiff())).load()
    assert seen, "Pillow does not warn any more: this test needs another sample"
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("error")
        assert decode(noisy_tiff(), short_side_px=8).image.size == (8, 8)
    assert seen == []


def test_warnings_of_other_threads_are_kept():
    """While one thread decodes, the warnings of another are what its program asked for."""
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        with quiet(), ThreadPoolExecutor(1) as other:
            warnings.warn("here", UserWarning, stacklevel=1)
            other.submit(warnings.warn, "there", UserWarning).result()
        warnings.warn("afterwards", UserWarning, stacklevel=1)
    assert [str(warning.message) for warning in seen] == ["there", "afterwards"]


def test_filters_do_not_pile_up():
    """Decoding again and again adds one filter at most."""
    with warnings.catch_warnings():
        decode(SAMPLES["BMP"], short_side_px=8)
        before = len(warnings.filters)
        for action in ("error", "ignore", "always") * 5:
            warnings.simplefilter(action)
            decode(SAMPLES["BMP"], short_side_px=8)
        assert len(warnings.filters) <= before + 3


def test_what_pillow_logs_of_a_damaged_file_is_dropped(caplog):
    """Pillow's error log about a TIFF of absurd samples is not shown; the reason says enough."""
    tags = {
        256: ("I", [8]), 257: ("I", [8]), 258: ("H", [8]), 259: ("H", [1]), 262: ("H", [1]), 277: ("H", [65535]),
        273: ("I", [8]), 279: ("I", [64]),
    }  # fmt: skip
    data = tiff_structure({"main": tags})
    with caplog.at_level(logging.ERROR), pytest.raises((SyntaxError, OSError)):
        TiffImagePlugin.TiffImageFile(io.BytesIO(data))
    assert caplog.records, "Pillow does not log any more: this test needs another sample"
    caplog.clear()
    with caplog.at_level(logging.ERROR):
        reason(data)
    assert caplog.records == []


def test_libtiff_writes_nothing(capfd):
    """Libtiff's own message about data behind the end of the file does not reach the screen."""
    tags = {
        256: ("I", [8]), 257: ("I", [8]), 258: ("H", [8]), 259: ("H", [5]), 262: ("H", [1]), 277: ("H", [1]),
        278: ("I", [8]), 273: ("I", [9999]), 279: ("I", [64]),
    }  # fmt: skip
    assert reason(tiff_structure({"main": tags})) == "damaged: its pixels cannot be decoded"
    assert capfd.readouterr().err == ""


# --- the folders of broken files

# fmt: off
OPENED_BY_PILLOW_ONLY = frozenset((
    "CUR", "DCX", "DDS", "FITS", "FLI", "FTEX", "GBR", "ICO", "IM", "IMT", "MSP", "PIXAR", "QOI", "SGI", "SPIDER",
    "SUN", "XBM", "XPM", "XVTHUMB",
))
# fmt: on


@pytest.mark.photos
@pytest.mark.parametrize("folder", ["hostile_pillow", "hostile_heif"])
def test_hostile_files_decode_only_where_pillow_opens_them(photos, folder):
    """Of hundreds of malformed files each gives a picture or a reason, and the same ones as a full decode."""
    for row in read_manifest(photos / folder):
        path = photos / folder / row["path"]
        opens = row["opens_in_pillow"] == "1" and row["format"].upper() not in OPENED_BY_PILLOW_ONLY
        if path.name in (
            "chunk_no_fctl.png",
            "psd-oob-write-overflow.psd",
            "truncated_jpeg.jpg",
            "truncated_image.png",
        ):
            # Damaged behind the first picture: an APNG that fails to load, a PSD's second layer, a missing end.
            opens = not opens
        if opens:
            assert min(decode(read_bytes(path), short_side_px=32, suffix=path.suffix).image.size) == 32
        else:
            reason(read_bytes(path), suffix=path.suffix)


PEAK_OF_A_FOLDER = """
import re, sys
from pathlib import Path
from imagecluster.decode import decode, read_bytes
from imagecluster.errors import DecodeError
for path in sorted(Path(sys.argv[1]).rglob("*")):
    if path.is_file():
        try:
            decode(read_bytes(path), short_side_px=224, suffix=path.suffix)
        except DecodeError:
            pass
# Not getrusage: its figure starts at that of the process which started this one.
print(re.search(r"VmHWM:\\s*(\\d+) kB", Path("/proc/self/status").read_text())[1])
"""


@pytest.mark.photos
@pytest.mark.skipif(sys.platform != "linux", reason="peak memory is read from /proc")
@pytest.mark.parametrize("folder", ["hostile_pillow", "hostile_heif"])
def test_hostile_files_take_little_memory(photos, folder):
    """A process that decodes every hostile file stays below 400 MB and writes nothing to the screen."""
    command = [sys.executable, "-W", "error", "-c", PEAK_OF_A_FOLDER, str(photos / folder)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=True)
    assert done.stderr == ""
    assert int(done.stdout) < 400_000


def test_the_list_of_formats_holds_none_that_runs_programs():
    """No decoder that calls another program, or fetches anything, is on the list."""
    assert not {"EPS", "PDF", "WMF", "FPX", "MIC", "HDF5", "GRIB", "BUFR"} & set(opening._FORMATS)
