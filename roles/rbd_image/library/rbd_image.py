#!/usr/bin/python
"""Ansible module: guest images as raw Ceph RBD images with a snapshot to clone from, a list of them at once."""

DOCUMENTATION = """
module: rbd_image
short_description: Make uploaded images ready for cloning, or remove them
description:
  - The bytes of an upload are in an RBD image already. Raw ones become the image; others are converted into it.
  - An image gets its final name, or its snapshot, only when it is complete.
author: [Pileus]
options:
  items:
    description: The images.
    type: list
    elements: dict
    required: true
    suboptions:
      id: {description: Resource id., type: str, required: true}
      intent: {description: Intent id., type: str}
      host: {description: Inventory name of the host that works on it., type: str}
      pool: {description: Pool of the image., type: str, required: true}
      name: {description: Name of the image., type: str, required: true}
      upload:
        description: RBD image with the bytes as they were uploaded; the same name for raw ones.
        type: dict
        suboptions:
          pool: {description: Pool of the upload., type: str, required: true}
          name: {description: Image with the bytes., type: str, required: true}
      format:
        description: What the uploaded bytes are.
        type: str
        choices: [raw, iso, qcow2, vmdk, vdi, vhdx, vhd]
        default: raw
  state: {description: Whether the images are to be there., type: str, choices: [present, absent], default: present}
  max_size: {description: Largest disk an image may hold in bytes., type: int, default: 2199023255552}
  ceph_conf: {description: Configuration file of Ceph., type: path, default: /etc/ceph/ceph.conf}
  ceph_client: {description: Name of the cephx user without C(client)., type: str, default: pileus}
  busy_timeout: {description: Seconds to wait for a killed client to let go of an image., type: int, default: 40}
  parallel: {description: Items worked on at a time., type: int, default: 2}
attributes:
  check_mode: {support: full}
  diff_mode: {support: full}
"""

EXAMPLES = """
- name: One image from an uploaded qcow2 file
  rbd_image:
    items:
      - id: 9d3c8c1e-0000-4000-8000-000000000003
        pool: images
        name: image-3
        format: qcow2
        upload: {pool: images, name: image-3.upload}
"""

RETURN = """
results: {description: "Per item: id, intent, ok, changed, error, facts (virtual_size).", type: list, returned: always}
faults: {description: "Id and error of the items that failed.", type: list, returned: always}
"""

from ansible.module_utils.pileus_items import IDENTITY, ItemError, Outcome, Refused, answer
from ansible.module_utils.rbd_cluster import PART, connect, list_module, mark, rbd
from ansible.module_utils.rbd_image_format import DRIVERS, HEADER_BYTES, QemuImg, check_header

SNAPSHOT = "snap"
UPLOAD = {"pool": {"type": "str", "required": True}, "name": {"type": "str", "required": True}}
ITEM = {
    **IDENTITY,
    "pool": {"type": "str", "required": True},
    "name": {"type": "str", "required": True},
    "upload": {"type": "dict", "options": UPLOAD},
    "format": {"type": "str", "choices": list(DRIVERS), "default": "raw"},
}


def plan(have, want, state="present"):
    """The steps from `have` ({image, upload, part: None or what is there}) to `want`: convert, mark, snapshot, remove.

    Raises ItemError for an image of another resource, an upload that is missing, or one that cannot be taken as it is.
    """
    image, upload = have["image"], want["upload"]
    if image and image["id"] not in (None, want["id"]):
        raise Refused(f"image {want['pool']}/{want['name']} belongs to {image['id']}")
    if state == "absent":
        return ["remove"] if image or have["upload"] or have["part"] else []
    if image and SNAPSHOT in image["snapshots"]:
        return [] if image["id"] else ["mark"]
    separate = upload is not None and (upload["pool"], upload["name"]) != (want["pool"], want["name"])
    if (have["upload"] if separate else image) is None:
        raise ItemError("there are no uploaded bytes")
    if DRIVERS[want["format"]] and not separate:
        raise Refused(f"{want['format']} bytes must be uploaded under another name than the image's")
    return ["convert"] if separate else ["mark", "snapshot"]


