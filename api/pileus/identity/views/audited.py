"""Routes that leave a trace: every change is recorded in the transaction that makes it, every login in its own."""

from collections.abc import Mapping
from dataclasses import replace
from functools import wraps
from typing import Any

from flask import g

from pileus.core.context import Context
from pileus.core.http.call import Call
from pileus.core.http.reply import Reply
from pileus.core.service import Route
from pileus.identity.operations import audit


def audited(route: Route) -> Route:
    """The route, recording what it does when it changes something."""
    if route.rule is None or not route.writes:
        return route
    view, rule = route.view, route.rule

    @wraps(view)
    def recorded(call: Call, **arguments: str) -> Any:
        result = view(call, **arguments)
        target = (rule.partition("_")[2] or rule, _target(result, arguments))
        action = rule.partition(":")[2] or rule
        audit.record(call.session, call.settings, call.context, action, "success", target, call.address)
        return result

    return replace(route, view=recorded)


def _target(result: Any, arguments: Mapping[str, str]) -> str:
    """The id of what was made, or else what the path names."""
    body = result.body if isinstance(result, Reply) else result
    if isinstance(body, dict):
        for value in body.values():
            if isinstance(value, dict) and isinstance(value.get("id"), str):
                return str(value["id"])
    return "/".join(arguments.values())


def record_login(call: Call, user: str, outcome: str, action: str = "authenticate") -> None:
    """Record how a login ended; `user` is the id, or what was given instead where nobody could be identified."""
    context = Context(user_id=user, request_id=g.request_id)
    with call.database.write() as session:
        target = ("account/user", user)
        audit.record(session, call.settings, context, action, outcome, target, call.address)


def record_change(call: Call, initiator: str, action: str, target: tuple[str, str]) -> None:
    """Record a change made by somebody without a token, in the transaction that makes it; `target` is (type, id)."""
    context = Context(user_id=initiator, request_id=g.request_id)
    audit.record(call.session, call.settings, context, action, "success", target, call.address)
