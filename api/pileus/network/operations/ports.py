"""Ports: making, changing and deleting them, with their addresses and security groups."""

import re
from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from pileus.core.context import Context
from pileus.core.db import lock, new_id
from pileus.core.errors import BadRequest, Conflict, Forbidden
from pileus.network.models import Network, Port, PortSecurityGroup, Router
from pileus.network.operations import floating, items, ranges
from pileus.network.operations.dhcp_options import options
from pileus.network.operations.ipam import Wish, allocate
from pileus.network.operations.quotas import QUOTA
from pileus.network.operations.security_groups import check_groups, default_id
from pileus.network.operations.standard import Asked, change, new_mac, owner, revise, set_tags
from pileus.network.operations.table import PORT_ABSENT, PORT_PRESENT, ROUTER_PRESENT, ask
from pileus.network.operations.visible import own, usable

ROUTER_OWNERS = (items.INTERFACE, items.GATEWAY)
GUARDED = ("mac_address", "port_security_enabled", "allowed_address_pairs")
NAMES = {
    "name": "name",
    "description": "description",
    "admin_state_up": "admin_state_up",
    "device_id": "device_id",
    "device_owner": "device_owner",
    "binding:host_id": "host",
    "binding:vnic_type": "vnic_type",
    "binding:profile": "profile",
}


def create_port(session: Session, context: Context, asked: Asked) -> Port:
    """Make a port of its own and have it plugged in, as far as that goes without a server."""
    network = usable(session, context, asked["network_id"])
    check_rights(context, network, asked)
    _check_device(None, asked)
    row = make_port(session, context, network, asked)
    if row.device_owner not in ROUTER_OWNERS:
        ask(PORT_PRESENT, session, row, context, needs=[network.id])
    return row


def check_rights(context: Context, network: Network, asked: Asked) -> None:
    """Raise Forbidden for what could deceive others on a network that is not the caller's."""
    if context.is_admin or network.project_id == context.project_id:
        return
    named = [name for name in GUARDED if asked.get(name) is not None]
    if any(fixed.get("ip_address") for fixed in asked.get("fixed_ips") or []):
        named.append("fixed_ips:ip_address")
    if (asked.get("device_owner") or "").startswith("network:"):
        named.append("device_owner")
    if named:
        raise Forbidden(f"Only the owner of network {network.id} or an admin may set {', '.join(named)} of a port.")


def _check_device(row: Port | None, asked: Asked) -> None:
    """Raise Forbidden for pretending to be a router's port, Conflict for taking a port from its server or router."""
    owner_asked = asked.get("device_owner") or ""
    if owner_asked.startswith("network:router_") and (row is None or row.device_owner != owner_asked):
        raise Forbidden(f"device_owner {owner_asked} is set by connecting a router.")
    if row is None or not (row.plugged or row.device_owner in ROUTER_OWNERS):
        return
    if any((asked[name] or "") != getattr(row, name) for name in ("device_id", "device_owner") if name in asked):
        raise Conflict(f"Port {row.id} is in use by device {row.device_id}.", kind="PortInUse")


def make_port(session: Session, context: Context, network: Network, asked: Asked) -> Port:
    """The row of a port with its addresses and groups; no intent. Raises what the quota, addresses and groups raise."""
    project = asked["project_id"] if asked.get("project_id") == "" else owner(context, asked)
    if project:
        QUOTA.reserve(session, project, port=1)
    row = Port(
        id=new_id(),
        network_id=network.id,
        project_id=project,
        status="DOWN",
        mac_address=_mac(session, network.id, asked.get("mac_address")),
        port_security_enabled=asked.get("port_security_enabled", network.port_security_enabled),
        extra_dhcp_opts=options([], asked.get("extra_dhcp_opts") or []),
        revision_number=1,
    )
    for name, attribute in NAMES.items():
        if asked.get(name) is not None:
            setattr(row, attribute, asked[name])
    row.device_owner = asked.get("device_owner") or ""
    _set_groups(session, context, row, asked)
    _set_pairs(row, asked)
    session.add(row)
    session.flush()
    place(session, row, wishes(asked.get("fixed_ips")))
    if asked.get("tags"):
        set_tags(session, row, asked["tags"])
    session.flush()
    return row


