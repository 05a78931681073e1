"""The JSON about copies and actions on files that the viewer's server and its page exchange; a part of `wire.py`."""

from __future__ import annotations

from typing import Literal, NotRequired, TypedDict

from imagecluster.records import CopyKind
from imagecluster.system.progress import Stage

__all__ = [
    "ActRequest",
    "ActingNews",
    "ActionFacts",
    "Actions",
    "DecisionKind",
    "DuplicateFile",
    "DuplicateGroup",
    "DuplicateGroups",
    "DuplicateHead",
    "Duplicates",
    "DuplicatesNews",
    "Evidence",
    "FileLeft",
    "KeepingRules",
    "Outcome",
    "PlanFacts",
    "PlanRequest",
    "PlannedFile",
    "PutBackRequest",
    "RejectedPlanRequest",
]


# Copies.


class DuplicatesNews(TypedDict):
    """The search for copies, once a page has asked for them."""

    snapshot: str
    version: int
    """Grows when there are others to show."""
    running: bool
    stage: Stage | Literal[""]
    done: float
    total: float
    """How much there is of the stage, in its own unit; 0 while it is unknown."""
    error: str
    """Why there are none, or no new ones; empty if all is well."""


DecisionKind = Literal["notcopies", "keepall", "best"]
"""Decisions about copies, which change no cluster: pictures of two sides are not copies of each other, all of a group
stays, one is the best."""


class Evidence(TypedDict):
    """How a file is the same picture as the one that is kept."""

    transform: str
    """What was done to the one that is kept to get this one, in words; empty if nothing was done to its pixels."""
    overlap: float
    """Share of the kept picture's frame that this one covers."""
    contained: bool
    """Whether this one shows no more than the one that is kept."""
    framed: bool
    """Whether one of the two is the other with something around it."""
    matrix: list[float]
    """Map of this picture's points onto those of the one that is kept, 2 x 3 by rows, in shares of width and height.
    Empty for equal frames."""


class DuplicateFile(TypedDict):
    """A picture of a group of copies."""

    id: int
    name: str
    """Path inside the collection."""
    keep: bool
    """Whether it stays; otherwise it is proposed for removal."""
    why: str
    kind: CopyKind | None
    """How it is the same as the group's first picture; None for the first itself."""
    evidence: Evidence | None
    """None for the first picture."""
    bytes: int
    width: int
    height: int
    format: str
    parts: list[str]
    """Names of the files that go where it goes: sidecars, RAW, film."""
    names: list[str]
    """Further names of the same file."""
    reference: bool
    """Whether it is in a place that is never touched."""


class DuplicateGroup(TypedDict):
    """Pictures that are the same one; the first is kept for the others."""

    id: str
    """Stays the same as long as the group does."""
    kind: CopyKind
    tie: bool
    """Whether nothing but the path decided which one is kept."""
    decided: str
    """"kept" if all of it stays because the user said so; empty if it is open."""
    files: list[DuplicateFile]


DuplicateHead = tuple[str, CopyKind, int, int, int]
"""Id and kind of a group, number of its files, number of those proposed for removal, and their bytes."""


class Duplicates(TypedDict):
    """GET copies: the groups that are known, without their files, and the search for them."""

    search: DuplicatesNews
    known: bool
    """Whether the search has ended once."""
    complete: bool
    """Whether edited copies were looked for too, which needs OpenCV."""
    rules: KeepingRules
    n_decided: int
    """Number of groups that are left out because of decisions."""
    groups: list[DuplicateHead]


class KeepingRules(TypedDict):
    """POST /api/copies/rules, and its answer: which file of each group is kept."""

    keep: str
    """Rules as the command line's --keep takes them; empty for the usual order."""
    references: list[str]
    """Absolute paths of folders and files that are kept before all others, and never proposed for removal."""


class DuplicateGroups(TypedDict):
    """GET copies/groups: a run of the groups of one version."""

    version: int
    groups: list[DuplicateGroup]


# Actions on files.


class ActingNews(TypedDict, total=False):
    """The action on files in progress; empty while there is none."""

    done: float
    """Number of steps."""
    total: float


class PlanRequest(TypedDict):
    """POST /api/actions/plan: a plan for removing copies. Nothing happens yet."""

    snapshot: str
    version: int
    """The version of the groups that the page shows."""
    kinds: list[CopyKind]
    """Kinds of groups whose proposed files are removed."""
    spared: list[int]
    """Ids of proposed files that stay all the same."""
    carry_over: NotRequired[bool]
    """Whether the files that stay get what the others know, into their sidecars; if absent, they do not."""


class PlannedFile(TypedDict):
    """A file that the plan removes."""

    id: int
    name: str
    bytes: int
    """With its parts."""
    parts: list[str]
    keep: str
    """Name of the file that stays for it."""
    why: str


class RejectedPlanRequest(TypedDict):
    """POST /api/choices/plan: a plan for moving rejected pictures away. Nothing happens yet."""

    snapshot: str
    ids: list[int]
    """The pictures, as the page shows them; others that were rejected meanwhile are not in the plan."""


class PlanFacts(TypedDict):
    """A plan that the server remembers until the next one."""

    plan: str
    """Its key."""
    of: Literal["copies", "rejected"]
    """What it removes."""
    left: list[FileLeft]
    """Files that it does not remove, though they were chosen."""
    files: list[PlannedFile]
    n_parts: int
    n_written: int
    """Number of sidecars that are written, of files that stay."""
    bytes: int


class ActRequest(TypedDict):
    """POST /api/actions/apply: do what a plan says."""

    plan: str
    folder: NotRequired[str]
    """Absolute path of the folder that the files are moved to; without it, the system's trash."""


class PutBackRequest(TypedDict):
    """POST /api/actions/undo: put back what an action moved."""

    number: int


class FileLeft(TypedDict):
    """A file with which nothing was done."""

    name: str
    reason: str


class Outcome(TypedDict):
    """What became of a plan, or of putting back."""

    number: int
    """Number of the action; 0 if nothing was done."""
    n_files: int
    """Number of files that were moved, without their parts."""
    bytes: int
    to: str
    """Where they went in words: "the trash", or a folder."""
    left: list[FileLeft]


class ActionFacts(TypedDict):
    """An action on files that imagecluster has done in this collection."""

    number: int
    made_s: float
    """Seconds since 1970."""
    n_files: int
    """Number of files that it moved and that are still there."""
    bytes: int
    to: str
    can_undo: bool


class Actions(TypedDict):
    """GET /api/actions: the latest actions, newest first."""

    actions: list[ActionFacts]
