"""Availability zones and the host a server is asked to go to."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from pileus.compute.models import Hypervisor
from pileus.compute.scheduler import DEFAULT_ZONE, zones
from pileus.core.context import Context
from pileus.core.errors import BadRequest, Forbidden


def hosts_by_zone(session: Session) -> dict[str, list[Hypervisor]]:
    """All hosts, by the zone each is in."""
    zone_of = zones(session)
    found: dict[str, list[Hypervisor]] = {zone: [] for zone in sorted({DEFAULT_ZONE, *zone_of.values()})}
    for row in session.scalars(select(Hypervisor).order_by(Hypervisor.host)):
        found[zone_of.get(row.host, DEFAULT_ZONE)].append(row)
    return found


def zone_and_host(session: Session, context: Context, wanted: Mapping[str, Any]) -> tuple[str | None, str | None]:
    """The zone and, for admins, the host asked for ("zone:host", or `host` from 2.74 on).

    Raises BadRequest for a zone or host that does not exist and Forbidden for a host asked for by others.
    """
    text = wanted.get("availability_zone") or ""
    parts = text.split(":")
    host = wanted.get("host") or wanted.get("hypervisor_hostname") or next((p for p in parts[1:] if p), None)
    zone = parts[0] or None
    if host is not None and not context.is_admin:
        raise Forbidden("Policy doesn't allow os_compute_api:servers:create:forced_host to be performed.")
    if host is not None and session.scalar(select(Hypervisor.id).where(Hypervisor.host == host)) is None:
        raise BadRequest(f"No such host: {host}", field="availability_zone")
    if zone is not None and zone != DEFAULT_ZONE and zone not in zones(session).values():
        raise BadRequest("The requested availability zone is not available", field="availability_zone")
    return zone, host
