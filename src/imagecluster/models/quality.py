"""Measured quality of models in finding similar pictures."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["QUALITY", "Quality"]


class Quality(NamedTuple):
    """Mean average precision of leave-one-out retrieval on three labelled sets."""

    objects: float
    """340 photographs of 85 objects."""
    kinds: float
    """330 photographs of 10 kinds of garment."""
    copies: float
    """176 edited copies of 8 photographs, among the pictures of the two other sets."""


QUALITY = {
    "efficientnet-lite1-regions@int8.1": Quality(0.9959, 0.5251, 0.9920),
    "efficientnet-lite2-regions@int8.1": Quality(0.9962, 0.5361, 0.9820),
    "efficientnet-lite1-regions+efficientnet-lite2-regions@int8.1+int8.1": Quality(0.9975, 0.5514, 0.9893),
    "efficientnet-lite0@int8.2": Quality(0.9934, 0.4912, 0.9893),
    "sscd@2": Quality(0.9968, 0.2124, 0.9993),
    "sscd-distilled@2": Quality(0.9947, 0.2123, 0.9999),
}
"""Quality by the model's identity (docs/quality.md, and docs/models.md for models of other packages). Models that were
not measured, because their weights could not be downloaded, have no entry."""
