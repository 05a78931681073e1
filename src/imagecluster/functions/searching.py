"""Search of a collection, as a plain function."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from imagecluster.collection import latest_run, locate, settings_of
from imagecluster.explore.queries import queries
from imagecluster.explore.searching import Hit, Searcher
from imagecluster.models import DEFAULT_MODEL, Model, find_model
from imagecluster.scan import StrPath, as_paths
from imagecluster.store import Store


def search(  # noqa: PLR0913  # public, all but two keyword-only
    path: StrPath,
    pictures: Iterable[StrPath] | StrPath = (),
    *,
    unlike: Iterable[StrPath] | StrPath = (),
    texts: Iterable[str] | str = (),
    unlike_texts: Iterable[str] | str = (),
    weights: Iterable[float] | None = None,
    unlike_weight: float = 0.5,
    k: int = 20,
    min_similarity: float = -1.0,
    model: str | None = None,
    db: StrPath | None = None,
) -> tuple[Hit, ...]:
    """Pictures of a collection that look like the given pictures and texts together, most similar first.

    Parameters
    ----------
    path
        Folder of the collection, which `run` has sorted.
    pictures
        Picture files to look for, inside the collection or not. These files themselves are not among the hits, but
        other files with the same bytes are.
    unlike
        Picture files that the hits should be unlike.
    texts
        Descriptions in words to look for; they need a model with a text tower.
    unlike_texts
        Descriptions that the hits should be unlike.
    weights
        One per item of `pictures`, then one per item of `texts`; default: 1 each.
    unlike_weight
        Weight of each item of `unlike` and `unlike_texts`, where a picture has weight 1.
    k
        Largest number of hits.
    min_similarity
        Smallest cosine similarity of a hit, in [-1, 1].
    model
        Fingerprint model; default: that of the latest run.
    db
        Folder of the database; default: as for `run`.

    Returns
    -------
    tuple of Hit
        With `path`, `similarity` (cosine), `content_hash` and `same_bytes`.

    Raises
    ------
    ArgumentError
        An argument is outside its range.
    InputError, DecodeError
        The file of a query does not exist, or cannot be read.
    ModelError
        The model is unknown, or has no text tower for `texts`.
    MissingExtraError
        `texts` are given, and tokenizers is not installed.
    StoreError
        There is no database, or it has no fingerprints of the model.
    """
    asked = queries(
        as_paths(pictures),
        _texts(texts),
        weights=weights,
        unlike=as_paths(unlike),
        unlike_texts=_texts(unlike_texts),
        unlike_weight=unlike_weight,
    )
    directory = locate(Path(path), None if db is None else Path(db)).directory
    with Store.open(directory, writable=False) as store:
        return Searcher(store, _model(store, model)).search(asked, k=k, min_similarity=min_similarity)


def _model(store: Store, name: str | None) -> Model:
    """The model of this name; without one that of the latest run, or the default if there has been no run."""
    run = latest_run(store)
    if name is None and run is not None:
        return settings_of(run).find_model()
    return find_model(name or DEFAULT_MODEL)


def _texts(texts: Iterable[str] | str) -> list[str]:
    """A list of one text or several."""
    return [texts] if isinstance(texts, str) else list(texts)
