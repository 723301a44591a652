"""Stories about OAuth1: a user lets a program work as oneself without telling it the password."""

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qs

import pytest
from oauthlib import oauth1
from sqlalchemy import update

from identity_stories import PASSWORD, Identity, by_password, in_project
from pileus.core.db import now
from pileus.identity.models import AccessToken, AuditEvent, Consumer, Nonce, RequestToken

PUBLIC = "http://127.0.0.1:8080/identity/v3"


@dataclass
class Program:
    """A consumer as it talks to the cloud; `token` is its request token or access token."""

    cloud: Identity
    key: str
    secret: str
    token: str | None = None
    token_secret: str | None = None

    def sign(self, path: str, base: str = PUBLIC, **more: Any) -> dict[str, str]:
        """The header of a signed POST."""
        client = oauth1.Client(
            self.key,
            client_secret=self.secret,
            resource_owner_key=self.token,
            resource_owner_secret=self.token_secret,
            **more,
        )
        return dict(client.sign(f"{base}{path}", http_method="POST")[1])

    def take(self, path: str, status: int = 201, **more: Any) -> Any:
        """Ask for a token and keep it."""
        project = {"Requested-Project-Id": more.pop("project")} if "project" in more else {}
        reply = self.cloud.post(path, token=None, **self.sign(path, **more), **project)
        assert reply.status_code == status, reply.text
        if status == 201:
            assert reply.mimetype == "application/x-www-form-urlencoded"
            given = {name: values[0] for name, values in parse_qs(reply.text).items()}
            assert given["oauth_expires_at"].endswith("Z")
            self.token, self.token_secret = given["oauth_token"], given["oauth_token_secret"]
        return reply

    def ask(self, project: str, status: int = 201, **more: Any) -> Any:
        self.token = self.token_secret = None
        return self.take("/OS-OAUTH1/request_token", status, project=project, callback_uri="oob", **more)

    def exchange(self, verifier: str, status: int = 201) -> Any:
        return self.take("/OS-OAUTH1/access_token", status, verifier=verifier)

    def log_in(self, scope: Any = None, **headers: str) -> Any:
        return self.cloud.log_in({"methods": ["oauth1"], "oauth1": {}}, scope, **(headers or self.sign("/auth/tokens")))


@dataclass
class Stage:
    """A cloud with a project, and a consumer that wants to work there."""

    cloud: Identity
    program: Program
    project: str
    roles: dict[str, str]

    def agree(self, *roles: str, token: str = "", status: int = 200) -> str:
        """The admin agrees; answers with the verifier."""
        body = {"roles": [{"name": role} for role in roles]}
        path = f"/OS-OAUTH1/authorize/{self.program.token}"
        reply = self.cloud.put(path, body, token=token)
        assert reply.status_code == status, reply.text
        return str(reply.json["token"]["oauth_verifier"]) if status == 200 else ""

    def grant(self, *roles: str) -> Program:
        """The whole way to an access token."""
        self.program.ask(self.project)
        self.program.exchange(self.agree(*(roles or ("member",))))
        return self.program


@pytest.fixture
def stage(identity: Identity) -> Stage:
    project = identity.make("project", name="web")["id"]
    admin = identity.get("/users?name=admin").json["users"][0]["id"]
    roles = {role["name"]: role["id"] for role in identity.get("/roles").json["roles"]}
    identity.put(f"/projects/{project}/users/{admin}/roles/{roles['member']}")
    made = identity.post("/OS-OAUTH1/consumers", {"consumer": {"description": "printer"}}).json["consumer"]
    return Stage(identity, Program(identity, made["id"], made["secret"]), project, roles | {"": admin})


def test_a_consumer_works_as_the_user_who_agreed(stage: Stage) -> None:
    program = stage.grant("reader")
    reply = program.log_in()
    assert reply.status_code == 201, reply.text
    token = reply.json["token"]
    assert token["methods"] == ["oauth1"] and token["user"]["name"] == "admin"
    assert token["project"]["id"] == stage.project and [role["name"] for role in token["roles"]] == ["reader"]
    assert token["OS-OAUTH1"] == {"access_token_id": program.token, "consumer_id": program.key}
    held = reply.headers["X-Subject-Token"]
    shown = stage.cloud.get("/auth/tokens", X_Subject_Token=held).json["token"]
    assert shown["OS-OAUTH1"] == token["OS-OAUTH1"]
    other = program.log_in(in_project("admin"))
    assert other.status_code == 201 and other.json["token"]["project"]["id"] == stage.project


