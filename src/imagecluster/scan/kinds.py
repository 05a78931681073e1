"""Kinds of files by their names and their first bytes."""

from __future__ import annotations

import re
from typing import Literal

__all__ = ["PICTURE_SUFFIXES", "RAW_SUFFIXES", "FileKind", "begins_like_a_picture", "kind_of", "may_be_a_picture"]

FileKind = Literal["picture", "drawing", "document", "raw", "video", "other"]

# fmt: off
RAW_SUFFIXES = frozenset((
    ".3fr", ".arw", ".cr2", ".cr3", ".crw", ".dcr", ".dng", ".erf", ".iiq", ".kdc", ".mef", ".mos", ".mrw",
    ".nef", ".nrw", ".orf", ".pef", ".raf", ".raw", ".rw2", ".rwl", ".sr2", ".srf", ".srw", ".x3f",
))
"""Suffixes of cameras' raw files, lower case with the dot."""

PICTURE_SUFFIXES = RAW_SUFFIXES | frozenset((
    ".apng", ".avif", ".avifs", ".bmp", ".dib", ".gif", ".heic", ".heics", ".heif", ".heifs", ".hif", ".insp",
    ".j2c", ".j2k", ".jfi", ".jfif", ".jif", ".jp2", ".jpc", ".jpe", ".jpeg", ".jpf", ".jpg", ".jps", ".jpx", ".jxl",
    ".mpo", ".pbm", ".pfm", ".pgm", ".pjp", ".pjpeg", ".png", ".pnm", ".pns", ".ppm", ".psd", ".tga", ".tif",
    ".tiff", ".webp",
))
"""Suffixes of the files that are taken from a folder, lower case with the dot."""

_UNREAD: dict[FileKind, frozenset[str]] = {
    "picture": frozenset((
        ".afphoto", ".blp", ".bpg", ".clip", ".cur", ".dcm", ".dds", ".exr", ".fits", ".flif", ".hdp", ".hdr", ".icns",
        ".ico", ".jls", ".jxr", ".kra", ".ora", ".pam", ".pcx", ".pdn", ".procreate", ".psb", ".qoi", ".ras",
        ".sgi", ".wdp", ".xbm", ".xcf", ".xpm",
    )),
    "drawing": frozenset((
        ".afdesign", ".ai", ".cdr", ".emf", ".eps", ".odg", ".sketch", ".svg", ".svgz", ".vsd", ".wmf",
    )),
    "document": frozenset((".djvu", ".odp", ".pdf", ".pps", ".ppsx", ".ppt", ".pptx", ".ps", ".xps")),
    "raw": frozenset((
        ".ari", ".bay", ".braw", ".cap", ".cine", ".cs1", ".dc2", ".dcs", ".drf", ".eip", ".fff", ".gpr", ".j6i",
        ".k25", ".kc2", ".mdc", ".ptx", ".pxn", ".qtk", ".r3d", ".rdc", ".rwz", ".sti",
    )),
    "video": frozenset((
        ".360", ".3g2", ".3gp", ".3gpp", ".asf", ".avi", ".divx", ".flv", ".insv", ".lrv", ".m2t", ".m2ts", ".m2v",
        ".m4v", ".mkv", ".mod", ".mov", ".mp4", ".mpe", ".mpeg", ".mpg", ".mts", ".mxf", ".ogm", ".ogv", ".qt", ".rm",
        ".rmvb", ".tod", ".vob", ".webm", ".wmv",
    )),
}
"""Suffixes of files that show something and are not read."""
# fmt: on

_KIND_OF = {suffix: kind for kind, suffixes in _UNREAD.items() for suffix in suffixes}

_LEFT_BY_PROGRAMS = frozenset((
    "", ".bak", ".bin", ".crdownload", ".dat", ".data", ".download", ".file", ".image", ".img", ".old", ".orig",
    ".original", ".part", ".partial", ".pic", ".picture", ".tmp", ".unknown",
))  # fmt: skip
"""Suffixes under which browsers, mail programs and recovery tools leave pictures."""

_PICTURE_INSIDE = re.compile(r"\.(?:jpe?g|png|gif|webp|heic|heif|avif|tiff?|bmp|jxl|cr2|nef|arw|dng)(?![a-z0-9])|"
                             r"\.(?:jpe?g|png|gif|webp)_?[a-z0-9]{1,9}$", re.IGNORECASE)  # fmt: skip
"""A suffix of pictures with something behind it: `.jpg_large`, `.jpeg.download`, `.jpg~`, `.png!d`."""

_STARTS = re.compile(
    rb"\xff\xd8\xff|\x89PNG\r\n\x1a\n|GIF8[79]a|RIFF....WEBP|II\*\0|MM\0\*|BM....\0\0\0\0|8BPS\0\x01"
    rb"|\xff\x0a|\0\0\0\x0cJXL |\0\0\0\x0cjP  |....ftyp(?:hei[cfmsx]|hevc|avi[fs]|mi[fa]1|msf1|crx )",
    re.DOTALL,
)


def kind_of(suffix: str) -> FileKind:
    """What the files with a suffix (lower case, with its dot) show, if they are not taken from a folder.

    >>> kind_of(".svg"), kind_of(".mp4"), kind_of(".txt")
    ('drawing', 'video', 'other')
    """
    return _KIND_OF.get(suffix, "other")


def may_be_a_picture(name: str, suffix: str) -> bool:
    """Whether a file that is not taken is worth a look at its first bytes, judging by its name."""
    return suffix in _LEFT_BY_PROGRAMS or (suffix not in _KIND_OF and _PICTURE_INSIDE.search(name) is not None)


def begins_like_a_picture(start: bytes) -> bool:
    """Whether the first 32 bytes of a file are those of a picture."""
    return _STARTS.match(start) is not None
