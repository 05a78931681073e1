"""The inference engine, which is told to send nothing before it is loaded."""

from __future__ import annotations

import importlib
import os
from typing import Any

__all__ = ["engine"]


def engine() -> Any:
    """The module `onnxruntime`.

    Its official builds (1.32 and others) send records of use to Microsoft and keep an identifier of the machine, unless
    this variable is set before the module is loaded (its Privacy.md, "Disabling Telemetry"). A value that the
    user has set stays.
    """
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
    return importlib.import_module("onnxruntime")
