"""What there is behind block storage: versions, extensions, zones, services and pools."""

from typing import Any

from pileus.block_storage.operations import quotas as usage
from pileus.block_storage.operations.volumes import ZONE
from pileus.block_storage.views.paths import both
from pileus.block_storage.views.volumes import HOST
from pileus.core.db import now
from pileus.core.errors import NotFound
from pileus.core.http.call import Call
from pileus.core.http.reply import Reply
from pileus.core.http.version import text
from pileus.core.service import Route

PARTS = [("cinder-scheduler", "pileus"), ("cinder-volume", HOST)]  # the names clients know
UPDATED = "2026-11-21T00:00:00Z"


def _versions(call: Call) -> dict[str, Any]:
    low, high = call.service.microversions or ((3, 0), (3, 0))
    return {
        "versions": [
            {
                "id": "v3.0",
                "status": "CURRENT",
                "version": text(high),
                "min_version": text(low),
                "updated": UPDATED,
                "links": [{"rel": "self", "href": call.url("/v3/")}],
                "media-types": [
                    {"base": "application/json", "type": "application/vnd.openstack.volume+json;version=3"}
                ],
            }
        ]
    }


def choices(call: Call) -> Reply:
    """GET /: the versions."""
    return Reply(_versions(call), 300)


def version(call: Call) -> dict[str, Any]:
    """GET /v3: the one version."""
    return _versions(call)


def extensions(call: Call) -> dict[str, Any]:
    """GET /extensions: parts that clients look for by their alias."""
    known = {
        "os-quota-sets": ("Quotas", "Quota management support."),
        "os-quota-class-sets": ("QuotaClasses", "Default quotas."),
        "os-hosts": ("Hosts", "Admin-only host administration."),
        "os-services": ("Services", "Services support."),
        "os-types-manage": ("TypesManage", "Types manage support."),
        "os-types-extra-specs": ("TypesExtraSpecs", "Type extra specs support."),
        "os-volume-type-access": ("VolumeTypeAccess", "Volume type access support."),
        "os-volume-actions": ("VolumeActions", "Enable volume actions."),
        "os-admin-actions": ("AdminActions", "Enable admin actions."),
        "os-extended-snapshot-attributes": ("ExtendedSnapshotAttributes", "Extended snapshot attributes."),
        "os-volume-transfer": ("VolumeTransfer", "Volume transfer management support."),
        "os-availability-zone": ("AvailabilityZones", "Describe availability zones."),
        "os-used-limits": ("UsedLimits", "Provide data on limited resources that are being used."),
        "os-vol-tenant-attr": ("VolumeTenantAttribute", "Expose the project of a volume."),
        "os-vol-host-attr": ("VolumeHostAttribute", "Expose the host of a volume."),
        "os-vol-image-meta": ("VolumeImageMetadata", "Show the image a volume was made of."),
        "scheduler-stats": ("Scheduler_stats", "Statistics of pools."),
    }
    return {
        "extensions": [
            {"alias": alias, "name": name, "description": about, "updated": UPDATED, "links": []}
            for alias, (name, about) in known.items()
        ]
    }


def zones(call: Call) -> dict[str, Any]:
    """GET /os-availability-zone."""
    return {"availabilityZoneInfo": [{"zoneName": ZONE, "zoneState": {"available": True}}]}


def services(call: Call) -> dict[str, Any]:
    """GET /os-services: what stands for the services that other clouds run for volumes."""
    binary, host = call.query.get("binary"), call.query.get("host")
    listed: list[dict[str, Any]] = []
    for name, where in PARTS:
        if (binary and binary != name) or (host and host not in (where, where.partition("@")[0])):
            continue
        row: dict[str, Any] = {"binary": name, "host": where, "zone": ZONE, "status": "enabled", "state": "up"}
        row |= {"updated_at": now(), "disabled_reason": None}
        if call.at_least(3, 7):
            row["cluster"] = None
        if name == "cinder-volume" and call.at_least(3, 49):
            row["backend_state"] = "up"
        listed.append(row)
    return {"services": listed}


def hosts(call: Call) -> dict[str, Any]:
    """GET /os-hosts: the same, as hosts."""
    state = {"zone": ZONE, "service-status": "available", "service-state": "enabled", "last-update": now()}
    return {"hosts": [{"service": name, "host_name": where, **state} for name, where in PARTS]}


def host(call: Call, name: str) -> dict[str, Any]:
    """GET /os-hosts/{name}: what there is on it, in all and by project."""
    if name not in {where for _, where in PARTS}:
        raise NotFound(f"Host {name} could not be found.")
    rows = usage.by_project(call.session) if name == HOST else {}
    total = tuple(map(sum, zip(*rows.values(), strict=True))) if rows else (0, 0, 0, 0)
    return {"host": [_resource(name, *one) for one in [("(total)", total), *rows.items()]]}


def _resource(where: str, project: str, counts: tuple[int, ...]) -> dict[str, Any]:
    keys = ("volume_count", "total_volume_gb", "snapshot_count", "total_snapshot_gb")
    shown = {key: str(count) for key, count in zip(keys, counts, strict=True)}
    return {"resource": {"host": where, "project": project, **shown}}


def capabilities(call: Call, name: str) -> dict[str, Any]:
    """GET /capabilities/{name}: what the storage behind volumes can do."""
    if name.partition("#")[0] != HOST:
        raise NotFound(f"Host {name} could not be found.")
    return {
        "namespace": f"OS::Storage::Capabilities::{HOST}",
        "vendor_name": "Open Source",
        "volume_backend_name": "ceph",
        "pool_name": call.settings.volume_pool,
        "driver_version": "1",
        "storage_protocol": "ceph",
        "display_name": "Ceph RBD",
        "description": "Volumes as images in Ceph.",
        "visibility": "public",
        "replication_targets": [],
        "properties": {},
    }


def pools(call: Call) -> dict[str, Any]:
    """GET /scheduler-stats/get_pools: the one pool; how much it holds the hosts know, not the API."""
    name = f"{HOST}#{call.settings.volume_pool}"
    if call.query.get("detail", "").lower() not in ("true", "1"):
        return {"pools": [{"name": name}]}
    capabilities = {
        "volume_backend_name": "ceph",
        "storage_protocol": "ceph",
        "vendor_name": "Open Source",
        "driver_version": "1",
        "total_capacity_gb": "unknown",
        "free_capacity_gb": "unknown",
        "reserved_percentage": 0,
        "QoS_support": False,
        "timestamp": now(),
    }
    return {"pools": [{"name": name, "capabilities": capabilities}]}


ROUTES = [
    Route("GET", "", choices, None),
    Route("GET", "/", choices, None),
    Route("GET", "/v3", version, None),
    *both(
        Route("GET", "/extensions", extensions, "volume_extension:list_extensions"),
        Route("GET", "/os-availability-zone", zones, "volume:availability_zone_list"),
        Route("GET", "/os-hosts", hosts, "volume_extension:hosts"),
        Route("GET", "/os-hosts/<name>", host, "volume_extension:hosts"),
        Route("GET", "/capabilities/<name>", capabilities, "volume_extension:capabilities"),
        Route("GET", "/os-services", services, "volume_extension:services:index"),
        Route("GET", "/scheduler-stats/get_pools", pools, "scheduler_extension:scheduler_stats:get_pools"),
    ),
]
