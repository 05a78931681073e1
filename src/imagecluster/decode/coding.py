"""How a file's pixels are coded and how much was lost by it, from its first bytes: no pixel is decoded.

The quality of a JPEG comes from its quantisation tables. Those of the Independent JPEG Group (Annex K of ITU-T T.81,
scaled as libjpeg does) give it exactly; tables of cameras and of other programs give what theirs would be on average.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

import xxhash

from imagecluster.decode.blocks import HEAD_BYTES, boxes, exif_of_file, jpeg_segments, xmp_of_file
from imagecluster.decode.exif import exif_orientation, has_maker_note, pixel_size
from imagecluster.decode.reading import MAX_PIXELS, PartlyRead
from imagecluster.errors import DecodeError
from imagecluster.scan import RAW_SUFFIXES

__all__ = ["LUMA", "Coding", "Form", "jpeg_quality", "read_coding", "standard_table"]

Form = Literal["raw", "heif", "lossless", "jpeg", "lossy", "palette", "unknown"]
"""What a camera's sensor gave; HEIF as phones take pictures; every pixel as it was; JPEG; WebP, AVIF and the like;
few colours; a file that was not understood."""

# fmt: off
LUMA = (
    16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55, 14, 13, 16, 24, 40, 57, 69, 56,
    14, 17, 22, 29, 51, 87, 80, 62, 18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92,
    49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99,
)
"""Steps of Annex K for brightness at quality 50, by rows."""
_CHROMA = (
    17, 18, 24, 47, 99, 99, 99, 99, 18, 21, 26, 66, 99, 99, 99, 99, 24, 26, 56, 99, 99, 99, 99, 99,
    47, 66, 99, 99, 99, 99, 99, 99, *(99,) * 32,
)
_ZIGZAG = (
    0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14, 21,
    28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54,
    47, 55, 62, 63,
)
# fmt: on

_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_MOTION = (b'MotionPhoto="1"', b">1</GCamera:MotionPhoto>", b'MicroVideo="1"', b">1</Camera:MotionPhoto>")
_SAMSUNG_TAIL = 2**14
_LEAST_BEYOND = 2**12
"""Phones and programs leave notes of some hundred bytes behind the end of a JPEG."""
_LOSSY_TIFF = frozenset((6, 7, 33003, 33005, 34892))
"""Compressions of TIFF that lose something: JPEG, JPEG 2000, lossy DNG."""


@dataclass(frozen=True, slots=True)
class Coding:
    """How a file's pixels are coded."""

    form: Form = "unknown"
    quality: float | None = None
    """Of a JPEG, by its tables, in [1, 100]."""
    tables: tuple[tuple[int, ...], ...] = ()
    """Of a JPEG, the steps for brightness, and for colour if they differ; 64 each, by rows."""
    orientation: int | None = None
    """EXIF orientation, 1 to 8; None if nothing says it."""
    said_px: tuple[int, int] | None = None
    """Width and height in EXIF, as stored; programs that resize a picture often leave them as they were."""
    has_video: bool = False
    """Whether the file holds the video of a motion photo."""
    beyond: bytes = b""
    """16 bytes that stand for what the file holds beside its picture and what is said of it: another picture, a video
    or an archive behind its end; empty for nothing."""
    is_from_camera: bool = False
    """Whether a JPEG looks as a camera wrote it: EXIF with the camera's notes comes first, and neither JFIF nor Adobe's
    segments, which programs write, are there."""


def read_coding(path: Path) -> Coding:
    """How a picture file is coded, from a few short reads; unknown if it cannot be read."""
    try:
        with PartlyRead(path, head_bytes=HEAD_BYTES) as file:
            return _coding(file, path.suffix.lower())
    except (DecodeError, LookupError, ValueError):
        return Coding()


