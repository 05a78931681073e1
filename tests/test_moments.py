"""When, where and how the pictures of a collection were taken, and the small grey pictures beside that."""

import calendar
import sqlite3
from contextlib import closing

import numpy as np
import pytest
from PIL import Image

from imagecluster.collection.kept_greys import GREY_PX, KeptGreys
from imagecluster.collection.moments import moments_of
from imagecluster.collection.times import are_captures
from imagecluster.decode.thumbnail import make_thumbnail
from imagecluster.events import find_occasions
from imagecluster.records import Exposure, ImageFile, Metadata, Place, Taken
from imagecluster.store import Batch, HashedFile, Store
from picture_samples import smooth_noise
from store_samples import MODEL, hash_of, vector_of

NOON_S = calendar.timegm((2024, 6, 1, 12, 0, 0))
HOUR_S = 3600
EXPOSED = Exposure(0.01)
ORIGINAL = "EXIF DateTimeOriginal"
PARIS, TOKYO, FIJI, NIUE = (
    Place(*where, "EXIF") for where in ((48.9, 2.3), (35.7, 139.7), (-17.7, 178.1), (-19, -170))
)


def at(hours, offset_h=None, source=ORIGINAL, precision="second"):
    """A date so many hours after noon by the clock."""
    offset_s = None if offset_h is None else round(offset_h * HOUR_S)
    return Taken(NOON_S + hours * HOUR_S, offset_s, precision, source, "" if offset_h is None else "EXIF OffsetTime")


def said(taken=None, place=None, camera="Canon X", exposure=EXPOSED):
    """What a picture says of itself."""
    return Metadata(640, 480, "JPEG", taken, place, camera=camera, exposure=exposure)


@pytest.fixture
def known(tmp_path):
    """A function that fills a store with pictures by name, and returns their moments, by name."""
    with Store.open(tmp_path / "db", root=tmp_path) as store:

        def fill(pictures, **how):
            names = list(pictures)
            files = [HashedFile(ImageFile(tmp_path / n, 1, 10**18), hash_of(i)) for i, n in enumerate(names)]
            for file in files:
                file.file.path.parent.mkdir(exist_ok=True)
                file.file.path.touch()
            metadata = {hash_of(i): pictures[name] for i, name in enumerate(names)}
            vectors = {hash_of(i): 3 * vector_of(i) for i in range(len(names))}
            store.commit(Batch(files=tuple(files), metadata=metadata, vectors=vectors), model=MODEL)
            leaves = store.leaves(MODEL)
            return leaves, moments_of(leaves, store, MODEL, now_s=2e9, **how)

        yield fill


def instants(found):
    """Hours after noon UTC by name; None for undated."""
    moments = found.moments
    hours = ((moments.instant_s - NOON_S) / HOUR_S).tolist()
    return {name: None if hour != hour else hour for name, hour in zip(moments.names, hours, strict=True)}


def zones(found):
    """Calendar zones in hours by name; None where unknown."""
    hours = (found.moments.zone_s / HOUR_S).tolist()
    return {name: None if hour != hour else hour for name, hour in zip(found.moments.names, hours, strict=True)}


def test_instants_come_from_the_best_known_offset(known):
    """Its own offset, that of its camera's nearest picture, of another camera's, of its place, or none at all."""
    _, found = known(
        {
            "own.jpg": said(at(0, 9)),
            "camera.jpg": said(at(20 * 24)),
            "other.jpg": said(at(24), camera="Nikon Y"),
            "place.jpg": said(at(9000), PARIS, camera="Sony Z"),
            "beside.jpg": said(at(9001), camera="Sony Z"),
            "none.jpg": said(at(-9000), camera="Old"),
        }
    )
    assert instants(found) == {
        "own.jpg": -9, "camera.jpg": 20 * 24 - 9, "other.jpg": 24 - 9, "place.jpg": 9000, "beside.jpg": 9001,
        "none.jpg": -9000,
    }  # fmt: skip
    assert zones(found)["none.jpg"] is None


