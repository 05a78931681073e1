"""Decoding of one picture: header, limits, pixels, resize, orientation, colour."""

from __future__ import annotations

import errno
import logging
import re
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import TypeVar

from PIL import Image, ImageFile, JpegImagePlugin, PngImagePlugin, TiffImagePlugin

from imagecluster.decode.animation import later_frame
from imagecluster.decode.coded import shown_digest
from imagecluster.decode.colour import to_rgb
from imagecluster.decode.cut_short import rest_of_png, rest_of_webp
from imagecluster.decode.exif import Exif, exif_block, exif_orientation, read_exif, xmp_orientation
from imagecluster.decode.frame import Frame
from imagecluster.decode.incomplete import Mended, is_filled, mended
from imagecluster.decode.jxl import is_upright
from imagecluster.decode.memory import room
from imagecluster.decode.opening import open_header, opening_bytes
from imagecluster.decode.pages import pages_note
from imagecluster.decode.quiet import quiet
from imagecluster.decode.raw import RawPicture, looks_raw, open_raw
from imagecluster.decode.reading import MAX_PIXELS
from imagecluster.decode.said import Said, combined, what_it_says
from imagecluster.decode.scaling import scale_to, shrink, whole
from imagecluster.decode.xmp import read_xmp
from imagecluster.errors import ArgumentError, DecodeError, ResourceError
from imagecluster.records import Metadata

__all__ = ["Picture", "decode", "read_file_exif", "read_metadata", "read_shown"]

_MAX_REASON = 180
_DNG_VERSION = 50706
_SMALL_PX = 32

_WANT = re.compile(
    r"out of memory|not enough memory|unable to allocate|cannot allocate|memory allocation error"
    r"|insufficient memory|unsufficient memory|^decoder error -9$",
    re.IGNORECASE,
)
"""Words of Pillow, libheif, LibRaw and NumPy for a lack of memory."""

_log = logging.getLogger(__name__)

T = TypeVar("T")

_TRANSPOSE = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


@dataclass(frozen=True)
class Picture:
    """A decoded picture."""

    image: Image.Image
    """RGB, upright; the short side has exactly the requested length."""
    metadata: Metadata
    framed: Image.Image | None = None
    """RGB, upright, in the requested frame."""


def decode(
    data: bytes, *, short_side_px: int, frame: Frame | None = None, max_pixels: int = MAX_PIXELS, suffix: str = ""
) -> Picture:
    """Decode the picture in a file's bytes to a small upright one in RGB.

    The short side becomes exactly `short_side_px`, smaller pictures are enlarged, and the long side follows
    in proportion. A picture longer than 16 times its width is cut to that at its middle. Transparent parts
    become white, or dark if everything visible is white. The first frame of an animation that is not empty is used,
    the first of several pages, and the main picture of a burst.

    Parameters
    ----------
    data
        The whole file.
    short_side_px
        Length of the short side, at least 1.
    frame
        Also fill `Picture.framed`. All pixels are then decoded, which takes six times as long for a large JPEG. For a
        camera raw file, the preview is used.
    max_pixels
        Pictures with more pixels are refused, judging by their header.
    suffix
        Suffix of the file's name, with its dot: camera raw and Targa files cannot be recognised by content alone.

    Raises
    ------
    ArgumentError
        `short_side_px` or `max_pixels` is below 1.
    DecodeError
        The data is damaged, too large, or not a picture; the text is one printable line of under 200 characters.
    ResourceError
        There was not enough memory; there may be at another time.

    """
    for name, value in (("short_side_px", short_side_px), ("max_pixels", max_pixels)):
        if value < 1:
            msg = f"{name} is {value}; it must be at least 1"
            raise ArgumentError(msg)
    return _explained(lambda: _decode(data, _Target(short_side_px, frame, max_pixels), suffix))


def read_file_exif(data: bytes) -> Exif:
    """Read the EXIF block in a picture's bytes without decoding any pixels; DecodeError as for `decode`."""

    def read() -> Exif:
        image = open_header(data, max_pixels=MAX_PIXELS)
        return read_exif(data if isinstance(image, TiffImagePlugin.TiffImageFile) else exif_block(image.info))

    return _explained(read)


def read_shown(data: bytes, *, suffix: str = "") -> bytes:
    """How a picture's pixels are shown, without decoding any: as `Metadata.shown`, empty for a camera raw file.

    Raises
    ------
    DecodeError
        As for `decode`.

    """

    def read() -> bytes:
        if looks_raw(data, suffix):
            return b""  # its preview decides
        image = open_header(data, max_pixels=MAX_PIXELS, suffix=suffix)
        if not isinstance(image, TiffImagePlugin.TiffImageFile):
            return shown_digest(_orientation(exif_orientation(exif_block(image.info)), image), image.info)
        if _DNG_VERSION in image.tag_v2:
            return b""
        return shown_digest(_orientation(exif_orientation(data), image), image.info)

    return _explained(read)


