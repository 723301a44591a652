# Copyright: Pileus contributors. Apache-2.0 (see LICENSE).
"""Row, one wanted row of the OVN northbound database, and the names and marks that every row of ours carries."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass, field
from typing import Any

UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z")
MAC = re.compile(r"[0-9a-f]{2}(:[0-9a-f]{2}){5}\Z")
DROP_GROUP = "pileus_drop"


@dataclass(frozen=True)
class Table:
    """How rows of one table are told apart (by name or by our `pileus:key`), where they hang, what we manage."""

    columns: tuple[str, ...]
    named: bool = True
    parent: tuple[str, str] | None = None


TABLES: dict[str, Table] = {
    "Logical_Switch": Table(("name",)),
    "Logical_Switch_Port": Table(
        ("name", "type", "addresses", "port_security", "options", "tag", "enabled", "dhcpv4_options", "dhcpv6_options"),
        parent=("Logical_Switch", "ports"),
    ),
    "DHCP_Options": Table(("cidr", "options"), named=False),
    "Logical_Router": Table(("name", "enabled", "options")),
    "Logical_Router_Port": Table(
        ("name", "mac", "networks", "options", "ipv6_ra_configs"), parent=("Logical_Router", "ports")
    ),
    "Gateway_Chassis": Table(("name", "chassis_name", "priority"), parent=("Logical_Router_Port", "gateway_chassis")),
    "Logical_Router_Static_Route": Table(
        ("ip_prefix", "nexthop", "output_port"), named=False, parent=("Logical_Router", "static_routes")
    ),
    "NAT": Table(
        ("type", "external_ip", "logical_ip", "logical_port", "external_mac"),
        named=False,
        parent=("Logical_Router", "nat"),
    ),
    "Port_Group": Table(("name",)),
    "ACL": Table(("direction", "priority", "match", "action"), named=False, parent=("Port_Group", "acls")),
}


@dataclass(frozen=True)
class Row:
    """A wanted row. `refs` are weak references (column -> key in DHCP_Options), `groups` the port groups it is in."""

    table: str
    key: str
    columns: dict[str, Any]
    external_ids: dict[str, str]
    parent: str | None = None
    refs: dict[str, str | None] = field(default_factory=dict)
    groups: frozenset[str] = frozenset()


def marks(item: dict[str, Any], kind: str, **more: Any) -> dict[str, str]:
    """The external_ids of a row: which resource it belongs to, which intent made it, what it is, and data like a name."""
    values = {"id": item["id"], "intent": item.get("intent") or "", "type": kind, **more}
    return {f"pileus:{name}": str(value) for name, value in values.items() if value not in (None, "")}


def switch_name(network_id: str) -> str:
    """Name of a network's logical switch."""
    return f"pileus-{uuid(network_id)}"


def router_name(router_id: str) -> str:
    """Name of a router's logical router."""
    return f"pileus-{uuid(router_id)}"


def group_name(security_group_id: str) -> str:
    """Name of a security group's port group: OVN allows no dashes there."""
    return "pg_" + uuid(security_group_id).replace("-", "_")


def metadata_port_name(network_id: str) -> str:
    """Name of the localport through which the guests of a network reach the metadata service."""
    return f"pileus-meta-{uuid(network_id)}"


def derived_mac(resource_id: str) -> str:
    """A stable MAC address for something that has an id and no address of its own (DHCP server, metadata port)."""
    digits = uuid(resource_id).replace("-", "")
    return ":".join(["fa", "16", "3f", digits[0:2], digits[2:4], digits[4:6]])


def uuid(value: Any) -> str:
    """`value` if it is a UUID; ids end up in names and matches, so nothing else is let through (ValueError)."""
    if not UUID.match(str(value)):
        raise ValueError(f"not a UUID: {value!r}")
    return str(value)


def mac(value: Any) -> str:
    """`value` as a lower-case MAC address (ValueError)."""
    if not MAC.match(str(value).lower()):
        raise ValueError(f"not a MAC address: {value!r}")
    return str(value).lower()


def address(value: Any) -> str:
    """`value` as an IP address in its usual spelling (ValueError)."""
    return str(ipaddress.ip_address(str(value)))


def cidr(value: Any) -> str:
    """`value` as a network, host bits cleared (ValueError)."""
    return str(ipaddress.ip_network(str(value), strict=False))


def interface(value: Any) -> str:
    """`value` as an address with its prefix length, such as 10.0.0.1/24 (ValueError)."""
    return str(ipaddress.ip_interface(str(value)))


def version(value: Any) -> int:
    """4 or 6, for an address, a network or an address with a prefix."""
    return ipaddress.ip_interface(str(value)).version
