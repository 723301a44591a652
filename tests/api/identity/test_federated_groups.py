"""Stories about the groups that a login by an identity provider brings: what they reach, and how long they last."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from federation_stories import CAMPUS, behind_proxy, log_in, rescoped
from identity_stories import Identity
from pileus.core.db import now
from pileus.identity.models import Membership


@pytest.fixture
def federated(identity_with: Callable[..., Identity], tmp_path: Path) -> Identity:
    return behind_proxy(identity_with, tmp_path)


def test_a_tree_shows_what_is_reached_by_the_groups_of_the_token(federated: Identity) -> None:
    web = federated.get("/projects?name=web").json["projects"][0]["id"]
    leaf = federated.make("project", name="leaf", parent_id=web)["id"]
    crew = federated.get("/groups?name=crew").json["groups"][0]["id"]
    member = federated.get("/roles?name=member").json["roles"][0]["id"]
    assert federated.put(f"/projects/{leaf}/groups/{crew}/roles/{member}").status_code == 204
    scoped = rescoped(federated, log_in(federated).headers["X-Subject-Token"], {"project": {"id": leaf}})
    token = scoped.headers["X-Subject-Token"]
    shown = federated.get(f"/projects/{leaf}?parents_as_list", token=token).json["project"]["parents"]
    assert [one["project"]["id"] for one in shown] == [web]


def test_groups_of_a_login_last_as_long_as_the_provider_s_ttl(federated: Identity) -> None:
    federated.patch(CAMPUS, {"identity_provider": {"authorization_ttl": 60}})
    reply = log_in(federated)
    user = reply.json["token"]["user"]["id"]
    (crew,) = federated.get(f"/users/{user}/groups").json["groups"]
    ends = datetime.fromisoformat(crew["membership_expires_at"]) - datetime.now(UTC)
    assert crew["name"] == "crew" and timedelta(minutes=59) < ends <= timedelta(minutes=60)
    member = f"/groups/{crew['id']}/users/{user}"
    assert federated.get(member).status_code == 204
    made = rescoped(federated, reply.headers["X-Subject-Token"])
    robot = federated.post(
        f"/users/{user}/application_credentials",
        {"application_credential": {"name": "robot"}},
        token=made.headers["X-Subject-Token"],
    ).json["application_credential"]
    by_robot = {
        "methods": ["application_credential"],
        "application_credential": {"id": robot["id"], "secret": robot["secret"]},
    }
    token = federated.log_in(by_robot).headers["X-Subject-Token"]
    assert federated.get("/auth/catalog", token=token).status_code == 200
    with federated.database.write() as session:  # an hour later
        assert session.execute(select(Membership.expires_at)).scalar_one() > now()
        session.execute(update(Membership).values(expires_at=now()))
    assert federated.log_in(by_robot).status_code == 401
    assert federated.get(f"/users/{user}/groups").json["groups"] == []
    assert federated.get(member).status_code == 404
    assert log_in(federated).status_code == 201
    assert federated.get(member).status_code == 204
    assert federated.log_in(by_robot).status_code == 201