def test_a_clock_is_shown_as_it_was_whatever_its_offset_was_taken_from(known):
    """Days after a picture whose place gives the offset, and on the sea; it does not say that people were there."""
    pictures = {"place.jpg": said(at(0), TOKYO), "later.jpg": said(at(100)), "sea.jpg": said(at(200), FIJI)}
    pictures |= {"paris.jpg": said(at(400, 2), PARIS, camera="B"), "wreck.jpg": said(at(500), FIJI, camera="B")}
    _, found = known(pictures, zones_of=lambda lat, lon: ["Asia/Tokyo" if 90 < x < 150 else "" for x in lon])
    assert instants(found) == {
        "place.jpg": -9, "later.jpg": 100 - 9, "sea.jpg": 200 - 12, "paris.jpg": 400 - 2, "wreck.jpg": 500 - 12,
    }  # fmt: skip
    assert dict(zip(found.moments.names, found.shown_zone_s / HOUR_S, strict=True)) == {
        "place.jpg": 9, "later.jpg": 9, "sea.jpg": 12, "paris.jpg": 2, "wreck.jpg": 12,
    }  # fmt: skip
    assert zones(found)["later.jpg"] is None


def test_an_offset_of_another_continent_is_not_assumed(known):
    """A camera's offset before a flight is not that of a place where it cannot be; the place's own zone is."""
    pictures = {"home.jpg": said(at(0, 2), PARIS), "away.jpg": said(at(72), TOKYO)}
    _, found = known(pictures, zones_of=lambda lat, lon: ["Europe/Paris" if x < 90 else "Asia/Tokyo" for x in lon])
    assert instants(found) == {"home.jpg": -2, "away.jpg": 72 - 9}
    assert zones(found) == {"home.jpg": 2, "away.jpg": 9}


def test_the_calendar_is_that_of_the_place(known):
    """A camera that stays at +08:00 is right in UTC by that; its days are those of the place, of a picture near by."""
    pictures = {
        "camera.jpg": said(at(8, 8), camera="Fuji"),
        "phone.jpg": said(at(2.5, 2), PARIS, camera="Phone"),
        "later.jpg": said(at(200, 8), camera="Fuji"),
    }
    _, found = known(pictures, zones_of=lambda lat, lon: ["Europe/Paris"] * len(lat))
    assert instants(found) == {"camera.jpg": 0, "phone.jpg": 0.5, "later.jpg": 192}
    assert zones(found) == {"camera.jpg": 2, "phone.jpg": 2, "later.jpg": 8}


def test_without_a_map_positions_say_which_offsets_can_be(known):
    """Of two pictures with a place, that whose offset fits gives the zone of the calendar."""
    pictures = {"fits.jpg": said(at(0, 2), PARIS, camera="A"), "not.jpg": said(at(7, 9), PARIS, camera="B")}
    _, found = known(pictures)
    assert zones(found) == {"fits.jpg": 2, "not.jpg": 2}


def test_the_date_line_is_crossed(known):
    """Offsets of a day apart are near each other by the sun."""
    places = {"fiji.jpg": said(at(0, 12), FIJI, camera="A"), "niue.jpg": said(at(0, -11), NIUE, camera="B")}
    _, found = known(places)
    assert zones(found) == {"fiji.jpg": 12, "niue.jpg": -11}
    assert instants(found) == {"fiji.jpg": -12, "niue.jpg": 11}


def test_an_unknown_zone_leaves_the_clock(known):
    """A name that this machine does not know, or none, as on the sea."""
    pictures = {"a.jpg": said(at(0, 2), PARIS), "b.jpg": said(at(500), TOKYO, camera="")}
    _, found = known(pictures, zones_of=lambda lat, lon: ["Mars/Olympus" if x < 90 else "" for x in lon])
    assert zones(found) == {"a.jpg": 2, "b.jpg": None}
    assert instants(found) == {"a.jpg": -2, "b.jpg": 500 - 9}


def test_clocks_are_set_right(known):
    """Of one camera, and not where a receiver gave the time."""
    gps = Taken(NOON_S + 7 * HOUR_S, 7 * HOUR_S, "second", ORIGINAL, "GPS time")
    pictures = {
        "wrong.jpg": said(at(1, 0), camera="Off"),
        "right.jpg": said(at(1, 0)),
        "gps.jpg": said(gps, camera="Off"),
    }
    _, found = known(pictures, clocks={"Off": 7.0 * HOUR_S})
    assert instants(found) == {"wrong.jpg": 8, "right.jpg": 1, "gps.jpg": 0}


def test_a_day_is_at_noon(known):
    """Days without a time are in the middle of the day; months and years are no moments."""
    whatsapp = Taken(NOON_S - 12 * HOUR_S, None, "day", "file name")
    pictures = {
        "IMG-WA0001.jpg": said(whatsapp, camera="", exposure=None),
        "month.jpg": said(at(0, 0, precision="month")),
    }
    _, found = known(pictures)
    assert instants(found) == {"IMG-WA0001.jpg": 0, "month.jpg": None}


