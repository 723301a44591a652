"""Rules of registered limits and limits; what limits have to do with each other stands in limit_models."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Select, exists, select
from sqlalchemy.orm import Session

from pileus.core.config import Settings
from pileus.core.errors import BadRequest, Conflict, Forbidden
from pileus.identity.models import CatalogService, Limit, Project, Region, RegisteredLimit
from pileus.identity.operations import limit_models


def _check_place(session: Session, values: Mapping[str, Any]) -> None:
    if "service_id" in values and session.get(CatalogService, values["service_id"]) is None:
        raise BadRequest(f"Could not find service: {values['service_id']}.", field="service_id")
    if values.get("region_id") and session.get(Region, values["region_id"]) is None:
        raise BadRequest(f"Could not find region: {values['region_id']}.", field="region_id")


def _same(service_id: str, region_id: str | None, resource_name: str) -> Select[Any]:
    region = RegisteredLimit.region_id == region_id if region_id else RegisteredLimit.region_id.is_(None)
    return select(RegisteredLimit).where(
        RegisteredLimit.service_id == service_id, region, RegisteredLimit.resource_name == resource_name
    )


def register(session: Session, values: Mapping[str, Any]) -> RegisteredLimit:
    """Register a limit; raises Conflict when the resource has one already."""
    _check_place(session, values)
    region_id = values.get("region_id") or None
    if session.execute(_same(values["service_id"], region_id, values["resource_name"])).first() is not None:
        raise Conflict(f"There is a registered limit for {values['resource_name']} already.")
    row = RegisteredLimit(
        service_id=values["service_id"],
        region_id=region_id,
        resource_name=values["resource_name"],
        default_limit=values["default_limit"],
        description=values.get("description"),
    )
    session.add(row)
    session.flush()
    return row


def _check_unused(session: Session, row: RegisteredLimit) -> None:
    if session.execute(select(exists().where(Limit.registered_limit_id == row.id))).scalar():
        raise Forbidden(
            f"Unable to update or delete registered limit {row.id} because there are project limits associated with it."
        )


def change_registered(session: Session, row: RegisteredLimit, values: Mapping[str, Any]) -> None:
    """Change a registered limit on which no limit rests."""
    _check_unused(session, row)
    moved = {name: values[name] for name in ("service_id", "region_id", "resource_name") if name in values}
    if any(getattr(row, name) != value for name, value in moved.items()):
        _check_place(session, values)
        want = {name: moved.get(name, getattr(row, name)) for name in ("service_id", "region_id", "resource_name")}
        found = session.execute(_same(**want)).scalar_one_or_none()
        if found is not None and found.id != row.id:
            raise Conflict(f"There is a registered limit for {want['resource_name']} already.")
    for name in (*moved, "default_limit", "description"):
        if name in values:
            setattr(row, name, values[name])
    session.flush()


def remove_registered(session: Session, row: RegisteredLimit) -> None:
    """Delete a registered limit on which no limit rests."""
    _check_unused(session, row)
    session.delete(row)
    session.flush()


def create(session: Session, settings: Settings, wanted: Sequence[Mapping[str, Any]]) -> list[Limit]:
    """Make limits for projects and domains, all or none; raises what the model of limits forbids."""
    made = [_create(session, values) for values in wanted]
    for row in made:  # only now: a request may bring the limit of a domain after those of its projects
        limit_models.check(session, settings, row)
    return made


def _create(session: Session, values: Mapping[str, Any]) -> Limit:
    project_id, domain_id = values.get("project_id"), values.get("domain_id")
    if (project_id is None) == (domain_id is None):
        raise BadRequest("Specify a project_id or a domain_id, and not both.", field="project_id")
    field = "domain_id" if domain_id else "project_id"
    owner = session.get(Project, project_id or domain_id or "")
    if owner is None or owner.is_domain != (domain_id is not None):
        raise BadRequest(f"Could not find {field.removesuffix('_id')}: {project_id or domain_id}.", field=field)
    _check_place(session, values)
    region_id = values.get("region_id") or None
    registered = session.execute(_same(values["service_id"], region_id, values["resource_name"])).scalar_one_or_none()
    if registered is None:
        raise Forbidden(
            f"Unable to create a limit that has no corresponding registered limit: {values['resource_name']}."
        )
    owned = Limit.project_id == project_id if project_id else Limit.domain_id == domain_id
    if session.execute(select(exists().where(Limit.registered_limit_id == registered.id, owned))).scalar():
        raise Conflict(f"There is a limit for {values['resource_name']} already.")
    row = Limit(
        registered_limit_id=registered.id,
        project_id=project_id,
        domain_id=domain_id,
        resource_limit=values["resource_limit"],
        description=values.get("description"),
    )
    session.add(row)
    session.flush()
    return row


def change(session: Session, settings: Settings, row: Limit, values: Mapping[str, Any]) -> None:
    """Change how much it is, or the description; raises what the model of limits forbids."""
    for name in ("resource_limit", "description"):
        if name in values:
            setattr(row, name, values[name])
    session.flush()
    limit_models.check(session, settings, row)
