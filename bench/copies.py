"""How well copies are found: the table "Copies" of docs/quality.md.

Usage: python bench/copies.py PHOTOS [--write docs/quality.md] [--looks FOLDER] [--every K]

PHOTOS holds folders with a MANIFEST.tsv that has the columns `path` and `group`. Copies are made of the photographs in
BASES that have 1,000 px and more. They are brought up as `imagecluster run` does it, into a database that is removed
afterwards, and compared: a copy counts as found if it is evidence against its photograph. Pairs of two photographs, in
all versions, and pairs in NEGATIVES are not copies; those found are false. `--looks` writes sheets of false and missed
pairs, to be looked at.
"""

from __future__ import annotations

import argparse
import csv
import resource
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple
from unittest.mock import patch

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from copies_made import Transformation, transformations
from imagecluster.collection import Collection, Settings, bring_up
from imagecluster.collection.kept_insets import kept_insets
from imagecluster.collection.looking import copy_facts
from imagecluster.copies import (
    Comparison,
    CopyFacts,
    candidate_pairs,
    compare_pairs,
    is_other_moment,
    near_pairs,
    planes,
)
from imagecluster.decode import CLOSE_PX, SmallPicture, decode, pixel_digest, sign_hash, small_picture
from imagecluster.system.cores import n_cores
from imagecluster.system.progress import silent

BASES = ("scenes_sfm", "albums_pigallery", "exif_samples", "exif_orientation")
NEGATIVES = ("objects_ukbench", "scenes_sfm", "albums_pigallery", "exif_samples", "categories_clothing")
NOT_PHOTOGRAPHS = ("4MinsAroundTheWorld", "Chars")
"""Parts of the paths of slides and drawings."""
LEAST_PX, MOST_PX = 1000, 1600
MOST_PLAIN = 0.4
"""Share of a photograph that may have one level of grey."""
N_NEAREST = 5
SETTINGS: dict[str, int | None] = {}
BEGIN, END = "<!-- made by bench/copies.py: begin -->\n", "<!-- made by bench/copies.py: end -->\n"
COPY = ("pixels", "copy")
FOUND = (*COPY, "altered")


class Compared(NamedTuple):
    """Candidate pairs of a collection, and what was found."""

    paths: list[Path]
    hashes: list[bytes]
    facts: CopyFacts
    first: NDArray[np.int64]
    second: NDArray[np.int64]
    results: list[Comparison | None]
    cpu_s: float
    """CPU time of the comparisons, of all threads together: other work on the machine hardly changes it."""
    candidate_s: float
    """CPU time of the search for candidates; with that for insets, which is kept."""

    def kinds(self) -> dict[tuple[int, int], str]:
        """Kinds of the pairs that show the same."""
        pairs = zip(self.first.tolist(), self.second.tolist(), self.results, strict=True)
        return {(i, j): found.kind for i, j, found in pairs if found is not None and found.kind is not None}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photos", type=Path)
    parser.add_argument("--write", type=Path, metavar="FILE", help="put the table between the marks of this page")
    parser.add_argument("--looks", type=Path, metavar="FOLDER", help="write sheets of false and missed pairs")
    parser.add_argument("--every", type=int, default=1, metavar="K", help="compare copies of each K-th photograph only")
    parser.add_argument("--threads", type=int, help="default: one per core")
    parser.add_argument("--only", choices=("copies", "negatives", "million"), help="one part of the report")
    parser.add_argument("--scratch", type=Path, metavar="FOLDER", help="keep the copies here, for another comparison")
    arguments = parser.parse_args()
    SETTINGS.update(n_threads=arguments.threads)
    if arguments.looks:
        arguments.looks.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as temporary:
        scratch = arguments.scratch or Path(temporary)
        scratch.mkdir(parents=True, exist_ok=True)
        parts = [arguments.only] if arguments.only else ["copies", "negatives", "million"]
        texts = []
        for part in parts:
            lines = of_part(part, arguments.photos, scratch, arguments.looks, every=arguments.every)
            texts.append("\n".join(lines))
            print(f"\n{texts[-1]}", flush=True)
    text = "\n\n".join(texts)
    if arguments.write:
        page = arguments.write.read_text(encoding="utf-8")
        before, rest = page.split(BEGIN)
        arguments.write.write_text(f"{before}{BEGIN}\n{text}\n\n{END}{rest.split(END)[1]}", encoding="utf-8")


