"""Stories about what a token for a domain shows of the others, and about domains that are taken for projects."""

from dataclasses import dataclass

import pytest

from identity_stories import Identity, by_password


@dataclass
class Two:
    """Two domains, each with a user, a group and a project; both users are in both groups and projects."""

    cloud: Identity
    domains: dict[str, str]
    users: dict[str, str]
    groups: dict[str, str]
    projects: dict[str, str]
    roles: dict[str, str]

    def token(self, name: str, domain: str) -> str:
        """A token of the user of this name for a domain, on which the user gets the role reader."""
        where = f"/domains/{self.domains[domain]}/users/{self.users[name]}/roles/{self.roles['reader']}"
        assert self.cloud.put(where).status_code == 204
        who = {"methods": ["password"], "password": {"user": {"id": self.users[name], "password": "secret"}}}
        reply = self.cloud.log_in(who, {"domain": {"id": self.domains[domain]}})
        assert reply.status_code == 201, reply.text
        return str(reply.headers["X-Subject-Token"])

    def names(self, path: str, token: str = "") -> set[str]:
        """The names of what a list holds."""
        reply = self.cloud.get(path, token=token)
        assert reply.status_code == 200, reply.text
        return {one["name"] for one in reply.json[path.rpartition("/")[2].partition("?")[0]]}


@pytest.fixture
def two(identity: Identity) -> Two:
    domains = {name: identity.make("domain", name=name)["id"] for name in ("acme", "umbrella")}
    made: dict[str, dict[str, str]] = {"user": {}, "group": {}, "project": {}}
    for what, ids in made.items():
        more = {"password": "secret"} if what == "user" else {}
        for name, domain_id in domains.items():
            ids[name] = identity.make(what, name=f"{name}'s", domain_id=domain_id, **more)["id"]
    roles = {role["name"]: role["id"] for role in identity.get("/roles").json["roles"]}
    for user in made["user"].values():
        for name in domains:
            assert identity.put(f"/groups/{made['group'][name]}/users/{user}").status_code == 204
            grant = f"/projects/{made['project'][name]}/users/{user}/roles/{roles['member']}"
            assert identity.put(grant).status_code == 204
    return Two(identity, domains, made["user"], made["group"], made["project"], roles)


def test_a_token_for_a_domain_shows_nothing_of_other_domains(two: Two) -> None:
    both = {"acme's", "umbrella's"}
    lists = (
        f"/users/{two.users['acme']}/groups",
        f"/groups/{two.groups['acme']}/users",
        f"/users/{two.users['acme']}/projects",
    )
    reader = two.token("umbrella", "acme")
    for path in lists:
        assert two.names(path, reader) == {"acme's"}
        assert two.names(path) == both
        assert two.names(f"{path}?name=umbrella's", reader) == set()
    admin = two.roles["admin"]
    grant = f"/domains/{two.domains['acme']}/users/{two.users['umbrella']}/roles/{admin}"
    assert two.cloud.put(grant).status_code == 204
    for path in lists:
        assert two.names(path, reader) == {"acme's"}
    boss = two.cloud.make("user", name="boss", password="secret")["id"]
    assert two.cloud.put(f"/system/users/{boss}/roles/{two.roles['reader']}").status_code == 204
    system = two.cloud.token("boss", "secret", {"system": {"all": True}})
    for path in lists:
        assert two.names(path, system) == both


def test_who_asks_about_oneself_sees_all_with_a_token_for_a_domain_too(two: Two) -> None:
    own = two.token("acme", "acme")
    assert two.names(f"/users/{two.users['acme']}/groups", own) == {"acme's", "umbrella's"}
    assert two.names(f"/users/{two.users['acme']}/projects", own) == {"acme's", "umbrella's"}


def test_a_role_on_a_domain_taken_for_a_project_lets_nobody_in(two: Two) -> None:
    acme, user = two.domains["acme"], two.users["acme"]
    for place in (f"/projects/{acme}", f"/domains/{acme}"):
        assert two.cloud.put(f"{place}/users/{user}/roles/{two.roles['member']}").status_code == 204
    who = {"methods": ["password"], "password": {"user": {"id": user, "password": "secret"}}}
    assert two.cloud.log_in(who, {"project": {"id": acme}}).status_code == 401
    by_name = {"project": {"name": "acme", "domain": {"id": None}}}
    assert two.cloud.log_in(who, by_name).status_code == 400
    assert two.cloud.log_in(who, {"project": {"name": "acme", "domain": {"name": "acme"}}}).status_code == 401
    inside = two.cloud.log_in(who, {"project": {"id": two.projects["acme"]}})
    assert inside.json["token"]["is_domain"] is False
    token = inside.headers["X-Subject-Token"]
    assert two.names("/auth/projects", token) == {"acme's", "umbrella's"}
    for kind in ("project", "domain"):
        for more in ("", "&effective&role.id=" + two.roles["member"]):
            shown = two.cloud.get(f"/role_assignments?user.id={user}&include_names&scope.{kind}.id={acme}{more}")
            (made,) = shown.json["role_assignments"]
            assert made["scope"] == {kind: {"id": acme, "name": "acme"}}


def test_nothing_is_delegated_for_a_domain_taken_for_a_project(two: Two) -> None:
    acme, user = two.domains["acme"], two.users["acme"]
    assert two.cloud.put(f"/projects/{acme}/users/{user}/roles/{two.roles['member']}").status_code == 204
    token = two.token("acme", "acme")
    trust = {
        "trustor_user_id": user,
        "trustee_user_id": two.users["umbrella"],
        "project_id": acme,
        "impersonation": True,
        "roles": [{"name": "member"}],
    }
    assert two.cloud.post("/OS-TRUST/trusts", {"trust": trust}, token=token).status_code == 404
    path = f"/users/{user}/credentials/OS-EC2"
    assert two.cloud.post(path, {"tenant_id": acme}).status_code == 404


def test_an_inherited_role_on_a_domain_taken_for_a_project_reaches_those_below(two: Two) -> None:
    acme = two.domains["acme"]
    user = two.cloud.make("user", name="ann", password="secret")["id"]
    where = f"/OS-INHERIT/projects/{acme}/users/{user}/roles/{two.roles['member']}/inherited_to_projects"
    assert two.cloud.put(where).status_code == 204
    assert two.names("/auth/projects", two.cloud.token("ann", "secret")) == {"acme's"}
    below = {"project": {"id": two.projects["acme"]}}
    assert two.cloud.log_in(by_password("ann", "secret"), below).status_code == 201


def test_a_project_is_made_in_no_unknown_place(identity: Identity) -> None:
    for place in ({"domain_id": "nowhere"}, {"parent_id": "nowhere"}):
        reply = identity.post("/projects", {"project": {"name": "web", **place}})
        assert reply.status_code == 400 and "nowhere" in reply.json["error"]["message"]
