"""Dates as programs write them: in EXIF, XMP, IPTC, the text of PNG files, and in names of files."""

import calendar
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import PngImagePlugin

from imagecluster.decode import decode, read_metadata
from imagecluster.decode.choosing import best_date
from imagecluster.decode.dates import Date, fraction, offset, read_date
from imagecluster.decode.names import read_name
from imagecluster.decode.xmp import read_xmp
from imagecluster.records import DATE_SOURCES, Taken
from picture_samples import corners, encoded, exif, heif

DAY_S = 86_400


def utc(*parts):
    """Seconds since 1970 of a date read as UTC."""
    return float(calendar.timegm((*parts, *(1, 1, 0, 0, 0)[len(parts) - 1 :])))


def said(*, format_name="JPEG", **options):
    """What a picture says of itself that was saved with these options."""
    return read_metadata(encoded(corners(), format_name, **options))


def xmp(*, attributes="", elements="", start="", end=""):
    """A packet with properties as attributes and as elements."""
    spaces = "".join(
        f' xmlns:{prefix}="http://ns.adobe.com/{path}/"'
        for prefix, path in (("exif", "exif/1.0"), ("xmp", "xap/1.0"), ("photoshop", "photoshop/1.0"))
    )
    return (
        f'{start}<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        f'<rdf:Description rdf:about=""{spaces} {attributes}>{elements}</rdf:Description></rdf:RDF></x:xmpmeta>{end}'
    ).encode()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2015:07:03 10:04:43", Date(utc(2015, 7, 3, 10, 4, 43), None, "second")),
        ("2015-07-03T10:04:43", Date(utc(2015, 7, 3, 10, 4, 43), None, "second")),
        ("2007/06/30 18:45:17", Date(utc(2007, 6, 30, 18, 45, 17), None, "second")),
        ("2019:3:1 23:42:1", Date(utc(2019, 3, 1, 23, 42, 1), None, "second")),
        ("2015:08:22 24:08:19", Date(utc(2015, 8, 22, 0, 8, 19), None, "second")),
        ("2013:10:20 05:30:15 pm", Date(utc(2013, 10, 20, 17, 30, 15), None, "second")),
        ("2013:10:20 12:30:15 AM", Date(utc(2013, 10, 20, 0, 30, 15), None, "second")),
        ("2019:03:01 10:11:12.25", Date(utc(2019, 3, 1, 10, 11, 12) + 0.25, None, "subsecond")),
        ("2025-01-30T08:59:50+01:00", Date(utc(2025, 1, 30, 8, 59, 50), 3600, "second")),
        ("2008-05-25T19:31:26.0+1:00", Date(utc(2008, 5, 25, 19, 31, 26), 3600, "subsecond")),
        ("2024-04-14T02:20:31+0545", Date(utc(2024, 4, 14, 2, 20, 31), 20_700, "second")),
        ("2011-09-23T12:43:03Z", Date(utc(2011, 9, 23, 12, 43, 3), 0, "second", is_utc=True)),
        ("2019-03-01T10:11-03:30", Date(utc(2019, 3, 1, 10, 11), -12_600, "minute")),
        ("20150703", Date(utc(2015, 7, 3), None, "day")),
        ("20150703 100443", Date(utc(2015, 7, 3, 10, 4, 43), None, "second")),
        ("20150703 100443+0200", Date(utc(2015, 7, 3, 10, 4, 43), 7200, "second")),
        ("2015:07:03", Date(utc(2015, 7, 3), None, "day")),
        ("2015:07:03   :  :  ", Date(utc(2015, 7, 3), None, "day")),
        ("2002:07:  :  :  :  ", Date(utc(2002, 7), None, "month")),
        ("2002:07:00 00:00:00", Date(utc(2002, 7), None, "month")),
        ("200207", Date(utc(2002, 7), None, "month")),
        ("2002-07", Date(utc(2002, 7), None, "month")),
        ("2002", Date(utc(2002), None, "year")),
        ("2002:00:00 00:00:00", Date(utc(2002), None, "year")),
        ("Fri, 14 Dec 2018 00:42:19 +0000", Date(utc(2018, 12, 14, 0, 42, 19), 0, "second")),
        ("14 Dec 2018 00:42:19", Date(utc(2018, 12, 14, 0, 42, 19), None, "second")),
        ("Wed Nov 20 00:23:10 2013", Date(utc(2013, 11, 20, 0, 23, 10), None, "second")),
        ("Tue 02 Mar 2021 10:11:12 PM CET", Date(utc(2021, 3, 2, 22, 11, 12), None, "second")),
        ("2000:02:29 00:00:00", Date(utc(2000, 2, 29), None, "second")),
    ],
)
def test_dates_are_understood_as_they_are_written(text, expected):
    """Separators, digits, halves of the day, zones, fractions and missing parts are those of real programs."""
    assert read_date(text) == read_date(text.encode() + b"\0") == expected


