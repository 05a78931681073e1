"""Image encoders in ONNX files: public exports by name, and files of the user."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from imagecluster.errors import ModelError
from imagecluster.models.declaration import Model, Output
from imagecluster.models.onnx_graph import Network
from imagecluster.models.preprocess import PRESETS, Preprocess, parse_preprocess
from imagecluster.models.session import open_session
from imagecluster.models.sources import GivenSource, PublishedSource, Source, remembered_digest
from imagecluster.models.text import CLIP_WORDS, MOBILECLIP_WORDS, SIGLIP2_WORDS, TextTower, Words

__all__ = ["EXPORTS", "Export", "TextExport", "export_model", "file_model"]

_HUB = "https://huggingface.co/"

_SHA256 = f"sha256:{'0' * 64}"
"""A checksum that stands for its kind."""

_VERSION = "1"
_USUAL_SIDE_PX = 224
_PREFERRED_OUTPUTS = ("image_embeds", "pooler_output", "features", "last_hidden_state")


@dataclass(frozen=True, slots=True)
class TextExport:
    """The text tower beside an image encoder: files of the same repository and revision."""

    sha256: str
    """Checksum of `onnx/text_model.onnx`."""
    n_bytes: int
    tokenizer_sha256: str
    """Checksum of `tokenizer.json`."""
    tokenizer_n_bytes: int
    words: Words
    output: str


@dataclass(frozen=True, slots=True)
class Export:
    """A public ONNX export of an image encoder."""

    revision: str
    """Path of the repository and its revision on https://huggingface.co."""
    file: str
    """Path of the image encoder in the repository."""
    sha256: str
    n_bytes: int
    preset: str
    side_px: int
    output: str
    n_dimensions: int
    licence: str
    summary: str
    text: TextExport | None = None

    @property
    def url(self) -> str:
        """Address of the image encoder."""
        return f"{_HUB}{self.revision}/{self.file}"

    def text_tower(self, name: str) -> TextTower | None:
        """The text tower, whose files have the model's name in theirs."""
        if self.text is None:
            return None
        text, base = self.text, f"{_HUB}{self.revision}"
        network = PublishedSource(
            f"{base}/onnx/text_model.onnx", f"{name}-text.onnx", f"sha256:{text.sha256}", text.n_bytes
        )
        tokenizer = PublishedSource(
            f"{base}/tokenizer.json", f"{name}-tokenizer.json", f"sha256:{text.tokenizer_sha256}",
            text.tokenizer_n_bytes,
        )  # fmt: skip
        return TextTower(network, tokenizer, text.words, text.output, self.n_dimensions)


EXPORTS = {
    "dinov2-small": Export(
        "onnx-community/dinov2-small/resolve/8b1f705a3a7f6f062f6bdd21986c1583d3ef105d", "onnx/model.onnx",
        "f22797eabf810a75e41de68d378541ebea372122b25c4ce3ef25ff618250c20a", 88_532_934,
        "dinov2", 224, "last_hidden_state", 384, "Apache-2.0", "DINOv2 ViT-S/14, class token",
    ),
    "clip-vit-b32": Export(
        "Xenova/clip-vit-base-patch32/resolve/d15189d7028b43f1d3e65039190477f6af591c2a", "onnx/vision_model.onnx",
        "fd6e1402a588279d1723c7534d4bcba5bc0b14b47dfab0e46f8c47b8270d7d40", 351_685_709,
        "clip", 224, "image_embeds", 512, "MIT", "CLIP ViT-B/32",
        TextExport(
            "3f6571f5bad13a97c469c1622e1cfc4d9aef78b79fdbfcff804ca357bfada8cc", 254_058_553,
            "f7f3b7af117d467b58374797691a6438d3e6b9e9cef800dfd5dced7f697a90cd", 2_224_119,
            CLIP_WORDS, "text_embeds",
        ),
    ),
    "siglip2-base": Export(
        "onnx-community/siglip2-base-patch16-224-ONNX/resolve/ba1f3b0843f24bc5417d38e19c37b287d719b2f4",
        "onnx/vision_model.onnx",
        "c0573e3f4140c3a7c4e9cc5912bd6b26a033b46a6a8e8af26cbea262b163bcad", 371_807_752,
        "siglip2", 224, "pooler_output", 768, "Apache-2.0", "SigLIP 2 base, patches of 16",
        TextExport(
            "baf12d941beabafafb14f7b4adb38dc15be18681b964a84410ec53d9d65e6293", 1_129_469_657,
            "cb9140fae3ac5122c972d37adf83e1248471a38147ad76f8215c8872c6fd8322", 34_363_039,
            SIGLIP2_WORDS, "pooler_output",
        ),
    ),
    "mobileclip-s2": Export(
        "Xenova/mobileclip_s2/resolve/main", "onnx/vision_model.onnx",
        "d28b92d7a3a6ba99bd000cce5c91678c0e279dc934c887a3785908a811872a6c", 143_020_962,
        "mobileclip", 256, "image_embeds", 512, "Apple AMLR", "MobileCLIP S2",
        TextExport(
            "ff82e945c6c652c51df687e10f102a8e43c87d37c9108ff692468be3732f3710", 253_894_023,
            "72ed5c96db5729294468543e4bc75fce14ca63f58e37300290189ba1c1e52b85", 2_224_081,
            MOBILECLIP_WORDS, "text_embeds",
        ),
    ),
}  # fmt: skip
"""Exports by model name. All read `pixel_values`, float32 (n, 3, side_px, side_px). They are the 32-bit exports, since
quantised ones compute scales over a whole batch, so that a fingerprint would depend on its neighbours. Text towers read
only `input_ids`, int64 (n, n_tokens)."""


