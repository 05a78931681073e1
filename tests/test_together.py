"""What belongs together on disk: raw file and JPEG, live photo and video, pictures and their sidecars."""

import calendar
import os
import shutil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from film_samples import film
from imagecluster.decode import read_moment
from imagecluster.scan import Item, Moment, items_of, parts_leaving
from picture_samples import corners, exif

WHEN_S = calendar.timegm((2021, 5, 1, 10, 20, 30))
WHEN, LATER = b"2021:05:01 10:20:30\0", b"2021:05:01 10:25:30\0"
DAY_S = 86_400


def filled(folder, *names):
    """A folder with empty files of these names."""
    folder.mkdir(exist_ok=True)
    for name in names:
        (folder / name).touch()
    return folder


def named(items):
    """Items as names: the main file, its parts, and what it shares."""
    found = {}
    for item in items.values():
        parts, shared = sorted(path.name for path in item.parts), sorted(path.name for path in item.shared)
        found[item.main.name] = (parts, shared) if shared else parts
    return found


def grouped(folder, *pictures, **options):
    """The items of pictures in a folder, as names."""
    return named(items_of([folder / name for name in pictures], **options))


@pytest.mark.parametrize(
    ("picture", "part"),
    [
        ("IMG_1.JPG", "IMG_1.CR2"),
        ("img_1.jpg", "IMG_1.NEF"),
        ("x.heic", "x.dng"),
        ("x.hif", "x.cr3"),
        ("PXL_1.RAW-01.COVER.jpg", "PXL_1.RAW-02.ORIGINAL.dng"),
        ("IMG_1234.HEIC", "IMG_1234.MOV"),
        ("IMG_1234.JPG", "img_1234.mov"),
        ("IMG_1234.HEIC", "IMG_1234.MP4"),
        ("PXL_1.MP.jpg", "PXL_1.MP"),
        ("IMG_1.DNG", "IMG_1.MOV"),
        ("x.jpg", "x.xmp"),
        ("x.jpg", "x.jpg.xmp"),
        ("x.cr2", "x_01.cr2.xmp"),
        ("x.jpg", "x.JPG.XMP"),
        ("u\u0308.jpg", "\u00fc.xmp"),
        ("IMG_1234.HEIC", "IMG_1234.AAE"),
        ("IMG_1234.HEIC", "IMG_O1234.AAE"),
        ("IMG_E1234.HEIC", "IMG_1234.AAE"),
        ("x.nef", "x.nef.dop"),
        ("x.jpg", "x.jpg.pp3"),
        ("DSC_0001.JPG", "DSC_0001.WAV"),
        ("x.jpg", "x.jpg.json"),
        ("x.jpg", "x.jpg.supplemental-metadata.json"),
        ("x(1).jpg", "x.jpg(1).json"),
        ("x.jpg", "._x.jpg"),
        ("x.png", "x.xmp"),
    ],
)
def test_a_part_goes_with_its_picture(tmp_path, picture, part):
    """By name: raw files, videos, sidecars of many programs, whatever their case and form of Unicode."""
    folder = filled(tmp_path / "a", picture, part, "other.jpg", "readme.txt")
    assert grouped(folder, picture, "other.jpg") == {picture: [part], "other.jpg": []}


@pytest.mark.parametrize(
    ("picture", "other"),
    [
        ("x.jpg", "y.xmp"),
        ("x.jpg", "x.txt"),
        ("x.jpg", "x.mkv"),
        ("x.png", "x.mov"),
        ("x.png", "x.cr2"),
        ("x.tif", "x.nef"),
        ("song.jpg", "song.wav"),
        ("x.jpg", "x.jpg(1).json"),
        ("x(1).jpg", "x.jpg.json"),
        ("IMG_1234.JPG", "IMG_E1234.MOV"),
        ("x.jpg", "metadata.json"),
        ("._y.jpg", "y.jpg"),
    ],
)
def test_another_file_is_no_part(tmp_path, picture, other):
    """Files of other names, films with a still of a drawing, music with a cover."""
    folder = filled(tmp_path / "a", picture, other)
    assert grouped(folder, picture) == {picture: []}


