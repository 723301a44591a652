"""Stories about routers, their interfaces, routes and gateways, and about floating IPs."""

from typing import Any

from tests.api.network.conftest import Net, World

from stories import ADMIN, OTHER


def _plug(net: Net, router: dict[str, Any], expect: int = 200, **asked: str) -> Any:
    return net.ask("PUT", f"/routers/{router['id']}/add_router_interface", asked, expect=expect)


def _unplug(net: Net, router: dict[str, Any], expect: int = 200, **asked: str) -> Any:
    return net.ask("PUT", f"/routers/{router['id']}/remove_router_interface", asked, expect=expect)


def test_a_router_is_told_all_it_connects(net: Net, world: World) -> None:
    shown = net.show("router", world.router["id"])
    info = shown["external_gateway_info"]
    assert (info["network_id"], info["enable_snat"]) == (world.outside["id"], True)
    playbook, variables, _ = net.cloud.runner.runs[-1]
    assert playbook == "network/router_present.yml"
    (item,) = variables["ovn_topology_routers"]
    assert item["interfaces"][0]["networks"] == ["10.0.0.1/24"]
    assert item["gateway"]["ip"] == [info["external_fixed_ips"][0]["ip_address"] + "/24"]
    assert (item["gateway"]["gateway_ip"], item["gateway"]["chassis"]) == (["172.24.4.1"], [])
    assert item["snat_cidrs"] == ["10.0.0.0/24"]
    (port,) = net.listed("port", f"?device_id={world.router['id']}")
    assert (port["status"], port["device_owner"]) == ("ACTIVE", "network:router_interface")
    owners = [p["device_owner"] for p in net.listed("port", f"?device_id={world.router['id']}", ADMIN)]
    assert sorted(owners) == ["network:router_gateway", "network:router_interface"]


def test_a_router_is_not_deleted_while_it_has_interfaces(net: Net, world: World) -> None:
    path = f"/routers/{world.router['id']}"
    assert net.ask("DELETE", path, expect=409)["NeutronError"]["type"] == "RouterInUse"
    (port,) = net.listed("port", f"?device_id={world.router['id']}")
    assert net.ask("DELETE", f"/ports/{port['id']}", expect=409)["NeutronError"]["type"] == "ServicePortInUse"
    gone = _unplug(net, world.router, subnet_id=world.subnet["id"])
    assert gone["port_id"] == port["id"]
    net.ask("DELETE", path)
    net.ask("GET", path, expect=404)
    net.cloud.settle()
    assert net.cloud.runner.runs[-1][0] == "network/router_absent.yml"
    assert net.listed("port", f"?network_id={world.outside['id']}", ADMIN) == []
    net.ask("DELETE", f"/networks/{world.outside['id']}", token=ADMIN)


def test_interfaces_are_refused_where_they_make_no_sense(net: Net, world: World) -> None:
    router = world.router
    assert "already has a port" in str(_plug(net, router, 400, subnet_id=world.subnet["id"]))
    twin = net.make("network", name="twin")
    overlapping = net.subnet(twin, "10.0.0.128/25")
    assert "overlaps" in str(_plug(net, router, 400, subnet_id=overlapping["id"]))
    _plug(net, router, 400)
    _plug(net, router, 404, subnet_id="nothing")
    bare = net.subnet(twin, "10.1.0.0/24", gateway_ip=None)
    _plug(net, router, 400, subnet_id=bare["id"])
    used = net.make("port", network_id=twin["id"], device_id="x")
    _plug(net, router, 409, port_id=used["id"])
    _unplug(net, router, 404, subnet_id=bare["id"])
    _unplug(net, router, 404, port_id=used["id"])
    net.ask("PUT", f"/routers/{router['id']}/add_router_interface", {"subnet_id": bare["id"]}, token=OTHER, expect=404)


def test_a_port_becomes_an_interface_and_goes_with_it(net: Net, world: World) -> None:
    network = net.make("network", name="second")
    net.subnet(network, "10.2.0.0/24")
    port = net.make("port", network_id=network["id"])
    made = _plug(net, world.router, port_id=port["id"])
    assert made["port_id"] == port["id"]
    assert net.show("port", port["id"])["device_id"] == world.router["id"]
    _unplug(net, world.router, port_id=port["id"])
    net.ask("GET", f"/ports/{port['id']}", expect=404)


def test_routes_lead_to_neighbours_only(net: Net, world: World) -> None:
    path = f"/routers/{world.router['id']}"
    route = {"destination": "10.50.0.0/16", "nexthop": "10.0.0.9"}
    assert net.change("router", world.router["id"], routes=[route])["routes"] == [route]
    net.cloud.settle()
    assert net.cloud.runner.runs[-1][1]["ovn_topology_routers"][0]["routes"] == [route]
    far, own = {**route, "nexthop": "10.99.0.1"}, {**route, "nexthop": "10.0.0.1"}
    for bad in (far, own):
        fault = net.ask("PUT", path, {"router": {"routes": [bad]}}, expect=400)
        assert fault["NeutronError"]["type"] == "InvalidRoutes"
    assert (
        _unplug(net, world.router, 409, subnet_id=world.subnet["id"])["NeutronError"]["type"]
        == "RouterInterfaceInUseByRoute"
    )
    more = {"destination": "10.60.0.0/16", "nexthop": "10.0.0.9"}
    assert net.ask("PUT", f"{path}/add_extraroutes", {"router": {"routes": [route, more]}})["router"]["routes"] == [
        route,
        more,
    ]
    assert net.ask("PUT", f"{path}/remove_extraroutes", {"router": {"routes": [route]}})["router"]["routes"] == [more]
    assert net.change("router", world.router["id"], routes=None)["routes"] == []


