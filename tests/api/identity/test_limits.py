"""Stories about registered limits, limits, and the models that say what they have to do with each other."""

from dataclasses import replace
from typing import Any

import pytest

from identity_stories import Identity, in_project
from pileus import catalogue
from pileus.core.config import Settings
from pileus.core.db import Database

from .conftest import build


@pytest.fixture
def service(identity: Identity) -> str:
    return str(identity.make("service", name="weather", type="weather")["id"])


def register(cloud: Identity, service: str, default: int = 10, **more: Any) -> dict[str, Any]:
    body = {"service_id": service, "resource_name": "clouds", "default_limit": default, **more}
    reply = cloud.post("/registered_limits", {"registered_limits": [body]})
    assert reply.status_code == 201, reply.text
    return dict(reply.json["registered_limits"][0])


def test_limits_rest_on_registered_limits(identity: Identity, service: str) -> None:
    project = identity.get("/projects?name=admin").json["projects"][0]["id"]
    wanted = {"service_id": service, "resource_name": "clouds", "resource_limit": 5, "project_id": project}
    assert identity.post("/limits", {"limits": [wanted]}).status_code == 403
    body = {"service_id": service, "resource_name": "clouds", "default_limit": 10}
    made = identity.post("/registered_limits", {"registered_limits": [body]})
    assert made.status_code == 201
    registered = made.json["registered_limits"][0]["id"]
    assert identity.post("/registered_limits", {"registered_limits": [body]}).status_code == 409
    limit = identity.post("/limits", {"limits": [wanted]}).json["limits"][0]
    assert identity.post("/limits", {"limits": [wanted]}).status_code == 409
    assert (
        identity.patch(f"/limits/{limit['id']}", {"limit": {"resource_limit": 6}}).json["limit"]["resource_limit"] == 6
    )
    assert identity.delete(f"/registered_limits/{registered}").status_code == 403
    assert identity.get("/limits/model").json["model"]["name"] == "flat"
    user = identity.make("user", name="ann", password="secret")["id"]
    other = identity.make("project", name="other")["id"]
    reader = identity.get("/roles?name=reader").json["roles"][0]["id"]
    identity.put(f"/projects/{other}/users/{user}/roles/{reader}")
    token = identity.token("ann", "secret", in_project("other"))
    assert identity.get("/limits", token=token).json["limits"] == []
    assert identity.get(f"/limits/{limit['id']}", token=token).status_code == 403
    assert len(identity.get(f"/limits?project_id={project}").json["limits"]) == 1
    assert identity.delete(f"/limits/{limit['id']}").status_code == 204
    assert identity.delete(f"/registered_limits/{registered}").status_code == 204


def test_a_registered_limit_changes_only_while_nothing_rests_on_it(identity: Identity, service: str) -> None:
    project = identity.make("project", name="web")["id"]
    made = register(identity, service)
    path = f"/registered_limits/{made['id']}"
    assert (
        identity.patch(path, {"registered_limit": {"default_limit": 20}}).json["registered_limit"]["id"] == made["id"]
    )
    identity.post("/regions", {"region": {"id": "north"}})
    moved = identity.patch(path, {"registered_limit": {"region_id": "north", "description": "up there"}})
    assert moved.json["registered_limit"]["region_id"] == "north"
    other = register(identity, service)
    assert (
        identity.patch(f"/registered_limits/{other['id']}", {"registered_limit": {"region_id": "north"}}).status_code
        == 409
    )
    for bad in ({"service_id": "none"}, {"region_id": "none"}, {"default_limit": "x"}, {"colour": 1}):
        assert identity.patch(path, {"registered_limit": bad}).status_code == 400, bad
    wanted = {"service_id": service, "region_id": "north", "resource_name": "clouds", "resource_limit": 5}
    assert identity.post("/limits", {"limits": [{**wanted, "project_id": project}]}).status_code == 201
    assert identity.patch(path, {"registered_limit": {"default_limit": 30}}).status_code == 403
    assert identity.delete(path).status_code == 403
    assert identity.delete(f"/projects/{project}").status_code == 204
    assert identity.delete(path).status_code == 204
    assert identity.get(path).status_code == 404


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"project_id": "none"}, 400),
        ({"project_id": "default"}, 400),
        ({"project_id": None, "domain_id": "none"}, 400),
        ({"project_id": None}, 400),
        ({"domain_id": "default"}, 400),
        ({"service_id": "none"}, 400),
        ({"region_id": "none"}, 400),
        ({"resource_name": "suns"}, 403),
        ({"region_id": "RegionOne"}, 403),
        ({"resource_limit": -2}, 400),
        ({"resource_limit": None}, 400),
    ],
)
def test_a_bad_limit_is_refused_and_takes_the_good_ones_with_it(
    identity: Identity, service: str, change: dict[str, Any], status: int
) -> None:
    register(identity, service)
    good, bad = (identity.make("project", name=name)["id"] for name in ("good", "bad"))
    wanted = {"service_id": service, "resource_name": "clouds", "resource_limit": 5}
    both = [{**wanted, "project_id": good}, {**wanted, "project_id": bad, **change}]
    reply = identity.post("/limits", {"limits": both})
    assert reply.status_code == status, reply.text
    assert identity.get("/limits").json["limits"] == []


