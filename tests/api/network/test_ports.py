"""Stories about ports, alone and on servers."""

from typing import Any

import pytest
from tests.api.network.conftest import Net, World

from pileus.core.context import Context
from pileus.core.errors import Conflict, NotFound
from pileus.network import operations
from stories import ADMIN, OTHER

ME = Context(user_id="u1", project_id="p1", roles=("member",))


def test_a_port_has_an_address_a_mac_and_the_default_group(net: Net) -> None:
    network = net.make("network", name="n")
    subnet = net.subnet(network)
    port = net.make("port", network_id=network["id"], name="eth", tags=["x"])
    assert port["status"] == "DOWN"
    assert port["mac_address"].startswith("fa:16:3e:")
    assert port["fixed_ips"][0]["subnet_id"] == subnet["id"]
    (group,) = net.listed("security_group")
    assert port["security_groups"] == [group["id"]]
    assert "binding:host_id" not in port
    net.cloud.settle()
    playbook, variables, _ = net.cloud.runner.runs[-1]
    assert playbook == "network/port_present.yml"
    assert variables["ovn_topology_ports"][0]["mac"] == port["mac_address"]
    assert variables["ovn_topology_security_groups"][0]["id"] == group["id"]
    assert net.show("port", port["id"]) == port
    net.ask("GET", f"/ports/{port['id']}", token=OTHER, expect=404)


def test_a_port_waits_for_its_network(net: Net) -> None:
    network = net.make("network", name="n")
    net.subnet(network)
    net.make("port", network_id=network["id"])
    net.cloud.settle()
    assert [run[0].split("/")[1] for run in net.cloud.runner.runs] == ["network_present.yml", "port_present.yml"]


def test_a_port_takes_the_address_it_asks_for_once(net: Net) -> None:
    network = net.make("network", name="n")
    subnet = net.subnet(network)
    wish = {"fixed_ips": [{"subnet_id": subnet["id"], "ip_address": "10.0.0.77"}]}
    port = net.make("port", network_id=network["id"], **wish)
    assert port["fixed_ips"] == wish["fixed_ips"]
    assert net.refused(409, "port", network_id=network["id"], **wish)["type"] == "IpAddressAlreadyAllocated"
    assert net.refused(400, "port", network_id=network["id"], fixed_ips=[{"ip_address": "10.9.0.1"}])
    assert net.refused(400, "port", network_id=network["id"], fixed_ips=[{"ip_address": "10.0.0.255"}])
    assert net.refused(404, "port", network_id=network["id"], fixed_ips=[{"subnet_id": "nothing"}])
    net.ask("DELETE", f"/ports/{port['id']}")
    assert (
        net.make("port", network_id=network["id"], mac_address=port["mac_address"], **wish)["fixed_ips"]
        == wish["fixed_ips"]
    )
    assert (
        net.refused(409, "port", network_id=network["id"], mac_address=port["mac_address"])["type"] == "MacAddressInUse"
    )


BAD: list[dict[str, Any]] = [
    {"mac_address": "nonsense"},
    {"mac_address": "01:00:00:00:00:01"},
    {"fixed_ips": [{"ip_address": "x"}]},
    {"allowed_address_pairs": [{"ip_address": "x"}]},
    {"allowed_address_pairs": [{"ip_address": "10.0.0.3"}, {"ip_address": "10.0.0.3"}]},
    {"allowed_address_pairs": [{"mac_address": "fa:16:3e:00:00:01"}]},
    {"extra_dhcp_opts": [{"opt_value": "x"}]},
    {"extra_dhcp_opts": [{"opt_name": "mtu", "opt_value": "much"}]},
    {"extra_dhcp_opts": [{"opt_name": "26", "opt_value": "70000"}]},
    {"extra_dhcp_opts": [{"opt_name": "router", "opt_value": "10.0.0.1, x"}]},
    {"extra_dhcp_opts": [{"opt_name": "domain-name", "opt_value": 'a"b'}]},
    {"binding:vnic_type": "direct"},
    {"network_id": 5},
    {"fixed_ips": [{}]},
]


def test_bad_ports_are_refused(net: Net) -> None:
    network = net.make("network", name="n")
    net.subnet(network)
    for asked in BAD:
        net.refused(400, "port", **{"network_id": network["id"], **asked})


