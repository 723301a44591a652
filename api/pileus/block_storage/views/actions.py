"""Actions on volumes: POST /volumes/{volume_id}/action."""

from typing import Any

from pileus.block_storage import schemas
from pileus.block_storage.models import Volume
from pileus.block_storage.operations import actions, attachments, uploads, volumes
from pileus.block_storage.views.paths import both
from pileus.block_storage.views.types import shown
from pileus.core.errors import BadRequest
from pileus.core.http.call import Call
from pileus.core.service import Route


def find(call: Call, volume_id: str) -> Volume:
    """The volume a request changes."""
    return volumes.hold_volume(call.session, call.context, volume_id)


def extend(call: Call, volume_id: str) -> None:
    """Grow; attached volumes only from microversion 3.42 on."""
    size = int(call.body["os-extend"]["new_size"])
    volumes.extend_volume(call.session, call.context, find(call, volume_id), size, call.at_least(3, 42))


def reserve(call: Call, volume_id: str) -> None:
    """Hold for an attachment to come."""
    volume = find(call, volume_id)
    attachments.must_be(volume, "available")
    volume.status = "attaching"


def unreserve(call: Call, volume_id: str) -> None:
    """Give a hold back."""
    actions.unreserve(find(call, volume_id))


def attach(call: Call, volume_id: str) -> None:
    """Write down that something outside of this cloud's servers holds the volume."""
    asked = call.body["os-attach"]
    actions.attach(
        call.session,
        find(call, volume_id),
        server_id=asked.get("instance_uuid"),
        host=asked.get("host_name"),
        device=asked["mountpoint"],
        mode=asked.get("mode", "rw"),
    )


def detach(call: Call, volume_id: str) -> None:
    """Forget such an attachment."""
    asked = call.body["os-detach"] or {}
    actions.detach(call.session, find(call, volume_id), asked.get("attachment_id"))


def force_detach(call: Call, volume_id: str) -> None:
    """Forget an attachment, whatever it is."""
    asked = call.body["os-force_detach"] or {}
    actions.detach(call.session, find(call, volume_id), asked.get("attachment_id"), force=True)


def begin_detaching(call: Call, volume_id: str) -> None:
    """in-use to detaching."""
    volume = find(call, volume_id)
    attachments.must_be(volume, "in-use")
    volume.status = "detaching"


def roll_detaching(call: Call, volume_id: str) -> None:
    """detaching back to in-use."""
    attachments.detach_failed(call.session, find(call, volume_id).id)


def set_bootable(call: Call, volume_id: str) -> None:
    """Say whether a server can boot from it."""
    find(call, volume_id).bootable = schemas.truth(call.body["os-set_bootable"]["bootable"])


def set_readonly(call: Call, volume_id: str) -> None:
    """Say whether servers may write to it."""
    volume = find(call, volume_id)
    attachments.must_be(volume, "available")
    volume.readonly = schemas.truth(call.body["os-update_readonly_flag"]["readonly"])


def reset_status(call: Call, volume_id: str) -> None:
    """Set the state by hand."""
    asked = call.body["os-reset_status"]
    actions.reset_status(call.session, find(call, volume_id), asked.get("status"), asked.get("attach_status"))


def force_delete(call: Call, volume_id: str) -> None:
    """Delete in whatever state."""
    volumes.delete_volume(call.session, call.context, volume_id, cascade=True, force=True)


def retype(call: Call, volume_id: str) -> None:
    """Another type, on the same storage."""
    actions.retype(call.session, call.context, find(call, volume_id), call.body["os-retype"]["new_type"])


def show_image_metadata(call: Call, volume_id: str) -> dict[str, Any]:
    """What is known of the image the volume was made of."""
    return {"metadata": find(call, volume_id).image_metadata or {}}


def set_image_metadata(call: Call, volume_id: str) -> dict[str, Any]:
    """Add to that."""
    volume = find(call, volume_id)
    volume.image_metadata = {**(volume.image_metadata or {}), **call.body["os-set_image_metadata"]["metadata"]}
    return {"metadata": volume.image_metadata}


