"""The scale of `sim` that applies to a collection."""

from __future__ import annotations

from imagecluster.collection.recipe import Recipe
from imagecluster.cut.sim_scale import SimScale, calibrated, relative
from imagecluster.errors import ArgumentError, ImageclusterError
from imagecluster.models import MODELS, find_model
from imagecluster.records import Dendrogram, SimScaleName

PLAIN = Recipe()


def sim_scale_name(model: str, asked: SimScaleName | None, *, recipe: Recipe = PLAIN) -> SimScaleName:
    """The scale of `sim` that was requested; without a request, the calibrated one if it applies.

    Parameters
    ----------
    model
        `name@version`.
    asked
        The requested scale, or None.
    recipe
        How the pictures are joined. Curves are fitted for the plain recipe; with other methods and metrics, and with
        time, merge heights mean something else.

    Raises
    ------
    ArgumentError
        The calibrated scale was requested, and there is none.

    """
    if asked == "relative" or (asked is None and not recipe.is_plain):
        return "relative"
    if asked == "calibrated" and not recipe.is_plain:
        raise ArgumentError(
            "the calibrated scale of sim is for average linkage of cosine distances without time; with another method, "
            "another metric or time use the relative scale"
        )
    if has_curve(model):
        return "calibrated"
    if asked == "calibrated":
        known = ", ".join(sorted(name for name, declaration in MODELS.items() if declaration.sim_curve))
        raise ArgumentError(f"{model} has no calibrated scale of sim ({known} have one); use the relative scale")
    return "relative"


def has_curve(model: str) -> bool:
    """Whether the model of this identity, `name@version`, is known and has a curve."""
    return bool(_curve(model))


def scale_of(model: str, name: SimScaleName, dendrogram: Dendrogram) -> SimScale:
    """The scale of `sim`: the curve of a model, `name@version`, or the relative scale of a dendrogram."""
    return calibrated(_curve(model)) if name == "calibrated" else relative(dendrogram.top)


def _curve(model: str) -> tuple[tuple[float, float], ...]:
    """Curve of the model of this identity; empty if it has none or is unknown."""
    try:
        declaration = find_model(model.rpartition("@")[0])
    except ImageclusterError:
        return ()
    return declaration.sim_curve if declaration.identity == model else ()
