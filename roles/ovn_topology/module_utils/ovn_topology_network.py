# Copyright: Pileus contributors. Apache-2.0 (see LICENSE).
"""The rows of a network: its switch, its way to the provider's wire, its metadata port, its subnets' DHCP options."""

from __future__ import annotations

from typing import Any

from ansible.module_utils.ovn_topology_rows import (
    Row,
    address,
    cidr,
    derived_mac,
    mac,
    marks,
    metadata_port_name,
    switch_name,
    version,
)

METADATA = "169.254.169.254/32"


def network_rows(item: dict[str, Any], defaults: dict[str, Any]) -> list[Row]:
    """Every row a network wants (ValueError when its values make no sense)."""
    rows = [Row("Logical_Switch", switch_name(item["id"]), {}, marks(item, "network", name=item.get("name")))]
    if item.get("external"):
        rows.append(_localnet(item, item["external"]))
    served = [subnet for subnet in item.get("subnets") or [] if subnet.get("metadata_ip")]
    if served:
        rows.append(_metadata_port(item, [address(subnet["metadata_ip"]) for subnet in served]))
    rows.extend(
        Row("DHCP_Options", subnet["id"], columns, marks(item, "subnet", key=subnet["id"]))
        for subnet in item.get("subnets") or []
        if subnet.get("enable_dhcp") and (columns := dhcp_columns(item, subnet, defaults))
    )
    return rows


def _localnet(item: dict[str, Any], external: dict[str, Any]) -> Row:
    vlan = external.get("vlan")
    columns = {
        "type": "localnet",
        "addresses": ["unknown"],
        "options": {"network_name": str(external["physical_network"])},
        "tag": [] if vlan is None else [int(vlan)],
    }
    name, switch = f"pileus-provnet-{item['id']}", switch_name(item["id"])
    return Row("Logical_Switch_Port", name, columns, marks(item, "provider_port", parent=switch), switch)


def _metadata_port(item: dict[str, Any], addresses: list[str]) -> Row:
    hardware = mac(item.get("metadata_mac") or derived_mac(item["id"]))
    columns = {"type": "localport", "addresses": [" ".join([hardware, *addresses])]}
    switch = switch_name(item["id"])
    external_ids = marks(item, "metadata_port", parent=switch)
    return Row("Logical_Switch_Port", metadata_port_name(item["id"]), columns, external_ids, switch)


def dhcp_columns(item: dict[str, Any], subnet: dict[str, Any], defaults: dict[str, Any]) -> dict[str, Any]:
    """cidr and options of a subnet's DHCP_Options row. Empty when DHCP cannot be served (no address to serve from)."""
    network = cidr(subnet["cidr"])
    servers = [address(server) for server in subnet.get("dns_nameservers") or defaults.get("dns_servers") or []]
    servers = [server for server in servers if version(server) == version(network)]
    if version(network) == 6:
        options = {"server_id": derived_mac(subnet["id"])}
        if subnet.get("ipv6_address_mode") == "dhcpv6-stateless":
            options["dhcpv6_stateless"] = "true"
    else:
        gateway = subnet.get("gateway_ip")
        server = gateway or subnet.get("metadata_ip")
        if not server:
            return {}
        options = {
            "server_id": address(server),
            "server_mac": derived_mac(subnet["id"]),
            "lease_time": str(int(defaults["lease_time"])),
            "mtu": str(int(item["mtu"])),
        }
        if gateway:
            options["router"] = address(gateway)
        if routes := _classless_routes(subnet):
            options["classless_static_route"] = _braces(routes)
    if domain := (item.get("dns_domain") or defaults.get("dns_domain")):
        options["domain_search" if version(network) == 6 else "domain_name"] = quoted(str(domain).rstrip("."))
    if servers:
        options["dns_server"] = _braces(servers)
    return {"cidr": network, "options": options}


def _classless_routes(subnet: dict[str, Any]) -> list[str]:
    """Option 121. A client that gets it ignores the router option, hence the default route is in here, too."""
    routes = []
    if subnet.get("metadata_ip"):
        routes.append(f"{METADATA},{address(subnet['metadata_ip'])}")
    for route in subnet.get("host_routes") or []:
        routes.append(f"{cidr(route['destination'])},{address(route['nexthop'])}")
    if routes and subnet.get("gateway_ip"):
        routes.append(f"0.0.0.0/0,{address(subnet['gateway_ip'])}")
    return routes


def _braces(values: list[str]) -> str:
    return "{" + ", ".join(values) + "}"


def quoted(value: str) -> str:
    """A string as OVN's DHCP options take it; what would end the string early is refused (ValueError)."""
    if any(character in value for character in '"\\\n\r\0') or not value.isascii() or len(value) > 255:
        raise ValueError(f"not usable as a DHCP string: {value!r}")
    return f'"{value}"'
