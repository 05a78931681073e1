"""The JSON that the viewer's server and its page exchange, and the data of a copy of the page.

This file, `wire_copies.py` and `wire_trips.py` are its only description. The server builds its answers as these types,
which mypy checks. The page uses the types of static/core/wire.d.ts, which `python tools/wire.py` writes from all of
them, and the TypeScript compiler checks that use. A picture's id is its number in the snapshot; a place is a position
in the leaf order. Arrays of all pictures travel as bytes and are not described here (see `Snapshot`).
"""

from __future__ import annotations

from typing import Literal, NotRequired, TypedDict

from imagecluster.corrections.event_kinds import OccasionLevel
from imagecluster.records import CutName
from imagecluster.system.progress import Stage
from imagecluster.web.wire_copies import (
    ActingNews,
    Actions,
    DecisionKind,
    DuplicateGroups,
    Duplicates,
    DuplicatesNews,
    KeepingRules,
    Outcome,
    PlanFacts,
)
from imagecluster.web.wire_trips import EventCorrectionKind, Trips, TripsNews

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
    "Identical",
    "MadeCorrection",
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
    "Skips",
    "SnapshotNews",
    "State",
    "StepRequest",
    "Suggestion",
    "Verified",
    "Written",
]


# The current state.


class Scale(TypedDict):
    """The meaning of similarities: heights rise and sims fall from (0, 1) to the root, linearly between the points."""

    heights: list[float]
    sims: list[float]


class Run(TypedDict):
    """A run in progress, or how the last one ended."""

    running: bool
    stage: Stage | Literal[""]
    """Empty while there is no run."""
    done: float
    total: float
    """How much there is of the stage, in the stage's own unit; 0 while it is unknown, 1 where `done` is a share."""
    error: str
    """Why there is nothing to show, or nothing new; empty if all is well."""


class CollectionFacts(TypedDict):
    """The facts of a collection that the page needs first."""

    snapshot: str
    """Key of the snapshot, which is part of the addresses of all its data."""
    n: int
    largest_distance: float
    scale: Scale
    cut: CutName
    """How the dendrogram is cut. By branch, the heights of gap.bin are not distances, which are in distances.bin."""
    max_diameter: float | None
    within: Literal["event", "trip"] | None
    """What no cluster crosses, except by hand."""
    provisional: bool
    """Whether the pictures are not clustered yet."""
    has_times: bool


class Copied(TypedDict):
    """Facts about a copy of the page."""

    made_s: float
    """Seconds since 1970."""
    lacks: list[str]
    """Commands that the copy does not have."""
    link: str
    """Its first view, as in the page's address after '#'; empty for the page's defaults."""


class State(CollectionFacts):
    """GET /api/state: the current state."""

    root_name: str
    place: str
    """The same as long as the server shows the same collection, also after a restart."""
    sim: float
    """Similarity at the start."""
    min_size: int
    read_only: bool
    can_reveal: bool
    can_act: bool
    """Whether files may be moved: the viewer may write, and only this machine can reach it."""
    can_search_text: bool
    run: Run
    skips: list[tuple[str, str]]
    """Names of files that cannot be read, with reasons, if there is no picture at all."""
    copied: Copied | None
    """Facts about a copy of the page; None if there is a server."""


class SnapshotNews(TypedDict):
    """The current snapshot."""

    snapshot: str


class EditsNews(TypedDict):
    """The current version of the corrections."""

    version: int


class ColoursNews(TypedDict):
    """More average colours are known."""

    snapshot: str
    n_known: int


class MapNews(TypedDict, total=False):
    """The current map; empty while there is none."""

    snapshot: str
    method: str


class News(TypedDict, total=False):
    """GET /api/events: data of each kind of event."""

    run: Run
    edits: EditsNews
    duplicates: DuplicatesNews
    trips: TripsNews
    acting: ActingNews
    snapshot: SnapshotNews
    colours: ColoursNews
    map: MapNews


# Below a snapshot's key.

Names = list[str]
"""GET names.json: path in the collection of each picture in a range of ids."""