def _coding(file: PartlyRead, suffix: str) -> Coding:
    head = file.head
    form = _form(file, suffix)
    tables = _tables(file) if head.startswith(b"\xff\xd8") else ()
    block = exif_of_file(file)
    return Coding(
        form=form,
        quality=jpeg_quality(tables),
        tables=tables,
        orientation=exif_orientation(block),
        said_px=pixel_size(block),
        is_from_camera=form == "jpeg" and _is_from_camera(file) and has_maker_note(block),
        has_video=form in ("jpeg", "heif") and _has_video(file),
        beyond=_beyond(file),
    )


def _form(file: PartlyRead, suffix: str) -> Form:  # noqa: PLR0911 - one line a kind of file
    head = file.head
    if head.startswith(b"\xff\xd8"):
        return "jpeg"
    if suffix in RAW_SUFFIXES or head.startswith((b"FUJIFILMCCD-RAW", b"IIU\0", b"FOVb")) or head[4:12] == b"ftypcrx ":
        return "raw"
    if head.startswith(b"\x89PNG"):
        return "palette" if head[25:26] == b"\3" else "lossless"
    if head.startswith(b"GIF8"):
        return "palette"
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return "lossless" if b"VP8L" in (head[12:16], *_chunk_kinds(file)) else "lossy"
    if head[4:8] == b"ftyp":
        is_av1 = head[8:12] in (b"avif", b"avis") or b"avif" in head[16 : int.from_bytes(head[:4])]
        return "lossy" if is_av1 else "heif"
    if head[4:8] == b"JXL ":
        return "jpeg" if any(box.kind == b"jbrd" for box in boxes(file, 0, file.n_bytes)) else "lossy"
    if head.startswith((b"BM", b"8BPS", b"P4", b"P5", b"P6", b"Pf", b"PF")):
        return "lossless"
    if head.startswith((b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")):
        return _form_of_tiff(head)
    return "lossy" if head.startswith(b"\xff\x0a") or head[4:8] == b"jP  " else "unknown"


def _form_of_tiff(head: bytes) -> Form:
    """The form of a TIFF file by the compression in its first directory, if that lies in front."""
    end: Literal["little", "big"] = "little" if head.startswith(b"II") else "big"
    start = int.from_bytes(head[4:8], end)
    for at in range(start + 2, start + 2 + 12 * int.from_bytes(head[start : start + 2], end), 12):
        if int.from_bytes(head[at : at + 2], end) == 259:
            return "lossy" if int.from_bytes(head[at + 8 : at + 10], end) in _LOSSY_TIFF else "lossless"
    return "lossless"


def _chunk_kinds(file: PartlyRead) -> list[bytes]:
    """The kinds of the first chunks of a WebP file."""
    found: list[bytes] = []
    at = 12
    while at + 8 <= file.n_bytes and len(found) < 10:
        head = file.read(at, 8)
        found.append(head[:4])
        size = int.from_bytes(head[4:], "little")
        at += 8 + size + size % 2
    return found


def _tables(file: PartlyRead) -> tuple[tuple[int, ...], ...]:
    """The tables of a JPEG's brightness and of its colour."""
    tables: dict[int, tuple[int, ...]] = {}
    used: list[int] = []
    for kind, start, end in jpeg_segments(file):
        if kind == b"\xdb":
            tables.update(_read_tables(file.read(start, end - start)))
        elif kind[0] in _FRAMES:
            frame = file.read(start, end - start)
            used = [frame[8 + 3 * i] for i in range(frame[5]) if 8 + 3 * i < len(frame)]
    numbers = list(dict.fromkeys(used[:2])) or sorted(tables)[:2]
    return tuple(dict.fromkeys(tables[number] for number in numbers if number in tables))


def _read_tables(content: bytes) -> dict[int, tuple[int, ...]]:
    """Tables by number in a segment DQT."""
    found, at = {}, 0
    while at < len(content):
        width = 2 if content[at] >> 4 else 1
        values = content[at + 1 : at + 1 + 64 * width]
        if len(values) < 64 * width:
            break
        steps = [0] * 64
        for i, place in enumerate(_ZIGZAG):
            steps[place] = int.from_bytes(values[i * width : (i + 1) * width])
        found[content[at] & 15] = tuple(steps)
        at += 1 + 64 * width
    return found


def standard_table(quality: int, base: Sequence[int] = LUMA) -> tuple[int, ...]:
    """The 64 steps that libjpeg uses at a quality from 1 to 100.

    >>> standard_table(50)[:3], standard_table(75)[:3], standard_table(100)[:3]
    ((16, 11, 10), (8, 6, 5), (1, 1, 1))
    """
    scale = 5000 // quality if quality < 50 else 200 - 2 * quality
    return tuple(min(max((step * scale + 50) // 100, 1), 255) for step in base)


@cache
def _standard_qualities() -> dict[tuple[int, ...], int]:
    """The quality of each table of libjpeg for brightness."""
    return {standard_table(quality): quality for quality in range(1, 101)}


def jpeg_quality(tables: Sequence[Sequence[int]]) -> float | None:
    """The quality, from 1 to 100, for which libjpeg uses tables, or coarse or fine ones on average.

    Parameters
    ----------
    tables
        Steps for brightness, and for colour if they differ; 64 each, by rows. None is returned if there are none.

    Examples
    --------
    >>> jpeg_quality([standard_table(82)])
    82.0
    """
    if not tables:
        return None
    exact = _standard_qualities().get(tuple(tables[0]))
    if exact is not None and (len(tables) < 2 or tuple(tables[1]) == standard_table(exact, _CHROMA)):
        return float(exact)
    # Each table alone, by the scale that libjpeg would have needed; brightness counts twice.
    scales = []
    for table, base, weight in zip(tables, (LUMA, _CHROMA), (2, 1), strict=False):
        scales += [sum(100 * step / usual for step, usual in zip(table, base, strict=True)) / 64] * weight
    scale = sum(scales) / len(scales)
    found = 5000 / scale if scale > 100 else (200 - scale) / 2
    return round(min(max(found, 1.0), 100.0), 1)


def _is_from_camera(file: PartlyRead) -> bool:
    """Whether the segments of a JPEG are those of a camera (Exif 2.3, 4.5.4), and none of a program."""
    for number, (kind, start, _) in enumerate(jpeg_segments(file)):
        if number == 0 and (kind != b"\xe1" or file.read(start, 6) != b"Exif\0\0"):
            return False
        if kind in (b"\xe0", b"\xed", b"\xee"):
            return False
    return True


def _has_video(file: PartlyRead) -> bool:
    """Whether the file of a still holds its video: as XMP says, in Samsung's trailer, or in a box of its own."""
    if file.head.startswith(b"\xff\xd8"):
        tail = file.read(max(file.n_bytes - _SAMSUNG_TAIL, 0), _SAMSUNG_TAIL)
        if tail.endswith(b"SEFT") and b"MotionPhoto_Data" in tail:
            return True
    elif any(box.kind == b"mpvd" for box in boxes(file, 0, file.n_bytes)):
        return True
    packet = xmp_of_file(file)
    return any(mark in packet for mark in _MOTION)


def _beyond(file: PartlyRead) -> bytes:
    """What a file holds besides its picture: behind the end of a JPEG, or further pictures in HEIF; see `Coding`."""
    if file.head.startswith(b"\xff\xd8"):
        start = max((segment.end for segment in jpeg_segments(file)), default=2)
        data = file.read(start, file.n_bytes)
        end = data.find(b"\xff\xd9")
        rest = data[end + 2 :].strip(b"\0") if end >= 0 else b""
        return xxhash.xxh3_128_digest(rest) if len(rest) >= _LEAST_BEYOND else b""
    if file.head[4:8] != b"ftyp":
        return b""
    from imagecluster.decode.opening import open_header  # brings Pillow, which few files need

    data = file.read(0, file.n_bytes)
    try:
        n_pictures = getattr(open_header(data, max_pixels=MAX_PIXELS), "n_frames", 1)
    except (DecodeError, OSError, SyntaxError, ValueError):
        return b""
    # Which of them are the same in another file is not known, so that only equal files hold the same.
    return xxhash.xxh3_128_digest(data) if n_pictures > 1 else b""
