"""The store: everything known about a collection, on disk."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import threading
import time
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from imagecluster.decode import SIGN_BYTES
from imagecluster.errors import StoreError
from imagecluster.records import Dendrogram, Fingerprints, ImageFile, Metadata, NeighbourGraph, Skip
from imagecluster.store import (
    copy_results,
    dates,
    dendrograms,
    graphs,
    kept_leaves,
    layout,
    matrix,
    opening,
    pair_results,
    pruning,
    reading,
    tables,
)
from imagecluster.store.copy_results import CopyResults
from imagecluster.store.database import believed, explained, transaction
from imagecluster.store.dates import Beside
from imagecluster.store.lock import WriterLock
from imagecluster.store.pair_results import PairResults
from imagecluster.store.reading import Leaves
from imagecluster.store.summary import summary
from imagecluster.store.thumbnails import Thumbnails
from imagecluster.store.values import (
    Batch,
    HashedFile,
    KnownFile,
    Recognised,
    Run,
    SavedDendrogram,
    StoreInfo,
)
from imagecluster.system.safe_files import OwnFolder

__all__ = ["Store"]


class Store:
    """A collection's files, contents, fingerprints and dendrograms. Made by `Store.open`.

    A store may be used from several threads; calls take turns. Every method may raise `StoreError`, which says
    what went wrong and what to do, and `StoreDamagedError` if the files contradict each other.
    """

    def __init__(self, folder: OwnFolder, connection: sqlite3.Connection, lock: WriterLock | None) -> None:
        self._directory = folder.path
        self._folder = folder
        self._connection: sqlite3.Connection | None = connection
        self._lock = lock
        self._guard = threading.RLock()
        self._keys = layout.PathKeys(folder.path)
        self._format_version = 0

    @classmethod
    def open(cls, directory: Path, *, root: Path | None = None, writable: bool = True, follow: bool = True) -> Self:
        """Open the store in a folder; with `writable`, create a missing one.

        A writer is the only writer until `close`; the operating system releases its lock when the process ends,
        however it ends. Readers need no lock: they work beside a writer and see what it has committed, and they
        work on read-only media.

        Parameters
        ----------
        directory
            Folder of the store, from `default_location` or from the user.
        root
            The collection's folder. Paths below it are kept relative to it. Needed only for a new store; an
            existing one knows its root, and takes this one instead if the old one no longer exists.
        writable
            False for a reader.
        follow
            Whether `directory` itself may be a link: only if the user named it. Inside it, no link is followed.

        Raises
        ------
        NotOursError
            A link, or something else that is not ours, has the name of one of our files. Nothing has been changed.
        OutputError
            The folder contains something else, or cannot be made.
        StoreLockedError
            Another process is writing.
        StoreVersionError
            A newer imagecluster wrote it.
        StoreDamagedError
            The database or a matrix of fingerprints is unreadable or too short. Nothing has been changed.
        StoreError
            There is no store to read, or no root for a new one.

        """
        directory = Path(os.path.abspath(directory))  # noqa: PTH100 - '..' folded, links kept
        root = None if root is None else Path(os.path.abspath(root))  # noqa: PTH100
        lock, connection = None, None
        if writable:
            folder, lock = opening.claimed(directory, has_root=root is not None, follow=follow)
        else:
            folder = opening.held(directory, follow=follow)
        try:
            with explained(directory), believed(directory):
                connection = opening.connected(folder, root, writable=writable)
                store = cls(folder, connection, lock)
                store._format_version = opening.prepared(connection, folder, writable=writable)
                store._keys = layout.PathKeys(opening.settled_root(connection, directory, root, writable=writable))
                for model in tables.model_rows(connection):
                    matrix.check_size(folder, model.matrix, n_rows=model.n_rows, n_dimensions=model.n_dimensions)
        except BaseException:
            if connection is not None:
                connection.close()
            if lock is not None:
                lock.release()
            folder.close()
            raise
        return store

    @staticmethod
    def exists(directory: Path) -> bool:
        """Whether a folder contains a store; the remains of an interrupted creation do not count."""
        database = directory / layout.DATABASE_NAME
        return layout.is_store(directory) and database.is_file() and database.stat().st_size > 0

    @property
    def directory(self) -> Path:
        """The absolute path of the store's folder."""
        return self._directory

    @property
    def folder(self) -> OwnFolder:
        """The same folder, held open until `close`."""
        return self._folder

    @property
    def root(self) -> Path:
        """The absolute path of the collection's folder."""
        return self._keys.root

    @property
    def format_version(self) -> int:
        """The format of the files."""
        return self._format_version

    @property
    def writable(self) -> bool:
        """Whether the store was opened to write."""
        return self._lock is not None

    def close(self) -> None:
        """Close the store. Closing twice is fine."""
        with self._guard:
            connection, self._connection = self._connection, None
            if connection is not None:
                connection.close()
            if self._lock is not None:
                self._lock.release()
            self._folder.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @contextlib.contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        """The connection, with errors explained, including those of values in the tables."""
        with self._connected() as connection, believed(self._directory):
            yield connection

    @contextlib.contextmanager
    def _connected(self) -> Iterator[sqlite3.Connection]:
        """The connection, with errors of SQLite and of the file system explained."""
        with self._guard, explained(self._directory):
            if self._connection is None:
                msg = f"the database in {self._directory} was closed: open it again with Store.open"
                raise StoreError(msg)
            yield self._connection

    @contextlib.contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """The connection, for a store that was opened to write."""
        with self._connected() as connection:
            if self._lock is None:
                msg = f"the database in {self._directory} was opened to read only: open it with writable=True"
                raise StoreError(msg)
            yield connection

    def recognise(self, files: Iterable[ImageFile], *, decoder: str) -> Recognised:
        """Sort a scan's files by what is known about them: a file is recognised by path, size and times.

        Where the system has a time of change it must be the kept one: programs that write metadata into a file may
        leave its size and put its modification time back.

        Parameters
        ----------
        files
            The files that the scan found.
        decoder
            As in `Batch.decoder`: a file that could not be read by another decoder counts as unknown.

        """
        with self._reading() as connection:
            hashes, changed_ns, unread_hashes = tables.known_signatures(connection)
            reasons = tables.skip_signatures(connection, decoder)
        key, signature = self._keys.key, tables.signature
        known: list[HashedFile] = []
        skips: list[Skip] = []
        unknown: list[ImageFile] = []
        unread: list[ImageFile] = []
        for file in files:
            signed = signature(key(file.path), file)
            content_hash = hashes.get(signed)
            if content_hash is not None and not tables.changed_between(changed_ns.get(signed, 0), file):
                known.append(HashedFile(file, content_hash))
                if content_hash in unread_hashes:
                    unread.append(file)
            elif signed in reasons and not tables.changed_between(reasons[signed][2], file):
                skips.append(Skip(file.path, *reasons[signed][:2]))
            else:
                unknown.append(file)
        return Recognised(tuple(known), tuple(skips), tuple(unknown), frozenset(unread))

    def known_files(self, *, gone: bool = False) -> dict[Path, KnownFile]:
        """The files of known content by absolute path, ordered by the bytes of their paths.

        Parameters
        ----------
        gone
            Whether to include files that the latest scan did not find.

        """
        select = "SELECT path, size_bytes, mtime_ns, hash, gone_s IS NOT NULL FROM files WHERE hash IS NOT NULL"
        with self._reading() as connection:
            rows = connection.execute(select if gone else f"{select} AND gone_s IS NULL").fetchall()
            paths = self._keys.paths([row[0] for row in rows])
        return {path: KnownFile(row[1], row[2], row[3], bool(row[4])) for path, row in zip(paths, rows, strict=True)}

    def n_known_files(self) -> int:
        """Number of files of known content that the latest scan found."""
        with self._reading() as connection:
            return tables.count(connection, "files WHERE hash IS NOT NULL AND gone_s IS NULL")

    def outside_root(self) -> tuple[Path, ...]:
        """Pictures outside the root that the latest scan found, ordered by the bytes of their paths."""
        found = "hash IS NOT NULL AND gone_s IS NULL"
        absolute = "path >= x'2f' AND path < x'30'" if os.sep == "/" else "substr(path, 2, 1) = x'3a'"
        with self._reading() as connection:
            rows = connection.execute(f"SELECT path FROM files WHERE {absolute} AND {found}").fetchall()  # noqa: S608
            return self.paths_of([row[0] for row in rows])

    def known_skips(self) -> tuple[Skip, ...]:
        """Files that the latest scan found but could not read, ordered by the bytes of their paths."""
        with self._reading() as connection:
            rows = connection.execute(
                "SELECT path, stage, reason FROM files WHERE hash IS NULL AND gone_s IS NULL"
            ).fetchall()
            paths = self._keys.paths([row[0] for row in rows])
        return tuple(Skip(path, row[1], row[2]) for path, row in zip(paths, rows, strict=True))

    def notes(self) -> dict[Path, str]:
        """Notes on what is missing from partly read pictures that the latest scan found, by path, in order of path."""
        select = (
            "SELECT path, note FROM contents JOIN files USING (hash) WHERE note != '' AND gone_s IS NULL ORDER BY path"
        )
        with self._reading() as connection:
            rows = connection.execute(select).fetchall()
        paths = self._keys.paths([row[0] for row in rows])
        return {path: str(row[1]) for path, row in zip(paths, rows, strict=True)}

    def other_names(self) -> dict[bytes, tuple[bytes, ...]]:
        """Further names of pictures that the latest scan found, sorted, by key: hard and symbolic links to them."""
        found: dict[bytes, list[bytes]] = {}
        with self._reading() as connection:
            for path, file in connection.execute("SELECT path, file FROM other_names ORDER BY path"):
                found.setdefault(file, []).append(path)
        return {file: tuple(paths) for file, paths in found.items()}

    def other_names_of(self, key: bytes) -> tuple[bytes, ...]:
        """Further names of one picture, sorted, given its key in `leaves`."""
        with self._reading() as connection:
            rows = connection.execute("SELECT path FROM other_names WHERE file = ? ORDER BY path", (key,)).fetchall()
        return tuple(row[0] for row in rows)

    def same_pixels(self, model: str) -> dict[bytes, bytes]:
        """A content with a fingerprint of a model, by its digest of pixels followed by that of how they are shown."""
        with self._reading() as connection:
            return tables.same_pixels(connection, model)

    def coded(self, hashes: Collection[bytes]) -> dict[bytes, bytes]:
        """Digests of contents' coded pixels followed by those of how they are shown, 24 bytes by hash.

        Contents with equal ones differ in their metadata alone. Those of which one is not known are left out.
        """
        with self._reading() as connection:
            return tables.coded(connection, hashes)

    def signs(self, hashes: Sequence[bytes]) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
        """Hashes of what contents look like.

        Returns
        -------
        tuple
            Shape (n_hashes, 32), row i for hash i, as `imagecluster.decode.sign_hash` gives them; and of shape
            (n_hashes,) whether there is one: contents of an older format have none until they are read again.

        """
        with self._reading() as connection:
            kept = tables.read_signs(connection, hashes)
        found = np.zeros((len(hashes), SIGN_BYTES), np.uint8)
        there = np.zeros(len(hashes), np.bool_)
        for row, content_hash in enumerate(hashes):
            if content_hash in kept:
                found[row] = np.frombuffer(kept[content_hash], np.uint8)
                there[row] = True
        return found, there

    def put_signs(self, signs: Mapping[bytes, bytes]) -> None:
        """Keep hashes of what contents look like, 32 bytes each, of known contents that have none."""
        with self._writing() as connection, transaction(connection):
            tables.put_signs(connection, signs)

    def successors(self, gone: Collection[bytes]) -> dict[bytes, tuple[frozenset[bytes], frozenset[bytes]]]:
        """For contents that no picture has any longer, those that may have taken their place.

        Returns
        -------
        dict
            By content hash: the other contents with the same pixels, and the present contents of the files that had one
            of all these before.

        """
        with self._reading() as connection:
            return tables.successors(connection, gone) if gone else {}

    def rows(self, model: str) -> dict[bytes, int]:
        """Row number in the model's matrix by content hash; empty for an unknown model."""
        with self._reading() as connection:
            return dict(
                connection.execute(
                    "SELECT hash, row FROM fingerprints JOIN models ON models.id = model WHERE identity = ?",
                    (model,),
                )
            )

    def commit(self, batch: Batch, *, model: str) -> None:
        """Add a batch, all of it or nothing; once this returns, the batch survives a power cut.

        First the vectors are appended to the matrix and synced, then one transaction records their rows. What a
        crash between the two leaves is overwritten by the next append. A content that already has a
        fingerprint of this model keeps it. A known file is replaced, and is no longer gone.

        Raises
        ------
        ArgumentError
            A hash without metadata, a vector that float16 cannot hold, or a malformed model name.
        StoreDamagedError
            The model's earlier fingerprints have a different number of dimensions.

        """
        key = self._keys.key
        with self._writing() as connection:
            target = tables.model_row(connection, model)
            if target is None:
                target = tables.ModelRow(tables.NEW_MODEL, model, 0, 0, matrix.file_name(model))
            hashes = tables.new_hashes(connection, target, batch.vectors)
            rows = None
            if hashes:
                rows = matrix.encode([batch.vectors[h] for h in hashes])
                if target.id == tables.NEW_MODEL:
                    target = target._replace(n_dimensions=rows.shape[1])
                tables.check_dimensions(target, rows.shape[1])
                matrix.append(self._folder, target.matrix, rows, after=target.n_rows)
            with transaction(connection):
                tables.add_metadata(connection, batch)
                tables.check_contents(connection, batch)
                tables.put_pixels(connection, batch)
                tables.put_signs(connection, batch.signs)
                tables.put_files(connection, ((key(f.path), f, h) for f, h in batch.files))
                skips = ((key(s.file.path), s.file, s.stage, s.reason) for s in batch.skips)
                tables.put_skips(connection, skips, batch.decoder)
                if rows is not None:
                    tables.add_fingerprints(connection, target, hashes, matrix.checksums(rows))
                kept_leaves.change_mark(connection)

    def mark_present(self, paths: Iterable[Path], other_names: Mapping[Path, Sequence[Path]] | None = None) -> int:
        """Note which files a scan found: all others count as gone from now on, and these no longer do.

        Gone files keep their fingerprints, so that an unplugged drive costs nothing.

        Parameters
        ----------
        paths
            The files.
        other_names
            Further names of some of them.

        Returns
        -------
        int
            Number of files that existed before this scan and no longer do.

        """
        key = self._keys.key
        present = {key(path) for path in paths}
        names = {key(name): key(path) for path, others in (other_names or {}).items() for name in others}
        with self._writing() as connection, believed(self._directory):
            gone: list[bytes] = []
            back: list[bytes] = []
            for path, was_gone in connection.execute("SELECT path, gone_s IS NOT NULL FROM files"):
                if was_gone == (path in present):
                    (back if was_gone else gone).append(path)
            if gone or back:
                with transaction(connection):
                    tables.set_gone(connection, gone=gone, back=back, now_s=time.time())
                    kept_leaves.change_mark(connection)
            if names or tables.count(connection, "other_names"):
                with transaction(connection):
                    tables.replace_other_names(connection, names)
        return len(gone)

    def note_links(self, changes: Iterable[tuple[bytes, int, int]]) -> None:
        """Note times of change of files to which we have made links: key, time that was kept, new time."""
        with self._writing() as connection, transaction(connection):
            tables.note_links(connection, changes)

    def distrust_files(self) -> None:
        """Take all files for changed, so that each is read again before it is recognised."""
        with self._writing() as connection, transaction(connection):
            tables.distrust_files(connection)

    def forget_gone(self) -> int:
        """Forget the files that are gone, with fingerprints that no other file needs; returns the number of files."""
        with self._writing() as connection, believed(self._directory):
            return pruning.forget_gone(connection, self._folder)

    def vectors(self, model: str, hashes: Sequence[bytes]) -> NDArray[np.float32]:
        """The fingerprints of contents as stored, shape (n_hashes, n_dimensions), row i for hash i.

        Raises
        ------
        StoreError
            A content has no fingerprint of this model.
        StoreDamagedError
            A row of the matrix is not the one that was committed.

        """
        with self._reading() as connection:
            return reading.gathered(connection, self._folder, model, hashes)

    def leaves(self, model: str) -> Leaves:
        """The pictures that the latest scan found and that have a fingerprint of this model."""
        with self._reading() as connection:
            kept = kept_leaves.load(connection, self._folder, model)
            return reading.read_leaves(connection, self._keys, model) if kept is None else kept

    def pictures_mark(self) -> bytes | None:
        """A mark that changes with the pictures and all that is known of them; None for a database from before it."""
        with self._reading() as connection:
            return kept_leaves.mark(connection)

    def keep_leaves(self, model: str, leaves: Leaves | None = None) -> None:
        """Keep the result of `leaves` in a file if it is large, so that a reader has it at once.

        Parameters
        ----------
        model
            `name@version`.
        leaves
            Result of `leaves` just obtained; read if not given.

        """
        with self._writing() as connection, believed(self._directory):
            if kept_leaves.is_due(connection, self._folder, model):
                now = leaves or reading.read_leaves(connection, self._keys, model)
                kept_leaves.save(connection, self._folder, model, now)

    def path_of(self, key: bytes) -> Path:
        """The absolute path of a picture, given its key in `leaves`."""
        return self._keys.path(key)

    def paths_of(self, keys: Sequence[bytes]) -> tuple[Path, ...]:
        """The absolute paths of many pictures."""
        return tuple(self._keys.paths(list(keys)))

    def modified_ns(self) -> dict[bytes, int]:
        """Modification time in ns since 1970 of each picture that the latest scan found, by its key in `leaves`."""
        with self._reading() as connection:
            return dict(
                connection.execute("SELECT path, mtime_ns FROM files WHERE hash IS NOT NULL AND gone_s IS NULL")
            )

    def fingerprints(self, model: str, paths: Sequence[Path]) -> Fingerprints:
        """The fingerprints of files, scaled to unit length; row i belongs to path i.

        Raises
        ------
        StoreError
            A file is unknown, or its content has no fingerprint of this model.

        """
        keys = [self._keys.key(path) for path in paths]
        with self._reading() as connection:
            hashes = dict(connection.execute("SELECT path, hash FROM files WHERE hash IS NOT NULL"))
        missing = [path for path, key in zip(paths, keys, strict=True) if key not in hashes]
        if missing:
            msg = (
                f"{len(missing):,} of {len(paths):,} files are not in the database in {self._directory}, such as"
                f" {str(missing[0])!r}: run `imagecluster run` on them first"
            )
            raise StoreError(msg)
        vectors = self.vectors(model, [hashes[key] for key in keys])
        lengths = np.sqrt(np.einsum("ij,ij->i", vectors, vectors))
        lengths[lengths == 0] = 1
        vectors /= lengths[:, np.newaxis]
        return Fingerprints(tuple(paths), vectors, model)

    def metadata(self, hashes: Collection[bytes]) -> dict[bytes, Metadata]:
        """Metadata of contents by hash; unknown hashes are left out."""
        with self._reading() as connection:
            return tables.metadata(connection, hashes)

    def described(self, hashes: Collection[bytes]) -> dict[bytes, Metadata]:
        """Metadata of contents by hash, with dates and places from sidecars and names of files too."""
        with self._reading() as connection:
            beside = dates.read_beside_of_contents(connection)
            found = tables.metadata(connection, hashes)
        return {h: dates.completed(metadata, beside.get(h, ())) for h, metadata in found.items()}

    def described_files(self, files: Mapping[Path, bytes]) -> dict[Path, Metadata]:
        """Metadata of files whose contents are given, with what lies beside each itself, and not beside a copy of it.

        Files beside which nothing lies are left out.
        """
        beside = {path: row for path, row in self.beside().items() if path in files}
        found = self.metadata({files[path] for path in beside})
        return {path: dates.completed(found[files[path]], (row,)) for path, row in beside.items()}

    def beside(self) -> dict[Path, Beside]:
        """What lies beside the files, by path: of each that has a sidecar or a date in its name."""
        with self._reading() as connection:
            rows = dates.read_beside(connection)
            return dict(zip(self._keys.paths(list(rows)), rows.values(), strict=True))

    def put_beside(self, rows: Mapping[Path, Beside | None]) -> None:
        """Note what lies beside files; None: nothing any more."""
        with self._writing() as connection, transaction(connection):
            dates.put_beside(connection, {self._keys.key(path): row for path, row in rows.items()})
            kept_leaves.change_mark(connection)

    def read_before(self) -> set[bytes]:
        """Hashes of contents whose metadata an older version read, which may know less of dates and places."""
        with self._reading() as connection:
            return dates.hashes_read_before(connection)

    def put_said(self, said: Mapping[bytes, Metadata | None]) -> None:
        """Replace date, place, camera and exposure of contents that were read again; None: they could not be."""
        with self._writing() as connection, transaction(connection):
            dates.put_said(connection, said)
            kept_leaves.change_mark(connection)

    def save_dendrogram(self, key: str, dendrogram: Dendrogram, info: Mapping[str, Any]) -> None:
        """Keep a dendrogram exactly; only the newest few stay.

        The key names everything that it depends on: pictures in order, model, method. `info` must survive JSON.
        """
        with self._writing():
            dendrograms.save(self._folder, key, dendrogram, info)

    def load_dendrogram(self, key: str) -> SavedDendrogram | None:
        """The dendrogram kept under a key, or None."""
        with self._reading():
            return dendrograms.load(self._folder, key)

    def save_graph(self, key: str, graph: NeighbourGraph) -> None:
        """Keep a neighbour graph, replacing the one under the key; only the newest few stay."""
        with self._writing():
            graphs.save(self._folder, key, graph)

    def load_graph(self, key: str) -> NeighbourGraph | None:
        """The neighbour graph kept under a key, or None."""
        with self._reading():
            return graphs.load(self._folder, key)

    def save_pairs(self, key: str, results: PairResults) -> None:
        """Keep results of comparing pairs, if possible, in place of all others; `key` names the computation."""
        with self._writing():
            pair_results.save(self._folder, key, results)

    def load_pairs(self, key: str) -> PairResults:
        """The results of comparing pairs that are kept under a key; none if there are none."""
        with self._reading():
            return pair_results.load(self._folder, key)

    def save_copies(self, key: str, results: CopyResults) -> None:
        """Keep results of comparing for copies, if possible, in place of all others; `key` names how."""
        with self._writing():
            copy_results.save(self._folder, key, results)

    def load_copies(self, key: str) -> CopyResults:
        """The results of comparing for copies that are kept under a key; none if there are none."""
        with self._reading():
            return copy_results.load(self._folder, key)

    def record_run(self, run: Run) -> None:
        """Record a run."""
        with self._writing() as connection, transaction(connection):
            tables.add_run(connection, run)

    def runs(self) -> tuple[Run, ...]:
        """All recorded runs, oldest first."""
        with self._reading() as connection:
            return tables.read_runs(connection)

    def thumbnails(self) -> Thumbnails:
        """The cache of thumbnails beside the database; to be closed by the caller."""
        return Thumbnails(self._directory / layout.THUMBNAILS_NAME, follow=self._folder.follow)

    def info(self) -> StoreInfo:
        """Counts and sizes."""
        with self._reading() as connection:
            return summary(connection, self._directory, self.root)
