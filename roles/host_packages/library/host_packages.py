#!/usr/bin/python
"""Ansible module: Debian packages are installed; dpkg is asked first, so that a host that has them all needs no registry."""

from ansible.module_utils.basic import AnsibleModule

DOCUMENTATION = r"""
module: host_packages
short_description: Install Debian packages that are missing
description: Asks dpkg which packages are missing and has apt-get install only those, without recommended packages.
options:
  names:
    description: Names of the packages.
    type: list
    elements: str
    required: true
"""

EXAMPLES = r"""
- name: Open vSwitch is installed
  host_packages:
    names: [openvswitch-switch, python3-openvswitch]
"""

RETURN = r"""
ansible_facts:
  description: host_packages_installed holds the names of all packages of the host, so that the next role need not ask.
  type: dict
  returned: always
missing:
  description: Packages that were missing, in order of their names.
  type: list
  elements: str
  returned: always
"""


def plan(have, want):
    """Names in `want` that are not in `have` (both iterables of names), sorted."""
    return sorted(set(want) - set(have))


def installed(module):
    """The set of names that dpkg holds as fully installed."""
    query = ["dpkg-query", "--show", "--showformat", "${Package} ${db:Status-Status}\n"]
    _code, out, _err = module.run_command(query, check_rc=True)
    return {line.split()[0] for line in out.splitlines() if line.endswith(" installed")}


def install(module, names):
    """Have apt-get install those names from a fresh index; the module fails with apt-get's words when it cannot."""
    environment = {"DEBIAN_FRONTEND": "noninteractive", "NEEDRESTART_MODE": "l"}
    options = ["-y", "-q", "--no-install-recommends", "-o", "Dpkg::Options::=--force-confold"]
    for command in (["apt-get", "-q", "update"], ["apt-get", "install", *options, *names]):
        module.run_command(command, check_rc=True, environ_update=environment)


def main():
    """Compare, install, answer."""
    module = AnsibleModule({"names": {"type": "list", "elements": "str", "required": True}}, supports_check_mode=True)
    have = installed(module)
    missing = plan(have, module.params["names"])
    if missing and not module.check_mode:
        install(module, missing)
        have = installed(module)
    facts = {"host_packages_installed": sorted(have)}
    reply = {"changed": bool(missing), "missing": missing, "ansible_facts": facts}
    if module._diff:
        reply["diff"] = {"before": "", "after": "".join(f"{name}\n" for name in missing)}
    module.exit_json(**reply)


if __name__ == "__main__":
    main()
