"""Rules of regions, services and endpoints."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from pileus.core.errors import BadRequest, Conflict, Forbidden, NotFound
from pileus.identity.models import CatalogService, Endpoint, Region, hex_id


def _check_parent(session: Session, parent_id: str | None, own_id: str) -> None:
    here = parent_id
    while here is not None:
        row = session.get(Region, here)
        if row is None:
            raise NotFound(f"Could not find region: {here}.", field="parent_region_id")
        if here == own_id:
            raise BadRequest("Regions would stand in a circle.", field="parent_region_id")
        here = row.parent_region_id


def create_region(session: Session, values: Mapping[str, Any], extra: dict[str, Any]) -> Region:
    """Make a region; raises Conflict when its id is taken, and NotFound for a parent that is not there."""
    region_id = values.get("id") or hex_id()
    if session.get(Region, region_id) is not None:
        raise Conflict(f"Conflict occurred attempting to store region - Duplicate ID, {region_id}.")
    parent_id = values.get("parent_region_id") or None
    _check_parent(session, parent_id, region_id)
    row = Region(id=region_id, description=values.get("description") or "", parent_region_id=parent_id, extra=extra)
    session.add(row)
    session.flush()
    return row


def change_region(session: Session, row: Region, values: Mapping[str, Any], extra: Mapping[str, Any]) -> None:
    """Change a region; raises NotFound for a parent that is not there, and BadRequest for one that stands below it."""
    if "description" in values:
        row.description = values["description"] or ""
    if "parent_region_id" in values:
        _check_parent(session, values["parent_region_id"], row.id)
        row.parent_region_id = values["parent_region_id"]
    row.extra = {**row.extra, **extra}
    session.flush()


def remove_region(session: Session, row: Region) -> None:
    """Delete a region; raises Conflict while regions belong to it, and Forbidden while endpoints do."""
    if session.execute(select(exists().where(Region.parent_region_id == row.id))).scalar():
        raise Conflict(f"Unable to delete region {row.id} because it has child regions.")
    if session.execute(select(exists().where(Endpoint.region_id == row.id))).scalar():
        raise Forbidden(f"Unable to delete region {row.id} because it has associated endpoints.")
    session.delete(row)
    session.flush()


def create_service(session: Session, values: Mapping[str, Any], extra: dict[str, Any]) -> CatalogService:
    """Make a service."""
    row = CatalogService(
        type=values["type"],
        name=values.get("name", ""),
        description=values.get("description"),
        enabled=values.get("enabled", True),
        extra=extra,
    )
    session.add(row)
    session.flush()
    return row


def settle_endpoint(session: Session, values: Mapping[str, Any]) -> dict[str, Any]:
    """The attributes of an endpoint as they are stored; makes the region where only the old "region" names one."""
    settled = {key: values[key] for key in ("url", "interface", "service_id", "enabled", "name") if key in values}
    if "service_id" in settled and session.get(CatalogService, settled["service_id"]) is None:
        raise BadRequest(f"Could not find service: {settled['service_id']}.", field="service_id")
    if "region_id" in values or "region" in values:
        region_id = values.get("region_id", values.get("region") or None)
        if region_id is not None and session.get(Region, region_id) is None:
            if values.get("region_id") is not None:
                raise BadRequest(f"Could not find region: {region_id}.", field="region_id")
            session.add(Region(id=region_id))
            session.flush()
        settled["region_id"] = region_id
    if "url" in settled:
        check_url(settled["url"])
    return settled


def check_url(url: str) -> None:
    """Raise BadRequest for a URL with a place to fill in that no catalog knows."""
    rest = url
    for name in ("project_id", "tenant_id", "user_id"):
        rest = rest.replace(f"$({name})s", "").replace(f"%({name})s", "")
    if "$(" in rest or "%(" in rest:
        raise BadRequest(f"The endpoint URL {url} has a place that cannot be filled in.", field="url")


def create_endpoint(session: Session, values: Mapping[str, Any], extra: dict[str, Any]) -> Endpoint:
    """Make an endpoint."""
    row = Endpoint(**settle_endpoint(session, values), extra=extra)
    session.add(row)
    session.flush()
    return row


def change_endpoint(session: Session, row: Endpoint, values: Mapping[str, Any], extra: Mapping[str, Any]) -> None:
    """Change an endpoint."""
    for name, value in settle_endpoint(session, values).items():
        setattr(row, name, value)
    row.extra = {**row.extra, **extra}
    session.flush()
