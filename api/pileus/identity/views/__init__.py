"""The routes of the identity API, one file per noun."""

from pileus.core.service import Route
from pileus.identity.views import (
    application_credentials,
    catalog,
    consumers,
    credentials,
    discovery,
    domain_config,
    domains,
    endpoint_filter,
    grants,
    groups,
    limits,
    own,
    policies,
    project_tags,
    projects,
    role_assignments,
    roles,
    signed,
    tokens,
    trusts,
    users,
)
from pileus.identity.views.audited import audited

_ALL: list[Route] = [
    *discovery.ROUTES,
    *tokens.ROUTES,
    *own.ROUTES,
    *application_credentials.ROUTES,
    *catalog.ROUTES,
    *consumers.ROUTES,
    *credentials.ROUTES,
    *domain_config.ROUTES,
    *domains.ROUTES,
    *endpoint_filter.ROUTES,
    *grants.ROUTES,
    *groups.ROUTES,
    *limits.ROUTES,
    *policies.ROUTES,
    *project_tags.ROUTES,
    *projects.ROUTES,
    *role_assignments.ROUTES,
    *roles.ROUTES,
    *signed.ROUTES,
    *trusts.ROUTES,
    *users.ROUTES,
]

ROUTES = [audited(route) for route in _ALL]
