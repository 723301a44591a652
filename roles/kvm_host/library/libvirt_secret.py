#!/usr/bin/python
"""Ansible module: the libvirt secret through which guests' disks reach Ceph, taken from a keyring on the same host."""

import base64
import xml.etree.ElementTree as ElementTree

import libvirt
from ansible.module_utils.basic import AnsibleModule

DOCUMENTATION = r"""
module: libvirt_secret
short_description: Give libvirt the key of a cephx user
description: The key is read from a keyring on the host, so it is in no variable, log or command line.
options:
  uuid: {description: UUID of the secret., type: str, required: true}
  user: {description: Entity whose key it is., type: str, required: true}
  keyring: {description: Path of the keyring., type: path, required: true}
"""

EXAMPLES = r"""
- name: Libvirt knows the key of guests' disks
  libvirt_secret:
    uuid: 6c1f2c5e-0d1b-4c3a-9b57-5c0b7a1f0001
    user: client.pileus
    keyring: /etc/ceph/ceph.client.pileus.keyring
"""

RETURN = r"""
steps:
  description: What was, or would be, done.
  type: list
  elements: str
  returned: always
"""

STORED = "/etc/libvirt/secrets/%s.base64"


def plan(have, want):
    """Steps for `have` and `want`, both {user, key}: V(define) where the user differs, V(set the key) where the key does."""
    steps = ["define"] if have["user"] != want["user"] else []
    return steps + (["set the key"] if have["key"] != want["key"] else [])


def key_of(text, user):
    """The user's key in the text of a keyring, or None."""
    section = None
    for line in map(str.strip, text.splitlines()):
        if line.startswith("["):
            section = line.strip("[]")
        elif section == user and line.split("=", 1)[0].strip() == "key":
            return line.split("=", 1)[1].strip()
    return None


def stored(uuid):
    """The key that libvirt keeps, or None; libvirt itself does not hand out private secrets."""
    try:
        with open(STORED % uuid, encoding="ascii") as file:
            return file.read().strip()
    except FileNotFoundError:
        return None


def used_by(connection, uuid):
    """The user that the defined secret is for, or None."""
    try:
        return connection.secretLookupByUUIDString(uuid).usageID()
    except libvirt.libvirtError:
        return None


def description(uuid, user):
    """XML of a private secret for Ceph."""
    root = ElementTree.Element("secret", ephemeral="no", private="yes")
    ElementTree.SubElement(root, "uuid").text = uuid
    usage = ElementTree.SubElement(root, "usage", type="ceph")
    ElementTree.SubElement(usage, "name").text = user
    return ElementTree.tostring(root, encoding="unicode")


def apply(connection, uuid, want, steps):
    """Do the steps; a secret for another user is defined anew."""
    if "define" in steps:
        if used_by(connection, uuid):
            connection.secretLookupByUUIDString(uuid).undefine()
        connection.secretDefineXML(description(uuid, want["user"]))
    connection.secretLookupByUUIDString(uuid).setValue(base64.b64decode(want["key"]))


def main():
    """Compare the secret with the keyring and make it so."""
    options = {
        "uuid": {"type": "str", "required": True},
        "user": {"type": "str", "required": True},
        "keyring": {"type": "path", "required": True, "no_log": False},
    }
    module = AnsibleModule(options, supports_check_mode=True)
    uuid, user = module.params["uuid"], module.params["user"]
    with open(module.params["keyring"], encoding="ascii") as file:
        want = {"user": user, "key": key_of(file.read(), user)}
    if not want["key"]:
        module.fail_json(msg=f"{module.params['keyring']} holds no key of {user}")
    connection = libvirt.open("qemu:///system")
    steps = plan({"user": used_by(connection, uuid), "key": stored(uuid)}, want)
    if steps and not module.check_mode:
        apply(connection, uuid, want, steps)
    reply = {"changed": bool(steps), "steps": steps}
    if module._diff:
        reply["diff"] = {"before": "", "after": "".join(f"secret {uuid}: {step}\n" for step in steps)}
    module.exit_json(**reply)


if __name__ == "__main__":
    main()
