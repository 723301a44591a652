# Copyright: Pileus contributors. Apache-2.0 (see LICENSE).
"""The rows of a port: its switch port, with the addresses it may use and the port groups it is in."""

from __future__ import annotations

from typing import Any

from ansible.module_utils.ovn_topology_network import quoted
from ansible.module_utils.ovn_topology_rows import (
    DROP_GROUP,
    Row,
    address,
    group_name,
    interface,
    mac,
    marks,
    switch_name,
    uuid,
    version,
)

NUMBERED = {"6": "dns_server", "15": "domain_name", "26": "mtu", "66": "tftp_server", "67": "bootfile_name"}
ADDRESSES = {"dns_server", "ntp_server", "router", "tftp_server_address", "log_server", "lpr_server", "next_server"}
STRINGS = {"domain_name", "domain_search_list", "tftp_server", "bootfile_name", "bootfile_name_alt", "wpad", "hostname"}
INTEGERS = {"mtu", "lease_time", "default_ttl", "T1", "T2", "arp_cache_timeout", "tcp_keepalive_interval"}


def port_rows(item: dict[str, Any], subnet_options: dict[str, dict[str, Any]]) -> list[Row]:
    """The rows a port wants. `subnet_options`: the DHCP_Options columns known per subnet id, for ports with own options."""
    if str(item.get("device_owner")).startswith("network:router_"):
        return []  # the router makes both ends of its ports
    switch = switch_name(item["network_id"])
    refs = _dhcp_refs(item)
    rows = []
    own = {}
    if item.get("extra_dhcp_opts") and refs["dhcpv4_options"] in subnet_options:
        subnet = subnet_options[str(refs["dhcpv4_options"])]
        own = {"cidr": subnet["cidr"], "options": {**subnet["options"], **extra_options(item["extra_dhcp_opts"])}}
        rows.append(Row("DHCP_Options", item["id"], own, marks(item, "port_dhcp", key=item["id"])))
    if own:
        refs = {**refs, "dhcpv4_options": item["id"]}
    external_ids = marks(
        item,
        "port",
        name=item.get("name"),
        device_owner=item.get("device_owner"),
        parent=switch,
        dhcpv4=refs["dhcpv4_options"],
        dhcpv6=refs["dhcpv6_options"],
    )
    groups: set[str] = set()
    if item.get("port_security", True):
        groups = {DROP_GROUP, *(group_name(group) for group in item.get("security_groups") or [])}
    row = Row("Logical_Switch_Port", uuid(item["id"]), _columns(item), external_ids, switch, refs, frozenset(groups))
    return [*rows, row]


def _columns(item: dict[str, Any]) -> dict[str, Any]:
    own = mac(item["mac"])
    addresses = [address(fixed["ip_address"]) for fixed in item.get("fixed_ips") or []]
    allowed: dict[str, list[str]] = {own: list(addresses)}
    for pair in item.get("allowed_address_pairs") or []:
        where = allowed.setdefault(mac(pair.get("mac_address") or own), [])
        value = interface(pair["ip_address"])
        value = value.split("/")[0] if value.endswith(("/32", "/128")) else value
        if value not in where:
            where.append(value)
    secure = item.get("port_security", True)
    others = [other for other in allowed if other != own] if secure else ["unknown"]
    chassis = item.get("chassis") or []
    return {
        "type": "",
        "addresses": [" ".join([own, *addresses]), *others],
        "port_security": [" ".join([who, *what]) for who, what in allowed.items()] if secure else [],
        "options": {"requested-chassis": ",".join(chassis)} if chassis else {},
        "enabled": [bool(item.get("admin_state_up", True))],
    }


def _dhcp_refs(item: dict[str, Any]) -> dict[str, str | None]:
    """Per address family the first subnet of the port: its DHCP options answer the guest, if it has any."""
    refs: dict[str, str | None] = {"dhcpv4_options": None, "dhcpv6_options": None}
    for fixed in item.get("fixed_ips") or [] if item.get("dhcp", True) else []:
        column = f"dhcpv{version(fixed['ip_address'])}_options"
        refs[column] = refs[column] or uuid(fixed["subnet_id"])
    return refs


def extra_options(options: list[dict[str, Any]]) -> dict[str, str]:
    """extra_dhcp_opts in OVN's names and spelling. Options that OVN cannot serve are left out, as they have no effect."""
    found = {}
    for option in options:
        name, value = str(option["opt_name"]), option.get("opt_value")
        name = NUMBERED.get(name, name.replace("-", "_").replace("server_ip_address", "tftp_server_address"))
        if value is None or int(option.get("ip_version") or 4) != 4:
            continue
        if name in ADDRESSES:
            values = [address(part.strip()) for part in str(value).split(",")]
            found[name] = values[0] if len(values) == 1 else "{" + ", ".join(values) + "}"
        elif name in STRINGS:
            found[name] = quoted(str(value))
        elif name in INTEGERS:
            found[name] = str(int(value))
    return found
