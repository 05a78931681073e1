"""The devices that run networks: the processor, and others that the installed inference engine offers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from imagecluster.errors import ArgumentError, ModelError
from imagecluster.models.engine import engine

__all__ = ["DEVICES", "Device", "check_device", "choose_device", "offered_devices"]


@dataclass(frozen=True, slots=True)
class Device:
    """An execution provider of onnxruntime."""

    name: str
    provider: str
    package: str
    """Package on PyPI that replaces onnxruntime."""
    options: Mapping[str, str] = field(default_factory=dict, hash=False)
    batch: int | None = None
    """Number of pictures at once; None for the model's own number, which is best on a processor."""
    threads_share: bool = True
    """Whether several threads may run a session at once."""

    @property
    def providers(self) -> list[Any]:
        """Providers for onnxruntime: this one, and the processor for what it cannot do."""
        if self.name == "cpu":
            return [self.provider]
        return [(self.provider, dict(self.options)), "CPUExecutionProvider"]


_CPU = Device("cpu", "CPUExecutionProvider", "onnxruntime")
_BATCH = 64
"""Number of pictures at once; if memory does not hold them, half as many are tried."""

DEVICES = {
    device.name: device
    for device in (
        _CPU,
        # Without TF32, sums are computed in float32, as everywhere else.
        Device("cuda", "CUDAExecutionProvider", "onnxruntime-gpu", {"use_tf32": "0"}, _BATCH, threads_share=False),
        Device("directml", "DmlExecutionProvider", "onnxruntime-directml", {}, _BATCH, threads_share=False),
        Device("coreml", "CoreMLExecutionProvider", "onnxruntime (macOS)", {}, _BATCH, threads_share=False),
        # By default it uses bfloat16 if the processor has it; and two first runs at once have stopped it.
        Device("openvino", "OpenVINOExecutionProvider", "onnxruntime-openvino", {"precision": "FP32"},
               threads_share=False),
    )
}  # fmt: skip
"""Devices by name. `cpu` is the default, so that a picture has the same fingerprint on every machine of a kind."""

AUTO = ("cuda", "directml")
"""Devices that `auto` takes if they are offered, in this order: those that compute in 32 bits by default. CoreML may
use 16."""


def offered_devices() -> tuple[str, ...]:
    """Names of the devices that the installed onnxruntime offers."""
    offered = engine().get_available_providers()
    return tuple(name for name, device in DEVICES.items() if device.provider in offered)


def check_device(name: str) -> None:
    """Raise ArgumentError if no device has this name."""
    if name != "auto" and name not in DEVICES:
        raise ArgumentError(f"device is {name!r}; it must be one of auto, {', '.join(DEVICES)}")


def choose_device(name: str, offered: Sequence[str] | None = None) -> Device:
    """The device with a name; for `auto` a fast one if it is offered, else the processor.

    Parameters
    ----------
    name
        `auto`, or a key of `DEVICES`.
    offered
        Names to choose from; default: `offered_devices`.

    Raises
    ------
    ArgumentError
        There is no such name.
    ModelError
        The installed onnxruntime does not offer it; the message lists what it offers, and the package that has it.
    """
    check_device(name)
    if name == "cpu":
        return _CPU  # asks the engine nothing
    found = offered_devices() if offered is None else offered
    if name == "auto":
        return DEVICES[next((each for each in AUTO if each in found), "cpu")]
    if name not in found:
        raise ModelError(
            f"device is {name}, but the installed onnxruntime offers only {', '.join(found)}: replace it with"
            f" {DEVICES[name].package} (pip uninstall onnxruntime, then pip install), or use device cpu"
        )
    return DEVICES[name]
