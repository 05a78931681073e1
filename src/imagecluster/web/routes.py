"""The table of all addresses below /api, each with the method that answers it.

The methods are in `get_requests.py`, `post_requests.py` and `copy_requests.py`. `/` and `/static/...` are in `app.py`,
which answers them before this module has been loaded. What is sent and received is described in `wire.py`.
"""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.routing import Route

from imagecluster.web.copy_requests import CopyRequests
from imagecluster.web.get_requests import GetRequests
from imagecluster.web.guard import Rules
from imagecluster.web.post_requests import PostRequests
from imagecluster.web.responses import application
from imagecluster.web.viewer_session import ViewerSession

__all__ = ["build_api"]


def build_api(session: ViewerSession, rules: Rules) -> Starlette:
    """The application that answers for a viewer."""
    get, post, copies = GetRequests(session, rules), PostRequests(session, rules), CopyRequests(session, rules)
    below_snapshot = {
        "order.bin": get.order,
        "gap.bin": get.gaps,
        "distances.bin": get.distances,
        "rank.bin": get.ranks,
        "pictures.bin": get.pictures,
        "names.json": get.names,
        "named": get.named,
        "identical": get.identical,
        "thumb/{id}": get.thumbnail,
        "original/{id}": get.original,
        "screen/{id}": get.screen,
        "sharpness": get.sharpness,
        "picture/{id}": get.picture,
        "cluster": get.cluster,
        "curve": get.curve,
        "map.bin": get.map,
        "search": get.search,
        "copies": copies.duplicates,
        "copies/groups": copies.groups,
        "trips": get.trips,
    }
    return application(
        [
            Route("/api/state", get.state),
            Route("/api/events", get.events),
            Route("/api/skips", get.skips),
            Route("/api/edits", get.edits, methods=["GET"]),
            Route("/api/edits", post.edit, methods=["POST"]),
            Route("/api/actions", copies.actions),
            Route("/api/copies/rules", copies.rules, methods=["POST"]),
            Route("/api/actions/plan", copies.plan, methods=["POST"]),
            Route("/api/choices/plan", copies.plan_rejected, methods=["POST"]),
            Route("/api/actions/apply", copies.apply, methods=["POST"]),
            Route("/api/actions/undo", copies.put_back, methods=["POST"]),
            Route("/api/export", post.export, methods=["POST"]),
            Route("/api/reveal", post.reveal, methods=["POST"]),
            Route("/api/search", post.search, methods=["POST"]),
            *(Route(f"/api/{{snapshot}}/{name}", get.below(answer)) for name, answer in below_snapshot.items()),
        ]
    )
