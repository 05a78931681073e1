"""Plans as JSON, which a person can read, edit and hand back, and as a table."""

from __future__ import annotations

import json
import os
import re
from base64 import b64decode, b64encode
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from imagecluster.actions.plan import FileFacts, NewFile, Plan, Step
from imagecluster.errors import ArgumentError, NotOursError, OutputError
from imagecluster.system.safe_files import OwnFolder

__all__ = ["plan_from_json", "plan_table", "plan_to_json", "read_plan", "write_plan"]

_FORMAT, _VERSION = "imagecluster-plan", 1
_MOST_BYTES = 1 << 30


def plan_to_json(plan: Plan) -> dict[str, Any]:
    """The plan as JSON values (docs/file-formats.md).

    Paths inside `root` are relative to it. Bytes of a name that are not UTF-8 are lone surrogates, U+DC80 to U+DCFF,
    as Python has them (PEP 383).
    """
    files: dict[str, dict[str, Any]] = {}

    def named(facts: FileFacts) -> str:
        name = plan.name(facts.path)
        files[name] = {
            "size_bytes": facts.size_bytes,
            "mtime_ns": facts.mtime_ns,
            "hash": facts.content_hash.hex(),
        }
        return name

    steps = []
    for step in plan.steps:
        values: dict[str, Any] = {
            "file": named(step.file),
            "keep": None if step.keep is None else named(step.keep),
            "kind": step.kind,
            "why": step.why,
        }
        if step.parts:
            values["parts"] = [named(part) for part in step.parts]
        if step.compared:
            values["compared"] = sorted(content_hash.hex() for content_hash in step.compared)
        if step.into:
            values["into"] = step.into
        if step.writes:
            values["writes"] = [
                {
                    "file": plan.name(new.path),
                    **_written(new.data),
                    "replaces": new.was is not None and bool(named(new.was)),
                }
                for new in step.writes
            ]
        steps.append(values)
    return {
        "format": _FORMAT,
        "version": _VERSION,
        "root": os.fspath(plan.root),
        "made": datetime.fromtimestamp(plan.made_s).astimezone().isoformat(timespec="milliseconds"),
        "command": plan.command,
        "references": [os.fspath(path) for path in plan.references],
        "steps": steps,
        "files": files,
    }


def plan_from_json(values: Mapping[str, Any]) -> Plan:
    """The plan from JSON values.

    Raises
    ------
    ArgumentError
        They are not those of a plan; the message names the step and says what is wrong with it.

    """
    if not isinstance(values, dict) or values.get("format") != _FORMAT:
        raise ArgumentError('this is not a plan of imagecluster: its "format" is not ' + json.dumps(_FORMAT))
    version = values.get("version")
    if version != _VERSION:
        raise ArgumentError(
            f"this plan has version {version!r}, but this imagecluster reads version {_VERSION}; make the plan anew"
        )
    root = Path(_text(values, "root"))
    files = values.get("files")
    if not isinstance(files, dict):
        raise ArgumentError('this plan lacks "files", the table of what is known of each file; make the plan anew')
    try:
        made_s = datetime.fromisoformat(_text(values, "made")).timestamp()
    except (ValueError, OverflowError):
        raise ArgumentError(f'the plan\'s "made" is not a date: {values.get("made")!r}') from None
    given = values.get("steps")
    if not isinstance(given, list):
        raise ArgumentError('this plan lacks "steps", a list')
    steps = []
    for number, step in enumerate(given, start=1):
        try:
            steps.append(_step(step, root, files))
        except ArgumentError as error:
            name = step.get("file") if isinstance(step, dict) else None
            raise ArgumentError(f"step {number} ({name!r}): {error}") from None
    references = _texts(values, "references")
    return Plan(root, tuple(steps), made_s, _text(values, "command", ""), tuple(map(Path, references)))


