"""What the copies that go know and the one that is kept does not, and the sidecar that keeps it.

A sidecar is XMP as ExifTool, darktable, digiKam and Adobe's programs read it (ISO 16684-1). One that exists is added to
as text, at the places that its parser names, so that nothing in it is lost or written otherwise.
"""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

from imagecluster.copies.preferences import knows_time
from imagecluster.decode import Described
from imagecluster.errors import ArgumentError
from imagecluster.records import Place, Taken

__all__ = ["Knowledge", "added", "missing", "sidecar_with"]

_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_NAMES = {
    "exif": "http://ns.adobe.com/exif/1.0/",
    "photoshop": "http://ns.adobe.com/photoshop/1.0/",
    "xmp": "http://ns.adobe.com/xap/1.0/",
    "dc": "http://purl.org/dc/elements/1.1/",
    "lr": "http://ns.adobe.com/lightroom/1.0/",
    "digiKam": "http://www.digikam.org/ns/1.0/",
}
_EMPTY = (
    b'<?xpacket begin="\xef\xbb\xbf" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/">\n <rdf:RDF xmlns:rdf="' + _RDF.encode() + b'">\n </rdf:RDF>\n'
    b'</x:xmpmeta>\n<?xpacket end="w"?>\n'
)
_LENGTHS = {"year": 4, "month": 7, "day": 10, "minute": 16}
_BAGS = {"dc:subject": "Bag", "lr:hierarchicalSubject": "Bag", "digiKam:TagsList": "Seq"}


@dataclass(frozen=True, slots=True)
class Knowledge:
    """What is known of a picture, apart from what it shows."""

    taken: Taken | None = None
    place: Place | None = None
    described: Described = field(default_factory=Described)

    @property
    def is_empty(self) -> bool:
        """Whether nothing is known."""
        return self.taken is None and self.place is None and self.described.is_empty


def missing(kept: Knowledge, others: Sequence[Knowledge]) -> Knowledge:
    """What others know and the one that is kept does not; the first of them to know something counts.

    A time counts if it is that of the exposure, or stands in the name of a file. Keywords of all are collected.
    """
    own = kept.described
    known = {word.casefold() for word in own.keywords}
    known_paths = {path.casefold() for path in own.hierarchies}
    keywords = {word.casefold(): word for other in reversed(others) for word in other.described.keywords}
    paths = {path.casefold(): path for other in reversed(others) for path in other.described.hierarchies}
    given = [other.described for other in others]
    return Knowledge(
        taken=None if knows_time(kept.taken) else next((o.taken for o in others if knows_time(o.taken)), None),
        place=None if kept.place else next((other.place for other in others if other.place), None),
        described=Described(
            rating=None if own.rating else next((said.rating for said in given if said.rating), None),
            keywords=tuple(sorted(word for key, word in keywords.items() if key not in known)),
            hierarchies=tuple(sorted(path for key, path in paths.items() if key not in known_paths)),
            title="" if own.title else next((said.title for said in given if said.title), ""),
            description="" if own.description else next((said.description for said in given if said.description), ""),
        ),
    )


def added(knowledge: Knowledge) -> tuple[str, ...]:
    """What a sidecar gets, in words."""
    said = knowledge.described
    words = [
        f"time {_date(knowledge.taken).replace('T', ' ')}" if knowledge.taken else "",
        f"place {knowledge.place.latitude_deg:.5f}, {knowledge.place.longitude_deg:.5f}" if knowledge.place else "",
        f"rating {said.rating}" if said.rating else "",
        f"keywords {', '.join(said.keywords)}" if said.keywords else "",
        "keywords in their order" if said.hierarchies and not said.keywords else "",
        f"title {said.title!r}" if said.title else "",
        f"description {said.description!r}" if said.description else "",
    ]
    return tuple(word for word in words if word)


