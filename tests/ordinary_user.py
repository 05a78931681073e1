"""Acting as an ordinary user, whom the system refuses what it would let the superuser do."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

USER = 65534


@contextmanager
def ordinary_user(*folders: Path) -> Iterator[None]:
    """Act as an ordinary user to whom these folders belong; nothing changes if it is one already."""
    if os.name == "nt" or os.geteuid() != 0:
        yield
        return
    for folder in folders:
        os.chown(folder, USER, USER)
    os.seteuid(USER)
    try:
        yield
    finally:
        os.seteuid(0)
