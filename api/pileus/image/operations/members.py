"""Projects that images are shared with."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from pileus.core.context import Context
from pileus.core.errors import Conflict, Forbidden, NotFound, TooLarge
from pileus.image.models import Image, ImageMember

MAX_MEMBERS = 128


def _sharable(image: Image) -> None:
    if image.visibility != "shared":
        raise Forbidden("Only shared images have members.")


def members(session: Session, context: Context, image: Image) -> list[ImageMember]:
    """All members for the owner; a member sees only itself. Raises Forbidden for an image that is not shared."""
    _sharable(image)
    statement = select(ImageMember).where(ImageMember.image_id == image.id).order_by(ImageMember.created_at)
    if not context.is_admin and image.project_id != context.project_id:
        statement = statement.where(ImageMember.member_id == context.project_id)
    return list(session.execute(statement).scalars())


def find_member(session: Session, context: Context, image: Image, member_id: str) -> ImageMember:
    """One member; raises NotFound for none, or another one than the caller may know of."""
    found = session.get(ImageMember, (image.id, member_id))
    if found is None or not (context.is_admin or context.project_id in (image.project_id, member_id)):
        raise NotFound(f"Member {member_id} not found for image {image.id}")
    return found


def add_member(session: Session, image: Image, member_id: str) -> ImageMember:
    """Share an image with a project, which has to accept before it sees the image in lists."""
    _sharable(image)
    if session.get(ImageMember, (image.id, member_id)) is not None:
        raise Conflict(f"Image member {member_id} already associated with image {image.id}")
    known = session.execute(select(ImageMember.member_id).where(ImageMember.image_id == image.id)).all()
    if len(known) >= MAX_MEMBERS:
        raise TooLarge(f"The limit has been exceeded on the number of allowed image members: {MAX_MEMBERS}.")
    member = ImageMember(image_id=image.id, member_id=member_id, status="pending")
    session.add(member)
    session.flush()
    return member


def remove_member(session: Session, context: Context, image: Image, member_id: str) -> None:
    """Stop sharing; raises NotFound."""
    _sharable(image)
    session.delete(find_member(session, context, image, member_id))


def answer(session: Session, context: Context, image: Image, member_id: str, status: str) -> ImageMember:
    """What the member itself says of the offer; nobody says it for the member but an administrator."""
    _sharable(image)
    member = find_member(session, context, image, member_id)
    if not context.is_admin and context.project_id != member_id:
        raise Forbidden("Only the member itself can accept or reject an image.")
    member.status = status
    session.flush()
    return member
