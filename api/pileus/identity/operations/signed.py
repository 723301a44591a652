"""Tokens for requests that were signed with an EC2 credential."""

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy.orm import Session

from pileus.core.config import Settings
from pileus.core.db import Database, now
from pileus.core.errors import Unauthorized
from pileus.identity.models import AccessToken, ApplicationCredential, Credential
from pileus.identity.operations import access, credentials, delegation, tokens, trusts
from pileus.identity.operations.formats import Scope, Token, new_audit_id
from pileus.identity.operations.login import Issued

Check = Callable[[str, Mapping[str, Any]], bool]  # whether the signature of a request was made with a secret


def log_in(session: Session, database: Database, settings: Settings, given: Mapping[str, Any], check: Check) -> Issued:
    """The token of the credential by which a request was signed; raises Unauthorized when the signature is wrong.

    Nobody must wait after wrong ones: access keys stand in addresses that are handed around, so anybody could shut out their
    owners, and the address here is that of the service that asks, on behalf of all its clients.
    """
    row, blob = credentials.ec2_keys(session, settings, given["access"])
    right = check(str(blob.get("secret") or ""), given)
    if row is None or not right or not row.project_id or not blob.get("secret"):
        raise Unauthorized("EC2 signature not supplied or wrong.")
    token = _token(session, settings, row, blob)
    worth = access.resolve(session, settings, token)
    if worth.project is None or worth.project["id"] != row.project_id:
        raise Unauthorized("The project of the EC2 key is not that of the delegation it rests on.")
    if tokens.bound(worth):
        raise Unauthorized(
            "The EC2 key rests on an application credential with access rules, which nobody would apply."
        )
    if token.scope.kind == "trust":
        with database.write() as writing:
            trusts.use(writing, token.scope.id)
    return Issued(access.vault(settings).keys.encrypt(token.pack()), worth)


def _token(session: Session, settings: Settings, row: Credential, blob: Mapping[str, Any]) -> Token:
    """What the key gives; one that was made by delegation, as long as that was possible, gives no more than that."""
    user_id, scope = row.user_id, Scope("project", row.project_id or "")
    ends = [now() + dt.timedelta(seconds=settings.token_lifetime)]
    if blob.get("trust_id"):
        trust = trusts.usable(session, str(blob["trust_id"]))
        if trust is None or row.user_id != (trust.trustor_id if trust.impersonation else trust.trustee_id):
            raise Unauthorized()
        user_id, scope = trust.trustee_id, Scope("trust", trust.id)
        ends += [trust.expires_at] if trust.expires_at else []
    for delegating in (
        session.get(ApplicationCredential, str(blob.get("app_cred_id") or "")),
        session.get(AccessToken, str(blob.get("access_token_id") or "")),
    ):
        if delegating is not None and delegating.expires_at is not None:
            ends.append(delegating.expires_at)
    return Token(
        user_id=user_id,
        methods=(delegation.EC2,),
        scope=scope,
        issued=now(),
        expires=min(ends),
        audit_ids=(new_audit_id(),),
        application_credential_id=str(blob.get("app_cred_id") or ""),
        oauth_token_id=str(blob.get("access_token_id") or ""),
    )
