"""The audit trail: what is written, how long it is kept, how it is searched, and how it reads as CADF."""

import datetime as dt
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, delete, literal, select
from sqlalchemy.orm import Session

from pileus.core.config import Settings
from pileus.core.context import Context
from pileus.core.db import now
from pileus.identity.models import AuditEvent, User

_EVENTS = AuditEvent.metadata.tables[
    AuditEvent.__tablename__
]  # every login writes one: without the weight of an object
_TIDY = 500  # one write in so many removes what is too old


def record(
    session: Session,
    settings: Settings,
    context: Context,
    action: str,
    outcome: str,
    target: tuple[str, str],
    address: str,
) -> None:
    """Write one event; `target` is (type, id), `address` the client's."""
    event = {
        "action": action[:128],
        "outcome": outcome,
        "initiator_id": context.user_id[:255],
        "project_id": context.project_id,
        "address": address[:64],
        "target_type": target[0][:64],
        "target_id": target[1][:255],
        "request_id": context.request_id,
    }
    session.connection().execute(_EVENTS.insert(), event)
    if secrets.randbelow(_TIDY) == 0:
        end = now() - dt.timedelta(days=settings.audit_keep_days)
        session.execute(delete(AuditEvent).where(AuditEvent.at < end))


@dataclass(frozen=True)
class Wanted:
    """Which events somebody looks for: of whom (id or name), from when until before when, and what. None: of any."""

    user: str | None = None
    since: dt.datetime | None = None
    until: dt.datetime | None = None
    action: str | None = None
    outcome: str | None = None
    resource: str | None = None


def find(session: Session, wanted: Wanted, limit: int) -> list[AuditEvent]:
    """The newest events that are wanted, the newest of all first."""
    statement = _of(select(AuditEvent), wanted)
    if wanted.user is not None:
        named = session.execute(select(User.id).where(User.name == wanted.user)).scalars()
        # a login that failed is of whoever was named, be it by name or by id
        statement = statement.where(AuditEvent.initiator_id.in_([wanted.user, *named]))
    statement = statement.order_by(AuditEvent.at.desc(), AuditEvent.id).limit(limit)
    return list(session.execute(statement).scalars())


def _of(statement: Select[AuditEvent], wanted: Wanted) -> Select[AuditEvent]:
    if wanted.since is not None:
        statement = statement.where(AuditEvent.at >= wanted.since)
    if wanted.until is not None:
        statement = statement.where(AuditEvent.at < wanted.until)
    if wanted.action is not None:
        statement = statement.where(AuditEvent.action == wanted.action)
    if wanted.outcome is not None:
        statement = statement.where(AuditEvent.outcome == wanted.outcome)
    if wanted.resource is not None:
        # several ids stand as a path: a grant's are those of the project, the user and the role
        path = literal("/").concat(AuditEvent.target_id).concat("/")
        statement = statement.where(path.contains(f"/{wanted.resource}/", autoescape=True))
    return statement


def names(session: Session, events: Collection[AuditEvent]) -> dict[str, str]:
    """The names of those who did it, by id, as far as they are still here."""
    ids = {event.initiator_id for event in events}
    return {row.id: row.name for row in session.execute(select(User.id, User.name).where(User.id.in_(ids)))}


def cadf(row: AuditEvent) -> dict[str, Any]:
    """An event in the form of CADF."""
    return {
        "typeURI": "http://schemas.dmtf.org/cloud/audit/1.0/event",
        "id": row.id,
        "eventType": "activity",
        "eventTime": row.at.strftime("%Y-%m-%dT%H:%M:%S.%f+0000"),
        "action": row.action,
        "outcome": row.outcome,
        "initiator": {
            "id": row.initiator_id,
            "typeURI": "service/security/account/user",
            "host": {"address": row.address},
            "project_id": row.project_id,
            "request_id": row.request_id,
        },
        "target": {"id": row.target_id, "typeURI": f"data/security/{row.target_type}"},
        "observer": {"id": "pileus", "typeURI": "service/security"},
    }
