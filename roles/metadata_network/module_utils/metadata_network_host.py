# Copyright: Pileus contributors. Apache-2.0 (see LICENSE).
"""Metadata for networks on this hypervisor: what is there, the hands to change it, and telling the proxy once for all."""

from __future__ import annotations

import contextlib
import fcntl
import json
import subprocess
import time
from pathlib import Path
from typing import Any

from ansible.module_utils.metadata_network_plan import UUID, device_of, namespace_of, plan, wanted
from ansible.module_utils.pileus_items import ItemError, Outcome

SETTINGS: dict[str, Any] = {
    "bridge": {"type": "str", "default": "br-int"},
    "directory": {"type": "path", "default": "/etc/pileus/metadata"},
    "service": {"type": "str", "default": "pileus-metadata.service"},
    "backend": {"type": "str", "default": "pileus-metadata"},
}
# Says that the proxy has not yet been told of a change; it outlives a run that is killed, not a reboot.
PENDING = Path("/run/pileus-metadata.pending")
LOCK = Path("/run/pileus-metadata.lock")


def run(*command: str, check: bool = True) -> str:
    """Run a command and return what it prints; ItemError with its own words when it fails."""
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    if check and done.returncode:
        raise ItemError(f"{command[0]}: {done.stderr.strip() or done.returncode}")
    return done.stdout if done.returncode == 0 else ""


class Host:
    """What this host has, and the hands to change it."""

    def __init__(self, networks: list[dict[str, Any]], params: dict[str, Any]) -> None:
        self.bridge, self.directory, self.service = params["bridge"], Path(params["directory"]), params["service"]
        names = [device_of(item) for item in networks if UUID.match(str(item.get("id")))]
        listed = run(
            "ovs-vsctl", "--format=json", "--if-exists", "--columns=name,external_ids", "list", "Interface", *names
        )
        self.plugged = {name: dict(ids[1]) for name, ids in json.loads(listed or '{"data": []}')["data"]}

    def have(self, item: dict[str, Any]) -> dict[str, Any]:
        """What is there for an item."""
        namespace, device = namespace_of(item), device_of(item)
        there = Path("/run/netns", namespace).exists()
        shown = run("ip", "-j", "-n", namespace, "addr", "show", "dev", device, check=False) if there else ""
        link = next((entry for entry in json.loads(shown or "[]") if entry), None)
        frontend = self.directory / f"{item['id']}.cfg"
        return {
            "namespace": there,
            "iface": self.plugged[device].get("iface-id", "none") if device in self.plugged else None,
            "device": Path("/sys/class/net", device).exists(),
            "link": link and {"mac": link["address"], "up": "UP" in link["flags"], "addresses": self.addresses(link)},
            "frontend": frontend.read_text() if frontend.exists() else None,
        }

    @staticmethod
    def addresses(link: dict[str, Any]) -> list[str]:
        """The addresses of a link, without those the kernel makes itself."""
        found = [address for address in link["addr_info"] if address.get("scope") != "link"]
        return sorted(f"{address['local']}/{address['prefixlen']}" for address in found)

    def apply(self, item: dict[str, Any], steps: list[tuple[str, Any]]) -> None:
        """Take the steps."""
        namespace, device, frontend = namespace_of(item), device_of(item), self.directory / f"{item['id']}.cfg"
        inside = ("ip", "-n", namespace)
        if {"listen", "forget"} & {step for step, _ in steps}:
            PENDING.touch()
        for step, value in steps:
            if step == "enter":
                run("ip", "netns", "add", namespace)
                run(*inside, "link", "set", "lo", "up")
            elif step == "plug":
                marks = {"iface-id": value, "pileus:id": item["id"], "pileus:intent": item.get("intent") or ""}
                ids = [f'external_ids:"{key}"="{mark}"' for key, mark in marks.items() if mark]
                plug = [
                    "--may-exist",
                    "add-port",
                    self.bridge,
                    device,
                    "--",
                    "set",
                    "Interface",
                    device,
                    "type=internal",
                ]
                run("ovs-vsctl", *plug, *ids)
            elif step == "move":
                self.move(namespace, device)
            elif step == "link":
                run(*inside, "link", "set", device, "address", value, "up")
            elif step in ("address", "unaddress"):
                run(*inside, "addr", "replace" if step == "address" else "del", value, "dev", device)
            elif step == "listen":
                part = frontend.with_suffix(".part")
                part.write_text(value)
                part.chmod(0o600)
                part.replace(frontend)
            elif step == "forget":
                frontend.unlink(missing_ok=True)
            elif step in ("pull", "unplug"):
                run("ovs-vsctl", "--if-exists", "del-port", self.bridge, device)
            elif step == "leave":
                run("ip", "netns", "delete", namespace)

    def move(self, namespace: str, device: str) -> None:
        """Take the device into the namespace as soon as Open vSwitch has made it. A software switch that hands packets
        over unfinished would have the guest drop them, hence no checksum offload."""
        deadline = time.monotonic() + 5
        while not Path("/sys/class/net", device).exists() and time.monotonic() < deadline:
            time.sleep(0.02)
        run("ip", "link", "set", device, "netns", namespace)
        run("ip", "netns", "exec", namespace, "ethtool", "-K", device, "tx", "off", check=False)

    def reload(self) -> None:
        """Tell the proxy, unless it knows already. It would not take a configuration that names a lost namespace, so
        frontends that a reboot has left without one go first; their networks get them back when they are wanted here."""
        if PENDING.exists():
            for frontend in self.directory.glob("*-*-*-*-*.cfg"):
                if not Path("/run/netns", namespace_of({"id": frontend.stem})).exists():
                    frontend.unlink()
            run("systemctl", "reload-or-restart", self.service)
            PENDING.unlink()


