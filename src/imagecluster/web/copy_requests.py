"""The answers about copies and actions on files. Files are moved by the same functions as on the command line."""

from __future__ import annotations

from pathlib import Path
from typing import Any, get_args

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from imagecluster.actions import refuse_inside
from imagecluster.explore.snapshot import Snapshot
from imagecluster.records import CopyKind
from imagecluster.web.correction_json import choices_for_page
from imagecluster.web.duplicates import COMMAND, KeepingRules
from imagecluster.web.duplicates_json import group_for_page, head_for_page, plan_for_page, rules_for_page
from imagecluster.web.file_actions import action_for_page, applied_for_page, destination_of, undone_for_page
from imagecluster.web.guard import Rules
from imagecluster.web.rejected import plan_of_rejected
from imagecluster.web.request import asked_snapshot, json_body, whole_number
from imagecluster.web.responses import unkept_json
from imagecluster.web.viewer_session import ViewerSession

__all__ = ["CopyRequests"]

MOST_GROUPS = 200
"""Largest number of groups in one answer."""

MOST_ACTIONS = 50
"""Largest number of actions in one answer."""


class CopyRequests:
    """The answers to requests about copies; `routes.py` lists their addresses."""

    def __init__(self, session: ViewerSession, rules: Rules) -> None:
        self._session = session
        self._rules = rules

    def duplicates(self, snapshot: Snapshot, request: Request) -> Response:
        """The groups of copies; the first request starts the search."""
        search = self._session.duplicates
        # A page that still shows an earlier snapshot must not end the search in the present one.
        if snapshot is self._session.latest:
            found, news = search.state(snapshot, again=request.query_params.get("again") == "1")
        else:
            found, news = None, search.news(snapshot)
        return unkept_json(
            {
                "search": news,
                "known": found is not None,
                "complete": found is None or found.duplicates.has_opencv,
                "rules": rules_for_page(search.rules),
                "n_decided": 0 if found is None else found.duplicates.n_decided,
                "groups": [] if found is None else [head_for_page(group, files) for group, files in found.groups],
            }
        )

    async def rules(self, request: Request) -> Response:
        """Choose which file of each group is kept; all pages show the groups by these rules then."""
        values = await json_body(request)
        self._check_may_act()
        keep, references = values.get("keep"), values.get("references")
        if not isinstance(keep, str) or not isinstance(references, list):
            raise HTTPException(400, "keep must be a text of rules, and references a list of folders")
        if not all(isinstance(place, str) and "\0" not in place and Path(place).is_absolute() for place in references):
            raise HTTPException(400, "references must be whole paths of folders")
        search = self._session.duplicates
        search.rules = await run_in_threadpool(KeepingRules, keep.strip(), tuple(map(Path, references)))
        return unkept_json(rules_for_page(search.rules))

    def groups(self, snapshot: Snapshot, request: Request) -> Response:
        """A run of groups with their files."""
        found = self._session.duplicates.version(snapshot, whole_number(request, "version"))
        if found is None:
            raise HTTPException(410, "other copies are known by now; ask for them again")
        first, end = whole_number(request, "from"), whole_number(request, "to")
        if not 0 <= first <= end <= len(found.groups) or end - first > MOST_GROUPS:
            raise HTTPException(
                400,
                f"from is {first} and to is {end}; give at most {MOST_GROUPS} groups from 0 to {len(found.groups)}",
            )
        groups = [group_for_page(group, files, snapshot) for group, files in found.groups[first:end]]
        return unkept_json({"version": found.version, "groups": groups})

    def actions(self, request: Request) -> Response:
        """The latest actions, newest first."""
        records = self._session.actions.records()
        return unkept_json({"actions": [action_for_page(record) for record in records[: -MOST_ACTIONS - 1 : -1]]})

    async def plan(self, request: Request) -> Response:
        """A plan for removing copies, which is carried out only on another request."""
        values = await json_body(request)
        self._check_may_act()
        return await run_in_threadpool(self._planned, values)

    def _planned(self, values: dict[str, Any]) -> Response:
        snapshot = asked_snapshot(self._session, values)
        kinds, spared = values.get("kinds"), values.get("spared", [])
        if not isinstance(kinds, list) or not set(map(str, kinds)) <= set(get_args(CopyKind)):
            raise HTTPException(400, f"kinds must be a list of {', '.join(get_args(CopyKind))}")
        carry_over = values.get("carry_over", False)
        if not isinstance(carry_over, bool):
            raise HTTPException(400, "carry_over must be true or false")
        if not isinstance(spared, list) or not all(type(picture) is int for picture in spared):
            raise HTTPException(400, "spared must be a list of ids")
        version = values.get("version")
        found = self._session.duplicates.found(snapshot)
        if found is None or found.version != version or not self._session.duplicates.follows_all(found):
            raise HTTPException(410, "other copies are known by now; look at them first")
        plan = found.plan(frozenset(kinds), frozenset(spared), carry_over=carry_over)
        return unkept_json(plan_for_page(self._session.actions.remember(plan), plan, snapshot))

    async def plan_rejected(self, request: Request) -> Response:
        """A plan for moving rejected pictures away, which is carried out only on another request."""
        values = await json_body(request)
        self._check_may_act()
        return await run_in_threadpool(self._planned_rejected, values)

    def _planned_rejected(self, values: dict[str, Any]) -> Response:
        snapshot = asked_snapshot(self._session, values)
        ids = values.get("ids")
        if not isinstance(ids, list) or not all(type(picture) is int for picture in ids):
            raise HTTPException(400, "ids must be a list of ids")
        rejected = set(choices_for_page(self._session.history.edits, snapshot)["rejected"])
        if not rejected.issuperset(ids):
            raise HTTPException(410, "some of these pictures are no longer rejected; look at the list again")
        there = set(ids) - self._session.actions.gone(snapshot)
        plan, left = plan_of_rejected(snapshot, there, command=COMMAND)
        key = self._session.actions.remember(plan)
        return unkept_json(plan_for_page(key, plan, snapshot, of="rejected", left=left))

    async def apply(self, request: Request) -> Response:
        """Do what a plan says."""
        values = await json_body(request)
        self._check_may_act()
        return await run_in_threadpool(self._applied, values)

    def _applied(self, values: dict[str, Any]) -> Response:
        folder = values.get("folder", "")
        if not isinstance(folder, str) or "\0" in folder or (folder and not Path(folder).is_absolute()):
            raise HTTPException(400, f"folder must be the whole path of a folder, such as {Path.home() / 'Removed'}")
        to = destination_of(folder)
        refuse_inside(to, [self._session.options.root])
        applied = self._session.actions.carry_out(values.get("plan"), to)
        if applied is None:
            raise HTTPException(410, "there is another plan since; look at the preview again")
        return unkept_json(applied_for_page(applied, to, self._session.options.root))

    async def put_back(self, request: Request) -> Response:
        """Put back what an action moved."""
        values = await json_body(request)
        self._check_may_act()
        number = values.get("number")
        if type(number) is not int:
            raise HTTPException(400, "number must be that of an action, as in /api/actions")
        return await run_in_threadpool(self._put_back, number)

    def _put_back(self, number: int) -> Response:
        actions = self._session.actions
        record = next((record for record in actions.records() if record.number == number), None)
        return unkept_json(undone_for_page(actions.put_back(number), record, self._session.options.root))

    def _check_may_act(self) -> None:
        if not self._rules.can_act:
            raise HTTPException(403, "files can be moved only on the machine that holds them")
