"""Tiny text towers with the inputs and outputs of the real ones, and small tokenizers of the same kinds."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

from imagecluster.models import MODELS, Model, PublishedSource, TextTower
from onnx_samples import write_encoder

COLOURS = {"green": (30, 200, 40), "blue": (20, 30, 210), "red": (220, 20, 30)}
"""Words that the towers below know, and what they mean; `green` first, since `re` would be merged in it before `gr`."""

_WORDS = (*COLOURS, "a", "car", "picture", "of", "the")
_SPLIT = r"'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"


def _merged(words: dict[str, list[str]]) -> tuple[list[str], list[tuple[str, str]]]:
    """New tokens and merges that make one token of each word, given in its first pieces."""
    tokens: dict[str, None] = {}
    merges: dict[tuple[str, str], None] = {}
    for pieces in words.values():
        whole = pieces[0]
        for piece in pieces[1:]:
            merges[whole, piece] = None
            whole += piece
            tokens[whole] = None
    return list(tokens), list(merges)


def write_clip_tokenizer(path: Path) -> Path:
    """As tokenizer.json of CLIP: byte-level BPE with ends of words, `!` first, begin and end last."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokens, merges = _merged({word: [*word[:-1], f"{word[-1]}</w>"] for word in _WORDS if len(word) > 1})
    names = [*alphabet, *(f"{c}</w>" for c in alphabet), *tokens, "<|startoftext|>", "<|endoftext|>"]
    vocabulary = {name: i for i, name in enumerate(names)}
    tokenizer = Tokenizer(
        models.BPE(vocabulary, merges, unk_token="<|endoftext|>", end_of_word_suffix="</w>", fuse_unk=False)
    )
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.NFC(), normalizers.Replace(Regex(r"\s+"), " "), normalizers.Lowercase()]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(_SPLIT), "removed", invert=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False),
        ]
    )
    begin, end = (("<|startoftext|>", len(names) - 2), ("<|endoftext|>", len(names) - 1))
    tokenizer.post_processor = processors.RobertaProcessing(end, begin, trim_offsets=False, add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens(["<|startoftext|>", "<|endoftext|>"])
    tokenizer.save(str(path))
    return path


def write_gemma_tokenizer(path: Path) -> Path:
    """As tokenizer.json of SigLIP 2: BPE with bytes for what it does not know, `▁` for spaces, case kept."""
    tokens, merges = _merged({word: [*word] for word in _WORDS if len(word) > 1})
    spaced, more = _merged({word: ["▁", word] for word in _WORDS})
    names = ["<pad>", "<eos>", "<bos>", "<unk>", "<mask>", *(f"<0x{i:02X}>" for i in range(256)), "▁"]
    names += [*sorted({c for word in _WORDS for c in (*word, *word.upper())}), *tokens, *spaced]
    vocabulary = {name: i for i, name in enumerate(dict.fromkeys(names))}
    tokenizer = Tokenizer(
        models.BPE(vocabulary, [*merges, *more], unk_token="<unk>", fuse_unk=True, byte_fallback=True)
    )
    tokenizer.normalizer = normalizers.Replace(" ", "▁")
    tokenizer.pre_tokenizer = pre_tokenizers.Split(" ", "merged_with_previous")
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<bos> $A <eos>", special_tokens=[("<bos>", 2), ("<eos>", 1)]
    )
    tokenizer.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()])
    tokenizer.add_special_tokens(["<pad>", "<eos>", "<bos>", "<unk>", "<mask>"])
    tokenizer.enable_truncation(5)  # what a file says of this is not followed
    tokenizer.save(str(path))
    return path


def write_text_network(
    path: Path, tokenizer: Path, model: Model, *, output: str, mask: bool = False, seed: int = 0, n_tokens="sequence"
) -> Path:
    """A text tower to `write_encoder` of the same seed: a colour's word has the vector of a picture of that colour."""
    known = Tokenizer.from_file(str(tokenizer)).get_vocab()
    table = np.zeros((len(known), 48), np.float32)
    mean, scale = np.array(model.pixels.mean), np.array(model.pixels.scale)
    for word, colour in COLOURS.items():
        for spelling in (word, f"{word}</w>", f"▁{word}"):
            if spelling in known:
                table[known[spelling]] = np.repeat((np.array(colour) - mean) / scale, 16)
    matrix = np.random.default_rng(seed).standard_normal((48, model.n_dimensions)).astype(np.float32)
    weights = [
        numpy_helper.from_array(table, "table"),
        numpy_helper.from_array(matrix, "matrix"),
        numpy_helper.from_array(np.array([1], np.int64), "axis"),
    ]
    nodes = [
        helper.make_node("Gather", ["table", "input_ids"], ["each"]),
        helper.make_node("ReduceSum", ["each", "axis"], ["sum"], keepdims=0),
        helper.make_node("MatMul", ["sum", "matrix"], [output]),
    ]
    inputs = ["input_ids", *(["attention_mask"] if mask else [])]
    entries = [helper.make_tensor_value_info(name, TensorProto.INT64, ["n", n_tokens]) for name in inputs]
    if mask:
        nodes.append(helper.make_node("Identity", ["attention_mask"], ["mask"]))
    infos = [helper.make_tensor_value_info(output, TensorProto.FLOAT, ["n", model.n_dimensions])]
    graph = helper.make_graph(nodes, "text", entries, infos, weights)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8), path)
    return path


def declared(name: str, folder: Path, url: str) -> Model:
    """A model of the list with small files in place of its own, to be had at an address.

    Writes the files into `folder`; the address is that of the folder.
    """
    model = MODELS[name]
    tower = model.text_tower
    assert isinstance(tower, TextTower)
    folder.mkdir(exist_ok=True)
    write_tokenizer = write_gemma_tokenizer if name == "siglip2-base" else write_clip_tokenizer
    tokenizer = write_tokenizer(folder / "tokenizer.json")
    text = write_text_network(folder / "text_model.onnx", tokenizer, model, output=tower.output)
    image = write_encoder(folder / "vision_model.onnx", {model.output.name: (2, model.n_dimensions)})

    def published(file: Path, source: PublishedSource) -> PublishedSource:
        content = file.read_bytes()
        checksum = f"sha256:{hashlib.sha256(content).hexdigest()}"
        return PublishedSource(f"{url}/{file.name}", source.file_name, checksum, len(content))

    return replace(
        model,
        source=published(image, model.source),
        text_tower=replace(
            tower, network=published(text, tower.network), tokenizer=published(tokenizer, tower.tokenizer)
        ),
    )
