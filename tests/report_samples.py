"""Small reports and thumbnails that the tests of the report share."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from imagecluster.collection.report import Report, cluster_folders
from imagecluster.cut.sim_scale import relative
from imagecluster.decode.thumbnail import make_thumbnail
from imagecluster.records import Cluster, Clusters, Skip

ROOT = Path("/pictures")


def sample_report(sizes: Sequence[int], n_singles: int = 0, *, root: Path = ROOT, names=None, **changes) -> Report:
    """Clusters of the given sizes over pictures in path order; the last member of each is its representative."""
    starts = np.cumsum([0, *sizes]).tolist()
    n_images = starts[-1] + n_singles
    clusters = tuple(
        Cluster(number, tuple(range(start, start + size)), 0.125 * (number % 3), start + size - 1)
        for number, (start, size) in enumerate(zip(starts, sizes, strict=False), start=1)
    )
    cut = Clusters(0.5, 0.375, 2, clusters, tuple(range(starts[-1], n_images)))
    skips = changes.pop("skips", (Skip(root / "bad.jpg", "decode", "truncated"),))
    facts = {
        "root": root,
        "model": "lite0@1",
        "scale": relative(0.75),
        "largest_distance": 0.75,
        "clusters": cut,
        "names": [str(name) for name in names or [f"sub/{row:06}.jpg" for row in range(n_images)]],
        "skips": skips,
        "n_scanned": n_images + len(skips),
        "folders": cluster_folders(sizes),
    }
    return Report(**(facts | changes))


def sample_thumbnail(row: int = 0, *, width_px: int = 192, height_px: int = 144) -> bytes:
    """A thumbnail of one colour, another for each row."""
    colour = (row * 47 % 256, row * 91 % 256, row * 13 % 256)
    return make_thumbnail(Image.new("RGB", (width_px, height_px), colour))
