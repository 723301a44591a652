"""The first contents of the identity service; again, it adds what is missing, lets the admin in, and puts URLs right."""

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from pileus.core.config import Settings
from pileus.core.service import Service
from pileus.identity.models import (
    Assignment,
    CatalogService,
    Endpoint,
    Implication,
    Login,
    Project,
    Region,
    Role,
    User,
)
from pileus.identity.operations import passwords, revocations
from pileus.identity.operations.keys import KeyRepository

ROLES = ("admin", "manager", "member", "reader", "service")
IMPLIED = (("admin", "manager"), ("manager", "member"), ("member", "reader"))
INTERFACES = ("public", "internal", "admin")
DEFAULT_DOMAIN = "default"
OBJECT_STORE = "object_store"  # name of its service and of the user it logs in as
# A service must not be shut out by rules made for people.
_TIRELESS = (
    "ignore_change_password_upon_first_use",
    "ignore_password_expiry",
    "ignore_lockout_failure_attempts",
    "ignore_user_inactivity",
)


def make_keys(settings: Settings) -> None:
    """Make the key repositories that are missing; the files of the one who calls must be readable by the API."""
    for name in ("fernet", "credential"):
        KeyRepository(settings.path("keys", name)).create()


def bootstrap(session: Session, settings: Settings, services: Iterable[Service], admin_password: str | None) -> bool:
    """Make the default domain, the admin with project and roles, the region, and the catalog of these services.

    The admin's password is set when the user is new, or when `admin_password` is given and differs; the latter is what this
    answers, and it ends the admin's tokens. An admin who was disabled or locked out can log in again; endpoints of these
    services in the settings' region get the URLs that the settings say. Where the settings tell of an object store, it is
    listed, too, and the user it logs in as can validate tokens and do nothing else.
    """
    make_keys(settings)
    domain = _project(session, Project(id=DEFAULT_DOMAIN, name="Default", is_domain=True, domain_id=""))
    project = _project(
        session, Project(name="admin", domain_id=domain.id, parent_id=domain.id, description="For the administrators")
    )
    admin, changed = _user(session, settings, domain.id, "admin", admin_password)
    _let_in(session, admin)
    roles = {name: _role(session, name) for name in ROLES}
    for prior, implied in IMPLIED:
        if session.get(Implication, (roles[prior].id, roles[implied].id)) is None:
            session.add(Implication(prior_id=roles[prior].id, implied_id=roles[implied].id))
    for kind, target in (("project", project.id), ("domain", domain.id), ("system", "all")):
        _assign(session, admin, kind, target, roles["admin"])
    entries = [
        (service.type, service.name, settings.public_url + service.endpoint) for service in services if service.public
    ]
    if settings.object_store_url:
        entries.append(("object-store", OBJECT_STORE, settings.object_store_url + "/swift/v1/AUTH_{project_id}"))
    _catalog(session, settings, entries)
    if settings.object_store_password_file:
        _object_store_user(session, settings, domain, roles["service"])
    session.flush()
    return changed


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


def _assign(session: Session, user: User, kind: str, target: str, role: Role) -> None:
    if session.get(Assignment, ("user", user.id, kind, target, role.id, False)) is None:
        session.add(
            Assignment(
                actor_type="user",
                actor_id=user.id,
                target_type=kind,
                target_id=target,
                role_id=role.id,
                inherited=False,
            )
        )


def _user(
    session: Session,
    settings: Settings,
    domain_id: str,
    name: str,
    password: str | None,
    options: dict[str, bool] | None = None,
) -> tuple[User, bool]:
    """The user, made where it is missing, and whether an old password was replaced."""
    user = session.execute(select(User).where(User.name == name, User.domain_id == domain_id)).scalar_one_or_none()
    if user is None:
        if not password:
            raise ValueError(f"the first bootstrap needs a password for {name}")
        user = User(name=name, domain_id=domain_id, options=options or {}, passwords=[])
        session.add(user)
        session.flush()
    kept = passwords.current(user)
    new = bool(password) and not passwords.verify(kept.hash if kept else None, str(password))
    if new:
        passwords.put(session, settings, user, str(password), self_service=True)
    if new and kept is not None:
        revocations.revoke(session, settings, "user", user.id)
    return user, new and kept is not None


def _let_in(session: Session, admin: User) -> None:
    login = session.get(Login, admin.id)
    if login is not None and login.failures:
        login.failures, login.failed_at = 0, None
    if not admin.enabled:
        admin.enabled = True


def _object_store_user(session: Session, settings: Settings, domain: Project, role: Role) -> None:
    wanted = Project(name="service", domain_id=domain.id, parent_id=domain.id, description="For the services")
    project = _project(session, wanted)
    password = settings.secret("object_store_password_file")
    user, _ = _user(session, settings, domain.id, OBJECT_STORE, password, dict.fromkeys(_TIRELESS, True))
    _assign(session, user, "project", project.id, role)


def _catalog(session: Session, settings: Settings, entries: Iterable[tuple[str, str, str]]) -> None:
    """List services, given as (type, name, URL in which "{project_id}" is filled in)."""
    if session.get(Region, settings.region) is None:
        session.add(Region(id=settings.region))
        session.flush()
    for kind, name, template in entries:
        row = session.execute(
            select(CatalogService).where(CatalogService.type == kind, CatalogService.name == name)
        ).scalar_one_or_none()
        if row is None:
            row = CatalogService(type=kind, name=name)
            session.add(row)
            session.flush()
        url = template.replace("{project_id}", "$(project_id)s")
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
