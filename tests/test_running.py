"""The main job, end to end, on pictures that the test draws and on real ones."""

import errno
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from conftest import read_manifest
from imagecluster.cli import main
from imagecluster.collection import Settings, opening
from imagecluster.collection.place import refuse_when_most_are_gone
from imagecluster.errors import ArgumentError, InputError, OutputError, StoreDamagedError, StoreLockedError
from imagecluster.functions.running import run
from imagecluster.present.fingerprints import write_fingerprints
from imagecluster.records import Scan
from imagecluster.store import Store
from imagecluster.store.layout import is_store
from imagecluster.system.safe_files import exists
from ordinary_user import ordinary_user
from picture_samples import png_of_size
from pictures import draw, draw_groups


def counts(result):
    return result.n_scanned, result.n_fingerprinted, result.n_reused, len(result.skips)


def names(result):
    """Clusters as sets of file names."""
    return {frozenset(result.paths[row].name for row in cluster.members) for cluster in result.clusters.clusters}


GROUPS = {
    frozenset({"0_0.png", "0_1.png"}),
    frozenset({"1_0.png", "1_1.png", "1_2.png"}),
    frozenset({"2_0.png", "2_1.png", "2_2.png", "2_3.png"}),
}


@pytest.mark.parametrize("form", [str, Path, lambda folder: [str(folder)], lambda folder: iter([folder])])
def test_a_folder_is_given_in_any_form(tmp_path, form):
    """As text or path, alone or in a list."""
    draw_groups(tmp_path / "pics", (2, 1))
    result = run(form(tmp_path / "pics"), Settings(links="none", page=False), db=str(tmp_path / "db"))
    assert result.n_scanned == 3
    assert result.directory == tmp_path / "db"


def test_groups_are_found_and_laid_out(tmp_path):
    """Clusters of 2, 3 and 4 look-alikes, as folders of links that work, tables and a page."""
    folder = draw_groups(tmp_path / "pics")
    result = run([folder])
    assert counts(result) == (9, 9, 0, 0)
    assert names(result) == GROUPS
    tree = folder / "imagecluster" / "clusters"
    for size in (2, 3, 4):
        links = sorted((tree / f"cluster_with_{size}" / "cluster_0").iterdir())
        assert [link.resolve().parent for link in links] == [folder.resolve()] * size
        assert all(link.is_symlink() and not link.readlink().is_absolute() for link in links)
    table = json.loads((folder / "imagecluster" / "clusters.json").read_text())
    assert [cluster["size"] for cluster in table["clusters"]] == [4, 3, 2]
    assert (folder / "imagecluster" / "clusters.html").stat().st_size > 9 * 1000


def test_a_second_run_fingerprints_nothing_and_loads_no_engine(tmp_path, monkeypatch):
    """An unchanged folder costs a scan and a cut; another sim needs no new dendrogram."""
    folder = draw_groups(tmp_path / "pics")
    first = run([folder])
    monkeypatch.setitem(sys.modules, "imagecluster.embed", None)
    monkeypatch.setitem(sys.modules, "imagecluster.linkage", None)
    second = run([folder])
    assert counts(second) == (9, 0, 9, 0)
    assert second.clusters == first.clusters
    assert run([folder], Settings(sim=0)).clusters.sizes() == {9: 1}
    assert run([folder], Settings(sim=1)).clusters.sizes() == {}


def test_method_metric_and_diameter_reach_the_tables(tmp_path):
    """Each method has a dendrogram of its own in the database; the tables name how it was made."""
    folder = draw_groups(tmp_path / "pics")
    average = run([folder])
    ward = Settings(method="ward", metric="euclidean", sim=0.6)
    first = run([folder], ward)
    assert (first.method, first.metric) == ("ward", "euclidean")
    assert names(first) == GROUPS
    assert first.clusters.clusters[0].height != average.clusters.clusters[0].height
    assert run([folder], ward).clusters == first.clusters
    assert run([folder]).clusters == average.clusters
    assert run([folder], Settings(method="ward", metric="euclidean", sim=0)).clusters.sizes() == {9: 1}
    narrow = run([folder], Settings(sim=0, max_diameter=average.largest_distance / 2))
    assert narrow.clusters.sizes() != {9: 1}
    table = json.loads((folder / "imagecluster" / "clusters.json").read_text())
    assert (table["method"], table["metric"]) == ("average", "cosine")
    assert table["max_diameter"] == narrow.clusters.max_diameter == average.largest_distance / 2


