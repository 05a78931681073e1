"""The original's entry point: `from imagecluster import main; main.main('/path/to/pics', sim=0.5)`."""

from __future__ import annotations

import os
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from imagecluster.collection import Settings, locate
from imagecluster.errors import ArgumentError, InputError
from imagecluster.functions.running import run
from imagecluster.models import DEFAULT_MODEL
from imagecluster.store import Store
from imagecluster.system.progress import Progress

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from imagecluster.models import Model

_NINETY_PERCENT: Mapping[str, Any] = {"n_components": 0.9}


def main(  # noqa: PLR0913  # the original's, and what was added to it
    imagedir: str | os.PathLike[str],
    sim: float = 0.5,
    layer: str | None = None,
    size: Sequence[int] = (224, 224),
    links: bool = True,
    pca: bool = False,
    pca_params: Mapping[str, Any] = _NINETY_PERCENT,
    max_csize: int | None = None,
    vis: bool = False,
    *,
    model: str | None = None,
    weights: str | os.PathLike[str] | None = None,
    gone: bool = False,
) -> dict[int, list[list[str]]]:
    """Sort a folder of pictures, and print what the original printed.

    The first run makes the database of fingerprints in `imagedir/imagecluster`; later runs only fingerprint new
    pictures and repeat the clustering.

    Without `layer` this works like `imagecluster imagedir`: with the default model, which needs no download, cosine
    distances, all subfolders, and a page and tables beside the links. With `layer` it works like the original and gives
    the same clusters: with VGG16, Euclidean distances, and only the pictures directly in the folder.

    Parameters
    ----------
    imagedir
        Folder of pictures.
    sim
        Similarity index in [0, 1] on the relative scale: the cut is at (1 - sim) x the largest distance between two
        pictures. 0 puts all pictures in one cluster, 1 only identical ones together.
    layer
        Layer of VGG16: 'fc2' (the original's default), 'fc1' or 'flatten'.
    size
        (width, height) to which pictures are stretched for VGG16; the network takes only (224, 224).
    links
        Whether to make folders of links to the pictures of each cluster,
        `imagecluster/clusters/cluster_with_N/cluster_i`.
    pca
        Whether to reduce fingerprints of VGG16 by `calc.pca` before clustering.
    pca_params
        Arguments of `calc.pca`.
    max_csize
        Size of the largest cluster that `vis` shows.
    vis
        Whether to show the clusters in a window (`postproc.visualize`); needs the extra `plot`.
    model
        Fingerprint model, instead of `layer`.
    weights
        Weight file of Keras for `layer`; default: as for `calc.get_model`.
    gone
        Whether most pictures may be missing because they were deleted for good; without `layer` such a run is refused
        otherwise.

    Returns
    -------
    dict
        Clusters of two or more pictures by size: `{csize: [[file, ...], ...]}`.

    Raises
    ------
    ArgumentError
        An argument is outside its range, or `pca` or `vis` is given without `layer`.
    InputError
        There is no such folder, or most of its pictures are gone.
    ModelError
        The weights of VGG16 are missing.
    """
    _check(sim=sim, layer=layer, model=model, needs_layer={"pca": pca, "vis": vis, "weights": weights is not None})
    folder = Path(imagedir)
    if not folder.is_dir():
        raise InputError(f"cannot scan {str(folder)!r}: no such folder")
    directory = locate(folder).directory
    if Store.exists(directory):
        print(f"fingerprints database {directory} found")
    else:
        print(f"no fingerprints database {directory} found, making it")
    if layer is None:
        return _with_the_chain(folder, sim, model or DEFAULT_MODEL, links=links, gone=gone)
    from imagecluster.original import calc, io, postproc
    from imagecluster.original.vgg16 import vgg16_of_layer

    found = _fingerprints(folder, vgg16_of_layer(layer, weights=weights), size)
    if pca:
        found = calc.pca(found, **pca_params)
        print(f"pca dims: {len(next(iter(found.values()), ()))}")
    print("clustering ...")
    clusters = calc.cluster(found, sim)
    if links:
        postproc.make_links(clusters, directory / "clusters")
    if vis:
        postproc.visualize(clusters, io.read_images(folder, size), max_csize=max_csize)
    return clusters


def _check(*, sim: float, layer: str | None, model: str | None, needs_layer: Mapping[str, bool]) -> None:
    """Raise ArgumentError for arguments that contradict each other, before anything is computed."""
    if not 0 <= sim <= 1:
        raise ArgumentError(f"sim is {sim}; it must be from 0 (all together) to 1 (only identical ones)")
    if layer is not None and model is not None:
        raise ArgumentError(f"got layer {layer!r} and model {model!r}; give only one of them")
    wanted = [name for name, asked in needs_layer.items() if asked]
    if layer is None and wanted:
        raise ArgumentError(f"{wanted[0]} is for VGG16 only; give a layer with it, such as layer='fc2'")


def _with_the_chain(folder: Path, sim: float, model: str, *, links: bool, gone: bool) -> dict[int, list[list[str]]]:
    """Clusters as the command line makes them, with the relative scale."""
    print(f"model {model} (layer='fc2' uses the original's VGG16)")
    clustering = _Announcement()
    settings = Settings(sim=sim, sim_scale="relative", model=model, links="symlink" if links else "none")
    result = run([folder], settings, gone=gone, progress=clustering)
    clustering.once()
    for skip in result.skips:
        warnings.warn(f"left out {skip.path}: {skip.reason}", stacklevel=3)
    if links:
        print(f"cluster dir: {result.directory / 'clusters'}")
    print(result.outputs.statistics)
    clusters: dict[int, list[list[str]]] = {}
    for cluster in result.clusters.clusters:
        names = [os.fspath(result.paths[row]) for row in cluster.members]
        clusters.setdefault(len(names), []).append(names)
    return clusters


def _fingerprints(folder: Path, model: Model, size: Sequence[int]) -> Mapping[str, NDArray[Any]]:
    """Fingerprints of the folder's pictures by VGG16."""
    from imagecluster.original import io
    from imagecluster.original.stored import stored_fingerprints

    if tuple(size) != model.geometry.size:
        raise ArgumentError(f"size is {tuple(size)}; this network takes pictures of {model.geometry.size}")
    print(f"model {model.identity}")
    found = stored_fingerprints(io.get_files(folder), folder, model)
    for skip in found.skips:
        warnings.warn(f"left out {skip.path}: {skip.reason}", stacklevel=4)
    return found.fingerprints


class _Announcement:
    """A message, printed once, that fingerprints are done and clustering begins."""

    def __init__(self) -> None:
        self._said = False

    def __call__(self, progress: Progress) -> None:
        if progress.stage not in ("scan", "weights", "fingerprints"):
            self.once()

    def once(self) -> None:
        if not self._said:
            print("clustering ...")
            self._said = True
