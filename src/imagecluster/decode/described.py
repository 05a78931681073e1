"""What people wrote about a picture: rating, keywords, title, description; from its file and its sidecars.

Read are EXIF (with the fields of Windows), XMP, IPTC in JPEG, and the sidecars of takeouts.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from imagecluster.decode.blocks import HEAD_BYTES, exif_of_file, jpeg_segments, xmp_of_file
from imagecluster.decode.exif import Block, texts_of
from imagecluster.decode.reading import PartlyRead, read_bytes
from imagecluster.decode.sidecar import MAX_SIDECAR_BYTES
from imagecluster.errors import DecodeError

__all__ = ["Described", "read_described", "xmp_described"]

_RATING, _DESCRIPTION = 0x4746, 0x010E
_WINDOWS_TITLE, _WINDOWS_COMMENT, _WINDOWS_KEYWORDS = 0x9C9B, 0x9C9C, 0x9C9E
_BY_CAMERAS = re.compile(
    r"^(?:olympus digital camera|sony dsc|minolta digital camera|konica minolta digital camera|kodak .*digital.*"
    r"|default|exif_jpeg.*|dcim.*|samsung.*|jpeg|untitled|image|img_\d+|dsc\w?\d+|created with .*|screenshot)?\s*$",
    re.IGNORECASE,
)
"""Descriptions that cameras and programs write by themselves."""
_IPTC_TITLE, _IPTC_KEYWORD, _IPTC_CAPTION, _IPTC_CHARSET = (2, 5), (2, 25), (2, 120), (1, 90)
_RESOURCE_IPTC = 0x0404
_MOST_KEYWORDS = 1_000
_LONGEST = 10_000

_RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
_DC = "{http://purl.org/dc/elements/1.1/}"
_XMP_RATING = "{http://ns.adobe.com/xap/1.0/}Rating"
_HIERARCHIES = ("{http://ns.adobe.com/lightroom/1.0/}hierarchicalSubject", "{http://www.digikam.org/ns/1.0/}TagsList")
_LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"
_NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_DOCTYPE = re.compile(rb"<!(?:DOCTYPE|ENTITY)|\0!\0D|!\0D\0", re.IGNORECASE)
_START = re.compile(rb"<(?:\w+:)?(?:xmpmeta|xapmeta|RDF)\b")


@dataclass(frozen=True, slots=True)
class Described:
    """What people wrote about a picture."""

    rating: int | None = None
    """Stars, 1 to 5, or -1 for rejected; None for none, which programs also write as 0."""
    keywords: tuple[str, ...] = ()
    hierarchies: tuple[str, ...] = ()
    """Keywords with those above them, with `|` between: `Places|Norway|Oslo`."""
    title: str = ""
    description: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether nothing was written."""
        return self == Described()


def read_described(path: Path, sidecars: Sequence[Path] = ()) -> Described:
    """What a picture's file and its sidecars say; what comes first counts, keywords of all count.

    Parameters
    ----------
    path
        The picture.
    sidecars
        The most trusted first; they come before the file, since that is where programs write that change no pictures.
    """
    found = [*(_of_sidecar(sidecar) for sidecar in sidecars), *_of_file(path)]
    merged: dict[str, Any] = {}
    for field in fields(Described):
        values = [value for said in found if (value := getattr(said, field.name))]
        if field.name in ("keywords", "hierarchies"):
            merged[field.name] = unique(text for value in values for text in value)
        elif values:
            merged[field.name] = values[0]
    return Described(**merged)


def unique(texts: Iterator[str] | Sequence[str]) -> tuple[str, ...]:
    """Texts without repetition, whatever their case, in their order."""
    found: dict[str, str] = {}
    for text in texts:
        found.setdefault(text.casefold(), text)
    return tuple(found.values())


def _of_sidecar(path: Path) -> Described:
    try:
        data = read_bytes(path, max_bytes=MAX_SIDECAR_BYTES)
    except DecodeError:
        return Described()
    if path.suffix.lower() == ".json":
        return _of_takeout(data)
    return xmp_described(data) if path.suffix.lower() == ".xmp" else Described()


def _of_file(path: Path) -> list[Described]:
    try:
        with PartlyRead(path, head_bytes=HEAD_BYTES) as file:
            return [xmp_described(xmp_of_file(file)), _of_iptc(_iptc(file)), _of_exif(exif_of_file(file))]
    except DecodeError:
        return []


def _of_takeout(data: bytes) -> Described:
    try:
        found = json.loads(data)
    except (ValueError, RecursionError):
        return Described()
    if not isinstance(found, dict):
        return Described()
    people = found.get("people")
    names = [person.get("name") for person in people if isinstance(person, dict)] if isinstance(people, list) else []
    return Described(
        keywords=unique([_clean(name) for name in names if isinstance(name, str) and _clean(name)]),
        description=_clean(found["description"]) if isinstance(found.get("description"), str) else "",
    )


