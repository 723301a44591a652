"""Hosts on the wire, as hypervisors (what they have) and as services (whether servers may go there)."""

from typing import Any

import orjson
from sqlalchemy import select

from pileus.compute.models import Hypervisor, Server
from pileus.compute.operations import hypervisors
from pileus.compute.operations.zones import hosts_by_zone
from pileus.compute.schemas import hosts as schemas
from pileus.compute.views.links import more
from pileus.core.errors import BadRequest, Conflict, NotFound
from pileus.core.http.call import Call
from pileus.core.http.page import page
from pileus.core.service import Route

BINARY = "nova-compute"
SORT = {"id": Hypervisor.id, "host": Hypervisor.host}


def _id(call: Call, row: Hypervisor) -> Any:
    return row.id if call.at_least(2, 53) else row.number


def _state(row: Hypervisor) -> str:
    return "up" if row.status == "up" and not row.forced_down else "down"


def _summary(call: Call, row: Hypervisor, servers: dict[str, list[dict[str, str]]] | None) -> dict[str, Any]:
    body = {
        "id": _id(call, row),
        "hypervisor_hostname": row.host,
        "state": _state(row),
        "status": "enabled" if row.enabled else "disabled",
    }
    if servers is not None and (row.host in servers or call.at_least(2, 75)):
        body["servers"] = servers.get(row.host, [])
    return body


def _detail(call: Call, row: Hypervisor, use: dict[str, Any], servers: Any) -> dict[str, Any]:
    body = {
        **_summary(call, row, servers),
        "host_ip": row.host_ip,
        "hypervisor_type": row.hypervisor_type,
        "hypervisor_version": row.hypervisor_version,
        "service": {"id": _id(call, row), "host": row.host, "disabled_reason": row.disabled_reason},
    }
    if call.at_least(2, 88):
        return body | {"uptime": None}
    info: Any = row.cpu_info
    if not call.at_least(2, 28):
        info = orjson.dumps(info).decode()
    return body | {"cpu_info": info, **_numbers(row, use)}


def _numbers(row: Hypervisor, use: dict[str, Any]) -> dict[str, int]:
    return {
        "vcpus": row.vcpus,
        "vcpus_used": use["vcpus_used"],
        "memory_mb": row.memory_mib,
        "memory_mb_used": use["memory_used"],
        "free_ram_mb": row.memory_mib - use["memory_used"],
        "local_gb": row.disk_gib,
        "local_gb_used": use["disk_used"],
        "free_disk_gb": row.disk_gib - use["disk_used"],
        "disk_available_least": row.disk_gib - use["disk_used"],
        "running_vms": use["servers"],
        "current_workload": 0,
    }


def _servers(call: Call) -> dict[str, list[dict[str, str]]] | None:
    """The servers on each host where they are asked for."""
    if not call.at_least(2, 53) or call.query.get("with_servers", "").lower() not in ("true", "1", "yes", "on"):
        return None
    return _all_servers(call)


def _all_servers(call: Call) -> dict[str, list[dict[str, str]]]:
    found: dict[str, list[dict[str, str]]] = {}
    rows = select(Server.host, Server.id, Server.name).where(Server.host.is_not(None), Server.deleting.is_(False))
    for host, server_id, name in call.session.execute(rows):
        found.setdefault(host or "", []).append({"uuid": server_id, "name": name})
    return found


def _use(call: Call) -> dict[str, dict[str, Any]]:
    return {entry["host"]: entry for entry in hypervisors.host_usage(call.session)}


def _listed(call: Call) -> tuple[list[Hypervisor], bool]:
    statement = select(Hypervisor)
    if call.at_least(2, 53) and (pattern := call.query.get("hypervisor_hostname_pattern")):
        statement = statement.where(Hypervisor.host.contains(pattern, autoescape=True))
        rows = list(call.session.scalars(statement.order_by(Hypervisor.host)))
        if not rows:
            raise NotFound(f"No hypervisor matching '{pattern}' could be found.")
        return rows, False
    if call.at_least(2, 33):
        return page(call, call.session, statement, SORT, (("host", "asc"),))
    return list(call.session.scalars(statement.order_by(Hypervisor.host))), False


