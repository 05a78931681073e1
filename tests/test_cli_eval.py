"""`imagecluster eval` and `imagecluster suggest` as a user meets them."""

import json
import shutil
import sys

import numpy as np
import pytest
from PIL import Image

from imagecluster.cli import main
from imagecluster.collection import Settings
from imagecluster.cut.sim_scale import relative
from imagecluster.errors import MissingExtraError
from imagecluster.evaluate import SCORES
from imagecluster.evaluate.evaluation import EvaluationSettings, evaluate_clustering
from imagecluster.evaluate.label_table import Labels
from imagecluster.functions.running import run
from imagecluster.linkage import average_linkage
from imagecluster.present.score_plot import plot_scores
from pictures import draw, draw_groups


@pytest.fixture(scope="module")
def sorted_once(tmp_path_factory):
    """Look-alikes in groups of 2, 3 and 4, of which some lie in folders; one picture has no group."""
    folder = draw_groups(tmp_path_factory.mktemp("eval") / "pics")
    for group in (0, 1):
        (folder / f"group {group}").mkdir()
        for picture in folder.glob(f"{group}_*"):
            picture.rename(folder / f"group {group}" / picture.name)
    draw(folder / "other.png", 77)
    run([folder], Settings(links="none", page=False))
    return folder


def table(folder, *rows, name="labels.tsv", sign="\t"):
    """A table of labels beside the pictures."""
    file = folder / name
    file.write_text("\n".join(sign.join(row) for row in rows) + "\n", encoding="utf-8")
    return str(file)


@pytest.fixture
def labels(tmp_path):
    """Labels of all pictures with a group; the last row is of no picture."""
    pictures = [*(f"group 0/0_{i}.png" for i in range(2)), *(f"group 1/1_{i}.png" for i in range(3))]
    pictures += [f"2_{i}.png" for i in range(4)]
    rows = [("path", "group"), *((path, path.rpartition("/")[2][0]) for path in pictures), ("gone.png", "9")]
    return table(tmp_path, *rows)


