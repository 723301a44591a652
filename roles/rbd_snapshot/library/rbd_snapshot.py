#!/usr/bin/python
"""Ansible module: snapshots of volumes in Ceph RBD, a list of them at once."""

DOCUMENTATION = """
module: rbd_snapshot
short_description: Take or remove snapshots of RBD volumes
description:
  - Works through a list of snapshots over one connection and answers per item.
  - Volumes cloned from a snapshot get their own copy of the data before the snapshot is removed.
author: [Pileus]
options:
  items:
    description: The snapshots.
    type: list
    elements: dict
    required: true
    suboptions:
      id: {description: Resource id., type: str, required: true}
      intent: {description: Intent id., type: str}
      host: {description: Inventory name of the host that works on it., type: str}
      pool: {description: Pool of the volume., type: str, required: true}
      volume: {description: Name of the volume's image., type: str, required: true}
      name: {description: Name of the snapshot., type: str, required: true}
  state: {description: Whether the snapshots are to be there., type: str, choices: [present, absent], default: present}
  ceph_conf: {description: Configuration file of Ceph., type: path, default: /etc/ceph/ceph.conf}
  ceph_client: {description: Name of the cephx user without C(client)., type: str, default: pileus}
  parallel: {description: Items worked on at a time., type: int, default: 4}
attributes:
  check_mode: {support: full}
  diff_mode: {support: full}
"""

EXAMPLES = """
- name: One snapshot
  rbd_snapshot:
    items: [{id: 9d3c8c1e-0000-4000-8000-000000000002, pool: volumes, volume: volume-1, name: snapshot-2}]
"""

RETURN = """
results: {description: "One per item with id, intent, ok, changed, error and facts (size).", type: list, returned: always}
faults: {description: "Id and error of the items that failed.", type: list, returned: always}
"""

from ansible.module_utils.pileus_items import IDENTITY, ItemError, Outcome, Refused, answer
from ansible.module_utils.rbd_cluster import connect, list_module

ITEM = {
    **IDENTITY,
    "pool": {"type": "str", "required": True},
    "volume": {"type": "str", "required": True},
    "name": {"type": "str", "required": True},
}


def plan(have, want, state="present"):
    """The steps from `have` (None: no such volume; else its `snapshots` and `meta`) to `want`: take, note, remove.

    A snapshot without a note of whose it is was taken by a run that was killed right after. Raises ItemError.
    """
    exists = have is not None and want["name"] in have["snapshots"]
    noted = have is not None and note_of(want) in have["meta"]
    owner = have["meta"][note_of(want)].split()[0] if noted else want["id"]
    if owner != want["id"]:
        raise Refused(f"snapshot {want['name']} belongs to {owner}")
    if state == "absent":
        return ["remove"] if exists or noted else []
    if have is None:
        raise ItemError(f"volume {want['pool']}/{want['volume']} does not exist")
    return [*([] if exists else ["take"]), *([] if noted else ["note"])]


def note_of(item):
    """Key in the volume's image-meta that says whose snapshot this is (snapshots have no metadata of their own)."""
    return f"pileus.snapshot.{item['name']}"


def apply(cluster, item, steps):
    """Carry out the steps on the volume."""
    if "remove" in steps:
        flatten(cluster, item)
    with cluster.image(item["pool"], item["volume"], read_only=False) as image:
        for step in steps:
            if step == "take":
                image.create_snap(item["name"])
            elif step == "note":
                image.metadata_set(note_of(item), f"{item['id']} {item.get('intent') or '-'}")
            else:
                cluster.drop_snapshot(image, item["name"])
                if note_of(item) in dict(image.metadata_list()):
                    image.metadata_remove(note_of(item))


def flatten(cluster, item):
    """Give the clones of the snapshot their own data."""
    image = cluster.image(item["pool"], item["volume"], snapshot=item["name"])
    if image is not None:
        with image:
            cluster.flatten_children(image)


def converge(cluster, module, item):
    """Bring one snapshot to the wanted state."""
    state = module.params["state"]
    have = cluster.look(item["pool"], item["volume"])
    steps = plan(have, item, state)
    if steps and not module.check_mode:
        apply(cluster, item, steps)
    there = describe(item) if have and item["name"] in have["snapshots"] else None
    if state == "absent":
        return Outcome(steps, before=there)
    return Outcome(steps, {"size": size(cluster, item, have)}, there, describe(item))


def size(cluster, item, have):
    """Bytes of the volume at the time of the snapshot; before it is taken (check mode), those of the volume."""
    image = cluster.image(item["pool"], item["volume"], snapshot=item["name"])
    if image is None:
        return have["size"]
    with image:
        return image.size()


def describe(item):
    """The lines of the diff for a snapshot."""
    return {"snapshot": f"{item['pool']}/{item['volume']}@{item['name']}"}


def main():
    """Read the parameters, connect once, converge each item."""
    module = list_module(ITEM, parallel=4)
    with connect(module) as cluster:
        answer(module, lambda item: converge(cluster, module, item), module.params["parallel"])


if __name__ == "__main__":
    main()
