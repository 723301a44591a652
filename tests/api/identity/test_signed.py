"""Stories about requests that were signed with an EC2 key, by signers that others have written."""

import base64
import datetime as dt
import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import botocore.auth
import orjson
import pytest
from botocore.auth import HmacV1Auth, S3SigV4Auth, SigV2Auth, SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from keystoneclient.contrib.ec2.utils import Ec2Signer

from delegation_stories import Team, by_credential, team
from identity_stories import Identity
from pileus.core.db import now
from pileus.identity.models import AuditEvent, Credential
from pileus.identity.operations import credentials

__all__ = ["team"]
HOST = "cloud.example.org:8788"
Body = dict[str, Any]


@dataclass(frozen=True)
class Keys:
    """An EC2 key pair."""

    access: str
    secret: str

    @property
    def credentials(self) -> Credentials:
        return Credentials(self.access, self.secret)


@pytest.fixture
def keys(team: Team) -> Keys:
    reply = team.cloud.post(
        f"/users/{team.ids['ann']}/credentials/OS-EC2", {"tenant_id": team.project}, token=team.token
    )
    assert reply.status_code == 201, reply.text
    made = reply.json["credential"]
    assert made["trust_id"] is None and made["links"]["self"].endswith(made["access"])
    return Keys(made["access"], made["secret"])


def body_of(keys: Keys, request: AWSRequest, signature: str, **more: Any) -> Body:
    """What the EC2 API says to the identity API about a request."""
    url = urlsplit(request.url)
    return {
        "access": keys.access,
        "signature": signature,
        "host": url.netloc,
        "verb": request.method,
        "path": url.path,
        "params": {},
        "headers": {name: str(value) for name, value in request.headers.items()},
        **more,
    }


def old(keys: Keys, version: str, moment: dt.datetime | None = None, **more: str) -> Body:
    """A request signed with version 0, 1 or 2 by the client library of OpenStack."""
    stamp = (moment or now()).strftime("%Y-%m-%dT%H:%M:%SZ")
    params = {"AWSAccessKeyId": keys.access, "Action": "DescribeInstances", "SignatureVersion": version}
    params |= {"Timestamp": stamp, "instance-id.1": "i-1 +/ö", **more}
    body = {"access": keys.access, "host": HOST, "verb": "GET", "path": "/", "params": params}
    return {**body, "signature": Ec2Signer(keys.secret).generate(body)}


def version_0(keys: Keys) -> Body:
    return old(keys, "0")


def version_1(keys: Keys) -> Body:
    return old(keys, "1")


def version_2_of_the_library(keys: Keys) -> Body:
    return old(keys, "2", SignatureMethod="HmacSHA256")


def version_2(keys: Keys) -> Body:
    params = {"Action": "DescribeInstances", "Filter.1.Name": "a b*~/é"}
    request = AWSRequest("GET", f"http://{HOST}/", params=params)
    SigV2Auth(keys.credentials).add_auth(request)
    signed = {name: str(value) for name, value in request.params.items()}
    return body_of(keys, request, signed["Signature"], params=signed)


def version_4(keys: Keys, data: bytes = b"Action=DescribeInstances&Version=2016-11-15") -> Body:
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Host": HOST}
    request = AWSRequest("POST", f"http://{HOST}/services/Cloud", headers=headers, data=data)
    SigV4Auth(keys.credentials, "ec2", "RegionOne").add_auth(request)
    signature = request.headers["Authorization"].rpartition("Signature=")[2]
    return body_of(keys, request, signature, body_hash=hashlib.sha256(data).hexdigest())


def version_4_in_the_address(keys: Keys) -> Body:
    request = AWSRequest("GET", f"http://{HOST}/?Action=DescribeRegions", headers={"Host": HOST})
    SigV4QueryAuth(keys.credentials, "ec2", "RegionOne", expires=300).add_auth(request)
    params = dict(parse_qsl(urlsplit(request.url).query))
    return body_of(keys, request, params["X-Amz-Signature"], params=params, headers={})


VERSIONS = [version_0, version_1, version_2_of_the_library, version_2, version_4, version_4_in_the_address]