@pytest.mark.parametrize(
    "text",
    [
        "", "    :  :     :  :  ", "0000:00:00 00:00:00", "1601:06:06 16:39:33", "2015:13:01 10:00:00",
        "2015:02:29 10:00:00", "1900:02:29 10:00:00", "2015:04:31 10:00:00", "2015:07:03 25:00:00",
        "2015:07:03 10:60:00", "2999:01:01 00:00:00", "9999:12:31 23:59:59", "yesterday at noon", "1436000000",
        "12:30:00", "\xff\xfe", "2015:07:033 10:00:00", "----:--:-- --:--:--",
    ],
)  # fmt: skip
def test_impossible_dates_are_none(text):
    """No month 13, no 29 February of a common year, nothing before photography or in the far future."""
    assert read_date(text) is None


@given(st.text(max_size=60) | st.from_regex(r"[0-9]{4}[:-][0-9: TZ+.-]{0,30}"))
def test_any_text_gives_a_possible_date_or_none(text):
    """Whatever a file holds, nothing fails."""
    date = read_date(text)
    assert date is None or utc(1826) <= date.local_s <= time.time() + 2 * DAY_S


@pytest.mark.parametrize(
    ("text", "expected"),
    [("+05:45", 20_700), ("-0300", -10_800), ("+1:00", 3600), ("Z", 0), ("+14:00", 50_400), ("+15:00", None),
     ("+05:75", None), ("   :  ", None), ("", None), ("CET", None), ("-00:00", 0)],
)  # fmt: skip
def test_offsets_are_those_of_zones(text, expected):
    """Hours and minutes east of UTC, at most 14 hours."""
    assert offset(text) == offset(text.encode() + b"\0") == expected


@pytest.mark.parametrize(
    ("digits", "expected"),
    [("5", 0.5), ("000100", 0.0001), ("69", 0.69), ("123456789", 0.123456), ("12  ", 0.12), ("", None), ("x", None)],
)
def test_fractions_are_digits_after_the_point(digits, expected):
    """Not a number of milliseconds."""
    assert fraction(digits) == expected


def test_pictures_of_a_burst_have_different_times():
    """Fractions of a second belong to the date with which they are kept."""
    date, found = b"2023:08:13 09:26:39\0", []
    for digits in (b"000100\0", b"500000\0", b"900000\0"):
        block = exif(original=date, changed=b"2024:01:01 00:00:00\0", more={"own": {0x9291: ("A", digits)}})
        found.append(said(exif=block).taken)
    assert [taken.local_s - utc(2023, 8, 13, 9, 26, 39) for taken in found] == pytest.approx(
        [0.0001, 0.5, 0.9], abs=1e-6
    )
    assert {taken.precision for taken in found} == {"subsecond"}


