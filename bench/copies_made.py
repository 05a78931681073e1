"""Test copies of photographs: every transformation that `bench/copies.py` measures.

The marks name what a search for copies should find; what has no mark is reported only.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from io import BytesIO
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter, ImageFont, ImageOps

Make = Callable[[Image.Image, np.random.Generator], Image.Image]


class Transformation(NamedTuple):
    """One way to change a photograph."""

    name: str
    make: Make
    mark: float | None = None
    """Share of the copies that should be found."""
    form: str = "JPEG"
    quality: int = 88
    is_altered: bool = False
    """Whether they should be found as `altered`: something was written over the picture."""

    def encoded(self, photograph: Image.Image, rng: np.random.Generator) -> bytes:
        """The bytes of the changed photograph's file."""
        out = BytesIO()
        changed = self.make(photograph, rng)
        lossless = {"lossless": True} if self.form == "WEBP" and self.quality == 0 else {}
        if self.form in ("JPEG", "WEBP"):
            changed.save(out, self.form, quality=self.quality, **lossless)
        else:
            changed.save(out, self.form)
        return out.getvalue()

    @property
    def suffix(self) -> str:
        """Suffix of its file's name."""
        return {"JPEG": ".jpg", "PNG": ".png", "WEBP": ".webp"}[self.form]


def same(photograph: Image.Image, rng: np.random.Generator) -> Image.Image:
    return photograph


def to_size(long_px: int) -> Make:
    def make(photograph: Image.Image, rng: np.random.Generator) -> Image.Image:
        return ImageOps.contain(photograph, (long_px, long_px), Image.Resampling.LANCZOS)

    return make


def scaled(factor: float) -> Make:
    def make(photograph: Image.Image, rng: np.random.Generator) -> Image.Image:
        size = (round(photograph.width * factor), round(photograph.height * factor))
        return photograph.resize(size, Image.Resampling.BICUBIC)

    return make


def cropped(share: float, *, enlarged: bool = False) -> Make:
    """A part with this share of the area cut off, anywhere."""

    def make(photograph: Image.Image, rng: np.random.Generator) -> Image.Image:
        width, height = photograph.size
        stretch = math.exp(rng.uniform(-0.5, 0.5) * share)
        w = min(width, round(width * math.sqrt(1 - share) * stretch))
        h = min(height, round((1 - share) * width * height / w))
        left, top = (int(rng.integers(0, room + 1)) for room in (width - w, height - h))
        part = photograph.crop((left, top, left + w, top + h))
        return ImageOps.contain(part, photograph.size, Image.Resampling.BICUBIC) if enlarged else part

    return make


