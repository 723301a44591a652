"""Stories about working on behalf of others: application credentials, trusts, EC2 keys, one-time passcodes."""

import base64
import datetime as dt
import hashlib
import hmac
import time
from typing import Any

import pytest

from identity_stories import Identity, by_password
from pileus.core.db import now
from pileus.identity.models import Credential, Login
from pileus.identity.operations.methods.totp import passcode

Team = dict[str, str]


@pytest.fixture
def team(identity: Identity) -> Team:
    """Ann is member of the project web; Bob is nothing."""
    made = {name: identity.make("user", name=name, password="secret")["id"] for name in ("ann", "bob")}
    made["project"] = identity.make("project", name="web")["id"]
    roles = {role["name"]: role["id"] for role in identity.get("/roles").json["roles"]}
    identity.put(f"/projects/{made['project']}/users/{made['ann']}/roles/{roles['member']}")
    made |= {"member": roles["member"], "reader": roles["reader"]}
    made["token"] = identity.token("ann", "secret", {"project": {"id": made["project"]}})
    return made


def credential(identity: Identity, team: Team, **values: Any) -> dict[str, Any]:
    reply = identity.post(
        f"/users/{team['ann']}/application_credentials",
        {"application_credential": {"name": "robot", **values}},
        token=team["token"],
    )
    assert reply.status_code == 201, reply.text
    return dict(reply.json["application_credential"])


def by_credential(made: dict[str, Any], **more: Any) -> dict[str, Any]:
    given = {"id": made["id"], "secret": made["secret"], **more}
    return {"methods": ["application_credential"], "application_credential": given}


def test_an_application_credential_works_in_its_project_with_its_roles(identity: Identity, team: Team) -> None:
    made = credential(identity, team, roles=[{"name": "reader"}])
    reply = identity.log_in(by_credential(made))
    assert reply.status_code == 201, reply.text
    token = reply.json["token"]
    assert token["project"]["id"] == team["project"] and [r["name"] for r in token["roles"]] == ["reader"]
    assert token["application_credential"] == {"id": made["id"], "name": "robot", "restricted": True}
    by_name = {"name": "robot", "user": {"id": team["ann"]}, "secret": made["secret"]}
    assert (
        identity.log_in({"methods": ["application_credential"], "application_credential": by_name}).status_code == 201
    )
    assert identity.log_in(by_credential(made, secret="wrong")).status_code == 401
    assert identity.log_in(by_credential(made), "unscoped").status_code == 401
    robot = reply.headers["X-Subject-Token"]
    exchange = {"methods": ["token"], "token": {"id": robot}}
    assert identity.log_in(exchange, {"project": {"id": team["project"]}}).status_code == 403
    path = f"/users/{team['ann']}/application_credentials"
    assert identity.post(path, {"application_credential": {"name": "x"}}, token=robot).status_code == 403
    assert (
        identity.post(
            f"/users/{team['ann']}/credentials/OS-EC2", {"tenant_id": team["project"]}, token=robot
        ).status_code
        == 403
    )
    assert identity.delete(f"{path}/{made['id']}", token=team["token"]).status_code == 204
    assert identity.get("/auth/catalog", token=robot).status_code == 401


def test_an_application_credential_dies_with_the_role_it_was_made_of(identity: Identity, team: Team) -> None:
    robot = identity.log_in(by_credential(credential(identity, team))).headers["X-Subject-Token"]
    assert identity.get("/auth/catalog", token=robot).status_code == 200
    identity.delete(f"/projects/{team['project']}/users/{team['ann']}/roles/{team['member']}")
    assert identity.get("/auth/catalog", token=robot).status_code == 401


def test_nobody_makes_an_application_credential_for_another_user(identity: Identity, team: Team) -> None:
    path = f"/users/{team['ann']}/application_credentials"
    assert identity.post(path, {"application_credential": {"name": "x"}}).status_code == 403
    assert identity.get(path).status_code == 200
    bob = identity.token("bob", "secret")
    assert identity.get(path, token=bob).status_code == 403
    for roles in ([{"name": "admin"}], [{"id": "nothing"}], [{}], "member"):
        body = {"application_credential": {"name": "x", "roles": roles}}
        assert identity.post(path, body, token=team["token"]).status_code == 400


def test_an_application_credential_ends_when_it_says(identity: Identity, team: Team) -> None:
    end = (now() + dt.timedelta(minutes=5)).replace(microsecond=0)
    made = credential(identity, team, expires_at=end.isoformat() + "Z")
    token = identity.log_in(by_credential(made)).json["token"]
    assert token["expires_at"] == end.strftime("%Y-%m-%dT%H:%M:%S.000000Z")
    for bad in ("yesterday", "2000-01-01T00:00:00Z"):
        path = f"/users/{team['ann']}/application_credentials"
        body = {"application_credential": {"name": "x", "expires_at": bad}}
        assert identity.post(path, body, token=team["token"]).status_code == 400


@pytest.mark.whole
def test_access_rules_bind_a_token_to_calls(identity: Identity, team: Team) -> None:
    rules = [
        {"service": "identity", "method": "GET", "path": "/v3/users/{user_id}"},
        {"service": "image", "method": "GET", "path": "/v2/**"},
    ]
    made = credential(identity, team, access_rules=rules)
    robot = {"X-Auth-Token": identity.log_in(by_credential(made)).headers["X-Subject-Token"]}

    def status(method: str, path: str) -> int:
        return int(identity.client.open(path, method=method, headers=robot).status_code)

    assert status("GET", f"/identity/v3/users/{team['ann']}") == 200
    assert status("GET", f"/identity/v3/users/{team['ann']}/projects") == 401
    assert status("DELETE", f"/identity/v3/users/{team['ann']}") == 401
    assert status("GET", "/image/v2/images") == 200
    assert status("GET", "/network/v2.0/networks") == 401
    listed = identity.get(f"/users/{team['ann']}/access_rules", token=team["token"]).json["access_rules"]
    assert len(listed) == 2
    path = f"/users/{team['ann']}/access_rules/{listed[0]['id']}"
    assert identity.delete(path, token=team["token"]).status_code == 403
    identity.delete(f"/users/{team['ann']}/application_credentials/{made['id']}", token=team["token"])
    assert identity.delete(path, token=team["token"]).status_code == 204


