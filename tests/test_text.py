"""Text towers and search by words: stand-ins of the public exports, fetched from a server of this process."""

import http.server
import json
import sys
import threading
from contextlib import contextmanager
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from PIL import Image

import imagecluster
from imagecluster.cli import main
from imagecluster.collection import Settings
from imagecluster.embed import Embedder
from imagecluster.errors import ArgumentError, ChecksumError, MissingExtraError, ModelError
from imagecluster.functions.running import run
from imagecluster.models import DEFAULT_MODEL, MODELS, TextTower, text_models
from imagecluster.models.encoders import EXPORTS
from imagecluster.models.sources import GivenSource
from imagecluster.models.text import CLIP_WORDS, MOBILECLIP_WORDS, SIGLIP2_WORDS
from page_browser import needs_browser
from text_samples import COLOURS, declared, write_clip_tokenizer, write_gemma_tokenizer, write_text_network
from web_samples import served

WITH_TEXT = ("clip-vit-b32", "siglip2-base", "mobileclip-s2")
QUICK = Settings(links="none", page=False)


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Files of a folder."""

    def log_message(self, *arguments):
        """Say nothing, but remember what was asked for."""
        self.server.asked.append(self.path)


@contextmanager
def server_of(folder):
    """Address of a folder, and the list of what was asked for."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    server.asked = []
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", server.asked
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture(autouse=True)
def no_models_of_this_machine(tmp_path, monkeypatch):
    """No file that a user has is found."""
    monkeypatch.setenv("IMAGECLUSTER_MODELS", str(tmp_path / "models"))


@pytest.fixture
def clip(tmp_path, monkeypatch):
    """`clip-vit-b32` with small files at an address; gives the list of what was fetched."""
    with server_of(tmp_path / "hub") as (url, asked):
        monkeypatch.setitem(MODELS, "clip-vit-b32", declared("clip-vit-b32", tmp_path / "hub", url))
        yield asked


@pytest.fixture
def pics(tmp_path):
    """Two pictures of each colour, one with a white half."""
    folder = tmp_path / "pics"
    folder.mkdir()
    for name, colour in COLOURS.items():
        picture = Image.new("RGB", (64, 48), colour)
        picture.save(folder / f"{name}.png")
        picture.paste((250, 250, 250), (0, 0, 32, 48))
        picture.save(folder / f"{name} half.png")
    return folder


def tower_of(tokenizer, words, network="none.onnx"):
    return TextTower(GivenSource(network), GivenSource(tokenizer), words, "text_embeds", 512)


def names(hits):
    return [hit.path.name for hit in hits]


@pytest.mark.parametrize("name", WITH_TEXT)
def test_every_text_tower_is_fetched_and_gives_vectors_like_those_of_its_pictures(name, tmp_path):
    """A word for a colour has the vector of a picture of that colour; nothing is fetched twice."""
    with server_of(tmp_path / "hub") as (url, asked):
        model = declared(name, tmp_path / "hub", url)
        picture = Image.new("RGB", (64, 64), COLOURS["red"])
        expected = Embedder(model)(model.geometry.apply(picture))
        np.testing.assert_allclose(model.text_tower("Red"), expected, atol=1e-4)
        assert float(model.text_tower("blue") @ expected) < 0.9
        fetched = [f"{name}-text.onnx", f"{name}-tokenizer.json", f"{name}.onnx"]
        assert sorted(path.name for path in (tmp_path / "models").glob("[!.d]*")) == fetched
        assert sorted(asked) == ["/text_model.onnx", "/tokenizer.json", "/vision_model.onnx"]


def test_the_declarations_name_files_of_one_export():
    """Same repository and revision for pictures, words and tokenizer; each with checksum and size."""
    assert set(text_models()) == set(WITH_TEXT)
    for name in WITH_TEXT:
        model = MODELS[name]
        tower = model.text_tower
        urls = [model.source.url, tower.network.url, tower.tokenizer.url]
        assert [url.removeprefix(f"https://huggingface.co/{EXPORTS[name].revision}/") for url in urls] == [
            "onnx/vision_model.onnx", "onnx/text_model.onnx", "tokenizer.json",
        ]  # fmt: skip
        assert all(len(source.checksum) == 71 and source.n_bytes > 1_000_000 for source in tower.sources)
        assert tower.n_dimensions == model.n_dimensions


