"""Collections with copies, for tests."""

from __future__ import annotations

import shutil
from pathlib import Path

from PIL import Image, ImageOps, PngImagePlugin

from imagecluster.functions import duplicates
from pictures import draw


def with_comment(source: Path, target: Path, text: str) -> Path:
    """A PNG with the same pixels and another comment."""
    target.parent.mkdir(parents=True, exist_ok=True)
    info = PngImagePlugin.PngInfo()
    info.add_text("Comment", text)
    with Image.open(source) as image:
        image.save(target, pnginfo=info)
    return target


def copied(source: Path, target: Path) -> Path:
    """The same bytes elsewhere."""
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy2(source, target)
    return target


def edited(source: Path, target: Path, edit, **options) -> Path:
    """An edited copy of a photograph, without its metadata."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with Image.open(source) as image:
        edit(ImageOps.exif_transpose(image).convert("RGB")).save(target, **options)
    return target


def three_files(folder: Path) -> Path:
    """One picture as a file, as a copy of it, and with another comment; and pictures without copies."""
    first = draw(folder / "a.png", 0)
    copied(first, folder / "sub" / "b.png")
    with_comment(first, folder / "c.png", "other")
    for seed in (1, 2, 3):
        draw(folder / f"single_{seed}.png", seed)
    return folder


def names(found, *, removable=False):
    """Names of the files of each group, the one kept first; only those that may go, with `removable`."""
    return [
        [file.path.relative_to(found.root).as_posix() for file in (group.removable if removable else group.files)]
        for group in found.groups
    ]


def groups_of(folder: Path, *args, **options):
    """Names of the files of each group of a folder."""
    return names(duplicates(folder, *args, **options))
