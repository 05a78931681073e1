"""How pictures were exposed: read from EXIF and XMP, kept in the database, read again of pictures of older formats."""

import json
import shutil
import sqlite3
import subprocess
from contextlib import closing

import pytest

from imagecluster.collection import Settings
from imagecluster.decode import decode, read_bytes, read_metadata
from imagecluster.decode.exif import read_exif
from imagecluster.decode.xmp import read_xmp
from imagecluster.errors import DecodeError
from imagecluster.functions.running import run
from imagecluster.models import DEFAULT_MODEL, find_model
from imagecluster.records import Exposure, Metadata
from imagecluster.store import Batch, Store, schema
from picture_samples import corners, encoded, exif
from store_samples import MODEL, hash_of

QUICK = {"page": False, "links": "none"}
USUAL = {0x829A: ("R", [1, 250]), 0x829D: ("R", [28, 10]), 0x8827: ("H", [400]), 0x9206: ("R", [7, 2])}
"""The fields of an exposure, as cameras write them."""


def exposure(fields, order="<"):
    """The exposure in an EXIF block of some fields."""
    return read_exif(exif(more={"own": fields}, order=order)).exposure


@pytest.mark.parametrize("order", ["<", ">"])
def test_the_exposure_is_read(order):
    """Time, sensitivity, aperture and distance, in both orders of bytes."""
    assert exposure(USUAL, order) == Exposure(1 / 250, 400, 2.8, 3.5)
    data = encoded(corners(), "JPEG", exif=exif(more={"own": USUAL}, order=order))
    assert decode(data, short_side_px=8).metadata.exposure == Exposure(1 / 250, 400, 2.8, 3.5)
    assert read_metadata(data).exposure == Exposure(1 / 250, 400, 2.8, 3.5)


@pytest.mark.parametrize(
    "fields",
    [
        {0x829A: ("R", [0, 1])},
        {0x829A: ("R", [1, 0])},
        {0x829A: ("R", [0, 0])},
        {0x829A: ("R", [90_000, 1])},
        {0x829D: ("R", [0, 10])},
        {0x829D: ("R", [2**32 - 1, 1])},
        {0x8827: ("H", [0])},
        {0x8827: ("H", [65535])},
        {0x9206: ("R", [0, 1])},
        {0x9206: ("R", [2**32 - 1, 1])},
        {0x9206: ("R", [2**32 - 1, 10])},
        {0x9201: ("r", [-99, 1])},
        {0x829A: ("A", b"1/250\0")},
    ],
)
def test_impossible_exposures_are_unknown(fields):
    """Zeros, divisions by zero, marks for "unknown" and "infinity", days and wrong types are no values."""
    assert exposure(fields) is None
    assert exposure({**USUAL, 0x9206: ("R", [0, 1])}) == Exposure(1 / 250, 400, 2.8, None)


def test_values_are_found_where_the_usual_field_is_not_enough():
    """Steps of APEX stand for time and aperture, and the wider fields for sensitivities beyond 65535."""
    found = exposure({0x9201: ("r", [8, 1]), 0x9202: ("R", [4, 1])})
    assert found == Exposure(1 / 256, None, 4.0, None)
    assert exposure({0x8827: ("H", [65535]), 0x8832: ("I", [102_400])}) == Exposure(iso=102_400)
    assert exposure({0x8827: ("H", [200, 0])}) == Exposure(iso=200)


def test_xmp_completes_the_exposure():
    """As attributes or elements, as fractions or numbers; EXIF comes first."""
    attributes = 'exif:ExposureTime="1/60" exif:FNumber="28/10" exif:SubjectDistance="oops"'
    iso = "<exif:ISOSpeedRatings><rdf:Seq> <rdf:li>800</rdf:li> </rdf:Seq></exif:ISOSpeedRatings>"
    packet = (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        f'<rdf:Description xmlns:exif="http://ns.adobe.com/exif/1.0/" {attributes}>{iso}</rdf:Description>'
        "</rdf:RDF></x:xmpmeta>"
    ).encode()
    assert read_xmp(packet).exposure == Exposure(1 / 60, 800, 2.8, None)
    plain = encoded(corners(), "JPEG", xmp=packet)
    assert read_metadata(plain).exposure == Exposure(1 / 60, 800, 2.8, None)
    both = encoded(corners(), "JPEG", xmp=packet, exif=exif(more={"own": USUAL}))
    assert read_metadata(both).exposure == Exposure(1 / 250, 400, 2.8, 3.5)


