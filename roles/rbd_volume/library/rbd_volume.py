#!/usr/bin/python
"""Ansible module: volumes as Ceph RBD images, a list of them at once."""

DOCUMENTATION = """
module: rbd_volume
short_description: Make, clone, grow or remove volumes in Ceph RBD
description:
  - Works through a list of volumes over one connection and answers per item.
  - An image gets its final name only when it is complete, so a run that was killed leaves nothing that looks finished.
author: [Pileus]
options:
  items:
    description: The volumes.
    type: list
    elements: dict
    required: true
    suboptions:
      id: {description: Resource id., type: str, required: true}
      intent: {description: Intent id., type: str}
      host: {description: Inventory name of the host that works on it., type: str}
      pool: {description: Pool of the image., type: str, required: true}
      name: {description: Name of the image., type: str, required: true}
      size: {description: "Bytes; larger grows the image, smaller is refused.", type: int}
      source:
        description: What it is a clone of. Without C(snapshot) the state the source image has now.
        type: dict
        suboptions:
          pool: {description: Pool of the source., type: str, required: true}
          name: {description: Image that is the source., type: str, required: true}
          snapshot: {description: Snapshot of the source., type: str}
  state: {description: Whether the volumes are to be there., type: str, choices: [present, absent], default: present}
  ceph_conf: {description: Configuration file of Ceph., type: path, default: /etc/ceph/ceph.conf}
  ceph_client: {description: Name of the cephx user without C(client)., type: str, default: pileus}
  busy_timeout: {description: Seconds to wait for a killed client to let go of an image., type: int, default: 40}
  parallel: {description: Items worked on at a time., type: int, default: 4}
attributes:
  check_mode: {support: full}
  diff_mode: {support: full}
"""

EXAMPLES = """
- name: One empty volume
  rbd_volume:
    items: [{id: 9d3c8c1e-0000-4000-8000-000000000001, pool: volumes, name: volume-1, size: 1073741824}]
"""

RETURN = """
results: {description: "One per item with id, intent, ok, changed, error and facts (size).", type: list, returned: always}
faults: {description: "Id and error of the items that failed.", type: list, returned: always}
"""

from ansible.module_utils.pileus_items import answer
from ansible.module_utils.rbd_cluster import connect, list_module
from ansible.module_utils.rbd_volumes import ITEM, converge


def main():
    """Read the parameters, connect once, converge each item."""
    module = list_module(ITEM, parallel=4, busy_timeout={"type": "int", "default": 40})
    with connect(module) as cluster:
        told = (module.params["state"], module.check_mode, module.params["busy_timeout"])
        answer(module, lambda item: converge(cluster, item, *told), module.params["parallel"])


if __name__ == "__main__":
    main()
