"""Delegated tokens: what a trust or an application credential makes of a token."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from pileus.core.db import now
from pileus.core.errors import Unauthorized
from pileus.identity.models import ApplicationCredential, Project, Trust, User
from pileus.identity.operations import effective
from pileus.identity.operations.formats import Scope, Token


@dataclass(frozen=True)
class Delegation:
    """How a token differs from one its user got with a password; None leaves things as they are."""

    scope: Scope | None = None
    roles: list[dict[str, Any]] | None = None
    on_behalf_of: str | None = None  # the id of the user who is shown instead
    trust: dict[str, Any] | None = None
    application_credential: dict[str, Any] | None = None
    subjects: tuple[tuple[str, str], ...] = ()


NONE = Delegation()


def of_token(session: Session, token: Token, user: User) -> Delegation:
    """What the token was delegated by, if anything; raises Unauthorized when the delegation is over."""
    if token.application_credential_id:
        return _application_credential(session, token.application_credential_id, user)
    if token.scope.kind == "trust":
        return _trust(session, token.scope.id, user)
    return NONE


def covered(session: Session, user_id: str, project_id: str, role_ids: Sequence[str]) -> list[dict[str, Any]]:
    """What these roles give in a project, as long as the user has all of them there; raises Unauthorized otherwise."""
    project = session.get(Project, project_id)
    if project is None:
        raise Unauthorized()
    above = effective.lineage(session, project)
    have = {role["id"] for role in effective.roles(session, user_id, "project", project_id, above)}
    if not set(role_ids) <= have:
        raise Unauthorized()
    return effective.named(session, role_ids)


def _application_credential(session: Session, credential_id: str, user: User) -> Delegation:
    row = session.get(ApplicationCredential, credential_id)
    if row is None or row.user_id != user.id or (row.expires_at is not None and row.expires_at <= now()):
        raise Unauthorized()
    shown: dict[str, Any] = {"id": row.id, "name": row.name, "restricted": not row.unrestricted}
    if row.rules_apply:
        shown["access_rules"] = [
            {"id": rule.id, "service": rule.service, "method": rule.method, "path": rule.path} for rule in row.rules
        ]
    return Delegation(
        scope=Scope("project", row.project_id),
        roles=covered(session, user.id, row.project_id, row.role_ids),
        application_credential=shown,
        subjects=(("project", row.project_id),),
    )


def live_trust(session: Session, trust_id: str) -> Trust | None:
    """The trust, unless it is gone or over."""
    row = session.get(Trust, trust_id)
    over = row is not None and row.expires_at is not None and row.expires_at <= now()
    return None if row is None or row.deleted_at is not None or over else row


def _trust(session: Session, trust_id: str, user: User) -> Delegation:
    row = live_trust(session, trust_id)
    if row is None or row.trustee_id != user.id:
        raise Unauthorized()
    shown = {
        "id": row.id,
        "impersonation": row.impersonation,
        "trustor_user": {"id": row.trustor_id},
        "trustee_user": {"id": row.trustee_id},
    }
    chain = [("trust", row.id), ("user", row.trustor_id)]
    if row.redelegated_trust_id:
        above = live_trust(session, row.redelegated_trust_id)
        if above is None:
            raise Unauthorized()
        chain.append(("trust", above.id))
    if row.project_id is not None:
        chain.append(("project", row.project_id))
    return Delegation(
        scope=Scope("project", row.project_id) if row.project_id else Scope(),
        roles=covered(session, row.trustor_id, row.project_id, row.role_ids) if row.project_id else [],
        on_behalf_of=row.trustor_id if row.impersonation else None,
        trust=shown,
        subjects=tuple(chain),
    )
