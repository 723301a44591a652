"""The method "totp": a one-time passcode from a seed that the user and the cloud share (RFC 6238)."""

import base64
import binascii
import hmac
import time
from typing import Any

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

from pileus.core.errors import Unauthorized
from pileus.identity.operations import credentials
from pileus.identity.operations.methods import password
from pileus.identity.operations.methods.attempt import Attempt

STEP = 30  # seconds
DIGITS = 6


def passcode(seed: str, moment: float) -> str | None:
    """The passcode of a base32 seed at a time; None for a broken seed."""
    try:
        key = base64.b32decode(seed.strip().upper() + "=" * (-len(seed.strip()) % 8))
        generator = TOTP(key, DIGITS, SHA1(), STEP, enforce_key_length=False)  # noqa: S303  (RFC 6238 says so)
        return generator.generate(int(moment)).decode()
    except (binascii.Error, ValueError):
        return None


def authenticate(attempt: Attempt, payload: Any) -> None:
    """Check the passcode against all seeds of the user, now and one step ago; failures count for the lockout."""
    user = password.find(attempt.session, payload["user"])
    if user is None or password.locked_out(attempt.session, attempt.settings, user):
        raise Unauthorized()
    given = payload["user"]["passcode"].encode()
    moment = time.time()
    right = False
    for seed in credentials.of_type(attempt.session, attempt.settings, user.id, "totp"):
        for at in (moment, moment - STEP):
            expected = passcode(seed, at)
            right |= expected is not None and hmac.compare_digest(expected.encode(), given)
    if not right:
        password.note_failure(attempt.database, attempt.settings, user)
        raise Unauthorized()
    attempt.identify(user)
