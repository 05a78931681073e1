"""Links planted under every name that imagecluster makes: nothing behind one changes, and each is refused by name.

The short form plants each name once; IMAGECLUSTER_ALL_LINKS=1 takes each name with each kind of link in each state of
the collection. Everything runs as an ordinary user, against victims of its own.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from imagecluster.scan import STORE_MARKER

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork, and links as Linux and macOS have them")

WORKER = Path(__file__).with_name("planted_worker.py")
USER = 65534

KINDS = ("symlink to a file", "symlink to a folder", "dangling symlink", "hard link")
STATES = ("fresh", "sorted", "viewer")
TRANSIENT = (
    ".", "lock", "lock-owner", "maps", "actions-lock", "actions.jsonl", "copies/0.npz", "traces/0.npz", "greys/0.npz",
    "insets/0.npz", "occasions/0.npz",
    ".clusters.imagecluster-new", ".clusters.imagecluster-old", "clusters.kept",
    *(f"{base}.db{ending}" for base in ("imagecluster", "thumbnails") for ending in ("-wal", "-shm", "-journal")),
)  # fmt: skip
"""Names that are there for a time only, or in some states only."""

COMMANDS = {
    "page.html": ("search", "{root}", "{root}/0_0.png", "--html", "{place}"),
    "copy.html": ("export", "{root}", "--page", "{place}"),
    "copy": ("export", "{root}", "--page", "{place}"),
    "vectors.npz": ("export", "{root}", "--fingerprints", "{place}"),
    "tree.png": ("plot", "dendrogram", "{root}", "-o", "{place}"),
}
"""Outputs that lie where the user says."""

RACED = (
    "lock-owner", "clusters.json", "clusters.csv", "clusters", "dendrograms", "clusters.html", "thumbnails.db",
    "imagecluster.db", "fingerprints",
)  # fmt: skip
"""Names that every run writes."""

ALL = bool(os.environ.get("IMAGECLUSTER_ALL_LINKS"))


class Worker:
    """The other user's process."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.n_cases = 0
        command = [sys.executable, str(WORKER)]
        if os.geteuid() == 0:  # who may read what the interpreter is made of, and is an ordinary user otherwise
            drop = shutil.which("setpriv")
            if drop is None:
                pytest.skip("runs as the superuser, and there is no setpriv to become an ordinary user")
            capability = ["--inh-caps=-all,+dac_read_search", "--ambient-caps=-all,+dac_read_search"]
            command = [drop, f"--reuid={USER}", f"--regid={USER}", "--clear-groups", *capability, *command]
            os.chown(folder, USER, USER)
        environment = {
            **os.environ, "HOME": str(folder), "XDG_CACHE_HOME": str(folder / "cache"), "OPENBLAS_NUM_THREADS": "1",
        }  # fmt: skip
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment, cwd=folder
        )

    def ask(self, do: str, **case) -> dict:
        """What came of one case."""
        self.n_cases += 1
        case |= {"do": do, "here": str(self.folder / f"case {self.n_cases}"), "template": str(self.folder / "template")}
        self.process.stdin.write(json.dumps(case) + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        shutil.rmtree(case["here"], ignore_errors=True)
        return answer


@pytest.fixture(scope="module")
def worker():
    """A process of an ordinary user, in a folder of its own."""
    with tempfile.TemporaryDirectory(prefix="planted-") as folder:
        started = Worker(Path(folder))
        with started.process:
            yield started


@pytest.fixture(scope="module")
def names(worker):
    """Every name that runs, a viewer and its exports make, and those that are there for a time only."""
    made = worker.ask("prepare")
    assert "names" in made, made["printed"]
    return sorted({*made["names"], *TRANSIENT})


def check(worker, name: str, kind: str, state: str, **more) -> str:
    """Whether the case was refused by name (its own or that of a folder around it) or worked; no other end counts."""
    answer = worker.ask("attempt", name=name, kind=kind, scenario=state, **more)
    said = "\n".join([answer["printed"], *answer.get("told", [])])
    case = f"{name!r}, {kind}, {state}:\n{said}"
    assert not answer["changed"], f"changed {answer['changed']}: {case}"
    assert "Traceback" not in said, case
    refused = any(part in said for part in Path(name).parts) if name != "." else "/imagecluster is " in said
    assert answer["code"] == 0 or (answer["code"] == 1 and refused), case
    return "refused" if answer["code"] or answer.get("told") else "worked"


def test_the_names_are_those_of_the_document(names):
    """Each file that docs/file-formats.md tells of is among the names that links are planted under."""
    page = Path(__file__).resolve().parents[1] / "docs" / "file-formats.md"
    if not page.is_file():
        pytest.skip("no docs beside the tests")
    table = page.read_text(encoding="utf-8").partition("## The database")[2].partition("###")[0]
    told = re.findall(
        r"`([^`]+)`", "\n".join(line.split("|")[1] for line in table.splitlines() if line.startswith("|"))
    )
    assert STORE_MARKER in told
    for name in told:
        pattern = re.sub(r"<[^>]+>|\*", "[^/]+", re.escape(name).replace(r"\*", "*"))
        assert [known for known in names if re.fullmatch(pattern, known)], name


def test_links_under_every_name(worker, names, capsys):
    """No victim changes in content, mode, time or existence; the run refuses the link by name, or works."""
    every = [(name, kind, state) for name in names for kind in KINDS for state in STATES]
    if not ALL:
        every = [
            (name, KINDS[number % len(KINDS)], STATES[(number // len(KINDS) + number) % len(STATES)])
            for number, name in enumerate(names)
        ]
    came = [check(worker, *case) for case in every]
    with capsys.disabled():
        print(f"\n{len(names)} names, {len(came)} planted links: {came.count('refused')} refused by name,"
              f" {came.count('worked')} passed over", end="")  # fmt: skip


@pytest.mark.parametrize("name", COMMANDS)
def test_links_where_an_output_goes(worker, names, name):
    """An output of a command is never written through a link, wherever the user wants it."""
    for kind in KINDS if ALL else KINDS[::3]:
        assert check(worker, name, kind, "command", arguments=COMMANDS[name]) == "refused"


@pytest.mark.parametrize("name", RACED if ALL else RACED[1::3])
def test_links_that_come_and_go_during_a_run(worker, names, name):
    """A link that is put in a place between the check and the use leads nowhere, whatever becomes of the run."""
    kind = "symlink to a folder" if "." not in name and name != "lock-owner" else "symlink to a file"
    answer = worker.ask("race", name=name, kind=kind)
    assert not answer["changed"], f"changed {answer['changed']}: {answer['printed']}"
    assert "codes" in answer, answer["printed"]
