"""The routes of the identity API, one file per noun."""

from pileus.core.service import Route
from pileus.identity.views import (
    access_tokens,
    application_credentials,
    catalog,
    consumers,
    credentials,
    discovery,
    domain_config,
    domains,
    endpoint_filter,
    federation,
    federation_login,
    grants,
    groups,
    limits,
    own,
    password_rules,
    policies,
    project_tags,
    projects,
    request_tokens,
    role_assignments,
    roles,
    signed,
    tokens,
    trusts,
    users,
)
from pileus.identity.views.audited import audited
from pileus.identity.views.delegated import bounded

_ALL: list[Route] = [
    *discovery.ROUTES,
    *tokens.ROUTES,
    *own.ROUTES,
    *password_rules.ROUTES,
    *access_tokens.ROUTES,
    *application_credentials.ROUTES,
    *catalog.ROUTES,
    *consumers.ROUTES,
    *credentials.ROUTES,
    *domain_config.ROUTES,
    *domains.ROUTES,
    *endpoint_filter.ROUTES,
    *federation.ROUTES,
    *federation_login.ROUTES,
    *grants.ROUTES,
    *groups.ROUTES,
    *limits.ROUTES,
    *policies.ROUTES,
    *project_tags.ROUTES,
    *projects.ROUTES,
    *request_tokens.ROUTES,
    *role_assignments.ROUTES,
    *roles.ROUTES,
    *signed.ROUTES,
    *trusts.ROUTES,
    *users.ROUTES,
]

ROUTES = [audited(bounded(route)) for route in _ALL]
