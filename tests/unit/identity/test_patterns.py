"""Patterns of mappings by a table: the usual ones are taken, those that could take for ever are not."""

import re
import time

import pytest

from pileus.identity.operations.federation import patterns
from pileus.identity.operations.federation.rules import MAX_MATCHED

TAKEN = [
    "", ".+", "^$", "a|b|c", r"\bdev\b", "(ab)+", r"\(x\+\)+", r".*@example\.com$", "^(a|b)$", "(.*)-(.*)", "^(.+)@(.+)$",
    "(.*)-(.*)-(.*)$", r"(.*)@(.*)\.(.*)", r"^(dev|ops)-\w+$", r"[^@]+@[^@]+\.[a-z]+$", r".*@.*\.example\.(com|org)$",
    "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$", "https?://[^/]+/.*", r"(?i)^admin.*@example\.com$", "^(?!service-).*$",
    "CN=([^,]+),OU=([^,]+),.*", "^cn=.*,ou=groups,dc=example,dc=com$", "(staff|faculty|student)@.*", "^(?P<who>[^@]+)@x$",
    r"[a-z]+\.[a-z]+@([a-z]+)\.example\.org", "urn:.*:group:(.*):(.*)#.*", "^/?([^/]+)/([^/]+)/?$", ".*(admin|root).*",
    r"^(.)\1$", "(?s)a.*b", "(a)?(?(1)b|c)d",
]  # fmt: skip
REFUSED = [
    "(a+)+$", "((a+))+$", "(a|aa)+$", "(a|aa){2,40}$", "a*a*a*a*a*a*a*a*b$", "(.*)*x", r"([a-z]+\.?){3,}", "(?:x{2,})*",
    "(a*?)*?b", "(a?a)*b", "((?=a+)a)*b", "(?:a{0,20}){0,20}b", "(a*)(\\1)*b", "(?:a|b*)*c", "(a)(?(1)b|c)*(?:(?(1)b|bb))*x",
    "a?" * 40 + "a" * 40, "(ab|a.)" * 20 + "$", "(a|ab)(a|ab)" * 15 + "x", "a{0,20}" * 5 + "b", "(.*)(.*)(.*)(.*)x",
    "[a-z]*[a-y]*[a-x]*[a-w]*1", r"\w*\w*\w*\w*-", "(?=a*a*a*a*b)", "(?!a*a*a*a*b)", "(?>a*a*a*a*b)", "(?i)a*A*a*A*b",
    "(?:){100000000}", "(^)*x", "(?:(?:){60000}){60000}",
]  # fmt: skip


@pytest.mark.parametrize("pattern", TAKEN)
def test_a_usual_pattern_is_taken(pattern: str) -> None:
    patterns.check(pattern)


@pytest.mark.parametrize("pattern", REFUSED)
def test_a_pattern_that_could_take_for_ever_is_refused(pattern: str) -> None:
    with pytest.raises(ValueError, match="for ever"):
        patterns.check(pattern)


@pytest.mark.parametrize(
    "pattern", ["(", "[a", "a**", "(?P<x>a)(?P<x>b)", "(?<=a+)b", "x{99999999999}", r"\2", "(" * 255]
)
def test_what_is_no_pattern_is_refused(pattern: str) -> None:
    with pytest.raises(ValueError, match="is not a regular expression"):
        patterns.check(pattern)


@pytest.mark.parametrize(
    "pattern",
    [*TAKEN, "a*a*b$", "a*\\w*\\w*-b$", "^(.)*(.)*x", "a.*.{0,30}b*a+$", "\\w*a{2,}[ab]{2,}x", "(a)*[^b]+(?=a{2,})b$"],
)
def test_what_is_taken_takes_no_time(pattern: str) -> None:
    patterns.check(pattern)
    started = time.process_time()
    for piece in ("a", "-", "@", "ab", "a-", "urn:", ":group:", ".example.", "ou=groups,"):
        re.search(pattern, (piece * MAX_MATCHED)[: MAX_MATCHED - 1] + "\n")
    assert time.process_time() - started < 4
