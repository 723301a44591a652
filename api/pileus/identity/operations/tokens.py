"""Giving back tokens."""

from sqlalchemy.orm import Session

from pileus.core.config import Settings
from pileus.identity.operations import revocations
from pileus.identity.operations.formats import Token


def revoke_one(session: Session, settings: Settings, token: Token) -> None:
    """Make one token worthless, and none of those that were got from it."""
    revocations.revoke(session, settings, "audit", token.audit_ids[0])