def ask(cloud: Identity, body: Body, way: str = "ec2", **more: Any) -> Any:
    return cloud.post(f"/{way}tokens", {"credentials": body}, **more)


@pytest.mark.parametrize("sign", VERSIONS)
def test_a_signed_request_gets_the_token_of_its_key(team: Team, keys: Keys, sign: Callable[[Keys], Body]) -> None:
    reply = ask(team.cloud, sign(keys))
    assert reply.status_code == 200, reply.text
    token = reply.json["token"]
    assert token["user"]["id"] == team.ids["ann"] and token["project"]["id"] == team.project
    assert token["methods"] == ["ec2credential"] and token["catalog"]
    assert {role["name"] for role in token["roles"]} == {"member", "reader"}
    assert team.alive(reply.headers["X-Subject-Token"])
    named = team.cloud.post("/ec2tokens", {"ec2Credentials": sign(keys)})
    assert named.status_code == 200


@pytest.mark.parametrize("sign", VERSIONS)
def test_whatever_is_changed_breaks_the_signature(team: Team, keys: Keys, sign: Callable[[Keys], Body]) -> None:
    right = sign(keys)
    changed: dict[str, Body] = {
        "signature": {"signature": right["signature"][:-4] + "AAA="},
        "no signature": {"signature": ""},
        "access key": {"access": "f" * 32},
    }
    if right["params"]:
        changed["a parameter"] = {"params": {**right["params"], "Action": "TerminateInstances"}}
    if sign not in (version_0, version_1):
        changed |= {"verb": {"verb": "DELETE"}, "path": {"path": "/elsewhere"}}
    if sign in (version_1, version_2, version_2_of_the_library, version_4_in_the_address):
        changed["one more"] = {"params": {**right["params"], "DryRun": "false"}}
    if sign is version_4:
        changed |= {"body": {"body_hash": hashlib.sha256(b"other").hexdigest()}}
        changed |= {"host": {"headers": {**right["headers"], "Host": "elsewhere"}}}
    for what, change in changed.items():
        assert ask(team.cloud, {**right, **change}).status_code == 401, what
    assert ask(team.cloud, sign(Keys(keys.access, "wrong"))).status_code == 401
    assert ask(team.cloud, right).status_code == 200