def test_a_signed_request_works_once(stage: Stage) -> None:
    program = stage.grant()
    signed = program.sign("/auth/tokens")
    assert program.log_in(**signed).status_code == 201
    assert program.log_in(**signed).status_code == 401
    header = Program(stage.cloud, program.key, program.secret).sign("/OS-OAUTH1/request_token", callback_uri="oob")
    for expected in (201, 401):
        reply = stage.cloud.post("/OS-OAUTH1/request_token", token=None, Requested_Project_Id=stage.project, **header)
        assert reply.status_code == expected, reply.text


@pytest.mark.parametrize("part", ["key", "token", "nonce", "verifier"])
def test_a_nul_is_no_part_of_a_signed_request(stage: Stage, part: str) -> None:
    program = Program(stage.cloud, stage.program.key, stage.program.secret, "t", "s")
    more = {}
    if part in ("key", "token"):
        setattr(program, part, "\0")
    elif part == "nonce":
        more = {"nonce": "12345678\0"}
    headers = program.sign("/OS-OAUTH1/access_token", verifier="\0" if part == "verifier" else "v", **more)
    assert "%00" in headers["Authorization"]
    assert stage.cloud.post("/OS-OAUTH1/access_token", token=None, **headers).status_code == 400
    first = replace(program, token=None, token_secret=None).sign("/OS-OAUTH1/request_token", callback_uri="oob", **more)
    reply = stage.cloud.post("/OS-OAUTH1/request_token", token=None, Requested_Project_Id=stage.project, **first)
    assert reply.status_code == (400 if part in ("key", "nonce") else 201)
    login = program.log_in(**program.sign("/auth/tokens", **more))
    assert login.status_code == 401


def test_a_signature_is_of_now(stage: Stage) -> None:
    program = stage.grant()
    for seconds, status in ((-1200, 401), (1200, 401), (-60, 201), (60, 201)):
        signed = program.sign("/auth/tokens", timestamp=str(int(time.time()) + seconds))
        assert program.log_in(**signed).status_code == status, seconds


def test_whatever_is_changed_breaks_the_signature(stage: Stage) -> None:
    program = stage.grant()
    right = program.sign("/auth/tokens")["Authorization"]
    nonce = right.split('oauth_nonce="')[1].split('"')[0]
    swapped = {
        "a nonce": right.replace(nonce, nonce[::-1]),
        "the consumer": right.replace(program.key, "f" * 32),
        "the token": right.replace(str(program.token), "f" * 32),
        "the method of signing": right.replace("HMAC-SHA1", "PLAINTEXT"),
        "everything": "OAuth nonsense",
        "the kind": "Basic YWRtaW46YWRtaW4=",
    }
    for what, header in swapped.items():
        assert program.log_in(Authorization=header).status_code in (400, 401), what
    assert program.log_in(**program.sign("/auth/tokens", base="http://elsewhere:1/identity/v3")).status_code == 401
    assert program.log_in(**program.sign("/auth/other")).status_code == 401
    assert program.log_in(Authorization=right).status_code == 201
    program.secret = "0" * 64
    assert program.log_in().status_code == 401


def test_the_address_a_request_arrived_at_counts_too(stage: Stage) -> None:
    program = stage.grant()
    assert program.log_in(**program.sign("/auth/tokens", base="http://localhost/identity/v3")).status_code == 201


@pytest.mark.parametrize(
    "way", [oauth1.SIGNATURE_HMAC_SHA1, oauth1.SIGNATURE_HMAC_SHA256, oauth1.SIGNATURE_HMAC_SHA512]
)
def test_each_hash_will_do(stage: Stage, way: str) -> None:
    program = stage.grant()
    assert program.log_in(**program.sign("/auth/tokens", signature_method=way)).status_code == 201


def test_nobody_gets_a_request_token_without_a_consumer(stage: Stage) -> None:
    stranger = Program(stage.cloud, "f" * 32, stage.program.secret)
    assert stranger.ask(stage.project, 401).json["error"]["code"] == 401
    assert Program(stage.cloud, stage.program.key, "wrong").ask(stage.project, 401)
    stage.program.ask("nowhere", 404)
    path = "/OS-OAUTH1/request_token"
    assert stage.cloud.post(path, token=None, **stage.program.sign(path, callback_uri="oob")).status_code == 400
    reply = stage.cloud.post(path, token=None, Requested_Project_Id=stage.project)
    assert reply.status_code == 400 and "oauth" in reply.json["error"]["message"].lower()


def test_only_the_verifier_turns_a_request_token_into_an_access_token(stage: Stage) -> None:
    stage.program.ask(stage.project)
    asked = (stage.program.token, stage.program.token_secret)
    stage.program.exchange("0" * 16, 401)
    verifier = stage.agree("member")
    stage.program.exchange("0" * 16, 401)
    stage.program.exchange(verifier)
    stage.program.token, stage.program.token_secret = asked
    stage.program.exchange(verifier, 401)
    assert stage.program.log_in().status_code == 401


