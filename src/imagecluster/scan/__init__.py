"""Search for files that may be pictures."""

from imagecluster.scan.kinds import PICTURE_SUFFIXES, RAW_SUFFIXES, kind_of
from imagecluster.scan.known_folders import PAGE_MARKER, STORE_MARKER
from imagecluster.scan.paths import StrPath, absolute, as_paths, read_path_list
from imagecluster.scan.walking import scan

__all__ = [
    "PAGE_MARKER",
    "PICTURE_SUFFIXES",
    "RAW_SUFFIXES",
    "STORE_MARKER",
    "StrPath",
    "absolute",
    "as_paths",
    "kind_of",
    "read_path_list",
    "scan",
]
