"""What the OpenAPI document says of the identity API's answers and query strings, by noun; loaded when it is asked for."""

from collections.abc import Mapping

from pileus.core.service import Published
from pileus.identity.schemas.published import (
    catalog,
    credentials,
    delegation,
    domain_config,
    endpoint_filter,
    federation,
    limits,
    oauth,
    policies,
    projects,
    roles,
    tokens,
    users,
)

PUBLISHED: Mapping[tuple[str, str], Published] = {
    **tokens.PUBLISHED,
    **catalog.PUBLISHED,
    **credentials.PUBLISHED,
    **delegation.PUBLISHED,
    **domain_config.PUBLISHED,
    **endpoint_filter.PUBLISHED,
    **federation.PUBLISHED,
    **limits.PUBLISHED,
    **oauth.PUBLISHED,
    **policies.PUBLISHED,
    **projects.PUBLISHED,
    **roles.PUBLISHED,
    **users.PUBLISHED,
}
