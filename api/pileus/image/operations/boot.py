"""What servers and volumes need to know of an image to become its clones."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from pileus.core.context import Context
from pileus.core.errors import BadRequest
from pileus.image.models import Image
from pileus.image.operations.images import find_image


@dataclass(frozen=True)
class Boot:
    """An image to clone: the RBD snapshot, its size in bytes, and what it asks of disk (GiB) and memory (MiB)."""

    image_id: str
    pool: str
    name: str
    snapshot: str
    size: int
    min_disk: int
    min_ram: int
    properties: dict[str, Any]
    name_shown: str


def bootable(session: Session, context: Context, image_id: str) -> Boot:
    """The clone source of an image.

    Raises NotFound when the caller can't see it, BadRequest when it is not active.
    """
    image = find_image(session, context, image_id)
    if image.status != "active":
        raise BadRequest(f"Image {image_id} is not active.", field="imageRef")
    return Boot(
        image_id=image.id,
        pool=image.pool,
        name=image.id,
        snapshot="snap",
        size=image.virtual_size or image.size or 0,
        min_disk=image.min_disk,
        min_ram=image.min_ram,
        properties=dict(image.properties),
        name_shown=image.name or "",
    )


def image_summaries(session: Session, ids: Collection[str]) -> dict[str, dict[str, Any]]:
    """Id, name, formats, sizes, minima and properties of those of these images that exist, by id."""
    rows = session.execute(select(Image).where(Image.id.in_(set(ids)))).scalars()
    return {
        image.id: {
            "id": image.id,
            "name": image.name or "",
            "status": image.status,
            "container_format": image.container_format,
            "disk_format": image.disk_format,
            "checksum": image.checksum,
            "size": image.size,
            "min_disk": image.min_disk,
            "min_ram": image.min_ram,
            "properties": dict(image.properties),
        }
        for image in rows
    }
