"""Copies and actions on files in the viewer's server: the same groups, plans and journal as on the command line."""

from __future__ import annotations

import shutil
import threading
from pathlib import Path

import pytest

from imagecluster.actions import list_actions
from imagecluster.collection import Settings
from imagecluster.collection.copies import find_duplicates
from imagecluster.functions.running import run
from imagecluster.store import Store
from imagecluster.web import duplicates as web_duplicates
from imagecluster.web import wire_copies as wire
from imagecluster.web.guard import Rules
from pictures import draw
from test_web_wire import misfits
from waiting import wait_until
from web_samples import TOKEN, served

SURE = ["identical", "pixels", "copy"]


@pytest.fixture(scope="module")
def sorted_folder(tmp_path_factory):
    """Two pictures with copies of the same bytes in other folders, one with a sidecar, and three others."""
    root = tmp_path_factory.mktemp("copies") / "pics"
    for seed in range(5):
        draw(root / f"{seed}.png", seed)
    for seed, name in ((0, "b/zero.png"), (0, "c/zero again.png"), (1, "b/one.png")):
        (root / name).parent.mkdir(exist_ok=True)
        shutil.copy2(root / f"{seed}.png", root / name)
    (root / "b" / "one.png.xmp").write_text("<x/>")
    run([root], Settings(links="none", page=False))
    return root


@pytest.fixture
def folder(sorted_folder, tmp_path):
    """A copy of it, which a test may change."""
    return Path(shutil.copytree(sorted_folder, tmp_path / "pics"))


def found(client, **more):
    """The groups of copies, once the search has ended."""
    answer = {}

    def is_there():
        answer.update(client.data("copies").json())
        return answer["known"] and not answer["search"]["running"]

    wait_until(is_there, lambda: f"the copies are {answer}")
    return answer


def groups(client):
    """All groups with their files."""
    answer = found(client)
    end = len(answer["groups"])
    return client.data(f"copies/groups?version={answer['search']['version']}&from=0&to={end}").json()["groups"]


def names(client):
    """Names of the files of each group: the one kept, and the others."""
    return {group["files"][0]["name"]: {file["name"] for file in group["files"][1:]} for group in groups(client)}


def plan(client, *, spared=(), kinds=SURE, **more):
    """A plan for what the page shows."""
    answer = found(client)
    body = {
        "snapshot": answer["search"]["snapshot"], "version": answer["search"]["version"], "kinds": list(kinds),
        "spared": list(spared), **more,
    }  # fmt: skip
    return client.post("/api/actions/plan", body)


def files_of(root):
    """Names of all files of a folder but the database's."""
    return {
        path.relative_to(root).as_posix()
        for path in root.rglob("*")
        if path.is_file() and path.relative_to(root).parts[0] != "imagecluster"
    }


def test_the_page_gets_the_groups_of_the_command_line(folder):
    """The same groups in the same order; each file with what the page shows of it."""
    with served(folder) as client:
        shown = groups(client)
        answer = found(client)
        assert misfits(answer, wire.Duplicates) == []
        for group in shown:
            assert misfits(group, wire.DuplicateGroup) == []
    with Store.open(folder / "imagecluster", writable=False) as store:
        expected = find_duplicates(store, store.runs()[-1].model)
    assert [group["id"] for group in shown] == [group.id for group in expected.groups] != []
    for group, other in zip(shown, expected.groups, strict=True):
        assert [folder / file["name"] for file in group["files"]] == [file.path for file in other.files]
        assert [file["keep"] for file in group["files"]] == [file.keep for file in other.files]
        assert [file["why"] for file in group["files"]] == [file.why for file in other.files]
    heads = [(each[0], each[1], each[2], each[3], each[4]) for each in answer["groups"]]
    assert heads == [
        (group.id, group.kind, len(group.files), len(group.removable), group.bytes_removable)
        for group in expected.groups
    ]


def test_nothing_is_searched_for_until_a_page_asks(folder):
    """Then the results are kept, so that the next start has them at once."""
    with served(folder) as client:
        client.state()
        assert "duplicates" not in client.session.news()
        assert names(client) == {"0.png": {"b/zero.png", "c/zero again.png"}, "1.png": {"b/one.png"}}
        news = client.session.news()["duplicates"]
        assert misfits(news, wire.DuplicatesNews) == []
        assert (news["running"], news["error"], news["version"]) == (False, "", 1)


