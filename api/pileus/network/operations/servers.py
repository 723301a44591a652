"""What the compute service needs: ports for servers, their addresses, and the items its runs plug them with."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from pileus.core.context import Context
from pileus.core.db import lock
from pileus.core.errors import BadRequest, Conflict
from pileus.network.models import FloatingIp, IpAllocation, Network, NetworkHost, Port
from pileus.network.operations import items
from pileus.network.operations.floating import let_go
from pileus.network.operations.ports import check_rights, empty, make_port, remove_port
from pileus.network.operations.standard import revise
from pileus.network.operations.visible import own, usable

Item = dict[str, Any]


def create_port(
    session: Session,
    context: Context,
    *,
    network_id: str,
    server_id: str,
    fixed_ip: str | None = None,
    security_group_ids: Sequence[str] | None = None,
    name: str = "",
    device_owner: str = "compute:nova",
    project_id: str | None = None,
) -> Port:
    """A port for a server, which goes with it; the server's own run plugs it. Counts in the port quota.

    `project_id` is the server's project, where an admin asks for it.
    """
    network = usable(session, context, network_id)
    asked: dict[str, Any] = {"name": name, "device_id": server_id, "device_owner": device_owner}
    if project_id:
        asked["project_id"] = project_id
    if fixed_ip is not None:
        asked["fixed_ips"] = [{"ip_address": fixed_ip}]
    if security_group_ids is not None and network.port_security_enabled:
        asked["security_groups"] = list(security_group_ids)
    check_rights(context, network, asked)
    row = make_port(session, context, network, asked)
    row.preserve, row.plugged = False, True
    session.flush()
    return row


def adopt_port(session: Session, context: Context, port_id: str, server_id: str) -> Port:
    """Give a port that exists to a server; raises Conflict when a device has it, BadRequest when it has no address."""
    row = own(session, context, Port, port_id, hold=True)
    if row.device_id and row.device_id != server_id:
        raise Conflict(f"Port {row.id} is still in use.")
    if not row.allocations and row.network_id:
        raise BadRequest(f"Port {row.id} requires a FixedIP in order to be used.", field="port")
    row.device_id, row.device_owner, row.preserve, row.plugged = server_id, "compute:nova", True, True
    revise(row)
    session.flush()
    return row


def ports_of(session: Session, server_ids: Iterable[str]) -> dict[str, list[Port]]:
    """The ports of some servers, oldest first."""
    wanted = list(server_ids)
    found: dict[str, list[Port]] = {key: [] for key in wanted}
    statement = select(Port).where(Port.device_id.in_(wanted), ~Port.deleting, Port.plugged)
    for port in session.execute(statement.order_by(Port.created_at, Port.id)).scalars():
        found[port.device_id].append(port)
    return found


def addresses_of(session: Session, server_ids: Iterable[str]) -> dict[str, dict[str, list[Item]]]:
    """{server id: {network name: [{"version", "addr", "OS-EXT-IPS:type", "OS-EXT-IPS-MAC:mac_addr"}]}}.

    Floating IPs stand behind the fixed ones that they lead to.
    """
    wanted = list(server_ids)
    statement = (
        select(Port.device_id, Port.id, Port.mac_address, Network.name, IpAllocation.ip_address)
        .join(IpAllocation, IpAllocation.port_id == Port.id)
        .join(Network, Network.id == Port.network_id)
        .where(Port.device_id.in_(wanted), ~Port.deleting, Port.plugged)
        .order_by(Port.created_at, Port.id, IpAllocation.position)
    )
    rows = session.execute(statement).all()
    floating = _floating_of(session, wanted)
    found: dict[str, dict[str, list[Item]]] = {key: {} for key in wanted}
    for server_id, port_id, mac, network, address in rows:
        listed = found[server_id].setdefault(network, [])
        listed.append(_address(address, "fixed", mac))
        listed += [_address(other, "floating", mac) for other in floating.get((port_id, address), ())]
    return found


def _floating_of(session: Session, server_ids: list[str]) -> dict[tuple[str, str], list[str]]:
    statement = (
        select(FloatingIp.port_id, FloatingIp.fixed_ip_address, FloatingIp.floating_ip_address)
        .join(Port, Port.id == FloatingIp.port_id)
        .where(Port.device_id.in_(server_ids))
    )
    found: dict[tuple[str, str], list[str]] = defaultdict(list)
    for port_id, fixed, address in session.execute(statement):
        found[str(port_id), str(fixed)].append(address)
    return found


def _address(address: str, kind: str, mac: str) -> Item:
    return {
        "version": 6 if ":" in address else 4,
        "addr": address,
        "OS-EXT-IPS:type": kind,
        "OS-EXT-IPS-MAC:mac_addr": mac,
    }


def server_variables(session: Session, ports: Sequence[Port], host: str, intent_id: str) -> dict[str, list[Item]]:
    """Everything a server's run needs to plug its ports on a host; that host is remembered for each network."""
    networks = _networks(session, ports)
    _remember(session, {n.id for n in networks}, host)
    groups = items.closure(session, {g for port in ports for g in port.security_group_ids})
    return {
        "ovn_topology_networks": items.network_items(session, networks, intent_id),
        "ovn_topology_security_groups": items.security_group_items(groups, intent_id),
        "ovn_topology_ports": items.port_items(session, ports, intent_id),
        "metadata_network_items": items.metadata_items(session, networks, {n.id: [host] for n in networks}, intent_id),
    }


