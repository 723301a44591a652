"""The method "application_credential": its id, or its name with its user, and its secret."""

from typing import Any

from sqlalchemy import select

from pileus.core.db import now
from pileus.core.errors import BadRequest, Unauthorized
from pileus.identity.models import ApplicationCredential, User
from pileus.identity.operations import passwords
from pileus.identity.operations.claims import claim
from pileus.identity.operations.formats import Scope
from pileus.identity.operations.methods.attempt import Attempt


def authenticate(attempt: Attempt, payload: Any) -> None:
    """Check the secret; the work is the same whether there is such a credential or not."""
    row, who = _find(attempt, payload)
    with attempt.throttle.guard(who, here=True):
        right = passwords.verify(row.hash if row else None, payload["secret"])
        if row is None or not right or (row.expires_at is not None and row.expires_at <= now()):
            raise Unauthorized()
    user = attempt.session.get(User, row.user_id)
    if user is None:
        raise Unauthorized()
    passwords.renew(attempt.database, row, payload["secret"])
    attempt.identify(user)
    attempt.application_credential_id = row.id
    attempt.implied_scope = Scope("project", row.project_id)
    attempt.limit(row.expires_at)


def _find(attempt: Attempt, payload: Any) -> tuple[ApplicationCredential | None, str]:
    """The credential, and by what failures are counted: its id, or else what was asked for."""
    if "id" in payload:
        return attempt.session.get(ApplicationCredential, payload["id"]), f"application_credential:{payload['id']}"
    if "name" not in payload or "user" not in payload:
        raise BadRequest(
            "Expecting to find an application credential by id, or by name and user.", field="auth/identity"
        )
    whom = claim(attempt.session, attempt.settings, payload["user"])
    row = attempt.session.execute(
        select(ApplicationCredential).where(
            ApplicationCredential.user_id == (whom.user.id if whom.user else ""),
            ApplicationCredential.name == payload["name"],
        )
    ).scalar_one_or_none()
    return row, f"application_credential:{row.id if row else whom.who + '/' + payload['name']}"
