"""The viewer's page by https, with a certificate that was made here."""

import base64
import http.client
import json
import os
import re
import shutil
import signal
import ssl
import subprocess
import sys

import pytest

from imagecluster.collection import Settings
from imagecluster.errors import ArgumentError
from imagecluster.functions.running import run
from imagecluster.web.access import Access
from pictures import draw_groups

OPENSSL = shutil.which("openssl")
pytestmark = pytest.mark.skipif(OPENSSL is None, reason="no openssl here to make a certificate with")
PASSWORD = "long enough"


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """A folder with a certificate of 127.0.0.1 and its key, another key, one with a password, and both in one file."""
    folder = tmp_path_factory.mktemp("tls")

    def openssl(*arguments):
        subprocess.run([OPENSSL, *arguments], cwd=folder, check=True, capture_output=True)

    new_key = ("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256")
    openssl(*new_key, "-out", "key.pem")
    openssl(*new_key, "-out", "other.pem")
    openssl(*new_key, "-aes256", "-pass", "pass:secret", "-out", "locked.pem")
    subject = ("-subj", "/CN=imagecluster", "-addext", "subjectAltName=IP:127.0.0.1")
    openssl("req", "-x509", "-new", "-key", "key.pem", "-out", "cert.pem", "-days", "2", *subject)
    (folder / "both.pem").write_bytes((folder / "cert.pem").read_bytes() + (folder / "key.pem").read_bytes())
    (folder / "text.pem").write_text("no certificate")
    return folder


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGINT for one process")
@pytest.mark.parametrize("names", [["cert.pem", "key.pem"], ["both.pem"]])
def test_the_page_is_served_encrypted(files, tmp_path, names):
    """At the address that is printed, with the password and the token as ever; and not otherwise."""
    root = draw_groups(tmp_path / "pics", (2,))
    run([root], Settings(links="none", page=False))
    (tmp_path / "password").write_text(PASSWORD)
    command = [
        sys.executable, "-u", "-m", "imagecluster", "view", root, "--no-browser", "--port", "0",
        "--password-file", tmp_path / "password", "--certificate", files / names[0],
        *(["--key", files / names[1]] if names[1:] else []),
    ]  # fmt: skip
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        try:
            address = re.match(r"https://127\.0\.0\.1:(\d+)/ ", process.stdout.readline())
            trusting = ssl.create_default_context(cafile=files / "cert.pem")
            connection = http.client.HTTPSConnection("127.0.0.1", int(address[1]), timeout=60, context=trusting)

            def asked(method, path, body=None, **headers):
                connection.request(method, path, body, headers)
                answer = connection.getresponse()
                return answer.status, answer.read()

            known = {"Authorization": f"Basic {base64.b64encode(f':{PASSWORD}'.encode()).decode()}"}
            assert asked("GET", "/api/state")[0] == 401
            status, page = asked("GET", "/", **known)
            assert status == 200
            status, state = asked("GET", "/api/state", **known)
            assert json.loads(state)["n"] == 2
            token = page.decode().partition('token" content="')[2].partition('"')[0]
            origin = address[0].strip().rstrip("/")
            record = {"snapshot": json.loads(state)["snapshot"], "record": {"kind": "hide", "ids": [0]}}
            writing = {**known, "Content-Type": "application/json", "Origin": origin}
            assert asked("POST", "/api/edits", json.dumps(record), **writing)[0] == 403
            writing["X-Imagecluster-Token"] = token
            assert asked("POST", "/api/edits", json.dumps(record), **writing)[0] == 200
            connection.close()
            plain = http.client.HTTPConnection("127.0.0.1", int(address[1]), timeout=60)
            plain.request("GET", "/")
            with pytest.raises((http.client.HTTPException, ConnectionError)):
                plain.getresponse()
            plain.close()
        finally:
            process.send_signal(signal.SIGINT)
            said = process.communicate(timeout=30)[0]
    assert said == ""


@pytest.mark.parametrize(
    ("certificate", "key", "message"),
    [
        ("cert.pem", "other.pem", "belong together"),
        ("cert.pem", "locked.pem", "without a password"),
        ("cert.pem", None, "not a certificate and its key"),
        ("text.pem", "key.pem", "not a certificate and its key"),
        ("none.pem", "key.pem", "cannot read .*none.pem"),
        ("cert.pem", "none.pem", "cannot read .*none.pem"),
        (None, "key.pem", "give --certificate too"),
    ],
)
def test_what_cannot_be_used_is_said_at_once(files, certificate, key, message):
    """Before anything listens; nobody is asked for the password of a key."""
    with pytest.raises(ArgumentError, match=message):
        Access(certificate=certificate and files / certificate, key=key and files / key)