def wishes(fixed_ips: Sequence[dict[str, Any]] | None) -> list[Wish] | None:
    """The fixed IPs that a client asked for; None where it left them to us."""
    if fixed_ips is None:
        return None
    return [Wish(f.get("subnet_id"), ranges.maybe_address(f.get("ip_address"), "fixed_ips")) for f in fixed_ips]


def _mac(session: Session, network_id: str, wanted: str | None) -> str:
    """The MAC address asked for, if nobody on the network has it, or a new one."""
    lock(session, f"network/macs/{network_id}")
    if wanted is None:
        return new_mac()
    mac = _check_mac(wanted)
    taken = select(Port.id).where(Port.network_id == network_id, Port.mac_address == mac, ~Port.deleting)
    if session.execute(taken.limit(1)).first():
        raise Conflict(
            f"Unable to complete operation for network {network_id}. The mac address {mac} is in use.",
            kind="MacAddressInUse",
        )
    return mac


def _check_mac(wanted: str | None) -> str:
    """A MAC address in its usual form ("" for none); raises BadRequest."""
    mac = (wanted or "").lower().replace("-", ":")
    if mac and (not re.fullmatch(r"([0-9a-f]{2}:){5}[0-9a-f]{2}", mac) or int(mac[:2], 16) & 1):
        raise BadRequest(
            f"Invalid input for mac_address. Reason: '{wanted}' is not a valid MAC address.", field="mac_address"
        )
    return mac


def place(session: Session, row: Port, wanted: Sequence[Wish] | None) -> None:
    """Give a new port its addresses: those wished for, or one of each IP version the network has."""
    subnets = items.subnets_of(session, [row.network_id])[row.network_id]
    fitting = [s for s in subnets if not s.service_types or row.device_owner in s.service_types]
    usable_here = fitting if wanted is None else subnets
    row.allocations.extend(allocate(session, row.network_id, usable_here, wanted, row.mac_address, port_id=row.id))


def _set_groups(session: Session, context: Context, row: Port, asked: Asked) -> None:
    """The groups asked for; without any word the default one, where the port is guarded at all."""
    wanted = asked.get("security_groups")
    if not row.port_security_enabled:
        if wanted:
            raise Conflict(
                "Port Security must be enabled in order to have allowed address pairs or security groups on a port.",
                kind="PortSecurityAndIPRequiredForSecurityGroups",
            )
        wanted = []
    if wanted is None:
        guarded = row.project_id and not row.device_owner.startswith("network:")
        wanted = [default_id(session, row.project_id)] if guarded else []
    else:
        wanted = check_groups(session, context, row.project_id, wanted)
    have = {m.security_group_id: m for m in row.memberships}
    row.memberships = [have.get(g) or PortSecurityGroup(port_id=row.id, security_group_id=g) for g in sorted(wanted)]


def _set_pairs(row: Port, asked: Asked) -> None:
    """Other addresses that the port may use; raises BadRequest for doubles, Conflict without port security."""
    pairs = asked.get("allowed_address_pairs")
    if pairs is None:
        return
    if pairs and not row.port_security_enabled:
        raise Conflict(
            "Port Security must be enabled in order to have allowed address pairs on a port.",
            kind="AddressPairAndPortSecurityRequired",
        )
    for pair in pairs:
        if "/" in pair["ip_address"]:
            ranges.prefix(pair["ip_address"], None, "allowed_address_pairs")
        else:
            ranges.address(pair["ip_address"], "allowed_address_pairs")
        _check_mac(pair.get("mac_address"))
    made = [
        {"ip_address": p["ip_address"], "mac_address": _check_mac(p.get("mac_address")) or row.mac_address}
        for p in pairs
    ]
    if any(pair in made[:i] for i, pair in enumerate(made)):
        raise BadRequest(
            "Request contains duplicate address pair.",
            field="allowed_address_pairs",
            kind="DuplicateAddressPairInRequest",
        )
    row.allowed_address_pairs = made


def update_port(session: Session, context: Context, port_id: str, asked: Asked) -> Port:
    """Change a port; what changes on the wire is made so by a run."""
    row = own(session, context, Port, port_id)
    new = {name: value for name, value in asked.items() if name not in GUARDED or getattr(row, name) != value}
    check_rights(context, session.get_one(Network, row.network_id), new)
    _check_device(row, asked)
    wire = _rewire(session, context, row, asked)
    named = {attribute: asked[name] for name, attribute in NAMES.items() if name in asked}
    named = {name: "" if value is None else value for name, value in named.items()}
    changed = change(row, named, named)
    if changed or wire:
        revise(row)
    if wire or changed & {"admin_state_up", "device_owner", "name"} or row.status == "ERROR":
        replug(session, context, row)
    return row


