"""Turns a file's bytes into one small upright RGB picture, and what the picture says of itself.

Nothing here trusts a file: only formats that people keep pictures in are opened, the number of pixels is
checked before they are allocated, and whatever a decoder throws becomes a `DecodeError` with one line of
reason. All of it may run in several threads at once.
"""

from imagecluster.decode.fields import exif_fields
from imagecluster.decode.frame import Fit, Frame, Interpolation
from imagecluster.decode.picture import MAX_PIXELS, Picture, decode, read_file_exif
from imagecluster.decode.reading import MAX_BYTES, read_bytes

__all__ = [
    "MAX_BYTES",
    "MAX_PIXELS",
    "Fit",
    "Frame",
    "Interpolation",
    "Picture",
    "decode",
    "exif_fields",
    "read_bytes",
    "read_file_exif",
]
