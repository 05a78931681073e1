"""Speed of networks on this machine, measured on request and remembered in the user's cache."""

from __future__ import annotations

import time

import numpy as np
from PIL import Image

from imagecluster.embed.embedder import load_embedders
from imagecluster.models import Crop, Model, models_folder, remember, remembered

__all__ = ["measure_speed", "remember_speed", "remembered_speeds"]

_REMEMBERED = "speeds.json"
_LEAST_RUNS = 3


def measure_speed(model: Model, *, at_least_s: float = 1.0) -> float:
    """Processor time in milliseconds that a model's networks take for one decoded picture, in one thread.

    It is the median over runs of `at_least_s` seconds, in the model's own batches, after a run that does not count.

    Raises
    ------
    ModelError, MissingExtraError
        The weights are not on this machine and cannot be downloaded.
    """
    rng = np.random.default_rng(0)
    total_ms = 0.0
    for embedder in load_embedders(model):
        geometry = embedder.model.geometry
        side = geometry.short_side_px if isinstance(geometry, Crop) else 0
        width, height = (side, side) if side else geometry.size
        pictures = [Image.fromarray(rng.integers(0, 256, (height, width, 3), np.uint8)) for _ in range(embedder.batch)]
        embedder.all_features(pictures)
        runs_s: list[float] = []
        while len(runs_s) < _LEAST_RUNS or sum(runs_s) < at_least_s:
            started_s = time.thread_time()
            embedder.all_features(pictures)
            runs_s.append(time.thread_time() - started_s)
        total_ms += 1000 * float(np.median(runs_s)) / len(pictures)
    return total_ms


def remembered_speeds() -> dict[str, float]:
    """Measurements on this machine: milliseconds per picture, by the model's identity."""
    known = remembered(models_folder() / _REMEMBERED)
    return {key: float(value) for key, value in known.items() if isinstance(value, (int, float))}


def remember_speed(identity: str, ms: float) -> None:
    """Keep a measurement; if the cache cannot be written to, it is not kept."""
    remember(models_folder() / _REMEMBERED, identity, round(ms, 2))
