"""A scikit-learn style estimator. It follows the protocol without importing scikit-learn."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from imagecluster import cut as cuts
from imagecluster.errors import ArgumentError
from imagecluster.functions.vectors import (
    TIME_WEIGHT,
    as_vectors,
    dendrogram,
    fingerprint,
    recipe_of,
    scale_for,
    with_times,
)
from imagecluster.models import DEFAULT_MODEL
from imagecluster.records import TIME_SCALE_S, Fingerprints, SimScaleName

PARAMETERS = (
    "sim", "sim_scale", "min_size", "max_diameter", "method", "metric", "model", "time_weight", "time_scale_s",
    "n_threads",
)  # fmt: skip


class ImageClusterer:
    """Clusters of pictures, or of precomputed fingerprints, as a scikit-learn clusterer.

    Parameters
    ----------
    sim
        Similarity index in [0, 1] of the cut.
    sim_scale
        Meaning of `sim`: 'relative', or for paths and `Fingerprints` also 'calibrated', which is then the default;
        see `imagecluster.cluster`.
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
        The whole hierarchy, which `cut` can cut again.
    n_features_in_ : int
        Number of dimensions of a fingerprint.

    Examples
    --------
    >>> ImageClusterer(sim=0.5).fit_predict([[1, 0], [1, 0.1], [0, 1]]).tolist()
    [0, 0, -1]
    """

    def __init__(  # noqa: PLR0913  # scikit-learn sets parameters by name
        self,
        sim: float = 0.5,
        *,
        sim_scale: SimScaleName | None = None,
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
        self.sim_scale = sim_scale
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
            A parameter is outside its range, or `X` is none of these.
        DecodeError
            A picture cannot be read.
        """
        found = fingerprint(X, model=self.model, n_threads=self.n_threads) if _are_paths(X) else X  # type: ignore[arg-type]
        vectors = as_vectors(found)  # type: ignore[arg-type]
        self.n_features_in_ = vectors.shape[1]
        self._vectors = with_times(vectors, times_s, self.time_weight, self.time_scale_s, metric=self.metric)
        self.dendrogram_ = dendrogram(self._vectors, method=self.method, metric=self.metric, n_threads=self.n_threads)
        recipe = recipe_of(self.method, self.metric, None if times_s is None else self.time_weight)
        model = found.model if isinstance(found, Fingerprints) else None
        self._scale = scale_for(model, self.sim_scale, self.dendrogram_, recipe)
        self.labels_ = self.cut(self.sim)
        return self

    def fit_predict(
        self, X: ArrayLike | Fingerprints | Sequence[Path], y: object = None, *, times_s: ArrayLike | None = None
    ) -> NDArray[np.int64]:
        """`labels_` after `fit`."""
        return self.fit(X, times_s=times_s).labels_

    def cut(self, sim: float) -> NDArray[np.int64]:
        """Labels at another similarity index, shape (n_images,), as in `labels_`; the hierarchy is not made again."""
        if not hasattr(self, "dendrogram_"):
            raise ArgumentError("this ImageClusterer is not fitted yet; call fit first")
        n_images = len(self._vectors)
        found = cuts.clusters(
            self.dendrogram_,
            self._vectors,
            cuts.Cut(sim=sim, scale=self._scale, min_size=self.min_size, max_diameter=self.max_diameter),
            path_order=range(n_images),
        )
        labels = np.full(n_images, -1, np.int64)
        for cluster in found.clusters:
            labels[list(cluster.members)] = cluster.number - 1
        return labels

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
