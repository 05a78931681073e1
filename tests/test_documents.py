"""The documents say what is so: links, names, commands and figures in them are those of the program."""

import argparse
import ast
import contextlib
import importlib
import io
import re
import shlex
import shutil
from pathlib import Path

import pytest

import imagecluster
from imagecluster.cli import main
from imagecluster.cli.parser import build_parser, with_command
from imagecluster.models import MODELS

ROOT = Path(__file__).resolve().parents[1]
GENERATED = ("cli.md", "api.md")
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])
WRITTEN = [page for page in PAGES if page.name not in GENERATED]
WITHOUT_NAMES = {"imagecluster.db"}
"""What looks like a name in the package and is a file."""

pytestmark = pytest.mark.skipif(
    not (ROOT / "docs").is_dir(), reason="the documentation is not part of this installation"
)


def text_of(name: str) -> str:
    """A document."""
    return (ROOT / name).read_text(encoding="utf-8")


def blocks(text: str, language: str = "") -> list[str]:
    """The fenced blocks of a language in a page."""
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)


def anchors(page: Path) -> set[str]:
    """What links can end with: the headings, as GitHub spells them."""
    headings = re.findall(r"^#+ (.*)$", re.sub(r"^```.*?^```$", "", page.read_text("utf-8"), flags=re.S | re.M), re.M)
    plain = [re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings]
    return {heading.strip().replace(" ", "-") for heading in plain}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_between_documents_resolve(page):
    """To a file that is there, and to a heading in it."""
    for target, _, anchor in re.findall(r"\]\(([^)#\s]*)(#([^)\s]+))?\)", page.read_text("utf-8")):
        if target.startswith(("http:", "https:", "mailto:")):
            continue
        file = page.parent / target if target else page
        assert file.exists(), f"{page.name} links to {target}, which is not there"
        assert not anchor or anchor in anchors(file), f"{page.name} links to #{anchor}, which is not in {file.name}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_files_of_the_project_that_a_document_names_are_there(page):
    """Paths from the root of the project or, in CONTRIBUTING.md, of a file that the line leads to."""
    for path in re.findall(r"(?<![\w/.-])(?:src|tools|bench|tests|examples|docs)/[\w./-]*\w", page.read_text("utf-8")):
        assert (ROOT / path).exists(), f"{page.name} names {path}, which is not there"


@pytest.mark.parametrize("page", WRITTEN, ids=lambda page: page.name)
def test_names_of_the_package_in_a_document_exist(page):
    """Every `imagecluster.x.y`, and every import and attribute in the blocks of Python."""
    text = page.read_text("utf-8")
    for name in {*re.findall(r"(?<![\w./@-])imagecluster(?:\.[A-Za-z_]\w*)+", text)} - WITHOUT_NAMES:
        assert exists(name), f"{page.name} names {name}, which is not there"
    for block in blocks(text, "python"):
        for node in ast.walk(ast.parse(block)):
            if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "imagecluster":
                for alias in node.names:
                    assert exists(f"{node.module}.{alias.name}"), f"{page.name} imports {node.module}.{alias.name}"


def exists(name: str) -> bool:
    """Whether a dotted name is a module of the package or something in one."""
    found = imagecluster
    for i, part in enumerate(parts := name.split(".")[1:], 2):
        if not hasattr(found, part):
            with contextlib.suppress(ModuleNotFoundError):
                importlib.import_module(".".join(["imagecluster", *parts[: i - 1]]))
        if not hasattr(found, part):
            return False
        found = getattr(found, part)
    return True


@pytest.mark.parametrize("page", WRITTEN, ids=lambda page: page.name)
def test_commands_in_a_document_are_understood(page):
    """The parser takes every line of a block that begins with `imagecluster`, with or without a prompt."""
    for block in blocks(page.read_text("utf-8")):
        for line in block.replace("\\\n", " ").splitlines():
            command = re.search(r"(?:^\$? *|\| )(?:\.venv/bin/)?imagecluster (.*)", line)
            if command is None:
                continue
            words = shlex.split(command[1], comments=True)
            words = words[: next((i for i, word in enumerate(words) if word in ("&&", "|")), None)]
            with contextlib.redirect_stderr(io.StringIO()) as said:
                try:
                    build_parser().parse_args(with_command(words))
                except SystemExit:
                    pytest.fail(f"{page.name}: {line}: {said.getvalue()}")


@pytest.mark.parametrize("page", WRITTEN, ids=lambda page: page.name)
def test_options_that_a_document_names_exist(page):
    """Of some command; what belongs to another program is named with it."""
    known = {option for command in subparsers() for option in command._option_string_actions}
    prose = re.sub(r"^```.*?^```$", "", page.read_text("utf-8"), flags=re.DOTALL | re.MULTILINE)
    for span in re.findall(r"`(-[^`]*|imagecluster [^`]*)`", prose):
        for option in re.findall(r"(?<!\S)(?:-\w|--[\w-]+)(?![\w-])", span):
            assert option in known, f"{page.name} names {option}, which no command has"


def subparsers() -> list[argparse.ArgumentParser]:
    """The parser of each command."""
    (commands,) = (each for each in build_parser()._actions if isinstance(each, argparse._SubParsersAction))
    return [*commands.choices.values()]


