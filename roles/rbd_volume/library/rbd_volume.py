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

import contextlib

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.pileus_items import ItemError, Outcome, answer
from ansible.module_utils.rbd_cluster import CONNECTION, PART, connect, mark, rbd

SOURCE = {
    "pool": {"type": "str", "required": True},
    "name": {"type": "str", "required": True},
    "snapshot": {"type": "str"},
}
ITEM = {
    "id": {"type": "str", "required": True},
    "intent": {"type": "str"},
    "host": {"type": "str"},
    "pool": {"type": "str", "required": True},
    "name": {"type": "str", "required": True},
    "size": {"type": "int"},
    "source": {"type": "dict", "options": SOURCE},
}


def plan(have, want, state="present"):
    """The steps from `have` (None, or size, id, part) to `want` (an item): make, mark, grow, remove.

    Raises ItemError for what must not be done: shrink, or touch an image of another resource.
    """
    if have and have["id"] not in (None, want["id"]):
        raise ItemError("image {}/{} belongs to {}".format(want["pool"], want["name"], have["id"]))
    if state == "absent":
        return ["remove"] if have else []
    if have is None:
        if not want["size"] and not want["source"]:
            raise ItemError("a new volume needs a size or a source")
        return ["make"]
    steps = [] if have["id"] else ["mark"]
    if want["size"] and want["size"] < have["size"]:
        raise ItemError(f"cannot shrink from {have['size']} to {want['size']} bytes")
    if want["size"] and want["size"] > have["size"]:
        steps.append("grow")
    return steps


def make(cluster, item, patience):
    """Build the image under a temporary name, note whose it is, then give it its name."""
    pool, part = item["pool"], item["name"] + PART
    cluster.remove(pool, part, patience)
    if item["source"]:
        clone(cluster, item, part)
    else:
        rbd.RBD().create(cluster.pool(pool), part, item["size"], old_format=False)
    with cluster.image(pool, part, read_only=False) as image:
        if item["size"] and item["size"] < image.size():
            raise ItemError(f"size {item['size']} is smaller than the source's {image.size()} bytes")
        finish(image, item)
    cluster.rename(pool, part, item["name"])


def clone(cluster, item, name):
    """Clone the item's source; a source image without a snapshot gets one for as long as that takes."""
    source = item["source"]
    snapshot = source["snapshot"] or "pileus-clone-" + item["id"]
    try:
        if not source["snapshot"]:
            take_snapshot(cluster, source, snapshot)
        rbd.RBD().clone(cluster.pool(source["pool"]), source["name"], snapshot, cluster.pool(item["pool"]), name)
    except rbd.ImageNotFound:
        raise ItemError("source {}/{}@{} does not exist".format(source["pool"], source["name"], snapshot)) from None
    if not source["snapshot"]:
        with cluster.image(source["pool"], source["name"], read_only=False) as image:
            cluster.drop_snapshot(image, snapshot)


def have_source(cluster, item):
    """Complain, without doing anything, when there is nothing to clone from."""
    source = item["source"]
    if source and not cluster.image(source["pool"], source["name"], snapshot=source["snapshot"]):
        raise ItemError(f"source {source['pool']}/{source['name']}@{source['snapshot']} does not exist")


def take_snapshot(cluster, source, snapshot):
    """Take the temporary snapshot, or go on with the one an interrupted run has left."""
    image = cluster.image(source["pool"], source["name"], read_only=False)
    if image is None:
        raise rbd.ImageNotFound("no such image")
    with image, contextlib.suppress(rbd.ImageExists):
        image.create_snap(snapshot)


def finish(image, item):
    """Bring an open image to its size and note whose it is."""
    if item["size"] and item["size"] > image.size():
        image.resize(item["size"])
    mark(image, item)


def converge(cluster, module, item):
    """Bring one volume to the wanted state."""
    state, patience = module.params["state"], module.params["busy_timeout"]
    have = cluster.look(item["pool"], item["name"])
    if have is None and state == "absent":
        have = cluster.look(item["pool"], item["name"] + PART)
    steps = plan(have, item, state)
    if "make" in steps and module.check_mode:
        have_source(cluster, item)
    elif steps and not module.check_mode:
        if "remove" in steps:
            cluster.remove(item["pool"], item["name"], patience)
            cluster.remove(item["pool"], item["name"] + PART, patience)
        elif "make" in steps:
            make(cluster, item, patience)
        else:
            with cluster.image(item["pool"], item["name"], read_only=False) as image:
                finish(image, item)
    return outcome(cluster, module, item, have, steps)


def outcome(cluster, module, item, have, steps):
    """What to answer for an item, with its size as it is now."""
    if module.params["state"] == "absent":
        return Outcome(steps, before=have and describe(item, have["size"]))
    size = item["size"] or (have and have["size"])
    if not module.check_mode:
        size = cluster.look(item["pool"], item["name"])["size"] if steps else have["size"]
    return Outcome(steps, {"size": size}, have and describe(item, have["size"]), describe(item, size))


def describe(item, size):
    """The lines of the diff for an image."""
    return {"image": "{}/{}".format(item["pool"], item["name"]), "size": size, "source": item["source"]}


def main():
    """Read the parameters, connect once, converge each item."""
    module = AnsibleModule(
        argument_spec={
            "items": {"type": "list", "elements": "dict", "required": True, "options": ITEM},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "busy_timeout": {"type": "int", "default": 40},
            "parallel": {"type": "int", "default": 4},
            **CONNECTION,
        },
        supports_check_mode=True,
    )
    with connect(module) as cluster:
        answer(module, lambda item: converge(cluster, module, item), module.params["parallel"])


if __name__ == "__main__":
    main()