def test_equal_names_in_two_folders_are_no_pair(tmp_path):
    """A folder of raw files beside one of JPEGs holds pictures of their own."""
    filled(tmp_path / "raw", "x.cr2", "x.xmp")
    filled(tmp_path / "jpg", "x.jpg")
    items = items_of([tmp_path / "raw" / "x.cr2", tmp_path / "jpg" / "x.jpg"])
    assert named(items) == {"x.cr2": ["x.xmp"], "x.jpg": []}


def test_both_files_of_an_exposure_lead_to_one_item(tmp_path):
    """The JPEG is the main file, with the sidecars of both; the raw file is a part."""
    folder = filled(tmp_path / "a", "x.jpg", "x.cr2", "x.xmp", "x.cr2.xmp", "x.mov", "x.jpg.json")
    jpeg, raw = folder / "x.jpg", folder / "x.cr2"
    items = items_of([raw, jpeg])
    parts = tuple(sorted(folder / name for name in ("x.cr2", "x.cr2.xmp", "x.jpg.json", "x.mov", "x.xmp")))
    assert items == {raw: Item(jpeg, parts), jpeg: Item(jpeg, parts)}
    assert (items[raw].raw, items[raw].video) == (raw, folder / "x.mov")


def test_the_main_file_is_one_that_is_known(tmp_path):
    """If only the raw file was scanned, the JPEG is its part; a raw file of two JPEGs then stands alone."""
    folder = filled(tmp_path / "a", "x.jpg", "x.cr2", "x.xmp")
    assert grouped(folder, "x.cr2") == {"x.cr2": ["x.jpg", "x.xmp"]}
    filled(folder, "x.heic")
    assert grouped(folder, "x.cr2") == {"x.cr2": []}
    items = items_of([folder / "x.heic", folder / "x.cr2"])
    assert {item.main.name for item in items.values()} == {"x.heic"}
    assert items[folder / "x.heic"].stays == (folder / "x.cr2", folder / "x.xmp")


def test_a_raw_file_converted_to_another_is_one_item(tmp_path):
    """With a JPEG or without: the raw file of the camera comes first."""
    folder = filled(tmp_path / "a", "x.dng", "x.nef")
    assert grouped(folder, "x.dng", "x.nef") == {"x.nef": ["x.dng"]}
    filled(folder, "x.jpg")
    assert grouped(folder, "x.dng", "x.nef", "x.jpg") == {"x.jpg": ["x.dng", "x.nef"]}


def test_what_several_pictures_need_is_shared(tmp_path):
    """A sidecar, raw file or video of two pictures is part of neither alone."""
    folder = filled(tmp_path / "a", "x.jpg", "x.heic", "x.cr2", "x.mov", "x.xmp", "x.jpg.xmp")
    shared = ["x.cr2", "x.mov", "x.xmp"]
    assert grouped(folder, "x.jpg", "x.heic") == {"x.jpg": (["x.jpg.xmp"], shared), "x.heic": ([], shared)}


@pytest.mark.parametrize(
    ("original", "edited", "shared"),
    [
        ("x.jpg", "x-edited.jpg", ["x.jpg.json", "x.mp4"]),
        ("x.HEIC", "x-edited.jpg", ["x.HEIC.json", "x.MOV"]),
        ("x(1).jpg", "x-bearbeitet(1).jpg", ["x.jpg(1).json"]),
        ("IMG_1234.HEIC", "IMG_E1234.HEIC", ["IMG_1234.AAE", "IMG_1234.MOV", "IMG_O1234.AAE"]),
    ],
)
def test_an_edited_picture_shares_what_the_original_has(tmp_path, original, edited, shared):
    """It is a picture of its own, and needs the sidecar and the video of the original as long as it is there."""
    folder = filled(tmp_path / "a", original, edited, *shared)
    assert grouped(folder, original, edited) == {original: ([], shared), edited: ([], shared)}


def test_an_edited_picture_with_a_video_of_its_own_shares_none(tmp_path):
    """Phones export an edited live photo with an edited video."""
    folder = filled(tmp_path / "a", "IMG_1234.HEIC", "IMG_E1234.HEIC", "IMG_1234.MOV", "IMG_E1234.MOV")
    found = grouped(folder, "IMG_1234.HEIC", "IMG_E1234.HEIC")
    assert found == {"IMG_1234.HEIC": ["IMG_1234.MOV"], "IMG_E1234.HEIC": ["IMG_E1234.MOV"]}


