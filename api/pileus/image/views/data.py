"""The bytes of images over HTTP: upload, stage, import and download; streamed, never held."""

from typing import Any

from pileus.core.errors import BadRequest, UnsupportedMediaType
from pileus.core.http.call import Call
from pileus.core.http.reply import Reply
from pileus.core.service import Route
from pileus.image import schemas
from pileus.image.operations import data, images
from pileus.image.views.images import ONE, find


def _receive(call: Call, image_id: str, staged: bool) -> None:
    if call.request.mimetype != "application/octet-stream":
        raise UnsupportedMediaType("Image data is application/octet-stream.")
    find(call, image_id)
    call.session.close()  # nothing is held in the database while bytes flow
    data.receive(call.database, call.settings, call.context, image_id, call.request.stream, staged)


def upload(call: Call, image_id: str) -> None:
    """PUT /v2/images/{image_id}/file."""
    _receive(call, image_id, False)
    data.wait_for_disk(call.database, image_id, call.settings.image_wait)


def stage(call: Call, image_id: str) -> None:
    """PUT /v2/images/{image_id}/stage."""
    _receive(call, image_id, True)


def import_image(call: Call, image_id: str) -> None:
    """POST /v2/images/{image_id}/import."""
    method: Any = call.body["method"]["name"]
    if method != "glance-direct":
        raise BadRequest(f"Unknown import method name '{method}'.", field="method/name")
    data.import_staged(call.session, call.context, find(call, image_id))


def download(call: Call, image_id: str) -> Reply:
    """GET /v2/images/{image_id}/file."""
    image = images.find_image(call.session, call.context, image_id)
    call.session.close()
    stream = data.download(call.settings, call.context, image)
    if stream is None:
        return Reply(None, 204)
    headers = {"Content-Length": str(image.size)}
    if image.checksum:
        headers["Content-MD5"] = image.checksum
    return Reply(None, 200, headers, "application/octet-stream", stream)


ROUTES = [
    Route("PUT", f"{ONE}/file", upload, "upload_image", 204, body="stream", late=True, write=False),
    Route("GET", f"{ONE}/file", download, "download_image", body="stream"),
    Route("PUT", f"{ONE}/stage", stage, "stage_image", 204, body="stream", late=True, write=False),
    Route("POST", f"{ONE}/import", import_image, "import_image", 202, schemas.IMPORT, late=True),
]
