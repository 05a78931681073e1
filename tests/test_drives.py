"""Drives that know no links, hard links that change times, and drives that are not mounted."""

import errno
import os
import sys

import pytest

from imagecluster.cli import main
from imagecluster.collection import Settings
from imagecluster.embed import embedding
from imagecluster.errors import InputError
from imagecluster.functions.running import run, update
from pictures import draw_groups

posix = pytest.mark.skipif(sys.platform == "win32", reason="the system keeps no time of change")


def refuse(*args, **options):
    """As a file system that knows no such thing."""
    raise OSError(errno.EPERM, os.strerror(errno.EPERM))


@pytest.fixture
def without_links(monkeypatch):
    """A drive with neither symbolic nor hard links."""
    monkeypatch.setattr(os, "symlink", refuse)
    monkeypatch.setattr(os, "link", refuse)


@pytest.fixture
def pics(tmp_path):
    """A pair and a triple."""
    return draw_groups(tmp_path / "pics", (2, 3))


@pytest.mark.usefixtures("without_links")
@pytest.mark.parametrize("options", [[], ["--links", "hardlink"]])
def test_without_links_everything_else_is_written(pics, capsys, options):
    """Tables, page and database are there, one line says what is not and what would work, and the exit code is 0."""
    assert main([str(pics), *options]) == 0
    printed = capsys.readouterr()
    (line,) = [line for line in printed.err.splitlines() if "folders of links" in line]
    assert "this drive knows no links: use copy" in line
    assert "--links copy" in line
    assert "5 scanned = 5 fingerprinted" in printed.out
    assert "folders:" not in printed.out
    database = pics / "imagecluster"
    assert {"clusters.html", "clusters.json", "clusters.csv"} <= {path.name for path in database.iterdir()}
    assert not (database / "clusters").exists()
    assert '"folder": "' not in (database / "clusters.json").read_text()


@pytest.mark.usefixtures("without_links")
def test_copies_are_made_where_they_are_asked_for(pics):
    """`--links copy` works; a later run without it leaves no copies of an older cut."""
    result = run(pics, Settings(links="copy"))
    assert (result.outputs.refused, len(list(result.outputs.links.rglob("*.png")))) == ("", 5)
    assert run(pics, Settings()).outputs.links is None
    assert list((pics / "imagecluster").rglob("*.png")) == []


def test_the_cure_names_what_works(pics, monkeypatch):
    """Where hard links work and symbolic ones do not, the line says so."""
    monkeypatch.setattr(os, "symlink", refuse)
    assert run(pics, Settings()).outputs.refused.endswith("use hardlink or copy")
    assert run(pics, Settings(links="hardlink")).outputs.refused == ""


@posix
def test_hard_links_of_ours_are_no_changes(pics, monkeypatch):
    """Making and removing hard links changes the time of change of every picture; the next run still reads none."""
    run(pics, Settings(links="hardlink", page=False))
    monkeypatch.setattr(embedding, "read_bytes", lambda path: pytest.fail(f"{path} was read"))
    for sim in (0.5, 1, 0):
        assert run(pics, Settings(links="hardlink", page=False, sim=sim)).n_reused == 5


@posix
def test_a_change_beside_our_links_is_noticed(pics):
    """A picture that is edited in place is read, although it has a hard link of ours."""
    run(pics, Settings(links="hardlink", page=False))
    path = pics / "0_0.png"
    before = path.stat()
    data = bytearray(path.read_bytes())
    data[-30] ^= 1
    path.write_bytes(data)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    result = run(pics, Settings(links="hardlink", page=False))
    assert (result.n_reused, len(result.skips) + result.n_fingerprinted) == (4, 1)


@pytest.mark.parametrize("hidden", [False, True])
@pytest.mark.parametrize(
    "job", [lambda *given, db: run(*given, db=db), lambda given, *rest, db: update([given], *rest, db=db)]
)
def test_a_drive_that_is_not_mounted_is_no_empty_collection(pics, tmp_path, job, hidden):
    """Nothing is replaced or forgotten; once it is back on its place, everything is reused."""
    settings = Settings(links="copy", page=False)
    run(pics, settings, db=tmp_path / "db")
    kept = {path: path.read_bytes() for path in (tmp_path / "db").rglob("*") if path.suffix in (".json", ".png")}
    pics.rename(tmp_path / "away")
    pics.mkdir()
    if hidden:
        (pics / ".placeholder").touch()
    with pytest.raises(InputError, match=r"5 of the 5 pictures of this collection are gone.*--gone"):
        job(pics, settings, db=tmp_path / "db")
    assert {path: path.read_bytes() for path in kept} == kept
    (pics / ".placeholder").unlink(missing_ok=True)
    pics.rmdir()
    (tmp_path / "away").rename(pics)
    assert run(pics, settings, db=tmp_path / "db").n_reused == 5
