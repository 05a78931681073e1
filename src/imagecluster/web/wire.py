"""The JSON that the viewer's server and its page exchange, and the data of a copy of the page.

This file is its only description. The server builds its answers as these types, which mypy checks. The page uses the
types of static/core/wire.d.ts, which `python tools/wire.py` writes from this file, and the TypeScript compiler checks
that use. A picture's id is its number in the snapshot; a place is a position in the leaf order. Arrays of all pictures
travel as bytes and are not described here (see `Snapshot`).
"""

from __future__ import annotations

from typing import Literal, NotRequired, TypedDict

__all__ = [
    "Answer",
    "ClusterFacts",
    "CollectionFacts",
    "ColoursNews",
    "Copied",
    "CopyArrays",
    "CopyData",
    "CopyNeighbours",
    "CopyPairs",
    "Correction",
    "CorrectionKind",
    "CorrectionRequest",
    "Corrections",
    "Curve",
    "Done",
    "Edits",
    "EditsNews",
    "ExportKind",
    "ExportRequest",
    "Found",
    "MapNews",
    "Named",
    "Names",
    "Nearby",
    "Neighbour",
    "NewCorrection",
    "News",
    "Pair",
    "PictureFacts",
    "Refusal",
    "RevealRequest",
    "Run",
    "Scale",
    "SearchRequest",
    "SnapshotNews",
    "State",
    "StepRequest",
    "Suggestion",
    "Written",
]


# How things stand.


class Scale(TypedDict):
    """What a similarity means: heights rise and sims fall from (0, 1) to the root, straight between the points."""

    name: str
    heights: list[float]
    sims: list[float]


class Run(TypedDict):
    """A run of the chain that is going on, or how the last one ended."""

    running: bool
    stage: str
    done: int
    total: int
    error: str
    """Why there is nothing to show, or nothing new; empty where all is well."""


class CollectionFacts(TypedDict):
    """What the page needs to know of a collection before anything else."""

    snapshot: str
    """Key of the snapshot: a part of the addresses of all its data."""
    n: int
    largest_distance: float
    scale: Scale
    max_diameter: float | None
    provisional: bool
    """Whether the pictures are not clustered yet."""
    has_times: bool


class Copied(TypedDict):
    """How a copy of the page was made."""

    made_s: float
    """Seconds since 1970."""
    lacks: list[str]
    """Commands that it does not have."""
    link: str
    """What it shows first, as in the page's address behind '#'; empty for the page's defaults."""


class State(CollectionFacts):
    """GET /api/state: how things stand."""

    root_name: str
    sim: float
    """Similarity at the start."""
    min_size: int
    read_only: bool
    can_reveal: bool
    can_search_text: bool
    run: Run
    skips: list[tuple[str, str]]
    """Names and reasons of files that cannot be read, where there is no picture at all."""
    copied: Copied | None
    """Of a copy of the page; None where there is a server."""


class SnapshotNews(TypedDict):
    """The present snapshot."""

    snapshot: str
    n: int


class EditsNews(TypedDict):
    """The present version of the corrections."""

    version: int


class ColoursNews(TypedDict):
    """More average colours are known."""

    snapshot: str
    n_known: int


class MapNews(TypedDict, total=False):
    """There is another map; empty while there is none."""

    snapshot: str
    method: str


class News(TypedDict, total=False):
    """GET /api/events: the data of each kind of event."""

    run: Run
    edits: EditsNews
    snapshot: SnapshotNews
    colours: ColoursNews
    map: MapNews


# Below a snapshot's key.

Names = list[tuple[str, int]]
"""GET names.json: path inside the collection and bytes of each picture of a range of ids."""


class Named(TypedDict):
    """GET named: pictures whose path holds every word of a text."""

    ids: list[int]


class Neighbour(TypedDict):
    """A picture near to what was asked for."""

    id: int
    distance: float
    """Cosine distance."""


class Found(TypedDict):
    """GET search, POST /api/search: the nearest pictures, the nearest first."""

    results: list[Neighbour]


class PictureFacts(TypedDict):
    """GET picture/{id}: what is known of a picture."""

    name: str
    folder: str
    """Path of its folder inside the collection; empty for the top folder."""
    bytes: int
    width: int
    height: int
    format: str
    taken_s: float | None
    """Seconds since 1970."""
    latitude: float | None
    longitude: float | None
    exif: dict[str, str]
    problem: str
    """Why the file cannot be read; empty where it can."""
    neighbours: list[Neighbour]


