"""Volumes over HTTP."""

from collections.abc import Sequence
from typing import Any

from pileus.block_storage import schemas
from pileus.block_storage.models import Volume, VolumeAttachment
from pileus.block_storage.operations import filters, volumes
from pileus.block_storage.views.paging import listed
from pileus.block_storage.views.paths import both, link
from pileus.core.errors import BadRequest, NotFound
from pileus.core.http.call import Call
from pileus.core.service import Route

HOST = "pileus@ceph"


def attachment(row: VolumeAttachment) -> dict[str, Any]:
    """An attachment as a volume shows it."""
    return {
        "id": row.volume_id,
        "attachment_id": row.id,
        "volume_id": row.volume_id,
        "server_id": row.server_id,
        "host_name": row.host,
        "device": row.device,
        "attached_at": row.attached_at,
    }


def brief(call: Call, volume: Volume) -> dict[str, Any]:
    """A volume as create and update answer."""
    body: dict[str, Any] = {
        "id": volume.id,
        "name": volume.name,
        "description": volume.description,
        "status": volume.status,
        "size": volume.size,
        "availability_zone": volume.availability_zone,
        "created_at": volume.created_at,
        "updated_at": volume.updated_at,
        "user_id": volume.user_id,
        "volume_type": volume.volume_type.name if volume.volume_type else None,
        "snapshot_id": volume.snapshot_id,
        "source_volid": volume.source_volume_id,
        "metadata": volume.meta,
        "bootable": "true" if volume.bootable else "false",
        "encrypted": False,
        "multiattach": False,
        "replication_status": None,
        "consistencygroup_id": None,
        "migration_status": None,
        "attachments": [attachment(row) for row in volume.attachments if row.status in ("attached", "detaching")],
        "links": link(call, f"/volumes/{volume.id}"),
    }
    if call.at_least(3, 13):
        body["group_id"] = None
    if call.at_least(3, 48):
        body |= {"service_uuid": None, "shared_targets": False}
    if call.at_least(3, 63):
        body["volume_type_id"] = volume.volume_type_id
    if call.at_least(3, 65):
        body["consumes_quota"] = True
    return body


def detail(call: Call, volume: Volume, admin: bool) -> dict[str, Any]:
    """A volume as show and list-with-detail answer."""
    body = brief(call, volume)
    if volume.readonly is not None:
        body["metadata"] = {**volume.meta, "readonly": str(volume.readonly)}
    if volume.image_metadata:
        body["volume_image_metadata"] = volume.image_metadata
    body["os-vol-tenant-attr:tenant_id"] = volume.project_id
    if admin:
        body["os-vol-host-attr:host"] = f"{HOST}#{volume.pool}"
        body |= {"os-vol-mig-status-attr:migstat": None, "os-vol-mig-status-attr:name_id": None}
        if call.at_least(3, 21):
            body["provider_id"] = None
        if call.at_least(3, 61):
            body["cluster_name"] = None
    else:
        del body["migration_status"]
    return body


def create(call: Call) -> dict[str, Any]:
    """POST /volumes."""
    asked = call.body["volume"]
    for key in ("backup_id", "group_id", "consistencygroup_id"):
        if asked.get(key):
            raise BadRequest(f"This cloud has no {key.removesuffix('_id')}s.", field=key)
    if schemas.truth(asked.get("multiattach", False)):
        raise BadRequest("Volumes for several servers at once are not supported.", field="multiattach")
    size = asked.get("size")
    made = volumes.create_volume(
        call.session,
        call.context,
        size=int(size) if size is not None else None,
        name=asked.get("name", asked.get("display_name")),
        description=asked.get("description", asked.get("display_description")),
        image_id=asked.get("imageRef") or asked.get("image_id"),
        snapshot_id=asked.get("snapshot_id"),
        source_volume_id=asked.get("source_volid"),
        volume_type=asked.get("volume_type"),
        availability_zone=asked.get("availability_zone"),
        metadata=asked.get("metadata"),
    )
    return {"volume": brief(call, made)}


def _page(call: Call) -> tuple[Sequence[Volume], dict[str, Any]]:
    statement = filters.listing(call.context, call.query.to_dict(), Volume, filters.VOLUMES)
    return listed(call, statement, filters.VOLUME_SORT, "volumes")


def index(call: Call) -> dict[str, Any]:
    """GET /volumes."""
    rows, extra = _page(call)
    short = [{"id": v.id, "name": v.name, "links": link(call, f"/volumes/{v.id}")} for v in rows]
    return {"volumes": short, **extra}


def index_detail(call: Call) -> dict[str, Any]:
    """GET /volumes/detail."""
    rows, extra = _page(call)
    return {"volumes": [detail(call, v, call.context.is_admin) for v in rows], **extra}


def summary(call: Call) -> dict[str, Any]:
    """GET /volumes/summary."""
    whole = schemas.truth(call.query.get("all_tenants", ""))
    rows = call.session.execute(
        volumes.owned(call.context, whole).with_only_columns(Volume.size, Volume.meta).order_by(None)
    ).all()
    body: dict[str, Any] = {"total_size": sum(size for size, _ in rows), "total_count": len(rows)}
    if call.at_least(3, 36):
        found: dict[str, list[str]] = {}
        for _, meta in rows:
            for key, value in meta.items():
                if value not in found.setdefault(key, []):
                    found[key].append(value)
        body["metadata"] = found
    return {"volume-summary": body}


def find(call: Call, volume_id: str) -> Volume:
    """The volume a request is about."""
    return volumes.find_volume(call.session, call.context, volume_id)


def show(call: Call, volume_id: str) -> dict[str, Any]:
    """GET /volumes/{volume_id}."""
    return {"volume": detail(call, find(call, volume_id), call.context.is_admin)}


def change(call: Call, volume_id: str) -> dict[str, Any]:
    """PUT /volumes/{volume_id}."""
    volume = find(call, volume_id)
    asked = call.body["volume"]
    for key in ("name", "description"):
        if (name := next((n for n in (key, f"display_{key}") if n in asked), None)) is not None:
            setattr(volume, key, asked[name])
    if asked.get("metadata") is not None:
        volume.meta = asked["metadata"]
    call.session.flush()
    return {"volume": brief(call, volume)}


def delete(call: Call, volume_id: str) -> None:
    """DELETE /volumes/{volume_id}."""
    cascade = schemas.truth(call.query.get("cascade", ""))
    force = call.at_least(3, 23) and schemas.truth(call.query.get("force", ""))
    if force:
        call.enforce("volume:force_delete")
    volumes.delete_volume(call.session, call.context, volume_id, cascade, force)


def nothing(call: Call) -> None:
    """A volume without an id is none."""
    raise NotFound("The resource could not be found.")


ROUTES = both(
    Route("POST", "/volumes", create, "volume:create", 202, schemas.VOLUME_CREATE),
    Route("GET", "/volumes", index, "volume:get_all"),
    Route("GET", "/volumes/detail", index_detail, "volume:get_all"),
    Route("GET", "/volumes/summary", summary, "volume:get_all", since=(3, 12)),
    Route("GET", "/volumes/<volume_id>", show, "volume:get"),
    Route("PUT", "/volumes/<volume_id>", change, "volume:update", schema=schemas.VOLUME_UPDATE),
    Route("DELETE", "/volumes/<volume_id>", delete, "volume:delete", 202),
    *[Route(method, "/volumes/", nothing, "volume:get", write=False) for method in ("GET", "PUT", "DELETE")],
)