def test_extras_are_installed_as_it_works():
    """The package is on no index yet: extras come from a checkout."""
    for page in WRITTEN:
        assert "pip install 'imagecluster" not in page.read_text("utf-8"), page.name


def test_every_photograph_in_the_documents_is_in_the_notice():
    """Where it comes from, and its licence."""
    for picture in (ROOT / "docs").glob("*.jpg"):
        assert picture.name in text_of("NOTICE")


def row_of(text: str, begins: str) -> list[str]:
    """Cells of the only table row that begins so, without emphasis."""
    (row,) = [line for line in text.splitlines() if line.startswith(f"| {begins}")]
    return [cell.strip(" *") for cell in row.strip("|").split("|")]


def first_number(cell: str) -> float:
    """The number that a cell begins with."""
    return float(re.match(r"[\d,]+(\.\d+)?", cell.strip("* "))[0].replace(",", ""))


def test_speed_in_the_readme_is_that_of_the_measurements():
    """Seconds for 2,000 pictures, ratios and the second run, each rounded from docs/performance.md."""
    readme = " ".join(text_of("README.md").split())
    performance = text_of("docs/performance.md")
    default, small = re.split(r"^\| `--model efficientnet-lite0`", performance, flags=re.MULTILINE)
    said = re.search(
        r"2,000 web-sized JPEGs take (\d+) seconds .*?, (\d+) times as fast .*? they take (\d+) seconds, (\d+) times "
        r"as fast\. An unchanged folder of 5,000 pictures takes ([\d.]+) s",
        readme,
    )
    expected = []
    for part in (default, small):
        ms_per_picture = first_number(row_of(part, "imagecluster |")[1])
        expected += [round(2 * ms_per_picture), round(first_number(row_of(part, "original / imagecluster")[1]))]
    assert [int(said[i]) for i in range(1, 5)] == expected
    assert float(said[5]) == round(first_number(row_of(performance, "5,000 | 2")[4]), 1)


def test_results_in_the_readme_are_those_of_the_other_documents():
    """Sizes of the clusters of the 340 objects: README.md, docs/tutorial.md and docs/quality.md."""
    table = re.search(
        r"^cluster size : ncluster\n((?:\d+ : \d+\n)+)\nin clusters (\d+)\nsingles +(\d+)", text_of("README.md"), re.M
    )
    n_clusters = {int(size): int(n) for size, n in re.findall(r"(\d+) : (\d+)", table[1])}
    n_grouped, n_singles = int(table[2]), int(table[3])
    assert sum(size * n for size, n in n_clusters.items()) == n_grouped
    things = re.search(r"^things +0\.50 +(\d+) +(\d+) of (\d+) +(\d+)", text_of("docs/tutorial.md"), re.M)
    assert [*map(int, things.groups())] == [
        sum(n_clusters.values()), n_grouped, n_grouped + n_singles, max(n_clusters),
    ]  # fmt: skip
    number = re.search(r"^number of clusters +(\d+)", text_of("docs/quality.md"), re.M)
    assert int(number[1]) == sum(n_clusters.values()) + n_singles


def test_curves_in_the_documents_are_those_of_the_models():
    """The points of the calibrated scale, and those of the cut by branch, in docs/sim.md."""
    page = text_of("docs/sim.md")
    (heading,) = [line for line in page.splitlines() if line.startswith("| `--sim` | 0.9")]
    sims = [float(cell) for cell in heading.strip("|").split("|")[1:]]
    for name, model in MODELS.items():
        if model.sim_curve:
            (row,) = [line for line in page.splitlines() if re.match(rf"\| `{re.escape(name)}` \| 0\.0", line)]
            distances = [float(cell) for cell in row.strip("|").split("|")[1:]]
            assert [*zip(distances, sims, strict=True)] == [*model.sim_curve[1:-1]]
        if model.branch_curve:
            (row,) = [line for line in page.splitlines() if line.startswith(f"| `{name}`, h0 |")]
            distances = [float(cell) for cell in row.strip("|").split("|")[1:]]
            assert [*zip(distances, sims, strict=True)] == [*model.branch_curve[1:-1]]


@pytest.mark.photos
def test_what_documents_show_is_what_the_commands_print(photos, tmp_path, capsys):
    """Of the 340 objects: the table of a run, the suggestions and the search in README.md and the documents."""
    folder = tmp_path / "objects"
    shutil.copytree(photos / "objects_ukbench", folder, ignore=shutil.ignore_patterns("*.md"))
    shown = {
        "README.md": ["run", str(folder), "-q", "--no-page"],
        "docs/tutorial.md": ["suggest", str(folder)],
        "docs/search.md": ["search", str(folder), str(folder / "ukbench00004.jpg"), "-k", "4"],
        "docs/quality.md": ["eval", str(folder), "--labels", str(folder / "MANIFEST.tsv")],
    }
    for page, command in shown.items():
        assert main(command) == 0
        printed = [line.rstrip() for line in capsys.readouterr().out.splitlines()]
        lines = [line for line in printed if line and str(tmp_path) not in line and " scanned = " not in line]
        known = {line.rstrip() for line in text_of(page).splitlines()}
        assert [line for line in lines if line not in known] == [], page
