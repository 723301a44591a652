"""A server as the API shows it, from column rows and what was looked up for all of a page at once."""

import hashlib
from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from pileus.compute.models import BlockDevice, Hypervisor, Server
from pileus.compute.operations.power import VM_STATES
from pileus.compute.scheduler import DEFAULT_ZONE, zones
from pileus.core.http.call import Call
from pileus.network import operations as network

PROGRESS = ("ACTIVE", "BUILD", "REBUILD", "RESIZE", "VERIFY_RESIZE")
COLUMNS = (
    "id",
    "name",
    "project_id",
    "user_id",
    "status",
    "fault",
    "fault_details",
    "deleting",
    "description",
    "hostname",
    "host",
    "availability_zone",
    "group_id",
    "image_id",
    "flavor_id",
    "flavor",
    "key_name",
    "properties",
    "tags",
    "security_groups",
    "power_state",
    "task_state",
    "locked_by",
    "locked_reason",
    "access_ipv4",
    "access_ipv6",
    "reservation_id",
    "launch_index",
    "launched_at",
    "created_at",
    "updated_at",
)


def columns(secret: bool) -> list[Any]:
    """What a page of servers selects; `secret` adds the user data, which only admins see."""
    return [getattr(Server, name).label(name) for name in (*COLUMNS, *(("user_data",) if secret else ()))]


