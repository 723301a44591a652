"""The routes of the identity API, one file per noun."""

from pileus.core.service import Route
from pileus.identity.views import (
    catalog,
    discovery,
    domains,
    grants,
    groups,
    own,
    project_tags,
    projects,
    role_assignments,
    roles,
    tokens,
    users,
)

ROUTES: list[Route] = [
    *discovery.ROUTES,
    *tokens.ROUTES,
    *own.ROUTES,
    *domains.ROUTES,
    *projects.ROUTES,
    *project_tags.ROUTES,
    *users.ROUTES,
    *groups.ROUTES,
    *roles.ROUTES,
    *grants.ROUTES,
    *role_assignments.ROUTES,
    *catalog.ROUTES,
]