def export_model(name: str, weights: Path | None = None) -> Model:
    """Declaration of a public export, with its own file or a file of the user."""
    export = EXPORTS[name]
    preprocess = PRESETS[export.preset]
    source: Source = PublishedSource(export.url, f"{name}.onnx", f"sha256:{export.sha256}", export.n_bytes)
    version = _VERSION
    if weights is not None:
        source = GivenSource(weights.absolute())
        digits = _digits(source.obtain())
        version = _VERSION if digits == export.sha256 else f"{_VERSION}-{digits[:8]}"
    return Model(
        name=name,
        version=version,
        source=source,
        geometry=preprocess.frame(export.side_px),
        pixels=preprocess.pixels,
        output=Output(export.output),
        n_dimensions=export.n_dimensions,
        licence=export.licence,
        summary=export.summary,
        text_tower=export.text_tower(name),
    )


def file_model(path: Path, preprocess: str) -> Model:
    """Declaration of an encoder in a file of the user, whose inputs and outputs are read from the file.

    Parameters
    ----------
    path
        ONNX model with one input, a batch of pictures in float32.
    preprocess
        The preparation of pictures, as for `parse_preprocess`.

    Raises
    ------
    ArgumentError
        `preprocess` has another form.
    ModelError
        The file is missing, is not an ONNX model, or does not turn pictures into vectors; the message says why.
    """
    path = path.absolute()
    prepared = parse_preprocess(preprocess)
    source = GivenSource(path)
    session = open_session(Network(source.obtain()), name=path.name)
    side_px, last = _input(session, path, prepared)
    model = Model(
        name=re.sub(r"[^\w.-]+", "_", path.stem)[:40] or "model",
        version=hashlib.sha256(f"{_digits(path)} {prepared}".encode()).hexdigest()[:12],
        source=source,
        geometry=prepared.frame(side_px),
        pixels=replace(prepared.pixels, last=last),
        output=Output(_output(session, path, prepared)),
        n_dimensions=1,
        licence="yours",
        summary=f"{path.name}, prepared as {preprocess}",
    )
    return replace(model, n_dimensions=_n_dimensions(session, model))


def _digits(path: Path) -> str:
    return remembered_digest(path, _SHA256).removeprefix("sha256:")


def _input(session: Any, path: Path, prepared: Preprocess) -> tuple[int, bool]:
    """Side of a network's input, and whether channels come last."""
    inputs = session.get_inputs()
    described = ", ".join(f"{entry.name} {entry.type} {entry.shape}" for entry in inputs)
    if len(inputs) != 1:
        raise ModelError(
            f"{path} has {len(inputs)} inputs ({described}); export only the image encoder, which has one input"
        )
    shape = inputs[0].shape
    last = len(shape) == 4 and shape[3] == 3 and shape[1] != 3
    first = len(shape) == 4 and (shape[1] == 3 or not isinstance(shape[1], int))
    if inputs[0].type != "tensor(float)" or not (first or last):
        raise ModelError(
            f"{path} reads {described}; expected pictures as tensor(float) of shape (n, 3, height, width) or"
            " (n, height, width, 3)"
        )
    plane = shape[1:3] if last else shape[2:4]
    fixed = {side for side in plane if isinstance(side, int)}
    if len(fixed) > 1 or (fixed and prepared.size not in (None, *fixed)):
        wanted = f"a square of {prepared.size}, as size= says" if prepared.size else "a square"
        raise ModelError(f"{path} reads pictures of {plane[0]} x {plane[1]} pixels; expected {wanted}")
    return next(iter(fixed), prepared.size or _USUAL_SIDE_PX), last


def _output(session: Any, path: Path, prepared: Preprocess) -> str:
    """Name of the output to use: the requested one, a usual name, or the only one with one vector per picture."""
    ranks = {entry.name: len(entry.shape) for entry in session.get_outputs()}
    listed = ", ".join(f"{entry.name} {entry.shape}" for entry in session.get_outputs())
    if prepared.output is not None:
        if prepared.output not in ranks:
            raise ModelError(f"{path} has no output {prepared.output!r}; it has {listed}")
        return prepared.output
    vectors = [name for name, rank in ranks.items() if rank == 2]
    usual = [name for name in _PREFERRED_OUTPUTS if ranks.get(name) in (2, 3)]
    if usual or len(vectors) == 1:
        return (usual or vectors)[0]
    raise ModelError(f"{path} has the outputs {listed}; choose the fingerprint with output=NAME")


def _n_dimensions(session: Any, model: Model) -> int:
    """Length of the output for one blank picture, which the shapes in the file may leave open."""
    width, height = model.geometry.size
    shape = (1, height, width, 3) if model.pixels.last else (1, 3, height, width)
    try:
        (found,) = session.run([model.output.name], {session.get_inputs()[0].name: np.zeros(shape, np.float32)})
    except Exception as error:  # the engine's exceptions share no base of their own
        raise ModelError(f"{model.name} does not run on one picture: {' '.join(str(error).split())[:300]}") from None
    if found.ndim not in (2, 3) or found.shape[0] != 1 or found.shape[-1] < 2:
        raise ModelError(
            f"the output {model.output.name} of {model.name} has shape {found.shape} for one picture; expected"
            " (1, n_dimensions), or (1, n_tokens, n_dimensions), whose first token is used"
        )
    return int(found.shape[-1])