class Page:
    """What the servers of one page need besides their own rows, fetched in a few queries for all of them."""

    def __init__(self, call: Call, session: Session, rows: Sequence[Any]) -> None:
        self.call = call
        ids = [row.id for row in rows]
        self.addresses = network.addresses_of(session, ids)
        self.zones = zones(session)
        self.volumes: dict[str, list[dict[str, Any]]] = {}
        found = select(BlockDevice.server_id, BlockDevice.volume_id, BlockDevice.delete_on_termination)
        for server_id, volume_id, ends in session.execute(
            found.where(BlockDevice.server_id.in_(ids)).order_by(BlockDevice.device)
        ):
            entry = {"id": volume_id, "delete_on_termination": ends} if call.at_least(2, 3) else {"id": volume_id}
            self.volumes.setdefault(server_id, []).append(entry)
        self.admin = call.allows("os_compute_api:os-extended-server-attributes")
        self.states: dict[str, str] = {}
        if self.admin and call.at_least(2, 16):
            self.states = _host_states(session)
        self.self_url, self.bookmark = call.url("/v2.1/servers/"), call.url("/servers/")
        self.flavor_url, self.image_url = call.url("/flavors/"), call.url("/images/")
        self.hosts: dict[tuple[str, str], str] = {}
        self.minor = (call.version or (2, 1))[1]

    def links(self, server_id: str) -> list[dict[str, str]]:
        """The links of one server."""
        return [
            {"rel": "self", "href": self.self_url + server_id},
            {"rel": "bookmark", "href": self.bookmark + server_id},
        ]

    def summary(self, row: Any) -> dict[str, Any]:
        """A server in GET /servers."""
        return {"id": row.id, "name": row.name, "links": self.links(row.id)}

    def base(self, row: Any, one: bool = False) -> dict[str, Any]:
        """What every answer about a server has; `one` adds what only answers about a single server have."""
        body = {
            "id": row.id,
            "name": row.name,
            "status": row.status,
            "tenant_id": row.project_id,
            "user_id": row.user_id,
            "metadata": row.properties,
            "hostId": self._host_id(row),
            "image": self._image(row.image_id),
            "flavor": self._flavor(row),
            "created": row.created_at,
            "updated": row.updated_at or row.created_at,
            "addresses": plain(self.addresses.get(row.id, {})) if one else {},
            "accessIPv4": row.access_ipv4,
            "accessIPv6": row.access_ipv6,
            "links": self.links(row.id),
            "OS-DCF:diskConfig": "MANUAL",
        }
        if row.status in PROGRESS:
            body["progress"] = 0 if row.status == "BUILD" else 100
        if row.status == "ERROR" and row.fault:
            body["fault"] = self._fault(row)
        self._versioned(body, row, one)
        return body

    def _versioned(self, body: dict[str, Any], row: Any, one: bool) -> None:
        minor = self.minor
        if minor >= 9:
            body["locked"] = row.locked_by is not None
        if minor >= 19:
            body["description"] = row.description
        if minor >= 26:
            body["tags"] = row.tags
        if minor >= 63:
            body["trusted_image_certificates"] = None
        if minor >= 71 and one:
            body["server_groups"] = [row.group_id] if row.group_id else []
        if minor >= 73:
            body["locked_reason"] = row.locked_reason
        if minor >= 90:
            body["OS-EXT-SRV-ATTR:hostname"] = row.hostname
        if minor >= 96:
            body["pinned_availability_zone"] = row.availability_zone

    def detail(self, row: Any, one: bool = False) -> dict[str, Any]:
        """A server in GET /servers/detail and GET /servers/{id}."""
        body = self.base(row, one)
        zone = self.zones.get(row.host, DEFAULT_ZONE) if row.host else row.availability_zone or ""
        launched = row.launched_at
        body |= {
            "addresses": self.addresses.get(row.id, {}),
            "key_name": row.key_name,
            "config_drive": "",
            "security_groups": [{"name": name} for name in row.security_groups],
            "OS-EXT-AZ:availability_zone": zone,
            "OS-EXT-STS:task_state": row.task_state,
            "OS-EXT-STS:vm_state": VM_STATES[row.status],
            "OS-EXT-STS:power_state": row.power_state,
            "OS-SRV-USG:launched_at": launched.isoformat(timespec="microseconds") if launched else None,
            "OS-SRV-USG:terminated_at": None,
            "os-extended-volumes:volumes_attached": self.volumes.get(row.id, []),
        }
        if self.admin:
            self._attributes(body, row)
        return body

    def _attributes(self, body: dict[str, Any], row: Any) -> None:
        body["OS-EXT-SRV-ATTR:host"] = row.host
        body["OS-EXT-SRV-ATTR:hypervisor_hostname"] = row.host
        body["OS-EXT-SRV-ATTR:instance_name"] = f"pileus-{row.id}"
        if self.minor >= 3:
            body |= {
                "OS-EXT-SRV-ATTR:reservation_id": row.reservation_id,
                "OS-EXT-SRV-ATTR:launch_index": row.launch_index,
                "OS-EXT-SRV-ATTR:hostname": row.hostname,
                "OS-EXT-SRV-ATTR:kernel_id": "",
                "OS-EXT-SRV-ATTR:ramdisk_id": "",
                "OS-EXT-SRV-ATTR:root_device_name": "/dev/vda",
                "OS-EXT-SRV-ATTR:user_data": row.user_data,
            }
        if self.minor >= 16:
            body["host_status"] = self.states.get(row.host or "", "")

    def _host_id(self, row: Any) -> str:
        if not row.host:
            return ""
        key = (row.project_id, row.host)
        if key not in self.hosts:
            self.hosts[key] = host_id(*key)
        return self.hosts[key]

    def _image(self, image_id: str | None) -> Any:
        if not image_id:
            return ""
        return {"id": image_id, "links": [{"rel": "bookmark", "href": self.image_url + image_id}]}

    def _flavor(self, row: Any) -> dict[str, Any]:
        if self.minor < 47:
            return {"id": row.flavor_id, "links": [{"rel": "bookmark", "href": self.flavor_url + row.flavor_id}]}
        kept = row.flavor
        return {
            "original_name": kept["name"],
            "ram": kept["ram"],
            "vcpus": kept["vcpus"],
            "disk": kept["disk"],
            "ephemeral": 0,
            "swap": 0,
            "extra_specs": kept.get("extra_specs") or {},
        }

    def _fault(self, row: Any) -> dict[str, Any]:
        fault = row.fault
        shown = {
            "code": fault.get("code") or 500,
            "message": str(fault.get("message", ""))[:255],
            "created": fault.get("created"),
        }
        if self.call.context.is_admin:
            where = f"host {fault['host']}, task {fault.get('task')}" if fault.get("host") else ""
            if details := row.fault_details or where:
                shown["details"] = details
        return shown


def plain(addresses: dict[str, list[dict[str, Any]]]) -> dict[str, list[dict[str, Any]]]:
    """Addresses by network without what the extended view adds: kind and MAC."""
    return {name: [{"version": a["version"], "addr": a["addr"]} for a in listed] for name, listed in addresses.items()}


def host_id(project_id: str, host: str | None) -> str:
    """The name of a host as a project sees it: it can tell hosts apart, but not which they are."""
    return hashlib.sha224(f"{project_id}{host}".encode()).hexdigest() if host else ""


def _host_states(session: Session) -> dict[str, str]:
    found = {}
    for row in session.scalars(select(Hypervisor)):
        state = "UP" if row.status == "up" and not row.forced_down else "DOWN" if row.status == "down" else "UNKNOWN"
        found[row.host] = state if row.enabled or state != "UP" else "MAINTENANCE"
    return found
