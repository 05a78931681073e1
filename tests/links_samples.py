"""What the tests of trees of links share."""

from pathlib import Path

from imagecluster.present.links import LINKS_MARKER
from imagecluster.present.owned_tree import RECORD_NAME


def touch(path: Path, content: bytes = b"x") -> Path:
    """A small file, with the folders above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def listing(tree: Path) -> dict[str, bytes | None]:
    """Content of every file of a tree by its relative path, without marker and record; None for a dangling link."""
    return {
        path.relative_to(tree).as_posix(): path.read_bytes() if path.exists() else None
        for path in sorted(tree.rglob("*"))
        if (path.is_symlink() or path.is_file()) and path.name not in (LINKS_MARKER, RECORD_NAME)
    }