def _of_exif(block: Block) -> Described:
    texts = texts_of(block, (_RATING, _DESCRIPTION, _WINDOWS_TITLE, _WINDOWS_COMMENT, _WINDOWS_KEYWORDS))
    wide = {tag: _clean(texts[tag].decode("utf-16-le", "replace"))
            for tag in (_WINDOWS_TITLE, _WINDOWS_COMMENT, _WINDOWS_KEYWORDS) if tag in texts}  # fmt: skip
    described = _clean(_decoded(texts.get(_DESCRIPTION, b"")))
    if _BY_CAMERAS.match(described):
        described = ""
    keywords = (word.strip() for word in wide.get(_WINDOWS_KEYWORDS, "").split(";"))
    return Described(
        rating=_stars(int.from_bytes(texts.get(_RATING, b"")[:2], "little")),
        keywords=unique([word for word in keywords if word]),
        title=wide.get(_WINDOWS_TITLE, ""),
        description=wide.get(_WINDOWS_COMMENT, "") or described,
    )


def _iptc(file: PartlyRead) -> bytes:
    """The block of IPTC in a JPEG's resources of Photoshop; empty if there is none."""
    if not file.head.startswith(b"\xff\xd8"):
        return b""
    name = b"Photoshop 3.0\0"
    parts = (file.read(start, end - start) for kind, start, end in jpeg_segments(file) if kind == b"\xed")
    data = b"".join(part[len(name) :] for part in parts if part.startswith(name))
    at = 0
    while data[at : at + 4] == b"8BIM":
        number = int.from_bytes(data[at + 4 : at + 6])
        at += 6 + (data[at + 6] + 2) // 2 * 2 if at + 6 < len(data) else 6
        size = int.from_bytes(data[at : at + 4])
        if number == _RESOURCE_IPTC:
            return data[at + 4 : at + 4 + size]
        at += 4 + size + size % 2
    return b""


def _of_iptc(data: bytes) -> Described:
    values: dict[tuple[int, int], list[bytes]] = {}
    at = 0
    while at + 5 <= len(data) and data[at] == 0x1C:
        size = int.from_bytes(data[at + 3 : at + 5])
        if size >= 2**15:  # a length of lengths: nobody writes captions of 32 kB
            break
        values.setdefault((data[at + 1], data[at + 2]), []).append(data[at + 5 : at + 5 + size])
        at += 5 + size

    def one(key: tuple[int, int]) -> str:
        return _clean(_decoded(values.get(key, [b""])[0]))

    description = one(_IPTC_CAPTION)
    return Described(
        keywords=unique([text for value in values.get(_IPTC_KEYWORD, ()) if (text := _clean(_decoded(value)))]),
        title=one(_IPTC_TITLE),
        description="" if _BY_CAMERAS.match(description) else description,
    )


def xmp_described(packet: bytes) -> Described:
    """What an XMP packet or sidecar says; nothing if it is damaged, or has a document type."""
    start = _START.search(packet)
    if start is None or len(packet) > MAX_SIDECAR_BYTES or _DOCTYPE.search(packet):
        return Described()
    body = packet[start.start() :]
    try:
        root = ElementTree.fromstring(body[: body.rindex(b">") + 1].split(b"<?xpacket")[0])  # noqa: S314 - no entities
    except (ElementTree.ParseError, ValueError, LookupError):
        return Described()
    rating, keywords, hierarchies = None, list[str](), list[str]()
    texts = {"title": "", "description": ""}
    for description in root.iter(f"{_RDF}Description"):
        rating = rating or _rating(description.get(_XMP_RATING) or description.findtext(_XMP_RATING) or "")
        keywords += _items(description, f"{_DC}subject")
        for name in _HIERARCHIES:
            hierarchies += [text.replace("/", "|") if name == _HIERARCHIES[1] else text
                            for text in _items(description, name)]  # fmt: skip
        for name, known in texts.items():
            texts[name] = known or _in_one_language(description, f"{_DC}{name}")
    if _BY_CAMERAS.match(texts["description"]):
        texts["description"] = ""
    return Described(rating, unique(keywords)[:_MOST_KEYWORDS], unique(hierarchies)[:_MOST_KEYWORDS], **texts)


def _items(description: ElementTree.Element, name: str) -> list[str]:
    """The texts of a property that is a bag or sequence."""
    found = description.find(name)
    items = () if found is None else found.iter(f"{_RDF}li")
    return [text for item in items if (text := _clean(item.text or ""))]


def _in_one_language(description: ElementTree.Element, name: str) -> str:
    """The text of a property that has one for each language: the default one, else the first."""
    found = description.find(name)
    if found is None:
        return _clean(description.get(name) or "")
    items = [(item.get(_LANGUAGE) != "x-default", _clean(item.text or "")) for item in found.iter(f"{_RDF}li")]
    return min(items, key=lambda item: item[0])[1] if items else _clean(found.text or "")


def _rating(text: str) -> int | None:
    try:
        return _stars(round(float(text)))
    except (ValueError, OverflowError):
        return None


def _stars(number: int) -> int | None:
    return number if number in (-1, 1, 2, 3, 4, 5) else None


def _decoded(data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def _clean(text: str) -> str:
    """A text without what XML cannot hold, and without space around it."""
    return _NOT_IN_XML.sub("", text[:_LONGEST]).replace("\r\n", "\n").replace("\r", "\n").strip()