def test_a_gateway_is_set_changed_and_cleared(net: Net, world: World) -> None:
    router = net.make("router", name="r", admin_state_up=False)
    assert (router["external_gateway_info"], router["admin_state_up"]) == (None, False)
    path, inside = f"/routers/{router['id']}", {"network_id": world.network["id"]}
    net.ask("PUT", path, {"router": {"external_gateway_info": inside}}, expect=400)
    net.ask("PUT", path, {"router": {"external_gateway_info": {"network_id": "nothing"}}}, expect=404)
    info = {"network_id": world.outside["id"], "enable_snat": False}
    net.ask("PUT", path, {"router": {"external_gateway_info": info}}, expect=403)
    changed = net.change("router", router["id"], ADMIN, external_gateway_info=info)
    assert changed["external_gateway_info"]["enable_snat"] is False
    assert net.change("router", router["id"], external_gateway_info={})["external_gateway_info"] is None
    fixed = [{"ip_address": "172.24.4.200"}]
    changed = net.change("router", router["id"], ADMIN, external_gateway_info={**info, "external_fixed_ips": fixed})
    assert changed["external_gateway_info"]["external_fixed_ips"][0]["ip_address"] == "172.24.4.200"


def test_a_floating_ip_is_led_to_a_port_and_away(net: Net, world: World) -> None:
    made = net.make("floatingip", floating_network_id=world.outside["id"], description="web")
    assert (made["status"], made["port_id"], made["router_id"]) == ("DOWN", None, None)
    port = net.make("port", network_id=world.network["id"])
    led = net.change("floatingip", made["id"], port_id=port["id"])
    assert led["fixed_ip_address"] == port["fixed_ips"][0]["ip_address"]
    assert led["router_id"] == world.router["id"]
    assert led["port_details"]["mac_address"] == port["mac_address"]
    net.cloud.settle()
    assert net.show("floatingip", made["id"])["status"] == "ACTIVE"
    (item,) = net.cloud.runner.runs[-1][1]["ovn_topology_routers"]
    assert item["floating_ips"][0]["external_ip"] == made["floating_ip_address"]
    other = net.make("floatingip", floating_network_id=world.outside["id"])
    fault = net.ask("PUT", f"/floatingips/{other['id']}", {"floatingip": {"port_id": port["id"]}}, expect=409)
    assert fault["NeutronError"]["type"] == "FloatingIPPortAlreadyAssociated"
    _unplug(net, world.router, 409, subnet_id=world.subnet["id"])
    cleared = {"router": {"external_gateway_info": None}}
    net.ask("PUT", f"/routers/{world.router['id']}", cleared, expect=409)
    free = net.change("floatingip", made["id"], port_id=None)
    assert (free["status"], free["fixed_ip_address"], free["router_id"]) == ("DOWN", None, None)
    net.ask("DELETE", f"/floatingips/{made['id']}")
    net.ask("GET", f"/floatingips/{made['id']}", expect=404)
    net.cloud.settle()
    assert net.cloud.runner.runs[-1][1]["ovn_topology_routers"][0]["floating_ips"] == []


def test_a_floating_ip_leaves_a_port_that_goes(net: Net, world: World) -> None:
    port = net.make("port", network_id=world.network["id"])
    made = net.make("floatingip", floating_network_id=world.outside["id"], port_id=port["id"])
    net.ask("DELETE", f"/ports/{port['id']}")
    assert net.show("floatingip", made["id"])["port_id"] is None
    net.cloud.settle()
    assert net.cloud.runner.runs[-1][0] in ("network/port_absent.yml", "network/router_present.yml")


def test_floating_ips_are_refused_where_they_cannot_lead(net: Net, world: World) -> None:
    outside = world.outside["id"]
    net.refused(400, "floatingip", floating_network_id=world.network["id"])
    net.refused(404, "floatingip", floating_network_id="nothing")
    net.refused(403, "floatingip", floating_network_id=outside, floating_ip_address="172.24.4.9")
    island = net.make("network", name="island")
    net.subnet(island, "10.7.0.0/24")
    port = net.make("port", network_id=island["id"])
    net.refused(404, "floatingip", floating_network_id=outside, port_id=port["id"])
    made = net.make("floatingip", ADMIN, floating_network_id=outside, floating_ip_address="172.24.4.9", project_id="p1")
    assert made["floating_ip_address"] == "172.24.4.9"
    net.ask("PUT", f"/floatingips/{made['id']}", {"floatingip": {"port_id": port["id"]}}, token=OTHER, expect=404)
    assert net.listed("floatingip", "?floating_ip_address=172.24.4.9")[0]["id"] == made["id"]
    net.ask("PUT", "/quotas/p1", {"quota": {"floatingip": 1}}, token=ADMIN)
    assert net.refused(409, "floatingip", floating_network_id=outside)["type"] == "OverQuota"


def test_a_router_that_fails_says_so_and_so_do_its_floating_ips(net: Net, world: World) -> None:
    port = net.make("port", network_id=world.network["id"])
    net.cloud.runner.refuse[world.router["id"]] = "no gateway chassis"
    made = net.make("floatingip", floating_network_id=world.outside["id"], port_id=port["id"])
    net.cloud.settle()
    assert net.show("router", world.router["id"])["fault"]["message"] == "no gateway chassis"
    assert net.show("floatingip", made["id"])["status"] == "ERROR"
    net.cloud.runner.refuse.clear()
    net.change("router", world.router["id"], name="again")
    net.cloud.settle()
    assert net.show("router", world.router["id"])["status"] == "ACTIVE"
    assert net.show("floatingip", made["id"])["status"] == "ACTIVE"