def test_a_part_of_a_picture_that_is_not_known_stays(tmp_path):
    """A sidecar that an unscanned picture or a film needs belongs to nobody here."""
    folder = filled(tmp_path / "a", "x.jpg", "x.png", "x.xmp", "y.jpg", "y.mkv", "y.mov", "y.xmp")
    assert grouped(folder, "x.jpg") == {"x.jpg": []}
    assert items_of([folder / "x.jpg"])[folder / "x.jpg"].stays == (folder / "x.xmp",)
    moments = {"y.mov": Moment(length_s=70.0)}
    assert grouped(folder, "y.jpg", read=lambda path: moments.get(path.name)) == {"y.jpg": []}


@pytest.mark.skipif(os.name == "nt", reason="needs symbolic links")
def test_symbolic_links_are_no_parts_and_have_none(tmp_path):
    """Neither a link beside a picture, nor a folder of its name, goes with it."""
    folder = filled(tmp_path / "a", "x.jpg", "x.mov")
    elsewhere = filled(tmp_path / "b", "x.cr2", "x.xmp")
    (folder / "x.cr2").symlink_to(elsewhere / "x.cr2")
    (folder / "x.xmp").symlink_to(elsewhere / "x.xmp")
    (folder / "x.json").mkdir()
    (elsewhere / "link.jpg").symlink_to(folder / "x.jpg")
    (elsewhere / "link.xmp").touch()
    items = items_of([folder / "x.jpg", folder / "x.cr2", elsewhere / "link.jpg"])
    assert named(items) == {"x.jpg": ["x.mov"], "x.cr2": [], "link.jpg": []}


def test_a_missing_folder_has_items_without_parts(tmp_path):
    """Files that are gone since the scan do not stop anything."""
    assert grouped(tmp_path / "none", "x.jpg", "y.jpg") == {"x.jpg": [], "y.jpg": []}


def picture(path, when=None, **own):
    """A picture with a time of exposure."""
    more = {"main": {0x0110: ("A", own["camera"])}} if own.get("camera") else None
    block = exif(original=when, more=more) if when or more else b""
    if path.suffix in (".dng", ".nef"):
        path.write_bytes(block[6:])
    else:
        corners(64, 48).save(path, "JPEG", exif=block)


@pytest.mark.parametrize(
    ("first", "second", "is_pair"),
    [
        ({"when": WHEN}, {"when": WHEN}, True),
        ({"when": WHEN}, {"when": LATER}, False),
        ({"when": WHEN}, {}, True),
        ({}, {}, True),
        ({"when": WHEN, "camera": b"Canon EOS R\0"}, {"when": WHEN, "camera": b"EOS R\0"}, True),
        ({"when": WHEN, "camera": b"Canon EOS R\0"}, {"when": WHEN, "camera": b"NIKON D90\0"}, False),
    ],
)
def test_one_exposure_has_one_time_and_one_camera(tmp_path, first, second, is_pair):
    """A counter that started again gives the name of an old raw file to a new JPEG."""
    picture(tmp_path / "x.jpg", **first)
    picture(tmp_path / "x.nef", **second)
    expected = {"x.jpg": ["x.nef"]} if is_pair else {"x.jpg": [], "x.nef": []}
    assert grouped(tmp_path, "x.jpg", "x.nef", read=read_moment) == expected


IDENTIFIER = "com.apple.quicktime.content.identifier"
CREATED = "com.apple.quicktime.creationdate"


@pytest.mark.parametrize(
    ("made", "is_pair"),
    [
        ({}, True),
        ({"created_s": WHEN_S}, True),
        ({"created_s": WHEN_S - 2 * 3600 - 1}, True),  # UTC, and the still has the clock of the place
        ({"created_s": WHEN_S + 300}, False),
        ({"created_s": WHEN_S + 7 * DAY_S}, False),
        ({"created_s": WHEN_S, "length_s": 60}, False),
        ({"created_s": WHEN_S + DAY_S, "said": {CREATED: "2021-05-01T10:20:29+0200"}}, True),
        ({"created_s": WHEN_S, "said": {CREATED: "2021-05-01T11:20:30+0200"}}, False),
    ],
)
def test_a_live_photo_has_one_time(tmp_path, made, is_pair):
    """A still and a film of one name that were taken at other times are two."""
    picture(tmp_path / "IMG_1.JPG", WHEN)
    (tmp_path / "IMG_1.MOV").write_bytes(film(**made))
    expected = {"IMG_1.JPG": ["IMG_1.MOV"] if is_pair else []}
    assert grouped(tmp_path, "IMG_1.JPG", read=read_moment) == expected


