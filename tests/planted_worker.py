"""A process of an ordinary user that plants links and lets imagecluster run into them; started by the tests.

Line by line it takes a case as JSON and answers what came of it. Each case runs in a child of its own, on a copy of a
collection, against victims that it makes itself.
"""

import base64
import contextlib
import hashlib
import json
import os
import shutil
import signal
import sys
import traceback
from pathlib import Path

LONGEST_S = 120
EXTRAS = ("0" * 32 + ".npz", "mine.npz", ".x.0123456789abcdef.new", "lite0@9.f16", "clusters.json", "edits.jsonl")
"""What lies in a folder that a link leads to, besides a copy of what belongs there."""
EXPORTS = ("csv", "json", "parquet", "page", "links", "copy")


def everything(folder: Path) -> dict[str, tuple]:
    """Content, mode and time of everything in a folder."""
    found = {}
    for path in [folder, *folder.rglob("*")]:
        status = path.lstat()
        content = str(path.readlink()) if path.is_symlink() else ""
        if path.is_file() and not path.is_symlink():
            content = hashlib.blake2b(path.read_bytes()).hexdigest()
        found[os.path.relpath(path, folder)] = (status.st_mode, status.st_mtime_ns, status.st_size, content)
    return found


def remove(path: Path) -> None:
    """Removes whatever lies there."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def plant(place: Path, kind: str, victims: Path) -> None:
    """Puts a link in a place; what it leads to is of the kind that belongs there, so that nothing else refuses it."""
    victims.mkdir()
    if kind == "symlink to a folder":
        victim = victims / "folder"
        if place.is_dir():
            shutil.copytree(place, victim, symlinks=True)
        else:
            victim.mkdir()
        for name in EXTRAS:
            (victim / name).write_bytes(b"the user's")
    else:
        victim = victims / "file"
        if place.is_file():
            shutil.copy(place, victim)
        elif kind != "dangling symlink":
            victim.write_bytes(b"the user's" * 1000)
    os.utime(victims, ns=(10**18, 10**18))
    remove(place)
    place.parent.mkdir(parents=True, exist_ok=True)
    if kind == "hard link":
        place.hardlink_to(victim)
    elif kind == "dangling symlink":
        place.symlink_to(victims / "not there")
    else:
        place.symlink_to(victim)


def small_collections_too() -> None:
    """What is kept of large collections alone is kept of these few pictures."""
    from imagecluster.collection import kept_branches, kept_centres, linking
    from imagecluster.store import kept_leaves

    kept_branches.LEAST_PICTURES = kept_centres.LEAST_PICTURES = kept_leaves.LEAST_PICTURES = linking.GRAPH_FROM = 1


def command(*arguments: str) -> int:
    """One command of ours."""
    from imagecluster import cli

    return cli.main(list(arguments))


def view(root: Path, planting=None) -> list[str]:
    """A viewer that is asked for everything that writes; each refusal that it answered."""
    import numpy as np

    from imagecluster.explore.projection import keep_map
    from waiting import wait_until
    from web_samples import served

    answers = []
    with served(root, follow=False) as client:
        state = client.state()
        if planting:
            planting()
        for record in ({"kind": "name", "ids": [0, 1], "name": "Coast"}, {"kind": "hide", "ids": [2]}):
            answers.append(client.edit(record))
        answers += [client.data("thumb/0?side=192"), client.data("map.bin")]
        picture = base64.b64encode((root / "0_0.png").read_bytes()).decode()
        asked = {"snapshot": state["snapshot"], "name": "a.png", "content": picture}
        answers.append(client.post("/api/search", asked))
        for kind in EXPORTS:
            answers.append(client.post("/api/export", {"kind": kind, "sim": state.get("sim", 0.5), "min_size": 2}))
        snapshot = client.session.snapshot()
        directory = root / "imagecluster"
        keep_map(directory, snapshot, np.zeros((len(snapshot), 2), np.float32), method="umap", follow=False)
        if not planting:
            kept = ("viewer", "colours")
            wait_until(lambda: all(any(directory.glob(f"{name}/*.npz")) for name in kept), "what a viewer keeps")
    for answer in answers:
        assert answer.status != 500, answer.content
    return [answer.content.decode() for answer in answers if answer.status >= 400]


def prepare(case: dict) -> dict:
    """Makes the collection that every case gets a copy of, and names everything that imagecluster made in it."""
    from pictures import draw_groups

    root = Path(case["template"])
    root.mkdir(mode=0o755)
    draw_groups(root, (3, 2))
    with contextlib.redirect_stdout(sys.stderr):
        assert command(str(root)) == 0
        assert view(root) == []
        assert command(str(root), "--sim", "0.9") == 0
        assert command(str(root), "--verify") == 0
    directory = root / "imagecluster"
    names = {path.relative_to(directory).as_posix() for path in directory.rglob("*") if not path.is_symlink()}
    return {"names": sorted(names)}


def attempt(case: dict) -> dict:
    """One case: a link planted in one place, and what came of it."""
    here = Path(case["here"])
    here.mkdir()
    root, victims = here / "collection", here / "victims"
    shutil.copytree(case["template"], root, symlinks=True)
    directory = root / "imagecluster"
    place = here / case["name"] if case["scenario"] == "command" else directory / case["name"]
    if case["scenario"] == "fresh":
        marker = (directory / ".imagecluster-store").read_bytes()
        if case["name"] != ".":
            kept = here / "kept"
            directory.rename(kept)
            place.parent.mkdir(parents=True)
            if (kept / case["name"]).exists():  # so that the victim is of the right kind
                (kept / case["name"]).rename(place)
            (directory / ".imagecluster-store").write_bytes(marker)
    from pictures import draw

    draw(root / "new.png", 3)
    told: list[str] = []

    def planted() -> None:
        plant(place, case["kind"], victims)
        case["before"] = everything(victims)

    if case["scenario"] != "viewer":
        planted()
    pictures = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in root.glob("*.png")}
    if case["scenario"] == "viewer":
        told += view(root, planted)
        code = 0
    elif case["scenario"] == "command":
        code = command(*[argument.format(root=root, place=place) for argument in case["arguments"]])
    else:
        code = command(str(root), *(["--verify"] if case["name"].startswith("pairs") else []))
    changed = [name for name, value in everything(victims).items() if case["before"].get(name) != value]
    changed += sorted(case["before"].keys() - everything(victims).keys())
    changed += [path.name for path, value in pictures.items() if (path.read_bytes(), path.stat().st_mtime_ns) != value]
    return {"code": code, "changed": changed, "told": told}


def race(case: dict) -> dict:
    """Runs, while links come and go in one place as fast as they can; what of the victims changed."""
    here = Path(case["here"])
    here.mkdir()
    root, victims = here / "collection", here / "victims"
    shutil.copytree(case["template"], root, symlinks=True)
    place = root / "imagecluster" / case["name"]
    genuine = place.with_name(place.name + ".genuine")
    plant(place, case["kind"], victims)
    shutil.rmtree(root)
    shutil.copytree(case["template"], root, symlinks=True)
    before = everything(victims)
    link = (victims / "folder") if case["kind"] == "symlink to a folder" else (victims / "file")
    swapper = os.fork()
    if swapper == 0:
        signal.alarm(LONGEST_S)
        while True:
            with contextlib.suppress(OSError):
                place.rename(genuine)
                place.symlink_to(link)
                place.unlink()
                genuine.rename(place)
    codes = []
    try:
        for sim in ("0.4", "0.6"):
            codes += [command(str(root), "--sim", sim), command("search", str(root), str(root / "0_0.png"))]
    finally:
        os.kill(swapper, signal.SIGKILL)
        os.waitpid(swapper, 0)
    after = everything(victims)
    changed = [name for name in before | after if before.get(name) != after.get(name)]
    return {"codes": codes, "changed": changed}


def in_child(case: dict) -> dict:
    """What came of a case, which may crash or hang."""
    reads, writes = os.pipe()
    printed = Path(case["here"] + ".txt")
    child = os.fork()
    if child == 0:
        signal.alarm(LONGEST_S)
        output = os.open(printed, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
        os.dup2(output, 1)
        os.dup2(output, 2)
        try:
            answer = {"prepare": prepare, "attempt": attempt, "race": race}[case["do"]](case)
        except BaseException:
            traceback.print_exc()
            answer = {"code": -1, "changed": []}
        sys.stdout.flush()
        sys.stderr.flush()
        with os.fdopen(writes, "w") as stream:
            json.dump(answer, stream)
        os._exit(0)
    os.close(writes)
    with os.fdopen(reads) as stream:
        text = stream.read()
    os.waitpid(child, 0)
    answer = json.loads(text) if text else {"code": -2, "changed": []}
    return {**answer, "printed": printed.read_text(errors="replace")}


def main() -> None:
    """Cases from the input, answers to the output."""
    import web_samples  # noqa: F401 - the imports are the children's too

    small_collections_too()
    for line in sys.stdin:
        print(json.dumps(in_child(json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
