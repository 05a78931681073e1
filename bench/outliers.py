"""What ten pictures unlike all others do to the clusters of the rest, on both scales of sim.

Usage: python bench/outliers.py PHOTOS [--model NAME] [--figure FILE]

PHOTOS holds the sets named below. Ten odd pictures (plain noise, ramps, stripes and text, which no set holds) are added
to each; for each sim the clusters of the set's own pictures, with and without them, are compared by the adjusted Rand
index: 1 where nothing moved.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from sklearn.metrics import adjusted_rand_score

from imagecluster import cut
from imagecluster.collection import scale_of
from imagecluster.embed import Embedder, embed_files
from imagecluster.linkage import average_linkage
from imagecluster.models import DEFAULT_MODEL, find_model
from imagecluster.records import ImageFile

SETS = ("albums_pigallery", "categories_clothing", "objects_ukbench", "scenes_sfm")
SIMS = np.linspace(0.05, 0.95, 91)
SIDE_PX = 320


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photos", type=Path)
    parser.add_argument("--model", default=DEFAULT_MODEL)
    parser.add_argument("--figure", type=Path)
    arguments = parser.parse_args()
    embedder = Embedder(find_model(arguments.model))
    odd = np.array([embedder(image) for image in odd_pictures()], np.float32)
    found = {name: agreement(vectors_of(arguments.photos / name, embedder), odd, embedder) for name in SETS}
    print("| set | pictures | farthest pair, before and after | relative: least, mean | calibrated: least, mean |")
    print("|---|---|---|---|---|")
    for name, (n, farthest, moved) in found.items():
        cells = [f"{values.min():.3f}, {values.mean():.3f}" for values in moved.values()]
        print(f"| {name} | {n} | {farthest[0]:.3f}, {farthest[1]:.3f} | {' | '.join(cells)} |")
    if arguments.figure:
        draw({name: moved for name, (_, _, moved) in found.items()}, arguments.figure)


def odd_pictures() -> list[Image.Image]:
    """Ten pictures that look like no photograph, and not like each other."""
    rng = np.random.default_rng(0)
    ramp = np.linspace(0, 255, SIDE_PX).astype(np.uint8)
    grids = [
        rng.integers(0, 256, (SIDE_PX, SIDE_PX, 3), np.uint8),
        np.repeat(rng.integers(0, 256, (SIDE_PX, SIDE_PX, 1), np.uint8), 3, axis=2),
        np.broadcast_to(ramp[:, None, None], (SIDE_PX, SIDE_PX, 3)),
        np.stack(np.broadcast_arrays(ramp[:, None], ramp[None], ramp[::-1, None]), axis=2),
        np.broadcast_to(np.where(np.arange(SIDE_PX) // 20 % 2, 255, 0).astype(np.uint8)[:, None], (SIDE_PX,) * 2),
        np.where((np.add.outer(np.arange(SIDE_PX), np.arange(SIDE_PX)) // 32) % 2, 200, 40).astype(np.uint8),
        np.full((SIDE_PX, SIDE_PX, 3), (250, 20, 40), np.uint8),
    ]
    images = [Image.fromarray(np.ascontiguousarray(grid)).convert("RGB") for grid in grids]
    for colour, text in (("white", "lorem ipsum dolor sit amet "), ("navy", "0123456789 "), ("khaki", "/\\|_-=+ ")):
        image = Image.new("RGB", (SIDE_PX, SIDE_PX), colour)
        pen = ImageDraw.Draw(image)
        for y in range(4, SIDE_PX, 16):
            pen.text((4, y), text * 6, fill="black" if colour != "navy" else "white")
        images.append(image)
    return images


def vectors_of(folder: Path, embedder: Embedder) -> NDArray[np.float32]:
    """Fingerprints of the photographs of a set."""
    files = [ImageFile(path, 0, 0) for path in sorted(folder.rglob("*")) if path.suffix.lower() in (".jpg", ".png")]
    found = [
        outcome.content.fingerprint for done in embed_files(files, embedder) for outcome in done if outcome.content
    ]
    return np.array(found, np.float32)


def agreement(
    X: NDArray[np.float32], odd: NDArray[np.float32], embedder: Embedder
) -> tuple[int, tuple[float, float], dict[str, NDArray[np.float64]]]:
    """Number of pictures, largest distances, and for each scale the adjusted Rand index at each of SIMS."""
    alone, crowded = average_linkage(X), average_linkage(np.concatenate([X, odd]))
    moved = {}
    for name in ("relative", "calibrated"):
        before, after = (scale_of(embedder.model.identity, name, tree) for tree in (alone, crowded))
        moved[name] = np.array(
            [
                adjusted_rand_score(
                    cut.cut(alone, sim=sim, scale=before), cut.cut(crowded, sim=sim, scale=after)[: len(X)]
                )
                for sim in SIMS
            ]
        )
    return len(X), (alone.largest_distance, crowded.largest_distance), moved


def draw(found: dict[str, dict[str, NDArray[np.float64]]], file: Path) -> None:
    """The agreement against sim, a panel a set."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, 2.6), layout="constrained")
    for axes, (name, moved) in zip(figure.subplots(1, len(found), sharey=True), found.items(), strict=True):
        axes.plot(SIMS, moved["relative"], color="0.55", label="relative")
        axes.plot(SIMS, moved["calibrated"], color="#b03a20", label="calibrated")
        axes.set(title=name, xlabel="sim", ylim=(-0.03, 1.05))
    figure.axes[0].set_ylabel("agreement with before (ARI)")
    figure.axes[0].legend(loc="lower left", frameon=False)
    figure.savefig(file, dpi=110)


if __name__ == "__main__":
    main()
