"""All of release 0.1 of the original: `from imagecluster import imagecluster as ic`; later releases have `calc`."""

from imagecluster.original.first_release import cluster, fingerprint, fingerprints, get_model, make_links

__all__ = ["cluster", "fingerprint", "fingerprints", "get_model", "make_links"]
