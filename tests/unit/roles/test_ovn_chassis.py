"""What ovn_chassis would change in an Open vSwitch, by table."""

from typing import Any

from role_modules import load

NETWORKS = [{"network": "external", "bridge": "br-ex", "interface": "eth1"}]
TUNNEL = {"bridge": "br-tunl", "interface": "eth2"}


def want(datapath: str) -> dict[str, Any]:
    """A chassis with one provider network and a tunnel card."""
    bridges = load("ovn_chassis").wanted_bridges(datapath, NETWORKS, TUNNEL)
    return {"external_ids": {"system-id": "h1", "ovn-cms-options": ""}, "datapath": datapath, "bridges": bridges}


def test_kernel_datapath_leaves_the_tunnel_card_to_the_machine() -> None:
    assert list(want("system")["bridges"]) == ["br-int", "br-ex"]
    assert list(want("netdev")["bridges"]) == ["br-int", "br-ex", "br-tunl"]


def test_empty_switch_gets_everything() -> None:
    changes = load("ovn_chassis").plan({"external_ids": {}, "bridges": {}}, want("netdev"))
    assert ["set", "Open_vSwitch", ".", 'external_ids:system-id="h1"'] in changes
    assert ["add-port", "br-tunl", "eth2"] in changes
    assert ["set", "Bridge", "br-int", "fail_mode=secure"] in changes


def test_finished_switch_gets_nothing() -> None:
    have = {
        "external_ids": {"system-id": "h1", "of-another": "kept"},
        "bridges": {
            "br-int": {"datapath": "netdev", "fail_mode": "secure", "ports": []},
            "br-ex": {"datapath": "netdev", "fail_mode": None, "ports": ["eth1", "another"]},
            "br-tunl": {"datapath": "netdev", "fail_mode": None, "ports": ["eth2"]},
        },
    }
    assert load("ovn_chassis").plan(have, want("netdev")) == []


def test_emptied_setting_is_removed() -> None:
    have = {"external_ids": {"system-id": "h1", "ovn-cms-options": "enable-chassis-as-gw"}, "bridges": {}}
    changes = load("ovn_chassis").plan(have, {**want("system"), "bridges": {}})
    assert changes == [["remove", "Open_vSwitch", ".", "external_ids", "ovn-cms-options"]]


def test_values_of_ovsdb() -> None:
    value = load("ovn_chassis").value
    assert [value(cell) for cell in (["map", [["a", "b"]]], ["set", []], "text")] == [{"a": "b"}, None, "text"]
