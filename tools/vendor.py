"""Fetches the third-party modules of the page of `imagecluster view`; `--check` only says whether they are as fetched.

    python tools/vendor.py            # from the npm registry, each package against its hash below
    python tools/vendor.py --check    # offline: the files against the list that the last fetch wrote

The modules are kept as published, with two changes: imports name files beside them, since a browser finds no package
by its name, and the references to source maps are left out.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import io
import json
import re
import sys
import tarfile
import urllib.request
from dataclasses import dataclass
from pathlib import Path

TARGET = Path(__file__).resolve().parents[1] / "src" / "imagecluster" / "web" / "static" / "vendor"
REGISTRY = "https://registry.npmjs.org"
LIST = "vendored.json"
LICENCES = "LICENSES.txt"


@dataclass(frozen=True)
class Package:
    """A package of the registry and the modules that are taken from it."""

    name: str
    version: str
    sha512: str
    """Of the published archive, in base64, as the registry's `dist.integrity` has it."""
    licence: str
    modules: dict[str, str]
    """Path in the archive -> name of the file here."""

    @property
    def url(self) -> str:
        """Address of the archive."""
        return f"{REGISTRY}/{self.name}/-/{self.name.rpartition('/')[2]}-{self.version}.tgz"


PACKAGES = (
    Package(
        "preact",
        "11.2.0",
        "/HfHI/7N84e6GrWBJ3J280z3mLaRJiDcSvj/A+y/4AbLnND/1UlGHe1sR6oYuTGwId0nP7dqDU9OnLxMPZ7xBg==",
        "MIT",
        {"dist/preact.mjs": "preact.js", "hooks/dist/hooks.mjs": "hooks.js"},
    ),
    Package(
        "htm",
        "3.1.1",
        "983Vyg8NwUE7JkZ6NmOqpCZ+sh1bKv2iYTlUkzlWmA5JD2acKoxd4KVxbMmxX/85mtfdnDmTFoNKcg5DGAvxNQ==",
        "Apache-2.0",
        {"dist/htm.mjs": "htm.js"},
    ),
    Package(
        "@preact/signals",
        "2.11.4",
        "Rb+5RPo9gWSaHtzJeauhHxiC8KP/IF2DEPkHPEOGOnuy2wnJzRqyeLRankUCYd6ADqtxS6GnWGv6Ie343d8aYw==",
        "MIT",
        {"dist/signals.mjs": "signals.js"},
    ),
    Package(
        "@preact/signals-core",
        "1.14.5",
        "vcRv7Ityz5JVmeiVqIluLFzT/PDS/AlhHUpw3/aUWqcVUs6bDGIPXE/6RSC4evBNWYvnniozg5Syfj33al3gkg==",
        "MIT",
        {"dist/signals-core.mjs": "signals-core.js"},
    ),
)

BESIDE = {
    '"preact"': '"./preact.js"',
    '"preact/hooks"': '"./hooks.js"',
    '"@preact/signals-core"': '"./signals-core.js"',
}
"""Names in imports -> the files that they mean."""


def fetched(package: Package) -> bytes:
    """The package's archive; stops the program where it is not the one whose hash is known."""
    with urllib.request.urlopen(package.url, timeout=60) as reply:
        archive: bytes = reply.read()
    found = base64.b64encode(hashlib.sha512(archive).digest()).decode()
    if found != package.sha512:
        sys.exit(f"{package.url} has SHA-512 {found}; expected {package.sha512}: nothing was written")
    return archive


def member(archive: bytes, path: str) -> str:
    """Text of one file of an archive."""
    with tarfile.open(fileobj=io.BytesIO(archive), mode="r:gz") as files:
        stream = files.extractfile(f"package/{path}")
        if stream is None:
            sys.exit(f"the archive holds no {path}")
        return stream.read().decode("utf-8")


def adapted(text: str) -> str:
    """A module with imports that a browser can follow."""
    text = re.sub(r"//# sourceMappingURL=\S+", "", text).strip() + "\n"
    for name, file in BESIDE.items():
        text = text.replace(f"from{name}", f"from{file}").replace(f"import{name}", f"import{file}")
    return text


def fetch() -> None:
    """Writes all modules, their licences and the list of their hashes."""
    TARGET.mkdir(parents=True, exist_ok=True)
    listed: dict[str, dict[str, str]] = {}
    licences = []
    for package in PACKAGES:
        archive = fetched(package)
        title = f"{package.name} {package.version} ({package.licence})"
        files = ", ".join(package.modules.values())
        licences.append(f"{title}: {files}\n\n{member(archive, 'LICENSE').strip()}\n")
        for path, file in package.modules.items():
            text = adapted(member(archive, path)).encode("utf-8")
            (TARGET / file).write_bytes(text)
            listed[file] = {"package": f"{package.name}@{package.version}", "sha256": hashlib.sha256(text).hexdigest()}
    (TARGET / LICENCES).write_text(("\n" + "-" * 100 + "\n\n").join(licences), encoding="utf-8")
    (TARGET / LIST).write_text(json.dumps(listed, indent=2) + "\n", encoding="utf-8")


def changed() -> list[str]:
    """Names of the modules that are not as they were fetched."""
    listed = json.loads((TARGET / LIST).read_text(encoding="utf-8"))
    expected = {file for package in PACKAGES for file in package.modules.values()}
    found = {file.name for file in TARGET.glob("*.js")}
    wrong = (expected | found) ^ set(listed)
    for file in set(listed) & found:
        if hashlib.sha256((TARGET / file).read_bytes()).hexdigest() != listed[file]["sha256"]:
            wrong.add(file)
    return sorted(wrong)


def main() -> int:
    """Fetches, or checks."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing; say whether all is as fetched")
    if not parser.parse_args().check:
        fetch()
    if wrong := changed():
        print(f"not as fetched: {', '.join(wrong)}; run python tools/vendor.py", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
