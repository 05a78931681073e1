"""Tests of the hash of what a picture looks like, and of how it is kept."""

import contextlib
import io
import shutil
import sqlite3
import struct
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from imagecluster.collection.signing import bring_up_signs
from imagecluster.copies.symmetry import distances, hashes_in_position, pixels_in_position
from imagecluster.decode import SIGN_BYTES, decode, pixel_digest, sign_hash, small_picture
from imagecluster.decode.opening import open_header
from imagecluster.decode.small import _depth_bits
from imagecluster.records import ImageFile
from imagecluster.store import Batch, HashedFile, Store, schema
from imagecluster.system.progress import silent
from picture_samples import encoded, smooth_noise
from pictures import draw
from store_samples import MODEL, batch_of, hash_of


def bits_apart(one: bytes, other: bytes) -> int:
    return int(np.bitwise_count(np.frombuffer(one, np.uint8) ^ np.frombuffer(other, np.uint8)).sum())


@given(st.integers(0, 2**32 - 1), st.integers(0, 7), st.integers(20, 90), st.integers(20, 90))
def test_positions_follow_from_the_bits(seed, position, width, height):
    """The hash of a mirrored or turned picture is that which its own bits give, up to coefficients of nearly 0."""
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width), np.uint8)
    own = np.frombuffer(sign_hash(Image.fromarray(pixels)), np.uint8)
    turned = sign_hash(Image.fromarray(np.ascontiguousarray(pixels_in_position(pixels, position))))
    assert bits_apart(hashes_in_position(own[np.newaxis], position)[0].tobytes(), turned) <= 6


def test_every_position_is_found_again():
    """The distances to the eight positions name the one in which a picture is another one."""
    picture = smooth_noise(320, 240, grain_px=12)
    own = np.frombuffer(sign_hash(picture), np.uint8)
    for position in range(8):
        turned = Image.fromarray(np.ascontiguousarray(pixels_in_position(np.asarray(picture), position)))
        found = distances(np.frombuffer(sign_hash(turned), np.uint8), own)
        assert found.argmin() == position and found.min() <= 2
        assert np.sort(found)[1] > 60


@pytest.mark.parametrize("colour", [0, 1, 77, 254, 255])
@pytest.mark.parametrize("size", [(1, 1), (1, 500), (500, 1), (64, 64), (301, 203)])
def test_a_picture_of_one_colour_has_no_signs(colour, size):
    """Nothing is taken for a picture that rounding alone has made."""
    assert sign_hash(Image.new("RGB", size, (colour, colour, colour))) == bytes(SIGN_BYTES)


