"""Rules about domains, projects and tags."""

from pileus.core.policy import rule
from pileus.identity.policy.checks import ADMIN, ADMIN_OR_READER, domain, either

_IN_DOMAIN = "target.project.domain_id"
_MEMBER_OF = "project_id:%(target.project.id)s"
_READ = either(ADMIN_OR_READER, domain("reader", _IN_DOMAIN), _MEMBER_OF)
_MANAGE = either(ADMIN, domain("manager", _IN_DOMAIN))
_TAG = either(_MANAGE, f"(role:manager and {_MEMBER_OF})")

RULES = [
    rule(
        "identity:list_domains",
        either(ADMIN_OR_READER, "(role:reader and domain_id:%(target.domain.id)s)"),
        "List domains.",
        ("GET", "/v3/domains"),
    ),
    rule(
        "identity:get_domain",
        either(ADMIN_OR_READER, "domain_id:%(target.domain.id)s", "project_domain_id:%(target.domain.id)s"),
        "Show a domain.",
        ("GET", "/v3/domains/{domain_id}"),
    ),
    rule("identity:create_domain", ADMIN, "Make a domain.", ("POST", "/v3/domains")),
    rule("identity:update_domain", ADMIN, "Change a domain.", ("PATCH", "/v3/domains/{domain_id}")),
    rule("identity:delete_domain", ADMIN, "Delete a domain.", ("DELETE", "/v3/domains/{domain_id}")),
    rule(
        "identity:list_projects",
        either(ADMIN_OR_READER, domain("reader", "target.domain_id")),
        "List projects.",
        ("GET", "/v3/projects"),
    ),
    rule("identity:get_project", _READ, "Show a project.", ("GET", "/v3/projects/{project_id}")),
    rule("identity:create_project", _MANAGE, "Make a project.", ("POST", "/v3/projects")),
    rule("identity:update_project", _MANAGE, "Change a project.", ("PATCH", "/v3/projects/{project_id}")),
    rule("identity:delete_project", _MANAGE, "Delete a project.", ("DELETE", "/v3/projects/{project_id}")),
    rule("identity:list_project_tags", _READ, "List tags.", ("GET", "/v3/projects/{project_id}/tags")),
    rule("identity:get_project_tag", _READ, "Check a tag.", ("GET", "/v3/projects/{project_id}/tags/{value}")),
    rule("identity:update_project_tags", _TAG, "Replace all tags.", ("PUT", "/v3/projects/{project_id}/tags")),
    rule("identity:create_project_tag", _TAG, "Add a tag.", ("PUT", "/v3/projects/{project_id}/tags/{value}")),
    rule("identity:delete_project_tags", _TAG, "Delete all tags.", ("DELETE", "/v3/projects/{project_id}/tags")),
    rule("identity:delete_project_tag", _TAG, "Delete a tag.", ("DELETE", "/v3/projects/{project_id}/tags/{value}")),
]
