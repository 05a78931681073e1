"""The original's calculations: `from imagecluster import calc`.

Names, defaults and return values are those of imagecluster 0.4, and names and arguments of earlier releases work too;
docs/migration.md lists the differences.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Hashable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeVar, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from imagecluster.errors import ArgumentError, MemoryLimitError, VectorError
from imagecluster.linkage.condensed import condensed, condensed_bytes
from imagecluster.linkage.methods import METHODS, METRICS
from imagecluster.models.vgg16 import MEAN_BGR
from imagecluster.original.labels import linkage_labels
from imagecluster.original.older_arguments import method_may_come_third, once_named
from imagecluster.system.memory import available_bytes

if TYPE_CHECKING:
    from PIL import Image

__all__ = [
    "FingerprintModel",
    "cluster",
    "cluster_stats",
    "fingerprint",
    "fingerprints",
    "get_model",
    "image_arrays",
    "load_img_rgb",
    "pca",
    "print_cluster_stats",
]

BATCH = 16
"""Number of pictures passed to a model at a time."""

Name = TypeVar("Name", bound=Hashable)

_MEASURES_NUMBERS = frozenset(
    ("euclidean", "sqeuclidean", "seuclidean", "cityblock", "chebyshev", "minkowski", "mahalanobis", "canberra",
     "braycurtis", "hamming")
)  # fmt: skip
"""Metrics that give two single numbers a distance; all others compare directions or sets."""

_SOLVER_ARGUMENTS = frozenset(
    ("copy", "svd_solver", "tol", "iterated_power", "n_oversamples", "power_iteration_normalizer", "random_state")
)
"""Arguments of scikit-learn's PCA that do not change what it computes, only how."""

_ROUNDING = 1e-12
"""Relative rounding error of heights: means of equal distances come out above them, so that sim = 0 would leave some
pictures out of the one cluster."""


class FingerprintModel(Protocol):
    """What `fingerprints` needs from a model."""

    @property
    def n_dimensions(self) -> int:
        """Length of a fingerprint."""

    def predict(self, images: NDArray[np.uint8], /) -> NDArray[np.float32]:
        """Fingerprints, shape (n, n_dimensions), of RGB pictures, shape (n, height, width, 3)."""


def get_model(layer: str = "fc2", *, weights: str | os.PathLike[str] | None = None) -> FingerprintModel:
    """The VGG16 network of Keras (ImageNet), cut at a layer and run without TensorFlow.

    Parameters
    ----------
    layer
        'fc2' or 'fc1' (4096 numbers), or 'flatten' (25088).
    weights
        Weight file of Keras; default: the one that Keras keeps in ~/.keras/models, or else a download, made once.

    Raises
    ------
    ArgumentError
        There is no such layer.
    ModelError
        The weights are missing or damaged.
    """
    from imagecluster.original.vgg16 import load_vgg16

    return load_vgg16(layer, weights=weights)


def image_arrays(
    imagedir: str | os.PathLike[str], size: Sequence[int], ncores: int | None = None
) -> dict[str, NDArray[np.int_]]:
    """`io.read_images` as it was called up to release 0.3.1: the same pictures, as arrays of `int`.

    Whole numbers of the usual size do not overflow when pictures are subtracted, but take eight times the memory.
    """
    from imagecluster.original.io import read_images

    return {name: image.astype(np.int_) for name, image in read_images(imagedir, size, ncores).items()}


def load_img_rgb(fn: str | os.PathLike[str]) -> Image.Image:
    """A picture as Pillow's `convert("RGB")` gives it: transparency is dropped, and the EXIF orientation ignored.

    Raises
    ------
    DecodeError
        The file cannot be read.
    """
    from imagecluster.original.io import stored_picture

    return stored_picture(Path(fn))