def test_copies_are_near_and_others_far():
    """Compression, size and tone move few bits; another picture differs in about half of them."""
    picture = smooth_noise(640, 480, grain_px=60)
    own = sign_hash(picture)
    small = picture.resize((160, 120), Image.Resampling.LANCZOS)
    rough = decode(encoded(picture, "JPEG", quality=10), short_side_px=128).image
    assert bits_apart(own, sign_hash(small)) <= 8
    assert bits_apart(own, sign_hash(rough)) <= 20
    assert bits_apart(own, sign_hash(picture.point(lambda level: level // 2 + 40))) <= 12
    assert bits_apart(own, sign_hash(picture.convert("L"))) <= 2
    assert bits_apart(own, sign_hash(smooth_noise(640, 480, grain_px=60))) > 80


def test_the_hash_is_the_same_for_every_size_of_decoding():
    """A model that reads pictures at another size gives nearly the same hash."""
    data = encoded(smooth_noise(900, 600, grain_px=60), "JPEG", quality=90)
    one, other = (sign_hash(decode(data, short_side_px=side).image) for side in (128, 300))
    assert bits_apart(one, other) <= 8


def test_signs_are_kept_with_contents(tmp_path):
    """A batch brings them, `signs` gives them back with a mask, and what is there stays."""
    signs = {hash_of(n): bytes([n]) * SIGN_BYTES for n in range(3)}
    with Store.open(tmp_path / "db", root=tmp_path) as store:
        store.commit(batch_of(tmp_path, range(5)), model=MODEL)
        store.commit(Batch(signs=signs), model=MODEL)
        store.put_signs({hash_of(0): bytes(SIGN_BYTES), hash_of(9): bytes(SIGN_BYTES), hash_of(3): bytes([7]) * 32})
        found, there = store.signs([hash_of(n) for n in (4, 2, 3, 9, 0)])
        assert there.tolist() == [False, True, True, False, True]
        assert found[:, 0].tolist() == [0, 2, 7, 0, 0] and found.shape == (5, SIGN_BYTES)
        many, _ = store.signs([hash_of(n) for n in range(2000)])
        assert many[:4, 5].tolist() == [0, 1, 2, 7]


def test_format_3_is_brought_to_signs(tmp_path, monkeypatch, caplog):
    """Contents of format 3 have no signs until they are read; their pictures are not read once more at once."""
    with monkeypatch.context() as older:
        older.setattr(schema, "MIGRATIONS", schema.MIGRATIONS[:3])
        Store.open(tmp_path / "db", root=tmp_path).close()
    with contextlib.closing(sqlite3.connect(tmp_path / "db" / "imagecluster.db")) as old, old:
        old.execute(
            "INSERT INTO contents (hash, width_px, height_px, format) VALUES (?, 640, 480, 'JPEG')", [hash_of(1)]
        )
    with Store.open(tmp_path / "db") as store:
        assert store.format_version == schema.newest_format()
        assert store.signs([hash_of(1)])[1].tolist() == [False]
    (record,) = caplog.records
    assert "from format 3 to 5; its pictures are read once more, and their fingerprints are kept" in record.getMessage()


@pytest.fixture
def collection(tmp_path):
    """A folder of pictures, fingerprinted; its database."""
    from imagecluster import Settings, run

    folder = tmp_path / "pics"
    folder.mkdir()
    for seed in range(3):
        draw(folder / f"{seed}.jpg", seed)
    run([folder], Settings(page=False, links="none"))
    return folder


def known_in(store: Store) -> list[HashedFile]:
    return [
        HashedFile(ImageFile(path, known.size_bytes, known.mtime_ns), known.content_hash)
        for path, known in store.known_files().items()
    ]


def test_a_run_keeps_signs_and_twins_take_them_over(collection):
    """Every picture that gets a fingerprint has signs; one that differs in its metadata alone has those of its twin."""
    from imagecluster import Settings, run

    data = (collection / "0.jpg").read_bytes()
    (collection / "twin.jpg").write_bytes(data[:2] + b"\xff\xfe\x00\x06note" + data[2:])
    result = run([collection], Settings(page=False, links="none"))
    assert (result.n_fingerprinted, result.n_reused) == (0, 4)
    with Store.open(collection / "imagecluster", writable=False) as store:
        files = known_in(store)
        found, there = store.signs([known.content_hash for known in files])
        assert there.all()
        by_name = {known.file.path.name: row.tobytes() for known, row in zip(files, found, strict=True)}
        coded = store.coded([known.content_hash for known in files])
    assert by_name["0.jpg"] == by_name["twin.jpg"] != by_name["1.jpg"]
    assert bits_apart(by_name["1.jpg"], sign_hash(Image.open(collection / "1.jpg"))) <= 24
    of = {known.file.path.name: coded[known.content_hash] for known in files}
    assert of["0.jpg"] == of["twin.jpg"] != of["1.jpg"] and len(of["0.jpg"]) == 24


def test_older_contents_get_signs_when_they_are_needed(collection, monkeypatch):
    """Only pictures without them are read, once for each content; what has changed or is gone stays without."""
    database = collection / "imagecluster" / "imagecluster.db"
    shutil.copy(collection / "0.jpg", collection / "again.jpg")
    with Store.open(collection / "imagecluster") as store:
        before = {known.file.path.name: store.signs([known.content_hash])[0] for known in known_in(store)}
    with contextlib.closing(sqlite3.connect(database)) as old, old:
        old.execute("UPDATE contents SET signs = NULL")
    (collection / "2.jpg").write_bytes(b"another file")
    with Store.open(collection / "imagecluster") as store:
        files = known_in(store)
        bring_up_signs(files, store, max_pixels=10**8, n_threads=2, progress=silent)
        found, there = store.signs([known.content_hash for known in files])
        assert dict(zip((k.file.path.name for k in files), there.tolist(), strict=True)) == {
            "0.jpg": True,
            "1.jpg": True,
            "2.jpg": False,
        }
        assert bits_apart(found[0].tobytes(), before["0.jpg"][0].tobytes()) <= 24
        monkeypatch.setattr("imagecluster.collection.rereading.of_content", None)
        bring_up_signs(files[:2], store, max_pixels=10**8, n_threads=2, progress=silent)


def test_small_pictures_are_never_enlarged():
    """Their longer side is at most that wanted, a small picture keeps its size, and a side has at least a pixel."""
    for size, expected in (((1600, 900), (108, 192)), ((50, 30), (30, 50)), ((1, 1), (1, 1)), ((3000, 2), (1, 16))):
        data = encoded(Image.new("RGB", size, "red"), "PNG")
        assert small_picture(data, size).pixels.shape == (*expected, 3)


def test_a_small_picture_says_whether_the_file_holds_more():
    """Animations and documents of pages do; a phone's JPEG with a second picture for bright screens does not."""
    frames = [smooth_noise(64, 48) for _ in range(3)]
    still, *more = frames
    for kind in ("GIF", "WEBP", "PNG", "TIFF"):
        moving = encoded(still, kind, save_all=True, append_images=more)
        assert small_picture(moving, (64, 48)).is_one_of_many, kind
        assert not small_picture(encoded(still, kind), (64, 48)).is_one_of_many, kind
    smaller = [picture.resize((32, 24)) for picture in more]
    assert small_picture(encoded(still, "MPO", save_all=True, append_images=more), (64, 48)).is_one_of_many
    assert not small_picture(encoded(still, "MPO", save_all=True, append_images=smaller), (64, 48)).is_one_of_many


def deep(levels, kind):
    """A file with levels of 16 bits, or of 10."""
    if kind == "HEIF":
        heif = pytest.importorskip("pillow_heif")
        picture = heif.from_bytes(mode="RGB;16", size=levels.shape[1::-1], data=levels.tobytes())
        target = io.BytesIO()
        picture.save(target, quality=-1)
        return target.getvalue()
    if kind == "PNG":  # Pillow writes no such file
        rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in levels)
        head = struct.pack(">IIBBBBB", levels.shape[1], levels.shape[0], 16, 2, 0, 0, 0)
        chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
        return b"\x89PNG\r\n\x1a\n" + b"".join(
            struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
            for name, data in chunks
        )
    cv2 = pytest.importorskip("cv2")
    return cv2.imencode({"TIFF": ".tif", "JPEG2000": ".jp2"}[kind], levels)[1].tobytes()


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "JPEG2000", "HEIF"])
def test_levels_of_more_than_eight_bits_are_other_pixels(kind):
    """What is cut off when they are opened is lost with the file; two such files of one format can be the same."""
    levels = np.random.default_rng(3).integers(0, 65536, (48, 64, 3)).astype(np.uint16)
    data = deep(levels, kind)
    opened = decode(data, short_side_px=48).image
    assert pixel_digest(data, (64, 48)) != pixel_digest(encoded(opened, "PNG"), (64, 48))
    assert pixel_digest(data, (64, 48)) == pixel_digest(deep(levels, kind), (64, 48))


