"""Collections with known trips, events and bursts, for bench/events.py.

Of the pictures in `trips_meta` only facts are known: times, places, exposures, and how alike each picture and the one
before it of the same camera are, as cosine and as correlation. Fingerprints and grey pictures are drawn that are as
alike as that, and otherwise unrelated: each is its predecessor plus noise. Of real pictures the best of five before and
five after a boundary counts, which is more alike than the two neighbours; so for events, scenes and trips the cosines
of a collection are raised until the median of neighbours within ten minutes is .55, at which likeness changes nothing.
"""

from __future__ import annotations

import csv
import itertools
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from imagecluster.events import Moments

LEVELS = ("trip", "stay", "event", "scene", "burst")
_COLUMNS = {"trip": "trip", "stay": "leg", "event": "event", "scene": "scene", "burst": "burst"}
_N_DIMENSIONS = 512
_NEUTRAL_COSINE = 0.55
_SPREAD = 0.7
"""The best of 25 cosines varies less than one of them."""


@dataclass(frozen=True)
class Known:
    """A collection and its truth."""

    name: str
    moments: Moments
    """With cosines raised as described above."""
    plain: Moments
    """With those of the table, for bursts."""
    truth: dict[str, NDArray[np.str_]]
    """By level; empty: cannot be known."""


def known_collections(folder: Path) -> list[Known]:
    """The two journeys to Bali and the series of exposures, as three collections; pictures without a time left out."""
    found = []
    for name, file, trips in (
        ("bali 2006", "bali", {"2006"}),
        ("bali 2026", "bali", {"2026"}),
        ("exposures", "hdr", {""}),
    ):
        with (folder / f"{file}.tsv").open(encoding="utf-8") as lines:
            rows = [row for row in csv.DictReader(lines, delimiter="\t") if row["taken_local"] and row["trip"] in trips]
        found.append(_known(name, rows))
    return found


def _known(name: str, rows: list[dict[str, str]]) -> Known:
    local_s = np.array([datetime.fromisoformat(row["taken_local"]).replace(tzinfo=UTC).timestamp() for row in rows])
    offset_s = _numbers(rows, "offset_s")
    known = np.flatnonzero(~np.isnan(offset_s))
    for row in np.flatnonzero(np.isnan(offset_s)):
        # Two pictures of a phone that lost all it said have that of the nearest; cameras without one, their local time.
        same = known[[rows[other]["camera"] == rows[row]["camera"] or not rows[row]["camera"] for other in known]]
        offset_s[row] = offset_s[same[np.argmin(np.abs(local_s[same] - local_s[row]))]] if len(same) else 0.0
    truth = {level: np.array([row.get(column) or "" for row in rows]) for level, column in _COLUMNS.items()}
    own = np.array([f"alone {number}" for number in range(len(rows))])
    truth["burst"] = np.where(truth["burst"] == "-", own, truth["burst"])

    def made(*, raised: bool) -> Moments:
        vectors, greys = _drawn(rows, local_s, raised=raised)
        return Moments(
            instant_s=local_s - offset_s,
            zone_s=offset_s,
            latitude_deg=_numbers(rows, "lat"),
            longitude_deg=_numbers(rows, "lon"),
            cameras=tuple(row["camera"] for row in rows),
            exposure_s=_numbers(rows, "exposure_s"),
            iso=_numbers(rows, "iso"),
            f_number=np.full(len(rows), np.nan),
            focus_m=np.full(len(rows), np.nan),
            names=tuple(row["file"] for row in rows),
            vectors=vectors,
            load_grey=lambda some: greys[some],
        )

    return Known(name, made(raised=True), made(raised=False), truth)


def _numbers(rows: list[dict[str, str]], column: str) -> NDArray[np.float64]:
    return np.array([float(row[column]) if row[column] else np.nan for row in rows])


def _drawn(
    rows: list[dict[str, str]], local_s: NDArray[np.float64], *, raised: bool
) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
    """Fingerprints and grey pictures that are as alike as the table says."""
    rng = np.random.default_rng(0)
    cosine, correlation = _numbers(rows, "cos_prev"), _numbers(rows, "ncc_prev")
    tracks = defaultdict(list)
    for row in sorted(range(len(rows)), key=lambda row: (local_s[row], rows[row]["file"])):
        tracks[rows[row]["camera"]].append(row)
    pairs = [pair for track in tracks.values() for pair in itertools.pairwise(track)]
    near = [b for a, b in pairs if local_s[b] - local_s[a] < 600 and not np.isnan(cosine[b])]
    middle = np.median(cosine[near])
    if raised and middle < _NEUTRAL_COSINE:
        cosine = np.clip(_NEUTRAL_COSINE + _SPREAD * (cosine - middle), -1, 1)
    vectors, normal = np.zeros((len(rows), _N_DIMENSIONS)), np.zeros((len(rows), 32 * 32))
    for track in tracks.values():
        for before, row in zip([None, *track], track, strict=False):
            vector, pixels = rng.normal(size=_N_DIMENSIONS), rng.normal(size=32 * 32)
            vector /= np.linalg.norm(vector)
            if before is not None and not np.isnan(cosine[row]):
                vector -= (vector @ vectors[before]) * vectors[before]
                vector *= np.sqrt(1 - cosine[row] ** 2) / np.linalg.norm(vector)
                vector += cosine[row] * vectors[before]
                r = 2 * np.sin(np.pi / 6 * correlation[row])  # Pearson's of Gaussians that have this one by rank
                pixels = r * normal[before] + np.sqrt(max(0.0, 1 - r**2)) * pixels
            vectors[row], normal[row] = vector, pixels
    ranks = normal.argsort(axis=1).argsort(axis=1) // 4
    return vectors.astype(np.float32), ranks.astype(np.uint8).reshape(-1, 32, 32)
