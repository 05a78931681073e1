"""Tests of where stores lie and how paths are kept in them."""

import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from imagecluster.collection import locate
from imagecluster.errors import NotOursError, OutputError, StoreError
from imagecluster.scan import scan
from imagecluster.store import HashedFile, Store, default_location, layout
from imagecluster.store.layout import PathKeys
from store_samples import MODEL, batch_of, file_of, hash_of, vectors_of

POSIX = pytest.mark.skipif(os.name == "nt", reason="other paths there")


def test_a_store_lies_inside_its_collection(tmp_path):
    """The default place is the folder `imagecluster` of the collection."""
    assert default_location(tmp_path) == tmp_path / "imagecluster"


def test_a_collection_that_cannot_be_written_has_its_store_elsewhere(tmp_path, monkeypatch):
    """The place in the user's data directory follows from the collection's path, and only from that."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setattr(layout, "_is_writable", lambda folder: False)
    first, second = tmp_path / "a" / "My Pictures", tmp_path / "b" / "My Pictures"
    places = {default_location(folder) for folder in (first, second, first)}
    assert len(places) == 2
    assert all(tmp_path not in (place, place.parent) for place in places)
    assert all(place.name.startswith("My_Pictures-") for place in places)
    assert not any(place.exists() for place in places)


def test_a_store_that_is_already_there_is_used(tmp_path, monkeypatch):
    """A store beside the pictures is read where it is, even if the folder cannot be written to any more."""
    Store.open(tmp_path / "imagecluster", root=tmp_path).close()
    monkeypatch.setattr(layout, "_is_writable", lambda folder: False)
    assert default_location(tmp_path) == tmp_path / "imagecluster"


def test_the_scan_passes_over_a_store(tmp_path):
    """Nothing inside a store is taken for a picture of the collection."""
    with Store.open(tmp_path / "imagecluster", root=tmp_path) as store:
        (store.directory / "picture.jpg").touch()
    assert scan([tmp_path]).files == ()


def test_a_store_travels_with_its_folder(tmp_path):
    """After a move of the whole collection every file is recognised at its new place."""
    old, new = tmp_path / "old", tmp_path / "elsewhere" / "new"
    with Store.open(old / "imagecluster", root=old) as store:
        store.commit(batch_of(old, range(5)), model=MODEL)
    shutil.move(old, new)
    with Store.open(new / "imagecluster") as store:
        assert store.root == new
        files = [file_of(new, n) for n in range(5)]
        assert store.recognise(files, decoder="").files == tuple(
            HashedFile(file, hash_of(n)) for n, file in enumerate(files)
        )
        found = store.fingerprints(MODEL, [file.path for file in files])
        assert np.allclose(found.vectors, vectors_of(range(5)), atol=1e-3)


def test_a_store_elsewhere_follows_a_collection_that_moved(tmp_path):
    """Opened with the new folder, when the old one is no longer there, a store takes the new one for good."""
    old, new, directory = tmp_path / "old", tmp_path / "new", tmp_path / "db"
    old.mkdir()
    with Store.open(directory, root=old) as store:
        store.commit(batch_of(old, range(3)), model=MODEL)
    old.rename(new)
    for _ in range(2):
        with Store.open(directory, root=new) as store:
            assert store.root == new
            assert list(store.known_files()) == [file_of(new, n).path for n in range(3)]
    with Store.open(directory) as store:
        assert store.root == new


def test_a_second_collection_in_a_store_keeps_absolute_paths(tmp_path):
    """Another folder's files may be kept in a store as well; the root stays that of the first."""
    first, second = tmp_path / "first", tmp_path / "second"
    for folder in (first, second):
        folder.mkdir()
        with Store.open(tmp_path / "db", root=folder) as store:
            store.commit(batch_of(folder, range(3)), model=MODEL)
            assert store.root == first
    with Store.open(tmp_path / "db", writable=False) as store:
        assert set(store.known_files()) == {file_of(folder, n).path for folder in (first, second) for n in range(3)}


@POSIX
def test_a_collection_behind_a_link_is_recognised(tmp_path):
    """The same folder under another name is the same collection, wherever its store lies."""
    real, link = tmp_path / "real", tmp_path / "link"
    real.mkdir()
    link.symlink_to(real)
    for directory, seen in ((real / "imagecluster", link / "imagecluster"), (tmp_path / "db", tmp_path / "db")):
        with Store.open(directory, root=real) as store:
            store.commit(batch_of(real, range(3)), model=MODEL)
        with Store.open(seen, root=link) as store:
            assert store.root == link
            assert list(store.known_files()) == [file_of(link, n).path for n in range(3)]