def sidecar_with(knowledge: Knowledge, sidecar: bytes = b"") -> bytes:
    """A sidecar that also says something; everything that it said before is still there, as it was written.

    What it says already is left: only keywords are added to its own, and a rating of 0, which stands for none, becomes
    the one that is known.

    Parameters
    ----------
    knowledge
        What to add.
    sidecar
        The present content; empty for a new sidecar.

    Raises
    ------
    ArgumentError
        It is not a sidecar in XMP and UTF-8 that can be added to.
    """
    present = sidecar or _EMPTY
    places = _Places(present)
    properties = _properties(knowledge)
    inserted: list[tuple[int, int, str]] = []
    new: list[str] = []
    for name, text in properties.items():
        if name not in places.seen:
            new.append(text)
        elif name in places.ratings_of_none and knowledge.described.rating:
            start, end = places.ratings_of_none[name]
            inserted.append((start, end, str(knowledge.described.rating)))
    for name, values in _lists(knowledge).items():
        known = {text.casefold() for text in places.items.get(name, ())}
        items = [f"<{places.rdf}li>{escape(text)}</{places.rdf}li>" for text in values if text.casefold() not in known]
        if not items:
            continue
        if name in places.ends:
            inserted.append((places.ends[name], places.ends[name], "".join(items)))
        elif name not in places.seen:
            kind = places.rdf + _BAGS[name]
            new.append(f"<{name}><{kind}>{''.join(items)}</{kind}></{name}>")
    if new:
        inserted.append((places.end, places.end, places.description(new)))
    for start, end, text in sorted(inserted, reverse=True):
        present = present[:start] + text.encode() + present[end:]
    _Places(present)  # what cannot be read again is not written
    return present


def _properties(knowledge: Knowledge) -> dict[str, str]:
    """Elements by the names of their properties."""
    values: dict[str, str] = {}
    if knowledge.taken is not None:
        values["exif:DateTimeOriginal"] = values["photoshop:DateCreated"] = _date(knowledge.taken)
    if knowledge.place is not None:
        values["exif:GPSLatitude"] = _degrees(knowledge.place.latitude_deg, "NS")
        values["exif:GPSLongitude"] = _degrees(knowledge.place.longitude_deg, "EW")
    if knowledge.described.rating:
        values["xmp:Rating"] = str(knowledge.described.rating)
    found = {name: f"<{name}>{value}</{name}>" for name, value in values.items()}
    for name in ("title", "description"):
        text = getattr(knowledge.described, name)
        if text:
            item = f'<rdf:li xml:lang="x-default">{escape(text)}</rdf:li>'
            found[f"dc:{name}"] = f"<dc:{name}><rdf:Alt>{item}</rdf:Alt></dc:{name}>"
    return found


def _lists(knowledge: Knowledge) -> dict[str, tuple[str, ...]]:
    """Values of properties that are lists; digiKam writes the same hierarchies in a form of its own."""
    said = knowledge.described
    found = {
        "dc:subject": said.keywords,
        "lr:hierarchicalSubject": said.hierarchies,
        "digiKam:TagsList": tuple(path.replace("|", "/") for path in said.hierarchies),
    }
    return {name: values for name, values in found.items() if values}


