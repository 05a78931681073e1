"""Pictures of exactly the size that a network reads, prepared as other programs do with Pillow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

if TYPE_CHECKING:
    from PIL import Image

from imagecluster.errors import ArgumentError

__all__ = ["Fit", "Frame", "Interpolation"]

Fit = Literal["squash", "crop", "pad"]
Interpolation = Literal["bilinear", "bicubic", "lanczos"]

_MAX_ASPECT = 16
"""Longer pictures are first cut to this ratio at their middle: scaled as a whole they could fill the memory."""


@dataclass(frozen=True, slots=True)
class Frame:
    """A size that whole pictures are resized to.

    Every pixel is decoded, the picture made upright and RGB, and then resized as `PIL.Image.resize` does it, so that
    a network reads the same 8-bit values as in the program that it was made for.

    Raises
    ------
    ArgumentError
        A field is outside its range.
    """

    width_px: int
    height_px: int
    fit: Fit = "squash"
    """'squash' stretches to the size; 'crop' scales the short side to `short_side_px` and takes the middle; 'pad' makes
    the whole picture fit and fills the rest."""
    interpolation: Interpolation = "bicubic"
    short_side_px: int = 0
    """For 'crop', at least the frame's longer side; 0 means exactly that."""
    fill: tuple[int, int, int] = (0, 0, 0)
    """For 'pad', RGB levels."""

    def __post_init__(self) -> None:
        if min(self.size) < 1:
            raise ArgumentError(f"a frame of {self.width_px} x {self.height_px} pixels; its sides must be at least 1")
        for name, value, allowed in (
            ("fit", self.fit, get_args(Fit)),
            ("interpolation", self.interpolation, get_args(Interpolation)),
        ):
            if value not in allowed:
                raise ArgumentError(f"{name} is {value!r}; it must be one of {', '.join(allowed)}")
        if self.short_side_px and self.short_side_px < max(self.size):
            raise ArgumentError(f"short_side_px is {self.short_side_px}; it must be at least {max(self.size)}")

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self.width_px, self.height_px

    def apply(self, image: Image.Image) -> Image.Image:
        """The upright RGB picture in this frame; a new picture of exactly `size`."""
        from PIL import Image

        resample = Image.Resampling[self.interpolation.upper()]
        if self.fit == "squash":
            return image.resize(self.size, resample)
        if self.fit == "crop":
            image = _cut(image)
            short, target = min(image.size), self.short_side_px or max(self.size)
            # Rounded down, as torchvision and transformers do.
            scaled = image.resize((image.width * target // short, image.height * target // short), resample)
            left, top = (scaled.width - self.width_px) // 2, (scaled.height - self.height_px) // 2
            return scaled.crop((left, top, left + self.width_px, top + self.height_px))
        scale = min(self.width_px / image.width, self.height_px / image.height)
        inner = image.resize((max(1, round(image.width * scale)), max(1, round(image.height * scale))), resample)
        framed = Image.new("RGB", self.size, self.fill)
        framed.paste(inner, ((self.width_px - inner.width) // 2, (self.height_px - inner.height) // 2))
        return framed


def _cut(image: Image.Image) -> Image.Image:
    """The middle of a picture, with sides in a ratio of at most 16 to 1."""
    longest = _MAX_ASPECT * min(image.size)
    if max(image.size) <= longest:
        return image
    left, top = (max(0, side - longest) // 2 for side in image.size)
    return image.crop((left, top, image.width - left, image.height - top))
