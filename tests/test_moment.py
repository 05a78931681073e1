"""The moment of an exposure, read from the few places of a file that hold it."""

import calendar
import os
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from film_samples import box, film
from imagecluster.decode import read_moment
from picture_samples import corners, dng, exif, tiff_structure

WHEN_S = calendar.timegm((2021, 5, 1, 10, 20, 30))
WHEN = b"2021:05:01 10:20:30\0"
IDENTIFIER = "9B539AB8-A668-4FA6-9207-EB653A5E7E3C"


def apple_note(identifier):
    """A maker note of an iPhone."""
    text = identifier.encode() + b"\0"
    return b"Apple iOS\0\0\x01MM" + struct.pack(">HHHIII", 1, 0x11, 2, len(text), 14 + 2 + 12 + 4, 0) + text


def test_the_moment_of_a_jpeg(tmp_path):
    """Time, offset, camera and content identifier come from EXIF; the time of the last change is no moment."""
    main = {0x010F: ("A", b"Apple\0"), 0x0110: ("A", b"iPhone 13\0")}
    own = {0x9011: ("A", b"+02:00\0"), 0x927C: ("B", list(apple_note(IDENTIFIER)))}
    block = exif(original=WHEN, more={"main": main, "own": own})
    corners(64, 48).save(tmp_path / "x.jpg", exif=block)
    found = read_moment(tmp_path / "x.jpg")
    assert (found.local_s, found.offset_s, found.camera) == (WHEN_S, 7200, "Apple iPhone 13")
    assert found.content_id == IDENTIFIER
    corners(64, 48).save(tmp_path / "y.jpg", exif=exif(changed=WHEN))
    assert read_moment(tmp_path / "y.jpg").local_s is None


@pytest.mark.parametrize(("clock", "offset_s"), [((8, 20, 25), 7200), ((8, 13, 0), None), ((0, 20, 30), 36_000)])
def test_the_offset_is_also_that_of_gps(tmp_path, clock, offset_s):
    """If no field says it: the time by GPS is UTC, unless it differs by what no zone does."""
    numbers = [number for part in clock for number in (part, 1)]
    more = {"gps": {7: ("R", numbers), 29: ("A", b"2021:05:01\0")}}
    corners(64, 48).save(tmp_path / "x.jpg", exif=exif(original=WHEN, more=more))
    assert read_moment(tmp_path / "x.jpg").offset_s == offset_s


@pytest.mark.parametrize("suffix", [".png", ".webp", ".heic", ".tif"])
def test_the_moment_of_other_pictures(tmp_path, suffix):
    """EXIF is found in the chunks of PNG and WebP, the items of HEIF, and the directories of TIFF."""
    file = tmp_path / f"x{suffix}"
    image = corners(64, 48)
    if suffix == ".heic":
        import pillow_heif

        pillow_heif.from_pillow(image).save(file, exif=exif(original=WHEN))
    elif suffix == ".tif":
        image.save(file, exif=exif(original=WHEN)[6:])
    else:
        image.save(file, exif=exif(original=WHEN))
    assert read_moment(file).local_s == WHEN_S


def test_the_moment_of_raw_files(tmp_path):
    """Dates are found in the first directory too, in Fujifilm's preview and in Canon's boxes."""
    block = exif(original=WHEN)
    (tmp_path / "x.nef").write_bytes(block[6:])
    directory = tiff_structure({"main": {0x9003: ("A", WHEN)}}, order="<")
    (tmp_path / "x.dng").write_bytes(directory)
    canon = bytes.fromhex("85c0b687820f11e08111f4ce462b6a48")
    boxes = box(b"ftyp", b"crx ", bytes(4)) + box(b"moov", box(b"uuid", canon, box(b"CMT2", directory)))
    (tmp_path / "x.cr3").write_bytes(boxes)
    corners(64, 48).save(tmp_path / "preview.jpg", exif=block)
    head = b"FUJIFILMCCD-RAW".ljust(84, b"\0") + struct.pack(">I", 160)
    (tmp_path / "x.raf").write_bytes(head.ljust(160, b"\0") + (tmp_path / "preview.jpg").read_bytes())
    for name in ("x.nef", "x.dng", "x.cr3", "x.raf"):
        assert read_moment(tmp_path / name).local_s == WHEN_S, name
    # The directory behind the pixels, as raw converters write it.
    pointed = block[6:10] + struct.pack("<I", 300_000)
    far = struct.pack("<HHHII", 1, 0x9003, 2, 20, 300_018) + bytes(4) + WHEN
    (tmp_path / "z.dng").write_bytes(pointed.ljust(300_000, b"\1") + far)
    assert read_moment(tmp_path / "z.dng").local_s == WHEN_S
    (tmp_path / "y.dng").write_bytes(dng(corners(64, 48)))
    assert read_moment(tmp_path / "y.dng").local_s is None