def test_rules_say_which_file_is_kept(folder):
    """As --keep and --reference do, for all pages; wrong ones are named, and the groups are then those of before."""

    def kept(client):
        return {group["files"][0]["name"] for group in groups(client)}

    with served(folder) as client:
        assert kept(client) == {"0.png", "1.png"}
        assert found(client)["rules"] == {"keep": "", "references": []}
        old = plan(client).json()
        answer = client.post("/api/copies/rules", {"keep": "longest-path", "references": []})
        assert misfits(answer.json(), wire.KeepingRules) == []
        wait_until(lambda: kept(client) == {"c/zero again.png", "b/one.png"}, lambda: f"kept are {kept(client)}")
        assert {file["name"] for file in plan(client).json()["files"]} != {file["name"] for file in old["files"]}
        references = [str(folder / "b")]
        client.post("/api/copies/rules", {"keep": "", "references": references})
        wait_until(lambda: kept(client) == {"b/zero.png", "b/one.png"}, lambda: f"kept are {kept(client)}")
        assert found(client)["rules"] == {"keep": "", "references": references}
        for keep, places, status in [
            ("best", [], 400),
            ("", ["b"], 400),
            ("", [str(folder / "none")], 400),
            (f"folder:{folder / 'none'}", [], 400),
            (3, [], 400),
        ]:
            assert client.post("/api/copies/rules", {"keep": keep, "references": places}).status == status
        assert found(client)["rules"]["references"] == references
        assert kept(client) == {"b/zero.png", "b/one.png"}


def test_a_read_only_viewer_takes_no_rules(folder):
    """They would change what other pages show."""
    with served(folder, rules=Rules(token=TOKEN, read_only=True)) as client:
        assert client.post("/api/copies/rules", {"keep": "largest", "references": []}).status == 403


def test_what_the_removed_know_is_carried_over_on_request(folder, tmp_path):
    """Into a sidecar of the one that stays, which goes again with the undo."""
    (folder / "b" / "one.png.xmp").write_text(RATED)
    run([folder], Settings(links="none", page=False))
    before = files_of(folder)
    with served(folder) as client:
        assert plan(client).json()["n_written"] == 0
        made = plan(client, carry_over=True).json()
        assert misfits(made, wire.PlanFacts) == []
        assert made["n_written"] == 1
        client.post("/api/actions/apply", {"plan": made["plan"], "folder": str(tmp_path / "removed")})
        assert "Rating" in (folder / "1.png.xmp").read_text()
        client.post("/api/actions/undo", {"number": 1})
    assert files_of(folder) == before


RATED = """<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:Rating="4"/></rdf:RDF></x:xmpmeta>"""


def test_the_search_is_given_up_when_the_viewer_ends(folder, monkeypatch):
    """A search in progress does not outlive its viewer, and lets go of the database."""
    begun = []

    def endless(store, model, settings, *, progress):
        from imagecluster.system.progress import Progress

        while True:
            begun.append(model)
            progress(Progress("scan"))

    monkeypatch.setattr(web_duplicates, "compare_copies", endless)
    with served(folder) as client:
        client.data("copies")
        wait_until(lambda: begun, lambda: "the search has not begun")
    Store.open(folder / "imagecluster").close()


def test_a_search_that_fails_says_why(folder, monkeypatch):
    """It is not repeated by itself, but when the page asks for it."""
    calls = []

    def failing(store, model, settings, *, progress):
        calls.append(model)
        raise web_duplicates.ImageclusterError("no luck")

    right = web_duplicates.compare_copies
    monkeypatch.setattr(web_duplicates, "compare_copies", failing)
    with served(folder) as client:
        wait_until(lambda: client.data("copies").json()["search"]["error"] == "no luck", lambda: "no error is told")
        assert not client.data("copies").json()["known"]
        assert len(calls) == 1
        monkeypatch.setattr(web_duplicates, "compare_copies", right)
        client.data("copies?again=1")
        assert len(names(client)) == 2


