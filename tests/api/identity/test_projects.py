"""Stories about domains, projects, their trees and tags."""

from typing import Any

import pytest

from identity_stories import Identity


def test_the_name_of_a_project_is_data(identity: Identity) -> None:
    for name in ("{{ lookup('pipe','id') }}", "$(reboot)", "</name><x/>", "naïve ☁", "a'b\"c", "%s%d"):
        project = identity.make("project", name=name, description=name, colour=name)
        shown = identity.get(f"/projects/{project['id']}").json["project"]
        assert shown["name"] == shown["description"] == shown["colour"] == name


def test_projects_form_a_tree(identity: Identity) -> None:
    top = identity.make("project", name="top")
    middle = identity.make("project", name="middle", parent_id=top["id"])
    leaf = identity.make("project", name="leaf", parent_id=middle["id"])
    assert top["parent_id"] == "default"

    def show(project: dict[str, Any], query: str) -> dict[str, Any]:
        return dict(identity.get(f"/projects/{project['id']}?{query}").json["project"])

    assert show(leaf, "parents_as_ids")["parents"] == {middle["id"]: {top["id"]: {"default": None}}}
    assert show(top, "subtree_as_ids")["subtree"] == {middle["id"]: {leaf["id"]: None}}
    assert [p["project"]["id"] for p in show(leaf, "parents_as_list")["parents"]] == [middle["id"], top["id"]]
    assert [p["project"]["id"] for p in show(top, "subtree_as_list")["subtree"]] == [middle["id"], leaf["id"]]
    assert identity.get(f"/projects/{top['id']}?subtree_as_ids&subtree_as_list").status_code == 400
    assert identity.delete(f"/projects/{middle['id']}").status_code == 403
    assert identity.patch(f"/projects/{middle['id']}", {"project": {"enabled": False}}).status_code == 403
    assert identity.patch(f"/projects/{leaf['id']}", {"project": {"parent_id": top["id"]}}).status_code == 403
    assert identity.patch(f"/projects/{leaf['id']}", {"project": {"enabled": False}}).status_code == 200
    assert identity.post("/projects", {"project": {"name": "x", "parent_id": leaf["id"]}}).status_code == 400


def test_a_tree_has_an_end(identity: Identity) -> None:
    parent = None
    for level in range(5):
        parent = identity.make("project", name=f"level {level}", parent_id=parent)["id"]
    assert identity.post("/projects", {"project": {"name": "too deep", "parent_id": parent}}).status_code == 403


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("tags=a", {"one", "two"}),
        ("tags=a,b", {"two"}),
        ("tags-any=a,b", {"one", "two", "three"}),
        ("not-tags=a,b", {"one", "three", "admin"}),
        ("not-tags-any=a,b", {"admin"}),
    ],
)
def test_projects_are_found_by_tags(identity: Identity, query: str, names: set[str]) -> None:
    for name, tags in (("one", ["a"]), ("two", ["a", "b"]), ("three", ["b"])):
        identity.make("project", name=name, tags=tags)
    assert {project["name"] for project in identity.get(f"/projects?{query}").json["projects"]} == names


def test_tags_come_and_go(identity: Identity) -> None:
    path = f"/projects/{identity.make('project', name='tagged')['id']}/tags"
    assert identity.put(f"{path}/red").status_code == 201
    assert identity.get(f"{path}/red").status_code == 204
    assert identity.get(f"{path}/blue").status_code == 404
    assert identity.put(path, {"tags": ["x", "y"]}).json["tags"] == ["x", "y"]
    assert identity.delete(f"{path}/x").status_code == 204
    assert identity.delete(f"{path}/x").status_code == 404
    assert identity.get(path).json["tags"] == ["y"]
    assert identity.delete(path).status_code == 204
    assert identity.get(path).json["tags"] == []
    assert identity.put(path, {"tags": ["a/b"]}).status_code == 400
    assert identity.put(f"{path}/{'x' * 256}").status_code == 400


def test_a_domain_goes_with_all_that_is_in_it(identity: Identity) -> None:
    domain = identity.make("domain", name="acme")["id"]
    top = identity.make("project", name="top", domain_id=domain)["id"]
    identity.make("project", name="below", parent_id=top)
    user = identity.make("user", name="ann", domain_id=domain, password="secret")["id"]
    group = identity.make("group", name="crew", domain_id=domain)["id"]
    role = identity.make("role", name="local", domain_id=domain)["id"]
    identity.put(f"/groups/{group}/users/{user}")
    identity.put(f"/projects/{top}/users/{user}/roles/{role}")
    assert identity.delete(f"/domains/{domain}").status_code == 403
    assert identity.patch(f"/domains/{domain}", {"domain": {"enabled": False}}).status_code == 200
    assert identity.delete(f"/domains/{domain}").status_code == 204
    for path in (f"/users/{user}", f"/groups/{group}", f"/projects/{top}", f"/roles/{role}", f"/domains/{domain}"):
        assert identity.get(path).status_code == 404
    assert identity.get(f"/role_assignments?scope.project.id={top}").json["role_assignments"] == []


def test_what_is_immutable_stays(identity: Identity) -> None:
    project = identity.make("project", name="rock", options={"immutable": True})["id"]
    assert identity.patch(f"/projects/{project}", {"project": {"name": "sand"}}).status_code == 403
    assert identity.delete(f"/projects/{project}").status_code == 403
    assert identity.patch(f"/projects/{project}", {"project": {"options": {"immutable": None}}}).status_code == 200
    assert identity.delete(f"/projects/{project}").status_code == 204


def test_a_member_sees_its_own_project_only(identity: Identity) -> None:
    own, other = (identity.make("project", name=name)["id"] for name in ("own", "other"))
    user = identity.make("user", name="ann", password="secret")["id"]
    role = identity.get("/roles?name=member").json["roles"][0]["id"]
    identity.put(f"/projects/{own}/users/{user}/roles/{role}")
    token = identity.token("ann", "secret", {"project": {"id": own}})
    assert identity.get(f"/projects/{own}", token=token).status_code == 200
    assert identity.get(f"/projects/{other}", token=token).status_code == 403
    assert identity.get("/projects", token=token).status_code == 403
    assert [p["id"] for p in identity.get("/auth/projects", token=token).json["projects"]] == [own]
    assert [p["id"] for p in identity.get(f"/users/{user}/projects", token=token).json["projects"]] == [own]
    assert identity.post("/projects", {"project": {"name": "x"}}, token=token).status_code == 403