def of_part(part: str, photos: Path, scratch: Path, looks: Path | None, *, every: int) -> list[str]:
    """The lines of a part of the report."""
    if part == "negatives":
        return negatives(photos, scratch, looks)
    return [million()] if part == "million" else recall(photos, scratch, looks, every=every)


def recall(photos: Path, scratch: Path, looks: Path | None, *, every: int) -> list[str]:
    """Tables of made copies: recall and precision of all methods, and what ours costs."""
    folder = scratch / "copies"
    if (folder / "made").exists():  # by an earlier run
        made = transformations([Image.new("RGB", (1, 1))] * 4)
        made_of = {file.name: label_of(file.name, made) for file in folder.glob("*.*")}
    else:
        bases = bases_of(photos)
        made = transformations([image for _, image in bases])
        made_of = make_copies(bases, made, folder)
        (folder / "made").touch()
    print(f"{len({number for number, _ in made_of.values()})} photographs, {len(made_of)} files", flush=True)
    lines = []
    with brought_up([folder], scratch / "db") as collection:
        rows = [row for row, path in enumerate(collection.paths) if made_of[path.name][0] % every == 0]
        labels = [made_of[collection.paths[row].name] for row in rows]
        ours = compared(collection, labels=labels, rows=rows)
        print(f"{len(ours.first)} pairs compared in {ours.cpu_s:.0f} s", flush=True)
        with without_opencv():
            plain = compared(collection, labels=labels, rows=rows)
        print(f"and without OpenCV in {plain.cpu_s:.0f} s", flush=True)
        found = {"ours": found_by(ours, labels), "without OpenCV": found_by(plain, labels)}
        hashes = peer_hashes(ours.paths)
        for name, (bits, most) in hashes.items():
            found[name] = found_by_bits(bits, most, labels)
        lines += table(made, found, labels)
        lines += ["", *costs(ours, plain, len(rows))]
        lines += ["", *precision(ours, plain, hashes, labels)]
        lines += ["", *pixels_line(ours, labels)]
        if looks:
            missed_sheets(ours, labels, made, looks)
            false_sheet(ours, [base for base, _ in labels], looks / "false between photographs.png")
    return lines


# ---- the copies


def bases_of(photos: Path) -> list[tuple[str, Image.Image]]:
    """Photographs of which copies are made: names and upright pictures of at most `MOST_PX`."""
    found: list[tuple[str, Image.Image]] = []
    seen: list[NDArray[np.uint8]] = []
    for name in BASES:
        for line in manifest(photos / name):
            if max(int(line["width"] or 0), int(line["height"] or 0)) < LEAST_PX or line["opens_in_pillow"] != "1":
                continue
            if any(part in line["path"] for part in NOT_PHOTOGRAPHS):
                continue
            data = (photos / name / line["path"]).read_bytes()
            try:
                said = decode(data, short_side_px=64).metadata
                size_px = (said.width_px, said.height_px)
                image = decode(data, short_side_px=min(*size_px, round(MOST_PX * min(size_px) / max(size_px)))).image
            except Exception as error:  # some are broken
                print("left out:", line["path"], error)
                continue
            own = np.frombuffer(sign_hash(image), np.uint8)
            if is_plain(image) or said.note:  # or incomplete
                continue
            # The same photograph twice is no base: both would be right.
            if any(int(np.unpackbits(own ^ other).sum()) < 30 for other in seen):
                continue
            seen.append(own)
            found.append((f"{name}/{line['path']}", image))
    return found


def is_plain(image: Image.Image) -> bool:
    """Whether much of a picture is of one level of grey, as after a broken download: its parts may show nothing."""
    grey = np.asarray(image.convert("L").resize((64, 64)))
    return bool(grey.std() < 10 or np.bincount(grey.ravel()).max() > MOST_PLAIN * grey.size)


def make_copies(
    bases: list[tuple[str, Image.Image]], made: list[Transformation], folder: Path
) -> dict[str, tuple[int, str]]:
    """Write the photographs and their copies; base number and transformation by file name."""
    folder.mkdir(exist_ok=True)
    labels: dict[str, tuple[int, str]] = {}

    def one(number: int) -> None:
        _, image = bases[number]
        labels.update({f"{number:03d} {i:02d}{of.suffix}": (number, of.name) for i, of in enumerate(made)})
        image.save(folder / f"{number:03d} base.jpg", quality=92)
        labels[f"{number:03d} base.jpg"] = (number, "base")
        with Image.open(folder / f"{number:03d} base.jpg") as saved:
            image = saved.convert("RGB")
        for i, transformation in enumerate(made):
            rng = np.random.default_rng([number, i])
            file = folder / f"{number:03d} {i:02d}{transformation.suffix}"
            file.write_bytes(transformation.encoded(image, rng))

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(one, range(len(bases))))
    return labels


