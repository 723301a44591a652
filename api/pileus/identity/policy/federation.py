"""Rules about federation: identity providers, protocols, mappings and service providers."""

from oslo_policy.policy import RuleDefault

from pileus.core.policy import rule
from pileus.identity.policy.checks import ADMIN, ADMIN_OR_READER

_ALL = "/v3/OS-FEDERATION"
_NOUNS = (
    ("identity_provider", f"{_ALL}/identity_providers", "identity_provider_id"),
    ("protocol", f"{_ALL}/identity_providers/{{identity_provider_id}}/protocols", "protocol_id"),
    ("mapping", f"{_ALL}/mappings", "mapping_id"),
    ("service_provider", f"{_ALL}/service_providers", "service_provider_id"),
)


def _rules(noun: str, path: str, key: str) -> list[RuleDefault]:
    one, name = f"{path}/{{{key}}}", noun.replace("_", " ")
    return [
        rule(f"identity:list_{noun}s", ADMIN_OR_READER, f"List {name}s.", ("GET", path)),
        rule(f"identity:get_{noun}", ADMIN_OR_READER, f"Show one {name}.", ("GET", one)),
        rule(f"identity:create_{noun}", ADMIN, f"Make one {name}.", ("PUT", one)),
        rule(f"identity:update_{noun}", ADMIN, f"Change one {name}.", ("PATCH", one)),
        rule(f"identity:delete_{noun}", ADMIN, f"Delete one {name}.", ("DELETE", one)),
    ]


RULES: list[RuleDefault] = [made for noun in _NOUNS for made in _rules(*noun)]
