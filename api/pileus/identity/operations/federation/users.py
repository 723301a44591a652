"""Those for whom a provider vouches, as users here: found or made at a login, with their groups and projects."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from pileus.core.db import Database, now
from pileus.core.errors import Forbidden, Unauthorized
from pileus.identity.models import (
    Assignment,
    FederatedUser,
    FederationProtocol,
    Group,
    IdentityProvider,
    Membership,
    Project,
    Role,
    User,
    hex_id,
    revision,
)
from pileus.identity.operations import projects
from pileus.identity.operations.federation.rules import Mapped, MappedProject, Place

MAX_GROUPS = 64  # ids of groups that fit into a token
_FRESH = dt.timedelta(minutes=1)  # a membership is not prolonged by less than this


@dataclass(frozen=True)
class Guest:
    """Someone a provider vouches for: `unique_id` is the provider's name of the person, `domain_id` where the user lives."""

    provider: IdentityProvider
    protocol: FederationProtocol
    unique_id: str
    name: str
    email: str
    domain_id: str
    groups: Sequence[str]
    projects: Sequence[MappedProject] = field(default_factory=tuple)


def place(session: Session, domain: Place, usual: str) -> str:
    """The id of the domain meant; raises Unauthorized when it is not there or disabled."""
    if not domain:
        return usual
    named = Project.id == domain["id"] if "id" in domain else Project.name == domain.get("name")
    found = session.execute(
        select(Project.id).where(named, Project.is_domain.is_(True), Project.enabled.is_(True))
    ).scalar_one_or_none()
    if found is None:
        raise Unauthorized("The mapping names a domain that is not there.")
    return found


def guest(
    session: Session, provider: IdentityProvider, protocol: FederationProtocol, mapped: Mapped, remote_user: str
) -> Guest:
    """Whom a mapping makes of an assertion. Raises Unauthorized when it says not who, Forbidden for a group that is not
    there."""
    name = mapped.name or mapped.id or remote_user
    if not name or max(len(name), len(mapped.id)) > 255:
        raise Unauthorized("Could not map user while setting ephemeral user identity.")
    return Guest(
        provider=provider,
        protocol=protocol,
        unique_id=mapped.id or name,
        name=name,
        email=mapped.email,
        domain_id=place(session, mapped.domain, provider.domain_id),
        groups=_groups(session, mapped, protocol.mapping_id, provider.domain_id),
        projects=mapped.projects,
    )


def _groups(session: Session, mapped: Mapped, mapping_id: str, usual: str) -> list[str]:
    """The ids of the groups; those named by id must exist, names without a group count for nothing."""
    ids = set(mapped.group_ids)
    known = set(session.execute(select(Group.id).where(Group.id.in_(ids))).scalars())
    for missing in sorted(ids - known):
        raise Forbidden(f"Group {missing[:64]} returned by mapping {mapping_id} was not found in the backend.")
    by_domain: dict[str, set[str]] = {}
    for name, domain in mapped.group_names:
        by_domain.setdefault(place(session, domain, usual), set()).add(name)
    for domain_id, names in by_domain.items():
        found = select(Group.id).where(Group.domain_id == domain_id, Group.name.in_(names))
        known |= set(session.execute(found).scalars())
    if len(known) > MAX_GROUPS:  # those by which nothing is granted can stay behind
        granting = select(Assignment.actor_id).where(Assignment.actor_type == "group", Assignment.actor_id.in_(known))
        known = set(session.execute(granting).scalars())
    if len(known) > MAX_GROUPS:
        raise Forbidden(f"Mapping {mapping_id} gives more than {MAX_GROUPS} groups to one user.")
    return sorted(known)


def admit(session: Session, database: Database, guest: Guest) -> User:
    """The user that a guest is, as of now; writes only what is not so yet."""
    if (user := _find(session, guest)) is None or _outdated(session, guest, user):
        with database.write() as writing:
            revision.hold(writing)
            user = _find(writing, guest) or _make(writing, guest)
            _update(writing, guest, user)
        session.rollback()  # so that it sees what was written
        user = session.get(User, user.id)
    if user is None:
        raise Unauthorized()
    return user


def _find(session: Session, guest: Guest) -> User | None:
    user_id = session.execute(
        select(FederatedUser.user_id).where(
            FederatedUser.idp_id == guest.provider.id,
            FederatedUser.protocol_id == guest.protocol.id,
            FederatedUser.unique_id == guest.unique_id,
        )
    ).scalar()
    return session.get(User, user_id) if user_id else None


def _make(session: Session, guest: Guest) -> User:
    """The user, known from another protocol of the same provider, or new."""
    other = session.execute(
        select(FederatedUser.user_id)
        .join(User, User.id == FederatedUser.user_id)
        .where(
            FederatedUser.idp_id == guest.provider.id,
            FederatedUser.unique_id == guest.unique_id,
            User.domain_id == guest.domain_id,
        )
        .limit(1)
    ).scalar()
    user = session.get(User, other) if other else None
    if user is None:
        user = User(
            id=hex_id(),
            name=_free_name(session, guest) or guest.name,
            domain_id=guest.domain_id,
            source="federated",
            external_id=guest.unique_id,
            extra={"email": guest.email} if guest.email else {},
            passwords=[],
        )
        session.add(user)
        session.flush()
    session.add(
        FederatedUser(
            idp_id=guest.provider.id, protocol_id=guest.protocol.id, unique_id=guest.unique_id, user_id=user.id
        )
    )
    session.flush()
    return user


