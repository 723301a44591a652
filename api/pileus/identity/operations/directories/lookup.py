"""What the API asks a directory: its users and groups, one of them, and who is in which group."""

from collections.abc import Iterable

from sqlalchemy.orm import Session

from pileus.core.config import Settings
from pileus.core.db import Database
from pileus.core.errors import Forbidden
from pileus.identity.models import Group, Membership, User
from pileus.identity.operations.directories import entries
from pileus.identity.operations.directories.configuration import Directory, driver, of_domain
from pileus.identity.operations.directories.login import refresh
from pileus.identity.operations.directories.shadows import LDAP, Row, Shadows, write


def listed(
    session: Session,
    database: Database,
    settings: Settings,
    domain_id: str,
    kind: str,
    names: Iterable[tuple[str, str]] = (),
) -> list[str] | None:
    """The ids of the users (or groups) of a domain's directory; None where the domain has none.

    `names` narrow by name, as pairs of how ("equals", "contains", "startswith", "endswith") and what; a directory does not
    tell big letters from small ones. Raises Trouble when the directory is of no use.
    """
    directory = of_domain(session, settings, domain_id)
    if directory is None:
        return None
    attribute = directory[f"{kind}_name_attribute"]
    more = [
        entries.equals(attribute, value) if how == "equals" else entries.resembles(attribute, how, value)
        for how, value in names
    ]
    found = entries.find(directory, kind, "".join(more))
    return write(session, database, settings, domain_id, lambda shadows: shadows.store(found, settled=True))


def still_there(session: Session, database: Database, settings: Settings, row: Row) -> bool:
    """Bring the row of a directory's user or group up to date; False when it is not there any more."""
    directory = _of_row(session, settings, row)
    if directory is None:
        return True
    kind = "user" if isinstance(row, User) else "group"
    entry = entries.with_id(directory, kind, row.external_id or "")
    if entry is not None:
        write(session, database, settings, directory.domain_id, lambda shadows: shadows.store([entry], settled=False))
    return entry is not None


def ask_groups(session: Session, database: Database, settings: Settings, user: User) -> bool:
    """Bring the memberships of a directory's user up to date; False when the user is not there any more."""
    directory = _of_row(session, settings, user)
    if directory is None:
        return True
    entry = entries.with_id(directory, "user", user.external_id or "")
    if entry is not None:
        refresh(session, database, settings, directory, entry)
    return entry is not None


def ask_members(session: Session, database: Database, settings: Settings, group: Group) -> bool:
    """Bring the members of a directory's group up to date; False when the group is not there any more."""
    directory, group_id = _of_row(session, settings, group), group.id
    if directory is None:
        return True
    entry = entries.with_id(directory, "group", group.external_id or "", members=True)
    if entry is None:
        return False
    users = entries.members_of(directory, entry)

    def work(shadows: Shadows) -> None:
        held = shadows.store(users, settled=False)
        shadows.members(Membership.group_id == group_id, {(user_id, group_id) for user_id in held})

    write(session, database, settings, directory.domain_id, work)
    return True


def _of_row(session: Session, settings: Settings, row: Row) -> Directory | None:
    return of_domain(session, settings, row.domain_id) if row.source == LDAP else None


def refuse_new(session: Session, domain_id: str) -> None:
    """Raise Forbidden when the users and groups of a domain are not Pileus' to make."""
    if driver(session, domain_id) != "sql":
        raise _read_only(domain_id)


def refuse_change(session: Session, *rows: Row) -> None:
    """Raise Forbidden when one of the rows is a directory's."""
    for row in rows:
        if row.source == LDAP and driver(session, row.domain_id) == LDAP:
            raise _read_only(row.domain_id)


def adopt(session: Session, row: Row) -> None:
    """Before a row is changed: what is left of a directory becomes a row like any other. Raises Forbidden for a directory's."""
    refuse_change(session, row)
    if row.source == LDAP:
        row.source, row.external_id = "sql", None


def _read_only(domain_id: str) -> Forbidden:
    return Forbidden(f"The users and groups of domain {domain_id} come from its directory, which is read-only here.")
