"""No output of a command lands on a file that is not an earlier output of ours."""

import os
import shutil
from xml.etree import ElementTree

import pytest

from imagecluster.cli import main
from imagecluster.errors import OutputError
from imagecluster.present.overwrite_guard import refuse_to_replace
from pictures import draw_groups


@pytest.fixture(scope="module")
def sorted_folder(tmp_path_factory):
    """A folder that was sorted, with labels."""
    folder = draw_groups(tmp_path_factory.mktemp("earlier") / "pics", (2, 2))
    assert main(["run", str(folder), "-q", "--links", "none"]) == 0
    rows = "".join(f"{picture.name}\t{picture.name[0]}\n" for picture in sorted(folder.glob("*.png")))
    (folder / "labels.tsv").write_text("path\tlabel\n" + rows)
    return folder


COMMANDS = {
    "search page": lambda folder, out: ["search", folder, f"{folder}/0_0.png", "--html", f"{out}.html"],
    "plot png": lambda folder, out: ["plot", "dendrogram", folder, "-o", f"{out}.png"],
    "plot svg": lambda folder, out: ["plot", "dendrogram", folder, "-o", f"{out}.svg"],
    "plot pdf": lambda folder, out: ["plot", "clusters", folder, "-o", f"{out}.pdf"],
    "scores": lambda folder, out: ["eval", folder, "--labels", f"{folder}/labels.tsv", "--plot", f"{out}.png"],
    "page": lambda folder, out: ["export", folder, "--page", f"{out}.html"],
    "npz": lambda folder, out: ["export", folder, "--fingerprints", f"{out}.npz"],
    "parquet": lambda folder, out: ["export", folder, "--fingerprints", f"{out}.parquet"],
}


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_replaces_its_own_output_and_nothing_else(sorted_folder, tmp_path, command, capsys):
    """A second call replaces the first one's file; a picture of that name stays, byte for byte, without --force."""
    arguments = COMMANDS[command](str(sorted_folder), tmp_path / "out")
    for _ in range(2):
        assert main(arguments) == 0
    file = next(tmp_path.glob("out.*"))
    ours = file.read_bytes()
    shutil.copy(sorted_folder / "0_0.png", file)
    theirs = file.read_bytes()
    capsys.readouterr()
    assert main(arguments) == 1
    assert "was not written by imagecluster" in capsys.readouterr().err
    assert file.read_bytes() == theirs
    assert main([*arguments, "--force"]) == 0
    assert len(file.read_bytes()) == pytest.approx(len(ours), rel=0.1)


def test_a_table_that_mentions_us_and_a_drawing_that_was_edited_are_not_ours(sorted_folder, tmp_path):
    """Somebody's table of paths in our folders; a plot of ours that another program saved again, our title in it."""
    pyarrow = pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    table = tmp_path / "a.parquet"
    pyarrow.parquet.write_table(pyarrow.table({"path": ["pics/imagecluster/clusters/a.jpg"], "creator": ["me"]}), table)
    drawing = tmp_path / "a.svg"
    assert main(["plot", "dendrogram", str(sorted_folder), "-o", str(drawing)]) == 0
    ElementTree.parse(drawing).write(drawing)
    assert b"title>imagecluster</" in drawing.read_bytes()
    for file in (table, drawing):
        with pytest.raises(OutputError, match="--force"):
            refuse_to_replace(file, force=False)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_named_pipe_is_refused_at_once(sorted_folder, tmp_path, capsys):
    """Nothing waits for somebody at its other end."""
    pipe = tmp_path / "pipe.html"
    os.mkfifo(pipe)
    assert main(["search", str(sorted_folder), str(sorted_folder / "0_0.png"), "--html", str(pipe)]) == 1
    assert "is not a file" in capsys.readouterr().err


def test_files_that_cannot_be_told_are_not_ours(tmp_path):
    """Another archive, a text of another program, an unknown suffix; an empty file is nobody's."""
    for name, content in (("a.npz", b"PK"), ("a.html", b"<html>imagecluster"), ("a.txt", b"x"), ("a.parquet", b"PAR1")):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(OutputError, match="--force"):
            refuse_to_replace(tmp_path / name, force=False)
        refuse_to_replace(tmp_path / name, force=True)
    (tmp_path / "empty.html").touch()
    refuse_to_replace(tmp_path / "empty.html", force=False)
    refuse_to_replace(tmp_path / "none.html", force=False)
    refuse_to_replace(tmp_path / f"{'x' * 300}.html", force=False)  # the writer says that the name is too long
