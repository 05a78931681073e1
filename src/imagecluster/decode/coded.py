"""Digests of the coded picture in a file: they stay the same when only metadata are written.

Keywords, ratings, dates, a place, a thumbnail and the orientation are metadata; pixels, as they are coded, are not.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import xxhash

__all__ = ["coded_digest", "extents", "item_kinds", "shown_digest"]

Part = bytes | memoryview

_MOST_DIRECTORIES = 64
_MOST_ITEMS = 100_000


def coded_digest(data: bytes) -> bytes:
    """128-bit xxhash (XXH3) of the coded picture in a file's bytes, without its metadata; 16 bytes.

    JPEG is taken up to its end marker, without its application segments (except Adobe's, which says how colours are
    coded) and comments, PNG and WebP by their chunks of pixels, GIF without comments and application data (except the
    number of repetitions), TIFF and raw files built like it by strips, tiles and the tags that say how they are coded,
    HEIF and AVIF by their items, CR3, JPEG 2000 and JPEG XL by the boxes of pixels, and PSD without its resources. Of
    any other file, and of one whose structure is damaged, all bytes count.
    """
    digest = xxhash.xxh3_128()
    try:
        for part in _parts(data):
            digest.update(part)
    except (struct.error, LookupError, ValueError, OverflowError):
        return xxhash.xxh3_128_digest(data)
    return digest.digest()


def shown_digest(orientation: int, info: Mapping[Any, Any]) -> bytes:
    """8 bytes that tell two ways of showing the same coded picture apart: orientation and colour profile.

    Parameters
    ----------
    orientation
        EXIF orientation, 1 to 8.
    info
        What Pillow read beside the pixels.
    """
    profile = info.get("icc_profile")
    return xxhash.xxh3_64_digest(bytes([orientation & 15]) + (profile if isinstance(profile, bytes) else b""))


def _parts(data: bytes) -> Iterator[Part]:
    """The parts of a file that make up its coded picture."""
    for is_form, parts in _FORMS:
        if is_form(data):
            yield from parts(data)
            return
    yield data


def _jpeg(data: bytes) -> Iterator[Part]:
    view, at = memoryview(data), 2
    yield b"JPEG"
    while at + 4 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker == 0xFF:
            at += 1
            continue
        if marker == 0xDA:
            break
        end = at + 2 + int.from_bytes(data[at + 2 : at + 4])
        if marker == 0xEE or not (0xE0 <= marker <= 0xEF or marker == 0xFE):
            yield view[at:end]
        at = end
    end_marker = data.find(b"\xff\xd9", at)  # coded pixels never contain it; what follows is a video, a preview ...
    yield view[at : end_marker if end_marker >= 0 else len(data)]


_PNG_PIXELS = frozenset((b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"acTL", b"fcTL", b"fdAT"))


def _png(data: bytes) -> Iterator[Part]:
    view, at = memoryview(data), 8
    yield b"PNG"
    while at + 12 <= len(data):
        size = int.from_bytes(data[at : at + 4])
        if data[at + 4 : at + 8] in _PNG_PIXELS:
            yield view[at + 4 : at + 8 + size]
        at += 12 + size


_WEBP_METADATA = frozenset((b"EXIF", b"XMP ", b"ICCP", b"VP8X"))


def _webp(data: bytes) -> Iterator[Part]:
    view, at = memoryview(data), 12
    canvas: Part = b""
    yield b"WEBP"
    while at + 8 <= len(data):
        size = int.from_bytes(data[at + 4 : at + 8], "little")
        if data[at : at + 4] not in _WEBP_METADATA:
            if data[at : at + 4] == b"ANIM":
                yield canvas
            yield view[at : at + 8 + size]
        elif data[at : at + 4] == b"VP8X":
            # Added to a still picture, whose size it repeats, with the first metadata. Its flags tell of these, too.
            canvas = view[at + 12 : at + 18]
        at += 8 + size + size % 2


def _gif(data: bytes) -> Iterator[Part]:
    view, at = memoryview(data), 13
    at += 3 << (data[10] & 7) + 1 if data[10] & 0x80 else 0
    yield view[6:at]
    while data[at] != 0x3B:
        start = at
        if data[at] == 0x2C:
            at += 10
            at += (3 << (data[at - 1] & 7) + 1 if data[at - 1] & 0x80 else 0) + 1
        elif data[at] == 0x21:
            at += 2
        else:
            raise ValueError("not a block of GIF")
        while data[at]:
            at += data[at] + 1
        at += 1
        is_comment = data[start] == 0x21 and data[start + 1] == 0xFE
        is_application = data[start] == 0x21 and data[start + 1] == 0xFF
        if not is_comment and (not is_application or data[start + 3 : start + 11] == b"NETSCAPE"):
            yield view[start:at]


_STRIPS, _STRIP_BYTES, _TILES, _TILE_BYTES, _SUB_DIRECTORIES = 273, 279, 324, 325, 330
_HOW_CODED = (254, 256, 257, 258, 259, 262, 266, 277, 278, 284, 292, 293, 317, 320, 322, 323, 332, 338, 339, 347, 530,
              532, 33421, 33422)  # fmt: skip
_TAG_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8}
_TIFF_STARTS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+", b"IIRO", b"IIRS", b"MMOR")


def _tiff(data: bytes) -> Iterator[Part]:
    order, is_big = ("<" if data[:2] == b"II" else ">"), data[2:4] in (b"+\0", b"\0+")
    view, number = memoryview(data), order + ("Q" if is_big else "I")
    entry = struct.Struct(order + ("HHQ8s" if is_big else "HHI4s"))
    waiting, seen, n_parts = [struct.unpack_from(number, data, 8 if is_big else 4)[0]], set[int](), 0

    def values(kind: int, count: int, field: bytes) -> bytes:
        n_bytes = _TAG_SIZES.get(kind, 0) * count
        if n_bytes <= len(field):
            return field[:n_bytes]
        (start,) = struct.unpack(number, field)
        if start + n_bytes > len(data):
            raise ValueError("a tag outside the file")
        return data[start : start + n_bytes]

    def numbers(kind: int, count: int, field: bytes) -> tuple[int, ...]:
        code = {3: "H", 4: "I", 13: "I", 16: "Q", 18: "Q"}[kind]
        return struct.unpack(f"{order}{count}{code}", values(kind, count, field))

    yield b"TIFF"
    while waiting and len(seen) < _MOST_DIRECTORIES:
        at = waiting.pop(0)
        if not at or at in seen:
            continue
        seen.add(at)
        (n_tags,) = struct.unpack_from(order + ("Q" if is_big else "H"), data, at)
        at += 8 if is_big else 2
        if n_tags > 10_000:
            raise ValueError("too many tags")
        tags = {}
        for _ in range(n_tags):
            tag, *rest = entry.unpack_from(data, at)
            tags[tag] = tuple(rest)
            at += entry.size
        (following,) = struct.unpack_from(number, data, at)
        waiting += [*(numbers(*tags[_SUB_DIRECTORIES]) if _SUB_DIRECTORIES in tags else ()), following]
        for places, sizes in ((_STRIPS, _STRIP_BYTES), (_TILES, _TILE_BYTES)):
            if places in tags and sizes in tags:
                for tag in _HOW_CODED:
                    if tag in tags:
                        kind, count, field = tags[tag]
                        yield struct.pack("<HHQ", tag, kind, count)
                        yield values(kind, count, field)
                for start, n_bytes in zip(numbers(*tags[places]), numbers(*tags[sizes]), strict=True):
                    if start + n_bytes > len(data):
                        raise ValueError("a strip outside the file")
                    yield view[start : start + n_bytes]
                    n_parts += 1
    if not n_parts:
        raise ValueError("a TIFF without pixels")


def _psd(data: bytes) -> Iterator[Part]:
    view = memoryview(data)
    yield view[:26]
    at = 26
    end = at + 4 + int.from_bytes(data[at : at + 4])
    yield view[at:end]
    at = end + 4 + int.from_bytes(data[end : end + 4])
    if at > len(data):
        raise ValueError("resources outside the file")
    yield view[at:]


def _boxes(data: bytes, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Kind, start and end of the content of each box of ISO/IEC 14496-12."""
    while start + 8 <= end:
        size, at = int.from_bytes(data[start : start + 4]), start + 8
        if size == 1:
            size, at = int.from_bytes(data[start + 8 : start + 16]), start + 16
        size = size or end - start
        if size < at - start or start + size > end:
            raise ValueError("a box outside its parent")
        yield data[start + 4 : start + 8], at, start + size
        start += size


