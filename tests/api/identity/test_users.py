"""Stories about users, groups and passwords."""

from typing import Any

import pytest

from identity_stories import PASSWORD, Identity, by_password, in_project


@pytest.fixture
def ann(identity: Identity) -> dict[str, Any]:
    return identity.make("user", name="ann", password="secret", email="ann@example.org")


def test_a_user_is_shown_as_made_without_secrets(identity: Identity, ann: dict[str, Any]) -> None:
    shown = identity.get(f"/users/{ann['id']}").json["user"]
    assert shown == ann
    assert shown["email"] == "ann@example.org" and shown["options"] == {} and shown["password_expires_at"] is None
    assert "password" not in shown


def test_names_are_unique_in_a_domain(identity: Identity, ann: dict[str, Any]) -> None:
    assert identity.post("/users", {"user": {"name": "ann"}}).status_code == 409
    other = identity.make("domain", name="other")["id"]
    assert identity.make("user", name="ann", domain_id=other)["id"] != ann["id"]


@pytest.mark.parametrize(
    "query",
    ["?name=ann", "?name__icontains=AN", "?name__startswith=an", "?name__endswith=nn", "?enabled=true&name=ann"],
)
def test_users_are_found_by_name(identity: Identity, ann: dict[str, Any], query: str) -> None:
    assert ann["id"] in {user["id"] for user in identity.get(f"/users{query}").json["users"]}
    assert identity.get("/users?name=nobody").json["users"] == []


def test_users_come_in_pages(identity: Identity) -> None:
    for number in range(5):
        identity.make("user", name=f"u{number}")
    seen: list[str] = []
    path: str | None = "/users?limit=2&sort_key=name"
    while path:
        page = identity.get(path).json
        seen += [user["name"] for user in page["users"]]
        following = page["links"]["next"]
        path = following.partition("/identity/v3")[2] if following else None
    assert seen == ["admin", "u0", "u1", "u2", "u3", "u4"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 400),
        ({"user": {}}, 400),
        ({"user": {"name": ""}}, 400),
        ({"user": {"name": "x" * 256}}, 400),
        ({"user": {"name": "x", "enabled": "yes"}}, 400),
        ({"user": {"name": "x", "domain_id": "nowhere"}}, 404),
        ({"user": {"name": "x", "options": {"unknown": True}}}, 400),
        ({"user": {"name": "x", "password": "y" * 5000}}, 400),
        ({"user": {"name": "x", "default_project_id": "default"}}, 400),
        ([], 400),
    ],
)
def test_a_bad_user_is_refused(identity: Identity, body: Any, status: int) -> None:
    assert identity.post("/users", body).status_code == status


def test_a_password_is_changed_by_who_knows_it(identity: Identity, ann: dict[str, Any]) -> None:
    path = f"/users/{ann['id']}/password"
    wrong = identity.post(path, {"user": {"original_password": "no", "password": "new"}}, token=None)
    assert wrong.status_code == 401
    right = identity.post(path, {"user": {"original_password": "secret", "password": "new"}}, token=None)
    assert right.status_code == 204
    assert identity.log_in(by_password("ann", "secret")).status_code == 401
    assert identity.log_in(by_password("ann", "new")).status_code == 201


def test_a_user_sees_itself_and_nobody_else(identity: Identity, ann: dict[str, Any]) -> None:
    bob = identity.make("user", name="bob", password="secret")
    token = identity.token("bob", "secret")
    assert identity.get(f"/users/{bob['id']}", token=token).status_code == 200
    assert identity.get(f"/users/{ann['id']}", token=token).status_code == 403
    assert identity.get("/users/nobody", token=token).status_code == 403
    assert identity.get("/users", token=token).status_code == 403
    assert identity.patch(f"/users/{bob['id']}", {"user": {"name": "x"}}, token=token).status_code == 403


def test_a_domain_manager_rules_its_domain_only(identity: Identity, ann: dict[str, Any]) -> None:
    domain = identity.make("domain", name="acme")["id"]
    boss = identity.make("user", name="boss", password="secret")["id"]
    roles = {role["name"]: role["id"] for role in identity.get("/roles").json["roles"]}
    identity.put(f"/domains/{domain}/users/{boss}/roles/{roles['manager']}")
    token = identity.token("boss", "secret", {"domain": {"id": domain}})
    made = identity.post("/users", {"user": {"name": "carl", "domain_id": domain}}, token=token)
    assert made.status_code == 201, made.text
    carl = made.json["user"]["id"]
    project = identity.post("/projects", {"project": {"name": "web", "domain_id": domain}}, token=token).json[
        "project"
    ]["id"]
    listed = identity.get("/users", token=token).json["users"]
    assert [user["name"] for user in listed] == ["carl"]
    assert identity.post("/users", {"user": {"name": "x", "domain_id": "default"}}, token=token).status_code == 403
    assert identity.get(f"/users/{ann['id']}", token=token).status_code == 403
    grant = f"/projects/{project}/users/{carl}/roles"
    assert identity.put(f"{grant}/{roles['member']}", token=token).status_code == 204
    assert identity.put(f"{grant}/{roles['admin']}", token=token).status_code == 403
    assert (
        identity.put(f"/projects/{project}/users/{ann['id']}/roles/{roles['member']}", token=token).status_code == 403
    )


