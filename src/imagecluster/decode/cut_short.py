"""Reading of PNG and WebP files that break off: the rows that are there, as a picture of their own."""

from __future__ import annotations

import io
import itertools
import struct
import zlib
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from imagecluster.decode import memory
from imagecluster.decode.incomplete import Mended, missing_rows_note
from imagecluster.decode.memory import room
from imagecluster.decode.opening import check_pixels, open_header, opening_bytes
from imagecluster.errors import DecodeError

__all__ = ["rest_of_png", "rest_of_webp"]

_PNG = b"\x89PNG\r\n\x1a\n"
_N_SAMPLES = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
_LEFT_OUT = frozenset((b"IEND", b"acTL", b"fcTL", b"fdAT"))
_AT_A_TIME = 4096
_LARGEST_PX = 100_000_000
"""Larger pictures count as damaged: decoding them several times would take too long."""


def rest_of_png(data: bytes, *, max_pixels: int) -> Mended | None:
    """The rows that are there of a PNG whose pixels break off, as a PNG of that height; None if nothing is missing.

    A PNG that is stored in passes is left alone, as is one whose header is damaged.

    Raises
    ------
    DecodeError
        More than half of the picture is missing, or it is too large.

    """
    if len(data) < 33 or data[:8] != _PNG or data[12:16] != b"IHDR":
        return None
    width, height, depth, kind, _, _, in_passes = struct.unpack_from(">IIBBBBB", data, 16)
    if in_passes or kind not in _N_SAMPLES or not depth:
        return None
    check_pixels(width, height, min(max_pixels, _LARGEST_PX))
    row_bytes = 1 + -(-width * depth * _N_SAMPLES[kind] // 8)
    with room(3 * row_bytes * height):
        pixels = _inflated(data, row_bytes * height)
        n_rows = len(pixels) // row_bytes
        note = missing_rows_note(n_rows, height) if n_rows else ""
        if not note:
            return None
        header = struct.pack(">II", width, n_rows) + data[24:29]
        chunks = [(b"IHDR", header), *_before_pixels(data), (b"IDAT", zlib.compress(pixels[: n_rows * row_bytes], 1))]
        return Mended(_PNG + b"".join(_chunk(name, content) for name, content in [*chunks, (b"IEND", b"")]), note)


def rest_of_webp(data: bytes, *, max_pixels: int) -> Mended | None:
    """The rows that are there of a WebP that breaks off, as a PNG; None if it does not, or is animated or too large.

    The rows are found by trial, as in `incomplete.mended`.

    Raises
    ------
    DecodeError
        More than half of the picture is missing, or what is there cannot be decoded.

    """
    if data[:4] != b"RIFF" or data[8:12] != b"WEBP" or len(data) < 30 or b"ANMF" in data[:4096]:
        return None
    size = int.from_bytes(data[4:8], "little") + 8
    if len(data) >= size - 1 or size > 100 * len(data):
        return None
    n_bytes = opening_bytes(data, max_pixels=max_pixels)
    if 3 * n_bytes > memory.MAX_MEMORY_BYTES:
        return None
    with room(3 * n_bytes):
        images = list(itertools.islice(_decoded(data, n_bytes // 4 + 1000, max_pixels), 2))
        if len(images) < 2:
            raise DecodeError("incomplete: its end is missing, and the rest cannot be decoded")
        plain, noisy = (np.asarray(image) for image in images)
        differing = _differing(plain, noisy)
        n_rows = int(differing.argmax()) if differing.any() else len(differing)
        note = missing_rows_note(n_rows, len(differing))
        stream = io.BytesIO()
        Image.fromarray(plain[:n_rows]).save(
            stream, "PNG", compress_level=1, icc_profile=images[0].info.get("icc_profile")
        )
    return Mended(stream.getvalue(), note, images[0].size)


def _decoded(data: bytes, n_more: int, max_pixels: int) -> Iterator[Image.Image]:
    """The picture with different bytes in place of its end, as far as decoders accept them.

    They are more than what is missing, since a decoder that reads beyond the last of them gives nothing.
    """
    at, n_more = 12, n_more + (len(data) + n_more) % 2  # chunks have an even number of bytes
    while at + 8 <= len(data) and (end := at + 8 + int.from_bytes(data[at + 4 : at + 8], "little")) <= len(data):
        at = end + end % 2
    riff = data[:4] + (len(data) + n_more - 8).to_bytes(4, "little") + data[8:at]
    broken = riff + data[at : at + 4] + (len(data) + n_more - at - 8).to_bytes(4, "little") + data[at + 8 :]
    for seed in range(5):
        rest = np.random.default_rng(seed).bytes(n_more) if seed else bytes(n_more)
        try:
            image = open_header(broken + rest, max_pixels=max_pixels)
            image.load()
        except OSError:
            continue
        yield image


def _differing(plain: NDArray[np.uint8], noisy: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """For each row, whether it depends on what follows the end of the file."""
    return np.asarray((plain != noisy).reshape(len(plain), -1).any(axis=1))


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Name and content of each chunk of a PNG; the content of the last one as far as it is there."""
    at = 8
    while at + 8 <= len(data):
        end = at + 8 + int.from_bytes(data[at : at + 4])
        yield data[at + 4 : at + 8], data[at + 8 : end]
        at = end + 4


def _before_pixels(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The chunks between header and pixels of a PNG, without those of animations."""
    for name, content in _chunks(data):
        if name == b"IDAT":
            return
        if name != b"IHDR" and name not in _LEFT_OUT:
            yield name, content


def _inflated(data: bytes, most: int) -> bytes:
    """The rows of a PNG, with their filters, as far as they can be decompressed; at most this many bytes."""
    inflate, n_bytes = zlib.decompressobj(), 0
    parts: list[bytes] = []
    for name, content in _chunks(data):
        if name != b"IDAT":
            if parts:
                break
            continue
        for start in range(0, len(content), _AT_A_TIME):
            try:
                part = inflate.decompress(content[start : start + _AT_A_TIME], most - n_bytes or 1)
            except zlib.error:
                return b"".join(parts)
            parts.append(part)
            n_bytes += len(part)
            if n_bytes >= most:
                return b"".join(parts)[:most]
    return b"".join(parts)


def _chunk(name: bytes, content: bytes) -> bytes:
    return len(content).to_bytes(4) + name + content + zlib.crc32(name + content).to_bytes(4)
