"""Text towers: the parts of networks that turn words into vectors comparable with those of pictures."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from imagecluster.errors import ArgumentError, ModelError
from imagecluster.models.onnx_graph import Network
from imagecluster.models.session import open_session
from imagecluster.models.sources import Source
from imagecluster.system.cores import n_cores
from imagecluster.system.extras import missing_extra
from imagecluster.system.progress import OnProgress, silent

if TYPE_CHECKING:
    from numpy.typing import NDArray


__all__ = ["CLIP_WORDS", "MOBILECLIP_WORDS", "SIGLIP2_WORDS", "TextTower", "Words"]

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Words:
    """The map from a text to the row of tokens that a network reads.

    The tokens for begin, end and padding are given here and not taken from the tokenizer's file, since those files are
    written for several uses, and some leave the choice to the program that reads them.
    """

    n_tokens: int
    """Length of the row; a longer text loses its end, and a shorter one is padded."""
    begin: str
    """Token before the text; empty for none."""
    end: str
    pad: str
    lower: bool = False
    """Whether to convert the text to lower case first; false if the tokenizer's file does it."""


CLIP_WORDS = Words(77, begin="<|startoftext|>", end="<|endoftext|>", pad="<|endoftext|>")
"""Tokens of the fast CLIP tokenizer in transformers. The network takes its output at the first end token, and every
token sees only those before it, so that the kind of padding does not matter."""

MOBILECLIP_WORDS = Words(77, begin="<|startoftext|>", end="<|endoftext|>", pad="!")
"""The vocabulary of CLIP, padded with token 0, which is `!`, as in open_clip. Here the padding matters, since every
token sees all others (`causal_masking` is false in Apple's mobileclip/configs/mobileclip_s2.json)."""

SIGLIP2_WORDS = Words(64, begin="", end="<eos>", pad="<pad>", lower=True)
"""Gemma's vocabulary as used to train SigLIP 2: lower case, one end token, padded to 64 (`Siglip2Tokenizer` and
`Siglip2Processor` of transformers). The network takes its output at the last token, so that the padding matters."""


@dataclass(frozen=True, slots=True)
class TextTower:
    """A network that returns the vector of a text, with its tokenizer. Several threads may call it at once."""

    network: Source
    """ONNX model with the input `input_ids`, int64 (n, n_tokens), and possibly `attention_mask`."""
    tokenizer: Source
    """File `tokenizer.json` of the package tokenizers."""
    words: Words
    output: str
    """Name of the network's output, shape (n, n_dimensions)."""
    n_dimensions: int

    @property
    def sources(self) -> tuple[Source, Source]:
        """The tokenizer and the network."""
        return self.tokenizer, self.network

    def present(self) -> bool:
        """Whether both files are on this machine; ModelError if one is not the expected file."""
        return all(source.present() is not None for source in self.sources)

    def obtain(self, progress: OnProgress = silent) -> tuple[Path, Path]:
        """Tokenizer and network, downloaded if necessary.

        Raises
        ------
        MissingExtraError
            The package tokenizers is not installed; this is checked before any download.
        ModelError
            A file cannot be downloaded, or is not the expected one.
        """
        _import_tokenizers()
        tokenizer, network = (source.obtain(progress) for source in self.sources)
        return tokenizer, network

    def tokens(self, text: str) -> NDArray[np.int64]:
        """The row of tokens of a text, shape (n_tokens,)."""
        return _tokenizer(self.tokenizer.obtain(), self.words)(text)[0]

    def __call__(self, text: str) -> NDArray[np.float32]:
        """Vector of a text, shape (n_dimensions,), unit length.

        Raises
        ------
        ArgumentError
            The text is empty.
        MissingExtraError, ModelError
            As for `obtain`, or the network does not read tokens.
        """
        tokenizer, network = self.obtain()
        ids, mask = _tokenizer(tokenizer, self.words)(text)
        session = _session(network)
        known = {"input_ids": ids[None], "attention_mask": mask[None]}
        names = [entry.name for entry in session.get_inputs()]
        if "input_ids" not in names or not set(names) <= set(known):
            raise ModelError(f"{network} reads {', '.join(names)}; expected input_ids and possibly attention_mask")
        try:
            (found,) = session.run([self.output], {name: known[name] for name in names})
        except Exception as error:  # the engine's exceptions share no base of their own
            raise ModelError(f"{network} does not run on a text: {' '.join(str(error).split())[:300]}") from None
        if found.shape != (1, self.n_dimensions):
            raise ModelError(
                f"the output {self.output} of {network} has shape {found.shape}, expected {(1, self.n_dimensions)}"
            )
        length = float(np.linalg.norm(found))
        if not np.isfinite(length) or length == 0:
            raise ModelError(f"{network} gave a vector without a direction for {text!r} (length {length:g})")
        return np.asarray(found[0] / length, dtype=np.float32)


def _import_tokenizers() -> Any:
    """The package tokenizers; MissingExtraError if it is not installed."""
    try:
        import tokenizers
    except ImportError:
        raise missing_extra("text search needs tokenizers", "text") from None
    return tokenizers


@lru_cache(maxsize=2)
def _session(network: Path) -> Any:
    """The network, kept from one query to the next."""
    return open_session(Network(network), name=network.name, n_threads=n_cores())


@lru_cache(maxsize=2)
def _tokenizer(path: Path, words: Words) -> _Tokenizer:
    """The tokenizer, kept because a large vocabulary takes a second to read."""
    return _Tokenizer(path, words)


class _Tokenizer:
    """A function from a text to its tokens and their mask."""

    def __init__(self, path: Path, words: Words) -> None:
        tokenizers = _import_tokenizers()
        try:
            self._tokenizer = tokenizers.Tokenizer.from_file(str(path))
        except Exception as error:  # the package raises Exception itself
            raise ModelError(f"{path} is not a readable tokenizer: {error}") from None
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        self._lower = tokenizers.normalizers.Lowercase() if words.lower else None
        self._words = words
        self._begin = [self._id(path, words.begin)] if words.begin else []
        self._end, self._pad = self._id(path, words.end), self._id(path, words.pad)

    def _id(self, path: Path, token: str) -> int:
        """Number of a token; ModelError if the vocabulary does not have it."""
        found = self._tokenizer.token_to_id(token)
        if found is None:
            raise ModelError(f"the vocabulary of {path} has no token {token!r}; it belongs to another network")
        return int(found)

    def __call__(self, text: str) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Tokens and mask of a text, both of shape (n_tokens,)."""
        if not text.strip():
            raise ArgumentError(f"the text is {text!r}; describe in words what to look for")
        lowered = text if self._lower is None else self._lower.normalize_str(text)
        ids = self._begin + self._tokenizer.encode(lowered, add_special_tokens=False).ids
        n_most = self._words.n_tokens - 1
        if len(ids) > n_most:
            _log.warning("a text of %d tokens was cut after %d: %.60r...", len(ids), n_most, text)
        ids = [*ids[:n_most], self._end]
        row = np.full(self._words.n_tokens, self._pad, np.int64)
        row[: len(ids)] = ids
        return row, (np.arange(len(row)) < len(ids)).astype(np.int64)
