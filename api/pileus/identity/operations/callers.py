"""Who a caller would be, and what is known about the ids in a path: for explaining rules without a token."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from pileus.core.config import Settings
from pileus.core.context import Context
from pileus.core.db import now
from pileus.core.errors import Unauthorized
from pileus.identity.models import Group, Project, Role, User
from pileus.identity.operations import access, context_of
from pileus.identity.operations.formats import Scope, Token


def named(session: Session, settings: Settings, user: str, domain: str, kind: str, target: str) -> Context:
    """The context of a user as if logged in now.

    `user` is a name in `domain` (id or name), or an id; `kind` and `target` are the scope: "project" or "domain" with id or
    name, "system", or "unscoped". Raises LookupError when one of them is not there, or when the user could not log in so.
    """
    domain_id = _domain(session, domain)
    chosen = _one(session, User, user, domain_id)
    target_id = ""
    if kind == "project":
        target_id = _one(session, Project, target, domain_id).id
    elif kind == "domain":
        target_id = _domain(session, target)
    scope = Scope(kind, "all" if kind == "system" else target_id)
    token = Token(chosen.id, ("explained",), scope, now(), now(), ("explained",))
    try:
        worth = access.resolve(session, settings, token)
    except Unauthorized:
        raise LookupError(
            f"{user} gets no token for {kind} {target}".rstrip() + ": disabled, or without a role"
        ) from None
    return context_of(worth, "", "explained")


def _domain(session: Session, name: str) -> str:
    statement = select(Project.id).where(Project.is_domain.is_(True), (Project.id == name) | (Project.name == name))
    found = session.execute(statement).scalars().first()
    if found is None:
        raise LookupError(f"there is no domain {name}")
    return found


def _one(session: Session, model: Any, name: str, domain_id: str) -> Any:
    found = session.get(model, name)
    if found is None:
        statement = select(model).where(model.name == name, model.domain_id == domain_id)
        found = session.execute(statement).scalars().first()
    if found is None:
        raise LookupError(f"there is no {model.__name__.lower()} {name} in this domain")
    return found


def facts(session: Session, arguments: dict[str, str]) -> dict[str, Any]:
    """What rules look at, about the things that the ids in a path of the identity API name."""
    found: dict[str, Any] = {}
    models = {"user_id": (User, "user"), "group_id": (Group, "group"), "project_id": (Project, "project")}
    models |= {"role_id": (Role, "role")}
    for argument, (model, noun) in models.items():
        row: Any = session.get(model, arguments.get(argument, ""))
        if row is not None:
            found |= {f"target.{noun}.id": row.id, f"target.{noun}.domain_id": row.domain_id or None}
            found |= {f"target.{noun}.name": row.name}
    if domain_id := arguments.get("domain_id"):
        found |= {"target.domain.id": domain_id}
    if user_id := arguments.get("user_id"):
        found |= {"user_id": user_id, "target.credential.user_id": user_id, "target.user.id": user_id}
    return found