def label_of(name: str, made: list[Transformation]) -> tuple[int, str]:
    """Number of the photograph and name of the transformation, by the name of a file."""
    number, rest = name.split(" ", 1)
    return int(number), "base" if rest.startswith("base") else made[int(rest.split(".")[0])].name


# ---- ours


@contextmanager
def brought_up(folders: list[Path], db: Path) -> Iterator[Collection]:
    with bring_up(folders, Settings(**SETTINGS), db=db) as collection:
        yield collection


@contextmanager
def without_opencv() -> Iterator[None]:
    with patch.object(planes, "has_opencv", lambda: False):
        yield


def compared(
    collection: Collection, *, labels: list[tuple[int, str]] | None = None, rows: list[int] | None = None
) -> Compared:
    """All candidate pairs of a collection, compared without their capture times.

    With labels, neighbours are sought for each transformation apart, among its copies and all photographs, since nobody
    has 36 versions of each. Pairs of two copies of one photograph are then left out.
    """
    rows = list(range(len(collection))) if rows is None else rows
    hashes = [collection.leaves.hashes[row] for row in rows]
    vectors = np.asarray(collection.vectors)[rows]
    paths = [collection.paths[row] for row in rows]
    facts = replace(copy_facts(hashes, collection.store), taken=[None] * len(hashes))

    def load(i: int) -> SmallPicture:
        return small_picture(paths[i].read_bytes(), facts.size(i), suffix=paths[i].suffix)

    started = time.process_time()
    insets = kept_insets(load, hashes, collection.store, n_threads=SETTINGS["n_threads"], progress=silent)
    facts = replace(facts, insets=insets)
    if labels is None:
        first, second = candidate_pairs(facts, nearest(vectors))
    else:
        first, second = candidate_pairs(facts, nearest_by_transformation(vectors, labels))
        numbers, is_base = np.array([number for number, _ in labels]), np.array([name == "base" for _, name in labels])
        told = (numbers[first] != numbers[second]) | is_base[first] | is_base[second]
        first, second = first[told], second[told]
    # Equal bytes are one content, and not compared.
    different = np.array([hashes[i] != hashes[j] for i, j in zip(first, second, strict=True)], bool)
    first, second = first[different], second[different]
    candidate_s = time.process_time() - started
    started = time.process_time()
    results: list[Comparison | None] = []
    for _, found in compare_pairs(
        first,
        second,
        load,
        facts,
        n_threads=SETTINGS["n_threads"],
        closer=lambda i: small_picture(paths[i].read_bytes(), facts.size(i), side_px=CLOSE_PX, suffix=paths[i].suffix),
        digest=lambda i: pixel_digest(paths[i].read_bytes(), facts.size(i), suffix=paths[i].suffix),
    ):
        results += found
    return Compared(paths, hashes, facts, first, second, results, time.process_time() - started, candidate_s)


def nearest(vectors: NDArray[np.float32]) -> NDArray[np.int64]:
    """The 5 nearest of each by fingerprint."""
    X = np.asarray(vectors, np.float32)
    X = X / np.linalg.norm(X, axis=1)[:, None]
    found = []
    for start in range(0, len(X), 512):
        similarity = X[start : start + 512] @ X.T
        similarity[np.arange(len(similarity)), start + np.arange(len(similarity))] = -2
        found.append(np.argpartition(-similarity, N_NEAREST, axis=1)[:, :N_NEAREST])
    return np.concatenate(found)


def nearest_by_transformation(vectors: NDArray[np.float32], labels: list[tuple[int, str]]) -> NDArray[np.int64]:
    """Of each copy the 5 nearest among the photographs and the copies of its kind; -1 where a picture has none.

    Of photographs only those among photographs: a copy brings each pair with its own already.
    """
    names = np.array([name for _, name in labels])
    kinds = [name for name in dict.fromkeys(names.tolist()) if name != "base"]
    found = np.full((len(labels), N_NEAREST), -1, np.int64)
    bases = np.flatnonzero(names == "base")
    found[bases] = bases[nearest(vectors[bases])]
    for kind in kinds:
        rows = np.flatnonzero((names == kind) | (names == "base"))
        near = rows[nearest(vectors[rows])]
        found[names == kind] = near[names[rows] == kind]
    return found