def test_the_offset_of_a_date_is_the_one_that_belongs_to_it():
    """OffsetTimeOriginal is that of DateTimeOriginal, OffsetTime the one of the export."""
    offsets = {0x9010: ("A", b"-08:00\0"), 0x9011: ("A", b"+05:45\0")}
    taken = said(exif=exif(original=b"2024:04:14 02:20:31\0", changed=b"2024:05:01 00:00:00\0",
                           more={"own": offsets})).taken  # fmt: skip
    assert (taken.offset_s, taken.offset_from) == (20_700, "EXIF OffsetTimeOriginal")
    assert taken.instant_s == utc(2024, 4, 13, 20, 35, 31)
    alone = said(exif=exif(original=b"2024:04:14 02:20:31\0", more={"own": {0x9010: ("A", b"-08:00\0")}})).taken
    assert alone.offset_s is None
    assert said(exif=exif(original=b"2024:04:14 02:20:31\0", more={"own": {0x9011: ("A", b"   :  \0")}})).taken == alone


def test_the_offset_of_the_same_moment_in_another_field_counts():
    """XMP often repeats the date of EXIF with its zone; one of another second says nothing."""
    block = exif(original=b"2023:06:07 13:45:55\0")
    same = said(exif=block, xmp=xmp(attributes='photoshop:DateCreated="2023-06-07T13:45:55.25+01:00"')).taken
    assert (same.source, same.offset_s, same.local_s % 1) == ("EXIF DateTimeOriginal", 3600, 0.25)
    other = said(exif=block, xmp=xmp(attributes='photoshop:DateCreated="2023-06-07T14:45:55+01:00"')).taken
    assert (other.source, other.offset_s) == ("EXIF DateTimeOriginal", None)


def gps(*, longitude, clock, day=b"2023:06:07\0"):
    """Fields of a receiver in the north: a longitude in whole degrees, a time of day, a date."""
    side = b"E\0" if longitude >= 0 else b"W\0"
    more = {7: ("R", [part for number in clock for part in (number, 1)])}
    if day:
        more[29] = ("A", day)
    return {"gps": ((b"N\0", [51, 1, 30, 1, 0, 1]), (side, [abs(longitude), 1, 0, 1, 0, 1])), "more": {"gps": more}}


@pytest.mark.parametrize(
    ("local", "fields", "expected_s"),
    [
        ((13, 45, 55), {"longitude": 0, "clock": (12, 46, 1)}, 3600),
        ((13, 45, 55), {"longitude": 0, "clock": (12, 38, 0)}, 3600),
        ((13, 45, 55), {"longitude": 85, "clock": (8, 0, 55)}, 20_700),
        ((13, 45, 55), {"longitude": 0, "clock": (12, 46, 1), "day": b""}, 3600),
        ((13, 45, 55), {"longitude": 150, "clock": (3, 45, 55), "day": b""}, 36_000),
        ((0, 45, 0), {"longitude": -172, "clock": (11, 45, 0), "day": b"2023:06:06\0"}, 46_800),
        # stamped in local time, far from Greenwich
        ((13, 45, 55), {"longitude": 150, "clock": (13, 45, 55)}, None),
        # a day off, and 19.7 years off, as after a rollover of the week
        ((13, 45, 55), {"longitude": 0, "clock": (12, 46, 1), "day": b"2023:06:08\0"}, None),
        ((13, 45, 55), {"longitude": 0, "clock": (12, 46, 1), "day": b"2003:10:22\0"}, None),
        # an old fix
        ((13, 45, 55), {"longitude": 0, "clock": (12, 20, 0)}, None),
    ],
)
def test_gps_gives_the_offset_where_it_is_plausible(local, fields, expected_s):
    """The zone by which the clock differs from GPS counts if it can be at the place."""
    original = b"2023:06:07 %02d:%02d:%02d\0" % local
    taken = said(exif=exif(original=original, **gps(**fields))).taken
    assert taken.offset_s == expected_s
    assert (taken.source, taken.offset_from) == ("EXIF DateTimeOriginal", "GPS time" if expected_s is not None else "")


def test_gps_gives_no_offset_without_a_place():
    """Nothing says then whether the receiver was set to local time."""
    fields = gps(longitude=0, clock=(12, 46, 1))
    taken = said(exif=exif(original=b"2023:06:07 13:45:55\0", more=fields["more"])).taken
    assert taken.offset_s is None


