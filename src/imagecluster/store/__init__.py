"""The store: everything known about a collection, kept on disk so that nothing is computed twice.

A store is a folder that carries our marker file. It holds an SQLite database, a matrix of float16 fingerprints for
each model, saved dendrograms and a cache of thumbnails; docs/file-formats.md describes them.
"""

from imagecluster.store.copy_results import CopyResults
from imagecluster.store.dates import Beside
from imagecluster.store.layout import (
    COPIES_NAME,
    DATABASE_NAME,
    GREYS_NAME,
    INSETS_NAME,
    OCCASIONS_NAME,
    THUMBNAILS_NAME,
    TRACES_NAME,
    default_location,
)
from imagecluster.store.mapped import MappedFingerprints, StoredContent, known_file
from imagecluster.store.pair_results import PairResults
from imagecluster.store.reading import Leaves
from imagecluster.store.store import Store
from imagecluster.store.thumbnails import Thumbnails
from imagecluster.store.values import (
    HASH_BYTES,
    Batch,
    HashedFile,
    KnownFile,
    ModelInfo,
    Recognised,
    Run,
    SavedDendrogram,
    SkippedFile,
    StoreInfo,
)

__all__ = [
    "COPIES_NAME",
    "DATABASE_NAME",
    "GREYS_NAME",
    "HASH_BYTES",
    "INSETS_NAME",
    "OCCASIONS_NAME",
    "THUMBNAILS_NAME",
    "TRACES_NAME",
    "Batch",
    "Beside",
    "CopyResults",
    "HashedFile",
    "KnownFile",
    "Leaves",
    "MappedFingerprints",
    "ModelInfo",
    "PairResults",
    "Recognised",
    "Run",
    "SavedDendrogram",
    "SkippedFile",
    "Store",
    "StoreInfo",
    "StoredContent",
    "Thumbnails",
    "default_location",
    "known_file",
]