# ---- others' methods


def peer_hashes(paths: list[Path]) -> dict[str, tuple[NDArray[np.uint8], int]]:
    """Hashes and thresholds of other programs."""

    def hashes(path: Path) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        # Eight times the size of a hash is enough for its pixels, and takes a tenth of the time.
        grey = decode(path.read_bytes(), short_side_px=256, suffix=path.suffix).image.convert("L")
        return phash(grey), gradient_hash(grey)

    with ThreadPoolExecutor(2) as pool:
        both = list(pool.map(hashes, paths))
    perceptual, gradient = (np.array([pair[i] for pair in both]) for i in (0, 1))
    return {
        "pHash, 4 bits": (perceptual, 4),
        "imagededup": (perceptual, 10),
        "czkawka": (gradient, 5),
        "czkawka, widest": (gradient, 40),
    }


def phash(grey: Image.Image) -> NDArray[np.uint8]:
    """The perceptual hash of imagehash and imagededup: signs of 8 x 8 cosine coefficients against their median."""
    pixels = np.asarray(grey.resize((32, 32), Image.Resampling.LANCZOS), np.float64)
    cosines = np.cos(np.pi * (np.arange(32) + 0.5) * np.arange(8)[:, None] / 32)
    low = (cosines @ pixels @ cosines.T).ravel()
    return np.packbits(low >= np.median(low[1:]))


def gradient_hash(grey: Image.Image) -> NDArray[np.uint8]:
    """The hash of czkawka's defaults (image_hasher: Gradient, 16 x 16): whether each pixel is darker than the next."""
    pixels = np.asarray(grey.resize((17, 16), Image.Resampling.LANCZOS), np.int64)
    return np.packbits(pixels[:, :-1] < pixels[:, 1:])


# ---- scores


def found_by(result: Compared, labels: list[tuple[int, str]]) -> dict[str, list[tuple[bool, bool]]]:
    """For each transformation: of each copy, whether it is a copy, and whether it is found at all."""
    kinds = result.kinds()
    base_of = {number: row for row, (number, name) in enumerate(labels) if name == "base"}
    hashes = result.hashes
    found: dict[str, list[tuple[bool, bool]]] = defaultdict(list)
    for row, (number, name) in enumerate(labels):
        base = base_of[number]
        kind = kinds.get((min(row, base), max(row, base)))
        if hashes[row] == hashes[base]:
            kind = "pixels"
        found[name].append((kind in COPY, kind in FOUND))
    return found


def found_by_bits(
    bits: NDArray[np.uint8], most: int, labels: list[tuple[int, str]]
) -> dict[str, list[tuple[bool, bool]]]:
    base_of = {number: row for row, (number, name) in enumerate(labels) if name == "base"}
    found: dict[str, list[tuple[bool, bool]]] = defaultdict(list)
    for row, (number, name) in enumerate(labels):
        near = int(np.unpackbits(bits[row] ^ bits[base_of[number]]).sum()) <= most
        found[name].append((near, near))
    return found


def table(
    made: list[Transformation],
    found: dict[str, dict[str, list[tuple[bool, bool]]]],
    labels: list[tuple[int, str]],
) -> list[str]:
    """Recall by transformation."""
    n_bases = len({number for number, _ in labels})
    names = list(found)
    lines = [
        f"Share of the copies of {n_bases} photographs that were found; in brackets, with those found as `altered`,"
        " which is what text and watermarks are: shown, and never proposed for removal.",
        "",
        f"| transformation | mark | {' | '.join(names)} |",
        f"|---|---|{'---|' * len(names)}",
    ]
    all_of: dict[str, list[float]] = defaultdict(list)
    for transformation in made:
        cells = []
        for name in names:
            pairs = np.array(found[name][transformation.name])
            copies, either = pairs.mean(axis=0)
            all_of[name].append(either)
            cells.append(f"{copies:.3f} ({either:.3f})" if either > copies else f"{copies:.3f}")
            as_asked = either - copies if transformation.is_altered else copies
            if name == "ours" and transformation.mark and as_asked < transformation.mark:
                cells[-1] += " !"
        mark = f"{transformation.mark:.2f}" if transformation.mark else ""
        mark += " `altered`" if mark and transformation.is_altered else ""
        lines.append(f"| {transformation.name} | {mark} | {' | '.join(cells)} |")
    lines.append(f"| mean | | {' | '.join(f'{np.mean(all_of[name]):.3f}' for name in names)} |")
    return lines