@once_named(img_arr="image")
def fingerprint(image: ArrayLike, model: FingerprintModel) -> NDArray[np.floating[Any]]:
    """Fingerprint of one picture, shape (n_dimensions,), float32.

    Parameters
    ----------
    image
        Array of shape (height, width, 3), RGB, or (height, width, 1) or (height, width), grey; whole numbers from 0
        to 255.
    model
        The model, from `get_model`, or a `keras.Model` of your own: it is given pictures as VGG16 of Keras takes them.

    Raises
    ------
    ArgumentError
        `image` is not such an array, or does not have the size that the model takes.
    """
    return np.asarray(_predicted(model, _as_rgb(image, "the picture")[np.newaxis])[0])


@once_named(ias="images", image_arrays="images")
def fingerprints(images: Mapping[Name, ArrayLike], model: FingerprintModel) -> dict[Name, NDArray[np.floating[Any]]]:
    """Fingerprint of each picture, shape (n_dimensions,), by file name. For the pictures see `fingerprint`."""
    found: dict[Name, NDArray[np.floating[Any]]] = {}
    for names in _batches(images):
        pictures = [_as_rgb(images[name], name) for name in names]
        if len({picture.shape for picture in pictures}) > 1:
            sizes = sorted({f"{picture.shape[1]} x {picture.shape[0]}" for picture in pictures})
            raise ArgumentError(f"the pictures have different sizes ({', '.join(sizes)}); a model takes one size")
        found.update(zip(names, _predicted(model, np.stack(pictures)), strict=True))
    return found


def _predicted(model: FingerprintModel, pictures: NDArray[np.uint8]) -> NDArray[np.floating[Any]]:
    """Fingerprints of RGB pictures, shape (n, height, width, 3)."""
    if type(model).__module__.partition(".")[0] not in ("keras", "tensorflow", "tf_keras"):
        return np.asarray(model.predict(pictures))
    prepared: Any = pictures[..., ::-1] - np.array(MEAN_BGR, np.float32)
    return np.asarray(model.predict(prepared))


def _batches(names: Collection[Name]) -> Iterator[list[Name]]:
    """The names, in batches."""
    rest = iter(names)
    while batch := list(islice(rest, BATCH)):
        yield batch


def _as_rgb(image: ArrayLike, name: object) -> NDArray[np.uint8]:
    """A picture as uint8 of shape (height, width, 3); a grey channel is repeated."""
    pixels = np.asarray(image)
    if pixels.ndim == 2:
        pixels = pixels[:, :, np.newaxis]
    if pixels.ndim != 3 or pixels.shape[2] not in (1, 3) or 0 in pixels.shape or pixels.dtype.kind not in "uif":
        raise ArgumentError(
            f"{name} is an array of shape {np.shape(image)} and type {pixels.dtype}; expected a picture of shape "
            "(height, width, 3)"
        )
    if pixels.dtype != np.uint8:
        # Not a number fails the comparison too.
        if not (pixels.min() >= 0 and pixels.max() <= 255 and np.array_equal(pixels, np.trunc(pixels))):
            raise ArgumentError(
                f"the values of {name} are from {pixels.min()} to {pixels.max()}; they must be whole numbers from 0 "
                "to 255, as `io.read_images` returns them"
            )
        pixels = pixels.astype(np.uint8)
    return pixels if pixels.shape[2] == 3 else pixels.repeat(3, axis=2)


