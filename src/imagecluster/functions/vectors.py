"""Parts of the chain as plain functions: fingerprints of pictures, clusters of vectors."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from numpy.typing import ArrayLike, NDArray

from imagecluster.collection.recipe import Recipe
from imagecluster.errors import ArgumentError
from imagecluster.models import DEFAULT_MODEL, find_model
from imagecluster.records import TIME_SCALE_S, Clusters, CutName, Dendrogram, Fingerprints, SimScaleName, Skip
from imagecluster.scan import StrPath, as_paths

if TYPE_CHECKING:
    from imagecluster.cut import Cut
    from imagecluster.cut.sim_scale import SimScale

TIME_WEIGHT = 0.3
"""Default share of time in the similarity, if times are given; that of the original's `alpha`."""


def fingerprint(
    paths: Iterable[StrPath] | StrPath,
    *,
    model: str = DEFAULT_MODEL,
    on_skip: str = "raise",
    n_threads: int | None = None,
    device: str = "cpu",
) -> Fingerprints:
    """Fingerprints of picture files, row i belonging to path i. Nothing is kept on disk.

    Parameters
    ----------
    paths
        Picture files. A folder stands for all pictures inside it. A path that is given twice counts once.
    model
        Fingerprint model, or several together: `NAME+NAME`.
    on_skip
        What to do when a picture cannot be read: 'raise' a DecodeError, or 'omit' the picture with a warning.
    n_threads
        Number of threads; default: one per core.
    device
        Device that runs the network: cpu, cuda, directml, coreml, openvino, or auto.

    Returns
    -------
    Fingerprints
        `vectors` has shape (n_images, n_dimensions), float32, unit length.

    Raises
    ------
    ArgumentError
        `on_skip` has another value.
    DecodeError
        A picture cannot be read; the message gives its path and the reason.
    InputError, ModelError
        A path or the model does not exist.
    """
    import warnings

    import numpy as np

    from imagecluster.embed import embed_files, load_embedders
    from imagecluster.errors import DecodeError
    from imagecluster.models import joined
    from imagecluster.scan import scan

    if on_skip not in ("raise", "omit"):
        raise ArgumentError(f"on_skip is {on_skip!r}; it must be 'raise' or 'omit'")
    declaration = find_model(model)
    given = as_paths(paths)
    found = scan(given)
    skips: list[Skip] = list(found.skips)
    rows: dict[Path, NDArray[np.float32]] = {}
    for chunk in embed_files(found.files, *load_embedders(declaration, device=device), n_threads=n_threads):
        for outcome in chunk:
            if outcome.content is not None:
                rows[outcome.file.path] = joined(declaration, outcome.content.fingerprints)
            elif outcome.skip is not None:
                skips.append(outcome.skip)
    if skips and on_skip == "raise":
        raise DecodeError(f"{skips[0].path}: {skips[0].reason}")
    for skip in skips:
        warnings.warn(f"left out {skip.path}: {skip.reason}", stacklevel=2)
    in_order = _in_the_order_given(given, list(rows))
    vectors = np.array([rows[path] for path in in_order], np.float32).reshape(-1, declaration.n_dimensions)
    if not declaration.output.unit:
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return Fingerprints(tuple(in_order), vectors, declaration.identity)


def _in_the_order_given(given: list[Path], found: list[Path]) -> list[Path]:
    """The pictures in the order of the arguments; those of a folder stand at its place, in the order of their paths."""
    from imagecluster.scan import absolute

    arguments = [Path(absolute(path)) for path in given]
    place = {path: i for i, path in reversed(list(enumerate(arguments)))}

    def key(path: Path) -> tuple[int, bytes]:
        holders = [place[part] for part in (path, *path.parents) if part in place]
        return min(holders, default=len(arguments)), bytes(path)

    return sorted(found, key=key)