def costs(ours: Compared, plain: Compared, n: int) -> list[str]:
    both = set(ours.first.tolist()) | set(ours.second.tolist())
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return [
        f"{n:,} files, {len(ours.first):,} candidate pairs in {ours.candidate_s:.1f} s; comparing them took "
        f"{ours.cpu_s:.0f} s of CPU time, {1000 * ours.cpu_s / len(ours.first):.1f} ms a pair and "
        f"{1000 * ours.cpu_s / max(1, len(both)):.0f} ms a picture (without OpenCV "
        f"{1000 * plain.cpu_s / len(plain.first):.1f} ms a pair); peak memory of the whole process {peak:.0f} MB."
    ]


def precision(
    ours: Compared, plain: Compared, hashes: dict[str, tuple[NDArray[np.uint8], int]], labels: list[tuple[int, str]]
) -> list[str]:
    """False copies between versions of different photographs."""
    numbers = np.array([number for number, _ in labels])
    lines = [
        "| method | pairs of different photographs | false copies | removals proposed | wrong | precision |",
        "|---|---|---|---|---|---|",
    ]
    n_all = int((numbers[:, None] != numbers[None, :]).sum()) // 2
    for name, result in (("ours", ours), ("without OpenCV", plain)):
        kinds = result.kinds()
        n_pairs = int((numbers[result.first] != numbers[result.second]).sum())
        false = sum(kind in COPY and numbers[i] != numbers[j] for (i, j), kind in kinds.items())
        removed, wrong = removals(labels, {pair for pair, kind in kinds.items() if kind in COPY})
        lines.append(
            f"| {name} | {n_pairs:,} compared of {n_all:,} | {false} | {removed:,} | {wrong} | "
            f"{1 - wrong / max(1, removed):.4f} |"
        )
    for name, (bits, most) in hashes.items():
        near = pairs_within(bits, most)
        false = sum(numbers[i] != numbers[j] for i, j in near)
        removed, wrong = removals(labels, near)
        lines.append(f"| {name} | {n_all:,} | {false} | {removed:,} | {wrong} | {1 - wrong / max(1, removed):.4f} |")
    return lines


def pairs_within(bits: NDArray[np.uint8], most: int) -> set[tuple[int, int]]:
    unpacked = np.unpackbits(bits, axis=1).astype(np.float32)
    ones = unpacked.sum(axis=1)
    found: set[tuple[int, int]] = set()
    for start in range(0, len(bits), 1024):
        part = unpacked[start : start + 1024]
        distance = ones[start : start + 1024, None] + ones - 2 * part @ unpacked.T
        i, j = np.nonzero(distance <= most + 0.5)
        found |= {(a, b) for a, b in zip((i + start).tolist(), j.tolist(), strict=True) if a < b}
    return found


def removals(labels: list[tuple[int, str]], pairs: set[tuple[int, int]]) -> tuple[int, int]:
    """Removals that stars propose, and how many are wrong: each photograph is kept, and all that are its copies go.

    After them, files that are no photograph's copies are kept for others.
    """
    partners: dict[int, set[int]] = defaultdict(set)
    for i, j in pairs:
        partners[i].add(j)
        partners[j].add(i)
    gone: set[int] = set()
    kept: set[int] = set()
    n_wrong = 0
    for row in sorted(partners, key=lambda row: (labels[row][1] != "base", row)):
        if row in gone:
            continue
        kept.add(row)
        for other in sorted(partners[row] - gone - kept):
            gone.add(other)
            n_wrong += labels[other][0] != labels[row][0]
    return len(gone), n_wrong


def pixels_line(ours: Compared, labels: list[tuple[int, str]]) -> list[str]:
    kinds = ours.kinds()
    base_of = {number: row for row, (number, name) in enumerate(labels) if name == "base"}
    counts = Counter()
    for row, (number, name) in enumerate(labels):
        if name in ("PNG", "WebP without loss"):
            base = base_of[number]
            counts[kinds.get((min(row, base), max(row, base))) == "pixels"] += 1
    return [f"Equal pixels in another format: {counts[True]} of {counts.total()} found as `pixels`."]


