"""Stories about application credentials: what a program may do in a user's name, and when it ends."""

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest

from delegation_stories import Team, by_credential, team
from identity_stories import Identity
from pileus.core.config import Settings
from pileus.core.db import Database, now

from .conftest import build

__all__ = ["team"]


def refused(team: Team, token: str = "", **values: Any) -> int:
    """The status of the answer to a request for an application credential."""
    body = {"application_credential": {"name": "x", **values}}
    path = f"/users/{team.ids['ann']}/application_credentials"
    return int(team.cloud.post(path, body, token=token or team.token).status_code)


def path(team: Team, made: dict[str, Any]) -> str:
    return f"/users/{team.ids['ann']}/application_credentials/{made['id']}"


def test_an_application_credential_works_in_its_project_with_its_roles(team: Team) -> None:
    made = team.robot(roles=[{"name": "reader"}])
    reply = team.cloud.log_in(by_credential(made))
    robot, token = team.held(reply), reply.json["token"]
    assert token["project"]["id"] == team.project and [r["name"] for r in token["roles"]] == ["reader"]
    assert token["application_credential"] == {"id": made["id"], "name": "robot", "restricted": True}
    by_name = {"name": "robot", "user": {"id": team.ids["ann"]}, "secret": made["secret"]}
    named = {"methods": ["application_credential"], "application_credential": by_name}
    assert team.cloud.log_in(named).status_code == 201
    assert team.cloud.log_in(by_credential(made, secret="wrong")).status_code == 401
    assert team.cloud.log_in(by_credential(made), "unscoped").status_code == 401
    exchange = {"methods": ["token"], "token": {"id": robot}}
    assert team.cloud.log_in(exchange, {"project": {"id": team.project}}).status_code == 403
    assert team.cloud.delete(path(team, made), token=team.token).status_code == 204
    assert not team.alive(robot)


def test_the_secret_is_shown_once(team: Team) -> None:
    made = team.robot(description="{{ 7 * 7 }}")
    assert len(made["secret"]) > 60
    shown = team.cloud.get(path(team, made), token=team.token).json["application_credential"]
    assert "secret" not in shown and shown["description"] == "{{ 7 * 7 }}"
    (listed,) = team.cloud.get(path(team, {"id": ""})[:-1], token=team.token).json["application_credentials"]
    assert listed == shown
    own = team.robot(name="mine", secret="my own secret")
    assert own["secret"] == "my own secret"
    assert team.cloud.log_in(by_credential(own)).status_code == 201


def test_a_restricted_one_makes_and_deletes_none(team: Team) -> None:
    made = team.robot()
    robot = team.held(team.cloud.log_in(by_credential(made)))
    assert refused(team, robot) == 403
    assert team.cloud.get(path(team, made), token=robot).status_code == 200
    assert team.cloud.delete(path(team, made), token=robot).status_code == 403


def test_an_unrestricted_one_manages_others_but_no_secrets(team: Team) -> None:
    made = team.robot(unrestricted=True, roles=[{"name": "reader"}])
    reply = team.cloud.log_in(by_credential(made))
    robot = team.held(reply)
    assert reply.json["token"]["application_credential"]["restricted"] is False
    assert refused(team, robot, roles=[{"name": "member"}]) == 400
    assert refused(team, robot) == 201
    assert team.cloud.delete(path(team, made), token=robot).status_code == 204
    other = team.held(team.cloud.log_in(by_credential(team.robot(name="other", unrestricted=True))))
    keys = f"/users/{team.ids['ann']}/credentials/OS-EC2"
    assert team.cloud.post(keys, {"tenant_id": team.project}, token=other).status_code == 403
    assert team.cloud.get(keys, token=other).status_code == 403
    assert team.cloud.get("/credentials", token=other).status_code == 403


def test_nobody_makes_one_for_another_user(team: Team) -> None:
    own = f"/users/{team.ids['ann']}/application_credentials"
    body = {"application_credential": {"name": "x"}}
    assert team.cloud.post(own, body).status_code == 403
    assert team.cloud.get(own).status_code == 200
    bob = team.cloud.token("bob", "secret")
    assert team.cloud.get(own, token=bob).status_code == 403
    made = team.robot()
    for who in (team.ids["bob"], team.ids["ann"]):
        borrowed = f"/users/{who}/application_credentials/{made['id']}"
        assert team.cloud.get(borrowed, token=bob).status_code in (403, 404)
        assert team.cloud.delete(borrowed, token=bob).status_code in (403, 404)
    assert team.cloud.log_in(by_credential(made)).status_code == 201