def test_a_port_is_changed_in_all_its_parts(net: Net) -> None:
    network = net.make("network", name="n")
    net.subnet(network)
    port = net.make("port", network_id=network["id"])
    group = net.make("security_group", name="web")
    net.cloud.settle()
    kept = port["fixed_ips"][0]["ip_address"]
    changed = net.change(
        "port",
        port["id"],
        name="new",
        admin_state_up=False,
        security_groups=[group["id"]],
        allowed_address_pairs=[{"ip_address": "10.0.0.200"}],
        fixed_ips=[{"ip_address": "10.0.0.99"}, {"ip_address": kept}],
        extra_dhcp_opts=[{"opt_name": "tftp-server", "opt_value": "10.0.0.3"}],
    )
    assert [f["ip_address"] for f in changed["fixed_ips"]] == [kept, "10.0.0.99"]
    assert changed["allowed_address_pairs"] == [{"ip_address": "10.0.0.200", "mac_address": port["mac_address"]}]
    net.cloud.settle()
    (item,) = net.cloud.runner.runs[-1][1]["ovn_topology_ports"]
    assert (item["admin_state_up"], item["security_groups"]) == (False, [group["id"]])
    cleared = net.change("port", port["id"], extra_dhcp_opts=[{"opt_name": "tftp-server", "opt_value": None}])
    assert cleared["extra_dhcp_opts"] == []
    net.ask("PUT", f"/ports/{port['id']}", {"port": {"port_security_enabled": False}}, expect=409)
    open_port = net.change(
        "port", port["id"], port_security_enabled=False, security_groups=[], allowed_address_pairs=[]
    )
    assert open_port["port_security_enabled"] is False
    net.ask("PUT", f"/ports/{port['id']}", {"port": {"security_groups": [group["id"]]}}, expect=409)


def test_ports_are_found_by_address_group_and_device(net: Net) -> None:
    network = net.make("network", name="n")
    subnet = net.subnet(network)
    port = net.make("port", network_id=network["id"], device_id="dev", fixed_ips=[{"ip_address": "10.0.0.50"}])
    other = net.make("port", network_id=network["id"], fixed_ips=[{"ip_address": "10.0.0.60"}], security_groups=[])
    find = lambda query: [p["id"] for p in net.listed("port", query)]  # noqa: E731
    assert find("?fixed_ips=ip_address%3D10.0.0.50") == [port["id"]]
    assert find("?fixed_ips=ip_address_substr%3D0.6") == [other["id"]]
    assert sorted(find(f"?fixed_ips=subnet_id%3D{subnet['id']}")) == sorted([port["id"], other["id"]])
    assert find(f"?security_groups={port['security_groups'][0]}") == [port["id"]]
    assert find(f"?device_id=dev&mac_address={port['mac_address']}") == [port["id"]]
    net.ask("GET", "/ports?fixed_ips=nonsense", expect=400)


def test_on_a_shared_network_nobody_may_pretend_to_be_another(net: Net) -> None:
    network = net.make("network", ADMIN, name="all", shared=True)
    net.subnet(network, token=ADMIN)
    for asked in (
        {"mac_address": "fa:16:3e:00:00:01"},
        {"port_security_enabled": False},
        {"fixed_ips": [{"ip_address": "10.0.0.9"}]},
        {"device_owner": "network:dhcp"},
    ):
        net.refused(403, "port", network_id=network["id"], **asked)
    net.refused(403, "port", network_id=network["id"], **{"binding:host_id": "h1"})
    port = net.make("port", network_id=network["id"])
    net.ask("PUT", f"/ports/{port['id']}", {"port": {"mac_address": "fa:16:3e:00:00:01"}}, expect=403)


def test_the_quota_of_ports_holds(net: Net) -> None:
    net.ask("PUT", "/quotas/p1", {"quota": {"port": 1}}, token=ADMIN)
    network = net.make("network", name="n")
    port = net.make("port", network_id=network["id"])
    assert net.refused(409, "port", network_id=network["id"])["type"] == "OverQuota"
    net.ask("DELETE", f"/ports/{port['id']}")
    net.make("port", network_id=network["id"])


