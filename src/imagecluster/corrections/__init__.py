"""Corrections made by hand: names, pictures that belong together or apart, moved and hidden ones.

Each correction is a small record of content hashes, not of cluster numbers, so that it holds for any cut, and for a
collection that has grown since. `History` keeps corrections in a file beside the database, with undo and redo; `apply`
applies them, one after another, to the clusters of a cut.
"""

from imagecluster.corrections.corrected_cut import apply
from imagecluster.corrections.following import Heirs, follow, heirs
from imagecluster.corrections.history import EDITS_NAME, History
from imagecluster.corrections.kinds import Apart, Edit, Hide, Move, Name, Together, Unhide, edit_from_json, edit_to_json
from imagecluster.corrections.replay import Replayed, replay

__all__ = [
    "EDITS_NAME",
    "Apart",
    "Edit",
    "Heirs",
    "Hide",
    "History",
    "Move",
    "Name",
    "Replayed",
    "Together",
    "Unhide",
    "apply",
    "edit_from_json",
    "edit_to_json",
    "follow",
    "heirs",
    "replay",
]
