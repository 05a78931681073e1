"""The example scripts, as they are."""

import os
import pickle
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from imagecluster.cli.parser import COMMANDS
from original_samples import save_scenario, write_colour_network
from pictures import draw_groups

pytest.importorskip("matplotlib")

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"


@pytest.fixture(scope="module")
def stand_in(tmp_path_factory):
    """Weights of a narrow VGG16, in place of Keras' own file."""
    return write_colour_network(tmp_path_factory.mktemp("weights"))


@pytest.mark.parametrize("name", ["detailed.py", "earlier.py", "minimal.py"])
def test_an_example_of_the_original_runs_unchanged(tmp_path, stand_in, name):
    """In a folder with pics/: links, plots, nothing on standard error, and the same again."""
    save_scenario(tmp_path / "pics")
    environment = {
        **os.environ, "IMAGECLUSTER_VGG16_WEIGHTS": str(stand_in), "IMAGECLUSTER_MODELS": str(tmp_path / "models"),
        "MPLBACKEND": "Agg",
    }  # fmt: skip
    # All warnings are errors, but that this backend has no window to show.
    command = [sys.executable, "-W", "error", "-W", "ignore:FigureCanvasAgg is non-interactive", str(EXAMPLES / name)]
    for _ in range(2 if name == "minimal.py" else 1):  # what was kept is found, what was linked is replaced
        done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, "")
        assert "cluster size : ncluster" in done.stdout
    links = [path for path in (tmp_path / "pics" / "imagecluster" / "clusters").rglob("*") if path.is_symlink()]
    assert len(links) >= 2
    assert all(link.is_file() for link in links)
    with Image.open(tmp_path / "clusters.png") as image:
        assert min(image.size) > 50


def test_a_script_of_a_user_runs(tmp_path):
    """It prints the clusters, what looks like their first picture, and the clusters of another cut."""
    folder = draw_groups(tmp_path / "pics")
    (folder / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0")
    command = [sys.executable, "-W", "error", EXAMPLES / "sort_folder.py"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[0].startswith("could not be read: ")
    assert lines[0].endswith("broken.jpg")
    assert lines[1] == "cluster 1: 2_0.png, 2_1.png, 2_2.png, 2_3.png"
    assert len([line for line in lines if re.fullmatch(r"like 2_\d.png: \d_\d.png, cosine [\d.]+", line)]) == 3
    assert re.fullmatch(r"\d clusters at 0.7", lines[-1])
    shutil.rmtree(folder)
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout.count("\n") == 1


def test_a_script_that_cleans_up_runs(tmp_path):
    """Files with the same bytes go into a folder; the pictures are all there, and come back when it is undone."""
    folder = draw_groups(tmp_path / "pics")
    shutil.copy(folder / "0_0.png", folder / "0_0 (1).png")
    (folder / "sub").mkdir()
    shutil.copy(folder / "1_1.png", folder / "sub" / "1_1.png")
    before = sorted(path.relative_to(folder) for path in folder.rglob("*.png"))
    command = [sys.executable, "-W", "error", EXAMPLES / "find_copies.py"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert "keep 0_0.png" in done.stdout
    assert "  identical 0_0 (1).png: the same bytes" in done.stdout
    assert lines[-2].startswith("2 files moved to ")
    assert lines[-1] == "2 files are back"
    assert sorted(path.relative_to(folder) for path in folder.rglob("*.png")) == before


def test_scripts_of_users_are_checked_by_their_types(tmp_path):
    """`mypy --strict` outside of the checkout finds the types of the installed package, and no error."""
    pytest.importorskip("mypy")
    for script in EXAMPLES.glob("*.py"):
        shutil.copy(script, tmp_path)
    (tmp_path / "wrong.py").write_text("import imagecluster\n\nimagecluster.run(3)\n")
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file=", "--cache-dir=.cache", "."]
    environment = {name: value for name, value in os.environ.items() if name != "MYPYPATH"}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.stdout.splitlines()[0].startswith('wrong.py:3: error: Argument 1 to "run" has incompatible type "int"')
    assert done.stdout.splitlines()[-1].startswith("Found 1 error in 1 file (checked 6 source files)")


@pytest.mark.skipif(sys.platform == "win32", reason="a script of bash")
def test_there_is_an_example_of_every_command(tmp_path):
    """The script names each, and each does what it is for; the viewer runs until Ctrl-C."""
    script = EXAMPLES / "commands.sh"
    named = re.findall(r"^ *imagecluster ([a-z-]+) ", script.read_text(encoding="utf-8"), re.MULTILINE)
    assert set(named) == set(COMMANDS)
    folder = tmp_path / "pics"
    for name in ("one", "two"):
        draw_groups(folder / name, (2, 2))
    (folder / "imagecluster").mkdir()
    old = {str(folder / "one" / "0_0.png"): np.ones(4096, np.float32)}
    (folder / "imagecluster" / "fingerprints.pk").write_bytes(pickle.dumps(old))
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    process = subprocess.Popen(
        [script, folder, folder / "one" / "0_0.png"], cwd=tmp_path, text=True,
        env={**environment, "BROWSER": "true", "MPLBACKEND": "Agg"}, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        start_new_session=True, preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
    )  # fmt: skip
    said = []
    for line in process.stdout:
        said.append(line)
        if line.startswith("http://"):
            os.killpg(process.pid, signal.SIGINT)
    errors = process.communicate(timeout=60)[1]
    assert said[-1].startswith("http://"), errors
    assert {path.name for path in tmp_path.iterdir()} == {
        "pics", "dendrogram.png", "album.html", "fingerprints.npz", "plan.json",
    }  # fmt: skip
