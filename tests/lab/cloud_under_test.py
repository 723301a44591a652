"""The running cloud as lab tests use it: the real `openstack` client, SSH to hosts, SSH to guests."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
LAB = Path("/var/lib/pileus-lab")
CONTROL = LAB / "control"
KEY = LAB / "ssh" / "id_ed25519"
FABRIC = "/run/netns/pileus-fabric"
SSH = [
    "ssh", "-q", "-i", str(KEY), "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null",
    "-o", "ConnectTimeout=5", "-o", "BatchMode=yes",
]  # fmt: skip
HOSTS = {"h1": "10.77.0.11", "h2": "10.77.0.12"}


def run(*command: str, env: dict[str, str] | None = None, stdin: str | None = None, limit: float = 120) -> str:
    """Run a program; its output, or an AssertionError with all it said."""
    everything = {**os.environ, **(env or {})}
    done = subprocess.run(
        command, capture_output=True, text=True, input=stdin, timeout=limit, cwd=ROOT, env=everything, check=False
    )
    assert done.returncode == 0, f"{' '.join(command)}: {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def in_fabric(*command: str, **more: Any) -> str:
    """Run a program where the hosts and the floating IPs can be reached."""
    return run("nsenter", f"--net={FABRIC}", *command, **more)


def on_host(host: str, command: str) -> str:
    """Run a shell command on a lab host."""
    return in_fabric(*SSH, "-o", f"ControlPath={CONTROL}/ssh/test-%h", "-o", "ControlMaster=auto", "-o", "ControlPersist=60",
                     f"root@{HOSTS[host]}", command)  # fmt: skip


def in_guest(address: str, command: str, limit: float = 60) -> str:
    """Run a shell command in a guest over its floating IP."""
    return in_fabric(*SSH, f"root@{address}", command, limit=limit)


def wait_until(what: str, check: Callable[[], Any], limit: float = 90, pause: float = 0.5) -> Any:
    """Ask `check` again and again until it is true; what it said then."""
    until, last = time.monotonic() + limit, None
    while time.monotonic() < until:
        try:
            if found := check():
                return found
            last = found
        except (AssertionError, subprocess.TimeoutExpired) as error:
            last = error
        time.sleep(pause)
    raise AssertionError(f"not within {limit} s: {what}; last seen: {last}")


@dataclass(frozen=True)
class Tenant:
    """One user in one project, with the `openstack` client."""

    project: str
    user: str
    password: str

    def env(self) -> dict[str, str]:
        """What the client reads."""
        return {
            "OS_CLIENT_CONFIG_FILE": str(CONTROL / "clouds.yaml"), "OS_CLOUD": "pileus",
            "OS_USERNAME": self.user, "OS_PASSWORD": self.password, "OS_PROJECT_NAME": self.project,
        }  # fmt: skip

    def openstack(self, *command: str, **more: Any) -> str:
        """Run the client; what it prints."""
        environment = (
            self.env()
            if self.user != "admin"
            else {k: v for k, v in self.env().items() if k[3:] in ("CLIENT_CONFIG_FILE", "CLOUD")}
        )
        return run(str(BIN / "openstack"), *command, env=environment, **more)

    def json(self, *command: str, **more: Any) -> Any:
        """Run the client with `-f json`."""
        return json.loads(self.openstack(*command, "-f", "json", **more))

    def status(self, noun: str, name: str) -> str:
        """The status of something; "gone" when it does not exist."""
        try:
            return str(self.json(noun, "show", name)["status"])
        except AssertionError as error:
            if "No " in str(error) or "not found" in str(error) or "could not be found" in str(error):
                return "gone"
            raise


ADMIN = Tenant("admin", "admin", "")


def pileus(*command: str) -> str:
    """Run the operator's command."""
    return run(str(BIN / "pileus"), "--config", str(CONTROL / "pileus.toml"), *command)


def playbook(name: str, *more: str, check: bool = True) -> str:
    """Run a playbook by hand; what it prints."""
    return run(str(BIN / "ansible-playbook"), "-i", "inventory/lab.yml", f"playbooks/{name}", *more, limit=300)


def left_on_hosts() -> dict[str, set[str]]:
    """What resources have left on the hosts: domains, OVN rows, RBD images, namespaces, proxies, logs."""
    found: dict[str, set[str]] = {}
    for host in HOSTS:
        found[f"{host} domains"] = set(on_host(host, "virsh list --all --name").split())
        found[f"{host} namespaces"] = set(on_host(host, "ip netns list | grep pileus-meta || true").split("\n"))
        found[f"{host} proxies"] = set(on_host(host, "ls /etc/pileus/metadata/").split())
        found[f"{host} console logs"] = set(on_host(host, "ls /var/log/libvirt/qemu/ | grep console || true").split())
        found[f"{host} ports"] = set(on_host(host, "ovs-vsctl list-ports br-int | grep -v ^ovn || true").split())
    for pool in ("images", "volumes", "vms"):
        found[f"pool {pool}"] = set(on_host("h1", f"rbd ls {pool}").split())
        found[f"trash {pool}"] = set(on_host("h1", f"rbd trash ls {pool}").split("\n"))
    for table in ("Logical_Switch", "Logical_Switch_Port", "Logical_Router", "DHCP_Options", "Port_Group", "NAT"):
        found[f"OVN {table}"] = set(on_host("h1", f"ovn-nbctl --bare --columns=_uuid list {table}").split())
    return found