def _remember(session: Session, network_ids: set[str], host: str) -> None:
    """Note that networks have something on a host; of two runs that do so at once the second finds the first's."""
    known = select(NetworkHost.network_id).where(NetworkHost.host == host, NetworkHost.network_id.in_(network_ids))
    if network_ids - set(session.execute(known).scalars()):
        lock(session, "network/hosts")
        new = network_ids - set(session.execute(known).scalars())
        session.add_all(NetworkHost(network_id=key, host=host) for key in sorted(new))
        session.flush()


def _networks(session: Session, ports: Sequence[Port]) -> list[Network]:
    wanted = {port.network_id for port in ports}
    return list(session.execute(select(Network).where(Network.id.in_(wanted)).order_by(Network.id)).scalars())


def server_needs(ports: Sequence[Port]) -> list[str]:
    """The ids of what must be made before these ports can be plugged: for `needs` of a server's intent."""
    return sorted({p.network_id for p in ports} | {g for p in ports for g in p.security_group_ids})


def nic_items(session: Session, ports: Sequence[Port]) -> list[Item]:
    """The network interfaces of a domain: [{"id", "mac", "mtu", "network_id"}]."""
    mtu = {network.id: network.mtu for network in _networks(session, ports)}
    return [
        {"id": p.id, "mac": p.mac_address, "mtu": mtu.get(p.network_id, 1500), "network_id": p.network_id}
        for p in ports
    ]


def bind_ports(session: Session, server_id: str, host: str, active: bool) -> None:
    """Note on which host a server's ports are, and whether they carry traffic."""
    session.execute(
        update(Port)
        .where(Port.device_id == server_id, ~Port.deleting, Port.plugged)
        .values(host=host, status="ACTIVE" if active else "DOWN", fault=None)
        .execution_options(synchronize_session="fetch")
    )


def release_ports(session: Session, server_id: str) -> None:
    """Remove the ports that were made for a server, free the others; floating IPs lead to them no more."""
    for port in ports_of(session, [server_id])[server_id]:
        if port.preserve:
            _free(session, port)
        else:
            empty(session, port)
            session.delete(port)
    session.flush()


def unplug_port(session: Session, context: Context, port_id: str) -> None:
    """Take one port from the server it was on: a port made for it is deleted by its own run, another is freed.

    It does not matter whose the port is: whoever may change the server may have it unplugged.
    """
    port = session.get(Port, port_id)
    if port is None or port.deleting:
        return
    if port.preserve:
        _free(session, port)
    else:
        remove_port(session, context, port)


def _free(session: Session, port: Port) -> None:
    let_go(session, port)
    port.device_id, port.device_owner, port.host, port.status, port.plugged = "", "", "", "DOWN", False
    revise(port)


def absent_port_items(session: Session, ports: Sequence[Port], intent_id: str) -> list[Item]:
    """Items of ovn_topology_ports that unplug a server's ports; those that outlive it stay plugged in OVN."""
    return items.port_items(session, [port for port in ports if not port.preserve], intent_id)


def port_by_address(session: Session, network_id: str, ip: str) -> Port | None:
    """The port of a server that has an address of a network (who asks the metadata service)."""
    statement = (
        select(Port)
        .join(IpAllocation, IpAllocation.port_id == Port.id)
        .where(IpAllocation.network_id == network_id, IpAllocation.ip_address == ip, ~Port.deleting, Port.plugged)
    )
    return session.execute(statement.limit(1)).scalar_one_or_none()
