"""Packets between guests on different hosts: reachability, security groups that block and allow, remote groups."""

from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from cloud_under_test import ADMIN, KEY, SSH, Tenant, in_fabric, in_guest, on_host, run, wait_until


@pytest.fixture(scope="module")
def pair(tenant: Tenant, ground: SimpleNamespace) -> Iterator[SimpleNamespace]:
    """Two servers, one on each host; the first has a floating IP."""
    ADMIN.openstack("role", "add", "--project", tenant.project, "--user", tenant.user, "admin")
    try:
        for name, host in (("one", "h1"), ("two", "h2")):
            tenant.openstack(
                "server", "create", name, "--image", "tiny", "--flavor", "pico", "--network", ground.network,
                "--security-group", ground.group, "--key-name", ground.key, "--availability-zone", f"nova:{host}",
            )  # fmt: skip
    finally:
        ADMIN.openstack("role", "remove", "--project", tenant.project, "--user", tenant.user, "admin")
    for name in ("one", "two"):
        wait_until(f"{name} is active", lambda name=name: tenant.status("server", name) == "ACTIVE")
    address = tenant.json("floating", "ip", "create", "public")["floating_ip_address"]
    tenant.openstack("server", "add", "floating", "ip", "one", address)
    fixed = {name: tenant.json("server", "show", name)["addresses"]["net"][0] for name in ("one", "two")}
    wait_until("one answers SSH", lambda: in_guest(address, "true") == "", 120)
    yield SimpleNamespace(address=address, fixed=fixed)
    for name in ("one", "two"):
        tenant.openstack("server", "delete", name, "--wait")


def ping(pair: SimpleNamespace, target: str) -> bool:
    return "0% packet loss" in in_guest(pair.address, f"ping -c 1 -W 1 {target}; true").replace(
        "100% packet", "all packet"
    )


def test_the_servers_run_on_different_hosts(tenant, pair):
    domains = {host: on_host(host, "virsh list --uuid") for host in ("h1", "h2")}
    ids = {name: tenant.json("server", "show", name)["id"] for name in ("one", "two")}
    assert ids["one"] in domains["h1"] and ids["two"] in domains["h2"]


def test_guests_on_different_hosts_reach_each_other(pair):
    wait_until("a ping between hosts", lambda: ping(pair, pair.fixed["two"]), 90)


def test_tcp_crosses_the_tunnel_with_full_frames(pair):
    greet = f"timeout 3 nc {pair.fixed['two']} 22 </dev/null | head -c 3; true"
    wait_until("two answers SSH", lambda: "SSH" in in_guest(pair.address, greet), 90)
    assert "0% packet loss" in in_guest(pair.address, f"ping -c 2 -s 1400 -W 2 {pair.fixed['two']}")


def test_a_security_group_blocks_what_no_rule_allows_and_allows_what_one_does(tenant, pair):
    wait_until("a ping while the rule is there", lambda: ping(pair, pair.fixed["two"]), 90)
    rules = tenant.json("security", "group", "rule", "list", "open", "--protocol", "icmp")
    rule = next(r["ID"] for r in rules if r["IP Protocol"] == "icmp")
    tenant.openstack("security", "group", "rule", "delete", rule)
    wait_until("no ping without the rule", lambda: not ping(pair, pair.fixed["two"]), 30)
    tenant.openstack("security", "group", "rule", "create", "open", "--protocol", "icmp", "--remote-group", "open")
    wait_until("a ping between members of the group", lambda: ping(pair, pair.fixed["two"]), 30)
    outside = run("sh", "-c", f"nsenter --net=/run/netns/pileus-fabric ping -c 1 -W 1 {pair.address}; true")
    assert "100% packet loss" in outside, "the rule is for members of the group only"
    tenant.openstack("security", "group", "rule", "create", "open", "--protocol", "icmp")


def test_a_guest_cannot_use_an_address_that_is_not_its_own(pair):
    target, other = pair.fixed["two"], "192.168.77.250"
    spoof = f"ip addr add {other}/24 dev eth0; ping -I {other} -c 1 -W 1 {target}; ip addr del {other}/24 dev eth0"
    assert "100% packet loss" in in_guest(pair.address, f"({spoof}); true")


def test_ssh_works_only_with_the_key(pair):
    without = [part for part in SSH if part not in ("-i", str(KEY))]
    with pytest.raises(AssertionError):
        in_fabric(*without, "-o", "IdentitiesOnly=yes", "-i", "/dev/null", f"root@{pair.address}", "true")
