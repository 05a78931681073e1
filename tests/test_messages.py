"""What a wrong command line is answered: one sentence with what to do, an exit code, and nothing made."""

import logging
import os
import shutil
import sqlite3
import sys
import tempfile
import threading
from pathlib import Path

import pytest

from imagecluster.cli import entry, main
from imagecluster.cli.parser import COMMANDS, build_parser
from imagecluster.collection import Settings
from imagecluster.errors import ImageclusterError
from imagecluster.functions.running import run
from imagecluster.scan import PAGE_MARKER
from ordinary_user import ordinary_user
from pictures import draw, draw_groups

posix = pytest.mark.skipif(os.name == "nt", reason="paths of Windows are paths there")


@pytest.fixture(scope="module")
def sorted_once(tmp_path_factory):
    """A folder of two groups with a database beside it, and what people confuse with a folder of pictures."""
    place = tmp_path_factory.mktemp("place")
    run([draw_groups(place / "pics", (2, 3))], Settings(links="none", page=False))
    draw(place / "new" / "a.png", 1)
    (place / "empty").mkdir()
    (place / "my trip").mkdir()
    (place / "deep" / "er").mkdir(parents=True)
    (place / "texts").mkdir()
    (place / "texts" / "a.txt").write_text("a")
    (place / "texts" / "film.mov").write_bytes(b"b")
    (place / "note.txt").write_text("a note")
    (place / "broken.jpg").write_bytes(b"no picture")
    (place / "page").mkdir()
    (place / "page" / PAGE_MARKER).touch()
    (place / "tree" / "cluster_with_2").mkdir(parents=True)
    (place / "tree" / ".imagecluster-links").touch()
    (place / "labels.csv").write_text("path,label\n0_0.png,a\n")
    shutil.copytree(place / "pics", place / "newer")
    with sqlite3.connect(place / "newer" / "imagecluster" / "imagecluster.db", isolation_level=None) as connection:
        connection.execute("PRAGMA user_version = 7")
    connection.close()
    return place


