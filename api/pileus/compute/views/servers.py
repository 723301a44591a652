"""Servers on the wire: made, listed, shown, changed, deleted."""

import secrets
from typing import Any

from pileus.compute.models import Server
from pileus.compute.operations import power, servers
from pileus.compute.schemas import servers as schemas
from pileus.compute.schemas import true
from pileus.compute.views.links import links, more
from pileus.compute.views.server_body import Page, columns
from pileus.compute.views.server_filters import filtered
from pileus.compute.views.steps import steps
from pileus.core.errors import BadRequest
from pileus.core.http.call import Call
from pileus.core.http.page import page
from pileus.core.http.reply import Reply
from pileus.core.service import Route

SORT = {
    "id": Server.id,
    "uuid": Server.id,
    "created_at": Server.created_at,
    "updated_at": Server.updated_at,
    "display_name": Server.name,
    "display_description": Server.description,
    "vm_state": Server.status,
    "task_state": Server.task_state,
    "power_state": Server.power_state,
    "project_id": Server.project_id,
    "user_id": Server.user_id,
    "host": Server.host,
    "image_ref": Server.image_id,
    "instance_type_id": Server.flavor_id,
    "key_name": Server.key_name,
    "hostname": Server.hostname,
    "launched_at": Server.launched_at,
    "launch_index": Server.launch_index,
    "access_ip_v4": Server.access_ipv4,
    "access_ip_v6": Server.access_ipv6,
    "availability_zone": Server.availability_zone,
    "locked_by": Server.locked_by,
}


def index(call: Call, detail: bool = False) -> Any:
    """GET /servers and /servers/detail."""
    selected = columns(call.context.is_admin) if detail else [Server.id, Server.name]
    statement = filtered(call, selected)
    if statement is None:
        return {"servers": []}
    rows, follow = page(call, call.session, statement, SORT, scalars=False)
    shared = Page(call, call.session, rows if detail else [])
    shape = shared.detail if detail else shared.summary
    return {"servers": [shape(row) for row in rows], **more(call, "servers_links", rows, follow)}


def detail(call: Call) -> Any:
    """GET /servers/detail."""
    return index(call, detail=True)


def show(call: Call, server_id: str) -> Any:
    """GET /servers/{server_id}."""
    row = servers.find_server(call.session, call.context, server_id)
    return {"server": Page(call, call.session, [row]).detail(row, one=True)}


def create(call: Call) -> Any:
    """POST /servers; the answer names the first of several servers, or the reservation when asked for it."""
    wanted = call.body["server"]
    hints = call.body.get("os:scheduler_hints") or call.body.get("OS-SCH-HNT:scheduler_hints") or {}
    if true(wanted.get("config_drive")):
        raise BadRequest("Configuration drives are not offered here; use the metadata service.", field="config_drive")
    made = servers.create_servers(
        call.session,
        call.context,
        {**wanted, "name": wanted["name"].strip()},
        hints,
        call.settings.server_pool,
        call.at_least(2, 37),
    )
    if true(wanted.get("return_reservation_id")):
        return {"reservation_id": made[0].reservation_id}
    row = made[0]
    found = links(call, "servers", row.id)
    body = {
        "id": row.id,
        "links": found,
        "OS-DCF:diskConfig": "MANUAL",
        "security_groups": [{"name": name} for name in row.security_groups],
        "adminPass": wanted.get("adminPass") or secrets.token_urlsafe(9),
    }
    return Reply({"server": body}, 202, {"Location": found[0]["href"]})


def update(call: Call, server_id: str) -> Any:
    """PUT /servers/{server_id}."""
    row = servers.find_server(call.session, call.context, server_id, change=True)
    wanted = call.body["server"]
    if "name" in wanted:
        wanted = {**wanted, "name": wanted["name"].strip()}
    servers.update_server(row, wanted)
    call.session.flush()
    shared = Page(call, call.session, [row])
    return {"server": shared.detail(row, one=True) if call.at_least(2, 75) else shared.base(row, one=True)}


def delete(call: Call, server_id: str) -> Any:
    """DELETE /servers/{server_id}."""
    power.delete(call.session, call.context, servers.find_server(call.session, call.context, server_id))


RULE = "os_compute_api:servers"
ALL, ONE = "/v2.1/servers", "/v2.1/servers/<server_id>"
ROUTES = [
    Route("GET", ALL, index, f"{RULE}:index"),
    Route("GET", f"{ALL}/detail", detail, f"{RULE}:detail"),
    Route("GET", ONE, show, f"{RULE}:show"),
    Route("DELETE", ONE, delete, f"{RULE}:delete", 204),
    *(Route("POST", ALL, create, f"{RULE}:create", 202, **step) for step in steps(schemas.CREATE)),
    *(Route("PUT", ONE, update, f"{RULE}:update", **step) for step in steps(schemas.UPDATE)),
]