def _free_name(session: Session, guest: Guest, own: str = "") -> str:
    """The guest's name, or one with the provider's name of the person where another user of the domain has it."""
    for name in (guest.name, f"{guest.name} ({guest.unique_id})"[:255], f"{guest.name[:190]} ({hex_id()})"):
        taken = select(User.id).where(User.domain_id == guest.domain_id, User.name == name, User.id != own)
        if session.execute(taken).first() is None:
            return name
    return ""


def _renamed(guest: Guest, user: User) -> bool:
    """Whether the provider has another name for a user that it has named."""
    return bool(user.external_id) and user.name != guest.name and not user.name.startswith(f"{guest.name} (")


def _outdated(session: Session, guest: Guest, user: User) -> bool:
    """Whether anything that the provider says is not so here yet."""
    moved = bool(guest.email) and user.extra.get("email") != guest.email
    return (
        _renamed(guest, user)
        or moved
        or bool(_memberships(session, guest, user))
        or bool(_missing_grants(session, guest, user))
    )


def _update(session: Session, guest: Guest, user: User) -> None:
    if _renamed(guest, user):
        user.name = _free_name(session, guest, user.id) or user.name
    if guest.email and user.extra.get("email") != guest.email:
        user.extra = {**user.extra, "email": guest.email}
    end = _end(guest)
    for group_id, known in _memberships(session, guest, user):
        if known:  # a longer life takes nothing from anybody: the revision may stand
            held = update(Membership).where(Membership.user_id == user.id, Membership.group_id == group_id)
            session.execute(held.values(expires_at=end))
        else:
            session.add(Membership(user_id=user.id, group_id=group_id, expires_at=end))
    session.flush()
    for project, role_ids in _missing_grants(session, guest, user):
        row = _project(session, guest, project)
        for role_id in role_ids:
            values: dict[str, Any] = {"target_type": "project", "target_id": row.id, "role_id": role_id}
            session.add(Assignment(actor_type="user", actor_id=user.id, inherited=False, **values))
    session.flush()


def _end(guest: Guest) -> dt.datetime | None:
    """When the memberships of this login end; None when there are none beyond its tokens."""
    minutes = guest.provider.authorization_ttl
    return now() + dt.timedelta(minutes=minutes) if minutes else None


def _memberships(session: Session, guest: Guest, user: User) -> list[tuple[str, bool]]:
    """The groups in which the user must be put or stay longer, and whether there is a membership already."""
    end = _end(guest)
    if end is None:
        return []
    rows = session.execute(
        select(Membership.group_id, Membership.expires_at).where(
            Membership.user_id == user.id, Membership.group_id.in_(guest.groups)
        )
    )
    known = {row.group_id: row.expires_at for row in rows}
    due = [group for group in guest.groups if group not in known]
    later = [group for group, held in known.items() if held is not None and held < end - _FRESH]
    return [*((group, False) for group in due), *((group, True) for group in later)]


def _missing_grants(session: Session, guest: Guest, user: User) -> list[tuple[MappedProject, list[str]]]:
    """The projects with the ids of the roles that the user does not have there yet."""
    missing = []
    for project in guest.projects:
        row = _find_project(session, guest, project)
        wanted = _role_ids(session, project.roles)
        have: set[str] = set()
        if row is not None:
            held = select(Assignment.role_id).where(
                Assignment.actor_type == "user",
                Assignment.actor_id == user.id,
                Assignment.target_id == row.id,
                Assignment.inherited.is_(False),
            )
            have = set(session.execute(held).scalars())
        if row is None or wanted - have:
            missing.append((project, sorted(wanted - have)))
    return missing


def _find_project(session: Session, guest: Guest, project: MappedProject) -> Project | None:
    domain_id = place(session, project.domain, guest.provider.domain_id)
    return session.execute(
        select(Project).where(Project.domain_id == domain_id, Project.name == project.name)
    ).scalar_one_or_none()


def _project(session: Session, guest: Guest, project: MappedProject) -> Project:
    """The project, made when it is not there."""
    found = _find_project(session, guest, project)
    if found is not None:
        return found
    domain_id = place(session, project.domain, guest.provider.domain_id)
    if not project.name.strip() or len(project.name) > 64:
        raise Unauthorized("The mapping names a project by what cannot be a name.")
    values = {"name": project.name, "domain_id": domain_id, "parent_id": domain_id}
    return projects.create(session, values, {}, is_domain=False)


def _role_ids(session: Session, names: Sequence[str]) -> set[str]:
    """The ids of the roles; raises Forbidden when one is not there."""
    rows = session.execute(select(Role.name, Role.id).where(Role.name.in_(names), Role.domain_id == "")).all()
    known = {row.name: row.id for row in rows}
    for missing in sorted(set(names) - set(known)):
        raise Forbidden(f"The mapping grants the role {missing[:64]}, which is not there.")
    return set(known.values())