def test_decisions_regroup_at_once_and_can_be_undone(folder):
    """Keep all hides a group, also after a restart; the best one of equal files is kept for the others."""
    with served(folder) as client:
        first = next(group for group in groups(client) if len(group["files"]) == 3)
        ids = [file["id"] for file in first["files"]]
        before = found(client)["search"]["version"]
        assert client.edit({"kind": "keepall", "ids": ids}).status == 200
        assert set(names(client)) == {"1.png"}
        assert found(client)["n_decided"] == 1
        assert found(client)["search"]["version"] > before
    with served(folder) as client:
        assert set(names(client)) == {"1.png"}
        assert client.post("/api/edits", {"undo": True}).status == 200
        assert set(names(client)) == {"0.png", "1.png"}
        best = next(file["id"] for file in first["files"] if file["name"] == "c/zero again.png")
        assert client.edit({"kind": "best", "ids": [best]}).status == 200
        assert names(client)["c/zero again.png"] == {"0.png", "b/zero.png"}
        assert client.get("/api/edits").json()["corrections"]["edits"] == []


def test_equal_files_are_copies_whatever_is_said(folder):
    """That they are none is refused, and nothing is kept."""
    with served(folder) as client:
        first, second = (file["id"] for file in groups(client)[-1]["files"][:2])
        assert client.edit({"kind": "notcopies", "a": [first], "b": [second]}).status == 400
        assert client.get("/api/edits").json()["version"] == 0


def test_a_plan_changes_nothing_until_it_is_applied(folder):
    """It names what goes, with its parts, and what stays for it; spared pictures are not in it."""
    before = files_of(folder)
    with served(folder) as client:
        answer = plan(client)
        assert misfits(answer.json(), wire.PlanFacts) == []
        by_name = {file["name"]: file for file in answer.json()["files"]}
        assert set(by_name) == {"b/zero.png", "c/zero again.png", "b/one.png"}
        assert by_name["b/one.png"]["parts"] == ["b/one.png.xmp"]
        assert by_name["b/one.png"]["keep"] == "1.png"
        assert answer.json()["n_parts"] == 1
        assert answer.json()["bytes"] == sum((folder / name).stat().st_size for name in [*by_name, "b/one.png.xmp"])
        fewer = plan(client, spared=[by_name["b/zero.png"]["id"]]).json()
        assert {file["name"] for file in fewer["files"]} == {"c/zero again.png", "b/one.png"}
        assert plan(client, kinds=["copy"]).json()["files"] == []
    assert files_of(folder) == before
    assert list_actions(folder / "imagecluster") == ()


def test_a_plan_follows_all_decisions(folder, monkeypatch):
    """Until the copies are grouped after the latest decision there is none, so that no kept file is in it."""
    grouping, may_group = threading.Event(), threading.Event()
    with served(folder) as client:
        answer = found(client)
        body = {"snapshot": answer["search"]["snapshot"], "version": answer["search"]["version"], "kinds": SURE}
        right = web_duplicates.DuplicateSearch._searched

        def held(search, *about):
            grouping.set()
            assert may_group.wait(60)
            return right(search, *about)

        monkeypatch.setattr(web_duplicates.DuplicateSearch, "_searched", held)
        ids = [file["id"] for file in groups(client)[0]["files"]]
        try:
            assert client.edit({"kind": "keepall", "ids": ids}).status == 200
            assert client.post("/api/actions/plan", body).status == 410
            assert grouping.wait(60)
        finally:
            may_group.set()
        assert not {file["id"] for file in plan(client).json()["files"]} & set(ids)


def test_files_are_moved_and_put_back(folder, tmp_path):
    """With their parts; meanwhile the page leaves their pictures out, and afterwards all is as before."""
    before = files_of(folder)
    with served(folder) as client:
        ready = plan(client).json()
        assert client.get("/api/actions").json() == {"actions": []}
        body = {"plan": ready["plan"], "folder": str(tmp_path / "removed")}
        answer = client.post("/api/actions/apply", body)
        assert answer.status == 200, answer.content
        outcome = answer.json()
        assert misfits(outcome, wire.Outcome) == []
        assert (outcome["number"], outcome["n_files"], outcome["left"]) == (1, 3, [])
        assert outcome["bytes"] == ready["bytes"]
        gone = {"b/zero.png", "c/zero again.png", "b/one.png", "b/one.png.xmp"}
        assert files_of(folder) == before - gone
        assert client.get("/api/edits").json()["corrections"]["gone"] == sorted(file["id"] for file in ready["files"])
        assert client.data("copies").json()["groups"] == []
        (action,) = client.get("/api/actions").json()["actions"]
        assert misfits(client.get("/api/actions").json(), wire.Actions) == []
        assert (action["number"], action["n_files"], action["can_undo"]) == (1, 3, True)
        assert client.post("/api/actions/apply", body).status == 410
        back = client.post("/api/actions/undo", {"number": 1}).json()
        assert (back["n_files"], back["left"]) == (3, [])
        assert files_of(folder) == before
        assert "gone" not in client.get("/api/edits").json()["corrections"]
        assert len(names(client)) == 2
        assert client.post("/api/actions/undo", {"number": 1}).status == 400


