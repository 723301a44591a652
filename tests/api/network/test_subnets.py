"""Stories about subnets and their addresses."""

import ipaddress
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tests.api.network.conftest import V2, Net, World

from stories import ADMIN, MEMBER, OTHER


def test_a_subnet_gets_a_gateway_and_pools_around_it(net: Net) -> None:
    network = net.make("network", name="n")
    first = net.subnet(network)
    assert first["gateway_ip"] == "10.0.0.1"
    assert first["allocation_pools"] == [{"start": "10.0.0.2", "end": "10.0.0.254"}]
    middle = net.subnet(network, "10.0.1.0/29", gateway_ip="10.0.1.3")
    assert middle["allocation_pools"] == [
        {"start": "10.0.1.1", "end": "10.0.1.2"},
        {"start": "10.0.1.4", "end": "10.0.1.6"},
    ]
    alone = net.subnet(network, "10.0.2.0/24", gateway_ip=None, enable_dhcp=False)
    assert (alone["gateway_ip"], alone["enable_dhcp"]) == (None, False)
    assert net.show("network", network["id"])["subnets"] == [first["id"], middle["id"], alone["id"]]


BAD: list[tuple[dict[str, Any], int, str]] = [
    ({"cidr": "10.0.0.5/24"}, 400, "10.0.0.0/24"),
    ({"cidr": "nonsense"}, 400, "cidr"),
    ({"cidr": "fd00::/64"}, 400, "ip_version"),
    ({"cidr": "0.0.0.0/0"}, 400, "prefix"),
    ({"cidr": None}, 400, "cidr"),
    ({"cidr": "10.9.0.0/16"}, 400, "overlaps with another subnet"),
    ({"gateway_ip": "fd00::1"}, 400, "gateway_ip"),
    ({"gateway_ip": "10.1.0.0"}, 400, "Gateway"),
    ({"gateway_ip": "10.1.0.2", "allocation_pools": [{"start": "10.1.0.2", "end": "10.1.0.9"}]}, 409, "conflicts"),
    ({"allocation_pools": [{"start": "10.2.0.2", "end": "10.2.0.9"}]}, 400, "beyond"),
    ({"allocation_pools": [{"start": "10.1.0.9", "end": "10.1.0.2"}]}, 400, "not valid"),
    (
        {"allocation_pools": [{"start": "10.1.0.2", "end": "10.1.0.9"}, {"start": "10.1.0.9", "end": "10.1.0.10"}]},
        409,
        "overlapping",
    ),
    ({"dns_nameservers": ["8.8.8.8", "8.8.8.8"]}, 400, "dns_nameservers"),
    ({"dns_nameservers": ["ns.example.org"]}, 400, "dns_nameservers"),
    ({"host_routes": [{"destination": "10.3.0.0/24", "nexthop": "x"}]}, 400, "host_routes"),
    ({"ipv6_ra_mode": "slaac"}, 400, "ipv6"),
    ({"network_id": "nothing"}, 404, "could not be found"),
    ({"ip_version": 5}, 400, "ip_version"),
]


def test_what_makes_no_sense_is_refused(net: Net) -> None:
    network = net.make("network", name="n")
    net.subnet(network, "10.9.9.0/24")
    usual = {"network_id": network["id"], "cidr": "10.1.0.0/24", "ip_version": 4}
    for asked, status, word in BAD:
        assert word in net.refused(status, "subnet", **{**usual, **asked})["message"]


def test_a_subnet_is_changed_and_its_network_told(net: Net) -> None:
    network = net.make("network", name="n")
    made = net.subnet(network, allocation_pools=[{"start": "10.0.0.10", "end": "10.0.0.20"}])
    net.cloud.settle()
    changed = net.change(
        "subnet",
        made["id"],
        name="new",
        gateway_ip="10.0.0.254",
        dns_nameservers=["9.9.9.9"],
        host_routes=[{"destination": "10.7.0.0/16", "nexthop": "10.0.0.5"}],
        enable_dhcp=False,
    )
    assert (changed["name"], changed["gateway_ip"], changed["enable_dhcp"]) == ("new", "10.0.0.254", False)
    net.cloud.settle()
    (item,) = net.cloud.runner.runs[-1][1]["ovn_topology_networks"]
    (subnet,) = item["subnets"]
    assert (subnet["dns_nameservers"], subnet["metadata_ip"]) == (["9.9.9.9"], None)
    net.ask("PUT", f"/subnets/{made['id']}", {"subnet": {"cidr": "10.5.0.0/24"}}, expect=400)
    net.ask("PUT", f"/subnets/{made['id']}", {"subnet": {"gateway_ip": "10.0.0.15"}}, expect=409)


def test_the_metadata_service_takes_the_lowest_address(net: Net) -> None:
    network = net.make("network", name="n")
    net.subnet(network, "10.0.0.0/29")
    net.cloud.settle()
    (item,) = net.cloud.runner.runs[-1][1]["ovn_topology_networks"]
    assert item["subnets"][0]["metadata_ip"] == "10.0.0.2"
    addresses = [net.make("port", network_id=network["id"])["fixed_ips"][0]["ip_address"] for _ in range(4)]
    assert sorted(addresses) == ["10.0.0.3", "10.0.0.4", "10.0.0.5", "10.0.0.6"]
    assert net.refused(409, "port", network_id=network["id"])["type"] == "IpAddressGenerationFailure"


