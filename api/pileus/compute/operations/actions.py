"""The record of what was asked of each server, and how it went."""

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from pileus.compute.models import Server, ServerAction
from pileus.core.context import Context
from pileus.core.db import now
from pileus.core.errors import NotFound
from pileus.core.intents import Intent

# the action's name as the API publishes it -> the name of its one event
EVENTS = {
    "create": "compute__do_build_and_run_instance",
    "delete": "compute_terminate_instance",
    "start": "compute_start_instance",
    "stop": "compute_stop_instance",
    "reboot": "compute_reboot_instance",
    "rebuild": "compute_rebuild_instance",
    "resize": "compute_resize_instance",
    "confirmResize": "compute_confirm_resize",
    "revertResize": "compute_revert_resize",
    "attach_volume": "compute_attach_volume",
    "detach_volume": "compute_detach_volume",
    "attach_interface": "compute_attach_interface",
    "detach_interface": "compute_detach_interface",
}


def record(session: Session, context: Context, server: Server, action: str, intent: Intent | None = None) -> None:
    """Note that `action` was asked for; without an intent it is over at once."""
    moment = now()
    session.add(
        ServerAction(
            server_id=server.id,
            intent_id=intent.id if intent else None,
            action=action,
            event=EVENTS.get(action, f"api_{action}"),
            request_id=context.request_id,
            user_id=context.user_id,
            project_id=server.project_id,
            host=server.host,
            started_at=moment,
            updated_at=moment,
            finished_at=None if intent else moment,
            result=None if intent else "Success",
        )
    )


def ended(session: Session, intent: Intent, server: Server, ok: bool) -> None:
    """Note how the run behind an action went."""
    moment = now()
    session.execute(
        update(ServerAction)
        .where(ServerAction.intent_id == intent.id)
        .values(
            finished_at=moment,
            updated_at=moment,
            host=server.host,
            result="Success" if ok else "Error",
            message=None if ok else "Error",
        )
    )


def all_ended(session: Session, server: Server) -> None:
    """Close what a delete has overtaken."""
    session.execute(
        update(ServerAction)
        .where(ServerAction.server_id == server.id, ServerAction.finished_at.is_(None))
        .values(finished_at=now(), result="Error", message="overtaken by a delete")
    )


def find_action(session: Session, server_id: str, request_id: str) -> ServerAction:
    """One action of a server by the request that asked for it; raises NotFound."""
    found = session.scalar(
        select(ServerAction)
        .where(ServerAction.server_id == server_id, ServerAction.request_id == request_id)
        .order_by(ServerAction.id)
        .limit(1)
    )
    if found is None:
        raise NotFound(f"Action for request_id {request_id} on instance {server_id} not found")
    return found
