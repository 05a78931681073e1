"""The original imagecluster: its functions under their old names, and an import of its fingerprints."""