def test_gps_gives_the_date_where_nothing_else_does():
    """In UTC; the zero of a clock does not."""
    taken = said(exif=exif(changed=b"2024:01:01 00:00:00\0", **gps(longitude=0, clock=(12, 46, 1)))).taken
    assert (taken.local_s, taken.offset_s, taken.source, taken.offset_from) == (
        utc(2023, 6, 7, 12, 46, 1), 0, "GPS time", "UTC"
    )  # fmt: skip
    unset = gps(longitude=0, clock=(0, 0, 0), day=b"1899:12:30\0")
    assert said(exif=exif(changed=b"2024:01:01 00:00:00\0", **unset)).taken.source == "EXIF DateTime"


DATES = (
    ("attributes", 'exif:DateTimeOriginal="2019-03-01T23:42:01.5+01:00"', "XMP exif:DateTimeOriginal"),
    ("attributes", 'photoshop:DateCreated="2019-03-01T23:42:01.5+01:00"', "XMP photoshop:DateCreated"),
    ("attributes", 'exif:DateTimeDigitized="2019:03:01 23:42:01.5+01:00"', "XMP exif:DateTimeDigitized"),
    ("elements", "<xmp:CreateDate>2019-03-01T23:42:01.5+01:00</xmp:CreateDate>", "XMP xmp:CreateDate"),
    ("elements", "<xmp:ModifyDate>\n 2019-03-01T23:42:01.5+01:00 </xmp:ModifyDate>", "XMP xmp:ModifyDate"),
    (
        "elements",
        '<exif:DateTimeOriginal rdf:parseType="Resource"><rdf:value>2019-03-01T23:42:01.5+01:00</rdf:value>'
        "</exif:DateTimeOriginal>",
        "XMP exif:DateTimeOriginal",
    ),
)


