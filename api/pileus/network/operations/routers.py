"""Routers: making, changing and deleting them, their gateway and their extra routes."""

import ipaddress
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from pileus.core.context import Context
from pileus.core.db import lock, new_id
from pileus.core.errors import BadRequest, Conflict
from pileus.network.models import Network, Port, Router, Subnet
from pileus.network.operations import floating, items, ranges
from pileus.network.operations.ports import empty, make_port
from pileus.network.operations.quotas import QUOTA
from pileus.network.operations.standard import Asked, change, owner, revise, set_tags
from pileus.network.operations.table import ROUTER_ABSENT, ROUTER_PRESENT, ask
from pileus.network.operations.visible import find, own

Routes = list[dict[str, Any]]


def create_router(session: Session, context: Context, asked: Asked) -> Router:
    """Make a router, with a gateway where one is asked for."""
    project = owner(context, asked)
    QUOTA.reserve(session, project, router=1)
    row = Router(
        id=new_id(),
        project_id=project,
        status="ACTIVE",
        name=asked.get("name") or "",
        description=asked.get("description") or "",
        admin_state_up=asked.get("admin_state_up", True),
        availability_zone_hints=asked.get("availability_zone_hints") or [],
        revision_number=1,
    )
    session.add(row)
    session.flush()
    if asked.get("tags"):
        set_tags(session, row, asked["tags"])
    set_gateway(session, context, row, asked.get("external_gateway_info"))
    tell(session, context, row)
    return row


def tell(session: Session, context: Context, row: Router) -> None:
    """Ask for the run that makes the router so, after those of the networks it connects."""
    networks = [port.network_id for port in items.ports_of_router(session, row.id)]
    ask(ROUTER_PRESENT, session, row, context, needs=networks)


def update_router(session: Session, context: Context, router_id: str, asked: Asked) -> Router:
    """Change a router; raises BadRequest for routes to nowhere, Conflict while floating IPs need the gateway."""
    row = own(session, context, Router, router_id)
    lock(session, f"network/router/{row.id}")
    changed = change(row, asked, ("name", "description", "admin_state_up"))
    if "external_gateway_info" in asked:
        set_gateway(session, context, row, asked["external_gateway_info"])
        changed.add("gateway")
    if "routes" in asked:
        set_routes(session, row, asked["routes"] or [])
        changed.add("routes")
    if changed:
        revise(row)
    if changed - {"description"} or row.status == "ERROR":
        tell(session, context, row)
    return row


def set_gateway(session: Session, context: Context, row: Router, info: Asked | None) -> None:
    """Connect the router with an external network, another one, or ({} or None) none."""
    current = session.get(Port, row.gateway_port_id) if row.gateway_port_id else None
    if not info or not info.get("network_id"):
        if current is not None:
            _drop_gateway(session, row, current)
        return
    network = find(session, context, Network, info["network_id"])
    if not network.external:
        raise BadRequest(
            f"Bad router request: Network {network.id} is not an external network.",
            field="external_gateway_info",
            kind="BadRequest",
        )
    row.enable_snat = info.get("enable_snat", True if current is None else row.enable_snat)
    fixed = info.get("external_fixed_ips")
    if current is not None and current.network_id == network.id and not fixed:
        return
    if current is not None:
        _drop_gateway(session, row, current)
    port = make_port(
        session,
        context,
        network,
        {
            "project_id": "",
            "device_id": row.id,
            "device_owner": items.GATEWAY,
            "fixed_ips": fixed or None,
            "security_groups": [],
        },
    )
    if not port.allocations:
        raise BadRequest(
            f"Bad router request: No IPs available for external network {network.id}.",
            field="external_gateway_info",
            kind="BadRequest",
        )
    row.gateway_port_id = port.id


def _drop_gateway(session: Session, row: Router, port: Port) -> None:
    if floating.through(session, row.id):
        raise Conflict(
            f"Gateway cannot be updated for router {row.id}, since a gateway to external network {port.network_id} is "
            "required by one or more floating IPs.",
            kind="RouterExternalGatewayInUseByFloatingIp",
        )
    row.gateway_port_id = None
    empty(session, port)
    session.delete(port)
    session.flush()


def connected(session: Session, row: Router) -> list[Subnet]:
    """The subnets that a router is in, its gateway's included."""
    ids = {a.subnet_id for port in items.ports_of_router(session, row.id) for a in port.allocations}
    return list(session.execute(select(Subnet).where(Subnet.id.in_(ids))).scalars())


def set_routes(session: Session, row: Router, asked: Routes) -> None:
    """Replace the extra routes; raises BadRequest unless every next hop is a neighbour."""
    listed = ranges.routes(asked, None, "routes")
    networks = [ipaddress.ip_network(subnet.cidr) for subnet in connected(session, row)]
    own_addresses = {a.ip_address for port in items.ports_of_router(session, row.id) for a in port.allocations}
    for route in listed:
        hop = ipaddress.ip_address(route["nexthop"])
        if not any(hop in network for network in networks):
            raise _bad_route(route, "the nexthop is not connected with router")
        if route["nexthop"] in own_addresses:
            raise _bad_route(route, "the nexthop is used by router")
    row.routes = listed


def _bad_route(route: dict[str, Any], why: str) -> BadRequest:
    return BadRequest(f"Invalid format for routes: {route}, {why}", field="routes", kind="InvalidRoutes")


def add_routes(session: Session, context: Context, router_id: str, asked: Routes) -> Router:
    """Add extra routes to those there are."""
    row = own(session, context, Router, router_id)
    lock(session, f"network/router/{row.id}")
    more = [route for route in ranges.routes(asked, None, "routes") if route not in row.routes]
    return _reroute(session, context, row, [*row.routes, *more])


def remove_routes(session: Session, context: Context, router_id: str, asked: Routes) -> Router:
    """Take extra routes away, those that there are."""
    row = own(session, context, Router, router_id)
    lock(session, f"network/router/{row.id}")
    gone = ranges.routes(asked, None, "routes")
    return _reroute(session, context, row, [route for route in row.routes if route not in gone])


def _reroute(session: Session, context: Context, row: Router, wanted: Routes) -> Router:
    set_routes(session, row, wanted)
    revise(row)
    tell(session, context, row)
    return row


def delete_router(session: Session, context: Context, router_id: str) -> None:
    """Delete a router with its gateway; raises Conflict while it has interfaces."""
    row = own(session, context, Router, router_id)
    ports = items.ports_of_router(session, row.id)
    if any(port.device_owner == items.INTERFACE for port in ports):
        raise Conflict(f"Router {row.id} still has ports", kind="RouterInUse")
    for port in ports:
        _drop_gateway(session, row, port)
    ROUTER_ABSENT.submit(session, row, context)
