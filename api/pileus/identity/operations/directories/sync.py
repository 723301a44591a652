"""Keeping the rows of a directory's users and groups true between logins: who is gone or disabled there loses the tokens."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select, true
from sqlalchemy.orm import Session

from pileus.core.config import Settings
from pileus.core.db import Database
from pileus.identity.models import Group, User
from pileus.identity.operations.directories import connection, entries
from pileus.identity.operations.directories.configuration import (
    Directory,
    NoSuchBase,
    Trouble,
    domains,
    driver,
    of_domain,
)
from pileus.identity.operations.directories.entries import Entry
from pileus.identity.operations.directories.shadows import LDAP, MODELS, Shadows, leave, shadow_id, write

log = logging.getLogger(__name__)
Known = dict[str, str]  # ids of rows by ids in the directory


@dataclass(frozen=True)
class Synced:
    """What a directory said about those who are known here."""

    users: int
    groups: int
    gone: int


def sync(database: Database, settings: Settings, domain_id: str) -> Synced:
    """Bring all rows of a domain's directory up to date; no transaction is open while the directory is asked.

    Raises Trouble, and changes nothing, when the directory does not answer or seems to be empty.
    """
    with database.read() as session:
        directory = of_domain(session, settings, domain_id)
        if directory is None:
            return Synced(0, 0, 0)
        known = {kind: _known(session, domain_id, kind) for kind in MODELS}
    users = _present(directory, "user", known["user"])
    try:
        groups: list[Entry] | None = _present(directory, "group", known["group"])
        pairs = _pairs(directory, users, groups or [])
    except NoSuchBase:
        groups, pairs = None, set()

    def work(shadows: Shadows) -> int:
        held = set(shadows.store(users, settled=False))
        gone = shadows.gone(User, [known["user"][one] for one in known["user"].keys() - {user.id for user in users}])
        if groups is not None:
            held |= set(shadows.store(groups, settled=False))
            missing = known["group"].keys() - {group.id for group in groups}
            gone += shadows.gone(Group, [known["group"][one] for one in missing])
            shadows.members(true(), {pair for pair in pairs if held.issuperset(pair)})
        return len(gone)

    with database.read() as session:
        gone = write(session, database, settings, domain_id, work)
    return Synced(len(users), len(groups or []), gone)


def sync_all(database: Database, settings: Settings) -> None:
    """Sync every domain that has a directory; one that is down does not keep the others from it."""
    with database.read() as session:
        ids = domains(session)
    for domain_id in ids:
        try:
            done = sync(database, settings, domain_id)
        except Trouble as trouble:
            log.warning("%s", trouble.message)
        except Exception:
            log.exception("the directory of domain %s was not synced", domain_id)
        else:
            log.info("domain %s: %s", domain_id, done)


def settle(session: Session, settings: Settings, domain_id: str) -> None:
    """After a change of a domain's configuration: where there is no directory any more, its users may not work."""
    if driver(session, domain_id) != LDAP:
        leave(session, settings, domain_id)
        connection.forget(domain_id)


def _known(session: Session, domain_id: str, kind: str) -> Known:
    model = MODELS[kind]
    statement = select(model.external_id, model.id).where(model.domain_id == domain_id, model.source == LDAP)
    return {row.external_id: row.id for row in session.execute(statement) if row.external_id is not None}


def _present(directory: Directory, kind: str, known: Known) -> list[Entry]:
    """Those of the known ones who are still there. That all are gone is believed only of a directory that has others."""
    found = entries.with_ids(directory, kind, known, members=kind == "group")
    if known and not found and not entries.find(directory, kind, limit=1):
        trouble = NoSuchBase if kind == "group" else Trouble
        raise trouble(directory.domain_id, f"shows no {kind} at all; nothing was changed")
    return found


def _pairs(directory: Directory, users: Sequence[Entry], groups: Sequence[Entry]) -> set[tuple[str, str]]:
    """Who of the known users is in which of the known groups, as ids of rows."""
    by_id, domain_id = bool(directory["group_members_are_ids"]), directory.domain_id
    rows = {user.id if by_id else entries.key(user.dn): shadow_id(domain_id, "user", user.id) for user in users}
    nested = bool(directory["group_ad_nesting"]) and not by_id
    every = entries.find(directory, "group", members=True) if nested and groups else groups
    inside = {entries.key(group.dn): {one if by_id else entries.key(one) for one in group.members} for group in every}
    pairs = set()
    for group in groups:
        seen, waiting = set[str](), [entries.key(group.dn)]
        while waiting:
            here = inside.get(waiting.pop(), set()) - seen
            seen |= here
            waiting += [one for one in here if nested and one in inside]
        group_id = shadow_id(domain_id, "group", group.id)
        pairs |= {(rows[one], group_id) for one in seen if one in rows}
    return pairs