def test_times_of_scans_and_exports_are_no_captures():
    """The time of a change counts only for a picture of a camera; nor does a second that many files share."""
    exposed, scanned = Exposure(0.01), Exposure(iso=100)
    cases = [
        (at(0), None, True),
        (at(0, source="EXIF DateTime"), exposed, True),
        (at(0, source="EXIF DateTime"), None, False),
        (at(0, source="EXIF DateTimeDigitized"), scanned, False),
        (at(0, source="XMP xmp:CreateDate"), exposed, True),
        (at(0, source="sidecar XMP xmp:ModifyDate"), None, False),
        (at(0, source="file time"), exposed, False),
        (at(0, source="file name"), None, True),
        (at(0, precision="year"), exposed, False),
        (None, exposed, False),
    ]
    dates, exposures, expected = zip(*cases, strict=True)
    assert are_captures(dates, exposures, [hash_of(n) for n in range(len(cases))]) == list(expected)


def test_a_second_that_many_share_was_written_by_a_program():
    """By a scanner or an export, unless they have exposures (a burst), one content, or a full hour (somebody's)."""
    second, hashes = at(0.1), [hash_of(n) for n in range(9)]
    assert are_captures([second] * 9, [None] * 9, hashes) == [False] * 9
    assert are_captures([second] * 7, [None] * 7, hashes[:7]) == [True] * 7
    assert are_captures([second] * 9, [Exposure(0.001)] * 9, hashes) == [True] * 9
    assert are_captures([second] * 9, [None] * 9, hashes[:1] * 9) == [True] * 9
    assert are_captures([at(0)] * 9, [None] * 9, hashes) == [True] * 9


def test_raw_and_jpeg_are_one_item(known):
    """With the JPEG first, whatever the order of contents; one of the name in another folder is another."""
    leaves, found = known(
        {
            "a/IMG_1.dng": said(at(0, 2), PARIS),
            "a/IMG_1.JPG": said(at(0, 2), exposure=None),
            "b/IMG_1.dng": said(at(5, 2)),
            "a/IMG_2.dng": said(at(1, 2), camera="Nikon Y"),
            "a/IMG_2.JPG": said(at(9, 2), camera="Nikon Y"),
        }
    )
    names = [tuple(leaves.keys[row].decode() for row in rows) for rows in found.rows]
    assert sorted(names) == [("a/IMG_1.JPG", "a/IMG_1.dng"), ("a/IMG_2.JPG",), ("a/IMG_2.dng",), ("b/IMG_1.dng",)]
    item = names.index(("a/IMG_1.JPG", "a/IMG_1.dng"))
    moments = found.moments
    assert moments.names[item] == "a/IMG_1.JPG"
    assert (moments.latitude_deg[item], moments.exposure_s[item]) == (48.9, 0.01)
    assert [found.item_of[row] for row in found.rows[item]] == [item, item]
    assert len(found.item_of) == len(leaves)


def test_fingerprints_have_unit_length(known):
    """Also of models whose vectors have other lengths."""
    _, found = known({"a.jpg": said(at(0)), "b.jpg": said(at(1))})
    assert np.linalg.norm(found.moments.vectors, axis=1) == pytest.approx([1, 1], abs=1e-6)


@pytest.mark.parametrize("pictures", [{}, {"a.jpg": said()}, {"a.jpg": said(at(0))}])
def test_few_pictures(known, pictures):
    """None at all, one without a date, one with a date: the tree has each dated picture once."""
    _, found = known(pictures)
    occasions = find_occasions(found.moments)
    n_dated = sum(each.taken is not None for each in pictures.values())
    assert sum(len(event.rows) for event in occasions.events()) == n_dated
    assert len(occasions.undated) == len(pictures) - n_dated


@pytest.fixture
def pictured(tmp_path):
    """A store of four pictures in files; only the first two have thumbnails, and the last file is damaged."""
    with Store.open(tmp_path / "db", root=tmp_path) as store, store.thumbnails() as thumbnails:
        import xxhash

        files = []
        for n in range(4):
            image = smooth_noise(200, 150, grain_px=40 + 9 * n)
            path = tmp_path / f"{n}.jpg"
            image.save(path, quality=95)
            digest = xxhash.xxh3_128_digest(path.read_bytes())
            files.append((HashedFile(ImageFile(path, path.stat().st_size, 10**18), digest), image))
            if n < 2:
                thumbnails.put(digest, make_thumbnail(image), side_px=192)
        path.write_bytes(b"damaged")
        hashes = [known.content_hash for known, _ in files]
        metadata = {h: Metadata(200, 150, "JPEG") for h in hashes}
        batch = Batch(tuple(known for known, _ in files), metadata, {h: vector_of(i) for i, h in enumerate(hashes)})
        store.commit(batch, model=MODEL)
        yield store, {known.content_hash: image for known, image in files}


