"""What pictures show: copies and shots of one thing are alike; pages, screens and plain scans are not."""

import io
import random

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageEnhance

from imagecluster.cut.suggest import SAME_LOOK
from imagecluster.explore.looks import Looks


def page(seed):
    """A page of text with the margins and lines of all others."""
    rng = random.Random(seed)
    image = Image.new("RGB", (600, 800), (252, 252, 250))
    draw = ImageDraw.Draw(image)
    for y in range(60, 740, 22):
        words = " ".join("".join(rng.choices("abcdefghiklmnoprstuvw", k=rng.randint(2, 10))) for _ in range(12))
        draw.text((60, y), words[: rng.randint(20, 76)], fill=(30, 30, 30))
    return image


def screen(seed):
    """A screen of a program: the same bars, and other messages."""
    rng = random.Random(seed)
    image = Image.new("RGB", (540, 960), (255, 255, 255))
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 0, 540, 80), fill=(30, 110, 220))
    y = 110
    while y < 880:
        height, width, left = rng.randint(30, 110), rng.randint(120, 420), rng.choice((30, 90))
        draw.rounded_rectangle(
            (left, y, left + width, y + height), 12, fill=rng.choice([(220, 240, 220), (235, 235, 238)])
        )
        for line in range(y + 8, y + height - 10, 18):
            draw.text((left + 12, line), "".join(rng.choices("abcdefgh ", k=width // 9)), fill=(20, 20, 20))
        y += height + 16
    return image


def scene(seed):
    """A picture with structure of all sizes, as photographs have."""
    rng = np.random.default_rng(seed)
    levels = np.full((300, 400, 3), 128.0)
    for n_cells, strength in ((3, 50), (9, 35), (27, 25), (80, 12)):
        cells = Image.fromarray(rng.normal(0, strength, (n_cells, n_cells)).astype(np.float32))
        levels += np.asarray(cells.resize((400, 300), Image.Resampling.BICUBIC))[:, :, None]
    return Image.fromarray(np.clip(levels, 0, 255).astype(np.uint8))


def recompressed(image):
    """The picture as a poor JPEG."""
    stream = io.BytesIO()
    image.save(stream, "JPEG", quality=25)
    return Image.open(stream)


def cropped(image):
    """The picture without a border."""
    width, height = image.size
    return image.crop((width // 40, height // 40, width - width // 40, height - height // 40))


def likeness(one, other):
    """Likeness of two pictures."""
    return float(Looks([one, other].__getitem__)(np.array([[0, 1]]))[0])


@pytest.mark.parametrize("make", [page, screen, scene])
@pytest.mark.parametrize(
    "edit", [recompressed, cropped, lambda image: ImageEnhance.Contrast(image).enhance(0.6), lambda image: image.copy()]
)
def test_copies_are_alike(make, edit):
    """Recompressed, with other tones, or with a narrow border cut off: photographs, pages and screens."""
    assert likeness(make(1), edit(make(1))) >= SAME_LOOK


@pytest.mark.parametrize("make", [page, screen, scene])
def test_other_pictures_of_the_kind_are_not(make):
    """Each pair of six; what they have in common, margins and bars, does not make them the same."""
    pictures = [make(seed) for seed in range(6)]
    pairs = np.array([(i, j) for i in range(6) for j in range(i)])
    assert Looks(pictures.__getitem__)(pairs).max() < SAME_LOOK


def test_plain_and_missing_pictures_cannot_be_told():
    """A scan without content is like all others."""
    pictures = [Image.new("RGB", (300, 300), (250, 250, 250)), Image.new("RGB", (300, 300), (240, 240, 240)), None]
    pairs = np.array([(0, 1), (0, 2), (2, 2)])
    assert np.isnan(Looks(pictures.__getitem__)(pairs)).all()
    assert Looks(pictures.__getitem__)(pairs[:0]).shape == (0,)
