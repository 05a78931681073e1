"""The preparation of pictures for a network, as a short text: `clip`, or `imagenet,size=384,interpolation=bicubic`."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any, get_args

from imagecluster.decode import Fit, Frame, Interpolation
from imagecluster.errors import ArgumentError
from imagecluster.models.declaration import Channels, Pixels

__all__ = ["PRESETS", "Preprocess", "parse_preprocess"]

_IMAGENET = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
_CLIP = ((0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711))

Triple = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Preprocess:
    """The preparation of a picture for a network."""

    fit: Fit
    interpolation: Interpolation
    mean: Triple
    """Mean of each channel, for values from 0 to 1."""
    std: Triple
    short: float = 1.0
    """Short side before the crop, in pixels; a value up to 2 is a multiple of the size."""
    size: int | None = None
    """Side of the square in pixels; None for the network's own, else 224."""
    channels: Channels = "RGB"
    output: str | None = None
    """Name of the network's output; None to find it by its shape."""

    def frame(self, side_px: int) -> Frame:
        """The frame for a network that reads squares of this side."""
        short_side_px = 0
        if self.fit == "crop":
            short_side_px = round(self.short * side_px) if self.short <= 2 else round(self.short)
        return Frame(side_px, side_px, fit=self.fit, interpolation=self.interpolation, short_side_px=short_side_px)

    @property
    def pixels(self) -> Pixels:
        """Mean and scale in levels from 0 to 255."""
        mean, scale = ((255 * a, 255 * b, 255 * c) for a, b, c in (self.mean, self.std))
        return Pixels(mean=mean, scale=scale, channels=self.channels)


PRESETS = {
    "imagenet": Preprocess("crop", "bilinear", *_IMAGENET, short=256 / 224),
    "dinov2": Preprocess("crop", "bicubic", *_IMAGENET, short=256 / 224),
    "clip": Preprocess("crop", "bicubic", *_CLIP),
    "siglip": Preprocess("squash", "bicubic", (0.5, 0.5, 0.5), (0.5, 0.5, 0.5)),
    "siglip2": Preprocess("squash", "bilinear", (0.5, 0.5, 0.5), (0.5, 0.5, 0.5)),
    "mobileclip": Preprocess("crop", "bilinear", (0.0, 0.0, 0.0), (1.0, 1.0, 1.0)),
}
"""Presets by the name of the network whose image processor they follow."""


def parse_preprocess(text: str) -> Preprocess:
    """The preparation in a text: a preset and any changes to it, `PRESET[,KEY=VALUE...]`.

    Keys: `size` (pixels), `fit` (crop, squash, pad), `short` (pixels, or up to 2 a multiple of the size),
    `interpolation` (bilinear, bicubic, lanczos), `mean` and `std` (three numbers from 0 to 1, separated by colons),
    `channels` (RGB, BGR), `output` (a name).

    Examples
    --------
    >>> parse_preprocess("clip,size=336").frame(336).size
    (336, 336)

    Raises
    ------
    ArgumentError
        The text has another form; the message says what is allowed.
    """
    name, *changes = text.split(",")
    if name not in PRESETS:
        raise ArgumentError(f"preprocess begins with {name!r}; it must be one of {', '.join(PRESETS)}")
    parsed: dict[str, Any] = {}
    for change in changes:
        key, _, value = change.partition("=")
        if key not in _READERS:
            raise ArgumentError(f"preprocess has {change!r}; expected KEY=VALUE with a key of {', '.join(_READERS)}")
        try:
            parsed[key] = _READERS[key](value)
        except ValueError as error:
            raise ArgumentError(f"preprocess has {change!r}: {error}") from None
    return replace(PRESETS[name], **parsed)


def _positive(text: str) -> float:
    value = float(text)
    if not 0 < value < 10_000:
        raise ValueError("it must be a number above 0 and below 10,000")
    return value


def _three(text: str) -> Triple:
    numbers = [float(part) for part in text.split(":") if re.fullmatch(r"\d+(\.\d*)?|\.\d+", part)]
    if len(numbers) != 3:
        raise ValueError("it must be three numbers separated by colons, such as 0.5:0.5:0.5")
    return numbers[0], numbers[1], numbers[2]


def _one_of(allowed: tuple[str, ...], text: str) -> str:
    if text not in allowed:
        raise ValueError(f"it must be one of {', '.join(allowed)}")
    return text


def _name(text: str) -> str:
    if not text:
        raise ValueError("it must be the name of an output")
    return text


_READERS = {
    "size": lambda text: round(_positive(text)),
    "fit": lambda text: _one_of(get_args(Fit), text),
    "short": _positive,
    "interpolation": lambda text: _one_of(get_args(Interpolation), text),
    "mean": _three,
    "std": lambda text: tuple(_positive(part) for part in map(str, _three(text))),
    "channels": lambda text: _one_of(get_args(Channels), text),
    "output": _name,
}
