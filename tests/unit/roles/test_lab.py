"""What the roles of the lab would do, by table: fabric, hosts, guest images."""

from pathlib import Path
from typing import Any

import pytest

from role_modules import load

NETWORK = {"bridge": "ext0", "nic": "eth1", "address": "172.24.4.1/24", "mtu": 1500, "checksum_offload": False}
FABRIC = {"state": "present", "namespace": "f", "host_prefix": "n-", "hosts": ["h1"], "networks": [NETWORK]}


def link(**more: Any) -> dict[str, Any]:
    """A link as it should be."""
    return {"mtu": 1500, "up": True, "master": None, "addresses": [], "tx_checksum": False, **more}


def whole() -> dict[str, Any]:
    """The fabric as it should be."""
    inner = {"lo": link(), "eth1": link()}
    outer = {"lo": link(), "ext0": link(addresses=["172.24.4.1/24"]), "h1-eth1": link(master="ext0")}
    return {"f": outer, "n-h1": inner}


def fabric_commands(have: dict[str, Any], **more: Any) -> list[str]:
    """The commands for a fabric, each as one string."""
    return [" ".join(argv) for argv in load("lab_fabric").plan(have, {**FABRIC, **more})]


def test_whole_fabric_is_left_alone() -> None:
    assert fabric_commands(whole()) == []


def test_fabric_from_nothing_stays_inside_namespaces() -> None:
    commands = fabric_commands({})
    assert commands[0] == "ip netns add f"
    assert "ip -n f link add h1-eth1 type veth peer name eth1 netns n-h1" in commands
    assert "ip netns exec n-h1 ethtool -K eth1 tx off" in commands
    assert all(command.startswith(("ip netns ", "ip -n ")) for command in commands)


def test_name_without_namespace_is_replaced() -> None:
    assert fabric_commands({**whole(), "n-h1": None})[:2] == ["ip netns delete n-h1", "ip netns add n-h1"]


def test_nic_whose_other_end_is_gone_is_made_again() -> None:
    have = whole()
    del have["f"]["h1-eth1"]
    assert fabric_commands(have)[:2] == [
        "ip -n n-h1 link delete eth1",
        "ip -n f link add h1-eth1 type veth peer name eth1 netns n-h1",
    ]


def test_absent_fabric_deletes_every_namespace() -> None:
    assert fabric_commands(whole(), state="absent") == ["ip netns delete f", "ip netns delete n-h1"]


OFF = {"on": False, "mounted": False, "installed": True, "exists": True, "pids": [], "loops": [], "cgroups": []}
ON = {**OFF, "on": True, "mounted": True, "pids": [7], "cgroups": ["/c"]}
CRASHED = {**ON, "on": False}


@pytest.mark.parametrize(
    ("have", "state", "steps"),
    [
        ({**OFF, "installed": False, "exists": False}, "started", ["mount", "install", "boot"]),
        (OFF, "started", ["mount", "boot"]),
        (ON, "started", []),
        (CRASHED, "started", ["kill", "boot"]),
        (ON, "stopped", ["shut down", "unmount", "remove cgroups"]),
        (CRASHED, "stopped", ["kill", "unmount", "remove cgroups"]),
        (OFF, "stopped", []),
        ({**ON, "loops": ["/dev/loop7"]}, "absent", ["kill", "detach", "unmount", "remove cgroups", "remove"]),
        ({**OFF, "exists": False}, "absent", []),
    ],
)
def test_host(have: dict[str, Any], state: str, steps: list[str]) -> None:
    want = {"name": "h1", "state": state, "golden": "/g", "folder": "/hosts/h1"}
    assert [what for what, _ in load("lab_host").plan(have, want)] == steps


def test_image_is_made_when_its_content_changes() -> None:
    assert load("guest_image").plan({"tiny": "/c/tiny-1", "halt": None}, {"tiny": "/c/tiny-1", "halt": "/c/h"}) == [
        "halt"
    ]


def test_image_name_follows_what_decides_its_content(tmp_path: Path) -> None:
    (tmp_path / "tiny").mkdir()
    (tmp_path / "tiny" / "make").write_text("1")
    params = {"cache": "/c", "recipes": str(tmp_path), "suite": "bookworm", "tools": [], "contents": {}}
    first = load("guest_image").image_path("tiny", params)
    assert first == load("guest_image").image_path("tiny", params)
    (tmp_path / "tiny" / "make").write_text("2")
    assert first != load("guest_image").image_path("tiny", params)
