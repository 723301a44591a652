"""Revocation by event: what was revoked when, kept as long as a token from before could live."""

import datetime as dt
from collections.abc import Iterable

from sqlalchemy import Select, bindparam, delete, or_, select
from sqlalchemy.orm import Session

from pileus.core.config import Settings
from pileus.core.db import now
from pileus.identity.models import Revocation
from pileus.identity.operations.formats import Token


def revoke(session: Session, settings: Settings, kind: str, subject: str) -> None:
    """Make all tokens of the subject issued until now worthless; see models.Revocation for the kinds."""
    moment = now()
    keep = dt.timedelta(seconds=settings.token_lifetime + settings.token_expired_window)
    session.execute(delete(Revocation).where(Revocation.expires_at < moment))
    session.add(Revocation(kind=kind, subject=subject, before=moment, expires_at=moment + keep))
    session.flush()


def subjects(token: Token, more: Iterable[tuple[str, str]] = ()) -> list[tuple[str, str]]:
    """All (kind, subject) pairs whose revocation hits this token."""
    pairs = [("audit", token.audit_ids[0]), ("chain", token.audit_ids[-1]), ("user", token.user_id), *more]
    if token.scope.id:
        pairs.append((token.scope.kind, token.scope.id))
    if token.application_credential_id:
        pairs.append(("application_credential", token.application_credential_id))
    if token.oauth_token_id:
        pairs.append(("access_token", token.oauth_token_id))
    return pairs


_HITS = select(Revocation.kind, Revocation.subject).where(
    Revocation.subject.in_(bindparam("subjects", expanding=True)),
    # nothing comes after the end of a token, so what was got from it in the same moment, or by a clock ahead, is hit, too
    or_(Revocation.kind.in_(("audit", "chain")), Revocation.before >= bindparam("issued")),
)


def revoked(session: Session, token: Token, more: Iterable[tuple[str, str]] = ()) -> bool:
    """Whether any event hits the token; `more` are further subjects, such as the domains of its user and project."""
    pairs = set(subjects(token, more))
    asked = {"subjects": sorted({subject for _, subject in pairs}), "issued": token.issued}
    found = session.execute(_HITS, asked)
    return any((kind, subject) in pairs for kind, subject in found)


def events(since: dt.datetime | None = None) -> Select[Revocation]:
    """The events that still matter, oldest first."""
    statement = select(Revocation).where(Revocation.expires_at >= now()).order_by(Revocation.created_at)
    return statement.where(Revocation.created_at >= since) if since else statement
