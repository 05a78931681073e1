"""Sources of the files of models: the package, the user, or the web."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Protocol

from imagecluster.errors import ModelError
from imagecluster.models.remembered import remember, remembered
from imagecluster.system.extras import install_command, missing_extra
from imagecluster.system.progress import OnProgress, silent

__all__ = [
    "MODELS_VARIABLE",
    "GivenSource",
    "InstalledSource",
    "PackagedSource",
    "PublishedSource",
    "RetiredSource",
    "SeveralSources",
    "Source",
    "models_folder",
    "remembered_digest",
]

MODELS_VARIABLE = "IMAGECLUSTER_MODELS"
"""Environment variable with the folder for downloaded models, instead of the user's cache."""

_REMEMBERED = "digests.json"

_log = logging.getLogger(__name__)


class Source(Protocol):
    """A weight file."""

    @property
    def n_bytes(self) -> int | None:
        """Size of the file; None if it is unknown."""

    def present(self) -> Path | None:
        """The file, or None if it would have to be downloaded; ModelError if it is not the expected file."""

    def obtain(self, progress: OnProgress = silent) -> Path:
        """The file, downloaded if necessary; ModelError if it is missing or not the expected file."""


@dataclass(frozen=True, slots=True)
class PackagedSource:
    """A file that is part of the package."""

    path: Path
    sha256: str

    @property
    def n_bytes(self) -> int | None:
        """Size of the file."""
        return _size(self.path)

    def present(self) -> Path | None:
        """The file, after checking its checksum, which is quick because the file is small."""
        return self.obtain()

    def obtain(self, progress: OnProgress = silent) -> Path:
        """The file, after checking its checksum, which is quick because the file is small."""
        from imagecluster.system.fetch import digest

        try:
            found = digest(self.path, f"sha256:{self.sha256}").removeprefix("sha256:")
        except OSError as error:
            raise ModelError(f"the weights are missing: {error}; reinstall imagecluster") from None
        if found != self.sha256:
            raise ModelError(f"{self.path} is damaged (sha256 {found}, expected {self.sha256}); reinstall imagecluster")
        return self.path


@dataclass(frozen=True, slots=True)
class GivenSource:
    """A file that the user names."""

    path: Path

    @property
    def n_bytes(self) -> int | None:
        """Size of the file."""
        return _size(self.path)

    def present(self) -> Path | None:
        """The file."""
        return self.obtain()

    def obtain(self, progress: OnProgress = silent) -> Path:
        """The file."""
        if not self.path.is_file():
            raise ModelError(f"there is no weight file {self.path}")
        return self.path


@dataclass(frozen=True, slots=True)
class PublishedSource:
    """A file at a public address, looked for on this machine first."""

    url: str
    file_name: str
    """Name in the folder of downloaded models."""
    checksum: str
    """`sha256:` or `md5:` and hexadecimal digits."""
    n_bytes: int | None
    other_places: Callable[[], tuple[Path, ...]] = tuple
    """Places where other programs keep the same file."""

    @property
    def destination(self) -> Path:
        """Where the file is put by a download."""
        return models_folder() / self.file_name

    def present(self) -> Path | None:
        """The file with the right checksum; a file with another checksum is ignored, with a warning in the log."""
        for place in (self.destination, *self.other_places()):
            if not place.is_file():
                continue
            if (
                self.n_bytes in (None, place.stat().st_size)
                and remembered_digest(place, self.checksum) == self.checksum
            ):
                return place
            _log.warning("%s is not the file of %s (another size or checksum) and is not used", place, self.url)
        return None

    def obtain(self, progress: OnProgress = silent) -> Path:
        """The file, downloaded if it is not on this machine."""
        from imagecluster.system.fetch import download

        found = self.present()
        if found is not None:
            return found
        if self.destination.is_file():
            raise ModelError(
                f"{self.destination} is damaged (its size or checksum is not {self.n_bytes}, {self.checksum}); remove"
                " it, and it will be downloaded again"
            )
        return download(self.url, self.destination, checksum=self.checksum, n_bytes=self.n_bytes, progress=progress)


