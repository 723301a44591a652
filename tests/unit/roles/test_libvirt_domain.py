"""What has to be done to a server's domain, by table, and its document with the strings that tenants like to send."""

import xml.etree.ElementTree as ET
from typing import Any

import pytest

from role_modules import load

MODULE = load("libvirt_domain")
from ansible.module_utils import libvirt_domain_xml as document  # noqa: E402 - found only once the module is loaded

HOST = {
    "virt_type": "qemu",
    "userspace": True,
    "machine": "pc",
    "bridge": "br-int",
    "vnc_listen": "127.0.0.1",
    "tcg_cache_mib": 32,
    "secret_uuid": "6c1f2c5e-0d1b-4c3a-9b57-5c0b7a1f0001",
    "ceph_client": "pileus",
    "ceph_conf": "/etc/ceph/ceph.conf",
    "host_facts": "/etc/pileus/hypervisor.json",
}
ROOT_DISK = {
    "id": "s",
    "pool": "vms",
    "image": "s_disk",
    "device": "vda",
    "bus": "virtio",
    "boot_index": 0,
    "serial": None,
}
VOLUME = {**ROOT_DISK, "id": "v", "pool": "volumes", "image": "volume-v", "device": "vdb", "boot_index": None}
NIC = {"id": "10000000-0000-4000-8000-000000000012", "mac": "FA:16:3e:00:00:01", "mtu": 1442, "network_id": None}
ONE = {"disk": {"s": ("vms/s_disk", "vda", "virtio")}, "nic": {}}
TWO = {"disk": {**ONE["disk"], "v": ("volumes/volume-v", "vdb", "virtio")}, "nic": {}}
NASTY = [
    "{{ lookup('pipe','touch /pwned') }}",
    "{% raw %}",
    "$(reboot)",
    "</name><x/>",
    "\"'&<>]]>",
    "two\nlines\tand a tab",
    "\0\x01\x1f\x7f\ufffe",
    "\ud800 alone",
    "\U0001f344" * 255,
    " ",
]


def item(**more: Any) -> dict[str, Any]:
    given = {
        "id": "10000000-0000-4000-8000-000000000001",
        "intent": "i",
        "host": "h1",
        "name": "web",
        "project_id": "p",
    }
    wanted = {"power": "running", "vcpus": 1, "memory_mib": 128, "virt_type": None, "reboot": None}
    return {**given, **wanted, "disks": [ROOT_DISK], "nics": [NIC], **more}


def want(power: str = "running", devices: Any = ONE, **more: Any) -> dict[str, Any]:
    given = {"power": power, "digest": "d", "devices": devices, "sizes": {}, "reboot": "SOFT", "intent": "i"}
    return {**given, **more}


def have(power: str = "running", config: Any = ONE, live: Any = ONE, **more: Any) -> dict[str, Any]:
    live = None if power == "shutoff" else live
    return {"power": power, "digest": "d", "reboot": None, "config": config, "live": live, "sizes": {}, **more}


PLUG = [("attach", True, "disk", "v"), ("attach", False, "disk", "v")]
UNPLUG = [("detach", True, "disk", "v"), ("detach", False, "disk", "v")]


