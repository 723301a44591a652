"""Stories about regions, services, endpoints, who sees which of them, policies, consumers and domain options."""

from typing import Any

import pytest

from identity_stories import Identity


@pytest.fixture
def service(identity: Identity) -> str:
    return str(identity.make("service", name="weather", type="weather")["id"])


def test_an_endpoint_shows_up_in_the_catalog_with_the_project_in_its_url(identity: Identity, service: str) -> None:
    body = {"service_id": service, "interface": "public", "region_id": "RegionOne", "url": "http://x/$(project_id)s"}
    endpoint = identity.post("/endpoints", {"endpoint": body}).json["endpoint"]
    project = identity.get("/projects?name=admin").json["projects"][0]["id"]

    def shown() -> list[str]:
        entries = identity.get("/auth/catalog").json["catalog"]
        return [e["url"] for entry in entries if entry["type"] == "weather" for e in entry["endpoints"]]

    assert shown() == [f"http://x/{project}"]
    identity.patch(f"/endpoints/{endpoint['id']}", {"endpoint": {"enabled": False}})
    assert shown() == []
    identity.patch(f"/endpoints/{endpoint['id']}", {"endpoint": {"enabled": True, "url": "http://y"}})
    assert shown() == ["http://y"]
    assert identity.delete(f"/services/{service}").status_code == 204
    assert shown() == []
    assert identity.get(f"/endpoints/{endpoint['id']}").status_code == 404


@pytest.mark.parametrize(
    "change",
    [
        {"interface": "secret"},
        {"url": "no url"},
        {"url": "http://x/$(colour)s"},
        {"service_id": "none"},
        {"region_id": "none"},
    ],
)
def test_a_bad_endpoint_is_refused(identity: Identity, service: str, change: dict[str, Any]) -> None:
    body = {"service_id": service, "interface": "public", "url": "http://x", **change}
    assert identity.post("/endpoints", {"endpoint": body}).status_code == 400


def test_regions_form_a_tree(identity: Identity) -> None:
    identity.make("region", id="north")
    identity.make("region", id="oslo", parent_region_id="north")
    assert identity.post("/regions", {"region": {"id": "oslo"}}).status_code == 409
    assert identity.patch("/regions/north", {"region": {"parent_region_id": "oslo"}}).status_code == 400
    assert identity.delete("/regions/north").status_code == 409
    assert identity.delete("/regions/RegionOne").status_code == 403
    assert identity.put("/regions/new", {"region": {}}).status_code == 201
    found = identity.get("/regions?parent_region_id=north").json["regions"]
    assert [region["id"] for region in found] == ["oslo"]


def test_a_region_below_one_that_is_not_there_is_not_made(identity: Identity) -> None:
    identity.make("region", id="north")
    nowhere = {"region": {"parent_region_id": "nowhere"}}
    assert identity.post("/regions", nowhere).status_code == 404
    assert identity.put("/regions/oslo", nowhere).status_code == 404
    assert identity.patch("/regions/north", nowhere).status_code == 404
    assert identity.post("/regions", {"region": {"id": "oslo", "parent_region_id": "oslo"}}).status_code == 404
    assert identity.patch("/regions/north", {"region": {"parent_region_id": "north"}}).status_code == 400
    assert identity.get("/regions/oslo").status_code == 404


def test_regions_have_names_of_any_letters(identity: Identity) -> None:
    names = ["Zürich ☁", "{{ 7 * 7 }}", "a b", "n" * 255]
    for name in names:
        made = identity.make("region", id=name, description="d" * 65535)
        assert made["id"] == name and len(made["description"]) == 65535
        assert identity.get(f"/regions/{name}").json["region"] == made
    for bad in ({"id": "n" * 256}, {"id": 7}, {"description": 7}, {"parent_region_id": 7}):
        assert identity.post("/regions", {"region": bad}).status_code == 400, bad
    assert identity.put(f"/regions/{'n' * 256}", {"region": {}}).status_code == 400
    assert identity.put("/regions/one", {"region": {"id": "other"}}).status_code == 400
    for name in names:
        assert identity.delete(f"/regions/{name}").status_code == 204
        assert identity.get(f"/regions/{name}").status_code == 404


@pytest.mark.parametrize("url", ["", "x", "http://", "http://a b", "http://x/%(colour)s", "http://x/$(id", 7, None])
def test_the_address_of_an_endpoint_is_one(identity: Identity, service: str, url: Any) -> None:
    good = identity.make("endpoint", service_id=service, interface="public", url="http://x/%(tenant_id)s")
    assert identity.patch(f"/endpoints/{good['id']}", {"endpoint": {"url": url}}).status_code == 400
    body = {"service_id": service, "interface": "internal", "url": url}
    assert identity.post("/endpoints", {"endpoint": body}).status_code == 400


