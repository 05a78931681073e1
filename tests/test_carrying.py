"""What copies that go know is carried over: read from anywhere, written where other programs find it."""

import calendar
import json
import re
import shutil
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from imagecluster.actions import Folder, Plan, Step, apply, facts_of, undo
from imagecluster.collection.carrying import Known, carried_over
from imagecluster.copies.carrying import Knowledge, added, missing, sidecar_with
from imagecluster.decode import Described, read_described, read_sidecar
from imagecluster.decode.described import xmp_described
from imagecluster.errors import ArgumentError
from imagecluster.records import Place, Taken
from imagecluster.scan import items_of
from picture_samples import corners, exif

WHEN_S = calendar.timegm((2021, 5, 1, 10, 20, 30))
WHEN = Taken(WHEN_S, 7200, "second", "EXIF DateTimeOriginal", "EXIF OffsetTimeOriginal")
HERE = Place(-47.123456, 8.25, "EXIF")
SAID = Described(4, ("Öl & Wasser", "sea"), ("Places|Norway|Oslo",), "A <title>", 'Said "so"\nin two lines')
ALL = Knowledge(WHEN, HERE, SAID)
DARKTABLE = b"""<?xml version="1.0" encoding="UTF-8"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="XMP Core 4.4.0-Exiv2">
 <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
  <rdf:Description rdf:about=""
    xmlns:xmp="http://ns.adobe.com/xap/1.0/"
    xmlns:dc="http://purl.org/dc/elements/1.1/"
    xmlns:darktable="http://darktable.sf.net/"
   xmp:Rating="0"
   darktable:xmp_version="5"
   darktable:raw_params="0">
   <dc:subject>
    <rdf:Bag>
     <rdf:li>Sea</rdf:li>
    </rdf:Bag>
   </dc:subject>
   <darktable:history><rdf:Seq><rdf:li darktable:num="0" darktable:params="gz02eJxj"/></rdf:Seq></darktable:history>
   <!-- kept -->
  </rdf:Description>
 </rdf:RDF>
</x:xmpmeta>
"""

needs_exiftool = pytest.mark.skipif(shutil.which("exiftool") is None, reason="needs exiftool")


def exiftool(*arguments):
    """What exiftool prints."""
    done = subprocess.run(["exiftool", *map(str, arguments)], capture_output=True, check=True)
    return done.stdout


def test_a_new_sidecar_says_all():
    """It is read back as it was meant, by what reads sidecars here."""
    content = sidecar_with(ALL)
    assert xmp_described(content) == SAID
    said = read_sidecar(content, suffix=".xmp")
    assert (said.taken.local_s, said.taken.offset_s) == (WHEN_S, 7200)
    assert said.place.latitude_deg == pytest.approx(HERE.latitude_deg, abs=1e-7)
    assert said.place.longitude_deg == HERE.longitude_deg


@needs_exiftool
def test_exiftool_reads_what_is_written(tmp_path):
    """And finds nothing wrong with it, in a new sidecar and in one that was added to."""
    for name, before in (("new.xmp", b""), ("darktable.xmp", DARKTABLE)):
        (tmp_path / name).write_bytes(sidecar_with(ALL, before))
        found = json.loads(exiftool("-j", "-n", "-validate", "-warning", "-xmp:all", tmp_path / name))[0]
        assert "Warning" not in found
        assert found["DateTimeOriginal"] == "2021:05:01 10:20:30+02:00"
        assert found["DateCreated"] == "2021:05:01 10:20:30+02:00"
        assert (found["GPSLatitude"], found["GPSLongitude"]) == (pytest.approx(-47.123456, abs=1e-7), 8.25)
        assert found["Rating"] == 4
        subject = found["Subject"]
        assert subject == (["Öl & Wasser", "sea"] if name == "new.xmp" else ["Sea", "Öl & Wasser"])
        assert (found["Title"], found["Description"]) == ("A <title>", 'Said "so"\nin two lines')
        assert found["HierarchicalSubject"] == "Places|Norway|Oslo"
        assert found["TagsList"] == "Places/Norway/Oslo"


def test_what_a_sidecar_says_is_not_lost():
    """Every line of another program's sidecar is still there; only the rating that stood for none is another."""
    after = sidecar_with(ALL, DARKTABLE).decode()
    lines = after.splitlines()
    for line in DARKTABLE.decode().replace('Rating="0"', 'Rating="4"').splitlines():
        assert any(line.strip() in other for other in lines), line
    assert after.count("Rating") == 1
    again = sidecar_with(ALL, after.encode())
    assert again == after.encode()


def test_what_a_sidecar_says_is_not_contradicted():
    """A date, a rating and a title that are there stay, as attributes or elements, whatever the prefixes."""
    before = (
        b'<a:xmpmeta xmlns:a="adobe:ns:meta/"><r:RDF xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        b'<r:Description r:about="uuid:1" xmlns:e="http://ns.adobe.com/exif/1.0/" e:DateTimeOriginal="2001-01-01"'
        b' xmlns:d="http://purl.org/dc/elements/1.1/"><d:title><r:Alt><r:li xml:lang="x-default">Mine</r:li></r:Alt>'
        b"</d:title></r:Description></r:RDF></a:xmpmeta>"
    )
    after = sidecar_with(ALL, before).decode()
    assert xmp_described(after.encode()).title == "Mine"
    assert "2001-01-01" in after
    assert after.count("DateTimeOriginal") == 1
    assert 'r:Description r:about="uuid:1"\n' in after
    assert xmp_described(after.encode()).keywords == SAID.keywords


