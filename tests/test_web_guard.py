"""Who gets what from the viewer's server: strangers nothing, however they ask."""

import asyncio
import base64
import contextlib
import http.client
import socket

import pytest

from imagecluster.collection import Settings
from imagecluster.errors import ArgumentError, OutputError
from imagecluster.functions.running import run
from imagecluster.web import connections
from imagecluster.web.access import Access, listener, read_password
from imagecluster.web.guard import MAX_BODY_BYTES, Guard, Rules
from pictures import draw_groups
from web_samples import TOKEN, served


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A sorted folder of nine pictures, and a file beside it that nobody may get."""
    root = draw_groups(tmp_path_factory.mktemp("guard") / "pics")
    run([root], Settings(links="none"))
    (root / "secret.txt").write_text("secret")
    return root


@pytest.fixture(scope="module")
def client(folder):
    with served(folder) as client:
        yield client


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:{port}", "127.0.0.1.evil.example", "localhost.evil.example:{port}", "",
     "192.168.0.1", "[::2]", "127.0.0.1@evil.example", "0.0.0.0:{port}"],
)  # fmt: skip
def test_a_foreign_name_gets_nothing(client, host):
    """DNS rebinding: the browser believes that evil.example lies on this machine."""
    for address in ("/", "/api/state", "/static/index.html"):
        answer = client.get(address, headers={"Host": host.format(port=client.port)})
        assert answer.status in (400, 421)
        assert TOKEN.encode() not in answer.content
        assert b"pics" not in answer.content


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "LOCALHOST:{port}", "[::1]:{port}", "localhost."])
def test_our_own_names_are_fine(client, host):
    """With any port and in any case."""
    assert client.get("/api/state", headers={"Host": host.format(port=client.port)}).status == 200


def test_two_hosts_or_none_are_refused(client):
    """What one part of the chain takes for ours, another might not."""
    connection = http.client.HTTPConnection("127.0.0.1", client.port)
    connection.putrequest("GET", "/api/state", skip_host=True)
    connection.endheaders()
    assert connection.getresponse().status in (400, 421)
    connection.close()
    assert client.get("/api/state", headers={"Host": ["localhost", "evil.example"]}).status in (400, 421)


@pytest.mark.parametrize("token", [None, "", "wrong", TOKEN + "x", TOKEN[:-1], "é"])
def test_a_write_without_the_token_changes_nothing(client, token):
    """Whatever stands in its place."""
    headers = {"Content-Type": "application/json"} | ({} if token is None else {"X-Imagecluster-Token": token})
    for address in ("/api/edits", "/api/export", "/api/reveal"):
        answer = client.ask("POST", address, headers=headers, body=b'{"record": {"kind": "hide", "ids": [0]}}')
        assert answer.status == 403
    assert client.get("/api/edits").json()["corrections"]["edits"] == []


def test_an_earlier_token_is_told_apart(client):
    """So that our own page takes the present one; a missing token is no sign of an earlier start."""
    for token, is_stale in (("of an earlier start", True), ("", False)):
        answer = client.post("/api/edits", {"undo": True}, headers={"X-Imagecluster-Token": token})
        assert (answer.status, "X-Imagecluster-Stale" in answer.headers) == (403, is_stale)


def test_the_page_knows_the_token(client):
    """It stands in the page and nowhere else."""
    assert TOKEN.encode() in client.get("/").content
    assert TOKEN.encode() not in client.get("/api/state").content
    assert b"{{" not in client.get("/").content


def test_pages_of_other_origins_get_nothing(client):
    """Neither by a form, nor by a picture, nor by a script; a link to the page works."""
    record = {"record": {"kind": "hide", "ids": [0]}}
    assert client.post("/api/edits", record, headers={"Origin": "https://evil.example"}).status == 403
    assert client.post("/api/edits", record, headers={"Origin": "null"}).status == 403
    for site in ("cross-site", "same-site"):
        for mode in ("no-cors", "cors"):
            headers = {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": mode}
            assert client.get("/api/state", headers=headers).status == 403
        assert client.get("/", headers={"Sec-Fetch-Site": site, "Sec-Fetch-Mode": "navigate"}).status == 200
    form = {"Content-Type": "text/plain", "X-Imagecluster-Token": TOKEN}
    assert client.ask("POST", "/api/edits", headers=form, body=b"{}").status == 415
    ours = {"Origin": f"http://127.0.0.1:{client.port}"}
    assert client.post("/api/edits", {"nothing": 1}, headers=ours).status == 400


@pytest.mark.parametrize("address", ["/", "/api/state", "/static/nothing.js", "/nowhere", "/api/edits"])
def test_every_answer_carries_the_safety_headers(client, address):
    """Errors too."""
    headers = client.get(address).headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert headers["X-Frame-Options"] == "DENY"
    assert "access-control-allow-origin" not in headers
    assert headers["Cache-Control"] in ("no-store", "no-cache")


@pytest.mark.parametrize(
    "path",
    ["../app.py", "../../errors.py", "%2e%2e/app.py", "..%2f..%2ferrors.py", "/etc/passwd", "//etc/passwd", "",
     "..\\app.py", "index.html%00.js", "./index.html", "vendor/../index.html", "index.html/"],
)  # fmt: skip
def test_static_files_are_those_of_the_page_alone(client, path):
    """By their exact names; nothing outside the folder."""
    assert client.get("/static/" + path).status == 404
    assert client.get("/static/index.html").status == 200


@pytest.mark.parametrize("where", ["thumb", "original", "picture"])
@pytest.mark.parametrize("name", ["9", "-1", "99999999999999999999", "0x1", "1.0", "secret.txt", "%2e%2e", "٣", "1e0"])
def test_content_goes_by_id_alone(client, where, name):
    """An id out of range, or a path in its place, is no picture."""
    from urllib.parse import quote

    answer = client.data(f"{where}/{quote(name, safe='%')}")
    assert answer.status == 404
    assert b"secret" not in answer.content.replace(b"secret.txt", b"")


def test_other_methods_and_upgrades_are_refused(client):
    """Nothing but GET, HEAD and POST."""
    for method in ("PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"):
        assert client.ask(method, "/api/edits").status == 405
    assert client.post("/api/state", {}).status == 405
    upgrade = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Key": "x", "Sec-WebSocket-Version": "13"}
    assert client.get("/api/events2", headers=upgrade).status == 404


def test_large_bodies_are_refused(client):
    """By the length that they give, and while they come if they give none."""
    headers = {"X-Imagecluster-Token": TOKEN, "Content-Type": "application/json"}
    for length in (str(MAX_BODY_BYTES + 1), "1e3", "-5"):
        assert client.ask("POST", "/api/edits", headers={**headers, "Content-Length": length}).status in (400, 413)
    connection = http.client.HTTPConnection("127.0.0.1", client.port, timeout=60)
    chunks = (b" " * (1 << 20) for _ in range((MAX_BODY_BYTES >> 20) + 2))
    given = {**headers, "Host": "127.0.0.1"}
    connection.request("POST", "/api/edits", body=chunks, headers=given, encode_chunked=True)
    assert connection.getresponse().status in (400, 413)
    connection.close()


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b"{", b'"x"', b"\xff", b"[" * 100_000, b"{}", b'{"undo": 1}'])
def test_a_body_that_asks_for_nothing_is_refused(client, body):
    """With a reason, and without harm."""
    answer = client.post("/api/edits", body)
    assert answer.status == 400
    assert answer.json()["error"]


def test_a_password_is_needed_for_everything(folder):
    """Where one is set: for the page, the data and the writes; in any user's name."""

    def given(text):
        return {"Authorization": "Basic " + base64.b64encode(text.encode()).decode()}

    rules = Rules(token=TOKEN, password="correct horse", any_address=True, wrong_password_s=0)
    with served(folder, rules=rules) as client:
        for address in ("/", "/api/state", "/static/index.html", "/api/events"):
            answer = client.get(address)
            assert answer.status == 401
            assert answer.headers["WWW-Authenticate"].startswith("Basic")
            for wrong in ("me:wrong", "correct horse", "me:", ":correct horse2", "correct horse:me"):
                assert client.get(address, headers=given(wrong)).status == 401
            for broken in ("Basic", "Basic !!!", "Bearer correct horse", "Basic /w=="):
                assert client.get(address, headers={"Authorization": broken}).status == 401
        assert client.get("/", headers=given("me:correct horse")).status == 200
        assert client.post("/api/edits", {"undo": True}).status == 401
        assert client.post("/api/edits", {}, headers=given("x:correct horse")).status == 400
        assert client.get("/", headers={**given("me:correct horse"), "Host": "192.168.0.7:80"}).status == 200
        assert client.get("/", headers={**given("me:correct horse"), "Host": "evil.example"}).status == 421


