#!/usr/bin/python
# Copyright: Pileus contributors. Apache-2.0 (see LICENSE).
"""Gives networks their metadata address on a hypervisor: a namespace with OVN's localport, and the proxy listening in it."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: metadata_network
short_description: Metadata for the guests of networks on a hypervisor
description:
  - Per network a namespace with an OVS internal port bound to the network's localport, and a frontend of the metadata proxy.
  - Missing parts are made again, whatever a crash or a reboot has left. The proxy is reloaded once, and only when it must.
options:
  items: {description: Networks., type: list, elements: dict, required: true}
  state: {description: Whether metadata is served., type: str, choices: [present, absent], default: present}
  bridge: {description: The integration bridge., type: str, default: br-int}
  directory: {description: Where the proxy's configuration is., type: path, default: /etc/pileus/metadata}
  service: {description: The proxy's unit., type: str, default: pileus-metadata.service}
  backend: {description: The proxy's section that knows the metadata service., type: str, default: pileus-metadata}
attributes:
  check_mode: {support: full}
  diff_mode: {support: full}
author: Pileus (@pileus)
"""

EXAMPLES = r"""
- name: Metadata for one network
  metadata_network:
    items:
      - {id: 3f0c6a52-5f5e-4c0e-9d0e-0a5d1d6a0001, mac: "fa:16:3e:00:00:02", addresses: [192.168.50.2/24]}
"""

RETURN = r"""
results: {description: "Per item: id, intent, ok, changed, error, facts.", type: list, returned: always}
faults: {description: "Items that are not as wanted: id, error.", type: list, returned: always}
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.metadata_network_host import SETTINGS, converge_all, result
from ansible.module_utils.pileus_items import ItemError, answer


def main() -> None:
    """Converge all networks together, answer each."""
    spec: dict[str, Any] = {
        "items": {"type": "list", "elements": "dict", "required": True},
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        **SETTINGS,
    }
    module = AnsibleModule(argument_spec=spec, supports_check_mode=True)
    try:
        outcomes = converge_all(module.params["items"], module.params, module.check_mode)
    except (ItemError, OSError) as error:
        module.fail_json(msg=f"Open vSwitch does not answer: {error}")
    answer(module, lambda item: result(outcomes[str(item.get("id"))]))


if __name__ == "__main__":
    main()
