"""Rules of the identity service; what stands here by name is for the other services and the program."""

from typing import Any

from sqlalchemy.orm import Session

from pileus.core.config import Settings
from pileus.core.context import Authenticate, Context
from pileus.core.db import Database
from pileus.identity.operations import access, cleanup, directories, limit_models, methods, throttle, tokens
from pileus.identity.operations.bootstrap import bootstrap

__all__ = [
    "authenticator",
    "bootstrap",
    "chores",
    "context_of",
    "errands",
]


def authenticator(settings: Settings) -> Authenticate:
    """How tokens become contexts: without a query when nothing has changed since the token was last seen.

    Raises ValueError for settings that identity cannot work with.
    """
    limit_models.of(settings)
    methods.chosen(settings)

    def authenticate(session: Session, token: str, request_id: str, grace: int = 0, /) -> Context:
        return context_of(access.load(session, settings, token, grace=grace), token, request_id)

    return authenticate


def context_of(worth: access.Access, token: str, request_id: str) -> Context:
    """The caller that a token stands for; `more` holds the whole of it as "access", and "access_rules" where some apply."""
    project = worth.project or {}
    more: dict[str, Any] = {"access": worth}
    if worth.application_credential is not None and tokens.bound(worth):
        more["access_rules"] = worth.application_credential["access_rules"]
    return Context(
        user_id=worth.user["id"],
        user_name=worth.user["name"],
        user_domain_id=worth.user["domain"]["id"],
        project_id=project.get("id"),
        project_name=project.get("name"),
        project_domain_id=project["domain"]["id"] if project else None,
        domain_id=worth.domain["id"] if worth.domain else None,
        system=worth.system,
        roles=tuple(role["name"] for role in worth.roles),
        request_id=request_id,
        token=token,
        more=more,
    )


def chores(session: Session, settings: Settings) -> None:
    """What a worker does for identity every now and then: forget what is over."""
    cleanup.of_what_is_over(session)
    throttle.prune(session, settings)


def errands(database: Database, settings: Settings) -> None:
    """What a worker does for identity that may take long: see who is gone from the directories."""
    directories.sync_all(database, settings)