def read_metadata(data: bytes, *, max_pixels: int = MAX_PIXELS, suffix: str = "") -> Said:
    """What a picture says of itself, as `decode` reads it, but without decoding pixels where they are not needed.

    Raises
    ------
    DecodeError
        As for `decode`.

    """

    def read() -> Said:
        if not looks_raw(data, suffix):
            image = open_header(data, max_pixels=max_pixels, suffix=suffix)
            is_raw = isinstance(image, TiffImagePlugin.TiffImageFile) and _DNG_VERSION in image.tag_v2
            if not is_raw and not isinstance(image, PngImagePlugin.PngImageFile):
                return what_it_says(image, data)
        # What a PNG says may stand behind its pixels, and a raw file has to be opened as a whole.
        metadata = _decode(data, _Target(_SMALL_PX, None, max_pixels), suffix).metadata
        return Said(None, metadata.taken, metadata.place, metadata.camera, metadata.exposure)

    return _explained(read)


def _orientation(by_exif: int | None, image: Image.Image) -> int:
    """Orientation of a picture as stored; of a TIFF, which Pillow makes upright, that of its file."""
    if is_upright(image):
        return 1
    return by_exif or xmp_orientation(image.info) or 1


def _explained(work: Callable[[], T]) -> T:
    """The result of `work`; any other exception it raises becomes a DecodeError."""
    try:
        with quiet():
            return work()
    except Exception as error:  # whatever a decoder throws at hostile data
        _log.debug("a picture could not be decoded", exc_info=True)
        kind = ResourceError if _is_for_want(error) else DecodeError
        if kind is DecodeError:
            reason = _reason(error)
        else:
            reason = str(error) if isinstance(error, ResourceError) else "not enough memory to decode it"
    # Outside the handler, so that the error does not keep the half-decoded picture alive.
    raise kind(reason)


@dataclass(frozen=True, slots=True)
class _Target:
    """The wanted result, and the largest number of pixels."""

    short_side_px: int
    frame: Frame | None
    max_pixels: int


def _decode(data: bytes, target: _Target, suffix: str) -> Picture:
    if not data:
        msg = "the file is empty"
        raise DecodeError(msg)
    if (rest := rest_of_webp(data, max_pixels=target.max_pixels)) is not None:
        return _read_rest(rest, data, target, rest.size, "WEBP")
    if not looks_raw(data, suffix):
        n_bytes = _opening_bytes(data, target)
        with room(n_bytes) if n_bytes else nullcontext():
            image = open_header(data, max_pixels=target.max_pixels, suffix=suffix)
            if not (isinstance(image, TiffImagePlugin.TiffImageFile) and _DNG_VERSION in image.tag_v2):
                return _plain_picture(image, data, target)
    short_side_px = max(target.short_side_px, *(target.frame.size if target.frame else ()), 1)
    try:
        raw = open_raw(data, short_side_px=short_side_px, max_pixels=target.max_pixels)
    except DecodeError as error:
        if data[:2] in (b"II", b"MM"):  # built like TIFF: Pillow would take its tiny thumbnail for the picture
            raise
        raw_error = error
    else:
        return _raw_picture(raw, data, target)
    try:
        image = open_header(data, max_pixels=target.max_pixels, suffix=suffix)
    except DecodeError:
        raise raw_error from None
    finally:
        del raw_error  # its frames hold the file
    return _plain_picture(image, data, target)


def _opening_bytes(data: bytes, target: _Target) -> int:
    """Memory to be held from the moment in which a file is opened; all that its decoding needs, if it is any."""
    n_bytes = opening_bytes(data, max_pixels=target.max_pixels)
    return n_bytes * 3 // 2 if target.frame else n_bytes


def _plain_picture(image: ImageFile.ImageFile, data: bytes, target: _Target) -> Picture:
    """The picture in an opened file; of an incomplete JPEG or PNG, as much as there is."""
    size = image.size
    is_jpeg = isinstance(image, JpegImagePlugin.JpegImageFile)
    try:
        if is_jpeg and is_filled(data):
            raise OSError("its end is missing")
        picture = _read(image, data, target, size)
        return later_frame(image, picture, lambda: _read(image, data, target, size))
    except (OSError, SyntaxError):
        if is_jpeg:
            found = _mended(data, target)
        elif isinstance(image, PngImagePlugin.PngImageFile):
            found = rest_of_png(data, max_pixels=target.max_pixels)
        else:
            found = None
        if found is None:
            raise
    return _read_rest(found, data, target, size, image.format)


