"""Search for files that may be pictures, and for what belongs to them."""

from imagecluster.scan.beside import paired
from imagecluster.scan.kinds import PICTURE_SUFFIXES, RAW_SUFFIXES, kind_of
from imagecluster.scan.known_folders import PAGE_MARKER, STORE_MARKER, untouchable_reason
from imagecluster.scan.paths import StrPath, absolute, as_paths, read_path_list
from imagecluster.scan.together import Item, Moment, items_of, parts_leaving, pictures_in
from imagecluster.scan.walking import scan

__all__ = [
    "PAGE_MARKER",
    "PICTURE_SUFFIXES",
    "RAW_SUFFIXES",
    "STORE_MARKER",
    "Item",
    "Moment",
    "StrPath",
    "absolute",
    "as_paths",
    "items_of",
    "kind_of",
    "paired",
    "parts_leaving",
    "pictures_in",
    "read_path_list",
    "scan",
    "untouchable_reason",
]
