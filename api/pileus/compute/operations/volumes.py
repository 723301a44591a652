"""Attaching volumes to a server and taking them away."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from pileus.compute.models import BlockDevice, Server
from pileus.compute.operations import actions, disks, power
from pileus.compute.operations.runs import PRESENT
from pileus.core.context import Context
from pileus.core.errors import BadRequest


def attach(session: Session, context: Context, server: Server, volume_id: str, **more: Any) -> BlockDevice:
    """Plug a volume in; raises NotFound, BadRequest (volume not available) or Conflict (state of the server)."""
    power.check_unlocked(context, server)
    power.check_state(server, "attach_volume", ("ACTIVE", "SHUTOFF"))
    row = disks.attach(session, context, server, volume_id, **more)
    intent = PRESENT.submit(
        session, server, context, params={"action": "attach_volume", "volume_id": row.volume_id}, needs=[row.volume_id]
    )
    actions.record(session, context, server, "attach_volume", intent)
    return row


def detach(session: Session, context: Context, server: Server, volume_id: str) -> None:
    """Unplug a volume; raises NotFound or Conflict."""
    power.check_unlocked(context, server)
    power.check_state(server, "detach_volume", ("ACTIVE", "SHUTOFF"))
    row = disks.begin_detach(session, context, server, volume_id)
    intent = PRESENT.submit(
        session, server, context, params={"action": "detach_volume", "volume_id": row.volume_id}, needs=[row.volume_id]
    )
    actions.record(session, context, server, "detach_volume", intent)


def keep(row: BlockDevice, wanted: Mapping[str, Any]) -> None:
    """Change whether a volume goes with its server; another volume can't be put in its place."""
    if wanted["volumeId"] != row.volume_id:
        raise BadRequest("Swapping volumes is not offered here; detach and attach.", field="volumeId")
    if wanted.get("tag", row.tag) != row.tag or wanted.get("serverId", row.server_id) != row.server_id:
        raise BadRequest("Only delete_on_termination can be changed.", field="tag")
    if wanted.get("device") not in (None, f"/dev/{row.device}"):
        raise BadRequest(f"The volume is at /dev/{row.device}.")
    row.delete_on_termination = wanted["delete_on_termination"]
