"""Ceph RBD as the rbd_* modules use it: one connection per run, one ioctx per pool, safe removal of images."""

import json
import threading
import time

try:
    import rados
    import rbd
except ImportError:
    rados = rbd = None

from ansible.module_utils.basic import AnsibleModule, missing_required_lib
from ansible.module_utils.pileus_items import ItemError

ID, INTENT = "pileus.id", "pileus.intent"
PART = ".part"  # the name of an image that is still being made; a rename ends the making
CONNECTION = {
    "ceph_conf": {"type": "path", "default": "/etc/ceph/ceph.conf"},
    "ceph_client": {"type": "str", "default": "pileus"},
}


class Cluster:
    """An open connection to Ceph, closed by `with`; threads may share it."""

    def __init__(self, conf, client, timeout=30):
        options = {"client_mount_timeout": str(timeout), "rados_mon_op_timeout": str(timeout)}
        self._rados = rados.Rados(conffile=conf, rados_id=client, conf={**options, "rbd_default_clone_format": "2"})
        self._rados.connect(timeout=timeout)
        self._pools = {}
        self._lock = threading.Lock()

    def __enter__(self):
        """The connection itself: it is open already."""
        return self

    def __exit__(self, *_):
        """Close the pools and the connection."""
        for ioctx in self._pools.values():
            ioctx.close()
        self._rados.shutdown()

    def command(self, words):
        """The parsed answer of a monitor command, `{"prefix": ..., "format": "json"}`."""
        code, out, message = self._rados.mon_command(json.dumps(words), b"")
        if code:
            raise ItemError(f"{words['prefix']}: {message or code}")
        return json.loads(out)

    def pool(self, name):
        """The ioctx of a pool, opened once."""
        with self._lock:
            if name not in self._pools:
                try:
                    self._pools[name] = self._rados.open_ioctx(name)
                except rados.ObjectNotFound:
                    raise ItemError(f"pool {name} does not exist") from None
            return self._pools[name]

    def image(self, pool, name=None, image_id=None, snapshot=None, read_only=True):
        """An open image, or None when there is none. Read-only opening leaves no watch behind when we are killed."""
        try:
            return rbd.Image(self.pool(pool), name, snapshot=snapshot, read_only=read_only, image_id=image_id)
        except rbd.ImageNotFound:
            return None

    def look(self, pool, name):
        """What there is: None, or {size, id, intent, meta, snapshots: [names]}."""
        image = self.image(pool, name)
        if image is None:
            return None
        with image:
            meta = dict(image.metadata_list())
            snapshots = [s["name"] for s in image.list_snaps() if s["namespace"] == rbd.RBD_SNAP_NAMESPACE_TYPE_USER]
            return {
                "size": image.size(),
                "id": meta.get(ID),
                "intent": meta.get(INTENT),
                "meta": meta,
                "snapshots": snapshots,
            }

    def rename(self, pool, old, new):
        """Give an image its final name."""
        rbd.RBD().rename(self.pool(pool), old, new)

    def remove(self, pool, name, patience=40):
        """Remove an image with its snapshots; clones of it are flattened first. True when there was one.

        A client that was killed holds its watch for 30 seconds: `patience` waits for that, an image really in use
        is an ItemError after it.
        """
        ends = time.monotonic() + patience
        while True:
            try:
                self._empty(pool, name)
                rbd.RBD().remove(self.pool(pool), name)
                return True
            except rbd.ImageNotFound:
                return False
            except rbd.ImageBusy:
                if time.monotonic() > ends:
                    raise ItemError(f"image {pool}/{name} is in use") from None
                time.sleep(1)

    def _empty(self, pool, name):
        """Flatten the clones of an image, then remove its snapshots."""
        image = self.image(pool, name)
        if image is None:
            return
        with image:
            watchers = list(image.watchers_list())
            snapshots = list(image.list_snaps())
        if watchers:
            raise rbd.ImageBusy("image has watchers")
        if snapshots:
            with self.image(pool, name, read_only=False) as image:
                self.flatten_children(image)
                for snapshot in snapshots:
                    self.drop_snapshot(image, snapshot["name"])

    def flatten_children(self, image):
        """Copy down what clones of an open image (of the snapshot it is opened at, if any) still read from it."""
        for child in list(image.list_children2()):
            clone = self.image(child["pool"], image_id=child["id"], read_only=False)
            if clone is not None:
                with clone:
                    clone.flatten()

    @staticmethod
    def drop_snapshot(image, name):
        """Remove a snapshot of an open image; one that is gone already is fine."""
        try:
            if image.is_protected_snap(name):
                image.unprotect_snap(name)
            image.remove_snap(name)
        except rbd.ImageNotFound:
            pass


def mark(image, item):
    """Note on an open image whose it is; what a clone took over from its parent goes."""
    noted = dict(image.metadata_list())
    if noted.get(ID) not in (None, item["id"]):
        for key in noted:
            if key.startswith("pileus."):
                image.metadata_remove(key)
    image.metadata_set(ID, item["id"])
    if item.get("intent"):
        image.metadata_set(INTENT, item["intent"])


def list_module(item, parallel, **more):
    """The AnsibleModule of a list of items with these options, `parallel` of them worked on at a time unless told otherwise."""
    return AnsibleModule(
        argument_spec={
            "items": {"type": "list", "elements": "dict", "required": True, "options": item},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "parallel": {"type": "int", "default": parallel},
            **CONNECTION,
            **more,
        },
        supports_check_mode=True,
    )


def connect(module):
    """A Cluster by the module's parameters; ends the module when it cannot be reached."""
    if rbd is None:
        module.fail_json(msg=missing_required_lib("rbd"))
    try:
        return Cluster(module.params["ceph_conf"], module.params["ceph_client"])
    except rados.Error as error:
        module.fail_json(msg="Ceph as client.{}: {}".format(module.params["ceph_client"], error))