def survey(host: Host, params: dict[str, Any], item: dict[str, Any]) -> Outcome:
    """What has to be done for an item. Its facts are the steps, until they are taken."""
    want = wanted(item, params["state"], params["backend"])
    have = host.have(item)
    steps = plan(have, want)
    return Outcome(steps, {"steps": steps}, {key: have[key] for key in want}, want)


def attempt(work: Any, *arguments: Any) -> Any:
    """The outcome of some work, or the error that ends it: a bad item fails alone."""
    try:
        return work(*arguments)
    except (ItemError, OSError, subprocess.SubprocessError) as error:
        return ItemError(str(error))


def converge(host: Host, items: dict[str, Any], outcomes: dict[str, Any]) -> None:
    """All that comes before the proxy is told, telling it, and what has to wait until it has let go."""
    for last in (False, True):
        for key, outcome in outcomes.items():
            if isinstance(outcome, Outcome):
                steps = [step for step in outcome.facts["steps"] if (step[0] in ("unplug", "leave")) is last]
                if isinstance(failed := attempt(host.apply, items[key], steps), ItemError):
                    outcomes[key] = failed
        if not last and isinstance(failed := attempt(host.reload), ItemError):
            outcomes.update({key: failed for key, outcome in outcomes.items() if isinstance(outcome, Outcome)})


def converge_all(networks: list[dict[str, Any]], params: dict[str, Any], check_mode: bool) -> dict[str, Any]:
    """Look, plan, apply, tell the proxy once; {id: Outcome or the error}. Raises ItemError or OSError without a vSwitch."""
    items = {str(item.get("id")): item for item in networks}
    with LOCK.open("a") if not check_mode else contextlib.nullcontext() as lock:
        if lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
        host = Host(networks, params)
        outcomes = {key: attempt(survey, host, params, item) for key, item in items.items()}
        if not check_mode:
            converge(host, items, outcomes)
    return outcomes


def result(outcome: Any) -> Outcome:
    """An item's outcome as it goes back; raises the error that ended it."""
    if isinstance(outcome, ItemError):
        raise outcome
    outcome.facts = {}
    return outcome
