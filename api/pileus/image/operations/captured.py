"""Images that another service makes from a disk: begun here, filled by a run of that service's own operation."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from pileus.core.context import Context
from pileus.image.models import Image
from pileus.image.operations.images import create_image, reserve

MIB = 1024 * 1024


def begin_capture(
    session: Session, context: Context, name: str, pool: str, size: int, about: Mapping[str, Any]
) -> Image:
    """A private raw image of `size` bytes that is about to be filled; `about` are min_disk, min_ram and properties.

    The caller submits an operation whose resource is the row: `saving` meanwhile, `active` or `killed` afterwards. Raises
    TooLarge over a quota, Forbidden for properties that only the service sets.
    """
    formats = {"disk_format": "raw", "container_format": "bare", "visibility": "private"}
    image = create_image(session, context, {**about, **formats, "name": name}, pool)
    reserve(session, image.project_id, image_size_total=-(-size // MIB))
    image.size = image.virtual_size = size
    image.uploads = 1  # there will be data to remove
    session.flush()
    return image
