"""Ports on the wire."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select

from pileus.core.errors import BadRequest
from pileus.core.http.call import Call
from pileus.network.models import IpAllocation, Port, PortSecurityGroup
from pileus.network.operations import ports
from pileus.network.schemas import ports as schemas
from pileus.network.views.collection import Collection, Shown
from pileus.network.views.filters import matching


def _ports(_call: Call, rows: Sequence[Port]) -> list[Shown]:
    return [
        {
            "network_id": row.network_id,
            "mac_address": row.mac_address,
            "admin_state_up": row.admin_state_up,
            "status": row.status,
            "device_id": row.device_id,
            "device_owner": row.device_owner,
            "fixed_ips": row.fixed_ips,
            "security_groups": row.security_group_ids,
            "port_security_enabled": row.port_security_enabled,
            "allowed_address_pairs": row.allowed_address_pairs,
            "extra_dhcp_opts": row.extra_dhcp_opts,
            "binding:vnic_type": row.vnic_type,
            "binding:host_id": row.host,
            "binding:profile": row.profile,
            "binding:vif_type": "ovs" if row.host else "unbound",
            "binding:vif_details": {"port_filter": True} if row.host else {},
        }
        for row in rows
    ]


def _fixed_ips(_call: Call, values: list[str]) -> ColumnElement[bool]:
    """fixed_ips=ip_address=A, subnet_id=S, ip_address_substr=T: one port has to fit all subnets and any address."""
    wanted: dict[str, list[str]] = {}
    for value in (part for text in values for part in text.split(",")):
        name, found, text = value.partition("=")
        if not found or name not in ("ip_address", "subnet_id", "ip_address_substr"):
            raise BadRequest(f"Invalid input for fixed_ips: '{value[:100]}'.", field="fixed_ips")
        wanted.setdefault(name, []).append(text)
    clauses: list[Any] = []
    if "ip_address" in wanted:
        clauses.append(matching(IpAllocation.ip_address, wanted["ip_address"], "fixed_ips"))
    if "subnet_id" in wanted:
        clauses.append(matching(IpAllocation.subnet_id, wanted["subnet_id"], "fixed_ips"))
    if texts := [t for t in wanted.get("ip_address_substr", []) if "\0" not in t]:
        clauses.append(or_(*(IpAllocation.ip_address.contains(text, autoescape=True) for text in texts)))
    return Port.id.in_(select(IpAllocation.port_id).where(IpAllocation.port_id.is_not(None), and_(*clauses)))


def _groups(_call: Call, values: list[str]) -> ColumnElement[bool]:
    members = select(PortSecurityGroup.port_id)
    return Port.id.in_(members.where(matching(PortSecurityGroup.security_group_id, values, "security_groups")))


PORTS = Collection(
    one="port",
    many="ports",
    path="/ports",
    model=Port,
    columns={
        "network_id": Port.network_id,
        "mac_address": Port.mac_address,
        "admin_state_up": Port.admin_state_up,
        "status": Port.status,
        "device_id": Port.device_id,
        "device_owner": Port.device_owner,
        "port_security_enabled": Port.port_security_enabled,
        "binding:host_id": Port.host,
        "binding:vnic_type": Port.vnic_type,
    },
    filters={"fixed_ips": _fixed_ips, "security_groups": _groups},
    show=_ports,
    create=ports.create_port,
    update=ports.update_port,
    delete=ports.delete_port,
    create_schema=schemas.PORT_CREATE,
    update_schema=schemas.PORT_UPDATE,
)
COLLECTIONS = [PORTS]
ROUTES = PORTS.routes()
