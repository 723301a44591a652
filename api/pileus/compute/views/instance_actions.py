"""What was asked of a server, and how it went."""

from typing import Any

from sqlalchemy import select

from pileus.compute.models import ServerAction
from pileus.compute.operations.actions import find_action
from pileus.compute.operations.servers import find_server
from pileus.compute.views.links import more
from pileus.compute.views.server_body import host_id
from pileus.compute.views.server_filters import moment
from pileus.core.errors import NotFound
from pileus.core.http.call import Call
from pileus.core.http.page import page
from pileus.core.service import Route

SORT = {"id": ServerAction.request_id, "created_at": ServerAction.id}


def _iso(value: Any) -> str | None:
    return value.isoformat(timespec="microseconds") if value else None


def _known(call: Call, server_id: str) -> None:
    """Actions of a deleted server stay readable from 2.21 on, for its project."""
    try:
        find_server(call.session, call.context, server_id)
    except NotFound:
        last = call.session.scalar(select(ServerAction).where(ServerAction.server_id == server_id).limit(1))
        if last is None or not call.at_least(2, 21):
            raise
        if last.project_id != call.context.project_id and not call.context.is_admin:
            raise


def _body(call: Call, row: ServerAction) -> dict[str, Any]:
    body = {
        "action": row.action,
        "instance_uuid": row.server_id,
        "request_id": row.request_id,
        "user_id": row.user_id,
        "project_id": row.project_id,
        "start_time": _iso(row.started_at),
        "message": row.message,
    }
    return body | ({"updated_at": _iso(row.updated_at)} if call.at_least(2, 58) else {})


def _event(call: Call, row: ServerAction) -> dict[str, Any]:
    event = {
        "event": row.event,
        "start_time": _iso(row.started_at),
        "finish_time": _iso(row.finished_at),
        "result": row.result,
    }
    admin = call.allows("os_compute_api:os-instance-actions:events")
    if admin:
        event["traceback"] = None
    if call.at_least(2, 62):
        event["hostId"] = host_id(row.project_id, row.host)
        if admin and row.host:
            event["host"] = row.host
    if call.at_least(2, 84) and call.allows("os_compute_api:os-instance-actions:events:details"):
        event["details"] = row.message
    return event


def index(call: Call, server_id: str) -> Any:
    """GET /servers/{id}/os-instance-actions."""
    _known(call, server_id)
    statement = select(ServerAction).where(ServerAction.server_id == server_id)
    for name, since in (("changes-since", (2, 58)), ("changes-before", (2, 66))):
        if name in call.query and call.at_least(*since):
            when = moment(call.query[name], name)
            late = ServerAction.updated_at >= when if name == "changes-since" else ServerAction.updated_at <= when
            statement = statement.where(late)
    if not call.at_least(2, 58):
        rows, follow = list(call.session.scalars(statement.order_by(ServerAction.id.desc()))), False
    else:
        rows, follow = page(call, call.session, statement, SORT, (("created_at", "desc"),))
    listed = [_body(call, row) for row in rows]
    return {"instanceActions": listed, **more(call, "links", rows, follow, "request_id")}


def show(call: Call, server_id: str, request_id: str) -> Any:
    """GET /servers/{id}/os-instance-actions/{request_id}."""
    _known(call, server_id)
    row = find_action(call.session, server_id, request_id)
    body = _body(call, row)
    if call.at_least(2, 51) or call.allows("os_compute_api:os-instance-actions:events"):
        body["events"] = [_event(call, row)]
    return {"instanceAction": body}


RULE = "os_compute_api:os-instance-actions"
ALL = "/v2.1/servers/<server_id>/os-instance-actions"
ROUTES = [
    Route("GET", ALL, index, f"{RULE}:list"),
    Route("GET", f"{ALL}/<request_id>", show, f"{RULE}:show"),
]
