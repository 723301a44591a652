"""Floating IPs: taking them, leading them to ports, giving them back."""

import ipaddress
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from pileus.core.context import Context
from pileus.core.db import lock, new_id
from pileus.core.errors import BadRequest, Conflict, NotFound
from pileus.core.intents import unfinished
from pileus.network.models import FloatingIp, IpAllocation, Network, Port, Router, Subnet
from pileus.network.operations import items, leaving, ranges
from pileus.network.operations.ipam import Wish, allocate
from pileus.network.operations.quotas import QUOTA
from pileus.network.operations.standard import Asked, change, forget_tags, new_mac, owner, revise, set_tags
from pileus.network.operations.table import ROUTER_PRESENT, ask
from pileus.network.operations.visible import find, own

SYSTEM = Context(user_id="")


def create_floating_ip(session: Session, context: Context, asked: Asked) -> FloatingIp:
    """Take an address of an external network, and lead it to a port where one is named."""
    network = find(session, context, Network, asked["floating_network_id"])
    if not network.external:
        raise BadRequest(f"Network {network.id} is not a valid external network.", field="floating_network_id")
    project = owner(context, asked)
    QUOTA.reserve(session, project, floatingip=1)
    subnets = [s for s in items.subnets_of(session, [network.id])[network.id] if s.ip_version == 4]
    wanted = Wish(asked.get("subnet_id"), ranges.maybe_address(asked.get("floating_ip_address"), "floating_ip_address"))
    row = FloatingIp(
        id=new_id(),
        project_id=project,
        status="DOWN",
        floating_network_id=network.id,
        mac_address=new_mac(),
        description=asked.get("description") or "",
        revision_number=1,
    )
    if not subnets:
        raise BadRequest(f"Network {network.id} does not contain any IPv4 subnet.", field="floating_network_id")
    chosen = allocate(
        session, network.id, subnets, None if wanted == Wish() else [wanted], row.mac_address, floating_ip_id=row.id
    )
    row.floating_ip_address = chosen[0].ip_address
    session.add(row)
    session.flush()
    if asked.get("tags"):
        set_tags(session, row, asked["tags"])
    if asked.get("port_id"):
        _lead(session, context, row, asked["port_id"], asked.get("fixed_ip_address"))
    return row


def update_floating_ip(session: Session, context: Context, floating_id: str, asked: Asked) -> FloatingIp:
    """Lead a floating IP to another port, or to none; change its description."""
    row = own(session, context, FloatingIp, floating_id)
    if "port_id" in asked:
        if asked["port_id"] is None:
            if asked.get("fixed_ip_address"):
                raise BadRequest("fixed_ip_address cannot be specified without a port_id", field="fixed_ip_address")
            _leave(session, context, row)
        else:
            _lead(session, context, row, asked["port_id"], asked.get("fixed_ip_address"))
    change(row, asked, ("description",))
    revise(row)
    return row


def delete_floating_ip(session: Session, context: Context, floating_id: str) -> None:
    """Give a floating IP back; its address is free when no router has it any more."""
    row = own(session, context, FloatingIp, floating_id)
    _leave(session, context, row)
    forget_tags(session, [row.id])
    session.delete(row)
    leaving.give_back(session, row.floating_network_id, row.floating_ip_address)


def let_go(
    session: Session, port: Port, addresses: Sequence[str] | None = None, context: Context | None = None
) -> None:
    """Make floating IPs lead to a port (or to some of its addresses) no more."""
    statement = select(FloatingIp).where(FloatingIp.port_id == port.id)
    if addresses is not None:
        statement = statement.where(FloatingIp.fixed_ip_address.in_(addresses))
    for row in session.execute(statement).scalars().all():
        _leave(session, context or SYSTEM, row)
        revise(row)


def _leave(session: Session, context: Context, row: FloatingIp) -> None:
    """Forget port and router; the router is told."""
    router_id, row.router_id, row.port_id, row.fixed_ip_address = row.router_id, None, None, None
    row.status, row.fault = "DOWN", None
    if router_id is not None and session.get(Router, router_id) is not None:
        leaving.remember(session, row, router_id)
    session.flush()
    if router_id is not None:
        _tell(session, context, router_id)


