"""Dates and places of real photographs, against what ExifTool reads from the same files."""

import json
import re
import shutil
import subprocess
from datetime import datetime, timedelta

import pytest

from imagecluster.decode import read_bytes, read_metadata
from imagecluster.errors import DecodeError

FOLDERS = (
    "exif_samples", "albums_pigallery", "exif_orientation", "objects_ukbench", "copies_ukbench", "copies_clothing",
    "categories_clothing", "scenes_sfm", "hostile_pillow", "hostile_heif", "reports",
)  # fmt: skip
TAGS = {
    "EXIF DateTimeOriginal": ("ExifIFD:DateTimeOriginal", "ExifIFD:SubSecTimeOriginal", "ExifIFD:OffsetTimeOriginal"),
    "XMP exif:DateTimeOriginal": ("XMP-exif:DateTimeOriginal", "", ""),
    "XMP photoshop:DateCreated": ("XMP-photoshop:DateCreated", "", ""),
    "IPTC DateCreated": ("IPTC:DateCreated", "", ""),
    "EXIF DateTimeDigitized": ("ExifIFD:CreateDate", "ExifIFD:SubSecTimeDigitized", "ExifIFD:OffsetTimeDigitized"),
    "XMP exif:DateTimeDigitized": ("XMP-exif:DateTimeDigitized", "", ""),
    "XMP xmp:CreateDate": ("XMP-xmp:CreateDate", "", ""),
    "IPTC DigitalCreationDate": ("IPTC:DigitalCreationDate", "", ""),
    "PNG Creation Time": ("PNG:CreationTime", "", ""),
    "GPS time": ("Composite:GPSDateTime", "", ""),
    "EXIF DateTime": ("IFD0:ModifyDate", "ExifIFD:SubSecTime", "ExifIFD:OffsetTime"),
    "XMP xmp:ModifyDate": ("XMP-xmp:ModifyDate", "", ""),
    "a maker's text": ("PictureInfo:DateTimeOriginal", "", ""),
    "a maker's block": ("CIFF:DateTimeOriginal", "", ""),
    "a container": ("QuickTime:CreateDate", "", ""),
}
"""ExifTool's names of each source of a date, in our order: of the date, of its fraction and of its offset."""

OTHERWISE = {
    "exif_samples/jpg/exif-org/olympus-d320l.jpg": "the date stands in a text of the maker alone",
    "exif_samples/jpg/exif-org/sony-powershota5.jpg": "the date stands in the maker's block (CIFF) alone",
    "hostile_heif/heif_other/nokia/bird_burst.heic": "the date is that of the container (QuickTime)",
    "reports/exif-dates/hour24.jpg": "hour 24 is the hour after midnight, which ExifTool leaves as it is",
    "reports/exif-dates/year_month.jpg": "a month is a date, which is no date and time for ExifTool",
    "reports/exif-dates/year_month_digits.jpg": "a month is a date, which is no date and time for ExifTool",
}
"""Files of which we say something else, and why."""

_CLOCK = re.compile(r"(\d{4})\D(\d\d)\D(\d\d)(?:[ T](\d\d):(\d\d)(?::(\d\d)(?:\.(\d+))?)?)?\s*([+-]\d{1,2}:\d\d|Z)?")
_EPOCH = datetime(1970, 1, 1)
GPS_STARTS_S = 315_532_800
"""1980: earlier dates are the zeros of receivers and programs."""


@pytest.fixture(scope="module")
def exiftool():
    """The program's path; the test is skipped where it is not installed."""
    found = shutil.which("exiftool")
    if found is None:
        pytest.skip("no exiftool here: install libimage-exiftool-perl")
    return found


