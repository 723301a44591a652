"""Images over HTTP: create, list, show, change, delete, tags, activation."""

from typing import Any
from urllib.parse import urlencode

from pileus.core.errors import Forbidden, NotFound, UnsupportedMediaType
from pileus.core.http.call import Call
from pileus.core.http.page import page
from pileus.core.http.reply import Reply
from pileus.core.service import Route
from pileus.image import schemas
from pileus.image.models import FAULT_PROPERTY, Image
from pileus.image.operations import filters, images
from pileus.image.operations.data import shown_status
from pileus.image.operations.patch import change_image

PATCH_TYPES = ("application/openstack-images-v2.1-json-patch", "application/openstack-images-v2.0-json-patch")
DEFAULT_PAGE = "25"


def shown(image: Image) -> dict[str, Any]:
    """An image as clients see it."""
    return {
        **image.properties,
        **({FAULT_PROPERTY: image.fault.get("message", "")} if image.fault else {}),
        "id": image.id,
        "name": image.name,
        "status": shown_status(image),
        "visibility": image.visibility,
        "owner": image.project_id,
        "container_format": image.container_format,
        "disk_format": image.disk_format,
        "size": image.size,
        "virtual_size": image.virtual_size,
        "checksum": image.checksum,
        "os_hash_algo": "sha512" if image.hash_value else None,
        "os_hash_value": image.hash_value,
        "min_disk": image.min_disk,
        "min_ram": image.min_ram,
        "protected": image.protected,
        "os_hidden": image.hidden,
        "tags": sorted(tag.tag for tag in image.tags),
        "created_at": image.created_at,
        "updated_at": image.updated_at or image.created_at,
        "self": f"/v2/images/{image.id}",
        "file": f"/v2/images/{image.id}/file",
        "schema": "/v2/schemas/image",
    }


def find(call: Call, image_id: str) -> Image:
    """The image a change is about, once the rule allows it for its owner."""
    image = images.find_image(call.session, call.context, image_id)
    call.enforce(target={"project_id": image.project_id})
    return image


def _enforce_visibility(call: Call, owner: str, visibility: str | None) -> None:
    if visibility == "public":
        call.enforce("publicize_image", {"project_id": owner})
    elif visibility == "community":
        call.enforce("communitize_image", {"project_id": owner})


def create(call: Call) -> Reply:
    """POST /v2/images."""
    owner = call.body.get("owner") or call.context.project_id or ""
    if owner != call.context.project_id and not call.context.is_admin:
        raise Forbidden("You are not permitted to create images owned by another project.")
    _enforce_visibility(call, owner, call.body.get("visibility"))
    image = images.create_image(call.session, call.context, call.body, call.settings.image_pool)
    headers = {"Location": call.url(f"/v2/images/{image.id}"), "OpenStack-image-import-methods": "glance-direct"}
    return Reply(shown(image), 201, headers)


def index(call: Call) -> dict[str, Any]:
    """GET /v2/images."""
    statement = filters.listing(call.context, call.query.to_dict(flat=False))
    if "limit" not in call.query:
        call.query = call.query.copy()
        call.query["limit"] = DEFAULT_PAGE
    rows, more = page(call, call.session, statement, filters.SORTABLE)
    arguments = [(k, v) for k, v in call.query.items(multi=True) if k != "marker"]
    body: dict[str, Any] = {
        "images": [shown(image) for image in rows],
        "first": "/v2/images" + (f"?{urlencode(arguments)}" if arguments else ""),
        "schema": "/v2/schemas/images",
    }
    if more and rows:
        body["next"] = f"/v2/images?{urlencode([*arguments, ('marker', rows[-1].id)])}"
    return body


def show(call: Call, image_id: str) -> dict[str, Any]:
    """GET /v2/images/{image_id}."""
    return shown(images.find_image(call.session, call.context, image_id))


def change(call: Call, image_id: str) -> dict[str, Any]:
    """PATCH /v2/images/{image_id}."""
    if call.request.mimetype not in PATCH_TYPES:
        fault = UnsupportedMediaType(f"Send {PATCH_TYPES[0]}.")
        fault.headers["Accept-Patch"] = ", ".join(PATCH_TYPES)
        raise fault
    image = find(call, image_id)
    before = image.visibility
    change_image(call.session, call.context, image, call.body)
    if image.visibility != before:
        _enforce_visibility(call, image.project_id, image.visibility)
    return shown(image)


def delete(call: Call, image_id: str) -> None:
    """DELETE /v2/images/{image_id}."""
    images.delete_image(call.session, call.context, find(call, image_id))


def add_tag(call: Call, image_id: str, tag: str) -> None:
    """PUT /v2/images/{image_id}/tags/{tag}."""
    images.add_tag(find(call, image_id), tag)


def remove_tag(call: Call, image_id: str, tag: str) -> None:
    """DELETE /v2/images/{image_id}/tags/{tag}."""
    images.remove_tag(find(call, image_id), tag)


def deactivate(call: Call, image_id: str) -> None:
    """POST /v2/images/{image_id}/actions/deactivate."""
    images.set_active(find(call, image_id), False)


def reactivate(call: Call, image_id: str) -> None:
    """POST /v2/images/{image_id}/actions/reactivate."""
    images.set_active(find(call, image_id), True)


def nothing(call: Call) -> None:
    """An image without an id is none."""
    raise NotFound("The resource could not be found.")


ONE = "/v2/images/<image_id>"
ROUTES = [
    Route("POST", "/v2/images", create, "add_image", 201, schemas.CREATE),
    Route("GET", "/v2/images", index, "get_images"),
    Route("GET", ONE, show, "get_image"),
    Route("PATCH", ONE, change, "modify_image", schema=schemas.PATCH, late=True),
    Route("DELETE", ONE, delete, "delete_image", 204, late=True),
    *[Route(method, "/v2/images/", nothing, "get_image", write=False) for method in ("GET", "PATCH", "DELETE")],
    Route("PUT", f"{ONE}/tags/<tag>", add_tag, "modify_image", 204, late=True, body="none"),
    Route("DELETE", f"{ONE}/tags/<tag>", remove_tag, "modify_image", 204, late=True),
    Route("POST", f"{ONE}/actions/deactivate", deactivate, "deactivate", 204, late=True),
    Route("POST", f"{ONE}/actions/reactivate", reactivate, "reactivate", 204, late=True),
]
