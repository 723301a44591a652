"""What this API is: versions, resources, extensions, availability zones."""

from pileus.core.errors import NotFound
from pileus.core.http.call import Call
from pileus.core.service import Route
from pileus.network.views import networks, ports, routers, security_groups
from pileus.network.views.collection import Shown
from pileus.network.views.filters import chosen

COLLECTIONS = [
    *networks.COLLECTIONS,
    *ports.COLLECTIONS,
    *routers.COLLECTIONS,
    *security_groups.COLLECTIONS,
]
EXTENSIONS = {
    "address-scope": "Address scope",
    "allowed-address-pairs": "Allowed Address Pairs",
    "availability_zone": "Availability Zone",
    "binding": "Port Binding",
    "empty-string-filtering": "Empty String Filtering Extension",
    "ext-gw-mode": "Neutron L3 Configurable external gateway mode",
    "external-net": "Neutron external network",
    "extra_dhcp_opt": "Neutron Extra DHCP options",
    "extraroute": "Neutron Extra Route",
    "extraroute-atomic": "Atomically add/remove extra routes",
    "filter-validation": "Filter parameters validation",
    "fip-port-details": "Floating IP Port Details Extension",
    "ip-substring-filtering": "IP address substring filtering",
    "net-mtu": "Network MTU",
    "net-mtu-writable": "Network MTU (writable)",
    "network-ip-availability": "Network IP Availability",
    "network_availability_zone": "Network Availability Zone",
    "pagination": "Pagination support",
    "port-security": "Port Security",
    "port-security-groups-filtering": "Port filtering on security groups",
    "project-id": "project_id field enabled",
    "provider": "Provider Network",
    "quota_details": "Quota details management support",
    "quotas": "Quota management support",
    "rbac-policies": "RBAC Policies",
    "revision-if-match": "If-Match constraints based on revision_number",
    "router": "Neutron L3 Router",
    "router_availability_zone": "Router Availability Zone",
    "security-group": "security-group",
    "security-groups-normalized-cidr": "Normalized CIDR field for security group rules",
    "sorting": "Sorting support",
    "standard-attr-description": "standard-attr-description",
    "standard-attr-revisions": "Resource revision numbers",
    "standard-attr-tag": "Tag support for resources with standard attributes",
    "standard-attr-timestamp": "Resource timestamps",
    "stateful-security-group": "Stateful security group",
    "subnet-external-network": "Subnet belongs to an external network",
    "subnet-service-types": "Subnet service types",
    "subnet_allocation": "Subnet Allocation",
}


def versions(call: Call) -> Shown:
    """GET /: the one version there is."""
    link = {"rel": "self", "href": call.url("/v2.0/")}
    return {"versions": [{"id": "v2.0", "status": "CURRENT", "links": [link]}]}


def resources(call: Call) -> Shown:
    """GET /v2.0/: the kinds of resources."""
    return {
        "resources": [
            {
                "name": kind.one,
                "collection": kind.many,
                "links": [{"rel": "self", "href": call.url(f"/v2.0{kind.path}")}],
            }
            for kind in COLLECTIONS
        ]
    }


def _extension(alias: str) -> Shown:
    name = EXTENSIONS[alias]
    return {"alias": alias, "name": name, "description": name, "updated": "2024-01-01T00:00:00-00:00", "links": []}


def extensions(call: Call) -> Shown:
    """GET /v2.0/extensions: what is served beyond the core of the API."""
    return {"extensions": chosen(call, [_extension(alias) for alias in EXTENSIONS])}


def extension(_call: Call, alias: str) -> Shown:
    """GET of one extension."""
    if alias not in EXTENSIONS:
        raise NotFound(f"Extension with alias {alias} does not exist", kind="ExtensionNotFound")
    return {"extension": _extension(alias)}


def availability_zones(call: Call) -> Shown:
    """GET /v2.0/availability_zones."""
    zones = [
        {"name": zone, "resource": resource, "state": "available"}
        for zone in networks.ZONES
        for resource in ("network", "router")
    ]
    wanted = {name: call.query[name] for name in ("name", "resource", "state") if name in call.query}
    fitting = [zone for zone in zones if all(zone[name] == value for name, value in wanted.items())]
    return {"availability_zones": chosen(call, fitting)}


ROUTES = [
    Route("GET", "/", versions, None),
    Route("GET", "/v2.0/", resources, None),
    Route("GET", "/v2.0/extensions", extensions, "get_extension"),
    Route("GET", "/v2.0/extensions/<alias>", extension, "get_extension"),
    Route("GET", "/v2.0/availability_zones", availability_zones, "get_availability_zone"),
]
