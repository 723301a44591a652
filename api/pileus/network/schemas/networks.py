"""Bodies that make and change networks, subnets, subnet pools, address scopes and RBAC policies."""

from pileus.network.schemas.fields import (
    ADDRESS,
    BOOL,
    ID,
    LENGTH,
    MAYBE_ADDRESS,
    MAYBE_ID,
    OWNER,
    ROUTES,
    TAGS,
    TEXT,
    VERSION,
    ZONES,
    Schema,
    one,
    one_or_many,
    thing,
)

_network: dict[str, Schema] = {
    "name": TEXT,
    "description": TEXT,
    "admin_state_up": BOOL,
    "shared": BOOL,
    "router:external": BOOL,
    "is_default": {"type": ["boolean", "null"]},
    "mtu": {"type": ["integer", "null"], "minimum": 0, "maximum": 65535},
    "port_security_enabled": BOOL,
}
_provider: dict[str, Schema] = {
    "provider:network_type": {"enum": ["geneve", "flat", "vlan", None]},
    "provider:physical_network": {"type": ["string", "null"], "maxLength": 64},
    "provider:segmentation_id": {"type": ["integer", "null"], "minimum": 0, "maximum": 16777215},
}
NETWORK_CREATE = one_or_many(
    "network",
    "networks",
    thing({**_network, **_provider, **OWNER, "availability_zone_hints": ZONES, "tags": TAGS}),
)
NETWORK_UPDATE = one("network", thing(_network))

_MODE: Schema = {"enum": ["slaac", "dhcpv6-stateful", "dhcpv6-stateless", None]}
_POOLS: Schema = {
    "type": ["array", "null"],
    "maxItems": 100,
    "items": thing({"start": ADDRESS, "end": ADDRESS}, ["start", "end"]),
}
_subnet: dict[str, Schema] = {
    "name": TEXT,
    "description": TEXT,
    "gateway_ip": MAYBE_ADDRESS,
    "enable_dhcp": BOOL,
    "allocation_pools": _POOLS,
    "dns_nameservers": {"type": ["array", "null"], "items": ADDRESS},
    "host_routes": ROUTES,
    "service_types": {"type": ["array", "null"], "items": TEXT},
}
SUBNET_CREATE = one_or_many(
    "subnet",
    "subnets",
    thing(
        {
            **_subnet,
            **OWNER,
            "network_id": ID,
            "ip_version": VERSION,
            "cidr": MAYBE_ADDRESS,
            "prefixlen": LENGTH,
            "subnetpool_id": MAYBE_ID,
            "ipv6_ra_mode": _MODE,
            "ipv6_address_mode": _MODE,
            "tags": TAGS,
        },
        ["network_id"],
    ),
)
SUBNET_UPDATE = one("subnet", thing(_subnet))

_PREFIXES: Schema = {"type": "array", "items": ADDRESS, "maxItems": 200}
_QUOTA: Schema = {"type": ["integer", "null"], "minimum": 0, "maximum": 2147483647}
_pool: dict[str, Schema] = {
    "name": TEXT,
    "description": TEXT,
    "prefixes": _PREFIXES,
    "min_prefixlen": LENGTH,
    "max_prefixlen": LENGTH,
    "default_prefixlen": LENGTH,
    "default_quota": _QUOTA,
    "is_default": BOOL,
    "address_scope_id": MAYBE_ID,
}
SUBNETPOOL_CREATE = one_or_many(
    "subnetpool", "subnetpools", thing({**_pool, **OWNER, "shared": BOOL, "tags": TAGS}, ["name", "prefixes"])
)
SUBNETPOOL_UPDATE = one("subnetpool", thing(_pool))

SCOPE_CREATE = one_or_many(
    "address_scope",
    "address_scopes",
    thing({**OWNER, "name": TEXT, "ip_version": VERSION, "shared": BOOL}, ["name", "ip_version"]),
)
SCOPE_UPDATE = one("address_scope", thing({"name": TEXT, "shared": BOOL}))

RBAC_CREATE = one_or_many(
    "rbac_policy",
    "rbac_policies",
    thing(
        {
            **OWNER,
            "object_type": {"enum": ["network"]},
            "object_id": ID,
            "action": {"enum": ["access_as_shared", "access_as_external"]},
            "target_tenant": ID,
            "target_project": ID,
        },
        ["object_type", "object_id", "action", "target_tenant"],
    ),
)
RBAC_UPDATE = one("rbac_policy", thing({"target_tenant": ID}))
