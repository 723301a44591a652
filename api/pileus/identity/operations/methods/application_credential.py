"""The method "application_credential": its id, or its name with its user, and its secret."""

from typing import Any

from sqlalchemy import select

from pileus.core.db import now
from pileus.core.errors import BadRequest, Unauthorized
from pileus.identity.models import ApplicationCredential, User
from pileus.identity.operations import passwords
from pileus.identity.operations.formats import Scope
from pileus.identity.operations.methods.attempt import Attempt
from pileus.identity.operations.methods.password import find as find_user


def authenticate(attempt: Attempt, payload: Any) -> None:
    """Check the secret; the time is the same whether there is such a credential or not."""
    row = _find(attempt, payload)
    right = passwords.verify(row.hash if row else None, payload["secret"])
    if row is None or not right or (row.expires_at is not None and row.expires_at <= now()):
        raise Unauthorized()
    user = attempt.session.get(User, row.user_id)
    if user is None:
        raise Unauthorized()
    attempt.identify(user)
    attempt.application_credential_id = row.id
    attempt.implied_scope = Scope("project", row.project_id)
    attempt.limit(row.expires_at)


def _find(attempt: Attempt, payload: Any) -> ApplicationCredential | None:
    if "id" in payload:
        return attempt.session.get(ApplicationCredential, payload["id"])
    if "name" not in payload or "user" not in payload:
        raise BadRequest(
            "Expecting to find an application credential by id, or by name and user.", field="auth/identity"
        )
    user = find_user(attempt.session, payload["user"])
    if user is None:
        return None
    return attempt.session.execute(
        select(ApplicationCredential).where(
            ApplicationCredential.user_id == user.id, ApplicationCredential.name == payload["name"]
        )
    ).scalar_one_or_none()
