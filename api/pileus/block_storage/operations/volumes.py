"""Volumes: who sees them, making, growing and removing them."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from pileus.block_storage.models import Snapshot, Volume, VolumeTransfer
from pileus.block_storage.operations.quotas import check_size, reserve_quota
from pileus.block_storage.operations.table import ABSENT, ATTACHABLE, EXTEND, GIB, PRESENT, SNAPSHOT_ABSENT, clone_of
from pileus.block_storage.operations.types import named_type
from pileus.block_storage.operations.uploads import give_up
from pileus.core import config
from pileus.core.context import Context
from pileus.core.errors import BadRequest, NotFound
from pileus.core.intents import waited_for
from pileus.image import operations as images

ZONE = "nova"  # the one availability zone
DELETABLE = frozenset(
    {"creating", "available", "error", "error_restoring", "error_extending", "error_managing", "error_deleting"}
)


@cache
def _pool() -> str:
    return config.load().volume_pool


def owned(context: Context, all_projects: bool = False) -> Select[Volume]:
    """The caller's volumes, or for an administrator all of them."""
    statement = select(Volume)
    return statement if all_projects and context.is_admin else statement.where(Volume.project_id == context.project_id)


def find_volume(session: Session, context: Context, volume_id: str) -> Volume:
    """A volume of the caller's project (any for an administrator); raises NotFound."""
    found = session.execute(owned(context, True).where(Volume.id == volume_id)).scalar_one_or_none()
    if found is None:
        raise NotFound(f"Volume {volume_id} could not be found.")
    return found


def hold_volume(session: Session, context: Context, volume_id: str) -> Volume:
    """Like find_volume, for a change that depends on the state: nobody else changes the volume until this has ended."""
    statement = owned(context, True).where(Volume.id == volume_id).with_for_update(of=Volume)
    found = session.execute(statement, execution_options={"populate_existing": True}).scalar_one_or_none()
    if found is None:
        raise NotFound(f"Volume {volume_id} could not be found.")
    return found


def create_volume(
    session: Session,
    context: Context,
    *,
    size: int | None,
    name: str | None = "",
    description: str | None = "",
    image_id: str | None = None,
    snapshot_id: str | None = None,
    source_volume_id: str | None = None,
    volume_type: str | None = None,
    availability_zone: str | None = None,
    metadata: Mapping[str, str] | None = None,
) -> Volume:
    """A new volume of `size` GiB, blank or a clone of an image, a snapshot or a volume; its making is asked for.

    Raises BadRequest for what does not fit together, NotFound for a source or type that is not there, TooLarge over quota.
    """
    _check_choice((image_id, snapshot_id, source_volume_id), availability_zone)
    volume = Volume(
        project_id=context.project_id or "",
        user_id=context.user_id,
        status="creating",
        name=name,
        description=description,
        size=size or 0,
        availability_zone=ZONE,
        meta=dict(metadata or {}),
        pool=_pool(),
        attachments=[],
    )
    needs: list[str] = []
    params: dict[str, Any] = {}
    inherited: str | None = None
    if image_id:
        params["image"] = _from_image(session, context, volume, image_id)
        needs = [image_id]
    elif snapshot_id or source_volume_id:
        origin = _from_volume(session, context, volume, snapshot_id, source_volume_id)
        needs, inherited = [origin.id, *([snapshot_id] if snapshot_id else [])], origin.volume_type_id
    if not volume.size:
        raise BadRequest("The size of the volume is needed.", field="size")
    volume.volume_type = named_type(session, context, volume_type or inherited)
    check_size(session, volume.project_id, volume.size)
    reserve_quota(session, volume.project_id, volumes=1, gigabytes=volume.size)
    session.add(volume)
    session.flush()
    PRESENT.submit(session, volume, context, params=params, needs=needs)
    return volume


def _check_choice(sources: tuple[str | None, ...], zone: str | None) -> None:
    if sum(map(bool, sources)) > 1:
        raise BadRequest("A volume has at most one of imageRef, snapshot_id and source_volid.", field="volume")
    if zone not in (None, "", ZONE):
        raise BadRequest(f"Availability zone '{zone}' is invalid.", field="availability_zone")