def negatives(photos: Path, scratch: Path, looks: Path | None) -> list[str]:
    """False copies in sets of real photographs."""
    lines = [
        "| set | pictures | neighbour pairs | copies, without times | with times | altered | shots |",
        "|---|---|---|---|---|---|---|",
    ]
    for name in NEGATIVES:
        with brought_up([photos / name], scratch / f"db {name}") as collection:
            group_of = {photos / name / line["path"]: line for line in manifest(photos / name)}
            result = compared(collection)
            timed = copy_facts(list(collection.leaves.hashes), collection.store)
            # Groups of albums and samples hold the same photograph in several versions.
            is_one = name in ("albums_pigallery", "exif_samples")
            groups = [group_of[path]["group"] if path in group_of and is_one else "" for path in collection.paths]
            numbers = np.array(
                [i if not group else -1 - sorted(set(groups)).index(group) for i, group in enumerate(groups)]
            )
            different = [(i, j) for i, j in zip(result.first, result.second, strict=True) if numbers[i] != numbers[j]]
            kinds = {pair: kind for pair, kind in result.kinds().items() if numbers[pair[0]] != numbers[pair[1]]}
            same_moment = {pair: kind for pair, kind in kinds.items() if not is_other_moment(timed, *pair)}
            counts = [Counter(of.values()) for of in (kinds, same_moment)]
            copies = [count["copy"] + count["pixels"] for count in counts]
            lines.append(
                f"| {name} | {len(collection)} | {len(different):,} | {copies[0]} | {copies[1]} | "
                f"{counts[0]['altered']} | {counts[0]['shot']} |"
            )
            print(lines[-1], flush=True)
            if looks:
                false_sheet(result, numbers.tolist(), looks / f"false in {name}.png")
    return lines


def million() -> str:
    """Time and memory of the search in a million hashes."""
    rng = np.random.default_rng(0)
    signs = rng.integers(0, 256, (1_000_000, 32), np.uint8)
    signs[500_000:510_000] = signs[:10_000]
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    started = time.perf_counter()
    first, _ = near_pairs(signs)
    seconds = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return (
        f"A million hashes in all eight positions: {seconds:.0f} s on {n_cores()} cores; {len(first):,} pairs; peak "
        f"memory of the process {peak:.0f} MB (before: {before:.0f} MB)."
    )


# ---- to be looked at


def sheet(pairs: list[tuple[Path, Path, str]], file: Path) -> None:
    """Pairs of pictures one below the other."""
    from PIL import ImageDraw

    rows = []
    for one, other, text in pairs[:40]:
        row = Image.new("RGB", (820, 330), "white")
        for x, path in ((0, one), (410, other)):
            with Image.open(path) as image:
                shown = ImageOps.contain(ImageOps.exif_transpose(image).convert("RGB"), (400, 300))
            row.paste(shown, (x, 0))
        ImageDraw.Draw(row).text((4, 308), text, "black")
        rows.append(row)
    if rows:
        page = Image.new("RGB", (820, 330 * len(rows)))
        for y, row in enumerate(rows):
            page.paste(row, (0, 330 * y))
        page.save(file)


def false_sheet(result: Compared, numbers: list[int], file: Path) -> None:
    paths = result.paths
    false = [
        (paths[i], paths[j], f"{kind} {paths[i].name} {paths[j].name}")
        for (i, j), kind in result.kinds().items()
        if numbers[i] != numbers[j] and kind in FOUND
    ]
    false.sort(key=lambda row: not row[2].startswith(("copy", "pixels")))
    sheet(false, file)


def missed_sheets(result: Compared, labels: list[tuple[int, str]], made: list[Transformation], looks: Path) -> None:
    kinds = result.kinds()
    compared_pairs = set(zip(result.first.tolist(), result.second.tolist(), strict=True))
    base_of = {number: row for row, (number, name) in enumerate(labels) if name == "base"}
    paths = result.paths
    for transformation in made:
        missed = []
        for row, (number, name) in enumerate(labels):
            pair = (min(row, base_of[number]), max(row, base_of[number]))
            if name == transformation.name and kinds.get(pair) not in FOUND and row != base_of[number]:
                text = f"{name}: {kinds.get(pair)}{'' if pair in compared_pairs else ', not a candidate'} {number}"
                missed.append((paths[pair[0]], paths[pair[1]], text))
        sheet(missed, looks / f"missed {transformation.name.replace('/', ' ')}.png")


def manifest(folder: Path) -> list[dict[str, str]]:
    with (folder / "MANIFEST.tsv").open(newline="", encoding="utf-8") as lines:
        return [line for line in csv.DictReader(lines, delimiter="\t") if (folder / line["path"]).exists()]


if __name__ == "__main__":
    main()
