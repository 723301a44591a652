"""Find what a path names, and check the caller's rule against it before saying whether it exists."""

from collections.abc import Mapping
from typing import Any, TypeVar

from pileus.core.errors import Forbidden, NotFound
from pileus.core.http.call import Call

T = TypeVar("T")


def reach(call: Call, row: T | None, what: str, name: str, target: Mapping[str, Any] | None = None) -> T:
    """The row, when the caller may do this route's thing to it.

    `target` is what the rule looks at, for instance {"target.user.domain_id": ...}. Who may not, gets 403 whether the row
    is there or not; who may, gets 404 where there is none.
    """
    permit(call, {} if row is None else dict(target or {}))
    if row is None:
        raise NotFound(f"Could not find {what}: {name}.")
    return row


def permit(call: Call, target: Mapping[str, Any] | None = None, rule: str | None = None) -> None:
    """Check a rule (default: the route's) and refuse in the words of the identity API."""
    name = rule or call.route.rule
    try:
        call.enforce(name, target or {})
    except Forbidden:
        raise Forbidden(f"You are not authorized to perform the requested action: {name}.") from None
