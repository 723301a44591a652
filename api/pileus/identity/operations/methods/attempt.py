"""One attempt to log in, as it passes from method to method."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from sqlalchemy.orm import Session

from pileus.core.config import Settings
from pileus.core.db import Database
from pileus.core.errors import Unauthorized
from pileus.identity.models import User
from pileus.identity.operations.formats import Federation, Scope, Token
from pileus.identity.operations.outside import Outside
from pileus.identity.operations.throttle import Throttle


@dataclass
class Attempt:
    """What is known about the caller so far. `session` reads; what must last is written through `database`.

    A method checks its part of the request, within `throttle.guard` where it checks a secret, calls `identify`, and raises
    Unauthorized when the proof is not good.
    """

    session: Session
    database: Database
    settings: Settings
    address: str = ""  # where the caller is, as far as that is known
    user: User | None = None
    methods: list[str] = field(default_factory=list)
    parent: Token | None = None  # the token that was exchanged
    expires: dt.datetime | None = None  # the end that the new token may not pass
    implied_scope: Scope | None = None  # the scope that the method itself brings
    application_credential_id: str = ""
    oauth_token_id: str = ""
    outside: Outside = field(default_factory=Outside)
    federation: Federation | None = None  # who vouches for the user

    @cached_property
    def throttle(self) -> Throttle:
        """Who must wait; the check of a secret runs within its `guard`."""
        return Throttle(self.session, self.database, self.settings, self.address)

    def identify(self, user: User) -> None:
        """Say who it is; all methods of one attempt must mean the same user."""
        if self.user is not None and self.user.id != user.id:
            raise Unauthorized()
        self.user = user

    def limit(self, end: dt.datetime | None) -> None:
        """Say when at the latest the new token must end."""
        if end is not None and (self.expires is None or end < self.expires):
            self.expires = end

    def passed(self, name: str) -> None:
        """Note that a method was passed."""
        if name not in self.methods:
            self.methods.append(name)


Method = Callable[[Attempt, Any], None]
