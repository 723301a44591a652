"""Snapshots over HTTP."""

from collections.abc import Sequence
from typing import Any

from pileus.block_storage import schemas
from pileus.block_storage.models import Snapshot
from pileus.block_storage.operations import filters, snapshots
from pileus.block_storage.views.paging import listed
from pileus.block_storage.views.paths import both
from pileus.core.http.call import Call
from pileus.core.service import Route


def brief(call: Call, snapshot: Snapshot) -> dict[str, Any]:
    """A snapshot as create, update and the short list answer."""
    body = {
        "id": snapshot.id,
        "name": snapshot.name,
        "description": snapshot.description,
        "volume_id": snapshot.volume_id,
        "status": snapshot.status,
        "size": snapshot.size,
        "metadata": snapshot.meta,
        "created_at": snapshot.created_at,
        "updated_at": snapshot.updated_at,
    }
    if call.at_least(3, 14):
        body["group_snapshot_id"] = None
    if call.at_least(3, 41):
        body["user_id"] = snapshot.user_id
    if call.at_least(3, 65):
        body["consumes_quota"] = True
    return body


def detail(call: Call, snapshot: Snapshot) -> dict[str, Any]:
    """A snapshot as show and the list with detail answer."""
    return {
        **brief(call, snapshot),
        "os-extended-snapshot-attributes:progress": "100%" if snapshot.status == "available" else "0%",
        "os-extended-snapshot-attributes:project_id": snapshot.project_id,
    }


def find(call: Call, snapshot_id: str) -> Snapshot:
    """The snapshot a request is about."""
    return snapshots.find_snapshot(call.session, call.context, snapshot_id)


def create(call: Call) -> dict[str, Any]:
    """POST /snapshots; from 3.66 on, a volume in use needs no force."""
    asked = call.body["snapshot"]
    made = snapshots.create_snapshot(
        call.session,
        call.context,
        volume_id=asked["volume_id"] or "",
        name=asked.get("name"),
        description=asked.get("description"),
        metadata=asked.get("metadata"),
        force=call.at_least(3, 66) or schemas.truth(asked.get("force", False)),
    )
    return {"snapshot": brief(call, made)}


def _page(call: Call) -> tuple[Sequence[Snapshot], dict[str, Any]]:
    statement = filters.listing(call.context, call.query.to_dict(), Snapshot, filters.SNAPSHOTS)
    return listed(call, statement, filters.SNAPSHOT_SORT, "snapshots")


def index(call: Call) -> dict[str, Any]:
    """GET /snapshots."""
    rows, extra = _page(call)
    return {"snapshots": [brief(call, snapshot) for snapshot in rows], **extra}


def index_detail(call: Call) -> dict[str, Any]:
    """GET /snapshots/detail."""
    rows, extra = _page(call)
    return {"snapshots": [detail(call, snapshot) for snapshot in rows], **extra}


def show(call: Call, snapshot_id: str) -> dict[str, Any]:
    """GET /snapshots/{snapshot_id}."""
    return {"snapshot": detail(call, find(call, snapshot_id))}


def change(call: Call, snapshot_id: str) -> dict[str, Any]:
    """PUT /snapshots/{snapshot_id}."""
    snapshot, asked = find(call, snapshot_id), call.body["snapshot"]
    for key in ("name", "description"):
        if (name := next((n for n in (key, f"display_{key}") if n in asked), None)) is not None:
            setattr(snapshot, key, asked[name])
    call.session.flush()
    return {"snapshot": brief(call, snapshot)}


def delete(call: Call, snapshot_id: str) -> None:
    """DELETE /snapshots/{snapshot_id}."""
    snapshots.delete_snapshot(call.session, call.context, find(call, snapshot_id))


def reset_status(call: Call, snapshot_id: str) -> None:
    """os-reset_status: set the state by hand."""
    find(call, snapshot_id).status = call.body["os-reset_status"]["status"]


def force_delete(call: Call, snapshot_id: str) -> None:
    """os-force_delete: delete in whatever state."""
    snapshots.delete_snapshot(call.session, call.context, find(call, snapshot_id), force=True)


ONE = "/snapshots/<snapshot_id>"
ADMIN = "volume_extension:snapshot_admin_actions:"
ROUTES = both(
    Route("POST", "/snapshots", create, "volume:create_snapshot", 202, schemas.SNAPSHOT_CREATE),
    Route("GET", "/snapshots", index, "volume:get_all_snapshots"),
    Route("GET", "/snapshots/detail", index_detail, "volume:get_all_snapshots"),
    Route("GET", ONE, show, "volume:get_snapshot"),
    Route("PUT", ONE, change, "volume:update_snapshot", schema=schemas.SNAPSHOT_UPDATE),
    Route("DELETE", ONE, delete, "volume:delete_snapshot", 202),
    Route(
        "POST",
        f"{ONE}/action",
        reset_status,
        f"{ADMIN}reset_status",
        202,
        schemas.RESET_SNAPSHOT,
        action="os-reset_status",
    ),
    Route("POST", f"{ONE}/action", force_delete, f"{ADMIN}force_delete", 202, action="os-force_delete"),
)
