"""Server groups on the wire."""

from typing import Any

from sqlalchemy import select

from pileus.compute.models import ServerGroup
from pileus.compute.operations import groups
from pileus.compute.schemas import quotas as schemas
from pileus.compute.views.steps import steps
from pileus.core.http.call import Call
from pileus.core.service import Route


def _body(call: Call, row: ServerGroup, members: list[str]) -> dict[str, Any]:
    body: dict[str, Any] = {"id": row.id, "name": row.name, "members": members}
    if call.at_least(2, 13):
        body |= {"project_id": row.project_id, "user_id": row.user_id}
    if call.at_least(2, 64):
        return body | {"policy": row.policy, "rules": row.rules}
    return body | {"policies": [row.policy], "metadata": {}}


def index(call: Call) -> Any:
    """GET /os-server-groups."""
    statement = select(ServerGroup).order_by(ServerGroup.created_at, ServerGroup.id)
    if not (call.context.is_admin and "all_projects" in call.query):
        statement = statement.where(ServerGroup.project_id == call.context.project_id)
    rows = list(call.session.scalars(statement))
    start = int(call.query["offset"]) if call.query.get("offset", "").isdigit() else 0
    end = start + int(call.query["limit"]) if call.query.get("limit", "").isdigit() else None
    members = groups.members_of(call.session, [row.id for row in rows])
    return {"server_groups": [_body(call, row, members[row.id]) for row in rows[start:end]]}


def show(call: Call, group_id: str) -> Any:
    """GET /os-server-groups/{id}."""
    row = groups.find_group(call.session, call.context, group_id)
    return {"server_group": _body(call, row, groups.members_of(call.session, [row.id])[row.id])}


def create(call: Call) -> Any:
    """POST /os-server-groups."""
    wanted = call.body["server_group"]
    policy = wanted["policy"] if call.at_least(2, 64) else wanted["policies"][0]
    rules = {key: int(value) for key, value in (wanted.get("rules") or {}).items()}
    row = groups.create_group(call.session, call.context, wanted["name"].strip(), policy, rules)
    return {"server_group": _body(call, row, [])}


def delete(call: Call, group_id: str) -> Any:
    """DELETE /os-server-groups/{id}."""
    groups.delete_group(call.session, groups.find_group(call.session, call.context, group_id))


RULE = "os_compute_api:os-server-groups"
ALL, ONE = "/v2.1/os-server-groups", "/v2.1/os-server-groups/<group_id>"
ROUTES = [
    Route("GET", ALL, index, f"{RULE}:index"),
    Route("GET", ONE, show, f"{RULE}:show"),
    *(Route("POST", ALL, create, f"{RULE}:create", 200, **step) for step in steps(schemas.GROUP)),
    Route("DELETE", ONE, delete, f"{RULE}:delete", 204),
]
