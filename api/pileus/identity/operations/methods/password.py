"""The method "password": a user, by id or by name and domain, and the password."""

import datetime as dt
from typing import Any

from sqlalchemy import case
from sqlalchemy.orm import Session

from pileus.core.config import Settings
from pileus.core.db import Database, insert, now
from pileus.core.errors import Unauthorized
from pileus.identity.models import Login, User
from pileus.identity.operations import access, directories, passwords
from pileus.identity.operations.claims import Claim, claim, spares
from pileus.identity.operations.methods.attempt import Attempt
from pileus.identity.operations.throttle import Throttle, count


def authenticate(attempt: Attempt, payload: Any) -> None:
    """Check the password; the answer and the work are the same for an unknown user and a wrong password."""
    given = payload["user"]
    whom = claim(attempt.session, attempt.settings, given)
    with attempt.throttle.guard(whom.who, spared=whom.spared):
        user = check(attempt.throttle, whom, given["password"])
    if passwords.expired(user):
        raise Unauthorized(f"The password is expired and needs to be changed for user: {user.id}.")
    attempt.identify(user)


def _check_directory(throttle: Throttle, known: directories.Meant, given: str) -> User:
    """The same for a user whose password a directory checks: one and the same, in whatever letters the name is written."""
    session, database, settings = throttle.session, throttle.database, throttle.settings
    found = directories.look(session, known)
    row = found.user
    barred = throttle.count_also(found.who, spared=found.entry is None or spares(row))
    barred |= locked_out(session, settings, row)
    barred |= row is not None and access.inactive(session, settings, row)
    user = directories.prove(session, database, settings, found, given, in_vain=barred)
    if user is None:
        note_failure(database, settings, None if barred else row)
        raise Unauthorized()
    return user


def check(throttle: Throttle, whom: Claim, given: str) -> User:
    """The user, when `given` is the password; else Unauthorized. Counts failures and honours the lockout.

    `throttle` is one within whose guard this is done.
    """
    session, database, settings = throttle.session, throttle.database, throttle.settings
    if (known := directories.meant(session, settings, whom)) is not None:
        return _check_directory(throttle, known, given)
    user = whom.user
    locked = locked_out(session, settings, user)
    kept = passwords.newest(session, user)
    right = passwords.verify(kept.hash if kept else None, given)
    if user is None or locked or not right:
        note_failure(database, settings, None if locked else user)
        raise Unauthorized()
    if kept is not None:
        passwords.renew(database, kept, given)
    return user


def locked_out(session: Session, settings: Settings, user: User | None) -> bool:
    """Whether too many logins in a row have failed."""
    if not settings.lockout_attempts or spares(user):
        return False
    login = session.get(Login, user.id if user else "")
    if login is None or login.failures < settings.lockout_attempts or login.failed_at is None:
        return False
    return login.failed_at + dt.timedelta(seconds=settings.lockout_seconds) > now()


def note_failure(database: Database, settings: Settings, user: User | None) -> None:
    """Count a failed login; the count starts anew after a lockout is over. For None as much is written about nobody."""
    if not settings.lockout_attempts:
        return
    with database.write() as session:
        if user is None:
            count(session, ["nobody"], dt.timedelta(seconds=settings.login_window))
            return
        again = case((Login.failures >= settings.lockout_attempts, 1), else_=Login.failures + 1)
        first = insert(session, Login).values(user_id=user.id, failures=1, failed_at=now())
        session.execute(
            first.on_conflict_do_update(index_elements=[Login.user_id], set_={"failures": again, "failed_at": now()})
        )
