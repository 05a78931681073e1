"""A scikit-learn style estimator. It follows the protocol without importing scikit-learn."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from imagecluster import cut as cuts
from imagecluster.cut.assigning import ClusterMeans, mean_time_similarity, reaches
from imagecluster.errors import ArgumentError, VectorError
from imagecluster.functions.vectors import (
    TIME_WEIGHT,
    as_vectors,
    cut_into,
    dendrogram,
    fingerprint,
    heights_for,
    recipe_of,
    scale_for,
    warn_of_nearest,
    with_times,
)
from imagecluster.models import DEFAULT_MODEL
from imagecluster.records import TIME_SCALE_S, CutName, Fingerprints, SimScaleName

PARAMETERS = (
    "sim", "n_clusters", "sim_scale", "cut_by", "min_size", "max_diameter", "method", "metric", "model", "time_weight",
    "time_scale_s", "n_threads",
)  # fmt: skip


class ImageClusterer:
    """Clusters of pictures, or of precomputed fingerprints, as a scikit-learn clusterer.

    Parameters
    ----------
    sim
        Similarity index in [0, 1] of the cut.
    n_clusters
        Number of clusters of at least `min_size` pictures to cut into, in place of `sim`; see `imagecluster.cluster`.
    sim_scale
        Meaning of `sim`: 'relative', or for paths and `Fingerprints` also 'calibrated', which is then the default;
        see `imagecluster.cluster`.
    cut_by
        'branch' or 'flat', which is `cut` of `imagecluster.cluster`.
    min_size
        Members of smaller clusters get the label -1.
    max_diameter
        Clusters in which two members are farther apart than this cosine distance are divided.
    method, metric
        Linkage method and distance, by their names in scipy; see `imagecluster.cluster`.
    model
        Fingerprint model, for paths.
    time_weight
        Share of time in the similarity, in [0, 1]; it counts if `fit` is given times.
    time_scale_s
        Time after which nearness in time has fallen to 1/e, in seconds.
    n_threads
        Number of threads; default: one per core.

    Attributes
    ----------
    labels_ : array of int64, shape (n_images,)
        Cluster of each picture, numbered from 0, larger clusters first; -1 for a picture in no cluster.
    dendrogram_ : Dendrogram
        The whole hierarchy, with distances as heights, which `cut` can cut again.
    n_features_in_ : int
        Number of dimensions of a fingerprint.
    sim_ : float
        Similarity index of the cut: `sim`, or the one that gave `n_clusters` clusters.

    Notes
    -----
    With the metric cosine a vector of zeros has no direction: it is at distance 1 from all others, and at distance 0
    from other vectors of zeros.

    Examples
    --------
    >>> ImageClusterer(sim=0.5).fit_predict([[1, 0], [1, 0.1], [0, 1]]).tolist()
    [0, 0, -1]
    """

    def __init__(  # noqa: PLR0913  # scikit-learn sets parameters by name
        self,
        sim: float = 0.5,
        *,
        n_clusters: int | None = None,
        sim_scale: SimScaleName | None = None,
        cut_by: CutName | None = None,
        min_size: int = 2,
        max_diameter: float | None = None,
        method: str = "average",
        metric: str = "cosine",
        model: str = DEFAULT_MODEL,
        time_weight: float = TIME_WEIGHT,
        time_scale_s: float = TIME_SCALE_S,
        n_threads: int | None = None,
    ) -> None:
        self.sim = sim
        self.n_clusters = n_clusters
        self.sim_scale = sim_scale
        self.cut_by = cut_by
        self.min_size = min_size
        self.max_diameter = max_diameter
        self.method = method
        self.metric = metric
        self.model = model
        self.time_weight = time_weight
        self.time_scale_s = time_scale_s
        self.n_threads = n_threads

    def fit(
        self, X: ArrayLike | Fingerprints | Sequence[Path], y: object = None, *, times_s: ArrayLike | None = None
    ) -> Self:
        """Cluster `X`: vectors of shape (n_images, n_dimensions), `Fingerprints`, or a list of picture files.

        `times_s`, seconds in an array of shape (n_images,), makes time count too; NaN or None stands for a picture
        without a time.

        Raises
        ------
        ArgumentError
            A parameter is outside its range, or `X` is none of these or empty.
        DecodeError
            A picture cannot be read.
        """
        found = self._found(X)
        content = _sized(as_vectors(found))
        self.n_features_in_ = content.shape[1]
        self._fingerprinted_by = found.model if isinstance(found, Fingerprints) else None
        self._content = _with_a_direction(content, self.metric)
        self._times_s = None if times_s is None else np.asarray(times_s, np.float64)
        self._vectors = with_times(self._content, times_s, self.time_weight, self.time_scale_s, metric=self.metric)
        self.dendrogram_ = dendrogram(self._vectors, method=self.method, metric=self.metric, n_threads=self.n_threads)
        recipe = recipe_of(self.method, self.metric, None if times_s is None else self.time_weight)
        self._scale = scale_for(self._fingerprinted_by, self.sim_scale, self.dendrogram_, recipe)
        self._heights = heights_for(self._fingerprinted_by, self.cut_by, self.dendrogram_, self._scale)
        self._fitted = (self.method, self.metric, self.time_weight, self.time_scale_s)
        asked = self._cut(self.sim)
        if self.n_clusters is not None:
            asked = cut_into(self._heights, self._vectors, asked, self.n_clusters)
        self.sim_: float = asked.sim
        self.labels_ = self.cut(self.sim_)
        warn_of_nearest(self.n_clusters, int(self.labels_.max(initial=-1)) + 1, self.min_size)
        return self

    def _found(self, X: ArrayLike | Fingerprints | Sequence[Path]) -> ArrayLike | Fingerprints:
        """Vectors as they are, or the fingerprints of picture files."""
        if _are_paths(X):
            return fingerprint(X, model=self.model, n_threads=self.n_threads)  # type: ignore[arg-type]
        return X  # type: ignore[return-value]

    def fit_predict(
        self, X: ArrayLike | Fingerprints | Sequence[Path], y: object = None, *, times_s: ArrayLike | None = None
    ) -> NDArray[np.int64]:
        """`labels_` after `fit`."""
        return self.fit(X, times_s=times_s).labels_

    def cut(self, sim: float) -> NDArray[np.int64]:
        """Labels at another similarity index, shape (n_images,), as in `labels_`; the hierarchy is not made again."""
        self._check_fitted()
        n_images = len(self._vectors)
        found = cuts.clusters(
            self._heights,
            self._vectors,
            self._cut(sim),
            path_order=range(n_images),
        )
        labels = np.full(n_images, -1, np.int64)
        for cluster in found.clusters:
            labels[list(cluster.members)] = cluster.number - 1
        return labels

    def predict(
        self, X: ArrayLike | Fingerprints | Sequence[Path], *, times_s: ArrayLike | None = None
    ) -> NDArray[np.int64]:
        """Cluster of each new picture, shape (n_new,), by the numbers of `labels_`; nothing is clustered again.

        It is the cluster with the smallest mean distance to its members, as average linkage compares a single picture
        with a cluster; -1 if that distance is larger than the cut at `sim` allows, so that the picture would stand
        alone. New pictures do not form clusters with each other, nor with pictures that have the label -1.

        Parameters
        ----------
        X
            New pictures, as for `fit`.
        times_s
            Their times, if `fit` was given times; a picture without one is compared by its content.

        Raises
        ------
        ArgumentError
            `fit` has not been called, `X` is not of the kind that was fitted, or the method is not average or the
            metric not cosine.
        DecodeError
            A picture cannot be read.
        """
        self._check_fitted()
        method, metric, time_weight, time_scale_s = self._fitted
        if (method, metric) != ("average", "cosine"):
            raise ArgumentError(f"predict needs average linkage under cosine distance, but this is {method}, {metric}")
        found = self._found(X)
        model = found.model if isinstance(found, Fingerprints) else None
        if None not in (model, self._fingerprinted_by) and model != self._fingerprinted_by:
            raise ArgumentError(f"X are fingerprints of {model}, but those that were fitted are of "
                                f"{self._fingerprinted_by}")  # fmt: skip
        content = _sized(as_vectors(found), self.n_features_in_)
        _check_finite(content)
        if self._content.shape[1] > self.n_features_in_:
            content = _beside(content, _is_zero(content))
        labels, height = self.labels_, cuts.cut_height(self.dendrogram_, sim=self.sim_, scale=self._scale)
        # At sim 0 everything is one cluster, whatever comes.
        n_clusters = int(labels.max(initial=-1)) + 1
        reach = reaches(self.dendrogram_, labels, height) if self.sim_ > 0 else np.full(n_clusters, np.inf)
        if self._times_s is None:
            return ClusterMeans(self._content, labels).assigned(content, reach)
        known = self._times_s
        new = np.full(len(content), np.nan) if times_s is None else np.asarray(times_s, np.float64)
        if new.shape != (len(content),):
            raise ArgumentError(f"got times of shape {new.shape} for {len(content)} pictures; give one for each")

        def factor(times: NDArray[np.float64]) -> NDArray[np.float64]:
            return np.where(np.isnan(times), 1.0, np.sqrt(1.0 - time_weight))

        def joint(rows: NDArray[np.int64], similarity: NDArray[np.float64]) -> NDArray[np.float64]:
            of_times = mean_time_similarity(new[rows], known, labels, scale_s=time_scale_s)
            return similarity * factor(new[rows])[:, None] + time_weight * of_times

        return ClusterMeans(self._content, labels, factor(known)).assigned(content, reach, joint)

    def _cut(self, sim: float) -> cuts.Cut:
        return cuts.Cut(sim=sim, scale=self._scale, min_size=self.min_size, max_diameter=self.max_diameter)

    def _check_fitted(self) -> None:
        if not hasattr(self, "dendrogram_"):
            raise _not_fitted("this ImageClusterer is not fitted yet; call fit first")

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Parameters by name."""
        return {name: getattr(self, name) for name in PARAMETERS}

    def set_params(self, **parameters: Any) -> Self:
        """Set parameters by name; an unknown name raises ArgumentError."""
        for name, value in parameters.items():
            if name not in PARAMETERS:
                raise ArgumentError(f"ImageClusterer has no parameter {name!r}; it has {', '.join(PARAMETERS)}")
            setattr(self, name, value)
        return self

    def __repr__(self) -> str:
        return f"ImageClusterer({', '.join(f'{name}={value!r}' for name, value in self.get_params().items())})"

    def __sklearn_tags__(self) -> Any:
        """Tags that scikit-learn asks an estimator for; called by scikit-learn only."""
        from sklearn.utils import Tags, TargetTags

        return Tags(estimator_type="clusterer", target_tags=TargetTags(required=False))

    def __sklearn_is_fitted__(self) -> bool:
        """Whether `fit` was called."""
        return hasattr(self, "labels_")