@POSIX
def test_a_store_that_is_a_link_belongs_to_the_folder_around_the_link(tmp_path):
    """A store moved to another disk, with a link in its place, still finds the pictures."""
    root = tmp_path / "Pictures"
    root.mkdir()
    with Store.open(root / "imagecluster", root=root) as store:
        store.commit(batch_of(root, range(3)), model=MODEL)
    shutil.move(root / "imagecluster", tmp_path / "big disk")
    (root / "imagecluster").symlink_to(tmp_path / "big disk")
    for options in ({"root": root}, {}):
        with Store.open(root / "imagecluster", **options) as store:
            assert store.root == root


def test_a_relative_place_is_made_absolute(tmp_path, monkeypatch):
    """Folders may be given relative to the working directory."""
    monkeypatch.chdir(tmp_path)
    with Store.open(Path("imagecluster"), root=Path()) as store:
        assert store.directory == tmp_path / "imagecluster"
        assert store.root == tmp_path


@POSIX
@given(st.lists(st.binary(min_size=1, max_size=12), min_size=1, max_size=5))
def test_any_path_survives_its_key(names):
    """A key gives back its path, inside the root and outside, alone and among many."""
    clean = [name.replace(b"/", b"_").replace(b"\0", b"_") for name in names]
    clean = [b"x" + name if name in (b".", b"..") else name for name in clean]
    relative = os.fsdecode(b"/".join(clean))
    for root in (Path("/home/x"), Path("/")):
        keys = PathKeys(root)
        for path in (root / relative, Path("/elsewhere") / relative, Path("/home/xy") / relative):
            key = keys.key(path)
            assert keys.path(key) == path
            assert keys.paths([key, key]) == [path, path]
        assert keys.key(root / relative) == b"/".join(clean)


def test_a_folder_of_something_else_is_left_alone(tmp_path):
    """A folder that holds anything but our marker is not ours, and stays as it is."""
    directory = tmp_path / "imagecluster"
    directory.mkdir()
    (directory / "thesis.txt").write_bytes(b"years of work")
    with pytest.raises(OutputError, match=r"thesis\.txt.*--db"):
        Store.open(directory, root=tmp_path)
    assert [file.name for file in directory.iterdir()] == ["thesis.txt"]


def test_a_folder_that_the_original_left_becomes_a_store(tmp_path):
    """Its pickles and its links stay as they are."""
    directory = tmp_path / "imagecluster"
    (directory / "clusters" / "cluster_with_2").mkdir(parents=True)
    for name in ("fingerprints.pk", "images.pk"):
        (directory / name).write_bytes(b"the original's")
    with Store.open(directory, root=tmp_path):
        pass
    assert (directory / "fingerprints.pk").read_bytes() == (directory / "images.pk").read_bytes() == b"the original's"
    assert (directory / "clusters" / "cluster_with_2").is_dir()


def test_there_is_nothing_to_read_where_there_is_no_store(tmp_path):
    """A reader creates nothing, nor does a writer without a root."""
    for options in ({"writable": False}, {}):
        with pytest.raises(StoreError, match="there is no database"):
            Store.open(tmp_path / "imagecluster", **options)
    assert not Store.exists(tmp_path / "imagecluster")
    assert list(tmp_path.iterdir()) == []


def test_exists_tells_a_store_from_a_folder(tmp_path):
    """Only a folder with marker and database is a store."""
    Store.open(tmp_path / "imagecluster", root=tmp_path).close()
    assert Store.exists(tmp_path / "imagecluster")
    assert not Store.exists(tmp_path)


def test_an_empty_folder_is_taken(tmp_path):
    """An empty folder, or a store folder whose creation was interrupted, becomes a store."""
    directory = tmp_path / "imagecluster"
    directory.mkdir()
    with Store.open(directory, root=tmp_path) as store:
        assert store.info().n_files == 0
    (directory / "imagecluster.db").unlink()
    with Store.open(directory, root=tmp_path) as store:
        store.commit(batch_of(tmp_path, [1]), model=MODEL)


def test_a_link_in_the_place_of_the_database_is_followed_only_by_name(tmp_path):
    """`imagecluster` beside the pictures may have been planted there: only --db follows it."""
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "root").mkdir()
    link = tmp_path / "root" / "imagecluster"
    link.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(NotOursError, match=f"--db {link}"):
        locate(tmp_path / "root")
    with pytest.raises(NotOursError, match="is a link"):
        Store.open(link, root=tmp_path / "root", follow=False)
    assert list((tmp_path / "elsewhere").iterdir()) == []
    place = locate(tmp_path / "root", link)
    with Store.open(place.directory, root=place.root, follow=place.follow):
        assert (tmp_path / "elsewhere" / "imagecluster.db").is_file()