def _date(taken: Taken) -> str:
    """A date as XMP has it: as much as is known, with the offset if it is known."""
    whole = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(taken.local_s // 1))
    if taken.precision in _LENGTHS:
        text = whole[: _LENGTHS[taken.precision]]
    else:
        part = f"{taken.local_s % 1:.3f}"[1:].rstrip("0") if taken.precision == "subsecond" else ""
        text = whole + (part if len(part) > 1 else "")
    if taken.offset_s is None or "T" not in text:
        return text
    minutes = abs(taken.offset_s) // 60
    return f"{text}{'-' if taken.offset_s < 0 else '+'}{minutes // 60:02}:{minutes % 60:02}"


def _degrees(degrees: float, letters: str) -> str:
    """Degrees as XMP has them: whole ones, minutes with a fraction, the hemisphere."""
    units = round(abs(degrees) * 60 * 1_000_000)
    whole, minutes = divmod(units, 60 * 1_000_000)
    return f"{whole},{minutes / 1_000_000:.6f}{letters[degrees < 0]}"


class _Places:
    """Where in a sidecar something can be added, and what it says already."""

    def __init__(self, content: bytes) -> None:
        self.seen: set[str] = set()
        """Properties that are there, by their usual names."""
        self.items: dict[str, list[str]] = {}
        """The values of lists by the names of their properties."""
        self.ends: dict[str, int] = {}
        """Where the items of a list end."""
        self.ratings_of_none: dict[str, tuple[int, int]] = {}
        self.end = -1
        """Where the descriptions end."""
        self.rdf = "rdf:"
        """Prefix of RDF, with its colon."""
        self._about = ""
        self._prefix = "rdf"
        self._content = content
        self._stack: list[str] = []
        self._text: list[str] = []
        self._names = {f"{uri} ": prefix for prefix, uri in _NAMES.items()}
        self._read()

    def description(self, properties: Sequence[str]) -> str:
        """A description with more properties, of the same thing as the others."""
        texts = [re.sub(r"(</?)rdf:", lambda found: found[1] + self.rdf, text) for text in properties]
        used = [prefix for prefix in _NAMES if any(f"<{prefix}:" in text for text in texts)]
        names = "".join(f"\n   xmlns:{prefix}={quoteattr(_NAMES[prefix])}" for prefix in used)
        inner = "".join(f"\n   {text}" for text in texts)
        name = f"{self.rdf}Description"
        return f" <{name} {self.rdf}about={quoteattr(self._about)}{names}>{inner}\n  </{name}>\n "

    def _read(self) -> None:
        parser = expat.ParserCreate(encoding="UTF-8", namespace_separator=" ")
        parser.namespace_prefixes = True
        parser.buffer_text = True
        parser.StartDoctypeDeclHandler = self._refuse
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._ended
        parser.CharacterDataHandler = self._text.append
        self._parser = parser
        try:
            self._content.decode("utf-8")
            content = self._content.rstrip(b"\0")
            parser.Parse(content, True)
        except (expat.ExpatError, ValueError, LookupError) as error:
            msg = f"the sidecar cannot be added to: {error}"
            raise ArgumentError(msg) from error
        if self.end < 0:
            msg = "the sidecar cannot be added to: it is no XMP, or has nothing in it"
            raise ArgumentError(msg)

    def _refuse(self, *_: object) -> None:
        raise ValueError("it has a document type")

    def _usual(self, name: str) -> str:
        """The usual name of a property; of anything else, empty."""
        uri, _, rest = name.partition(" ")
        prefix = self._names.get(f"{uri} ")
        return f"{prefix}:{rest.partition(' ')[0]}" if prefix else ""

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._stack.append(name)
        uri, _, rest = name.partition(" ")
        local, _, prefix = rest.partition(" ")
        if uri == _RDF and local == "RDF":
            self.rdf = f"{prefix}:" if prefix else ""
        if self._is_inside(1):
            for key, value in attributes.items():
                if key.startswith(f"{_RDF} about"):
                    self._about = value
                usual = self._usual(key)
                self.seen |= {usual} if usual else set()
                if usual == "xmp:Rating" and value.strip() in ("", "0"):
                    self._note_rating(rb"[\w.-]+:Rating\s*=\s*[\"'](\s*0?\s*)[\"']")
        elif self._is_inside(2):
            self.seen |= {self._usual(name)} - {""}
        self._text.clear()

    def _is_inside(self, depth: int) -> bool:
        """Whether the present element is a description (1), a property of one (2) and so on."""
        at = len(self._stack) - 1 - depth
        return at >= 0 and self._stack[at].startswith(f"{_RDF} RDF")

    def _note_rating(self, pattern: bytes) -> None:
        found = re.compile(pattern).search(self._content, self._parser.CurrentByteIndex)
        if found is not None:
            self.ratings_of_none["xmp:Rating"] = found.span(1)

    def _ended(self, name: str) -> None:
        at = self._parser.CurrentByteIndex
        text = "".join(self._text).strip()
        if self._content[at : at + 2] != b"</":
            pass  # an empty element, whose place is that of its start
        elif name.startswith(f"{_RDF} RDF"):
            self.end = at
        elif self._is_inside(2) and self._usual(name) == "xmp:Rating" and text in ("", "0"):
            start = self._content.rfind(b">", 0, at) + 1
            self.ratings_of_none["xmp:Rating"] = (start, at)
        elif self._is_inside(3):
            self.ends.setdefault(self._usual(self._stack[-2]), at)
        elif self._is_inside(4) and text:
            self.items.setdefault(self._usual(self._stack[-3]), []).append(text)
        self._stack.pop()
        self._text.clear()