@pytest.mark.parametrize(("form", "text", "source"), DATES)
@pytest.mark.parametrize("format_name", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF", "HEIF"])
def test_xmp_is_read_from_each_format_in_each_form(format_name, form, text, source):
    """Attributes and elements of a packet in whatever kind of file."""
    packet = xmp(**{form: text})
    if format_name == "PNG":
        info = PngImagePlugin.PngInfo()
        info.add_itxt("XML:com.adobe.xmp", packet.decode())
        data = encoded(corners(), "PNG", pnginfo=info)
    elif format_name == "TIFF":
        data = encoded(corners(), "TIFF", tiffinfo={700: packet})
    elif format_name == "HEIF":
        data = heif(corners(), xmp=packet)
    else:
        data = encoded(corners(), format_name, xmp=packet)
    expected = (Taken(utc(2019, 3, 1, 23, 42, 1) + 0.5, 3600, "subsecond", source, source), None, "")
    for found in (decode(data, short_side_px=8).metadata, read_metadata(data)):
        assert (found.taken, found.place, found.camera) == expected


@pytest.mark.parametrize(
    "packet",
    [
        xmp(attributes='xmp:CreateDate="2019-03-01"', start='<?xpacket begin="\ufeff" id="W5M0"?>', end="<?xpacket?>"),
        xmp(attributes='xmp:CreateDate="2019-03-01"', start='<?xml version="1.0"?>\n', end="\0" * 9),
        xmp(attributes='xmp:CreateDate="2019-03-01"', start="junk", end="<junk"),
        xmp(attributes='xmp:CreateDate="2019-03-01"').replace(b"xmp:", b"a:").replace(b"xmlns:xmp", b"xmlns:a"),
        xmp(attributes='xmp:CreateDate="2019-03-01"').decode().encode("utf-16"),
        xmp(elements="<xmp:CreateDate>2019-03-01</xmp:CreateDate><broken>")[:-30],
        xmp(elements="<xmp:CreateDate>2019-03-01</xmp:CreateDate>").replace(b"<x:xmpmeta", b"<x:xapmeta", 1),
    ],
)
def test_packets_are_read_with_whatever_is_around_them(packet):
    """Markers, paddings, other prefixes, another encoding, and what stands before a fault."""
    assert [(date.local_s, date.precision) for date in read_xmp(packet).dates] == [(utc(2019, 3, 1), "day")]


def test_a_packet_with_a_document_type_is_not_read():
    """It could define entities that fill the memory, or that read files."""
    bomb = b'<!DOCTYPE x [<!ENTITY a "2019-03-01"><!ENTITY b "&a;&a;">]>'
    packet = xmp(elements="<xmp:CreateDate>&a;</xmp:CreateDate>")
    assert read_xmp(bomb + packet.replace(b"x:xmpmeta", b"y")).dates == ()
    assert read_xmp(packet).dates == ()


def test_dates_inside_other_properties_are_not_the_pictures():
    """Histories and sources of a picture have dates of their own."""
    inner = (
        '<exif:UserComment><rdf:Seq><rdf:li><rdf:Description xmp:CreateDate="2001-01-01"/>'
        "<xmp:CreateDate>2001-01-01</xmp:CreateDate></rdf:li></rdf:Seq></exif:UserComment>"
    )
    assert read_xmp(xmp(elements=inner)).dates == ()


@given(st.binary(max_size=300).map(lambda junk: xmp(attributes='xmp:CreateDate="2019"')[:-100] + junk) | st.binary())
def test_broken_packets_never_fail(packet):
    """Any bytes at all."""
    read_xmp(b"Date" + packet)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ('exif:GPSLatitude="51,30.5N" exif:GPSLongitude="0,7.5W"', (51 + 30.5 / 60, -7.5 / 60)),
        ('exif:GPSLatitude="33,51,20S" exif:GPSLongitude="151,12,36E"', (-33 - 51 / 60 - 20 / 3600, 151.21)),
        ('exif:GPSLatitude="-33.8557" exif:GPSLongitude="151.2104"', (-33.8557, 151.2104)),
        ('exif:GPSLatitude="3.5" exif:GPSLatitudeRef="s" exif:GPSLongitude="7" exif:GPSLongitudeRef="e"', (-3.5, 7)),
        ('exif:GPSLatitude="0,0N" exif:GPSLongitude="0,0E"', None),
        ('exif:GPSLatitude="91,0N" exif:GPSLongitude="0,0E"', None),
        ('exif:GPSLatitude="51,30N"', None),
        ('exif:GPSLatitude="north" exif:GPSLongitude="7,30E"', None),
    ],
)  # fmt: skip
def test_places_in_xmp(fields, expected):
    """Degrees with minutes, with seconds or with a fraction, and a letter or a sign."""
    place = said(xmp=xmp(attributes=fields)).place
    if expected is None:
        assert place is None
    else:
        assert (place.latitude_deg, place.longitude_deg) == pytest.approx(expected)
        assert place.source == "XMP"


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({1: ("A", b"s\0"), 2: ("R", [3, 1, 3, 1, 0, 1]), 3: ("A", b"w\0"), 4: ("R", [7, 1, 0, 1, 0, 1])}, (-3.05, -7)),
        ({1: ("A", b"N\0"), 2: ("R", [335, 10]), 3: ("A", b"E\0"), 4: ("R", [75, 10])}, (33.5, 7.5)),
        ({2: ("R", [33, 1, 30, 1, 0, 1]), 4: ("R", [7, 1, 30, 1, 0, 1])}, (33.5, 7.5)),
        ({2: ("r", [-335, 10]), 4: ("r", [75, 10])}, (-33.5, 7.5)),
        ({1: ("A", b"N\0"), 2: ("R", [33, 1, 0, 0, 0, 0]), 3: ("A", b"E\0"), 4: ("R", [7, 1, 30, 1, 0, 0])}, (33, 7.5)),
        ({1: ("A", b"N\0"), 2: ("A", b"33.5\0"), 3: ("A", b"E\0"), 4: ("A", b"7.5\0")}, (33.5, 7.5)),
        ({1: ("A", b"N\0"), 2: ("R", [0, 0, 0, 0, 0, 0]), 3: ("A", b"E\0"), 4: ("R", [0, 0, 0, 0, 0, 0])}, None),
        ({1: ("A", b"N\0"), 2: ("R", [33, 1, 30, 1, 0, 1])}, None),
    ],
)  # fmt: skip
def test_places_in_exif(fields, expected):
    """Letters of either case or none, fractions of degrees, text, and divisions by zero."""
    place = said(exif=exif(more={"gps": fields})).place
    assert (None if place is None else (place.latitude_deg, place.longitude_deg)) == (
        expected and pytest.approx(expected)
    )


