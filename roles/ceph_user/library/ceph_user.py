#!/usr/bin/python
"""Ansible module: cephx users with exactly the wanted capabilities."""

import json

import rados
from ansible.module_utils.basic import AnsibleModule

DOCUMENTATION = r"""
module: ceph_user
short_description: Make cephx users and keep their capabilities
description: Users that are missing are made, other capabilities are replaced. Users that are not listed are left alone.
options:
  caps:
    description: Wanted users; entity such as V(client.pileus) to its capability per daemon type.
    type: dict
    required: true
  timeout: {description: Seconds to wait for the monitors., type: int, default: 120}
"""

EXAMPLES = r"""
- name: A user that reads and writes images
  ceph_user:
    caps:
      client.example: {mon: profile rbd, osd: profile rbd pool=volumes}
  no_log: true
"""

RETURN = r"""
keys:
  description: Key of every wanted user; secret, so the task needs no_log.
  type: dict
  returned: always
"""


def plan(have, want):
    """Monitor commands that turn `have` into `want`; both are entity -> {daemon type: capability}."""
    commands = []
    for entity, caps in want.items():
        flat = [part for service, cap in sorted(caps.items()) for part in (service, cap)]
        if entity not in have:
            commands.append({"prefix": "auth get-or-create", "entity": entity, "caps": flat})
        elif have[entity] != caps:
            commands.append({"prefix": "auth caps", "entity": entity, "caps": flat})
    return commands


def ask(module, cluster, command):
    """Run one monitor command; its JSON answer, or the module fails with the monitor's words."""
    code, out, words = cluster.mon_command(json.dumps({**command, "format": "json"}), b"")
    if code:
        module.fail_json(msg=f"{command['prefix']} {command.get('entity', '')}: {words or code}")
    return json.loads(out or b"null")


def users(module, cluster):
    """All users of the cluster as entity -> {key, caps}."""
    return {user["entity"]: user for user in ask(module, cluster, {"prefix": "auth ls"})["auth_dump"]}


def main():
    """Compare users with what is wanted, change what differs, answer with their keys."""
    options = {"caps": {"type": "dict", "required": True}, "timeout": {"type": "int", "default": 120}}
    module = AnsibleModule(options, supports_check_mode=True)
    want = module.params["caps"]
    conf = {"client_mount_timeout": str(module.params["timeout"])}
    with rados.Rados(conffile="/etc/ceph/ceph.conf", conf=conf) as cluster:
        have = users(module, cluster)
        commands = plan({entity: user["caps"] for entity, user in have.items()}, want)
        if commands and not module.check_mode:
            for command in commands:
                ask(module, cluster, command)
            have = users(module, cluster)
    module.exit_json(changed=bool(commands), keys={entity: have[entity]["key"] for entity in want if entity in have})


if __name__ == "__main__":
    main()