def _of_boxes(data: bytes, *wanted: bytes) -> Iterator[Part]:
    view, n_found = memoryview(data), 0
    for kind, start, end in _boxes(data, 0, len(data)):
        if kind in wanted:
            n_found += 1
            yield kind
            yield view[start:end]
    if not n_found:
        raise ValueError("no pixels")


_ITEMS_OF_METADATA = frozenset((b"Exif", b"mime", b"uri "))


def _heif(data: bytes) -> Iterator[Part]:
    view = memoryview(data)
    top = {kind: (start, end) for kind, start, end in _boxes(data, 0, len(data))}
    if b"moov" in top or b"meta" not in top:
        yield from _of_boxes(data, b"mdat")
        return
    meta = {kind: (start, end) for kind, start, end in _boxes(data, top[b"meta"][0] + 4, top[b"meta"][1])}
    kinds = dict(item_kinds(data, *meta[b"iinf"]))
    yield b"HEIF"
    for kind, start, end in _boxes(data, *meta[b"iprp"]):
        if kind == b"ipco":
            for property_kind, property_start, property_end in _boxes(data, start, end):
                if property_kind != b"colr":
                    yield property_kind
                    yield view[property_start:property_end]
    in_box = meta.get(b"idat", (0, 0))[0]
    for item, start, end in extents(data, meta[b"iloc"][0], in_box):
        if kinds.get(item) not in _ITEMS_OF_METADATA:
            if end > len(data):
                raise ValueError("an item outside the file")
            yield kinds.get(item, b"")
            yield view[start:end]


