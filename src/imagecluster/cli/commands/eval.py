"""`imagecluster eval`: scores of fingerprints and clusters against labels."""

from __future__ import annotations

import argparse
import json
import math
from typing import TYPE_CHECKING, Any

from imagecluster.cli.arguments import (
    Commands,
    add_cut,
    add_db,
    add_force,
    add_model,
    add_sim_scale,
    positive,
    similarity,
)
from imagecluster.cli.opening import database_of, opened_to_cut
from imagecluster.cli.paths import existing_path, typed_path
from imagecluster.cli.progress import ProgressBar

if TYPE_CHECKING:
    from imagecluster.evaluate.evaluation import Evaluation


def label_source(text: str) -> str:
    """Path of a table of labels, or the word `folders`."""
    return text if text == "folders" else str(existing_path(text))


def add(commands: Commands[argparse.ArgumentParser]) -> None:
    """Add the parser of `eval`."""
    parser = commands.add_parser(
        "eval",
        help="score fingerprints and clusters against labels of your own",
        description=(
            "Score a folder that has been sorted against labels: search for each labelled picture among the others, and"
            " compare the clusters of every cut with the labels. The clusters are made with the method of the latest"
            " run."
        ),
    )
    parser.add_argument("path", type=existing_path, metavar="PATH", help="the folder of pictures")
    parser.add_argument(
        "--labels", type=label_source, required=True, metavar="FILE",
        help="table (.tsv or .csv) with a column of paths and a column of labels, or the word 'folders', which takes"
        " each picture's folder as its label; pictures without a label are left out",
    )  # fmt: skip
    parser.add_argument(
        "--path-column", default=None, metavar="NAME", help="column of paths (default: path, file, filename, image ...)"
    )
    parser.add_argument(
        "--label-column", default=None, metavar="NAME",
        help="column of labels (default: label, group, class or category)",
    )  # fmt: skip
    parser.add_argument(
        "--distractor", action="append", default=[], metavar="LABEL",
        help="label of pictures that belong to no class and are always a wrong answer (may be repeated)",
    )  # fmt: skip
    parser.add_argument(
        "--sim",
        type=similarity,
        default=None,
        metavar="S",
        help="similarity index of the cut to score (default: that of the latest run)",
    )
    add_sim_scale(parser, default="that of the latest run")
    add_cut(parser)
    add_db(parser)
    add_model(parser)
    parser.add_argument(
        "--threads", type=positive, default=None, metavar="N", help="number of threads (default: one per core)"
    )
    parser.add_argument(
        "--plot", type=typed_path, default=None, metavar="FILE",
        help="draw the scores of all cuts into this file: .png, .svg or .pdf (needs the extra `plot`)",
    )  # fmt: skip
    add_force(parser)
    parser.add_argument("-q", "--quiet", action="store_true", help="print no progress")
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of the table")


_NAMES = {
    "ari": "ARI",
    "ami": "AMI",
    "v_measure": "V-measure",
    "homogeneity": "  homogeneity",
    "completeness": "  completeness",
    "bcubed_f1": "B-cubed F1",
    "bcubed_precision": "  precision",
    "bcubed_recall": "  recall",
    "pair_precision": "pair precision",
    "pair_recall": "pair recall",
}

_HALVES = ("homogeneity", "completeness", "bcubed_precision", "bcubed_recall", "pair_precision", "pair_recall")
"""Scores that are perfect at one end of the scale, so that their best cut says nothing."""


def command(arguments: argparse.Namespace) -> int:
    """Print the scores of a folder's fingerprints and clusters, and draw them on request."""
    from imagecluster.evaluate.evaluation import EvaluationSettings, evaluate_clustering, read_labels
    from imagecluster.present.overwrite_guard import refuse_to_replace
    from imagecluster.present.score_plot import plot_scores
    from imagecluster.store import Store

    if arguments.plot is not None:
        refuse_to_replace(arguments.plot, force=arguments.force)
    directory = database_of(arguments)
    with (
        Store.open(directory, writable=False) as store,
        ProgressBar(quiet=arguments.quiet or arguments.json) as progress,
    ):
        collection, sim = opened_to_cut(arguments, store, progress=progress)
        labels = read_labels(
            arguments.labels,
            collection.root,
            collection.paths,
            path_column=arguments.path_column,
            label_column=arguments.label_column,
        )
        found = evaluate_clustering(
            collection.dendrogram,
            collection.vectors,
            collection.scale,
            labels,
            EvaluationSettings(sim, arguments.distractor, arguments.threads),
            progress=progress,
        )
        name, model = store.root.name, collection.model
    if arguments.plot is not None:
        plot_scores(arguments.plot, found, title=f"{name}: clusters against labels, {model}")
    print(json.dumps(_as_json(found, model)) if arguments.json else _as_text(found, model))
    return 0


