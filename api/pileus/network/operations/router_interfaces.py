"""Router interfaces: connecting routers with subnets and ports, and disconnecting them."""

import ipaddress
from collections.abc import Sequence
from typing import Any

from sqlalchemy.orm import Session

from pileus.core.context import Context
from pileus.core.db import lock
from pileus.core.errors import BadRequest, Conflict, Forbidden, NotFound
from pileus.network.models import Network, Port, Router, Subnet
from pileus.network.operations import floating, items
from pileus.network.operations.ports import empty, make_port
from pileus.network.operations.routers import connected, tell
from pileus.network.operations.standard import Asked, revise
from pileus.network.operations.visible import find, own


def add_interface(session: Session, context: Context, router_id: str, asked: Asked) -> tuple[Router, Port]:
    """Connect a router with a subnet (as its gateway) or with a port that exists.

    Raises BadRequest for overlapping subnets or one without a gateway, Conflict for a port or address in use.
    """
    row = own(session, context, Router, router_id)
    lock(session, f"network/router/{row.id}")
    if ("port_id" in asked) == ("subnet_id" in asked):
        raise BadRequest(
            "Bad router request: Either subnet_id or port_id must be specified.", field="body", kind="BadRequest"
        )
    port = (
        _by_port(session, context, row, asked["port_id"])
        if "port_id" in asked
        else _by_subnet(session, context, row, asked["subnet_id"])
    )
    revise(row)
    session.flush()
    tell(session, context, row)
    return row, port


def _by_port(session: Session, context: Context, row: Router, port_id: str) -> Port:
    port = own(session, context, Port, port_id, hold=True)
    if port.device_id:
        raise Conflict(
            f"Unable to complete operation on port {port.id} for network {port.network_id}. Port already has an attached "
            f"device {port.device_id}.",
            kind="PortInUse",
        )
    if not port.allocations:
        raise BadRequest(f"Bad router request: Port {port.id} has no fixed IPs.", field="port_id", kind="BadRequest")
    for allocation in port.allocations:
        _check_subnet(session, row, session.get_one(Subnet, allocation.subnet_id))
    port.device_id, port.device_owner = row.id, items.INTERFACE
    port.memberships = []
    revise(port)
    return port


def _by_subnet(session: Session, context: Context, row: Router, subnet_id: str) -> Port:
    subnet = find(session, context, Subnet, subnet_id)
    network = session.get_one(Network, subnet.network_id)
    if not context.is_admin and network.project_id != context.project_id and not network.shared:
        raise Forbidden(f"Subnet {subnet.id} belongs to another project.")
    if not subnet.gateway_ip:
        raise BadRequest(
            "Bad router request: Subnet for router interface must have a gateway IP.",
            field="subnet_id",
            kind="BadRequest",
        )
    _check_subnet(session, row, subnet)
    return make_port(
        session,
        context if context.is_admin or context.project_id == row.project_id else floating.SYSTEM,
        network,
        {
            "project_id": row.project_id,
            "device_id": row.id,
            "device_owner": items.INTERFACE,
            "fixed_ips": [{"subnet_id": subnet.id, "ip_address": subnet.gateway_ip}],
            "security_groups": [],
        },
    )


def _check_subnet(session: Session, row: Router, subnet: Subnet) -> None:
    """Raise BadRequest when the router is in the subnet already, or in one that overlaps."""
    new = ipaddress.ip_network(subnet.cidr)
    for other in connected(session, row):
        if other.id == subnet.id:
            raise BadRequest(
                f"Bad router request: Router already has a port on subnet {subnet.id}.",
                field="subnet_id",
                kind="BadRequest",
            )
        if new.overlaps(ipaddress.ip_network(other.cidr)):
            raise BadRequest(
                f"Bad router request: Cidr {subnet.cidr} of subnet {subnet.id} overlaps with cidr {other.cidr} of subnet "
                f"{other.id}.",
                field="subnet_id",
                kind="BadRequest",
            )


def remove_interface(session: Session, context: Context, router_id: str, asked: Asked) -> tuple[Router, dict[str, Any]]:
    """Disconnect a router from a subnet or a port, which goes; returns the router and what the port was.

    Raises Conflict while floating IPs or routes need it.
    """
    row = own(session, context, Router, router_id)
    lock(session, f"network/router/{row.id}")
    port = _interface(session, row, asked)
    subnet_ids = [a.subnet_id for a in port.allocations]
    _check_unneeded(session, row, subnet_ids)
    shown = {"id": port.id, "network_id": port.network_id, "subnet_ids": subnet_ids}
    empty(session, port)
    session.delete(port)
    revise(row)
    session.flush()
    tell(session, context, row)
    return row, shown


def _interface(session: Session, row: Router, asked: Asked) -> Port:
    interfaces = [p for p in items.ports_of_router(session, row.id) if p.device_owner == items.INTERFACE]
    if "port_id" in asked:
        found = next((p for p in interfaces if p.id == asked["port_id"]), None)
        if (
            found is not None
            and "subnet_id" in asked
            and asked["subnet_id"] not in [a.subnet_id for a in found.allocations]
        ):
            raise Conflict(
                f"Router interface port {found.id} and subnet {asked['subnet_id']} do not match",
                kind="SubnetMismatchForPort",
            )
        wanted = f"port {asked['port_id']}"
    elif "subnet_id" in asked:
        found = next((p for p in interfaces if asked["subnet_id"] in [a.subnet_id for a in p.allocations]), None)
        wanted = f"subnet {asked['subnet_id']}"
    else:
        raise BadRequest(
            "Bad router request: Either subnet_id or port_id must be specified.", field="body", kind="BadRequest"
        )
    if found is None:
        raise NotFound(f"Router {row.id} does not have an interface with {wanted}", kind="RouterInterfaceNotFound")
    return found


def _check_unneeded(session: Session, row: Router, subnet_ids: Sequence[str]) -> None:
    if floating.through(session, row.id, subnet_ids):
        raise Conflict(
            f"Router interface for subnet {subnet_ids[0]} on router {row.id} cannot be deleted, as it is required by one "
            "or more floating IPs.",
            kind="RouterInterfaceInUseByFloatingIP",
        )
    going = [ipaddress.ip_network(s.cidr) for s in connected(session, row) if s.id in subnet_ids]
    if any(ipaddress.ip_address(route["nexthop"]) in network for route in row.routes for network in going):
        raise Conflict(
            f"Router interface for subnet {subnet_ids[0]} on router {row.id} cannot be deleted, as it is required by one "
            "or more routes.",
            kind="RouterInterfaceInUseByRoute",
        )