Pair = tuple[int, int, float, bool]
"""Ids of two pictures, their distance, and whether it is certain that no other pair is closer, or farther."""


class Nearby(Neighbour):
    """The nearest picture outside of a cluster."""

    exact: bool
    """Whether it is certain that no other one is nearer."""


class ClusterFacts(TypedDict):
    """GET cluster: what the dendrogram alone does not say of a cluster."""

    closest: Pair | None
    farthest: Pair | None
    nearest_outside: Nearby | None


class Suggestion(TypedDict):
    """A similarity that is worth a look."""

    sim: float
    label: str
    n_clusters: int


class Curve(TypedDict):
    """GET curve: how many clusters there are at each similarity, and how many pictures are in them."""

    sim: list[float]
    n_clusters: list[int]
    n_grouped: list[int]
    suggestions: list[Suggestion]


# Corrections.

CorrectionKind = Literal["name", "together", "apart", "move", "hide", "unhide"]


class Correction(TypedDict):
    """A correction that holds; it names contents by their numbers in `Corrections`."""

    kind: CorrectionKind
    pictures: list[int]
    others: NotRequired[list[int]]
    """The other side of "apart", and where "move" leads to."""
    name: NotRequired[str]


class Corrections(TypedDict):
    """Corrections as the page does them again on any cut. Pictures of equal content are corrected together."""

    contents: list[list[int]]
    """Ids of the pictures of each content, ascending; none where it is not in the collection."""
    edits: list[Correction]


class Edits(TypedDict):
    """GET and POST /api/edits: the corrections that hold."""

    snapshot: str
    """The one that the ids belong to."""
    version: int
    corrections: Corrections
    can_undo: bool
    can_redo: bool


class NewCorrection(TypedDict):
    """A correction that the page asks for; it names pictures by their ids."""

    kind: CorrectionKind
    ids: NotRequired[list[int]]
    """The pictures; "apart" has two sides instead."""
    name: NotRequired[str]
    to: NotRequired[list[int]]
    """Pictures of the cluster that "move" leads to."""
    a: NotRequired[list[int]]
    b: NotRequired[list[int]]


class CorrectionRequest(TypedDict):
    """POST /api/edits: one more correction."""

    snapshot: str
    record: NewCorrection


class StepRequest(TypedDict, total=False):
    """POST /api/edits: one step back or forth; one of the two is true."""

    undo: bool
    redo: bool


# What else the page may send.

ExportKind = Literal["links", "csv", "json", "parquet", "page", "copy"]


class ExportRequest(TypedDict):
    """POST /api/export: an output of what is seen."""

    snapshot: str
    kind: ExportKind
    sim: float
    min_size: int
    link: str
    """The page's address behind '#', for a copy of the page."""
    own_cuts: list[tuple[int, int, float]]
    """First place, place behind the last, and height of branches with a cut of their own."""


class Written(TypedDict):
    """Answer to an export."""

    path: str


class SearchRequest(TypedDict):
    """POST /api/search: a picture from outside."""

    snapshot: str
    name: str
    content: str
    """The file in base64."""


class RevealRequest(TypedDict):
    """POST /api/reveal: a picture that the file manager shall show."""

    snapshot: str
    id: int


class Done(TypedDict):
    """Answer where there is nothing to say."""


class Refusal(TypedDict):
    """Answer of any address that refuses."""

    error: str


# A copy of the page.


class CopyArrays(TypedDict):
    """Arrays of all pictures, in base64."""

    order: str
    gap: str
    rank: str
    pictures: str
    map: str


class CopyNeighbours(TypedDict):
    """The k nearest pictures of each picture, in base64: uint32 and float32."""

    k: int
    ids: str
    distances: str


class CopyPairs(TypedDict):
    """A pair of pictures for each place between two neighbours of the leaf order, in base64: int32 and float32."""

    ids: str
    distances: str


class CopyData(TypedDict):
    """Everything that a copied page would ask a server for."""

    state: State
    edits: Edits
    curve: Curve
    names: list[str]
    bytes: list[int]
    arrays: CopyArrays
    neighbours: CopyNeighbours | None
    clusters: dict[str, CopyPairs]
    """"closest", "farthest" and "outside", as far as they are known."""
    thumbnails: NotRequired[list[str | None]]
    """Pictures in base64; None where there is none. Without them the pictures lie in files beside the page."""
    missing: NotRequired[list[int]]
    """Pictures that have no such file."""


Answer = State | Names | Named | Found | PictureFacts | ClusterFacts | Curve | Edits | Written | Done | Refusal
"""Everything that the server answers as JSON."""