def test_a_subnet_with_ports_is_not_deleted(net: Net) -> None:
    network = net.make("network", name="n")
    subnet = net.subnet(network)
    port = net.make("port", network_id=network["id"])
    assert net.ask("DELETE", f"/subnets/{subnet['id']}", expect=409)["NeutronError"]["type"] == "SubnetInUse"
    net.ask("DELETE", f"/ports/{port['id']}")
    net.ask("DELETE", f"/subnets/{subnet['id']}")
    net.ask("GET", f"/subnets/{subnet['id']}", expect=404)
    net.cloud.settle()
    networks = [
        run[1]["ovn_topology_networks"] for run in net.cloud.runner.runs if run[0].endswith("network_present.yml")
    ]
    assert networks[-1][0]["subnets"] == []


def test_others_make_no_subnets_of_a_shared_network(net: Net) -> None:
    network = net.make("network", ADMIN, name="n", shared=True)
    net.refused(403, "subnet", network_id=network["id"], cidr="10.0.0.0/24", ip_version=4)
    mine = net.make("network", name="mine")
    net.refused(404, "subnet", OTHER, network_id=mine["id"], cidr="10.0.0.0/24", ip_version=4)


def test_addresses_are_never_given_twice(net: Net) -> None:
    network = net.make("network", name="n")
    net.subnet(network, "10.0.0.0/27")

    def take(_: int) -> str:
        answer = net.cloud.client.application.test_client().post(
            f"{V2}/ports", json={"port": {"network_id": network["id"]}}, headers={"X-Auth-Token": MEMBER}
        )
        assert answer.status_code == 201, answer.data
        return str(answer.json["port"]["fixed_ips"][0]["ip_address"])

    with ThreadPoolExecutor(6) as pool:
        addresses = list(pool.map(take, range(18)))
    assert len(set(addresses)) == 18


def test_ipv6_addresses_come_of_the_mac_or_of_the_pool(net: Net) -> None:
    network = net.make("network", name="n")
    modes = {"ipv6_ra_mode": "slaac", "ipv6_address_mode": "slaac"}
    net.subnet(network, "fd00:1::/64", **modes)
    net.subnet(network, "fd00:2::/64")
    port = net.make("port", network_id=network["id"], mac_address="fa:16:3e:01:02:03")
    addresses = [f["ip_address"] for f in port["fixed_ips"]]
    assert "fd00:1::f816:3eff:fe01:203" in addresses
    (automatic,) = (s for s in net.listed("subnet", f"?network_id={network['id']}") if s["ipv6_ra_mode"])
    assert any(ipaddress.ip_address(a) in ipaddress.ip_network("fd00:2::/64") for a in addresses)
    net.cloud.settle()
    net.ask("DELETE", f"/subnets/{automatic['id']}")
    assert len(net.show("port", port["id"])["fixed_ips"]) == 1
    net.cloud.settle()
    assert {run[0].split("/")[1] for run in net.cloud.runner.runs[-2:]} == {"network_present.yml", "port_present.yml"}


def test_subnets_are_cut_from_a_pool(net: Net) -> None:
    pool = net.make("subnetpool", name="pool", prefixes=["10.20.0.0/16"], default_prefixlen=24, min_prefixlen=20)
    assert (pool["default_prefixlen"], pool["ip_version"]) == ("24", 4)
    network = net.make("network", name="n")
    cut: Callable[..., Any] = lambda **more: net.make(  # noqa: E731
        "subnet", network_id=network["id"], ip_version=4, subnetpool_id=pool["id"], **more
    )
    assert [cut()["cidr"], cut()["cidr"], cut(prefixlen=22)["cidr"], cut()["cidr"]] == [
        "10.20.0.0/24",
        "10.20.1.0/24",
        "10.20.4.0/22",
        "10.20.2.0/24",
    ]
    assert cut(cidr="10.20.99.0/24")["cidr"] == "10.20.99.0/24"
    refused = {"network_id": network["id"], "ip_version": 4, "subnetpool_id": pool["id"]}
    net.refused(400, "subnet", **refused, prefixlen=16)
    net.refused(409, "subnet", **refused, cidr="10.21.0.0/24")
    net.ask("DELETE", f"/subnetpools/{pool['id']}", expect=409)
    bigger = net.change("subnetpool", pool["id"], prefixes=["10.20.0.0/15"], name="big")
    assert bigger["prefixes"] == ["10.20.0.0/15"]
    net.ask("PUT", f"/subnetpools/{pool['id']}", {"subnetpool": {"prefixes": ["10.99.0.0/16"]}}, expect=400)


def test_address_scopes_hold_pools(net: Net) -> None:
    scope = net.make("address_scope", path="/address-scopes", name="s", ip_version=4)
    pool = net.make("subnetpool", name="p", prefixes=["10.0.0.0/8"], address_scope_id=scope["id"])
    net.ask("DELETE", f"/address-scopes/{scope['id']}", expect=409)
    net.ask("DELETE", f"/subnetpools/{pool['id']}")
    net.ask("DELETE", f"/address-scopes/{scope['id']}")


def test_a_gateway_that_a_router_holds_is_not_changed(net: Net, world: World) -> None:
    body = {"subnet": {"gateway_ip": "10.0.0.9"}}
    fault = net.ask("PUT", f"/subnets/{world.subnet['id']}", body, expect=409)
    assert fault["NeutronError"]["type"] == "GatewayIpInUse"
