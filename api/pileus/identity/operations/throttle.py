"""Who has failed to log in too often must wait: failures are counted by user and by address, for all API processes together."""

import datetime as dt
import hashlib
import ipaddress
import math
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import bindparam, case, delete, select
from sqlalchemy.orm import Session

from pileus.core.config import Settings
from pileus.core.db import Database, insert, now
from pileus.core.errors import TooManyRequests, Unauthorized
from pileus.identity.models import FailedLogins

_FAILED = select(FailedLogins.key, FailedLogins.failures, FailedLogins.since).where(
    FailedLogins.key.in_(bindparam("keys", expanding=True))
)


@dataclass
class Throttle:
    """What one login has to do with those that failed before it. An empty address is not counted."""

    session: Session
    database: Database
    settings: Settings
    address: str = ""
    spoiled: set[str] = field(default_factory=set)  # keys of users for whom something failed before

    @contextmanager
    def guard(self, who: str, *, spared: bool = False) -> Iterator[None]:
        """Do what proves that the caller is `who`; a failure (Unauthorized) counts, for a `spared` user for the address only.

        Raises TooManyRequests, before anything is done, when too much has failed for `who` or from this address.
        """
        user = _key(who)
        limits = {} if spared else {user: self.settings.login_failures_per_user}
        if self.address:
            limits[_key(f"address:{_network(self.address)}")] = self.settings.login_failures_per_address
        limits = {key: limit for key, limit in limits.items() if limit > 0}
        self._check(limits, user)
        try:
            yield
        except Unauthorized:
            if limits:
                with self.database.write() as session:
                    count(session, limits, dt.timedelta(seconds=self.settings.login_window))
            raise

    def forgive(self) -> None:
        """Forget the failures of the users who have proved now that they are; those of the address stay."""
        if self.spoiled:
            with self.database.write() as session:
                session.execute(delete(FailedLogins).where(FailedLogins.key.in_(self.spoiled)))

    def _check(self, limits: dict[str, int], user: str) -> None:
        if not limits:
            return
        moment, window = now(), dt.timedelta(seconds=self.settings.login_window)
        wait = dt.timedelta()
        for row in self.session.execute(_FAILED, {"keys": list(limits)}):
            if row.key == user:
                self.spoiled.add(user)
            if row.failures >= limits[row.key]:
                wait = max(wait, row.since + window - moment)
        if wait > dt.timedelta():
            raise TooManyRequests(math.ceil(wait.total_seconds()))


def count(session: Session, keys: Iterable[str], window: dt.timedelta) -> None:
    """Count one failure for each key, anew where the window is over."""
    moment = now()
    begun = FailedLogins.since > moment - window
    # sorted: two processes that count for the same keys take their locks in the same order
    rows: list[dict[str, Any]] = [{"key": key, "failures": 1, "since": moment} for key in sorted(keys)]
    session.execute(
        insert(session, FailedLogins)
        .values(rows)
        .on_conflict_do_update(
            index_elements=[FailedLogins.key],
            set_={
                "failures": case((begun, FailedLogins.failures + 1), else_=1),
                "since": case((begun, FailedLogins.since), else_=moment),
            },
        )
    )


def prune(session: Session, settings: Settings) -> None:
    """Forget failures whose window is over."""
    end = now() - dt.timedelta(seconds=settings.login_window)
    session.execute(delete(FailedLogins).where(FailedLogins.since <= end))


def _key(who: str) -> str:
    return hashlib.sha256(who.encode()).hexdigest()


def _network(address: str) -> str:
    """What counts as one address: an IPv4 address, or the /64 that one IPv6 customer has."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    return address if found.version == 4 else str(ipaddress.ip_network((found, 64), strict=False))