def test_a_project_sees_the_endpoints_it_is_associated_with(identity: Identity, service: str) -> None:
    project = identity.get("/projects?name=admin").json["projects"][0]["id"]
    made = [
        identity.make("endpoint", service_id=service, interface=name, url="http://x", region_id="RegionOne")["id"]
        for name in ("public", "internal")
    ]
    body = {"name": "inside", "filters": {"service_id": service, "interface": "internal"}}
    group = identity.post("/OS-EP-FILTER/endpoint_groups", {"endpoint_group": body}).json["endpoint_group"]["id"]
    assert identity.put(f"/OS-EP-FILTER/projects/{project}/endpoints/{made[0]}").status_code == 204

    def seen() -> set[str]:
        entries = identity.get("/auth/catalog").json["catalog"]
        return {endpoint["id"] for entry in entries for endpoint in entry["endpoints"]}

    assert seen() == {made[0]}
    assert identity.put(f"/OS-EP-FILTER/endpoint_groups/{group}/projects/{project}").status_code == 204
    assert seen() == set(made)
    listed = identity.get(f"/OS-EP-FILTER/projects/{project}/endpoints").json["endpoints"]
    assert {endpoint["id"] for endpoint in listed} == set(made)
    assert identity.delete(f"/OS-EP-FILTER/endpoint_groups/{group}/projects/{project}").status_code == 204
    assert identity.delete(f"/OS-EP-FILTER/projects/{project}/endpoints/{made[0]}").status_code == 204
    assert len(seen()) > 2


@pytest.mark.parametrize(
    "filters", [{}, {"enabled": True}, {"colour": "red"}, {"interface": "secret"}, {"region_id": 7}]
)
def test_an_endpoint_group_says_which_endpoints_by_what_is_known(identity: Identity, filters: dict[str, Any]) -> None:
    groups, good = "/OS-EP-FILTER/endpoint_groups", {"interface": "public"}
    bad = {"endpoint_group": {"name": "inside", "filters": filters}}
    assert identity.post(groups, bad).status_code == 400
    made = identity.post(groups, {"endpoint_group": {"name": "inside", "filters": good}}).json["endpoint_group"]
    assert identity.patch(f"{groups}/{made['id']}", bad).status_code == 400
    assert identity.get(f"{groups}/{made['id']}").json["endpoint_group"]["filters"] == good


def test_a_policy_is_meant_for_an_endpoint_by_the_nearest_association(identity: Identity, service: str) -> None:
    endpoint = identity.make("endpoint", service_id=service, interface="public", url="http://x", region_id="RegionOne")[
        "id"
    ]
    near, far = (identity.make("policy", type="application/json", blob=blob)["id"] for blob in ("{}", "[]"))
    meant = f"/endpoints/{endpoint}/OS-ENDPOINT-POLICY/policy"
    assert identity.get(meant).status_code == 404
    assert identity.put(f"/policies/{far}/OS-ENDPOINT-POLICY/services/{service}").status_code == 204
    assert identity.get(meant).json["policy"]["id"] == far
    place = f"/policies/{near}/OS-ENDPOINT-POLICY/services/{service}/regions/RegionOne"
    assert identity.get(place).status_code == 404
    assert identity.put(place).status_code == identity.get(place).status_code == 204
    assert identity.get(meant).json["policy"]["id"] == near
    listed = identity.get(f"/policies/{near}/OS-ENDPOINT-POLICY/endpoints").json["endpoints"]
    assert [one["id"] for one in listed] == [endpoint]
    assert identity.delete(place).status_code == 204


def test_the_secret_of_a_consumer_is_shown_once(identity: Identity) -> None:
    made = identity.post("/OS-OAUTH1/consumers", {"consumer": {"description": "printer"}}).json["consumer"]
    assert len(made["secret"]) == 64
    shown = identity.get(f"/OS-OAUTH1/consumers/{made['id']}").json["consumer"]
    assert "secret" not in shown and shown["description"] == "printer"
    assert identity.patch(f"/OS-OAUTH1/consumers/{made['id']}", {"consumer": {"secret": "x"}}).status_code == 400


def test_secrets_in_the_configuration_of_a_domain_are_never_shown(identity: Identity) -> None:
    config = {"ldap": {"url": "ldap://x", "password": "hidden"}, "identity": {"driver": "ldap", "list_limit": 7}}
    reply = identity.put("/domains/default/config", {"config": config})
    assert reply.status_code == 201 and "hidden" not in reply.text
    assert reply.json["config"] == {"ldap": {"url": "ldap://x"}, "identity": {"driver": "ldap", "list_limit": 7}}
    assert identity.get("/domains/default/config/identity/list_limit").json["config"] == {"list_limit": 7}
    for bad in ({"colour": {}}, {"ldap": {"colour": 1}}):
        assert identity.patch("/domains/default/config", {"config": bad}).status_code == 403
    assert identity.patch("/domains/default/config", {"config": {"ldap": 3}}).status_code == 400
    assert identity.delete("/domains/default/config").status_code == 204
    assert identity.get("/domains/default/config").status_code == 404


@pytest.mark.parametrize(("region", "status"), [("", 201), (None, 201), ("there", 201), ("no/where", 400)])
def test_the_old_name_of_a_region_makes_one_that_can_be_asked_for(
    identity: Identity, region: str | None, status: int
) -> None:
    service = identity.make("service", type="weather")["id"]
    body = {"endpoint": {"service_id": service, "interface": "public", "url": "http://x", "region": region}}
    reply = identity.post("/endpoints", body)
    assert reply.status_code == status, reply.text
    listed = {one["id"] for one in identity.get("/regions").json["regions"]}
    assert listed == {"RegionOne"} | ({region} if region and status == 201 else set())