@pytest.mark.parametrize(
    "values",
    [
        {"roles": [{"name": "admin"}]},
        {"roles": [{"id": "nothing"}]},
        {"roles": [{}]},
        {"roles": "member"},
        {"name": ""},
        {"name": None},
        {"name": "n" * 256},
        {"secret": ""},
        {"expires_at": "yesterday"},
        {"expires_at": "2000-01-01T00:00:00Z"},
        {"unrestricted": "yes"},
        {"access_rules": [{"path": "no slash", "method": "GET", "service": "image"}]},
        {"access_rules": [{"path": "/v2", "method": "BREW", "service": "image"}]},
        {"access_rules": [{"path": "/v2"}]},
        {"access_rules": [{"path": "/v2", "method": "GET", "service": "image", "colour": "red"}]},
    ],
)
def test_a_bad_one_is_refused(team: Team, values: dict[str, Any]) -> None:
    assert refused(team, **values) == 400


def test_it_is_made_with_a_token_for_a_project(team: Team) -> None:
    assert refused(team, team.cloud.token("ann", "secret", "unscoped")) == 400


def test_names_are_unique_for_a_user(team: Team) -> None:
    team.robot()
    assert refused(team, name="robot") == 409
    team.grant("bob", "member")
    bob = team.cloud.token("bob", "secret", {"project": {"id": team.project}})
    body = {"application_credential": {"name": "robot"}}
    assert team.cloud.post(f"/users/{team.ids['bob']}/application_credentials", body, token=bob).status_code == 201


def test_no_roles_asked_for_are_all_roles(team: Team) -> None:
    for number, values in enumerate(({}, {"roles": []})):
        made = team.robot(name=f"robot {number}", **values)
        assert {role["name"] for role in made["roles"]} == {"member", "reader"}


def test_it_ends_when_it_says(team: Team) -> None:
    end = (now() + dt.timedelta(minutes=5)).replace(microsecond=0)
    made = team.robot(expires_at=end.isoformat() + "Z")
    token = team.cloud.log_in(by_credential(made)).json["token"]
    assert token["expires_at"] == end.strftime("%Y-%m-%dT%H:%M:%S.000000Z")


@pytest.mark.parametrize("what", ["role", "assignment", "implied role", "project", "disabled project", "user", "group"])
def test_it_ends_with_what_it_rests_on(team: Team, what: str) -> None:
    cloud, given = team.cloud, {"role": "special", "implied role": "member"}.get(what, "member")
    if what == "role":
        team.ids["special"] = cloud.make("role", name="special")["id"]
        team.grant("ann", "special")
        team.token = cloud.token("ann", "secret", {"project": {"id": team.project}})
    if what == "group":
        group = cloud.make("group", name="crew")["id"]
        cloud.put(f"/groups/{group}/users/{team.ids['ann']}")
        cloud.put(f"/projects/{team.project}/groups/{group}/roles/{team.ids['manager']}")
        team.token, given = cloud.token("ann", "secret", {"project": {"id": team.project}}), "manager"
    made = team.robot(roles=[{"name": "reader" if what == "implied role" else given}])
    robot = team.held(cloud.log_in(by_credential(made)))
    assert team.alive(robot)
    if what == "role":
        assert cloud.delete(f"/roles/{team.ids['special']}").status_code == 204
    elif what in ("assignment", "implied role"):
        team.take_back("ann", "member")
    elif what == "project":
        assert cloud.delete(f"/projects/{team.project}").status_code == 204
    elif what == "disabled project":
        cloud.patch(f"/projects/{team.project}", {"project": {"enabled": False}})
    elif what == "user":
        cloud.patch(f"/users/{team.ids['ann']}", {"user": {"enabled": False}})
    else:
        cloud.delete(f"/groups/{group}/users/{team.ids['ann']}")
    assert not team.alive(robot)
    assert cloud.log_in(by_credential(made)).status_code == 401


def test_it_does_not_come_back_when_the_role_is_given_again(team: Team) -> None:
    team.grant("ann", "manager")
    team.token = team.cloud.token("ann", "secret", {"project": {"id": team.project}})
    gone, stays = team.robot(), team.robot(name="other", roles=[{"name": "manager"}])
    team.take_back("ann", "member")
    team.grant("ann", "member")
    assert (
        team.cloud.log_in(by_credential(gone)).status_code == 201
    )  # what the manager's role implies was there all along
    team.take_back("ann", "manager")
    team.grant("ann", "manager")
    for made in (gone, stays):
        assert team.cloud.log_in(by_credential(made)).status_code == 401
        assert team.cloud.get(path(team, made)).status_code == 404