def clock(text):
    """Date and time, fraction and offset of a text of ExifTool's, if it is possible: (seconds, fraction, offset)."""
    found = _CLOCK.match(str(text))
    if found is None:
        return None
    try:
        moment = datetime(*(int(part or 0) for part in found.groups()[:6]))
    except ValueError:
        return None
    if not moment.year >= 1826 or moment > datetime.now() + timedelta(days=2):
        return None
    zone = None if found[8] in (None, "Z") else found[8]
    offset_s = None if zone is None else int(zone[0] + "1") * sum(
        int(part) * unit for part, unit in zip(zone[1:].split(":"), (3600, 60), strict=True)
    )  # fmt: skip
    return int((moment - _EPOCH).total_seconds()), float(f"0.{found[7] or 0}"), offset_s


def dates_of(row):
    """The possible dates that ExifTool gives, by source in our order: (seconds, fraction, offset)."""
    found = {}
    for source, (tag, fraction, offset) in TAGS.items():
        text = row.get(tag, row.get(tag.replace("XMP-", "XML-")))
        clock_of_day = row.get(tag.replace("Date", "Time")) if source.startswith("IPTC") else None
        date = clock(f"{text} {clock_of_day}" if clock_of_day else text)
        if date is not None and not (source == "GPS time" and date[0] < GPS_STARTS_S):
            seconds, part, offset_s = date
            digits = str(row.get(fraction, "")).strip()
            part = float(f"0.{digits}") if digits.isdigit() and not part else part
            zone = clock(f"2000:01:01 00:00:00{row[offset]}") if offset in row else None
            found[source] = seconds, part, zone[2] if zone else offset_s
    return found


def differences(row, said):
    """What of date and place differs from ExifTool's, in words."""
    known, taken = dates_of(row), said.taken
    first = next(iter(known), None)
    if taken is None or first is None:
        if (taken is None) != (first is None):
            yield f"date: {taken and taken.source} against {first}"
    elif taken.source != first and int(taken.local_s // 1) != known[first][0]:
        yield f"source: {taken.source} against {first}"
    elif taken.source in known:
        seconds, part, offset_s = known[taken.source]
        if int(taken.local_s // 1) != seconds:
            yield f"date: {taken.local_s} against {seconds}"
        if part and abs(taken.local_s % 1 - part) > 1e-5:
            yield f"fraction: {taken.local_s % 1} against {part}"
        if offset_s and taken.offset_s != offset_s:
            yield f"offset: {taken.offset_s} against {offset_s}"
    degrees = [
        next((row[f"{group}:GPS{name}"] for group in ("Composite", "XMP-exif") if f"{group}:GPS{name}" in row), None)
        for name in ("Latitude", "Longitude")
    ]
    is_place = None not in degrees and any(degrees) and abs(float(degrees[0])) <= 90
    ours = None if said.place is None else (said.place.latitude_deg, said.place.longitude_deg)
    if is_place != (ours is not None) or (ours and ours != pytest.approx([float(d) for d in degrees], abs=1e-9)):
        yield f"place: {ours} against {degrees}"


@pytest.mark.photos
@pytest.mark.parametrize("folder", FOLDERS)
def test_dates_and_places_are_those_of_exiftool(photos, exiftool, folder):
    """Date, fraction of a second, offset and place of each file that can be read, or the file is named above."""
    command = [
        exiftool,
        "-q",
        "-q",
        "-r",
        "-n",
        "-j",
        "-G1",
        "-a",
        "-time:all",
        "-CreateDate",
        "-SubSecTime*",
        "-Offset*",
        "-GPS*",
    ]
    printed = subprocess.run([*command, folder], cwd=photos, capture_output=True, check=False).stdout
    n_read, wrong = 0, {}
    for row in json.loads(printed):
        path = photos / row["SourceFile"]
        try:
            said = read_metadata(read_bytes(path), suffix=path.suffix)
        except DecodeError:
            continue
        n_read += 1
        found = list(differences(row, said))
        if found and row["SourceFile"] not in OTHERWISE:
            wrong[row["SourceFile"]] = found
    assert wrong == {}
    assert n_read
