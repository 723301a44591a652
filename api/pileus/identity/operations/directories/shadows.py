"""Shadows: the rows in SQL of a directory's users and groups, so that assignments and tokens rest on rows like any others."""

import hashlib
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from sqlalchemy import Select, delete, select
from sqlalchemy.orm import Session

from pileus.core.config import Settings
from pileus.core.db import Database
from pileus.identity.models import Group, Membership, User, revision
from pileus.identity.operations import revocations
from pileus.identity.operations.directories.entries import Entry

log = logging.getLogger(__name__)
T = TypeVar("T")
Row = User | Group
MODELS: Mapping[str, type[User] | type[Group]] = {"user": User, "group": Group}
LDAP = "ldap"
_CHUNK = 500  # ids in one statement


class _Differs(Exception):
    """There is something to write."""


def shadow_id(domain_id: str, kind: str, local_id: str) -> str:
    """The id of a directory's user or group: always the same, and the one that Keystone makes by default."""
    return hashlib.sha256(f"{domain_id}{kind}{local_id}".encode()).hexdigest()


def write(
    session: Session, database: Database, settings: Settings, domain_id: str, work: "Callable[[Shadows], T]"
) -> T:
    """Let the rows say what a directory has said; `session` reads and sees it afterwards.

    First `work` is done without writing: a writing transaction is opened only when something differs, and then it is done
    again. It must answer with ids rather than rows.
    """
    try:
        return work(Shadows(session, settings, domain_id, dry=True))
    except _Differs:
        session.rollback()  # what it sees from now on holds what is written here
    with database.write() as writing:
        revision.hold(writing)
        return work(Shadows(writing, settings, domain_id, dry=False))


