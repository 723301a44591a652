"""Stories about domains, projects, their trees and tags."""

from typing import Any
from urllib.parse import quote

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


def test_the_parents_of_a_project_are_shown_to_who_may_see_them(identity: Identity) -> None:
    top = identity.make("project", name="top")["id"]
    middle = identity.make("project", name="middle", parent_id=top)["id"]
    leaf = identity.make("project", name="leaf", parent_id=middle)["id"]
    user = identity.make("user", name="ann", password="secret")["id"]
    role = identity.get("/roles?name=member").json["roles"][0]["id"]
    for project in (top, leaf):
        identity.put(f"/projects/{project}/users/{user}/roles/{role}")
    token = identity.token("ann", "secret", {"project": {"id": leaf}})
    shown = identity.get(f"/projects/{leaf}?parents_as_list", token=token).json["project"]["parents"]
    assert [one["project"]["id"] for one in shown] == [top]
    token = identity.token("ann", "secret", {"project": {"id": top}})
    shown = identity.get(f"/projects/{top}?subtree_as_list", token=token).json["project"]["subtree"]
    assert [one["project"]["id"] for one in shown] == [leaf]


def test_a_project_may_act_as_a_domain(identity: Identity) -> None:
    made = identity.make("project", name="acme", is_domain=True)
    assert made["is_domain"] and made["parent_id"] is None and made["domain_id"] is None
    domain = f"/domains/{made['id']}"
    assert identity.get(domain).json["domain"]["name"] == "acme"
    assert [one["id"] for one in identity.get("/projects?is_domain=true&name=acme").json["projects"]] == [made["id"]]
    assert identity.get("/projects?name=acme").json["projects"] == []
    below = identity.make("project", name="web", parent_id=made["id"])
    assert below["domain_id"] == below["parent_id"] == made["id"] and not below["is_domain"]
    for bad in ({"parent_id": below["id"]}, {"domain_id": "default"}):
        assert identity.post("/projects", {"project": {"name": "x", "is_domain": True, **bad}}).status_code == 400
    assert identity.patch(f"/projects/{below['id']}", {"project": {"is_domain": True}}).status_code == 400
    assert identity.delete(f"/projects/{made['id']}").status_code == 403
    assert identity.patch(domain, {"domain": {"enabled": False}}).status_code == 200
    assert identity.delete(f"/projects/{made['id']}").status_code == 204
    assert identity.get(f"/projects/{below['id']}").status_code == 404


def test_the_names_of_projects_are_unique_in_a_domain(identity: Identity) -> None:
    domain = identity.make("domain", name="acme")["id"]
    identity.make("project", name="web")
    other = identity.make("project", name="web", domain_id=domain)["id"]
    deep = identity.make("project", name="deep", parent_id=other)["id"]
    for bad in ({"name": "web"}, {"name": "web", "parent_id": other}, {"name": "web", "domain_id": domain}):
        assert identity.post("/projects", {"project": bad}).status_code == 409, bad
    assert identity.patch(f"/projects/{deep}", {"project": {"name": "web"}}).status_code == 409
    assert identity.post("/domains", {"domain": {"name": "acme"}}).status_code == 409
    assert (
        identity.post("/projects", {"project": {"name": "x", "parent_id": other, "domain_id": "default"}}).status_code
        == 400
    )
    for bad in ("", "   ", "n" * 65, None, 7):
        assert identity.post("/projects", {"project": {"name": bad}}).status_code == 400, bad
    assert identity.make("project", name="n" * 64)


@pytest.mark.parametrize("tag", ["a\nb", "a\r\nX-More: b", "\u00e9 ?#%", "a%0Ab"])
def test_a_tag_of_odd_characters_has_an_address(identity: Identity, tag: str) -> None:
    path = f"/projects/{identity.make('project', name='tagged')['id']}/tags"
    reply = identity.put(f"{path}/{quote(tag)}")
    assert reply.status_code == 201
    assert reply.headers["Location"].isascii() and "X-More" not in reply.headers
    address = reply.headers["Location"].partition("/identity/v3")[2]
    assert identity.get(address).status_code == 204
    assert identity.get(path).json["tags"] == [tag]
    assert identity.delete(address).status_code == 204


@pytest.mark.parametrize(
    "tags",
    [[f"tag {n}" for n in range(81)], ["t" * 256], [""], ["a,b"], ["a/b"], ["same", "same"], "tag", [7], None],
)
def test_bad_tags_are_refused(identity: Identity, tags: Any) -> None:
    project = identity.make("project", name="tagged", tags=["kept"])["id"]
    assert identity.put(f"/projects/{project}/tags", {"tags": tags}).status_code == 400
    assert identity.patch(f"/projects/{project}", {"project": {"tags": tags}}).status_code == 400
    assert identity.post("/projects", {"project": {"name": "x", "tags": tags}}).status_code == 400
    assert identity.get(f"/projects/{project}/tags").json["tags"] == ["kept"]


