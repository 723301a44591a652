"""Whom a login claims to be, found in the same steps whether there is such a user or not."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from pileus.core.config import Settings
from pileus.core.errors import BadRequest
from pileus.identity.models import Project, User
from pileus.identity.operations import access


@dataclass(frozen=True)
class Claim:
    """A user who may log in, or None; `who` names whom it is about in one and the same way, however it was put."""

    user: User | None
    who: str


def claim(session: Session, settings: Settings, given: Mapping[str, Any]) -> Claim:
    """The user meant by {"id"} or {"name", "domain": {"id" or "name"}}; raises BadRequest when it means none."""
    statement = select(User, Project.enabled).join(Project, Project.id == User.domain_id)
    if "id" in given:
        who = f"user:id/{given['id']}"
        statement = statement.where(User.id == given["id"])
    else:
        domain_id = _domain(session, given)
        who = _who(domain_id, given["name"])
        statement = statement.where(User.domain_id == domain_id, User.name == given["name"])
    found = session.execute(statement).first()
    if found is None:
        return Claim(None, who)
    user: User = found[0]
    able = user.enabled and found[1] and not access.inactive(session, settings, user)
    return Claim(user if able else None, _who(user.domain_id, user.name))


def _domain(session: Session, given: Mapping[str, Any]) -> str:
    """The id of the domain that is named; where there is none, words that are nobody's id."""
    domain = given.get("domain") or {}
    if "name" not in given or not ("id" in domain or "name" in domain):
        raise BadRequest("Expecting to find a user by id, or by name and domain.", field="auth/identity/password/user")
    if "id" in domain:
        return str(domain["id"])
    named = select(Project.id).where(Project.name == domain["name"], Project.is_domain.is_(True))
    return session.execute(named).scalar_one_or_none() or f"name:{domain['name']}"


def _who(domain_id: str, name: str) -> str:
    return f"user:{domain_id}/{name}"
