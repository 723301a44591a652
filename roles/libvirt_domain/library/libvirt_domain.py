#!/usr/bin/python
"""Ansible module: servers as libvirt domains, a list of them at once."""

DOCUMENTATION = """
module: libvirt_domain
short_description: Define, start, stop, change, reboot or remove servers
description:
  - Works through a list of servers over one connection and answers per item, with the power state and the VNC port.
  - Disks and network cards are plugged into and out of running domains; everything else takes effect at the next start.
  - What a server needs on its host before it starts can be made in the same execution, which is quicker than one of its own.
author: [Pileus]
options:
  items:
    description: The servers.
    type: list
    elements: dict
    required: true
    suboptions:
      id: {description: "Resource id, a UUID.", type: str, required: true}
      intent: {description: Intent id., type: str}
      host: {description: Inventory name of the hypervisor., type: str, required: true}
      name: {description: Title to show., type: str}
      project_id: {description: Whose it is., type: str}
      power: {description: Wanted power state., type: str, choices: [running, shutoff], default: running}
      vcpus: {description: Number of processors., type: int}
      memory_mib: {description: Memory in MiB., type: int}
      virt_type: {description: "V(kvm) or V(qemu); by default what the host was found to have.", type: str}
      reboot:
        description: For C(state=rebooted).
        type: dict
        suboptions:
          type: {description: Ask the guest or not., type: str, choices: [SOFT, HARD], default: SOFT}
      disks:
        description: Disks in Ceph in the order of the bus.
        type: list
        elements: dict
        default: []
        suboptions:
          id: {description: Resource id., type: str, required: true}
          pool: {description: Pool of the RBD image., type: str, required: true}
          image: {description: Name of the RBD image., type: str, required: true}
          device: {description: "Name in the guest, as vda.", type: str, required: true}
          bus: {description: Bus of the disk., type: str, default: virtio}
          boot_index: {description: Place in the boot order from 0., type: int}
          serial: {description: "Serial number; by default the id.", type: str}
          size: {description: Bytes that a running guest is to see., type: int}
      nics:
        description: Network cards.
        type: list
        elements: dict
        default: []
        suboptions:
          id: {description: "UUID of the port, the name of its logical switch port.", type: str, required: true}
          mac: {description: Address of the card., type: str, required: true}
          mtu: {description: Largest packet., type: int}
          network_id: {description: Network of the port., type: str}
  volumes:
    description: Volumes to make before, and with C(state=absent) to remove after, as the items of M(rbd_volume).
    type: list
    elements: dict
    default: []
  networks:
    description: Networks to serve metadata for, as the items of M(metadata_network).
    type: list
    elements: dict
    default: []
  state:
    description: What is to be done; V(console) only reads.
    type: str
    choices: [present, absent, rebooted, console]
    default: present
  host_facts: {description: File with the acceleration of this host., type: path, default: /etc/pileus/hypervisor.json}
  uri: {description: libvirt to connect to., type: str, default: "qemu:///system"}
  machine: {description: Machine type., type: str, default: pc}
  bridge: {description: Integration bridge of OVN., type: str, default: br-int}
  vnc_listen: {description: Address on which screens listen., type: str, default: 127.0.0.1}
  tcg_cache_mib: {description: MiB of translated code that an emulated guest keeps., type: int, default: 32}
  secret_uuid: {description: libvirt secret with the key of ceph_client., type: str, required: true}
  ceph_client: {description: Name of the cephx user without C(client)., type: str, default: pileus}
  ceph_conf: {description: Configuration file of Ceph., type: path, default: /etc/ceph/ceph.conf}
  shutdown_timeout: {description: Seconds a guest has to shut down before it is switched off., type: int, default: 60}
  detach_timeout: {description: Seconds a guest has to let go of a device., type: int, default: 30}
  busy_timeout: {description: Seconds to wait for a killed client to let go of a volume., type: int, default: 40}
  console_bytes: {description: How much of the end of a console log to answer., type: int, default: 65536}
  parallel: {description: Items worked on at a time., type: int, default: 4}
attributes:
  check_mode: {support: full}
  diff_mode: {support: full}
"""

EXAMPLES = """
- name: One server
  libvirt_domain:
    secret_uuid: 6c1f2c5e-0d1b-4c3a-9b57-5c0b7a1f0001
    items:
      - id: 9d3c8c1e-0000-4000-8000-000000000005
        host: h1
        vcpus: 1
        memory_mib: 128
        disks: [{id: 9d3c8c1e-0000-4000-8000-000000000005, pool: vms, image: server-5, device: vda, boot_index: 0}]
"""

RETURN = """
results:
  description: >-
    One per item with id, intent, ok, changed, error and facts (power, vnc_port; for C(state=console) console). Those of volumes
    and networks say so as C(variable).
  type: list
  returned: always
faults: {description: Id and error of the items that failed., type: list, returned: always}
"""

import json
import os
import subprocess
from concurrent.futures import ThreadPoolExecutor

