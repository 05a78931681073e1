"""The example scripts, as they are."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from original_samples import save_scenario, write_colour_network

pytest.importorskip("matplotlib")

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"


@pytest.fixture(scope="module")
def stand_in(tmp_path_factory):
    """Weights of a narrow VGG16, in place of Keras' own file."""
    return write_colour_network(tmp_path_factory.mktemp("weights"))


@pytest.mark.parametrize("name", sorted(path.name for path in EXAMPLES.glob("*.py")))
def test_an_example_runs_unchanged(tmp_path, stand_in, name):
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
