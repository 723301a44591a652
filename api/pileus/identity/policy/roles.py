"""Rules about roles, grants and assignments."""

from pileus.core.policy import rule
from pileus.identity.policy.checks import ADMIN, ADMIN_OR_READER, ANY_ADMIN, ANY_ADMIN_OR_READER, domain, either

_LIST_ROLES = either(ANY_ADMIN_OR_READER, "(role:manager and not domain_id:None)")
_READ_ROLE = either(ANY_ADMIN_OR_READER, "(role:manager and rule:domain_managed_target_role)")
_ASSIGNMENTS = either(ANY_ADMIN_OR_READER, domain("reader", "target.domain_id"))
_ONE = "/v3/roles/{role_id}"
_MANY = "/v3/roles?domain_id"
_IMPLIES = f"{_ONE}/implies/{{implied_id}}"


def _places(role: str) -> str:
    """The caller has a role on the domain in which both the actor and the target of a grant are."""
    return either(
        *(
            domain(role, f"target.{actor}.domain_id", target)
            for actor in ("user", "group")
            for target in ("target.project.domain_id", "target.domain.id")
        )
    )


_KNOWN_THERE = "(None:%(target.role.domain_id)s or domain_id:%(target.role.domain_id)s)"
_LIST_GRANTS = either(ANY_ADMIN_OR_READER, _places("reader"))
_CHECK_GRANT = either(ANY_ADMIN_OR_READER, f"(({_places('reader')}) and {_KNOWN_THERE})")
_GRANT = either(ANY_ADMIN, f"(({_places('manager')}) and rule:domain_managed_target_role)")
_PLACES = [
    f"{target}s/{{{target}_id}}/{actor}s/{{{actor}_id}}/roles"
    for target in ("project", "domain")
    for actor in ("user", "group")
]
_GRANTS = [f"/v3/{place}" for place in _PLACES]
_INHERITED = [f"/v3/OS-INHERIT/{place}" for place in _PLACES]
_INSIDE = "inherited_to_projects"


def _all(method: str) -> list[tuple[str, str]]:
    return [(method, f"{path}/{_INSIDE}") for path in _INHERITED] + [(method, path) for path in _GRANTS]


def _each(method: str) -> list[tuple[str, str]]:
    inherited = [(method, f"{path}/{{role_id}}/{_INSIDE}") for path in _INHERITED]
    return inherited + [(method, f"{path}/{{role_id}}") for path in _GRANTS]


RULES = [
    rule("identity:list_roles", _LIST_ROLES, "List global roles.", ("GET", "/v3/roles")),
    rule("identity:get_role", _READ_ROLE, "Show a global role.", ("GET", _ONE)),
    rule("identity:create_role", ADMIN, "Make a global role.", ("POST", "/v3/roles")),
    rule("identity:update_role", ADMIN, "Change a global role.", ("PATCH", _ONE)),
    rule("identity:delete_role", ADMIN, "Delete a global role.", ("DELETE", _ONE)),
    rule("identity:list_domain_roles", ADMIN_OR_READER, "List a domain's roles.", ("GET", _MANY)),
    rule("identity:get_domain_role", ADMIN_OR_READER, "Show a domain role.", ("GET", _ONE)),
    rule("identity:create_domain_role", ADMIN, "Make a domain role.", ("POST", "/v3/roles")),
    rule("identity:update_domain_role", ADMIN, "Change a domain role.", ("PATCH", _ONE)),
    rule("identity:delete_domain_role", ADMIN, "Delete a domain role.", ("DELETE", _ONE)),
    rule("identity:list_implied_roles", ADMIN_OR_READER, "List what it implies.", ("GET", f"{_ONE}/implies")),
    rule("identity:get_implied_role", ADMIN_OR_READER, "Show an implication.", ("GET", _IMPLIES)),
    rule("identity:check_implied_role", ADMIN_OR_READER, "Check an implication.", ("HEAD", _IMPLIES)),
    rule("identity:create_implied_role", ADMIN, "Make an implication.", ("PUT", _IMPLIES)),
    rule("identity:delete_implied_role", ADMIN, "Delete an implication.", ("DELETE", _IMPLIES)),
    rule("identity:list_role_inference_rules", ADMIN_OR_READER, "List implications.", ("GET", "/v3/role_inferences")),
    rule("identity:list_grants", _LIST_GRANTS, "List grants.", *_all("GET")),
    rule("identity:check_grant", _CHECK_GRANT, "Check a grant.", *_each("GET")),
    rule("identity:create_grant", _GRANT, "Grant a role.", *_each("PUT")),
    rule("identity:revoke_grant", _GRANT, "Take a role back.", *_each("DELETE")),
    *(
        rule(f"identity:{verb}_system_grant{many}_for_{actor}", check, "A role on the system.", (method, path))
        for actor in ("user", "group")
        for verb, many, check, method, path in (
            ("list", "s", ADMIN_OR_READER, "GET", f"/v3/system/{actor}s/{{{actor}_id}}/roles"),
            ("check", "", ADMIN_OR_READER, "GET", f"/v3/system/{actor}s/{{{actor}_id}}/roles/{{role_id}}"),
            ("create", "", ADMIN, "PUT", f"/v3/system/{actor}s/{{{actor}_id}}/roles/{{role_id}}"),
            ("revoke", "", ADMIN, "DELETE", f"/v3/system/{actor}s/{{{actor}_id}}/roles/{{role_id}}"),
        )
    ),
    rule("identity:list_role_assignments", _ASSIGNMENTS, "List role assignments.", ("GET", "/v3/role_assignments")),
    rule(
        "identity:list_role_assignments_for_tree",
        _ASSIGNMENTS,
        "List role assignments of a tree of projects.",
        ("GET", "/v3/role_assignments?include_subtree"),
    ),
]
