"""Stories about security groups and their rules."""

from typing import Any

import pytest
from tests.api.network.conftest import Net

from pileus.core.context import Context
from pileus.core.errors import NotFound
from pileus.network import operations
from stories import ADMIN, OTHER

ME = Context(user_id="u1", project_id="p1", roles=("member",))


def test_every_project_has_a_default_group_that_trusts_itself(net: Net) -> None:
    (group,) = net.listed("security_group")
    assert group["name"] == "default"
    rules = group["security_group_rules"]
    assert sorted(
        (r["direction"], r["ethertype"], r["remote_group_id"]) for r in rules if r["direction"] == "ingress"
    ) == [
        ("ingress", "IPv4", group["id"]),
        ("ingress", "IPv6", group["id"]),
    ]
    assert len(rules) == 4
    assert net.listed("security_group")[0]["id"] == group["id"]
    assert net.listed("security_group", token=OTHER)[0]["id"] != group["id"]
    assert not net.cloud.runner.runs
    assert net.refused(409, "security_group", name="default")["type"] == "SecurityGroupDefaultAlreadyExists"
    net.ask("DELETE", f"/security-groups/{group['id']}", expect=409)
    net.ask("PUT", f"/security-groups/{group['id']}", {"security_group": {"name": "x"}}, expect=409)
    net.ask("GET", f"/security-groups/{group['id']}", token=OTHER, expect=404)


def test_a_group_and_its_rules_are_made_so_by_runs(net: Net) -> None:
    group = net.make("security_group", name="web", description="d")
    assert [r["direction"] for r in group["security_group_rules"]] == ["egress", "egress"]
    rule = net.make(
        "security_group_rule",
        security_group_id=group["id"],
        direction="ingress",
        protocol="tcp",
        port_range_min=80,
        port_range_max=80,
        remote_ip_prefix="10.0.0.5/8",
    )
    assert (rule["ethertype"], rule["normalized_cidr"]) == ("IPv4", "10.0.0.0/8")
    net.cloud.settle()
    (run,) = net.cloud.runner.runs
    assert run[0] == "network/security_group_present.yml"
    (item,) = run[1]["ovn_topology_security_groups"]
    assert [r["id"] for r in item["rules"] if r["protocol"] == "tcp"] == [rule["id"]]
    net.ask("DELETE", f"/security-group-rules/{rule['id']}")
    net.ask("GET", f"/security-group-rules/{rule['id']}", expect=404)
    net.cloud.settle()
    assert len(net.cloud.runner.runs[-1][1]["ovn_topology_security_groups"][0]["rules"]) == 2
    net.ask("DELETE", f"/security-groups/{group['id']}")
    net.ask("GET", f"/security-groups/{group['id']}", expect=404)
    net.cloud.settle()
    assert net.cloud.runner.runs[-1][0] == "network/security_group_absent.yml"


def test_groups_that_speak_of_others_bring_them_along(net: Net) -> None:
    web, db = net.make("security_group", name="web"), net.make("security_group", name="db")
    net.cloud.settle()
    ingress = {"direction": "ingress", "protocol": "tcp", "port_range_min": 5432, "port_range_max": 5432}
    net.make("security_group_rule", security_group_id=db["id"], remote_group_id=web["id"], **ingress)
    net.cloud.settle()
    ids = [item["id"] for item in net.cloud.runner.runs[-1][1]["ovn_topology_security_groups"]]
    assert sorted(ids) == sorted([web["id"], db["id"]])
    net.ask("DELETE", f"/security-groups/{web['id']}")
    rules = net.show("security_group", db["id"])["security_group_rules"]
    assert [r for r in rules if r["remote_group_id"]] == []
    net.cloud.settle()


