"""Stories about networks: made, shared, found, changed, failed and deleted."""

from tests.api.network.conftest import Net, World

from stories import ADMIN, OTHER, READER


def test_a_network_is_active_at_once_and_made_so_by_a_run(net: Net) -> None:
    made = net.make("network", name="blue", description="sky", tags=["b", "a"])
    assert (made["status"], made["mtu"], made["tags"], made["subnets"]) == ("ACTIVE", 1442, ["a", "b"], [])
    assert made["project_id"] == made["tenant_id"] == "p1"
    assert made["created_at"].endswith("Z")
    assert "provider:network_type" not in made
    net.cloud.settle()
    playbook, variables, limit = net.cloud.runner.runs[0]
    assert playbook == "network/network_present.yml"
    assert limit == ["ovn_central"]
    assert variables["ovn_topology_networks"][0]["id"] == made["id"]


def test_changes_that_wait_are_made_in_one_run(net: Net) -> None:
    made = net.make("network", name="blue")
    net.subnet(made)
    net.subnet(made, "10.0.1.0/24")
    net.change("network", made["id"], name="green")
    net.cloud.settle()
    (run,) = net.cloud.runner.runs
    (item,) = run[1]["ovn_topology_networks"]
    assert item["name"] == "green"
    assert [s["cidr"] for s in item["subnets"]] == ["10.0.0.0/24", "10.0.1.0/24"]


def test_a_network_of_another_project_is_not_found(net: Net) -> None:
    made = net.make("network", name="blue")
    for method in ("GET", "DELETE"):
        fault = net.ask(method, f"/networks/{made['id']}", token=OTHER, expect=404)
        assert fault["NeutronError"]["type"] == "NetworkNotFound"
    assert net.listed("network", token=OTHER) == []
    assert net.show("network", made["id"], ADMIN)["provider:network_type"] == "geneve"


def test_a_shared_network_is_seen_but_not_changed_by_others(net: Net) -> None:
    made = net.make("network", ADMIN, name="all", shared=True)
    assert net.show("network", made["id"])["shared"] is True
    net.ask("PUT", f"/networks/{made['id']}", {"network": {"name": "mine"}}, expect=403)
    net.ask("DELETE", f"/networks/{made['id']}", expect=403)
    net.refused(403, "network", name="x", shared=True)
    port = net.make("port", network_id=made["id"])
    fault = net.ask("PUT", f"/networks/{made['id']}", {"network": {"shared": False}}, token=ADMIN, expect=409)
    assert fault["NeutronError"]["type"] == "InvalidSharedSetting"
    net.ask("DELETE", f"/ports/{port['id']}")
    assert net.change("network", made["id"], ADMIN, shared=False)["shared"] is False
    net.ask("GET", f"/networks/{made['id']}", expect=404)


def test_a_network_shared_with_one_project_is_seen_by_that_one_only(net: Net) -> None:
    made = net.make("network", name="lent")
    policy = net.make(
        "rbac_policy",
        path="/rbac-policies",
        object_type="network",
        object_id=made["id"],
        action="access_as_shared",
        target_tenant="p2",
    )
    assert net.show("network", made["id"], OTHER)["shared"] is True
    net.ask("DELETE", f"/rbac-policies/{policy['id']}")
    net.ask("GET", f"/networks/{made['id']}", token=OTHER, expect=404)


def test_an_external_network_is_seen_by_all_but_is_no_place_for_servers(net: Net) -> None:
    outside = net.outside()
    (seen,) = net.listed("network", "?router:external=True")
    assert seen["id"] == outside["id"]
    assert net.listed("network", "?router:external=false") == []
    net.refused(403, "port", network_id=outside["id"])
    assert outside["provider:physical_network"] == "external"
    assert net.listed("subnet", f"?network_id={outside['id']}")[0]["router:external"] is True


def test_a_reader_sees_but_does_not_change(net: Net) -> None:
    made = net.make("network", name="blue")
    assert net.show("network", made["id"], READER)["name"] == "blue"
    net.refused(403, "network", READER, name="x")
    net.ask("DELETE", f"/networks/{made['id']}", token=READER, expect=403)


BAD: list[tuple[object, str]] = [
    ({"network": {"name": "n" * 256}}, "network/name"),
    ({"network": {"mtu": "big"}}, "network/mtu"),
    ({"network": {"mtu": 20}}, "mtu"),
    ({"network": {"colour": "blue"}}, "colour"),
    ({"network": {"name": "a\0b"}}, "network/name"),
    ({"net": {}}, "net"),
    (None, "body"),
    ({"networks": []}, "networks"),
]