def write_plan(plan: Plan, file: Path) -> None:
    """Write a plan to a file; an older plan there is replaced.

    Raises
    ------
    OutputError
        The file cannot be written, or something else is there.

    """
    text = json.dumps(plan_to_json(plan), indent=2, ensure_ascii=False)
    data = _escaped(text).encode() + b"\n"
    try:
        with OwnFolder(file.absolute().parent, follow=True) as folder:
            if folder.status(file.name) is not None:
                with folder.open_reading(file.name) as stream:
                    if f'"{_FORMAT}"'.encode() not in stream.read(1000):
                        raise OutputError(f"{file} is not a plan and was not replaced; name another file")
            with folder.replacing(file.name) as stream:
                stream.write(data)
    except NotOursError as error:
        raise OutputError(f"the plan cannot be written there: {error}") from None
    except OSError as error:
        raise OutputError(f"cannot write the plan to {file}: {error.strerror or error}") from None


def read_plan(file: Path) -> Plan:
    """The plan in a file.

    Raises
    ------
    ArgumentError
        The file cannot be read, or it does not hold a plan; the message names the line, or the step, and says what is
        wrong with it.

    """
    try:
        with file.open("rb") as stream:
            data = stream.read(_MOST_BYTES)
    except OSError as error:
        raise ArgumentError(f"cannot read the plan {str(file)!r}: {(error.strerror or str(error)).lower()}") from None
    try:
        values = json.loads(data, object_pairs_hook=_without_repeats)
    except json.JSONDecodeError as error:
        raise ArgumentError(
            f"{str(file)!r} is not JSON: line {error.lineno}, column {error.colno}: {error.msg.lower()}"
        ) from None
    except ArgumentError as error:
        raise ArgumentError(f"{str(file)!r}: {error}") from None
    except (ValueError, RecursionError):  # numbers of thousands of digits, too
        raise ArgumentError(f"{str(file)!r} is not JSON in UTF-8") from None
    try:
        return plan_from_json(values)
    except ArgumentError as error:
        raise ArgumentError(f"{str(file)!r}: {error}") from None


def plan_table(plan: Plan) -> str:
    """The plan as text: a line for each file that goes, with the file that stays for it and the reason."""
    rows = [("goes", "kind", "size", "stays", "why")]
    for step in plan.steps:
        keep = "-" if step.keep is None else plan.name(step.keep.path)
        if step.into:
            keep = f"(into {step.into})"
        rows.append((plan.name(step.file.path), step.kind, readable_size(step.file.size_bytes), keep, step.why))
        rows.extend(
            (f"  {plan.name(part.path)}", "part", readable_size(part.size_bytes), "", "") for part in step.parts
        )
        rows.extend(
            (f"  {plan.name(new.path)}", "written", readable_size(len(new.data)), "", "") for new in step.writes
        )
    shown = [[one_line(cell) for cell in row] for row in rows]
    widths = [min(60, max(len(row[column]) for row in shown)) for column in range(4)]
    lines = ["  ".join([*map(str.ljust, row, widths), row[4]]).rstrip() for row in shown]
    n_parts = sum(len(step.parts) for step in plan.steps)
    with_parts = f" and {n_parts:,} that belong to them" if n_parts else ""
    lines.append(
        f"{len(plan.steps):,} file{'s' * (len(plan.steps) != 1)}{with_parts}, {readable_size(plan.size_bytes)}"
    )
    return "\n".join(lines)


def readable_size(n_bytes: int) -> str:
    """A size for people.

    >>> readable_size(999), readable_size(1_234_000), readable_size(3_100_000_000)
    ('999 B', '1.2 MB', '3.1 GB')
    """
    size, unit = float(n_bytes), "B"
    for larger in ("kB", "MB", "GB", "TB"):
        if size < 999.5:
            break
        size, unit = size / 1000, larger
    return f"{size:.0f} {unit}" if unit == "B" or size >= 99.5 else f"{size:.1f} {unit}"