@pytest.mark.whole
def test_access_rules_bind_a_token_to_calls(team: Team) -> None:
    rules = [
        {"service": "identity", "method": "GET", "path": "/v3/users/{user_id}"},
        {"service": "image", "method": "GET", "path": "/v2/**"},
    ]
    made = team.robot(access_rules=rules)
    robot = {"X-Auth-Token": team.held(team.cloud.log_in(by_credential(made)))}
    ann = team.ids["ann"]

    def status(method: str, address: str) -> int:
        return int(team.cloud.client.open(address, method=method, headers=robot).status_code)

    assert status("GET", f"/identity/v3/users/{ann}") == 200
    assert status("GET", f"/identity/v3/users/{ann}/projects") == 401
    assert status("DELETE", f"/identity/v3/users/{ann}") == 401
    assert status("GET", "/image/v2/images") == 200
    assert status("GET", "/network/v2.0/networks") == 401


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_token_with_access_rules_is_not_found_by_services_that_do_not_know_of_them(team: Team, method: str) -> None:
    rules = [{"service": "identity", "method": method, "path": "/v3/auth/tokens"}]
    bound, free = (
        team.held(team.cloud.log_in(by_credential(team.robot(name=name, **values))))
        for name, values in (("bound", {"access_rules": rules}), ("free", {}))
    )

    def status(subject: str, version: str | None, **caller: str) -> int:
        known = {} if version is None else {"OpenStack_Identity_Access_Rules": version}
        return int(team.cloud.call(method, "/auth/tokens", X_Subject_Token=subject, **known, **caller).status_code)

    for version in (None, "", "0", "0.9", "-1", "x", "nan", "inf", "1,1", "1.0.0", "²", "9" * 500):
        assert (status(bound, version), status(free, version)) == (404, 200), version
        assert status(bound, version, token=bound) == 404, version
    for version in ("1", "1.0", " 1.0 ", "2.5"):
        assert (status(bound, version), status(free, version)) == (200, 200), version
        assert status(bound, version, token=bound) == 200
    assert team.cloud.delete("/auth/tokens", X_Subject_Token=bound).status_code == 204


@pytest.mark.parametrize("what", ["user", "domain"])
def test_credentials_with_access_rules_go_with_their_user(team: Team, what: str) -> None:
    domain = team.cloud.make("domain", name="acme")["id"]
    team.ids["ann"] = team.cloud.make("user", name="dora", password="secret", domain_id=domain)["id"]
    team.project = team.cloud.make("project", name="shop", domain_id=domain)["id"]
    team.grant("ann", "member")
    by_id = {"methods": ["password"], "password": {"user": {"id": team.ids["ann"], "password": "secret"}}}
    team.token = team.held(team.cloud.log_in(by_id, {"project": {"id": team.project}}))
    made = team.robot(access_rules=[{"service": "image", "method": "GET", "path": "/v2/images"}])
    if what == "domain":
        assert team.cloud.patch(f"/domains/{domain}", {"domain": {"enabled": False}}).status_code == 200
    path = f"/domains/{domain}" if what == "domain" else f"/users/{team.ids['ann']}"
    assert team.cloud.delete(path).status_code == 204
    assert team.cloud.log_in(by_credential(made)).status_code == 401


def test_access_rules_are_kept_shared_and_in_use(team: Team) -> None:
    rule = {"service": "image", "method": "GET", "path": "/v2/images"}
    first = team.robot(access_rules=[rule])
    second = team.robot(name="second", access_rules=[rule, {**rule, "method": "POST"}])
    base = f"/users/{team.ids['ann']}/access_rules"
    listed = team.cloud.get(base, token=team.token).json["access_rules"]
    assert len(listed) == 2 and first["access_rules"][0] in second["access_rules"]
    assert len(team.cloud.get(f"{base}?method=POST", token=team.token).json["access_rules"]) == 1
    one = first["access_rules"][0]["id"]
    assert team.cloud.get(f"{base}/{one}", token=team.token).json["access_rule"]["path"] == rule["path"]
    third = team.robot(name="third", access_rules=[{"id": one}])
    assert third["access_rules"] == first["access_rules"]
    assert refused(team, access_rules=[{"id": "nothing"}]) == 404
    bob = team.cloud.token("bob", "secret")
    assert team.cloud.get(f"{base}/{one}", token=bob).status_code == 403
    assert team.cloud.delete(f"{base}/{one}", token=team.token).status_code == 403
    for made in (first, second, third):
        assert team.cloud.delete(path(team, made), token=team.token).status_code == 204
    assert team.cloud.delete(f"{base}/{one}", token=team.token).status_code == 204
    assert team.cloud.delete(f"{base}/{one}", token=team.token).status_code == 404


def test_a_user_has_as_many_as_the_cloud_allows(database: Database, settings: Settings) -> None:
    cloud: Identity = build(database, replace(settings, application_credentials_per_user=2))
    admin = cloud.get("/users?name=admin").json["users"][0]["id"]
    for number, status in enumerate((201, 201, 403)):
        body = {"application_credential": {"name": f"robot {number}"}}
        reply = cloud.post(f"/users/{admin}/application_credentials", body)
        assert reply.status_code == status
    assert "maximum of 2" in reply.json["error"]["message"]
