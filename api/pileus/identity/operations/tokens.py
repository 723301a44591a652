"""Tokens as a whole: whether access rules bind them, and giving them back."""

from sqlalchemy.orm import Session

from pileus.core.config import Settings
from pileus.identity.operations import revocations
from pileus.identity.operations.access import Access
from pileus.identity.operations.formats import Token


def bound(worth: Access) -> bool:
    """Whether a token is good for some calls only; who is shown it must hold it to them."""
    return "access_rules" in (worth.application_credential or {})


def revoke(session: Session, settings: Settings, token: Token, *, cascade: bool) -> None:
    """Make a token worthless, and with `cascade` all that were got from it.

    Tokens know the first one of their chain only: giving back one that was itself got from another ends nothing but that one.
    """
    revocations.revoke(session, settings, "audit", token.audit_ids[0])
    if cascade:
        revocations.revoke(session, settings, "chain", token.audit_ids[0])
