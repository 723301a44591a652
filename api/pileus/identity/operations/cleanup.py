"""What goes when a user, project or domain goes, beyond what the database does by itself; and what goes because it is over."""

from collections.abc import Sequence

from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session, aliased

from pileus.core.db import now
from pileus.identity.models import (
    AccessToken,
    ApplicationCredential,
    Credential,
    IdentityProvider,
    Limit,
    Membership,
    Nonce,
    RequestToken,
    Trust,
    revision,
)


def of_projects(session: Session, ids: Sequence[str]) -> None:
    """Delete what belongs to projects, or to a domain, that are about to be deleted."""
    session.execute(delete(Credential).where(Credential.project_id.in_(ids)))
    session.execute(delete(ApplicationCredential).where(ApplicationCredential.project_id.in_(ids)))
    session.execute(delete(Trust).where(Trust.project_id.in_(ids)))
    session.execute(delete(AccessToken).where(AccessToken.project_id.in_(ids)))
    session.execute(delete(RequestToken).where(RequestToken.project_id.in_(ids)))
    session.execute(delete(Limit).where(Limit.project_id.in_(ids)))
    session.execute(delete(Limit).where(Limit.domain_id.in_(ids)))
    session.execute(delete(IdentityProvider).where(IdentityProvider.domain_id.in_(ids)))


def of_what_is_over(session: Session) -> None:
    """Delete trusts that have ended, memberships and OAuth1 tokens that are over, and nonces too old to come again."""
    moment = now()
    for model in (RequestToken, Nonce, Membership):
        session.execute(delete(model).where(model.expires_at < moment))
    above = aliased(Trust)
    orphaned = Trust.redelegated_trust_id.is_not(None) & Trust.redelegated_trust_id.not_in(select(above.id))
    ended = or_(Trust.deleted_at.is_not(None), Trust.expires_at < moment, orphaned)
    expired = AccessToken.expires_at < moment
    found = [select(Trust.id).where(ended).limit(1), select(AccessToken.id).where(expired).limit(1)]
    if any(session.execute(statement).first() for statement in found):
        revision.hold(session)
        session.execute(delete(Trust).where(ended))
        session.execute(delete(AccessToken).where(expired))
        revision.bump(session)