def test_wrong_passwords_wait_in_line_and_the_right_one_does_not():
    """Of more than 64 that wait the others are refused at once; who gives none is only asked for one."""

    async def page(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})

    guard = Guard(page, Rules(token=TOKEN, password="correct horse", wrong_password_s=3600))

    async def status(password):
        given = [] if password is None else [(b"authorization", b"Basic " + base64.b64encode(b"me:" + password))]
        scope = {"type": "http", "method": "GET", "path": "/", "headers": [(b"host", b"localhost"), *given]}
        sent = []

        async def send(message):
            sent.append(message)

        await guard(scope, None, send)
        return sent[0]["status"]

    async def attack():
        attempts = [asyncio.create_task(status(b"wrong")) for _ in range(64)]
        await asyncio.sleep(0)
        found = [await status(password) for password in (b"wrong", b"correct horse", None)]
        assert not any(attempt.done() for attempt in attempts)
        for attempt in attempts:
            attempt.cancel()
        await asyncio.wait(attempts)
        again = asyncio.create_task(status(b"wrong"))
        for _ in range(100):  # turns of the loop, in which an answer without delay would have come
            await asyncio.sleep(0)
        assert not again.done()
        again.cancel()
        return found

    assert asyncio.run(attack()) == [429, 200, 401]


