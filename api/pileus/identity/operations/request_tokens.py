"""Rules of OAuth1 request tokens: a consumer asks to work in a project, and a user agrees."""

import datetime as dt
import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import delete
from sqlalchemy.orm import Session

from pileus.core.config import Settings
from pileus.core.db import now
from pileus.core.errors import Forbidden, NotFound, Unauthorized
from pileus.identity.models import Project, RequestToken
from pileus.identity.operations import delegation, roles
from pileus.identity.operations.access import Access
from pileus.identity.operations.outside import Outside
from pileus.identity.operations.seals import seal

LIFETIME = dt.timedelta(hours=8)  # that a user has to agree, and the consumer to exchange it


def create(session: Session, settings: Settings, request: Outside, project_id: str) -> tuple[RequestToken, str]:
    """Make a request token for the consumer that signed the request; answers with it and its secret.

    Raises NotFound for an unknown project, but only to a consumer that could prove who it is.
    """
    from pileus.identity.operations import oauth_signatures  # noqa: PLC0415 - oauthlib takes memory that few clouds need

    signed = oauth_signatures.for_request_token(session, settings, request)
    oauth_signatures.spend(session, signed)
    project = session.get(Project, project_id)
    if project is None or project.is_domain:
        raise NotFound(f"Could not find project: {project_id}.")
    session.execute(delete(RequestToken).where(RequestToken.expires_at < now()))
    secret = secrets.token_hex(16)
    row = RequestToken(
        consumer_id=signed.consumer_id,
        project_id=project_id,
        sealed=seal(settings, secret),
        role_ids=[],
        expires_at=now() + LIFETIME,
    )
    session.add(row)
    session.flush()
    return row, secret


def authorize(session: Session, worth: Access, token_id: str, wanted: Sequence[Mapping[str, Any]]) -> str:
    """Agree to what a consumer asks for, with some of the caller's roles in the project; answers with the verifier.

    Raises Unauthorized when the caller does not have these roles, or when the request token is over.
    """
    if delegation.delegated(worth.token):
        raise Forbidden("A token got by delegation cannot authorize a request token.")
    row = session.get(RequestToken, token_id)
    if row is None:
        raise NotFound(f"Could not find request token: {token_id}.")
    if row.expires_at <= now():
        raise Unauthorized("The request token is expired.")
    user_id = worth.token.user_id
    if row.user_id not in (None, user_id):
        raise Forbidden("Another user has authorized this request token already.")
    role_ids = sorted(set(roles.ids_of(session, wanted)))
    delegation.covered(session, user_id, row.project_id, role_ids)
    row.user_id, row.role_ids, row.verifier = user_id, role_ids, secrets.token_hex(8)
    session.flush()
    return row.verifier