def _as_text(found: Evaluation, model: str) -> str:
    labelling, retrieval, curve = found.labelling, found.retrieval, found.curve
    n_labelled = int(labelling.counts.sum())
    lines = [
        f"pictures   {found.n_images:,}: {n_labelled:,} in {len(labelling.names):,} classes,"
        f" {labelling.n_distractors:,} distractors, {labelling.n_unlabelled:,} without a label (left out)",
        f"model      {model}",
    ]
    if found.n_strangers:
        lines.append(f"labels     {found.n_strangers:,} more for pictures that are not in the database")
    alone = f"; {retrieval.n_alone:,} are alone in their class" if retrieval.n_alone else ""
    lines += ["", f"search     each of {retrieval.n_queries:,} pictures among {retrieval.n_candidates:,} others{alone}"]
    if retrieval.n_queries:
        low, high = retrieval.interval
        lines.append(f"mAP        {retrieval.mean_average_precision:.4f}  (95 %: {low:.4f} to {high:.4f})")
        lines += [f"{f'recall@{k}':<11}{share:.4f}" for k, share in retrieval.recall.items()]
    at = f"at {found.sim:g}"
    head = f"{'clusters':<18}{at:>8}{'best':>9}{'at sim':>9}{'clusters':>10}"
    lines += ["", head + f"   ({len(curve.height):,} cuts, {found.sim_scale} scale)"]
    for key, label in _NAMES.items():
        best = found.best[key]
        of_best = "" if key in _HALVES else f"{best.value:>9.4f}{best.sim:>9.3f}{best.n_clusters:>10,}"
        lines.append(f"{label:<18}{found.at_sim[key]:>8.4f}{of_best}")
    lines.append(f"{'share of singles':<18}{_share_of_singles(found):>8.4f}")
    lines.append(f"{'number of clusters':<18}{found.n_clusters_at_sim:>8,}")
    return "\n".join(lines)


def _as_json(found: Evaluation, model: str) -> dict[str, Any]:
    retrieval, labelling = found.retrieval, found.labelling
    return {
        "model": model,
        "sim_scale": found.sim_scale,
        "n_images": found.n_images,
        "n_classes": len(labelling.names),
        "n_labelled": int(labelling.counts.sum()),
        "n_distractors": labelling.n_distractors,
        "n_unlabelled": labelling.n_unlabelled,
        "n_labels_of_unknown_pictures": found.n_strangers,
        "retrieval": {
            "n_queries": retrieval.n_queries,
            "n_candidates": retrieval.n_candidates,
            "n_alone": retrieval.n_alone,
            "mean_average_precision": _number(retrieval.mean_average_precision),
            "interval_95": [_number(end) for end in retrieval.interval],
            "recall": {str(k): _number(share) for k, share in retrieval.recall.items()},
        },
        "clusters": {
            "sim": found.sim,
            "n_clusters": found.n_clusters_at_sim,
            "share_of_singles": _share_of_singles(found),
            "scores": found.at_sim,
            "best": {
                name: {"value": best.value, "sim": best.sim, "n_clusters": best.n_clusters}
                for name, best in found.best.items()
                if name not in _HALVES
            },
            "n_cuts": len(found.sims),
        },
    }


def _share_of_singles(found: Evaluation) -> float:
    """Share of all pictures that are alone in their cluster."""
    return found.n_singles_at_sim / max(1, found.n_images)


def _number(value: float) -> float | None:
    """The number, or None for NaN, which JSON does not have: there was no query."""
    return None if math.isnan(value) else value
