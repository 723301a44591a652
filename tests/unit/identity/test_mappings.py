"""The rule engine by a table: what rules make of what a provider says."""

from typing import Any

import pytest

from pileus.core.errors import BadRequest, Fault, Forbidden, Unauthorized
from pileus.core.http import schema
from pileus.identity.operations.federation import mappings
from pileus.identity.operations.federation.assertions import Attributes, Headers, of_claims, of_headers
from pileus.identity.operations.federation.rules import MAX_MATCHED, Mapped, MappedProject, evaluate
from pileus.identity.operations.outside import Outside
from pileus.identity.schemas.federation import PUT_MAPPING

ANN = {
    "name": ["ann"],
    "first": ["Ann"],
    "last": ["Smith"],
    "mail": ["ann@example.org"],
    "groups": ["dev", "ops", "staff"],
    "one": ["dev"],
    "kind": ["employee"],
}
WHO = {"user": {"name": "{0}"}}
NAME = {"type": "name"}
HOME = {"id": "default"}


def rule(local: list[dict[str, Any]], *remote: dict[str, Any]) -> dict[str, Any]:
    return {"local": local, "remote": list(remote)}


TABLE: list[tuple[str, list[dict[str, Any]], Mapped]] = [
    ("a name", [rule([WHO], NAME)], Mapped(name="ann")),
    (
        "several attributes in one text",
        [
            rule(
                [{"user": {"name": "{0} {1}", "email": "{2}", "id": "x-{2}"}}],
                {"type": "first"},
                {"type": "last"},
                {"type": "mail"},
            )
        ],
        Mapped(name="Ann Smith", email="ann@example.org", id="x-ann@example.org"),
    ),
    (
        "a local user",
        [rule([{"user": {"name": "{0}", "type": "local", "domain": HOME}}], NAME)],
        Mapped(name="ann", local=True, domain=HOME),
    ),
    (
        "the domain of the rule for a local user",
        [rule([{"user": {"name": "{0}", "type": "local"}, "domain": HOME}], NAME)],
        Mapped(name="ann", local=True, domain=HOME),
    ),
    (
        "the domain of a user that is not local does not count",
        [rule([{"user": {"name": "{0}", "type": "ephemeral", "domain": HOME}}], NAME)],
        Mapped(name="ann"),
    ),
    ("a group by id", [rule([WHO, {"group": {"id": "g1"}}], NAME)], Mapped(name="ann", group_ids=["g1"])),
    (
        "a group by name",
        [rule([WHO, {"group": {"name": "crew", "domain": {"name": "acme"}}}], NAME)],
        Mapped(name="ann", group_names=[("crew", {"name": "acme"})]),
    ),
    (
        "a group for each value",
        [rule([WHO, {"group": {"name": "os-{1}", "domain": HOME}}], NAME, {"type": "groups"})],
        Mapped(name="ann", group_names=[("os-dev", HOME), ("os-ops", HOME), ("os-staff", HOME)]),
    ),
    (
        "all groups",
        [rule([WHO, {"groups": "{1}", "domain": HOME}], NAME, {"type": "groups"})],
        Mapped(name="ann", group_names=[("dev", HOME), ("ops", HOME), ("staff", HOME)]),
    ),
    (
        "one group of what could be many",
        [rule([WHO, {"groups": "{1}", "domain": HOME}], NAME, {"type": "one"})],
        Mapped(name="ann", group_names=[("dev", HOME)]),
    ),
    (
        "groups written out",
        [rule([WHO, {"groups": "['a', 'b']", "domain": HOME}], NAME)],
        Mapped(name="ann", group_names=[("a", HOME), ("b", HOME)]),
    ),
    (
        "ids of groups",
        [rule([WHO, {"group_ids": "{1}"}], NAME, {"type": "groups"})],
        Mapped(name="ann", group_ids=["dev", "ops", "staff"]),
    ),
    (
        "only groups of a list",
        [
            rule(
                [WHO, {"groups": "{1}", "domain": HOME}], NAME, {"type": "groups", "whitelist": ["ops", "dev", "other"]}
            )
        ],
        Mapped(name="ann", group_names=[("dev", HOME), ("ops", HOME)]),
    ),
    (
        "all groups but those of a list",
        [rule([WHO, {"groups": "{1}", "domain": HOME}], NAME, {"type": "groups", "blacklist": ["ops"]})],
        Mapped(name="ann", group_names=[("dev", HOME), ("staff", HOME)]),
    ),
    (
        "no group of a list",
        [rule([WHO, {"groups": "{1}", "domain": HOME}], NAME, {"type": "groups", "whitelist": ["other"]})],
        Mapped(name="ann"),
    ),
    (
        "groups of a pattern",
        [
            rule(
                [WHO, {"groups": "{1}", "domain": HOME}],
                NAME,
                {"type": "groups", "whitelist": ["^st", "^d"], "regex": True},
            )
        ],
        Mapped(name="ann", group_names=[("dev", HOME), ("staff", HOME)]),
    ),
    (
        "conditions are no references",
        [
            rule(
                [{"user": {"name": "{0}", "email": "{1}"}}],
                {"type": "kind", "any_one_of": ["employee"]},
                NAME,
                {"type": "kind", "not_any_of": ["guest"]},
                {"type": "mail"},
            )
        ],
        Mapped(name="ann", email="ann@example.org"),
    ),
    (
        "a pattern may match anywhere",
        [rule([WHO], NAME, {"type": "mail", "any_one_of": ["@example\\."], "regex": True})],
        Mapped(name="ann"),
    ),
    (
        "rules that do not fit say nothing",
        [
            rule([{"user": {"name": "guest"}}], {"type": "kind", "any_one_of": ["guest"]}),
            rule([{"user": {"name": "guest"}}], {"type": "missing"}),
            rule([{"user": {"name": "guest"}}], {"type": "missing", "not_any_of": ["x"]}),
            rule([{"user": {"name": "guest"}}], {"type": "mail", "not_any_of": ["@"], "regex": True}),
            rule([WHO], NAME),
        ],
        Mapped(name="ann"),
    ),
    (
        "what fits adds up, and the first user counts",
        [
            rule([WHO, {"group": {"id": "g1"}}], NAME),
            rule([{"user": {"name": "other"}}, {"group": {"id": "g2"}}], {"type": "kind"}),
        ],
        Mapped(name="ann", group_ids=["g1", "g2"]),
    ),
    (
        "projects with roles",
        [
            rule(
                [
                    WHO,
                    {
                        "projects": [
                            {"name": "of {0}", "roles": [{"name": "member"}, {"name": "reader"}]},
                            {"name": "team {1}", "roles": [{"name": "reader"}]},
                        ]
                    },
                ],
                NAME,
                {"type": "groups", "whitelist": ["dev", "ops"]},
            )
        ],
        Mapped(
            name="ann",
            projects=[
                MappedProject("of ann", {}, ("member", "reader")),
                MappedProject("team dev", {}, ("reader",)),
                MappedProject("team ops", {}, ("reader",)),
            ],
        ),
    ),
    ("nothing but groups", [rule([{"group": {"id": "g1"}}], NAME)], Mapped(group_ids=["g1"])),
    (
        "braces that refer to nothing stay",
        [rule([{"user": {"name": "{}{a}{0.x}{0}"}}], NAME)],
        Mapped(name="{}{a}{0.x}ann"),
    ),
]


