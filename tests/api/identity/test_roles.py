"""Stories about roles: what they imply, where they are granted, and what that works out to."""

from typing import Any

import pytest

from identity_stories import Identity


@pytest.fixture
def world(identity: Identity) -> dict[str, str]:
    """A user and a group on a project, and three roles of which each implies the next."""
    made = {
        "user": identity.make("user", name="ann", password="secret")["id"],
        "group": identity.make("group", name="crew")["id"],
        "project": identity.make("project", name="web")["id"],
    }
    for name in ("one", "two", "three"):
        made[name] = identity.make("role", name=name)["id"]
    for prior, implied in (("one", "two"), ("two", "three")):
        assert identity.put(f"/roles/{made[prior]}/implies/{made[implied]}").status_code == 201
    return made


def listed(identity: Identity, query: str) -> list[dict[str, Any]]:
    return list(identity.get(f"/role_assignments?{query}").json["role_assignments"])


def test_roles_imply_roles_over_several_steps(identity: Identity, world: dict[str, str]) -> None:
    identity.put(f"/projects/{world['project']}/users/{world['user']}/roles/{world['one']}")
    token = identity.token("ann", "secret", {"project": {"id": world["project"]}})
    shown = identity.get("/auth/tokens", X_Subject_Token=token).json["token"]["roles"]
    assert [role["name"] for role in shown] == ["one", "three", "two"]
    rule = identity.get(f"/roles/{world['one']}/implies").json["role_inference"]
    assert [role["id"] for role in rule["implies"]] == [world["two"]]
    assert identity.call("HEAD", f"/roles/{world['one']}/implies/{world['two']}").status_code == 204
    assert identity.get(f"/roles/{world['one']}/implies/{world['three']}").status_code == 404
    assert identity.put(f"/roles/{world['three']}/implies/{world['one']}").status_code == 403
    assert identity.put(f"/roles/{world['one']}/implies/{world['one']}").status_code == 403


def test_assignments_are_listed_as_made_and_as_they_work_out(identity: Identity, world: dict[str, str]) -> None:
    identity.put(f"/groups/{world['group']}/users/{world['user']}")
    identity.put(f"/projects/{world['project']}/groups/{world['group']}/roles/{world['one']}")
    (made,) = listed(identity, f"scope.project.id={world['project']}")
    assert made["group"] == {"id": world["group"]} and made["scope"] == {"project": {"id": world["project"]}}
    assert made["links"]["assignment"].endswith(
        f"/v3/projects/{world['project']}/groups/{world['group']}/roles/{world['one']}"
    )
    effective = listed(identity, f"scope.project.id={world['project']}&effective&user.id={world['user']}")
    assert {entry["role"]["id"] for entry in effective} == {world["one"], world["two"], world["three"]}
    assert all(entry["user"]["id"] == world["user"] for entry in effective)
    assert all("membership" in entry["links"] for entry in effective)
    (implied,) = (entry["links"]["prior_role"] for entry in effective if entry["role"]["id"] == world["two"])
    assert implied.endswith(f"/v3/prior_role/{world['one']}/implies/{world['two']}")
    (named,) = listed(identity, f"scope.project.id={world['project']}&include_names=true")
    assert named["group"] == {"id": world["group"], "name": "crew", "domain": {"id": "default", "name": "Default"}}
    assert named["role"]["name"] == "one" and named["scope"]["project"]["name"] == "web"


def test_inherited_assignments_work_out_to_projects_below(identity: Identity, world: dict[str, str]) -> None:
    below = identity.make("project", name="below", parent_id=world["project"])["id"]
    where = f"/OS-INHERIT/projects/{world['project']}/users/{world['user']}/roles"
    assert identity.put(f"{where}/{world['three']}/inherited_to_projects").status_code == 204
    (made,) = listed(identity, f"user.id={world['user']}&scope.OS-INHERIT:inherited_to=projects")
    assert made["scope"]["OS-INHERIT:inherited_to"] == "projects"
    effective = listed(identity, f"user.id={world['user']}&effective")
    assert [entry["scope"]["project"]["id"] for entry in effective] == [below]
    assert effective[0]["scope"]["OS-INHERIT:inherited_to"] == "projects"
    assert effective[0]["links"]["assignment"].endswith(f"/v3{where}/{world['three']}/inherited_to_projects")
    assert listed(identity, f"effective&scope.project.id={world['project']}&user.id={world['user']}") == []
    tree = listed(identity, f"scope.project.id={world['project']}&include_subtree=true")
    assert len(tree) == 1
    shown = identity.get(f"{where}/inherited_to_projects").json["roles"]
    assert [role["id"] for role in shown] == [world["three"]]


