"""Receipts: a user whose rules ask for several methods gets one for those passed so far."""

import datetime as dt
from typing import Any

from pileus.core.db import now
from pileus.core.errors import Unauthorized
from pileus.identity.models import User
from pileus.identity.operations import access
from pileus.identity.operations.formats import Receipt, unpack_receipt
from pileus.identity.operations.methods import Attempt

LIFETIME = 300  # seconds
_NOT_ALONE = {"totp"}  # six digits are too few for a whole login, unless a rule of the user's says so
_INSTEAD = [["password", "totp"]]


class MoreMethods(Unauthorized):
    """More methods must be passed; `body` tells which, the receipt goes out in a header."""

    def __init__(self, receipt: str, body: dict[str, Any]) -> None:
        super().__init__("Additional authentications steps required.")
        self.body = body
        self.headers = {"Openstack-Auth-Receipt": receipt}


def rules_of(user: User) -> list[list[str]]:
    """The sets of methods of which the user must pass one whole; empty when any single method but a passcode will do."""
    if not user.options.get("multi_factor_auth_enabled"):
        return []
    return [rule for rule in user.options.get("multi_factor_auth_rules") or [] if rule]


def accept(attempt: Attempt, text: str) -> None:
    """Take over what a receipt proves."""
    receipt = unpack_receipt(access.vault(attempt.settings).keys.decrypt(text))
    if receipt is None or receipt.expires <= now():
        raise Unauthorized()
    user = attempt.session.get(User, receipt.user_id)
    if user is None:
        raise Unauthorized()
    attempt.identify(user)
    for name in receipt.methods:
        attempt.passed(name)


def demand(attempt: Attempt, user: User, shape: dict[str, Any]) -> None:
    """Raise MoreMethods unless what was passed fulfils one of the user's rules; a passcode alone does only by such a rule."""
    rules, passed = rules_of(user), set(attempt.methods)
    if any(set(rule) <= passed for rule in rules) or (not rules and passed != _NOT_ALONE):
        return
    if attempt.parent is not None or attempt.application_credential_id or attempt.oauth_token_id:
        return  # its rules were fulfilled when it was made
    moment = now()
    receipt = Receipt(user.id, tuple(attempt.methods), moment, moment + dt.timedelta(seconds=LIFETIME))
    body = {
        "receipt": {
            "methods": list(receipt.methods),
            "expires_at": access.stamp(receipt.expires),
            "issued_at": access.stamp(receipt.issued),
            "user": {key: shape[key] for key in ("id", "name", "domain")},
        },
        "required_auth_methods": rules or _INSTEAD,
    }
    raise MoreMethods(access.vault(attempt.settings).keys.encrypt(receipt.pack()), body)
