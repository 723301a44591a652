"""Volumes at servers: reserved, attached, detached. The compute service calls these; a few are also actions."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.orm import Session

from pileus.block_storage.models import Volume, VolumeAttachment
from pileus.block_storage.operations.volumes import hold_volume
from pileus.core.context import Context
from pileus.core.db import now
from pileus.core.errors import BadRequest


def must_be(volume: Volume, *states: str) -> None:
    """Raise BadRequest unless the volume is in one of these states."""
    if volume.status not in states:
        raise BadRequest(f"Volume {volume.id} is {volume.status}; it must be {' or '.join(states)}.")


def reserve(session: Session, context: Context, volume_id: str, server_id: str) -> Volume:
    """Hold an available volume for a server: "attaching"; raises NotFound, or BadRequest in any other state."""
    volume = hold_volume(session, context, volume_id)
    must_be(volume, "available")
    volume.status = "attaching"
    volume.attachments.append(
        VolumeAttachment(volume_id=volume.id, server_id=server_id, status="attaching", managed=True)
    )
    session.flush()
    return volume


def attached(
    session: Session,
    volume_id: str,
    server_id: str,
    host: str,
    device: str,
    attachment_id: str,
    delete_on_termination: bool = False,
) -> None:
    """The volume is at the server: "in-use". Safe to repeat."""
    volume = session.get(Volume, volume_id)
    if volume is None:
        return
    kept = session.get(VolumeAttachment, attachment_id)
    for other in [a for a in volume.attachments if a.server_id == server_id and a.id != attachment_id]:
        volume.attachments.remove(other)
    if kept is None:
        kept = VolumeAttachment(id=attachment_id, volume_id=volume_id, server_id=server_id, managed=True)
        volume.attachments.append(kept)
    kept.host, kept.device, kept.status = host, device, "attached"
    kept.delete_on_termination = delete_on_termination
    kept.attached_at = kept.attached_at or now()
    volume.status = "in-use"
    session.flush()


def begin_detach(session: Session, context: Context, volume_id: str, server_id: str) -> Volume:
    """Begin to take a volume from a server: "detaching"; raises NotFound, or BadRequest when it is not there."""
    volume = hold_volume(session, context, volume_id)
    must_be(volume, "in-use")
    if not any(attachment.server_id == server_id for attachment in volume.attachments):
        raise BadRequest(f"Volume {volume_id} is not attached to server {server_id}.")
    volume.status = "detaching"
    return volume


def detached(session: Session, volume_id: str, server_id: str) -> None:
    """The volume is no longer at the server: "available". Safe to repeat, also for a volume that is gone."""
    volume = session.get(Volume, volume_id)
    if volume is None:
        return
    for attachment in [a for a in volume.attachments if a.server_id == server_id]:
        volume.attachments.remove(attachment)
    if not volume.attachments and volume.status in ("in-use", "detaching", "attaching", "reserved"):
        volume.status = "available"
    session.flush()


def unreserve(session: Session, volume_id: str, server_id: str | None = None) -> None:
    """An attach that came to nothing: "available" again. With the server named, nothing of its hold is left."""
    mine: ColumnElement[bool] = VolumeAttachment.status.in_(("attaching", "reserved"))
    if server_id is not None:
        mine = (VolumeAttachment.server_id == server_id) & (mine | VolumeAttachment.managed)
    session.execute(delete(VolumeAttachment).where(VolumeAttachment.volume_id == volume_id, mine))
    volume = session.get(Volume, volume_id, populate_existing=True)
    held = ("attaching", "reserved") if server_id is None else ("attaching", "reserved", "in-use", "detaching")
    if volume is not None and volume.status in held:
        volume.status = "in-use" if volume.attachments else "available"


def detach_failed(session: Session, volume_id: str) -> None:
    """A detach that came to nothing: "in-use" again."""
    volume = session.get(Volume, volume_id)
    if volume is not None and volume.status == "detaching":
        volume.status = "in-use"


def attachments_of(session: Session, server_ids: Collection[str]) -> dict[str, list[dict[str, Any]]]:
    """The attachments of servers, by server id, oldest first."""
    rows = session.execute(
        select(VolumeAttachment)
        .where(VolumeAttachment.server_id.in_(set(server_ids)))
        .order_by(VolumeAttachment.created_at, VolumeAttachment.id)
    ).scalars()
    found: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        found.setdefault(row.server_id or "", []).append(
            {
                "id": row.volume_id,
                "attachment_id": row.id,
                "device": row.device,
                "delete_on_termination": row.delete_on_termination,
            }
        )
    return found