from ansible.module_utils.basic import AnsibleModule, missing_required_lib
from ansible.module_utils.libvirt_domain_options import ITEM, OPTIONS
from ansible.module_utils.libvirt_domain_plan import describe, describe_wanted, existing, plan, wanted
from ansible.module_utils.libvirt_domain_steps import Steps, console, libvirt, logs, look
from ansible.module_utils.metadata_network_host import SETTINGS, converge_all, result
from ansible.module_utils.pileus_items import Outcome, gather, reply
from ansible.module_utils.rbd_cluster import connect
from ansible.module_utils.rbd_volumes import ITEM as VOLUME
from ansible.module_utils.rbd_volumes import converge as converge_volume


def converge(connection, module, host, item):
    """Bring one server to the wanted state."""
    state = module.params["state"]
    if state == "console":
        return Outcome(False, {"console": console(item, module.params["console_bytes"])})
    found, want = look(connection, item), wanted(item, host)
    have = existing(found)
    if state == "absent":
        have = have or logs(item)
    steps = plan(have, want, state)
    if steps and not module.check_mode:
        apply(connection, module, host, item, found, steps)
    before = describe(found)
    if state == "absent":
        return Outcome(steps, before=before or have)
    if steps and not module.check_mode:
        found = look(connection, item)
    facts = {
        "power": found and found["power"],
        "vnc_port": found["live"]["vnc_port"] if found and found["live"] else None,
    }
    return Outcome(steps, facts, before, {**(before or {}), **describe_wanted(item, state)})


def apply(connection, module, host, item, found, steps):
    """Carry out the steps; a domain that was not defined anew gets its notes renewed."""
    timeouts = (module.params["shutdown_timeout"], module.params["detach_timeout"])
    actor = Steps(connection, item, host, found, timeouts)
    for verb, *arguments in steps:
        getattr(actor, verb)(*arguments)
    if ("remove",) not in steps and (steps[-1] == ("rebooted",) or ("define",) not in steps):
        actor.remember()


def about_host(module):
    """What is the same for all domains of this host: settings, acceleration, how packets are switched."""
    host = {key: module.params[key] for key in OPTIONS}
    host["virt_type"], host["userspace"] = None, False
    if os.path.exists(host["host_facts"]):
        with open(host["host_facts"], encoding="utf-8") as file:
            host["virt_type"] = json.load(file).get("virt_type")
    if any(item["nics"] for item in module.params["items"]):
        ask = ["ovs-vsctl", "--timeout=5", "--if-exists", "get", "bridge", host["bridge"], "datapath_type"]
        host["userspace"] = "netdev" in subprocess.run(ask, capture_output=True, text=True, check=False).stdout
    return host


def volumes(module):
    """Make or remove the volumes of the servers: [(result, Outcome)]."""
    if not module.params["volumes"]:
        return []
    state = "absent" if module.params["state"] == "absent" else "present"
    with connect(module) as cluster:
        told = (state, module.check_mode, module.params["busy_timeout"])
        parallel = module.params["parallel"]
        return gather(
            module.params["volumes"], lambda v: converge_volume(cluster, v, *told), parallel, "rbd_volume_items"
        )


def networks(module):
    """Serve metadata for the networks of the servers: [(result, Outcome)]."""
    wanted_ones, settings = module.params["networks"], {key: option["default"] for key, option in SETTINGS.items()}
    if not wanted_ones:
        return []
    settings = {**settings, "bridge": module.params["bridge"], "state": "present"}
    outcomes = converge_all(wanted_ones, settings, module.check_mode)
    return gather(wanted_ones, lambda n: result(outcomes[str(n.get("id"))]), 1, "metadata_network_items")


def main():
    """Read the parameters, connect once, converge each item; metadata meanwhile."""
    lists = {"items": ITEM, "volumes": VOLUME, "networks": None}
    spec = {key: {"type": "list", "elements": "dict", "default": [], "options": item} for key, item in lists.items()}
    module = AnsibleModule(argument_spec={**spec, **OPTIONS}, supports_check_mode=True)
    if libvirt is None:
        module.fail_json(msg=missing_required_lib("libvirt"))
    libvirt.registerErrorHandler(lambda *_: None, None)
    try:
        connection = libvirt.open(module.params["uri"])
    except libvirt.libvirtError as error:
        module.fail_json(msg=f"libvirt at {module.params['uri']}: {error}")
    host = about_host(module)
    servers, parallel = module.params["items"], module.params["parallel"]
    absent = module.params["state"] == "absent"
    with ThreadPoolExecutor(1) as aside:
        metadata = aside.submit(networks, module)
        disks = [] if absent else volumes(module)
        domains = gather(
            servers, lambda item: converge(connection, module, host, item), parallel, "libvirt_domain_items"
        )
        disks = volumes(module) if absent else disks
        try:
            served = metadata.result()
        except Exception as error:
            module.fail_json(msg=f"Open vSwitch does not answer: {error}")
    reply(module, disks, served, domains)


if __name__ == "__main__":
    main()
