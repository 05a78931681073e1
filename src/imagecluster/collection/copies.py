"""Copies in a collection: found, compared, and put into groups of one picture to keep and others that may go."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from imagecluster.collection.copy_evidence import CopyFile, Evidences
from imagecluster.collection.copy_groups import FileCache, Grouping
from imagecluster.collection.copy_pairs import Comparer, CopySearch, candidates, facts_of
from imagecluster.collection.duplicates import REMOVABLE, Duplicates, DuplicateSettings
from imagecluster.collection.kept_traces import KeptTraces
from imagecluster.collection.signing import SIGNS_SIDE_PX
from imagecluster.corrections import EDITS_NAME, Decisions, Edit, Heirs, History, follow, heirs
from imagecluster.decode import MAX_PIXELS
from imagecluster.errors import DecodeError
from imagecluster.records import CopyEvidence, CopyKind
from imagecluster.scan import absolute, items_of
from imagecluster.store import Store
from imagecluster.system.progress import OnProgress, silent

if TYPE_CHECKING:
    from imagecluster.scan import Item

__all__ = ["ComparedCopies", "compare_copies", "compare_files", "find_duplicates", "why_not_same"]

_COMPARED: frozenset[CopyKind] = frozenset(("copy", "altered", "shot"))
"""The kinds for which pictures are compared with each other."""


def find_duplicates(
    store: Store, model: str, settings: DuplicateSettings | None = None, *, progress: OnProgress = silent
) -> Duplicates:
    """The groups of copies among the pictures that the latest scan found, after all decisions that were made by hand.

    Parameters
    ----------
    store
        The store. If it is open for reading only, new comparisons are not kept.
    model
        `name@version`, by whose fingerprints neighbours are found.
    settings
        What is looked for; default: `DuplicateSettings()`.
    progress
        Called as work goes on.

    Raises
    ------
    ArgumentError
        A rule by which a file is kept does not exist.
    StoreError
        The store cannot be used.

    """
    settings = settings or DuplicateSettings()
    compared = compare_copies(store, model, settings, progress=progress)
    edits = History(store.directory / EDITS_NAME, follow=store.folder.follow).edits
    return compared.grouped(edits, settings, progress=progress)


def compare_copies(
    store: Store, model: str, settings: DuplicateSettings | None = None, *, progress: OnProgress = silent
) -> ComparedCopies:
    """The first, slow part of `find_duplicates`, after which groups can be made again and again.

    Pairs of pictures whose comparison is not kept are compared. Arguments and errors are those of `find_duplicates`.
    """
    settings = settings or DuplicateSettings()
    search = CopySearch.of(store, model, settings)
    comparer = None
    if _COMPARED & {*settings.kinds}:
        facts = facts_of(search, progress=progress)
        comparer = Comparer(search, facts)
        if not settings.only_kept:
            comparer.compare(*candidates(search, facts, progress=progress), progress=progress)
    edits = History(store.directory / EDITS_NAME, follow=store.folder.follow).edits
    files = _files(search, comparer)
    return ComparedCopies(
        search=search,
        comparer=comparer,
        files=files,
        heirs=heirs(edits, search.leaves.hashes, store.successors),
        traces=KeptTraces({file.path: file.content_hash for file in files.values()}, store.folder),
    )


@dataclass(frozen=True, slots=True, eq=False)
class ComparedCopies:
    """A collection whose pictures were compared for being copies. Its store must stay open."""

    search: CopySearch
    comparer: Comparer | None
    """None if only files with the same pixels were looked for."""
    files: Mapping[int, CopyFile]
    """The files that are the same picture or moment as another one, by leaf."""
    heirs: Heirs
    """Contents that took the place of others that decisions mention."""
    traces: KeptTraces
    cache: FileCache = field(default_factory=FileCache)

    def grouped(
        self, edits: Iterable[Edit], settings: DuplicateSettings | None = None, *, progress: OnProgress = silent
    ) -> Duplicates:
        """The groups of copies, after the decisions among edits; this takes seconds for 100,000 pictures.

        Parameters
        ----------
        edits
            Corrections and decisions, oldest first, as they are kept.
        settings
            Which kinds of groups, and which files are kept; default: those of the comparison.
        progress
            Called for pairs that must be compared after all: each picture with the one that stays for it.

        """
        settings = settings or self.search.settings
        decisions = Decisions.of(follow(edits, self.heirs))
        wanted = REMOVABLE & {*settings.kinds}
        evidences = Evidences(self.files, self.comparer, decisions, wanted, progress=progress)
        grouping = Grouping(self.files, evidences, decisions, settings, self.cache, traces=self.traces)
        groups, n_decided = grouping.groups()
        if self.search.store.writable:
            self.traces.keep()
        return Duplicates(
            root=self.search.store.root,
            directory=self.search.store.directory,
            groups=groups,
            n_files=len(self.search.leaves),
            n_decided=n_decided,
            has_opencv=_has_opencv(self.comparer),
            n_unread=0 if self.comparer is None else self.comparer.n_unread,
            skips=self.search.store.known_skips(),
            references=tuple(Path(absolute(place)) for place in settings.references),
            items={file.path: file.item for file in self.files.values()},
            decisions=decisions,
        )


def _has_opencv(comparer: Comparer | None) -> bool:
    """Whether all copies were looked for that were asked for."""
    if comparer is None:
        return True
    from imagecluster.copies import has_opencv

    return has_opencv()


def _files(search: CopySearch, comparer: Comparer | None) -> dict[int, CopyFile]:
    """The files that share their pixels with another one, that were found to be copies, or that have other names."""
    leaves, store, of_leaf = search.leaves, search.store, search.contents.of_leaf
    is_involved = np.bincount(of_leaf, minlength=len(search.hashes)) > 1
    if comparer is not None:
        for pair in comparer.found:
            is_involved[list(pair)] = True
    other_names = store.other_names()
    involved = set(np.flatnonzero(is_involved[of_leaf]).tolist())
    involved |= {leaf for leaf, key in enumerate(leaves.keys) if key in other_names}
    items = _items(search, involved)
    modified_ns = store.modified_ns()
    metadata = store.metadata({leaves.hashes[leaf] for leaf in involved})
    described = store.described_files({store.path_of(leaves.keys[leaf]): leaves.hashes[leaf] for leaf in involved})
    found = {}
    for leaf in sorted(involved):
        key = leaves.keys[leaf]
        path = store.path_of(key)
        if items[path].main != path:
            continue  # part of another picture: nobody's duplicate
        found[leaf] = CopyFile(
            leaf=leaf,
            key=key,
            path=path,
            content_hash=leaves.hashes[leaf],
            content=int(of_leaf[leaf]),
            size_bytes=int(leaves.size_bytes[leaf]),
            mtime_ns=modified_ns[key],
            metadata=described.get(path, metadata[leaves.hashes[leaf]]),
            names=store.paths_of(other_names.get(key, ())),
            item=items[path],
        )
    return found


def _items(search: CopySearch, involved: Iterable[int]) -> dict[Path, Item]:
    """What belongs to pictures: those involved, and all others in their folders, with which they may share a file."""
    from imagecluster.decode import read_moment

    keys = search.leaves.keys
    folders = {keys[leaf].rpartition(b"/")[0] for leaf in involved}
    paths = search.store.paths_of([key for key in keys if key.rpartition(b"/")[0] in folders])
    return items_of(paths, read=read_moment)


def compare_files(first: Path, second: Path, *, max_pixels: int = MAX_PIXELS) -> CopyEvidence | None:
    """How a picture is seen in another one, of any two files; None if they do not show the same.

    Raises
    ------
    DecodeError
        One of them cannot be read as a picture.

    """
    from imagecluster.copies import CopyFacts, Insets, compare_pairs, signed_insets
    from imagecluster.decode import CLOSE_PX, coded_digest, decode, pixel_digest, read_bytes, sign_hash, small_picture

    if first.samefile(second):
        return CopyEvidence("file")
    data = [read_bytes(path) for path in (first, second)]
    if data[0] == data[1]:
        return CopyEvidence("identical")
    suffixes = [path.suffix for path in (first, second)]
    pictures = [
        decode(each, short_side_px=SIGNS_SIDE_PX, max_pixels=max_pixels, suffix=suffix)
        for each, suffix in zip(data, suffixes, strict=True)
    ]
    said = [picture.metadata for picture in pictures]
    sizes = [(each.width_px, each.height_px) for each in said]
    facts = CopyFacts.of(
        said,
        signs=np.frombuffer(b"".join(sign_hash(picture.image) for picture in pictures), np.uint8).reshape(2, -1),
        has_signs=np.ones(2, np.bool_),
        coded=[coded_digest(each) + it.shown if it.shown else b"" for each, it in zip(data, said, strict=True)],
    )
    pair = np.array([0]), np.array([1])
    small = [
        small_picture(each, size, suffix=suffix, max_pixels=max_pixels)
        for each, size, suffix in zip(data, sizes, suffixes, strict=True)
    ]
    compared = compare_pairs(
        *pair,
        lambda i: small[i],
        replace(facts, insets=Insets.of(signed_insets(picture.pixels) for picture in small)),
        digest=lambda i: pixel_digest(data[i], sizes[i], suffix=suffixes[i], max_pixels=max_pixels),
        closer=lambda i: small_picture(data[i], sizes[i], side_px=CLOSE_PX, suffix=suffixes[i], max_pixels=max_pixels),
        n_threads=1,
    )
    ((_, (found,)),) = compared
    return None if found is None else found.evidence(*sizes)


def why_not_same(file: Path, keep: Path) -> str:
    """The reason why a picture cannot go for another one that stays, by a comparison of both; empty if it can.

    For `imagecluster.actions.apply`, of plans that somebody has edited.
    """
    try:
        evidence = compare_files(file, keep)
    except DecodeError as error:
        return f"they cannot be compared ({error})"
    if evidence is None:
        return "they do not show the same"
    return "" if evidence.kind in REMOVABLE else _OTHER[evidence.kind]


_OTHER: dict[CopyKind, str] = {
    "file": "they are two names of one file",
    "altered": "a part of one differs from the other",
    "shot": "they are two shots of one moment",
}