def item_kinds(data: bytes, start: int, end: int) -> Iterator[tuple[int, bytes]]:
    """Number and kind of each item in a box `iinf`."""
    for kind, at, _ in _boxes(data, start + (6 if data[start] == 0 else 8), end):
        if kind == b"infe" and data[at] >= 2:
            wide = 2 if data[at] == 2 else 4
            yield int.from_bytes(data[at + 4 : at + 4 + wide]), data[at + 6 + wide : at + 10 + wide]


def extents(data: bytes, at: int, in_box: int) -> Iterator[tuple[int, int, int]]:
    """Number of the item, start and end of each extent in a box `iloc`."""
    version, sizes = data[at], data[at + 4 : at + 6]
    n_offset, n_length, n_base, n_index = sizes[0] >> 4, sizes[0] & 15, sizes[1] >> 4, sizes[1] & 15
    at += 6

    def number(n_bytes: int) -> int:
        nonlocal at
        at += n_bytes
        if at > len(data):
            raise ValueError("an item outside the file")
        return int.from_bytes(data[at - n_bytes : at])

    for _ in range(min(number(4 if version == 2 else 2), _MOST_ITEMS)):
        item = number(4 if version == 2 else 2)
        method = number(2) & 15 if version else 0
        number(2)
        base = number(n_base) + (in_box if method == 1 else 0)
        for _ in range(number(2)):
            if version and n_index:
                number(n_index)
            start = base + number(n_offset)
            yield item, start, start + number(n_length)


_FORMS: tuple[tuple[Callable[[bytes], bool], Callable[[bytes], Iterator[Part]]], ...] = (
    (lambda data: data[:2] == b"\xff\xd8", _jpeg),
    (lambda data: data[:8] == b"\x89PNG\r\n\x1a\n", _png),
    (lambda data: data[:4] == b"RIFF" and data[8:12] == b"WEBP", _webp),
    (lambda data: data[:6] in (b"GIF87a", b"GIF89a"), _gif),
    (lambda data: data[:4] in _TIFF_STARTS, _tiff),
    (lambda data: data[4:12] == b"ftypcrx ", lambda data: _of_boxes(data, b"mdat")),
    (lambda data: data[4:8] == b"ftyp", _heif),
    (lambda data: data[4:8] == b"jP  ", lambda data: _of_boxes(data, b"jp2c")),
    (lambda data: data[4:8] == b"JXL ", lambda data: _of_boxes(data, b"jxlc", b"jxlp")),
    (lambda data: data[:4] == b"8BPS", _psd),
)
