"""How pixels are coded, by a file's first bytes: the form, the quality of a JPEG, and what EXIF says of its size."""

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from film_samples import box
from imagecluster.decode import read_coding
from imagecluster.decode.coding import LUMA, jpeg_quality, standard_table
from picture_samples import corners, dng, exif


@pytest.mark.parametrize("quality", [*range(1, 100, 7), 95, 99, 100])
def test_the_quality_of_a_jpeg_is_what_it_was_saved_with(tmp_path, quality):
    """By libjpeg's tables, exactly; grey pictures have one table only."""
    corners(64, 48).save(tmp_path / "x.jpg", quality=quality)
    corners(64, 48).convert("L").save(tmp_path / "grey.jpg", quality=quality)
    for name in ("x.jpg", "grey.jpg"):
        found = read_coding(tmp_path / name)
        assert (found.form, found.quality) == ("jpeg", quality)


def test_other_tables_have_the_quality_that_theirs_is_on_average():
    """Finer steps are better, coarser ones worse; those between two qualities are between them."""
    between = [(a + b + 1) // 2 for a, b in zip(standard_table(80), standard_table(90), strict=True)]
    assert 82 < jpeg_quality([between]) < 88
    assert jpeg_quality([[1] * 64]) == 100
    assert jpeg_quality([[255] * 64]) < 20
    assert jpeg_quality([]) is None
    assert standard_table(50) == LUMA


def test_tables_of_two_bytes_and_behind_long_segments_are_read(tmp_path):
    """A baseline quality above the limit of one byte, and a thumbnail and a profile before the tables."""
    stream = io.BytesIO()
    corners(64, 48).save(stream, "JPEG", qtables=[[300] * 64, [400] * 64])
    (tmp_path / "x.jpg").write_bytes(stream.getvalue())
    assert read_coding(tmp_path / "x.jpg").tables[0] in ((300,) * 64, (255,) * 64)
    corners(64, 48).save(tmp_path / "y.jpg", quality=88, icc_profile=bytes(300_000), exif=exif(orientation=6))
    found = read_coding(tmp_path / "y.jpg")
    assert (found.quality, found.orientation) == (88, 6)


@pytest.mark.parametrize(
    ("name", "form", "options"),
    [
        ("x.png", "lossless", {}),
        ("x.bmp", "lossless", {}),
        ("x.tif", "lossless", {}),
        ("y.tif", "lossy", {"compression": "jpeg"}),
        ("x.webp", "lossy", {"quality": 80}),
        ("y.webp", "lossless", {"lossless": True}),
        ("z.webp", "lossless", {"lossless": True, "exif": exif(orientation=1)}),
        ("x.gif", "palette", {}),
        ("x.avif", "lossy", {}),
        ("x.jp2", "lossy", {}),
        ("x.jpg", "jpeg", {}),
    ],
)
def test_the_form_of_a_file(tmp_path, name, form, options):
    """What its first bytes say, whatever its suffix is."""
    corners(64, 48).save(tmp_path / name, **options)
    assert read_coding(tmp_path / name).form == form
    (tmp_path / name).rename(tmp_path / "renamed.jpg")
    assert read_coding(tmp_path / "renamed.jpg").form == form


def test_the_form_of_other_files(tmp_path):
    """HEIF, camera raw files, pictures of few colours, and files that are none."""
    import pillow_heif

    pillow_heif.from_pillow(corners(64, 48)).save(tmp_path / "x.heic")
    (tmp_path / "x.dng").write_bytes(dng(corners(64, 48)))
    corners(64, 48).convert("P").save(tmp_path / "p.png")
    (tmp_path / "x.txt").write_text("a text")
    names = ("x.heic", "x.dng", "p.png", "x.txt", "missing.jpg")
    forms = [read_coding(tmp_path / name).form for name in names]
    assert forms == ["heif", "raw", "palette", "unknown", "unknown"]


def test_the_size_that_exif_says(tmp_path):
    """As it is stored, which programs that resize a picture may leave as it was."""
    own = {0xA002: ("I", [4000]), 0xA003: ("I", [3000])}
    corners(64, 48).save(tmp_path / "x.jpg", exif=exif(more={"own": own}))
    assert read_coding(tmp_path / "x.jpg").said_px == (4000, 3000)


def test_a_jpeg_as_its_camera_wrote_it_is_known(tmp_path):
    """EXIF with a maker note comes first; what a program saved again begins with JFIF, though it keeps the notes."""
    block = exif(more={"own": {0x927C: ("B", list(b"notes of a camera"))}})
    stream = io.BytesIO()
    corners(64, 48).save(stream, "JPEG", exif=block)
    saved = stream.getvalue()
    (tmp_path / "again.jpg").write_bytes(saved)
    assert saved[2:4] == b"\xff\xe0"
    (tmp_path / "camera.jpg").write_bytes(saved[:2] + saved[20:])
    corners(64, 48).save(stream, "JPEG", exif=exif(orientation=1))
    (tmp_path / "plain.jpg").write_bytes(saved[:2] + stream.getvalue()[len(saved) :][20:])
    found = [read_coding(tmp_path / f"{name}.jpg").is_from_camera for name in ("camera", "again", "plain")]
    assert found == [True, False, False]


@pytest.mark.parametrize("mark", ['GCamera:MotionPhoto="1"', 'GCamera:MicroVideo="1"', "samsung", "heic"])
def test_a_motion_photo_is_known(tmp_path, mark):
    """By what XMP says, by Samsung's trailer, by the box of a film in HEIF."""
    stream = io.BytesIO()
    packet = f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:Description {mark}/></x:xmpmeta>'.encode()
    corners(64, 48).save(stream, "JPEG", xmp=packet if mark.startswith("G") else b"")
    data = stream.getvalue() + (b"MotionPhoto_Data" + bytes(64) + b"SEFT" if mark == "samsung" else b"")
    (tmp_path / "x.jpg").write_bytes(data)
    if mark == "heic":
        import pillow_heif

        pillow_heif.from_pillow(corners(64, 48)).save(tmp_path / "x.jpg")
        assert not read_coding(tmp_path / "x.jpg").has_video
        (tmp_path / "x.jpg").write_bytes((tmp_path / "x.jpg").read_bytes() + box(b"mpvd", bytes(64)))
    assert read_coding(tmp_path / "x.jpg").has_video
    corners(64, 48).save(tmp_path / "y.jpg")
    assert not read_coding(tmp_path / "y.jpg").has_video


@given(st.binary(max_size=40), st.integers(0, 1200), st.integers(1, 1300))
def test_damaged_files_raise_nothing(tmp_path_factory, bytes_in, at, length):
    """Cut or overwritten anywhere, a file is still some file."""
    file = tmp_path_factory.mktemp("damaged") / "x.jpg"
    for kind in ("JPEG", "WEBP", "TIFF", "PNG"):
        stream = io.BytesIO()
        Image.fromarray(np.arange(192, dtype=np.uint8).reshape(8, 8, 3)).save(stream, kind)
        whole = stream.getvalue()
        file.write_bytes((whole[:at] + bytes_in + whole[at + len(bytes_in) :])[:length])
        read_coding(file)


def test_what_a_file_holds_beside_its_picture_is_known(tmp_path):
    """Behind the end of a JPEG, but neither notes nor padding, and not the end of the thumbnail in its EXIF."""
    corners(64, 48).save(tmp_path / "x.jpg")
    data = (tmp_path / "x.jpg").read_bytes()

    def beyond(rest):
        (tmp_path / "y.jpg").write_bytes(data + rest)
        return read_coding(tmp_path / "y.jpg").beyond

    assert beyond(b"") == beyond(bytes(100_000)) == beyond(b"a note" * 100) == b""
    film = b"\0\0\0\x18ftypmp42" + b"film" * 5000
    assert len(beyond(film)) == 16
    assert beyond(film) == beyond(film + bytes(512)) != beyond(film + b"more")
    with_thumbnail = exif(orientation=1) + data
    corners(64, 48).save(tmp_path / "z.jpg", exif=with_thumbnail)
    assert read_coding(tmp_path / "z.jpg").beyond == b""


def test_a_second_picture_in_heif_is_more_than_the_picture(tmp_path):
    """Only equal files are sure to hold the same ones."""
    from pillow_heif import HeifFile

    file = HeifFile()
    file.add_from_pillow(corners(64, 48))
    file.save(tmp_path / "one.heic")
    file.add_from_pillow(corners(48, 64))
    file.save(tmp_path / "two.heic")
    assert read_coding(tmp_path / "one.heic").beyond == b""
    assert len(read_coding(tmp_path / "two.heic").beyond) == 16