def test_a_server_gets_ports_and_gives_them_back(net: Net, world: World) -> None:
    own = net.make("port", network_id=world.network["id"])
    floating = net.make("floatingip", floating_network_id=world.outside["id"], port_id=own["id"])
    net.cloud.settle()
    with net.cloud.database.write() as session:
        made = operations.create_port(session, ME, network_id=world.network["id"], server_id="s1", fixed_ip="10.0.0.42")
        adopted = operations.adopt_port(session, ME, own["id"], "s1")
        with pytest.raises(Conflict):
            operations.adopt_port(session, ME, own["id"], "s2")
        with pytest.raises(NotFound):
            operations.create_port(session, ME, network_id="nothing", server_id="s1")
        ports = operations.ports_of(session, ["s1", "s2"])
        assert {p.id for p in ports["s1"]} == {made.id, adopted.id}
        assert ports["s2"] == []
        variables = operations.server_variables(session, ports["s1"], "h1", "i1")
        assert variables["metadata_network_items"][0]["addresses"] == ["10.0.0.2/24"]
        assert len(variables["ovn_topology_ports"]) == 2
        assert operations.nic_items(session, [made])[0]["mtu"] == 1442
        addresses = operations.addresses_of(session, ["s1"])["s1"]["inside"]
        assert {a["addr"] for a in addresses} >= {"10.0.0.42", floating["floating_ip_address"]}
        found = operations.port_by_address(session, world.network["id"], "10.0.0.42")
        assert found is not None
        assert found.device_id == "s1"
        operations.bind_ports(session, "s1", "h1", True)
    assert net.show("port", own["id"], ADMIN)["binding:host_id"] == "h1"
    assert net.show("port", own["id"])["status"] == "ACTIVE"
    with net.cloud.database.write() as session:
        gone = operations.ports_of(session, ["s1"])["s1"]
        assert [item["id"] for item in operations.absent_port_items(session, gone, "i2")] == [made.id]
        operations.release_ports(session, "s1")
    assert net.show("port", own["id"])["device_id"] == ""
    assert net.show("floatingip", floating["id"])["port_id"] is None
    net.cloud.settle()
    assert net.cloud.runner.runs[-1][1]["ovn_topology_routers"][0]["floating_ips"] == []
    net.ask("DELETE", f"/ports/{own['id']}")
    net.ask("PUT", f"/routers/{world.router['id']}/remove_router_interface", {"subnet_id": world.subnet["id"]})
    net.ask("DELETE", f"/networks/{world.network['id']}")
    net.cloud.settle()
    playbook, variables, limit = net.cloud.runner.runs[-1]
    assert playbook == "network/network_absent.yml"
    assert [(i["host"], i["addresses"]) for i in variables["metadata_network_items"]] == [("h1", [])]
    assert limit == ["h1", "ovn_central"]


def test_nobody_gets_into_a_server_or_router_by_naming_it(net: Net, world: World) -> None:
    network = net.make("network", OTHER, name="theirs")
    net.subnet(network, "10.66.0.0/24", token=OTHER)
    for device_owner in ("network:router_interface", "network:router_gateway"):
        asked = {"network_id": network["id"], "device_id": world.router["id"], "device_owner": device_owner}
        net.refused(403, "port", OTHER, **asked)
    port = net.make("port", OTHER, network_id=network["id"], device_id="s1", device_owner="compute:nova")
    body = {"port": {"device_owner": "network:router_interface", "device_id": world.router["id"]}}
    net.ask("PUT", f"/ports/{port['id']}", body, token=OTHER, expect=403)
    with net.cloud.database.write() as session:
        assert operations.ports_of(session, ["s1"]) == {"s1": []}
        assert operations.addresses_of(session, ["s1"]) == {"s1": {}}
        assert operations.port_by_address(session, network["id"], port["fixed_ips"][0]["ip_address"]) is None
        mine = operations.create_port(session, ME, network_id=world.network["id"], server_id="s1").id
    net.ask("PUT", f"/ports/{mine}", {"port": {"device_id": "s2"}}, expect=409)
    (interface,) = net.listed("port", f"?device_id={world.router['id']}")
    net.ask("PUT", f"/ports/{interface['id']}", {"port": {"device_owner": ""}}, expect=409)


def test_the_only_network_is_the_default_one(net: Net) -> None:
    with net.cloud.database.read() as session:
        assert operations.default_network(session, ME) is None
    first = net.make("network", name="a")
    with net.cloud.database.read() as session:
        found = operations.default_network(session, ME)
        assert found is not None
        assert found.id == first["id"]
    net.make("network", ADMIN, name="b", shared=True)
    with net.cloud.database.read() as session, pytest.raises(Conflict):
        operations.default_network(session, ME)
