"""The scale of `sim` that applies to a collection."""

from __future__ import annotations

from imagecluster.collection.recipe import Recipe
from imagecluster.cut.sim_scale import SimScale, calibrated, relative
from imagecluster.errors import ArgumentError, ImageclusterError
from imagecluster.models import MODELS, find_model
from imagecluster.records import CutName, Dendrogram, SimScaleName

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
    return bool(_curves(model)[0])


def has_branch_curve(model: str) -> bool:
    """Whether the model of this identity, `name@version`, is known and has a curve for a cut by branch."""
    return bool(_curves(model)[1])


def scale_of(model: str, name: SimScaleName, dendrogram: Dendrogram) -> SimScale:
    """The scale of `sim`: the curve of a model, `name@version`, or the relative scale of a dendrogram."""
    return calibrated(_curves(model)[0]) if name == "calibrated" else relative(dendrogram.top)


def distance_of_content(model: str, sim: float, *, largest_distance: float) -> float:
    """The cosine distance of fingerprints at a similarity index.

    It is that of the curve of a model, `name@version`, or relative to the largest distance if it has none.
    """
    curve = _curves(model)[0]
    return (calibrated(curve) if curve else relative(largest_distance)).height(sim)


def cut_name(model: str, asked: CutName | None, scale_name: SimScaleName) -> CutName:
    """The way of cutting that was requested; without a request, by branch if it applies.

    Parameters
    ----------
    model
        `name@version`.
    asked
        The requested way, or None.
    scale_name
        The scale of `sim`. Only the calibrated scale says around which distance a branch is a group.

    Raises
    ------
    ArgumentError
        A cut by branch was requested, and there is none.

    """
    if asked == "flat" or (asked is None and scale_name != "calibrated"):
        return "flat"
    if scale_name != "calibrated":
        raise ArgumentError(
            "a cut by branch is for the calibrated scale of sim (average linkage of cosine distances without time, by a"
            " model that has such a scale); otherwise use the flat cut"
        )
    if has_branch_curve(model):
        return "branch"
    if asked == "branch":
        known = ", ".join(sorted(name for name, declaration in MODELS.items() if declaration.branch_curve))
        raise ArgumentError(f"{model} has no curve for a cut by branch ({known} have one); use the flat cut")
    return "flat"


def branch_scale_of(model: str, name: CutName) -> SimScale | None:
    """The scale of h0 of a model, `name@version`, for a cut by branch; None for a flat cut."""
    return calibrated(_curves(model)[1]) if name == "branch" else None


def _curves(model: str) -> tuple[tuple[tuple[float, float], ...], tuple[tuple[float, float], ...]]:
    """`sim_curve` and `branch_curve` of the model of this identity; empty if it has none or is unknown."""
    try:
        declaration = find_model(model.rpartition("@")[0])
    except ImageclusterError:
        return (), ()
    return (declaration.sim_curve, declaration.branch_curve) if declaration.identity == model else ((), ())