def test_groups_have_members(identity: Identity, ann: dict[str, Any]) -> None:
    group = identity.make("group", name="crew")
    member = f"/groups/{group['id']}/users/{ann['id']}"
    assert identity.call("HEAD", member).status_code == 404
    assert identity.put(member).status_code == identity.put(member).status_code == 204
    assert identity.call("HEAD", member).status_code == 204
    assert [user["id"] for user in identity.get(f"/groups/{group['id']}/users").json["users"]] == [ann["id"]]
    (shown,) = identity.get(f"/users/{ann['id']}/groups").json["groups"]
    assert shown == {**group, "membership_expires_at": None}
    assert "membership_expires_at" not in identity.get(f"/groups/{group['id']}").json["group"]
    assert identity.delete(member).status_code == 204
    assert identity.delete(member).status_code == 404


def test_too_many_failed_logins_lock_a_user_out(strict: Identity) -> None:
    strict.make("user", name="ann", password="long enough")
    for _ in range(2):
        assert strict.log_in(by_password("ann", "wrong")).status_code == 401
    assert strict.log_in(by_password("ann", "long enough")).status_code == 401
    assert strict.log_in(by_password("admin", PASSWORD), in_project("admin")).status_code == 201
    ann = strict.get("/users?name=ann").json["users"][0]["id"]
    assert strict.patch(f"/users/{ann}", {"user": {"password": "another one"}}).status_code == 200
    assert strict.log_in(by_password("ann", "another one")).status_code == 201


def test_passwords_follow_the_rules_of_the_cloud(strict: Identity) -> None:
    assert strict.post("/users", {"user": {"name": "x", "password": "short"}}).status_code == 400
    ann = strict.make("user", name="ann", password="long enough")
    assert ann["password_expires_at"] is not None
    path = f"/users/{ann['id']}/password"

    def change(old: str, new: str) -> int:
        reply = strict.post(path, {"user": {"original_password": old, "password": new}}, token=None)
        return int(reply.status_code)

    assert change("long enough", "long enough") == 400
    assert change("long enough", "second password") == 204
    assert change("second password", "long enough") == 400
    assert change("second password", "third password") == 204
    assert change("third password", "long enough") == 204


SWITCHES = [
    "ignore_change_password_upon_first_use",
    "ignore_password_expiry",
    "ignore_lockout_failure_attempts",
    "ignore_user_inactivity",
    "lock_password",
    "multi_factor_auth_enabled",
]


def test_options_of_a_user_come_and_go(identity: Identity, ann: dict[str, Any]) -> None:
    path = f"/users/{ann['id']}"
    assert ann["options"] == {}
    wanted: dict[str, Any] = {
        **dict.fromkeys(SWITCHES, True),
        "multi_factor_auth_rules": [["password", "totp"], ["token"]],
    }
    assert identity.patch(path, {"user": {"options": wanted}}).json["user"]["options"] == wanted
    fewer = {"lock_password": False, "multi_factor_auth_rules": None, "ignore_password_expiry": None}
    left = {name: value for name, value in {**wanted, **fewer}.items() if value is not None}
    assert identity.patch(path, {"user": {"options": fewer}}).json["user"]["options"] == left
    assert identity.patch(path, {"user": {"description": "x"}}).json["user"]["options"] == left
    assert identity.make("user", name="bob", options=wanted)["options"] == wanted


@pytest.mark.parametrize(
    "options",
    [
        *({name: "yes"} for name in SWITCHES),
        {"colour": "red"},
        {"multi_factor_auth_rules": [[]]},
        {"multi_factor_auth_rules": ["password"]},
        {"multi_factor_auth_rules": [["password", "password"]]},
        {"multi_factor_auth_rules": [[7]]},
        "none",
    ],
)
def test_bad_options_of_a_user_are_refused(identity: Identity, ann: dict[str, Any], options: Any) -> None:
    assert identity.patch(f"/users/{ann['id']}", {"user": {"options": options}}).status_code == 400
    assert identity.post("/users", {"user": {"name": "bob", "options": options}}).status_code == 400


def test_a_locked_password_is_changed_by_admins_only(identity: Identity, ann: dict[str, Any]) -> None:
    path = f"/users/{ann['id']}"
    identity.patch(path, {"user": {"options": {"lock_password": True}}})
    body = {"user": {"original_password": "secret", "password": "other"}}
    assert identity.post(f"{path}/password", body, token=None).status_code == 400
    assert identity.patch(path, {"user": {"password": "other"}}).status_code == 200
    assert identity.token("ann", "other")


def test_a_domain_is_nobodys_default_project(identity: Identity, ann: dict[str, Any]) -> None:
    for body in ({"default_project_id": "default"}, {"domain_id": "default", "default_project_id": "default"}):
        assert identity.patch(f"/users/{ann['id']}", {"user": body}).status_code == 400
        assert identity.post("/users", {"user": {"name": "bob", **body}}).status_code == 400
