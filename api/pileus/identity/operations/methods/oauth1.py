"""The method "oauth1": a consumer signs the request with the access token that a user has granted to it."""

from typing import Any

from pileus.core.errors import Unauthorized
from pileus.identity.models import AccessToken, User
from pileus.identity.operations.formats import Scope
from pileus.identity.operations.methods.attempt import Attempt


def authenticate(attempt: Attempt, _payload: Any) -> None:
    """Check the signature of the request; its scope is the project of the access token, whatever is asked for."""
    from pileus.identity.operations import oauth_signatures  # noqa: PLC0415 - oauthlib takes memory that few clouds need

    with attempt.throttle.guard(f"oauth1:{oauth_signatures.claimed(attempt.outside)}", here=True):
        signed = oauth_signatures.for_login(attempt.session, attempt.settings, attempt.outside)
        with attempt.database.write() as session:
            oauth_signatures.spend(session, signed)
    granted = attempt.session.get(AccessToken, signed.token_id)
    user = attempt.session.get(User, granted.user_id) if granted is not None else None
    if granted is None or user is None:
        raise Unauthorized()  # it ended while the signature was checked
    attempt.identify(user)
    attempt.oauth_token_id = granted.id
    attempt.implied_scope = Scope("project", granted.project_id)
    attempt.limit(granted.expires_at)
