"""Transfers of volumes over HTTP, at the older and at the newer path."""

from typing import Any

from pileus.block_storage import schemas
from pileus.block_storage.models import VolumeTransfer
from pileus.block_storage.operations import transfers
from pileus.block_storage.views.paths import both, link
from pileus.core.http.call import Call
from pileus.core.http.page import page
from pileus.core.service import Route

SORT: dict[str, Any] = {
    "id": VolumeTransfer.id,
    "created_at": VolumeTransfer.created_at,
    "name": VolumeTransfer.name,
}


def _brief(call: Call, row: VolumeTransfer) -> dict[str, Any]:
    links = link(call, f"/os-volume-transfer/{row.id}")
    return {"id": row.id, "name": row.name, "volume_id": row.volume_id, "links": links}


def _detail(call: Call, row: VolumeTransfer) -> dict[str, Any]:
    body = {**_brief(call, row), "created_at": row.created_at}
    if call.at_least(3, 55):
        body["no_snapshots"] = row.no_snapshots
    if call.at_least(3, 57):
        body |= {"source_project_id": row.project_id, "destination_project_id": None, "accepted": False}
    return body


def _rows(call: Call) -> list[VolumeTransfer]:
    everyone = schemas.truth(call.query.get("all_tenants", ""))
    rows, _ = page(call, call.session, transfers.listed(call.context, everyone), SORT)
    return rows


def index(call: Call) -> dict[str, Any]:
    """GET: the offers."""
    return {"transfers": [_brief(call, row) for row in _rows(call)]}


def index_detail(call: Call) -> dict[str, Any]:
    """GET detail: the offers with all there is to say."""
    return {"transfers": [_detail(call, row) for row in _rows(call)]}


def show(call: Call, transfer_id: str) -> dict[str, Any]:
    """GET one offer."""
    return {"transfer": _detail(call, transfers.find_transfer(call.session, call.context, transfer_id))}


def create(call: Call) -> dict[str, Any]:
    """POST: offer a volume."""
    asked = call.body["transfer"]
    alone = schemas.truth(asked.get("no_snapshots", False))
    made, key = transfers.create_transfer(call.session, call.context, asked["volume_id"], asked.get("name"), alone)
    return {"transfer": {**_detail(call, made), "auth_key": key}}


def delete(call: Call, transfer_id: str) -> None:
    """DELETE: withdraw an offer."""
    transfers.delete_transfer(call.session, transfers.find_transfer(call.session, call.context, transfer_id))


def accept(call: Call, transfer_id: str) -> dict[str, Any]:
    """POST accept: take a volume."""
    key = call.body["accept"]["auth_key"]
    return {"transfer": _brief(call, transfers.accept_transfer(call.session, call.context, transfer_id, key))}


def _routes(path: str, since: tuple[int, int] | None) -> list[Route]:
    one, every = f"{path}/<transfer_id>", "volume:get_all_transfers"
    return both(
        Route("GET", path, index, every, since=since),
        Route("GET", f"{path}/detail", index_detail, every, since=since),
        Route("GET", one, show, "volume:get_transfer", since=since),
        Route("POST", path, create, "volume:create_transfer", 202, schemas.TRANSFER_CREATE, since=since),
        Route("DELETE", one, delete, "volume:delete_transfer", 202, since=since),
        Route("POST", f"{one}/accept", accept, "volume:accept_transfer", 202, schemas.TRANSFER_ACCEPT, since=since),
    )


ROUTES = [*_routes("/os-volume-transfer", None), *_routes("/volume-transfers", (3, 55))]
