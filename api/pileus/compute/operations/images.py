"""An image of a server: its root disk as it is at this moment, as a new image."""

from collections.abc import Mapping

from sqlalchemy.orm import Session

from pileus.compute.models import Server
from pileus.compute.operations import actions, power
from pileus.core.context import Context
from pileus.core.errors import BadRequest
from pileus.core.intents import Intent
from pileus.core.service import Operation, Variables
from pileus.image import operations as image

GIB = 1024**3


def _build(_session: Session, intent: Intent, row: image.Image) -> Variables:
    """A clone of the disk, and its snapshot; both where the server is."""
    where = {"id": row.id, "host": intent.params["host"], "pool": row.pool}
    return {
        "rbd_volume_items": [{**where, "name": row.id, "size": row.virtual_size, "source": intent.params["disk"]}],
        "rbd_snapshot_items": [{**where, "volume": row.id, "name": "snap"}],
    }


IMAGE = Operation(
    service="compute",
    name="server_image_create",
    playbook="compute/server_image_create.yml",
    model=image.Image,
    variables=("rbd_volume_items", "rbd_snapshot_items"),
    build=_build,
    doing="saving",
    done="active",
    failed="killed",
    timeout=1800,
)


def create_image(
    session: Session, context: Context, server: Server, name: str, metadata: Mapping[str, str], pool: str
) -> str:
    """Ask for an image of a server; returns its id.

    Raises BadRequest for a server without a root disk of its own, and for metadata that an image can't have.
    """
    power.check_unlocked(context, server)
    power.check_state(server, "createImage", ("ACTIVE", "SHUTOFF"), idle=False)
    if not server.boot or server.image_id is None:
        raise BadRequest("A server that boots from a volume has no disk of its own; take a volume snapshot.")
    found = image.image_summaries(session, [server.image_id]).get(server.image_id, {})
    kept = {key: value for key, value in (found.get("properties") or {}).items() if isinstance(value, str)}
    properties = {**kept, **metadata, "base_image_ref": server.image_id, "instance_uuid": server.id}
    minima = {"min_disk": -(-server.root_size // GIB), "min_ram": int(found.get("min_ram") or 0)}
    row = image.begin_capture(session, context, name, pool, server.root_size, properties, minima)
    disk = {"pool": server.root_pool, "name": f"{server.id}_disk"}
    IMAGE.submit(session, row, context, params={"host": server.host, "disk": disk}, needs=[server.id])
    actions.record(session, context, server, "createImage")
    return row.id
