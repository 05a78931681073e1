"""How much memory there is."""

import os

import pytest

from imagecluster.system import memory


def test_available_memory_is_a_part_of_all() -> None:
    """More than nothing, and no more than the machine has."""
    assert memory.available_bytes() > 1 << 20
    if hasattr(os, "sysconf"):
        assert memory.available_bytes() <= os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def test_a_control_group_limits_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a container may take, less what it has taken, counts where it is less than what the machine has left."""
    numbers = {"memory.max": 5 << 20, "memory.current": 2 << 20}
    monkeypatch.setattr(memory, "_number_in", lambda file: numbers[file.name])
    monkeypatch.setattr(memory.sys, "platform", "linux")
    assert memory.available_bytes() == 3 << 20


def test_a_file_without_a_number_says_nothing(tmp_path) -> None:
    """No limit ("max") and no file are the same."""
    (tmp_path / "memory.max").write_text("max\n")
    assert memory._number_in(tmp_path / "memory.max") is None
    assert memory._number_in(tmp_path / "absent") is None