def test_an_avif_of_ten_bits_is_known(photos):
    """Its depth is in its own box, of which Pillow says nothing."""
    deep = (photos / "albums_pigallery/src/backend/model/diagnostics/image_formats/test.avif").read_bytes()
    plain = encoded(smooth_noise(64, 48), "AVIF")
    assert [_depth_bits(data, open_header(data, max_pixels=10**9)) for data in (deep, plain)] == [10, 8]


def test_equal_pixels_of_other_formats_have_one_digest():
    """PNG, TIFF, BMP and lossless WebP of one picture agree; a changed pixel, transparency and a turn do not."""
    picture = smooth_noise(64, 48)
    size = picture.size
    digests = {pixel_digest(encoded(picture, kind), size) for kind in ("PNG", "TIFF", "BMP")}
    digests.add(pixel_digest(encoded(picture, "WEBP", lossless=True), size))
    assert len(digests) == 1
    other = picture.copy()
    other.putpixel((5, 5), tuple(255 - level for level in picture.getpixel((5, 5))))
    assert pixel_digest(encoded(other, "PNG"), size) not in digests
    assert pixel_digest(encoded(picture.convert("RGBA"), "PNG"), size) not in digests
    turned = picture.transpose(Image.Transpose.ROTATE_180)
    assert pixel_digest(encoded(turned, "PNG"), size) not in digests
