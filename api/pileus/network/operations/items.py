"""What roles are told: networks, ports, routers and security groups of SQL as items of role variables."""

import ipaddress
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from pileus.network.models import (
    FloatingIp,
    Network,
    NetworkHost,
    Port,
    Router,
    SecurityGroup,
    SecurityGroupRule,
    Subnet,
)

Item = dict[str, Any]
PROTOCOLS = {"1": "icmp", "6": "tcp", "17": "udp", "58": "icmpv6", "ipv6-icmp": "icmpv6"}
INTERFACE, GATEWAY = "network:router_interface", "network:router_gateway"


def with_prefix(subnet: Subnet, address: str) -> str:
    """An address with the prefix length of its subnet, "10.0.0.1/24"."""
    return f"{address}/{ipaddress.ip_network(subnet.cidr).prefixlen}"


def subnets_of(session: Session, network_ids: Iterable[str]) -> dict[str, list[Subnet]]:
    """The subnets of some networks, oldest first."""
    found: dict[str, list[Subnet]] = defaultdict(list)
    statement = select(Subnet).where(Subnet.network_id.in_(list(network_ids))).order_by(Subnet.created_at, Subnet.id)
    for subnet in session.execute(statement).scalars():
        found[subnet.network_id].append(subnet)
    return found


def network_items(session: Session, networks: Sequence[Network], intent: str) -> list[Item]:
    """Items of ovn_topology_networks."""
    subnets = subnets_of(session, [n.id for n in networks])
    return [_network_item(network, subnets[network.id], intent) for network in networks]


def _network_item(network: Network, subnets: Sequence[Subnet], intent: str) -> Item:
    external = None
    if network.physical_network is not None:
        external = {"physical_network": network.physical_network, "vlan": network.segmentation_id}
    return {
        "id": network.id,
        "intent": intent,
        "name": network.name,
        "mtu": network.mtu,
        "external": external,
        "port_security": network.port_security_enabled,
        "metadata_mac": network.metadata_mac,
        "subnets": [_subnet_item(subnet) for subnet in subnets],
    }


def _subnet_item(subnet: Subnet) -> Item:
    return {
        "id": subnet.id,
        "cidr": subnet.cidr,
        "gateway_ip": subnet.gateway_ip,
        "enable_dhcp": subnet.enable_dhcp,
        "dns_nameservers": list(subnet.dns_nameservers),
        "host_routes": list(subnet.host_routes),
        "metadata_ip": subnet.metadata_ip,
        "ip_version": subnet.ip_version,
        **({"ipv6_address_mode": subnet.ipv6_address_mode} if subnet.ipv6_address_mode else {}),
    }


def metadata_items(
    session: Session, networks: Sequence[Network], hosts: dict[str, Sequence[str]], intent: str
) -> list[Item]:
    """Items of metadata_network: one for each network and host where servers of it are."""
    subnets = subnets_of(session, [n.id for n in networks])
    items = []
    for network in networks:
        addresses = [with_prefix(s, s.metadata_ip) for s in subnets[network.id] if s.metadata_ip]
        items += [
            {"id": network.id, "intent": intent, "host": host, "mac": network.metadata_mac, "addresses": addresses}
            for host in hosts.get(network.id, ())
            if addresses
        ]
    return items


def hosts_of(session: Session, network_ids: Iterable[str]) -> dict[str, Sequence[str]]:
    """On which hosts something of each network was set up."""
    found: dict[str, list[str]] = defaultdict(list)
    statement = select(NetworkHost).where(NetworkHost.network_id.in_(list(network_ids))).order_by(NetworkHost.host)
    for row in session.execute(statement).scalars():
        found[row.network_id].append(row.host)
    return dict(found)


def port_items(session: Session, ports: Sequence[Port], intent: str) -> list[Item]:
    """Items of ovn_topology_ports."""
    return [
        {
            "id": port.id,
            "intent": intent,
            "network_id": port.network_id,
            "name": port.name,
            "mac": port.mac_address,
            "fixed_ips": port.fixed_ips,
            "security_groups": port.security_group_ids,
            "port_security": port.port_security_enabled,
            "allowed_address_pairs": list(port.allowed_address_pairs),
            "device_owner": port.device_owner,
            "admin_state_up": port.admin_state_up,
            "dhcp": True,
            "extra_dhcp_opts": list(port.extra_dhcp_opts),
        }
        for port in ports
    ]


