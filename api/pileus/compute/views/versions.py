"""Which versions of the API there are, and its (fixed) list of extensions."""

from typing import Any

from pileus.core.errors import NotFound
from pileus.core.http.call import Call
from pileus.core.http.version import text
from pileus.core.service import Route

UPDATED = "2013-07-23T11:33:21Z"
MEDIA = [{"base": "application/json", "type": "application/vnd.openstack.compute+json;version="}]
EXTENSIONS = (
    ("os-aggregates", "Aggregates"),
    ("os-attach-interfaces", "AttachInterfaces"),
    ("os-availability-zone", "AvailabilityZone"),
    ("os-console-output", "ConsoleOutput"),
    ("os-extended-availability-zone", "ExtendedAvailabilityZone"),
    ("os-extended-server-attributes", "ExtendedServerAttributes"),
    ("os-extended-status", "ExtendedStatus"),
    ("os-extended-volumes", "ExtendedVolumes"),
    ("os-flavor-access", "FlavorAccess"),
    ("os-flavor-extra-specs", "FlavorExtraSpecs"),
    ("os-flavor-manage", "FlavorManage"),
    ("os-hypervisors", "Hypervisors"),
    ("os-instance-actions", "InstanceActions"),
    ("os-keypairs", "Keypairs"),
    ("os-lock-server", "LockServer"),
    ("os-multiple-create", "MultipleCreate"),
    ("os-quota-sets", "Quotas"),
    ("os-server-groups", "ServerGroups"),
    ("os-services", "Services"),
    ("os-simple-tenant-usage", "SimpleTenantUsage"),
    ("os-used-limits", "UsedLimits"),
    ("os-volumes", "Volumes"),
)


def _version(call: Call, name: str, media: bool = False) -> dict[str, Any]:
    low, high = call.service.microversions or ((2, 1), (2, 1))
    current = name == "v2.1"
    body: dict[str, Any] = {
        "id": "v2.1" if current else "v2.0",
        "status": "CURRENT" if current else "SUPPORTED",
        "version": text(high) if current else "",
        "min_version": text(low) if current else "",
        "updated": UPDATED if current else "2011-01-21T11:33:21Z",
        "links": [{"rel": "self", "href": call.url(f"/{name}/")}],
    }
    if media:
        body["media-types"] = [{**MEDIA[0], "type": MEDIA[0]["type"] + ("2.1" if current else "2")}]
    return body


def index(call: Call) -> Any:
    """GET /: every version."""
    return {"versions": [_version(call, "v2"), _version(call, "v2.1")]}


def show(call: Call) -> Any:
    """GET /v2.1."""
    return {"version": _version(call, "v2.1", media=True)}


def show_v2(call: Call) -> Any:
    """GET /v2: the same API by the name old clients know."""
    return {"version": _version(call, "v2", media=True)}


def _extension(alias: str, name: str) -> dict[str, Any]:
    return {
        "alias": alias,
        "name": name,
        "description": name,
        "namespace": "http://docs.openstack.org/compute/ext/fake_xml",
        "updated": "2014-12-03T00:00:00Z",
        "links": [],
    }


def extensions(_call: Call) -> Any:
    """GET /extensions."""
    return {"extensions": [_extension(*entry) for entry in EXTENSIONS]}


def extension(_call: Call, alias: str) -> Any:
    """GET /extensions/{alias}."""
    for entry in EXTENSIONS:
        if entry[0] == alias:
            return {"extension": _extension(*entry)}
    raise NotFound(f"There is no extension {alias}.")


ROUTES = [
    Route("GET", "", index, None),
    Route("GET", "/", index, None),
    Route("GET", "/v2.1", show, None),
    Route("GET", "/v2", show_v2, None),
    Route("GET", "/v2.1/extensions", extensions, "os_compute_api:extensions"),
    Route("GET", "/v2.1/extensions/<alias>", extension, "os_compute_api:extensions"),
]
