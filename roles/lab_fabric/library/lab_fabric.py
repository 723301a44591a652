#!/usr/bin/python
"""Ansible module: the lab's network fabric, made of network namespaces, bridges and veth pairs."""

from __future__ import annotations

DOCUMENTATION = r"""
module: lab_fabric
short_description: Network fabric of the lab
description:
  - One namespace holds a bridge per network; each host has a namespace with one NIC (veth pair) per network.
  - Both ends of a pair are made inside namespaces, so that nothing ever appears in the machine's own network.
  - Absent kills what still runs in the namespaces and deletes them.
options:
  state: {type: str, choices: [present, absent], default: present, description: What the fabric should be.}
  namespace: {type: str, required: true, description: Namespace of the bridges.}
  networks:
    type: list
    elements: dict
    default: []
    description: "Networks: bridge, nic (its name on a host), address (of the bridge, optional), mtu, checksum_offload."
  hosts: {type: list, elements: str, default: [], description: Names of the hosts.}
  host_prefix: {type: str, default: pileus-, description: What the name of a host's namespace begins with.}
author: Pileus
"""

EXAMPLES = r"""
- name: A fabric of one network with two hosts
  lab_fabric:
    namespace: fabric
    networks: [{bridge: mgmt0, nic: eth0, address: 10.77.0.1/24, mtu: 9000, checksum_offload: true}]
    hosts: [h1, h2]
"""

RETURN = r"""
commands:
  description: The commands that were run (or would be, in check mode), in order.
  returned: always
  type: list
  elements: list
"""

import contextlib
import json
import os
import signal
from typing import Any

from ansible.module_utils.basic import AnsibleModule

NAMED = "/run/netns"
Link = dict[str, Any]  # {"mtu": int, "up": bool, "master": str | None, "addresses": [str], "tx_checksum": bool}
Links = dict[str, Link]
Fabric = dict[str, Links | None]  # namespace -> its links; None: the name is there, the namespace is gone
Commands = list[list[str]]


def plan(have: Fabric, want: dict[str, Any]) -> Commands:
    """Return the commands that turn the namespaces in `have` into the fabric `want` (the module's parameters)."""
    fabric, prefix = want["namespace"], want["host_prefix"]
    if want["state"] == "absent":
        return [["ip", "netns", "delete", name] for name in sorted(have)]
    commands: Commands = []
    links: dict[str, Links] = {}
    for namespace in [fabric, *(prefix + host for host in want["hosts"])]:
        links[namespace] = have.get(namespace) or {}
        if not links[namespace]:
            if namespace in have:
                commands.append(["ip", "netns", "delete", namespace])
            commands.append(["ip", "netns", "add", namespace])
        commands += plan_link(links[namespace], namespace, "lo", {})
    for network in want["networks"]:
        commands += plan_bridge(links[fabric], fabric, network)
        for host in want["hosts"]:
            commands += plan_nic(links, fabric, prefix + host, f"{host}-{network['nic']}", network)
    return commands


def plan_bridge(links: Links, fabric: str, network: dict[str, Any]) -> Commands:
    """Return the commands that make the bridge of a network."""
    name, commands = network["bridge"], []
    if name not in links:
        commands.append(["ip", "-n", fabric, "link", "add", name, "type", "bridge"])
    commands += plan_link(links, fabric, name, {"mtu": network["mtu"], "tx_checksum": network["checksum_offload"]})
    address = network.get("address")
    if address and address not in links.get(name, {}).get("addresses", []):
        commands.append(["ip", "-n", fabric, "address", "add", address, "dev", name])
    return commands


