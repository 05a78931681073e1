"""The public surface, held still."""

import subprocess
import sys

import pytest

import imagecluster
from imagecluster import errors

SURFACE = [
    "ImageClusterer",
    "Result",
    "Settings",
    "cluster",
    "dendrogram",
    "errors",
    "fingerprint",
    "main",
    "run",
    "search",
]


def test_the_package_offers_these_names():
    """Every public name is there, sorted, and documented; nothing else is promised."""
    assert imagecluster.__all__ == SURFACE == sorted(SURFACE)
    assert dir(imagecluster) == SURFACE
    for name in SURFACE:
        assert getattr(imagecluster, name).__doc__
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = imagecluster.nothing


def test_the_original_import_works():
    """`from imagecluster import main; main.main(...)` is how people call it."""
    from imagecluster import main

    assert callable(main.main)


def test_every_error_is_one_of_ours_and_drawn_in_the_docstring():
    """The tree in the docstring is complete."""
    for name, value in vars(errors).items():
        if isinstance(value, type) and issubclass(value, Exception):
            assert issubclass(value, errors.ImageclusterError)
            assert name in errors.__doc__
    assert issubclass(errors.ArgumentError, ValueError)


@pytest.mark.parametrize(
    ("code", "absent"),
    [
        ("import imagecluster", ("numpy", "PIL", "onnxruntime", "sqlite3")),
        ("import imagecluster.cli.grammar as p; p.build_parser()", ("numpy", "PIL", "onnxruntime", "sqlite3")),
        ("import imagecluster.pipeline", ("onnxruntime", "scipy", "sklearn", "pyarrow", "tqdm")),
        (
            "from imagecluster import ImageClusterer; ImageClusterer().fit([[1., 0], [0, 1]])",
            ("sklearn", "onnxruntime"),
        ),
    ],
)
def test_heavy_modules_are_loaded_where_they_are_used(code, absent):
    """`--help` imports next to nothing, and a run with nothing to fingerprint never loads the engine."""
    check = f"{code}\nimport sys\nprint([name for name in {absent!r} if name in sys.modules])"
    found = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
