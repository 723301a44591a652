"""The disks of a server: its root, the volumes it has, and how volumes come and go."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from pileus.block_storage import operations as block_storage
from pileus.compute.models import BlockDevice, Server
from pileus.core.context import Context
from pileus.core.errors import BadRequest, Conflict, Fault, Forbidden, NotFound
from pileus.core.intents import Intent

LETTERS = "abcdefghijklmnopqrstuvwxyz"
ROOT = "vda"


def devices_of(session: Session, server_id: str) -> list[BlockDevice]:
    """The volumes of a server in the order of their device names."""
    found = select(BlockDevice).where(BlockDevice.server_id == server_id).order_by(BlockDevice.device)
    return list(session.scalars(found))


def find_device(session: Session, server_id: str, volume_id: str) -> BlockDevice:
    """The attachment of one volume; raises NotFound."""
    found = session.scalar(
        select(BlockDevice).where(BlockDevice.server_id == server_id, BlockDevice.volume_id == volume_id)
    )
    if found is None:
        raise NotFound(f"Instance {server_id} is not attached to volume {volume_id}")
    return found


def free_name(taken: Sequence[str]) -> str:
    """The first device name nobody has; raises Forbidden when a server has 25 volumes already."""
    for letter in LETTERS[1:]:
        if f"vd{letter}" not in taken:
            return f"vd{letter}"
    raise Forbidden("The maximum allowed number of volumes to attach to a single server is reached.")


def root_item(server: Server, pool: str) -> list[dict[str, Any]]:
    """The rbd_volume item of the root disk; [] for a server that boots from a volume."""
    if not server.boot:
        return []
    return [
        {
            "id": server.id,
            "host": server.host,
            "pool": pool,
            "name": f"{server.id}_disk",
            "size": server.root_size,
            "source": server.boot,
        }
    ]


def wanted(session: Session, server: Server, intent: Intent) -> list[BlockDevice]:
    """The volumes that the domain shall have once this intent is done: what later intents ask for is theirs."""
    mine = intent.params.get("volume_id")
    kept = []
    for device in devices_of(session, server.id):
        if device.volume_id == mine:
            if device.state != "detaching":
                kept.append(device)
        elif device.state in ("attached", "detaching") or intent.params.get("action") == "create":
            kept.append(device)
    return kept


def disk_items(
    session: Session, server: Server, devices: Sequence[BlockDevice], context: Context
) -> list[dict[str, Any]]:
    """The disks of a domain. A volume made for this server is reserved here; raises Conflict where making it failed."""
    items: list[dict[str, Any]] = []
    if server.boot:
        root = server.root_pool
        items.append(_item(server.id, root, f"{server.id}_disk", ROOT, 0))
    for device in devices:
        volume = block_storage.find_volume(session, context, device.volume_id)
        if device.state == "new":
            if volume.status != "available":
                raise Conflict(f"Volume {volume.id} could not be made: it is in state {volume.status}.")
            block_storage.reserve(session, context, volume.id, server.id)
            device.state = "attaching"
        disk = block_storage.disk(volume)
        items.append(_item(volume.id, disk["pool"], disk["image"], device.device, device.boot_index))
    return items


def _item(disk_id: str, pool: str, image: str, device: str, boot_index: int | None) -> dict[str, Any]:
    item = {"id": disk_id, "pool": pool, "image": image, "device": device, "bus": "virtio", "serial": disk_id}
    return item if boot_index is None else {**item, "boot_index": boot_index}


def attach(session: Session, context: Context, server: Server, volume_id: str, **more: Any) -> BlockDevice:
    """Reserve a volume for a server and note where it goes; the run plugs it in.

    `more` may hold tag and delete_on_termination. Raises NotFound, BadRequest or Conflict.
    """
    block_storage.find_volume(session, context, volume_id)
    taken = devices_of(session, server.id)
    if any(device.volume_id == volume_id for device in taken):
        raise BadRequest(f"Volume {volume_id} is attached to this server already.", field="volumeId")
    block_storage.reserve(session, context, volume_id, server.id)
    row = BlockDevice(
        server_id=server.id, volume_id=volume_id, device=free_name([d.device for d in taken]), state="attaching", **more
    )
    session.add(row)
    session.flush()
    return row


def begin_detach(session: Session, context: Context, server: Server, volume_id: str) -> BlockDevice:
    """Note that a volume shall go; raises Conflict while it comes or goes already, BadRequest for the root disk."""
    row = find_device(session, server.id, volume_id)
    if row.boot_index == 0:
        raise Forbidden("Cannot detach a root device volume")
    if row.state != "attached":
        raise Conflict(f"Volume {volume_id} is {row.state}; wait until that is over.")
    block_storage.begin_detach(session, context, volume_id, server.id)
    row.state = "detaching"
    return row


def settle(session: Session, server: Server, intent: Intent) -> None:
    """After a good run: what was to come is attached, what was to go is available."""
    mine, create = intent.params.get("volume_id"), intent.params.get("action") == "create"
    for device in devices_of(session, server.id):
        if device.state == "attaching" and (create or device.volume_id == mine):
            _attached(session, server, device)
        elif device.state == "detaching" and device.volume_id == mine:
            block_storage.detached(session, device.volume_id, server.id)
            session.delete(device)


def _attached(session: Session, server: Server, device: BlockDevice) -> None:
    where = (server.host or "", f"/dev/{device.device}", device.id)
    block_storage.attached(session, device.volume_id, server.id, *where)
    device.state = "attached"


def undo(session: Session, server: Server, intent: Intent) -> None:
    """After a failed attachment the volume is free again, after a failed detachment still in use.

    A server that failed to be made keeps its volumes, so that whatever heals it finds them; where no host was found,
    nothing but a delete can follow.
    """
    create = intent.params.get("action") == "create" and server.host is not None
    for device in devices_of(session, server.id):
        if create and device.state == "attaching":
            _attached(session, server, device)
        if device.volume_id != intent.params.get("volume_id"):
            continue
        if device.state == "attaching":
            block_storage.unreserve(session, device.volume_id, server.id)
            session.delete(device)
        elif device.state == "detaching":
            block_storage.detach_failed(session, device.volume_id)
            device.state = "attached"


def release(session: Session, context: Context, server: Server) -> None:
    """Let go of all volumes of a server that is gone, and delete those that shall go with it."""
    for device in devices_of(session, server.id):
        try:
            if device.state == "attaching":
                block_storage.unreserve(session, device.volume_id, server.id)
            elif device.state != "new":
                block_storage.detached(session, device.volume_id, server.id)
            if device.delete_on_termination:
                session.flush()
                block_storage.delete_volume(session, context, device.volume_id)
        except Fault:  # a volume that is gone or can't go must not keep a server from being deleted
            pass
        session.delete(device)
    session.flush()
