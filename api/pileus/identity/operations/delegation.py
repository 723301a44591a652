"""Delegated tokens: what a trust or an application credential makes of a token."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from pileus.identity.models import User
from pileus.identity.operations.formats import Scope, Token


@dataclass(frozen=True)
class Delegation:
    """How a token differs from one its user got with a password; None leaves things as they are."""

    scope: Scope | None = None
    roles: list[dict[str, Any]] | None = None
    impersonated: dict[str, Any] | None = None
    trust: dict[str, Any] | None = None
    application_credential: dict[str, Any] | None = None
    subjects: tuple[tuple[str, str], ...] = ()


NONE = Delegation()


def of_token(session: Session, token: Token, user: User) -> Delegation:
    """What the token was delegated by, if anything; raises Unauthorized when the delegation is over."""
    return NONE
