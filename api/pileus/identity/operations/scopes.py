"""Scopes: what the body asks for, and what the user gets."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from pileus.core.config import Settings
from pileus.core.errors import BadRequest, Unauthorized
from pileus.identity.models import Project, User
from pileus.identity.operations import access, delegation, effective, trusts
from pileus.identity.operations.access import recall
from pileus.identity.operations.formats import UNSCOPED, Scope
from pileus.identity.operations.methods import Attempt

SYSTEM = Scope("system", "all")


def asked(session: Session, settings: Settings, scope: Any) -> Scope | None:
    """The scope a body asks for; None when it asks for none. Raises Unauthorized for what is not there."""
    if scope is None:
        return None
    if scope == "unscoped" or "unscoped" in scope:
        return UNSCOPED
    kinds = [kind for kind in ("project", "domain", "system", "OS-TRUST:trust") if kind in scope]
    if len(kinds) != 1:
        raise BadRequest("The scope must be exactly one of project, domain, system and OS-TRUST:trust.", field="scope")
    given = scope[kinds[0]]
    if kinds[0] == "project":
        return Scope("project", _project_id(session, settings, given))
    if kinds[0] == "domain":
        return Scope("domain", _domain_id(session, given))
    if kinds[0] == "system":
        return SYSTEM
    return Scope("trust", given["id"])


def _project_id(session: Session, settings: Settings, given: Mapping[str, Any]) -> str:
    if "id" in given:
        return str(given["id"])
    domain = given.get("domain") or {}
    if "name" not in given or not ("id" in domain or "name" in domain):
        raise BadRequest("Expecting to find a project by id, or by name and domain.", field="auth/scope/project")

    def look() -> str | None:
        owner = aliased(Project)
        named = owner.id == domain["id"] if "id" in domain else owner.name == domain["name"]
        statement = select(Project.id).join(owner, owner.id == Project.domain_id)
        statement = statement.where(Project.name == given["name"], named, owner.is_domain.is_(True))
        return session.execute(statement).scalar_one_or_none()

    found = recall(session, settings, ("project", given["name"], domain.get("id"), domain.get("name")), look)
    if found is None:
        raise Unauthorized()
    return found


def _domain_id(session: Session, given: Mapping[str, Any]) -> str:
    if "id" in given:
        return str(given["id"])
    if "name" not in given:
        raise BadRequest("Expecting to find a domain by id or by name.", field="auth/scope/domain")
    found = session.execute(
        select(Project.id).where(Project.name == given["name"], Project.is_domain.is_(True))
    ).scalar_one_or_none()
    if found is None:
        raise Unauthorized()
    return found


def settle(attempt: Attempt, user: User, scope: Scope | None) -> Scope:
    """The scope of the new token: the one asked for, the method's own, or the user's default project."""
    if attempt.implied_scope is not None:
        if scope is not None and not attempt.oauth_token_id:  # OAuth1's clients may ask, but it is not heeded
            raise Unauthorized("An application credential brings its own scope; none may be asked for.")
        return attempt.implied_scope
    if scope is not None and scope.kind == "trust":
        trust = delegation.live_trust(attempt.session, scope.id)
        if trust is None:
            raise Unauthorized()
        attempt.limit(trust.expires_at)
    if scope is not None:
        return scope
    if user.default_project_id and attempt.parent is None and _usable(attempt, user, user.default_project_id):
        return Scope("project", user.default_project_id)
    return UNSCOPED


def _usable(attempt: Attempt, user: User, project_id: str) -> bool:
    scope = Scope("project", project_id)
    try:
        above = access.find_scope(attempt.session, scope)[1]
    except Unauthorized:
        return False
    groups = attempt.federation.groups if attempt.federation else ()
    return bool(effective.roles(attempt.session, user.id, "project", project_id, above, groups))


def consume(attempt: Attempt, scope: Scope) -> None:
    """Count the use of what may be used a limited number of times."""
    if scope.kind != "trust":
        return
    with attempt.database.write() as session:
        trusts.use(session, scope.id)
