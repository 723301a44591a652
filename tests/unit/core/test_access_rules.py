"""Access rules by a table: which calls a rule's path allows, and that none takes long to say so."""

import random
import re
import time

import pytest

from pileus.core.errors import Unauthorized
from pileus.core.http.access_rules import Path, check
from pileus.core.service import Service

COMPUTE = Service("compute", "compute", "/compute", "/compute/v2.1", [], aliases=("compute-legacy",))
TABLE = [
    ("/v2.1/servers", "/v2.1/servers", True),
    ("/v2.1/servers", "/v2.1/servers/", True),
    ("/v2.1/servers", "/v2.1/servers//", False),
    ("/v2.1/servers", "/v2.1/serversx", False),
    ("/v2.1/servers", "/v2.1/server", False),
    ("/v2.1/servers", "/v2x1/servers", False),
    ("/v2.1/servers/*", "/v2.1/servers/1", True),
    ("/v2.1/servers/*", "/v2.1/servers/", False),
    ("/v2.1/servers/*", "/v2.1/servers", False),
    ("/v2.1/servers/*", "/v2.1/servers/1/ips", False),
    ("/v2.1/servers/*/ips", "/v2.1/servers/1/ips", True),
    ("/v2.1/servers/*/ips", "/v2.1/servers//ips", False),
    ("/v2.1/servers/{server_id}", "/v2.1/servers/1", True),
    ("/v2.1/servers/{server_id}", "/v2.1/servers/1/ips", False),
    ("/v2.1/servers/{server_id}/{what}", "/v2.1/servers/1/ips", True),
    ("/v2.1/servers/{a/b}", "/v2.1/servers/1", False),
    ("/v2.1/server*", "/v2.1/servers", True),
    ("/v2.1/server*", "/v2.1/server", False),
    ("/v2.1/*-*", "/v2.1/a-b", True),
    ("/v2.1/*-*", "/v2.1/a-b-c", True),
    ("/v2.1/*-*", "/v2.1/-b", False),
    ("/v2.1/**", "/v2.1/servers/1/ips", True),
    ("/v2.1/**", "/v2.1/", True),
    ("/v2.1/**", "/v2.1", False),
    ("/v2.1**", "/v2.1", True),
    ("/**", "/", True),
    ("/**/ips", "/v2.1/servers/1/ips", True),
    ("/**/ips", "/v2.1/servers/1/ips/x", False),
    ("/v2.1/**/action", "/v2.1/servers/1/action", True),
    ("/v2.1/***", "/v2.1/servers/1", True),
    ("/v2.1/***", "/v2.1/", False),
    ("/v2.1/.*", "/v2.1/servers", False),
    ("/v2.1/(a|b)", "/v2.1/a", False),
    ("/v2.1/\u00e9*", "/v2.1/\u00e9a", True),
    ("/v2.1/**", "/v2.1/a\nb", True),
]


@pytest.mark.parametrize(("rule", "path", "fits"), TABLE)
def test_a_rule_allows_these_paths(rule: str, path: str, fits: bool) -> None:
    assert Path(path).fits(rule) is fits


def test_a_rule_says_the_same_as_a_regular_expression_would() -> None:
    draw = random.Random(3)
    meaning = {"**": "[^\0]*", "*": "[^/]+", "{x}": "[^/]+"}
    for _ in range(3000):
        pieces = draw.choices(["**", "*", "{x}", "/", "a", "b"], (1, 1, 1, 2, 2, 2), k=draw.randrange(1, 7))
        rule = "/" + "".join(pieces)
        split = re.split(r"(\*\*|\*|\{x\})", rule)
        pattern = "".join(meaning.get(piece, re.escape(piece)) for piece in split) + "/?"
        path = "/" + "".join(draw.choices("ab/", k=draw.randrange(0, 9)))
        assert Path(path).fits(rule) is (re.fullmatch(pattern, path) is not None), (rule, path)


@pytest.mark.parametrize(
    "rule", ["/v3/users/" + "**a" * 38 + "**ab", "/" + "*a" * 63, "/" + "{x}" * 41 + "/b", "/" + "**" * 63 + "b"]
)
def test_no_rule_takes_long(rule: str) -> None:
    assert len(rule) <= 128
    rules = [{"service": "compute", "method": "GET", "path": rule}] * 256  # as many as one credential may have
    started = time.perf_counter()
    with pytest.raises(Unauthorized):
        check(rules, COMPUTE, "GET", "/v3/users/" + "a" * 4000)
    assert time.perf_counter() - started < 2


def test_a_call_is_allowed_by_service_method_and_path_with_the_prefix_or_without() -> None:
    for path in ("/v2.1/servers", "/compute/v2.1/servers"):
        for service in ("compute", "compute-legacy"):
            check([{"service": service, "method": "GET", "path": path}], COMPUTE, "GET", "/compute/v2.1/servers")
    for rule in (
        {"service": "image", "method": "GET", "path": "/**"},
        {"service": "compute", "method": "POST", "path": "/**"},
        {"service": "compute", "method": "GET", "path": "/v2.1/flavors"},
    ):
        with pytest.raises(Unauthorized):
            check([rule], COMPUTE, "GET", "/compute/v2.1/servers")
