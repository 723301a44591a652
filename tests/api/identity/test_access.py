"""Stories about what ends a token: it dies at once, in whatever way its ground goes."""

from collections.abc import Callable

import pytest

from identity_stories import Identity, by_password

Change = Callable[[Identity, dict[str, str]], object]


@pytest.fixture
def world(identity: Identity) -> dict[str, str]:
    """A user who is member of a project below a parent in a domain, by a group, with a token for it."""
    domain = identity.make("domain", name="acme")["id"]
    parent = identity.make("project", name="parent", domain_id=domain)["id"]
    project = identity.make("project", name="child", parent_id=parent)["id"]
    user = identity.make("user", name="ann", domain_id=domain, password="secret")["id"]
    group = identity.make("group", name="crew", domain_id=domain)["id"]
    role = next(r["id"] for r in identity.get("/roles?name=member").json["roles"])
    assert identity.put(f"/groups/{group}/users/{user}").status_code == 204
    assert identity.put(f"/projects/{project}/groups/{group}/roles/{role}").status_code == 204
    reply = identity.log_in(
        {"methods": ["password"], "password": {"user": {"id": user, "password": "secret"}}},
        {"project": {"id": project}},
    )
    assert reply.status_code == 201, reply.text
    assert {r["name"] for r in reply.json["token"]["roles"]} == {"member", "reader"}
    token = reply.headers["X-Subject-Token"]
    return {
        "domain": domain,
        "parent": parent,
        "project": project,
        "user": user,
        "group": group,
        "role": role,
        "token": token,
    }


ENDS: list[tuple[str, Change]] = [
    ("user deleted", lambda i, w: i.delete(f"/users/{w['user']}")),
    ("user disabled", lambda i, w: i.patch(f"/users/{w['user']}", {"user": {"enabled": False}})),
    ("password set", lambda i, w: i.patch(f"/users/{w['user']}", {"user": {"password": "other"}})),
    (
        "password changed",
        lambda i, w: i.post(
            f"/users/{w['user']}/password", {"user": {"original_password": "secret", "password": "x"}}, token=None
        ),
    ),
    ("project disabled", lambda i, w: i.patch(f"/projects/{w['project']}", {"project": {"enabled": False}})),
    ("project deleted", lambda i, w: i.delete(f"/projects/{w['project']}")),
    ("domain disabled", lambda i, w: i.patch(f"/domains/{w['domain']}", {"domain": {"enabled": False}})),
    ("left the group", lambda i, w: i.delete(f"/groups/{w['group']}/users/{w['user']}")),
    ("group deleted", lambda i, w: i.delete(f"/groups/{w['group']}")),
    ("role taken back", lambda i, w: i.delete(f"/projects/{w['project']}/groups/{w['group']}/roles/{w['role']}")),
    ("revoked", lambda i, w: i.delete("/auth/tokens", X_Subject_Token=w["token"])),
]


@pytest.mark.parametrize(("why", "change"), ENDS, ids=[why for why, _ in ENDS])
def test_a_token_dies_at_once(identity: Identity, world: dict[str, str], why: str, change: Change) -> None:
    assert identity.get("/auth/projects", token=world["token"]).status_code == 200
    reply = change(identity, world)
    assert reply.status_code in (200, 204), reply.text  # type: ignore[attr-defined]
    assert identity.get("/auth/projects", token=world["token"]).status_code == 401
    assert identity.get("/auth/tokens", X_Subject_Token=world["token"]).status_code == 404


def test_a_token_stays_dead_when_its_project_is_enabled_again(identity: Identity, world: dict[str, str]) -> None:
    for enabled in (False, True):
        identity.patch(f"/projects/{world['project']}", {"project": {"enabled": enabled}})
    assert identity.get("/auth/projects", token=world["token"]).status_code == 401


def test_a_new_role_shows_in_the_token_that_is_there(identity: Identity, world: dict[str, str]) -> None:
    manager = next(r["id"] for r in identity.get("/roles?name=manager").json["roles"])
    identity.put(f"/projects/{world['project']}/users/{world['user']}/roles/{manager}")
    shown = identity.get("/auth/tokens", X_Subject_Token=world["token"]).json["token"]
    assert "manager" in {role["name"] for role in shown["roles"]}


