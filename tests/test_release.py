"""What a release says of itself: one version and one date in all places."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

pytestmark = pytest.mark.skipif(
    not (ROOT / "CHANGELOG.md").is_file(), reason="the documentation is not part of this installation"
)


def test_the_changelog_has_a_dated_section_of_the_version():
    """Below `Unreleased`, newest first; the citation names the newest version and its date."""
    version = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    headings = re.findall(r"^## (.*)$", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)
    assert headings[0] == "[Unreleased]"
    dated = [re.fullmatch(r"\[(\S+)\] - (\d{4}-\d\d-\d\d)", heading) for heading in headings[1:]]
    assert all(dated)
    assert dated[0][1] == version
    assert [match[2] for match in dated] == sorted((match[2] for match in dated), reverse=True)
    citation = (ROOT / "CITATION.cff").read_text("utf-8")
    assert f"\nversion: {dated[0][1]}\ndate-released: {dated[0][2]}\n" in citation
