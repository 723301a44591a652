"""The operation table: which playbook makes networks, ports, routers and security groups so."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from pileus.core.context import Context
from pileus.core.intents import UNFINISHED, Intent, newest
from pileus.core.service import Facts, Operation, Variables
from pileus.network.models import FloatingIp, Network, NetworkHost, Port, Router, SecurityGroup, Tag
from pileus.network.operations import items, leaving

Results = dict[str, dict[str, Facts]]
CENTRAL = ("ovn_central",)


def ask(operation: Operation, session: Session, row: Any, context: Context, needs: Sequence[str] = ()) -> Intent:
    """Submit an intent, unless the same is waiting for this resource already and will see this change.

    The one that waits is locked, so that no worker can claim it before this transaction ends. It does not serve when
    something needed here was asked for only after it.
    """
    session.flush()
    statement = (
        select(Intent)
        .where(Intent.resource_id == row.id, Intent.operation == operation.key, Intent.state == "waiting")
        .order_by(Intent.seq.desc())
        .limit(1)
        .with_for_update()
    )
    waiting = session.execute(statement).scalar_one_or_none()
    if waiting is not None and not _later(session, waiting, needs):
        waiting.needs = sorted({*waiting.needs, *needs} - {row.id})
        return waiting
    return operation.submit(session, row, context, needs=needs)


def _later(session: Session, waiting: Intent, needs: Sequence[str]) -> bool:
    if not needs:
        return False
    found = select(Intent.seq).where(
        Intent.resource_id.in_(needs), Intent.state.in_(UNFINISHED), Intent.seq > waiting.seq
    )
    return session.execute(found.limit(1)).first() is not None


def _network(session: Session, intent: Intent, row: Network) -> Variables:
    hosts = items.hosts_of(session, [row.id])
    return {
        "ovn_topology_networks": items.network_items(session, [row], intent.id),
        "metadata_network_items": items.metadata_items(session, [row], hosts, intent.id),
    }


def _network_gone(session: Session, intent: Intent, row: Network) -> Variables:
    hosts = items.hosts_of(session, [row.id]).get(row.id, ())
    return {
        "ovn_topology_networks": items.network_items(session, [row], intent.id),
        "metadata_network_items": [
            {"id": row.id, "intent": intent.id, "host": host, "mac": row.metadata_mac, "addresses": []}
            for host in hosts
        ],
    }


def _forget_network(session: Session, _intent: Intent, row: Network, _facts: Results) -> None:
    session.execute(delete(NetworkHost).where(NetworkHost.network_id == row.id))
    _forget_tags(session, _intent, row, _facts)


def _forget_tags(session: Session, _intent: Intent, row: Any, _facts: Results) -> None:
    session.execute(delete(Tag).where(Tag.resource_id == row.id))


def _port(session: Session, intent: Intent, row: Port) -> Variables:
    groups = items.closure(session, row.security_group_ids)
    return {
        "ovn_topology_security_groups": items.security_group_items(groups, intent.id),
        "ovn_topology_ports": items.port_items(session, [row], intent.id),
    }


def _port_gone(session: Session, intent: Intent, row: Port) -> Variables:
    return {"ovn_topology_ports": items.port_items(session, [row], intent.id)}


def _port_well(_session: Session, _intent: Intent, row: Port, _facts: Results) -> None:
    if row.status == "ERROR":
        row.status, row.fault = ("ACTIVE" if row.host else "DOWN"), None


def _router(session: Session, intent: Intent, row: Router) -> Variables:
    return {"ovn_topology_routers": items.router_items(session, row, intent.id)}


def _router_well(session: Session, intent: Intent, row: Router, _facts: Results) -> None:
    for port in items.ports_of_router(session, row.id):
        if port.status != "ACTIVE":
            port.status, port.fault = "ACTIVE", None
    for floating in _floating_of(session, row):
        if floating.status != "ACTIVE":
            floating.status, floating.fault = "ACTIVE", None
    if newest(session, intent):  # what was led away later is a later run's
        leaving.forget(session, row.id)


def _router_gone(session: Session, _intent: Intent, row: Router, _facts: Results) -> None:
    leaving.forget(session, row.id)
    _forget_tags(session, _intent, row, _facts)


def _router_ill(session: Session, _intent: Intent, row: Router) -> None:
    """What was being connected through the router is not connected now."""
    for floating in _floating_of(session, row):
        if floating.status != "ACTIVE":
            floating.status = "ERROR"


def _floating_of(session: Session, row: Router) -> list[FloatingIp]:
    statement = select(FloatingIp).where(FloatingIp.router_id == row.id, FloatingIp.port_id.is_not(None))
    return list(session.execute(statement).scalars())


def _group(session: Session, intent: Intent, row: SecurityGroup) -> Variables:
    groups = items.closure(session, [row.id])
    return {"ovn_topology_security_groups": items.security_group_items(groups, intent.id)}


def _group_gone(_session: Session, intent: Intent, row: SecurityGroup) -> Variables:
    return {"ovn_topology_security_groups": items.security_group_items([row], intent.id)}


def _line(name: str, model: type[Any], variables: Sequence[str], build: Any, **more: Any) -> Operation:
    """One line of the table; `name` tells the playbook, too."""
    return Operation(
        service="network",
        name=name,
        playbook=f"network/{name}.yml",
        model=model,
        variables=variables,
        build=build,
        hosts=CENTRAL,
        failed="ERROR",
        absent=name.endswith("_absent"),
        **more,
    )


NETWORKS = ("ovn_topology_networks", "metadata_network_items")
GROUPS, PORTS, ROUTERS = ("ovn_topology_security_groups",), ("ovn_topology_ports",), ("ovn_topology_routers",)

NETWORK_PRESENT = _line("network_present", Network, NETWORKS, _network, done="ACTIVE")
NETWORK_ABSENT = _line("network_absent", Network, NETWORKS, _network_gone, finish=_forget_network)
PORT_PRESENT = _line("port_present", Port, GROUPS + PORTS, _port, finish=_port_well)
PORT_ABSENT = _line("port_absent", Port, PORTS, _port_gone, finish=_forget_tags)
ROUTER_PRESENT = _line(
    "router_present", Router, ROUTERS, _router, done="ACTIVE", finish=_router_well, abandon=_router_ill
)
ROUTER_ABSENT = _line("router_absent", Router, ROUTERS, _router, finish=_router_gone)
SECURITY_GROUP_PRESENT = _line("security_group_present", SecurityGroup, GROUPS, _group, done="ACTIVE")
SECURITY_GROUP_ABSENT = _line("security_group_absent", SecurityGroup, GROUPS, _group_gone, finish=_forget_tags)

OPERATIONS = [
    NETWORK_PRESENT,
    NETWORK_ABSENT,
    PORT_PRESENT,
    PORT_ABSENT,
    ROUTER_PRESENT,
    ROUTER_ABSENT,
    SECURITY_GROUP_PRESENT,
    SECURITY_GROUP_ABSENT,
]