def closure(session: Session, group_ids: Iterable[str]) -> list[SecurityGroup]:
    """These security groups and all that their rules speak of, directly or not: rules need the others' addresses."""
    found: dict[str, SecurityGroup] = {}
    wanted = set(group_ids)
    while wanted:
        rows = session.execute(select(SecurityGroup).where(SecurityGroup.id.in_(wanted))).scalars().all()
        found |= {row.id: row for row in rows}
        wanted = {r.remote_group_id for row in rows for r in row.rules if r.remote_group_id} - set(found) - wanted
    return [found[key] for key in sorted(found)]


def security_group_items(groups: Sequence[SecurityGroup], intent: str) -> list[Item]:
    """Items of ovn_topology_security_groups."""
    return [
        {
            "id": group.id,
            "intent": intent,
            "name": group.name,
            "stateful": group.stateful,
            "rules": [] if group.deleting else [_rule_item(rule) for rule in group.rules],
        }
        for group in groups
    ]


def _rule_item(rule: SecurityGroupRule) -> Item:
    return {
        "id": rule.id,
        "direction": rule.direction,
        "ethertype": rule.ethertype,
        "protocol": PROTOCOLS.get(rule.protocol or "", rule.protocol),
        "port_range_min": rule.port_range_min,
        "port_range_max": rule.port_range_max,
        "remote_ip_prefix": rule.remote_ip_prefix,
        "remote_group_id": rule.remote_group_id,
    }


def ports_of_router(session: Session, router_id: str) -> list[Port]:
    """The interfaces and the gateway of a router."""
    statement = select(Port).where(
        Port.device_id == router_id, Port.device_owner.in_((INTERFACE, GATEWAY)), ~Port.deleting
    )
    return list(session.execute(statement.order_by(Port.created_at, Port.id)).scalars())


def router_items(session: Session, router: Router, intent: str) -> list[Item]:
    """The item of ovn_topology_routers."""
    ports = ports_of_router(session, router.id)
    interfaces = [port for port in ports if port.device_owner == INTERFACE]
    ids = {a.subnet_id for port in ports for a in port.allocations}
    subnets = {s.id: s for s in session.execute(select(Subnet).where(Subnet.id.in_(ids))).scalars()}
    gateway = next((port for port in ports if port.device_owner == GATEWAY), None)
    connected = [subnets[a.subnet_id] for port in interfaces for a in port.allocations]
    snat = router.enable_snat and gateway is not None
    return [
        {
            "id": router.id,
            "intent": intent,
            "name": router.name,
            "admin_state_up": router.admin_state_up,
            "interfaces": [_interface_item(port, subnets) for port in interfaces],
            "gateway": None if gateway is None else _gateway_item(router, gateway, subnets),
            "routes": list(router.routes),
            "snat_cidrs": sorted({s.cidr for s in connected if s.ip_version == 4}) if snat else [],
            "floating_ips": _floating_items(session, router),
        }
    ]


def _interface_item(port: Port, subnets: dict[str, Subnet]) -> Item:
    item: Item = {
        "port_id": port.id,
        "network_id": port.network_id,
        "mac": port.mac_address,
        "networks": [with_prefix(subnets[a.subnet_id], a.ip_address) for a in port.allocations],
    }
    modes = [mode for a in port.allocations if (mode := subnets[a.subnet_id].ipv6_ra_mode)]
    return {**item, "ipv6_ra_mode": modes[0]} if modes else item


def _gateway_item(router: Router, port: Port, subnets: dict[str, Subnet]) -> Item | None:
    legs = [(subnets[a.subnet_id], a.ip_address) for a in port.allocations]
    if not legs:
        return None
    return {
        "port_id": port.id,
        "network_id": port.network_id,
        "mac": port.mac_address,
        "ip": [with_prefix(subnet, address) for subnet, address in legs],
        "gateway_ip": sorted({subnet.gateway_ip for subnet, _ in legs if subnet.gateway_ip}),
        "enable_snat": router.enable_snat,
        "chassis": [],  # none named: the role takes the inventory's group ovn_gateway
    }


def _floating_items(session: Session, router: Router) -> list[Item]:
    statement = select(FloatingIp).where(FloatingIp.router_id == router.id, FloatingIp.port_id.is_not(None))
    return [
        {
            "id": row.id,
            "external_ip": row.floating_ip_address,
            "fixed_ip": row.fixed_ip_address,
            "port_id": row.port_id,
            "mac": row.mac_address,
            "distributed": False,
        }
        for row in session.execute(statement.order_by(FloatingIp.id)).scalars()
    ]