@pytest.mark.parametrize("is_iso", [False, True])
def test_the_moment_of_a_film(tmp_path, is_iso):
    """Phones write the clock of the place with its offset; the header's time may be UTC or not."""
    said = {"com.apple.quicktime.make": "Apple", "com.apple.quicktime.content.identifier": IDENTIFIER,
            "com.apple.quicktime.creationdate": "2021-05-01T10:20:30+0200"}  # fmt: skip
    (tmp_path / "x.mov").write_bytes(film(created_s=WHEN_S, said=said, is_iso=is_iso))
    found = read_moment(tmp_path / "x.mov")
    assert (found.local_s, found.offset_s, found.content_id) == (WHEN_S, 7200, IDENTIFIER)
    assert (found.camera, found.length_s, found.is_vague) == ("Apple", 2.5, False)
    (tmp_path / "y.mp4").write_bytes(film(created_s=WHEN_S, length_s=70, wide=True, is_iso=is_iso))
    found = read_moment(tmp_path / "y.mp4")
    assert (found.local_s, found.offset_s, found.length_s, found.is_vague) == (WHEN_S, None, 70, True)
    (tmp_path / "z.mov").write_bytes(film())
    assert read_moment(tmp_path / "z.mov").local_s is None


@pytest.mark.photos
def test_the_content_identifier_of_a_real_live_photo(photos):
    """A still of an iPhone names the live photo to which it belongs."""
    found = read_moment(photos / "albums_pigallery/test/backend/assets/live_photo/IMG_7943.HEIC")
    assert (found.content_id, found.camera, found.offset_s) == (IDENTIFIER, "Apple iPhone 13 Pro", 3600)


@pytest.mark.skipif(os.name == "nt", reason="needs pipes")
def test_files_that_say_nothing_have_no_moment(tmp_path):
    """A missing file, a pipe and a folder are None; a file of something else has an empty moment."""
    os.mkfifo(tmp_path / "x.jpg")
    assert read_moment(tmp_path / "x.jpg") is None
    assert read_moment(tmp_path) is None
    assert read_moment(tmp_path / "none.jpg") is None
    (tmp_path / "x.txt").write_text("a text")
    assert read_moment(tmp_path / "x.txt").local_s is None


@given(st.binary(max_size=64), st.integers(0, 2500), st.integers(1, 2600))
def test_damaged_files_raise_nothing(tmp_path_factory, bytes_in, at, length):
    """Cut or overwritten anywhere, a film or picture says less."""
    folder = tmp_path_factory.mktemp("damaged")
    whole = film(created_s=WHEN_S, said={"com.apple.quicktime.content.identifier": IDENTIFIER})
    (folder / "x.mov").write_bytes((whole[:at] + bytes_in + whole[at + len(bytes_in) :])[:length])
    read_moment(folder / "x.mov")
    block = exif(original=WHEN, more={"own": {0x927C: ("B", list(apple_note(IDENTIFIER)))}})[6:]
    (folder / "x.dng").write_bytes(block[: at % len(block)] + bytes_in + block[at % len(block) :])
    read_moment(folder / "x.dng")
