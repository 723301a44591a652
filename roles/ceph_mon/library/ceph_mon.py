#!/usr/bin/python
"""Ansible module: the store of a Ceph monitor and the keyrings of the cluster's first keys, made once and whole."""

import base64
import configparser
import os
import shutil
import struct
import subprocess
import tempfile
import time

from ansible.module_utils.basic import AnsibleModule

DOCUMENTATION = r"""
module: ceph_mon
short_description: Make the store of a Ceph monitor
description:
  - Writes the keyrings of the cluster's first keys (monitors, administrator, OSD bootstrap) where they are missing and
    makes the monitor's store from them. The store gets its name only when it is whole, so a crash leaves no half of it.
  - Without O(keys) those of this machine are used, or new ones are made. An existing store is never touched.
options:
  name: {description: Name of the monitor., type: str, required: true}
  members: {description: All monitors of the cluster as name and address., type: dict, required: true}
  keys: {description: Keys another monitor uses, by entity., type: dict}
"""

EXAMPLES = r"""
- name: The first monitor has its store
  ceph_mon:
    name: h1
    members: {h1: 10.77.0.11}
  no_log: true
"""

RETURN = r"""
keys:
  description: Keys by entity; secret, so the task needs no_log.
  type: dict
  returned: always (blanked out where they are those of O(keys))
"""

CONFIG = "/etc/ceph/ceph.conf"
# entity -> (keyring file, its owner, capabilities)
KEYRINGS = {
    "mon.": ("/etc/ceph/ceph.mon.keyring", "root", {"mon": "allow *"}),
    "client.admin": (
        "/etc/ceph/ceph.client.admin.keyring",
        "root",
        {"mon": "allow *", "mgr": "allow *", "osd": "allow *", "mds": "allow *"},
    ),
    "client.bootstrap-osd": (
        "/var/lib/ceph/bootstrap-osd/ceph.keyring",
        "ceph",
        {"mon": "profile bootstrap-osd", "mgr": "allow r"},
    ),
}


def new_key():
    """A fresh cephx key: type 1 (AES), creation time, 16 random bytes, in base64 as Ceph's CryptoKey encodes it."""
    return base64.b64encode(struct.pack("<HIIH", 1, int(time.time()), 0, 16) + os.urandom(16)).decode()


def keyring(entity, key):
    """Text of a keyring that holds one entity with its capabilities."""
    caps = "".join(f'\tcaps {service} = "{cap}"\n' for service, cap in KEYRINGS[entity][2].items())
    return f"[{entity}]\n\tkey = {key}\n{caps}"


def read_key(path):
    """The key in a keyring file, or None when there is no such file."""
    if not os.path.exists(path):
        return None
    with open(path, encoding="ascii") as file:
        return next(line.split("=", 1)[1].strip() for line in file if line.strip().startswith("key ="))


def plan(have, want):
    """Keys to write, as entity -> key: those `have` (entity -> key or None) lacks or holds differently from `want`."""
    wanted = {entity: want.get(entity) or have[entity] or new_key() for entity in have}
    return {entity: key for entity, key in wanted.items() if have[entity] != key}


def write_private(path, text, owner):
    """Replace a file as a whole, readable by its owner only."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    handle, partial = tempfile.mkstemp(dir=os.path.dirname(path))
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(text)
    shutil.chown(partial, owner, owner)
    os.replace(partial, path)


def make_store(module, store, keys):
    """Make the monitor's store under another name, give it to Ceph and rename it when it is whole."""
    config = configparser.ConfigParser(strict=False)
    config.read(CONFIG)
    members = sorted(module.params["members"].items())
    addresses = [part for name, ip in members for part in ("--addv", name, f"[v2:{ip}:3300,v1:{ip}:6789]")]
    os.makedirs(os.path.dirname(store), exist_ok=True)
    partial = f"{os.path.dirname(store)}/.{os.path.basename(store)}.partial"
    shutil.rmtree(partial, ignore_errors=True)
    with tempfile.TemporaryDirectory() as folder:
        monmap, seed = f"{folder}/monmap", f"{folder}/keyring"
        write_private(seed, "".join(keyring(entity, key) for entity, key in keys.items()), "root")
        fsid = config["global"]["fsid"]
        module.run_command(["monmaptool", "--create", "--fsid", fsid, *addresses, monmap], check_rc=True)
        command = ["ceph-mon", "--mkfs", "-i", module.params["name"], "--mon-data", partial]
        module.run_command([*command, "--monmap", monmap, "--keyring", seed], check_rc=True)
    subprocess.run(["chown", "-R", "ceph:ceph", partial], check=True)
    os.rename(partial, store)


def main():
    """Compare keys and store with what is wanted, make what is missing, answer with the keys."""
    options = {
        "name": {"type": "str", "required": True},
        "members": {"type": "dict", "required": True},
        "keys": {"type": "dict", "no_log": True},
    }
    module = AnsibleModule(options, supports_check_mode=True)
    store = f"/var/lib/ceph/mon/ceph-{module.params['name']}"
    have = {entity: read_key(path) for entity, (path, _owner, _caps) in KEYRINGS.items()}
    missing = plan(have, module.params["keys"] or {})
    make = not os.path.isdir(store)
    keys = {**have, **missing}
    if not module.check_mode:
        for entity, key in missing.items():
            path, owner, _caps = KEYRINGS[entity]
            write_private(path, keyring(entity, key), owner)
        if make:
            make_store(module, store, keys)
    module.exit_json(changed=bool(missing) or make, keys=keys)


if __name__ == "__main__":
    main()
