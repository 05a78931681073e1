"""All fields of a picture's EXIF block as readable text."""

from __future__ import annotations

from typing import Any

from PIL import ExifTags

from imagecluster.decode.opening import open_header
from imagecluster.decode.quiet import quiet
from imagecluster.decode.reading import MAX_PIXELS

__all__ = ["exif_fields"]

_LONGEST = 200
_MOST = 100
_LEFT_OUT = frozenset(("MakerNote", "UserComment", "PrintImageMatching", "XMLPacket", "ImageResources", "GPSInfo",
                       "ExifOffset", "JPEGThumbnail", "TIFFThumbnail", "ComponentsConfiguration"))  # fmt: skip
"""Fields left out: blocks for programs, and pointers."""


def exif_fields(data: bytes, *, suffix: str = "") -> dict[str, str]:
    """Names and values of a picture's EXIF fields, each value one printable line; empty if there are none.

    Parameters
    ----------
    data
        The whole file.
    suffix
        Suffix of the file's name.

    """
    try:
        with quiet(), open_header(data, max_pixels=MAX_PIXELS, suffix=suffix) as image:
            block = image.getexif()
            found = {**_named(block, ExifTags.TAGS), **_named(block.get_ifd(ExifTags.IFD.Exif), ExifTags.TAGS)}
    except Exception:  # whatever a decoder throws at hostile data: the picture is shown all the same
        return {}
    return dict(sorted(found.items())[:_MOST])


def _named(fields: Any, names: dict[int, str]) -> dict[str, str]:
    """The fields that have a name and a readable value."""
    named = ((names.get(tag, ""), value) for tag, value in dict(fields).items())
    texts = {name: _text(value) for name, value in named if name and name not in _LEFT_OUT}
    return {name: text for name, text in texts.items() if text}


def _text(value: Any) -> str:
    """A value as one line; empty if it is not readable."""
    if isinstance(value, bytes):
        value = value.decode("ascii", "ignore") if len(value) <= _LONGEST else ""
    if isinstance(value, tuple):
        value = ", ".join(map(str, value[:8]))
    text = " ".join("".join(c if c.isprintable() else " " for c in str(value)).split())
    return text if len(text) <= _LONGEST else text[: _LONGEST - 3] + "..."