WRONG = [
    # what is typed, exit code, what the sentence says
    ("serach pics", 2, "did you mean the command `search`?"),
    ("Veiw pics", 2, "no command, file or folder 'Veiw'; did you mean the command `view`?"),
    ("helpp", 2, "did you mean the command `help`?"),
    ("help serach", 2, "no command is called 'serach'; did you mean search?"),
    ("--json info pics", 2, "the command comes first: `imagecluster info --json pics`"),
    ("nowhere", 1, "no command, file or folder 'nowhere'; `imagecluster help` lists the commands"),
    ("./nowhere", 1, "there is no file or folder 'nowhere'"),
    ("picks", 1, "did you mean 'pics'?"),
    ("picks/sub/a", 1, "because there is no folder 'picks'; did you mean 'pics'?"),
    ("run nowhere", 1, "there is no file or folder 'nowhere'"),
    ("gone.jpg", 1, "there is no file or folder 'gone.jpg'"),
    ("my trip", 1, "put a name with spaces in quotes: 'my trip'"),
    ("pics --smi 0.4", 2, "there is no option --smi; did you mean --sim?"),
    ("--smi=0.4 pics", 2, "there is no option --smi; did you mean --sim?"),
    ("search pics --thread 2 --jsn", 2, "there is no option --jsn; did you mean --json?"),
    ("pics --labels x", 2, "--labels is an option of `eval`, not of `run`"),
    ("pics -x", 2, "there is no option -x; see `imagecluster run --help`"),
    ("info pics more", 2, "'more' is one argument too many"),
    ("pics --links symlnk", 2, "'symlnk' is not one of symlink, hardlink, copy, none; did you mean symlink?"),
    ("plot custers pics -o a.png", 2, "did you mean clusters?"),
    ("pics --sim 2", 2, "'2' is not a number from 0 to 1"),
    ("pics --sim", 2, "expected one argument; see `imagecluster run --help`"),
    ("export pics", 2, "--fingerprints --page is required; see `imagecluster export --help`"),
    ("run", 1, "no PATH was given: name a folder of pictures"),
    ("empty", 1, "no pictures were found in empty: it is empty; name a folder with pictures"),
    ("texts", 1, "there are only files of other kinds (1 .mov, 1 .txt); name a folder with pictures"),
    ("note.txt", 1, "'note.txt' is not a picture that can be read"),
    ("broken.jpg", 1, "'broken.jpg' is not a picture that can be read"),
    ("note.txt broken.jpg", 1, "none of these 2 files is a picture that can be read"),
    ("https://example.com/a.jpg", 2, "is an address, and imagecluster reads only files and folders"),
    ("info http://example.com", 2, "is an address"),
    ("search pics https://example.com/a.jpg", 2, "is an address"),
    ("pics --db=smb://nas/pics", 2, "is an address"),
    ("nas:/volume1/pics", 2, "is an address"),
    ("file://nas/pics", 2, "is an address"),
    ("pics --db=", 2, "the path is empty; name a folder or a file"),
    ("pics --db=~no_such_user/x", 2, "no user is called 'no_such_user'"),
    ("pics/imagecluster", 1, "is a database of imagecluster, not a folder of pictures; name the folder"),
    ("info pics/imagecluster", 1, "is a database of imagecluster, not a folder of pictures; name the folder"),
    ("page", 1, "is a copy of a page of imagecluster"),
    ("tree", 1, "is one of the folders that imagecluster makes anew at each run"),
    ("tree/cluster_with_2", 1, "is one of the folders that imagecluster makes anew at each run"),
    ("newer", 1, "has format 7, but this imagecluster reads formats up to 5: install a newer imagecluster"),
    ("info newer", 1, "has format 7, but this imagecluster reads formats up to 5: install a newer imagecluster"),
    ("info nowhere", 1, "there is no file or folder 'nowhere'"),
    ("suggest nowhere", 1, "there is no file or folder 'nowhere'"),
    ("search nowhere a.jpg", 1, "there is no file or folder 'nowhere'"),
    ("view nowhere", 1, "there is no file or folder 'nowhere'"),
    ("eval nowhere --labels labels.csv", 1, "there is no file or folder 'nowhere'"),
    ("plot curves nowhere -o a.png", 1, "there is no file or folder 'nowhere'"),
    ("export nowhere --page a.html", 1, "there is no file or folder 'nowhere'"),
    ("import-original nowhere", 1, "'nowhere': no such file or directory"),
    ("info note.txt", 1, "'note.txt' is a file; name the folder of pictures"),
    ("pics --db pics", 1, "'pics' is the folder of pictures and --db too; name another folder for the database"),
    ("eval pics --labels pics/imagecluster/clusters.json", 1, "it is JSON, HTML or the like; expected a table"),
    ("view nowhere --db pics/imagecluster", 1, "there is no file or folder 'nowhere'"),
    ("view note.txt", 1, "'note.txt' is not a folder; name the folder of pictures"),
    ("info new", 1, "'new' has not been sorted yet: run `imagecluster new` first"),
    ("search new new/a.png", 1, "'new' has not been sorted yet"),
    ("info pics --db none", 1, "there is no database 'none'; `imagecluster run` with the same --db makes one"),
    ("info pics --db texts", 1, "there is no database of imagecluster in"),
    ("pics --db texts", 1, "is not a database of imagecluster: it holds '"),
    ("pics --db note.txt", 1, "note.txt"),
    ("pics --db note.txt/x", 1, "note.txt"),
    ("search pics", 2, "name a picture after PATH, or describe one with --text"),
    ("search pics gone.jpg", 1, "gone.jpg"),
    ("search pics note.txt", 1, "note.txt"),
    ("search pics empty", 1, "empty"),
    ("eval pics --labels none.csv", 1, "cannot read the labels 'none.csv'"),
    ("eval pics --labels empty", 1, "cannot read the labels 'empty'"),
    (
        "eval pics --labels note.txt",
        1,
        "name, or the one that --path-column names",
    ),
    ("export pics --fingerprints x.doc", 2, ".npz or .parquet"),
    ("export pics --fingerprints none/x.npz", 1, "none"),
    ("plot curves pics -o x.doc", 2, ".png"),
    ("plot curves pics -o note.txt", 2, ".png"),
    ("pics --model vgg99", 1, "no model is called 'vgg99'"),
    ("pics --model none.onnx", 1, "there is no weight file 'none.onnx'"),
    ("models --fetch vgg99", 1, "no model is called 'vgg99'"),
    ("models --text", 2, "--text needs --fetch NAME"),
    ("--files-from none.txt", 1, "cannot read the list 'none.txt'"),
    ("--files-from empty", 1, "cannot read the list 'empty'"),
    ("view pics --port x", 2, "'x' is not a port number"),
    ("view pics --password-file none", 2, "cannot read the password from 'none': no such file"),
    ("view pics --update --read-only", 2, "give one of them"),
]


