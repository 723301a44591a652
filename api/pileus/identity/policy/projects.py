"""Rules about domains, projects and tags."""

from pileus.core.policy import rule
from pileus.identity.policy.checks import ADMIN, ANY_ADMIN, ANY_ADMIN_OR_READER, domain, either

_IN_DOMAIN = "target.project.domain_id"
_LIST = either(ANY_ADMIN_OR_READER, domain("reader", "target.domain_id"))
_READ = either(ANY_ADMIN_OR_READER, domain("reader", _IN_DOMAIN), "project_id:%(target.project.id)s")
_MANAGE = either(ANY_ADMIN, domain("manager", _IN_DOMAIN))
_LIST_DOMAINS = either(ANY_ADMIN_OR_READER, domain("reader", "target.domain.id"))
_READ_DOMAIN = either(ANY_ADMIN_OR_READER, "domain_id:%(target.domain.id)s", "project_domain_id:%(target.domain.id)s")
_DOMAIN = "/v3/domains/{domain_id}"
_PROJECT = "/v3/projects/{project_id}"
_TAGS = f"{_PROJECT}/tags"
_TAG = f"{_TAGS}/{{value}}"

RULES = [
    rule("identity:list_domains", _LIST_DOMAINS, "List domains.", ("GET", "/v3/domains")),
    rule("identity:get_domain", _READ_DOMAIN, "Show a domain.", ("GET", _DOMAIN)),
    rule("identity:create_domain", ADMIN, "Make a domain.", ("POST", "/v3/domains")),
    rule("identity:update_domain", ADMIN, "Change a domain.", ("PATCH", _DOMAIN)),
    rule("identity:delete_domain", ADMIN, "Delete a domain.", ("DELETE", _DOMAIN)),
    rule("identity:list_projects", _LIST, "List projects.", ("GET", "/v3/projects")),
    rule("identity:get_project", _READ, "Show a project.", ("GET", _PROJECT)),
    rule("identity:create_project", _MANAGE, "Make a project.", ("POST", "/v3/projects")),
    rule("identity:update_project", _MANAGE, "Change a project.", ("PATCH", _PROJECT)),
    rule("identity:delete_project", _MANAGE, "Delete a project.", ("DELETE", _PROJECT)),
    rule("identity:list_project_tags", _READ, "List tags.", ("GET", _TAGS)),
    rule("identity:get_project_tag", _READ, "Check a tag.", ("GET", _TAG)),
    rule("identity:update_project_tags", _MANAGE, "Replace all tags.", ("PUT", _TAGS)),
    rule("identity:create_project_tag", _MANAGE, "Add a tag.", ("PUT", _TAG)),
    rule("identity:delete_project_tags", _MANAGE, "Delete all tags.", ("DELETE", _TAGS)),
    rule("identity:delete_project_tag", _MANAGE, "Delete a tag.", ("DELETE", _TAG)),
]
