"""Volumes as Ceph RBD images: what has to be done to one, and doing it so that nothing half-made is ever taken for one."""

import contextlib

from ansible.module_utils.pileus_items import IDENTITY, ItemError, Outcome, Refused
from ansible.module_utils.rbd_cluster import PART, mark, rbd

SOURCE = {
    "pool": {"type": "str", "required": True},
    "name": {"type": "str", "required": True},
    "snapshot": {"type": "str"},
}
ITEM = {
    **IDENTITY,
    "pool": {"type": "str", "required": True},
    "name": {"type": "str", "required": True},
    "size": {"type": "int"},
    "source": {"type": "dict", "options": SOURCE},
}


def plan(have, want, state="present"):
    """The steps from `have` (None, or size, id, part) to `want` (an item): make, mark, grow, remove.

    Raises Refused for what must not be done: shrink, or touch an image of another resource.
    """
    if have and have["id"] not in (None, want["id"]):
        raise Refused("image {}/{} belongs to {}".format(want["pool"], want["name"], have["id"]))
    if state == "absent":
        return ["remove"] if have else []
    if have is None:
        if not want["size"] and not want["source"]:
            raise Refused("a new volume needs a size or a source")
        return ["make"]
    steps = [] if have["id"] else ["mark"]
    if want["size"] and want["size"] < have["size"]:
        raise Refused(f"cannot shrink from {have['size']} to {want['size']} bytes")
    if want["size"] and want["size"] > have["size"]:
        steps.append("grow")
    return steps


def make(cluster, item, patience):
    """Build the image under a temporary name, note whose it is, then give it its name; returns its bytes."""
    pool, part = item["pool"], item["name"] + PART
    cluster.remove(pool, part, patience)
    if item["source"]:
        clone(cluster, item, part)
    else:
        rbd.RBD().create(cluster.pool(pool), part, item["size"], old_format=False)
    with cluster.image(pool, part, read_only=False) as image:
        if item["size"] and item["size"] < image.size():
            raise Refused(f"size {item['size']} is smaller than the source's {image.size()} bytes")
        size = finish(image, item)
    cluster.rename(pool, part, item["name"])
    return size


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
    """Bring an open image to its size and note whose it is; returns its bytes."""
    if item["size"] and item["size"] > image.size():
        image.resize(item["size"])
    mark(image, item)
    return image.size()


def converge(cluster, item, state, check_mode, patience):
    """Bring one volume to the wanted state and return its Outcome; in check mode only say what would be done."""
    have = cluster.look(item["pool"], item["name"])
    if have is None and state == "absent":
        have = cluster.look(item["pool"], item["name"] + PART)
        have = have and {**have, "id": None}  # what it says of itself may still be its parent's
    steps = plan(have, item, state)
    size = have["size"] if have else item["size"]
    if check_mode:
        if "make" in steps:
            have_source(cluster, item)
        size = item["size"] or size
    elif "remove" in steps:
        cluster.remove(item["pool"], item["name"], patience)
        cluster.remove(item["pool"], item["name"] + PART, patience)
    elif "make" in steps:
        size = make(cluster, item, patience)
    elif steps:
        with cluster.image(item["pool"], item["name"], read_only=False) as image:
            size = finish(image, item)
    before = have and describe(item, have["size"])
    if state == "absent":
        return Outcome(steps, before=before)
    return Outcome(steps, {"size": size}, before, describe(item, size))


def describe(item, size):
    """The lines of the diff for an image."""
    return {"image": f"{item['pool']}/{item['name']}", "size": size, "source": item["source"]}