class Skips(TypedDict):
    """GET /api/skips: files that the latest run found but could not read."""

    n: int
    skips: list[tuple[str, str]]
    """Name and reason of the first ones, by path."""


class Identical(TypedDict):
    """GET identical: files of the same bytes."""

    groups: list[list[int]]
    """Ids of the files of each content that two or more have, ascending."""


class Named(TypedDict):
    """GET named: pictures whose path holds every word of a text."""

    ids: list[int]


class Neighbour(TypedDict):
    """A picture that is near the requested one."""

    id: int
    distance: float
    """Cosine distance."""
    points: NotRequired[int]
    """Number of points in which the two pictures agree, if that makes it sure that they show the same thing."""


class Found(TypedDict):
    """GET search, POST /api/search: the nearest pictures, nearest first."""

    results: list[Neighbour]


class PictureFacts(TypedDict):
    """GET picture/{id}: everything that is known about a picture."""

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
    note: str
    """What is missing of a picture that was read in part; empty if it was read as a whole."""
    other_names: list[str]
    """Further names of the same file in the collection, hard and symbolic links."""
    problem: str
    """Why the file cannot be read; empty if it can."""
    neighbours: list[Neighbour]


Pair = tuple[int, int, float, bool]
"""Ids of two pictures, their distance, and whether it is certain that no other pair is closer (or farther apart)."""


class Nearby(Neighbour):
    """The nearest picture outside a cluster."""

    exact: bool
    """Whether it is certain that no other one is nearer."""


class Verified(TypedDict):
    """Pictures of a cluster that are sure to show the same thing."""

    pair: tuple[int, int]
    """The two that agree in the most points."""
    points: int
    n_pairs: int
    """Number of such pairs in the cluster."""


class ClusterFacts(TypedDict):
    """GET cluster: facts of a cluster that the dendrogram alone does not give."""

    closest: Pair | None
    farthest: Pair | None
    nearest_outside: Nearby | None
    verified: Verified | None
    """None if no two of its pictures were verified."""


class Sharpness(TypedDict):
    """GET sharpness: how sharp pictures are, to compare those of one scene with each other."""

    sharpness: list[float | None]
    """From 0, in the order of the request; None where it cannot be said."""


class Suggestion(TypedDict):
    """A suggested similarity."""

    sim: float
    label: str
    n_clusters: int
    unsure: str
    """Why the collection gives no ground for it; empty if it does."""


class Curve(TypedDict):
    """GET curve: the number of clusters at each similarity, and the number of pictures in them."""

    sim: list[float]
    n_clusters: list[int]
    n_grouped: list[int]
    suggestions: list[Suggestion]


# Corrections.

ChoiceKind = Literal["choose", "rate"]
"""Choices among pictures, which change no cluster: what is kept and what is rejected, and stars."""

CorrectionKind = Literal["name", "together", "apart", "move", "hide", "unhide", "hidefiles", "unhidefiles"]


class Correction(TypedDict):
    """A correction in effect; it names contents by their numbers in `Corrections`."""

    kind: CorrectionKind
    pictures: list[int]
    others: NotRequired[list[int]]
    """The other side of "apart", and the target of "move"."""
    name: NotRequired[str]
    files: NotRequired[list[int]]
    """Ids of the files of "hidefiles" and "unhidefiles", which tell files of equal content apart."""


class Corrections(TypedDict):
    """Corrections as the page applies them to any cut; those without `files` hold for all files of equal content."""

    contents: list[list[int]]
    """Ids of the pictures of each content, ascending; empty if it is not in the collection."""
    edits: list[Correction]
    gone: NotRequired[list[int]]
    """Ids of pictures whose files imagecluster has moved away since the latest run; the page leaves them out."""


class MadeCorrection(TypedDict):
    """A correction, a decision or a correction of events in words' reach."""

    mark: str
    """The word by which it is undone."""
    kind: str
    n: int
    """Number of its pictures in the collection; 0 if it has none."""
    name: str
    """The name that it gives; empty for other kinds."""
    made_s: float


class Choices(TypedDict):
    """What was chosen among pictures, by their ids."""

    kept: list[int]
    rejected: list[int]
    stars: list[tuple[int, int]]
    """Pictures with stars, each with their number, from 1 to 5."""


