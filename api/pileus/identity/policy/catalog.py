"""Rules about regions, services and endpoints."""

from oslo_policy.policy import RuleDefault

from pileus.core.policy import rule
from pileus.identity.policy.checks import ADMIN, ADMIN_OR_READER, ANYBODY


def _rules(noun: str, read: str) -> list[RuleDefault]:
    path = f"/v3/{noun}s"
    one = f"{path}/{{{noun}_id}}"
    return [
        rule(f"identity:list_{noun}s", read, f"List {noun}s.", ("GET", path)),
        rule(f"identity:get_{noun}", read, f"Show a {noun}.", ("GET", one)),
        rule(f"identity:create_{noun}", ADMIN, f"Make a {noun}.", ("POST", path)),
        rule(f"identity:update_{noun}", ADMIN, f"Change a {noun}.", ("PATCH", one)),
        rule(f"identity:delete_{noun}", ADMIN, f"Delete a {noun}.", ("DELETE", one)),
    ]


RULES = [
    *_rules("region", ANYBODY),
    *_rules("service", ADMIN_OR_READER),
    *_rules("endpoint", ADMIN_OR_READER),
]
