#!/usr/bin/python
"""Ansible module: bridges, cards and external_ids that make an Open vSwitch an OVN chassis, in one transaction."""

import json
import os

from ansible.module_utils.basic import AnsibleModule

DOCUMENTATION = r"""
module: ovn_chassis
short_description: Make an Open vSwitch an OVN chassis
description:
  - Sets external_ids of the vSwitch and makes the integration bridge, a bridge per provider network and, where packets
    are switched in the daemon, a bridge that owns the tunnel card. Other bridges, ports and external_ids are left alone.
options:
  datapath:
    description: V(auto) keeps what was chosen earlier, else takes V(system) where the kernel has the module.
    type: str
    choices: [auto, system, netdev]
    default: auto
  external_ids: {description: Wanted external_ids; an empty value removes one., type: dict, required: true}
  provider_networks:
    description: Provider networks with their bridge and card.
    type: list
    elements: dict
    default: []
    suboptions:
      network: {description: Name of the network., type: str, required: true}
      bridge: {description: Name of its bridge., type: str, required: true}
      interface: {description: Card that belongs to the bridge., type: str}
  tunnel: {description: Bridge and interface of the tunnel card for the netdev datapath., type: dict}
"""

EXAMPLES = r"""
- name: The vSwitch has its bridges and settings
  ovn_chassis:
    external_ids: {system-id: h1, ovn-encap-type: geneve, ovn-encap-ip: 10.78.0.11}
    provider_networks:
      - {network: external, bridge: br-ex, interface: eth1}
"""

RETURN = r"""
datapath:
  description: How packets are switched, V(system) or V(netdev).
  type: str
  returned: always
changes:
  description: What was, or would be, changed, as commands of ovs-vsctl.
  type: list
  elements: list
  returned: always
"""

INTEGRATION_BRIDGE = "br-int"
# external_id that tells OVN's controller the datapath, and later runs of this module what was chosen.
CHOSEN = "ovn-bridge-datapath-type"


def wanted_bridges(datapath, provider_networks, tunnel):
    """Bridge name -> {fail_mode, ports} for this datapath."""
    bridges = {INTEGRATION_BRIDGE: {"fail_mode": "secure", "ports": []}}
    for item in provider_networks:
        bridge = bridges.setdefault(item["bridge"], {"fail_mode": None, "ports": []})
        bridge["ports"] += [item["interface"]] if item.get("interface") else []
    if tunnel and datapath == "netdev":
        bridges[tunnel["bridge"]] = {"fail_mode": None, "ports": [tunnel["interface"]]}
    return bridges


def plan(have, want):
    """Commands of ovs-vsctl that turn `have` into `want`.

    Both are {external_ids, bridges: name -> {fail_mode, ports}}; the datapath is a bridge's in `have`, one for all in `want`.
    """
    commands = []
    for key, value in sorted(want["external_ids"].items()):
        if value and have["external_ids"].get(key) != value:
            commands.append(["set", "Open_vSwitch", ".", f"external_ids:{key}={json.dumps(value)}"])
        if not value and key in have["external_ids"]:
            commands.append(["remove", "Open_vSwitch", ".", "external_ids", key])
    for name, bridge in want["bridges"].items():
        there = have["bridges"].get(name)
        if there is None:
            commands.append(["add-br", name, "--", "set", "Bridge", name, f"datapath_type={want['datapath']}"])
        elif (there["datapath"] or "system") != want["datapath"]:
            commands.append(["set", "Bridge", name, f"datapath_type={want['datapath']}"])
        if bridge["fail_mode"] and (there is None or there["fail_mode"] != bridge["fail_mode"]):
            commands.append(["set", "Bridge", name, f"fail_mode={bridge['fail_mode']}"])
        ports = there["ports"] if there else []
        commands += [["add-port", name, port] for port in bridge["ports"] if port not in ports]
    return commands


def value(cell):
    """A cell of OVSDB's JSON as Python: maps become dicts, the empty set None."""
    if isinstance(cell, list) and cell[0] == "map":
        return dict(cell[1])
    return None if cell == ["set", []] else cell


def table(module, *what):
    """Rows that `ovs-vsctl list` prints, as dicts."""
    _code, out, _err = module.run_command(["ovs-vsctl", "--timeout=30", "--format=json", *what], check_rc=True)
    printed = json.loads(out)
    return [dict(zip(printed["headings"], map(value, row), strict=True)) for row in printed["data"]]


def ports(module, bridge):
    """Names of a bridge's ports."""
    return module.run_command(["ovs-vsctl", "--timeout=30", "list-ports", bridge], check_rc=True)[1].split()


def read(module, names):
    """What the vSwitch has now; ports only of the bridges named."""
    rows = table(module, "--columns=name,datapath_type,fail_mode", "list", "Bridge")
    return {
        "external_ids": table(module, "--columns=external_ids", "list", "Open_vSwitch")[0]["external_ids"],
        "bridges": {
            row["name"]: {
                "datapath": row["datapath_type"],
                "fail_mode": row["fail_mode"],
                "ports": ports(module, row["name"]) if row["name"] in names else [],
            }
            for row in rows
        },
    }


def probe(module):
    """`system` where the kernel has, or can load, Open vSwitch's module; else `netdev`."""
    if os.path.isdir("/sys/module/openvswitch"):
        return "system"
    dry = ["--dry-run"] if module.check_mode else []
    try:
        code, _out, _err = module.run_command(["modprobe", *dry, "openvswitch"])
    except OSError:
        code = 1
    return "system" if code == 0 else "netdev"


def choose(module):
    """The datapath asked for, else the one chosen earlier, else the one the kernel allows.

    A bridge that is there says nothing: OVN's controller makes the integration bridge as soon as its package is installed.
    """
    if module.params["datapath"] != "auto":
        return module.params["datapath"]
    ids = table(module, "--columns=external_ids", "list", "Open_vSwitch")[0]["external_ids"]
    return ids.get(CHOSEN) or probe(module)


def main():
    """Compare the vSwitch with what is wanted and change it in one transaction."""
    network = {
        "network": {"type": "str", "required": True},
        "bridge": {"type": "str", "required": True},
        "interface": {"type": "str"},
    }
    options = {
        "datapath": {"type": "str", "choices": ["auto", "system", "netdev"], "default": "auto"},
        "external_ids": {"type": "dict", "required": True},
        "provider_networks": {"type": "list", "elements": "dict", "default": [], "options": network},
        "tunnel": {"type": "dict"},
    }
    module = AnsibleModule(options, supports_check_mode=True)
    datapath = choose(module)
    ids = {key: str(text) for key, text in module.params["external_ids"].items()}
    ids[CHOSEN] = datapath
    bridges = wanted_bridges(datapath, module.params["provider_networks"], module.params["tunnel"])
    changes = plan(read(module, bridges), {"external_ids": ids, "datapath": datapath, "bridges": bridges})
    if changes and not module.check_mode:
        words = [word for change in changes for word in ["--", *change]]
        module.run_command(["ovs-vsctl", "--timeout=60", *words], check_rc=True)
    reply = {"changed": bool(changes), "changes": changes, "datapath": datapath}
    if module._diff:
        reply["diff"] = {"before": "", "after": "".join(" ".join(change) + "\n" for change in changes)}
    module.exit_json(**reply)


if __name__ == "__main__":
    main()
