"""Metadata of volumes and of snapshots over HTTP: the same for both."""

from collections.abc import Callable
from typing import Any

from pileus.block_storage import schemas
from pileus.block_storage.models import Snapshot, Volume
from pileus.block_storage.views import snapshots, volumes
from pileus.block_storage.views.paths import both
from pileus.core.errors import BadRequest, NotFound
from pileus.core.http.call import Call
from pileus.core.service import Route

Find = Callable[[Call, str], Volume | Snapshot]


class Metadata:
    """Metadata of one kind of resource, which `find` finds."""

    def __init__(self, find: Find) -> None:
        self.find = find

    def index(self, call: Call, owner: str) -> dict[str, Any]:
        """GET .../metadata."""
        return {"metadata": self.find(call, owner).meta}

    def add(self, call: Call, owner: str) -> dict[str, Any]:
        """POST .../metadata: add and overwrite."""
        row = self.find(call, owner)
        row.meta = {**row.meta, **call.body["metadata"]}
        return {"metadata": row.meta}

    def replace(self, call: Call, owner: str) -> dict[str, Any]:
        """PUT .../metadata: replace all."""
        row = self.find(call, owner)
        row.meta = dict(call.body["metadata"])
        return {"metadata": row.meta}

    def show(self, call: Call, owner: str, key: str) -> dict[str, Any]:
        """GET .../metadata/{key}."""
        return {"meta": {key: _item(self.find(call, owner), key)}}

    def change(self, call: Call, owner: str, key: str) -> dict[str, Any]:
        """PUT .../metadata/{key}."""
        if key not in call.body["meta"]:
            raise BadRequest("Request body and URI mismatch", field="meta")
        row = self.find(call, owner)
        row.meta = {**row.meta, **call.body["meta"]}
        return {"meta": call.body["meta"]}

    def delete(self, call: Call, owner: str, key: str) -> None:
        """DELETE .../metadata/{key}."""
        row = self.find(call, owner)
        _item(row, key)
        row.meta = {name: value for name, value in row.meta.items() if name != key}


def _routes(path: str, rule: str, find: Find) -> list[Route]:
    """The routes of metadata below one kind of resource."""
    served = Metadata(find)
    one = f"{path}/<key>"
    return both(
        Route("GET", path, served.index, f"volume:get_{rule}"),
        Route(
            "POST",
            path,
            served.add,
            f"volume:create_{rule}",
            schema=schemas.METADATA_SET,
        ),
        Route("PUT", path, served.replace, f"volume:update_{rule}", schema=schemas.METADATA_SET),
        Route("GET", one, served.show, f"volume:get_{rule}"),
        Route("PUT", one, served.change, f"volume:update_{rule}", schema=schemas.META_ITEM),
        Route("DELETE", one, served.delete, f"volume:delete_{rule}"),
    )


def _item(row: Volume | Snapshot, key: str) -> Any:
    if key not in row.meta:
        raise NotFound(f"Metadata item {key} was not found.")
    return row.meta[key]


ROUTES = [
    *_routes("/volumes/<owner>/metadata", "volume_metadata", volumes.find),
    *_routes("/snapshots/<owner>/metadata", "snapshot_metadata", snapshots.find),
]
