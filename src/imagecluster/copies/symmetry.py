"""The eight positions of a picture: upright, mirrored, turned. They follow from the bits of its sign hash alone.

Position 1 is the mirror image (left and right exchanged), 2 is upside down (top and bottom exchanged), 4 exchanges rows
and columns after that; sums are done one after the other, so that 3 is a half turn, and 5 and 6 are quarter turns.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from imagecluster.decode import SIGN_BYTES

__all__ = ["BITS", "INVERSE", "N_POSITIONS", "distances", "hashes_in_position", "map_of", "pixels_in_position"]

N_POSITIONS = 8

INVERSE = (0, 1, 2, 3, 4, 6, 5, 7)
"""The position that takes a picture back: quarter turns are each other's inverse, the other positions their own."""

BITS = np.array([number.bit_count() for number in range(256)], np.uint8)
"""Number of bits that are set in each value of a byte; NumPy counts them itself from version 2 on only."""

_SIDE = 16
_ODD_COLUMNS = np.packbits(np.tile(np.arange(_SIDE) % 2 == 1, (_SIDE, 1)))
_ODD_ROWS = np.packbits(np.tile(np.arange(_SIDE) % 2 == 1, (_SIDE, 1)).T)


def hashes_in_position(signs: NDArray[np.uint8], position: int) -> NDArray[np.uint8]:
    """Sign hashes, shape (n, 32), of the pictures in a position, from their hashes when upright.

    A mirror image changes the signs of the odd columns. This holds because the threshold of each bit is 0; a sign that
    rounding decided, of a coefficient that is nearly 0, may come out differently.
    """
    found = signs
    if position & 1:
        found = found ^ _ODD_COLUMNS
    if position & 2:
        found = found ^ _ODD_ROWS
    if position & 4:
        bits = np.unpackbits(found, axis=1).reshape(-1, _SIDE, _SIDE).transpose(0, 2, 1)
        found = np.packbits(bits.reshape(-1, _SIDE * _SIDE), axis=1)
    return found


def distances(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Numbers of bits in which hash `first` differs from `second` in each of its positions, shape (8,).

    Parameters
    ----------
    first, second
        Sign hashes, shape (32,).
    """
    all_positions = np.concatenate([hashes_in_position(second[np.newaxis], s) for s in range(N_POSITIONS)])
    return np.asarray(BITS[all_positions ^ first].sum(axis=1, dtype=np.int64))


def pixels_in_position(pixels: NDArray[np.uint8], position: int) -> NDArray[np.uint8]:
    """A picture, shape (height, width) or (height, width, channels), in a position; a view."""
    if position & 1:
        pixels = pixels[:, ::-1]
    if position & 2:
        pixels = pixels[::-1]
    return pixels.swapaxes(0, 1) if position & 4 else pixels


def map_of(position: int, size: tuple[int, int], onto: tuple[float, float]) -> NDArray[np.float64]:
    """Map of a picture's pixels onto those of another one, which is the whole picture in a position and stretched.

    Parameters
    ----------
    position
        Position in which the picture is the other one.
    size, onto
        Height and width in pixels of the picture and of the other one, or of a part of it.

    Returns
    -------
    numpy.ndarray
        Shape (2, 3), for pixels as (x, y), whose centres have whole numbers.
    """
    height, width = size
    turned = np.array(
        [
            [-1, 0, width - 1] if position & 1 else [1, 0, 0],
            [0, -1, height - 1] if position & 2 else [0, 1, 0],
            [0, 0, 1],
        ],
        np.float64,
    )
    if position & 4:
        turned, height, width = turned[[1, 0, 2]], width, height
    x, y = onto[1] / width, onto[0] / height
    stretched = np.array([[x, 0, x / 2 - 0.5], [0, y, y / 2 - 0.5], [0, 0, 1]])
    return np.asarray((stretched @ turned)[:2])


assert _SIDE * _SIDE // 8 == SIGN_BYTES
