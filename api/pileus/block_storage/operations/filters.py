"""What lists of volumes and snapshots can be filtered and sorted by."""

import ast
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Select, false, select

from pileus.block_storage.models import Snapshot, Volume
from pileus.core.context import Context
from pileus.core.errors import BadRequest

VOLUMES: dict[str, Any] = {
    "name": Volume.name,
    "display_name": Volume.name,
    "status": Volume.status,
    "availability_zone": Volume.availability_zone,
    "user_id": Volume.user_id,
    "snapshot_id": Volume.snapshot_id,
    "source_volid": Volume.source_volume_id,
    "id": Volume.id,
    "volume_type_id": Volume.volume_type_id,
    "project_id": Volume.project_id,
}
SNAPSHOTS: dict[str, Any] = {
    "name": Snapshot.name,
    "display_name": Snapshot.name,
    "status": Snapshot.status,
    "volume_id": Snapshot.volume_id,
    "user_id": Snapshot.user_id,
    "id": Snapshot.id,
    "project_id": Snapshot.project_id,
}
VOLUME_SORT: dict[str, Any] = {
    "id": Volume.id,
    "created_at": Volume.created_at,
    "updated_at": Volume.updated_at,
    "name": Volume.name,
    "display_name": Volume.name,
    "size": Volume.size,
    "status": Volume.status,
    "bootable": Volume.bootable,
    "availability_zone": Volume.availability_zone,
}
SNAPSHOT_SORT: dict[str, Any] = {
    "id": Snapshot.id,
    "created_at": Snapshot.created_at,
    "updated_at": Snapshot.updated_at,
    "name": Snapshot.name,
    "display_name": Snapshot.name,
    "volume_size": Snapshot.size,
    "status": Snapshot.status,
    "volume_id": Snapshot.volume_id,
}


def listing(context: Context, query: Mapping[str, str], model: Any, columns: Mapping[str, Any]) -> Select[Any]:
    """The statement for a list: the caller's own, or everyone's for an administrator who asks for all_tenants.

    Filters this service does not know are left aside, as clients expect. Raises BadRequest for a bad value.
    """
    statement = select(model)
    whole = context.is_admin and query.get("all_tenants", query.get("all_projects", "0")).lower() not in ("0", "false")
    if not whole:
        statement = statement.where(model.project_id == context.project_id)
    for key, value in query.items():
        if key == "project_id" and not whole:
            continue
        if key in columns:
            statement = statement.where(columns[key] == value)
        elif key.endswith("~") and key[:-1] in columns:
            statement = statement.where(columns[key[:-1]].contains(value, autoescape=True))
        elif key == "metadata":
            statement = statement.where(*_holds(model.meta, value, key))
        elif key == "glance_metadata" and model is Volume:
            statement = statement.where(*_holds(Volume.image_metadata, value, key))
        elif key == "bootable" and model is Volume:
            statement = statement.where(Volume.bootable.is_(value.lower() in ("true", "1")))
    if (offset := query.get("offset", "0")) != "0":
        if not offset.isascii() or not offset.isdigit() or len(offset) > 15:
            raise BadRequest(f"offset must be a non-negative integer, not {offset!r}", field="offset")
        statement = statement.offset(int(offset))
    return statement


def _holds(column: Any, text: str, key: str) -> list[Any]:
    """Conditions that a JSON column holds all pairs of a dictionary, which clients write as Python or JSON."""
    try:
        wanted = ast.literal_eval(text)
        pairs = [(str(name), str(value)) for name, value in wanted.items()]
    except (ValueError, SyntaxError, AttributeError, TypeError, MemoryError, RecursionError):
        raise BadRequest(f"{key} must be a dictionary, not {text[:100]!r}", field=key) from None
    return [false() if '"' in name or "\\" in name else column[name].as_string() == value for name, value in pairs]