BAD: list[tuple[dict[str, Any], int, str]] = [
    ({"protocol": "carrier-pigeon"}, 400, "not supported"),
    ({"protocol": 256}, 400, "not supported"),
    ({"ethertype": "IPv5"}, 400, "ethertype"),
    ({"direction": "sideways"}, 400, "direction"),
    ({"port_range_min": 80, "port_range_max": 79}, 400, "port_range_min must be <= port_range_max"),
    ({"port_range_min": None, "port_range_max": 6}, 400, "port_range_min must be <= port_range_max"),
    ({"port_range_min": -16, "port_range_max": 80}, 400, "Invalid value for port -16"),
    ({"port_range_min": 80, "port_range_max": 65536}, 400, "Invalid value for port 65536"),
    ({"protocol": "icmp", "port_range_min": 300, "port_range_max": 1}, 400, "Invalid value for ICMP type"),
    ({"protocol": "icmp", "port_range_min": 1, "port_range_max": 256}, 400, "Invalid value for ICMP code"),
    ({"protocol": "icmp", "port_range_max": 6}, 400, "ICMP type (port-range-min) is missing"),
    ({"protocol": None, "port_range_min": 1, "port_range_max": 2}, 400, "specify protocol"),
    ({"remote_ip_prefix": "192.168.1./24"}, 400, "Invalid CIDR"),
    ({"remote_ip_prefix": "fd00::/8"}, 400, "Conflicting value ethertype"),
    ({"remote_group_id": "bad_group_id"}, 404, "does not exist"),
    ({"security_group_id": "nothing"}, 404, "does not exist"),
]


def test_rules_that_make_no_sense_are_refused(net: Net) -> None:
    (group,) = net.listed("security_group")
    usual = {"security_group_id": group["id"], "direction": "ingress", "protocol": "tcp"}
    for asked, status, word in BAD:
        assert word in net.refused(status, "security_group_rule", **{**usual, **asked})["message"]


def test_the_same_rule_twice_is_refused(net: Net) -> None:
    group = net.make("security_group", name="web")
    rule = {"security_group_id": group["id"], "direction": "ingress", "port_range_min": 22, "port_range_max": 22}
    net.make("security_group_rule", protocol="tcp", **rule)
    assert net.refused(409, "security_group_rule", protocol="6", **rule)["type"] == "SecurityGroupRuleExists"
    net.make("security_group_rule", protocol=17, **rule)
    net.ask("PUT", "/quotas/p1", {"quota": {"security_group_rule": 8}}, token=ADMIN)
    assert net.refused(409, "security_group_rule", protocol="sctp", **rule)["type"] == "OverQuota"


def test_a_group_in_use_is_not_deleted(net: Net) -> None:
    group = net.make("security_group", name="web")
    network = net.make("network", name="n")
    port = net.make("port", network_id=network["id"], security_groups=[group["id"]])
    assert (
        net.ask("DELETE", f"/security-groups/{group['id']}", expect=409)["NeutronError"]["type"] == "SecurityGroupInUse"
    )
    net.ask("DELETE", f"/ports/{port['id']}")
    net.ask("DELETE", f"/security-groups/{group['id']}")
    theirs = net.make("security_group", OTHER, name="theirs")
    net.refused(404, "port", network_id=network["id"], security_groups=[theirs["id"]])


def test_servers_name_groups_by_name_or_id(net: Net) -> None:
    group = net.make("security_group", name="web")
    with net.cloud.database.write() as session:
        ids = operations.security_group_ids(session, ME, ["web", "default", group["id"]])
        assert ids[0] == group["id"]
        assert len(ids) == 2
        with pytest.raises(NotFound):
            operations.security_group_ids(session, ME, ["nothing"])


def test_names_that_look_like_code_stay_names(net: Net) -> None:
    nasty = "{{ lookup('pipe','touch /pwned') }} {% raw %} $(reboot) </name><x/> \"'\n ☁"
    group = net.make("security_group", name=nasty, description=nasty)
    network = net.make("network", name=nasty)
    assert net.show("security_group", group["id"])["name"] == nasty
    assert net.show("network", network["id"])["name"] == nasty
    net.cloud.settle()
    names = [run[1]["ovn_topology_networks"][0]["name"] for run in net.cloud.runner.runs if "network_present" in run[0]]
    assert names == [nasty]