def look_again(session: Session) -> None:
    """Try again with the routers that failed before they had let go of floating IPs."""
    for router_id in leaving.routers(session):
        router = session.get(Router, router_id)
        if router is not None and router.status == "ERROR" and not unfinished(session, [router_id]):
            _tell(session, SYSTEM, router_id)


def _tell(session: Session, context: Context, router_id: str) -> None:
    router = session.get(Router, router_id)
    if router is not None and not router.deleting:
        networks = [port.network_id for port in items.ports_of_router(session, router.id)]
        ask(ROUTER_PRESENT, session, router, context, needs=networks)


def _lead(session: Session, context: Context, row: FloatingIp, port_id: str, fixed: str | None) -> None:
    """Lead to an IPv4 address of a port whose network a router connects with the floating IP's network."""
    port = own(session, context, Port, port_id)
    lock(session, f"network/floating/{port.id}")
    address, subnet = _target(session, port, fixed)
    if (row.port_id, row.fixed_ip_address) == (port.id, address):
        return
    other = select(FloatingIp.id).where(FloatingIp.port_id == port.id, FloatingIp.fixed_ip_address == address)
    if session.execute(other).first():
        raise Conflict(
            f"Cannot associate floating IP {row.floating_ip_address} ({row.id}) with port {port.id} using fixed IP "
            f"{address}, as that fixed IP already has a floating IP on external network {row.floating_network_id}.",
            kind="FloatingIPPortAlreadyAssociated",
        )
    router = _router_between(session, subnet, row.floating_network_id)
    if router is None:
        raise NotFound(
            f"External network {row.floating_network_id} is not reachable from subnet {subnet.id}. Therefore, cannot "
            f"associate Port {port.id} with a Floating IP.",
            kind="ExternalGatewayForFloatingIPNotFound",
        )
    if row.router_id not in (None, router.id):
        _leave(session, context, row)
    row.port_id, row.fixed_ip_address, row.router_id = port.id, address, router.id
    row.status, row.fault = "DOWN", None  # ACTIVE when the run has made it so
    session.flush()
    _tell(session, context, router.id)


def _target(session: Session, port: Port, fixed: str | None) -> tuple[str, Subnet]:
    """The port's IPv4 address that is meant, and its subnet; raises BadRequest."""
    candidates = [a for a in port.allocations if ipaddress.ip_address(a.ip_address).version == 4]
    if fixed is not None:
        candidates = [a for a in candidates if a.ip_address == fixed]
        if not candidates:
            raise BadRequest(f"Port {port.id} does not have fixed ip {fixed}.", field="fixed_ip_address")
    if not candidates:
        raise BadRequest(f"Cannot add floating IP to port {port.id} that has no fixed IPv4 addresses.", field="port_id")
    if len(candidates) > 1:
        raise BadRequest(
            f"Port {port.id} has multiple fixed IPv4 addresses. Must provide a specific IPv4 address when assigning a "
            "floating IP.",
            field="fixed_ip_address",
        )
    return candidates[0].ip_address, session.get_one(Subnet, candidates[0].subnet_id)


def _router_between(session: Session, subnet: Subnet, external_id: str) -> Router | None:
    """A router with an interface in the subnet and its gateway on the external network."""
    inside = (
        select(Port.device_id)
        .join(IpAllocation, IpAllocation.port_id == Port.id)
        .where(IpAllocation.subnet_id == subnet.id, Port.device_owner == items.INTERFACE, ~Port.deleting)
    )
    outside = select(Port.device_id).where(
        Port.network_id == external_id, Port.device_owner == items.GATEWAY, ~Port.deleting
    )
    statement = select(Router).where(Router.id.in_(inside), Router.id.in_(outside), ~Router.deleting)
    return session.execute(statement.order_by(Router.created_at).limit(1)).scalar_one_or_none()


def through(session: Session, router_id: str, subnet_ids: Sequence[str] | None = None) -> bool:
    """Whether floating IPs lead through a router, to ports in these subnets (or to any)."""
    statement = select(FloatingIp.id).where(FloatingIp.router_id == router_id, FloatingIp.port_id.is_not(None))
    if subnet_ids is not None:
        statement = statement.join(
            IpAllocation,
            (IpAllocation.port_id == FloatingIp.port_id) & (IpAllocation.ip_address == FloatingIp.fixed_ip_address),
        ).where(IpAllocation.subnet_id.in_(subnet_ids))
    return session.execute(statement.limit(1)).first() is not None
