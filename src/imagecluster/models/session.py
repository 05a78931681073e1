"""Opening of networks in the inference engine."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from imagecluster.errors import ModelError
from imagecluster.models.devices import choose_device
from imagecluster.models.engine import engine

if TYPE_CHECKING:
    from imagecluster.models.onnx_graph import Network

__all__ = ["open_session"]


def open_session(network: Network, *, name: str, n_threads: int = 1, device: str = "cpu") -> Any:
    """An `onnxruntime.InferenceSession`, by default on the processor.

    Parameters
    ----------
    network
        The network to open. Weights in files are mapped, not read.
    name
        Name of the model, for messages.
    n_threads
        Number of threads that share an operator. The chain uses one, since it spreads its pictures over threads.
    device
        Name of the device, as for `choose_device`.

    Raises
    ------
    ArgumentError
        There is no such device.
    ModelError
        The engine rejects the network, or has no such device; the message gives the reason.
    """
    onnxruntime = engine()
    chosen = choose_device(device)

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = n_threads
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 4  # errors arrive as exceptions; warnings concern the engine's own choices
    if network.folder is not None:
        options.add_session_config_entry("session.model_external_initializers_file_folder_path", str(network.folder))
    if network.arrays:
        values = [onnxruntime.OrtValue.ortvalue_from_numpy(array) for array in network.arrays.values()]
        options.add_external_initializers(list(network.arrays), values)
    model = str(network.model) if isinstance(network.model, Path) else network.model
    if chosen.name == "directml":
        options.enable_mem_pattern = False  # as its documentation asks
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the engine warns of a fallback, which is checked below
            session = onnxruntime.InferenceSession(model, options, providers=chosen.providers)
    except Exception as error:  # the engine's exceptions share no base of their own
        raise ModelError(f"the network of {name} cannot be opened: {' '.join(str(error).split())[:300]}") from None
    if chosen.provider not in session.get_providers():
        raise ModelError(
            f"onnxruntime offers {chosen.name} but could not start it (its libraries or driver may be missing), and has"
            f" fallen back to {', '.join(session.get_providers())}; use device cpu, or see `imagecluster doctor`"
        )
    return session