def inspect(cluster, module, item):
    """Bytes of the disk inside the upload; ItemError when it is not to be taken. Only reads."""
    upload, driver = item["upload"], DRIVERS[item["format"]] or "raw"
    with cluster.image(upload["pool"], upload["name"]) as image:
        check_header(driver, image.read(0, min(HEADER_BYTES, image.size())))
    size = qemu_img(module).virtual_size(driver, (upload["pool"], upload["name"]))
    if size > module.params["max_size"]:
        raise Refused(f"the disk inside has {size} bytes, more than {module.params['max_size']}")
    return size


def qemu_img(module):
    """qemu-img as the module's Ceph user."""
    return QemuImg(module.params["ceph_conf"], module.params["ceph_client"])


def convert(cluster, module, item):
    """Fill an image under a temporary name, snapshot it, then give it its name."""
    pool, part, upload = item["pool"], item["name"] + PART, item["upload"]
    size = inspect(cluster, module, item)
    for name in (part, item["name"]):  # under its name without a snapshot: a conversion that never was
        cluster.remove(pool, name, module.params["busy_timeout"])
    rbd.RBD().create(cluster.pool(pool), part, size, old_format=False)
    qemu_img(module).convert(DRIVERS[item["format"]] or "raw", (upload["pool"], upload["name"]), (pool, part))
    with cluster.image(pool, part, read_only=False) as image:
        mark(image, item)
        image.create_snap(SNAPSHOT)
    cluster.rename(pool, part, item["name"])


def apply(cluster, module, item, steps):
    """Carry out the steps for one image."""
    if "convert" in steps:
        convert(cluster, module, item)
    elif "remove" in steps:
        for pool, name in names(item):
            cluster.remove(pool, name, module.params["busy_timeout"])
    else:
        with cluster.image(item["pool"], item["name"], read_only=False) as image:
            if "mark" in steps:
                mark(image, item)
            if "snapshot" in steps:
                image.create_snap(SNAPSHOT)


def names(item):
    """Every RBD image that may exist for an item: itself, its half-made form, its upload."""
    upload = item["upload"] or item
    mine = [(item["pool"], item["name"]), (item["pool"], item["name"] + PART), (upload["pool"], upload["name"])]
    return list(dict.fromkeys(mine))


def converge(cluster, module, item):
    """Bring one image to the wanted state."""
    state = module.params["state"]
    there = {place: cluster.look(*place) for place in names(item)}
    have = {"image": there[names(item)[0]], "part": there[names(item)[1]], "upload": there[names(item)[-1]]}
    if not item["upload"]:
        have["upload"] = None
    steps = plan(have, item, state)
    if "convert" in steps and module.check_mode:
        inspect(cluster, module, item)
    elif steps and not module.check_mode:
        apply(cluster, module, item, steps)
    if state == "absent":
        return Outcome(steps, before=[f"{pool}/{name}" for (pool, name), found in there.items() if found])
    image = cluster.look(item["pool"], item["name"]) or have["image"]
    ready = have["image"] and SNAPSHOT in have["image"]["snapshots"]
    facts = {"virtual_size": image["size"] if image else None}
    return Outcome(steps, facts, describe(item) if ready else None, describe(item))


def describe(item):
    """The lines of the diff for an image."""
    return {"image": f"{item['pool']}/{item['name']}@{SNAPSHOT}", "format": item["format"]}


def main():
    """Read the parameters, connect once, converge each item."""
    limits = {"max_size": {"type": "int", "default": 2 * 1024**4}, "busy_timeout": {"type": "int", "default": 40}}
    module = list_module(ITEM, parallel=2, **limits)
    with connect(module) as cluster:
        answer(module, lambda item: converge(cluster, module, item), module.params["parallel"])


if __name__ == "__main__":
    main()