def test_a_project_has_at_most_eighty_tags_of_any_letters(identity: Identity) -> None:
    tags = [*(f"tag {n}" for n in range(78)), "t" * 255, "naïve ☁"]
    project = identity.make("project", name="tagged", tags=tags)["id"]
    assert identity.get(f"/projects/{project}/tags").json["tags"] == sorted(tags)
    assert identity.put(f"/projects/{project}/tags/more").status_code == 400
    assert identity.put(f"/projects/{project}/tags/naïve ☁").status_code == 201
    assert identity.get(f"/projects/{project}/tags/naïve ☁").status_code == 204
    assert identity.delete(f"/projects/{project}/tags/naïve ☁").status_code == 204
    assert identity.put(f"/projects/{project}/tags/more").status_code == 201


def test_a_project_that_goes_is_nobodys_default(identity: Identity) -> None:
    project = identity.make("project", name="web")["id"]
    user = identity.make("user", name="ann", password="secret", default_project_id=project)["id"]
    role = identity.get("/roles?name=member").json["roles"][0]["id"]
    identity.put(f"/projects/{project}/users/{user}/roles/{role}")
    held = identity.token("ann", "secret")
    assert identity.get("/auth/tokens", X_Subject_Token=held).json["token"]["project"]["id"] == project
    assert identity.delete(f"/projects/{project}").status_code == 204
    assert "default_project_id" not in identity.get(f"/users/{user}").json["user"]
    assert identity.get("/auth/tokens", X_Subject_Token=held).status_code == 404
    again = identity.token("ann", "secret")
    assert "project" not in identity.get("/auth/tokens", X_Subject_Token=again).json["token"]


def test_nothing_is_made_or_enabled_below_what_is_disabled(identity: Identity) -> None:
    domain = identity.make("domain", name="acme")["id"]
    top = identity.make("project", name="top", domain_id=domain)["id"]
    leaf = identity.make("project", name="leaf", parent_id=top)["id"]
    for project in (leaf, top):
        assert identity.patch(f"/projects/{project}", {"project": {"enabled": False}}).status_code == 200
    assert identity.patch(f"/projects/{leaf}", {"project": {"enabled": True}}).status_code == 403
    for project in (top, leaf):
        assert identity.patch(f"/projects/{project}", {"project": {"enabled": True}}).status_code == 200
    identity.patch(f"/domains/{domain}", {"domain": {"enabled": False}})
    for place in ({"domain_id": domain}, {"parent_id": top}, {"parent_id": domain}):
        assert identity.post("/projects", {"project": {"name": "x", **place}}).status_code == 400, place


def test_a_disabled_domain_ends_the_tokens_of_its_users_and_for_its_projects(identity: Identity) -> None:
    domain = identity.make("domain", name="acme")["id"]
    project = identity.make("project", name="web", domain_id=domain)["id"]
    own = identity.make("user", name="ann", domain_id=domain, password="secret")["id"]
    guest = identity.make("user", name="guest", password="secret")["id"]
    role = identity.get("/roles?name=member").json["roles"][0]["id"]
    held = []
    for user in (own, guest):
        identity.put(f"/projects/{project}/users/{user}/roles/{role}")
        who = {"methods": ["password"], "password": {"user": {"id": user, "password": "secret"}}}
        held.append(identity.log_in(who, {"project": {"id": project}}).headers["X-Subject-Token"])
    assert identity.patch(f"/domains/{domain}", {"domain": {"enabled": False}}).status_code == 200
    for token in held:
        assert identity.get("/auth/tokens", X_Subject_Token=token).status_code == 404
    assert identity.log_in(who, {"project": {"id": project}}).status_code == 401
    assert identity.delete("/domains/default").status_code == 403


@pytest.mark.parametrize("what", ["domain", "role"])
def test_what_is_immutable_stays_whatever_it_is(identity: Identity, what: str) -> None:
    made = identity.make(what, name="rock", options={"immutable": True})["id"]
    path = f"/{what}s/{made}"
    assert identity.patch(path, {what: {"name": "sand"}}).status_code == 403
    assert identity.patch(path, {what: {"description": "soft", "options": {"immutable": False}}}).status_code == 403
    assert identity.delete(path).status_code == 403
    assert identity.patch(path, {what: {"options": {"colour": "red"}}}).status_code == 400
    assert identity.patch(path, {what: {"options": {"immutable": False}}}).status_code == 200
    assert identity.patch(path, {what: {"name": "sand"}}).status_code == 200