@pytest.mark.parametrize(
    ("key", "text", "expected"),
    [
        ("Creation Time", "Fri, 14 Dec 2018 00:42:19 +0100", (utc(2018, 12, 14, 0, 42, 19), 3600)),
        ("Creation Time", "2018:12:14 00:42:19", (utc(2018, 12, 14, 0, 42, 19), None)),
        ("creation time", "2018-12-14T00:42:19+01:00", (utc(2018, 12, 14, 0, 42, 19), 3600)),
        ("date:create", "2018-12-14T00:42:19+01:00", None),
        ("Creation Time", "soon", None),
    ],
)
def test_the_text_of_a_png_has_its_date(key, text, expected):
    """Also where the text stands behind the pixels."""
    info = PngImagePlugin.PngInfo()
    info.add(b"tEXt", key.encode() + b"\0" + text.encode(), after_idat=True)
    taken = said(format_name="PNG", pnginfo=info).taken
    assert (taken and (taken.local_s, taken.offset_s)) == expected
    assert taken is None or taken.source == "PNG Creation Time"


def iptc(*, day=b"20150703", clock=b"100443+0200"):
    """A JPEG's block with IPTC's date and time."""
    values = ((55, day), (60, clock))
    fields = b"".join(b"\x1c\x02" + bytes([number]) + len(text).to_bytes(2, "big") + text for number, text in values)
    size = len(fields).to_bytes(4, "big")
    block = b"Photoshop 3.0\0" + b"8BIM\x04\x04\0\0" + size + fields + b"\0" * (len(fields) % 2)
    return b"\xff\xed" + (len(block) + 2).to_bytes(2, "big") + block


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, Taken(utc(2015, 7, 3, 10, 4, 43), 7200, "second", "IPTC DateCreated", "IPTC DateCreated")),
        ({"clock": b"100443+0000"}, Taken(utc(2015, 7, 3, 10, 4, 43), None, "second", "IPTC DateCreated")),
        ({"clock": b""}, Taken(utc(2015, 7, 3), None, "day", "IPTC DateCreated")),
        ({"clock": b"noon"}, Taken(utc(2015, 7, 3), None, "day", "IPTC DateCreated")),
        ({"day": b"00000000"}, None),
    ],
)  # fmt: skip
def test_iptc_gives_a_date(fields, expected):
    """Its zero offset says nothing, since it has no way to leave the offset out."""
    data = encoded(corners(), "JPEG")
    assert read_metadata(data[:2] + iptc(**fields) + data[2:]).taken == expected


def test_the_date_of_an_export_is_the_last():
    """DateTime counts after the dates of XMP and IPTC, which are those of the picture."""
    block = exif(changed=b"2021:05:31 21:47:45\0")
    taken = said(exif=block, xmp=xmp(attributes='xmp:CreateDate="2015-07-03T10:04:43" xmp:ModifyDate="2021"')).taken
    assert (taken.local_s, taken.source) == (utc(2015, 7, 3, 10, 4, 43), "XMP xmp:CreateDate")
    assert said(exif=block).taken.source == "EXIF DateTime"


