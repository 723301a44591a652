"""The hosts that servers run on: found and looked at by runs, enabled and disabled by operators."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from pileus.compute import scheduler
from pileus.compute.models import RUNNING, SHUTDOWN, Aggregate, Hypervisor, Server
from pileus.core import intents
from pileus.core.config import Settings
from pileus.core.context import Context
from pileus.core.db import lock, now
from pileus.core.errors import NotFound
from pileus.core.intents import Intent
from pileus.core.service import Facts, Operation, Variables

ITEMS = "hypervisor_facts_items"
OWNER = "system"  # hosts belong to no project


def build_facts(_session: Session, _intent: Intent, row: Hypervisor) -> Variables:
    """Which host to look at."""
    return {ITEMS: [{"id": row.host, "host": row.host}]}


def finish_facts(session: Session, _intent: Intent, row: Hypervisor, facts: dict[str, dict[str, Facts]]) -> None:
    """Take over what the host says of itself, and notice servers that were shut down from inside."""
    found = facts.get(ITEMS, {}).get(row.host, {})
    row.vcpus = int(found.get("vcpus") or 0)
    row.memory_mib = int(found.get("memory_mib") or 0)
    row.disk_gib = int(found.get("disk_gib") or 0)
    row.host_ip = found.get("host_ip")
    row.hypervisor_type = str(found.get("hypervisor_type") or "QEMU")
    row.hypervisor_version = int(found.get("hypervisor_version") or 0)
    row.cpu_info = dict(found.get("cpu_info") or {})
    row.running_vms = int(found.get("running_vms") or 0)
    row.seen_at = now()
    if "domains" in found:
        reconcile(session, row.host, {d["id"]: d["state"] for d in found["domains"]})


def reconcile(session: Session, host: str, states: dict[str, str]) -> None:
    """A server that SQL says runs, but whose domain does not, was shut down from inside; busy servers are left alone."""
    running = select(Server).where(Server.host == host, Server.status == "ACTIVE", Server.task_state.is_(None))
    for server in session.scalars(running):
        if states.get(server.id, "shutoff") == "shutoff" and not intents.unfinished(session, [server.id]):
            server.status, server.power, server.power_state = "SHUTOFF", "shutoff", SHUTDOWN
        elif server.power_state != RUNNING:
            server.power_state = RUNNING


FACTS = Operation(
    service="compute",
    name="hypervisor_facts",
    playbook="compute/hypervisor_facts.yml",
    model=Hypervisor,
    variables=(ITEMS,),
    build=build_facts,
    finish=finish_facts,
    done="up",
    failed="down",
    retries=2,
    timeout=60,
)


def discover(session: Session, context: Context, hosts: Sequence[str]) -> list[Intent]:
    """Have every host named looked at; rows are made for those that are new. Returns the intents to wait for."""
    known = {row.host: row for row in session.scalars(select(Hypervisor).where(Hypervisor.host.in_(hosts)))}
    number = session.scalar(select(func.max(Hypervisor.number))) or 0
    for host in hosts:
        if host not in known:
            number += 1
            known[host] = Hypervisor(host=host, project_id=OWNER, status="unknown", number=number)
            session.add(known[host])
    session.flush()
    return [FACTS.submit(session, known[host], context) for host in dict.fromkeys(hosts)]


def look_again(session: Session, settings: Settings) -> None:
    """Look at every known host once more, unless that was done lately; guests that ended by themselves are noticed so."""
    lock(session, "compute/hypervisors")
    recent = now() - dt.timedelta(seconds=settings.chores_every / 2)
    fresh = select(Intent.resource_id).where(Intent.operation == FACTS.key, Intent.created_at > recent)
    asker = Context(user_id="worker", project_id=OWNER, roles=("admin",), request_id="req-chore")
    for row in session.scalars(select(Hypervisor).where(Hypervisor.id.not_in(fresh))):
        FACTS.submit(session, row, asker)


def host_usage(session: Session) -> list[dict[str, Any]]:
    """What every host has and what is promised on it, for operators; memory in MiB."""
    counts: dict[str, int] = {}
    for host, count in session.execute(select(Server.host, func.count()).group_by(Server.host)):
        counts[host or ""] = count
    states = {row.host: row for row in session.scalars(select(Hypervisor))}
    return [
        {
            "host": host.name,
            "state": states[host.name].status,
            "enabled": host.enabled,
            "vcpus": host.vcpus,
            "vcpus_used": host.used_vcpus,
            "memory_mib": host.ram,
            "memory_used": host.used_ram,
            "disk_gib": host.disk,
            "disk_used": host.used_disk,
            "servers": counts.get(host.name, 0),
        }
        for host in scheduler.hosts_of(session)
    ]


def find_hypervisor(session: Session, hypervisor_id: str) -> Hypervisor:
    """A host by its UUID, or by the number that old clients know; raises NotFound."""
    column = Hypervisor.number if hypervisor_id.isdigit() else Hypervisor.id
    value = int(hypervisor_id) if hypervisor_id.isdigit() else hypervisor_id
    found: Hypervisor | None = session.scalar(select(Hypervisor).where(column == value))
    if found is None:
        raise NotFound(f"Compute host {hypervisor_id} could not be found.")
    return found


def find_host(session: Session, host: str) -> Hypervisor:
    """A host by its name; raises NotFound."""
    found: Hypervisor | None = session.scalar(select(Hypervisor).where(Hypervisor.host == host))
    if found is None:
        raise NotFound(f"Compute host {host} could not be found.")
    return found


def forget(session: Session, row: Hypervisor) -> None:
    """Take a host out of the cloud; it must be empty (the caller checks)."""
    for aggregate in session.scalars(select(Aggregate)):
        if row.host in aggregate.hosts:
            aggregate.hosts = [name for name in aggregate.hosts if name != row.host]
    session.delete(row)
