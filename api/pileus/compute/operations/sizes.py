"""Another flavor for a server: it is restarted with it on its host, and then confirmed or reverted.

A root disk grows with the flavor and never shrinks: a revert gives back memory and processors, and keeps the disk as it is.
"""

from typing import Any

from sqlalchemy.orm import Session

from pileus.compute import scheduler
from pileus.compute.models import Server
from pileus.compute.operations import actions, flavors, power
from pileus.compute.operations.boot import GIB
from pileus.compute.operations.runs import PRESENT, REBOOT, RESIZE, SETTLED
from pileus.compute.quota import QUOTA
from pileus.core.context import Context
from pileus.core.db import lock
from pileus.core.errors import BadRequest, NotFound
from pileus.core.service import Operation


def _take(server: Server, flavor: dict[str, Any]) -> None:
    server.flavor_id, server.flavor = flavor["id"], flavor
    server.vcpus, server.ram, server.disk = flavor["vcpus"], flavor["ram"], flavor["disk"]


def _restart(
    session: Session, context: Context, server: Server, running: Operation, names: tuple[str, str, str]
) -> None:
    """A running server is stopped and started again with what it is to be; a stopped one is only defined anew."""
    action, task, status = names
    operation = running if server.power == "running" else PRESENT
    intent = operation.submit(session, server, context, params={"action": action, "reboot": {"type": "SOFT"}})
    power.begin(session, context, server, action, intent, task, status)


def resize(session: Session, context: Context, server: Server, flavor_id: str) -> None:
    """Give a server another flavor; raises BadRequest, OverQuota, or Conflict by its state."""
    power.check_unlocked(context, server)
    power.check_state(server, "resize", ("ACTIVE", "SHUTOFF"))
    try:
        wanted = flavors.snapshot(flavors.find_flavor(session, context, flavor_id))
    except NotFound as fault:
        raise BadRequest(fault.message, field="flavorRef") from None
    if wanted["id"] == server.flavor_id:
        raise BadRequest("When resizing, instances must change flavor!", field="flavorRef")
    if server.boot and wanted["disk"] * GIB < server.root_size and wanted["disk"] < server.disk:
        raise BadRequest("A root disk can not shrink: the flavor's disk is too small.", field="flavorRef")
    _check_room(session, server, wanted)
    server.old_flavor = server.flavor
    _take(server, wanted)
    if server.boot:
        server.root_size = max(server.root_size, wanted["disk"] * GIB)
    _restart(session, context, server, RESIZE, ("resize", "resize_prep", "RESIZE"))


def _check_room(session: Session, server: Server, wanted: dict[str, Any]) -> None:
    """Raise OverQuota, or BadRequest when the server's host has no room for the difference."""
    more = {"cores": wanted["vcpus"] - server.vcpus, "ram": wanted["ram"] - server.ram}
    QUOTA.reserve(session, server.project_id, **more)
    lock(session, "scheduler")
    hosts = [host for host in scheduler.hosts_of(session, skip=server.id) if host.name == server.host]
    wish = scheduler.Wish(vcpus=wanted["vcpus"], ram=wanted["ram"], disk=wanted["disk"] if server.boot else 0)
    choice = scheduler.choose(hosts, wish)
    if choice.host is None:
        raise BadRequest(f"The server's host has no room for this flavor. {choice.message}", field="flavorRef")


def confirm(session: Session, context: Context, server: Server) -> None:
    """Keep the new size."""
    power.check_unlocked(context, server)
    power.check_state(server, "confirmResize", ("VERIFY_RESIZE",))
    server.old_flavor = None
    server.status = SETTLED[server.power][0]
    actions.record(session, context, server, "confirmResize")


def revert(session: Session, context: Context, server: Server) -> None:
    """Go back to the old size."""
    power.check_unlocked(context, server)
    power.check_state(server, "revertResize", ("VERIFY_RESIZE",))
    if server.old_flavor is not None:
        _take(server, server.old_flavor)
        server.old_flavor = None
    _restart(session, context, server, REBOOT, ("revertResize", "resize_reverting", "REVERT_RESIZE"))
