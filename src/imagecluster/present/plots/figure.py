"""Parts that all plots share: figures, colours, small pictures, files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from imagecluster.errors import ArgumentError
from imagecluster.present.output_file import replacing
from imagecluster.system.extras import missing_extra

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from PIL import Image

FORMATS = (".pdf", ".png", ".svg")
"""Suffixes of the formats in which plots can be saved."""

INK = "#333333"
FAINT = "#b8b8b8"
ACCENT = "#c0392b"
COLOURS = ("#2e86ab", "#e07a1f", "#3a9d5d", "#8e5ea2", "#c44e52", "#7a6a53", "#d17ab0", "#6b7a8f", "#a3a02a", "#2aa6a0")
"""Colours of clusters, used in turn."""

Pictures = Callable[[int], "Image.Image | None"]
"""Returns the small picture of a row; None if there is none."""


def new_figure(width_in: float, height_in: float) -> Figure:
    """An empty figure; MissingExtraError without matplotlib."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise missing_extra("plots need matplotlib", "plot") from None
    return Figure(figsize=(width_in, height_in), layout="constrained", facecolor="white")


def save_figure(figure: Figure, file: Path, *, dpi: int = 100) -> None:
    """Write a figure to a .png, .svg or .pdf file, as a whole or not at all.

    Raises
    ------
    ArgumentError
        The name has another suffix.
    OutputError
        The file cannot be written.
    """
    suffix = check_format(file)
    from matplotlib import rc_context

    # Without a date and with fixed names, the same data give the same bytes.
    metadata = {
        ".png": {"Software": "imagecluster"},
        ".svg": {"Date": None, "Title": "imagecluster"},
        ".pdf": {"CreationDate": None, "Creator": "imagecluster"},
    }[suffix]
    with replacing(file, create=False) as stream, rc_context({"svg.hashsalt": "imagecluster"}):
        figure.savefig(stream, format=suffix[1:], dpi=dpi, metadata=metadata)


def check_format(file: Path) -> str:
    """The file's suffix in lower case; ArgumentError if plots cannot be saved in that format."""
    suffix = file.suffix.lower()
    if suffix not in FORMATS:
        raise ArgumentError(f"cannot write a plot to {file.name!r}; the name must end with {', '.join(FORMATS)}")
    return suffix


def cell(picture: Image.Image | None, width_px: int, height_px: int) -> NDArray[np.uint8]:
    """A white cell with the picture as large as fits, shape (height_px, width_px, 3); grey without a picture."""
    from PIL import Image

    if picture is None:
        return np.full((height_px, width_px, 3), 225, np.uint8)
    scale = min(width_px / picture.width, height_px / picture.height)
    width, height = (max(1, round(side * scale)) for side in picture.size)
    small = picture.convert("RGB").resize((width, height), Image.Resampling.LANCZOS)
    canvas = Image.new("RGB", (width_px, height_px), "white")
    canvas.paste(small, ((width_px - width) // 2, (height_px - height) // 2))
    return np.asarray(canvas)


def plain_axes(axes: Axes) -> None:
    """Remove the upper and right lines of the frame, which carry no information."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(colors=INK, labelsize=9)


def sim_of(height: NDArray[np.float64] | float, largest_distance: float) -> NDArray[np.float64]:
    """Similarity index of a cut at a height: 1 - height / largest distance."""
    return np.asarray(1.0 - np.asarray(height, np.float64) / (largest_distance or 1.0))
