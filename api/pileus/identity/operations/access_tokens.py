"""Rules of OAuth1 access tokens: by one a consumer logs in as the user who agreed, in one project with some roles."""

import datetime as dt
import secrets

from sqlalchemy import delete
from sqlalchemy.orm import Session

from pileus.core.config import Settings
from pileus.core.db import now
from pileus.core.errors import Unauthorized
from pileus.identity.models import AccessToken, RequestToken
from pileus.identity.operations import revocations
from pileus.identity.operations.outside import Outside
from pileus.identity.operations.seals import seal

LIFETIME = dt.timedelta(hours=24)


def create(session: Session, settings: Settings, request: Outside) -> tuple[AccessToken, str]:
    """Exchange an authorized request token, by which the request is signed; answers with the new token and its secret."""
    from pileus.identity.operations import oauth_signatures  # noqa: PLC0415 - oauthlib takes memory that few clouds need

    signed = oauth_signatures.for_access_token(session, settings, request)
    oauth_signatures.spend(session, signed)
    asked = session.get(RequestToken, signed.token_id)
    gone = session.execute(delete(RequestToken).where(RequestToken.id == signed.token_id))
    if asked is None or asked.user_id is None or not gone.rowcount:  # type: ignore[attr-defined]
        raise Unauthorized("The request token was used before.")
    secret = secrets.token_hex(16)
    row = AccessToken(
        consumer_id=asked.consumer_id,
        project_id=asked.project_id,
        sealed=seal(settings, secret),
        user_id=asked.user_id,
        role_ids=asked.role_ids,
        expires_at=now() + LIFETIME,
    )
    session.add(row)
    session.flush()
    return row, secret


def remove(session: Session, settings: Settings, row: AccessToken) -> None:
    """End an access token, and all tokens got by it."""
    revocations.revoke(session, settings, "access_token", row.id)
    session.delete(row)
    session.flush()
