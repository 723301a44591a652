"""Snapshots of volumes."""

from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from pileus.block_storage.models import Snapshot
from pileus.block_storage.operations.quotas import reserve_quota
from pileus.block_storage.operations.table import SNAPSHOT_ABSENT, SNAPSHOT_PRESENT
from pileus.block_storage.operations.volumes import hold_volume
from pileus.core.context import Context
from pileus.core.errors import BadRequest, NotFound
from pileus.core.intents import waited_for

DELETABLE = frozenset({"creating", "available", "error", "error_deleting"})


def find_snapshot(session: Session, context: Context, snapshot_id: str) -> Snapshot:
    """A snapshot of the caller's project (any for an administrator); raises NotFound."""
    statement = select(Snapshot).where(Snapshot.id == snapshot_id)
    if not context.is_admin:
        statement = statement.where(Snapshot.project_id == context.project_id)
    found = session.execute(statement).scalar_one_or_none()
    if found is None:
        raise NotFound(f"Snapshot {snapshot_id} could not be found.")
    return found


def create_snapshot(
    session: Session,
    context: Context,
    *,
    volume_id: str,
    name: str | None,
    description: str | None,
    metadata: Mapping[str, str] | None,
    force: bool,
) -> Snapshot:
    """Take a snapshot of a volume; one in use only when `force`.

    Raises NotFound, BadRequest in a state that does not allow it, TooLarge over quota.
    """
    volume = hold_volume(session, context, volume_id)
    if volume.status not in (("available", "in-use") if force else ("available",)):
        raise BadRequest(f"Volume {volume_id} is {volume.status}; it must be available.", field="volume_id")
    reserve_quota(session, volume.project_id, snapshots=1, gigabytes=volume.size)
    made = Snapshot(
        project_id=volume.project_id,
        user_id=context.user_id,
        volume_id=volume.id,
        name=name,
        description=description,
        size=volume.size,
        meta=dict(metadata or {}),
        status="creating",
    )
    session.add(made)
    session.flush()
    SNAPSHOT_PRESENT.submit(session, made, context, needs=[volume.id])
    return made


def delete_snapshot(session: Session, context: Context, snapshot: Snapshot, force: bool = False) -> None:
    """Remove a snapshot; volumes made of it stay. Raises BadRequest in a state that does not allow it."""
    if snapshot.deleting:
        return
    if snapshot.status not in DELETABLE and not force:
        raise BadRequest(f"Snapshot {snapshot.id} is {snapshot.status}; it must be available or in error.")
    SNAPSHOT_ABSENT.submit(session, snapshot, context, needs=[snapshot.volume_id, *waited_for(session, snapshot.id)])