def test_a_page_is_written_again_only_when_it_would_differ(tmp_path):
    """An unchanged collection leaves the page alone; another cut, another picture or a lost page makes it anew."""
    folder = draw_groups(tmp_path / "pics")
    page = folder / "imagecluster" / "clusters.html"

    def written(settings=None):
        run([folder], settings)
        return page.stat().st_ino, page.stat().st_mtime_ns

    first = written()
    content = page.read_bytes()
    assert written() == first
    assert written(Settings(sim=0.1)) != first
    back = written()
    assert page.read_bytes() == content
    page.unlink()
    assert written() != back
    assert page.read_bytes() == content
    page.write_bytes(b"harmed")
    written()
    assert page.read_bytes() == content
    draw(folder / "0_0.png", 0, size=(161, 129))
    written()
    assert page.read_bytes() != content


def test_a_page_is_the_same_without_its_cache(tmp_path):
    """Thumbnails that could not be kept, on a full disk, are made from the files as the run made them."""
    folder = draw_groups(tmp_path / "pics")
    page = folder / "imagecluster" / "clusters.html"
    run([folder])
    content = page.read_bytes()
    for file in (folder / "imagecluster").glob("thumbnails.db*"):
        file.unlink()
    page.unlink()
    run([folder])
    assert page.read_bytes() == content


def test_what_killed_runs_left_unfinished_is_removed(tmp_path):
    """A page that a killed run was writing does not lie there for ever."""
    folder = draw_groups(tmp_path / "pics", (2,))
    database = run([folder]).directory
    (database / ".clusters.html.0123456789abcdef.new").write_bytes(b"half a page")
    run([folder])
    assert not list(database.glob(".*.new"))


def test_each_change_is_handled_at_its_cost(tmp_path):
    """New and changed pictures are fingerprinted; renamed, copied and touched ones are read; removed ones leave."""
    folder = draw_groups(tmp_path / "pics")
    run([folder])
    draw(folder / "3_0.png", 3)
    draw(folder / "0_0.png", 4)
    (folder / "1_0.png").rename(folder / "renamed.png")
    shutil.copy(folder / "1_1.png", folder / "sub copy.png")
    os.utime(folder / "1_2.png", ns=(1, 1))
    (folder / "2_0.png").unlink()
    changed = run([folder])
    assert counts(changed) == (10, 2, 8, 0)
    fresh = shutil.copytree(folder, tmp_path / "fresh", ignore=shutil.ignore_patterns("imagecluster"))
    assert names(run([fresh])) == names(changed)


def test_a_picture_that_comes_back_costs_a_read(tmp_path):
    """An unplugged drive does not lose fingerprints."""
    folder = draw_groups(tmp_path / "pics")
    run([folder])
    (folder / "2_0.png").rename(tmp_path / "away.png")
    assert counts(run([folder])) == (8, 0, 8, 0)
    (tmp_path / "away.png").rename(folder / "2_0.png")
    assert counts(run([folder])) == (9, 0, 9, 0)


def test_equal_bytes_are_together_at_any_sim(tmp_path):
    """Two equal pictures are one fingerprint, at distance 0, one cluster at sim 1."""
    folder = tmp_path / "pics"
    shutil.copy(draw(folder / "a.png", 0), folder / "b.png")
    draw(folder / "c.png", 1)
    result = run([folder], Settings(sim=1))
    assert counts(result) == (3, 2, 1, 0)
    assert names(result) == {frozenset({"a.png", "b.png"})}
    assert result.clusters.clusters[0].height == 0


