#!/usr/bin/python
"""Ansible module: the key repositories of Pileus on a host are those that are handed in, or are read to be handed on."""

import grp
import hashlib
import os
import pwd
from collections.abc import Iterator

from ansible.module_utils.basic import AnsibleModule

DOCUMENTATION = r"""
module: pileus_keys
short_description: Keep Pileus' key repositories the same on several hosts
description:
  - Without O(keys) it reads the keys; the task that does so needs C(no_log).
  - With O(keys) it writes those that are missing, the newest first and the staged one last, and then removes what is not among
    them. An API that runs meanwhile has every key it needs at every moment.
options:
  path:
    description: The folder of the repositories.
    type: path
    required: true
  repositories:
    description: Names of the repositories, which are folders below O(path).
    type: list
    elements: str
    default: [fernet, credential]
  keys:
    description: For each repository the keys by their numbers.
    type: dict
  owner:
    description: Whose the files are.
    type: str
    default: root
  group:
    description: Their group.
    type: str
    default: root
  replace:
    description: Whether keys go that nobody else has.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Read the keys
  pileus_keys:
    path: /var/lib/pileus/keys
  no_log: true
"""

RETURN = r"""
keys:
  description: The keys, by repository and number.
  type: dict
  returned: when they were asked for
prints:
  description: A fingerprint of each key that is there now, by repository and number.
  type: dict
  returned: always
strangers:
  description: Names of keys ("fernet/2") that only this host has; if there are any, nothing is done unless O(replace).
  type: list
  elements: str
  returned: always
"""


def plan(have, want):
    """What to write, in order, what to remove then, and which keys would be lost that nobody else has.

    `have` and `want` are {number: key}. A host's staged key may be unknown (nothing is made with it), and so may keys that are
    older than all of `want` (they have been dropped).
    """
    write = [number for number in sorted(want, reverse=True) if have.get(number) != want[number]]
    remove = sorted(set(have) - set(want))
    oldest = min((number for number in want if number), default=1)
    known = set(want.values())
    strangers = [number for number in sorted(have) if number >= oldest and have[number] not in known]
    return write, remove, strangers


def read(folder):
    """The keys of a repository by number; none where the folder is missing."""
    if not os.path.isdir(folder):
        return {}
    found = {}
    for name in os.listdir(folder):
        if name.isdigit():
            with open(os.path.join(folder, name)) as file:
                found[int(name)] = file.read().strip()
    return found


def prints(keys):
    """Fingerprints, as `pileus keys list` shows them."""
    return {str(number): hashlib.sha256(key.encode()).hexdigest()[:12] for number, key in sorted(keys.items())}


class Repository:
    """One folder on this host."""

    def __init__(self, folder, owner, group):
        self.folder = folder
        self.ids = pwd.getpwnam(owner).pw_uid, grp.getgrnam(group).gr_gid

    def wrong(self, have) -> Iterator[tuple[str, int]]:
        """Paths whose owner or mode is not right, each with the mode it should have."""
        for path, mode in [(self.folder, 0o700), *((os.path.join(self.folder, str(n)), 0o600) for n in have)]:
            if os.path.exists(path):
                there = os.stat(path)
                if (there.st_mode & 0o777, there.st_uid, there.st_gid) != (mode, *self.ids):
                    yield path, mode

    def write(self, number, key):
        """Put a key in its place, whole and safe from a power cut."""
        temporary = os.path.join(self.folder, f".{number}.new")
        with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            os.fchown(file.fileno(), *self.ids)
            file.write(key)
            file.flush()
            os.fsync(file.fileno())
        os.rename(temporary, os.path.join(self.folder, str(number)))

    def converge(self, have, want):
        """Make the folder hold these keys and no others."""
        os.makedirs(self.folder, mode=0o700, exist_ok=True)
        write, remove, _strangers = plan(have, want)
        for number in write:
            self.write(number, want[number])
        for number in remove:
            os.unlink(os.path.join(self.folder, str(number)))
        for path, mode in list(self.wrong(want)):
            os.chmod(path, mode)
            os.chown(path, *self.ids)


def spread(module, have, repositories):
    """The reply after all repositories hold what was handed in, or nothing was done because of strangers."""
    given = {name: {int(n): key for n, key in module.params["keys"].get(name, {}).items()} for name in have}
    plans = {name: plan(have[name], given[name]) for name in have}
    strangers = [f"{name}/{number}" for name, (_, _, numbers) in plans.items() for number in numbers]
    if strangers and not module.params["replace"]:
        return {"strangers": strangers, "prints": {name: prints(keys) for name, keys in have.items()}}
    changed = any(write or remove for write, remove, _ in plans.values())
    changed |= any(list(repositories[name].wrong(have[name])) for name in have)
    if changed and not module.check_mode:
        for name, repository in repositories.items():
            repository.converge(have[name], given[name])
        have = {name: read(repository.folder) for name, repository in repositories.items()}
    return {"changed": changed, "strangers": [], "prints": {name: prints(keys) for name, keys in have.items()}}


def main():
    """Read or converge, answer."""
    text = {"type": "str", "default": "root"}
    module = AnsibleModule(
        {
            "path": {"type": "path", "required": True},
            "repositories": {"type": "list", "elements": "str", "default": ["fernet", "credential"]},
            "keys": {"type": "dict", "no_log": True},
            "owner": text,
            "group": text,
            "replace": {"type": "bool", "default": False},
        },
        supports_check_mode=True,
    )
    folders = {name: os.path.join(module.params["path"], name) for name in module.params["repositories"]}
    have = {name: read(folder) for name, folder in folders.items()}
    before = {name: prints(keys) for name, keys in have.items()}
    if module.params["keys"] is None:
        module.exit_json(keys=have, prints=before, strangers=[])
    try:
        owner = module.params["owner"], module.params["group"]
        repositories = {name: Repository(folder, *owner) for name, folder in folders.items()}
        reply = spread(module, have, repositories)
    except (KeyError, OSError) as error:
        module.fail_json(msg=str(error))
    if module._diff:
        reply["diff"] = {"before": before, "after": reply["prints"]}
    module.exit_json(**reply)


if __name__ == "__main__":
    main()
