"""Folders of links: one folder per cluster, with a link to the original or a copy of each picture in it."""

from imagecluster.present.links.building import LINKS_MARKER, LinkKind, LinkReport, Unlinked, make_links

__all__ = ["LINKS_MARKER", "LinkKind", "LinkReport", "Unlinked", "make_links"]