@pytest.mark.parametrize("n_pictures", [0, 1, 2])
def test_few_pictures_are_no_special_case(tmp_path, n_pictures):
    """No picture, one, and two equal ones give complete outputs."""
    folder = tmp_path / "pics"
    folder.mkdir()
    (folder / "notes.txt").write_text("no picture")
    for i in range(n_pictures):
        draw(folder / f"{i}.png", 0)
    result = run([folder])
    assert result.n_scanned == n_pictures
    assert result.ignored == {".txt": 1}
    assert result.clusters.sizes() == ({2: 1} if n_pictures == 2 else {})
    assert (folder / "imagecluster" / "clusters.json").is_file()


def test_broken_pictures_are_skipped_with_a_reason_and_not_tried_again(tmp_path, monkeypatch):
    """The skip is remembered until the file or the limits change."""
    folder = draw_groups(tmp_path / "pics", (2,))
    (folder / "broken.png").write_bytes((folder / "0_0.png").read_bytes()[:100])
    first = run([folder])
    assert counts(first) == (3, 2, 0, 1)
    assert first.skips[0].path == folder / "broken.png"
    with monkeypatch.context() as patch:
        patch.setitem(sys.modules, "imagecluster.embed", None)
        again = run([folder])
    assert counts(again) == (3, 0, 2, 1)
    assert again.skips == first.skips
    shutil.copy(folder / "0_0.png", folder / "broken.png")
    assert counts(run([folder])) == (3, 0, 3, 0)


