"""Stories about credentials: EC2 keys, seeds and certificates that users keep here."""

import hashlib
from dataclasses import replace
from typing import Any

import orjson
import pytest

from delegation_stories import Team, team
from identity_stories import Identity
from pileus.core.config import Settings
from pileus.core.db import Database
from pileus.identity.models import Credential

from .conftest import build

__all__ = ["team"]


def ec2(**blob: str) -> str:
    return orjson.dumps({"access": "my access key", "secret": "my secret", **blob}).decode()


def make(team: Team, status: int = 201, token: str = "", **values: Any) -> dict[str, Any]:
    body = {"type": "ec2", "blob": ec2(), "project_id": team.project, "user_id": team.ids["ann"], **values}
    reply = team.cloud.post("/credentials", {"credential": body}, token=token or team.token)
    assert reply.status_code == status, reply.text
    return dict(reply.json.get("credential", {}))


def test_the_id_of_an_ec2_key_is_the_hash_of_its_access_key(team: Team) -> None:
    made = make(team, colour="red")
    assert made["id"] == hashlib.sha256(b"my access key").hexdigest()
    assert made["blob"] == ec2() and made["colour"] == "red"
    assert made["project_id"] == team.project and made["user_id"] == team.ids["ann"]
    make(team, 409)
    keys = f"/users/{team.ids['ann']}/credentials/OS-EC2"
    (listed,) = team.cloud.get(keys, token=team.token).json["credentials"]
    assert (listed["access"], listed["secret"], listed["tenant_id"]) == ("my access key", "my secret", team.project)
    assert team.cloud.get(f"{keys}/my access key", token=team.token).json["credential"] == listed
    assert team.cloud.delete(f"{keys}/my access key", token=team.token).status_code == 204
    assert team.cloud.get(f"/credentials/{made['id']}").status_code == 404


@pytest.mark.parametrize(
    "values",
    [
        {"project_id": None},
        {"blob": "no json"},
        {"blob": "[]"},
        {"blob": "{}"},
        {"blob": '{"access": 7}'},
        {"blob": '{"access": ""}'},
        {"blob": {"access": "x"}},
        {"type": ""},
        {"type": None},
    ],
)
def test_a_bad_credential_is_refused(team: Team, values: dict[str, Any]) -> None:
    make(team, 400, **values)


def test_nobody_keeps_credentials_for_others(team: Team) -> None:
    make(team, 403, user_id=team.ids["bob"])
    make(team, 400, team.cloud.admin, user_id="nobody")
    made = make(team)
    bob = team.cloud.token("bob", "secret")
    own = f"/credentials/{made['id']}"
    assert team.cloud.get(own, token=bob).status_code == 403
    assert team.cloud.patch(own, {"credential": {"blob": ec2()}}, token=bob).status_code == 403
    assert team.cloud.delete(own, token=bob).status_code == 403
    assert team.cloud.get("/credentials", token=bob).json["credentials"] == []
    keys = f"/users/{team.ids['bob']}/credentials/OS-EC2/my access key"
    assert team.cloud.get(keys, token=bob).status_code in (403, 404)
    assert team.cloud.delete(keys, token=bob).status_code in (403, 404)


def test_credentials_are_found_by_type_and_user(team: Team) -> None:
    first = make(team)
    second = make(team, type="cert", blob="{}", project_id=None)
    third = make(team, 201, team.cloud.admin, user_id=team.ids["bob"], type="cert", blob="x", project_id=None)

    def found(query: str, token: str = "") -> set[str]:
        reply = team.cloud.get(f"/credentials?{query}", token=token or team.cloud.admin)
        return {one["id"] for one in reply.json["credentials"]}

    assert found("type=ec2") == {first["id"]} and found("type=cert") == {second["id"], third["id"]}
    assert found(f"user_id={team.ids['ann']}") == {first["id"], second["id"]}
    assert found(f"user_id={team.ids['ann']}&type=cert") == {second["id"]}
    assert found(f"user_id={team.ids['bob']}", team.token) == set()
    assert found("", team.token) == {first["id"], second["id"]}


def test_only_the_content_of_a_credential_changes(team: Team) -> None:
    made = make(team, blob=ec2(app_cred_id="a"))
    path = f"/credentials/{made['id']}"
    other = team.cloud.make("project", name="other")["id"]
    for change in (
        {"user_id": team.ids["bob"]},
        {"project_id": other},
        {"project_id": None},
        {"type": "cert"},
        {"blob": "no json"},
        {"blob": ec2()},
        {"blob": ec2(app_cred_id="b")},
        {"blob": ec2(app_cred_id="a", trust_id="t")},
        {"blob": ec2(app_cred_id="a", access_token_id="t")},
    ):
        for token in (team.token, team.cloud.admin):
            assert team.cloud.patch(path, {"credential": change}, token=token).status_code == 400, change
    blob = ec2(app_cred_id="a", secret="a better secret")
    changed = team.cloud.patch(path, {"credential": {"blob": blob}}, token=team.token)
    assert changed.json["credential"]["blob"] == blob
    assert team.cloud.get(path, token=team.token).json["credential"] == changed.json["credential"]


def test_a_stolen_database_yields_no_secret(team: Team) -> None:
    made = make(team)
    with team.cloud.database.read() as session:
        (row,) = session.query(Credential).all()
        assert "my secret" not in row.sealed and "my access key" not in row.sealed
    shown = team.cloud.get(f"/credentials/{made['id']}", token=team.token).json["credential"]
    assert shown["blob"].count("my secret") == 1


def test_credentials_go_with_their_user_and_project(team: Team) -> None:
    make(team)
    make(team, type="cert", blob="{}", project_id=None)
    assert team.cloud.delete(f"/projects/{team.project}").status_code == 204
    (left,) = team.cloud.get("/credentials").json["credentials"]
    assert left["type"] == "cert"
    assert team.cloud.delete(f"/users/{team.ids['ann']}").status_code == 204
    assert team.cloud.get("/credentials").json["credentials"] == []


def test_a_user_has_as_many_as_the_cloud_allows(database: Database, settings: Settings) -> None:
    cloud: Identity = build(database, replace(settings, credentials_per_user=2))
    admin = cloud.get("/users?name=admin").json["users"][0]["id"]
    project = cloud.get("/projects?name=admin").json["projects"][0]["id"]
    cloud.post("/credentials", {"credential": {"type": "cert", "blob": "x", "user_id": admin}})
    keys = f"/users/{admin}/credentials/OS-EC2"
    assert cloud.post(keys, {"tenant_id": project}).status_code == 201
    reply = cloud.post(keys, {"tenant_id": project})
    assert reply.status_code == 403 and "maximum of 2" in reply.json["error"]["message"]
    ann = cloud.make("user", name="ann")["id"]
    assert cloud.post(f"/users/{ann}/credentials/OS-EC2", {"tenant_id": project}).status_code == 201
