#!/usr/bin/python
"""Ansible module: what a hypervisor has, is and runs; it only reads."""

DOCUMENTATION = """
module: hypervisor_facts
short_description: Tell what a hypervisor has and runs
description:
  - Reads processors, memory, versions and domains from libvirt and the space of the servers' pool from Ceph.
author: [Pileus]
options:
  items:
    description: The hypervisors to look at, each done by itself.
    type: list
    elements: dict
    required: true
    suboptions:
      id: {description: Resource id., type: str, required: true}
      intent: {description: Intent id., type: str}
      host: {description: Inventory name of the hypervisor., type: str, required: true}
  address: {description: Address to answer as host_ip., type: str}
  pool: {description: Pool whose space is told., type: str, default: vms}
  uri: {description: libvirt to connect to., type: str, default: "qemu:///system"}
  ceph_conf: {description: Configuration file of Ceph., type: path, default: /etc/ceph/ceph.conf}
  ceph_client: {description: Name of the cephx user without C(client)., type: str, default: pileus}
attributes:
  check_mode: {support: full}
  diff_mode: {support: none}
"""

EXAMPLES = """
- name: One hypervisor
  hypervisor_facts:
    items: [{id: h1, host: h1}]
"""

RETURN = """
results:
  description: >-
    One per item with id, intent, ok, changed, error and facts: vcpus, memory_mib, disk_gib, libvirt_version,
    hypervisor_version, hypervisor_type, cpu_info, host_ip, running_vms, domains.
  type: list
  returned: always
faults: {description: Id and error of the items that failed., type: list, returned: always}
"""

import xml.etree.ElementTree as ET

try:
    import libvirt
except ImportError:
    libvirt = None

from ansible.module_utils.basic import AnsibleModule, missing_required_lib
from ansible.module_utils.pileus_items import IDENTITY, Outcome, answer
from ansible.module_utils.rbd_cluster import CONNECTION, connect

PREFIX = "pileus-"
GIB = 1024**3


def cpu_info(capabilities):
    """Model, vendor, architecture, topology and features of the processor, from libvirt's capabilities document."""
    cpu = ET.fromstring(capabilities).find("host/cpu")
    topology = cpu.find("topology")
    return {
        "arch": cpu.findtext("arch"),
        "model": cpu.findtext("model"),
        "vendor": cpu.findtext("vendor"),
        "topology": {key: int(topology.get(key)) for key in ("sockets", "cores", "threads")}
        if topology is not None
        else {},
        "features": sorted(feature.get("name") for feature in cpu.iterfind("feature")),
    }


def domains(names_and_states):
    """Pileus' domains among (name, libvirt state) pairs, and how many domains run in all."""
    on = [(name, state in (1, 2, 3)) for name, state in names_and_states]
    mine = [
        {"id": name[len(PREFIX) :], "state": "running" if runs else "shutoff"}
        for name, runs in sorted(on)
        if name.startswith(PREFIX)
    ]
    return {"domains": mine, "running_vms": sum(runs for _name, runs in on)}


def of_libvirt(connection):
    """Facts that libvirt knows."""
    info = connection.getInfo()  # model, memory in MiB, processors, ...
    return {
        "vcpus": info[2],
        "memory_mib": info[1],
        "hypervisor_type": connection.getType(),
        "hypervisor_version": connection.getVersion(),
        "libvirt_version": connection.getLibVersion(),
        "cpu_info": cpu_info(connection.getCapabilities()),
        **domains([(domain.name(), domain.state()[0]) for domain in connection.listAllDomains()]),
    }


def disk_gib(told, pool):
    """GiB that a pool may hold in all, from the answer of Ceph's `df`: what is in it and what still fits."""
    stats = next((p["stats"] for p in told["pools"] if p["name"] == pool), {})
    return int((stats.get("stored", 0) + stats.get("max_avail", 0)) // GIB)


def main():
    """Read the parameters, ask libvirt and Ceph once, answer each item."""
    item = {**IDENTITY, "host": {"type": "str", "required": True}}
    module = AnsibleModule(
        argument_spec={
            "items": {"type": "list", "elements": "dict", "required": True, "options": item},
            "address": {"type": "str"},
            "pool": {"type": "str", "default": "vms"},
            "uri": {"type": "str", "default": "qemu:///system"},
            **CONNECTION,
        },
        supports_check_mode=True,
    )
    if libvirt is None:
        module.fail_json(msg=missing_required_lib("libvirt"))
    libvirt.registerErrorHandler(lambda *_: None, None)
    try:
        facts = of_libvirt(libvirt.openReadOnly(module.params["uri"]))
    except libvirt.libvirtError as error:
        module.fail_json(msg=f"libvirt at {module.params['uri']}: {error}")
    with connect(module) as cluster:
        facts["disk_gib"] = disk_gib(cluster.command({"prefix": "df", "format": "json"}), module.params["pool"])
    facts["host_ip"] = module.params["address"]
    answer(module, lambda _item: Outcome(False, facts))


if __name__ == "__main__":
    main()
