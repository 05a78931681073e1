"""Films for tests: the boxes that say when and with what one was taken, without pictures or sound."""

import calendar
import struct

_1904_S = calendar.timegm((1904, 1, 1, 0, 0, 0))


def box(kind, *content):
    """A box of QuickTime."""
    whole = b"".join(content)
    return struct.pack(">I4s", len(whole) + 8, kind) + whole


def film(*, created_s=None, length_s=2.5, said=None, wide=False, is_iso=False):
    """A film without tracks whose data come first, as phones write it.

    `said` has texts by their keys, as `com.apple.quicktime.content.identifier`.
    """
    created = 0 if created_s is None else int(created_s) - _1904_S
    numbers = (created, created, 600, int(600 * length_s))
    header = struct.pack(">B3xQQIQ" if wide else ">B3xIIII", int(wide), *numbers) + bytes(80)
    parts = [box(b"mvhd", header)]
    if said:
        keys = [key.encode() for key in said]
        names = b"".join(struct.pack(">I4s", len(key) + 8, b"mdta") + key for key in keys)
        values = [
            box(struct.pack(">I", number), box(b"data", struct.pack(">II", 1, 0), value.encode()))
            for number, value in enumerate(said.values(), 1)
        ]
        version = bytes(4) if is_iso else b""
        parts.append(
            box(b"meta", version, box(b"keys", struct.pack(">II", 0, len(keys)), names), box(b"ilst", *values))
        )
    start = box(b"ftyp", b"mp42" if is_iso else b"qt  ", bytes(4), b"qt  ")
    return start + box(b"mdat", bytes(range(256)) * 8) + box(b"moov", *parts)
