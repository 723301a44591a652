"""The method "totp": a one-time passcode from a seed that the user and the cloud share (RFC 6238)."""

import base64
import binascii
import hmac
import secrets
import time
from collections.abc import Iterable
from typing import Any

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from sqlalchemy import or_

from pileus.core.db import Database, insert
from pileus.core.errors import Unauthorized
from pileus.identity.models import Login, User
from pileus.identity.operations import credentials
from pileus.identity.operations.claims import claim
from pileus.identity.operations.methods import password
from pileus.identity.operations.methods.attempt import Attempt

STEP = 30  # seconds
DIGITS = 6
_NOBODYS = base64.b32encode(secrets.token_bytes(20)).decode()  # computed with where there is no seed; opens nothing


def passcode(seed: str, moment: float) -> str | None:
    """The passcode of a base32 seed at a time; None for a broken seed."""
    try:
        key = base64.b32decode(seed.strip().upper() + "=" * (-len(seed.strip()) % 8))
        generator = TOTP(key, DIGITS, SHA1(), STEP, enforce_key_length=False)  # noqa: S303  (RFC 6238 says so)
        return generator.generate(int(moment)).decode()
    except (binascii.Error, ValueError):
        return None


def authenticate(attempt: Attempt, payload: Any) -> None:
    """Check the passcode; the answer and the work are the same for an unknown user and one without a seed."""
    whom = claim(attempt.session, attempt.settings, payload["user"])
    with attempt.throttle.guard(whom.who):  # nobody is spared: six digits are soon guessed
        user = _check(attempt, whom.user, payload["user"]["passcode"])
    attempt.identify(user)


def _check(attempt: Attempt, user: User | None, given: str) -> User:
    """The user, when the passcode is right and was not used yet; else Unauthorized. Failures count for the lockout."""
    locked = password.locked_out(attempt.session, attempt.settings, user)
    seeds = credentials.of_type(attempt.session, attempt.settings, user.id if user else "", "totp")
    step = _step(seeds or [_NOBODYS], given)
    if user is None or locked or not seeds or step is None or not _use_up(attempt.database, user.id, step):
        password.note_failure(attempt.database, attempt.settings, None if locked else user)
        raise Unauthorized()
    return user


def _step(seeds: Iterable[str], given: str) -> int | None:
    """The time step to which the passcode belongs: this one or the one before; None when it is of neither."""
    current, found = int(time.time()) // STEP, None
    for seed in seeds:
        for step in (current - 1, current):
            expected = passcode(seed, step * STEP)
            if expected is not None and hmac.compare_digest(expected.encode(), given.encode()):
                found = step
    return found


def _use_up(database: Database, user_id: str, step: int) -> bool:
    """Note that a passcode of this step was used; False when one of it, or of a later one, was used before."""
    with database.write() as session:
        statement = insert(session, Login).values(user_id=user_id, failures=0, totp_step=step)
        unused = or_(Login.totp_step.is_(None), Login.totp_step < step)
        statement = statement.on_conflict_do_update(
            index_elements=[Login.user_id], set_={"totp_step": step}, where=unused
        )
        return session.execute(statement.returning(Login.user_id)).first() is not None
