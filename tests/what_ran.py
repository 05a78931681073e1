"""Pytest plugin: says which kinds of tests ran, and has continuous integration fail where a test could not.

With CI=true a test that skips for want of something that can be installed fails, so that a green run has looked at
everything. Reasons that stand in `MAY_BE_MISSING` remain skips.
"""

from __future__ import annotations

import os
import sys

import pytest

STRICT = os.environ.get("CI") == "true" and sys.platform == "linux"

MAY_BE_MISSING = (
    "no real photographs here",  # their licences let nobody pass all of them on
    "needs keras",  # with TensorFlow, more than all the rest together
    "needs transformers",  # with PyTorch, likewise
    "needs the extra immaculate",  # there is none for Python 3.11
    "CUDA works here",
    "root may read everything",
    "cannot mount",
    "only Linux's superuser can mount",
    "only root gives files away",
    "no IPv6 here",
    # Cases that mean nothing for one value of a parameter; nothing is missing there.
    "Windows holds no folders open",
    "there is no descriptor",
    "leads to no database",
    "read in part",
)
"""Parts of the reasons for which a test may be skipped everywhere."""

KINDS = {"browser": "the page in a browser", "photos": "labelled photographs", "": "all others"}
"""Marker of a kind of tests -> what the summary calls it."""


def pytest_configure(config):
    """The marker is set below, on every test that uses the fixture."""
    config.addinivalue_line("markers", "browser: needs chromium")


def pytest_collection_modifyitems(items):
    """Marks tests by the fixtures that they use, so that `-m "not browser"` leaves those out."""
    for item in items:
        for kind in filter(None, KINDS):
            if kind in getattr(item, "fixturenames", ()):
                item.add_marker(kind)


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector):
    """A module that skips as a whole."""
    return _judged((yield))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """A test that skips."""
    return _judged((yield))


def _judged(report):
    """The report, as a failure if it is a skip that continuous integration does not accept."""
    if STRICT and report.skipped and not hasattr(report, "wasxfail"):
        file, line, reason = report.longrepr
        if not any(part in reason for part in MAY_BE_MISSING):
            report.outcome = "failed"
            report.longrepr = f"{file}:{line}: {reason}\nCI=true: this must be here (tests/what_ran.py)"
    return report


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_terminal_summary(terminalreporter):
    """After all else: a line for each kind of tests."""
    result = yield
    counts = {kind: {"passed": 0, "failed": 0, "skipped": 0} for kind in KINDS}
    for outcome in ("passed", "failed", "error", "skipped"):
        for report in terminalreporter.stats.get(outcome, ()):
            kind = next((kind for kind in KINDS if kind in getattr(report, "keywords", ())), "")
            counts[kind]["failed" if outcome == "error" else outcome] += 1
    terminalreporter.section("which tests ran")
    for kind, outcomes in counts.items():
        said = ", ".join(f"{n} {outcome}" for outcome, n in outcomes.items() if n)
        terminalreporter.write_line(f"{KINDS[kind]}: {said or 'none'}")
    return result