def found(capsys, *arguments):
    """What the command prints as JSON."""
    assert main([*arguments, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_groups_that_are_perfect_score_1(sorted_once, labels, capsys):
    """All figures as JSON; labels of unknown pictures are counted, pictures without a label passed over."""
    result = found(capsys, "eval", str(sorted_once), "--labels", labels)
    assert (result["n_images"], result["n_labelled"], result["n_classes"], result["n_unlabelled"]) == (10, 9, 3, 1)
    assert result["n_labels_of_unknown_pictures"] == 1
    assert result["retrieval"]["mean_average_precision"] == 1
    assert result["retrieval"]["interval_95"] == [1, 1]
    assert result["retrieval"]["recall"] == {"1": 1, "5": 1, "10": 1}
    assert set(result["clusters"]["scores"]) == set(SCORES)
    assert all(score == pytest.approx(1) for score in result["clusters"]["scores"].values())
    assert all(best["value"] == pytest.approx(1) for best in result["clusters"]["best"].values())
    root = found(capsys, "eval", str(sorted_once), "--labels", labels, "--sim", "0")["clusters"]
    assert (root["n_clusters"], root["scores"]["ari"]) == (1, 0)


def test_the_table_shows_the_same_to_people(sorted_once, labels, capsys):
    """One line a score, with the best cut."""
    assert main(["eval", str(sorted_once), "--labels", labels]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("pictures   10: 9 in 3 classes, 0 distractors, 1 without a label")
    assert "labels     1 more for pictures that are not in the database" in lines
    assert any(line.split()[:2] == ["mAP", "1.0000"] for line in lines)
    (ari,) = (line.split() for line in lines if line.startswith("ARI"))
    assert ari[1:3] == ["1.0000", "1.0000"]


def test_folders_give_labels(sorted_once, capsys):
    """The folder that a picture lies in; pictures beside the folders have none."""
    result = found(capsys, "eval", str(sorted_once), "--labels", "folders")
    assert (result["n_labelled"], result["n_classes"], result["n_unlabelled"]) == (5, 2, 5)
    assert result["retrieval"]["n_candidates"] == 4


def test_distractors_are_wrong_answers(sorted_once, tmp_path, capsys):
    """A label that means 'like no other' makes no class, and its pictures are searched."""
    rows = [("file", "kind"), *((f"2_{i}.png", "two") for i in range(4)), ("other.png", "none")]
    labels = table(tmp_path, *rows, name="labels.csv", sign=",")
    arguments = ["eval", str(sorted_once), "--labels", labels, "--label-column", "kind", "--distractor", "none"]
    result = found(capsys, *arguments)
    assert (result["n_classes"], result["n_distractors"], result["retrieval"]["n_candidates"]) == (1, 1, 4)


def test_a_database_elsewhere_and_a_table_beside_the_pictures(sorted_once, labels, tmp_path, capsys):
    """Paths of the table count from the folder of the pictures, or from the table's own."""
    copy = shutil.copytree(sorted_once, tmp_path / "pics")
    shutil.copy(labels, copy / "labels.tsv")
    run([copy], Settings(links="none", page=False), db=tmp_path / "db")
    result = found(capsys, "eval", str(copy), "--labels", str(copy / "labels.tsv"), "--db", str(tmp_path / "db"))
    assert result["n_labelled"] == 9


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([("path", "colour"), ("2_0.png", "red")], "columns path, colour; expected any of label"),
        ([("nothing", "label"), ("2_0.png", "x")], "expected any of path"),
        ([("path", "label"), ("x.png", "a")], "names no picture of the collection"),
        ([("path", "label"), ("2_0.png", "a"), ("./2_0.png", "b")], "two labels"),
        ([("path", "label"), ("2_0.png", "")], "no picture has a class"),
    ],
)
def test_labels_that_do_not_fit_are_refused(sorted_once, tmp_path, capsys, rows, message):
    """One line that says what was got and what is expected."""
    assert main(["eval", str(sorted_once), "--labels", table(tmp_path, *rows)]) in (1, 2)
    printed = capsys.readouterr()
    assert message in printed.err
    assert printed.out == ""


def test_tables_that_cannot_be_read_are_refused(sorted_once, tmp_path, capsys):
    """Missing, or no text."""
    assert main(["eval", str(sorted_once), "--labels", str(tmp_path / "nothing.tsv")]) == 1
    (tmp_path / "bytes.tsv").write_bytes(b"path\tlabel\n\xff\xfe\tx\n")
    assert main(["eval", str(sorted_once), "--labels", str(tmp_path / "bytes.tsv")]) == 1
    assert "UTF-8" in capsys.readouterr().err


def test_a_flat_folder_has_no_folder_labels(tmp_path, capsys):
    """The message says so."""
    folder = draw_groups(tmp_path / "flat", (2,))
    run([folder], Settings(links="none", page=False))
    assert main(["eval", str(folder), "--labels", "folders"]) == 1
    assert "no picture of" in capsys.readouterr().err


def test_the_plot_is_a_picture(sorted_once, labels, tmp_path, capsys):
    """Of the suffix's format; another suffix is wrong usage."""
    pytest.importorskip("matplotlib")
    file = tmp_path / "scores.png"
    assert main(["eval", str(sorted_once), "--labels", labels, "--plot", str(file)]) == 0
    with Image.open(file) as picture:
        assert picture.width > 1000
    assert main(["eval", str(sorted_once), "--labels", labels, "--plot", str(tmp_path / "x.gif")]) == 2
    assert ".png" in capsys.readouterr().err


def test_a_missing_matplotlib_names_its_cure(tmp_path, monkeypatch):
    """And nothing is written."""
    X = np.array([[1.0, 0.0], [1.0, 0.1], [0.0, 1.0]])
    tree, labels = average_linkage(X), Labels(("a", "a", "b"), 0)
    found = evaluate_clustering(tree, X.astype(np.float32), relative(tree.top), labels, EvaluationSettings(0.5))
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(MissingExtraError, match="pip install 'matplotlib>="):
        plot_scores(tmp_path / "x.png", found, title="")
    assert list(tmp_path.iterdir()) == []


def test_suggest_prints_its_sims(sorted_once, capsys):
    """With what each gives, which is what the run gives at that sim, and the reason where it is unsure."""
    names = ["copies", "shots", "things", "kinds"]
    result = found(capsys, "suggest", str(sorted_once))
    assert [suggestion["name"] for suggestion in result["suggestions"]] == names
    for suggestion in result["suggestions"]:
        ran = run([sorted_once], Settings(sim=suggestion["sim"], links="none", page=False))
        assert suggestion["n_clusters"] == len(ran.clusters.clusters)
    assert main(["suggest", str(sorted_once)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split()[:3] == ["for", "--sim", "clusters"]
    assert [line.split()[0] for line in lines[1:5]] == names
    doubts = [f"unsure of {s['name']}: {s['unsure']}" for s in result["suggestions"] if s["unsure"]]
    assert lines[5:] == doubts


def test_what_is_not_named_is_that_of_the_latest_run(tmp_path, monkeypatch, capsys):
    """`eval` and `plot` cut at the similarity of the latest run, on its scale, or where that is on the other scale."""
    from imagecluster.present import plots

    drawn = []
    monkeypatch.setattr(plots, "draw_curves", lambda tree, *, sim, **_: drawn.append(sim) or plots.new_figure(1, 1))
    pics = draw_groups(tmp_path / "pics")
    labels = table(tmp_path, ("path", "label"), *((f"{group}_0.png", f"{group}") for group in range(3)))
    run([pics], Settings(links="none", page=False, sim=0.7, sim_scale="relative"))

    def seen(*options):
        result = found(capsys, "eval", str(pics), "--labels", labels, *options)
        assert main(["plot", "curves", str(pics), "-o", str(tmp_path / "a.png"), *options]) == 0
        capsys.readouterr()
        assert drawn.pop() == result["clusters"]["sim"]
        return result["sim_scale"], result["clusters"]["sim"], result["clusters"]["n_clusters"]

    scale, sim, n_clusters = seen()
    assert (scale, sim) == ("relative", 0.7)
    assert seen("--sim", "0.2")[:2] == ("relative", 0.2)
    assert seen("--sim", "0.2", "--sim-scale", "calibrated")[:2] == ("calibrated", 0.2)
    scale, other, same = seen("--sim-scale", "calibrated")
    assert (scale, same) == ("calibrated", n_clusters)
    assert other != 0.7