def _are_paths(X: object) -> bool:
    if isinstance(X, (str, Path)):
        return True
    return isinstance(X, Sequence) and len(X) > 0 and all(isinstance(item, (str, Path)) for item in X)


def _sized(vectors: NDArray[Any], n_features: int | None = None) -> NDArray[Any]:
    """The vectors; ArgumentError if there are none, or not with that number of dimensions."""
    n, d = vectors.shape
    if n_features is not None and d != n_features:
        raise ArgumentError(f"X has {d} features, but ImageClusterer is expecting {n_features} features as input")
    if n == 0:
        raise ArgumentError(f"0 sample(s) (shape={vectors.shape}) while a minimum of 1 is required.")
    if d == 0:
        raise ArgumentError(f"0 feature(s) (shape={vectors.shape}) while a minimum of 1 is required.")
    return vectors


def _with_a_direction(vectors: NDArray[Any], metric: str) -> NDArray[Any]:
    """The vectors, with one dimension more for those of zeros if there are any and the metric compares directions."""
    if metric != "cosine":
        return vectors
    zero = _is_zero(vectors)
    return _beside(vectors, zero) if zero.any() else vectors


def _is_zero(vectors: NDArray[Any]) -> NDArray[np.bool_]:
    """Which rows hold zeros only."""
    return np.logical_not(vectors.any(axis=1))


def _check_finite(vectors: NDArray[Any]) -> None:
    """Raise VectorError for a row that holds NaN or infinity."""
    finite = np.isfinite(vectors).all(axis=1)
    if not finite.all():
        row = int(np.flatnonzero(~finite)[0])
        raise VectorError(f"row {row} holds NaN or infinity, which have no distance to anything", row)


def _beside(vectors: NDArray[Any], column: NDArray[np.bool_]) -> NDArray[Any]:
    """The vectors with one dimension more."""
    return np.column_stack([vectors, column.astype(vectors.dtype)])


def _not_fitted(message: str) -> ArgumentError:
    """An error that is scikit-learn's NotFittedError too, if scikit-learn is in use."""
    if "sklearn" not in sys.modules:
        return ArgumentError(message)
    from sklearn.exceptions import NotFittedError

    return type("NotFittedError", (ArgumentError, NotFittedError), {})(message)  # type: ignore[no-any-return]
