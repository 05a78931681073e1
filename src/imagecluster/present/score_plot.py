"""A drawing of how good every cut is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from imagecluster.errors import ArgumentError, MissingExtraError
from imagecluster.present.plots.figure import save_figure

_SUFFIXES = (".png", ".svg", ".pdf")

_LINES = {
    "ari": ("ARI", "#b0371c", "-"),
    "ami": ("AMI", "#20639b", "-"),
    "v_measure": ("V-measure", "#6a4c93", "-"),
    "bcubed_f1": ("B-cubed F1", "#1d1b19", "-"),
    "bcubed_precision": ("B-cubed precision", "#7a7671", "--"),
    "bcubed_recall": ("B-cubed recall", "#7a7671", ":"),
}
"""Name in the legend, colour and dash of each score that is drawn."""


def plot_scores(
    file: Path,
    *,
    title: str,
    sims: Sequence[float],
    scores: Mapping[str, Sequence[float]],
    best: Mapping[str, float],
    sim: float,
    sim_scale: str,
) -> None:
    """Draws scores against the similarity index, with a dot at the best of each.

    Parameters
    ----------
    file
        .png, .svg or .pdf.
    title
        Stands above.
    sims
        Similarity index of each cut, decreasing, shape (n_cuts,).
    scores
        Shape (n_cuts,) each, by name; those that `evaluate.SCORES` names are known.
    best
        Index at which each is highest, by name.
    sim
        Index that is marked by a line.
    sim_scale
        What the index means.

    Raises
    ------
    ArgumentError
        The file's suffix is another one.
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
        raise MissingExtraError("drawing needs matplotlib: pip install 'imagecluster[plot]'") from None
    figure = matplotlib.figure.Figure(figsize=(9, 5.2), layout="constrained")
    axes = figure.add_subplot()
    for name, (label, colour, dash) in _LINES.items():
        # A cut holds from its own index down to that of the next one.
        axes.step(
            [*sims, 0.0], [*scores[name], scores[name][-1]], dash, where="post", color=colour, label=label, lw=1.6
        )
    for name, (_, colour, dash) in _LINES.items():
        if dash == "-":
            axes.plot([best[name]], [max(scores[name])], "o", color=colour, ms=6)
    axes.axvline(sim, color="#1d1b19", lw=0.8, alpha=0.5)
    axes.text(sim, 1.045, f"sim {sim:g}", ha="center", fontsize=9)
    axes.set(xlim=(0, 1), ylim=(min(-0.02, *map(min, scores.values())), 1.03))
    axes.set_xlabel(f"similarity index ({sim_scale} scale): 0 all in one cluster, 1 only identical pictures")
    axes.set_ylabel("score")
    axes.set_title(title, loc="left", pad=18)
    axes.grid(alpha=0.2)
    axes.legend(loc="center left", bbox_to_anchor=(1.01, 0.5), frameon=False)
    save_figure(figure, file, dpi=140)
