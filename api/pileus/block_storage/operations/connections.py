"""Attachments as resources of their own (microversion 3.27): reserved, connected, complete, deleted."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from pileus.block_storage.models import Volume, VolumeAttachment
from pileus.block_storage.operations.attachments import must_be
from pileus.block_storage.operations.volumes import hold_volume
from pileus.core.context import Context
from pileus.core.db import now
from pileus.core.errors import Conflict, NotFound


def listed(context: Context, all_projects: bool, filters: Mapping[str, str]) -> Select[VolumeAttachment]:
    """The attachments of the caller's volumes, or of all for an administrator who asks."""
    statement = select(VolumeAttachment).join(Volume, Volume.id == VolumeAttachment.volume_id)
    if not (all_projects and context.is_admin):
        statement = statement.where(Volume.project_id == context.project_id)
    columns: dict[str, Any] = {
        "volume_id": VolumeAttachment.volume_id,
        "instance_id": VolumeAttachment.server_id,
        "instance_uuid": VolumeAttachment.server_id,
        "status": VolumeAttachment.status,
        "attach_status": VolumeAttachment.status,
        "id": VolumeAttachment.id,
        "project_id": Volume.project_id,
    }
    for key, value in filters.items():
        if key in columns:
            statement = statement.where(columns[key] == value)
    return statement


def find_attachment(session: Session, context: Context, attachment_id: str) -> tuple[VolumeAttachment, Volume]:
    """An attachment with its volume; raises NotFound."""
    row = session.execute(listed(context, True, {}).where(VolumeAttachment.id == attachment_id)).scalar_one_or_none()
    if row is None:
        raise NotFound(f"Attachment {attachment_id} could not be found.")
    return row, session.get_one(Volume, row.volume_id)


def create_attachment(
    session: Session,
    context: Context,
    volume_id: str,
    server_id: str | None,
    connector: Mapping[str, Any] | None,
    mode: str,
) -> tuple[VolumeAttachment, Volume]:
    """Hold an available volume ("reserved"), or connect it at once ("attaching"); raises BadRequest, NotFound."""
    volume = hold_volume(session, context, volume_id)
    must_be(volume, "available")
    row = VolumeAttachment(volume_id=volume.id, server_id=server_id, mode=mode, status="reserved")
    volume.attachments.append(row)
    volume.status = "reserved"
    session.flush()
    if connector:
        connect(row, volume, connector)
    return row, volume


def connect(row: VolumeAttachment, volume: Volume, connector: Mapping[str, Any]) -> None:
    """Say from where the volume will be used; raises Conflict for what compute holds."""
    if row.managed:
        raise Conflict(f"Attachment {row.id} belongs to server {row.server_id}.")
    row.connector = dict(connector)
    row.host, row.device = connector.get("host"), connector.get("mountpoint")
    row.status = volume.status = "attaching"
    row.attached_at = now()


def complete(row: VolumeAttachment, volume: Volume) -> None:
    """The volume is in use there; raises BadRequest before it was connected, Conflict for what compute holds."""
    if row.managed:
        raise Conflict(f"Attachment {row.id} belongs to server {row.server_id}.")
    must_be(volume, "attaching", "in-use")
    row.status, volume.status = "attached", "in-use"


def delete_attachment(session: Session, row: VolumeAttachment, volume: Volume) -> None:
    """Give the volume back; raises Conflict for what the compute service holds: detach it there."""
    if row.managed:
        raise Conflict(f"Volume {volume.id} is attached to server {row.server_id}; detach it there.")
    volume.attachments.remove(row)
    if not volume.attachments and volume.status in ("reserved", "attaching", "in-use", "detaching"):
        volume.status = "available"
    session.flush()
