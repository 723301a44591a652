"""Images by way of compute, as clients before microversion 2.36 still ask for them."""

from typing import Any

from pileus.compute.views.links import links, more
from pileus.core.errors import Forbidden, NotFound
from pileus.core.http.call import Call
from pileus.core.http.page import page
from pileus.core.service import Route
from pileus.image import operations as image

STATUS = {"active": "ACTIVE", "queued": "SAVING", "saving": "SAVING", "uploading": "SAVING", "importing": "SAVING"}
SORT = {"id": image.Image.id, "created_at": image.Image.created_at, "name": image.Image.name}
UNTIL = (2, 35)


def _summary(call: Call, row: image.Image) -> dict[str, Any]:
    elsewhere = {"rel": "alternate", "href": f"{call.settings.public_url}/image/v2/images/{row.id}"}
    return {"id": row.id, "name": row.name, "links": [*links(call, "images", row.id), elsewhere]}


def _detail(call: Call, row: image.Image) -> dict[str, Any]:
    status = STATUS.get(row.status, "ERROR")
    body = {
        **_summary(call, row),
        "status": status,
        "progress": {"ACTIVE": 100, "SAVING": 25}.get(status, 0),
        "minDisk": row.min_disk,
        "minRam": row.min_ram,
        "metadata": dict(row.properties),
        "created": row.created_at,
        "updated": row.updated_at or row.created_at,
        "OS-EXT-IMG-SIZE:size": row.size,
    }
    if server := row.properties.get("instance_uuid"):
        body["server"] = {"id": server, "links": links(call, "servers", server)}
    return body


def index(call: Call, detail: bool = False) -> Any:
    """GET /images."""
    statement = image.visible(call.context)
    if "name" in call.query:
        statement = statement.where(image.Image.name == call.query["name"])
    if "server" in call.query:
        wanted = call.query["server"].rstrip("/").rpartition("/")[2]
        statement = statement.where(image.Image.properties["instance_uuid"].as_string() == wanted)
    if "status" in call.query:
        statement = statement.where(image.Image.status == call.query["status"].lower())
    rows, follow = page(call, call.session, statement, SORT)
    shape = _detail if detail else _summary
    return {"images": [shape(call, row) for row in rows], **more(call, "images_links", rows, follow)}


def detail(call: Call) -> Any:
    """GET /images/detail."""
    return index(call, detail=True)


def _find(call: Call, image_id: str) -> image.Image:
    try:
        return image.find_image(call.session, call.context, image_id)
    except NotFound:
        raise NotFound("Image not found.") from None


def show(call: Call, image_id: str) -> Any:
    """GET /images/{id}."""
    return {"image": _detail(call, _find(call, image_id))}


def delete(call: Call, image_id: str) -> Any:
    """DELETE /images/{id}; only the owner's project and admins may."""
    row = _find(call, image_id)
    if row.project_id != call.context.project_id and not call.context.is_admin:
        raise Forbidden("You are not allowed to delete the image.")
    image.delete_image(call.session, call.context, row)


RULE = "os_compute_api:images"
ALL, ONE = "/v2.1/images", "/v2.1/images/<image_id>"
ROUTES = [
    Route("GET", ALL, index, RULE, until=UNTIL),
    Route("GET", f"{ALL}/detail", detail, RULE, until=UNTIL),
    Route("GET", ONE, show, RULE, until=UNTIL),
    Route("DELETE", ONE, delete, f"{RULE}:delete", 204, until=UNTIL),
]
