"""Logging in with a directory: find the entry, bind as it with the password, and bring the rows up to date."""

import logging
import secrets
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import Session

from pileus.core.config import Settings
from pileus.core.db import Database
from pileus.identity.models import Membership, User
from pileus.identity.operations.claims import SQL, Claim, called
from pileus.identity.operations.directories import entries
from pileus.identity.operations.directories.configuration import Directory, NoSuchBase, Trouble, of_domain
from pileus.identity.operations.directories.connection import proves
from pileus.identity.operations.directories.entries import Entry
from pileus.identity.operations.directories.shadows import LDAP, Shadows, shadow_id, write

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Meant:
    """Someone whom only a directory can know: by the id there, or by a name. `user` is the row, where there is one."""

    directory: Directory
    user: User | None
    what: str  # "id" or "name"
    value: str = field(repr=False)


@dataclass(frozen=True)
class Found:
    """What there is of someone: the entry in the directory, and the row here that stands for it, once there is one.

    `who` names whom it is about, however it was put.
    """

    directory: Directory
    who: str
    entry: Entry | None = field(default=None, repr=False)
    user: User | None = None


def meant(session: Session, settings: Settings, whom: Claim) -> Meant | None:
    """Whom a claim means, when that is for a directory to say; None for everybody else.

    Users whom a domain has in SQL log in as ever, so that a mistake in its configuration locks out nobody but the directory's.
    """
    row = whom.row
    if whom.driver == SQL or not whom.domain_id or (row is not None and row.source != LDAP):
        return None
    if "id" in whom.given and (row is None or row.external_id is None):
        return None
    try:
        directory = of_domain(session, settings, whom.domain_id)
    except Trouble as trouble:
        raise _hidden(whom.domain_id, trouble) from None
    if directory is None:
        return None
    if "id" in whom.given and row is not None:
        return Meant(directory, row, "id", str(row.external_id))
    return Meant(directory, row, "name", whom.given["name"])


def look(session: Session, who: Meant) -> Found:
    """Ask the directory for someone. The row is that of the entry, for a directory finds more than the name as it is written.

    The database is asked as much about somebody unknown. Raises Trouble as `prove` does.
    """
    domain_id = who.directory.domain_id
    try:
        entry = _entry(who)
    except Trouble as trouble:
        raise _hidden(domain_id, trouble) from None
    user_id = shadow_id(domain_id, "user", entry.id) if entry is not None else ""
    row = session.execute(select(User).where(User.id == user_id)).scalar_one_or_none()
    return Found(who.directory, called(domain_id, entry.name if entry is not None else who.value, LDAP), entry, row)


def prove(
    session: Session, database: Database, settings: Settings, found: Found, password: str, *, in_vain: bool = False
) -> User | None:
    """The user, up to date, when the directory lets them in with this password; else None.

    Somebody unknown, or one who would be let in `in_vain`, costs a bind, too: as an entry that is not there. Raises Trouble
    with nothing but the domain in its words, for the caller is a stranger.
    """
    if not password:
        return None
    directory, entry = found.directory, found.entry
    try:
        if entry is None or in_vain:
            nobody = f"cn={secrets.token_hex(16)},{directory.tree('user')}"
            proves(directory, nobody, password)
            return None
        if not proves(directory, entry.dn, password):
            return None
    except Trouble as trouble:
        raise _hidden(directory.domain_id, trouble) from None
    return _let_in(session, database, settings, directory, entry)


def fetch(session: Session, database: Database, settings: Settings, who: Meant) -> User | None:
    """The user, up to date, of whom somebody else has proved who it is; raises Trouble as `prove` does."""
    try:
        entry = _entry(who)
    except Trouble as trouble:
        raise _hidden(who.directory.domain_id, trouble) from None
    return None if entry is None else _let_in(session, database, settings, who.directory, entry)


def _let_in(
    session: Session, database: Database, settings: Settings, directory: Directory, entry: Entry
) -> User | None:
    try:
        user_id = refresh(session, database, settings, directory, entry)
    except Trouble as trouble:
        raise _hidden(directory.domain_id, trouble) from None
    user = session.get(User, user_id) if user_id is not None else None
    return user if user is not None and user.enabled else None


def _hidden(domain_id: str, trouble: Trouble) -> Trouble:
    """What a stranger is told of trouble; the log says more."""
    log.warning("%s", trouble.message)
    return Trouble(domain_id, "cannot be asked now")


def _entry(who: Meant) -> Entry | None:
    directory = who.directory
    if who.what == "id":
        return entries.with_id(directory, "user", who.value)
    found = entries.find(directory, "user", entries.equals(directory["user_name_attribute"], who.value), limit=2)
    if len(found) > 1:
        log.warning("domain %s: more than one user has the name %r", directory.domain_id, who.value)
    return found[0] if len(found) == 1 else None


def refresh(session: Session, database: Database, settings: Settings, directory: Directory, user: Entry) -> str | None:
    """Bring a user's row, groups and memberships up to date; the id of the row, None where its name is another's."""
    try:
        groups = entries.groups_of(directory, user)
    except NoSuchBase:
        groups = None

    def work(shadows: Shadows) -> str | None:
        stored = shadows.store([user], settled=True)
        if not stored:
            return None
        if groups is not None:
            held = shadows.store(groups, settled=False)
            shadows.members(Membership.user_id == stored[0], {(stored[0], group_id) for group_id in held})
        return stored[0]

    return write(session, database, settings, directory.domain_id, work)