def test_a_password_may_hold_colons_and_any_letters(folder):
    """All behind the first colon is the password."""
    with served(folder, rules=Rules(token=TOKEN, password="pass:wörd 日本")) as client:
        text = base64.b64encode("me:pass:wörd 日本".encode()).decode()
        assert client.get("/", headers={"Authorization": "Basic " + text}).status == 200


def test_read_only_means_that_nothing_is_written(folder, tmp_path):
    """No corrections, no exports, no caches."""
    import shutil

    copy = shutil.copytree(folder, tmp_path / "pics")
    before = {path: path.stat().st_mtime_ns for path in (copy / "imagecluster").rglob("*")}
    with served(copy, rules=Rules(token=TOKEN, read_only=True)) as client:
        assert client.state()["read_only"]
        assert not client.state()["can_reveal"]
        for address in ("/api/edits", "/api/export", "/api/reveal"):
            assert client.post(address, {"undo": True}).status == 403
        assert client.data("thumb/0?size=384").status == 200
        while client.data("map.bin").status == 202:
            pass
    after = {path for path in (copy / "imagecluster").rglob("*") if not path.name.endswith(("-shm", "-wal"))}
    assert after <= before.keys()
    assert all(path.stat().st_mtime_ns == before[path] for path in after if path.is_file())


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"host": "0.0.0.0"}, "--allow-remote"),
        ({"host": "192.168.0.7", "password": "long enough"}, "--allow-remote"),
        ({"host": "0.0.0.0", "allow_remote": True}, "--password-file"),
        ({"host": "0.0.0.0", "allow_remote": True, "password": "short"}, "at least 8"),
    ],
)
def test_other_machines_come_in_only_by_flag_and_password(given, message):
    """Both are needed, and the message says so."""
    with pytest.raises(ArgumentError, match=message):
        Access(**given)


def test_this_machine_needs_neither():
    """And a remote host with both is fine."""
    assert not Access().is_remote
    assert not Access(host="::1").is_remote
    assert Access(host="0.0.0.0", allow_remote=True, password="long enough").is_remote


def test_the_password_is_the_first_line_of_a_file(tmp_path):
    """Without its end; a file that cannot be read is wrong usage."""
    (tmp_path / "p").write_bytes(b"secret word\r\nmore\n")
    assert read_password(tmp_path / "p") == "secret word"
    with pytest.raises(ArgumentError, match="cannot read the password"):
        read_password(tmp_path / "none")


def test_a_taken_port_is_said(tmp_path):
    """A given port is taken or refused; without one, any free one does."""
    with listener(Access(port=0)) as first, pytest.raises(OutputError, match="try another --port"):
        listener(Access(port=first.getsockname()[1]))


@pytest.mark.parametrize("host", ["127.0.0.1:{port}, evil", "127.0.0.1:{port} evil", "127.0.0.1:", "[::1", "[::1]x",
                                  "localhost:99999999", "127.0.0.1:{port}@evil", "127.0.0.1:evil"])  # fmt: skip
def test_a_host_that_only_begins_like_ours_is_refused(client, host):
    """Another part of the chain might read the rest."""
    assert client.get("/api/state", headers={"Host": host.format(port=client.port)}).status in (400, 421)


@pytest.mark.parametrize("origin", ["http://evil//127.0.0.1:{port}", "//127.0.0.1:{port}", "127.0.0.1:{port}", "null",
                                    "http://evil", "http://127.0.0.1:{port}/", ""])  # fmt: skip
def test_an_origin_that_only_ends_like_ours_is_refused(client, origin):
    """The whole origin is compared."""
    headers = {"Origin": origin.format(port=client.port)}
    assert client.post("/api/edits", {"undo": True}, headers=headers).status == 403