@pytest.mark.parametrize(("rules", "made"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_rules_make_of_an_assertion(rules: list[dict[str, Any]], made: Mapped) -> None:
    schema.check({"mapping": {"rules": rules}}, PUT_MAPPING)
    assert evaluate(rules, ANN) == made


NEWER: list[tuple[str, list[dict[str, Any]], Mapped]] = [
    ("a domain", [rule([{"user": {"name": "{0}", "domain": HOME}}], NAME)], Mapped(name="ann", domain=HOME)),
    (
        "the rule's domain",
        [rule([{**WHO, "domain": {"name": "{1}"}}], NAME, {"type": "one"})],
        Mapped(name="ann", domain={"name": "dev"}),
    ),
    ("none", [rule([WHO, {"groups": "a"}], NAME)], Mapped(name="ann", group_names=[("a", {})])),
    (
        "projects",
        [
            rule(
                [
                    WHO,
                    {
                        "projects": [{"name": "a", "domain": HOME, "roles": []}, {"name": "b", "roles": []}],
                        "domain": {"id": "x"},
                    },
                ],
                NAME,
            )
        ],
        Mapped(name="ann", projects=[MappedProject("a", HOME, ()), MappedProject("b", {"id": "x"}, ())]),
    ),
]


@pytest.mark.parametrize(("rules", "made"), [row[1:] for row in NEWER], ids=[row[0] for row in NEWER])
def test_rules_of_version_2_honour_domains(rules: list[dict[str, Any]], made: Mapped) -> None:
    schema.check({"mapping": {"rules": rules, "schema_version": "2.0"}}, PUT_MAPPING)
    assert evaluate(rules, ANN, "2.0") == made


@pytest.mark.parametrize(
    ("rules", "fault"),
    [
        ([rule([WHO], {"type": "missing"})], Unauthorized),
        ([rule([], NAME)], Unauthorized),
        ([rule([{"user": {"name": "{1}"}}], NAME)], Forbidden),
        ([rule([WHO], {"type": "groups"})], Unauthorized),
        ([rule([WHO, {"groups": "{0}"}], NAME)], Unauthorized),
    ],
    ids=[
        "nothing fits",
        "nothing local",
        "no such reference",
        "several values for one name",
        "groups without a domain",
    ],
)
def test_rules_that_make_no_sense_of_it_let_nobody_in(rules: list[dict[str, Any]], fault: type[Fault]) -> None:
    with pytest.raises(fault):
        evaluate(rules, ANN)


def test_a_value_too_long_for_patterns_lets_nobody_in() -> None:
    rules = [rule([WHO], NAME, {"type": "mail", "not_any_of": ["^x$"], "regex": True})]
    with pytest.raises(Unauthorized):
        evaluate(rules, {**ANN, "mail": ["a" * (MAX_MATCHED + 1)]})


def test_a_value_with_a_nul_which_no_database_stores_lets_nobody_in() -> None:
    for condition in (NAME, {**NAME, "whitelist": [".*"], "regex": True}, {**NAME, "blacklist": ["ann"]}):
        with pytest.raises(Unauthorized):
            evaluate([rule([WHO], condition)], {"name": ["bob", "a\0b"]})


def test_what_a_provider_says_never_becomes_a_rule() -> None:
    said = {"name": ["{1}"], "groups": ["['admin']", "{0}"]}
    rules = [rule([WHO, {"groups": "{1}", "domain": HOME}], NAME, {"type": "groups"})]
    assert evaluate(rules, said) == Mapped(name="{1}", group_names=[("['admin']", HOME), ("{0}", HOME)])


BAD: list[tuple[str, Any]] = [
    ("no rules", {}),
    ("an empty list", {"rules": []}),
    ("no remote", {"rules": [{"local": []}]}),
    ("an empty remote", {"rules": [rule([])]}),
    ("no local", {"rules": [{"remote": [NAME]}]}),
    ("a remote without a type", {"rules": [rule([], {"any_one_of": ["x"]})]}),
    ("two conditions at once", {"rules": [rule([], {"type": "x", "any_one_of": ["x"], "not_any_of": ["x"]})]}),
    ("a condition that is no list", {"rules": [rule([], {"type": "x", "whitelist": "x"})]}),
    ("an unknown local part", {"rules": [rule([{"person": {}}], NAME)]}),
    ("an unknown part of a user", {"rules": [rule([{"user": {"password": "x"}}], NAME)]}),
    ("an unknown type of user", {"rules": [rule([{"user": {"type": "root"}}], NAME)]}),
    ("a group without a domain", {"rules": [rule([{"group": {"name": "x"}}], NAME)]}),
    ("a group by id with a domain", {"rules": [rule([{"group": {"id": "x", "domain": HOME}}], NAME)]}),
    ("a project without roles", {"rules": [rule([{"projects": [{"name": "x"}]}], NAME)]}),
    (
        "a domain of a project in 1.0",
        {"rules": [rule([{"projects": [{"name": "x", "roles": [], "domain": HOME}]}], NAME)]},
    ),
    ("an unknown version", {"rules": [rule([WHO], NAME)], "schema_version": "3.0"}),
    ("something else", {"rules": [rule([WHO], NAME)], "name": "x"}),
]


@pytest.mark.parametrize("mapping", [row[1] for row in BAD], ids=[row[0] for row in BAD])
def test_the_schema_refuses(mapping: Any) -> None:
    with pytest.raises(BadRequest):
        schema.check({"mapping": mapping}, PUT_MAPPING)


@pytest.mark.parametrize("pattern", ["(", "(a+)+$", "(.*)*x", "([a-z]+\\.?){3,}", "(?:x{2,})*"])
def test_patterns_that_are_none_or_never_end_are_refused(pattern: str) -> None:
    with pytest.raises(BadRequest):
        mappings._check_patterns([pattern], "rules/0")


def test_usual_patterns_are_taken() -> None:
    mappings._check_patterns([".*@example\\.org$", "^(dev|ops)-\\w+$", "(ab)+", "\\(x\\+\\)+"], "rules/0")


def test_claims_have_the_names_that_mod_auth_openidc_gives_them() -> None:
    said = of_claims(
        {
            "sub": "u1",
            "email_verified": True,
            "groups": ["a;b", "c"],
            "realm_access": {"roles": ["x"]},
            "none": None,
            "n": 5,
        }
    )
    assert said["OIDC-groups"] == said["HTTP_OIDC_GROUPS"] == ["a;b", "c"]
    assert said["OIDC-realm_access.roles"] == said["HTTP_OIDC_REALM_ACCESS_ROLES"] == ["x"]
    assert said["OIDC-email_verified"] == ["1"] and said["OIDC-n"] == ["5"] and said["REMOTE_USER"] == ["u1"]
    assert said.get("OIDC-none") is None


def test_only_a_trusted_proxy_s_headers_are_believed_and_only_those_with_the_prefix() -> None:
    sent = {"X-Saml-Mail": "a@b;c@d", "x-saml-remote-user": "ann", "Mail": "evil"}
    said = of_headers(Headers("X-Saml-"), Outside(sent, proxied=True))
    assert said["MAIL"] == said["mail"] == said["HTTP_X_SAML_MAIL"] == ["a@b", "c@d"]
    assert said["REMOTE_USER"] == ["ann"]
    for outside in (Outside(sent), Outside({"Mail": "evil"}, proxied=True)):
        with pytest.raises(Unauthorized):
            of_headers(Headers("X-Saml-"), outside)
    assert isinstance(said, Attributes)