def test_bad_input_is_refused_and_the_field_named(net: Net) -> None:
    for body, word in BAD:
        answer = net.ask("POST", "/networks", body, expect=400)
        assert word in answer["NeutronError"]["message"]


def test_several_networks_are_made_at_once_or_none(net: Net) -> None:
    made = net.ask("POST", "/networks", {"networks": [{"name": "a"}, {"name": "b"}]})["networks"]
    assert [n["name"] for n in made] == ["a", "b"]
    net.ask("POST", "/networks", {"networks": [{"name": "c"}, {"name": "d", "mtu": 1}]}, expect=400)
    assert sorted(n["name"] for n in net.listed("network")) == ["a", "b"]


def test_the_quota_of_networks_holds_and_can_be_raised(net: Net) -> None:
    net.ask("PUT", "/quotas/p1", {"quota": {"network": 1}}, token=ADMIN)
    first = net.make("network", name="a")
    assert net.refused(409, "network", name="b")["type"] == "OverQuota"
    assert net.ask("GET", "/quotas/p1/details")["quota"]["network"] == {"limit": 1, "used": 1, "reserved": 0}
    net.ask("DELETE", f"/networks/{first['id']}")
    net.make("network", name="b")
    low = {"quota": {"network": 0, "check_limit": True}}
    assert "network" in str(net.ask("PUT", "/quotas/p1", low, token=ADMIN, expect=409))
    net.ask("PUT", "/quotas/p1", {"quota": {"network": 5, "check_limit": True}}, token=ADMIN)
    net.ask("DELETE", "/quotas/p1", token=ADMIN)
    assert net.ask("GET", "/quotas/p1")["quota"]["network"] == 100
    net.ask("GET", "/quotas/p1", token=OTHER, expect=403)
    net.ask("PUT", "/quotas/p1", {"quota": {"network": 5}}, expect=403)


def test_a_deleted_network_is_gone_at_once_with_its_subnets(net: Net) -> None:
    made = net.make("network", name="blue")
    subnet = net.subnet(made)
    net.cloud.settle()
    net.ask("DELETE", f"/networks/{made['id']}")
    net.ask("GET", f"/networks/{made['id']}", expect=404)
    net.ask("GET", f"/subnets/{subnet['id']}", expect=404)
    net.cloud.settle()
    assert net.cloud.runner.runs[-1][0] == "network/network_absent.yml"


def test_a_delete_overtakes_the_making(net: Net) -> None:
    made = net.make("network", name="blue")
    net.ask("DELETE", f"/networks/{made['id']}")
    net.cloud.settle()
    assert [run[0] for run in net.cloud.runner.runs] == ["network/network_absent.yml"]


def test_a_network_with_ports_is_not_deleted(net: Net) -> None:
    made = net.make("network", name="blue")
    port = net.make("port", network_id=made["id"])
    fault = net.ask("DELETE", f"/networks/{made['id']}", expect=409)
    assert fault["NeutronError"]["type"] == "NetworkInUse"
    net.ask("DELETE", f"/ports/{port['id']}")
    net.ask("DELETE", f"/networks/{made['id']}")


def test_a_failure_on_the_hosts_is_shown_and_mended_by_a_change(net: Net) -> None:
    made = net.make("network", name="blue")
    net.cloud.runner.refuse[made["id"]] = "the switch is on fire"
    net.cloud.settle()
    shown = net.show("network", made["id"])
    assert shown["status"] == "ERROR"
    assert shown["fault"]["message"] == "the switch is on fire"
    assert "host" not in shown["fault"]
    assert net.show("network", made["id"], ADMIN)["fault"]["host"] == "h1"
    net.cloud.runner.refuse.clear()
    net.change("network", made["id"], description="again")
    net.cloud.settle()
    shown = net.show("network", made["id"])
    assert shown["status"] == "ACTIVE"
    assert "fault" not in shown


def test_a_network_that_could_not_be_deleted_comes_back_and_can_be_deleted(net: Net) -> None:
    made = net.make("network", name="blue")
    net.cloud.settle()
    net.cloud.runner.refuse[made["id"]] = "busy"
    net.ask("DELETE", f"/networks/{made['id']}")
    net.cloud.settle()
    assert net.show("network", made["id"])["status"] == "ERROR"
    net.cloud.runner.refuse.clear()
    net.ask("DELETE", f"/networks/{made['id']}")
    net.cloud.settle()
    assert net.listed("network") == []