def test_greys_are_the_pictures_made_small(pictured):
    """From the thumbnail or from the file, about the same; a picture that cannot be read is black."""
    store, images = pictured
    leaves = store.leaves(MODEL)
    rows = np.array([3, 0, 1, 2, 0])
    found = KeptGreys(leaves, store).load(rows)
    assert (found.shape, found.dtype) == ((5, GREY_PX, GREY_PX), np.uint8)
    assert np.array_equal(found[1], found[4])
    n_black = 0
    for square, row in zip(found, rows, strict=True):
        image = images[leaves.hashes[row]].convert("L").resize((GREY_PX, GREY_PX), Image.Resampling.BOX)
        n_black += not square.any()
        assert not square.any() or np.abs(square.astype(int) - np.asarray(image)).mean() < 6
    assert n_black == sum(store.path_of(leaves.keys[row]).name == "3.jpg" for row in rows)


def test_greys_are_kept_and_only_new_ones_are_computed(pictured, monkeypatch):
    """What was kept needs neither thumbnail nor file; damage makes it be computed again."""
    store, _ = pictured
    leaves = store.leaves(MODEL)
    first = KeptGreys(leaves, store)
    some = first.load(np.array([0, 1]))
    first.keep()
    second = KeptGreys(leaves, store)
    everything = second.load(np.arange(4))
    assert np.array_equal(everything[:2], some)
    second.keep()
    with monkeypatch.context() as without:
        without.setattr(KeptGreys, "_square", lambda *_: None)
        assert np.array_equal(KeptGreys(leaves, store).load(np.arange(4)), everything)
    (file,) = (store.directory / "greys").iterdir()
    file.write_bytes(file.read_bytes()[:-200])
    assert np.array_equal(KeptGreys(leaves, store).load(np.arange(4)), everything)


def test_greys_grow_over_several_parts(pictured, monkeypatch):
    """With parts of three pictures, in several goes, and after what was kept."""
    monkeypatch.setattr("imagecluster.collection.kept_greys._PART", 3)
    monkeypatch.setattr("imagecluster.collection.kept_greys._AT_ONCE", 2)
    store, _ = pictured
    leaves = store.leaves(MODEL)
    expected = KeptGreys(leaves, store).load(np.arange(4))
    greys = KeptGreys(leaves, store)
    greys.load(np.array([2]))
    greys.keep()
    again = KeptGreys(leaves, store)
    assert np.array_equal(again.load(np.array([3, 1])), expected[[3, 1]])
    assert np.array_equal(again.load(np.array([0, 2, 1])), expected[[0, 2, 1]])
    again.keep()
    assert np.array_equal(KeptGreys(leaves, store).load(np.arange(4)), expected)


def test_a_reader_keeps_nothing(pictured):
    """A store that is open for reading stays as it is."""
    store, _ = pictured
    directory = store.directory
    with Store.open(directory, writable=False) as reader:
        greys = KeptGreys(reader.leaves(MODEL), reader)
        assert greys.load(np.arange(2)).any()
        greys.keep()
    assert not (directory / "greys").exists()


def test_exposures_reach_the_moments(known, tmp_path):
    """All four numbers, NaN where a picture says nothing."""
    pictures = {"a.jpg": said(at(0), exposure=Exposure(0.5, 200, 8, 3)), "b.jpg": said(at(1), exposure=None)}
    _, found = known(pictures)
    rows = dict(zip(found.moments.names, range(2), strict=True))
    table = np.stack([getattr(found.moments, name) for name in ("exposure_s", "iso", "f_number", "focus_m")])
    assert table[:, rows["a.jpg"]].tolist() == [0.5, 200, 8, 3]
    assert np.isnan(table[:, rows["b.jpg"]]).all()
    with closing(sqlite3.connect(tmp_path / "db" / "imagecluster.db")) as database:
        assert database.execute("SELECT count(*) FROM contents WHERE exposure_s IS NULL").fetchone() == (1,)
