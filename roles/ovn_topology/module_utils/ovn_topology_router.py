# Copyright: Pileus contributors. Apache-2.0 (see LICENSE).
"""The rows of a router: its legs into networks, its gateway with the chassis that may hold it, routes and NAT."""

from __future__ import annotations

from typing import Any

from ansible.module_utils.ovn_topology_rows import (
    Row,
    address,
    cidr,
    interface,
    mac,
    marks,
    router_name,
    switch_name,
    uuid,
    version,
)

# As little as possible is precomputed: a neighbour on a big provider network is learned when it is talked to.
ROUTER_OPTIONS = {"always_learn_from_arp_request": "false", "dynamic_neigh_routers": "true"}
RA_MODES = {"slaac": "slaac", "dhcpv6-stateful": "dhcpv6_stateful", "dhcpv6-stateless": "dhcpv6_stateless"}


def router_rows(item: dict[str, Any], defaults: dict[str, Any]) -> list[Row]:
    """Every row a router wants (ValueError when its values make no sense)."""
    name = router_name(item["id"])
    columns = {"enabled": [bool(item.get("admin_state_up", True))], "options": ROUTER_OPTIONS}
    rows = [Row("Logical_Router", name, columns, marks(item, "router", name=item.get("name")))]
    for leg in item.get("interfaces") or []:
        rows.extend(_leg(item, leg, [interface(value) for value in leg["networks"]], {}))
    if gateway := item.get("gateway"):
        rows.extend(_leg(item, gateway, _gateway_networks(gateway), {"nat-addresses": "router"}))
        rows.extend(_chassis(item, gateway, defaults))
        rows.extend(_nat(item, gateway))
    elif item.get("floating_ips"):
        raise ValueError("floating IPs need a router with a gateway")
    rows.extend(_routes(item))
    return rows


def _gateway_networks(gateway: dict[str, Any]) -> list[str]:
    values = gateway["ip"] if isinstance(gateway["ip"], list) else [gateway["ip"]]
    return [interface(value) for value in values]


def _leg(item: dict[str, Any], leg: dict[str, Any], networks: list[str], options: dict[str, str]) -> list[Row]:
    """A router port and its other end, the switch port named by the port's id."""
    port, router, switch = uuid(leg["port_id"]), router_name(item["id"]), switch_name(leg["network_id"])
    columns: dict[str, Any] = {"mac": mac(leg["mac"]), "networks": networks, "options": {}, "ipv6_ra_configs": {}}
    if mode := leg.get("ipv6_ra_mode"):
        columns["ipv6_ra_configs"] = {"address_mode": RA_MODES[mode], "send_periodic": "true"}
    if mtu := leg.get("mtu"):
        columns["options"] = {"gateway_mtu": str(int(mtu))}
    peer = {"type": "router", "addresses": ["router"], "options": {"router-port": f"lrp-{port}", **options}}
    return [
        Row("Logical_Router_Port", f"lrp-{port}", columns, marks(item, "router_port", parent=router), router),
        Row("Logical_Switch_Port", port, peer, marks(item, "router_switch_port", parent=switch), switch),
    ]


def _chassis(item: dict[str, Any], gateway: dict[str, Any], defaults: dict[str, Any]) -> list[Row]:
    """The chassis in order of priority. Without a list of its own, a router starts at a place of its own in the default
    list, so that routers spread."""
    names = gateway.get("chassis") or defaults.get("gateway_chassis") or []
    if not names:
        raise ValueError("a gateway needs at least one chassis to sit on")
    if not gateway.get("chassis"):
        start = int(item["id"].replace("-", ""), 16) % len(names)
        names = [*names[start:], *names[:start]]
    port = f"lrp-{gateway['port_id']}"
    return [
        Row(
            "Gateway_Chassis",
            f"{port}_{name}",
            {"chassis_name": str(name), "priority": len(names) - place},
            marks(item, "gateway_chassis", parent=port),
            port,
        )
        for place, name in enumerate(names)
    ]


def _routes(item: dict[str, Any]) -> list[Row]:
    gateway = item.get("gateway") or {}
    output = [f"lrp-{gateway['port_id']}"] if gateway else []
    nexthops = gateway.get("gateway_ip") or []
    wanted = [
        ("::/0" if version(hop) == 6 else "0.0.0.0/0", address(hop), output)
        for hop in (nexthops if isinstance(nexthops, list) else [nexthops])
    ]
    wanted += [(cidr(route["destination"]), address(route["nexthop"]), []) for route in item.get("routes") or []]
    router = router_name(item["id"])
    return [
        Row(
            "Logical_Router_Static_Route",
            key,
            {"ip_prefix": prefix, "nexthop": hop, "output_port": port},
            marks(item, "route", key=key, parent=router),
            router,
        )
        for prefix, hop, port in wanted
        if (key := f"{item['id']} {prefix} {hop}")
    ]


def _nat(item: dict[str, Any], gateway: dict[str, Any]) -> list[Row]:
    router, rows = router_name(item["id"]), []
    source = next((value.split("/")[0] for value in _gateway_networks(gateway) if version(value) == 4), None)
    for inside in item.get("snat_cidrs") or [] if gateway.get("enable_snat", True) and source else []:
        key = f"{item['id']} {cidr(inside)}"
        columns = {"type": "snat", "external_ip": source, "logical_ip": cidr(inside)}
        rows.append(Row("NAT", key, columns, marks(item, "snat", key=key, parent=router), router))
    for floating in item.get("floating_ips") or []:
        spread = bool(floating.get("distributed"))
        columns = {
            "type": "dnat_and_snat",
            "external_ip": address(floating["external_ip"]),
            "logical_ip": address(floating["fixed_ip"]),
            "logical_port": [uuid(floating["port_id"])] if spread else [],
            "external_mac": [mac(floating["mac"])] if spread else [],
        }
        external_ids = marks(item, "floating_ip", key=uuid(floating["id"]), parent=router, port=floating.get("port_id"))
        rows.append(Row("NAT", floating["id"], columns, external_ids, router))
    return rows
