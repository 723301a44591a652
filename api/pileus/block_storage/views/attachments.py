"""Attachments over HTTP, microversion 3.27."""

from typing import Any

from pileus.block_storage import schemas
from pileus.block_storage.models import Volume, VolumeAttachment
from pileus.block_storage.operations import connections
from pileus.block_storage.views.paths import both
from pileus.core.http.call import Call
from pileus.core.http.page import page
from pileus.core.service import Route

SINCE = (3, 27)
SORT: dict[str, Any] = {"id": VolumeAttachment.id, "created_at": VolumeAttachment.created_at}


def _brief(row: VolumeAttachment) -> dict[str, Any]:
    return {"id": row.id, "volume_id": row.volume_id, "instance": row.server_id, "status": row.status}


def _detail(row: VolumeAttachment, volume: Volume | None) -> dict[str, Any]:
    info: dict[str, Any] = {}
    if volume is not None and row.connector:
        data = {"name": f"{volume.pool}/{volume.image}", "volume_id": volume.id, "access_mode": row.mode}
        info = {"driver_volume_type": "rbd", "attachment_id": row.id, **data}
    detached: dict[str, Any] = {"detached_at": None}
    return {
        **_brief(row),
        **detached,
        "attach_mode": row.mode,
        "attached_at": row.attached_at,
        "connection_info": info,
    }


def _rows(call: Call) -> list[VolumeAttachment]:
    filters = call.query.to_dict()
    everyone = schemas.truth(filters.get("all_tenants", ""))
    rows, _ = page(call, call.session, connections.listed(call.context, everyone, filters), SORT)
    return rows


def index(call: Call) -> dict[str, Any]:
    """GET /attachments."""
    return {"attachments": [_brief(row) for row in _rows(call)]}


def index_detail(call: Call) -> dict[str, Any]:
    """GET /attachments/detail."""
    return {"attachments": [_detail(row, None) for row in _rows(call)]}


def show(call: Call, attachment_id: str) -> dict[str, Any]:
    """GET /attachments/{attachment_id}."""
    return {"attachment": _detail(*connections.find_attachment(call.session, call.context, attachment_id))}


def create(call: Call) -> dict[str, Any]:
    """POST /attachments."""
    asked = call.body["attachment"]
    made = connections.create_attachment(
        call.session,
        call.context,
        asked["volume_uuid"],
        asked.get("instance_uuid"),
        asked.get("connector"),
        asked.get("mode", "rw"),
    )
    return {"attachment": _detail(*made)}


def change(call: Call, attachment_id: str) -> dict[str, Any]:
    """PUT /attachments/{attachment_id}: connect."""
    row, volume = connections.find_attachment(call.session, call.context, attachment_id)
    connections.connect(row, volume, call.body["attachment"]["connector"])
    return {"attachment": _detail(row, volume)}


def complete(call: Call, attachment_id: str) -> None:
    """os-complete."""
    connections.complete(*connections.find_attachment(call.session, call.context, attachment_id))


def delete(call: Call, attachment_id: str) -> dict[str, Any]:
    """DELETE /attachments/{attachment_id}; answers with the attachments that are left."""
    row, volume = connections.find_attachment(call.session, call.context, attachment_id)
    connections.delete_attachment(call.session, row, volume)
    return {"attachments": [_brief(other) for other in volume.attachments]}


ONE = "/attachments/<attachment_id>"
RULE = "volume:attachment_"
ROUTES = both(
    Route("GET", "/attachments", index, "volume:get_all", since=SINCE),
    Route("GET", "/attachments/detail", index_detail, "volume:get_all", since=SINCE),
    Route("GET", ONE, show, "volume:get", since=SINCE),
    Route("POST", "/attachments", create, f"{RULE}create", schema=schemas.ATTACHMENT_CREATE, since=SINCE),
    Route("PUT", ONE, change, f"{RULE}update", schema=schemas.ATTACHMENT_UPDATE, since=SINCE),
    Route("DELETE", ONE, delete, f"{RULE}delete", since=SINCE),
    Route("POST", f"{ONE}/action", complete, f"{RULE}complete", 204, action="os-complete", since=(3, 44)),
)
