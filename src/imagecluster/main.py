"""The original's entry point: `from imagecluster import main; main.main('/path/to/pics', sim=0.5)`."""

from __future__ import annotations

import os
from pathlib import Path

from imagecluster.models import DEFAULT_MODEL
from imagecluster.pipeline import Result, Settings, locate, run
from imagecluster.store import Store


def main(
    imagedir: str | os.PathLike[str], sim: float = 0.5, *, model: str = DEFAULT_MODEL, links: bool = True
) -> Result:
    """Sort a folder of pictures; prints as the original did.

    The first run makes the database of fingerprints in `imagedir/imagecluster`; a second one repeats the clustering
    only, and fingerprints what is new.

    Parameters
    ----------
    imagedir
        Folder of pictures, with all folders inside it.
    sim
        Similarity index in [0, 1]: 0 puts all pictures in one cluster, 1 only identical ones together.
    model
        Fingerprint model.
    links
        Whether to lay the clusters out as folders of links, `imagecluster/clusters/cluster_with_N/cluster_i`.

    Raises
    ------
    ArgumentError
        `sim` is outside [0, 1].
    InputError
        There is no such folder.
    """
    settings = Settings(sim=sim, model=model, links="symlink" if links else "none")
    folder = Path(imagedir)
    _, directory = locate([folder])
    if Store.exists(directory):
        print(f"fingerprints database {directory} found")
    else:
        print(f"no fingerprints database {directory} found, making it")
    clustering = _Announcement()
    result = run([folder], settings, progress=clustering)
    clustering.once()
    print(f"cluster dir: {result.directory / 'clusters'}")
    print(result.outputs.statistics)
    return result


class _Announcement:
    """Says once that fingerprints are done and clustering begins."""

    def __init__(self) -> None:
        self._said = False

    def __call__(self, stage: str, done: int, total: int) -> None:
        if stage not in ("scan", "weights", "fingerprints"):
            self.once()

    def once(self) -> None:
        if not self._said:
            print("clustering ...")
            self._said = True