def test_of_two_who_exchange_a_request_token_at_once_one_gets_an_access_token(stage: Stage) -> None:
    stage.program.ask(stage.project)
    verifier = stage.agree("member")
    app, path = stage.cloud.client.application, "/OS-OAUTH1/access_token"

    def exchange(_number: int) -> int:
        cloud = replace(stage.cloud, client=app.test_client())
        return int(cloud.post(path, token=None, **stage.program.sign(path, verifier=verifier)).status_code)

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(exchange, range(4))) == [201, 401, 401, 401]
    with stage.cloud.database.read() as session:
        assert session.query(AccessToken).count() == 1


def test_a_signed_request_works_once_even_at_once(stage: Stage) -> None:
    program = stage.grant()
    signed, app = program.sign("/auth/tokens"), stage.cloud.client.application

    def log_in(_number: int) -> int:
        cloud = replace(stage.cloud, client=app.test_client())
        return int(cloud.log_in({"methods": ["oauth1"], "oauth1": {}}, **signed).status_code)

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(log_in, range(4))) == [201, 401, 401, 401]


def test_a_request_token_is_the_consumers_own(stage: Stage) -> None:
    stage.program.ask(stage.project)
    verifier = stage.agree("member")
    made = stage.cloud.post("/OS-OAUTH1/consumers", {"consumer": {}}).json["consumer"]
    thief = Program(stage.cloud, made["id"], made["secret"], stage.program.token, stage.program.token_secret)
    thief.exchange(verifier, 401)
    stage.program.exchange(verifier)
    thief.token, thief.token_secret = stage.program.token, stage.program.token_secret
    assert thief.log_in().status_code == 401


def test_nobody_agrees_to_more_than_one_has(stage: Stage) -> None:
    stage.program.ask(stage.project)
    stage.agree("admin", status=401)
    stage.agree("nothing", status=404)
    assert stage.cloud.put(f"/OS-OAUTH1/authorize/{stage.program.token}", {"roles": []}).status_code == 400
    assert stage.cloud.put("/OS-OAUTH1/authorize/none", {"roles": [{"name": "member"}]}).status_code == 404
    user = stage.cloud.make("user", name="ann", password="secret")["id"]
    stage.cloud.put(f"/projects/{stage.project}/users/{user}/roles/{stage.roles['member']}")
    ann = stage.cloud.token("ann", "secret", {"project": {"id": stage.project}})
    stage.agree("member", token=ann, status=403)


def test_what_has_expired_is_worth_nothing(stage: Stage) -> None:
    def expire(model: Any) -> None:
        with stage.cloud.database.write() as session:
            session.execute(update(model).values(expires_at=now()))

    stage.program.ask(stage.project)
    verifier = stage.agree("member")
    expire(RequestToken)
    stage.agree("member", status=401)
    stage.program.exchange(verifier, 401)
    stage.grant()
    expire(AccessToken)
    assert stage.program.log_in().status_code == 401


def test_a_token_of_a_consumer_makes_no_further_ways_in(stage: Stage) -> None:
    held = stage.grant("member").log_in().headers["X-Subject-Token"]
    admin, cloud = stage.roles[""], stage.cloud
    other = Program(cloud, stage.program.key, stage.program.secret)
    other.ask(stage.project)
    assert (
        cloud.put(f"/OS-OAUTH1/authorize/{other.token}", {"roles": [{"name": "member"}]}, token=held).status_code == 403
    )
    own = f"/users/{admin}"
    assert cloud.get(f"{own}/OS-OAUTH1/access_tokens", token=held).status_code == 403
    assert cloud.post(f"{own}/credentials/OS-EC2", {"tenant_id": stage.project}, token=held).status_code == 403
    made = {"application_credential": {"name": "x"}}
    assert cloud.post(f"{own}/application_credentials", made, token=held).status_code == 403
    body = {"trustor_user_id": admin, "trustee_user_id": admin, "impersonation": True, "project_id": stage.project}
    reply = cloud.post("/OS-TRUST/trusts", {"trust": {**body, "roles": [{"name": "member"}]}}, token=held)
    assert reply.status_code == 403
    assert cloud.log_in({"methods": ["token"], "token": {"id": held}}, in_project("admin")).status_code == 403


