"""The volumes of a server on the wire."""

from typing import Any

from pileus.compute.models import BlockDevice
from pileus.compute.operations import servers, volumes
from pileus.compute.operations.disks import devices_of, find_device
from pileus.compute.schemas import volume_attachments as schemas
from pileus.core.http.call import Call
from pileus.core.service import Route


def _body(call: Call, row: BlockDevice) -> dict[str, Any]:
    body: dict[str, Any] = {"volumeId": row.volume_id, "serverId": row.server_id, "device": f"/dev/{row.device}"}
    if call.at_least(2, 89) and call.request.method == "GET":
        body |= {"attachment_id": row.id, "bdm_uuid": row.id}
    else:
        body["id"] = row.volume_id
    if call.at_least(2, 70):
        body["tag"] = row.tag
    if call.at_least(2, 79):
        body["delete_on_termination"] = row.delete_on_termination
    return body


def index(call: Call, server_id: str) -> Any:
    """GET /servers/{id}/os-volume_attachments."""
    row = servers.find_server(call.session, call.context, server_id)
    listed = [_body(call, device) for device in devices_of(call.session, row.id)]
    start = int(call.query["offset"]) if call.query.get("offset", "").isdigit() else 0
    end = start + int(call.query["limit"]) if call.query.get("limit", "").isdigit() else None
    return {"volumeAttachments": listed[start:end]}


def show(call: Call, server_id: str, volume_id: str) -> Any:
    """GET /servers/{id}/os-volume_attachments/{volume_id}."""
    row = servers.find_server(call.session, call.context, server_id)
    return {"volumeAttachment": _body(call, find_device(call.session, row.id, volume_id))}


def create(call: Call, server_id: str) -> Any:
    """POST /servers/{id}/os-volume_attachments."""
    row = servers.find_server(call.session, call.context, server_id, change=True)
    wanted = call.body["volumeAttachment"]
    more = {"tag": wanted.get("tag"), "delete_on_termination": wanted.get("delete_on_termination", False)}
    return {
        "volumeAttachment": _body(call, volumes.attach(call.session, call.context, row, wanted["volumeId"], **more))
    }


def update(call: Call, server_id: str, volume_id: str) -> Any:
    """PUT /servers/{id}/os-volume_attachments/{volume_id}: whether the volume goes with the server."""
    row = servers.find_server(call.session, call.context, server_id, change=True)
    device = find_device(call.session, row.id, volume_id)
    volumes.keep(device, call.body["volumeAttachment"])


def delete(call: Call, server_id: str, volume_id: str) -> Any:
    """DELETE /servers/{id}/os-volume_attachments/{volume_id}."""
    row = servers.find_server(call.session, call.context, server_id, change=True)
    volumes.detach(call.session, call.context, row, volume_id)


RULE = "os_compute_api:os-volumes-attachments"
ALL = "/v2.1/servers/<server_id>/os-volume_attachments"
ROUTES = [
    Route("GET", ALL, index, f"{RULE}:index"),
    Route("GET", f"{ALL}/<volume_id>", show, f"{RULE}:show"),
    Route("POST", ALL, create, f"{RULE}:create", 200, schema=schemas.CREATE, until=(2, 48)),
    Route("POST", ALL, create, f"{RULE}:create", 200, schema=schemas.CREATE_249, since=(2, 49), until=(2, 78)),
    Route("POST", ALL, create, f"{RULE}:create", 200, schema=schemas.CREATE_279, since=(2, 79)),
    Route("PUT", f"{ALL}/<volume_id>", update, f"{RULE}:update", 202, schema=schemas.UPDATE, since=(2, 85)),
    Route("DELETE", f"{ALL}/<volume_id>", delete, f"{RULE}:delete", 202),
]