def one_line(text: str) -> str:
    """A text without control characters."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def _step(values: Any, root: Path, files: Mapping[str, Any]) -> Step:
    if not isinstance(values, dict):
        raise ArgumentError('a step is an object with "file", "keep", "kind" and "why"')
    unknown = sorted(values.keys() - {"file", "keep", "kind", "why", "parts", "into", "writes", "compared"})
    if unknown:
        raise ArgumentError(f"a step has no {unknown[0]!r}")

    def facts(name: str) -> FileFacts:
        return _facts(name, root, files)

    if "keep" not in values:
        raise ArgumentError('"keep" is missing: the file that stays, or null')
    return Step(
        file=facts(_text(values, "file")),
        parts=tuple(facts(name) for name in _texts(values, "parts")),
        keep=None if values["keep"] is None else facts(_text(values, "keep")),
        kind=_text(values, "kind"),
        why=_text(values, "why", ""),
        into=_text(values, "into", ""),
        writes=tuple(_new_file(new, root, files) for new in _list(values, "writes")),
        compared=frozenset(map(_hash, _texts(values, "compared"))),
    )


def _hash(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError:
        raise ArgumentError(f'"compared" holds {text!r}, which is not a hash; make the plan anew') from None


def _facts(name: str, root: Path, files: Mapping[str, Any]) -> FileFacts:
    known = files.get(name)
    if not isinstance(known, dict):
        raise ArgumentError(
            f'nothing is known of {name!r}: files in a step must be among the "files" of the plan, in the same letters'
        )
    try:
        size, mtime_ns, content_hash = known["size_bytes"], known["mtime_ns"], bytes.fromhex(known["hash"])
    except (KeyError, TypeError, ValueError):
        size = None
    if not (_is_int(size) and _is_int(mtime_ns)):
        raise ArgumentError(f'what "files" says of {name!r} is not a size, a time and a hash; make the plan anew')
    return FileFacts(root / name, size, mtime_ns, content_hash)


def _new_file(values: Any, root: Path, files: Mapping[str, Any]) -> NewFile:
    if not isinstance(values, dict):
        raise ArgumentError('"writes" is a list of objects with "file" and "text"')
    name = _text(values, "file")
    if "text" in values:
        try:
            data = _text(values, "text").encode("utf-8", "surrogateescape")
        except UnicodeEncodeError:
            raise ArgumentError(f'the "text" of {name!r} cannot be written in UTF-8') from None
    else:
        try:
            data = b64decode(_text(values, "base64"), validate=True)
        except ValueError:
            raise ArgumentError(f'the "base64" of {name!r} is not base64') from None
    return NewFile(root / name, data, _facts(name, root, files) if values.get("replaces") else None)


def _written(data: bytes) -> dict[str, str]:
    try:
        return {"text": data.decode()}
    except UnicodeDecodeError:
        return {"base64": b64encode(data).decode()}


def _text(values: Mapping[str, Any], key: str, default: str | None = None) -> str:
    found = values.get(key, default)
    if not isinstance(found, str):
        raise ArgumentError(f"{json.dumps(key)} is {'missing' if found is None else 'not a text'}")
    return found


def _list(values: Mapping[str, Any], key: str) -> list[Any]:
    found = values.get(key, [])
    if not isinstance(found, list):
        raise ArgumentError(f"{json.dumps(key)} is not a list")
    return found


def _texts(values: Mapping[str, Any], key: str) -> list[str]:
    found = values.get(key, [])
    if not isinstance(found, list) or not all(isinstance(text, str) for text in found):
        raise ArgumentError(f"{json.dumps(key)} is not a list of texts")
    return found


def _is_int(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _without_repeats(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise ArgumentError(f"{json.dumps(key)} is there twice in one object")
        found[key] = value
    return found


def _escaped(text: str) -> str:
    """JSON with lone surrogates written as escapes, which UTF-8 cannot hold."""
    return re.sub("[\ud800-\udfff]", lambda found: f"\\u{ord(found[0]):04x}", text)
