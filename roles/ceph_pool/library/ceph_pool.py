#!/usr/bin/python
"""Ansible module: pools of a Ceph cluster with their application, and the oldest clients the cluster allows."""

import json

import rados
from ansible.module_utils.basic import AnsibleModule

DOCUMENTATION = r"""
module: ceph_pool
short_description: Make Ceph pools
description: Pools that are missing are made; application and number of copies follow. Nothing is removed or shrunk.
options:
  items:
    description: Wanted pools.
    type: list
    elements: dict
    required: true
    suboptions:
      name: {description: Name of the pool., type: str, required: true}
      application: {description: What uses the pool., type: str, default: rbd}
      pg_num: {description: Placement groups when the pool is made; the cluster's default otherwise., type: int}
      size: {description: Number of copies; the cluster's default otherwise., type: int}
  min_compat_client: {description: Name of the oldest Ceph release whose clients are allowed., type: str}
  timeout: {description: Seconds to wait for the monitors., type: int, default: 120}
"""

EXAMPLES = r"""
- name: A pool for volumes
  ceph_pool:
    items:
      - name: volumes
    min_compat_client: mimic
"""

RETURN = r"""
commands:
  description: Monitor commands that were, or would be, run.
  type: list
  elements: dict
  returned: always
"""


def plan(have, want, release):
    """Monitor commands that turn the OSD map `have` (as `osd dump` prints it) into pools `want` and `release`."""
    commands = []
    if release and have["require_min_compat_client"] != release:
        commands.append({"prefix": "osd set-require-min-compat-client", "version": release})
    pools = {pool["pool_name"]: pool for pool in have["pools"]}
    for item in want:
        pool, name = pools.get(item["name"]), item["name"]
        if pool is None:
            numbers = {key: item[key] for key in ("pg_num", "size") if item.get(key)}
            commands.append({"prefix": "osd pool create", "pool": name, **numbers})
        elif item.get("size") and pool["size"] != item["size"]:
            commands.append({"prefix": "osd pool set", "pool": name, "var": "size", "val": str(item["size"])})
        if pool is None or item["application"] not in pool["application_metadata"]:
            commands.append({"prefix": "osd pool application enable", "pool": name, "app": item["application"]})
    return commands


def ask(module, cluster, command):
    """Run one monitor command and return its text; the module fails with the monitor's words when that fails."""
    code, out, words = cluster.mon_command(json.dumps({**command, "format": "json"}), b"")
    if code:
        module.fail_json(msg=f"{command}: {words or code}")
    return out


def main():
    """Compare pools with what is wanted and change what differs."""
    item = {
        "name": {"type": "str", "required": True},
        "application": {"type": "str", "default": "rbd"},
        "pg_num": {"type": "int"},
        "size": {"type": "int"},
    }
    options = {
        "items": {"type": "list", "elements": "dict", "required": True, "options": item},
        "min_compat_client": {"type": "str"},
        "timeout": {"type": "int", "default": 120},
    }
    module = AnsibleModule(options, supports_check_mode=True)
    conf = {"client_mount_timeout": str(module.params["timeout"])}
    with rados.Rados(conffile="/etc/ceph/ceph.conf", conf=conf) as cluster:
        have = json.loads(ask(module, cluster, {"prefix": "osd dump"}))
        commands = plan(have, module.params["items"], module.params["min_compat_client"])
        if not module.check_mode:
            for command in commands:
                ask(module, cluster, command)
    reply = {"changed": bool(commands), "commands": commands}
    if module._diff:
        reply["diff"] = {"before": "", "after": "".join(json.dumps(command) + "\n" for command in commands)}
    module.exit_json(**reply)


if __name__ == "__main__":
    main()