@pytest.mark.photos
def test_a_live_photo_is_known_by_its_identifier(tmp_path, photos):
    """Whatever the names and times are; another identifier is another live photo."""
    still = photos / "albums_pigallery/test/backend/assets/live_photo/IMG_7943.HEIC"
    identifier = read_moment(still).content_id
    shutil.copy(still, tmp_path / "IMG_7943.HEIC")
    (tmp_path / "IMG_7943.MOV").write_bytes(film(created_s=WHEN_S, said={IDENTIFIER: identifier}))
    expected = {"IMG_7943.HEIC": ["IMG_7943.MOV"]}
    assert grouped(tmp_path, "IMG_7943.HEIC", read=read_moment) == expected
    (tmp_path / "IMG_7943.MOV").rename(tmp_path / "clip.mov")
    assert grouped(tmp_path, "IMG_7943.HEIC", read=read_moment) == {"IMG_7943.HEIC": ["clip.mov"]}
    (tmp_path / "IMG_7943.MOV").write_bytes(film(said={IDENTIFIER: "another", CREATED: "2026-03-23T15:57:20+0100"}))
    assert grouped(tmp_path, "IMG_7943.HEIC", read=read_moment) == {"IMG_7943.HEIC": ["clip.mov"]}


def test_parts_leave_with_their_picture(tmp_path):
    """What is shared leaves with the last of its pictures, once, and only if all of them leave."""
    folder = filled(tmp_path / "a", "x.jpg", "x-edited.jpg", "x.jpg.json", "x.xmp", "y.jpg")
    original, edited, other = (folder / name for name in ("x.jpg", "x-edited.jpg", "y.jpg"))
    items = items_of([original, edited, other])
    own, shared = folder / "x.xmp", folder / "x.jpg.json"
    assert parts_leaving(items, [original]) == {original: (own,)}
    assert parts_leaving(items, [edited, other]) == {edited: (), other: ()}
    assert parts_leaving(items, [original, edited]) == {original: (own,), edited: (shared,)}
    assert parts_leaving(items, [edited, original]) == {edited: (), original: (shared, own)}


STEMS = st.sampled_from(["x", "x-edited", "x(1)", "IMG_1234", "IMG_E1234", "X", "x.jpg", "._x"])
SUFFIXES = st.sampled_from([".jpg", ".heic", ".cr2", ".dng", ".png", ".mov", ".mp4", ".xmp", ".aae", ".json", ".wav"])


@given(st.sets(st.tuples(STEMS, SUFFIXES), max_size=12), st.data())
def test_every_file_has_one_place(tmp_path_factory, files, data):
    """Whatever lies in a folder: a part of one item is in no other, no main file is a part, all files exist."""
    folder = tmp_path_factory.mktemp("any")
    names = sorted(stem + suffix for stem, suffix in files)
    filled(folder, *names)
    pictures = [name for name in names if name.lower().endswith((".jpg", ".heic", ".cr2", ".dng", ".png"))]
    known = [name for name in pictures if data.draw(st.booleans())]
    items = items_of([folder / name for name in known])
    assert set(items) == {folder / name for name in known}
    distinct = {item.main: item for item in items.values()}
    parts = [part for item in distinct.values() for part in item.parts]
    shared = {part for item in distinct.values() for part in item.shared}
    assert len(set(parts)) == len(parts)
    assert not set(parts) & shared
    assert not distinct.keys() & {*parts, *shared}
    assert distinct.keys() <= items.keys()
    assert all(path.exists() for path in (*parts, *shared, *distinct))
    for path, item in items.items():
        assert path in (item.main, *item.parts, *item.shared, *item.stays)