def test_what_is_read_in_part_has_a_note_in_every_run(tmp_path, capsys):
    """An incomplete JPEG is clustered; it is named on the screen, in --json, in clusters.json and in the database."""
    folder = draw_groups(tmp_path / "pics", (2,))
    Image.open(folder / "0_0.png").convert("RGB").resize((320, 256)).save(folder / "part.jpg", quality=95)
    data = (folder / "part.jpg").read_bytes()
    (folder / "part.jpg").write_bytes(data[: -(len(data) // 12)])
    for _ in range(2):
        result = run([folder])
        ((path, note),) = result.notes.items()
        assert (path, counts(result)[3]) == (folder / "part.jpg", 0)
        assert note.startswith("incomplete: last ")
    pictures = json.loads((folder / "imagecluster" / "clusters.json").read_text())["pictures"]
    assert {picture["path"]: picture.get("note") for picture in pictures} == {
        "0_0.png": None, "0_1.png": None, "part.jpg": note,
    }  # fmt: skip
    capsys.readouterr()
    assert main([str(folder)]) == 0
    assert f"read in part part.jpg: {note}\n" in capsys.readouterr().err
    assert main([str(folder), "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["read_in_part"] == [{"path": str(folder / "part.jpg"), "note": note}]
    (folder / "part.jpg").unlink()
    assert run([folder]).notes == {}


WITH_LITTLE_MEMORY = """
import re, resource, sys
from pathlib import Path
from imagecluster.functions.running import run

def counts(folder):
    result = run([Path(folder)])
    print(result.n_scanned, result.n_fingerprinted, result.n_reused, [skip.reason for skip in result.skips])

counts(sys.argv[1])
size = int(re.search(r"VmSize:\\s*(\\d+) kB", Path("/proc/self/status").read_text())[1]) * 1024
soft, hard = resource.getrlimit(resource.RLIMIT_AS)
resource.setrlimit(resource.RLIMIT_AS, (size + 100_000_000, hard))
counts(sys.argv[2])
resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
counts(sys.argv[2])
counts(sys.argv[2])
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the size of the process is read from /proc")
def test_what_failed_for_want_of_memory_is_tried_again(tmp_path):
    """A picture that memory did not hold is a skip in this run, and fingerprinted in the next."""
    first, folder = draw_groups(tmp_path / "first", (1,)), draw_groups(tmp_path / "pics", (1,))
    rows = zlib.compress(bytes((1 + 3 * 7000) * 7000), 1)
    (folder / "large.png").write_bytes(png_of_size(7000, 7000, content=rows))
    command = [sys.executable, "-c", WITH_LITTLE_MEMORY, str(first), str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    _, short, enough, again = done.stdout.splitlines()
    assert (short, enough, again) == ("2 1 0 ['not enough memory to decode it']", "2 1 1 []", "2 0 2 []")


def test_skips_of_an_older_decoder_are_tried_again(tmp_path):
    """What an older version could not read this one may; what this version could not read it does not try again."""
    folder = draw_groups(tmp_path / "pics", (2,))
    assert counts(run([folder], Settings(max_pixels=1))) == (2, 0, 0, 2)
    assert counts(run([folder], Settings(max_pixels=1))) == (2, 0, 0, 2)
    with sqlite3.connect(folder / "imagecluster" / "imagecluster.db") as database:
        assert database.execute("SELECT DISTINCT decoder FROM files").fetchall() == [("2:1",)]
        database.execute("UPDATE files SET decoder = '1:250000000'")
    database.close()
    assert counts(run([folder])) == (2, 2, 0, 0)


def test_larger_pictures_than_allowed_are_skipped_until_the_limit_is_raised(tmp_path):
    """The limit is part of what a remembered skip depends on."""
    folder = draw_groups(tmp_path / "pics", (2,))
    assert counts(run([folder], Settings(max_pixels=160 * 128))) == (2, 1, 0, 1)
    assert counts(run([folder])) == (2, 1, 1, 0)


def test_a_file_that_disappears_between_scan_and_decode_is_a_skip(tmp_path, monkeypatch):
    """Nothing fails, and the next run does not believe the skip."""
    folder = draw_groups(tmp_path / "pics")
    scan = opening.scan

    def scan_and_remove(*arguments, **options):
        found = scan(*arguments, **options)
        (folder / "0_0.png").rename(tmp_path / "away.png")
        return found

    monkeypatch.setattr(opening, "scan", scan_and_remove)
    assert counts(run([folder])) == (9, 8, 0, 1)
    monkeypatch.undo()
    (tmp_path / "away.png").rename(folder / "0_0.png")
    assert counts(run([folder])) == (9, 1, 8, 0)


STRANGE = ["with space.png", "new\nline.png", "🌄 emoji.png", '"><img src=x>.png', b"not-utf8-\xff.png", "-rf.png"]


def test_strange_names_survive_everything(tmp_path):
    """Spaces, newlines, emoji, markup and bytes that are not UTF-8, in the tables, the links and the page."""
    folder = tmp_path / "pics"
    source = draw(folder / "source.png", 0)
    for name in STRANGE:
        shutil.copy(source, folder / os.fsdecode(name))
    result = run([folder])
    assert names(result) == {frozenset({"source.png", *(os.fsdecode(name) for name in STRANGE)})}
    links = folder / "imagecluster" / "clusters" / "cluster_with_7" / "cluster_0"
    assert all(link.read_bytes() == source.read_bytes() for link in links.iterdir())
    table = json.loads((folder / "imagecluster" / "clusters.json").read_text())
    assert {os.fsencode(name) for name in table["clusters"][0]["members"]} == {
        bytes(path.relative_to(folder)) for path in result.paths
    }
    assert counts(run([folder])) == (7, 0, 7, 0)


def test_a_database_travels_with_its_folder(tmp_path):
    """After a move nothing is fingerprinted again, and the links lead to the new place."""
    folder = draw_groups(tmp_path / "pics")
    run([folder])
    moved = folder.rename(tmp_path / "moved")
    result = run([moved])
    assert counts(result) == (9, 0, 9, 0)
    assert names(result) == GROUPS


def test_a_database_elsewhere_leaves_the_folder_alone(tmp_path):
    """With `db` nothing is written beside the pictures."""
    folder = draw_groups(tmp_path / "pics")
    result = run([folder], db=tmp_path / "elsewhere")
    assert names(result) == GROUPS
    assert {path.suffix for path in folder.iterdir()} == {".png"}
    assert counts(run([folder], db=tmp_path / "elsewhere")) == (9, 0, 9, 0)


def test_several_folders_and_files_are_one_collection(tmp_path, monkeypatch):
    """Their database belongs to the working directory."""
    monkeypatch.chdir(tmp_path)
    draw_groups(tmp_path / "one", (2, 3))
    extra = draw(tmp_path / "two" / "x.png", 0, size=(170, 136))
    result = run([Path("one"), extra])
    assert result.directory == tmp_path / "imagecluster"
    assert frozenset({"0_0.png", "0_1.png", "x.png"}) in names(result)


def test_another_model_version_is_never_mixed_in(tmp_path, monkeypatch):
    """Changed weights mean new fingerprints; the old ones stay."""
    from dataclasses import replace

    from imagecluster import models

    folder = draw_groups(tmp_path / "pics")
    run([folder])
    newer = replace(models.MODELS[models.DEFAULT_MODEL], version="int8.2")
    monkeypatch.setitem(models.MODELS, models.DEFAULT_MODEL, newer)
    assert counts(run([folder])) == (9, 9, 0, 0)
    with Store.open(folder / "imagecluster", writable=False) as store:
        assert {model.n_fingerprints for model in store.info().models} == {9}
        assert len(store.info().models) == 2


@pytest.mark.parametrize(
    ("option", "value"),
    [("sim", -0.01), ("sim", 1.01), ("sim", float("nan")), ("min_size", 0), ("links", "junction"),
     ("max_pixels", 0), ("n_threads", 0), ("time_weight", 1.01), ("time_weight", float("nan")), ("time_scale_s", 0.9),
     ("time_scale_s", float("inf")), ("time_source", "name"), ("method", "wart"), ("metric", "cos"),
     ("max_diameter", -0.1), ("max_diameter", float("nan"))],
)  # fmt: skip
def test_settings_outside_their_range_are_refused(option, value):
    """Before anything is scanned; the message gives what is allowed."""
    with pytest.raises(ArgumentError, match=f"{option} is .*must be"):
        Settings(**{option: value})


def test_settings_that_do_not_go_together_are_refused():
    """Time needs a metric of products, ward the Euclidean one, and an approximate way has average linkage only."""
    with pytest.raises(ArgumentError, match="where time counts it must be one of cosine"):
        Settings(metric="cityblock", time_weight=0.5)
    with pytest.raises(ArgumentError, match="ward linkage is defined for the metric euclidean only"):
        Settings(method="ward")
    with pytest.raises(ArgumentError, match="it must be auto or exact for single linkage under cosine"):
        Settings(method="single", exactness="approximate")


def test_a_missing_folder_is_an_input_error(tmp_path):
    """Nothing is made."""
    with pytest.raises(InputError, match="nowhere"):
        run([tmp_path / "nowhere"])
    assert not list(tmp_path.iterdir())


def test_a_foreign_folder_in_our_place_is_not_touched(tmp_path):
    """`PATH/imagecluster` that is not ours is an error that says what to do."""
    folder = draw_groups(tmp_path / "pics", (2,))
    draw(folder / "imagecluster" / "holiday.png", 0)
    with pytest.raises(OutputError, match="--db"):
        run([folder])
    assert [path.name for path in (folder / "imagecluster").iterdir()] == ["holiday.png"]


def test_a_foreign_tree_in_the_place_of_ours_is_not_touched(tmp_path):
    """Whatever somebody puts into our folder survives."""
    folder = draw_groups(tmp_path / "pics", (2,))
    run([folder])
    tree = folder / "imagecluster" / "clusters"
    shutil.rmtree(tree)
    (tree / "mine").mkdir(parents=True)
    with pytest.raises(OutputError):
        run([folder])
    assert (tree / "mine").is_dir()


def test_two_runs_at_once_do_not_meet(tmp_path):
    """The second one is told so."""
    folder = draw_groups(tmp_path / "pics", (2,))
    run([folder])
    with Store.open(folder / "imagecluster"), pytest.raises(StoreLockedError):
        run([folder])


def test_a_damaged_database_is_refused_and_kept(tmp_path):
    """The message says what to do; not a byte changes."""
    folder = draw_groups(tmp_path / "pics", (2,))
    run([folder])
    (matrix,) = (folder / "imagecluster" / "fingerprints").iterdir()
    matrix.write_bytes(matrix.read_bytes()[:-100])
    before = matrix.read_bytes()
    with pytest.raises(StoreDamagedError, match="move it away"):
        run([folder])
    assert matrix.read_bytes() == before


def test_without_links_and_page_only_the_tables_are_written(tmp_path):
    """A tree and a page of an earlier cut do not stay to contradict the tables."""
    folder = draw_groups(tmp_path / "pics")
    run([folder])
    result = run([folder], Settings(sim=0, links="none", page=False))
    assert (result.outputs.links, result.outputs.page) == (None, None)
    written = {path.name for path in (folder / "imagecluster").iterdir() if not path.name.startswith(".")}
    assert "clusters.html" not in written
    assert not list((folder / "imagecluster" / "clusters").glob("cluster_with_*"))


@pytest.mark.parametrize("links", ["hardlink", "copy"])
def test_links_of_other_kinds(tmp_path, links):
    """Hard links share the file, copies do not."""
    folder = draw_groups(tmp_path / "pics", (2,))
    run([folder], Settings(links=links, sim=0))
    linked = folder / "imagecluster" / "clusters" / "cluster_with_2" / "cluster_0" / "0_0.png"
    assert not linked.is_symlink()
    assert linked.samefile(folder / "0_0.png") == (links == "hardlink")
    assert linked.read_bytes() == (folder / "0_0.png").read_bytes()


def test_user_pictures_are_never_changed(tmp_path):
    """Bytes and times of every picture are the same after all kinds of runs."""
    folder = draw_groups(tmp_path / "pics")
    before = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in folder.iterdir()}
    for links in ("symlink", "hardlink", "copy", "none"):
        run([folder], Settings(links=links))
    assert {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in before} == before


def test_fingerprints_can_be_exported(tmp_path):
    """Both formats hold the same paths and unit vectors, in the space in which clustering measures cosine."""
    import pyarrow.parquet

    folder = draw_groups(tmp_path / "pics")
    shutil.copy(folder / "0_0.png", folder / os.fsdecode(b"\xff.png"))
    result = run([folder])
    with Store.open(folder / "imagecluster", writable=False) as store:
        for name in ("out.npz", "out.parquet"):
            assert write_fingerprints(store, result.model, tmp_path / name) == 10
        with pytest.raises(ArgumentError, match=r"\.npz or \.parquet"):
            write_fingerprints(store, result.model, tmp_path / "out.csv")
        with pytest.raises(OutputError, match="cannot write"):
            write_fingerprints(store, result.model, tmp_path / "none" / "out.npz")
    table = pyarrow.parquet.read_table(tmp_path / "out.parquet")
    with np.load(tmp_path / "out.npz") as arrays:
        vectors, paths = arrays["vectors"], arrays["paths"].tolist()
        assert str(arrays["model"]) == result.model
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)
    np.testing.assert_array_equal(np.stack(table["vector"].to_numpy()), vectors)
    assert table["path_bytes"].to_pylist() == [os.fsencode(path) for path in paths]
    assert sorted(path.name for path in result.paths) == sorted(paths)


def test_a_full_disk_is_told_and_costs_nothing_that_was_committed(tmp_path, monkeypatch):
    """ENOSPC in mid-run: a clear error; with room again the next run goes on."""
    from imagecluster.errors import StoreError
    from imagecluster.store import matrix

    folder = draw_groups(tmp_path / "pics")

    def full(*arguments, **options):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(matrix, "append", full)
        with pytest.raises(StoreError, match="no space left"):
            run([folder])
    assert counts(run([folder])) == (9, 9, 0, 0)


def test_a_folder_that_cannot_be_written_to_has_its_database_elsewhere(tmp_path):
    """The user's data directory takes it, and the run says where; a picture that may not be read is a skip."""
    setpriv = shutil.which("setpriv")
    if os.geteuid() == 0 and setpriv is None:
        pytest.skip("root may write everywhere, and there is no setpriv to give that right up")
    drop = [setpriv, "--bounding-set=-dac_override,-dac_read_search"] if os.geteuid() == 0 else []
    folder = draw_groups(tmp_path / "pics", (2,))
    draw(folder / "secret.png", 1).chmod(0)
    folder.chmod(0o555)
    environment = {**os.environ, "XDG_DATA_HOME": str(tmp_path / "data"), "HOME": str(tmp_path)}
    for n_new in (2, 0):
        done = subprocess.run(
            [*drop, sys.executable, "-m", "imagecluster", folder, "--json"],
            capture_output=True, text=True, env=environment, check=True,
        )  # fmt: skip
        found = json.loads(done.stdout)
        assert found["n_fingerprinted"] == n_new
        assert [Path(skip["path"]).name for skip in found["skipped"]] == ["secret.png"]
        assert "permission denied" in found["skipped"][0]["reason"]
        assert Path(found["database"]).is_relative_to(tmp_path / "data")
    assert len(list(folder.iterdir())) == 3


@pytest.mark.photos
def test_objects_are_found_on_real_photographs(photos, tmp_path):
    """Four photographs of each object: at the default sim nearly all objects are one cluster."""
    from sklearn.metrics import adjusted_rand_score

    rows = read_manifest(photos / "objects_ukbench")
    result = run([photos / "objects_ukbench"], Settings(links="none", page=False), db=tmp_path / "db")
    label = {}
    for cluster in result.clusters.clusters:
        label |= {result.paths[row].name: cluster.number for row in cluster.members}
    label |= {result.paths[row].name: -row for row in result.clusters.singles}
    truth = [row["group"] for row in rows]
    assert adjusted_rand_score(truth, [label[row["path"]] for row in rows]) > 0.9


@pytest.mark.photos
def test_all_orientations_of_a_picture_are_one_cluster(photos, tmp_path):
    """EXIF orientation is applied: nine files each of two pictures are two clusters at a high sim."""
    result = run([photos / "exif_orientation"], Settings(sim=0.7), db=tmp_path / "db")
    assert {frozenset(name.split("_")[0] for name in cluster) for cluster in names(result)} == {
        frozenset({"Landscape"}),
        frozenset({"Portrait"}),
    }
    assert result.clusters.sizes() == {9: 2}


@pytest.mark.photos
@pytest.mark.slow
@pytest.mark.parametrize(
    "name", ["hostile_pillow", "hostile_heif", "albums_pigallery", "exif_samples", "copies_ukbench"]
)
def test_hostile_and_odd_files_end_in_a_fingerprint_or_a_reason(photos, tmp_path, name):
    """No crash, no hang; every file is accounted for with one printable line."""
    result = run([photos / name], db=tmp_path / "db")
    assert result.n_scanned == result.n_fingerprinted + result.n_reused + len(result.skips)
    on_disk = sum(path.is_file() for path in (photos / name).rglob("*"))
    assert result.n_scanned + sum(result.ignored.values()) <= on_disk
    assert all(skip.reason.isprintable() and skip.reason for skip in result.skips)
    again = run([photos / name], db=tmp_path / "db")
    assert again.n_fingerprinted == 0
    assert again.clusters == result.clusters


def test_pictures_in_sixteen_bits_and_palettes_are_fingerprinted(tmp_path):
    """Modes other than RGB reach the network."""
    folder = tmp_path / "pics"
    source = Image.open(draw(folder / "rgb.png", 0))
    source.convert("P").save(folder / "palette.png")
    source.convert("CMYK").save(folder / "cmyk.tif")
    source.convert("L").convert("I;16").point(lambda v: v * 256).save(folder / "grey16.png")
    source.convert("1").save(folder / "bits.bmp")
    assert counts(run([folder])) == (5, 5, 0, 0)


def everything_in(folder):
    """Content of each file and target of each link below a folder, without the database's own files."""
    own = folder / "imagecluster"
    outputs = [own / "clusters", *own.glob("clusters.*")]
    files = [path for output in outputs for path in (output, *sorted(output.rglob("*")))]
    return {path: path.readlink() if path.is_symlink() else path.read_bytes() for path in files if not path.is_dir()}


@pytest.mark.parametrize("links", ["symlink", "copy"])
def test_an_empty_mount_point_empties_no_output(tmp_path, links):
    """Most of the collection suddenly gone: the run says so and changes nothing, until it is told that it is so."""
    folder = draw_groups(tmp_path / "pics")
    drive = folder / "drive"
    drive.mkdir()
    for picture in folder.glob("*.png"):
        picture.rename(drive / picture.name)
    settings = Settings(links=links)
    run([folder], settings)
    before = everything_in(folder)
    unplugged = drive.rename(tmp_path / "unplugged")
    drive.mkdir()
    with pytest.raises(InputError, match=r"9 of the 9 pictures.*drive may be unplugged.*--gone"):
        run([folder], settings)
    assert everything_in(folder) == before
    drive.rmdir()
    unplugged.rename(drive)
    assert counts(run([folder], settings)) == (9, 0, 9, 0)
    assert everything_in(folder) == before
    shutil.rmtree(drive)
    assert counts(run([folder], settings, gone=True)) == (0, 0, 0, 0)
    assert not list((folder / "imagecluster" / "clusters").rglob("*.png"))


@pytest.mark.skipif(os.name == "nt", reason="needs folders that may not be read")
def test_pictures_in_a_folder_that_may_not_be_read_are_gone():
    """The question is asked there too, without a traceback; a folder that hides its database has none."""
    with tempfile.TemporaryDirectory() as place:
        Path(place).chmod(0o755)
        folder = draw_groups(Path(place) / "pics" / "locked").parent
        draw(folder / "top.png", 5)
        run([folder], Settings(links="none", page=False))
        (folder / "locked").chmod(0)
        with ordinary_user(), Store.open(folder / "imagecluster", writable=False) as store:
            with pytest.raises(InputError, match=r"9 of the 10 pictures.*not readable"):
                refuse_when_most_are_gone(store, Scan(files=(), skips=(), ignored={}))
            assert not exists(folder / "locked" / "0_0.png")
        folder.chmod(0)
        with ordinary_user():
            assert not is_store(folder / "imagecluster")


def test_a_copy_of_a_renamed_picture_or_of_a_twin_is_not_kept(tmp_path):
    """Its content is in the collection under another name; a copy of a deleted picture is kept."""
    folder = draw_groups(tmp_path / "pics")
    shutil.copy(folder / "0_0.png", folder / "twin.png")
    settings = Settings(links="copy", page=False)
    run([folder], settings)
    for picture in list(folder.glob("[12]_*.png")):
        picture.rename(picture.with_name(f"new {picture.name}"))
    (folder / "twin.png").unlink()
    assert run([folder], settings).outputs.kept == ()
    (folder / "0_0.png").rename(folder / "new.png")
    (folder / "0_1.png").unlink()
    (kept,) = run([folder], Settings(links="none", page=False)).outputs.kept
    assert [path.name for path in kept.rglob("*.png")] == ["0_1.png"]


def test_a_renamed_folder_or_a_narrower_scan_is_not_gone(tmp_path):
    """Pictures under another name, and pictures that were not asked for, raise no question."""
    folder = tmp_path / "pics"
    draw_groups(folder / "a", (8, 8))
    draw(folder / "top.png", 5)
    settings = Settings(links="none", page=False)
    run([folder], settings)
    (folder / "a").rename(folder / "b")
    assert counts(run([folder], settings)) == (17, 0, 17, 0)
    assert run([folder], Settings(links="none", page=False, recursive=False)).n_scanned == 1


def test_most_of_a_collection_gone_is_asked_about_a_few_pictures_are_not(tmp_path):
    """From ten missing pictures on, where they are more than half; the command line has --gone."""
    folder = draw_groups(tmp_path / "pics", (8, 8))
    settings = Settings(links="none", page=False)
    run([folder], settings)
    pictures = sorted(folder.glob("*.png"))
    for picture in pictures[:9]:
        picture.unlink()
    assert run([folder], settings).n_scanned == 7
    draw_groups(folder, (8, 8))
    run([folder], settings)
    for picture in pictures[:10]:
        picture.unlink()
    with pytest.raises(InputError, match=r"10 of the 16 pictures"):
        run([folder], settings)
    assert main(["run", str(folder), "--gone", "-q", "--links", "none", "--no-page"]) == 0
