"""Paths as people type them."""

import argparse
import os
import unicodedata
from pathlib import Path

import pytest

from imagecluster.cli import main
from imagecluster.cli.arguments import model_name
from imagecluster.cli.parser import COMMANDS, build_parser
from imagecluster.cli.paths import existing_path, nearest, typed_path
from pictures import draw_groups

posix = pytest.mark.skipif(os.name == "nt", reason="HOME and names of any bytes are of POSIX systems")
PLACES = ("FILE", "DIR", "PATH", "PLACE", "QUERY")


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A home folder of its own, and another folder to work in."""
    (tmp_path / "home").mkdir()
    (tmp_path / "here").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("USERPROFILE", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path / "here")
    return tmp_path / "home"


def path_arguments():
    """Every argument of every command that takes a path."""
    (commands,) = (action for action in build_parser()._actions if action.dest == "command")
    for name in COMMANDS:
        for action in commands.choices[name]._actions:
            if action.metavar in PLACES:
                yield pytest.param(action, id=f"{name} {action.option_strings[-1:] or action.dest}")


@pytest.mark.parametrize("action", [*path_arguments()])
def test_every_path_of_every_command_knows_the_home_folder(action, home):
    """Also behind `=`, where no shell replaces `~`; and refuses an address."""
    assert action.type is not None
    assert Path(action.type("~/a b/c.x")) == home / "a b" / "c.x"
    with pytest.raises(argparse.ArgumentTypeError, match="is an address"):
        action.type("https://example.com/a.jpg")
    with pytest.raises(argparse.ArgumentTypeError, match="no user is called"):
        action.type("~no_such_user_at_all/a")


@posix
def test_other_users_have_home_folders_too():
    """As a shell has it."""
    assert typed_path("~root/x") == Path("~root").expanduser() / "x"


def test_a_run_with_its_database_at_home_makes_no_folder_of_that_name(home, tmp_path):
    """`--db=~/sorted` is not a folder `~` in the working directory."""
    draw_groups(tmp_path / "here" / "pics", (2,))
    assert main(["pics", "--db=~/sorted", "--links=none"]) == 0
    assert (home / "sorted" / "clusters.html").is_file()
    assert main(["search", "pics", "pics/0_0.png", "--db=~/sorted", "--html=~/found.html"]) == 0
    assert main(["export", "pics", "--db=~/sorted", "--page=~/page.html"]) == 0
    assert main(["export", "pics", "--db=~/sorted", "--fingerprints=~/fingerprints.npz"]) == 0
    made = {path.name for path in home.iterdir() if not path.name.startswith(".")}
    assert made == {"sorted", "found.html", "page.html", "fingerprints.npz"}
    assert [path.name for path in (tmp_path / "here").iterdir()] == ["pics"]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("vgg16", "vgg16"),
        ("~/a.onnx", "HOME/a.onnx"),
        ("vgg16+~/a.onnx", "vgg16+HOME/a.onnx"),
        ("vgg16:0.3+~/a.onnx:0.7", "vgg16:0.3+HOME/a.onnx:0.7"),
    ],
)
def test_a_model_file_may_be_at_home(typed, meant, home):
    """Also as one of several models."""
    assert model_name(typed) == meant.replace("HOME", str(home))


def test_a_file_whose_name_begins_so_is_taken_as_it_is(home):
    """Editors leave `~notes.txt`; only `~` alone and `~/` are always the home folder."""
    Path("~notes.txt").touch()
    Path("~").mkdir()
    assert typed_path("~notes.txt") == Path("~notes.txt")
    assert typed_path("~") == typed_path("~/") == home
    assert typed_path("./~") == Path("~")
    assert typed_path("a~b") == Path("a~b")


@posix
@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("file:///tmp/a%20b/%C3%A9.jpg", b"/tmp/a b/\xc3\xa9.jpg"),
        ("file://localhost/tmp/a", b"/tmp/a"),
        ("FILE:/tmp/a#b?c", b"/tmp/a#b?c"),
        ("file:///tmp/%FF", b"/tmp/\xff"),
    ],
)
def test_a_file_address_is_its_path(address, name):
    """As file managers paste it, with any bytes."""
    assert bytes(typed_path(address)) == name


@pytest.mark.parametrize(
    "address", ["file://nas/a", "file:///a%00b", "http://[", "mtp://[usb:1]/DCIM", "s3://bucket/a"]
)
def test_other_addresses_are_refused(address):
    """With what to do."""
    with pytest.raises(argparse.ArgumentTypeError, match="download the pictures, or mount the share"):
        typed_path(address)


@posix
def test_names_that_exist_are_never_taken_for_something_else(home):
    """Whatever they look like."""
    for name in ("C:\\a", "https:", " a ", "a\nb", os.fsdecode(b"\xff"), "-a"):
        Path(name).mkdir()
        assert typed_path(name) == Path(name)
    assert typed_path("https:/") == Path("https:")


@pytest.mark.skipif(os.name == "nt", reason="not every file system keeps the form of accents")
def test_a_name_in_another_form_of_its_accents_is_found(home):
    """In any part of the path, if it is the only one."""
    stored = unicodedata.normalize("NFD", "Zürich/fête.jpg")
    typed = unicodedata.normalize("NFC", stored)
    Path(stored).parent.mkdir()
    Path(stored).touch()
    if Path(typed).exists():
        pytest.skip("this file system takes both forms for one name")
    assert existing_path(typed) == Path(stored)
    assert existing_path(str(Path(typed).absolute())) == Path(stored).absolute()
    assert typed_path(typed) == Path(typed)
    Path(typed).parent.mkdir()
    assert existing_path(typed) == Path(typed)


def test_a_folder_that_is_given_twice_is_one_folder(home, capsys):
    """Its database is in it, as for the folder alone, and not in the working directory."""
    pics = draw_groups(Path("pics"), (2,))
    assert main(["pics", "pics/", str(pics.absolute()), "./pics", "-q", "--links=none", "--no-page"]) == 0
    assert "2 scanned = " in capsys.readouterr().out
    assert [path.name for path in Path().iterdir()] == ["pics"]


def test_similar_names_are_found_and_others_are_not():
    """In any case of letters."""
    assert nearest("serach", COMMANDS) == "search"
    assert nearest("EXPROT", COMMANDS) == "export"
    assert nearest("nowhere", COMMANDS) is None
    assert nearest("", COMMANDS) is None


@posix
def test_a_folder_that_cannot_be_written_to_says_where_its_outputs_are(home, tmp_path, capsys, monkeypatch):
    """Once per run; with --db the user knows."""
    pics = draw_groups(tmp_path / "here" / "pics", (2,))
    monkeypatch.setattr("imagecluster.store.layout._is_writable", lambda folder: False)
    monkeypatch.setenv("XDG_DATA_HOME", str(home / "data"))
    assert main(["pics", "--links=none", "--no-page"]) == 0
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"{pics} cannot be written to, so the database and all outputs are in {home / 'data'}")
    assert main(["pics", "--db", str(home / "db"), "--links=none", "--no-page"]) == 0
    assert capsys.readouterr().err == ""
    assert main(["info", "pics"]) == 0
    assert main(["pics", "-q", "--links=none", "--no-page"]) == 0
    assert capsys.readouterr().err == ""
