"""UMAP in a separate process (`python -m`), which reads fingerprints and writes positions until there are no more.

All is little-endian: the numbers of rows and columns as uint64, then the rows as float32; the answer is two float32 per
row. The map is made from the first rows, and all later ones are placed on it.
"""

from __future__ import annotations

import os
import struct
import sys
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

__all__ = ["HEAD", "main"]

HEAD = struct.Struct("<QQ")

_NICENESS = 10
_SEED = 0


def main() -> int:
    """Answer until the other end is closed."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a library prints must not be taken for an answer
    if hasattr(os, "nice"):
        os.nice(_NICENESS)
    import umap

    reducer = umap.UMAP(metric="cosine", n_neighbors=15, min_dist=0.1, random_state=_SEED, n_jobs=1)
    place: Any = reducer.fit_transform
    while (rows := _rows(sys.stdin.buffer)) is not None:
        answers.write(np.asarray(place(rows), "<f4").tobytes())
        answers.flush()
        place = reducer.transform
    return 0


def _rows(stream: BinaryIO) -> NDArray[np.float32] | None:
    """The next rows; None if the stream has ended."""
    head = stream.read(HEAD.size)
    if len(head) < HEAD.size:
        return None
    n_rows, n_columns = HEAD.unpack(head)
    content = stream.read(4 * n_rows * n_columns)
    if len(content) < 4 * n_rows * n_columns:
        return None
    return np.frombuffer(content, "<f4").reshape(n_rows, n_columns)


if __name__ == "__main__":
    sys.exit(main())
