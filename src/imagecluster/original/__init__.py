"""Fingerprints of the original imagecluster: those that are computed as it did, and those that it left behind."""

from imagecluster.original.importing import Imported, import_fingerprints
from imagecluster.original.pickled import read_fingerprints_pk
from imagecluster.original.stored import stored_fingerprints

__all__ = ["Imported", "import_fingerprints", "read_fingerprints_pk", "stored_fingerprints"]