def ec2_keys(identity: Identity, team: Team) -> dict[str, str]:
    reply = identity.post(
        f"/users/{team['ann']}/credentials/OS-EC2", {"tenant_id": team["project"]}, token=team["token"]
    )
    assert reply.status_code == 201, reply.text
    return dict(reply.json["credential"])


def test_a_signed_s3_request_is_known_by_its_keys(identity: Identity, team: Team) -> None:
    keys = ec2_keys(identity, team)
    text = b"GET\n\n\nThu, 01 Jan 2026 00:00:00 GMT\n/bucket/key"
    signature = base64.b64encode(hmac.new(keys["secret"].encode(), text, hashlib.sha1).digest()).decode()
    body = {"access": keys["access"], "signature": signature, "token": base64.b64encode(text).decode()}
    reply = identity.post("/s3tokens", {"credentials": body})
    assert reply.status_code == 200, reply.text
    assert reply.json["token"]["user"]["id"] == team["ann"]
    assert reply.json["token"]["project"]["id"] == team["project"]
    assert identity.post("/s3tokens", {"credentials": {**body, "signature": "x"}}).status_code == 401
    assert identity.post("/s3tokens", {"credentials": {**body, "access": "x"}}).status_code == 401
    assert identity.post("/s3tokens", {"credentials": {**body, "token": "%"}}).status_code == 401
    assert identity.post("/s3tokens", {"credentials": body}, token=team["token"]).status_code == 403


def test_a_signed_ec2_request_gets_a_token(identity: Identity, team: Team) -> None:
    keys = ec2_keys(identity, team)
    params = {
        "AWSAccessKeyId": keys["access"],
        "Action": "DescribeInstances",
        "SignatureMethod": "HmacSHA256",
        "SignatureVersion": "2",
        "Timestamp": now().strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    query = "&".join(f"{name}={value.replace(':', '%3A')}" for name, value in sorted(params.items()))
    text = f"GET\ncloud.example.org\n/\n{query}"
    signature = base64.b64encode(hmac.new(keys["secret"].encode(), text.encode(), hashlib.sha256).digest()).decode()
    body = {"access": keys["access"], "signature": signature, "verb": "GET", "path": "/", "params": params}
    body["host"] = "cloud.example.org:8773"
    reply = identity.post("/ec2tokens", {"credentials": body})
    assert reply.status_code == 200, reply.text
    assert identity.get("/auth/catalog", token=reply.headers["X-Subject-Token"]).status_code == 200
    old = {**params, "Timestamp": "2020-01-01T00:00:00Z"}
    assert identity.post("/ec2tokens", {"credentials": {**body, "params": old}}).status_code == 401


def test_a_stolen_database_yields_no_secret(identity: Identity, team: Team) -> None:
    keys = ec2_keys(identity, team)
    with identity.database.read() as session:
        (row,) = session.query(Credential).all()
        assert keys["secret"] not in row.sealed and keys["access"] not in row.sealed
    assert (
        identity.get(f"/credentials/{row.id}", token=team["token"]).json["credential"]["blob"].count(keys["secret"])
        == 1
    )
    bob = identity.token("bob", "secret")
    assert identity.get(f"/credentials/{row.id}", token=bob).status_code == 403
    assert identity.get("/credentials", token=bob).json["credentials"] == []


def test_two_methods_are_asked_for_where_the_rules_say_so(identity: Identity, team: Team) -> None:
    seed = base64.b32encode(b"a seed of twenty byte").decode().rstrip("=")
    body = {"type": "totp", "blob": seed, "user_id": team["ann"]}
    assert identity.post("/credentials", {"credential": body}).status_code == 201
    options = {"multi_factor_auth_enabled": True, "multi_factor_auth_rules": [["password", "totp"]]}
    assert identity.patch(f"/users/{team['ann']}", {"user": {"options": options}}).status_code == 200
    code = passcode(seed, time.time())
    totp = {"user": {"id": team["ann"], "passcode": code}}
    alone = identity.log_in(by_password("ann", "secret"))
    assert alone.status_code == 401
    assert alone.json["required_auth_methods"] == [["password", "totp"]]
    receipt = alone.headers["Openstack-Auth-Receipt"]
    second = identity.log_in({"methods": ["totp"], "totp": totp}, Openstack_Auth_Receipt=receipt)
    assert second.status_code == 201, second.text
    assert set(second.json["token"]["methods"]) == {"password", "totp"}
    both = {**by_password("ann", "secret"), "methods": ["password", "totp"], "totp": totp}
    assert identity.log_in(both).status_code == 401  # a passcode works once
    with identity.database.write() as session:
        session.query(Login).update({"totp_step": None})
    assert identity.log_in(both).status_code == 201
    wrong = {"user": {"id": team["ann"], "passcode": "000000" if code != "000000" else "111111"}}
    assert identity.log_in({**both, "totp": wrong}).status_code == 401
    assert identity.log_in({"methods": ["totp"], "totp": totp}, Openstack_Auth_Receipt="junk").status_code == 401
