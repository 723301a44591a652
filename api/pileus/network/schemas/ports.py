"""Bodies that make and change ports, security groups and their rules."""

from pileus.network.schemas.fields import (
    ADDRESS,
    BOOL,
    FIXED_IPS,
    ID,
    MAYBE_ADDRESS,
    MAYBE_ID,
    OWNER,
    TAGS,
    TEXT,
    VERSION,
    Schema,
    one,
    one_or_many,
    thing,
)

_MAYBE_TEXT: Schema = {"type": ["string", "null"], "maxLength": 255}
_port: dict[str, Schema] = {
    "name": TEXT,
    "description": TEXT,
    "admin_state_up": BOOL,
    "mac_address": {"type": "string", "maxLength": 17},
    "device_id": _MAYBE_TEXT,
    "device_owner": _MAYBE_TEXT,
    "fixed_ips": FIXED_IPS,
    "security_groups": {"type": ["array", "null"], "items": ID, "maxItems": 50},
    "port_security_enabled": BOOL,
    "allowed_address_pairs": {
        "type": ["array", "null"],
        "maxItems": 10,
        "items": thing({"ip_address": ADDRESS, "mac_address": {"type": "string", "maxLength": 17}}, ["ip_address"]),
    },
    "extra_dhcp_opts": {
        "type": ["array", "null"],
        "maxItems": 50,
        "items": thing({"opt_name": ID, "opt_value": _MAYBE_TEXT, "ip_version": VERSION}, ["opt_name"]),
    },
    "binding:host_id": _MAYBE_TEXT,
    "binding:profile": {"type": ["object", "null"]},
    "binding:vnic_type": {"enum": ["normal"]},
}
PORT_CREATE = one_or_many("port", "ports", thing({**_port, **OWNER, "network_id": ID, "tags": TAGS}, ["network_id"]))
PORT_UPDATE = one("port", thing(_port))

_group: dict[str, Schema] = {"name": TEXT, "description": TEXT, "stateful": BOOL}
GROUP_CREATE = one_or_many("security_group", "security_groups", thing({**_group, **OWNER, "tags": TAGS}))
GROUP_UPDATE = one("security_group", thing(_group))

_NUMBER: Schema = {"type": ["integer", "string", "null"], "maxLength": 12}
RULE_CREATE = one_or_many(
    "security_group_rule",
    "security_group_rules",
    thing(
        {
            **OWNER,
            "security_group_id": ID,
            "direction": {"enum": ["ingress", "egress"]},
            "ethertype": {"type": ["string", "null"], "maxLength": 40},
            "protocol": {"type": ["string", "integer", "null"], "maxLength": 40},
            "port_range_min": _NUMBER,
            "port_range_max": _NUMBER,
            "remote_ip_prefix": MAYBE_ADDRESS,
            "remote_group_id": MAYBE_ID,
            "description": _MAYBE_TEXT,
        },
        ["security_group_id", "direction"],
    ),
)
