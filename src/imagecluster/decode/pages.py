"""Number of pages of a TIFF."""

from __future__ import annotations

import struct

__all__ = ["pages_note"]

_MOST_PAGES = 10_000
_SUBFILE_TYPE = 254
_NOT_A_PAGE = 0b101
"""Bits of a directory's type: a smaller copy of another picture, or a mask."""


def pages_note(data: bytes) -> str:
    """A note such as "3 pages, first read" on the bytes of a TIFF; empty if it has one page."""
    n_pages = _n_pages(data)
    return f"{n_pages:,} pages, first read" if n_pages > 1 else ""


def _n_pages(data: bytes) -> int:
    """Number of pages, as far as the chain of directories is whole; smaller copies and masks do not count."""
    order, is_big = ("<" if data[:2] == b"II" else ">"), b"+" in data[2:4]
    number, count = order + ("Q" if is_big else "I"), order + ("Q" if is_big else "H")
    entry = struct.Struct(order + ("HHQI4x" if is_big else "HHII"))
    seen, n_pages = set[int](), 0
    try:
        (at,) = struct.unpack_from(number, data, 8 if is_big else 4)
        while at and at not in seen and len(seen) < _MOST_PAGES:
            seen.add(at)
            (n_tags,) = struct.unpack_from(count, data, at)
            at += struct.calcsize(count)
            kind = 0
            for i in range(min(n_tags, 16)):  # tags are sorted, and few are before this one
                tag, _, _, value = entry.unpack_from(data, at + i * entry.size)
                if tag >= _SUBFILE_TYPE:
                    kind = value if tag == _SUBFILE_TYPE else 0
                    break
            (at,) = struct.unpack_from(number, data, at + n_tags * entry.size)
            n_pages += not kind & _NOT_A_PAGE
    except (struct.error, OverflowError):
        return n_pages
    return n_pages