def _read_rest(found: Mended, data: bytes, target: _Target, size: tuple[int, int], kind: str | None) -> Picture:
    """What there is of an incomplete picture; `kind` is the format of its file, and `size` that of the whole."""
    image = open_header(found.data, max_pixels=target.max_pixels)
    image.format = kind
    return _read(image, data, target, size, note=found.note)


def _mended(data: bytes, target: _Target) -> Mended | None:
    """What there is of a JPEG; None if it is damaged in another way. DecodeError if more than half is missing."""
    try:
        return mended(data, max_pixels=target.max_pixels)
    except OSError:
        return None


def _read(
    image: ImageFile.ImageFile, data: bytes, target: _Target, size: tuple[int, int], *, note: str = ""
) -> Picture:
    """The picture in an opened file; `size` is its full width and height as stored."""
    if target.frame is None:
        loading: AbstractContextManager[Image.Image] = nullcontext(
            shrink(image, short_side_px=target.short_side_px, max_pixels=target.max_pixels)
        )
    else:
        turned = _orientation(exif_orientation(exif_block(image.info)), image) > 1
        loading = whole(image, max_pixels=target.max_pixels, turned=turned)
    with loading as loaded:
        said = what_it_says(image, data)
        # Pillow turns the pixels (and the size) of a TIFF as it loads them.
        orientation = 1 if isinstance(image, TiffImagePlugin.TiffImageFile) else _orientation(said.orientation, image)
        if orientation >= 5:
            size = size[::-1]
        if isinstance(image, TiffImagePlugin.TiffImageFile):
            note = pages_note(data)
        shown = shown_digest(_orientation(said.orientation, image), image.info)
        return _finish(_Loaded(loaded, orientation, size, image.format or "", note, shown), said, target)


def _raw_picture(raw: RawPicture, data: bytes, target: _Target) -> Picture:
    said = combined([read_exif(data), read_exif(raw.exif)], [read_xmp(raw.xmp)])
    loaded = _Loaded(raw.image, raw.orientation, (raw.width_px, raw.height_px), "RAW")
    return _finish(loaded, said, target)


@dataclass(frozen=True, slots=True)
class _Loaded:
    """A picture whose pixels are loaded."""

    image: Image.Image
    """In one of the modes of `flatten`, with the file's orientation."""
    orientation: int
    size: tuple[int, int]
    """Size of the upright original."""
    format: str
    note: str = ""
    shown: bytes = b""
    """Both as in `Metadata`."""


def _finish(loaded: _Loaded, said: Said, target: _Target) -> Picture:
    """Make a loaded picture upright and RGB, and add its metadata."""
    image = loaded.image
    if loaded.orientation in _TRANSPOSE:
        image = image.transpose(_TRANSPOSE[loaded.orientation])
    framed = None
    if target.frame is not None:
        image = to_rgb(image)
        framed = target.frame.apply(image)
        image = scale_to(image, target.short_side_px)
    metadata = Metadata(
        width_px=loaded.size[0],
        height_px=loaded.size[1],
        format=loaded.format,
        taken=said.taken,
        place=said.place,
        note=loaded.note,
        shown=loaded.shown,
        camera=said.camera,
        exposure=said.exposure,
    )
    return Picture(image=to_rgb(image), metadata=metadata, framed=framed)


def _is_for_want(error: Exception) -> bool:
    """Whether memory or another resource was lacking; decoders in C say so in their own words."""
    if isinstance(error, OSError) and error.errno in (errno.ENOMEM, errno.EMFILE, errno.ENFILE, errno.EAGAIN):
        return True
    return isinstance(error, MemoryError | ResourceError) or bool(_WANT.search(str(error)))


def _reason(error: Exception) -> str:
    """One printable line that says what went wrong."""
    if isinstance(error, SystemError) and isinstance(error.__cause__ or error.__context__, DecodeError):
        error = DecodeError(str(error.__cause__ or error.__context__))  # raised while a decoder in C was reading
    text = " ".join(str(error).split())
    if text.startswith("decoder error"):  # all that Pillow knows of what went wrong inside libtiff
        text = "damaged: its pixels cannot be decoded"
    elif not isinstance(error, DecodeError):
        text = f"damaged: {text or type(error).__name__}"
    printable = "".join(char if char.isprintable() else "?" for char in text)
    return printable if len(printable) <= _MAX_REASON else printable[: _MAX_REASON - 3] + "..."
