"""An image of a volume: its disk as it is at this moment, as a new image."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from pileus.block_storage.models import Volume
from pileus.block_storage.operations.table import ATTACHABLE, GIB, VOLUMES
from pileus.core.context import Context
from pileus.core.errors import BadRequest, Conflict
from pileus.core.intents import Intent, newest
from pileus.core.service import Facts, Operation, Variables
from pileus.image import operations as images

IMAGES = "rbd_image_items"
# what is known of the image a volume was made of, and yet is no property of the next image
NOT_KEPT = frozenset(
    {"image_id", "image_name", "container_format", "disk_format", "checksum", "size", "min_disk", "min_ram"}
)


def _build(session: Session, intent: Intent, volume: Volume) -> Variables:
    """A clone of the volume under the image's name, and the snapshot that makes it an image."""
    image = session.get(images.Image, intent.params["image"])
    if image is None:
        raise Conflict("The image does not exist any more.")
    item = {"id": image.id, "pool": image.pool, "name": image.id}
    source = {"pool": volume.pool, "name": volume.image, "snapshot": None}
    return {
        VOLUMES: [{**item, "size": volume.size * GIB, "source": source}],
        IMAGES: [{**item, "upload": {"pool": image.pool, "name": image.id}, "format": "raw"}],
    }


def _give_back(session: Session, intent: Intent, volume: Volume) -> None:
    """The volume is again what it was; its servers may have gone meanwhile."""
    if volume.status == "uploading" and newest(session, intent):
        volume.status = "in-use" if volume.attachments else "available"


def _uploaded(session: Session, intent: Intent, volume: Volume, _facts: dict[str, dict[str, Facts]]) -> None:
    images.end_capture(session, intent.params["image"])
    _give_back(session, intent, volume)


def _not_uploaded(session: Session, intent: Intent, volume: Volume) -> None:
    why = (intent.fault or {}).get("message") or "its disk could not be copied"
    images.end_capture(session, intent.params["image"], f"Of volume {volume.id} no image could be made: {why}")
    _give_back(session, intent, volume)


# The resource is the volume, not the image: so a delete of the image, which needs it, can't leave the volume `uploading`.
UPLOAD = Operation(
    service="block_storage",
    name="volume_upload",
    playbook="block_storage/volume_upload.yml",
    model=Volume,
    variables=(VOLUMES, IMAGES),
    build=_build,
    finish=_uploaded,
    abandon=_not_uploaded,
    allowed=ATTACHABLE,
    doing="uploading",
    hosts=("block_storage",),
    timeout=1800,
)


def upload_image(
    session: Session,
    context: Context,
    volume: Volume,
    pool: str,
    *,
    name: str,
    formats: tuple[str, str],
    force: bool = False,
    visibility: str = "private",
    protected: bool = False,
) -> dict[str, str]:
    """Ask for an image of a volume that the caller holds; answers with what the image is.

    Raises BadRequest for a volume that is busy, or in use without `force`, and for `formats` (container and disk) that
    are not those in which disks are kept; TooLarge over a quota of images.
    """
    allowed = ATTACHABLE if force else {"available"}
    if volume.status not in allowed:
        raise BadRequest(f"Volume {volume.id} is {volume.status}; it must be {' or '.join(sorted(allowed))} to upload.")
    for key, asked, kept in zip(("container_format", "disk_format"), formats, ("bare", "raw"), strict=True):
        if asked != kept:
            raise BadRequest(f"Images of volumes have the {key} {kept}, not '{asked}'.", field=key)
    known = volume.image_metadata or {}
    properties = {key: str(value) for key, value in known.items() if key not in NOT_KEPT}
    minima = {"min_disk": volume.size, "min_ram": _number(known.get("min_ram"))}
    size = volume.size * GIB
    image = images.begin_capture(session, context, name, pool, size, properties, minima, visibility, protected)
    UPLOAD.submit(session, volume, context, params={"image": image.id}, needs=[image.id])
    return {"image_id": image.id, "image_name": name, "container_format": "bare", "disk_format": "raw"}


def _number(text: object) -> int:
    """A number that a tenant may have written, 0 where it is none."""
    digits = str(text)
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 10 else 0


def give_up(session: Session, volume: Volume) -> None:
    """A delete is about to overtake what waits for the volume: images that were to be made of it never will be."""
    waiting = select(Intent).where(
        Intent.resource_id == volume.id, Intent.operation == UPLOAD.key, Intent.state == "waiting"
    )
    for intent in session.execute(waiting).scalars():
        images.end_capture(session, intent.params["image"], f"Volume {volume.id} was deleted first.")
