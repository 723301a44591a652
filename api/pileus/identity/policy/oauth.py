"""Rules about what users grant to OAuth1 consumers."""

from pileus.core.policy import rule
from pileus.identity.policy.checks import ANY_ADMIN, either, self

_OWN = either(ANY_ADMIN, self("target.user.id"))
_ALL = "/v3/users/{user_id}/OS-OAUTH1/access_tokens"
_ONE = f"{_ALL}/{{token_id}}"
_AUTHORIZE = "/v3/OS-OAUTH1/authorize/{token_id}"

RULES = [
    rule("identity:authorize_request_token", ANY_ADMIN, "Let a consumer work as oneself.", ("PUT", _AUTHORIZE)),
    rule("identity:list_access_tokens", _OWN, "List what is granted to consumers.", ("GET", _ALL)),
    rule("identity:get_access_token", _OWN, "Show what is granted.", ("GET", _ONE)),
    rule("identity:delete_access_token", _OWN, "Take it back.", ("DELETE", _ONE)),
    rule("identity:list_access_token_roles", _OWN, "List the roles that were granted.", ("GET", f"{_ONE}/roles")),
    rule("identity:get_access_token_role", _OWN, "Show one of these roles.", ("GET", f"{_ONE}/roles/{{role_id}}")),
]
