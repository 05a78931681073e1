"""Decoding of a picture's pixels at the smallest scale that its format allows, and resizing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext

from PIL import Image, ImageFile, Jpeg2KImagePlugin, JpegImagePlugin

from imagecluster.decode import memory
from imagecluster.decode.colour import BAND_PX, bands, flattener, may_go_on, to_rgb
from imagecluster.decode.memory import check_memory, room
from imagecluster.decode.needs import check_time, file_content, needed_bytes
from imagecluster.decode.opening import check_pixels

__all__ = ["scale_to", "shrink", "whole"]

_Box = tuple[float, float, float, float]
_Convert = Callable[[Image.Image], Image.Image] | None

_MAX_ASPECT = 16


def shrink(image: Image.Image, *, short_side_px: int, max_pixels: int) -> Image.Image:
    """Decode the picture at its final size, in one of the modes of `flatten` and with the file's orientation.

    It waits until the other pictures being decoded leave enough memory.
    """
    size = image.size
    box = _scale_in_decoder(image, short_side_px)
    in_memory = not isinstance(image, ImageFile.ImageFile)
    with nullcontext() if in_memory else _held(image, needed_bytes(image, size)):
        expected = image.size
        check_time(image)
        image.load()
        if isinstance(image, Jpeg2KImagePlugin.Jpeg2KImageFile):
            box = (box[0], box[1], min(box[2], image.size[0]), min(box[3], image.size[1]))
        elif image.size != expected:  # a HEIF may turn out other than its header says
            check_pixels(*image.size, max_pixels)
            check_memory(needed_bytes(image, image.size))
            size, box = image.size, (0, 0, *image.size)
        return _resize(image, flattener(image), box, _final_size(size, short_side_px), profile=_profile(image))


@contextmanager
def whole(image: Image.Image, *, max_pixels: int, turned: bool = False) -> Iterator[Image.Image]:
    """Decode all pixels of the picture to RGB, with the file's orientation.

    Its memory counts as used until the context ends: the picture must be reduced before. `turned` says whether it will
    be rotated meanwhile.
    """
    expected = image.size
    with _held(image, needed_bytes(image, expected, whole=True, turned=turned)):
        check_time(image)
        image.load()
        if image.size != expected:
            check_pixels(*image.size, max_pixels)
            check_memory(needed_bytes(image, image.size, whole=True, turned=turned))
        yield _in_rgb(image)


@contextmanager
def _held(image: Image.Image, n_bytes: int) -> Iterator[None]:
    """A block in which a picture takes this much memory; its pixels are gone afterwards unless it has more frames."""
    with room(n_bytes):
        try:
            yield
        finally:
            if not may_go_on(image):
                # Whoever called still holds the picture, while others may take the room that it gives back.
                image._im = None
                vars(image).pop("_decoder", None)


def scale_to(image: Image.Image, short_side_px: int) -> Image.Image:
    """Resize a decoded picture to its final size."""
    return _resize(image, None, (0, 0, *image.size), _final_size(image.size, short_side_px))


def _in_rgb(image: Image.Image) -> Image.Image:
    """Convert the loaded picture to RGB, part by part."""
    convert, profile = flattener(image), _profile(image)
    if image.mode == "RGB" and convert is None and not profile:
        return image
    if image.width * image.height <= BAND_PX:
        return _in_srgb(convert(image) if convert else image, profile)
    whole = Image.new("RGB", image.size)
    for top, band in bands(image):
        whole.paste(_in_srgb(convert(band) if convert else band, profile), (0, top))
    return whole


def _profile(image: Image.Image) -> bytes:
    """The colour profile of a picture if it changes anything; empty if there is none, or it is sRGB."""
    found = image.info.get("icc_profile")
    if not found or not isinstance(found, bytes):
        return b""
    from imagecluster.decode.profile import matters

    return found if matters(found, image.mode) else b""


def _in_srgb(image: Image.Image, profile: bytes) -> Image.Image:
    """Convert the flattened picture to RGB, by its profile if it has one."""
    if not profile:
        return to_rgb(image)
    from imagecluster.decode.profile import to_srgb

    return to_srgb(image, profile)


def _scale_in_decoder(image: Image.Image, short_side_px: int) -> _Box:
    """Make the decoder leave out detail that the final size cannot show; the picture's exact box in the result."""
    width, height = image.size
    short = min(width, height)
    # JPEG is scaled by its cosine transform: a sixth of the time, fingerprints move by 0.0025 (1 - cosine). HEIF of 200
    # megapixels, as telephones write it, is read from the small copy in it, since the whole takes too much memory.
    if isinstance(image, JpegImagePlugin.JpegImageFile) or _is_too_large_heif(image):
        least = (width * short_side_px // short, height * short_side_px // short)
        drafted = image.draft(None, least)
        if drafted is not None:
            return drafted[1]
    if isinstance(image, Jpeg2KImagePlugin.Jpeg2KImageFile):
        # Without its finest wavelets, down to twice the final size: a third of the time and less memory,
        # fingerprints move by 0.0003.
        levels = min(_wavelet_levels(image), (short // (2 * short_side_px)).bit_length() - 1)
        if levels > 0:
            _leave_out(image, levels)
            # Its samples lie on every 2**levels-th pixel of the whole picture, not in the middle between them.
            scale = 2**levels
            shift = 0.5 - 0.5 / scale
            return (shift, shift, width / scale + shift, height / scale + shift)
    return (0, 0, width, height)


def _is_too_large_heif(image: Image.Image) -> bool:
    """Whether a HEIF takes more memory than is allowed for one picture."""
    return image.format == "HEIF" and needed_bytes(image, image.size) > memory.MAX_MEMORY_BYTES


def _leave_out(image: Jpeg2KImagePlugin.Jpeg2KImageFile, levels: int) -> None:
    """Make a JPEG 2000 picture decode without its finest levels.

    Its sides are rounded up (ITU-T T.800, B-14); Pillow's own `reduce` rounds half up, and fails if that gives less.
    """
    width, height = (-(-side // 2**levels) for side in image.size)
    image._size = (width, height)
    decoder, _, offset, arguments = image.tile[0]
    assert isinstance(arguments, tuple)
    image.tile = [ImageFile._Tile(decoder, (0, 0, width, height), offset, (arguments[0], levels, *arguments[2:]))]


def _wavelet_levels(image: Jpeg2KImagePlugin.Jpeg2KImageFile) -> int:
    """Number of times that a JPEG 2000 picture can be halved, from its coding style marker (ITU-T T.800, A.6.1)."""
    content = file_content(image)
    codestream = content.find(b"\xff\x4f\xff\x51")
    style = content.find(b"\xff\x52", codestream)
    return content[style + 9] if codestream >= 0 and 0 <= style < len(content) - 9 else 0


def _final_size(size: tuple[int, int], short_side_px: int) -> tuple[int, int]:
    """Width and height for a short side of `short_side_px`; the long side in proportion, up to the largest aspect."""
    short = min(size)
    width, height = (min(_MAX_ASPECT * short_side_px, round(side * short_side_px / short)) for side in size)
    return width, height


def _resize(
    image: Image.Image, convert: _Convert, box: _Box, size: tuple[int, int], *, profile: bytes = b""
) -> Image.Image:
    """The part of the picture inside `box`, flattened and cut to the largest aspect ratio, at its final size.

    Colours are converted by the profile before LANCZOS, whose edges differ from one colour space to the other: a
    picture in wide colours is then 0.005 away from its sRGB twin (1 - cosine) and not 0.03.

    Averaging whole blocks first, down to twice the final size, halves the time of LANCZOS on large pictures
    and moves their fingerprints by 0.0001. LANCZOS itself keeps copies of different sizes closest together:
    bicubic would move fingerprints by 0.002 to 0.005, bilinear by 0.01 to 0.02.
    """
    sides = (box[2] - box[0], box[3] - box[1])
    short = min(sides)
    cut_x, cut_y = (max(0.0, side - _MAX_ASPECT * short) / 2 for side in sides)
    factor = max(1, int(short / min(size) / 2))
    if factor > 1:
        image = _reduced(image, convert, factor)
    elif convert is not None:
        image = convert(image)
    if profile:
        image = _in_srgb(image.convert("RGB") if image.mode == "RGBA" else image, profile)
    if image.mode == "RGBA":  # opaque by now; LANCZOS would multiply by alpha once more
        image = image.convert("RGB")
    part = (box[0] + cut_x, box[1] + cut_y, box[2] - cut_x, box[3] - cut_y)
    left, top, right, bottom = (side / factor for side in part)
    return image.resize(size, Image.Resampling.LANCZOS, box=(left, top, right, bottom))


def _reduced(image: Image.Image, convert: _Convert, factor: int) -> Image.Image:
    """The flattened picture, averaged over blocks of `factor` x `factor` pixels; a large one part by part."""
    if convert is None or image.width * image.height <= BAND_PX:
        # JPEG 2000 pictures hide the method under an attribute.
        return Image.Image.reduce(convert(image) if convert else image, factor)
    small: Image.Image | None = None
    for top, band in bands(image, multiple_of=factor):
        part = Image.Image.reduce(convert(band), factor)
        if small is None:
            small = Image.new(part.mode, (part.width, -(-image.height // factor)))
        small.paste(part, (0, top // factor))
    assert small is not None
    return small