def test_exposures_are_kept(tmp_path):
    """What a batch brings comes back, whole or in part; an impossible row is an error of the database."""
    given = {
        hash_of(1): Metadata(640, 480, "JPEG", exposure=Exposure(1 / 3, 100, 5.6, 0.25)),
        hash_of(2): Metadata(640, 480, "JPEG", exposure=Exposure(iso=64)),
        hash_of(3): Metadata(640, 480, "JPEG"),
    }
    with Store.open(tmp_path / "db", root=tmp_path) as store:
        store.commit(Batch(metadata=given), model=MODEL)
        assert store.metadata(list(given)) == given
        store.put_said({hash_of(3): Metadata(0, 0, "", exposure=Exposure(time_s=2)), hash_of(1): None})
        assert store.metadata([hash_of(3)])[hash_of(3)].exposure == Exposure(time_s=2)
        assert store.metadata([hash_of(1)])[hash_of(1)] == given[hash_of(1)]


def test_a_database_of_format_4_is_read_again_once(tmp_path, caplog, monkeypatch):
    """Its fingerprints stay; its pictures' metadata are read by the next run, and not by the run after that."""
    folder = tmp_path / "pics"
    folder.mkdir()
    for n in range(3):
        more = {"own": {**USUAL, 0x8827: ("H", [100 * (n + 1)])}}
        corners(96 + 8 * n, 64).save(folder / f"{n}.jpg", "JPEG", quality=95, exif=exif(more=more))
    run([folder], Settings(**QUICK))
    database = folder / "imagecluster" / "imagecluster.db"
    with closing(sqlite3.connect(database)) as old, old:
        for column in ("exposure_s", "iso", "f_number", "focus_m"):
            old.execute(f"ALTER TABLE contents DROP COLUMN {column}")
        old.execute("UPDATE contents SET metadata_version = 1")
        old.execute("PRAGMA user_version = 4")
    marker = folder / "imagecluster" / ".imagecluster-store"
    marker.write_text(marker.read_text().replace(f"format: {schema.newest_format()}", "format: 4"))
    result = run([folder], Settings(**QUICK))
    assert (result.n_fingerprinted, result.n_reused, len(result.skips)) == (0, 3, 0)
    assert f"from format 4 to {schema.newest_format()}; its pictures are read once more" in caplog.text
    with Store.open(folder / "imagecluster", writable=False) as store:
        leaves = store.leaves(find_model(DEFAULT_MODEL).identity)
        kept = store.metadata(leaves.hashes)
        assert [kept[h].exposure.iso for h in leaves.hashes] == [100, 200, 300]
        assert store.read_before() == set()
    monkeypatch.setattr("imagecluster.collection.rereading.of_content", None)
    run([folder], Settings(**QUICK))


@pytest.mark.photos
@pytest.mark.parametrize(
    "folder", ["exif_samples", "albums_pigallery", "scenes_sfm", "objects_ukbench", "hostile_heif", "hostile_pillow"]
)
def test_exposures_are_those_of_exiftool(photos, folder):
    """Of each file that can be read; what ExifTool computes from a maker's notes alone, we do not know."""
    exiftool = shutil.which("exiftool")
    if exiftool is None:
        pytest.skip("no exiftool here: install libimage-exiftool-perl")
    tags = {
        "time_s": ("ExposureTime", "ShutterSpeedValue"),
        "iso": ("ISO",),
        "f_number": ("FNumber", "ApertureValue"),
        "focus_m": ("SubjectDistance",),
    }
    wanted = [f"-EXIF:{tag}" for names in tags.values() for tag in names]
    command = [exiftool, "-q", "-q", "-r", "-n", "-j", *wanted, folder]
    printed = subprocess.run(command, cwd=photos, capture_output=True, check=False).stdout
    n_exposed, wrong = 0, {}
    for row in json.loads(printed):
        path = photos / row["SourceFile"]
        try:
            ours = read_metadata(read_bytes(path), suffix=path.suffix).exposure or Exposure()
        except DecodeError:
            continue
        for name, names in tags.items():
            number = next((n for tag in names if (n := _possible(name, row.get(tag)))), None)
            found = getattr(ours, name)
            n_exposed += found is not None
            if (found is None) != (number is None) or (found and found != pytest.approx(number, rel=1e-6)):
                wrong[f"{row['SourceFile']} {name}"] = found, number, row
    assert list(wrong.items()) == []
    assert n_exposed


def _possible(name, value):
    """A value of ExifTool's if it can be one: it prints zeros, marks for infinity and texts as they are."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if 0 < number < {"time_s": 86_400, "iso": 65_535, "f_number": 1000, "focus_m": 1e5}[name] else None
