"""Volume types: which there are, and who may use them."""

from typing import Any

from sqlalchemy import Select, exists, func, or_, select
from sqlalchemy.orm import Session

from pileus.block_storage.models import Volume, VolumeType, VolumeTypeAccess
from pileus.core.context import Context
from pileus.core.errors import BadRequest, Conflict, NotFound

DEFAULT = "ceph"  # what a volume is when nothing else is asked for


def bootstrap_types(session: Session) -> None:
    """Make the default volume type; safe to repeat."""
    if session.execute(select(VolumeType.id).where(VolumeType.name == DEFAULT)).first() is None:
        session.add(VolumeType(name=DEFAULT, description="Replicated Ceph RBD", extra_specs={}))
        session.flush()


def usable(context: Context) -> Select[VolumeType]:
    """The types a caller may use: public ones, and those its project was let into."""
    statement = select(VolumeType)
    if context.is_admin:
        return statement
    let_in = exists().where(
        VolumeTypeAccess.volume_type_id == VolumeType.id, VolumeTypeAccess.project_id == context.project_id
    )
    return statement.where(or_(VolumeType.is_public.is_(True), let_in))


def find_type(session: Session, context: Context, type_id: str) -> VolumeType:
    """A type by its id; raises NotFound."""
    found = session.execute(usable(context).where(VolumeType.id == type_id)).scalar_one_or_none()
    if found is None:
        raise NotFound(f"Volume type {type_id} could not be found.")
    return found


def named_type(session: Session, context: Context, name: str | None) -> VolumeType | None:
    """A type by id or name; None asks for the default one, which may not be there. Raises NotFound."""
    statement = usable(context)
    found = session.execute(
        statement.where(or_(VolumeType.id == name, VolumeType.name == name) if name else VolumeType.name == DEFAULT)
    ).scalars()
    chosen = next(iter(found), None)
    if chosen is None and name:
        raise NotFound(f"Volume type {name} could not be found.", field="volume_type")
    return chosen


def create_type(session: Session, **values: Any) -> VolumeType:
    """A new type; raises Conflict when the name is taken."""
    _free(session, values["name"])
    made = VolumeType(**values)
    session.add(made)
    session.flush()
    return made


def _free(session: Session, name: str, but: str = "") -> None:
    taken = select(VolumeType.id).where(VolumeType.name == name, VolumeType.id != but)
    if session.execute(taken).first() is not None:
        raise Conflict(f"Volume Type {name} already exists.", field="name")


def change_type(session: Session, found: VolumeType, **values: Any) -> None:
    """Change name, description or visibility; raises BadRequest for nothing, Conflict for a name that is taken."""
    if not values:
        raise BadRequest("Specify volume type name, description, is_public or a combination thereof.")
    if "name" in values:
        _free(session, values["name"], found.id)
    for key, value in values.items():
        setattr(found, key, value)
    session.flush()


def delete_type(session: Session, found: VolumeType) -> None:
    """Remove a type; raises BadRequest while volumes are of it."""
    used = session.execute(select(func.count()).where(Volume.volume_type_id == found.id)).scalar_one()
    if used:
        raise BadRequest("Target volume type is still in use.")
    if found.name == DEFAULT:
        raise BadRequest(f"The volume type {DEFAULT} is the default volume type and cannot be deleted.")
    session.delete(found)


def projects_of(session: Session, found: VolumeType) -> list[str]:
    """The projects that may use a private type; raises NotFound for a public one."""
    if found.is_public:
        raise NotFound("Access list not available for public volume types.")
    rows = select(VolumeTypeAccess.project_id).where(VolumeTypeAccess.volume_type_id == found.id)
    return list(session.execute(rows).scalars())


def let_in(session: Session, found: VolumeType, project_id: str) -> None:
    """Let a project use a private type; raises Conflict when it may, or when the type is public."""
    if found.is_public:
        raise Conflict("Type access modification is not applicable to public volume type.")
    if session.get(VolumeTypeAccess, (found.id, project_id)) is not None:
        raise Conflict(f"Volume type access for {found.id} / {project_id} combination already exists.")
    session.add(VolumeTypeAccess(volume_type_id=found.id, project_id=project_id))


def shut_out(session: Session, found: VolumeType, project_id: str) -> None:
    """Take the right to use a private type away; raises NotFound."""
    access = session.get(VolumeTypeAccess, (found.id, project_id))
    if access is None:
        raise NotFound(f"Volume type access not found for {found.id} / {project_id} combination.")
    session.delete(access)
