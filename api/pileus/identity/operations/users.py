"""Rules of users, their passwords, and groups."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from pileus.core.config import Settings
from pileus.core.db import Database
from pileus.core.errors import BadRequest, Conflict, Forbidden, NotFound, Unauthorized
from pileus.identity.models import Assignment, Group, Login, Membership, Project, User, revision
from pileus.identity.operations import directories, passwords, revocations
from pileus.identity.operations.claims import claim
from pileus.identity.operations.methods import password as password_method
from pileus.identity.operations.projects import merge_extra, merge_options, need_domain
from pileus.identity.operations.throttle import Throttle


def check_name(session: Session, model: type[User] | type[Group], domain_id: str, name: str, own: str = "") -> None:
    """Raise Conflict when another user (or group) of the domain has this name."""
    found = session.execute(select(model.id).where(model.domain_id == domain_id, model.name == name)).scalar()
    if found is not None and found != own:
        what = model.__name__.lower()
        raise Conflict(
            f"Conflict occurred attempting to store {what} - Duplicate entry found with name {name} "
            f"at domain ID {domain_id}."
        )


def check_default_project(session: Session, project_id: str | None) -> None:
    """Raise BadRequest when the default project would be a domain."""
    project = session.get(Project, project_id) if project_id else None
    if project is not None and project.is_domain:
        raise BadRequest("A domain cannot be a user's default project.", field="default_project_id")


def create(
    session: Session, settings: Settings, domain_id: str, values: Mapping[str, Any], extra: dict[str, Any]
) -> User:
    """Make a user; `values` are the body's known attributes."""
    need_domain(session, domain_id)
    directories.refuse_new(session, domain_id)
    check_name(session, User, domain_id, values["name"])
    check_default_project(session, values.get("default_project_id"))
    if values.get("password") is not None:
        passwords.check_strength(settings, values["password"])
    row = User(
        name=values["name"],
        domain_id=domain_id,
        default_project_id=values.get("default_project_id"),
        enabled=values.get("enabled", True),
        description=values.get("description"),
        options=merge_options({}, values.get("options") or {}),
        extra=extra,
        passwords=[],
    )
    session.add(row)
    session.flush()
    if values.get("password") is not None:
        passwords.put(session, settings, row, values["password"])
    return row


def change(
    session: Session, settings: Settings, row: User, values: Mapping[str, Any], extra: Mapping[str, Any]
) -> None:
    """Change a user as an administrator does; a new password or a disabled account ends all the user's tokens."""
    directories.adopt(session, row)
    if "name" in values:
        check_name(session, User, row.domain_id, values["name"], row.id)
        row.name = values["name"]
    if "default_project_id" in values:
        check_default_project(session, values["default_project_id"])
        row.default_project_id = values["default_project_id"]
    if "description" in values:
        row.description = values["description"]
    if "options" in values:
        row.options = merge_options(row.options, values["options"])
    if extra:
        row.extra = merge_extra(row.extra, extra)
    if values.get("password") is not None:
        passwords.check_strength(settings, values["password"])
        passwords.put(session, settings, row, values["password"])
        session.execute(delete(Login).where(Login.user_id == row.id))
        revocations.revoke(session, settings, "user", row.id)
    if "enabled" in values and values["enabled"] != row.enabled:
        row.enabled = values["enabled"]
        if not row.enabled:
            revocations.revoke(session, settings, "user", row.id)
    session.flush()


def change_password(
    database: Database, settings: Settings, user_id: str, original: str, new: str, address: str = ""
) -> None:
    """Change a password as its user does, who must know the old one; needs no token, so expired ones can be changed."""
    with database.read() as session:
        whom = claim(session, settings, {"id": user_id})
        throttle = Throttle(session, database, settings, address)
        with throttle.guard(whom.who, spared=whom.spared):
            user = password_method.check(throttle, whom, original)
        directories.refuse_change(session, user)
        if user.options.get("lock_password"):
            raise BadRequest("The password of this user is locked.", field="password")
        passwords.check_age(settings, user)
        passwords.check_strength(settings, new)
        passwords.check_history(settings, user, new)
    with database.write() as session:
        row = session.get(User, user_id)
        if row is None:
            raise Unauthorized()
        passwords.put(session, settings, row, new, self_service=True)
        revocations.revoke(session, settings, "user", row.id)


def remove(session: Session, settings: Settings, row: User) -> None:
    """Delete a user with all that belongs to it."""
    directories.refuse_change(session, row)
    revision.hold(session)
    session.execute(delete(Assignment).where(Assignment.actor_id == row.id))
    revocations.revoke(session, settings, "user", row.id)
    session.delete(row)
    session.flush()


def logins(session: Session, rows: Sequence[User]) -> list[Login]:
    """The logins of these users, in one query; as long as the list is kept, the session need not ask for them again."""
    ids = [row.id for row in rows]
    return list(session.execute(select(Login).where(Login.user_id.in_(ids))).scalars())


def create_group(session: Session, domain_id: str, values: Mapping[str, Any], extra: dict[str, Any]) -> Group:
    """Make a group."""
    need_domain(session, domain_id)
    directories.refuse_new(session, domain_id)
    check_name(session, Group, domain_id, values["name"])
    row = Group(name=values["name"], domain_id=domain_id, description=values.get("description") or "", extra=extra)
    session.add(row)
    session.flush()
    return row


def change_group(session: Session, row: Group, values: Mapping[str, Any], extra: Mapping[str, Any]) -> None:
    """Change a group."""
    directories.adopt(session, row)
    if "name" in values:
        check_name(session, Group, row.domain_id, values["name"], row.id)
        row.name = values["name"]
    if "description" in values:
        row.description = values["description"] or ""
    if extra:
        row.extra = merge_extra(row.extra, extra)
    session.flush()


def remove_group(session: Session, row: Group) -> None:
    """Delete a group and what it was assigned."""
    directories.refuse_change(session, row)
    revision.hold(session)
    session.execute(delete(Assignment).where(Assignment.actor_id == row.id))
    session.delete(row)
    session.flush()


def add_member(session: Session, group: Group, user: User) -> None:
    """Put a user into a group for good; fine when already in it."""
    directories.refuse_change(session, group, user)
    row = session.get(Membership, (user.id, group.id))
    if row is None:
        session.add(Membership(user_id=user.id, group_id=group.id))
    else:
        row.expires_at = None
    session.flush()


def remove_member(session: Session, group: Group, user: User) -> None:
    """Take a user out of a group; raises NotFound when not in it."""
    directories.refuse_change(session, group)
    row = session.get(Membership, (user.id, group.id))
    if row is None:
        raise NotFound(f"Could not find user {user.id} in group {group.id}.")
    session.delete(row)
    session.flush()


def check_own_domain(values: Mapping[str, Any], row: User | Group) -> None:
    """Raise Forbidden when a body would move the row to another domain."""
    if values.get("domain_id", row.domain_id) != row.domain_id:
        raise Forbidden("Cannot change the domain.")
