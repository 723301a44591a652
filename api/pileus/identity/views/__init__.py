"""The routes of the identity API, one file per noun."""

from pileus.core.service import Route
from pileus.identity.views import discovery, tokens

ROUTES: list[Route] = [*discovery.ROUTES, *tokens.ROUTES]