def cluster(  # noqa: PLR0913  # public, keyword-only
    X: ArrayLike | Fingerprints,
    *,
    sim: float = 0.5,
    n_clusters: int | None = None,
    sim_scale: SimScaleName | None = None,
    cut: CutName | None = None,
    min_size: int = 2,
    max_diameter: float | None = None,
    method: str = "average",
    metric: str = "cosine",
    times_s: ArrayLike | None = None,
    time_weight: float = TIME_WEIGHT,
    time_scale_s: float = TIME_SCALE_S,
    tree: Dendrogram | None = None,
) -> Clusters:
    """Clusters of vectors at a similarity index; by default of average linkage under cosine distance.

    Parameters
    ----------
    X
        Array of shape (n_images, n_dimensions), whose rows must not be zero but may have any length, or
        `Fingerprints`.
    sim
        Similarity index in [0, 1]: 0 puts all rows together, 1 only identical ones.
    n_clusters
        Number of clusters of at least `min_size` rows to cut into, in place of `sim`. Of several such cuts it is the
        coarsest; if no cut has that number, it is the nearest one, with a warning.
    sim_scale
        Meaning of `sim`. 'calibrated': the cut is at the distance that the curve of the fingerprints' model gives,
        whatever else is in the collection, as on the command line; `X` must be `Fingerprints`, joined by average
        linkage under cosine distance without times. 'relative': the cut is at (1 - sim) x the largest pairwise
        distance, or x the height of the root if that is larger, as it can be for ward. Default: calibrated if there is
        such a curve; bare vectors have none.
    cut
        'branch': each branch of the dendrogram is cut where it is most a group around the closeness of `sim`, as on the
        command line; only on the calibrated scale. 'flat': all branches are cut at the same distance. Default: by
        branch on the calibrated scale of a model that has a curve for it.
    min_size
        Members of smaller clusters go to `singles`.
    max_diameter
        Clusters in which two members are farther apart than this cosine distance are divided along the dendrogram.
    method
        Linkage method, by its name in scipy: average, single, complete or weighted; with the metric euclidean also
        ward, centroid or median.
    metric
        Distance between vectors, by its name in scipy. Metrics other than cosine, correlation, euclidean, sqeuclidean,
        cityblock and chebyshev need scipy. With `times_s` it must be cosine, euclidean or sqeuclidean.
    times_s
        Time at which each picture was taken, shape (n_images,), in seconds; NaN or None for a picture without a time,
        which is compared by content alone. Without `times_s` time does not count.
    time_weight
        Share w of time in the similarity (1 - w) cos(x, x') + w exp(-|t - t'| / scale), in [0, 1].
    time_scale_s
        Time after which nearness in time has fallen to 1/e, in seconds.
    tree
        A dendrogram that `dendrogram` made of the same vectors and times, to cut again. Its method and metric apply,
        and its heights are distances, however it is cut.

    Returns
    -------
    Clusters
        Members are row numbers of `X`.

    Raises
    ------
    ArgumentError
        An argument is outside its range, a vector is zero or not finite (the message gives its row), or there is no
        calibrated scale for these vectors.
    MemoryLimitError
        The method needs the distances of all pairs, and they do not fit into memory.
    MissingExtraError
        The metric needs scipy, which is not installed.

    Examples
    --------
    >>> result = cluster([[1, 0], [1, 0.1], [0, 1]], sim=0.5)
    >>> [c.members for c in result.clusters], result.singles
    ([(0, 1)], (2,))

    The same two subjects on two days:

    >>> X, days = [[1, 0], [0, 1], [1, 0], [0, 1]], [0, 0, 86400, 86400]
    >>> [c.members for c in cluster(X).clusters]
    [(0, 2), (1, 3)]
    >>> [c.members for c in cluster(X, times_s=days, time_weight=0.7).clusters]
    [(0, 1), (2, 3)]
    """
    from imagecluster import cut as cuts

    vectors = with_times(as_vectors(X), times_s, time_weight, time_scale_s, metric=metric)
    tree = dendrogram(vectors, method=method, metric=metric) if tree is None else tree
    recipe = recipe_of(method, metric, None if times_s is None else time_weight)
    model = X.model if isinstance(X, Fingerprints) else None
    scale = scale_for(model, sim_scale, tree, recipe)
    heights = heights_for(model, cut, tree, scale)
    asked = cuts.Cut(sim=sim, scale=scale, min_size=min_size, max_diameter=max_diameter)
    asked = asked if n_clusters is None else cut_into(heights, vectors, asked, n_clusters)
    found = cuts.clusters(heights, vectors, asked, path_order=range(len(vectors)))
    warn_of_nearest(n_clusters, len(found.clusters), min_size)
    return found if heights is tree else replace(found, cut="branch")


def cut_into(heights: Dendrogram, vectors: NDArray[Any], asked: Cut, n_clusters: int) -> Cut:
    """The cut with a number of clusters, or the nearest number; `asked` is all else about it.

    `heights` is what `heights_for` gave for these vectors.
    """
    from imagecluster.cut import check_n_clusters, sim_for_clusters
    from imagecluster.cut.diameter import bounded

    check_n_clusters(n_clusters, asked.sim)
    if asked.max_diameter is not None:
        heights = bounded(heights, vectors, max_diameter=asked.max_diameter)
    return replace(asked, sim=sim_for_clusters(heights, n_clusters, min_size=asked.min_size, scale=asked.scale))


def warn_of_nearest(n_clusters: int | None, n_found: int, min_size: int) -> None:
    """Warn the caller's caller that a cut has another number of clusters than was requested."""
    import warnings

    from imagecluster.cut import nearest_count

    text = None if n_clusters is None else nearest_count(n_clusters, n_found, min_size)
    if text is not None:
        warnings.warn(text, stacklevel=3)


