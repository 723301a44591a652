"""Rules about roles, grants and assignments."""

from pileus.core.policy import rule
from pileus.identity.policy.checks import ADMIN, ADMIN_OR_READER, domain, either

_READ_ROLE = either(ADMIN_OR_READER, "role:manager")
_DOMAIN_ROLE = either(ADMIN_OR_READER, domain("reader", "target.role.domain_id"))
_ONE = ("GET", "/v3/roles/{role_id}")
_IMPLIES = "/v3/roles/{prior_id}/implies/{implied_id}"


def _places(role: str) -> str:
    """The caller has a role on the domain in which both the actor and the target of a grant are."""
    actor = ("domain_id:%(target.user.domain_id)s", "domain_id:%(target.group.domain_id)s")
    target = ("domain_id:%(target.project.domain_id)s", "domain_id:%(target.domain.id)s")
    return f"(role:{role} and ({either(*actor)}) and ({either(*target)}))"


_ORDINARY = either(*(f"'{name}':%(target.role.name)s" for name in ("manager", "member", "reader")))
_GRANT = either(ADMIN, f"({_places('manager')} and ({_ORDINARY}))")
_GRANTS = "/v3/{target}/{target_id}/{actor}/{actor_id}/roles"
_SYSTEM = "/v3/system/{actor}/{actor_id}/roles"

RULES = [
    rule("identity:list_roles", _READ_ROLE, "List global roles.", ("GET", "/v3/roles")),
    rule("identity:get_role", _READ_ROLE, "Show a global role.", _ONE),
    rule("identity:create_role", ADMIN, "Make a global role.", ("POST", "/v3/roles")),
    rule("identity:update_role", ADMIN, "Change a global role.", ("PATCH", "/v3/roles/{role_id}")),
    rule("identity:delete_role", ADMIN, "Delete a global role.", ("DELETE", "/v3/roles/{role_id}")),
    rule("identity:list_domain_roles", _DOMAIN_ROLE, "List a domain's roles.", ("GET", "/v3/roles")),
    rule("identity:get_domain_role", _DOMAIN_ROLE, "Show a domain role.", _ONE),
    rule("identity:create_domain_role", ADMIN, "Make a domain role.", ("POST", "/v3/roles")),
    rule("identity:update_domain_role", ADMIN, "Change a domain role.", ("PATCH", "/v3/roles/{role_id}")),
    rule("identity:delete_domain_role", ADMIN, "Delete a domain role.", ("DELETE", "/v3/roles/{role_id}")),
    rule(
        "identity:list_implied_roles", ADMIN_OR_READER, "List what it implies.", ("GET", "/v3/roles/{prior_id}/implies")
    ),
    rule("identity:get_implied_role", ADMIN_OR_READER, "Show an implication.", ("GET", _IMPLIES)),
    rule("identity:check_implied_role", ADMIN_OR_READER, "Check an implication.", ("HEAD", _IMPLIES)),
    rule("identity:create_implied_role", ADMIN, "Make an implication.", ("PUT", _IMPLIES)),
    rule("identity:delete_implied_role", ADMIN, "Delete an implication.", ("DELETE", _IMPLIES)),
    rule("identity:list_role_inference_rules", ADMIN_OR_READER, "List implications.", ("GET", "/v3/role_inferences")),
    rule("identity:list_grants", either(ADMIN_OR_READER, _places("reader")), "List grants.", ("GET", _GRANTS)),
    rule(
        "identity:check_grant",
        either(ADMIN_OR_READER, _places("reader")),
        "Check a grant.",
        ("GET", f"{_GRANTS}/{{role_id}}"),
    ),
    rule("identity:create_grant", _GRANT, "Grant a role.", ("PUT", f"{_GRANTS}/{{role_id}}")),
    rule("identity:revoke_grant", _GRANT, "Take a role back.", ("DELETE", f"{_GRANTS}/{{role_id}}")),
    *(
        rule(f"identity:{verb}_system_grant{many}_for_{actor}", check, "A role on the system.", (method, _SYSTEM))
        for actor in ("user", "group")
        for verb, many, check, method in (
            ("list", "s", ADMIN_OR_READER, "GET"),
            ("check", "", ADMIN_OR_READER, "GET"),
            ("create", "", ADMIN, "PUT"),
            ("revoke", "", ADMIN, "DELETE"),
        )
    ),
    rule(
        "identity:list_role_assignments",
        either(ADMIN_OR_READER, domain("reader", "target.domain_id")),
        "List role assignments.",
        ("GET", "/v3/role_assignments"),
    ),
    rule(
        "identity:list_role_assignments_for_tree",
        either(
            ADMIN_OR_READER, domain("reader", "target.project.domain_id"), "(role:admin and project_id:%(project_id)s)"
        ),
        "List role assignments of a tree of projects.",
        ("GET", "/v3/role_assignments?include_subtree"),
    ),
]