def index(call: Call) -> Any:
    """GET /os-hypervisors."""
    (rows, follow), servers = _listed(call), _servers(call)
    listed = [_summary(call, row, servers) for row in rows]
    return {"hypervisors": listed, **more(call, "hypervisors_links", rows, follow)}


def detail(call: Call) -> Any:
    """GET /os-hypervisors/detail."""
    (rows, follow), servers, use = _listed(call), _servers(call), _use(call)
    listed = [_detail(call, row, use[row.host], servers) for row in rows]
    return {"hypervisors": listed, **more(call, "hypervisors_links", rows, follow)}


def show(call: Call, hypervisor_id: str) -> Any:
    """GET /os-hypervisors/{id}."""
    row = hypervisors.find_hypervisor(call.session, hypervisor_id)
    return {"hypervisor": _detail(call, row, _use(call)[row.host], _servers(call))}


def statistics(call: Call) -> Any:
    """GET /os-hypervisors/statistics: sums over all hosts that servers may go to."""
    use = _use(call)
    rows = list(call.session.scalars(select(Hypervisor).where(Hypervisor.enabled)))
    numbers = [_numbers(row, use[row.host]) for row in rows]
    names = _numbers(Hypervisor(vcpus=0, memory_mib=0, disk_gib=0), dict.fromkeys(
        ("vcpus_used", "memory_used", "disk_used", "servers"), 0))  # fmt: skip
    totals = {name: sum(entry[name] for entry in numbers) for name in names}
    return {"hypervisor_statistics": {"count": len(rows), **totals}}


def search(call: Call, pattern: str) -> Any:
    """GET /os-hypervisors/{part of a name}/search."""
    rows = _matching(call, pattern)
    return {"hypervisors": [_summary(call, row, None) for row in rows]}


def servers_on(call: Call, pattern: str) -> Any:
    """GET /os-hypervisors/{part of a name}/servers."""
    rows, servers = _matching(call, pattern), _all_servers(call)
    return {"hypervisors": [_summary(call, row, servers) for row in rows]}


def _matching(call: Call, pattern: str) -> list[Hypervisor]:
    rows = list(call.session.scalars(select(Hypervisor).where(Hypervisor.host.contains(pattern, autoescape=True))))
    if not rows:
        raise NotFound(f"No hypervisor matching '{pattern}' could be found.")
    return rows


def _service(call: Call, row: Hypervisor, zone: str) -> dict[str, Any]:
    seen = row.seen_at
    body = {
        "id": _id(call, row),
        "binary": BINARY,
        "host": row.host,
        "zone": zone,
        "status": "enabled" if row.enabled else "disabled",
        "state": _state(row),
        "updated_at": seen.isoformat(timespec="microseconds") if seen else None,
        "disabled_reason": row.disabled_reason,
    }
    return body | ({"forced_down": row.forced_down} if call.at_least(2, 11) else {})


def services(call: Call) -> Any:
    """GET /os-services."""
    listed = [_service(call, row, zone) for zone, rows in hosts_by_zone(call.session).items() for row in rows]
    for name in ("host", "binary"):
        if name in call.query:
            listed = [entry for entry in listed if entry[name] == call.query[name]]
    return {"services": listed}


def _named(call: Call) -> Hypervisor:
    if call.body["binary"] != BINARY:
        raise NotFound(f"Could not find binary {call.body['binary']} on host {call.body['host']}.")
    return hypervisors.find_host(call.session, call.body["host"])


def switch(call: Call, what: str) -> Any:
    """PUT /os-services/enable, disable, disable-log-reason and force-down, as they were before 2.53."""
    body: dict[str, Any] = {"host": call.body["host"], "binary": call.body["binary"]}
    if what == "force-down":
        row = _named(call)
        row.forced_down = call.body.get("forced_down", True)
        return {"service": {**body, "forced_down": row.forced_down}}
    reason = call.body.get("disabled_reason")
    if what == "disable-log-reason" and not reason:
        raise BadRequest("Missing disabled reason field", field="disabled_reason")
    row = _named(call)
    row.enabled = what == "enable"
    row.disabled_reason = reason if what == "disable-log-reason" else None
    body["status"] = "enabled" if row.enabled else "disabled"
    return {"service": {**body, **({"disabled_reason": reason} if what == "disable-log-reason" else {})}}