def recipe_of(method: str, metric: str, time_weight: float | None) -> Recipe:
    """The recipe of a dendrogram of vectors; `time_weight` is None if no times are given."""
    return Recipe(method, metric, 0.0 if time_weight is None else time_weight)


def scale_for(model: str | None, name: SimScaleName | None, tree: Dendrogram, recipe: Recipe) -> SimScale | None:
    """The scale of `sim` with this name; default: the calibrated one if there is one. None stands for the relative one.

    `model` is `name@version`, or None for bare vectors.
    """
    from imagecluster.collection import scale_of, sim_scale_name

    if name not in (None, *get_args(SimScaleName)):
        raise ArgumentError(f"sim_scale is {name!r}; it must be 'relative', 'calibrated' or None")
    if model is None and name == "calibrated":
        raise ArgumentError(
            "the calibrated scale of sim belongs to a fingerprint model: give the Fingerprints that fingerprint() "
            "returns, not their vectors, or use sim_scale='relative'"
        )
    if model is None or name == "relative":
        return None
    return scale_of(model, sim_scale_name(model, name, recipe=recipe), tree)


def heights_for(model: str | None, cut: CutName | None, tree: Dendrogram, scale: SimScale | None) -> Dendrogram:
    """The dendrogram with the heights at which it is cut: itself for a flat cut.

    Parameters
    ----------
    model
        `name@version`, or None for bare vectors.
    cut
        The way of cutting; None for the default.
    tree
        The dendrogram of distances.
    scale
        What `scale_for` gave for the same model and dendrogram.

    """
    from imagecluster.collection import branch_scale_of, cut_name
    from imagecluster.cut.branch import by_branch

    if cut not in (None, *get_args(CutName)):
        raise ArgumentError(f"cut is {cut!r}; it must be 'branch', 'flat' or None")
    name = "relative" if scale is None else scale.name
    branch_scale = branch_scale_of(model or "", cut_name(model or "", cut, name))
    return tree if scale is None or branch_scale is None else by_branch(tree, scale, branch_scale)


def dendrogram(  # noqa: PLR0913  # public, keyword-only
    X: ArrayLike | Fingerprints,
    *,
    method: str = "average",
    metric: str = "cosine",
    times_s: ArrayLike | None = None,
    time_weight: float = TIME_WEIGHT,
    time_scale_s: float = TIME_SCALE_S,
    n_threads: int | None = None,
) -> Dendrogram:
    """Exact dendrogram of vectors; by default of average linkage under cosine distance. For arguments see `cluster`."""
    from imagecluster.linkage import linkage

    vectors = with_times(as_vectors(X), times_s, time_weight, time_scale_s, metric=metric)
    return linkage(vectors, method=method, metric=metric, n_threads=n_threads)


def with_times(
    vectors: NDArray[Any],
    times_s: ArrayLike | None,
    time_weight: float,
    time_scale_s: float,
    *,
    metric: str = "cosine",
) -> NDArray[Any]:
    """The vectors to cluster: these, or with `times_s` vectors of content and time together."""
    if times_s is None:
        return vectors
    from imagecluster.linkage.methods import check_time_metric
    from imagecluster.linkage.time_kernel import joint_vectors

    check_time_metric(metric)
    return joint_vectors(vectors, times_s, weight=time_weight, scale_s=time_scale_s)


def as_vectors(X: ArrayLike | Fingerprints) -> NDArray[Any]:
    """`X` as an array of real numbers of shape (n_images, n_dimensions); anything else raises ArgumentError."""
    import numpy as np

    if isinstance(X, Fingerprints):
        return X.vectors
    if hasattr(X, "tocsr"):
        raise ArgumentError("got a sparse matrix; sparse input is not supported, give X.toarray()")
    vectors = np.asarray(X)
    if vectors.dtype.kind == "c":
        raise ArgumentError(f"Complex data not supported: got an array of shape {vectors.shape}; give real numbers")
    if vectors.ndim == 2 and vectors.dtype.kind == "O":
        try:
            vectors = vectors.astype(np.float64)
        except ValueError as error:
            raise ArgumentError(f"got an array of objects that are not all real numbers: {error}") from None
    if vectors.ndim == 1 and vectors.dtype.kind in "fiu":
        raise ArgumentError(
            f"got one row of {len(vectors)} numbers; expected (n_images, n_dimensions). Reshape your data: by"
            " X.reshape(1, -1) for a single picture, or X.reshape(-1, 1) for a single dimension"
        )
    if vectors.ndim != 2 or vectors.dtype.kind not in "fiu":
        raise ArgumentError(
            f"got an array of shape {vectors.shape} and type {vectors.dtype}; "
            "expected real numbers (n_images, n_dimensions)"
        )
    return vectors if vectors.dtype in (np.float32, np.float64) else vectors.astype(np.float64)
