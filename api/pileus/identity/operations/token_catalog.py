"""The catalog as a token shows it: the services and endpoints that a project sees, with its id in their URLs."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from pileus.core.config import Settings
from pileus.identity.models import (
    CatalogService,
    Endpoint,
    EndpointGroup,
    ProjectEndpoint,
    ProjectEndpointGroup,
)
from pileus.identity.operations.access import recall


def of_scope(session: Session, settings: Settings, project_id: str | None, user_id: str) -> list[dict[str, Any]]:
    """The catalog for a scope, in the shape of the token body."""
    return recall(session, settings, ("catalog", project_id, user_id), lambda: _build(session, project_id, user_id))


def _build(session: Session, project_id: str | None, user_id: str) -> list[dict[str, Any]]:
    rows = session.execute(
        select(Endpoint, CatalogService)
        .join(CatalogService, CatalogService.id == Endpoint.service_id)
        .where(Endpoint.enabled.is_(True), CatalogService.enabled.is_(True))
        .order_by(CatalogService.type, CatalogService.id, Endpoint.interface, Endpoint.id)
    ).all()
    pairs = [(row[0], row[1]) for row in rows]
    if project_id is not None:
        pairs = _visible(session, project_id, pairs)
    services: dict[str, dict[str, Any]] = {}
    for endpoint, service in pairs:
        url = fill(endpoint.url, project_id, user_id)
        if url is None:
            continue
        entry = services.setdefault(
            service.id, {"endpoints": [], "id": service.id, "type": service.type, "name": service.name or ""}
        )
        entry["endpoints"].append(
            {
                "id": endpoint.id,
                "interface": endpoint.interface,
                "region_id": endpoint.region_id,
                "url": url,
                "region": endpoint.region_id,
            }
        )
    return list(services.values())


def fill(template: str, project_id: str | None, user_id: str | None) -> str | None:
    """A URL with the ids in the places of $(project_id)s and the like; None when it needs a project and there is none."""
    values = {"project_id": project_id, "tenant_id": project_id, "user_id": user_id}
    for name, value in values.items():
        for form in (f"$({name})s", f"%({name})s"):
            if form in template:
                if value is None:
                    return None
                template = template.replace(form, value)
    return template


def matches(group: EndpointGroup, endpoint: Endpoint) -> bool:
    """Whether an endpoint fits the filter of an endpoint group."""
    return all(getattr(endpoint, name, None) == value for name, value in group.filters.items())


def endpoints_of(session: Session, project_id: str, candidates: Iterable[Endpoint]) -> list[Endpoint]:
    """Those of the candidates that a project is associated with, directly or by an endpoint group."""
    direct = set(
        session.execute(select(ProjectEndpoint.endpoint_id).where(ProjectEndpoint.project_id == project_id)).scalars()
    )
    groups = (
        session.execute(
            select(EndpointGroup)
            .join(ProjectEndpointGroup, ProjectEndpointGroup.group_id == EndpointGroup.id)
            .where(ProjectEndpointGroup.project_id == project_id)
        )
        .scalars()
        .all()
    )
    return [e for e in candidates if e.id in direct or any(matches(group, e) for group in groups)]


def _visible(
    session: Session, project_id: str, pairs: list[tuple[Endpoint, CatalogService]]
) -> list[tuple[Endpoint, CatalogService]]:
    """What the project is associated with; everything where it is associated with nothing."""
    seen = {endpoint.id for endpoint in endpoints_of(session, project_id, [endpoint for endpoint, _ in pairs])}
    return [pair for pair in pairs if pair[0].id in seen] if seen else pairs
