"""Subnets: making, changing and deleting them; each change runs the network's playbook."""

from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from pileus.core.context import Context
from pileus.core.db import lock, new_id
from pileus.core.errors import BadRequest, Conflict, Forbidden
from pileus.network.models import IpAllocation, Network, Port, Subnet
from pileus.network.operations import items, pools, ranges
from pileus.network.operations.ipam import automatic, free_metadata, network_of, take_metadata
from pileus.network.operations.quotas import QUOTA
from pileus.network.operations.standard import Asked, change, forget_tags, owner, revise, set_tags
from pileus.network.operations.table import NETWORK_PRESENT, PORT_PRESENT, ask
from pileus.network.operations.visible import find, own


def create_subnet(session: Session, context: Context, asked: Asked) -> Subnet:
    """Make a subnet of a network, with a prefix of its own or one cut from a pool."""
    network = find(session, context, Network, asked["network_id"])
    if not context.is_admin and network.project_id != context.project_id:
        raise Forbidden(f"Network {network.id} belongs to another project.")
    project = network.project_id if "project_id" not in asked and "tenant_id" not in asked else owner(context, asked)
    QUOTA.reserve(session, project, subnet=1)
    lock(session, f"network/subnets/{network.id}")
    cidr = _prefix(session, context, asked)
    dhcp = asked.get("enable_dhcp", True)
    ranges.check_prefix(cidr, dhcp)
    _check_overlap(session, network.id, cidr)
    ranges.check_modes(cidr.version, dhcp, asked.get("ipv6_ra_mode"), asked.get("ipv6_address_mode"), cidr)
    row = Subnet(
        id=new_id(),
        project_id=project,
        network_id=network.id,
        ip_version=cidr.version,
        cidr=str(cidr),
        enable_dhcp=dhcp,
        dns_nameservers=ranges.nameservers(asked.get("dns_nameservers") or [], cidr.version),
        host_routes=ranges.routes(asked.get("host_routes") or [], cidr.version),
        ipv6_ra_mode=asked.get("ipv6_ra_mode"),
        ipv6_address_mode=asked.get("ipv6_address_mode"),
        subnetpool_id=asked.get("subnetpool_id"),
        service_types=asked.get("service_types") or [],
        name=asked.get("name", ""),
        description=asked.get("description", ""),
        revision_number=0,
    )
    _set_pools(row, cidr, asked)
    session.add(row)
    take_metadata(session, row)
    if asked.get("tags"):
        set_tags(session, row, asked["tags"])
    revise(network)
    ask(NETWORK_PRESENT, session, network, context)
    return row


def _prefix(session: Session, context: Context, asked: Asked) -> Any:
    version = asked.get("ip_version")
    if asked.get("subnetpool_id"):
        return pools.cut(session, context, asked)
    if not asked.get("cidr"):
        raise BadRequest("Bad subnets request: a subnetpool must be specified in the absence of a cidr.", field="cidr")
    if version is None:
        raise BadRequest(
            "Invalid input for operation: ip_version must be specified in the absence of cidr and subnetpool_id.",
            field="ip_version",
        )
    return ranges.prefix(asked["cidr"], version)


def _check_overlap(session: Session, network_id: str, cidr: Any) -> None:
    for other in items.subnets_of(session, [network_id])[network_id]:
        if other.ip_version == cidr.version and network_of(other).overlaps(cidr):
            raise BadRequest(
                f"Invalid input for operation: Requested subnet with cidr: {cidr} for network: {network_id} overlaps with "
                f"another subnet.",
                field="cidr",
                kind="InvalidInput",
            )


def _set_pools(row: Subnet, cidr: Any, asked: Asked) -> None:
    """Gateway and allocation pools: as asked for, else the first address and all others."""
    if "gateway_ip" in asked:
        row.gateway_ip = None if asked["gateway_ip"] is None else ranges.check_gateway(asked["gateway_ip"], cidr)
    else:
        row.gateway_ip = ranges.default_gateway(cidr)
    if asked.get("allocation_pools"):
        row.allocation_pools = ranges.check_pools(asked["allocation_pools"], cidr, row.gateway_ip)
    else:
        row.allocation_pools = ranges.default_pools(cidr, row.gateway_ip)


