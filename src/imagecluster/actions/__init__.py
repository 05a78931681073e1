"""Every action on the user's files: a plan first, then a journal, then the step, and the way back.

This room knows files only. What is proposed, and why, comes from the rooms above.
"""

from imagecluster.actions.applying import Applied, Done, apply
from imagecluster.actions.contents import facts_of
from imagecluster.actions.destinations import refuse_inside
from imagecluster.actions.journal import JOURNAL_NAME
from imagecluster.actions.plan import (
    SYMBOLIC_WARNING,
    Destination,
    FileFacts,
    Folder,
    Link,
    LinkKind,
    NewFile,
    Plan,
    Step,
    Trash,
)
from imagecluster.actions.plan_json import plan_from_json, plan_table, plan_to_json, read_plan, write_plan
from imagecluster.actions.undoing import ActionRecord, Left, Restored, StepRecord, Undone, list_actions, undo

__all__ = [
    "JOURNAL_NAME",
    "SYMBOLIC_WARNING",
    "ActionRecord",
    "Applied",
    "Destination",
    "Done",
    "FileFacts",
    "Folder",
    "Left",
    "Link",
    "LinkKind",
    "NewFile",
    "Plan",
    "Restored",
    "Step",
    "StepRecord",
    "Trash",
    "Undone",
    "apply",
    "facts_of",
    "list_actions",
    "plan_from_json",
    "plan_table",
    "plan_to_json",
    "read_plan",
    "refuse_inside",
    "undo",
    "write_plan",
]