@pytest.mark.parametrize(
    ("found", "wanted", "state", "steps"),
    [
        (None, want(), "present", [("define",), ("start",)]),
        (None, want("shutoff"), "present", [("define",)]),
        (have("shutoff"), want(), "present", [("start",)]),
        (have("shutoff"), want("shutoff"), "present", []),
        (have(), want(), "present", []),
        (have("paused"), want(), "present", [("resume",)]),
        (have("crashed"), want(), "present", [("destroy",), ("start",)]),
        (have(), want("shutoff"), "present", [("stop",)]),
        (have("paused"), want("shutoff"), "present", [("stop",)]),
        (have(), want(devices=TWO), "present", PLUG),
        (have(config=TWO, live=TWO), want(), "present", UNPLUG),
        (have(config=ONE, live=TWO), want(devices=TWO), "present", PLUG[1:]),
        (have(config=TWO, live=ONE), want(devices=TWO), "present", PLUG[:1]),
        (have("shutoff"), want("shutoff", TWO), "present", PLUG[1:]),
        (have("shutoff"), want(devices=TWO), "present", [*PLUG[1:], ("start",)]),
        (have(), want("shutoff", TWO), "present", [("stop",), *PLUG[1:]]),
        (have(digest="old"), want(), "present", [("define",)]),
        (have(digest="old"), want(devices=TWO), "present", [*PLUG[:1], ("define",)]),
        (have("shutoff", digest=None), want(), "present", [("define",), ("start",)]),
        (have(sizes={"vda": 1}), want(sizes={"vda": 2}), "present", [("resize", "vda", 2)]),
        (have(sizes={"vda": 2}), want(sizes={"vda": 2}), "present", []),
        (have(), want(), "rebooted", [("stop",), ("start",), ("rebooted",)]),
        (have(), want(reboot="HARD"), "rebooted", [("destroy",), ("start",), ("rebooted",)]),
        (have(reboot="i"), want(), "rebooted", []),
        (have(reboot="i"), want(intent=None), "rebooted", [("stop",), ("start",), ("rebooted",)]),
        (have("shutoff", reboot="old"), want(), "rebooted", [("start",), ("rebooted",)]),
        (have(digest="old"), want(reboot="HARD"), "rebooted", [("destroy",), ("define",), ("start",), ("rebooted",)]),
        (
            have(),
            want(digest=None, devices={"disk": {}, "nic": {}}),
            "rebooted",
            [("stop",), ("start",), ("rebooted",)],
        ),
        (None, want(), "absent", []),
        (have("crashed"), want(), "absent", [("remove",)]),
    ],
)
def test_plan(found: Any, wanted: Any, state: str, steps: Any) -> None:
    assert MODULE.plan(found, wanted, state) == steps


@pytest.mark.parametrize(("wanted", "state"), [(want(), "rebooted"), (want(digest=None), "present")])
def test_what_needs_a_domain_or_a_whole_item(wanted: Any, state: str) -> None:
    with pytest.raises(MODULE.plan.__globals__["ItemError"]):
        MODULE.plan(None, wanted, state)


@pytest.mark.parametrize("text", NASTY)
def test_no_string_gets_out_of_its_place(text: str) -> None:
    given = item(name=text, project_id=text, intent=text, disks=[{**ROOT_DISK, "image": text, "serial": text or None}])
    parsed = ET.fromstring(document.document(given, HOST).encode())
    plain = ET.fromstring(document.document(item(), HOST))
    tags = [element.tag for element in parsed.iter() if element.tag != "title"]
    assert tags == [element.tag for element in plain.iter() if element.tag != "title"]
    title = parsed.findtext("title") or ""
    assert "\n" not in title and len(title) <= len(text)
    if text.isprintable() and text.strip():
        assert title == text
        assert parsed.find("devices/disk/source").get("name") == f"vms/{text}"  # type: ignore[union-attr]


def test_what_was_written_is_read_back() -> None:
    given = item(disks=[ROOT_DISK, VOLUME])
    found = document.read(document.document(given, HOST, reboot="r"))
    assert found["devices"] == document.wanted_devices(given)
    assert found["notes"]["digest"] == document.digest(given, HOST)
    assert found["notes"] | {"digest": ""} == {
        "id": given["id"],
        "intent": "i",
        "project": "p",
        "digest": "",
        "reboot": "r",
    }
    assert (found["vcpus"], found["memory_mib"]) == (1, 128)


def test_the_fingerprint_is_about_what_cannot_be_plugged() -> None:
    same = [item(name="other", intent="j"), item(disks=[ROOT_DISK, VOLUME]), item(nics=[]), item(power="shutoff")]
    assert {document.digest(one, HOST) for one in same} == {document.digest(item(), HOST)}
    other = [item(vcpus=2), item(memory_mib=256), item(virt_type="kvm"), item(disks=[{**ROOT_DISK, "boot_index": 1}])]
    assert document.digest(item(), HOST) not in {document.digest(one, HOST) for one in other}


def test_devices_keep_their_address_when_the_domain_is_defined_anew() -> None:
    address = ET.Element("address", {"type": "pci", "slot": "0x07"})
    parsed = ET.fromstring(document.document(item(), HOST, {NIC["mac"].lower(): address}))
    assert parsed.find("devices/interface/address").get("slot") == "0x07"  # type: ignore[union-attr]
    assert parsed.find("devices/disk/address") is None


def test_an_accelerated_guest_and_a_kernel_datapath_need_no_crutches() -> None:
    text = document.document(item(), {**HOST, "virt_type": "kvm", "userspace": False})
    assert "tcg" not in text and "csum" not in text and "host-model" in text


def test_unknown_acceleration_is_an_error_of_the_item() -> None:
    with pytest.raises(document.ItemError, match=r"hypervisor\.json"):
        document.document(item(), {**HOST, "virt_type": None})
