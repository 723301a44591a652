"""Floating IPs that were led away: the address stays taken until the router that had it has let it go.

Each is a row of its own, LEAVING, with the router but without a port; clients do not see it and no quota counts it.
"""

from sqlalchemy import delete, exists, select
from sqlalchemy.orm import Session

from pileus.core.db import lock, new_id
from pileus.network.models import FloatingIp, IpAllocation

LEAVING = "LEAVING"


def remember(session: Session, row: FloatingIp, router_id: str) -> None:
    """Note that a router still translates a floating IP's address."""
    session.add(
        FloatingIp(
            id=new_id(),
            project_id=row.project_id,
            status=LEAVING,
            floating_network_id=row.floating_network_id,
            floating_ip_address=row.floating_ip_address,
            mac_address=row.mac_address,
            router_id=router_id,
        )
    )


def forget(session: Session, router_id: str) -> None:
    """The router is as SQL says: it has let go of what was led away, and addresses that nobody else has are free."""
    statement = select(FloatingIp).where(FloatingIp.router_id == router_id, FloatingIp.status == LEAVING)
    gone = {}
    for row in session.execute(statement).scalars().all():
        gone[row.floating_network_id, row.floating_ip_address] = row
        session.delete(row)
    for network_id, address in sorted(gone):
        give_back(session, network_id, address)


def give_back(session: Session, network_id: str, address: str) -> None:
    """Free the address of a floating IP, unless it is someone's still or a router has not let go of it yet."""
    session.flush()
    lock(session, "network/leaving")  # of two that end together the second sees that it is the last
    held = exists().where(
        FloatingIp.floating_network_id == IpAllocation.network_id,
        FloatingIp.floating_ip_address == IpAllocation.ip_address,
    )
    session.execute(
        delete(IpAllocation).where(
            IpAllocation.network_id == network_id,
            IpAllocation.ip_address == address,
            IpAllocation.floating_ip_id.is_not(None),
            ~held,
        )
    )


def routers(session: Session) -> list[str]:
    """The ids of the routers that have not let go of something yet."""
    found = select(FloatingIp.router_id).where(FloatingIp.status == LEAVING).distinct()
    return [str(router_id) for router_id in session.execute(found.order_by(FloatingIp.router_id)).scalars()]
