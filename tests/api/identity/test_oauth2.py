"""Stories about bearer tokens that programs get for their application credentials, by RFC 6749."""

import base64
import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

import shapes
from delegation_stories import Team, team
from identity_stories import PASSWORD, Identity, in_project
from pileus.core.db import now
from pileus.identity.models import AuditEvent

__all__ = ["team"]
GRANT = {"grant_type": "client_credentials"}


@dataclass(frozen=True)
class Robot:
    """A program with an application credential of Ann's."""

    team: Team
    id: str
    secret: str

    def ask(self, form: Any = None, authorization: str | None = "", **more: Any) -> Any:
        """Ask for a bearer token, with id and secret in the header unless another one is given."""
        basic = base64.b64encode(f"{self.id}:{self.secret}".encode()).decode()
        chosen = f"Basic {basic}" if authorization == "" else authorization
        headers = {"Authorization": chosen} if chosen else {}
        client = self.team.cloud.client
        data = GRANT if form is None else form
        reply = client.post("/identity/v3/OS-OAUTH2/token", data=data, headers=headers, **more)
        shapes.check(client.application, reply)
        return reply


@pytest.fixture
def robot(team: Team) -> Robot:
    made = team.robot()
    return Robot(team, made["id"], made["secret"])


def test_an_application_credential_gets_a_bearer_token(team: Team, robot: Robot) -> None:
    reply = robot.ask()
    assert reply.status_code == 200, reply.text
    assert reply.headers["Cache-Control"] == "no-store" and reply.headers["Pragma"] == "no-cache"
    assert reply.json["token_type"] == "Bearer" and reply.json["expires_in"] == team.cloud.settings.token_lifetime
    bearer = {"Authorization": f"Bearer {reply.json['access_token']}"}
    assert team.cloud.get(f"/users/{team.ids['ann']}", token=None, **bearer).status_code == 200
    shown = team.cloud.get("/auth/tokens", X_Subject_Token=reply.json["access_token"]).json["token"]
    assert shown["application_credential"]["id"] == robot.id and shown["methods"] == ["application_credential"]
    assert shown["project"]["id"] == team.project
    team.cloud.delete(f"/users/{team.ids['ann']}/application_credentials/{robot.id}", token=team.token)
    assert team.cloud.get(f"/users/{team.ids['ann']}", token=None, **bearer).status_code == 401


def test_id_and_secret_may_stand_in_the_form(robot: Robot) -> None:
    named = {**GRANT, "client_id": robot.id, "client_secret": robot.secret}
    assert robot.ask(named, authorization=None).status_code == 200
    assert robot.ask({**GRANT, "client_id": robot.id}).status_code == 200
    assert robot.ask(named).json["error"] == "invalid_request"


