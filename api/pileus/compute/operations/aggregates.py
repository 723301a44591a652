"""Host aggregates, and through their metadata availability zones."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from pileus.compute.models import Aggregate
from pileus.compute.operations.hypervisors import find_host
from pileus.core.errors import BadRequest, Conflict, NotFound

ZONE = "availability_zone"


def find_aggregate(session: Session, aggregate_id: str) -> Aggregate:
    """One aggregate; raises NotFound."""
    row = session.get(Aggregate, int(aggregate_id)) if aggregate_id.isdigit() and len(aggregate_id) < 10 else None
    if row is None:
        raise NotFound(f"Aggregate {aggregate_id} could not be found.")
    return row


def _name_free(session: Session, name: str) -> None:
    if session.scalar(select(Aggregate.id).where(Aggregate.name == name)):
        raise Conflict(f"Aggregate {name} already exists.")


def _check_zone(zone: str | None) -> None:
    if zone and ":" in zone:
        raise BadRequest("The name of an availability zone has no ':'.", field=ZONE)


def create_aggregate(session: Session, name: str, zone: str | None) -> Aggregate:
    """Make an aggregate, which is a zone when `zone` is given; raises Conflict for a name in use."""
    _name_free(session, name)
    _check_zone(zone)
    row = Aggregate(name=name, properties={ZONE: zone} if zone else {}, hosts=[])
    session.add(row)
    session.flush()
    return row


def update_aggregate(session: Session, row: Aggregate, wanted: Mapping[str, Any]) -> None:
    """Rename an aggregate or change its zone."""
    if "name" in wanted and wanted["name"] != row.name:
        _name_free(session, wanted["name"])
        row.name = wanted["name"]
    if ZONE in wanted:
        set_metadata(session, row, {ZONE: wanted[ZONE]})
    session.flush()


def set_metadata(session: Session, row: Aggregate, metadata: Mapping[str, Any]) -> None:
    """Add metadata; a None removes its key. Raises Conflict when a host would be in two zones."""
    zone = metadata.get(ZONE)
    _check_zone(zone)
    if zone:
        _check_hosts(session, row, zone, row.hosts)
    merged = {**row.properties, **metadata}
    row.properties = {key: value for key, value in merged.items() if value is not None}
    session.flush()


def _check_hosts(session: Session, row: Aggregate, zone: str, hosts: list[str]) -> None:
    elsewhere = {h: z for other in session.scalars(select(Aggregate).where(Aggregate.id != row.id)) for h in other.hosts
                 if (z := other.properties.get(ZONE))}  # fmt: skip
    for host in hosts:
        if elsewhere.get(host, zone) != zone:
            raise Conflict(f"Host {host} is in availability zone {elsewhere[host]} already.")


def add_host(session: Session, row: Aggregate, host: str) -> None:
    """Put a host into an aggregate; raises NotFound or Conflict."""
    find_host(session, host)
    if host in row.hosts:
        raise Conflict(f"Cannot add host {host} in aggregate {row.id}: it is there already.")
    if zone := row.properties.get(ZONE):
        _check_hosts(session, row, zone, [host])
    row.hosts = [*row.hosts, host]
    session.flush()


def remove_host(session: Session, row: Aggregate, host: str) -> None:
    """Take a host out of an aggregate; raises NotFound."""
    if host not in row.hosts:
        raise NotFound(f"Cannot remove host {host} from aggregate {row.id}: it is not there.")
    row.hosts = [name for name in row.hosts if name != host]
    session.flush()


def delete_aggregate(session: Session, row: Aggregate) -> None:
    """Remove an aggregate; raises BadRequest while it has hosts."""
    if row.hosts:
        raise BadRequest(f"Cannot remove aggregate {row.id}: it has hosts.")
    session.delete(row)