def test_clip_rows_have_77_tokens_between_begin_and_end(tmp_path):
    """The case is the tokenizer's matter; `<|endoftext|>` pads CLIP, token 0 pads MobileCLIP."""
    tokenizer = write_clip_tokenizer(tmp_path / "tokenizer.json")
    row = tower_of(tokenizer, CLIP_WORDS).tokens("A red   CAR")
    other = tower_of(tokenizer, MOBILECLIP_WORDS).tokens("a red car")
    begin, end = row[0], row[4]
    assert row.shape == other.shape == (77,)
    assert (row[4:] == end).all() and begin != end
    np.testing.assert_array_equal(other[:5], row[:5])
    assert (other[5:] == 0).all()


def test_siglip2_rows_are_lower_case_without_begin_and_padded_to_64(tmp_path):
    """What the file says of begin and length is not followed."""
    tokenizer = write_gemma_tokenizer(tmp_path / "tokenizer.json")
    tower = tower_of(tokenizer, SIGLIP2_WORDS)
    row = tower.tokens("A Red car")
    assert row.shape == (64,)
    np.testing.assert_array_equal(row, tower.tokens("a red car"))
    assert 2 not in row  # <bos>
    assert row[3] == 1 and (row[4:] == 0).all()


def test_a_long_text_loses_its_end_but_not_the_end_token(tmp_path, caplog):
    """And that is said."""
    tower = tower_of(write_clip_tokenizer(tmp_path / "tokenizer.json"), CLIP_WORDS)
    row = tower.tokens("red " * 100)
    assert row.shape == (77,)
    assert len(set(row[1:76])) == 1 and row[76] not in row[:76]
    assert "cut after 76" in caplog.text


@pytest.mark.slow
@pytest.mark.parametrize("text", ["A red  car", "the Green, picture; of l'été 42", "x " * 100])
def test_rows_are_those_of_transformers(tmp_path, text):
    """Against the tokenizers that transformers has for these models, with the lengths of their processors."""
    transformers = pytest.importorskip("transformers", reason="needs transformers, which no extra brings")
    for kind, write, words, settings in (
        ("CLIPTokenizer", write_clip_tokenizer, CLIP_WORDS,
         {"bos_token": "<|startoftext|>", "eos_token": "<|endoftext|>", "pad_token": "<|endoftext|>"}),
        ("Siglip2Tokenizer", write_gemma_tokenizer, SIGLIP2_WORDS,
         {"add_bos_token": False, "add_eos_token": True, "padding_side": "right"}),
    ):  # fmt: skip
        folder = tmp_path / kind
        folder.mkdir()
        tower = tower_of(write(folder / "tokenizer.json"), words)
        (folder / "tokenizer_config.json").write_text(json.dumps({"tokenizer_class": kind, **settings}))
        tokenizer = getattr(transformers, kind).from_pretrained(folder, **settings)
        found = tokenizer(text, padding="max_length", truncation=True, max_length=words.n_tokens)
        np.testing.assert_array_equal(tower.tokens(text), found["input_ids"])


def test_a_network_that_asks_for_the_mask_gets_it(tmp_path):
    """1 for every token up to the end, 0 for padding."""
    model = MODELS["clip-vit-b32"]
    tokenizer = write_clip_tokenizer(tmp_path / "tokenizer.json")
    file = write_text_network(tmp_path / "net.onnx", tokenizer, model, output="text_embeds", mask=True)
    assert tower_of(tokenizer, CLIP_WORDS, file)("red").shape == (512,)


