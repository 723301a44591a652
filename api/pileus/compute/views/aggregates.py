"""Host aggregates and availability zones on the wire."""

from typing import Any

from sqlalchemy import select

from pileus.compute.models import Aggregate, Hypervisor
from pileus.compute.operations import aggregates
from pileus.compute.operations.zones import hosts_by_zone
from pileus.compute.schemas import hosts as schemas
from pileus.core.http.call import Call
from pileus.core.http.reply import Reply
from pileus.core.service import Route


def _body(call: Call, row: Aggregate, short: bool = False) -> dict[str, Any]:
    body = {
        "id": row.id,
        "name": row.name,
        "availability_zone": row.properties.get("availability_zone"),
        "created_at": row.created_at.isoformat(timespec="microseconds"),
        "updated_at": row.updated_at.isoformat(timespec="microseconds") if row.updated_at else None,
        "deleted": False,
        "deleted_at": None,
    }
    if call.at_least(2, 41):
        body["uuid"] = row.uuid
    return body if short else {**body, "hosts": row.hosts, "metadata": row.properties}


def index(call: Call) -> Any:
    """GET /os-aggregates."""
    return {"aggregates": [_body(call, row) for row in call.session.scalars(select(Aggregate).order_by(Aggregate.id))]}


def show(call: Call, aggregate_id: str) -> Any:
    """GET /os-aggregates/{id}."""
    return {"aggregate": _body(call, aggregates.find_aggregate(call.session, aggregate_id))}


def create(call: Call) -> Any:
    """POST /os-aggregates."""
    wanted = call.body["aggregate"]
    row = aggregates.create_aggregate(call.session, wanted["name"].strip(), wanted.get("availability_zone"))
    return {"aggregate": _body(call, row, short=True)}


def update(call: Call, aggregate_id: str) -> Any:
    """PUT /os-aggregates/{id}."""
    row = aggregates.find_aggregate(call.session, aggregate_id)
    aggregates.update_aggregate(call.session, row, call.body["aggregate"])
    return {"aggregate": _body(call, row)}


def delete(call: Call, aggregate_id: str) -> Any:
    """DELETE /os-aggregates/{id}."""
    aggregates.delete_aggregate(call.session, aggregates.find_aggregate(call.session, aggregate_id))
    return Reply(None, 200)


def add_host(call: Call, aggregate_id: str) -> Any:
    """add_host."""
    row = aggregates.find_aggregate(call.session, aggregate_id)
    aggregates.add_host(call.session, row, call.body["add_host"]["host"])
    return {"aggregate": _body(call, row)}


def remove_host(call: Call, aggregate_id: str) -> Any:
    """remove_host."""
    row = aggregates.find_aggregate(call.session, aggregate_id)
    aggregates.remove_host(call.session, row, call.body["remove_host"]["host"])
    return {"aggregate": _body(call, row)}


def set_metadata(call: Call, aggregate_id: str) -> Any:
    """set_metadata."""
    row = aggregates.find_aggregate(call.session, aggregate_id)
    aggregates.set_metadata(call.session, row, call.body["set_metadata"]["metadata"])
    return {"aggregate": _body(call, row)}


def _up(row: Hypervisor) -> bool:
    return row.status == "up" and not row.forced_down


def zones(call: Call, detail: bool = False) -> Any:
    """GET /os-availability-zone."""
    listed = []
    for zone, rows in hosts_by_zone(call.session).items():
        hosts = {
            row.host: {
                "nova-compute": {
                    "available": _up(row),
                    "active": row.enabled,
                    "updated_at": row.seen_at.isoformat(timespec="microseconds") if row.seen_at else None,
                }
            }
            for row in rows
        }
        available = any(row.enabled for row in rows)
        if rows or zone != "nova":
            listed.append({"zoneName": zone, "zoneState": {"available": available}, "hosts": hosts if detail else None})
    return {"availabilityZoneInfo": listed}


def zones_detail(call: Call) -> Any:
    """GET /os-availability-zone/detail, with hosts."""
    return zones(call, detail=True)


RULE, ZONES = "os_compute_api:os-aggregates", "os_compute_api:os-availability-zone"
ALL, ONE = "/v2.1/os-aggregates", "/v2.1/os-aggregates/<aggregate_id>"
ACT = f"{ONE}/action"
ROUTES = [
    Route("GET", ALL, index, f"{RULE}:index"),
    Route("GET", ONE, show, f"{RULE}:show"),
    Route("POST", ALL, create, f"{RULE}:create", 200, schema=schemas.AGGREGATE_CREATE),
    Route("PUT", ONE, update, f"{RULE}:update", schema=schemas.AGGREGATE_UPDATE),
    Route("DELETE", ONE, delete, f"{RULE}:delete"),
    Route("POST", ACT, add_host, f"{RULE}:add_host", 200, schema=schemas.ADD_HOST, action="add_host"),
    Route("POST", ACT, remove_host, f"{RULE}:remove_host", 200, schema=schemas.REMOVE_HOST, action="remove_host"),
    Route("POST", ACT, set_metadata, f"{RULE}:set_metadata", 200, schema=schemas.SET_METADATA, action="set_metadata"),
    Route("GET", "/v2.1/os-availability-zone", zones, f"{ZONES}:list"),
    Route("GET", "/v2.1/os-availability-zone/detail", zones_detail, f"{ZONES}:detail"),
]