def test_a_coarse_date_gives_way_to_a_finer_one_within_it():
    """July 2002 and 5 July are the latter; July 2002 and a day in August are the former, whatever is more trusted."""
    month = Taken(utc(2002, 7), None, "month", "EXIF DateTimeOriginal")
    for day, expected in ((5, 5), (32, 1)):
        other = Taken(utc(2002, 7) + (day - 1) * DAY_S, None, "second", "EXIF DateTimeDigitized")
        assert best_date([other, month]).local_s == utc(2002, 7) + (expected - 1) * DAY_S
    edit = Taken(utc(2002, 7, 5), None, "second", "EXIF DateTime")
    assert best_date([edit, month]) == month


def test_the_order_of_sources_is_that_of_the_table():
    """Any two sources that disagree: the one that comes first counts."""
    dates = [Taken(1e9 + 1e6 * i, None, "second", source) for i, source in enumerate(DATE_SOURCES)]
    while dates:
        assert best_date(reversed(dates)) == dates[0]
        dates.pop(0)
    assert best_date([]) is None


def test_make_and_model_are_the_camera():
    """The make stands only once, and blanks and NUL are dropped."""
    make, model = ("A", b"Canon\0\0"), ("A", b"Canon EOS 5D  \0")
    assert said(exif=exif(more={"main": {0x010F: make, 0x0110: model}})).camera == "Canon EOS 5D"
    assert said(exif=exif(more={"main": {0x010F: make, 0x0110: ("A", b"X\xff1\0")}})).camera == "Canon X\ufffd1"
    assert said().camera == ""


WHEN = (2019, 3, 1, 23, 42, 1)


@pytest.mark.parametrize(
    "name",
    [
        "Screenshot_20190301-234201.png", "Screenshot_20190301-234201_Chat.jpg", "Screenshot_2019-03-01-23-42-01.png",
        "2019-03-01 23.42.01.jpg", "2019-03-01 23.42.01-1.jpg", "2019-03-01_23-42-01_IMG_1.jpg",
        "2019_03_01_23_42_01.jpg", "2019-03-01T23_42_01.jpg", "2019-03-01 23h42m01s.jpg",
        "signal-2019-03-01-234201.jpg", "signal-2019-03-01-234201_002.jpeg", "signal-attachment-2019-03-01-234201.jpg",
        "VID_20190301_234201.jpg", "IMG_20190301_234201.jpg", "IMG_20190301_234201_HDR.jpg",
        "IMG_20190301_234201(1).jpg", "IMG_20190301_234201~2.jpg", "IMG20190301234201.jpg", "20190301_234201.jpg",
        "20190301_234201-edited.jpg", "P_20190301_234201.jpg", "MVIMG_20190301_234201.jpg",
        "WIN_20190301_23_42_01_Pro.jpg", "DJI_20190301234201_0001_D.JPG", "Screen Shot 2019-03-01 at 11.42.01 PM.png",
        "Screenshot 2019-03-01 at 11.42.01\u202fPM.png", "Bildschirmfoto 2019-03-01 um 23.42.01.png",
        "Capture d\u2019\u00e9cran 2019-03-01 \u00e0 23.42.01.png", "Captura de pantalla 2019-03-01 a las 23.42.01.png",
        "Screenshot from 2019-03-01 23-42-01.png", "WhatsApp Image 2019-03-01 at 23.42.01.jpeg",
        "WhatsApp Image 2019-03-01 at 11.42.01 PM (1).jpeg", "photo_2019-03-01_23-42-01.jpg",
        "WhatsApp_Image_2019-03-01_at_23.42.01.jpeg", "photo_12@01-03-2019_23-42-01.jpg",
        "photo_2019-03-01_23-42-01 (2).jpg", "19-03-01 23-42-01 1234.jpg", "2019:03:01 23:42:01.jpg",
    ],
)  # fmt: skip
def test_names_with_a_time_of_day(name):
    """Those of phones, messengers, screenshots and uploads."""
    assert read_name(name) == Taken(utc(*WHEN), None, "second", "file name")


