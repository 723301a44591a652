"""Images as rows: who sees which, making and removing them, tags, activation."""

import re
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Select, exists, func, or_, select
from sqlalchemy.orm import Session

from pileus.core.context import Context
from pileus.core.db import new_id
from pileus.core.errors import BadRequest, Conflict, Forbidden, NotFound, TooLarge
from pileus.core.errors import OverQuota as CoreOverQuota
from pileus.core.intents import waited_for
from pileus.core.quota import Quota
from pileus.image.models import Image, ImageMember, ImageTag
from pileus.image.operations.table import ABSENT
from pileus.image.schemas import READ_ONLY, RESERVED, UUID

MAX_PROPERTIES = MAX_TAGS = 128
MIB = 1024 * 1024
# body keys whose column has another name
COLUMNS = {"owner": "project_id", "os_hidden": "hidden"}
BASE = frozenset(
    {"name", "visibility", "protected", "os_hidden", "owner", "container_format", "disk_format", "min_ram", "min_disk"}
)


def _count(session: Session, project_id: str) -> int:
    return session.execute(
        select(func.count()).where(Image.project_id == project_id, Image.deleting.is_(False))
    ).scalar_one()


def _stored(session: Session, project_id: str) -> int:
    total = select(func.coalesce(func.sum(Image.size), 0)).where(
        Image.project_id == project_id, Image.deleting.is_(False)
    )
    return -(-int(session.execute(total).scalar_one() or 0) // MIB)


QUOTA = Quota(
    service="image",
    limits={"image_count_total": 100, "image_size_total": 1024 * 1024},  # images, MiB
    usage={"image_count_total": _count, "image_size_total": _stored},
)


def visible(context: Context) -> Select[Image]:
    """The images a caller may know of."""
    statement = select(Image).where(Image.deleting.is_(False))
    if context.is_admin:
        return statement
    return statement.where(
        or_(
            Image.project_id == context.project_id,
            Image.visibility.in_(("public", "community")),
            (Image.visibility == "shared") & _membership(context),
        )
    )


def _membership(context: Context, status: str | None = None) -> Any:
    mine = exists().where(ImageMember.image_id == Image.id, ImageMember.member_id == context.project_id)
    return mine if status is None else mine.where(ImageMember.status == status)


def listed(context: Context, visibility: str | None, member_status: str = "accepted") -> Select[Image]:
    """The images a list shows: one's own, public ones and shared ones that were accepted, or those of one visibility."""
    statement = select(Image).where(Image.deleting.is_(False))
    own = Image.project_id == context.project_id
    shared = (Image.visibility == "shared") & _membership(context, None if member_status == "all" else member_status)
    if visibility in ("public", "community"):
        return statement.where(Image.visibility == visibility)
    if visibility == "private":
        private = statement.where(Image.visibility == "private")
        return private if context.is_admin else private.where(own)
    if visibility == "shared":
        return statement.where(or_((Image.visibility == "shared") & (own | context.is_admin), shared))
    if visibility == "all":
        return visible(context)
    if context.is_admin:
        return statement
    return statement.where(or_(own, Image.visibility == "public", shared))


def find_image(session: Session, context: Context, image_id: str) -> Image:
    """An image the caller may know of; raises NotFound."""
    image = session.execute(visible(context).where(Image.id == image_id)).scalar_one_or_none()
    if image is None:
        raise NotFound(f"No image found with ID {image_id}")
    return image


def create_image(session: Session, context: Context, body: Mapping[str, Any], pool: str) -> Image:
    """A new image without data, status queued.

    Raises Forbidden for names only the service sets, BadRequest for an id that is no UUID, Conflict for one that is
    taken, TooLarge over a quota.
    """
    for key in body:
        check_name(key)
    chosen = str(body.get("id") or new_id()).lower()
    if not re.fullmatch(UUID, chosen):  # it names the image in the store, too
        raise BadRequest(f"Image ID {chosen!r} is not a UUID.", field="id")
    image = Image(
        id=chosen,
        project_id=body.get("owner") or context.project_id or "",
        status="queued",
        pool=pool,
        properties={},
        visibility="shared",
    )
    if session.get(Image, image.id) is not None:
        raise Conflict(f"Image ID {image.id} already exists!")
    for key, value in body.items():
        if key in BASE:
            setattr(image, COLUMNS.get(key, key), value)
        elif key not in ("id", "tags"):
            image.properties[key] = value
    _check_properties(image)
    image.tags = _tags(body.get("tags", ()))
    reserve(session, image.project_id, image_count_total=1)
    session.add(image)
    session.flush()
    return image


def reserve(session: Session, project_id: str, **wanted: int) -> None:
    """Hold quota for more; raises TooLarge, as this service tells it."""
    try:
        QUOTA.reserve(session, project_id, **wanted)
    except CoreOverQuota as over:
        raise TooLarge(over.message, field=over.field, kind=over.kind) from None


def room(session: Session, project_id: str) -> int:
    """How many more bytes a project may store; -1 is no limit."""
    limit = QUOTA.of(session, project_id)["image_size_total"]
    return -1 if limit < 0 else max(0, limit - _stored(session, project_id)) * MIB


def check_name(key: str) -> None:
    """Raise Forbidden for attributes that only the service itself sets."""
    if key in READ_ONLY and key != "id":
        raise Forbidden(f"Attribute '{key}' is read-only.")
    if key in RESERVED or key.startswith(("os_glance", "pileus_")):
        raise Forbidden(f"Attribute '{key}' is reserved.")


def _check_properties(image: Image) -> None:
    if len(image.properties) > MAX_PROPERTIES:
        raise TooLarge(f"The limit has been exceeded on the number of allowed image properties: {MAX_PROPERTIES}.")


def _tags(values: Any) -> list[ImageTag]:
    unique = dict.fromkeys(values)
    if len(unique) > MAX_TAGS:
        raise TooLarge(f"The limit has been exceeded on the number of allowed image tags: {MAX_TAGS}.")
    return [ImageTag(tag=tag) for tag in unique]


def set_tags(image: Image, values: Any) -> None:
    """Replace all tags."""
    kept = {tag.tag: tag for tag in image.tags}
    image.tags = [kept.get(tag.tag, tag) for tag in _tags(values)]


def add_tag(image: Image, tag: str) -> None:
    """Add one tag; one that is there stays."""
    if not 1 <= len(tag) <= 255:
        raise BadRequest("A tag has 1 to 255 characters.", field="tag")
    set_tags(image, [*(known.tag for known in image.tags), tag])


def remove_tag(image: Image, tag: str) -> None:
    """Remove one tag; raises NotFound."""
    left = [known.tag for known in image.tags if known.tag != tag]
    if len(left) == len(image.tags):
        raise NotFound(f"Image {image.id} has no tag {tag}.")
    set_tags(image, left)


def delete_image(session: Session, context: Context, image: Image) -> None:
    """Remove an image and its data; raises Forbidden when it is protected.

    It waits for clones that are being made of it. Volumes and servers made of it stay: the role flattens them first.
    """
    if image.protected:
        raise Forbidden(f"Image {image.id} is protected and cannot be deleted.")
    if not image.uploads:
        session.delete(image)  # there never was anything but this row
        return
    image.upload_until = None
    ABSENT.submit(session, image, context, needs=waited_for(session, image.id))


def set_active(image: Image, active: bool) -> None:
    """Deactivate (no downloads, no clones) or reactivate; raises Forbidden in any other state."""
    if image.status not in ("active", "deactivated"):
        raise Forbidden(f"Not allowed to {'re' if active else 'de'}activate image in status '{image.status}'")
    image.status = "active" if active else "deactivated"
