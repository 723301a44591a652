"""Logging in: run the authentication methods asked for, settle the scope, and issue a token."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.orm import Session

from pileus.core.config import Settings
from pileus.core.db import Database, insert, now
from pileus.core.errors import BadRequest, Forbidden, Unauthorized
from pileus.identity.models import Login, User
from pileus.identity.operations import access, methods, receipts, scopes
from pileus.identity.operations.access import Access
from pileus.identity.operations.formats import Scope, Token, new_audit_id
from pileus.identity.operations.methods import Attempt
from pileus.identity.operations.outside import Outside

_NO_PRESENCE = frozenset(("token", "application_credential", "oauth1"))  # methods that say nothing about the person


@dataclass(frozen=True)
class Issued:
    """A new token: its text and what it is worth."""

    text: str
    access: Access = field(repr=False)


def log_in(
    session: Session,
    database: Database,
    settings: Settings,
    request: Mapping[str, Any],
    receipt: str | None = None,
    address: str = "",
    outside: Outside | None = None,
) -> Issued:
    """Answer a request for a token; `request` is the "auth" object of the body, checked by its schema.

    Raises Unauthorized for whatever is wrong with the proof of identity or the scope, without saying what, and
    TooManyRequests for a user, or a client's address, for which too many logins have failed.
    """
    identity = request["identity"]
    attempt = Attempt(session, database, settings, address, outside=outside or Outside())
    if receipt:
        receipts.accept(attempt, receipt)
    for name, method in [(name, methods.named(settings, name)) for name in identity["methods"]]:
        if name not in identity:
            raise BadRequest(f"Expecting to find {name} in identity.", field=f"auth/identity/{name}")
        method(attempt, identity[name])
        attempt.passed(name)
    return conclude(attempt, request.get("scope"))


def conclude(attempt: Attempt, wanted: Any) -> Issued:
    """The token for an attempt whose methods have been passed; `wanted` is the scope as the body asks for it."""
    session, settings, user = attempt.session, attempt.settings, attempt.user
    if user is None:
        raise Unauthorized()
    shape = access.find_user(session, settings, user.id)[1]
    receipts.demand(attempt, user, shape)
    asked = scopes.asked(session, settings, wanted)
    scope = scopes.settle(attempt, user, asked)
    issued = issue(session, settings, attempt, user, scope)
    note_success(attempt, user)
    attempt.throttle.forgive()
    return issued


def issue(session: Session, settings: Settings, attempt: Attempt, user: User, scope: Scope) -> Issued:
    """Make the token that an attempt has earned."""
    moment = now()
    audit = new_audit_id()
    parent = attempt.parent
    token = Token(
        user_id=user.id,
        methods=tuple(attempt.methods),
        scope=scope,
        issued=moment,
        expires=_end(settings, attempt, moment),
        audit_ids=(audit, parent.audit_ids[-1]) if parent else (audit,),
        application_credential_id=attempt.application_credential_id,
        federation=attempt.federation,
        oauth_token_id=attempt.oauth_token_id,
    )
    worth = access.resolve(session, settings, token)
    if parent is not None and parent.scope.kind != "unscoped" and not settings.token_rescope:
        raise Forbidden("This cloud does not allow a scoped token to be exchanged.")
    scopes.consume(attempt, scope)
    return Issued(access.vault(settings).keys.encrypt(token.pack()), worth)


def _end(settings: Settings, attempt: Attempt, moment: dt.datetime) -> dt.datetime:
    usual = moment + dt.timedelta(seconds=settings.token_lifetime)
    return usual if attempt.expires is None else min(usual, attempt.expires)


def note_success(attempt: Attempt, user: User) -> None:
    """Remember the day of the login and forget failed ones; writes only when there is something to change."""
    if set(attempt.methods) <= _NO_PRESENCE:
        return
    login = attempt.session.get(Login, user.id)
    today = now().replace(hour=0, minute=0, second=0, microsecond=0)
    if login is not None and not login.failures and login.active_at == today:
        return
    with attempt.database.write() as session:
        values = {"failures": 0, "failed_at": None, "active_at": today}
        # another login may be the first at the same time
        first = insert(session, Login).values(user_id=user.id, **values)
        session.execute(first.on_conflict_do_update(index_elements=[Login.user_id], set_=values))