def _from_image(session: Session, context: Context, volume: Volume, image_id: str) -> dict[str, Any]:
    """Make the new volume a clone of an image; answers with the source for the role."""
    try:
        boot = images.bootable(session, context, image_id)
    except NotFound:
        raise BadRequest(
            f"Invalid image identifier or unable to access requested image {image_id}.", field="imageRef"
        ) from None
    least = max(boot.min_disk, -(-boot.size // GIB))
    if volume.size and volume.size < least:
        raise BadRequest(f"Image {image_id} needs a volume of {least} GiB; {volume.size} is too small.", field="size")
    about = images.image_summaries(session, [image_id])[image_id]
    shown = {key: about[key] for key in ("container_format", "disk_format", "checksum", "size", "min_disk", "min_ram")}
    volume.image_id, volume.bootable = image_id, True
    volume.image_metadata = {
        **{key: str(value) for key, value in about["properties"].items()},
        **{key: str(value) for key, value in shown.items() if value is not None},
        "image_id": image_id,
        "image_name": about["name"],
    }
    return clone_of(boot)


def _from_volume(
    session: Session, context: Context, volume: Volume, snapshot_id: str | None, source_id: str | None
) -> Volume:
    """Make the new volume a clone of a snapshot or of another volume, as that one is when its turn comes."""
    if snapshot_id:
        statement = select(Snapshot).where(Snapshot.id == snapshot_id)
        if not context.is_admin:
            statement = statement.where(Snapshot.project_id == context.project_id)
        snapshot = session.execute(statement).scalar_one_or_none()
        if snapshot is None:
            raise NotFound(f"Snapshot {snapshot_id} could not be found.", field="snapshot_id")
        if snapshot.status != "available":
            raise BadRequest(f"Snapshot {snapshot_id} is {snapshot.status}; it must be available.", field="snapshot_id")
        origin, least, volume.snapshot_id = session.get_one(Volume, snapshot.volume_id), snapshot.size, snapshot_id
    else:
        origin = find_volume(session, context, source_id or "")
        if origin.status not in ATTACHABLE:
            raise BadRequest(f"Volume {source_id} is {origin.status}; it must be available.", field="source_volid")
        least, volume.source_volume_id = origin.size, source_id
    volume.size = volume.size or least
    if volume.size < least:
        raise BadRequest(f"The size must not be less than the {least} GiB of the source.", field="size")
    volume.bootable, volume.image_metadata = origin.bootable, origin.image_metadata
    return origin


def extend_volume(session: Session, context: Context, volume: Volume, size: int, attached: bool = True) -> None:
    """Grow a volume to `size` GiB; raises BadRequest when it is not larger, or busy, TooLarge over quota."""
    volume = hold_volume(session, context, volume.id)
    allowed = ATTACHABLE if attached else {"available"}
    if volume.status not in allowed:
        raise BadRequest(f"Volume {volume.id} is {volume.status}; it must be {' or '.join(sorted(allowed))} to extend.")
    if size <= volume.size:
        raise BadRequest(f"New size must be greater than {volume.size} GiB.", field="new_size")
    check_size(session, volume.project_id, size)
    reserve_quota(session, volume.project_id, gigabytes=size - volume.size)
    EXTEND.submit(session, volume, context, params={"size": volume.size, "status": volume.status})
    volume.size = size


def snapshots_of(session: Session, volume_id: str) -> list[Snapshot]:
    """The snapshots that a volume still has."""
    rows = select(Snapshot).where(Snapshot.volume_id == volume_id, Snapshot.deleting.is_(False))
    return list(session.execute(rows).scalars())


def delete_volume(
    session: Session, context: Context, volume_id: str, cascade: bool = False, force: bool = False
) -> None:
    """Remove a volume, with its snapshots when `cascade`; `force` is for a state that would not allow it.

    Raises BadRequest while it is attached, busy or has snapshots. It waits for clones that are being made of it.
    """
    volume = hold_volume(session, context, volume_id)
    if volume.deleting:
        return
    snapshots = snapshots_of(session, volume.id)
    busy = volume.status not in DELETABLE
    if volume.attachments or (busy and not force):
        raise BadRequest(
            f"Volume {volume.id} is {volume.status}; it must be available or in error, and not attached, to be deleted."
        )
    if snapshots and not cascade:
        raise BadRequest(f"Volume {volume.id} still has {len(snapshots)} dependent snapshots.")
    for transfer in session.execute(select(VolumeTransfer).where(VolumeTransfer.volume_id == volume.id)).scalars():
        session.delete(transfer)
    for snapshot in snapshots:
        SNAPSHOT_ABSENT.submit(session, snapshot, context, needs=waited_for(session, snapshot.id))
    needs = [*waited_for(session, volume.id), *(snapshot.id for snapshot in snapshots)]
    give_up(session, volume)
    ABSENT.submit(session, volume, context, needs=needs)