MALFORMED = (
    b"", b"[", b"\xff\xfe", b"[" * 100_000, b"null", b"[]", b'{"record": {"kind": []}, "snapshot": "KEY"}',
    b'{"record": {"kind": {}, "ids": [0]}, "snapshot": "KEY"}', b'{"record": {"kind": "name", "ids": [0]}}',
    b'{"record": {"kind": "name", "ids": [0], "name": "\\ud800"}, "snapshot": "KEY"}',
    b'{"record": {"kind": "hide", "ids": [1e999]}, "snapshot": "KEY"}',
    b'{"record": {"kind": "hide", "ids": [' + b"9" * 5000 + b']}, "snapshot": "KEY"}',
    b'{"sim": NaN, "kind": "json"}', b'{"sim": ' + b"9" * 400 + b', "kind": "json"}', b'{"sim": 1e999, "kind": "json"}',
    b'{"sim": 0.5, "kind": []}', b'{"sim": 0.5, "kind": {}}', b'{"sim": 0.5, "kind": "json", "min_size": 1e300}',
    b'{"sim": 0.5, "kind": "json", "own_cuts": 3}', b'{"sim": 0.5, "kind": "json", "own_cuts": [[0, 1]]}',
    b'{"sim": 0.5, "kind": "json", "own_cuts": [[0, 99999999999999999999999, 0.5]], "snapshot": "KEY"}',
    b'{"sim": 0.5, "kind": "copy", "link": {}}', b'{"sim": 7, "kind": "copy"}', b'{"snapshot": []}',
    b'{"sim": 0.5, "kind": "json", "own_cuts": [[0, 9007199254740991, 0.5]], "snapshot": "KEY"}',
    b'{"sim": 0.5, "kind": "json", "own_cuts": [["\\ud800", 1, 0.5]], "snapshot": "KEY"}',
    b'{"content": 3, "name": [], "snapshot": "KEY"}', b'{"content": "\\u00e9", "snapshot": "KEY"}',
    b'{"content": "AAAA", "name": {"a": "\\udfff"}, "snapshot": "KEY"}',
)  # fmt: skip


@pytest.mark.parametrize("body", MALFORMED, ids=range(len(MALFORMED)))
@pytest.mark.parametrize("address", ["/api/edits", "/api/export", "/api/search"])
def test_a_body_without_sense_is_refused_in_one_sentence(client, address, body):
    """Whatever it is, the answer is no traceback."""
    answer = client.post(address, body.replace(b"KEY", client.state()["snapshot"].encode()))
    assert answer.status in (400, 422), answer.content
    assert "\n" not in answer.json()["error"]


def test_a_picture_that_became_a_link_is_not_sent(tmp_path):
    """Neither the link's file, nor another kind of content in its place."""
    root = draw_groups(tmp_path / "pics")
    run([root], Settings(links="none"))
    secret = tmp_path / "secret.txt"
    secret.write_text("a secret of somebody")
    with served(root) as client:
        snapshot = client.session.snapshot()
        client.data("original/0")
        for picture, replace in (
            (0, lambda path: path.symlink_to(secret)),
            (1, lambda path: path.write_text("secret")),
        ):
            path = snapshot.path(picture)
            assert client.data(f"original/{picture}").content == path.read_bytes()
            path.unlink()
            replace(path)
            answer = client.data(f"original/{picture}")
            assert b"secret" not in answer.content
            assert answer.headers["X-Imagecluster-Reason"]


def ended(connection):
    """Whether the other side ends a connection (a test fails by its socket's time-out)."""
    try:
        return connection.recv(1 << 16) == b""
    except ConnectionResetError:
        return True


HALF_A_BODY = (
    f"POST /api/edits HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Imagecluster-Token: {TOKEN}\r\n"
    "Content-Type: application/json\r\nContent-Length: 9\r\n\r\n{"
).encode()


@pytest.mark.parametrize("start", [b"", b"GET / HT", b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n", HALF_A_BODY])
def test_half_a_request_is_waited_for_only_so_long(client, monkeypatch, start):
    """Or half a body: such connections would add up."""
    monkeypatch.setattr(connections, "REQUEST_S", 0.2)
    with socket.create_connection(("127.0.0.1", client.port), timeout=20) as connection:
        connection.sendall(start)
        assert ended(connection)


def test_connections_beyond_the_limit_are_ended_and_those_within_it_answered(client, monkeypatch):
    """The server never runs out of files, and answers again as soon as others have gone."""
    monkeypatch.setattr(connections, "MOST_CONNECTIONS", 10)
    with contextlib.ExitStack() as stack:
        opened = [
            stack.enter_context(socket.create_connection(("127.0.0.1", client.port), timeout=20)) for _ in range(40)
        ]
        assert all(ended(connection) for connection in opened[20:])
        opened[0].sendall(b"GET /api/state HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
        assert opened[0].recv(20).startswith(b"HTTP/1.1 200")
    for _ in range(1000):
        with contextlib.suppress(ConnectionError, http.client.HTTPException):
            assert client.get("/api/state").status == 200
            break
    else:
        pytest.fail("it does not answer any more")
