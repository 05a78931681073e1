"""What the server sends is what its description says, field by field."""

import importlib.util
import json
import re
import types
import typing
from pathlib import Path

import pytest

from imagecluster.cli import main
from imagecluster.collection import Settings
from imagecluster.functions.running import run
from imagecluster.present.outputs import Output
from imagecluster.web import wire
from pictures import draw_groups
from web_samples import served

ROOT = Path(__file__).parents[1]
TOOL = ROOT / "tools" / "wire.py"


def misfits(value, kind, where=""):
    """Where a value is not of a type of the wire: places in it, with what is there."""
    origin, inner = typing.get_origin(kind), typing.get_args(kind)
    if typing.is_typeddict(kind):
        hints = typing.get_type_hints(kind, include_extras=True)
        optional = {key for key, hint in hints.items() if typing.get_origin(hint) is typing.NotRequired}
        needed = set(hints) - optional if kind.__total__ else set()
        if not isinstance(value, dict) or not needed <= set(value) <= set(hints):
            return [f"{where}: {value!r:.200}"]
        return [bad for key, part in value.items() for bad in misfits(part, hints[key], f"{where}.{key}")]
    if origin is typing.NotRequired:
        return misfits(value, inner[0], where)
    if origin in (typing.Union, types.UnionType):
        return min((misfits(value, one, where) for one in inner), key=len)
    if origin is typing.Literal:
        return [] if value in inner else [f"{where}: {value!r}"]
    if origin is dict and isinstance(value, dict):
        return [bad for key, part in value.items() for bad in misfits(part, inner[1], f"{where}[{key!r}]")]
    if origin in (list, tuple) and isinstance(value, list):
        kinds = inner * len(value) if origin is list else inner
        if len(kinds) != len(value):
            return [f"{where}: {value!r:.200}"]
        pairs = enumerate(zip(value, kinds, strict=True))
        return [bad for i, (part, one) in pairs for bad in misfits(part, one, f"{where}[{i}]")]
    # JSON keeps no difference between 1 and 1.0.
    plain = (int, float) if kind is float else kind
    fits = (
        isinstance(plain, type | tuple) and isinstance(value, plain) and (kind is bool or not isinstance(value, bool))
    )
    return [] if fits else [f"{where}: {value!r:.200}"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    root = draw_groups(tmp_path_factory.mktemp("wire") / "pics")
    run([root], Settings(links="none"))
    return root


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ({"id": 1}, wire.Neighbour), ({"id": 1, "distance": 0.5, "score": 0.5}, wire.Neighbour),
        ({"id": True, "distance": 0.5}, wire.Neighbour), ([1, 2, 0.5], wire.Pair), ([["a"]], wire.Names),
        ({"closest": None, "farthest": None, "nearest_outside": {"id": 1, "distance": 0}}, wire.ClusterFacts),
        ({"kind": "explode", "pictures": []}, wire.Correction),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_found(value, kind):
    """A field that is missing, one too many, another type."""
    assert misfits(value, kind)


def test_the_server_sends_what_the_wire_says(folder):
    """Every answer, with corrections of all kinds."""
    with served(folder) as client:
        for record in (
            {"kind": "name", "ids": [0, 1], "name": "Coast"}, {"kind": "together", "ids": [0, 5]},
            {"kind": "apart", "a": [1], "b": [2]}, {"kind": "move", "ids": [3], "to": [6]},
            {"kind": "hide", "ids": [8]}, {"kind": "unhide", "ids": [8]},
        ):  # fmt: skip
            answer = client.edit(record)
            assert answer.status == 200
        assert len(answer.json()["corrections"]["edits"]) == 6
        answers = [
            (client.get("/api/state"), wire.State), (client.get("/api/edits"), wire.Edits), (answer, wire.Edits),
            (client.post("/api/edits", {"undo": True}), wire.Edits), (client.data("curve"), wire.Curve),
            (client.data("names.json?from=0&to=9"), wire.Names), (client.data("named?text=png"), wire.Named),
            (client.data("picture/0"), wire.PictureFacts), (client.data("search?picture=0&k=3"), wire.Found),
            (client.data("cluster?a=0&b=3"), wire.ClusterFacts), (client.data("cluster?a=0&b=9"), wire.ClusterFacts),
            (client.data("cluster?a=0&b=1"), wire.ClusterFacts), (client.data("thumb/99"), wire.Refusal),
        ]  # fmt: skip
        for answer, kind in answers:
            assert misfits(answer.json(), kind) == []
        news = json.loads(json.dumps(client.session.news()))
        assert {"run", "edits", "snapshot", "colours"} <= set(news)
        assert misfits(news, wire.News) == []


def test_files_that_cannot_be_read_travel_as_the_wire_says(tmp_path):
    """Names and reasons, where no picture could be read, which is exit code 1."""
    (tmp_path / "a.png").write_bytes(b"no picture")
    assert main([str(tmp_path), "-q"]) == 1
    with served(tmp_path) as client:
        state = client.state()
        assert misfits(state, wire.State) == []
        assert [name for name, _ in state["skips"]] == ["a.png"]


@pytest.mark.parametrize("place", ["copy.html", "copy"])
def test_a_copy_holds_what_the_wire_says(folder, tmp_path, place):
    """In one file, or with the pictures beside it."""
    assert main(["export", str(folder), "--page", str(tmp_path / place)]) == 0
    page = tmp_path / place if place.endswith(".html") else tmp_path / place / "index.html"
    _, _, rest = page.read_text(encoding="utf-8").partition('<script type="application/json" id="copy">')
    data = json.loads(rest.partition("</script>")[0])
    assert misfits(data, wire.CopyData) == []
    assert ("thumbnails" in data, "missing" in data) == (place == "copy.html", place == "copy")


def test_what_has_no_counterpart_in_typescript_is_refused():
    """With its line; everything else keeps its name and its text."""
    spec = importlib.util.spec_from_file_location("wire_tool", TOOL)
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    source = 'class A(TypedDict):\n    """Text."""\n\n    b: NotRequired[list[int | None]]\n    """More."""\n'
    text = tool.types_of(source)
    assert text.endswith("/** Text. */\nexport interface A {\n  /** More. */\n  b?: (number | null)[];\n}\n")
    with pytest.raises(ValueError, match=r"line 2 .*set\[int\]"):
        tool.types_of("class A(TypedDict):\n    b: set[int]\n")


def test_the_page_offers_every_output_that_can_be_written():
    """And its own copy; the wire, the page's list and the outputs name the same kinds, each once."""
    dialogs = (ROOT / "src/imagecluster/web/static/views/dialogs.js").read_text(encoding="utf-8")
    listed = re.search(r"const KINDS = .*?\(\[\n(.*?)^\]\);", dialogs, re.DOTALL | re.MULTILINE)
    offered = re.findall(r"^  \['(\w+)', ", listed[1], re.MULTILINE)
    assert sorted(offered) == sorted(typing.get_args(wire.ExportKind))
    assert set(typing.get_args(wire.ExportKind)) == {*typing.get_args(Output), "copy"}
