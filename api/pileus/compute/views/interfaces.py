"""The interfaces of a server on the wire."""

from typing import Any

from pileus.compute.operations import nics, servers
from pileus.compute.schemas import interfaces as schemas
from pileus.core.errors import BadRequest
from pileus.core.http.call import Call
from pileus.core.service import Route
from pileus.network import operations as network


def _body(call: Call, port: Any, tags: dict[str, Any]) -> dict[str, Any]:
    body = {
        "port_id": port.id,
        "net_id": port.network_id,
        "mac_addr": port.mac_address,
        "port_state": port.status,
        "fixed_ips": [{"subnet_id": f["subnet_id"], "ip_address": f["ip_address"]} for f in port.fixed_ips],
    }
    return body | ({"tag": tags.get(port.id)} if call.at_least(2, 70) else {})


def index(call: Call, server_id: str) -> Any:
    """GET /servers/{id}/os-interface."""
    row = servers.find_server(call.session, call.context, server_id)
    ports = network.ports_of(call.session, [row.id]).get(row.id, [])
    return {"interfaceAttachments": [_body(call, port, row.nic_tags) for port in ports]}


def show(call: Call, server_id: str, port_id: str) -> Any:
    """GET /servers/{id}/os-interface/{port_id}."""
    row = servers.find_server(call.session, call.context, server_id)
    return {"interfaceAttachment": _body(call, nics.find_port(call.session, row, port_id), row.nic_tags)}


def create(call: Call, server_id: str) -> Any:
    """POST /servers/{id}/os-interface."""
    row = servers.find_server(call.session, call.context, server_id, change=True)
    wanted = (call.body or {}).get("interfaceAttachment") or {}
    if wanted.get("port_id") and (wanted.get("net_id") or wanted.get("fixed_ips")):
        raise BadRequest("port_id goes with neither net_id nor fixed_ips.", field="port_id")
    if wanted.get("fixed_ips") and not wanted.get("net_id"):
        raise BadRequest("Must input network_id when request IP address", field="net_id")
    fixed = wanted["fixed_ips"][0]["ip_address"] if wanted.get("fixed_ips") else None
    nic = nics.Nic(wanted.get("net_id"), wanted.get("port_id"), fixed, wanted.get("tag"))
    port = nics.attach(call.session, call.context, row, nic)
    return {"interfaceAttachment": _body(call, port, row.nic_tags)}


def delete(call: Call, server_id: str, port_id: str) -> Any:
    """DELETE /servers/{id}/os-interface/{port_id}."""
    row = servers.find_server(call.session, call.context, server_id, change=True)
    nics.detach(call.session, call.context, row, port_id)


RULE = "os_compute_api:os-attach-interfaces"
ALL = "/v2.1/servers/<server_id>/os-interface"
ROUTES = [
    Route("GET", ALL, index, f"{RULE}:list"),
    Route("GET", f"{ALL}/<port_id>", show, f"{RULE}:show"),
    Route("POST", ALL, create, f"{RULE}:create", 200, schema=schemas.CREATE, until=(2, 48)),
    Route("POST", ALL, create, f"{RULE}:create", 200, schema=schemas.CREATE_249, since=(2, 49)),
    Route("DELETE", f"{ALL}/<port_id>", delete, f"{RULE}:delete", 202),
]