class Edits(TypedDict):
    """GET and POST /api/edits: the corrections in effect."""

    snapshot: str
    """The snapshot that the ids belong to."""
    version: int
    corrections: Corrections
    undo: MadeCorrection | None
    """What the next undo undoes; `null` if there is nothing."""
    redo: MadeCorrection | None
    choices: NotRequired[Choices]
    """If absent, nothing was chosen."""
    refused: NotRequired[str]
    """Why the correction that a page wanted to undo or redo by its mark was neither."""


class NewCorrection(TypedDict):
    """A correction or a decision that the page requests; it names pictures by their ids."""

    kind: CorrectionKind | DecisionKind | EventCorrectionKind | ChoiceKind
    ids: NotRequired[list[int]]
    """The pictures; "apart" and "notcopies" have two sides instead, "choose" has three."""
    name: NotRequired[str]
    to: NotRequired[list[int]]
    """Pictures of the cluster, or of the event, that is the target of a move."""
    level: NotRequired[OccasionLevel]
    """What a correction of trips and events is about."""
    latitude: NotRequired[float]
    longitude: NotRequired[float]
    camera: NotRequired[str]
    shift_s: NotRequired[float]
    """What to add to the times of a camera."""
    a: NotRequired[list[int]]
    b: NotRequired[list[int]]
    keep: NotRequired[list[int]]
    reject: NotRequired[list[int]]
    open: NotRequired[list[int]]
    """Pictures about which nothing is chosen any more."""
    stars: NotRequired[int]
    """Number of stars of the pictures, from 0 to 5."""


class CorrectionRequest(TypedDict):
    """POST /api/edits: a new correction; one with a known mark was kept already, and is not made again."""

    mark: str

    snapshot: str
    record: NewCorrection


class StepRequest(TypedDict, total=False):
    """POST /api/edits: one of the two is the mark of the correction to undo or redo, or true for the latest one."""

    undo: str | bool
    redo: str | bool


# Other requests of the page.

ExportKind = Literal["links", "csv", "json", "parquet", "page", "copy"]


class ExportRequest(TypedDict):
    """POST /api/export: an output of the clusters that the page shows."""

    snapshot: str
    kind: ExportKind
    sim: float
    min_size: int
    link: str
    """The page's address after '#', for a copy of the page."""
    own_cuts: list[tuple[int, int, float]]
    """First place, place after the last, and height of branches with a cut of their own."""


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
    """POST /api/reveal: a picture to show in the file manager."""

    snapshot: str
    id: int


class Done(TypedDict):
    """Answer without content."""


class Refusal(TypedDict):
    """Answer of any address that refuses a request."""

    error: str


# A copy of the page.


class CopyArrays(TypedDict):
    """Arrays of all pictures, in base64."""

    order: str
    gap: str
    distances: str
    rank: str
    pictures: str
    map: str


class CopyNeighbours(TypedDict):
    """The k nearest pictures of each picture, in base64: uint32 and float32."""

    k: int
    ids: str
    distances: str


class CopyPairs(TypedDict):
    """A pair of pictures for each place between two neighbours in leaf order, in base64: int32 and float32."""

    ids: str
    distances: str


class CopyData(TypedDict):
    """Everything that a copied page would request from a server."""

    state: State
    edits: Edits
    curve: Curve
    names: Names
    bytes: list[int]
    arrays: CopyArrays
    neighbours: CopyNeighbours | None
    clusters: dict[str, CopyPairs]
    """"closest", "farthest" and "outside", as far as they are known."""
    thumbnails: NotRequired[list[str | None]]
    """Pictures in base64; None if there is none. Without this list the pictures are in files beside the page."""
    missing: NotRequired[list[int]]
    """Pictures without such a file."""


Answer = (
    State
    | Names
    | Named
    | Found
    | PictureFacts
    | ClusterFacts
    | Sharpness
    | Curve
    | Edits
    | Duplicates
    | DuplicateGroups
    | KeepingRules
    | Trips
    | PlanFacts
    | Outcome
    | Actions
    | Written
    | Done
    | Refusal
)
"""All JSON answers of the server."""
