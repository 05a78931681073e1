"""The public surface, held still."""

import inspect
import subprocess
import sys

import pytest

import imagecluster
from imagecluster import errors

SURFACE = [
    "DuplicateSettings",
    "Duplicates",
    "Events",
    "ImageClusterer",
    "Progress",
    "Result",
    "Settings",
    "apply_plan",
    "calc",
    "cluster",
    "dendrogram",
    "duplicates",
    "errors",
    "exceptions",
    "find_events",
    "fingerprint",
    "io",
    "list_actions",
    "main",
    "postproc",
    "run",
    "search",
    "undo",
]
ORIGINAL = {
    "calc": [
        "FingerprintModel", "cluster", "cluster_stats", "fingerprint", "fingerprints", "get_model", "image_arrays",
        "load_img_rgb", "pca", "print_cluster_stats",
    ],
    "common": ["get_files", "read_pk", "write_pk"],
    "exceptions": ["ICError", "ICExifReadError"],
    "imagecluster": ["cluster", "fingerprint", "fingerprints", "get_model", "make_links"],
    "io": [
        "exif_timestamp", "get_files", "get_image_data", "ic_base_dir", "read_images", "read_pk", "read_timestamps",
        "stat_timestamp", "timestamp", "write_pk",
    ],
    "main": ["ic_base_dir", "main"],
    "postproc": ["make_links", "plot_clusters", "plot_dendrogram", "visualize"],
}  # fmt: skip
"""Names of the original's modules."""

DEFAULTS = {
    "main.main": {"sim": 0.5, "size": (224, 224), "links": True, "vis": False, "max_csize": None, "pca": False,
                  "pca_params": {"n_components": 0.9}},
    "common.get_files": {"ext": "jpg|jpeg|bmp|png"},
    "imagecluster.get_model": {"layer": "fc2"},
    "imagecluster.fingerprints": {"size": (224, 224)},
    "imagecluster.cluster": {"sim": 0.5, "method": "average", "metric": "euclidean", "extra_out": False},
    "io.get_files": {"ext": "jpg|jpeg|bmp|png"},
    "io.timestamp": {"source": "auto"},
    "io.read_timestamps": {"source": "auto"},
    "io.get_image_data": {"model_kwds": {"layer": "fc2"}, "img_kwds": {"size": (224, 224)},
                          "timestamps_kwds": {"source": "auto"}, "pca_kwds": None},
    "calc.get_model": {"layer": "fc2"},
    "calc.pca": {"n_components": 0.9},
    "calc.cluster": {"sim": 0.5, "timestamps": None, "alpha": 0.3, "method": "average", "metric": "euclidean",
                     "extra_out": False, "print_stats": True, "min_csize": 2},
    "postproc.plot_clusters": {"max_csize": None, "mem_limit": 1024**3},
}  # fmt: skip
"""Arguments of the original that may be left out, in its order."""


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


@pytest.mark.parametrize("module", ORIGINAL)
def test_the_modules_of_the_original_have_their_names(module):
    """All that scripts call, documented."""
    found = getattr(imagecluster, module)
    assert found.__all__ == ORIGINAL[module] == sorted(ORIGINAL[module])
    for name in ORIGINAL[module]:
        assert getattr(found, name).__doc__


@pytest.mark.parametrize("function", DEFAULTS)
def test_the_functions_of_the_original_have_their_defaults(function):
    """In the original's order, so that arguments may be given by place."""
    module, name = function.split(".")
    parameters = inspect.signature(getattr(getattr(imagecluster, module), name)).parameters
    found = {key: p.default for key, p in parameters.items() if p.kind is p.POSITIONAL_OR_KEYWORD}
    expected = DEFAULTS[function]
    assert {key: found[key] for key in expected} == expected
    assert [key for key in found if key in expected] == list(expected)


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
        ("import imagecluster.cli.parser as p; p.build_parser()", ("numpy", "PIL", "onnxruntime", "sqlite3")),
        ("from imagecluster import calc, io, main, postproc", ("onnxruntime", "matplotlib", "scipy", "fastcluster")),
        ("import imagecluster.web.serve, imagecluster.web.routes", ("PIL", "onnxruntime", "umap")),
        ("import imagecluster.collection", ("onnxruntime", "scipy", "sklearn", "pyarrow", "tqdm")),
        (
            "import imagecluster.collection",
            ("imagecluster.evaluate", "imagecluster.explore.exact_index", "threadpoolctl"),
        ),
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
