"""Small changes of volumes that run nothing on hosts: holds, outside attachments, state by hand, type."""

from sqlalchemy.orm import Session

from pileus.block_storage.models import Volume, VolumeAttachment
from pileus.block_storage.operations.attachments import must_be
from pileus.block_storage.operations.types import named_type
from pileus.core.context import Context
from pileus.core.db import now
from pileus.core.errors import BadRequest, Conflict, NotFound


def unreserve(volume: Volume) -> None:
    """Give a hold back; one that compute holds for a server is compute's. Raises Conflict for that."""
    if any(a.managed and a.status == "attaching" for a in volume.attachments):
        raise Conflict(f"Volume {volume.id} is being attached to a server.")
    if volume.status in ("attaching", "reserved"):
        volume.status = "in-use" if volume.attachments else "available"


def attach(
    session: Session, volume: Volume, *, server_id: str | None, host: str | None, device: str, mode: str
) -> None:
    """Write an attachment down that this cloud did not make; raises BadRequest in the wrong state."""
    must_be(volume, "available", "attaching", "reserved")
    if bool(server_id) == bool(host):
        raise BadRequest("An attachment is to one server (instance_uuid) or one host (host_name).")
    if any(a.managed for a in volume.attachments):
        raise BadRequest(f"Volume {volume.id} is being attached to a server.")
    if volume.readonly and mode == "rw":
        raise BadRequest("The volume is read-only; attach it with mode ro.", field="mode")
    volume.attachments.append(
        VolumeAttachment(server_id=server_id, host=host, device=device, mode=mode, status="attached", attached_at=now())
    )
    volume.status = "in-use"
    session.flush()


def detach(session: Session, volume: Volume, attachment_id: str | None, force: bool = False) -> None:
    """Forget an attachment.

    Raises Conflict for one that the compute service made (it would still be in the guest), NotFound for an unknown one,
    BadRequest when it is not clear which.
    """
    rows = list(volume.attachments)
    if attachment_id:
        rows = [a for a in rows if a.id == attachment_id]
        if not rows:
            raise NotFound(f"Attachment {attachment_id} could not be found.")
    elif len(rows) > 1:
        raise BadRequest("The volume has several attachments; say which (attachment_id).", field="attachment_id")
    for attachment in rows:
        if attachment.managed and not force:
            raise Conflict(f"Volume {volume.id} is attached to server {attachment.server_id}; detach it there.")
        volume.attachments.remove(attachment)
    if not volume.attachments and volume.status in ("in-use", "detaching", "attaching", "reserved"):
        volume.status = "available"
    session.flush()


def reset_status(session: Session, volume: Volume, status: str | None, attach_status: str | None) -> None:
    """Set the state by hand; raises BadRequest for nothing at all."""
    if status is None and attach_status is None:
        raise BadRequest("Say which status.", field="status")
    if status is not None:
        volume.status = status
    if attach_status == "detached":
        volume.attachments.clear()
    session.flush()


def retype(session: Session, context: Context, volume: Volume, name: str) -> None:
    """Give the volume another type; raises BadRequest for the one it has, or one that is not there."""
    must_be(volume, "available", "in-use")
    try:
        wanted = named_type(session, context, name)
    except NotFound as missing:
        raise BadRequest(missing.message, field="new_type") from None
    if wanted is None or wanted.id == volume.volume_type_id:
        raise BadRequest(f"The volume is of type {name} already.", field="new_type")
    volume.volume_type = wanted


def unset_image_metadata(volume: Volume, key: str) -> None:
    """Forget one thing known of the image; raises NotFound."""
    known = volume.image_metadata or {}
    if key not in known:
        raise NotFound(f"Metadata key {key} could not be found.")
    volume.image_metadata = {name: value for name, value in known.items() if name != key}
