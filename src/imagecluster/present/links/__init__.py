"""Folders of links: one folder per cluster, with a link to the original or a copy of each picture in it."""

from imagecluster.present.links.building import LINKS_MARKER, LinkKind, LinkReport, Unlinked, make_links
from imagecluster.present.links.of_store import has_content, link_pictures

__all__ = [
    "LINKS_MARKER",
    "LinkKind",
    "LinkReport",
    "Unlinked",
    "has_content",
    "link_pictures",
    "make_links",
]
