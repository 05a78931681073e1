"""Real small pictures that say when, where and by which camera they were taken, for tests of trips and events."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
from PIL import Image

from picture_samples import encoded, exif

BERLIN, REYKJAVIK = (52.52, 13.40), (64.15, -21.94)
CAMERA = "Apple iPhone 14"


def photograph(path: Path, when: str | None = None, at=None, offset: str = "", camera: str = CAMERA) -> Path:
    """A photograph by its path, whose content depends on the name; `when` is such as '2025-03-02 10:05:00'."""
    path.parent.mkdir(parents=True, exist_ok=True)
    seed = int.from_bytes(hashlib.sha256(path.name.encode(errors="surrogateescape")).digest()[:4], "big")
    colours = np.random.default_rng(seed).integers(0, 256, (6, 8, 3), dtype=np.uint8)
    make, _, model = camera.partition(" ")
    more = {"main": {0x010F: ("A", make.encode() + b"\0"), 0x0110: ("A", model.encode() + b"\0")}, "own": {}}
    if offset:
        more["own"][0x9011] = ("A", offset.encode() + b"\0")
    said = exif(
        original=when and when.replace("-", ":").encode() + b"\0",
        gps=at
        and [(b"N\0" if at[0] >= 0 else b"S\0", _parts(at[0])), (b"E\0" if at[1] >= 0 else b"W\0", _parts(at[1]))],
        more=more,
    )
    image = Image.fromarray(colours).resize((96, 72), Image.Resampling.BICUBIC)
    path.write_bytes(encoded(image, "JPEG", quality=85, exif=said))
    return path


def _parts(degrees: float) -> list[int]:
    """Degrees, minutes and seconds as rationals."""
    hundredths = round(abs(degrees) * 360_000)
    return [hundredths // 360_000, 1, hundredths // 6000 % 60, 1, hundredths % 6000, 100]


def life(folder: Path) -> Path:
    """Sundays at home in Berlin from January to April 2025, two days in Iceland in March, and one undated picture."""
    for week in range(15):
        day = np.datetime64("2025-01-05") + 7 * week
        for number in range(2):
            photograph(folder / f"home/{day}_{number}.jpg", f"{day} 15:0{number}:00", BERLIN, "+01:00")
    for day, hour in ((3, 10), (3, 16), (4, 11), (4, 17)):
        for number in range(3):
            name = folder / f"away/{day}_{hour}_{number}.jpg"
            photograph(name, f"2025-03-0{day} {hour}:0{number}:00", REYKJAVIK, "+00:00")
    photograph(folder / "scans/undated.jpg")
    return folder
