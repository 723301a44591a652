"""Stories about service tokens: a service works on for a user whose token has ended meanwhile."""

import datetime as dt
from dataclasses import dataclass, replace

import pytest

from identity_stories import PASSWORD, Identity, in_project
from pileus.core.context import Context
from pileus.identity.operations import access
from pileus.identity.operations.formats import unpack_token


@dataclass
class World:
    """A member's token, and the tokens of a service and of somebody who is none."""

    identity: Identity
    member: str
    service: str
    other: str

    def projects(self, token: str, by: str | None = None) -> int:
        """The status of a call that every member may make, made for the bearer of `token` by a service."""
        headers = {} if by is None else {"X_Service_Token": by}
        return int(self.identity.get("/auth/projects", token=token, **headers).status_code)

    def show(self, subject: str, token: str, query: str = "?allow_expired=1") -> int:
        """The status of looking at a token."""
        return int(self.identity.get(f"/auth/tokens{query}", token=token, X_Subject_Token=subject).status_code)

    def aged(self, token: str, seconds: int) -> str:
        """The same token, had it been issued that much earlier."""
        settings = self.identity.settings
        vault = access.vault(settings)
        content = unpack_token(vault.keys.decrypt(token))
        assert content is not None
        back = dt.timedelta(seconds=seconds)
        return vault.keys.encrypt(replace(content, issued=content.issued - back, expires=content.expires - back).pack())


@pytest.fixture
def world(identity: Identity) -> World:
    roles = {role["name"]: role["id"] for role in identity.get("/roles").json["roles"]}
    project = identity.make("project", name="services")["id"]
    for name, role in (("ann", "member"), ("nova", "service"), ("bob", "reader")):
        user = identity.make("user", name=name, password=PASSWORD)["id"]
        assert identity.put(f"/projects/{project}/users/{user}/roles/{roles[role]}").status_code == 204
    tokens = [identity.token(name, PASSWORD, in_project("services")) for name in ("ann", "nova", "bob")]
    return World(identity, *tokens)


def test_a_token_that_has_ended_works_only_for_a_service(world: World) -> None:
    ended = world.aged(world.member, world.identity.settings.token_lifetime + 60)
    assert world.projects(world.member) == 200
    assert world.projects(ended) == 401
    assert world.projects(ended, by=world.service) == 200
    assert world.projects(ended, by=world.other) == 401
    assert world.projects(ended, by=ended) == 401
    assert world.projects(ended) == 401  # that it was remembered does not help anybody else


def test_the_window_closes(world: World) -> None:
    settings = world.identity.settings
    old = world.aged(world.member, settings.token_lifetime + settings.token_expired_window + 60)
    assert world.projects(old, by=world.service) == 401
    assert world.show(old, world.service) == 404


def test_a_bad_service_token_is_refused_whatever_the_user_shows(world: World) -> None:
    ended = world.aged(world.service, world.identity.settings.token_lifetime + 60)
    for bad in ("nonsense", ended):
        assert world.projects(world.member, by=bad) == 401
    assert world.projects(world.member, by=world.other) == 200
    assert world.projects(world.member, by="") == 200
    assert world.identity.get("/auth/projects", token=None, X_Service_Token=world.service).status_code == 401


def test_a_revoked_token_is_dead_for_services_too(world: World) -> None:
    ended = world.aged(world.member, world.identity.settings.token_lifetime + 60)
    assert world.projects(ended, by=world.service) == 200
    user = next(u["id"] for u in world.identity.get("/users?name=ann").json["users"])
    world.identity.patch(f"/users/{user}", {"user": {"enabled": False}})
    assert world.projects(ended, by=world.service) == 401


def test_looking_at_a_token_that_has_ended_is_for_those_who_may_look_at_tokens(world: World) -> None:
    ended = world.aged(world.member, world.identity.settings.token_lifetime + 60)
    assert world.show(ended, world.service, "") == 404
    assert world.show(ended, world.service) == 200
    assert world.show(ended, world.identity.admin) == 200
    assert world.show(ended, world.member) == 200  # her own
    assert world.show(ended, world.other) == 403
    assert world.show(ended, ended) == 401


def test_access_rules_bind_users_and_not_the_services_that_work_for_them(world: World) -> None:
    user = next(u["id"] for u in world.identity.get("/users?name=ann").json["users"])
    rule = {"service": "image", "method": "GET", "path": "/v2/images"}
    made = world.identity.post(
        f"/users/{user}/application_credentials",
        {"application_credential": {"name": "robot", "access_rules": [rule]}},
        token=world.member,
    ).json["application_credential"]
    given = {"id": made["id"], "secret": made["secret"]}
    reply = world.identity.log_in({"methods": ["application_credential"], "application_credential": given})
    bound = reply.headers["X-Subject-Token"]
    assert world.projects(bound) == 401
    assert world.projects(bound, by=world.other) == 401
    assert world.projects(bound, by=world.service) == 200


def test_policy_rules_see_the_service() -> None:
    by = Context("nova", user_domain_id="d1", project_id="p1", project_domain_id="d2", roles=("service",))
    seen = Context("ann", project_id="p2", service=by).credentials()
    assert {name: value for name, value in seen.items() if name.startswith("service_")} == {
        "service_user_id": "nova",
        "service_user_domain_id": "d1",
        "service_project_id": "p1",
        "service_project_domain_id": "d2",
        "service_roles": ["service"],
    }
    assert seen["project_id"] == "p2"
    assert not any(name.startswith("service_") for name in Context("ann").credentials())
