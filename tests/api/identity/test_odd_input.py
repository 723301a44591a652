"""Odd ids, odd filters and malformed logins are answered without a crash."""

import pytest

from identity_stories import PASSWORD, Identity, by_password

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
