#!/usr/bin/python
"""Ansible module: Ceph OSDs on disks (through ceph-volume) or on sparse files; a half-made one is finished."""

import base64
import glob
import json
import os
import shutil
import socket
import struct
import subprocess
import time
import uuid

import rados
from ansible.module_utils.basic import AnsibleModule

DOCUMENTATION = r"""
module: ceph_osd
short_description: Make Ceph OSDs
description:
  - A disk that holds no OSD is given to ceph-volume, which refuses disks that hold anything else.
  - A file that holds no OSD is made sparse, registered with the cluster and formatted. Its OSD's UUID follows from
    cluster, machine and path, so that a repetition after a crash finishes the same OSD.
  - Nothing is ever removed.
options:
  devices: {description: Paths of disks., type: list, elements: str, default: []}
  method: {description: What ceph-volume makes on disks., type: str, choices: [lvm, raw], default: lvm}
  files:
    description: Sparse files.
    type: list
    elements: dict
    default: []
    suboptions:
      path: {description: Path of the file., type: str, required: true}
      size: {description: Its size in bytes., type: int, required: true}
"""

EXAMPLES = r"""
- name: A disk holds an OSD
  ceph_osd:
    devices: [/dev/disk/by-id/nvme-example]
"""

RETURN = r"""
osds:
  description: Numbers of the OSDs of this machine.
  type: list
  elements: int
  returned: always
made:
  description: Disks and files that got an OSD.
  type: list
  elements: str
  returned: always
"""

ROOT = "/var/lib/ceph/osd"
BOOTSTRAP = "/var/lib/ceph/bootstrap-osd/ceph.keyring"


def plan(have, devices, files):
    """Devices and files without an OSD, as (paths, items); `have` maps real paths of backing stores to OSD numbers."""
    missing_devices = [path for path in devices if os.path.realpath(path) not in have]
    return missing_devices, [item for item in files if os.path.realpath(item["path"]) not in have]


def finished():
    """OSDs of this machine that are whole: real path of the backing store -> number (`ready` is the last file mkfs writes)."""
    folders = [os.path.dirname(path) for path in glob.glob(f"{ROOT}/ceph-*/ready")]
    return {os.path.realpath(f"{folder}/block"): int(folder.rsplit("-", 1)[1]) for folder in folders}


def on_volumes(module):
    """OSDs that ceph-volume made on logical volumes: real path of each disk -> number."""
    code, out, _err = module.run_command(["ceph-volume", "lvm", "list", "--format", "json"])
    listed = json.loads(out) if code == 0 and out.strip() else {}
    return {
        os.path.realpath(disk): int(number)
        for number, parts in listed.items()
        for part in parts
        for disk in part.get("devices", [])
    }


def make_on_disk(module, path, method):
    """Have ceph-volume make an OSD on a disk; raw ones are also given their folder."""
    if method == "lvm":
        module.run_command(["ceph-volume", "lvm", "create", "--bluestore", "--data", path], check_rc=True)
        return
    module.run_command(["ceph-volume", "raw", "prepare", "--bluestore", "--data", path], check_rc=True)
    activate = ["ceph-volume", "raw", "activate", "--device", path, "--no-systemd", "--no-tmpfs"]
    module.run_command(activate, check_rc=True)


def kept_key(path):
    """The cephx key of a file's OSD, kept beside the file until the OSD is whole: the cluster would not tell it again."""
    beside = f"{path}.key"
    if not os.path.exists(beside):
        handle = os.open(f"{beside}.partial", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(base64.b64encode(struct.pack("<HIIH", 1, int(time.time()), 0, 16) + os.urandom(16)))
        os.rename(f"{beside}.partial", beside)
    with open(beside, encoding="ascii") as file:
        return file.read()


def register(module, cluster, osd_uuid, key):
    """Register an OSD with the cluster (repeating it with the same key is harmless) and return its number."""
    command = json.dumps({"prefix": "osd new", "uuid": osd_uuid, "format": "json"})
    code, out, words = cluster.mon_command(command, json.dumps({"cephx_secret": key}).encode())
    if code:
        module.fail_json(msg=f"osd new: {words or code}")
    return json.loads(out)["osdid"]


def make_on_file(module, cluster, item):
    """Make the sparse file, register its OSD, format it."""
    path = item["path"]
    os.makedirs(os.path.dirname(path), exist_ok=True)
    key = kept_key(path)
    osd_uuid = str(uuid.uuid5(uuid.UUID(cluster.get_fsid()), f"{socket.gethostname()}:{path}"))
    number = register(module, cluster, osd_uuid, key)
    folder = f"{ROOT}/ceph-{number}"
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder, mode=0o750)
    with open(path, "ab") as file:
        file.truncate(item["size"])
    os.symlink(path, f"{folder}/block")
    with os.fdopen(os.open(f"{folder}/keyring", os.O_WRONLY | os.O_CREAT, 0o600), "w") as file:
        file.write(f"[osd.{number}]\n\tkey = {key}\n")
    subprocess.run(["chown", "-R", "--no-dereference", "ceph:ceph", folder, path], check=True)
    command = ["ceph-osd", "-i", str(number), "--mkfs", "--osd-uuid", osd_uuid]
    module.run_command([*command, "--setuser", "ceph", "--setgroup", "ceph"], check_rc=True)
    os.unlink(f"{path}.key")


def make(module, devices, files):
    """Make what is missing, in order."""
    for path in devices:
        make_on_disk(module, path, module.params["method"])
    if files:
        conf = {"keyring": BOOTSTRAP, "client_mount_timeout": "120"}
        with rados.Rados(conffile="/etc/ceph/ceph.conf", name="client.bootstrap-osd", conf=conf) as cluster:
            for item in files:
                make_on_file(module, cluster, item)


def present(module):
    """All OSDs here: real path of the backing store -> number; ceph-volume is asked only when there are disks."""
    return {**finished(), **(on_volumes(module) if module.params["devices"] else {})}


def main():
    """Compare OSDs with the disks and files given, make what is missing."""
    item = {"path": {"type": "str", "required": True}, "size": {"type": "int", "required": True}}
    options = {
        "devices": {"type": "list", "elements": "str", "default": []},
        "method": {"type": "str", "choices": ["lvm", "raw"], "default": "lvm"},
        "files": {"type": "list", "elements": "dict", "default": [], "options": item},
    }
    module = AnsibleModule(options, supports_check_mode=True)
    devices, files = plan(present(module), module.params["devices"], module.params["files"])
    made = devices + [item["path"] for item in files]
    if made and not module.check_mode:
        make(module, devices, files)
    reply = {"changed": bool(made), "made": made, "osds": sorted(set(present(module).values()))}
    if module._diff:
        reply["diff"] = {"before": "", "after": "".join(f"OSD on {path}\n" for path in made)}
    module.exit_json(**reply)


if __name__ == "__main__":
    main()