@once_named(fps="fingerprints")
def pca(
    fingerprints: Mapping[Name, ArrayLike], n_components: float | None = 0.9, *, whiten: bool = False, **kwds: object
) -> dict[Name, NDArray[np.floating[Any]]]:
    """Fingerprints projected onto their principal components, by file name.

    Parameters
    ----------
    fingerprints
        Arrays of equal length by file name.
    n_components
        A fraction in (0, 1] keeps the fewest components that explain more than this part of the variance; a whole
        number keeps that many components; None keeps all min(n_images, n_dimensions).
    whiten
        Whether each component is divided by its standard deviation.
    kwds
        Other arguments of scikit-learn's `PCA`, which choose how it computes. They are accepted and change nothing,
        since the components here are always exact.

    Returns
    -------
    dict
        Arrays of shape (n_components,), float64. Signs are chosen so that the largest weight of each component is
        positive; the same fingerprints then give the same numbers on every machine.

    Raises
    ------
    ArgumentError
        `n_components` is outside its range, an argument is unknown, or the fingerprints are not a table of finite
        numbers.
    """
    unknown = sorted(kwds.keys() - _SOLVER_ARGUMENTS)
    if unknown:
        raise ArgumentError(f"pca has no argument {unknown[0]!r}; scikit-learn's PCA has none of this name")
    if not fingerprints:
        return {}
    X = _as_table(fingerprints)
    centred = X - X.mean(axis=0)
    scores, scale, axes = np.linalg.svd(centred, full_matrices=False)
    n_kept = _n_components(n_components, scale**2)
    largest = np.argmax(np.abs(axes[:n_kept]), axis=1)
    sign = np.where(axes[np.arange(n_kept), largest] < 0, -1.0, 1.0)
    width = np.where(scale[:n_kept] > 0, np.sqrt(len(X) - 1), 0.0) if whiten else scale[:n_kept]
    return dict(zip(fingerprints, scores[:, :n_kept] * (width * sign), strict=True))


def _n_components(wanted: float | None, variance: NDArray[np.float64]) -> int:
    """Number of components to keep, given their variances in falling order."""
    most = len(variance)
    if wanted is None:
        return most
    if isinstance(wanted, int | np.integer) and not isinstance(wanted, bool):
        if not 1 <= wanted <= most:
            raise ArgumentError(f"n_components is {wanted}; for these fingerprints it must be from 1 to {most}")
        return int(wanted)
    if isinstance(wanted, bool) or not 0 < wanted <= 1:
        raise ArgumentError(f"n_components is {wanted}; it must be a fraction in (0, 1] or a whole number of 1 or more")
    explained = np.cumsum(variance)
    if explained[-1] == 0:
        return 1
    return min(most, int(np.searchsorted(explained / explained[-1], wanted, side="right")) + 1)


def _as_table(fingerprints: Mapping[Name, ArrayLike]) -> NDArray[np.float64]:
    """Fingerprints as the rows of a table, shape (n_images, n_dimensions)."""
    rows = {name: np.asarray(row) for name, row in fingerprints.items()}
    first = next(iter(rows.values()))
    for name, row in rows.items():
        if row.ndim != 1 or row.dtype.kind not in "fiub" or not len(row):
            raise ArgumentError(f"the fingerprint of {name} has shape {row.shape} and type {row.dtype}; expected "
                                "real numbers (n_dimensions,)")  # fmt: skip
        if row.shape != first.shape:
            raise ArgumentError(
                f"the fingerprint of {name} has {len(row)} numbers and the first one {len(first)}; they must be equal"
            )
        if not np.isfinite(row).all():
            raise ArgumentError(f"the fingerprint of {name} holds values that are not finite")
    return np.array(list(rows.values()), np.float64)


@overload
def cluster(
    fingerprints: Mapping[Name, ArrayLike],
    sim: float = ...,
    timestamps: Mapping[Name, float] | None = ...,
    alpha: float = ...,
    method: str = ...,
    metric: str = ...,
    extra_out: Literal[False] = ...,
    print_stats: bool = ...,
    min_csize: int = ...,
) -> dict[int, list[list[Name]]]: ...


@overload
def cluster(
    fingerprints: Mapping[Name, ArrayLike],
    sim: float = ...,
    timestamps: Mapping[Name, float] | None = ...,
    alpha: float = ...,
    method: str = ...,
    metric: str = ...,
    *,
    extra_out: Literal[True],
    print_stats: bool = ...,
    min_csize: int = ...,
) -> tuple[dict[int, list[list[Name]]], dict[str, Any]]: ...


