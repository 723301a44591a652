"""Bodies that make and change routers, their interfaces and routes, floating IPs, and quotas."""

from pileus.network.schemas.fields import (
    BOOL,
    FIXED_IPS,
    ID,
    MAYBE_ADDRESS,
    MAYBE_ID,
    OWNER,
    ROUTES,
    TAGS,
    TEXT,
    ZONES,
    Schema,
    one,
    one_or_many,
    thing,
)

_GATEWAY: Schema = {
    "type": ["object", "null"],
    "properties": {"network_id": MAYBE_ID, "enable_snat": BOOL, "external_fixed_ips": FIXED_IPS},
    "additionalProperties": False,
}
_router: dict[str, Schema] = {
    "name": TEXT,
    "description": TEXT,
    "admin_state_up": BOOL,
    "external_gateway_info": _GATEWAY,
}
ROUTER_CREATE = one_or_many(
    "router", "routers", thing({**_router, **OWNER, "availability_zone_hints": ZONES, "tags": TAGS})
)
ROUTER_UPDATE = one("router", thing({**_router, "routes": ROUTES}))
INTERFACE = thing({"subnet_id": ID, "port_id": ID})
EXTRA_ROUTES = one("router", thing({"routes": {**ROUTES, "type": "array"}}, ["routes"]))

_floating: dict[str, Schema] = {
    "port_id": MAYBE_ID,
    "fixed_ip_address": MAYBE_ADDRESS,
    "description": {"type": ["string", "null"], "maxLength": 255},
}
FLOATINGIP_CREATE = one_or_many(
    "floatingip",
    "floatingips",
    thing(
        {
            **_floating,
            **OWNER,
            "floating_network_id": ID,
            "floating_ip_address": MAYBE_ADDRESS,
            "subnet_id": MAYBE_ID,
            "tags": TAGS,
        },
        ["floating_network_id"],
    ),
)
FLOATINGIP_UPDATE = one("floatingip", thing(_floating))
