"""What a token got by delegation may not do, whatever its roles: make further ways in, or read the secrets of some."""

from dataclasses import replace
from functools import wraps
from typing import Any

from pileus.core.errors import Forbidden
from pileus.core.http.call import Call
from pileus.core.service import Route
from pileus.identity.operations import delegation
from pileus.identity.operations.access import Access

_TRUSTS = ("list_trusts", "create_trust", "get_trust", "delete_trust", "list_roles_for_trust", "get_role_for_trust")
_CREDENTIALS = ("list_credentials", "get_credential", "create_credential", "update_credential", "delete_credential")
_KEYS = ("ec2_list_credentials", "ec2_get_credential", "ec2_create_credential", "ec2_delete_credential")
_GRANTED = ("authorize_request_token", "list_access_tokens", "get_access_token", "delete_access_token")
_GRANTED_ROLES = ("list_access_token_roles", "get_access_token_role")
NOT_DELEGATED = frozenset(f"identity:{name}" for name in _TRUSTS)
IN_PERSON = frozenset(f"identity:{name}" for name in (*_CREDENTIALS, *_KEYS, *_GRANTED, *_GRANTED_ROLES))
FOR_EC2 = frozenset(("identity:validate_token", "identity:check_token"))


def bounded(route: Route) -> Route:
    """The route, refusing those who may not use it because of how they logged in."""
    if route.rule is None:
        return route
    view, rule = route.view, route.rule

    @wraps(view)
    def refusing(call: Call, **arguments: str) -> Any:
        check(call.context.more["access"], rule)
        return view(call, **arguments)

    return replace(route, view=refusing)


def check(worth: Access, rule: str) -> None:
    """Raise Forbidden when a token like this may never do what the rule is about.

    A trust may be handed on by who it was given to, and may be looked at; nothing else got by delegation touches trusts.
    Nothing got by delegation touches credentials. A token for a signed EC2 request is for the services that asked for it.
    """
    delegated = delegation.delegated(worth.token)
    if delegation.EC2 in worth.token.methods and rule not in FOR_EC2:
        raise Forbidden("A token for a signed EC2 or S3 request may only be validated here.")
    if delegated and rule in NOT_DELEGATED:
        raise Forbidden("Delegated tokens cannot manage trusts.")
    if rule in IN_PERSON and (delegated or worth.trust is not None):
        raise Forbidden("A token got by delegation cannot manage credentials, nor what is granted to consumers.")