@dataclass(frozen=True, slots=True)
class InstalledSource:
    """A file of another package, which an extra installs."""

    module: str
    file_name: str
    """Name in the module's folder."""
    sha256: str
    n_bytes: int | None
    extra: str
    needs: str = ""
    """Other requirements, such as the version of Python."""

    def present(self) -> Path | None:
        """The file, or None if the package is not installed; ModelError if the package holds another file."""
        found = find_spec(self.module)
        if found is None or found.origin is None:
            return None
        path = Path(found.origin).with_name(self.file_name)
        digits = remembered_digest(path, f"sha256:{self.sha256}").removeprefix("sha256:")
        if digits != self.sha256:
            raise ModelError(
                f"{path} is not the expected file (sha256 {digits}, expected {self.sha256}); reinstall its package:"
                f" {install_command(self.extra)} --force-reinstall"
            )
        return path

    def obtain(self, progress: OnProgress = silent) -> Path:
        """The file; MissingExtraError if the package is not installed."""
        found = self.present()
        if found is None:
            needs = f" ({self.needs})" if self.needs else ""
            raise missing_extra(f"this model needs the package {self.module}{needs}", self.extra)
        return found

    @property
    def spelled(self) -> str:
        """Name of the extra for pip."""
        return f"imagecluster[{self.extra}]"


@dataclass(frozen=True, slots=True)
class RetiredSource:
    """No file: the network of a model that is no longer shipped."""

    name: str
    """Name of the model."""
    successor: str
    """Name of the model that replaced it."""

    @property
    def n_bytes(self) -> int | None:
        """None, since there is no file."""
        return None

    def present(self) -> Path | None:
        """None, since there is no file."""
        return None

    def obtain(self, progress: OnProgress = silent) -> Path:
        """ModelError, which says what replaced the model."""
        raise ModelError(
            f"the network of {self.name} is not part of this version of imagecluster, so that pictures without a"
            f" fingerprint of it cannot be compared with those that have one: run imagecluster on the collection"
            f" without --model, and all its pictures get fingerprints of {self.successor}"
        )


@dataclass(frozen=True, slots=True)
class SeveralSources:
    """The files of several models together."""

    sources: tuple[Source, ...]

    @property
    def n_bytes(self) -> int | None:
        """Total size; None if one is unknown."""
        sizes = [source.n_bytes for source in self.sources]
        return None if None in sizes else sum(size for size in sizes if size is not None)

    def present(self) -> Path | None:
        """The first file, or None if any would have to be downloaded."""
        found = [source.present() for source in self.sources]
        return None if None in found else found[0]

    def obtain(self, progress: OnProgress = silent) -> Path:
        """The first file, after all missing ones have been downloaded."""
        found = [source.obtain(progress) for source in self.sources]
        return found[0]


def _size(path: Path) -> int | None:
    """Size of a file in bytes; None if there is none."""
    return path.stat().st_size if path.is_file() else None


def models_folder() -> Path:
    """Folder of downloaded models: IMAGECLUSTER_MODELS, or else `models` in the user's cache."""
    given = os.environ.get(MODELS_VARIABLE)
    if given:
        return Path(given).expanduser().absolute()
    import platformdirs

    return Path(platformdirs.user_cache_dir("imagecluster", appauthor=False)) / "models"


def remembered_digest(path: Path, checksum: str) -> str:
    """`fetch.digest`, computed once for each state of a file, since half a gigabyte takes a second.

    Raises ModelError if the file cannot be read.
    """
    from imagecluster.system.fetch import digest

    try:
        status = path.stat()
        key = f"{checksum.partition(':')[0]} {path.resolve()}"
        state = [status.st_size, status.st_mtime_ns]
        match remembered(models_folder() / _REMEMBERED).get(key):
            case [*then, str(known)] if then == state:
                return known
        found = digest(path, checksum)
    except OSError as error:
        raise ModelError(f"the weights {path} cannot be read: {error.strerror or error}") from None
    # With a read-only home it is computed each time.
    remember(models_folder() / _REMEMBERED, key, [*state, found])
    return found
