"""Tokens for requests that were signed with an EC2 credential."""

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy.orm import Session

from pileus.core.config import Settings
from pileus.core.db import now
from pileus.core.errors import Unauthorized
from pileus.identity.models import User
from pileus.identity.operations import access, credentials, delegation
from pileus.identity.operations.formats import Scope, Token, new_audit_id
from pileus.identity.operations.login import Issued

_NOBODYS = "0" * 32  # the secret that is checked where there is no credential, so that the time is the same


def log_in(
    session: Session, settings: Settings, given: Mapping[str, Any], check: Callable[[str, Mapping[str, Any]], bool]
) -> Issued:
    """The token of the credential by which a request was signed; raises Unauthorized when the signature is wrong."""
    row = credentials.find_ec2(session, given["access"])
    blob = credentials.ec2_content(settings, row) if row is not None else {}
    right = check(str(blob.get("secret") or _NOBODYS), given)
    if row is None or not right or not row.project_id or not blob.get("secret"):
        raise Unauthorized("EC2 signature not supplied or wrong.")
    user = session.get(User, row.user_id)
    if user is None:
        raise Unauthorized()
    scope, end = Scope("project", row.project_id), now() + dt.timedelta(seconds=settings.token_lifetime)
    if blob.get("trust_id"):
        scope = Scope("trust", blob["trust_id"])
        trust = delegation.live_trust(session, scope.id)
        end = min(end, trust.expires_at) if trust is not None and trust.expires_at else end
    token = Token(
        user_id=user.id,
        methods=("ec2credential",),
        scope=scope,
        issued=now(),
        expires=end,
        audit_ids=(new_audit_id(),),
        application_credential_id=blob.get("app_cred_id") or "",
    )
    worth = access.resolve(session, settings, token)
    return Issued(access.vault(settings).keys.encrypt(token.pack()), worth)
