"""User messages over HTTP: the faults of volumes and snapshots in words."""

import datetime as dt
import uuid
from typing import Any

from sqlalchemy import select

from pileus.block_storage.models import Snapshot, Volume
from pileus.block_storage.views.paths import both, link
from pileus.core.errors import NotFound
from pileus.core.http.call import Call
from pileus.core.service import Route


def _faulty(call: Call) -> dict[str, Volume | Snapshot]:
    """The caller's resources that have a fault, by the id of its message."""
    found: dict[str, Volume | Snapshot] = {}
    project = call.context.project_id
    volumes = select(Volume).where(Volume.project_id == project, Volume.status.like("error%"))
    snapshots = select(Snapshot).where(Snapshot.project_id == project, Snapshot.status.like("error%"))
    rows: list[Volume | Snapshot] = [
        *call.session.execute(volumes).scalars(),
        *call.session.execute(snapshots).scalars(),
    ]
    for row in rows:
        if row.fault:
            found[str(uuid.uuid5(uuid.UUID(row.id), str(row.fault.get("created"))))] = row
    return found


def _shown(call: Call, message_id: str, row: Volume | Snapshot) -> dict[str, Any]:
    fault = row.fault or {}
    moment = dt.datetime.fromisoformat(fault.get("created") or row.created_at.isoformat())
    kind = "VOLUME" if isinstance(row, Volume) else "VOLUME_SNAPSHOT"
    return {
        "id": message_id,
        "event_id": f"VOLUME_{kind}_001_001",
        "message_level": "ERROR",
        "user_message": fault.get("message") or "It failed.",
        "resource_type": kind,
        "resource_uuid": row.id,
        "request_id": "",
        "created_at": moment,
        "guaranteed_until": moment + dt.timedelta(days=30),
        "links": link(call, f"/messages/{message_id}"),
    }


def index(call: Call) -> dict[str, Any]:
    """GET /messages."""
    shown = [_shown(call, message_id, row) for message_id, row in _faulty(call).items()]
    for key in ("resource_type", "resource_uuid", "message_level"):
        if (wanted := call.query.get(key)) is not None:
            shown = [message for message in shown if message[key] == wanted]
    return {"messages": shown}


def show(call: Call, message_id: str) -> dict[str, Any]:
    """GET /messages/{message_id}."""
    row = _faulty(call).get(message_id)
    if row is None:
        raise NotFound(f"Message {message_id} could not be found.")
    return {"message": _shown(call, message_id, row)}


def delete(call: Call, message_id: str) -> None:
    """DELETE /messages/{message_id}: the fault is read and may go."""
    row = _faulty(call).get(message_id)
    if row is None:
        raise NotFound(f"Message {message_id} could not be found.")
    row.fault = None


ROUTES = both(
    Route("GET", "/messages", index, "message:get_all"),
    Route("GET", "/messages/<message_id>", show, "message:get"),
    Route("DELETE", "/messages/<message_id>", delete, "message:delete", 204),
)
