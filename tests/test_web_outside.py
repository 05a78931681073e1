"""A search by a picture that a page sends: as the command line's, and what is refused."""

from __future__ import annotations

import base64

import pytest

from imagecluster import search
from imagecluster.collection import Settings
from imagecluster.functions.running import run
from imagecluster.web.guard import Rules
from pictures import draw, draw_groups
from web_samples import TOKEN, served


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    """A viewer of drawn pictures."""
    root = draw_groups(tmp_path_factory.mktemp("outside") / "pictures", (4, 3, 2))
    run([root], Settings(links="none", page=False))
    with served(root) as found:
        yield found


def asked(client, content, name="a.png"):
    text = base64.b64encode(content).decode()
    return client.post("/api/search", {"snapshot": client.state()["snapshot"], "name": name, "content": text})


def test_the_results_are_those_of_the_command_line(client, tmp_path):
    """The same pictures in the same order, with the same cosines, for a picture that is in no database."""
    draw(tmp_path / "new.png", 1, size=(170, 130))
    answer = asked(client, (tmp_path / "new.png").read_bytes()).json()["results"]
    names = client.data("names.json?from=0&to=9").json()
    hits = search(client.session.options.root, tmp_path / "new.png", k=9)
    assert [names[found["id"]] for found in answer] == [hit.path.name for hit in hits]
    assert [1 - found["distance"] for found in answer] == pytest.approx([hit.similarity for hit in hits], abs=1e-5)


def test_what_is_no_picture_is_refused(client):
    """With the reason and without a path of this machine."""
    answer = asked(client, b"no picture", "/etc/x.jpg")
    assert answer.status == 422
    assert "cannot be read" in answer.json()["error"]
    assert "/" not in answer.json()["error"]
    key = client.state()["snapshot"]
    assert client.post("/api/search", {"snapshot": key, "name": "a.png", "content": "*"}).status == 400
    assert client.post("/api/search", {"snapshot": key}).status == 422
    assert client.post("/api/search", {"snapshot": "else", "content": ""}).status == 410


def test_a_read_only_viewer_answers_too(client, tmp_path):
    """Since nothing is written; without the token of the page it does not."""
    draw(tmp_path / "new.png", 1)
    with served(client.session.options.root, rules=Rules(token=TOKEN, read_only=True)) as closed:
        assert len(asked(closed, (tmp_path / "new.png").read_bytes()).json()["results"]) == 9
        assert closed.post("/api/search", {}, headers={"X-Imagecluster-Token": "else"}).status == 403
