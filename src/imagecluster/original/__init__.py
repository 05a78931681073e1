"""Fingerprints of the original imagecluster: those that are computed as it did, and those that it left behind."""

from imagecluster.original.stored import stored_fingerprints

__all__ = ["stored_fingerprints"]
