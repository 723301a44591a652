"""What a new server boots from: an image cloned to its own root disk, or volumes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy.orm import Session

from pileus.block_storage import operations as block_storage
from pileus.compute.models import BlockDevice, Flavor, Server
from pileus.compute.operations import disks, flavors
from pileus.core.context import Context
from pileus.core.errors import BadRequest, NotFound
from pileus.image import operations as image

GIB = 1024**3


@dataclass(frozen=True)
class Disk:
    """One volume of a new server: one that exists (`volume_id`), or one to be made from `source` of `size` GiB."""

    volume_id: str | None = None
    source: dict[str, str] = field(default_factory=dict)  # create_volume's image_id, snapshot_id or nothing
    size: int = 0
    root: bool = False
    delete_on_termination: bool = False
    tag: str | None = None
    volume_type: str | None = None


@dataclass(frozen=True)
class Plan:
    """The root disk to clone (`source`, `root_size` bytes, `image_id`) or none, and the volumes."""

    image_id: str | None
    source: dict[str, Any] | None
    root_size: int
    volumes: list[Disk]


def plan(session: Session, context: Context, wanted: Mapping[str, Any], flavor: Flavor) -> Plan:
    """Read imageRef and block_device_mapping_v2; raises BadRequest for what can't boot."""
    entries = list(wanted.get("block_device_mapping_v2") or [])
    image_id = wanted.get("imageRef") or None
    _check_order(entries)
    volumes = []
    for entry in entries:
        if entry.get("source_type") == "image" and entry.get("destination_type", "volume") == "local":
            if not _is_root(entry):
                raise BadRequest("Mapping image to local is only possible for the root disk.")
            image_id = image_id or entry.get("uuid")
        else:
            volumes.append(_disk(session, context, entry))
    if any(disk.root for disk in volumes):
        if image_id and wanted.get("imageRef"):
            volumes = _not_twice(volumes, image_id)
        return Plan(None, None, 0, volumes)
    if image_id is None:
        raise BadRequest("Invalid imageRef provided.", field="imageRef")
    found = image_source(session, context, image_id, flavors.snapshot(flavor))
    return replace(found, volumes=volumes)


def _is_root(entry: Mapping[str, Any]) -> bool:
    index = entry.get("boot_index")
    return index is not None and int(index) == 0


def _check_order(entries: Sequence[Mapping[str, Any]]) -> None:
    numbers = sorted(
        int(e["boot_index"]) for e in entries if e.get("boot_index") is not None and int(e["boot_index"]) >= 0
    )
    if numbers and numbers != list(range(len(numbers))):
        raise BadRequest(
            "Block Device Mapping is Invalid: Boot sequence for the instance and image/block device mapping "
            "combination is not valid.",
            field="block_device_mapping_v2",
        )


def _not_twice(volumes: list[Disk], image_id: str) -> list[Disk]:
    """A root volume beside imageRef is the same wish said twice only when it is made from that image."""
    if any(disk.root and disk.source.get("image_id") != image_id for disk in volumes):
        raise BadRequest(
            "Block Device Mapping is Invalid: Boot sequence for the instance and image/block device mapping "
            "combination is not valid.",
            field="block_device_mapping_v2",
        )
    return volumes


def _disk(session: Session, context: Context, entry: Mapping[str, Any]) -> Disk:
    kind, source_id, size = entry.get("source_type"), entry.get("uuid"), int(entry.get("volume_size") or 0)
    if entry.get("destination_type", "volume") == "local":
        raise BadRequest("Ephemeral and swap disks are not offered here.", field="block_device_mapping_v2")
    if kind != "blank" and not source_id:
        raise BadRequest("Missing device UUID.", field="block_device_mapping_v2")
    if kind in ("image", "blank") and not size:
        raise BadRequest("Blank volumes and images to volumes need a volume_size.", field="block_device_mapping_v2")
    more: dict[str, Any] = {
        "root": _is_root(entry),
        "delete_on_termination": bool(entry.get("delete_on_termination")),
        "tag": entry.get("tag"),
        "volume_type": entry.get("volume_type"),
    }
    if kind == "volume":
        try:
            volume = block_storage.find_volume(session, context, str(source_id))
        except NotFound as fault:
            raise BadRequest(fault.message, field="block_device_mapping_v2") from None
        if more["root"] and not volume.bootable:
            raise BadRequest(f"Block Device {volume.id} is not bootable.", field="block_device_mapping_v2")
        return Disk(volume_id=volume.id, **more)
    source = {} if kind == "blank" else {f"{kind}_id": str(source_id)}
    return Disk(source=source, size=size, **more)


def image_source(session: Session, context: Context, image_id: str, flavor: Mapping[str, Any]) -> Plan:
    """The root disk as a clone of an image; raises BadRequest when it does not exist or the flavor is too small."""
    try:
        found = image.bootable(session, context, str(image_id))
    except NotFound:
        raise BadRequest(f"Image {image_id} could not be found.", field="imageRef") from None
    if flavor["ram"] < found.min_ram:
        raise BadRequest("Flavor's memory is too small for requested image.", field="flavorRef")
    if flavor["disk"] and flavor["disk"] * GIB < max(found.size, found.min_disk * GIB):
        raise BadRequest(
            f"Flavor's disk is too small for requested image. Flavor disk is {flavor['disk'] * GIB} bytes, image is "
            f"{max(found.size, found.min_disk * GIB)} bytes.",
            field="flavorRef",
        )
    size = flavor["disk"] * GIB or max(found.size, found.min_disk * GIB)
    return Plan(found.image_id, {"pool": found.pool, "name": found.name, "snapshot": found.snapshot}, size, [])


def make_volumes(session: Session, context: Context, server: Server, wanted: Plan) -> list[str]:
    """Reserve or make the volumes of a new server; returns the ids of those its run must wait for."""
    taken: list[str] = []
    for disk in sorted(wanted.volumes, key=lambda d: not d.root):
        name = disks.ROOT if disk.root else disks.free_name(taken)
        taken.append(name)
        volume_id, state = disk.volume_id, "attaching"
        if volume_id:
            block_storage.reserve(session, context, volume_id, server.id)
        else:
            volume_id, state = _make(session, context, disk), "new"
        session.add(
            BlockDevice(
                server_id=server.id,
                volume_id=volume_id,
                device=name,
                boot_index=0 if disk.root else None,
                delete_on_termination=disk.delete_on_termination,
                tag=disk.tag,
                state=state,
            )
        )
        session.flush()
    return [device.volume_id for device in disks.devices_of(session, server.id)]


def _make(session: Session, context: Context, disk: Disk) -> str:
    try:
        volume = block_storage.create_volume(
            session,
            context,
            size=disk.size,
            volume_type=disk.volume_type,
            image_id=disk.source.get("image_id"),
            snapshot_id=disk.source.get("snapshot_id"),
        )
    except NotFound as fault:
        raise BadRequest(fault.message, field="block_device_mapping_v2") from None
    return str(volume.id)
