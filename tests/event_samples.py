"""Collections of pictures that were never taken: moments for the tests of trips and events."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from imagecluster.events import Moments, Occasions

HOUR_S, DAY_S = 3600.0, 86_400.0
MONDAY_S = 1_767_571_200.0  # 2026-01-05 00:00 UTC
HERE = (52.52, 13.40)
FAR = (-8.51, 115.26)


@dataclass
class Shot:
    """One picture; what is not given is not known."""

    instant_s: float
    at: tuple[float, float] = (np.nan, np.nan)
    camera: str = "phone"
    zone_s: float = np.nan
    subject: int = -1
    """Pictures with one number show the same; -1: like no other."""
    exposure_s: float = np.nan
    iso: float = np.nan
    focus_m: float = np.nan
    name: str = ""


def moments(shots: Sequence[Shot], *, n_dimensions: int = 64) -> Moments:
    """Moments of shots; what shows the same has equal vectors and grey pictures, anything else unrelated ones."""
    rng = np.random.default_rng(5)
    subjects: dict[int, tuple[NDArray[np.float32], NDArray[np.uint8]]] = {}
    vectors, greys = [], []
    for shot in shots:
        vector = rng.normal(size=n_dimensions).astype(np.float32)
        grey = rng.integers(0, 256, (32, 32)).astype(np.uint8)
        if shot.subject >= 0:
            vector, grey = subjects.setdefault(shot.subject, (vector, grey))
        vectors.append(vector / np.linalg.norm(vector))
        greys.append(grey)
    greys = np.array(greys, np.uint8).reshape(len(shots), 32, 32)
    return Moments(
        instant_s=np.array([shot.instant_s for shot in shots], np.float64),
        zone_s=np.array([shot.zone_s for shot in shots], np.float64),
        latitude_deg=np.array([shot.at[0] for shot in shots], np.float64),
        longitude_deg=np.array([shot.at[1] for shot in shots], np.float64),
        cameras=tuple(shot.camera for shot in shots),
        exposure_s=np.array([shot.exposure_s for shot in shots], np.float64),
        iso=np.array([shot.iso for shot in shots], np.float64),
        f_number=np.full(len(shots), np.nan),
        focus_m=np.array([shot.focus_m for shot in shots], np.float64),
        names=tuple(shot.name or f"{number:06d}.jpg" for number, shot in enumerate(shots)),
        vectors=np.array(vectors, np.float32).reshape(len(shots), n_dimensions),
        load_grey=lambda rows: greys[rows],
    )


def at_home(n_weeks: int = 30, *, at: tuple[float, float] = HERE, start_s: float = MONDAY_S) -> list[Shot]:
    """Two pictures at home each Monday at 18:00."""
    when = [start_s + week * 7 * DAY_S + 18 * HOUR_S + minute * 60 for week in range(n_weeks) for minute in (0, 4)]
    return [Shot(instant_s, at) for instant_s in when]


def outing(start_s: float, at: tuple[float, float], n: int = 6, step_s: float = 600.0, **known: object) -> list[Shot]:
    """Pictures of one place, `step_s` apart."""
    return [Shot(start_s + number * step_s, at, **known) for number in range(n)]


def labels(found: Occasions, n: int, level: str) -> NDArray[np.int64]:
    """Number of the trip, event, scene or burst of each row; -1 for none."""
    label = np.full(n, -1)
    parts = {
        "trip": list(found.trips),
        "event": list(found.events()),
        "scene": [scene for event in found.events() for scene in event.scenes],
        "burst": [burst for event in found.events() for scene in event.scenes for burst in scene.bursts],
    }[level]
    for number, part in enumerate(parts):
        label[list(part.rows)] = number
    return label


def kinds(found: Occasions, n: int) -> list[str]:
    """Kind of the trip of each row; empty for undated rows."""
    of_row = [""] * n
    for trip in found.trips:
        for row in trip.rows:
            of_row[row] = trip.kind
    return of_row


def same(label: NDArray[np.int64], rows: Sequence[int]) -> bool:
    """Whether all the rows have one label."""
    return len(set(label[list(rows)].tolist())) == 1


def check_whole(found: Occasions, n: int) -> None:
    """Assert what holds for every tree: each dated picture once, order and heights fit the records."""
    rows = [row for trip in found.trips for row in trip.rows]
    assert rows == found.order.tolist()
    assert sorted(rows + list(found.undated)) == list(range(n))
    assert len(found.heights) == len(rows)
    assert not np.isnan(found.heights).any()
    if not rows:
        return
    assert found.heights[0] == np.inf
    for level, height in (("burst", 1.0), ("scene", 2.0), ("event", 3.0), ("trip", 4.0)):
        label = labels(found, n, level)[found.order]
        assert ((np.diff(label) != 0) == (found.heights[1:] >= height)).all(), level
    for trip in found.trips:
        counted = [number for stay in trip.stays for number in range(stay.first, stay.first + stay.n_events)]
        assert counted in ([], list(range(len(trip.events))))
