"""One request as a view sees it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from flask import Request
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from pileus.core.config import Settings
from pileus.core.context import Context
from pileus.core.db import Database
from pileus.core.errors import Forbidden
from pileus.core.http.client_address import client_address
from pileus.core.policy import Policy
from pileus.core.service import Route, Service, Version


@dataclass
class Call:
    """Everything a view needs: who calls, what was sent, and the transaction to work in."""

    context: Context
    session: Session
    body: Any
    query: MultiDict[str, str]
    version: Version | None
    request: Request
    service: Service
    route: Route
    policy: Policy
    settings: Settings
    database: Database
    response_headers: dict[str, str] = field(default_factory=dict)
    enforced: bool = False

    @property
    def address(self) -> str:
        """Where the call comes from, also behind a proxy; empty when that is not known."""
        return client_address(self.request, self.settings)

    def at_least(self, major: int, minor: int) -> bool:
        """Whether the client's microversion is at least this one."""
        return self.version is not None and self.version >= (major, minor)

    def allows(self, rule: str, target: Mapping[str, Any] | None = None) -> bool:
        """Whether the caller may do this."""
        return self.policy.allows(self.context, rule, target)

    def enforce(self, rule: str | None = None, target: Mapping[str, Any] | None = None) -> None:
        """Check a rule (default: the route's own) against a target; raises Forbidden."""
        name = rule or self.route.rule
        if name is None:
            raise Forbidden("There is no policy rule for this call.")
        self.enforced = True
        self.policy.enforce(self.context, name, target)

    def url(self, path: str = "") -> str:
        """The public URL of a path below this service's prefix."""
        return f"{self.settings.public_url}{self.service.prefix}{path}"