def test_limits_are_found_by_what_they_are_about(identity: Identity, service: str) -> None:
    project = identity.make("project", name="web")["id"]
    register(identity, service)
    register(identity, service, region_id="RegionOne")
    register(identity, service, resource_name="suns")
    wanted = {"service_id": service, "resource_name": "clouds", "resource_limit": 5}
    limits = [
        {**wanted, "project_id": project},
        {**wanted, "project_id": project, "region_id": "RegionOne"},
        {**wanted, "domain_id": "default"},
        {**wanted, "project_id": project, "resource_name": "suns"},
    ]
    assert identity.post("/limits", {"limits": limits}).status_code == 201

    def count(query: str, what: str = "limits") -> int:
        return len(identity.get(f"/{what}?{query}").json[what])

    assert count(f"service_id={service}") == 4 and count("service_id=none") == 0
    assert count("region_id=RegionOne") == 1 and count("resource_name=suns") == 1
    assert count("domain_id=default") == 1 and count(f"project_id={project}&resource_name=clouds") == 2
    assert count("resource_name=clouds", "registered_limits") == 2
    assert count("region_id=RegionOne", "registered_limits") == 1


def test_limits_of_others_are_shown_to_nobody_without_a_project_or_a_role_to_read_the_system(
    identity: Identity, service: str
) -> None:
    project = identity.make("project", name="web")["id"]
    register(identity, service)
    wanted = {"service_id": service, "resource_name": "clouds", "resource_limit": 5}
    limits = [{**wanted, "project_id": project}, {**wanted, "domain_id": "default"}]
    assert identity.post("/limits", {"limits": limits}).status_code == 201
    ann = identity.make("user", name="ann", password="secret")["id"]
    roles = {role["name"]: role["id"] for role in identity.get("/roles").json["roles"]}

    def seen(scope: Any) -> int:
        return len(identity.get("/limits", token=identity.token("ann", "secret", scope)).json["limits"])

    system = {"system": {"all": True}}
    assert seen("unscoped") == 0
    identity.put(f"/system/users/{ann}/roles/{roles['service']}")
    assert seen(system) == 0
    identity.put(f"/system/users/{ann}/roles/{roles['reader']}")
    assert seen(system) == 2 and seen("unscoped") == 0


def test_the_model_of_limits_is_shown(identity: Identity, two_levels: Identity) -> None:
    for cloud, name in ((identity, "flat"), (two_levels, "strict_two_level")):
        model = cloud.get("/limits/model").json["model"]
        assert set(model) == {"name", "description"} and model["name"] == name and model["description"]


def test_a_model_of_limits_that_is_none_is_said_at_the_start(identity: Identity) -> None:
    with pytest.raises(ValueError, match="limit_model must be one of flat, strict_two_level, not two"):
        catalogue.authenticator(replace(identity.settings, limit_model="two"))


@pytest.fixture
def two_levels(database: Database, settings: Settings) -> Identity:
    """The API of a cloud in which no project may have more than its domain."""
    return build(database, replace(settings, limit_model="strict_two_level"))


class Tree:
    """A domain with a project in a cloud of two levels, and what may be set on them."""

    def __init__(self, cloud: Identity) -> None:
        self.cloud = cloud
        self.service = cloud.make("service", name="weather", type="weather")["id"]
        self.domain = cloud.make("domain", name="acme")["id"]
        self.project = cloud.make("project", name="web", domain_id=self.domain)["id"]

    def limit(self, value: int, **owner: str) -> dict[str, Any]:
        return {"service_id": self.service, "resource_name": "clouds", "resource_limit": value, **owner}

    def set(self, *limits: dict[str, Any]) -> Any:
        return self.cloud.post("/limits", {"limits": list(limits)})