@pytest.mark.parametrize("seconds", [-1200, 1200])
@pytest.mark.parametrize("version", ["0", "1", "2", "4"])
def test_a_signed_request_is_of_now(
    team: Team, keys: Keys, version: str, seconds: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    moment = now() + dt.timedelta(seconds=seconds)
    if version == "4":
        monkeypatch.setattr(botocore.auth, "get_current_datetime", lambda *_, **__: moment)
        body = version_4(keys)
    else:
        body = old(keys, version, moment, SignatureMethod="HmacSHA256")
    assert ask(team.cloud, body).status_code == 401


def test_a_signature_without_a_time_is_none(team: Team, keys: Keys) -> None:
    params = {"SignatureVersion": "2", "SignatureMethod": "HmacSHA256", "AWSAccessKeyId": keys.access}
    for more in ({}, {"Timestamp": "soon"}, {"Expires": "2000-01-01T00:00:00Z"}, {"Expires": "2999-01-01T00:00:00Z"}):
        body = {"access": keys.access, "host": HOST, "verb": "GET", "path": "/", "params": {**params, **more}}
        assert ask(team.cloud, {**body, "signature": Ec2Signer(keys.secret).generate(body)}).status_code == 401
    end = (now() + dt.timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    body = {"access": keys.access, "host": HOST, "verb": "GET", "path": "/", "params": {**params, "Expires": end}}
    assert ask(team.cloud, {**body, "signature": Ec2Signer(keys.secret).generate(body)}).status_code == 200


def test_version_0_signs_no_end_and_so_may_have_none(team: Team, keys: Keys) -> None:
    end = (now() + dt.timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    right = old(keys, "0")
    for stamp in ({}, {"Timestamp": ""}, {"Timestamp": "then"}, {"Timestamp": "2020-01-01T00:00:00Z"}):
        params = {name: value for name, value in right["params"].items() if name != "Timestamp"} | stamp
        body = {**right, "params": {**params, "Expires": end}}
        text = params["Action"] + params.get("Timestamp", "")
        signature = base64.b64encode(hmac.new(keys.secret.encode(), text.encode(), "sha1").digest()).decode()
        assert ask(team.cloud, {**body, "signature": signature}).status_code == 401, stamp
    assert ask(team.cloud, {**right, "params": {**right["params"], "Expires": end}}).status_code == 200


@pytest.mark.parametrize("stamp", ["00010101T000000Z", "99991231T235959Z", "20200230T000000Z", "", "0001"])
@pytest.mark.parametrize("seconds", ["5", "999999999999", "0", "-1", "\u0665", "x", ""])
def test_a_time_beyond_all_calendars_is_not_now(team: Team, keys: Keys, stamp: str, seconds: str) -> None:
    scope = f"{keys.access}/{stamp[:8] or '20200101'}/RegionOne/ec2/aws4_request"
    params = {"X-Amz-Credential": scope, "X-Amz-Date": stamp, "X-Amz-Expires": seconds, "X-Amz-SignedHeaders": "host"}
    body = {"access": keys.access, "signature": "0" * 64, "host": HOST, "verb": "GET", "path": "/", "params": params}
    assert ask(team.cloud, body).status_code == 401


def test_clients_that_leave_out_the_port_are_understood(team: Team, keys: Keys) -> None:
    name = HOST.partition(":")[0]
    params = {"SignatureVersion": "2", "SignatureMethod": "HmacSHA256", "AWSAccessKeyId": keys.access}
    params |= {"Timestamp": now().strftime("%Y-%m-%dT%H:%M:%S.000Z")}
    body = {"access": keys.access, "host": name, "verb": "GET", "path": "/", "params": params}
    signature = Ec2Signer(keys.secret).generate(body)
    assert ask(team.cloud, {**body, "host": HOST, "signature": signature}).status_code == 200
    assert ask(team.cloud, {**body, "host": "other:1", "signature": signature}).status_code == 401


def s3_1(keys: Keys, path: str = "/bucket/key") -> Body:
    """What an object store says about a request with the old signature of S3."""
    request = AWSRequest("GET", f"http://s3.example.org{path}", headers={"Date": "Thu, 01 Jan 2026 00:00:00 GMT"})
    signer = HmacV1Auth(keys.credentials)
    text = signer.canonical_string("GET", urlsplit(request.url), request.headers)
    return {
        "access": keys.access,
        "signature": signer.sign_string(text),
        "token": base64.b64encode(text.encode()).decode(),
    }


def s3_4(keys: Keys, service: str = "s3") -> Body:
    """What an object store says about a request with a signature of version 4."""
    request = AWSRequest("PUT", "http://s3.example.org/bucket/a%20key", headers={"Host": "s3.example.org"}, data=b"x")
    signer = S3SigV4Auth(keys.credentials, service, "RegionOne")
    signer.add_auth(request)
    text = signer.string_to_sign(request, signer.canonical_request(request))
    return {
        "access": keys.access,
        "signature": signer.signature(text, request),
        "token": base64.urlsafe_b64encode(text.encode()).decode(),
    }


@pytest.mark.parametrize("sign", [s3_1, s3_4])
def test_a_signed_s3_request_is_known_by_its_key(team: Team, keys: Keys, sign: Callable[[Keys], Body]) -> None:
    right = sign(keys)
    reply = ask(team.cloud, right, "s3")
    assert reply.status_code == 200, reply.text
    token = reply.json["token"]
    assert token["user"]["id"] == team.ids["ann"] and token["project"]["id"] == team.project
    other = base64.b64encode(base64.urlsafe_b64decode(right["token"])[:-1] + b"!").decode()
    for change in ({"signature": "x"}, {"access": "x"}, {"token": other}, {"token": "%"}, {"token": ""}):
        assert ask(team.cloud, {**right, **change}, "s3").status_code == 401, change
    assert ask(team.cloud, sign(Keys(keys.access, "wrong")), "s3").status_code == 401


def test_a_signature_for_another_service_is_none_for_s3(team: Team, keys: Keys) -> None:
    for service, status in (("ec2", 401), ("s3", 200), ("iam", 200), ("sts", 200)):
        assert ask(team.cloud, s3_4(keys, service), "s3").status_code == status, service


@pytest.mark.parametrize("way", ["ec2", "s3"])
def test_only_services_and_admins_ask_about_signatures(team: Team, keys: Keys, way: str) -> None:
    body = version_2(keys) if way == "ec2" else s3_1(keys)
    assert ask(team.cloud, body, way, token=None).status_code == 401
    assert ask(team.cloud, body, way, token="junk").status_code == 401
    assert ask(team.cloud, body, way, token=team.token).status_code == 403
    service = team.cloud.make("user", name="swift", password="secret")["id"]
    role = next(role["id"] for role in team.cloud.get("/roles").json["roles"] if role["name"] == "service")
    team.cloud.put(f"/projects/{team.project}/users/{service}/roles/{role}")
    swift = team.cloud.token("swift", "secret", {"project": {"id": team.project}})
    assert ask(team.cloud, body, way, token=swift).status_code == 200


@pytest.mark.parametrize("what", ["user", "project", "domain", "role", "key", "deleted user", "deleted project"])
def test_a_key_is_worth_nothing_without_what_it_rests_on(team: Team, keys: Keys, what: str) -> None:
    cloud, ann, disabled = team.cloud, f"/users/{team.ids['ann']}", {"enabled": False}
    held = ask(cloud, version_2(keys)).headers["X-Subject-Token"]
    changes: dict[str, Callable[[], Any]] = {
        "user": lambda: cloud.patch(ann, {"user": disabled}),
        "project": lambda: cloud.patch(f"/projects/{team.project}", {"project": disabled}),
        "role": lambda: team.take_back("ann", "member"),
        "key": lambda: cloud.delete(f"{ann}/credentials/OS-EC2/{keys.access}"),
        "deleted user": lambda: cloud.delete(ann),
        "deleted project": lambda: cloud.delete(f"/projects/{team.project}"),
    }
    if what == "domain":
        domain = cloud.make("domain", name="acme")["id"]
        dora = cloud.make("user", name="dora", domain_id=domain)["id"]
        cloud.put(f"/projects/{team.project}/users/{dora}/roles/{team.ids['member']}")
        made = cloud.post(f"/users/{dora}/credentials/OS-EC2", {"tenant_id": team.project}).json["credential"]
        keys = Keys(made["access"], made["secret"])
        held = ask(cloud, version_2(keys)).headers["X-Subject-Token"]
        cloud.patch(f"/domains/{domain}", {"domain": disabled})
    else:
        changes[what]()
    assert ask(cloud, version_2(keys)).status_code == ask(cloud, s3_4(keys), "s3").status_code == 401
    assert team.alive(held) == (what == "key")


def test_a_token_for_a_signed_request_is_validated_here_and_nothing_else(team: Team, keys: Keys) -> None:
    held = ask(team.cloud, version_4(keys)).headers["X-Subject-Token"]
    ann = f"/users/{team.ids['ann']}"
    assert team.cloud.get("/auth/tokens", token=held, X_Subject_Token=held).status_code == 200
    for path in (
        ann,
        "/auth/catalog",
        "/auth/projects",
        "/credentials",
        f"{ann}/credentials/OS-EC2",
        "/OS-TRUST/trusts",
    ):
        assert team.cloud.get(path, token=held).status_code == 403, path
    made = {"application_credential": {"name": "x"}}
    assert team.cloud.post(f"{ann}/application_credentials", made, token=held).status_code == 403
    exchange = {"methods": ["token"], "token": {"id": held}}
    assert team.cloud.log_in(exchange, {"project": {"id": team.project}}).status_code == 403


def bound_key(team: Team, who: str, **bounds: str) -> Keys:
    """A key that was made by delegation while that was still possible."""
    keys = Keys("a" * 32, "s" * 32)
    blob = {"access": keys.access, "secret": keys.secret, **bounds}
    with team.cloud.database.write() as session:
        values = {"user_id": team.ids[who], "project_id": team.project, "type": "ec2"}
        values["blob"] = orjson.dumps(blob).decode()
        credentials.create(session, team.cloud.settings, values, {})
    return keys


def test_an_old_key_of_an_application_credential_does_no_more_than_that(team: Team) -> None:
    made = team.robot(roles=[{"name": "reader"}])
    keys = bound_key(team, "ann", app_cred_id=made["id"])
    token = ask(team.cloud, version_2(keys)).json["token"]
    assert [role["name"] for role in token["roles"]] == ["reader"]
    assert token["application_credential"]["id"] == made["id"]
    assert team.cloud.log_in(by_credential(made)).status_code == 201
    team.cloud.delete(f"/users/{team.ids['ann']}/application_credentials/{made['id']}", token=team.token)
    assert ask(team.cloud, version_2(keys)).status_code == 401


@pytest.mark.parametrize("way", ["ec2", "s3"])
def test_an_old_key_of_an_application_credential_with_access_rules_is_worth_nothing(team: Team, way: str) -> None:
    rule = {"service": "object-store", "method": "GET", "path": "/v1/**"}
    keys = bound_key(team, "ann", app_cred_id=team.robot(access_rules=[rule])["id"])
    assert ask(team.cloud, s3_4(keys) if way == "s3" else version_2(keys), way).status_code == 401


@pytest.mark.parametrize("impersonation", [True, False])
def test_an_old_key_of_a_trust_does_no_more_than_that(team: Team, impersonation: bool) -> None:
    body = {"trustor_user_id": team.ids["ann"], "trustee_user_id": team.ids["bob"], "project_id": team.project}
    body |= {"impersonation": impersonation, "roles": [{"name": "reader"}], "remaining_uses": 2}
    made = team.cloud.post("/OS-TRUST/trusts", {"trust": body}, token=team.token).json["trust"]
    who = "ann" if impersonation else "bob"
    keys = bound_key(team, who, trust_id=made["id"])
    token = ask(team.cloud, version_2(keys)).json["token"]
    assert token["user"]["id"] == team.ids[who] and token["OS-TRUST:trust"]["id"] == made["id"]
    assert [role["name"] for role in token["roles"]] == ["reader"]
    assert ask(team.cloud, version_2(keys)).status_code == 200
    assert ask(team.cloud, version_2(keys)).status_code == 401


def test_nobody_borrows_the_trust_of_others_for_a_key(team: Team) -> None:
    body = {"trustor_user_id": team.ids["ann"], "trustee_user_id": team.ids["bob"], "project_id": team.project}
    body |= {"impersonation": True, "roles": [{"name": "member"}]}
    made = team.cloud.post("/OS-TRUST/trusts", {"trust": body}, token=team.token).json["trust"]
    assert ask(team.cloud, version_2(bound_key(team, "carl", trust_id=made["id"]))).status_code == 401


def test_a_key_of_another_project_is_not_that_of_its_application_credential(team: Team) -> None:
    made, own = team.robot(), team.project
    team.project = team.cloud.make("project", name="other")["id"]
    team.grant("ann", "member")
    keys = bound_key(team, "ann", app_cred_id=made["id"])
    assert ask(team.cloud, version_2(keys)).status_code == 401
    with team.cloud.database.read() as session:
        assert session.query(Credential).one().project_id != own


def test_a_login_by_a_signature_leaves_a_trace(team: Team, keys: Keys) -> None:
    ask(team.cloud, version_2(keys))
    ask(team.cloud, {**version_2(keys), "signature": "x"})
    with team.cloud.database.read() as session:
        found = session.query(AuditEvent).filter(AuditEvent.action == "authenticate_ec2").all()
        assert sorted((row.outcome, row.target_id) for row in found) == [
            ("failure", keys.access),
            ("success", team.ids["ann"]),
        ]


def test_a_key_for_a_domain_taken_for_a_project_opens_nothing(team: Team) -> None:
    team.grant("ann", "member", "default")
    blob = orjson.dumps({"access": "a" * 32, "secret": "b" * 32}).decode()
    values = {"user_id": team.ids["ann"], "project_id": "default", "type": "ec2", "blob": blob}
    team.cloud.make("credential", **values)
    reply = team.cloud.post("/ec2tokens", {"credentials": version_2_of_the_library(Keys("a" * 32, "b" * 32))})
    assert reply.status_code == 401
