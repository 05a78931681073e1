"""Where a file keeps what it says of itself: the blocks of EXIF and XMP, found by short reads.

Read are JPEG, HEIF and AVIF, PNG and WebP, raw files that are built like TIFF, Canon's CR3 and Fujifilm's RAF.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import NamedTuple

from imagecluster.decode.coded import extents, item_kinds
from imagecluster.decode.reading import PartlyRead

__all__ = ["HEAD_BYTES", "Box", "boxes", "exif_of_file", "jpeg_segments", "xmp_of_file"]

HEAD_BYTES = 2**17
"""What is read of a file's beginning: EXIF in a JPEG is below 64 kB, directories of raw files mostly lie in front."""

_MOST_BYTES = 2**22
"""Longer blocks are not read."""
_MOST_BOXES = 1_000
_MOST_SEGMENTS = 500
_TIFF = (b"II*\0", b"MM\0*", b"IIRO", b"IIRS", b"MMOR", b"IIU\0")
_RAF = b"FUJIFILMCCD-RAW"
_CANON = bytes.fromhex("85c0b687820f11e08111f4ce462b6a48")
_EXIF, _XMP = b"Exif\0\0", b"http://ns.adobe.com/xap/1.0/\0"


class Box(NamedTuple):
    """A box of ISO/IEC 14496-12, or a chunk of PNG or RIFF."""

    kind: bytes
    start: int
    """Where its content begins in the file."""
    end: int


def boxes(file: PartlyRead, start: int, end: int) -> Iterator[Box]:
    """The boxes between two places of a file, as far as they are sound."""
    for _ in range(_MOST_BOXES):
        head = file.read(start, 16)
        if start + 8 > end or len(head) < 8:
            return
        size, at = int.from_bytes(head[:4]), start + 8
        if size == 1:
            size, at = int.from_bytes(head[8:16]), start + 16
        size = size or end - start
        if size < at - start or start + size > end:
            return
        yield Box(head[4:8], at, start + size)
        start += size


def jpeg_segments(file: PartlyRead, start: int = 0) -> Iterator[Box]:
    """The segments of a JPEG that begins at `start`, up to its pixels; their kind is the marker's second byte."""
    at = start + 2
    for _ in range(_MOST_SEGMENTS):
        head = file.read(at, 4)
        if len(head) < 4 or head[0] != 0xFF:
            return
        if head[1] == 0xFF:
            at += 1
            continue
        end = at + 2 + int.from_bytes(head[2:4])
        yield Box(head[1:2], at + 4, end)
        if head[1] == 0xDA:
            return
        at = end


def exif_of_file(file: PartlyRead) -> bytes | PartlyRead:
    """The EXIF block of a file, or the file itself if it is built like one; empty if there is none."""
    head = file.head
    if head.startswith(b"\xff\xd8"):
        return _in_jpeg(file, _EXIF)
    if head.startswith(_TIFF):
        return file
    if head[4:8] == b"ftyp":
        return _in_cr3(file) if head[8:12] == b"crx " else _heif_item(file, b"Exif")
    if head.startswith(_RAF):
        return _in_jpeg(file, _EXIF, int.from_bytes(head[84:88]))
    return _in_chunks(file, (b"eXIf", b"EXIF"))


def xmp_of_file(file: PartlyRead) -> bytes:
    """The XMP packet of a JPEG, HEIF, PNG or WebP file, or of a raw file's beginning; empty if there is none."""
    head = file.head
    if head.startswith(b"\xff\xd8"):
        return _in_jpeg(file, _XMP)
    if head.startswith(_TIFF):
        start = head.find(b"<x:xmpmeta")
        end = head.find(b"</x:xmpmeta>", start)
        return head[start : end + 12] if start >= 0 and end >= 0 else b""
    if head[4:8] == b"ftyp":
        return b"" if head[8:12] == b"crx " else _heif_item(file, b"mime")
    text = _in_chunks(file, (b"XMP ",)) or _in_chunks(file, (b"iTXt",), b"XML:com.adobe.xmp\0")
    return text[max(text.find(b"<"), 0) :]


def _in_jpeg(file: PartlyRead, begin: bytes, start: int = 0) -> bytes:
    for kind, at, end in jpeg_segments(file, start):
        if kind == b"\xe1" and file.read(at, len(begin)) == begin:
            return file.read(at + len(begin), end - at - len(begin))
    return b""


def _heif_item(file: PartlyRead, wanted: bytes) -> bytes:
    """An item of metadata in a HEIF file; of EXIF, behind what comes before its structure of TIFF."""
    meta = next((box for box in boxes(file, 0, file.n_bytes) if box.kind == b"meta"), None)
    if meta is None or meta.end - meta.start > _MOST_BYTES:
        return b""
    inside = {box.kind: box for box in boxes(file, meta.start + 4, meta.end)}
    data = file.read(meta.start, meta.end - meta.start)
    try:
        table = inside[b"iinf"]
        kinds = dict(item_kinds(data, table.start - meta.start, table.end - meta.start))
        for item, start, end in extents(data, inside[b"iloc"].start - meta.start, 0):
            if kinds.get(item) == wanted and 0 < end - start <= _MOST_BYTES:
                block = file.read(start, end - start)
                return block if wanted != b"Exif" else block[4 + int.from_bytes(block[:4]) :].removeprefix(_EXIF)
    except (struct.error, LookupError, ValueError):
        return b""
    return b""


def _in_cr3(file: PartlyRead) -> bytes:
    """The directory of EXIF in Canon's box, behind that of camera and orientation, which ends with its offset."""
    moov = next((box for box in boxes(file, 0, file.n_bytes) if box.kind == b"moov"), None)
    if moov is None:
        return b""
    for box in boxes(file, moov.start, moov.end):
        if box.kind == b"uuid" and file.read(box.start, 16) == _CANON:
            for inner in boxes(file, box.start + 16, box.end):
                if inner.kind == b"CMT2":
                    return file.read(inner.start, min(inner.end - inner.start, _MOST_BYTES))
    return b""


def _in_chunks(file: PartlyRead, kinds: tuple[bytes, ...], begin: bytes = b"") -> bytes:
    """The content of the first chunk of a kind in a PNG or WebP file."""
    is_png = file.head.startswith(b"\x89PNG\r\n\x1a\n")
    if not is_png and not (file.head.startswith(b"RIFF") and file.head[8:12] == b"WEBP"):
        return b""
    at = 8 if is_png else 12
    for _ in range(_MOST_BOXES):
        head = file.read(at, 8)
        if len(head) < 8:
            return b""
        kind, size = (head[4:], int.from_bytes(head[:4])) if is_png else (head[:4], int.from_bytes(head[4:], "little"))
        if kind in kinds and size <= _MOST_BYTES and file.read(at + 8, len(begin)) == begin:
            return file.read(at + 8 + len(begin), size - len(begin)).removeprefix(_EXIF)
        at += 8 + size + (4 if is_png else size % 2)
    return b""
