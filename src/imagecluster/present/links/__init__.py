"""Folders of links: each cluster a folder, each picture in it a link to the original or a copy of it."""

from imagecluster.present.links.building import LINKS_MARKER, LinkKind, LinkReport, Unlinked, make_links

__all__ = ["LINKS_MARKER", "LinkKind", "LinkReport", "Unlinked", "make_links"]
