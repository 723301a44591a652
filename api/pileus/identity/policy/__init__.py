"""The policy rules of the identity service, one file per noun."""

from oslo_policy.policy import RuleDefault

from pileus.identity.policy import catalog, delegation, federation, limits, oauth, projects, roles, tokens, users
from pileus.identity.policy.checks import BASE

RULES: list[RuleDefault] = [
    *BASE,
    *tokens.RULES,
    *projects.RULES,
    *users.RULES,
    *roles.RULES,
    *delegation.RULES,
    *catalog.RULES,
    *federation.RULES,
    *limits.RULES,
    *oauth.RULES,
]
