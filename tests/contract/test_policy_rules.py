"""Rules and routes belong together: every route has its rule, every rule is asked for, and says by which routes."""

import re
from collections import Counter
from pathlib import Path

import pytest

from pileus.catalogue import SERVICES
from pileus.core.policy import BASE, operations_of
from pileus.core.policy_file import leaves
from pileus.core.service import Service

ROOT = Path(__file__).resolve().parents[2] / "api" / "pileus"
OPEN = re.compile(  # routes that ask for no token: versions, the ways in, and what guests ask about themselves
    r"identity (GET /(v3)?$|POST /v3/auth/tokens$|POST /v3/users/<user_id>/password$"
    r"|(GET|POST) /v3/(auth/)?OS-FEDERATION/.*(auth|websso|websso/<protocol_id>|callback)$"
    r"|POST /v3/OS-OAUTH1/(request|access)_token$|POST /v3/OS-OAUTH2/token$)"
    r"|(image|network|block_storage|compute) GET (/|/versions|/v[0-9.]+/?)?$"
    r"|metadata GET "
)
WITH_RULES = [service for service in SERVICES if service.policies]


def form(path: str) -> str:
    """A path without the names of its parameters, and without what follows it."""
    return re.sub(r"<[^>]*>|\{[^}]*\}", "*", path.partition("?")[0].partition(" (")[0]).rstrip("/")


@pytest.mark.parametrize("service", SERVICES, ids=lambda one: one.name)
def test_every_route_has_a_rule_but_the_few_that_are_open(service: Service) -> None:
    declared = {rule.name for rule in service.policies}
    for route in service.routes:
        name = f"{service.name} {route.method} {route.path}"
        if route.rule is None:
            assert OPEN.match(name), f"{name} has no rule"
        else:
            assert route.rule in declared, f"{name} names the rule {route.rule}, which nobody declares"


def test_no_rule_is_declared_twice() -> None:
    counted = Counter(rule.name for rule in [*BASE, *(rule for service in SERVICES for rule in service.policies)])
    assert [name for name, number in counted.items() if number > 1] == []


@pytest.mark.parametrize("service", WITH_RULES, ids=lambda one: one.name)
def test_every_rule_is_asked_for(service: Service) -> None:
    routed = {route.rule for route in service.routes}
    routed |= {str(name).replace("_role", "_domain_role") for name in routed}  # see views/roles.py of identity
    referred = {
        leaf.match
        for rule in [*BASE, *service.policies]
        for leaf in leaves(rule.check)
        if str(leaf).startswith("rule:")
    }
    code = "\n".join(
        path.read_text() for path in (ROOT / service.name).rglob("*.py") if "policy" not in str(path.relative_to(ROOT))
    )
    unused = [
        rule.name for rule in service.policies if rule.name not in routed | referred and not asked(rule.name, code)
    ]
    assert not unused, f"no route and no view asks for {unused}"


def asked(name: str, code: str) -> bool:
    """Whether a view asks for the rule itself: by its name, or by one put together from the end of it."""
    return any(text in code for text in (f'"{name}"', f'"{name.partition(":")[2]}"', f'"{name.rpartition(":")[2]}"'))


@pytest.mark.parametrize("service", WITH_RULES, ids=lambda one: one.name)
def test_what_a_rule_says_about_routes_is_true(service: Service) -> None:
    wrong = []
    for rule in service.policies:
        named = [route for route in service.routes if route.rule == rule.name]
        there = {(route.method, form(route.path)) for route in named or service.routes}
        said = {(method, form(path)) for method, path in operations_of(rule)}
        wrong += [f"{rule.name} says {method} {path}, which is no route of it" for method, path in sorted(said - there)]
        if not said and not named and type(rule).__name__ == "DocumentedRuleDefault":
            wrong.append(f"{rule.name} does not say which route it is for")
    assert not wrong, "\n".join(wrong)