def test_lists_are_filtered_sorted_and_cut_to_fields(net: Net) -> None:
    for name in ("c", "a", "b"):
        net.make("network", name=name, tags=["x"] if name == "a" else [])
    names = [n["name"] for n in net.listed("network", "?sort_key=name&sort_dir=desc")]
    assert names == ["c", "b", "a"]
    assert [n["name"] for n in net.listed("network", "?name=a&name=b&sort_key=name")] == ["a", "b"]
    assert net.listed("network", "?name=a&fields=name&fields=mtu") == [{"name": "a", "mtu": 1442}]
    assert [n["name"] for n in net.listed("network", "?tags=x")] == ["a"]
    assert len(net.listed("network", "?not-tags=x&admin_state_up=True&mtu=1442")) == 2
    assert "colour" in str(net.ask("GET", "/networks?colour=blue", expect=400))
    net.ask("GET", "/networks?mtu=x", expect=400)
    net.ask("GET", "/networks?limit=x", expect=400)
    net.ask("GET", "/networks?sort_key=colour", expect=400)
    net.ask("GET", "/networks?name=%00", expect=400)


def test_pages_lead_forwards_and_backwards(net: Net) -> None:
    net.ask("POST", "/networks", {"networks": [{"name": f"n{i}"} for i in range(5)]})
    page = net.ask("GET", "/networks?limit=2&sort_key=name&sort_dir=asc")
    assert [n["name"] for n in page["networks"]] == ["n0", "n1"]
    seen = ["n0", "n1"]
    while following := [link["href"] for link in page["networks_links"] if link["rel"] == "next"]:
        page = net.ask("GET", following[0].split("/network/v2.0")[1])
        seen += [n["name"] for n in page["networks"]]
    assert seen == ["n0", "n1", "n2", "n3", "n4"]
    back = next(link["href"] for link in page["networks_links"] if link["rel"] == "previous")
    page = net.ask("GET", back.split("/network/v2.0")[1])
    assert [n["name"] for n in page["networks"]] == ["n2", "n3"]


def test_a_change_may_be_bound_to_a_revision(net: Net) -> None:
    made = net.make("network", name="a")
    path, body = f"/networks/{made['id']}", {"network": {"name": "b"}}
    stale = {"If-Match": "revision_number=99"}
    net.ask("PUT", path, body, headers=stale, expect=412)
    changed = net.ask("PUT", path, body, headers={"If-Match": f"revision_number={made['revision_number']}"})["network"]
    assert changed["revision_number"] == made["revision_number"] + 1


def test_tags_are_set_added_and_taken_away(net: Net) -> None:
    made = net.make("network", name="a")
    path = f"/networks/{made['id']}/tags"
    assert net.ask("PUT", path, {"tags": ["red", "blue"]}) == {"tags": ["blue", "red"]}
    net.ask("PUT", f"{path}/green", expect=201)
    net.ask("GET", f"{path}/green", expect=204)
    net.ask("DELETE", f"{path}/red")
    net.ask("DELETE", f"{path}/red", expect=404)
    assert net.show("network", made["id"])["tags"] == ["blue", "green"]
    net.ask("DELETE", path)
    assert net.ask("GET", path) == {"tags": []}


def test_only_an_admin_makes_things_for_another_project(net: Net) -> None:
    assert net.make("network", ADMIN, name="gift", tenant_id="p2")["project_id"] == "p2"
    net.refused(400, "network", name="theft", project_id="p2")


def test_the_api_says_what_it_is(net: Net, world: World) -> None:
    versions = net.cloud.get("/network/", token=None).json["versions"]
    assert [v["id"] for v in versions] == ["v2.0"]
    names = {r["name"] for r in net.cloud.get("/network/v2.0/", token=None).json["resources"]}
    assert {"network", "subnet", "port"} <= names
    aliases = {e["alias"] for e in net.ask("GET", "/extensions")["extensions"]}
    assert {"router", "external-net", "security-group", "quotas"} <= aliases
    assert net.ask("GET", "/extensions/router")["extension"]["alias"] == "router"
    net.ask("GET", "/extensions/nothing", expect=404)
    assert net.ask("GET", "/availability_zones")["availability_zones"]
    net.ask("GET", "/nothing", expect=404)
    (free,) = net.ask("GET", "/network-ip-availabilities?network_name=inside", token=ADMIN)["network_ip_availabilities"]
    assert (free["total_ips"], free["used_ips"]) == (253, 2)