def _rewire(session: Session, context: Context, row: Port, asked: Asked) -> bool:
    """Change what OVN needs to know: addresses, MAC, groups, pairs, port security, DHCP options."""
    before = (row.fixed_ips, row.security_group_ids)
    if "port_security_enabled" in asked and not asked["port_security_enabled"]:
        keeps = asked.get("security_groups", row.security_group_ids) or asked.get(
            "allowed_address_pairs", row.allowed_address_pairs
        )
        if keeps:
            raise Conflict(
                "Port has security group associated. Cannot disable port security or IP address until security group is "
                "removed.",
                kind="PortSecurityPortHasSecurityGroup",
            )
    if "extra_dhcp_opts" in asked:
        asked = {**asked, "extra_dhcp_opts": options(row.extra_dhcp_opts, asked["extra_dhcp_opts"] or [])}
    changed = change(row, asked, ("port_security_enabled", "extra_dhcp_opts"))
    if asked.get("mac_address") and asked["mac_address"].lower() != row.mac_address:
        if row.host:
            raise Conflict(f"Unable to complete operation on port {row.id}, port is already bound.", kind="PortBound")
        row.mac_address = _mac(session, row.network_id, asked["mac_address"])
        changed.add("mac_address")
    if "security_groups" in asked:
        _set_groups(session, context, row, {"security_groups": asked["security_groups"] or []})
    if "allowed_address_pairs" in asked:
        old = row.allowed_address_pairs
        _set_pairs(row, {"allowed_address_pairs": asked["allowed_address_pairs"] or []})
        if row.allowed_address_pairs != old:
            changed.add("allowed_address_pairs")
    if "fixed_ips" in asked:
        _replace(session, row, wishes(asked["fixed_ips"]) or [])
    return bool(changed) or before != (row.fixed_ips, row.security_group_ids)


def _replace(session: Session, row: Port, wanted: Sequence[Wish]) -> None:
    """Keep the addresses that are wished for, give the others back, take the new ones."""
    kept, open_wishes = [], []
    left = list(row.allocations)
    for wish in sorted(wanted, key=lambda w: w.ip_address is None):
        fit = next(
            (a for a in left if wish.ip_address in (None, a.ip_address) and wish.subnet_id in (None, a.subnet_id)),
            None,
        )
        if fit is None:
            open_wishes.append(wish)
        else:
            left.remove(fit)
            kept.append(fit)
    floating.let_go(session, row, [a.ip_address for a in left])
    row.allocations = kept
    session.flush()
    subnets = items.subnets_of(session, [row.network_id])[row.network_id]
    made = allocate(session, row.network_id, subnets, open_wishes, row.mac_address, port_id=row.id)
    row.allocations.extend(made)
    for position, allocation in enumerate(row.allocations):
        allocation.position = position


def replug(session: Session, context: Context, row: Port) -> None:
    """Ask for the run that makes a port so: the router's own for a router's port."""
    if row.device_owner in ROUTER_OWNERS:
        router = session.get(Router, row.device_id)
        if router is not None and not router.deleting:
            ask(ROUTER_PRESENT, session, router, context, needs=[row.network_id])
    else:
        ask(PORT_PRESENT, session, row, context, needs=[row.network_id, *row.security_group_ids])


def delete_port(session: Session, context: Context, port_id: str) -> None:
    """Delete a port; its addresses are free at once. Raises Conflict for a router's port."""
    row = own(session, context, Port, port_id)
    if row.device_owner in ROUTER_OWNERS and session.get(Router, row.device_id) is not None:
        raise Conflict(
            f"Port {row.id} cannot be deleted directly via the port API: has device owner {row.device_owner}.",
            kind="ServicePortInUse",
        )
    remove_port(session, context, row)


def remove_port(session: Session, context: Context, row: Port) -> None:
    """Give back what a port holds and have it removed, whoever's it is."""
    empty(session, row, context)
    PORT_ABSENT.submit(session, row, context)


def empty(session: Session, row: Port, context: Context | None = None) -> None:
    """Give back what a port holds: addresses, group memberships, floating IPs that lead to it."""
    floating.let_go(session, row, None, context)
    row.allocations = []
    row.memberships = []
    session.flush()
