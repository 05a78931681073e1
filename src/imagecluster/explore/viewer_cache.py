"""The viewer's results for a collection, kept for its next start if possible."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from numpy.typing import NDArray

from imagecluster.errors import NotOursError
from imagecluster.system.array_cache import ArrayCache, CacheKind, Kept
from imagecluster.system.safe_files import OwnFolder

__all__ = ["keep", "kept"]

_log = logging.getLogger(__name__)

T = TypeVar("T")


def keep(
    directory: Path, kind: CacheKind, key: str, arrays: Mapping[str, NDArray[Any]], *, follow: bool = True
) -> None:
    """Keep arrays in the database's folder, if possible: the viewer can do without."""
    try:
        with OwnFolder(directory, follow=follow) as folder:
            ArrayCache(folder, kind).save_if_possible(key, arrays)
    except OSError as error:
        _log.debug("the %s is not kept: %s", kind.noun, error)
    except NotOursError as error:
        _log.warning("the %s is not kept: %s", kind.noun, error)


def kept(directory: Path, kind: CacheKind, key: str, use: Callable[[Kept], T]) -> T | None:
    """The result of `use` for the arrays kept under a key, as in `ArrayCache.load`; None also if there is no folder."""
    try:
        with OwnFolder(directory, follow=True) as folder:
            return ArrayCache(folder, kind).load(key, use)
    except OSError as error:
        _log.debug("the %s is not read: %s", kind.noun, error)
    except NotOursError as error:
        _log.warning("the %s is not read: %s", kind.noun, error)
    return None
