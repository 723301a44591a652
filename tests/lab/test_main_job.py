"""The main job: a tenant with the unmodified openstack client, from the project to SSH over the floating IP and back."""

from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from cloud_under_test import HOSTS, Tenant, in_fabric, in_guest, on_host, run, wait_until

WORDS = "written in the guest"


@pytest.fixture(scope="module")
def image(tenant: Tenant, guest_image) -> Iterator[str]:
    tenant.openstack("image", "create", "mine", "--file", str(guest_image), "--disk-format", "qcow2")
    wait_until("the image is active", lambda: tenant.status("image", "mine") == "active")
    yield "mine"
    tenant.openstack("image", "delete", "mine")


@pytest.fixture(scope="module")
def server(tenant: Tenant, ground: SimpleNamespace, image: str, tmp_path_factory) -> Iterator[SimpleNamespace]:
    script = tmp_path_factory.mktemp("user-data") / "script"
    script.write_text("#!/bin/sh\necho user-data-was-here > /tmp/user-data\n")
    made = tenant.json(
        "server", "create", "vm", "--image", image, "--flavor", "pico", "--network", ground.network,
        "--security-group", ground.group, "--key-name", ground.key, "--user-data", str(script), "--wait",
    )  # fmt: skip
    address = tenant.json("floating", "ip", "create", "public")["floating_ip_address"]
    tenant.openstack("server", "add", "floating", "ip", "vm", address)
    wait_until("the guest answers SSH", lambda: in_guest(address, "true") == "", 120)
    yield SimpleNamespace(id=made["id"], name="vm", address=address)
    tenant.openstack("server", "delete", "vm", "--wait")


@pytest.fixture(scope="module")
def volume(tenant: Tenant, server: SimpleNamespace) -> Iterator[str]:
    tenant.openstack("volume", "create", "vol", "--size", "1")
    wait_until("the volume is available", lambda: tenant.status("volume", "vol") == "available")
    yield "vol"
    tenant.openstack("volume", "delete", "vol")
    wait_until("the volume is gone", lambda: tenant.status("volume", "vol") == "gone")


def test_the_server_is_active_with_its_addresses(tenant, server):
    shown = tenant.json("server", "show", server.name)
    assert shown["status"] == "ACTIVE" and server.address in shown["addresses"]["net"]


def test_the_guest_got_its_address_by_dhcp(tenant, server):
    fixed = tenant.json("server", "show", server.name)["addresses"]["net"][0]
    assert f"{fixed}/24" in in_guest(server.address, "ip -4 addr show eth0")


def test_the_guest_got_name_key_and_user_data_from_the_metadata_service(server):
    assert in_guest(server.address, "hostname").strip() == "vm"
    assert in_guest(server.address, "cat /tmp/user-data").strip() == "user-data-was-here"


def test_the_guest_reaches_the_world_through_the_router(server):
    assert "0% packet loss" in in_guest(server.address, "ping -c 2 -w 10 172.24.4.1")


def test_the_console_log_shows_the_login_prompt(tenant, server):
    wait_until("the prompt", lambda: "login:" in tenant.openstack("console", "log", "show", server.name), 60)


def test_bytes_written_to_a_volume_are_read_back_from_another_attachment(tenant, server, volume):
    def disks() -> set[str]:
        return set(in_guest(server.address, "ls /sys/block").split())

    def attach() -> str:
        before = disks()
        tenant.openstack("server", "add", "volume", server.name, volume)
        wait_until("attached", lambda: tenant.status("volume", volume) == "in-use")
        return f"/dev/{wait_until('the disk appears', lambda: disks() - before).pop()}"

    def detach() -> None:
        tenant.openstack("server", "remove", "volume", server.name, volume)
        wait_until("detached", lambda: tenant.status("volume", volume) == "available")

    disk = attach()
    in_guest(server.address, f"mkfs.ext4 -q {disk} && mount {disk} /mnt && echo '{WORDS}' > /mnt/file && umount /mnt")
    detach()
    wait_until("the disk disappears", lambda: disk.removeprefix("/dev/") not in disks())
    disk = attach()
    assert in_guest(server.address, f"mount {disk} /mnt && cat /mnt/file && umount /mnt").strip() == WORDS
    detach()


def test_stop_start_and_reboot(tenant, server):
    tenant.openstack("server", "stop", server.name)
    wait_until("stopped", lambda: tenant.status("server", server.name) == "SHUTOFF")
    assert server.id not in "".join(on_host(host, "virsh list --uuid") for host in HOSTS)
    tenant.openstack("server", "start", server.name)
    wait_until("started", lambda: tenant.status("server", server.name) == "ACTIVE")
    wait_until("the guest answers again", lambda: in_guest(server.address, "true") == "", 120)
    for kind in ("--soft", "--hard"):
        booted = in_guest(server.address, "cat /proc/sys/kernel/random/boot_id")
        tenant.openstack("server", "reboot", kind, server.name, "--wait")
        wait_until(
            f"a new boot after {kind}",
            lambda booted=booted: in_guest(server.address, "cat /proc/sys/kernel/random/boot_id") != booted,
            120,
        )


def test_a_floating_ip_that_is_removed_answers_no_more(tenant, server):
    assert "0% packet loss" in in_fabric("ping", "-c", "2", "-w", "10", server.address)
    tenant.openstack("server", "remove", "floating", "ip", server.name, server.address)
    ping = f"nsenter --net=/run/netns/pileus-fabric ping -c 1 -W 1 {server.address}; true"
    try:
        wait_until("no answer", lambda: "100% packet loss" in run("sh", "-c", ping), 30)
    finally:
        tenant.openstack("server", "add", "floating", "ip", server.name, server.address)