@once_named(fps="fingerprints")
@method_may_come_third
def cluster(  # noqa: PLR0913  # the original's
    fingerprints: Mapping[Name, ArrayLike],
    sim: float = 0.5,
    timestamps: Mapping[Name, float] | None = None,
    alpha: float = 0.3,
    method: str = "average",
    metric: str = "euclidean",
    extra_out: bool = False,
    print_stats: bool = True,
    min_csize: int = 2,
) -> dict[int, list[list[Name]]] | tuple[dict[int, list[list[Name]]], dict[str, Any]]:
    """Clusters of fingerprints by size: `{csize: [[name, ...], ...]}`.

    Distances d are those of the fingerprints. With timestamps, distances of content and time are each divided by their
    maximum and mixed: d = (1 - alpha) d_content + alpha d_time. The dendrogram of d is cut at max(d) (1 - sim).

    Parameters
    ----------
    fingerprints
        Arrays of equal length by file name.
    sim
        Similarity index in [0, 1]: 0 puts all pictures in one cluster (for linkages whose heights do not exceed the
        largest distance), 1 only identical ones together.
    timestamps
        Seconds by file name; names without a fingerprint are ignored. A string in this place is a method, as up to
        release 0.3.1, whose order was `fps, sim, method, metric, extra_out, print_stats, min_csize`.
    alpha
        Weight of time, in [0, 1].
    method
        'average', 'single', 'complete' or 'weighted'; for euclidean distances also 'ward', 'centroid' or 'median'.
    metric
        Name of a distance, as in `scipy.spatial.distance.pdist`. Times are compared under the same metric, or by
        their difference if it compares directions or sets ('cosine', 'correlation', 'jaccard' ...).
    extra_out
        Whether to return a second value.
    print_stats
        Whether to print the number of clusters of each size.
    min_csize
        Smaller clusters are left out; at least 1.

    Returns
    -------
    clusters
        Names in each cluster are in the order of `fingerprints`.
    extra
        Only with `extra_out`: 'Z', the linkage matrix, shape (n - 1, 4); 'dfps', the distances d, condensed, shape
        (n (n - 1) / 2,); 'cut', the number of each name's cluster, from 1, as scipy's `fcluster` counts; and
        'cluster_dct', the names by that number.

    Raises
    ------
    ArgumentError
        An argument is outside its range, a name has no timestamp, or a distance is not finite.
    MemoryLimitError
        The distances of all pairs need more memory than is available.
    MissingExtraError
        The metric needs scipy, which is not installed.
    """
    _check(sim=sim, alpha=alpha, min_csize=min_csize)
    names = list(fingerprints)
    X = _as_table(fingerprints) if names else np.empty((0, 1))
    _check_memory(*X.shape)
    distances = _distances(X, metric, names)
    if timestamps is not None:
        distances = _mixed(distances, _time_distances(names, timestamps, metric), alpha)
    Z = _linkage(distances, method, len(names))
    height = distances.max(initial=0.0) * (1.0 - sim) * (1.0 + _ROUNDING)
    labels = linkage_labels(Z, height, n_leaves=len(names))
    by_label: dict[int, list[Name]] = {label: [] for label in range(1, labels.max(initial=0) + 1)}
    for name, label in zip(names, labels.tolist(), strict=True):
        by_label[label].append(name)
    clusters: dict[int, list[list[Name]]] = {}
    for members in by_label.values():
        if len(members) >= min_csize:
            clusters.setdefault(len(members), []).append(members)
    if print_stats:
        print_cluster_stats(clusters)
    if extra_out:
        return clusters, {"Z": Z, "dfps": distances, "cluster_dct": by_label, "cut": labels}
    return clusters


def _check_memory(n: int, n_dimensions: int) -> None:
    """Raise MemoryLimitError if the distances of all pairs do not fit, with as much again for time and the linkage."""
    needed, available = condensed_bytes(n, n_dimensions) + 8 * n * (n - 1), available_bytes()
    if needed > available:
        raise MemoryLimitError(
            f"the distances of all pairs of {n} fingerprints need {needed / 2**30:.1f} GiB, but only "
            f"{available / 2**30:.1f} GiB are available; `imagecluster.cluster` needs memory for the fingerprints only"
        )


