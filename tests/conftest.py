"""Fixtures for all tests: the real photographs where they are present."""

import csv
import os
from pathlib import Path

import pytest
from hypothesis import settings

# No timing is asserted in a test: a busy machine may take its time.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")

_BESIDE_THE_REPO = Path(__file__).resolve().parents[2] / "shared" / "data"


def photos_folder() -> Path | None:
    """Folder of the labelled photographs, or None where there is none."""
    folder = Path(os.environ.get("IMAGECLUSTER_PHOTOS", _BESIDE_THE_REPO))
    return folder if (folder / "README.md").is_file() else None


@pytest.fixture(scope="session")
def photos() -> Path:
    """Folder of the labelled photographs; the test is skipped where it is absent."""
    folder = photos_folder()
    if folder is None:
        pytest.skip("no real photographs here: set IMAGECLUSTER_PHOTOS to their folder")
    return folder


def read_manifest(folder: Path) -> list[dict[str, str]]:
    """Rows of a photo folder's MANIFEST.tsv."""
    with (folder / "MANIFEST.tsv").open(newline="", encoding="utf-8") as lines:
        return list(csv.DictReader(lines, delimiter="\t"))
