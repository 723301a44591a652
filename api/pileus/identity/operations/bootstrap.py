"""The first contents of the identity service; running it again completes what is missing and changes nothing else."""

from collections.abc import Iterable, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from pileus.core.config import Settings
from pileus.core.service import Service
from pileus.identity.models import (
    Assignment,
    CatalogService,
    Endpoint,
    Implication,
    Project,
    Region,
    Role,
    User,
)
from pileus.identity.operations import passwords
from pileus.identity.operations.keys import KeyRepository

ROLES = ("admin", "manager", "member", "reader", "service")
IMPLIED = (("admin", "manager"), ("manager", "member"), ("member", "reader"))
INTERFACES = ("public", "internal", "admin")
DEFAULT_DOMAIN = "default"


def make_keys(settings: Settings) -> None:
    """Make the key repositories that are missing; the files of the one who calls must be readable by the API."""
    for name in ("fernet", "credential"):
        KeyRepository(settings.path("keys", name)).create()


def bootstrap(session: Session, settings: Settings, services: Iterable[Service], admin_password: str | None) -> None:
    """Make the default domain, the admin with project and roles, the region, and the catalog of these services.

    The admin's password is set when the user is new, or when `admin_password` is given and differs.
    """
    make_keys(settings)
    domain = _project(session, Project(id=DEFAULT_DOMAIN, name="Default", is_domain=True, domain_id=""))
    project = _project(
        session, Project(name="admin", domain_id=domain.id, parent_id=domain.id, description="For the administrators")
    )
    _user(session, settings, domain.id, admin_password)
    roles = {name: _role(session, name) for name in ROLES}
    for prior, implied in IMPLIED:
        if session.get(Implication, (roles[prior].id, roles[implied].id)) is None:
            session.add(Implication(prior_id=roles[prior].id, implied_id=roles[implied].id))
    admin = session.execute(select(User).where(User.name == "admin", User.domain_id == domain.id)).scalar_one()
    for kind, target in (("project", project.id), ("domain", domain.id), ("system", "all")):
        key = ("user", admin.id, kind, target, roles["admin"].id, False)
        if session.get(Assignment, key) is None:
            session.add(
                Assignment(
                    actor_type="user",
                    actor_id=admin.id,
                    target_type=kind,
                    target_id=target,
                    role_id=roles["admin"].id,
                    inherited=False,
                )
            )
    _catalog(session, settings, [service for service in services if service.public])
    session.flush()


def _project(session: Session, wanted: Project) -> Project:
    found = session.execute(
        select(Project).where(Project.name == wanted.name, Project.domain_id == wanted.domain_id)
    ).scalar_one_or_none()
    if found is None:
        session.add(wanted)
        session.flush()
    return found or wanted


def _role(session: Session, name: str) -> Role:
    found = session.execute(select(Role).where(Role.name == name, Role.domain_id == "")).scalar_one_or_none()
    if found is None:
        found = Role(name=name, options={"immutable": True})
        session.add(found)
        session.flush()
    return found


def _user(session: Session, settings: Settings, domain_id: str, password: str | None) -> None:
    user = session.execute(select(User).where(User.name == "admin", User.domain_id == domain_id)).scalar_one_or_none()
    if user is None:
        if not password:
            raise ValueError("the first bootstrap needs a password for the admin")
        user = User(name="admin", domain_id=domain_id, options={}, passwords=[])
        session.add(user)
        session.flush()
    kept = passwords.current(user)
    if password and not passwords.verify(kept.hash if kept else None, password):
        passwords.put(session, settings, user, password, self_service=True)


def _catalog(session: Session, settings: Settings, services: Sequence[Service]) -> None:
    if session.get(Region, settings.region) is None:
        session.add(Region(id=settings.region))
        session.flush()
    for service in services:
        row = session.execute(
            select(CatalogService).where(CatalogService.type == service.type, CatalogService.name == service.name)
        ).scalar_one_or_none()
        if row is None:
            row = CatalogService(type=service.type, name=service.name)
            session.add(row)
            session.flush()
        url = settings.public_url + service.endpoint.replace("{project_id}", "$(project_id)s")
        have = {
            endpoint.interface: endpoint
            for endpoint in session.execute(
                select(Endpoint).where(Endpoint.service_id == row.id, Endpoint.region_id == settings.region)
            ).scalars()
        }
        for interface in INTERFACES:
            if interface not in have:
                session.add(Endpoint(service_id=row.id, region_id=settings.region, interface=interface, url=url))
            elif have[interface].url != url:
                have[interface].url = url