@pytest.mark.parametrize(
    ("name", "taken"),
    [
        ("PXL_20190301_234201123.jpg", Taken(utc(*WHEN) + 0.123, 0, "subsecond", "file name", "UTC")),
        ("PXL_20190301_234201123.PORTRAIT-01.COVER.jpg", Taken(utc(*WHEN) + 0.123, 0, "subsecond", "file name", "UTC")),
        ("20190301_234201000_iOS.heic", Taken(utc(*WHEN), 0, "subsecond", "file name", "UTC")),
        ("20190301T234201Z.jpg", Taken(utc(*WHEN), 0, "second", "file name", "UTC")),
        ("FB_IMG_1551483721000.jpg", Taken(utc(*WHEN), 0, "subsecond", "file name", "UTC")),
        ("mmexport1551483721123.jpg", Taken(utc(*WHEN) + 0.123, 0, "subsecond", "file name", "UTC")),
        ("00000IMG_00000_BURST20190301234201123_COVER.jpg", Taken(utc(*WHEN) + 0.123, None, "subsecond", "file name")),
        ("signal-2019-03-01-23-42-01-123.jpg", Taken(utc(*WHEN) + 0.123, None, "subsecond", "file name")),
        ("Scan 2019-03-01 23.42.jpg", Taken(utc(*WHEN[:5]), None, "minute", "file name")),
        ("IMG-20190301-WA0001.jpg", Taken(utc(*WHEN[:3]), None, "day", "file name")),
        ("IMG-20190301-WA0001(1).jpeg", Taken(utc(*WHEN[:3]), None, "day", "file name")),
        ("20190301-WA0001.jpg", Taken(utc(*WHEN[:3]), None, "day", "file name")),
        ("2019-03-01.jpg", Taken(utc(*WHEN[:3]), None, "day", "file name")),
        ("2019-03-01 birthday 12.jpg", Taken(utc(*WHEN[:3]), None, "day", "file name")),
        ("1935-06-12 Grandmother.jpg", Taken(utc(1935, 6, 12), None, "day", "file name")),
    ],
)
def test_names_with_a_zone_a_fraction_or_a_day_alone(name, taken):
    """Names in UTC say so in the offset, and a messenger's name has the day."""
    found = read_name(name)
    assert found.local_s == pytest.approx(taken.local_s, abs=1e-6)
    assert (found.offset_s, found.precision, found.source, found.offset_from) == (
        taken.offset_s, taken.precision, taken.source, taken.offset_from
    )  # fmt: skip


@pytest.mark.parametrize(
    "name",
    [
        "holiday 12345678 of 9999.jpg", "20190301.jpg", "DSC_20190301.jpg", "IMG_1234.jpg", "invoice 20201231.jpg",
        "12345678_123456.jpg", "IMG-20191301-WA0001.jpg", "IMG-20190231-WA0001.jpg", "3f20190301234201ab.jpg",
        "20190301-2342-4101-8abc-001122334455.jpg", "a20190301b.jpg", "29990101_101010.jpg", "photo 2019.jpg",
        "1.2019.03.01.5.jpg", "99999999999999.jpg", "IMG_20190301234201999999.jpg", "1551483721000.jpg",
        "FB_IMG_9951483721000.jpg", "20190301_250000.jpg", "ISBN 9781234567897.jpg", "2019-13-01.jpg",
        "0000-00-00 00.00.00.jpg", "00000101_000000.jpg", "item-2019-03-011.jpg", "order-20190301-0001.jpg",
        "phone 2015551234.jpg", "barcode 20190301234299.jpg", "1234-5678-9012.jpg", "01-03-2019.jpg", "",
    ],
)  # fmt: skip
def test_numbers_in_names_that_are_no_dates(name):
    """Eight digits alone may be anything, and so may longer numbers."""
    assert read_name(name) is None


@given(st.text(max_size=60) | st.from_regex(r"[A-Za-z]{0,5}[0-9_.-]{6,30}\.jpg"))
def test_any_name_gives_a_possible_date_or_none(name):
    """Whatever a file is called, nothing fails."""
    taken = read_name(name)
    assert taken is None or utc(1826) <= taken.local_s <= time.time() + 2 * DAY_S
