"""Registered limits and limits."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import Select, false, select

from pileus.core.http.call import Call
from pileus.core.service import Route
from pileus.identity.models import Limit, Project, RegisteredLimit
from pileus.identity.operations import limit_models, limits
from pileus.identity.schemas.limits import CREATE_LIMITS, CREATE_REGISTERED, UPDATE_LIMIT, UPDATE_REGISTERED
from pileus.identity.views.listing import collection, links, rows
from pileus.identity.views.reach import reach

_REGISTERED = {
    "id": RegisteredLimit.id,
    "service_id": RegisteredLimit.service_id,
    "region_id": RegisteredLimit.region_id,
    "resource_name": RegisteredLimit.resource_name,
}
_LIMITS = {
    **_REGISTERED,
    "id": Limit.id,
    "project_id": Limit.project_id,
    "domain_id": Limit.domain_id,
}


def _shape_registered(call: Call, row: RegisteredLimit) -> dict[str, Any]:
    return {
        "id": row.id,
        "service_id": row.service_id,
        "region_id": row.region_id,
        "resource_name": row.resource_name,
        "default_limit": row.default_limit,
        "description": row.description,
        "links": links(call, f"/registered_limits/{row.id}"),
    }


def _shape(call: Call, row: Limit, registered: RegisteredLimit) -> dict[str, Any]:
    return {
        "id": row.id,
        "project_id": row.project_id,
        "domain_id": row.domain_id,
        "service_id": registered.service_id,
        "region_id": registered.region_id,
        "resource_name": registered.resource_name,
        "resource_limit": row.resource_limit,
        "description": row.description,
        "links": links(call, f"/limits/{row.id}"),
    }


def of_projects(call: Call, project_ids: Collection[str]) -> dict[str, list[dict[str, Any]]]:
    """The limits of these projects, as the API shows them, by project."""
    found: dict[str, list[dict[str, Any]]] = {project_id: [] for project_id in project_ids}
    statement = _joined().where(Limit.project_id.in_(project_ids)).order_by(Limit.id)
    for row, registered in call.session.execute(statement):
        found[row.project_id or ""].append(_shape(call, row, registered))
    return found


def list_registered(call: Call) -> dict[str, Any]:
    """All registered limits."""
    found, following = rows(call, select(RegisteredLimit), _REGISTERED)
    return collection(call, "registered_limits", [_shape_registered(call, row) for row in found], following)


def create_registered(call: Call) -> dict[str, Any]:
    """Register limits."""
    made = [limits.register(call.session, values) for values in call.body["registered_limits"]]
    return collection(call, "registered_limits", [_shape_registered(call, row) for row in made])


def _registered(call: Call, limit_id: str) -> RegisteredLimit:
    return reach(call, call.session.get(RegisteredLimit, limit_id), "registered limit", limit_id)


def show_registered(call: Call, limit_id: str) -> dict[str, Any]:
    """One registered limit."""
    return {"registered_limit": _shape_registered(call, _registered(call, limit_id))}


def update_registered(call: Call, limit_id: str) -> dict[str, Any]:
    """Change a registered limit."""
    row = _registered(call, limit_id)
    limits.change_registered(call.session, row, call.body["registered_limit"])
    return {"registered_limit": _shape_registered(call, row)}


def delete_registered(call: Call, limit_id: str) -> None:
    """Delete a registered limit."""
    limits.remove_registered(call.session, _registered(call, limit_id))


def _joined() -> Select[Limit, RegisteredLimit]:
    return select(Limit, RegisteredLimit).join(RegisteredLimit, RegisteredLimit.id == Limit.registered_limit_id)


def _own(call: Call, statement: Select[Limit, RegisteredLimit]) -> Select[Limit, RegisteredLimit]:
    """Only what concerns the caller, who is neither administrator nor reader of the system."""
    context = call.context
    if context.is_admin or (context.system and "reader" in context.roles):
        return statement
    if context.domain_id is not None:
        inside = select(Project.id).where(Project.domain_id == context.domain_id)
        return statement.where((Limit.domain_id == context.domain_id) | Limit.project_id.in_(inside))
    return statement.where(Limit.project_id == context.project_id if context.project_id else false())


def list_limits(call: Call) -> dict[str, Any]:
    """The limits the caller may see."""
    statement = _own(call, _joined())
    for name, column in _LIMITS.items():
        if name in call.query:
            statement = statement.where(column == call.query[name])
    found = call.session.execute(statement.order_by(Limit.id)).all()
    return collection(call, "limits", [_shape(call, row[0], row[1]) for row in found])


def create_limits(call: Call) -> dict[str, Any]:
    """Make limits."""
    made = limits.create(call.session, call.settings, call.body["limits"])
    shown = [_shape(call, row, _of(call, row)) for row in made]
    return collection(call, "limits", shown)


def _of(call: Call, row: Limit) -> RegisteredLimit:
    return call.session.get_one(RegisteredLimit, row.registered_limit_id)


def _limit(call: Call, limit_id: str) -> Limit:
    row = call.session.get(Limit, limit_id)
    target = {}
    if row is not None:
        owner = call.session.get(Project, row.project_id) if row.project_id else None
        target = {
            "target.limit.project_id": row.project_id or "",
            "target.limit.domain_id": row.domain_id or (owner.domain_id if owner else ""),
        }
    return reach(call, row, "limit", limit_id, target)


def show_limit(call: Call, limit_id: str) -> dict[str, Any]:
    """One limit."""
    row = _limit(call, limit_id)
    return {"limit": _shape(call, row, _of(call, row))}


def update_limit(call: Call, limit_id: str) -> dict[str, Any]:
    """Change a limit."""
    row = _limit(call, limit_id)
    limits.change(call.session, call.settings, row, call.body["limit"])
    return {"limit": _shape(call, row, _of(call, row))}


def delete_limit(call: Call, limit_id: str) -> None:
    """Delete a limit."""
    call.session.delete(_limit(call, limit_id))


def show_model(call: Call) -> dict[str, Any]:
    """How limits of projects have to do with each other."""
    model = limit_models.of(call.settings)
    return {"model": {"name": model.name, "description": model.description}}


_ONE = "/v3/registered_limits/<limit_id>"
_LIMIT = "/v3/limits/<limit_id>"

ROUTES = [
    Route("GET", "/v3/registered_limits", list_registered, "identity:list_registered_limits"),
    Route(
        "POST",
        "/v3/registered_limits",
        create_registered,
        "identity:create_registered_limits",
        status=201,
        schema=CREATE_REGISTERED,
    ),
    Route("GET", _ONE, show_registered, "identity:get_registered_limit", late=True),
    Route("PATCH", _ONE, update_registered, "identity:update_registered_limit", schema=UPDATE_REGISTERED, late=True),
    Route("DELETE", _ONE, delete_registered, "identity:delete_registered_limit", status=204, late=True),
    Route("GET", "/v3/limits", list_limits, "identity:list_limits"),
    Route("POST", "/v3/limits", create_limits, "identity:create_limits", status=201, schema=CREATE_LIMITS),
    Route("GET", "/v3/limits/model", show_model, "identity:get_limit_model"),
    Route("GET", _LIMIT, show_limit, "identity:get_limit", late=True),
    Route("PATCH", _LIMIT, update_limit, "identity:update_limit", schema=UPDATE_LIMIT, late=True),
    Route("DELETE", _LIMIT, delete_limit, "identity:delete_limit", status=204, late=True),
]
