"""The inference engine sends nothing."""

import os
import subprocess
import sys

FINGERPRINT = """
import numpy as np, imagecluster
from imagecluster.models import offered_devices
from PIL import Image
assert offered_devices()
Image.linear_gradient("L").convert("RGB").save("a.png")
print(len(np.asarray(imagecluster.fingerprint(["a.png"]))))
"""
SETTING = """
import os
from imagecluster.models.engine import engine
engine()
print(os.environ["ORT_DISABLE_TELEMETRY"])
"""


def run(program, tmp_path, **variables):
    """What a program prints that has a home of its own."""
    homes = dict.fromkeys(("HOME", "XDG_CACHE_HOME", "LOCALAPPDATA"), str(tmp_path))
    kept = {name: value for name, value in os.environ.items() if name != "ORT_DISABLE_TELEMETRY"}
    return subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env={**kept, **homes, **variables},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    ).stdout.strip()


def test_the_engine_keeps_no_identifier_and_no_events(tmp_path):
    """A first run on a new machine leaves nothing of the engine's in the user's folders."""
    assert run(FINGERPRINT, tmp_path) == "1"
    assert [path for path in tmp_path.rglob("*") if "onnxruntime" in path.name.lower()] == []


def test_a_value_that_the_user_has_set_stays(tmp_path):
    """The engine's variable is given a value only where it has none."""
    assert run(SETTING, tmp_path) == "1"
    assert run(SETTING, tmp_path, ORT_DISABLE_TELEMETRY="0") == "0"
