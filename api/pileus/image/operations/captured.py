"""Images that another service makes from a disk: begun here, filled by a run of that service's own operation."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from pileus.core.context import Context
from pileus.core.db import now
from pileus.core.errors import BadRequest
from pileus.image.models import Image
from pileus.image.operations.images import BASE, create_image, reserve

MIB = 1024 * 1024
NO_PROPERTY = BASE | {"id", "tags"}  # what create_image takes as something else than a property


def begin_capture(
    session: Session,
    context: Context,
    name: str,
    pool: str,
    size: int,
    properties: Mapping[str, str],
    minima: Mapping[str, int],
    visibility: str = "private",
    protected: bool = False,
) -> Image:
    """A raw image of `size` bytes that is about to be filled; `minima` are min_disk and min_ram.

    The caller submits an operation whose resource is the row: `saving` meanwhile, `active` or `killed` afterwards; or one
    that needs the row, and tells by end_capture how it went. Raises TooLarge over a quota, BadRequest or Forbidden for
    properties (a tenant may have written them) that are none.
    """
    for key in properties:
        if key in NO_PROPERTY:
            raise BadRequest(f"'{key}' can not be a property of an image.", field=key)
    own: dict[str, Any] = {"disk_format": "raw", "container_format": "bare", "visibility": visibility, "name": name}
    image = create_image(session, context, {**properties, **minima, **own, "protected": protected}, pool)
    reserve(session, image.project_id, image_size_total=-(-size // MIB))
    image.size = image.virtual_size = size
    image.uploads = 1  # there will be data to remove
    image.status = "saving"
    session.flush()
    return image


def end_capture(session: Session, image_id: str, fault: str | None = None) -> None:
    """The disk is in the store, or is not for the reason given; an image that is being deleted stays as it is."""
    image = session.get(Image, image_id)
    if image is None or image.deleting:
        return
    image.status = "killed" if fault else "active"
    image.fault = {"message": fault, "created": now().isoformat(timespec="seconds") + "Z"} if fault else None