@pytest.mark.parametrize(
    ("change", "text", "error", "message"),
    [
        ({}, " ", ArgumentError, "the text is ' '"),
        ({"output": "pooled"}, "red", ModelError, "does not run on a text: .*pooled"),
        ({"n_dimensions": 768}, "red", ModelError, r"shape \(1, 512\), expected \(1, 768\)"),
        ({"words": SIGLIP2_WORDS}, "red", ModelError, "no token '<eos>'; it belongs to another network"),
        ({"tokenizer": "net.onnx"}, "red", ModelError, "not a readable tokenizer"),
        ({"network": "vision.onnx"}, "red", ModelError, "reads pixel_values; expected input_ids"),
        ({}, "unknown", ModelError, "without a direction for 'unknown'"),
    ],
)
def test_what_does_not_fit_says_why(tmp_path, change, text, error, message):
    """Empty texts, other networks, other tokenizers."""
    declared("clip-vit-b32", tmp_path, "")
    tokenizer = tmp_path / "tokenizer.json"
    tower = tower_of(tokenizer, CLIP_WORDS, tmp_path / "text_model.onnx")
    files = {"net.onnx": tmp_path / "text_model.onnx", "vision.onnx": tmp_path / "vision_model.onnx"}
    change = {key: GivenSource(files[value]) if value in files else value for key, value in change.items()}
    with pytest.raises(error, match=message):
        replace(tower, **change)(text)


def test_pictures_are_found_by_words(clip, pics, capsys):
    """The whole way of a user: run, then search; the second search fetches nothing."""
    assert main(["run", str(pics), "--model", "clip-vit-b32", "--links", "none", "-q"]) == 0
    assert clip == ["/vision_model.onnx"]
    capsys.readouterr()
    for _ in range(2):
        assert main(["search", str(pics), "--model", "clip-vit-b32", "--text", "a red car", "-k", "1"]) == 0
        assert capsys.readouterr().out.split(maxsplit=1)[1] == "red.png\n"
    assert sorted(clip[1:]) == ["/text_model.onnx", "/tokenizer.json"]


def test_words_go_together_with_pictures_weights_and_negatives(clip, pics, tmp_path, capsys):
    """As several pictures do; the similarity is the cosine with the weighted sum."""
    run([pics], replace(QUICK, model="clip-vit-b32"))
    search = partial(imagecluster.search, pics, model="clip-vit-b32")
    assert names(search(texts="green", k=1)) == ["green.png"]
    assert names(search(texts=["green", "blue"], weights=[1, 5], k=1)) == ["blue.png"]
    assert names(search(pics / "red.png", texts=["blue"], weights=[1, 9], k=1)) == ["blue.png"]
    assert names(search(pics / "red.png", texts=["blue"], weights=[9, 1], k=1)) == ["red half.png"]
    plain = {hit.path: hit.similarity for hit in search(texts="red")}
    turned = {hit.path: hit.similarity for hit in search(texts="red", unlike_texts="blue", unlike_weight=0.5)}
    assert turned[pics / "blue.png"] < plain[pics / "blue.png"] - 0.1
    (page,) = [tmp_path / "found.html"]
    command = ["search", str(pics), "--model", "clip-vit-b32", "--text", "red", "--not-text", "blue", "--json"]
    assert main([*command, "--html", str(page)]) == 0
    asked = json.loads(capsys.readouterr().out)["queries"]
    assert asked == [{"text": "red", "weight": 1.0}, {"text": "blue", "weight": -0.5}]
    assert "<bdi>red</bdi>" in page.read_text() and "<bdi>-0.5 blue</bdi>" in page.read_text()


def test_a_model_without_text_tower_names_those_that_have_one_and_the_command(pics):
    """Both commands: to fingerprint, and to search."""
    run([pics], QUICK)
    with pytest.raises(ModelError) as caught:
        imagecluster.search(pics, texts=["a red car"])
    message = str(caught.value)
    assert f"{DEFAULT_MODEL} has no text tower; clip-vit-b32, siglip2-base, mobileclip-s2 have one" in message
    assert f"imagecluster run {pics} --model clip-vit-b32" in message


