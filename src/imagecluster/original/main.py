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
from imagecluster.models import DEFAULT_MODEL, VGG16_LAYERS, find_model
from imagecluster.original.io import ic_base_dir
from imagecluster.original.stored import keep_for_others, stored_fingerprints
from imagecluster.store import Store
from imagecluster.system.progress import Progress

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from imagecluster.models import Model

__all__ = ["ic_base_dir", "main"]

_NINETY_PERCENT: Mapping[str, Any] = {"n_components": 0.9}


def main(  # noqa: PLR0913  # the original's, and what was added to it
    imagedir: str | os.PathLike[str],
    sim: float = 0.5,
    layer: str | None = None,
    size: Sequence[int] = (224, 224),
    links: bool = True,
    vis: bool = False,
    max_csize: int | None = None,
    pca: bool = False,
    pca_params: Mapping[str, Any] = _NINETY_PERCENT,
    *,
    model: str | None = None,
    weights: str | os.PathLike[str] | None = None,
    gone: bool = False,
) -> dict[int, list[list[str]]]:
    """Sort a folder of pictures, and print what the original printed.

    The first run makes the database of fingerprints in `imagedir/imagecluster`; later runs only fingerprint new
    pictures and repeat the clustering. The fingerprints are also written there to `fingerprints.pk`, which the original
    kept them in.

    With VGG16 it works like the original and gives the same clusters: Euclidean distances, and only the pictures
    directly in the folder. That is so with `layer`, and without it if the weights of VGG16 are on this machine.
    Otherwise, or with `model`, it works like `imagecluster imagedir`, with the default model, which needs no download:
    cosine distances, all subfolders, and a page and tables beside the links.

    Parameters
    ----------
    imagedir
        Folder of pictures.
    sim
        Similarity index in [0, 1] on the relative scale: the cut is at (1 - sim) x the largest distance between two
        pictures. 0 puts all pictures in one cluster, 1 only identical ones together.
    layer
        Layer of VGG16: 'fc2', 'fc1' or 'flatten'. Default: 'fc2' if its weights are on this machine (see
        `calc.get_model`; nothing is downloaded), or else the default model.
    size
        (width, height) to which pictures are stretched for VGG16, which takes only (224, 224), and for `vis`.
    links
        Whether to make folders of links to the pictures of each cluster,
        `imagecluster/clusters/cluster_with_N/cluster_i`.
    vis
        Whether to show the clusters in a window (`postproc.visualize`); needs the extra `plot`.
    max_csize
        Size of the largest cluster that `vis` shows.
    pca
        Whether to reduce the fingerprints by `calc.pca` before clustering. With the default model, too, distances are
        then Euclidean, and subfolders, page and tables are left out.
    pca_params
        Arguments of `calc.pca`.
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
        An argument is outside its range, or both `layer` and `model` are given.
    InputError
        There is no such folder, or most of its pictures are gone.
    ModelError
        The weights of VGG16 are missing.
    """
    from imagecluster.original import calc, postproc

    _check(sim=sim, layer=layer, model=model, weights=weights)
    declaration = _declaration(layer, model, weights)
    _check_size(declaration, size)
    folder = Path(imagedir)
    if not folder.is_dir():
        raise InputError(f"cannot scan {str(folder)!r}: no such folder")
    directory = locate(folder).directory
    if Store.exists(directory):
        print(f"fingerprints database {directory} found")
    else:
        print(f"no fingerprints database {directory} found, making it")
    if not pca and declaration.name not in VGG16_LAYERS:
        clusters = _with_the_chain(imagedir, sim, declaration, links=links, gone=gone)
    else:
        found = _fingerprints(imagedir, declaration)
        if pca:
            found = calc.pca(found, **pca_params)
            print(f"pca dims: {len(next(iter(found.values()), ()))}")
        print("clustering ...")
        clusters = calc.cluster(found, sim)
        if links:
            postproc.make_links(clusters, directory / "clusters")
    if vis:
        _show(clusters, size, max_csize)
    return clusters


def _check(*, sim: float, layer: str | None, model: str | None, weights: object) -> None:
    """Raise ArgumentError for arguments that contradict each other, before anything is computed."""
    if not 0 <= sim <= 1:
        raise ArgumentError(f"sim is {sim}; it must be from 0 (all together) to 1 (only identical ones)")
    if layer is not None and model is not None:
        raise ArgumentError(f"got layer {layer!r} and model {model!r}; give only one of them")
    if layer is None and weights is not None:
        raise ArgumentError("weights is for VGG16 only; give a layer with it, such as layer='fc2'")


def _check_size(model: Model, size: Sequence[int]) -> None:
    """Raise ArgumentError for a size that is not that of VGG16; other models take pictures of any size."""
    if model.name in VGG16_LAYERS and tuple(size) != model.geometry.size:
        raise ArgumentError(f"size is {tuple(size)}; this network takes pictures of {model.geometry.size}")


def _declaration(layer: str | None, model: str | None, weights: str | os.PathLike[str] | None) -> Model:
    """The model to use."""
    from imagecluster.original.vgg16 import vgg16_of_layer

    if model is not None:
        return find_model(model)
    if layer is not None:
        return vgg16_of_layer(layer, weights=weights)
    original = vgg16_of_layer()
    return original if original.source.present() is not None else find_model(DEFAULT_MODEL)


def _show(clusters: Mapping[int, Sequence[Sequence[str]]], size: Sequence[int], max_csize: int | None) -> None:
    """Show clusters in a window."""
    from imagecluster.original import io, postproc

    shown = {n: group for n, group in clusters.items() if max_csize is None or n <= max_csize}
    names = [name for group in shown.values() for cluster in group for name in cluster]
    postproc.visualize(shown, {name: io.stretched(name, size) for name in names})


def _with_the_chain(
    imagedir: str | os.PathLike[str], sim: float, model: Model, *, links: bool, gone: bool
) -> dict[int, list[list[str]]]:
    """Clusters as the command line makes them, with the relative scale."""
    print(f"model {model.name} (layer='fc2' uses the original's VGG16)")
    clustering = _Announcement()
    settings = Settings(sim=sim, sim_scale="relative", model=model.name, links="symlink" if links else "none")
    result = run([imagedir], settings, gone=gone, progress=clustering)
    clustering.once()
    for skip in result.skips:
        warnings.warn(f"left out {skip.path}: {skip.reason}", stacklevel=3)
    if links:
        print(f"cluster dir: {result.directory / 'clusters'}")
    print(result.outputs.statistics)
    names = [os.path.join(imagedir, name) for name in result.names]  # noqa: PTH118 - as the original spelled them
    found = stored_fingerprints(names, Path(imagedir), model)
    keep_for_others(found.fingerprints, found.place)
    clusters: dict[int, list[list[str]]] = {}
    for cluster in result.clusters.clusters:
        members = [names[row] for row in cluster.members]
        clusters.setdefault(len(members), []).append(members)
    return clusters


def _fingerprints(imagedir: str | os.PathLike[str], model: Model) -> Mapping[str, NDArray[Any]]:
    """Fingerprints of the folder's pictures, also left in the original's file."""
    from imagecluster.original import io

    print(f"model {model.identity}")
    found = stored_fingerprints(io.get_files(imagedir), Path(imagedir), model)
    keep_for_others(found.fingerprints, found.place)
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