class Shadows:
    """The rows of one domain's directory in one transaction."""

    def __init__(self, session: Session, settings: Settings, domain_id: str, *, dry: bool) -> None:
        self.session, self.settings, self.domain_id, self._dry = session, settings, domain_id, dry

    def store(self, entries: Sequence[Entry], *, settled: bool) -> list[str]:
        """Bring the rows of these entries up to date; the ids of the rows, without entries whose name another one has.

        `settled` says that the entries are all there are with their names, so that an older row has lost its name.
        """
        entries = self._first_of_each_name(entries)
        ids = {shadow_id(self.domain_id, entry.kind, entry.id): entry for entry in entries}
        if not ids:
            return []
        model = MODELS[entries[0].kind]
        rows = {row.id: row for row in self._rows(model, ids)}
        barred = self._clear_names(model, ids, rows, settled=settled)
        stored = []
        for row_id, entry in ids.items():
            row = rows.get(row_id)
            if row is not None and row.source != LDAP:
                barred.add(row_id)
            if row_id in barred:
                log.info("domain %s: %s is left alone, its name or id is taken", self.domain_id, entry.dn)
                if row is None or row.source != LDAP:
                    continue
            self._put(model, row_id, row, entry, keep_name=row_id in barred)
            stored.append(row_id)
        self.session.flush()
        return stored

    def gone(self, model: type[User] | type[Group], ids: Iterable[str]) -> list[str]:
        """What the directory has no more: users are disabled and their tokens end, groups are empty. The rows stay."""
        changed = []
        for row in self._rows(model, ids):
            if isinstance(row, User):
                if row.enabled:
                    self._disable(row)
                    changed.append(row.id)
            elif self.members(Membership.group_id == row.id, set()):
                changed.append(row.id)
        self.session.flush()
        return changed

    def members(self, of: object, wanted: set[tuple[str, str]]) -> bool:
        """Make the memberships that a condition finds exactly the (user id, group id) wanted; whether anything changed."""
        statement = (
            select(Membership)
            .join(Group, Group.id == Membership.group_id)
            .where(of, Group.source == LDAP, Group.domain_id == self.domain_id)  # type: ignore[arg-type]
        )
        have = {(row.user_id, row.group_id): row for row in self.session.execute(statement).scalars()}
        if have.keys() == wanted:
            return False
        self._touch()
        for pair in have.keys() - wanted:
            self.session.delete(have[pair])
        for user_id, group_id in sorted(wanted - have.keys()):
            self.session.add(Membership(user_id=user_id, group_id=group_id))
        self.session.flush()
        return True

    def _touch(self) -> None:
        if self._dry:
            raise _Differs

    def _rows(self, model: type[User] | type[Group], ids: Iterable[str]) -> list[Row]:
        waiting, found = list(ids), list[Row]()
        for start in range(0, len(waiting), _CHUNK):
            chunk = waiting[start : start + _CHUNK]
            statement: Select[Any] = select(model).where(model.id.in_(chunk))
            found += self.session.execute(statement).scalars()
        return found

    def _first_of_each_name(self, entries: Sequence[Entry]) -> list[Entry]:
        first: dict[str, Entry] = {}
        for entry in sorted(entries, key=lambda entry: entry.id):
            if first.setdefault(entry.name, entry) is not entry:
                log.warning("domain %s: %s has the name of %s", self.domain_id, entry.dn, first[entry.name].dn)
        return list(first.values())

    def _clear_names(
        self, model: type[User] | type[Group], ids: Mapping[str, Entry], rows: Mapping[str, Row], *, settled: bool
    ) -> set[str]:
        """Take names from rows that have them no more; the ids whose new name is another row's for good."""
        wanted = {e.name: row_id for row_id, e in ids.items() if row_id not in rows or rows[row_id].name != e.name}
        barred: set[str] = set()
        names = list(wanted)
        for start in range(0, len(names), _CHUNK):
            chunk = names[start : start + _CHUNK]
            holders: Select[Any] = select(model).where(model.domain_id == self.domain_id, model.name.in_(chunk))
            for holder in self.session.execute(holders).scalars():
                if holder.source == LDAP and (settled or holder.id in ids):
                    self._touch()
                    holder.name = holder.id  # until the directory tells its name
                else:
                    barred.add(wanted[holder.name])
        self.session.flush()
        return barred

    def _put(
        self,
        model: type[User] | type[Group],
        row_id: str,
        row: Row | None,
        entry: Entry,
        *,
        keep_name: bool,
    ) -> None:
        values = {"name": entry.name, "description": entry.description, "extra": entry.extra}
        if model is User:
            values |= {"default_project_id": entry.default_project_id}
        else:
            values["description"] = entry.description or ""
        if keep_name:
            del values["name"]
        if row is None:
            self._touch()
            row = model(id=row_id, domain_id=self.domain_id, source=LDAP, external_id=entry.id, **values)
            if isinstance(row, User):
                row.enabled, row.options = entry.enabled, {}
            self.session.add(row)
            return
        for name, value in values.items():
            if getattr(row, name) != value:
                self._touch()
                setattr(row, name, value)
        if isinstance(row, User) and row.enabled != entry.enabled:
            if entry.enabled:
                self._touch()
                row.enabled = True
            else:
                self._disable(row)

    def _disable(self, row: User) -> None:
        self._touch()
        row.enabled = False
        revocations.revoke(self.session, self.settings, "user", row.id)


def leave(session: Session, settings: Settings, domain_id: str) -> None:
    """A domain has no directory any more: the users who came from it may not work, and its groups are empty."""
    shadows = Shadows(session, settings, domain_id, dry=False)
    of_domain = select(User).where(User.domain_id == domain_id, User.source == LDAP, User.enabled.is_(True))
    for row in session.execute(of_domain).scalars():
        shadows._disable(row)
    groups = select(Group.id).where(Group.domain_id == domain_id, Group.source == LDAP)
    if session.execute(groups.limit(1)).first():
        revision.hold(session)
        session.execute(delete(Membership).where(Membership.group_id.in_(groups)))
        revision.bump(session)
    session.flush()