def test_of_models_together_the_one_that_takes_words_is_named(clip, pics):
    """Its fingerprints are kept beside the joint ones, so that it answers at once."""
    both = f"clip-vit-b32+{DEFAULT_MODEL}"
    run([pics], replace(QUICK, model=both))
    with pytest.raises(ModelError, match="its part clip-vit-b32 takes words, search with --model clip-vit-b32"):
        imagecluster.search(pics, texts="red", model=both)
    assert names(imagecluster.search(pics, texts="red", model="clip-vit-b32", k=1)) == ["red.png"]


def test_without_tokenizers_the_extra_is_named_and_nothing_fetched(clip, pics, monkeypatch):
    """Before 250 MB come for nothing."""
    run([pics], replace(QUICK, model="clip-vit-b32"))
    monkeypatch.setitem(sys.modules, "tokenizers", None)
    with pytest.raises(MissingExtraError, match="-m pip install 'tokenizers>="):
        imagecluster.search(pics, texts=["red"], model="clip-vit-b32")
    assert clip == ["/vision_model.onnx"]


def test_another_tokenizer_than_the_declared_one_is_not_used(clip, tmp_path):
    """Its checksum is asked for as that of weights is."""
    write_gemma_tokenizer(tmp_path / "hub" / "tokenizer.json")
    with pytest.raises(ChecksumError, match=r"tokenizer\.json"):
        MODELS["clip-vit-b32"].text_tower("red")


def test_the_text_part_is_fetched_before_it_is_needed(clip, capsys):
    """`models --fetch NAME --text`, for a machine that will have no network."""
    assert main(["models", "--fetch", "clip-vit-b32", "--text", "--json"]) == 0
    entry = next(e for e in json.loads(capsys.readouterr().out) if e["name"] == "clip-vit-b32")
    assert entry["text"] == {"present": True, "size_bytes": entry["text"]["size_bytes"]}
    assert len(clip) == 3
    assert main(["models", "--fetch", "dinov2-small", "--text"]) == 2
    assert "dinov2-small has no text tower" in capsys.readouterr().err


def test_the_viewer_searches_by_words_where_the_model_can(clip, pics):
    """Once the text part is here; nothing is fetched for a page."""
    run([pics], replace(QUICK, model="clip-vit-b32"))
    with served(pics) as client:
        assert client.state()["can_search_text"] is False
        assert client.data("search?text=red").status == 400
        MODELS["clip-vit-b32"].text_tower.obtain()
        assert client.state()["can_search_text"] is True
        found = client.data("search?text=a%20red%20car&k=2").json()["results"]
        shown = client.data("names.json?from=0&to=6").json()
        assert shown[found[0]["id"]] == "red.png"
        assert [result["distance"] for result in found] == sorted(r["distance"] for r in found)
        expected = imagecluster.search(pics, texts="a red car", model="clip-vit-b32", k=2)
        assert [shown[result["id"]] for result in found] == names(expected)
        np.testing.assert_allclose([1 - r["distance"] for r in found], [h.similarity for h in expected], atol=1e-5)
        assert client.data("search?text=%20").status == 400


@needs_browser
def test_the_box_of_the_page_takes_words_and_names(clip, pics, opened):
    """Files that are called so come first, then what shows it."""
    (pics / "red.png").rename(pics / "blue sea.png")
    run([pics], replace(QUICK, model="clip-vit-b32"))
    MODELS["clip-vit-b32"].text_tower.obtain()
    with served(pics) as client:
        page = opened(f"http://127.0.0.1:{client.port}/")
        page.get_by_role("searchbox", name="Search words or names").fill("blue")
        page.keyboard.press("Enter")
        page.wait_for_function("() => imagecluster.state.results.value?.kind === 'text'")
        shown = client.data("names.json?from=0&to=6").json()
        ids = page.evaluate("() => [...imagecluster.state.results.value.ids]")
        by_words = [result["id"] for result in client.data("search?text=blue&k=200").json()["results"]]
        called = [i for i, name in enumerate(shown) if "blue" in name]
        assert sorted(ids[: len(called)]) == called
        assert ids[len(called) :] == [i for i in by_words if i not in called]
