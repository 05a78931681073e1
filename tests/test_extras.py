"""The command that installs an optional dependency."""

import sys
import tomllib
from pathlib import Path

import pytest

from imagecluster.system import extras
from imagecluster.system.extras import install_command, missing_extra

EXTRAS = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text("utf-8"))["project"][
    "optional-dependencies"
]


@pytest.mark.parametrize("extra", EXTRAS)
def test_the_command_names_the_packages_that_the_extra_lists(extra, monkeypatch):
    """Not imagecluster itself, which is on no index; and the Python that runs it, wherever `pip` would install."""
    declared = [
        f"{package.replace(';', ' ;')} ; extra == '{name}'" for name, each in EXTRAS.items() for package in each
    ]
    monkeypatch.setattr(extras, "requires", lambda name: declared)
    command = install_command(extra)
    assert command.startswith(f"{sys.executable} -m pip install ")
    for package in EXTRAS[extra]:
        assert package.partition(";")[0].partition(">")[0].strip() in command
    assert "imagecluster[" not in command


def test_the_packages_are_read_from_the_installation():
    """As its metadata spell them."""
    assert install_command("plot").endswith("-m pip install 'matplotlib>=3.8'")


def test_the_message_is_one_sentence_with_what_to_do_instead():
    """What is needed, the command, and the way without it."""
    said = str(missing_extra("writing .parquet needs pyarrow", "parquet", otherwise="write .csv"))
    assert said.startswith("writing .parquet needs pyarrow, which is not installed: ")
    assert said.endswith(", or write .csv")


def test_an_environment_without_pip_is_named(monkeypatch):
    """As pipx and uv make them: there `python -m pip` fails."""
    monkeypatch.setattr(extras, "find_spec", lambda name: None)
    assert install_command("plot") == f"install 'matplotlib>=3.8' into the environment of {sys.executable}"


def test_a_program_that_does_not_know_its_packages_names_the_extra(monkeypatch):
    """Run from its source, without an installation."""

    def unknown(name):
        raise extras.PackageNotFoundError(name)

    monkeypatch.setattr(extras, "requires", unknown)
    assert install_command("plot") == "install the extra 'plot' of imagecluster"


def test_a_shell_of_windows_takes_double_quotes(monkeypatch):
    """And no single ones."""
    monkeypatch.setattr(sys, "platform", "win32")
    assert '-m pip install "matplotlib>=3.8"' in install_command("plot")
