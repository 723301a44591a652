"""What is done to a server as a whole: start, stop, reboot, lock, reset, delete."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from pileus.compute.models import Server
from pileus.compute.operations import actions, disks
from pileus.compute.operations.runs import ABSENT, PRESENT, REBOOT
from pileus.core.context import Context
from pileus.core.errors import Conflict
from pileus.core.intents import Intent, waited_for
from pileus.network import operations as network

VM_STATES = {
    "BUILD": "building",
    "ACTIVE": "active",
    "SHUTOFF": "stopped",
    "REBOOT": "active",
    "HARD_REBOOT": "active",
    "REBUILD": "active",
    "RESIZE": "active",
    "VERIFY_RESIZE": "resized",
    "REVERT_RESIZE": "resized",
    "ERROR": "error",
}


def check_unlocked(context: Context, server: Server) -> None:
    """Raise Conflict while a server is locked against this caller."""
    if server.locked_by and not context.is_admin:
        raise Conflict(f"Instance {server.id} is locked")


def check_state(server: Server, what: str, allowed: Sequence[str], idle: bool = True) -> None:
    """Raise Conflict unless the server is in one of these states, on a host, and (`idle`) nothing else goes on."""
    if server.deleting or (idle and server.task_state is not None):
        raise Conflict(f"Cannot '{what}' instance {server.id} while it is in task_state {server.task_state}")
    if server.status not in allowed or server.host is None:
        raise Conflict(f"Cannot '{what}' instance {server.id} while it is in vm_state {VM_STATES[server.status]}")


def begin(
    session: Session,
    context: Context,
    server: Server,
    action: str,
    intent: Intent,
    task: str,
    status: str | None = None,
) -> None:
    """Note that an intent now owns the status of a server."""
    server.status = status or server.status
    server.task_state, server.task_intent = task, intent.id
    server.fault = server.fault_details = None
    actions.record(session, context, server, action, intent)


def _power(session: Session, context: Context, server: Server, action: str, power: str, task: str) -> None:
    server.power = power
    intent = PRESENT.submit(session, server, context, params={"action": action})
    begin(session, context, server, action, intent, task)


def start(session: Session, context: Context, server: Server) -> None:
    """Power on."""
    check_unlocked(context, server)
    check_state(server, "start", ("SHUTOFF",))
    _power(session, context, server, "start", "running", "powering-on")


def stop(session: Session, context: Context, server: Server) -> None:
    """Power off, gracefully where the guest listens."""
    check_unlocked(context, server)
    check_state(server, "stop", ("ACTIVE", "ERROR"))
    _power(session, context, server, "stop", "shutoff", "powering-off")


def reboot(session: Session, context: Context, server: Server, kind: str) -> None:
    """Reboot; `kind` HARD helps a server in ERROR, too."""
    check_unlocked(context, server)
    check_state(server, "reboot", ("ACTIVE",) if kind == "SOFT" else ("ACTIVE", "SHUTOFF", "ERROR"))
    server.power = "running"
    intent = REBOOT.submit(session, server, context, params={"action": "reboot", "reboot": {"type": kind}})
    soft = kind == "SOFT"
    task, status = ("rebooting", "REBOOT") if soft else ("rebooting_hard", "HARD_REBOOT")
    begin(session, context, server, "reboot", intent, task, status)


def lock(session: Session, context: Context, server: Server, reason: str | None) -> None:
    """Keep everyone but admins from changing a server."""
    server.locked_by = "admin" if context.is_admin else "owner"
    server.locked_reason = reason
    actions.record(session, context, server, "lock")


def unlock(session: Session, context: Context, server: Server) -> None:
    """Undo a lock."""
    server.locked_by = server.locked_reason = None
    actions.record(session, context, server, "unlock")


def reset(session: Session, context: Context, server: Server, state: str) -> None:
    """Set the state by hand (admins); what is on the host is not touched."""
    server.status = "ACTIVE" if state == "active" else "ERROR"
    server.task_state = server.task_intent = None
    actions.record(session, context, server, "reset_state")


def delete(session: Session, context: Context, server: Server) -> None:
    """Delete a server in whatever state it is; again is no error while it is under way."""
    check_unlocked(context, server)
    if server.deleting:
        return
    new = [device.volume_id for device in disks.devices_of(session, server.id) if device.state == "new"]
    ports = [port.id for port in network.ports_of(session, [server.id])[server.id]]
    needs = [*new, *ports, *waited_for(session, server.id)]  # the last: what is being made of its disk
    intent = ABSENT.submit(session, server, context, params={"action": "delete"}, needs=needs)
    server.task_state, server.task_intent = "deleting", intent.id
    actions.record(session, context, server, "delete", intent)
