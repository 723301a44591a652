"""kill -9 in the middle of a run: the intent ends by itself, nothing is doubled, nothing is left behind."""

import os
import signal
import subprocess
import time
from collections.abc import Callable
from types import SimpleNamespace

import pytest
from cloud_under_test import CONTROL, HOSTS, Tenant, on_host, wait_until


def children(parent: int) -> list[int]:
    done = subprocess.run(["pgrep", "-P", str(parent)], capture_output=True, text=True, check=False)
    return [int(pid) for pid in done.stdout.split()]


def keeper(name: str) -> int:
    return int((CONTROL / f"{name}.pid").read_text())


def kill_the_worker() -> None:
    for pid in children(keeper("worker")):
        os.kill(pid, signal.SIGKILL)


def kill_the_playbook() -> None:
    def runs() -> list[int]:
        return [run for worker in children(keeper("worker")) for run in children(worker)]

    for pid in wait_until("a playbook runs", runs, 20, 0.05):
        os.kill(pid, signal.SIGKILL)


def kill_libvirtd() -> None:
    for host in HOSTS:
        on_host(host, "pkill -KILL -x libvirtd || true")


@pytest.mark.parametrize("kill", [kill_the_worker, kill_the_playbook, kill_libvirtd], ids=lambda kill: kill.__name__)
def test_a_create_survives(kill: Callable[[], None], tenant: Tenant, ground: SimpleNamespace):
    name = kill.__name__.replace("_", "-")
    tenant.openstack("server", "create", name, "--image", "tiny", "--flavor", "pico", "--network", ground.network)
    time.sleep(0.3)
    kill()
    wait_until("the create has ended", lambda: tenant.status("server", name) in ("ACTIVE", "ERROR"), 150)
    assert tenant.status("server", name) == "ACTIVE"
    server = tenant.json("server", "show", name)["id"]
    assert sum(on_host(host, "virsh list --all --uuid").count(server) for host in HOSTS) == 1
    tenant.openstack("server", "delete", name, "--wait")
    assert not any(server in on_host(host, "virsh list --all --uuid") for host in HOSTS)


def test_a_delete_during_a_create_ends_in_deleted(tenant: Tenant, ground: SimpleNamespace):
    tenant.openstack("server", "create", "brief", "--image", "tiny", "--flavor", "pico", "--network", ground.network)
    server = tenant.json("server", "show", "brief")["id"]
    tenant.openstack("server", "delete", "brief", "--wait")
    assert tenant.status("server", server) == "gone"
    assert not any(server in on_host(host, "virsh list --all --uuid") for host in HOSTS)