def _check(*, sim: float, alpha: float, min_csize: int) -> None:
    """Raise ArgumentError if a number is outside its range."""
    for name, value in (("sim", sim), ("alpha", alpha)):
        if not 0 <= value <= 1:
            raise ArgumentError(f"{name} is {value}; it must be from 0 to 1")
    if min_csize < 1:
        raise ArgumentError(f"min_csize is {min_csize}; it must be at least 1")


def _distances(X: NDArray[np.float64], metric: str, names: Sequence[object]) -> NDArray[np.float64]:
    """Distances of all pairs of rows, condensed, shape (n (n - 1) / 2,); undefined distances raise ArgumentError."""
    if metric not in METRICS:
        raise ArgumentError(f"metric is {metric!r}; it must be one of {', '.join(METRICS)}")
    if len(X) < 2:
        return np.empty(0)
    try:
        return condensed(X, metric)
    except VectorError as error:
        raise ArgumentError(f"the fingerprint of {names[error.row]} cannot be used: {error}") from None


def _linkage(distances: NDArray[np.float64], method: str, n: int) -> NDArray[np.float64]:
    """Linkage matrix of condensed distances, shape (n - 1, 4).

    It takes distances, not vectors: distances mixed with time are not those of any vectors.
    """
    if method not in METHODS:
        raise ArgumentError(f"method is {method!r}; it must be one of {', '.join(METHODS)}")
    if n < 2:
        return np.empty((0, 4))
    import fastcluster

    return np.asarray(fastcluster.linkage(distances, method, preserve_input=True))


def _time_distances(names: Sequence[Name], timestamps: Mapping[Name, float], metric: str) -> NDArray[np.float64]:
    """Distances in time of all pairs, condensed."""
    missing = [name for name in names if name not in timestamps]
    if missing:
        raise ArgumentError(
            f"{len(missing)} of {len(names)} fingerprints have no timestamp, such as {missing[0]!r}; give one for each"
        )
    times = np.array([timestamps[name] for name in names], np.float64).reshape(-1, 1)
    for name, time in zip(names, times[:, 0], strict=True):
        if not np.isfinite(time):
            raise ArgumentError(f"the timestamp of {name} is {time}; it must be a number of seconds")
    return _distances(times, metric if metric in _MEASURES_NUMBERS else "euclidean", names)


def _mixed(content: NDArray[np.float64], time: NDArray[np.float64], alpha: float) -> NDArray[np.float64]:
    """Both kinds of distances, each divided by its maximum, and mixed; a kind that is all 0 stays 0."""
    parts = [part / (part.max(initial=0.0) or 1.0) for part in (content, time)]
    return np.asarray((1.0 - alpha) * parts[0] + alpha * parts[1])


def cluster_stats(clusters: Mapping[int, Sequence[Sequence[Any]]]) -> NDArray[np.int64]:
    """Number of clusters of each size, shape (n_sizes, 2): size and number, smallest size first."""
    return np.array([[size, len(clusters[size])] for size in sorted(clusters)], np.int64).reshape(-1, 2)


def print_cluster_stats(clusters: Mapping[int, Sequence[Sequence[Any]]]) -> None:
    """Print the number of clusters of each size, and the number of pictures in them.

    >>> print_cluster_stats({2: [["a", "b"], ["c", "d"]], 3: [["e", "f", "g"]]})
    cluster size : ncluster
    2 : 2
    3 : 1
    #images in clusters total:  7
    """
    stats = cluster_stats(clusters)
    print("cluster size : ncluster")
    for size, number in stats.tolist():
        print(f"{size} : {number}")
    print("#images in clusters total: ", stats.prod(axis=1).sum())