@pytest.mark.parametrize(
    "content",
    [
        b"{}",
        b"<a/>",
        b'<!DOCTYPE x [<!ENTITY a "b">]><x/>',
        b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"/></x:xmpmeta>',
        DARKTABLE[:-20],
        DARKTABLE.replace(b"Sea", b"\xff"),
        DARKTABLE.decode().encode("utf-16"),
    ],
)
def test_a_sidecar_that_cannot_be_added_to_is_refused(content):
    """Damaged ones, ones with a document type, and files of something else."""
    with pytest.raises(ArgumentError, match="cannot be added to"):
        sidecar_with(ALL, content)


CHARACTERS = st.characters(blacklist_categories=("Cs", "Cc"), blacklist_characters="\ufffe\uffff")
TEXTS = st.text(CHARACTERS, min_size=1, max_size=20).map(str.strip).filter(bool)


@given(
    st.builds(
        Described,
        rating=st.sampled_from([None, -1, 1, 5]),
        keywords=st.lists(TEXTS, max_size=3, unique_by=str.casefold).map(tuple),
        title=TEXTS | st.just(""),
        description=TEXTS | st.just(""),
    ),
    st.sampled_from([b"", DARKTABLE]),
)
def test_any_text_can_be_carried(said, before):
    """What is written is read back, whatever characters it has; adding it again changes nothing."""
    said = Described(said.rating, said.keywords, (), said.title, "" if said.description.isascii() else said.description)
    content = sidecar_with(Knowledge(described=said), before)
    found = xmp_described(content)
    assert found.rating == said.rating
    assert {word.casefold() for word in said.keywords} <= {word.casefold() for word in found.keywords}
    assert sidecar_with(Knowledge(described=said), content) == content


def test_only_what_is_not_known_is_carried():
    """The first that knows something counts; keywords of all are collected, in any case only once."""
    day = Taken(WHEN_S, None, "day", "file name")
    first = Knowledge(None, HERE, Described(keywords=("Sea", "boat")))
    second = Knowledge(WHEN, Place(1, 2, "EXIF"), Described(3, ("BOAT", "sun"), title="T"))
    found = missing(Knowledge(described=Described(keywords=("sea",), description="D")), [first, second])
    assert found == Knowledge(WHEN, HERE, Described(3, ("boat", "sun"), (), "T", ""))
    assert missing(second, [first]) == Knowledge(described=Described(keywords=("Sea",)))
    assert missing(Knowledge(Taken(0, None, "second", "file time")), [Knowledge(day)]).taken == day
    assert missing(Knowledge(), [Knowledge(Taken(0, None, "second", "EXIF DateTime"))]).is_empty
    assert added(found) == (
        "time 2021-05-01 10:20:30+02:00", "place -47.12346, 8.25000", "rating 3", "keywords boat, sun", "title 'T'",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("taken", "text"),
    [
        (Taken(WHEN_S, None, "day", "file name"), "2021-05-01"),
        (Taken(WHEN_S, None, "month", "EXIF DateTimeOriginal"), "2021-05"),
        (Taken(WHEN_S, -12_600, "minute", "EXIF DateTimeOriginal"), "2021-05-01T10:20-03:30"),
        (Taken(WHEN_S + 0.25, 0, "subsecond", "EXIF DateTimeOriginal"), "2021-05-01T10:20:30.25+00:00"),
        (Taken(-86_400.0, None, "second", "EXIF DateTimeOriginal"), "1969-12-31T00:00:00"),
    ],
)
def test_dates_say_what_is_known(taken, text):
    """Neither more nor less: a day has no midnight."""
    assert f"<exif:DateTimeOriginal>{text}</exif:DateTimeOriginal>" in sidecar_with(Knowledge(taken)).decode()


def test_descriptions_are_read_from_exif(tmp_path):
    """The fields of Windows too; what cameras write by themselves is no description."""
    wide = "a;b;A\0".encode("utf-16-le")
    main = {0x4746: ("H", [3]), 0x010E: ("A", "Über\0".encode()), 0x9C9E: ("B", list(wide)),
            0x9C9B: ("B", list("T\0".encode("utf-16-le")))}  # fmt: skip
    corners(64, 48).save(tmp_path / "x.jpg", exif=exif(more={"main": main}))
    assert read_described(tmp_path / "x.jpg") == Described(3, ("a", "b"), (), "T", "Über")
    corners(64, 48).save(tmp_path / "y.jpg", exif=exif(more={"main": {0x010E: ("A", b"OLYMPUS DIGITAL CAMERA  \0")}}))
    assert read_described(tmp_path / "y.jpg").is_empty
    assert read_described(tmp_path / "missing.jpg").is_empty


