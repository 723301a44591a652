"""Rules about regions, services, endpoints, who sees which of them, policy documents, consumers and domain options."""

from oslo_policy.policy import RuleDefault

from pileus.core.policy import rule
from pileus.identity.policy.checks import ADMIN, ADMIN_OR_READER, ANYBODY


def _rules(noun: str, read: str, path: str = "") -> list[RuleDefault]:
    path = path or f"/v3/{noun}s"
    many = "policies" if noun == "policy" else f"{noun}s"
    one = f"{path}/{{{noun}_id}}"
    name = noun.replace("_", " ")
    return [
        rule(f"identity:list_{many}", read, f"List {many}.", ("GET", path)),
        rule(f"identity:get_{noun}", read, f"Show a {name}.", ("GET", one)),
        rule(f"identity:create_{noun}", ADMIN, f"Make a {name}.", ("POST", path)),
        rule(f"identity:update_{noun}", ADMIN, f"Change a {name}.", ("PATCH", one)),
        rule(f"identity:delete_{noun}", ADMIN, f"Delete a {name}.", ("DELETE", one)),
    ]


_FILTER = "/v3/OS-EP-FILTER"
_FILTER_READ = (
    ("list_endpoints_for_project", "/projects/{project_id}/endpoints"),
    ("check_endpoint_in_project", "/projects/{project_id}/endpoints/{endpoint_id}"),
    ("list_projects_for_endpoint", "/endpoints/{endpoint_id}/projects"),
    ("list_endpoints_associated_with_endpoint_group", "/endpoint_groups/{group_id}/endpoints"),
    ("list_projects_associated_with_endpoint_group", "/endpoint_groups/{group_id}/projects"),
    ("list_endpoint_groups_for_project", "/projects/{project_id}/endpoint_groups"),
    ("get_endpoint_group_in_project", "/endpoint_groups/{group_id}/projects/{project_id}"),
)
_FILTER_CHANGE = (
    ("PUT", "add_endpoint_to_project", "/projects/{project_id}/endpoints/{endpoint_id}"),
    ("DELETE", "remove_endpoint_from_project", "/projects/{project_id}/endpoints/{endpoint_id}"),
    ("PUT", "add_endpoint_group_to_project", "/endpoint_groups/{group_id}/projects/{project_id}"),
    ("DELETE", "remove_endpoint_group_from_project", "/endpoint_groups/{group_id}/projects/{project_id}"),
)
_MEANT = "/v3/policies/{policy_id}/OS-ENDPOINT-POLICY"
_PLACES = (
    ("endpoint", "/endpoints/{endpoint_id}"),
    ("service", "/services/{service_id}"),
    ("region_and_service", "/services/{service_id}/regions/{region_id}"),
)
_CONFIG = "/v3/domains/{domain_id}/config"


def _parts(method: str) -> list[tuple[str, str]]:
    return [(method, f"{_CONFIG}{part}") for part in ("", "/{group}", "/{group}/{option}")]


RULES: list[RuleDefault] = [
    *_rules("region", ANYBODY),
    *_rules("service", ADMIN_OR_READER),
    *_rules("endpoint", ADMIN_OR_READER),
    *_rules("endpoint_group", ADMIN_OR_READER, f"{_FILTER}/endpoint_groups"),
    *_rules("policy", ADMIN_OR_READER, "/v3/policies"),
    *_rules("consumer", ADMIN_OR_READER, "/v3/OS-OAUTH1/consumers"),
    *(
        rule(f"identity:{name}", ADMIN_OR_READER, "See which project sees what.", ("GET", f"{_FILTER}{path}"))
        for name, path in _FILTER_READ
    ),
    *(
        rule(f"identity:{name}", ADMIN, "Say which project sees what.", (method, f"{_FILTER}{path}"))
        for method, name, path in _FILTER_CHANGE
    ),
    *(
        rule(
            f"identity:{verb}_policy_association_for_{place}",
            check,
            "For what a policy is meant.",
            (method, _MEANT + path),
        )
        for place, path in _PLACES
        for verb, method, check in (
            ("create", "PUT", ADMIN),
            ("check", "GET", ADMIN_OR_READER),
            ("delete", "DELETE", ADMIN),
        )
    ),
    rule("identity:list_endpoints_for_policy", ADMIN_OR_READER, "List its endpoints.", ("GET", f"{_MEANT}/endpoints")),
    rule(
        "identity:get_policy_for_endpoint",
        ADMIN_OR_READER,
        "Show the policy meant for an endpoint.",
        ("GET", "/v3/endpoints/{endpoint_id}/OS-ENDPOINT-POLICY/policy"),
    ),
    rule(
        "identity:get_domain_config_default",
        ADMIN_OR_READER,
        "Show defaults.",
        *(("GET", f"/v3/domains/config{part}/default") for part in ("", "/{group}", "/{group}/{option}")),
    ),
    rule("identity:get_domain_config", ADMIN_OR_READER, "Show a domain's configuration.", *_parts("GET")),
    rule("identity:create_domain_config", ADMIN, "Configure a domain.", ("PUT", _CONFIG)),
    rule("identity:update_domain_config", ADMIN, "Change the configuration.", *_parts("PATCH")),
    rule("identity:delete_domain_config", ADMIN, "Forget the configuration.", *_parts("DELETE")),
    rule(
        "identity:get_security_compliance_domain_config",
        ANYBODY,
        "Show what a password must look like.",
        ("GET", f"{_CONFIG}/security_compliance"),
        ("GET", f"{_CONFIG}/security_compliance/{{option}}"),
    ),
]
