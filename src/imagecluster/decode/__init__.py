"""Decoding of a file's bytes to one small upright RGB picture and its metadata.

Nothing here trusts a file: only formats that people keep pictures in are opened, the number of pixels is
checked before they are allocated, and whatever a decoder raises becomes a `DecodeError` with a reason of one
line. Everything may run in several threads at once.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from imagecluster.decode.coded import coded_digest
from imagecluster.decode.frame import Fit, Frame, Interpolation
from imagecluster.decode.memory import large_file
from imagecluster.decode.names import read_name
from imagecluster.decode.reading import DECODER_VERSION, MAX_BYTES, MAX_PIXELS, METADATA_VERSION, read_bytes

if TYPE_CHECKING:
    from imagecluster.decode.coding import Coding, read_coding
    from imagecluster.decode.described import Described, read_described
    from imagecluster.decode.fields import exif_fields
    from imagecluster.decode.moment import read_moment
    from imagecluster.decode.picture import Picture, decode, read_file_exif, read_metadata, read_shown
    from imagecluster.decode.said import Said
    from imagecluster.decode.sidecar import read_sidecar
    from imagecluster.decode.signs import SIGN_BYTES, sign_hash
    from imagecluster.decode.small import CLOSE_PX, LOOK_PX, SmallPicture, pixel_digest, small_picture
    from imagecluster.decode.traces import earlier_quality, is_enlarged

__all__ = [
    "CLOSE_PX",
    "DECODER_VERSION",
    "LOOK_PX",
    "MAX_BYTES",
    "MAX_PIXELS",
    "METADATA_VERSION",
    "SIGN_BYTES",
    "Coding",
    "Described",
    "Fit",
    "Frame",
    "Interpolation",
    "Picture",
    "Said",
    "SmallPicture",
    "coded_digest",
    "decode",
    "earlier_quality",
    "exif_fields",
    "is_enlarged",
    "large_file",
    "pixel_digest",
    "read_bytes",
    "read_coding",
    "read_described",
    "read_file_exif",
    "read_metadata",
    "read_moment",
    "read_name",
    "read_shown",
    "read_sidecar",
    "sign_hash",
    "small_picture",
]

_HOME = {
    "CLOSE_PX": "small",
    "Coding": "coding",
    "Described": "described",
    "LOOK_PX": "small",
    "Picture": "picture",
    "SIGN_BYTES": "signs",
    "Said": "said",
    "SmallPicture": "small",
    "decode": "picture",
    "earlier_quality": "traces",
    "exif_fields": "fields",
    "is_enlarged": "traces",
    "pixel_digest": "small",
    "read_coding": "coding",
    "read_described": "described",
    "read_file_exif": "picture",
    "read_metadata": "picture",
    "read_moment": "moment",
    "read_shown": "picture",
    "read_sidecar": "sidecar",
    "sign_hash": "signs",
    "small_picture": "small",
}


def __getattr__(name: str) -> Any:
    """Import what opens pictures when it is first used: importing Pillow and its formats takes time."""
    if name in _HOME:
        return getattr(importlib.import_module(f"imagecluster.decode.{_HOME[name]}"), name)
    raise AttributeError(f"module 'imagecluster.decode' has no attribute {name!r}")
