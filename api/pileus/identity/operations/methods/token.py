"""The method "token": a token is exchanged for one of another scope, which ends when the first one would have."""

from typing import Any

from pileus.core.errors import Forbidden, NotFound, Unauthorized
from pileus.identity.models import User
from pileus.identity.operations import access, delegation
from pileus.identity.operations.methods.attempt import Attempt


def authenticate(attempt: Attempt, payload: Any) -> None:
    """Take over user, methods, end and audit chain of the token given."""
    try:
        known = access.load(attempt.session, attempt.settings, payload["id"])
    except Unauthorized:
        raise NotFound("Could not find token.") from None
    if delegation.delegated(known.token) or known.trust is not None:
        raise Forbidden("A token got by delegation cannot be exchanged for another one.")
    user = attempt.session.get(User, known.token.user_id)
    if user is None:
        raise Unauthorized()
    attempt.identify(user)
    attempt.parent = known.token
    attempt.federation = known.token.federation
    attempt.limit(known.token.expires)
    for name in known.token.methods:
        attempt.passed(name)