def enable(call: Call) -> Any:
    """PUT /os-services/enable."""
    return switch(call, "enable")


def disable(call: Call) -> Any:
    """PUT /os-services/disable."""
    return switch(call, "disable")


def disable_for(call: Call) -> Any:
    """PUT /os-services/disable-log-reason."""
    return switch(call, "disable-log-reason")


def force_down(call: Call) -> Any:
    """PUT /os-services/force-down."""
    return switch(call, "force-down")


def update_service(call: Call, service_id: str) -> Any:
    """PUT /os-services/{id}: status, reason, forced_down."""
    row = hypervisors.find_hypervisor(call.session, service_id)
    wanted = call.body
    if not wanted or (wanted.get("disabled_reason") and wanted.get("status") != "disabled"):
        raise BadRequest("Specifying disabled_reason is invalid unless status is 'disabled'.", field="disabled_reason")
    if "status" in wanted:
        row.enabled = wanted["status"] == "enabled"
        row.disabled_reason = wanted.get("disabled_reason")
    row.forced_down = wanted.get("forced_down", row.forced_down)
    zone = next(z for z, rows in hosts_by_zone(call.session).items() if row in rows)
    return {"service": _service(call, row, zone)}


def delete_service(call: Call, service_id: str) -> Any:
    """DELETE /os-services/{id}: forget a host without servers."""
    row = hypervisors.find_hypervisor(call.session, service_id)
    if call.session.scalar(select(Server.id).where(Server.host == row.host).limit(1)):
        raise Conflict("Unable to delete a compute service that is hosting instances.")
    hypervisors.forget(call.session, row)


HYPERVISORS, SERVICES = "os_compute_api:os-hypervisors", "os_compute_api:os-services"
ALL, SERVICE = "/v2.1/os-hypervisors", "/v2.1/os-services"
ROUTES = [
    Route("GET", ALL, index, f"{HYPERVISORS}:list"),
    Route("GET", f"{ALL}/detail", detail, f"{HYPERVISORS}:list-detail"),
    Route("GET", f"{ALL}/statistics", statistics, f"{HYPERVISORS}:statistics", until=(2, 87)),
    Route("GET", f"{ALL}/<hypervisor_id>", show, f"{HYPERVISORS}:show"),
    Route("GET", f"{ALL}/<pattern>/search", search, f"{HYPERVISORS}:search", until=(2, 52)),
    Route("GET", f"{ALL}/<pattern>/servers", servers_on, f"{HYPERVISORS}:servers", until=(2, 52)),
    Route("GET", SERVICE, services, f"{SERVICES}:list"),
    Route("PUT", f"{SERVICE}/enable", enable, f"{SERVICES}:update", schema=schemas.SERVICE_OLD, until=(2, 52)),
    Route("PUT", f"{SERVICE}/disable", disable, f"{SERVICES}:update", schema=schemas.SERVICE_OLD, until=(2, 52)),
    Route(
        "PUT",
        f"{SERVICE}/disable-log-reason",
        disable_for,
        f"{SERVICES}:update",
        schema=schemas.SERVICE_REASON,
        until=(2, 52),
    ),
    Route(
        "PUT",
        f"{SERVICE}/force-down",
        force_down,
        f"{SERVICES}:update",
        schema=schemas.SERVICE_DOWN,
        since=(2, 11),
        until=(2, 52),
    ),
    Route(
        "PUT", f"{SERVICE}/<service_id>", update_service, f"{SERVICES}:update", schema=schemas.SERVICE, since=(2, 53)
    ),
    Route("DELETE", f"{SERVICE}/<service_id>", delete_service, f"{SERVICES}:delete", 204),
]
