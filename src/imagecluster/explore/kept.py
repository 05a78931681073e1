"""What the viewer works out of a large collection, in one file, so that it is there at once at the next start."""

from __future__ import annotations

import logging
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imagecluster.errors import NotOursError
from imagecluster.system.files import OwnFolder

__all__ = ["KEPT_NAME", "keep", "kept"]

_log = logging.getLogger(__name__)

KEPT_NAME = "viewer.npz"


def keep(directory: Path, key: str, arrays: Mapping[str, NDArray[Any]], *, follow: bool = True) -> None:
    """Keeps arrays that belong to a snapshot, in place of those of another one, if possible."""
    try:
        with OwnFolder(directory, follow=follow) as folder, folder.replacing(KEPT_NAME) as stream:
            np.savez(stream, allow_pickle=False, key=np.array(key), **arrays)
    except NotOursError as error:
        _log.warning("%s", error)
    except OSError as error:
        _log.debug("what was worked out is not kept: %s", error)


def kept(directory: Path, key: str) -> dict[str, NDArray[Any]]:
    """The arrays of that snapshot; none where those of another one are kept, or nothing."""
    try:
        # Opened here: NumPy leaves a damaged file open.
        with (
            OwnFolder(directory, follow=True) as folder,
            folder.open_reading(KEPT_NAME) as stream,
            np.load(stream, allow_pickle=False) as file,
        ):
            return {name: file[name] for name in file.files if name != "key"} if file["key"] == key else {}
    except NotOursError as error:
        _log.warning("%s", error)
        return {}
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        _log.debug("what was kept is passed over: %s", error)
        return {}