def tone(photograph: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Another brightness, contrast and saturation."""
    photograph = ImageEnhance.Brightness(photograph).enhance(rng.uniform(0.7, 1.35))
    photograph = ImageEnhance.Contrast(photograph).enhance(rng.uniform(0.7, 1.4))
    return ImageEnhance.Color(photograph).enhance(rng.uniform(0.5, 1.6))


def curve(photograph: Image.Image, rng: np.random.Generator) -> Image.Image:
    """A warm filter with lifted shadows."""
    r, g, b = photograph.split()
    r = r.point([min(255, int(30 + 225 * (x / 255) ** 0.8)) for x in range(256)])
    g = g.point([int(20 + 225 * (x / 255)) for x in range(256)])
    b = b.point([int(35 + 190 * (x / 255) ** 1.2) for x in range(256)])
    return Image.merge("RGB", (r, g, b))


def grey(photograph: Image.Image, rng: np.random.Generator) -> Image.Image:
    return photograph.convert("L")


def turned(how: Image.Transpose) -> Make:
    def make(photograph: Image.Image, rng: np.random.Generator) -> Image.Image:
        return photograph.transpose(how)

    return make


def squashed(photograph: Image.Image, rng: np.random.Generator) -> Image.Image:
    """One side shorter by a tenth to a third."""
    factor = rng.uniform(0.67, 0.9)
    size = (round(photograph.width * factor), photograph.height)
    if rng.random() < 0.5:
        size = (photograph.width, round(photograph.height * factor))
    return photograph.resize(size, Image.Resampling.LANCZOS)


def border(photograph: Image.Image, rng: np.random.Generator) -> Image.Image:
    px = round(max(photograph.size) * rng.uniform(0.02, 0.08))
    return ImageOps.expand(photograph, px, fill=("white", "black", "#7a6a50")[rng.integers(3)])


def caption(photograph: Image.Image, rng: np.random.Generator) -> Image.Image:
    """A bar with text below."""
    bar = round(photograph.height * rng.uniform(0.08, 0.2))
    page = Image.new("RGB", (photograph.width, photograph.height + bar), "white")
    page.paste(photograph, (0, 0))
    ImageDraw.Draw(page).text(
        (bar // 3, photograph.height + bar // 5), "Summer holidays, day 7", "black", font=_font(bar // 2)
    )
    return page


def text(photograph: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Large letters over the middle, as in a meme."""
    changed = photograph.copy()
    size = round(photograph.height * 0.09)
    for place, line in ((0.04, "WHEN IT IS"), (0.86, "MONDAY AGAIN")):
        at = (photograph.width // 2, round(photograph.height * place))
        ImageDraw.Draw(changed).text(
            at, line, "white", font=_font(size), anchor="ma", stroke_width=max(1, size // 12), stroke_fill="black"
        )
    return changed


def watermark(photograph: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Half transparent letters across the picture."""
    layer = Image.new("RGBA", photograph.size)
    font = _font(round(photograph.width * 0.1))
    ImageDraw.Draw(layer).text(
        (photograph.width // 2, photograph.height // 2), "© SAMPLE", (255, 255, 255, 110), font=font, anchor="mm"
    )
    return Image.alpha_composite(photograph.convert("RGBA"), layer).convert("RGB")


def date_stamp(photograph: Image.Image, rng: np.random.Generator) -> Image.Image:
    changed = photograph.copy()
    size = max(12, photograph.height // 28)
    at = (photograph.width - size, photograph.height - size)
    ImageDraw.Draw(changed).text(at, "2019 07 21", "#ff9a30", font=_font(size), anchor="rs")
    return changed


def screenshot(photograph: Image.Image, rng: np.random.Generator) -> Image.Image:
    """A phone's screen that shows the photograph."""
    screen = Image.new("RGB", (1080, 2000), ("#101014", "white")[rng.integers(2)])
    shown = ImageOps.contain(photograph, (1080, 1500), Image.Resampling.LANCZOS)
    screen.paste(shown, ((1080 - shown.width) // 2, (2000 - shown.height) // 2))
    draw = ImageDraw.Draw(screen)
    draw.text((40, 30), "12:41", "#888888", font=_font(40))
    draw.text((540, 110), "Gallery", "#888888", font=_font(56), anchor="ma")
    for x in range(4):
        draw.ellipse((120 + 250 * x, 1880, 190 + 250 * x, 1950), outline="#888888", width=6)
    return screen


def inset(photograph: Image.Image, rng: np.random.Generator) -> Image.Image:
    """The photograph in a page of another one: two thirds of its width."""
    page = Image.effect_noise((1400, 1400), 60).convert("RGB").filter(ImageFilter.GaussianBlur(18))
    page = ImageEnhance.Contrast(page).enhance(3.0)
    shown = ImageOps.contain(photograph, (930, 930), Image.Resampling.LANCZOS)
    page.paste(shown, tuple(int(rng.integers(20, 1400 - side - 20)) for side in shown.size))
    return page


def collage(photographs: list[Image.Image]) -> Make:
    """Four photographs, of which it is one."""

    def make(photograph: Image.Image, rng: np.random.Generator) -> Image.Image:
        page = Image.new("RGB", (1240, 1240), "white")
        others = [photographs[i] for i in rng.choice(len(photographs), 4, replace=False)]
        place = int(rng.integers(4))
        for i, other in enumerate(others):
            tile = ImageOps.fit(photograph if i == place else other, (600, 600))
            page.paste(tile, (10 + 620 * (i % 2), 10 + 620 * (i // 2)))
        return page

    return make


def tilted(photograph: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Turned by some degrees, with black corners."""
    return photograph.rotate(float(rng.uniform(3, 12) * rng.choice([-1, 1])), Image.Resampling.BICUBIC, expand=True)


def blurred(photograph: Image.Image, rng: np.random.Generator) -> Image.Image:
    return photograph.filter(ImageFilter.GaussianBlur(max(photograph.size) / 500))


def mirrored_small_crop(photograph: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Several changes at once."""
    return to_size(640)(cropped(0.1)(ImageOps.mirror(photograph), rng), rng)


def _font(px: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(max(8, px))


def transformations(photographs: list[Image.Image]) -> list[Transformation]:
    """All of them, in the order of the table."""
    t = Transformation
    turns = Image.Transpose
    return [
        t("1024 px", to_size(1024), 0.99),
        t("640 px", to_size(640), 0.99),
        t("320 px", to_size(320), 0.99),
        t("160 px", to_size(160), 0.99),
        t("100 px", to_size(100)),
        t("enlarged by half", scaled(1.5)),
        t("JPEG q30", same, 0.99, quality=30),
        t("JPEG q10", same, 0.99, quality=10),
        t("WebP q75", same, 0.99, "WEBP", 75),
        t("tone", tone, 0.99),
        t("warm filter", curve, 0.99),
        t("grey", grey, 0.99),
        t("crop 5 %", cropped(0.05), 0.99),
        t("crop 10 %", cropped(0.10), 0.99),
        t("crop 25 %", cropped(0.25), 0.99),
        t("crop 50 %", cropped(0.50), 0.95),
        t("crop 10 %, enlarged", cropped(0.10, enlarged=True)),
        t("crop 25 %, enlarged", cropped(0.25, enlarged=True)),
        t("mirror", turned(turns.FLIP_LEFT_RIGHT), 0.99),
        t("turned 90°", turned(turns.ROTATE_270), 0.99),
        t("turned 180°", turned(turns.ROTATE_180), 0.99),
        t("turned 270°", turned(turns.ROTATE_90), 0.99),
        t("squashed", squashed, 0.99),
        t("border", border, 0.95),
        t("caption", caption, 0.95),
        t("text", text, 0.95, is_altered=True),
        t("watermark", watermark, 0.95, is_altered=True),
        t("date stamp", date_stamp),
        t("screenshot", screenshot, 0.85),
        t("inset", inset, 0.85),
        t("collage", collage(photographs)),
        t("tilted, black corners", tilted),
        t("blurred", blurred),
        t("mirror, crop 10 %, 640 px", mirrored_small_crop),
        t("PNG", same, None, "PNG"),
        t("WebP without loss", same, None, "WEBP", 0),
    ]
