"""A small album as a life leaves it: weeks at home, a journey, and a picture without a date."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from PIL import Image

from pictures import draw

BERLIN = (52.52, 13.40)
REYKJAVIK = (64.15, -21.94)
VIK = (63.42, -19.01)


def make_life(root: Path) -> Path:
    """Fourteen Sundays at home in Berlin with two pictures each, five days in Iceland, one picture without a date.

    Iceland has 15 pictures in five events, three in Reykjavík and two in Vík; each event shows two groups of
    look-alikes, of two pictures and of one.
    """
    for week in range(14):
        day = datetime(2025, 1, 5, 15) + timedelta(days=7 * week)
        for picture in range(2):
            name = f"home/{week:02}_{picture}.jpg"
            _taken(root / name, week % 6, 160 + picture, day + timedelta(minutes=4 * picture), "+01:00", BERLIN)
    for number, (days, hour, place) in enumerate(
        [(1, 10, REYKJAVIK), (1, 18, REYKJAVIK), (2, 10, VIK), (2, 18, VIK), (4, 10, REYKJAVIK)]
    ):
        for picture in range(3):
            when = datetime(2025, 3, 2, hour, picture * 2) + timedelta(days=days)
            seed = number if picture < 2 else (number + 1) % 6
            _taken(root / f"iceland/{number}_{picture}.jpg", seed, 170 + picture, when, "+00:00", place)
    draw(root / "scan.png", 5, size=(150, 120))
    return root


def _taken(path: Path, seed: int, width: int, when: datetime, offset: str, at: tuple[float, float]) -> None:
    """A JPEG whose EXIF says when and where it was taken."""
    draw(path, seed, size=(width, 128))
    exif = Image.Exif()
    exif[0x010F], exif[0x0110] = "Maker", "Phone"
    exif.get_ifd(0x8769).update(
        {0x9003: when.strftime("%Y:%m:%d %H:%M:%S"), 0x9011: offset, 0x829A: 0.01, 0x8827: 100},
    )
    latitude, longitude = at
    exif.get_ifd(0x8825).update(
        {1: "NS"[latitude < 0], 2: _degrees(latitude), 3: "EW"[longitude < 0], 4: _degrees(longitude)}
    )
    with Image.open(path) as image:
        image.load()
        image.save(path, exif=exif, quality=90)


def _degrees(value: float) -> tuple[float, float, float]:
    return abs(value), 0.0, 0.0