def test_what_has_changed_since_the_plan_is_left_and_named(folder, tmp_path):
    """The rest is moved all the same."""
    with served(folder) as client:
        ready = plan(client).json()
        (folder / "b" / "zero.png").write_bytes(b"edited meanwhile")
        body = {"plan": ready["plan"], "folder": str(tmp_path / "removed")}
        outcome = client.post("/api/actions/apply", body).json()
        assert outcome["n_files"] == 2
        (left,) = outcome["left"]
        assert left["name"] == "b/zero.png"
        assert left["reason"]
    assert (folder / "b" / "zero.png").read_bytes() == b"edited meanwhile"


def test_an_action_in_another_process_reaches_the_page(folder, tmp_path):
    """Its files are left out, and are back when it is undone there."""
    with served(folder) as client:
        ready = plan(client).json()
        client.post("/api/actions/apply", {"plan": ready["plan"], "folder": str(tmp_path / "removed")})
        version = client.session.news()["edits"]["version"]
        from imagecluster.actions import undo

        undo(folder / "imagecluster")
        assert client.session.news()["edits"]["version"] > version
        assert len(names(client)) == 2


@pytest.mark.parametrize(
    ("address", "body", "status"),
    [
        ("plan", {"kinds": SURE}, 400), ("plan", {"snapshot": "0123", "kinds": SURE}, 410),
        ("plan", {"kinds": "copy", "snapshot": None}, 400), ("plan", {"kinds": ["nonsense"], "snapshot": None}, 400),
        ("plan", {"kinds": SURE, "snapshot": None, "version": 99}, 410),
        ("plan", {"kinds": SURE, "snapshot": None, "version": 1, "spared": ["1"]}, 400),
        ("apply", {}, 410), ("apply", {"plan": "0123456789abcdef"}, 410),
        ("apply", {"plan": "x", "folder": "here"}, 400), ("apply", {"plan": "x", "folder": 5}, 400),
        ("apply", {"plan": "x", "folder": "/a\0b"}, 400),
        ("undo", {}, 400), ("undo", {"number": "1"}, 400), ("undo", {"number": True}, 400),
        ("undo", {"number": 7}, 400),
    ],
)  # fmt: skip
def test_a_request_without_sense_is_refused(client, address, body, status):
    """With its reason, and nothing is moved."""
    if "snapshot" in body and body["snapshot"] is None:
        body = {**body, "snapshot": client.state()["snapshot"]}
    answer = client.post(f"/api/actions/{address}", body)
    assert answer.status == status, answer.content
    assert answer.json()["error"]


@pytest.fixture(scope="module")
def client(sorted_folder):
    """A viewer that no test writes to."""
    with served(sorted_folder) as client:
        found(client)
        yield client


@pytest.mark.parametrize(
    "query", ["", "version=1", "version=1&from=0&to=9", "version=1&from=2&to=1", "version=1&from=-1&to=1"]
)
def test_a_run_of_groups_must_be_there(client, query):
    """Other runs are refused, and so is a version that is no longer known."""
    assert client.data(f"copies/groups?{query}").status == 400
    assert client.data("copies/groups?version=7&from=0&to=1").status == 410


@pytest.mark.parametrize("rules", [Rules(token=TOKEN, read_only=True), Rules(token=TOKEN, can_act=False)])
def test_a_viewer_that_is_shared_or_read_only_moves_nothing(folder, rules):
    """Copies are shown all the same, also without results that are kept."""
    before = files_of(folder)
    with served(folder, rules=rules) as client:
        assert not client.state()["can_act"]
        assert len(names(client)) == 2
        answer = plan(client)
        assert answer.status == 403
        for address, body in (("apply", {"plan": "x"}), ("undo", {"number": 1})):
            assert client.post(f"/api/actions/{address}", body).status == 403
    assert files_of(folder) == before


def test_other_pages_move_nothing(folder):
    """Without the token of the page, every request that moves files is refused."""
    with served(folder) as client:
        for address in ("plan", "apply", "undo"):
            for headers in ({"X-Imagecluster-Token": ""}, {"Origin": "http://example.com"}):
                assert client.post(f"/api/actions/{address}", {"number": 1}, headers=headers).status == 403
