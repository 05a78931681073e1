"""Corrections made by hand: names, pictures that belong together or apart, moved and hidden ones; decisions on copies.

Each correction is a small record of content hashes, not of cluster numbers, so that it holds for any cut, and for a
collection that has grown since. `History` keeps corrections in a file beside the database, with undo and redo; `apply`
applies them, one after another, to the clusters of a cut. Decisions on copies ("these are not copies", "keep all of
them", "this is the best one") are in the same file; `Decisions` says what they mean for a group. Corrections of trips
and events, of homes and of cameras' clocks are there too, and what was chosen among pictures: `choices_of` says which
files are kept, which are rejected, and how many stars they have.
"""

from imagecluster.corrections.choice_kinds import MOST_STARS, ChoiceEdit, Choose, ChosenFile, Fate, Rate
from imagecluster.corrections.choices import Choice, choices_of
from imagecluster.corrections.corrected_cut import apply
from imagecluster.corrections.decisions import Decisions
from imagecluster.corrections.event_kinds import (
    CameraClock,
    EventEdit,
    EventJoin,
    EventMove,
    EventName,
    EventSplit,
    HomeIs,
    OccasionLevel,
)
from imagecluster.corrections.following import Heirs, follow, heirs
from imagecluster.corrections.history import EDITS_NAME, History, MadeEdit
from imagecluster.corrections.kinds import (
    Apart,
    Best,
    Correction,
    Decision,
    Edit,
    Hide,
    HideFiles,
    KeepAll,
    Move,
    Name,
    NotCopies,
    Together,
    Unhide,
    UnhideFiles,
    choice_edits_of,
    corrections_of,
    decisions_of,
    edit_from_json,
    edit_to_json,
    event_edits_of,
)
from imagecluster.corrections.replay import Replayed, replay

__all__ = [
    "EDITS_NAME",
    "MOST_STARS",
    "Apart",
    "Best",
    "CameraClock",
    "Choice",
    "ChoiceEdit",
    "Choose",
    "ChosenFile",
    "Correction",
    "Decision",
    "Decisions",
    "Edit",
    "EventEdit",
    "EventJoin",
    "EventMove",
    "EventName",
    "EventSplit",
    "Fate",
    "Heirs",
    "Hide",
    "HideFiles",
    "History",
    "HomeIs",
    "KeepAll",
    "MadeEdit",
    "Move",
    "Name",
    "NotCopies",
    "OccasionLevel",
    "Rate",
    "Replayed",
    "Together",
    "Unhide",
    "UnhideFiles",
    "apply",
    "choice_edits_of",
    "choices_of",
    "corrections_of",
    "decisions_of",
    "edit_from_json",
    "edit_to_json",
    "event_edits_of",
    "follow",
    "heirs",
    "replay",
]
