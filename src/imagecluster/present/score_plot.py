"""A drawing of the scores of all cuts."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from imagecluster.errors import ArgumentError
from imagecluster.present.plots.figure import save_figure
from imagecluster.system.extras import missing_extra

if TYPE_CHECKING:
    from imagecluster.evaluate.evaluation import Evaluation

_SUFFIXES = (".png", ".svg", ".pdf")

_LINES = {
    "ari": ("ARI", "#b0371c", "-"),
    "ami": ("AMI", "#20639b", "-"),
    "v_measure": ("V-measure", "#6a4c93", "-"),
    "bcubed_f1": ("B-cubed F1", "#1d1b19", "-"),
    "bcubed_precision": ("B-cubed precision", "#7a7671", "--"),
    "bcubed_recall": ("B-cubed recall", "#7a7671", ":"),
}
"""Name in the legend, colour and line style of each score."""


def plot_scores(file: Path, found: Evaluation, *, title: str) -> None:
    """Draw scores against the similarity index, with a dot at the best value of each and a line at the index asked for.

    Parameters
    ----------
    file
        File to write: .png, .svg or .pdf.
    found
        The scores.
    title
        Title above the drawing.

    Raises
    ------
    ArgumentError
        The file has another suffix.
    MissingExtraError
        matplotlib is not installed.
    OutputError
        The file cannot be written.

    """
    if file.suffix.lower() not in _SUFFIXES:
        raise ArgumentError(f"cannot draw {file.name!r}; the name must end with {', '.join(_SUFFIXES)}")
    try:
        import matplotlib.figure
    except ImportError:
        raise missing_extra("plots need matplotlib", "plot") from None
    scores, best = found.curve.scores, found.best
    figure = matplotlib.figure.Figure(figsize=(9, 5.2), layout="constrained")
    axes = figure.add_subplot()
    for name, (label, colour, dash) in _LINES.items():
        # A cut is valid from its own index down to that of the next cut.
        axes.step(
            [*found.sims, 0.0], [*scores[name], scores[name][-1]], dash, where="post", color=colour, label=label, lw=1.6
        )
    for name, (_, colour, dash) in _LINES.items():
        if dash == "-":
            axes.plot([best[name].sim], [max(scores[name])], "o", color=colour, ms=6)
    axes.axvline(found.sim, color="#1d1b19", lw=0.8, alpha=0.5)
    axes.text(found.sim, 1.045, f"sim {found.sim:g}", ha="center", fontsize=9)
    axes.set(xlim=(0, 1), ylim=(min(-0.02, *map(min, scores.values())), 1.03))
    axes.set_xlabel(f"similarity index ({found.sim_scale} scale): 0 all together, 1 only identical pictures")
    axes.set_ylabel("score")
    axes.set_title(title, loc="left", pad=18)
    axes.grid(alpha=0.2)
    axes.legend(loc="center left", bbox_to_anchor=(1.01, 0.5), frameon=False)
    save_figure(figure, file, dpi=140)