def test_an_inherited_role_reaches_projects_below_and_not_the_place_itself(
    identity: Identity, world: dict[str, str]
) -> None:
    bob = identity.make("user", name="bob", password="secret")["id"]
    where = f"/OS-INHERIT/domains/{world['domain']}/users/{bob}/roles/{world['role']}/inherited_to_projects"
    assert identity.put(where).status_code == 204
    assert identity.get(where).status_code == 204
    for project in (world["parent"], world["project"]):
        assert identity.log_in(by_password("bob", "secret"), {"project": {"id": project}}).status_code == 201
    assert identity.log_in(by_password("bob", "secret"), {"domain": {"id": world["domain"]}}).status_code == 401
    token = identity.token("bob", "secret")
    listed = identity.get("/auth/projects", token=token).json["projects"]
    assert {project["id"] for project in listed} == {world["parent"], world["project"]}
    assert identity.delete(where).status_code == 204
    assert identity.get("/auth/projects", token=token).json["projects"] == []


def test_the_default_project_is_the_scope_when_none_is_asked_for(identity: Identity, world: dict[str, str]) -> None:
    identity.patch(f"/users/{world['user']}", {"user": {"default_project_id": world["project"]}})
    who = {"methods": ["password"], "password": {"user": {"id": world["user"], "password": "secret"}}}
    assert identity.log_in(who).json["token"]["project"]["id"] == world["project"]
    assert "project" not in identity.log_in(who, "unscoped").json["token"]
    assert "project" not in identity.log_in(who, {"unscoped": {}}).json["token"]


def test_an_inherited_role_reaches_past_a_project_with_a_role_of_its_own(
    identity: Identity, world: dict[str, str]
) -> None:
    leaf = identity.make("project", name="leaf", parent_id=world["project"])["id"]
    bob = identity.make("user", name="bob", password="secret")["id"]
    end = f"{world['parent']}/users/{bob}/roles/{world['role']}"
    assert identity.put(f"/OS-INHERIT/projects/{end}/inherited_to_projects").status_code == 204
    assert identity.put(f"/projects/{world['project']}/users/{bob}/roles/{world['role']}").status_code == 204
    assert identity.put(f"/projects/{end}").status_code == 204
    token = identity.token("bob", "secret", {"project": {"id": leaf}})
    for path in ("/auth/projects", "/OS-FEDERATION/projects", f"/users/{bob}/projects"):
        found = identity.get(path, token=token).json["projects"]
        assert {project["id"] for project in found} == {world["parent"], world["project"], leaf}
    shown = identity.get(f"/projects/{leaf}?parents_as_list", token=token).json["project"]["parents"]
    assert [one["project"]["id"] for one in shown] == [world["project"], world["parent"]]
    top = identity.token("bob", "secret", {"project": {"id": world["parent"]}})
    shown = identity.get(f"/projects/{world['parent']}?subtree_as_list", token=top).json["project"]["subtree"]
    assert [one["project"]["id"] for one in shown] == [world["project"], leaf]


def test_disabled_projects_are_listed_except_where_one_could_log_in(identity: Identity, world: dict[str, str]) -> None:
    bob = identity.make("user", name="bob", password="secret")["id"]
    where = f"/OS-INHERIT/domains/{world['domain']}/users/{bob}/roles/{world['role']}/inherited_to_projects"
    assert identity.put(where).status_code == 204
    assert identity.patch(f"/projects/{world['project']}", {"project": {"enabled": False}}).status_code == 200
    token = identity.token("bob", "secret")
    for path in ("/auth/projects", "/OS-FEDERATION/projects"):
        assert [one["name"] for one in identity.get(path, token=token).json["projects"]] == ["parent"]
    for query, names in (
        ("", {"parent", "child"}),
        ("?enabled=false", {"child"}),
        ("?enabled=true", {"parent"}),
        (f"?domain_id={world['domain']}&name=child", {"child"}),
        ("?domain_id=default", set()),
    ):
        found = identity.get(f"/users/{bob}/projects{query}", token=token).json["projects"]
        assert {one["name"] for one in found} == names
