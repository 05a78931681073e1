"""The command line as a user meets it: what is printed where, and exit codes."""

import json
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from imagecluster.cli import main
from imagecluster.cli.parser import COMMANDS, build_parser
from imagecluster.models import DEFAULT_MODEL
from pictures import draw, draw_groups
from terminal import everything_shown


@pytest.fixture
def pics(tmp_path):
    return draw_groups(tmp_path / "pics")


def test_the_main_job_prints_a_table_whose_sum_comes_out(pics, capsys):
    """Sizes, totals and places on standard output; nothing on standard error off a terminal."""
    assert main([str(pics)]) == 0
    printed = capsys.readouterr()
    assert "cluster size : ncluster" in printed.out
    for size in (2, 3, 4):
        assert any(line.split() == [str(size), ":", "1"] for line in printed.out.splitlines())
    assert "9 scanned = 9 fingerprinted + 0 reused + 0 skipped" in printed.out
    assert str(pics / "imagecluster" / "clusters") in printed.out
    assert printed.err == ""


def test_json_is_one_object_on_standard_output(pics, capsys):
    """Counts, sizes, cut and places, for programs."""
    (pics / "broken.png").write_bytes(b"no picture")
    assert main([str(pics), "--json", "--sim", "0.4"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["n_scanned"], found["n_fingerprinted"], found["n_skipped"]) == (10, 9, 1)
    assert found["sizes"] == {"2": 1, "3": 1, "4": 1}
    assert found["sim"] == 0.4
    assert found["skipped"][0]["path"] == str(pics / "broken.png")
    assert Path(found["outputs"]["page"]).is_file()


def test_the_scale_of_sim_is_said_and_chosen(pics, capsys):
    """Calibrated where the model has a curve for the case, else relative and why; asked for without cause it fails."""

    def cut(*options):
        assert main([str(pics), *options]) == 0
        lines = capsys.readouterr().out.splitlines()
        start = next(i for i, line in enumerate(lines) if line.startswith("cut:"))
        return "\n".join(lines[start : start + 2])

    assert "sim 0.25, calibrated: cosine distance 0.721" in cut("--sim", "0.25")  # flat for kinds
    assert "sim 0.5, calibrated, by branch (with --cut flat: cosine distance 0." in cut()
    assert json.loads((pics / "imagecluster" / "clusters.json").read_text())["sim_scale"] == "calibrated"
    asked = cut("--sim-scale", "relative")
    assert "sim 0.5, relative: cosine distance 0." in asked and "calibrated scale" not in asked
    assert json.loads((pics / "imagecluster" / "clusters.json").read_text())["sim_scale"] == "relative"
    assert "(the calibrated scale is for average linkage of cosine distances" in cut("--method", "single")
    assert "distance with time 0." in cut("--time-weight", "0.3")
    for options in (("--method", "single"), ("--metric", "euclidean"), ("--time-weight", "0.3")):
        assert main([str(pics), "--sim-scale", "calibrated", *options]) == 2
        assert "another metric or time use the relative scale" in capsys.readouterr().err


def test_a_collection_from_before_cuts_by_branch_says_so_once(pics, capsys):
    """In one line, in commands that cut it and in the next run; --cut flat gives the former groups without a word."""
    assert main([str(pics), "--cut", "flat", "--json"]) == 0
    former = (pics / "imagecluster" / "clusters.csv").read_bytes()
    with closing(sqlite3.connect(pics / "imagecluster" / "imagecluster.db")) as database, database:
        database.execute("UPDATE runs SET settings = json_remove(settings, '$.cut')")
    capsys.readouterr()
    for command in (["suggest", str(pics)], [str(pics)]):
        assert main(command) == 0
        (line,) = capsys.readouterr().err.splitlines()
        assert line.startswith("groups are cut by branch now") and "--cut flat" in line
    assert main([str(pics)]) == 0
    assert capsys.readouterr().err == ""
    assert main([str(pics), "--cut", "flat"]) == 0
    assert (pics / "imagecluster" / "clusters.csv").read_bytes() == former
    assert main(["suggest", str(pics), "--cut", "branch", "--sim-scale", "relative"]) == 2
    assert "a cut by branch is for the calibrated scale" in capsys.readouterr().err


def test_a_folder_of_another_model_says_that_the_default_one_is_new_to_it(pics, capsys):
    """Nothing is mixed or lost: the run says how to go on as before, and the rest takes the latest run's model."""
    assert main([str(pics), "--model", "efficientnet-lite0"]) == 0
    assert capsys.readouterr().err == ""
    assert main(["suggest", str(pics), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["model"].startswith("efficientnet-lite0@")
    assert main([str(pics)]) == 0
    said = capsys.readouterr()
    assert "use --model efficientnet-lite0 to continue with them" in said.err
    assert "9 fingerprinted + 0 reused" in said.out
    assert main([str(pics)]) == 0
    assert capsys.readouterr().err == ""
    assert main([str(pics), "--model", "efficientnet-lite0"]) == 0
    said = capsys.readouterr()
    assert said.err == ""
    assert "0 fingerprinted + 9 reused" in said.out
    assert main(["suggest", str(pics), "--json", "--model", DEFAULT_MODEL]) == 0
    assert json.loads(capsys.readouterr().out)["model"].startswith(DEFAULT_MODEL)


def test_every_command_that_cuts_knows_both_scales(pics, capsys):
    """`suggest` and `info` name the scale they mean."""
    main([str(pics), "--sim-scale", "relative"])
    capsys.readouterr()
    assert main(["info", str(pics)]) == 0
    assert "sim 0.5 (relative)" in capsys.readouterr().out
    for options, scale in (((), "calibrated"), (("--sim-scale", "relative"), "relative")):
        assert main(["suggest", str(pics), "--json", *options]) == 0
        assert json.loads(capsys.readouterr().out)["sim_scale"] == scale


def test_method_metric_and_diameter_are_taken(pics, capsys):
    """They are in the JSON object; a pair that does not fit is wrong usage that says what fits."""
    assert main([str(pics), "--json", "--method", "ward", "--metric", "euclidean", "--max-diameter", "0.3"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["method"], found["metric"], found["max_diameter"]) == ("ward", "euclidean", 0.3)
    assert main([str(pics), "--method", "ward"]) == 2
    assert "ward linkage is defined for the metric euclidean only" in capsys.readouterr().err


def test_skips_are_reported_and_fail_only_when_strict(pics, capsys):
    """One line a skip on standard error; --strict makes them a failure, --quiet hides them."""
    (pics / "broken.png").write_bytes(b"no picture")
    assert main([str(pics)]) == 0
    assert capsys.readouterr().err.startswith("skipped broken.png: ")
    assert main([str(pics), "--strict"]) == 1
    capsys.readouterr()
    assert main([str(pics), "--quiet"]) == 0
    assert capsys.readouterr().err == ""


def test_files_that_somebody_put_into_our_folders_are_kept_and_named(pics, capsys):
    """A picture saved into the tree of links survives the next cut, and the user is told where it is."""
    main([str(pics)])
    mine = pics / "imagecluster" / "clusters" / "cluster_with_2" / "cluster_0" / "mine.txt"
    mine.write_text("mine")
    capsys.readouterr()
    assert main([str(pics), "--sim", "0.1", "--json"]) == 0
    (kept,) = json.loads(capsys.readouterr().out)["kept"]
    assert [path.read_text() for path in Path(kept).rglob("mine.txt")] == ["mine"]
    again = pics / "imagecluster" / "clusters" / "mine.txt"
    again.write_text("mine")
    assert main([str(pics)]) == 0
    assert "kept in" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [["PICS", "--sim", "1.5"], ["PICS", "--sim", "x"], ["PICS", "--min-size", "0"], ["PICS", "--links", "x"],
     ["PICS", "--nothing"], ["PICS", "--threads", "0"], ["PICS", "--method", "wart"], ["PICS", "--metric", "cos"],
     ["PICS", "--max-diameter", "-0.1"], ["PICS", "--max-diameter", "inf"], [], ["export", "PICS"], ["info"]],
)  # fmt: skip
def test_wrong_usage_exits_with_2(pics, arguments, capsys):
    """And nothing is made."""
    with pytest.raises(SystemExit) as exit_:
        main([str(pics) if argument == "PICS" else argument for argument in arguments])
    assert exit_.value.code == 2
    assert capsys.readouterr().err
    assert not (pics / "imagecluster").exists()


def test_export_to_an_unknown_format_is_wrong_usage(pics, tmp_path, capsys):
    """The message names the formats."""
    main([str(pics)])
    assert main(["export", str(pics), "--fingerprints", str(tmp_path / "x.csv")]) == 2
    assert ".npz or .parquet" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["nowhere"], ["info", "nowhere"], ["PICS", "--model", "vgg99"], ["run"]])
def test_failures_exit_with_1_and_one_line(pics, arguments, capsys):
    """No traceback."""
    assert main([str(pics) if argument == "PICS" else argument for argument in arguments]) == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("imagecluster: ")
    assert len(printed.err.splitlines()) == 1


def test_a_list_of_files_is_taken(pics, tmp_path, capsys, monkeypatch):
    """One path a line, or NUL-separated from standard input, as `find -print0` writes it."""
    listed = tmp_path / "list.txt"
    listed.write_bytes(b"\n".join(bytes(path) for path in sorted(pics.glob("2_*"))))
    rest = ["--db", str(tmp_path / "db"), "--json", "--sim", "0"]
    assert main(["--files-from", str(listed), *rest]) == 0
    assert json.loads(capsys.readouterr().out)["sizes"] == {"4": 1}
    odd = draw(pics / "new\nline.png", 2, size=(170, 140))
    found = subprocess.run(
        [sys.executable, "-m", "imagecluster", "--files-from", "-", "-0", *rest],
        input=b"\0".join([bytes(odd), *(bytes(path) for path in pics.glob("2_*"))]),
        capture_output=True, check=True,
    )  # fmt: skip
    assert json.loads(found.stdout)["sizes"] == {"5": 1}
    assert main(["--files-from", str(tmp_path / "none"), "--db", str(tmp_path / "db")]) == 1


def test_info_and_export_tell_what_is_there(pics, tmp_path, capsys):
    """Counts as text and JSON; fingerprints as a file."""
    main([str(pics)])
    capsys.readouterr()
    assert main(["info", str(pics)]) == 0
    assert "9 fingerprints of 512 numbers" in capsys.readouterr().out
    assert main(["info", str(pics), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["n_files"] == 9
    assert found["runs"][0]["n_fingerprinted"] == 9
    assert main(["export", str(pics), "--fingerprints", str(tmp_path / "out.npz")]) == 0
    assert capsys.readouterr().out.startswith("9 fingerprints of efficientnet-lite1-regions@")


def test_doctor_finds_everything_in_order(pics, capsys):
    """All checks pass here; each is one line."""
    main([str(pics)])
    capsys.readouterr()
    assert main(["doctor", str(pics)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert all(line.startswith("ok") for line in lines)
    assert any("model efficientnet-lite1-regions" in line and "loads and runs" in line for line in lines)
    assert main(["doctor", "--json"]) == 0
    assert all(check["fine"] for check in json.loads(capsys.readouterr().out))


def test_doctor_fails_on_damaged_weights(monkeypatch, tmp_path, capsys):
    """What does not work is marked and makes the exit code 1."""
    from dataclasses import replace

    from imagecluster import models

    broken = tmp_path / "weights.onnx"
    broken.write_bytes(b"no network")
    model = models.MODELS[models.DEFAULT_MODEL]
    model = replace(model, source=replace(model.source, path=broken))
    monkeypatch.setitem(models.MODELS, models.DEFAULT_MODEL, model)
    assert main(["doctor"]) == 1
    assert any(line.startswith("FAIL model") and "damaged" in line for line in capsys.readouterr().out.splitlines())


def test_main_prints_as_the_original_did(pics, capsys):
    """A line on the database, the model, `clustering ...`, the folder of clusters, then the sizes."""
    from imagecluster import main as original

    original.main(str(pics), sim=0.5)
    first = capsys.readouterr().out.splitlines()
    assert first[0] == f"no fingerprints database {pics / 'imagecluster'} found, making it"
    assert first[1].startswith("model efficientnet-lite1-regions ")
    assert first[2] == "clustering ..."
    assert first[3] == f"cluster dir: {pics / 'imagecluster' / 'clusters'}"
    assert first[4] == "cluster size : ncluster"
    assert [line.split() for line in first[5:8]] == [["2", ":", "1"], ["3", ":", "1"], ["4", ":", "1"]]
    original.main(str(pics), sim=0.5)
    second = capsys.readouterr().out.splitlines()
    assert second[0] == f"fingerprints database {pics / 'imagecluster'} found"
    assert second[1:8] == first[1:8]


def test_progress_shows_on_a_terminal_only(pics):
    """Pictures a second and time left on standard error of a terminal; silent with --quiet."""
    pty = pytest.importorskip("pty")
    for more, shown in (([], True), (["--quiet"], False)):
        leader, follower = pty.openpty()
        process = subprocess.Popen(
            [sys.executable, "-m", "imagecluster", str(pics), *more, "--db", str(pics.parent / f"db{shown}")],
            stderr=follower, stdout=subprocess.DEVNULL,
        )  # fmt: skip
        os.close(follower)
        seen = everything_shown(leader)
        assert process.wait() == 0
        assert (b"fingerprints" in seen) == shown


def test_every_command_has_a_help_text_and_is_documented():
    """docs/cli.md names every command and option."""
    page = Path(__file__).parents[1].joinpath("docs", "cli.md").read_text()
    parser = build_parser()
    commands = next(action for action in parser._actions if action.dest == "command").choices
    assert list(commands) == list(COMMANDS)
    for name, command in commands.items():
        assert f"## {name}" in page
        for action in command._actions:
            assert action.help
            assert all(option in page for option in action.option_strings)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_output_on_a_full_disk_ends_in_one_line(pics, capsys):
    """`imagecluster ... > FILE` says what is wrong, and nothing more."""
    assert main([str(pics), "--links", "none", "--no-page"]) == 0
    capsys.readouterr()
    with Path("/dev/full").open("w") as full:
        process = subprocess.run(
            [sys.executable, "-m", "imagecluster", "info", pics], stdout=full, stderr=subprocess.PIPE, check=False
        )
    assert process.returncode == 1
    assert process.stderr.decode() == "imagecluster: no space left on device\n"


def test_a_closed_pipe_is_no_traceback(pics):
    """`imagecluster ... | head -1` ends quietly."""
    process = subprocess.Popen(
        [sys.executable, "-m", "imagecluster", str(pics)], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    process.stdout.close()
    _, messages = process.communicate()
    assert messages == b""


def test_how_time_counted_is_printed(pics, capsys):
    """Weight, scale, where times are from and how exact their nearness is; the same in JSON."""
    assert main([str(pics), "--time-weight", "0.3", "--time-scale", "2d"]) == 0
    line = next(line for line in capsys.readouterr().out.splitlines() if line.startswith("time:"))
    assert line == (
        "time:    weight 0.3, scale 2 d: 0 by metadata, 9 by file time, 0 without a time; nearness in time is exact"
    )
    assert main([str(pics), "--time-weight", "0.3", "--time-source", "exif", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["time"]
    assert [found[f"n_{kind}"] for kind in ("exif", "sidecar", "name", "file", "none")] == [0, 0, 0, 0, 9]
    assert (found["scale_s"], found["source"]) == (21600, "exif")


@pytest.mark.parametrize(
    ("text", "expected_s"), [("90s", 90), ("10min", 600), ("6h", 21600), ("1.5 d", 129600), ("1w", 604800)]
)
def test_lengths_of_time_have_units(text, expected_s):
    """Seconds, minutes, hours, days and weeks."""
    assert build_parser().parse_args(["run", "x", "--time-scale", text]).time_scale == expected_s


@pytest.mark.parametrize("text", ["6", "h", "-1h", "0s", "0.5s", "6 hours", "1e400s", "1m", "nan s", "9" * 400 + "w"])
def test_other_lengths_of_time_are_wrong_usage(text, capsys):
    """The message says what is allowed."""
    with pytest.raises(SystemExit) as exit_:
        build_parser().parse_args(["run", "x", f"--time-scale={text}"])
    assert exit_.value.code == 2
    assert "s, min, h, d or w" in capsys.readouterr().err
