"""Pictures for the tests of copies: scenes with texture everywhere, drawn at random."""

from collections.abc import Callable, Sequence
from io import BytesIO

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from imagecluster.copies import Comparison, CopyFacts, compare_pairs
from imagecluster.decode import CLOSE_PX, decode, pixel_digest, sign_hash, small_picture
from imagecluster.records import Taken


def scene(seed: int, size: tuple[int, int] = (1200, 900)) -> Image.Image:
    """A picture with large shapes, small ones and a fine texture, like a photograph."""
    rng = np.random.default_rng(seed)
    coarse = Image.fromarray(rng.integers(30, 226, (5, 6, 3), np.uint8)).resize(size, Image.Resampling.BICUBIC)
    draw = ImageDraw.Draw(coarse)
    for _ in range(160):
        x, y = rng.integers(0, size[0]), rng.integers(0, size[1])
        w, h = rng.integers(size[0] // 60, size[0] // 7, 2)
        colour = tuple(int(level) for level in rng.integers(0, 256, 3))
        (draw.ellipse, draw.rectangle)[rng.integers(2)]((x, y, x + w, y + h), fill=colour)
    fine = rng.normal(0, 14, (size[1], size[0], 1))
    pixels = np.asarray(coarse.filter(ImageFilter.GaussianBlur(1.5)), np.float64) + fine
    return Image.fromarray(pixels.clip(0, 255).astype(np.uint8))


def jpeg(image: Image.Image, quality: int = 88, **options: object) -> bytes:
    return encoded(image, "JPEG", quality=quality, **options)


def encoded(image: Image.Image, form: str, **options: object) -> bytes:
    out = BytesIO()
    image.save(out, form, **options)
    return out.getvalue()


def facts_of(
    files: Sequence[bytes],
    *,
    cameras: Sequence[str] | None = None,
    taken: Sequence[Taken | None] | None = None,
    coded: Sequence[bytes] | None = None,
) -> CopyFacts:
    """The facts about pictures, read from their files."""
    pictures = [decode(data, short_side_px=240) for data in files]
    n = len(files)
    return CopyFacts(
        signs=np.stack([np.frombuffer(sign_hash(picture.image), np.uint8) for picture in pictures]),
        has_signs=np.ones(n, bool),
        width_px=np.array([picture.metadata.width_px for picture in pictures], np.int64),
        height_px=np.array([picture.metadata.height_px for picture in pictures], np.int64),
        coded=coded or [b""] * n,
        cameras=cameras or [""] * n,
        taken=taken or [None] * n,
    )


def loader(files: Sequence[bytes], facts: CopyFacts) -> Callable[[int], object]:
    return lambda i: small_picture(files[i], facts.size(i))


def compared(
    files: Sequence[bytes], pairs: Sequence[tuple[int, int]] | None = None, *, facts: CopyFacts | None = None, **options
) -> list[Comparison]:
    """Comparisons of pairs of files; by default of each other one with the first."""
    facts = facts or facts_of(files)
    pairs = pairs or [(i, 0) for i in range(1, len(files))]
    first, second = (np.array([pair[k] for pair in pairs], np.int64) for k in (0, 1))
    options = {
        "digest": lambda i: pixel_digest(files[i], facts.size(i)),
        "closer": lambda i: small_picture(files[i], facts.size(i), side_px=CLOSE_PX),
        **options,
    }
    found: list[Comparison] = []
    for _, of_run in compare_pairs(first, second, loader(files, facts), facts, **options):
        found += of_run
    return found


def evidence_of(files: Sequence[bytes], **options):
    """Evidence of each other file in terms of the first, and the other way."""
    facts = options.pop("facts", None) or facts_of(files)
    found = compared(files, facts=facts, **options)
    sizes = [facts.size(i) for i in range(len(files))]
    there = [c and c.evidence(sizes[i], sizes[0]) for i, c in enumerate(found, 1)]
    back = [c and c.reversed().evidence(sizes[0], sizes[i]) for i, c in enumerate(found, 1)]
    return there, back