def unset_image_metadata(call: Call, volume_id: str) -> None:
    """Take from that."""
    actions.unset_image_metadata(find(call, volume_id), call.body["os-unset_image_metadata"]["key"])


def upload_image(call: Call, volume_id: str) -> dict[str, Any]:
    """An image of the volume as it is now; visibility and protected from microversion 3.1 on."""
    asked, chosen = call.body["os-volume_upload_image"], {}
    if call.at_least(3, 1):
        protected = schemas.truth(asked.get("protected", False))
        chosen = {"visibility": asked.get("visibility", "private"), "protected": protected}
    elif early := next((key for key in ("visibility", "protected") if key in asked), None):
        raise BadRequest(f"{early} needs microversion 3.1 or later.", field=early)
    if chosen.get("visibility") == "public":
        call.enforce("volume_extension:volume_actions:upload_public")
    volume = find(call, volume_id)
    image = uploads.upload_image(
        call.session,
        call.context,
        volume,
        call.settings.image_pool,
        name=asked["image_name"],
        formats=(asked.get("container_format") or "bare", asked.get("disk_format") or "raw"),
        force=schemas.truth(asked.get("force", False)),
        **chosen,
    )
    return {"os-volume_upload_image": {**_uploading(call, volume), **chosen, **image}}


def _uploading(call: Call, volume: Volume) -> dict[str, Any]:
    """What the answer to an upload says of the volume, its type in full."""
    kind = volume.volume_type
    times = {"created_at": kind.created_at, "updated_at": kind.updated_at, "deleted_at": None} if kind else {}
    return {
        "id": volume.id,
        "status": volume.status,
        "updated_at": volume.updated_at,
        "display_description": volume.description,
        "size": volume.size,
        "volume_type": {**shown(call, kind), **times, "deleted": False, "qos_specs_id": None} if kind else None,
    }


ACTION = "volume_extension:volume_actions:"
ADMIN = "volume_extension:volume_admin_actions:"
ACTIONS: list[tuple[str, Any, str, int, Any]] = [
    ("os-extend", extend, "volume:extend", 202, schemas.EXTEND),
    ("os-reserve", reserve, f"{ACTION}reserve", 202, None),
    ("os-unreserve", unreserve, f"{ACTION}unreserve", 202, None),
    ("os-attach", attach, f"{ACTION}attach", 202, schemas.ATTACH),
    ("os-detach", detach, f"{ACTION}detach", 202, schemas.DETACH),
    ("os-begin_detaching", begin_detaching, f"{ACTION}begin_detaching", 202, None),
    ("os-roll_detaching", roll_detaching, f"{ACTION}roll_detaching", 202, None),
    ("os-set_bootable", set_bootable, f"{ACTION}set_bootable", 200, schemas.SET_BOOTABLE),
    ("os-update_readonly_flag", set_readonly, "volume:update_readonly_flag", 202, schemas.READONLY),
    ("os-reset_status", reset_status, f"{ADMIN}reset_status", 202, schemas.RESET_STATUS),
    ("os-force_delete", force_delete, f"{ADMIN}force_delete", 202, None),
    ("os-force_detach", force_detach, f"{ADMIN}force_detach", 202, None),
    ("os-retype", retype, "volume:retype", 202, schemas.RETYPE),
    ("os-volume_upload_image", upload_image, f"{ACTION}upload_image", 202, schemas.UPLOAD_IMAGE),
    ("os-show_image_metadata", show_image_metadata, "volume_extension:volume_image_metadata:show", 200, None),
    (
        "os-set_image_metadata",
        set_image_metadata,
        "volume_extension:volume_image_metadata:set",
        200,
        schemas.IMAGE_METADATA_SET,
    ),
    (
        "os-unset_image_metadata",
        unset_image_metadata,
        "volume_extension:volume_image_metadata:remove",
        200,
        schemas.IMAGE_METADATA_UNSET,
    ),
]
ROUTES = both(
    *(
        Route("POST", "/volumes/<volume_id>/action", view, rule, status, schema, action=name)
        for name, view, rule, status, schema in ACTIONS
    )
)