def update_subnet(session: Session, context: Context, subnet_id: str, asked: Asked) -> Subnet:
    """Change a subnet."""
    row = own(session, context, Subnet, subnet_id)
    cidr = network_of(row)
    asked = _checked(row, asked)
    if "gateway_ip" in asked and asked["gateway_ip"] != row.gateway_ip:
        _check_gateway_free(session, row)
        if "allocation_pools" not in asked:
            ranges.check_apart(asked["gateway_ip"], row.allocation_pools)
    if "allocation_pools" in asked:
        gateway = asked.get("gateway_ip", row.gateway_ip)
        asked["allocation_pools"] = ranges.check_pools(asked["allocation_pools"], cidr, gateway)
    changed = change(
        row,
        asked,
        (
            "name",
            "description",
            "gateway_ip",
            "allocation_pools",
            "dns_nameservers",
            "host_routes",
            "enable_dhcp",
            "service_types",
        ),
    )
    if "enable_dhcp" in changed:
        ranges.check_prefix(cidr, row.enable_dhcp)
        (take_metadata if row.enable_dhcp else free_metadata)(session, row)
    if changed:
        revise(row)
    if changed - {"name", "description", "service_types", "allocation_pools"}:
        network = session.get_one(Network, row.network_id)
        ask(NETWORK_PRESENT, session, network, context)
    return row


def _checked(row: Subnet, asked: Asked) -> Asked:
    """What was asked for, each value checked and in its usual form."""
    asked = dict(asked)
    if asked.get("gateway_ip") is not None:
        asked["gateway_ip"] = ranges.check_gateway(asked["gateway_ip"], network_of(row))
    if "dns_nameservers" in asked:
        asked["dns_nameservers"] = ranges.nameservers(asked["dns_nameservers"] or [], row.ip_version)
    if "host_routes" in asked:
        asked["host_routes"] = ranges.routes(asked["host_routes"] or [], row.ip_version)
    return asked


def _check_gateway_free(session: Session, row: Subnet) -> None:
    """Raise Conflict when a router is the gateway now."""
    used = (
        select(Port.id)
        .join(IpAllocation, IpAllocation.port_id == Port.id)
        .where(
            IpAllocation.subnet_id == row.id,
            IpAllocation.ip_address == row.gateway_ip,
            Port.device_owner == items.INTERFACE,
        )
    )
    if port := session.execute(used.limit(1)).scalar_one_or_none():
        raise Conflict(
            f"Current gateway ip {row.gateway_ip} already in use by port {port}. Unable to update.",
            kind="GatewayIpInUse",
        )


def delete_subnet(session: Session, context: Context, subnet_id: str) -> None:
    """Delete a subnet; raises Conflict while something has an address of it."""
    row = own(session, context, Subnet, subnet_id)
    lock(session, f"network/addresses/{row.id}")
    network = session.get_one(Network, row.network_id)
    if automatic(row):
        _withdraw(session, context, row)
    used = select(func.count()).where(
        IpAllocation.subnet_id == row.id,
        IpAllocation.port_id.is_not(None) | IpAllocation.floating_ip_id.is_not(None),
    )
    if session.execute(used).scalar_one():
        raise Conflict(
            f"Unable to complete operation on subnet {row.id}: One or more ports have an IP allocation from this subnet.",
            kind="SubnetInUse",
        )
    session.execute(delete(IpAllocation).where(IpAllocation.subnet_id == row.id))
    forget_tags(session, [row.id])
    session.delete(row)
    revise(network)
    ask(NETWORK_PRESENT, session, network, context)


def _withdraw(session: Session, context: Context, row: Subnet) -> None:
    """Take the addresses that guests made of an automatic subnet from their ports; routers keep theirs."""
    holding = select(Port).where(
        Port.allocations.any(IpAllocation.subnet_id == row.id),
        Port.device_owner.not_in((items.INTERFACE, items.GATEWAY)),
        ~Port.deleting,
    )
    for port in session.execute(holding).scalars().all():
        port.allocations = [a for a in port.allocations if a.subnet_id != row.id]
        revise(port)
        ask(PORT_PRESENT, session, port, context, needs=[row.network_id, *port.security_group_ids])
    session.flush()
