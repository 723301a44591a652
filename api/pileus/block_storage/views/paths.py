"""Paths of block storage: every route answers with and without the project in its path."""

from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from typing import Any

from pileus.core.errors import BadRequest
from pileus.core.http.call import Call
from pileus.core.service import Route


def both(*routes: Route) -> list[Route]:
    """Each route at /v3/{project_id}/... and at /v3/..."""
    made: list[Route] = []
    for route in routes:
        made.append(replace(route, path=f"/v3{route.path}"))
        made.append(replace(route, path=f"/v3/<project_id>{route.path}", view=_scoped(route.view)))
    return made


def _scoped(view: Callable[..., Any]) -> Callable[..., Any]:
    """The view, once the project in the path is the one the token is for."""

    @wraps(view)
    def scoped(call: Call, project_id: str, **arguments: Any) -> Any:
        if project_id != call.context.project_id:
            raise BadRequest("Malformed request url: its project is not the one of the token.", field="project_id")
        return view(call, **arguments)

    return scoped


def link(call: Call, path: str) -> list[dict[str, str]]:
    """The links of a resource."""
    project = call.context.project_id
    return [
        {"rel": "self", "href": call.url(f"/v3/{project}{path}")},
        {"rel": "bookmark", "href": call.url(f"/{project}{path}")},
    ]
