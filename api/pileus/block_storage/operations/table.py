"""The operation table of block storage: which playbook makes which state so."""

from typing import Any

from sqlalchemy import delete
from sqlalchemy.orm import Session

from pileus.block_storage.models import Snapshot, Volume
from pileus.core.errors import Conflict
from pileus.core.intents import Intent, newest
from pileus.core.service import Facts, Operation, Variables
from pileus.image import operations as images

GIB = 1024**3
VOLUMES, SNAPSHOTS = "rbd_volume_items", "rbd_snapshot_items"
ATTACHABLE = frozenset({"available", "in-use"})


def disk(volume: Volume) -> dict[str, str]:
    """Where a volume's bytes are, for whoever attaches it."""
    return {"id": volume.id, "pool": volume.pool, "image": volume.image}


def _item(volume: Volume, source: dict[str, Any] | None) -> dict[str, Any]:
    size = volume.size * GIB
    return {"id": volume.id, "pool": volume.pool, "name": volume.image, "size": size, "source": source}


def _create(session: Session, intent: Intent, volume: Volume) -> Variables:
    return {VOLUMES: [_item(volume, _source(session, intent, volume))]}


def _source(session: Session, intent: Intent, volume: Volume) -> dict[str, Any] | None:
    """What a new volume is a clone of; raises Conflict when that has gone meanwhile."""
    if volume.image_id:
        return dict(intent.params["image"])
    if not (volume.snapshot_id or volume.source_volume_id):
        return None
    snapshot = session.get(Snapshot, volume.snapshot_id) if volume.snapshot_id else None
    origin = session.get(Volume, snapshot.volume_id if snapshot else volume.source_volume_id or "")
    if origin is None or (volume.snapshot_id and snapshot is None):
        raise Conflict("What the volume was to be made of does not exist any more.")
    return {"pool": origin.pool, "name": origin.image, "snapshot": snapshot.image if snapshot else None}


def _same(_session: Session, _intent: Intent, volume: Volume) -> Variables:
    """A volume that is there already: its source does not matter any more."""
    return {VOLUMES: [_item(volume, None)]}


def _extended(session: Session, intent: Intent, volume: Volume, _facts: dict[str, dict[str, Facts]]) -> None:
    if newest(session, intent):
        volume.status = intent.params["status"]


def _not_extended(_session: Session, intent: Intent, volume: Volume) -> None:
    volume.size = intent.params["size"]


def _snapshot(session: Session, _intent: Intent, snapshot: Snapshot) -> Variables:
    volume = session.get_one(Volume, snapshot.volume_id)
    item = {"id": snapshot.id, "pool": volume.pool, "volume": volume.image, "name": snapshot.image}
    return {SNAPSHOTS: [item]}


def _volume_removed(session: Session, _intent: Intent, volume: Volume, _facts: dict[str, dict[str, Facts]]) -> None:
    """Snapshots that could not be removed alone went with their volume."""
    session.execute(delete(Snapshot).where(Snapshot.volume_id == volume.id))


PRESENT = Operation(
    service="block_storage",
    name="volume_present",
    playbook="block_storage/volume_present.yml",
    model=Volume,
    variables=(VOLUMES,),
    build=_create,
    doing="creating",
    done="available",
    failed="error",
    hosts=("block_storage",),
)
EXTEND = Operation(
    service="block_storage",
    name="volume_extend",
    playbook="block_storage/volume_present.yml",
    model=Volume,
    variables=(VOLUMES,),
    build=_same,
    finish=_extended,
    abandon=_not_extended,
    allowed=ATTACHABLE,
    doing="extending",
    failed="error_extending",
    hosts=("block_storage",),
)
ABSENT = Operation(
    service="block_storage",
    name="volume_absent",
    playbook="block_storage/volume_absent.yml",
    model=Volume,
    variables=(VOLUMES,),
    build=_same,
    finish=_volume_removed,
    doing="deleting",
    failed="error_deleting",
    hosts=("block_storage",),
    absent=True,
)
SNAPSHOT_PRESENT = Operation(
    service="block_storage",
    name="snapshot_present",
    playbook="block_storage/snapshot_present.yml",
    model=Snapshot,
    variables=(SNAPSHOTS,),
    build=_snapshot,
    doing="creating",
    done="available",
    failed="error",
    hosts=("block_storage",),
)
SNAPSHOT_ABSENT = Operation(
    service="block_storage",
    name="snapshot_absent",
    playbook="block_storage/snapshot_absent.yml",
    model=Snapshot,
    variables=(SNAPSHOTS,),
    build=_snapshot,
    doing="deleting",
    failed="error_deleting",
    hosts=("block_storage",),
    absent=True,
)
OPERATIONS = [PRESENT, EXTEND, ABSENT, SNAPSHOT_PRESENT, SNAPSHOT_ABSENT]


def clone_of(boot: images.Boot) -> dict[str, Any]:
    """An image as the source of a clone."""
    return {"pool": boot.pool, "name": boot.name, "snapshot": boot.snapshot}