def plan_nic(links: dict[str, Links], fabric: str, namespace: str, port: str, network: dict[str, Any]) -> Commands:
    """Return the commands that plug a host's NIC of a network into its bridge; the host itself brings it up."""
    name, commands = network["nic"], []
    outer, inner = links[fabric], links[namespace]
    if name not in inner or port not in outer:
        if name in inner:  # its other end was in a fabric that has lost its name
            commands.append(["ip", "-n", namespace, "link", "delete", name])
        if port in outer:
            commands.append(["ip", "-n", fabric, "link", "delete", port])
        pair = ["type", "veth", "peer", "name", name, "netns", namespace]
        commands.append(["ip", "-n", fabric, "link", "add", port, *pair])
        inner, outer = {}, {}
    shared = {"mtu": network["mtu"], "tx_checksum": network["checksum_offload"]}
    commands += plan_link(outer, fabric, port, {**shared, "master": network["bridge"]})
    commands += plan_link(inner, namespace, name, shared)
    return commands


def plan_link(links: Links, namespace: str, name: str, want: Link) -> Commands:
    """Return the commands that set what differs of a link and bring it up."""
    link, commands = links.get(name, {}), []
    words: list[str] = []
    for key in ("mtu", "master"):
        if want.get(key) and link.get(key) != want[key]:
            words += [key, str(want[key])]
    if not link.get("up"):
        words.append("up")
    if words:
        commands.append(["ip", "-n", namespace, "link", "set", name, *words])
    if not want.get("tx_checksum", True) and link.get("tx_checksum", True):
        commands.append(["ip", "netns", "exec", namespace, "ethtool", "-K", name, "tx", "off"])
    return commands


def read_fabric(module: AnsibleModule) -> Fabric:
    """Return the namespaces that bear a name of ours, with their links."""
    with open("/proc/self/mountinfo", encoding="utf-8") as table:
        alive = {line.split()[4] for line in table if " - nsfs " in line}
    prefix, own = module.params["host_prefix"], module.params["namespace"]
    names = sorted(os.listdir(NAMED)) if os.path.isdir(NAMED) else []
    ours = [name for name in names if name == own or name.startswith(prefix)]
    return {name: read_links(module, name) if f"{NAMED}/{name}" in alive else None for name in ours}


def read_links(module: AnsibleModule, namespace: str) -> Links:
    """Return the links of one namespace; checksum offload is read only of links that must not have it."""
    _, text, _ = module.run_command(["ip", "-n", namespace, "-json", "address", "show"], check_rc=True)
    plain = [network for network in module.params["networks"] if not network["checksum_offload"]]
    suffixes = tuple(f"-{network['nic']}" for network in plain)
    names = {network[key] for network in plain for key in ("nic", "bridge")}
    links = {}
    for link in json.loads(text):
        name = link["ifname"]
        links[name] = {
            "mtu": link["mtu"],
            "up": "UP" in link["flags"],
            "master": link.get("master"),
            "addresses": [f"{info['local']}/{info['prefixlen']}" for info in link["addr_info"]],
        }
        if name in names or name.endswith(suffixes):
            argv = ["ip", "netns", "exec", namespace, "ethtool", "--show-offload", name]
            links[name]["tx_checksum"] = "tx-checksumming: on" in module.run_command(argv, check_rc=True)[1]
    return links


def kill_processes(module: AnsibleModule, have: Fabric) -> None:
    """Kill what still runs in the namespaces: they would live on, nameless, for as long as it does."""
    for namespace, links in have.items():
        pids = module.run_command(["ip", "netns", "pids", namespace])[1].split() if links is not None else []
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(pid), signal.SIGKILL)


def main() -> None:
    """Converge the fabric."""
    module = AnsibleModule(
        argument_spec={
            "state": {"choices": ["present", "absent"], "default": "present"},
            "namespace": {"required": True},
            "networks": {"type": "list", "elements": "dict", "default": []},
            "hosts": {"type": "list", "elements": "str", "default": []},
            "host_prefix": {"default": "pileus-"},
        },
        supports_check_mode=True,
    )
    have = read_fabric(module)
    commands = plan(have, module.params)
    if not module.check_mode:
        if module.params["state"] == "absent":
            kill_processes(module, have)
        for argv in commands:
            module.run_command(argv, check_rc=True)
    after = "".join(" ".join(argv) + "\n" for argv in commands)
    module.exit_json(changed=bool(commands), commands=commands, diff={"before": "", "after": after})


if __name__ == "__main__":
    main()
