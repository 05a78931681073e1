"""Opens networks in the inference engine."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from imagecluster.errors import ModelError
from imagecluster.models.devices import choose_device

if TYPE_CHECKING:
    from imagecluster.models.onnx_graph import Network

__all__ = ["open_session"]


def open_session(network: Network, *, name: str, n_threads: int = 1, device: str = "cpu") -> Any:
    """An `onnxruntime.InferenceSession`, by default on the processor.

    Parameters
    ----------
    network
        What to open. Weights in files are mapped, not read.
    name
        Of the model, for messages.
    n_threads
        Threads that share one operator. The chain has one, since its pictures are spread over threads already.
    device
        Name of what it runs on, as for `choose_device`.

    Raises
    ------
    ArgumentError
        There is no such device.
    ModelError
        The engine does not take it, or has no such device; the message has the reason.
    """
    import onnxruntime

    chosen = choose_device(device)

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = n_threads
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 4  # errors come as exceptions; warnings are about the engine's own choices
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
            warnings.simplefilter("ignore")  # of a fallback, which is looked for below
            session = onnxruntime.InferenceSession(model, options, providers=chosen.providers)
    except Exception as error:  # the engine's exceptions share no base of their own
        raise ModelError(f"the network of {name} cannot be opened: {' '.join(str(error).split())[:300]}") from None
    if chosen.provider not in session.get_providers():
        raise ModelError(
            f"onnxruntime offers {chosen.name} and could not start it (its libraries or driver may be missing); it has"
            f" fallen back to {', '.join(session.get_providers())}: take device cpu, or see `imagecluster doctor`"
        )
    return session
