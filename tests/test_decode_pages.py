"""Files of several pages: the first one is read, and a note says how many there are."""

import io
import struct

import pytest
from PIL import Image

from imagecluster.decode import decode
from imagecluster.decode.pages import pages_note

PAGES = [Image.new("RGB", (40, 30), colour) for colour in ("red", "green", "blue")]


def tiff(*pages, **options):
    """The bytes of a TIFF with these pages."""
    stream = io.BytesIO()
    pages[0].save(stream, "TIFF", save_all=len(pages) > 1, append_images=list(pages[1:]), **options)
    return stream.getvalue()


@pytest.mark.parametrize("options", [{}, {"compression": "tiff_lzw"}, {"big_tiff": True}, {"compression": "jpeg"}])
def test_pages_are_counted_and_the_first_is_read(options):
    """Whatever the compression, the note gives the number of pages; a single page has no note."""
    found = decode(tiff(*PAGES, **options), short_side_px=30)
    assert found.metadata.note == "3 pages, first read"
    assert found.image.getpixel((5, 5))[0] > 200
    assert decode(tiff(PAGES[0], **options), short_side_px=30).metadata.note == ""


def test_smaller_copies_and_masks_are_no_pages():
    """Directories that say that they are a reduced picture or a mask do not count."""
    for kind in (1, 4, 5):
        data = bytearray(tiff(*PAGES, tiffinfo={254: 0}))
        (at,) = struct.unpack_from("<I", data, 4)
        n_tags = struct.unpack_from("<H", data, at)[0]
        (at,) = struct.unpack_from("<I", data, at + 2 + 12 * n_tags)
        for i in range(struct.unpack_from("<H", data, at)[0]):
            if struct.unpack_from("<H", data, at + 2 + 12 * i)[0] == 254:
                struct.pack_into("<I", data, at + 2 + 12 * i + 8, kind)
        assert pages_note(bytes(data)) == "2 pages, first read"


def test_a_chain_without_end_ends():
    """A directory that leads to itself, or out of the file, is the last one."""
    data = bytearray(tiff(*PAGES))
    (first,) = struct.unpack_from("<I", data, 4)
    n_tags = struct.unpack_from("<H", data, first)[0]
    for following in (first, len(data) + 5, 2**32 - 1):
        struct.pack_into("<I", data, first + 2 + 12 * n_tags, following)
        assert pages_note(bytes(data)) == ""
    for n_bytes in range(0, len(data), 7):
        pages_note(bytes(data[:n_bytes]))
