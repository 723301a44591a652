"""Every route of the identity API has a rule, and each persona gets what the rules say."""

import pytest

from identity_stories import PASSWORD, Identity, by_password
from pileus import identity as service
from pileus.identity.policy import RULES

OPEN = {
    ("GET", "/"),
    ("GET", "/v3"),
    ("POST", "/v3/auth/tokens"),
    ("POST", "/v3/OS-OAUTH1/request_token"),
    ("POST", "/v3/OS-OAUTH1/access_token"),
    ("POST", "/v3/users/<user_id>/password"),
    *(
        (method, path)
        for method in ("GET", "POST")
        for path in (
            "/v3/OS-FEDERATION/identity_providers/<idp_id>/protocols/<protocol_id>/auth",
            "/v3/auth/OS-FEDERATION/identity_providers/<idp_id>/protocols/<protocol_id>/websso",
            "/v3/auth/OS-FEDERATION/websso/<protocol_id>",
        )
    ),
    ("GET", "/v3/auth/OS-FEDERATION/callback"),
}


def test_every_route_has_a_declared_rule() -> None:
    declared = {rule.name for rule in RULES}
    assert len(declared) == len(RULES)
    for route in service.SERVICE.routes:
        if (route.method, route.path) in OPEN:
            assert route.rule is None
        else:
            assert route.rule in declared, f"{route.method} {route.path}"


def test_every_rule_is_used() -> None:
    used = {route.rule for route in service.SERVICE.routes}
    late = {
        "identity:list_role_assignments_for_tree",
        "identity:list_trusts_for_trustor",
        "identity:list_trusts_for_trustee",
    }
    unused = {rule.name for rule in RULES if rule.name.startswith("identity:")} - used - late
    assert all("_domain_role" in name for name in unused), unused


def test_without_a_token_nothing_but_the_way_in_is_open(identity: Identity) -> None:
    for route in service.SERVICE.routes:
        if (route.method, route.path) in OPEN:
            continue
        path = route.path.replace("<", "").replace(">", "")
        reply = identity.client.open(f"/identity{path}", method=route.method, json={})
        assert reply.status_code == 401, f"{route.method} {path}"


@pytest.fixture
def tokens(identity: Identity) -> dict[str, str]:
    """A token for each persona of the system, the domain default and a project."""
    roles = {role["name"]: role["id"] for role in identity.get("/roles").json["roles"]}
    project = identity.make("project", name="web")["id"]
    made = {"admin": identity.admin}
    scopes = {
        "system": ("/system", {"system": {"all": True}}),
        "domain": ("/domains/default", {"domain": {"id": "default"}}),
        "project": (f"/projects/{project}", {"project": {"id": project}}),
    }
    for role in ("manager", "member", "reader"):
        for kind, (where, scope) in scopes.items():
            name = f"{kind}-{role}"
            user = identity.make("user", name=name, password="secret")["id"]
            assert identity.put(f"{where}/users/{user}/roles/{roles[role]}").status_code == 204
            made[name] = identity.token(name, "secret", scope)
    return made


READERS = {"admin", "system-reader", "system-member", "system-manager"}
IN_DOMAIN = {"domain-reader", "domain-member", "domain-manager"}
MANAGERS = {"admin", "domain-manager"}
EVERYBODY = READERS | IN_DOMAIN | {"project-reader", "project-member", "project-manager"}
ALL_MANAGERS = {"system-manager", "domain-manager", "project-manager"}