def test_what_was_granted_is_shown_and_taken_back(stage: Stage) -> None:
    program = stage.grant("member", "reader")
    held = program.log_in().headers["X-Subject-Token"]
    base = f"/users/{stage.roles['']}/OS-OAUTH1/access_tokens"
    (shown,) = stage.cloud.get(base).json["access_tokens"]
    assert shown["id"] == program.token and shown["consumer_id"] == program.key
    assert shown["authorizing_user_id"] == stage.roles[""] and shown["project_id"] == stage.project
    assert shown["links"]["roles"].endswith(f"{program.token}/roles")
    assert stage.cloud.get(f"{base}/{program.token}").json["access_token"] == shown
    found = stage.cloud.get(f"{base}/{program.token}/roles").json["roles"]
    assert {role["name"] for role in found} == {"member", "reader"}
    assert stage.cloud.get(f"{base}/{program.token}/roles/{stage.roles['member']}").json["role"]["name"] == "member"
    assert stage.cloud.get(f"{base}/{program.token}/roles/{stage.roles['admin']}").status_code == 404
    user = stage.cloud.make("user", name="ann", password="secret")["id"]
    assert stage.cloud.get(f"/users/{user}/OS-OAUTH1/access_tokens/{program.token}").status_code == 404
    ann = stage.cloud.token("ann", "secret")
    assert stage.cloud.get(base, token=ann).status_code == 403
    assert stage.cloud.get(f"/users/{user}/OS-OAUTH1/access_tokens", token=ann).json["access_tokens"] == []
    assert stage.cloud.get("/auth/catalog", token=held).status_code == 200
    assert stage.cloud.delete(f"{base}/{program.token}").status_code == 204
    assert stage.cloud.get("/auth/catalog", token=held).status_code == 401
    assert program.log_in().status_code == 401
    events = stage.cloud.get("/OS-REVOKE/events").json["events"]
    assert program.token in {event.get("OS-OAUTH1:access_token_id") for event in events}


@pytest.mark.parametrize("what", ["consumer", "role", "project", "user"])
def test_tokens_of_a_consumer_end_with_what_they_rest_on(stage: Stage, what: str) -> None:
    cloud, admin = stage.cloud, stage.roles[""]
    held = stage.grant("member").log_in().headers["X-Subject-Token"]
    assert cloud.get("/auth/catalog", token=held).status_code == 200
    if what == "consumer":
        assert cloud.delete(f"/OS-OAUTH1/consumers/{stage.program.key}").status_code == 204
    elif what == "role":
        path = f"/projects/{stage.project}/users/{admin}/roles/{stage.roles['member']}"
        assert cloud.delete(path).status_code == 204
    elif what == "project":
        assert cloud.delete(f"/projects/{stage.project}").status_code == 204
    else:
        assert cloud.patch(f"/users/{admin}", {"user": {"enabled": False}}).status_code == 200
    assert cloud.get("/auth/catalog", token=held).status_code == 401
    assert stage.program.log_in().status_code == 401


def test_a_stolen_database_yields_no_secret_of_a_consumer(stage: Stage) -> None:
    stage.program.ask(stage.project)
    first = str(stage.program.token_secret)
    stage.program.exchange(stage.agree("member"))
    with stage.cloud.database.read() as session:
        rows = [*session.query(Consumer).all(), *session.query(AccessToken).all()]
        text = " ".join(row.sealed for row in rows)
        assert session.query(Nonce).count() == 2 and session.query(RequestToken).count() == 0
    for secret in (stage.program.secret, first, str(stage.program.token_secret)):
        assert secret not in text


def test_the_way_of_a_consumer_leaves_a_trace(stage: Stage) -> None:
    stage.grant().log_in()
    with stage.cloud.database.read() as session:
        rows = session.query(AuditEvent).order_by(AuditEvent.at).all()[-4:]
    admin, consumer = stage.roles[""], stage.program.key
    assert [(row.action, row.initiator_id) for row in rows] == [
        ("create_request_token", consumer),
        ("authorize_request_token", admin),
        ("create_access_token", consumer),
        ("authenticate", admin),
    ]
    assert rows[2].target_id == stage.program.token and rows[2].address == "127.0.0.1"


def test_the_log_says_no_secret(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("DEBUG"):
        stage.grant().log_in()
        stage.program.log_in(**stage.program.sign("/auth/other"))
    said = caplog.text
    for secret in (stage.program.secret, str(stage.program.token_secret)):
        assert secret not in said


def test_a_password_is_asked_for_where_the_header_is_missing(stage: Stage) -> None:
    program = stage.grant()
    assert program.log_in(X_Nothing="").status_code in (400, 401)
    both = {**by_password("admin", PASSWORD), "methods": ["password", "oauth1"], "oauth1": {}}
    assert stage.cloud.log_in(both, **program.sign("/auth/tokens")).status_code == 201
