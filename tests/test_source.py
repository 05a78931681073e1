"""What holds for the source of the tests themselves."""

import ast
from collections.abc import Iterator
from pathlib import Path

TESTS = Path(__file__).parent
WAITS = {"sleep", "wait_for_timeout"}


def fixed_waits(file: Path) -> Iterator[str]:
    """Calls and imports of what waits for a time; `asyncio.sleep(0)` waits for none."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        match node:
            case ast.Call(func=ast.Attribute(attr="sleep"), args=[ast.Constant(value=0)]):
                continue
            case ast.Call(func=ast.Attribute(attr=name)) if name in WAITS:
                yield f"{file.name}:{node.lineno}: {name}"
            case ast.ImportFrom(names=names) if any(each.name in WAITS for each in names):
                yield f"{file.name}:{node.lineno}: import"


def test_no_test_waits_for_a_time():
    """Each waits until something is true; only `waiting.wait_until` sleeps between two looks."""
    assert [*fixed_waits(TESTS / "waiting.py")] != []
    files = [file for file in sorted(TESTS.glob("**/*.py")) if file.name != "waiting.py"]
    assert len(files) > 50
    assert [wait for file in files for wait in fixed_waits(file)] == []