def test_the_token_ends_with_the_credential(team: Team) -> None:
    end = (now() + dt.timedelta(seconds=100)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    made = team.robot(expires_at=end)
    assert 90 < Robot(team, made["id"], made["secret"]).ask().json["expires_in"] <= 100


def test_access_rules_bind_a_bearer_token(team: Team) -> None:
    rule = {"service": "identity", "method": "GET", "path": "/v3/users/{user_id}"}
    made = team.robot(access_rules=[rule])
    token = Robot(team, made["id"], made["secret"]).ask().json["access_token"]
    bearer = {"Authorization": f"Bearer {token}"}
    assert team.cloud.get(f"/users/{team.ids['ann']}", token=None, **bearer).status_code == 200
    assert team.cloud.get("/auth/projects", token=None, **bearer).status_code == 401


FORMS = [
    ({}, "invalid_request"),
    ({"grant_type": ""}, "invalid_request"),
    ({"grant_type": "password"}, "unsupported_grant_type"),
    ({"grant_type": ["client_credentials"] * 2}, "invalid_request"),
    ({"grant_type": "client_credentials", "padding": "x" * 70_000}, "invalid_request"),
]


@pytest.mark.parametrize(("form", "error"), FORMS)
def test_a_form_that_asks_for_nothing_is_refused(robot: Robot, form: Any, error: str) -> None:
    reply = robot.ask(form)
    assert (reply.status_code, reply.json["error"]) == (400, error)
    assert reply.json["error_description"] and reply.headers["Cache-Control"] == "no-store"


def test_a_body_that_is_no_form_is_refused(robot: Robot) -> None:
    for kind in ("application/json", "multipart/form-data; boundary=x", "text/plain"):
        reply = robot.ask(b'{"grant_type": "client_credentials"}', content_type=kind)
        assert (reply.status_code, reply.json["error"]) == (400, "invalid_request"), kind


def basic(text: str) -> str:
    return "Basic " + base64.b64encode(text.encode()).decode()


def test_whoever_does_not_prove_to_be_the_client_gets_one_answer(team: Team, robot: Robot) -> None:
    gone = team.robot(name="gone")
    team.cloud.delete(f"/users/{team.ids['ann']}/application_credentials/{gone['id']}", token=team.token)
    right = [f"{robot.id}:wrong", f"{gone['id']}:{gone['secret']}", "nobody:secret", f"{'x' * 300}:secret", "é:é"]
    answers = [robot.ask(authorization=basic(text)) for text in right]
    assert {(reply.status_code, reply.text) for reply in answers} == {(401, answers[0].text)}
    odd = ["a\0b:secret", f"{robot.id}:a\0b", f"{robot.id}:", ":secret", robot.id]
    ways = [basic(text) for text in odd] + [None, "Basic", "Basic %%", "Basic gA==", f"Bearer {team.token}", "x"]
    for given in ways:
        reply = robot.ask(authorization=given)
        assert (reply.status_code, reply.json["error"]) == (401, "invalid_client"), given
        assert reply.headers["WWW-Authenticate"].startswith("Basic ")


def test_guessing_secrets_ends_for_bearer_tokens_as_for_logins(team: Team, robot: Robot) -> None:
    for _ in range(team.cloud.settings.login_failures_per_user):
        assert robot.ask(authorization=basic(f"{robot.id}:wrong")).status_code == 401
    reply = robot.ask()
    assert reply.status_code == 429 and int(reply.headers["Retry-After"]) > 0
    assert reply.json["error"] == "other_error" and "seconds" in reply.json["error_description"]
    given = {"id": robot.id, "secret": robot.secret}
    login = {"methods": ["application_credential"], "application_credential": given}
    assert team.cloud.log_in(login).status_code == 429


def test_a_bearer_token_leaves_a_trace(team: Team, robot: Robot) -> None:
    robot.ask()
    robot.ask(authorization=basic(f"{robot.id}:wrong"))
    with team.cloud.database.read() as session:
        rows = session.query(AuditEvent).filter(AuditEvent.action == "authenticate").all()
        found = {(row.outcome, row.target_id) for row in rows}
    assert found >= {("success", team.ids["ann"]), ("failure", robot.id)}


def test_there_is_nothing_to_get_but_by_asking(robot: Robot) -> None:
    for method in ("GET", "PUT", "PATCH", "DELETE"):
        reply = robot.team.cloud.client.open("/identity/v3/OS-OAUTH2/token", method=method)
        assert reply.status_code == 405 and "POST" in reply.headers["Allow"]


@pytest.mark.parametrize("way", [str, str.lower, str.upper])
def test_a_token_may_be_shown_as_a_bearer_token(identity: Identity, way: Callable[[str], str]) -> None:
    scheme, token = way("Bearer"), identity.token("admin", PASSWORD, in_project("admin"))
    assert identity.get("/users", token=None, Authorization=f"{scheme} {token}").status_code == 200
    for wrong in (token, f"Basic {token}", f"{scheme}", f"{scheme} ", f"{scheme} x{token}", f"{scheme}{token}"):
        assert identity.get("/users", token=None, Authorization=wrong).status_code == 401, wrong
    assert identity.delete("/auth/tokens", X_Subject_Token=token).status_code == 204
    assert identity.get("/users", token=None, Authorization=f"{scheme} {token}").status_code == 401


def test_of_two_tokens_the_one_of_openstack_counts(identity: Identity) -> None:
    nobody = identity.token("admin", PASSWORD, "unscoped")
    both = {"Authorization": f"Bearer {identity.admin}"}
    assert identity.get("/users", token=nobody, **both).status_code == 403
    assert identity.get("/users", token="junk", **both).status_code == 401