TABLE: list[tuple[str, str, object, set[str]]] = [
    ("GET", "/users", None, READERS | IN_DOMAIN),
    ("GET", "/groups", None, READERS | IN_DOMAIN),
    ("GET", "/projects", None, READERS | IN_DOMAIN),
    ("GET", "/domains", None, READERS | IN_DOMAIN),
    ("GET", "/domains/default", None, EVERYBODY - set()),
    ("GET", "/roles", None, READERS | ALL_MANAGERS),
    ("GET", "/role_assignments", None, READERS | IN_DOMAIN),
    ("GET", "/role_inferences", None, READERS),
    ("GET", "/services", None, READERS),
    ("GET", "/endpoints", None, READERS),
    ("GET", "/regions", None, EVERYBODY),
    ("GET", "/policies", None, READERS),
    ("GET", "/OS-TRUST/trusts", None, READERS),
    ("GET", "/OS-OAUTH1/consumers", None, READERS),
    ("GET", "/OS-EP-FILTER/endpoint_groups", None, READERS),
    ("GET", "/OS-FEDERATION/identity_providers", None, READERS),
    ("GET", "/OS-FEDERATION/mappings", None, READERS),
    ("GET", "/OS-FEDERATION/service_providers", None, READERS),
    ("GET", "/OS-FEDERATION/projects", None, EVERYBODY),
    ("GET", "/OS-FEDERATION/domains", None, EVERYBODY),
    ("GET", "/credentials", None, EVERYBODY),
    ("GET", "/limits", None, EVERYBODY),
    ("GET", "/auth/projects", None, EVERYBODY),
    ("POST", "/users", {"user": {"name": "n", "domain_id": "default"}}, MANAGERS),
    ("POST", "/groups", {"group": {"name": "n", "domain_id": "default"}}, MANAGERS),
    ("POST", "/projects", {"project": {"name": "n", "domain_id": "default"}}, MANAGERS),
    ("POST", "/domains", {"domain": {"name": "n"}}, {"admin"}),
    ("POST", "/roles", {"role": {"name": "n"}}, {"admin"}),
    ("POST", "/services", {"service": {"type": "n"}}, {"admin"}),
    ("POST", "/regions", {"region": {}}, {"admin"}),
    ("POST", "/policies", {"policy": {"type": "n", "blob": "n"}}, {"admin"}),
]


def test_each_persona_gets_what_the_table_says(identity: Identity, tokens: dict[str, str]) -> None:
    wrong = []
    for method, path, body, allowed in TABLE:
        for persona, token in tokens.items():
            sent = {k: {**v, "name": f"of {persona}"} if "name" in v else v for k, v in body.items()} if body else None  # type: ignore[attr-defined]
            status = identity.call(method, path, sent, token=token).status_code
            expected = (200, 201) if persona in allowed else (403,)
            if status not in expected:
                wrong.append(f"{persona}: {method} {path}: {status}")
    assert not wrong, "\n".join(wrong)


ODD = ["%00", "x" * 300, "..%2F..", "%F0%9F%98%80", "{{7*7}}", "%27%20OR%201=1", "-1", "null"]


@pytest.mark.parametrize("odd", ODD)
def test_odd_ids_and_filters_are_answered_without_a_crash(identity: Identity, odd: str) -> None:
    for path in (
        "users",
        "projects",
        "domains",
        "groups",
        "roles",
        "services",
        "regions",
        "credentials",
        "OS-TRUST/trusts",
    ):
        assert identity.get(f"/{path}/{odd}").status_code in (400, 404), path
    for query in (
        "name",
        "name__contains",
        "domain_id",
        "enabled",
        "limit",
        "marker",
        "sort_key",
        "password_expires_at",
    ):
        assert identity.get(f"/users?{query}={odd}").status_code in (200, 400), query
    assert identity.put(f"/regions/{odd}", {"region": {}}).status_code in (201, 400, 404)
    reply = identity.log_in(by_password("admin", PASSWORD), {"project": {"id": odd}})
    assert reply.status_code in (400, 401)


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        {},
        {"auth": {}},
        {"auth": {"identity": {}}},
        {"auth": {"identity": {"methods": []}}},
        {"auth": {"identity": {"methods": ["password"]}}},
        {"auth": {"identity": {"methods": ["password"], "password": {}}}},
        {"auth": {"identity": {"methods": ["password"], "password": {"user": {"password": "x"}}}}},
        {"auth": {"identity": {"methods": ["password"], "password": {"user": {"name": "x", "password": "x"}}}}},
        {"auth": {"identity": {"methods": ["token"], "token": {"id": 1}}}},
        {"auth": {"identity": {"methods": ["token"], "token": {"id": ""}}}},
        {"auth": {"identity": by_password("admin", PASSWORD), "scope": {}}},
        {"auth": {"identity": by_password("admin", PASSWORD), "scope": {"project": {}}}},
        {"auth": {"identity": by_password("admin", PASSWORD), "scope": {"domain": {}}}},
        {
            "auth": {
                "identity": by_password("admin", PASSWORD),
                "scope": {"project": {"id": "x"}, "domain": {"id": "x"}},
            }
        },
    ],
)
def test_a_malformed_login_is_a_bad_request(identity: Identity, body: object) -> None:
    assert identity.post("/auth/tokens", body, token=None).status_code == 400


def test_an_unknown_method_is_unauthorized(identity: Identity) -> None:
    assert identity.log_in({"methods": ["magic"], "magic": {}}).status_code == 401