@needs_exiftool
@pytest.mark.parametrize("name", ["x.jpg", "x.png", "x.webp", "x.tif", "x.heic"])
def test_descriptions_are_read_where_other_programs_write_them(tmp_path, name):
    """XMP in every kind of file, and IPTC in JPEG."""
    image = corners(64, 48)
    if name.endswith("heic"):
        import pillow_heif

        pillow_heif.from_pillow(image).save(tmp_path / name)
    else:
        image.save(tmp_path / name)
    exiftool(
        "-overwrite_original", "-xmp:rating=5", "-xmp:subject=a", "-xmp:subject=ü", "-xmp:title=T", tmp_path / name
    )
    if name.endswith(("heic", "webp")) and not read_described(tmp_path / name).rating:
        pytest.skip("this exiftool does not write XMP there")
    assert read_described(tmp_path / name) == Described(5, ("a", "ü"), (), "T")
    if name == "x.jpg":
        exiftool("-overwrite_original", "-xmp:all=", "-iptc:keywords=k", "-iptc:caption-abstract=C", tmp_path / name)
        assert read_described(tmp_path / name) == Described(None, ("k",), (), "", "C")


def test_descriptions_are_read_from_takeouts(tmp_path):
    """The description and the people; not the title, which is the name of the file."""
    corners(64, 48).save(tmp_path / "x.jpg")
    said = {"title": "x.jpg", "description": "Words", "people": [{"name": "Ann"}, {"name": 7}, "x"]}
    (tmp_path / "x.jpg.json").write_text(json.dumps(said))
    assert read_described(tmp_path / "x.jpg", [tmp_path / "x.jpg.json"]) == Described(None, ("Ann",), (), "", "Words")
    for text in ("[", "7", '{"people": 7, "description": []}'):
        (tmp_path / "x.jpg.json").write_text(text)
        assert read_described(tmp_path / "x.jpg", [tmp_path / "x.jpg.json"]).is_empty


def tree(folder):
    """Contents and times of all files."""
    return {path.relative_to(folder): (path.read_bytes(), path.stat().st_mtime_ns)
            for path in folder.rglob("*") if path.is_file()}  # fmt: skip


@pytest.mark.parametrize("before", ["none", "x.jpg.xmp", "x.xmp"])
def test_what_a_copy_knows_comes_to_the_sidecar_and_goes_back(tmp_path, before):
    """Through a plan: the sidecar is written before the copy goes, and undoing it brings back all."""
    folder, db = tmp_path / "pictures", tmp_path / "db"
    folder.mkdir()
    db.mkdir()
    image = corners(64, 48)
    image.save(folder / "x.jpg", quality=95)
    image.save(folder / "small.jpg", quality=50)
    (folder / "small.xmp").write_bytes(sidecar_with(Knowledge(described=SAID)))
    if before != "none":
        (folder / before).write_bytes(DARKTABLE)
    items = items_of([folder / "x.jpg", folder / "small.jpg"])
    kept, gone = items[folder / "x.jpg"], items[folder / "small.jpg"]
    found = carried_over(Known(kept), [Known(gone, WHEN, HERE)])
    name = "x.jpg.xmp" if before == "none" else before
    assert found.write.path == folder / name
    assert (found.write.was is None) == (before == "none")
    assert found.sources == (folder / "small.jpg",)
    start = tree(folder)
    step = Step(
        facts_of(gone.main), tuple(map(facts_of, gone.parts)), facts_of(kept.main), "copy", writes=(found.write,)
    )
    applied = apply(Plan(folder, (step,), 0.0), Folder(tmp_path / "away"), db)
    assert not applied.left
    assert set(tree(folder)) == {folder.joinpath(path).relative_to(folder) for path in (kept.main, folder / name)}
    assert read_described(folder / "x.jpg", [folder / name]).rating == 4
    assert carried_over(Known(items_of([kept.main])[kept.main], WHEN, HERE), [Known(gone, WHEN, HERE)]) is None
    assert not undo(db).left
    assert tree(folder) == start


def test_a_sidecar_that_others_need_is_left(tmp_path):
    """One for two pictures is not written for one of them; a damaged one is not written at all."""
    for name in ("x.jpg", "x.png", "y.jpg"):
        Image.new("RGB", (8, 8)).save(tmp_path / name)
    (tmp_path / "x.xmp").write_bytes(DARKTABLE)
    items = items_of([tmp_path / name for name in ("x.jpg", "x.png", "y.jpg")])
    kept, gone = items[tmp_path / "x.jpg"], items[tmp_path / "y.jpg"]
    found = carried_over(Known(kept), [Known(gone, WHEN)])
    assert found.write.path.name == "x.jpg.xmp"
    (tmp_path / "x.jpg.xmp").write_text("damaged")
    kept = items_of([tmp_path / "x.jpg"])[tmp_path / "x.jpg"]
    found = carried_over(Known(kept), [Known(gone, WHEN)])
    assert (found.write, found.adds) == (None, ("time 2021-05-01 10:20:30+02:00",))
    assert re.match("the sidecar cannot be added to", found.why_not)
    assert carried_over(Known(kept), []) is None
