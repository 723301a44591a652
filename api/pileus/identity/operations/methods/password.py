"""The method "password": a user, by id or by name and domain, and the password."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session, aliased

from pileus.core.config import Settings
from pileus.core.db import Database, now
from pileus.core.errors import BadRequest, Unauthorized
from pileus.identity.models import Login, Password, Project, User
from pileus.identity.operations import passwords
from pileus.identity.operations.methods.attempt import Attempt


def find(session: Session, given: Mapping[str, Any]) -> User | None:
    """The user meant by {"id"} or {"name", "domain": {"id" or "name"}}; raises BadRequest when it means none."""
    if "id" in given:
        return session.get(User, given["id"])
    domain = given.get("domain") or {}
    if "name" not in given or not ("id" in domain or "name" in domain):
        raise BadRequest("Expecting to find a user by id, or by name and domain.", field="auth/identity/password/user")
    statement = select(User).where(User.name == given["name"])
    if "id" in domain:
        return session.execute(statement.where(User.domain_id == domain["id"])).scalar_one_or_none()
    owner = aliased(Project)
    return session.execute(
        statement.join(owner, owner.id == User.domain_id).where(owner.name == domain["name"], owner.is_domain.is_(True))
    ).scalar_one_or_none()


def authenticate(attempt: Attempt, payload: Any) -> None:
    """Check the password; the answer and the time are the same for an unknown user and a wrong password."""
    given = payload["user"]
    user = find(attempt.session, given)
    check(attempt.session, attempt.database, attempt.settings, user, given["password"])
    assert user is not None  # noqa: S101  (check raises for None)
    if passwords.expired(user):
        raise Unauthorized(f"The password is expired and needs to be changed for user: {user.id}.")
    attempt.identify(user)


def check(session: Session, database: Database, settings: Settings, user: User | None, given: str) -> None:
    """Raise Unauthorized unless `given` is the user's password; counts failures and honours the lockout."""
    locked = user is not None and locked_out(session, settings, user)
    kept = passwords.current(user)
    right = passwords.verify(kept.hash if kept else None, given)
    if user is None or locked or not right:
        note_failure(database, settings, user if user is not None and not locked else None)
        raise Unauthorized()
    if kept is not None and passwords.outdated(kept.hash):
        with database.write() as writing:
            better = passwords.hash_secret(given)
            writing.execute(update(Password).where(Password.id == kept.id).values(hash=better))


def locked_out(session: Session, settings: Settings, user: User) -> bool:
    """Whether too many logins in a row have failed."""
    if not settings.lockout_attempts or user.options.get("ignore_lockout_failure_attempts"):
        return False
    login = session.get(Login, user.id)
    if login is None or login.failures < settings.lockout_attempts or login.failed_at is None:
        return False
    return login.failed_at + dt.timedelta(seconds=settings.lockout_seconds) > now()


def note_failure(database: Database, settings: Settings, user: User | None) -> None:
    """Count a failed login; the count starts anew after a lockout is over. None costs the same time and counts nothing."""
    if not settings.lockout_attempts:
        return
    with database.write() as session:
        user_id = user.id if user is not None else ""
        login = session.get(Login, user_id)
        if login is None:
            if user is not None:
                session.add(Login(user_id=user_id, failures=1, failed_at=now()))
            return
        login.failures = 1 if login.failures >= settings.lockout_attempts else Login.failures + 1
        login.failed_at = now()
