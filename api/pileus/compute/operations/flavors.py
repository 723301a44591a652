"""Rules of flavors: who sees which, and what an admin may change about them."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Select, delete, exists, or_, select
from sqlalchemy.orm import Session

from pileus.compute.models import Flavor, FlavorAccess
from pileus.core.context import Context
from pileus.core.errors import BadRequest, Conflict, NotFound

# name, RAM in MiB, disk in GiB, vCPUs
BUILT_IN = (
    ("pico", 128, 1, 1),
    ("m1.tiny", 512, 1, 1),
    ("m1.small", 2048, 20, 1),
    ("m1.medium", 4096, 40, 2),
    ("m1.large", 8192, 80, 4),
)


def visible(context: Context, public: bool | None = True, everything: bool = False) -> Select[Flavor]:
    """The flavors a caller sees: public ones and those opened to the project; admins choose with `public`."""
    statement = select(Flavor)
    if everything:
        return statement if public is None else statement.where(Flavor.is_public == public)
    mine = exists().where(FlavorAccess.flavor_id == Flavor.id, FlavorAccess.project_id == context.project_id)
    return statement.where(or_(Flavor.is_public, mine))


def find_flavor(session: Session, context: Context, flavor_id: str) -> Flavor:
    """One flavor the caller may use; raises NotFound."""
    found = session.scalar(visible(context, None, everything=context.is_admin).where(Flavor.id == flavor_id))
    if found is None:
        raise NotFound(f"Flavor {flavor_id} could not be found.", kind="FlavorNotFound")
    return found


def create_flavor(session: Session, wanted: Mapping[str, Any]) -> Flavor:
    """Make a flavor from the API's fields; raises Conflict for a name or id in use, BadRequest for what is not offered."""
    if wanted.get("OS-FLV-EXT-DATA:ephemeral") or int(wanted.get("swap") or 0):
        raise BadRequest("Flavors with ephemeral or swap disks are not offered here.", field="flavor")
    flavor_id = wanted.get("id")
    if flavor_id is not None and str(flavor_id) != str(flavor_id).strip():
        raise BadRequest("Invalid input for field/attribute id: leading or trailing white space.", field="id")
    name = wanted["name"].strip()
    if session.scalar(select(Flavor.id).where(Flavor.name == name)):
        raise Conflict(f"Flavor with name {name} already exists.")
    if flavor_id not in (None, "auto") and session.scalar(select(Flavor.id).where(Flavor.id == str(flavor_id))):
        raise Conflict(f"Flavor with ID {flavor_id} already exists.")
    row = Flavor(
        name=name,
        ram=int(wanted["ram"]),
        vcpus=int(wanted["vcpus"]),
        disk=int(wanted["disk"]),
        rxtx_factor=float(wanted.get("rxtx_factor") or 1.0),
        is_public=wanted.get("os-flavor-access:is_public", True) in (True, "true", "True", "1"),
        description=wanted.get("description"),
        extra_specs={},
    )
    if flavor_id not in (None, "auto"):
        row.id = str(flavor_id)
    session.add(row)
    session.flush()
    return row


def delete_flavor(session: Session, row: Flavor) -> None:
    """Remove a flavor; servers keep their copy of it."""
    session.execute(delete(FlavorAccess).where(FlavorAccess.flavor_id == row.id))
    session.delete(row)


def projects_of(session: Session, row: Flavor) -> list[str]:
    """The projects that a private flavor is open to; raises NotFound for a public one."""
    if row.is_public:
        raise NotFound("Access list not available for public flavors.")
    found = select(FlavorAccess.project_id).where(FlavorAccess.flavor_id == row.id).order_by(FlavorAccess.project_id)
    return list(session.scalars(found))


def allow(session: Session, row: Flavor, project_id: str) -> None:
    """Open a private flavor to a project; raises Conflict when it already is, or the flavor is public."""
    if row.is_public:
        raise Conflict("Can not add access to a public flavor.")
    if session.get(FlavorAccess, (row.id, project_id)):
        raise Conflict(f"Flavor access already exists for flavor {row.id} and project {project_id} combination.")
    session.add(FlavorAccess(flavor_id=row.id, project_id=project_id))


def disallow(session: Session, row: Flavor, project_id: str) -> None:
    """Close a private flavor to a project; raises NotFound when it was not open."""
    if row.is_public:
        raise Conflict("Can not remove access from a public flavor.")
    found = session.get(FlavorAccess, (row.id, project_id))
    if found is None:
        raise NotFound(f"Flavor access not found for {row.id} / {project_id} combination.")
    session.delete(found)


def snapshot(row: Flavor) -> dict[str, Any]:
    """The copy of a flavor that a server keeps."""
    return {
        "id": row.id,
        "name": row.name,
        "ram": row.ram,
        "vcpus": row.vcpus,
        "disk": row.disk,
        "extra_specs": dict(row.extra_specs),
    }


def bootstrap_flavors(session: Session) -> int:
    """Make the built-in flavors where no flavor exists at all; returns how many were made."""
    if session.scalar(select(Flavor.id).limit(1)):
        return 0
    for number, (name, ram, disk, vcpus) in enumerate(BUILT_IN, 1):
        session.add(Flavor(id=str(number), name=name, ram=ram, disk=disk, vcpus=vcpus, extra_specs={}))
    session.flush()
    return len(BUILT_IN)
