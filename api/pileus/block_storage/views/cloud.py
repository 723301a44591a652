"""What there is behind block storage: versions, extensions, zones, services and pools."""

from typing import Any

from pileus.block_storage.operations.volumes import ZONE
from pileus.block_storage.views.paths import both
from pileus.block_storage.views.volumes import HOST
from pileus.core.db import now
from pileus.core.http.call import Call
from pileus.core.http.reply import Reply
from pileus.core.http.version import text
from pileus.core.service import Route

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
    rows = [("cinder-scheduler", "pileus"), ("cinder-volume", HOST)]
    asked = {"binary": call.query.get("binary"), "host": call.query.get("host")}
    listed: list[dict[str, Any]] = []
    for binary, host in rows:
        row = {"binary": binary, "host": host}
        if any(value is not None and value != row[key] for key, value in asked.items()):
            continue
        row |= {"zone": ZONE, "status": "enabled", "state": "up"}
        more: dict[str, Any] = {"updated_at": now(), "disabled_reason": None}
        if call.at_least(3, 7):
            more["cluster"] = None
        if binary == "cinder-volume" and call.at_least(3, 49):
            more["backend_state"] = "up"
        listed.append({**row, **more})
    return {"services": listed}


def hosts(call: Call) -> dict[str, Any]:
    """GET /os-hosts: the one that stands for all storage hosts."""
    row = {"service": "cinder-volume", "host_name": HOST, "zone": ZONE, "last-update": now()}
    return {"hosts": [{**row, "service-status": "available", "service-state": "enabled"}]}


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
        Route("GET", "/os-services", services, "volume_extension:services:index"),
        Route("GET", "/scheduler-stats/get_pools", pools, "scheduler_extension:scheduler_stats:get_pools"),
    ),
]
