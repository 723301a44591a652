"""Delegated tokens: what a trust, an application credential or an OAuth1 access token makes of a token."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from pileus.core.db import now
from pileus.core.errors import Unauthorized
from pileus.identity.models import AccessToken, ApplicationCredential, Project, Trust, User
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
    oauth: dict[str, Any] | None = None
    subjects: tuple[tuple[str, str], ...] = ()


NONE = Delegation()
EC2 = "ec2credential"  # the method of tokens for requests that were signed with an EC2 key


def delegated(token: Token) -> bool:
    """Whether a token was got by something that its user handed out, and not by the user in person; a trust is not meant."""
    return bool(token.application_credential_id or token.oauth_token_id) or EC2 in token.methods


def of_token(session: Session, token: Token, user_id: str) -> Delegation:
    """What the token was delegated by, if anything; raises Unauthorized when the delegation is over."""
    if token.application_credential_id:
        return _application_credential(session, token.application_credential_id, user_id)
    if token.oauth_token_id:
        return _access_token(session, token.oauth_token_id, user_id)
    if token.scope.kind == "trust":
        return _trust(session, token.scope.id, user_id)
    return NONE


def covered(session: Session, user_id: str, project_id: str, role_ids: Sequence[str]) -> list[dict[str, Any]]:
    """What these roles give in a project, as long as the user has all of them there; raises Unauthorized otherwise."""
    project = session.get(Project, project_id)
    if project is None or project.is_domain:
        raise Unauthorized()
    above = effective.lineage(session, project)
    have = {role["id"] for role in effective.roles(session, user_id, "project", project_id, above)}
    if not set(role_ids) <= have:
        raise Unauthorized()
    return effective.named(session, role_ids)


def _application_credential(session: Session, credential_id: str, user_id: str) -> Delegation:
    row = session.get(ApplicationCredential, credential_id)
    if row is None or row.user_id != user_id or (row.expires_at is not None and row.expires_at <= now()):
        raise Unauthorized()
    shown: dict[str, Any] = {"id": row.id, "name": row.name, "restricted": not row.unrestricted}
    if row.rules_apply:
        shown["access_rules"] = [
            {"id": rule.id, "service": rule.service, "method": rule.method, "path": rule.path} for rule in row.rules
        ]
    return Delegation(
        scope=Scope("project", row.project_id),
        roles=covered(session, user_id, row.project_id, row.role_ids),
        application_credential=shown,
        subjects=(("project", row.project_id),),
    )


def _access_token(session: Session, token_id: str, user_id: str) -> Delegation:
    row = session.get(AccessToken, token_id)
    if row is None or row.user_id != user_id or (row.expires_at is not None and row.expires_at <= now()):
        raise Unauthorized()
    return Delegation(
        scope=Scope("project", row.project_id),
        roles=covered(session, user_id, row.project_id, row.role_ids),
        oauth={"access_token_id": row.id, "consumer_id": row.consumer_id},
        subjects=(("project", row.project_id),),
    )


def chain(session: Session, trust_id: str) -> list[Trust]:
    """The trust and those it was handed on from, up to the first; empty when any of them is gone or over."""
    found: list[Trust] = []
    following: str | None = trust_id
    while following:
        row = session.get(Trust, following)
        if row is None or row.deleted_at is not None or (row.expires_at is not None and row.expires_at <= now()):
            return []
        found.append(row)
        following = row.redelegated_trust_id
    return found


def live_trust(session: Session, trust_id: str) -> Trust | None:
    """The trust, unless it, or one it was handed on from, is gone or over."""
    found = chain(session, trust_id)
    return found[0] if found else None


def _check_agents(session: Session, user_ids: set[str]) -> None:
    """Raise Unauthorized unless all by whom a trust came here may still work themselves."""
    able = (
        select(func.count())
        .select_from(User)
        .join(Project, Project.id == User.domain_id)
        .where(User.id.in_(user_ids), User.enabled.is_(True), Project.enabled.is_(True))
    )
    if session.execute(able).scalar_one() != len(user_ids):
        raise Unauthorized()


def _trust(session: Session, trust_id: str, user_id: str) -> Delegation:
    trusts = chain(session, trust_id)
    if not trusts or trusts[0].trustee_id != user_id:
        raise Unauthorized()
    row, first = trusts[0], trusts[-1]
    agents = {first.trustor_id, *(above.trustee_id for above in trusts[1:])}
    _check_agents(session, agents)
    shown = {
        "id": row.id,
        "impersonation": row.impersonation,
        "trustor_user": {"id": row.trustor_id},
        "trustee_user": {"id": row.trustee_id},
    }
    subjects = [("trust", above.id) for above in trusts] + [("user", agent) for agent in sorted(agents)]
    if row.project_id is not None:
        subjects.append(("project", row.project_id))
    return Delegation(
        scope=Scope("project", row.project_id) if row.project_id else Scope(),
        roles=covered(session, first.trustor_id, row.project_id, row.role_ids) if row.project_id else [],
        on_behalf_of=row.trustor_id if row.impersonation else None,
        trust=shown,
        subjects=tuple(subjects),
    )
