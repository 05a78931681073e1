"""A small hash of what a picture looks like, whose mirror images and quarter turns follow from its bits alone.

It is a perceptual hash of the family of Zauner (2010), with two changes: it has 16 x 16 coefficients of the cosine
transform where 8 x 8 are usual, and the threshold of a bit is 0 where the median is usual. A mirror image changes the
signs of the odd columns and a quarter turn exchanges rows and columns, so that one hash stands for all eight positions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from PIL import Image

__all__ = ["SIGN_BYTES", "SIGN_SIDE", "sign_hash"]

SIGN_SIDE = 16
"""Coefficients along each side of the picture."""

SIGN_BYTES = SIGN_SIDE * SIGN_SIDE // 8
"""Length of a hash."""

_SQUARE_PX = 64
"""Side of the square to which the picture is squashed. Larger products of matrices are spread over cores by NumPy,
which takes 20 times as long where all cores have pictures of their own."""

_COSINES = np.cos(np.pi * (np.arange(_SQUARE_PX) + 0.5) * np.arange(SIGN_SIDE)[:, np.newaxis] / _SQUARE_PX)
_COSINES = _COSINES.astype(np.float32)

_LEAST = 0.05
"""Coefficients that rounding errors of float32 may reach; one grey level in one of the pixels makes 0.1 to 1."""


def sign_hash(image: Image.Image, box: tuple[float, float, float, float] | None = None) -> bytes:
    """Signs of the lowest coefficients of the cosine transform of a picture's brightness, 32 bytes.

    Bit 16 i + j (the most significant of a byte first) says whether the coefficient of vertical frequency i and
    horizontal frequency j is positive, after the picture was squashed to a square; that of the mean is 0. It takes
    0.3 ms. A picture of one colour has no signs: all its bits are 0.

    Parameters
    ----------
    image
        An upright picture in mode RGB or L, of any size.
    box
        Left, top, right and bottom of the part that counts, in pixels, also between them; default: the whole picture.

    Examples
    --------
    >>> from PIL import Image
    >>> sign_hash(Image.new("L", (3, 2), 128)).hex().strip("0")
    ''
    >>> falling = Image.linear_gradient("L").transpose(Image.Transpose.FLIP_TOP_BOTTOM)
    >>> sign_hash(falling)[2] >> 7, sign_hash(falling.transpose(Image.Transpose.FLIP_TOP_BOTTOM))[2] >> 7
    (1, 0)
    """
    from PIL import Image

    # Pillow's bilinear filter averages over all pixels. BOX does not give a mirror image the mirrored result: pixels on
    # the boundary of two boxes go to one of them.
    square = image.convert("L").resize((_SQUARE_PX, _SQUARE_PX), Image.Resampling.BILINEAR, box)
    pixels = np.asarray(square, np.float32)
    # Differences to the mean, so that rounding gives a picture of one colour no sign.
    signs = _COSINES @ (pixels - pixels.mean()) @ _COSINES.T > _LEAST
    signs[0, 0] = False
    return np.packbits(signs).tobytes()
