"""Stories about tokens: getting, showing, exchanging and losing them."""

import pytest

from identity_stories import PASSWORD, Identity, by_password, in_project
from pileus import catalogue
from pileus.core.db import Database
from pileus.identity.operations import bootstrap


@pytest.mark.parametrize(
    ("scope", "key"),
    [
        (in_project("admin"), "project"),
        ({"domain": {"id": "default"}}, "domain"),
        ({"domain": {"name": "Default"}}, "domain"),
        ({"system": {"all": True}}, "system"),
        ("unscoped", None),
        (None, None),
    ],
)
def test_a_token_is_for_the_scope_asked_for(identity: Identity, scope, key) -> None:
    reply = identity.log_in(by_password("admin", PASSWORD), scope)
    assert reply.status_code == 201, reply.text
    token = reply.json["token"]
    assert {"project", "domain", "system"} & set(token) == ({key} if key else set())
    assert token["user"]["name"] == "admin" and token["methods"] == ["password"]
    assert ("roles" in token) == (key is not None)
    if key:
        assert {role["name"] for role in token["roles"]} == {"admin", "manager", "member", "reader"}
        assert any(entry["type"] == "identity" for entry in token["catalog"])


def test_a_wrong_password_and_an_unknown_user_get_the_same_answer(identity: Identity) -> None:
    wrong = identity.log_in(by_password("admin", "no"))
    unknown = identity.log_in(by_password("nobody", "no"))
    assert wrong.status_code == unknown.status_code == 401
    assert wrong.json == unknown.json
    assert wrong.headers["WWW-Authenticate"].startswith("Keystone uri=")


def test_a_token_that_was_given_back_is_not_found(identity: Identity) -> None:
    token = identity.token("admin", PASSWORD)
    assert identity.get("/auth/tokens", X_Subject_Token=token).status_code == 200
    assert identity.call("HEAD", "/auth/tokens", X_Subject_Token=token).status_code == 200
    assert identity.delete("/auth/tokens", X_Subject_Token=token).status_code == 204
    assert identity.get("/auth/tokens", X_Subject_Token=token).status_code == 404
    assert identity.get("/auth/catalog", token=token).status_code == 401


def test_an_exchanged_token_keeps_end_and_chain(identity: Identity) -> None:
    first = identity.log_in(by_password("admin", PASSWORD), "unscoped")
    second = identity.log_in(
        {"methods": ["token"], "token": {"id": first.headers["X-Subject-Token"]}}, in_project("admin")
    )
    assert second.status_code == 201, second.text
    one, two = first.json["token"], second.json["token"]
    assert two["expires_at"] == one["expires_at"]
    assert two["methods"] == ["password", "token"]
    assert two["audit_ids"][1] == one["audit_ids"][0]


@pytest.mark.parametrize(
    "scope",
    [
        {"project": {"id": "nowhere"}},
        {"project": {"name": "nowhere", "domain": {"id": "default"}}},
        {"domain": {"id": "nowhere"}},
        {"domain": {"name": "nowhere"}},
    ],
)
def test_a_scope_that_is_not_there_is_unauthorized(identity: Identity, scope) -> None:
    assert identity.log_in(by_password("admin", PASSWORD), scope).status_code == 401


@pytest.mark.parametrize("token", ["", "x", "gAAAAAB" + "a" * 120, "é", "a" * 9000])
def test_nonsense_is_no_token(identity: Identity, token: str) -> None:
    assert identity.client.get("/identity/v3/auth/catalog", headers={"X-Auth-Token": token}).status_code == 401


def test_a_second_bootstrap_changes_nothing(identity: Identity, database: Database) -> None:
    before = identity.get("/auth/catalog").json
    with database.write() as session:
        bootstrap(session, identity.settings, catalogue.SERVICES, PASSWORD)
    assert identity.get("/auth/catalog").json == before


def test_versions_are_told_without_a_token(identity: Identity) -> None:
    for path in ("/identity", "/identity/"):
        reply = identity.client.get(path)
        assert reply.status_code == 300
        assert reply.json["versions"]["values"][0]["id"].startswith("v3")
    assert identity.client.get("/identity/v3").json["version"]["status"] == "stable"
    assert identity.client.get("/identity/v3/").status_code == 200


@pytest.mark.parametrize(
    ("scope", "status"),
    [(in_project("admin"), 200), ({"domain": {"id": "default"}}, 403), ({"system": {"all": True}}, 403), (None, 403)],
)
def test_only_a_token_for_a_project_shows_its_catalog(identity: Identity, scope: object, status: int) -> None:
    token = identity.token("admin", PASSWORD, scope or "unscoped")
    assert identity.get("/auth/catalog", token=token).status_code == status