@pytest.mark.parametrize(("typed", "code", "said"), WRONG, ids=[typed for typed, _, _ in WRONG])
def test_a_wrong_command_line_is_answered_in_one_line(sorted_once, typed, code, said, capsys, monkeypatch):
    """It begins with the program's name, says what to do, prints nothing else and makes nothing."""
    monkeypatch.chdir(sorted_once)
    before = state(sorted_once)
    assert answer(typed.split(" ")) == code
    printed = capsys.readouterr()
    assert printed.out == ""
    (line,) = printed.err.splitlines()
    assert line.startswith("imagecluster")
    assert said in line
    assert state(sorted_once) == before


def state(folder: Path) -> dict[Path, int]:
    """When each file was changed, but for those that SQLite keeps while a database is read."""
    files = (path for path in folder.rglob("*") if not path.name.endswith(("-shm", "-wal")))
    return {path: path.lstat().st_mtime_ns for path in files if not path.is_dir()}


def answer(arguments: list[str]) -> int:
    """Exit code of a command line."""
    try:
        return main(arguments)
    except SystemExit as exit_:
        return exit_.code


def test_without_arguments_the_help_is_short(capsys):
    """How to begin, on standard error, with the code of wrong usage."""
    assert answer([]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert len(printed.err.splitlines()) == 4
    assert all(command in printed.err for command in COMMANDS[1:])


@pytest.mark.parametrize(
    ("asked", "same"), [(["help"], ["--help"]), (["help", "help"], ["--help"]), (["help", "plot"], ["plot", "--help"])]
)
def test_help_is_a_word_too(asked, same, capsys):
    """`help` and `help COMMAND` print what `--help` prints."""
    assert answer(asked) == 0
    first = capsys.readouterr().out
    assert answer(same) == 0
    assert capsys.readouterr().out == first != ""


def test_exit_codes_are_in_the_help(capsys):
    """And so in docs/cli.md, which is made from it."""
    answer(["help"])
    said = capsys.readouterr().out
    assert "exit codes:\n  0  success" in said
    assert "\n  1  failure" in said and "\n  2  wrong usage" in said


@posix
@pytest.mark.parametrize("typed", [r"C:\Users\me\Pictures", "C:/Users/me", r"\\nas\pics"])
@pytest.mark.parametrize("form", [["{}"], ["info", "{}"], ["pics", "--db={}"], ["export", "pics", "--page", "{}"]])
def test_a_path_of_windows_is_said_to_be_one(sorted_once, typed, form, capsys, monkeypatch):
    """And no folder with a colon and backslashes in its name is made."""
    monkeypatch.chdir(sorted_once)
    before = sorted(sorted_once.iterdir())
    assert answer([part.format(typed) for part in form]) == 2
    assert "is a path of Windows; here, give the folder where that drive or share is mounted" in capsys.readouterr().err
    assert sorted(sorted_once.iterdir()) == before


@posix
def test_a_folder_that_may_not_be_read_is_named(capsys):
    """With the reason."""
    with tempfile.TemporaryDirectory() as place, ordinary_user(Path(place)):
        locked = draw_groups(Path(place, "locked"), (2,))
        locked.chmod(0)
        try:
            for typed in ([str(locked)], ["info", str(locked)], ["view", str(locked)], [str(locked / "sub" / "a")]):
                assert answer(typed) == 1
                said = capsys.readouterr().err
                assert "locked': permission denied" in said
                assert len(said.splitlines()) == 1
        finally:
            locked.chmod(0o755)


def test_a_run_of_nothing_but_damaged_files_fails(tmp_path, capsys):
    """The skips are listed; a later sentence says that nothing was left."""
    for name in ("a.jpg", "b.jpg"):
        (tmp_path / "pics" / name).parent.mkdir(exist_ok=True)
        (tmp_path / "pics" / name).write_bytes(b"no picture")
    assert main([str(tmp_path / "pics")]) == 1
    assert "none of the 2 pictures could be read" in capsys.readouterr().err


def test_a_picture_that_is_missing_among_others_is_a_skip(tmp_path, capsys, monkeypatch):
    """As when it was removed between `find` and the run."""
    monkeypatch.chdir(draw_groups(tmp_path / "pics", (2,)))
    assert main(["0_0.png", "0_1.png", "gone.png", "--links=none", "--no-page"]) == 0
    assert "skipped gone.png" in capsys.readouterr().err


def test_names_that_look_like_something_else_are_given_with_a_dot(tmp_path, capsys, monkeypatch):
    """`./-x` is no option, `./info` no command, `./~` no home; a plain `-x` that exists says so."""
    monkeypatch.chdir(tmp_path)
    for name in ("-x", "info", "~", "~a", "a:"):
        draw_groups(tmp_path / name, (2,))
        assert main([f"./{name}", "--links=none", "--no-page"]) == 0
        assert (tmp_path / name / "imagecluster").is_dir()
    capsys.readouterr()
    assert answer(["-x"]) == 2
    assert "to name the file or folder, write ./-x" in capsys.readouterr().err
    assert main(["--db", str(tmp_path / "db"), "--links=none", "--no-page", "--", "-x"]) == 0


class UnknownError(Exception):
    """An error that nobody foresaw."""


@pytest.mark.parametrize("error", [UnknownError("x\ny"), MemoryError(), RuntimeError("z"), KeyboardInterrupt()])
def test_an_unforeseen_error_is_one_line(error, capsys, monkeypatch):
    """With --debug, or the variable, the traceback comes before it."""

    def broken(found):
        raise error

    monkeypatch.delenv("IMAGECLUSTER_DEBUG", raising=False)
    monkeypatch.setattr("imagecluster.cli.commands.models.command", broken)
    assert main(["models"]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("imagecluster: ")
    assert main(["models", "--debug"]) == 1
    assert capsys.readouterr().err.startswith("Traceback")
    monkeypatch.setenv("IMAGECLUSTER_DEBUG", "1")
    assert main(["models"]) == 1
    assert capsys.readouterr().err.startswith("Traceback")
    monkeypatch.setenv("IMAGECLUSTER_DEBUG", "0")
    assert main(["models"]) == 1
    assert len(capsys.readouterr().err.splitlines()) == 1


@pytest.mark.parametrize("debug", [False, True])
def test_what_is_logged_is_one_line_too(debug, capsys, monkeypatch):
    """Of the library, of the viewer's server, and of an error that ends a thread; tracebacks only for debugging."""

    def broken():
        raise UnknownError("of a\nthread")

    def logging_(found):
        logging.getLogger("imagecluster.store").warning("the %s is odd", "a\nb")
        try:
            broken()
        except UnknownError:
            logging.getLogger("uvicorn.error").exception("Exception in the server")
        thread = threading.Thread(target=broken)
        thread.start()
        thread.join()
        return 0

    monkeypatch.setattr("imagecluster.cli.commands.models.command", logging_)
    assert main(["models", *["--debug"][:debug]]) == 0
    said = capsys.readouterr().err
    if debug:
        assert said.count("Traceback") == 2
    else:
        assert said.splitlines() == [
            "imagecluster: the a\\nb is odd",
            "imagecluster: Exception in the server: UnknownError (of a\\nthread); --debug shows where it happened",
            "imagecluster: a part of the work ended early: UnknownError (of a\\nthread); --debug shows where it"
            " happened",
        ]
    logging.getLogger("imagecluster").warning("nothing is printed when the command has ended")
    assert capsys.readouterr().err == ""


def test_every_command_knows_debug():
    """Also in its help."""
    (commands,) = (action for action in build_parser()._actions if action.dest == "command")
    assert all("--debug" in command.format_help() for command in commands.choices.values())


def test_a_message_with_a_name_of_several_lines_is_one_line(capsys, monkeypatch):
    """A file name cannot write to the terminal."""

    def broken(found):
        raise ImageclusterError("no 'a\nb\x1b[31m\udcff'")

    monkeypatch.setattr("imagecluster.cli.commands.models.command", broken)
    assert main(["models"]) == 1
    assert capsys.readouterr().err == "imagecluster: no 'a\\nb\\x1b[31m\\udcff'\n"


def test_kept_files_are_named_once(tmp_path, capsys, caplog):
    """By the command, not by the log as well."""
    pics = draw_groups(tmp_path / "pics", (2,))
    main([str(pics)])
    (pics / "imagecluster" / "clusters" / "mine.txt").write_text("mine")
    capsys.readouterr()
    with caplog.at_level(logging.WARNING):
        assert main([str(pics)]) == 0
    assert capsys.readouterr().err.count("kept in") == 1
    assert caplog.records == []


def test_an_output_that_lacks_a_letter_is_no_failure(tmp_path, monkeypatch):
    """A name that the encoding of standard output does not have is escaped."""
    import io

    pics = draw_groups(tmp_path / "Фото", (2,))
    written = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, encoding="ascii"))
    assert main([str(pics), "--links=none", "--no-page"]) == 0
    assert rb"\u0424" in written.getvalue()


def test_the_home_of_the_variable_is_not_touched_by_a_failure(tmp_path, monkeypatch, capsys):
    """`info` of what does not exist does not speak of the user's data folder."""
    monkeypatch.setenv("HOME", str(tmp_path))
    assert main(["info", str(tmp_path / "none")]) == 1
    assert "share" not in capsys.readouterr().err
    assert list(Path(tmp_path).iterdir()) == []
    assert entry.main is main
