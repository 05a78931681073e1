"""How far work has come, and what the terminal shows of it."""

import os
import sys
from pathlib import Path
from typing import get_args

import pytest

from imagecluster.cli import progress as cli_progress
from imagecluster.cli.progress import ProgressBar
from imagecluster.system.progress import Progress, Stage, shares
from terminal import everything_shown

NOTICES = Path(cli_progress.__file__).parents[1] / "web" / "static" / "views" / "notices.js"


def shown(*reports: Progress) -> str:
    """What a terminal gets to see of them."""
    pty = pytest.importorskip("pty")
    leader, follower = pty.openpty()
    before, sys.stderr = sys.stderr, os.fdopen(follower, "w")
    try:
        with ProgressBar(quiet=False) as bar:
            for report in reports:
                bar(report)
    finally:
        sys.stderr.close()
        sys.stderr = before
    return everything_shown(leader).decode()


def test_every_stage_has_words_on_the_command_line_and_in_the_page():
    """A stage that is new in a room is a sentence of each face."""
    stages = set(get_args(Stage))
    assert set(cli_progress._TEXTS) == stages
    page = NOTICES.read_text(encoding="utf-8")
    assert all(f"{stage}: '" in page for stage in stages)


def test_shares_are_parts_of_one():
    """What the linkage knows of a stage is a fraction."""
    seen = []
    shares(seen.append, "merging")(0.25)
    assert seen == [Progress("merging", 0.25, 1.0)]


def test_a_share_is_shown_in_percent_with_the_time_that_is_expected():
    """The words are those of the command line, whoever reports."""
    seen = shown(Progress("pairs", 0.0, 1.0, expected_s=190.0), Progress("pairs", 0.5, 1.0, expected_s=190.0))
    assert "comparing all pairs (about 3 min in all):   0%|" in seen
    assert "about" not in shown(Progress("pairs", 0.0, 1.0, expected_s=9.0))
    assert "(about 40 s in all)" in shown(Progress("pairs", 0.0, 1.0, expected_s=41.0))
    assert "(about 2.0 h in all)" in shown(Progress("pairs", 0.0, 1.0, expected_s=7200.0))


def test_an_unknown_total_shows_nothing():
    """Looking for files is over before anybody could read it."""
    assert shown(Progress("scan"), Progress("weights", 10, None)) == ""


def test_each_file_that_is_fetched_has_a_bar_of_its_own():
    """The second file of a joint model is not counted on the bar of the first one."""
    seen = shown(
        Progress("weights", 1000, 4000, note="one.onnx"),
        Progress("weights", 0, 90_000_000, note="two.onnx"),
    )
    assert "/4.00k" in seen
    assert "/90.0M" in seen