def test_in_two_levels_a_project_has_no_more_than_its_domain(two_levels: Identity) -> None:
    tree = Tree(two_levels)
    register(two_levels, tree.service, default=10)
    assert tree.set(tree.limit(11, project_id=tree.project)).status_code == 403
    assert tree.set(tree.limit(-1, project_id=tree.project)).status_code == 403
    assert tree.set(tree.limit(20, domain_id=tree.domain)).status_code == 201
    assert tree.set(tree.limit(21, project_id=tree.project)).status_code == 403
    made = tree.set(tree.limit(15, project_id=tree.project))
    assert made.status_code == 201
    (below,) = made.json["limits"]
    (above,) = two_levels.get(f"/limits?domain_id={tree.domain}").json["limits"]

    def change(limit: dict[str, Any], value: int) -> int:
        return int(two_levels.patch(f"/limits/{limit['id']}", {"limit": {"resource_limit": value}}).status_code)

    assert change(above, 14) == 403 and change(below, 21) == 403
    assert change(above, 15) == 200 and change(below, 16) == 403
    assert two_levels.get(f"/limits/{above['id']}").json["limit"]["resource_limit"] == 15
    assert change(above, -1) == 200 and change(below, 1000) == change(below, -1) == 200
    assert change(above, 1000) == 403


def test_in_two_levels_a_request_may_bring_both_limits(two_levels: Identity) -> None:
    tree = Tree(two_levels)
    register(two_levels, tree.service, default=10)
    project, domain = {"project_id": tree.project}, {"domain_id": tree.domain}
    assert tree.set(tree.limit(30, **project), tree.limit(20, **domain)).status_code == 403
    assert two_levels.get("/limits").json["limits"] == []
    assert tree.set(tree.limit(20, **project), tree.limit(20, **domain)).status_code == 201


def test_in_two_levels_a_limit_of_a_domain_heeds_the_projects_that_have_one(two_levels: Identity) -> None:
    tree = Tree(two_levels)
    register(two_levels, tree.service, default=10)
    assert tree.set(tree.limit(8, project_id=tree.project)).status_code == 201
    assert tree.set(tree.limit(7, domain_id=tree.domain)).status_code == 403
    assert tree.set(tree.limit(7, domain_id="default")).status_code == 201
    assert tree.set(tree.limit(8, domain_id=tree.domain)).status_code == 201


def test_in_two_levels_projects_stand_directly_in_their_domain(two_levels: Identity) -> None:
    tree = Tree(two_levels)
    deeper = {"project": {"name": "deeper", "parent_id": tree.project}}
    assert two_levels.post("/projects", deeper).status_code == 403
    assert two_levels.post("/projects", {"project": {"name": "beside", "parent_id": tree.domain}}).status_code == 201


def test_a_project_from_before_two_levels_gets_no_limit_of_its_own(two_levels: Identity) -> None:
    tree = Tree(two_levels)
    register(two_levels, tree.service, default=10)
    flat = build(two_levels.database, replace(two_levels.settings, limit_model="flat"))
    deep = flat.make("project", name="deep", parent_id=tree.project)["id"]
    assert tree.set(tree.limit(1, project_id=deep)).status_code == 403


def test_limits_go_with_their_project_and_domain(two_levels: Identity) -> None:
    tree = Tree(two_levels)
    made = register(two_levels, tree.service, default=10)
    tree.set(tree.limit(5, project_id=tree.project), tree.limit(9, domain_id=tree.domain))
    two_levels.patch(f"/domains/{tree.domain}", {"domain": {"enabled": False}})
    assert two_levels.delete(f"/domains/{tree.domain}").status_code == 204
    assert two_levels.get("/limits").json["limits"] == []
    assert two_levels.delete(f"/registered_limits/{made['id']}").status_code == 204


def test_a_tree_of_projects_shows_their_limits_on_request(identity: Identity, service: str) -> None:
    register(identity, service)
    top = identity.make("project", name="top")["id"]
    middle = identity.make("project", name="middle", parent_id=top)["id"]
    leaf = identity.make("project", name="leaf", parent_id=middle)["id"]
    wanted = {"service_id": service, "resource_name": "clouds", "resource_limit": 5, "project_id": top}
    (limit,) = identity.post("/limits", {"limits": [wanted]}).json["limits"]

    def show(project: str, query: str) -> dict[str, Any]:
        return dict(identity.get(f"/projects/{project}?{query}").json["project"])

    above = show(leaf, "parents_as_list&include_limits")
    assert [(one["project"]["name"], one["project"]["limits"]) for one in above["parents"]] == [
        ("middle", []),
        ("top", [limit]),
    ]
    below = show(top, "subtree_as_list=1&include_limits=1")
    assert [one["project"]["limits"] for one in below["subtree"]] == [[], []]
    assert "limits" not in above and "limits" not in below and "limits" not in show(top, "include_limits")
    assert all("limits" not in one["project"] for one in show(leaf, "parents_as_list&include_limits=0")["parents"])
    assert show(leaf, "parents_as_ids&include_limits")["parents"] == {middle: {top: {"default": None}}}
