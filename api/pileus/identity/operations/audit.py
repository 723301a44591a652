"""The audit trail: what is written, how long it is kept, and how it reads as CADF."""

import datetime as dt
import secrets
from typing import Any

from sqlalchemy import delete
from sqlalchemy.orm import Session

from pileus.core.config import Settings
from pileus.core.context import Context
from pileus.core.db import now
from pileus.identity.models import AuditEvent

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
