"""Members of shared images over HTTP."""

from typing import Any

from pileus.core.http.call import Call
from pileus.core.service import Route
from pileus.image import schemas
from pileus.image.models import Image, ImageMember
from pileus.image.operations import members
from pileus.image.operations.images import find_image
from pileus.image.views.images import ONE, find


def _shown(member: ImageMember) -> dict[str, Any]:
    return {
        "image_id": member.image_id,
        "member_id": member.member_id,
        "status": member.status,
        "created_at": member.created_at,
        "updated_at": member.updated_at or member.created_at,
        "schema": "/v2/schemas/member",
    }


def _seen(call: Call, image_id: str) -> Image:
    return find_image(call.session, call.context, image_id)


def index(call: Call, image_id: str) -> dict[str, Any]:
    """GET /v2/images/{image_id}/members."""
    found = members.members(call.session, call.context, _seen(call, image_id))
    return {"members": [_shown(member) for member in found], "schema": "/v2/schemas/members"}


def create(call: Call, image_id: str) -> dict[str, Any]:
    """POST /v2/images/{image_id}/members."""
    return _shown(members.add_member(call.session, find(call, image_id), call.body["member"]))


def show(call: Call, image_id: str, member_id: str) -> dict[str, Any]:
    """GET /v2/images/{image_id}/members/{member_id}."""
    return _shown(members.find_member(call.session, call.context, _seen(call, image_id), member_id))


def change(call: Call, image_id: str, member_id: str) -> dict[str, Any]:
    """PUT /v2/images/{image_id}/members/{member_id}."""
    image = _seen(call, image_id)
    return _shown(members.answer(call.session, call.context, image, member_id, call.body["status"]))


def delete(call: Call, image_id: str, member_id: str) -> None:
    """DELETE /v2/images/{image_id}/members/{member_id}."""
    members.remove_member(call.session, call.context, find(call, image_id), member_id)


ROUTES = [
    Route("GET", f"{ONE}/members", index, "get_members"),
    Route("POST", f"{ONE}/members", create, "add_member", schema=schemas.MEMBER_CREATE, late=True),
    Route("GET", f"{ONE}/members/<member_id>", show, "get_member"),
    Route("PUT", f"{ONE}/members/<member_id>", change, "modify_member", schema=schemas.MEMBER_UPDATE),
    Route("DELETE", f"{ONE}/members/<member_id>", delete, "delete_member", 204, late=True),
]