def test_a_role_that_is_granted_and_inherited_is_listed_as_both(identity: Identity, world: dict[str, str]) -> None:
    below = identity.make("project", name="below", parent_id=world["project"])["id"]
    user, role = world["user"], world["two"]
    identity.put(f"/OS-INHERIT/domains/default/users/{user}/roles/{role}/inherited_to_projects")
    identity.put(f"/projects/{below}/users/{user}/roles/{role}")
    found = listed(identity, f"user.id={user}&effective&scope.project.id={below}&include_names")
    how = sorted((entry["role"]["name"], "OS-INHERIT:inherited_to" in entry["scope"]) for entry in found)
    assert how == [("three", False), ("three", True), ("two", False), ("two", True)]


@pytest.mark.parametrize(
    "query",
    [
        "scope.project.id=x&scope.domain.id=y",
        "user.id=x&group.id=y",
        "effective&group.id=x",
        "effective&scope.domain.id=x&scope.OS-INHERIT:inherited_to=projects",
        "include_subtree",
    ],
)
def test_filters_that_make_no_sense_are_refused(identity: Identity, query: str) -> None:
    assert identity.get(f"/role_assignments?{query}").status_code == 400


@pytest.mark.parametrize("actor", ["user", "group"])
@pytest.mark.parametrize("target", ["project", "domain", "system"])
def test_roles_are_granted_everywhere(identity: Identity, world: dict[str, str], target: str, actor: str) -> None:
    where = {"project": f"/projects/{world['project']}", "domain": "/domains/default", "system": "/system"}[target]
    path = f"{where}/{actor}s/{world[actor]}/roles"
    assert identity.get(f"{path}/{world['one']}").status_code == 404
    assert identity.put(f"{path}/{world['one']}").status_code == 204
    assert identity.put(f"{path}/{world['one']}").status_code == 204
    assert identity.call("HEAD", f"{path}/{world['one']}").status_code == 204
    assert [role["name"] for role in identity.get(path).json["roles"]] == ["one"]
    assert identity.delete(f"{path}/{world['one']}").status_code == 204
    assert identity.delete(f"{path}/{world['one']}").status_code == 404
    assert identity.put(f"{path}/nothing").status_code == 404
    assert identity.put(f"{where}/{actor}s/nobody/roles/{world['one']}").status_code == 404


def test_a_domain_role_counts_only_by_what_it_implies(identity: Identity, world: dict[str, str]) -> None:
    local = identity.make("role", name="local", domain_id="default")["id"]
    grant = f"/projects/{world['project']}/users/{world['user']}/roles/{local}"
    assert identity.put(grant).status_code == 204
    assert listed(identity, f"user.id={world['user']}&effective") == []
    identity.put(f"/roles/{local}/implies/{world['three']}")
    token = identity.token("ann", "secret", {"project": {"id": world["project"]}})
    shown = identity.get("/auth/tokens", X_Subject_Token=token).json["token"]["roles"]
    assert [role["name"] for role in shown] == ["three"]
    assert identity.put(f"/roles/{world['one']}/implies/{local}").status_code == 403
    other = identity.make("domain", name="other")["id"]
    elsewhere = identity.make("project", name="elsewhere", domain_id=other)["id"]
    assert identity.put(f"/projects/{elsewhere}/users/{world['user']}/roles/{local}").status_code == 403
    assert local not in {role["id"] for role in identity.get("/roles").json["roles"]}
    assert local in {role["id"] for role in identity.get("/roles?domain_id=default").json["roles"]}


def test_bootstrapped_roles_cannot_be_changed(identity: Identity) -> None:
    admin = identity.get("/roles?name=admin").json["roles"][0]["id"]
    assert identity.delete(f"/roles/{admin}").status_code == 403
    assert identity.patch(f"/roles/{admin}", {"role": {"name": "king"}}).status_code == 403
