"""Passwords: hashing, checking in equal time for known and unknown users, and the rules an operator may set."""

import datetime as dt
import re

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError
from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from pileus.core.config import Settings
from pileus.core.db import Database, now
from pileus.core.errors import BadRequest, Forbidden
from pileus.identity.models import ApplicationCredential, Password, User
from pileus.identity.operations import old_hashes

_hasher = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)  # OWASP: 19 MiB, t=2, p=1
_NOBODYS = _hasher.hash("the password of nobody")
_OWN = "$argon2"
MAX_LENGTH = 4096  # characters; more is refused rather than cut


def hash_secret(secret: str) -> str:
    """The argon2id hash of a password or another secret."""
    return _hasher.hash(secret)


def verify(hashed: str | None, secret: str) -> bool:
    """Whether the secret is the one that was hashed; without a hash the work is that of an argon2id one.

    Hashes of another kind, which a database that comes from Keystone brings, take the time that they were made with.
    """
    if hashed is not None and not hashed.startswith(_OWN):
        return old_hashes.verify(hashed, secret)
    try:
        return _hasher.verify(hashed or _NOBODYS, secret[:MAX_LENGTH]) and hashed is not None
    except (Argon2Error, InvalidHashError):
        return False


def renew(database: Database, row: Password | ApplicationCredential, secret: str) -> None:
    """Hash the secret anew, which was found to be right, when it was hashed in another way or at another cost than now.

    What tokens are worth does not rest on the hash, so they live on.
    """
    if row.hash.startswith(_OWN) and not _hasher.check_needs_rehash(row.hash):
        return
    model = type(row)
    better = hash_secret(secret)
    with database.write() as session:
        session.execute(update(model).where(model.id == row.id, model.hash == row.hash).values(hash=better))


_NEWEST = select(Password).where(Password.user_id == bindparam("user")).order_by(Password.created_at.desc()).limit(1)


def newest(session: Session, user: User | None) -> Password | None:
    """The password that counts, or None; asks the database in any case, so that the work is the same."""
    return session.execute(_NEWEST, {"user": user.id if user else ""}).scalar_one_or_none()


def current(user: User | None) -> Password | None:
    """The password that counts, or None where the user has none."""
    return user.passwords[0] if user is not None and user.passwords else None


def check_strength(settings: Settings, password: str) -> None:
    """Raise BadRequest unless the operator's rule allows this password."""
    if len(password) > MAX_LENGTH:
        raise BadRequest(f"A password may have at most {MAX_LENGTH} characters.", field="password")
    if settings.password_regex and not re.match(settings.password_regex, password):
        why = settings.password_regex_description or "it does not match the form this cloud asks for"
        raise BadRequest(f"The password does not meet the requirements: {why}", field="password")


def check_history(settings: Settings, user: User, password: str) -> None:
    """Raise BadRequest when the password is one of the last ones the user had."""
    count = settings.password_history
    if count and any(verify(old.hash, password) for old in user.passwords[:count]):
        raise BadRequest(
            f"The new password cannot be identical to a previous password. The total number which includes the new "
            f"password must be unique is {count}.",
            field="password",
        )


def check_age(settings: Settings, user: User) -> None:
    """Raise Forbidden when the user's password is too young to be changed again by the user."""
    newest = current(user)
    days = settings.password_minimum_age_days
    if newest is None or not days or not newest.self_service:
        return
    left = newest.created_at + dt.timedelta(days=days) - now()
    if left > dt.timedelta():
        raise Forbidden(
            f"Cannot change password before minimum age {days} days is met. "
            f"It can be changed in {left.days + 1} days, or be reset by an administrator."
        )


def put(session: Session, settings: Settings, user: User, password: str, *, self_service: bool = False) -> None:
    """Give the user a new password; the caller has checked the rules and says whether the user did it."""
    expires = None
    if settings.password_days and not user.options.get("ignore_password_expiry"):
        expires = now() + dt.timedelta(days=settings.password_days)
    first_use = settings.password_change_first and not self_service
    if first_use and not user.options.get("ignore_change_password_upon_first_use"):
        expires = now()
    kept = max(settings.password_history - 1, 0)
    user.passwords[:] = [
        Password(hash=hash_secret(password), expires_at=expires, self_service=self_service, created_at=now()),
        *user.passwords[:kept],
    ]
    user.password_expires_at = expires
    session.flush()


def expired(user: User) -> bool:
    """Whether the user must change the password before logging in."""
    at = user.password_expires_at
    return at is not None and at <= now() and not user.options.get("ignore_password_expiry")
