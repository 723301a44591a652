"""Rules about registered limits and limits."""

from pileus.core.policy import rule
from pileus.identity.policy.checks import ADMIN, ANY_ADMIN_OR_READER, ANYBODY, either

_REGISTERED = "/v3/registered_limits"
_LIMITS = "/v3/limits"
_IN_DOMAIN = "(domain_id:%(target.limit.domain_id)s and not domain_id:None)"
_IN_PROJECT = "(project_id:%(target.limit.project_id)s and not project_id:None)"
_READ = either(ANY_ADMIN_OR_READER, _IN_DOMAIN, _IN_PROJECT)

RULES = [
    rule("identity:list_registered_limits", ANYBODY, "List registered limits.", ("GET", _REGISTERED)),
    rule("identity:get_registered_limit", ANYBODY, "Show a registered limit.", ("GET", f"{_REGISTERED}/{{limit_id}}")),
    rule("identity:create_registered_limits", ADMIN, "Register limits.", ("POST", _REGISTERED)),
    rule("identity:update_registered_limit", ADMIN, "Change one.", ("PATCH", f"{_REGISTERED}/{{limit_id}}")),
    rule("identity:delete_registered_limit", ADMIN, "Delete one.", ("DELETE", f"{_REGISTERED}/{{limit_id}}")),
    rule("identity:get_limit_model", ANYBODY, "Show the model.", ("GET", f"{_LIMITS}/model")),
    rule("identity:list_limits", ANYBODY, "List limits that concern the caller.", ("GET", _LIMITS)),
    rule("identity:get_limit", _READ, "Show a limit.", ("GET", f"{_LIMITS}/{{limit_id}}")),
    rule("identity:create_limits", ADMIN, "Make limits.", ("POST", _LIMITS)),
    rule("identity:update_limit", ADMIN, "Change a limit.", ("PATCH", f"{_LIMITS}/{{limit_id}}")),
    rule("identity:delete_limit", ADMIN, "Delete a limit.", ("DELETE", f"{_LIMITS}/{{limit_id}}")),
]
