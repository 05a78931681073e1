"""The original imagecluster: its functions under their old names, and the fingerprints that it left behind."""
