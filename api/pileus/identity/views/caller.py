"""What the caller's token brings to a view besides its roles: groups, and the domain whose things it shows."""

from typing import Any

from sqlalchemy import Select

from pileus.core.http.call import Call


def token_groups(call: Call) -> tuple[str, ...]:
    """The groups that the caller's token brings, besides those the caller is in."""
    vouched = call.context.more["access"].token.federation
    return vouched.groups if vouched else ()


def within_domain(call: Call, statement: Select[Any], domain: Any, user_id: str = "") -> Select[Any]:
    """Only what lies in the domain that the caller's token is for, if it is for one; `domain` is the column that tells.

    A list about the user `user_id` is whole for that user.
    """
    context = call.context
    if context.domain_id is None or context.user_id == user_id:
        return statement
    return statement.where(domain == context.domain_id)
