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
    _counted: set[str] = field(default_factory=set)  # keys for which a failure within the guard counts

    @contextmanager
    def guard(self, who: str, *, spared: bool = False, here: bool = False) -> Iterator[None]:
        """Do what proves that the caller is `who`; a failure (Unauthorized) counts, for a `spared` user for the address only.

        With `here` it counts for `who` from this address: so does what proves itself by a long secret, of which others shut
        out nobody but themselves. Raises TooManyRequests, before anything is done, when too much has failed for `who` or from
        this address.
        """
        network = _network(self.address)
        user = _key(f"{who} from {network}" if here else who)
        limits = {} if spared else {user: self.settings.login_failures_per_user}
        if self.address:
            limits[_key(f"address:{network}")] = self.settings.login_failures_per_address
        limits = {key: limit for key, limit in limits.items() if limit > 0}
        if wait := self._wait(limits, user):
            raise TooManyRequests(math.ceil(wait.total_seconds()))
        self._counted = set(limits)
        try:
            yield
        except Unauthorized:
            if self._counted:
                with self.database.write() as session:
                    count(session, self._counted, dt.timedelta(seconds=self.settings.login_window))
            raise

    def count_also(self, who: str, *, spared: bool = False) -> bool:
        """Let a failure within the guard count for `who` as well, as whom somebody has turned out however that was put.

        Says whether too much has failed for `who`; the database is asked as much about a `spared` one.
        """
        user, limit = _key(who), self.settings.login_failures_per_user
        if limit <= 0:
            return False
        wait = self._wait({user: limit}, "" if spared else user)
        if spared:
            return False
        self._counted.add(user)
        return bool(wait)

    def forgive(self) -> None:
        """Forget the failures of the users who have proved now that they are; those of the address stay."""
        if self.spoiled:
            with self.database.write() as session:
                session.execute(delete(FailedLogins).where(FailedLogins.key.in_(self.spoiled)))

    def _wait(self, limits: dict[str, int], user: str) -> dt.timedelta:
        """For how long one of these keys is full; notes whether something failed for `user`."""
        wait = dt.timedelta()
        if not limits:
            return wait
        moment, window = now(), dt.timedelta(seconds=self.settings.login_window)
        for row in self.session.execute(_FAILED, {"keys": list(limits)}):
            if row.key == user:
                self.spoiled.add(user)
            if row.failures >= limits[row.key]:
                wait = max(wait, row.since + window - moment)
        return wait


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
