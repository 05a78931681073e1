"""The original's calculations, at the original's name: `from imagecluster import calc`."""

from imagecluster.original.calc import (
    FingerprintModel,
    cluster,
    cluster_stats,
    fingerprint,
    fingerprints,
    get_model,
    image_arrays,
    load_img_rgb,
    pca,
    print_cluster_stats,
)

__all__ = [
    "FingerprintModel",
    "cluster",
    "cluster_stats",
    "fingerprint",
    "fingerprints",
    "get_model",
    "image_arrays",
    "load_img_rgb",
    "pca",
    "print_cluster_stats",
]
