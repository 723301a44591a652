"""Transfers: a volume is offered to whoever knows a key, and changes its project when that one takes it."""

import hashlib
import hmac
import secrets

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from pileus.block_storage.models import Snapshot, Volume, VolumeTransfer
from pileus.block_storage.operations.attachments import must_be
from pileus.block_storage.operations.quotas import reserve_quota
from pileus.block_storage.operations.volumes import hold_volume, snapshots_of
from pileus.core.context import Context
from pileus.core.errors import BadRequest, NotFound


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


def listed(context: Context, all_projects: bool) -> Select[VolumeTransfer]:
    """The offers of the caller's project, or all for an administrator who asks."""
    statement = select(VolumeTransfer)
    if all_projects and context.is_admin:
        return statement
    return statement.where(VolumeTransfer.project_id == context.project_id)


def find_transfer(session: Session, context: Context, transfer_id: str) -> VolumeTransfer:
    """An offer of the caller's project; raises NotFound."""
    statement = listed(context, True).where(VolumeTransfer.id == transfer_id)
    found = session.execute(statement).scalar_one_or_none()
    if found is None:
        raise NotFound(f"Transfer {transfer_id} could not be found.")
    return found


def create_transfer(
    session: Session, context: Context, volume_id: str, name: str | None, no_snapshots: bool
) -> tuple[VolumeTransfer, str]:
    """Offer an available volume; answers with the offer and the key, which is shown this once."""
    volume = hold_volume(session, context, volume_id)
    must_be(volume, "available")
    key = secrets.token_hex(8)
    made = VolumeTransfer(
        project_id=volume.project_id, volume_id=volume.id, name=name, digest=_digest(key), no_snapshots=no_snapshots
    )
    volume.status = "awaiting-transfer"
    session.add(made)
    session.flush()
    return made, key


def delete_transfer(session: Session, transfer: VolumeTransfer) -> None:
    """Withdraw an offer."""
    volume = session.get_one(Volume, transfer.volume_id)
    if volume.status == "awaiting-transfer":
        volume.status = "available"
    session.delete(transfer)


def accept_transfer(session: Session, context: Context, transfer_id: str, key: str) -> VolumeTransfer:
    """Take an offered volume with its snapshots into the caller's project.

    Raises NotFound for no such offer, BadRequest for a wrong key, TooLarge over quota.
    """
    transfer = session.get(VolumeTransfer, transfer_id)
    if transfer is None:
        raise NotFound(f"Transfer {transfer_id} could not be found.")
    if not hmac.compare_digest(transfer.digest, _digest(key)):
        raise BadRequest(f"Attempt to transfer {transfer_id} with invalid auth key.", field="auth_key")
    volume = session.get_one(Volume, transfer.volume_id)
    must_be(volume, "awaiting-transfer")
    snapshots = snapshots_of(session, volume.id)
    if snapshots and transfer.no_snapshots:
        raise BadRequest("The volume has snapshots, which were not to be transferred.")
    size = volume.size + sum(snapshot.size for snapshot in snapshots)
    project = context.project_id or ""
    reserve_quota(session, project, volumes=1, snapshots=len(snapshots), gigabytes=size)
    moved: list[Volume | Snapshot] = [volume, *snapshots]
    for row in moved:
        row.project_id, row.user_id = project, context.user_id
    volume.status = "available"
    session.delete(transfer)
    return transfer
