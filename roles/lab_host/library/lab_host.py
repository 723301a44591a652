#!/usr/bin/python
"""Ansible module: one bare-metal host of the lab, an nspawn machine on an overlay of the golden root file system."""

from __future__ import annotations

DOCUMENTATION = r"""
module: lab_host
short_description: A bare-metal host of the lab
description:
  - A host is an overlay on the golden root file system, cgroups of its own and systemd-nspawn in the host's network namespace.
  - Whatever a crash leaves behind (processes, mounts, cgroups) is reclaimed before the host is started again.
options:
  state:
    type: str
    choices: [started, stopped, absent]
    default: started
    description: Started boots it; stopped shuts it down in order; absent cuts its power and removes all of it.
  name: {type: str, required: true, description: Host name.}
  folder: {type: path, required: true, description: Folder that holds everything of the host.}
  namespace: {type: str, required: true, description: Network namespace that holds its NICs.}
  golden: {type: path, default: "", description: Root file system to start from; needed to start.}
  boot: {type: path, default: "", description: Program that runs the host; it is copied into the folder.}
  files: {type: dict, default: {}, description: Content of files on the host by path.}
  links: {type: dict, default: {}, description: Targets of symbolic links on the host by path.}
  devices: {type: list, elements: str, default: [], description: Devices of the machine that the host gets.}
  capabilities: {type: list, elements: str, default: [], description: Capabilities beyond nspawn's default.}
  memory_mib: {type: int, default: 0, description: Memory of the host; 0 is no limit.}
  stop_timeout: {type: int, default: 60, description: Seconds until a shutdown becomes a power cut.}
author: Pileus
"""

EXAMPLES = r"""
- name: A host
  lab_host:
    name: h1
    folder: /var/lib/pileus-lab/hosts/h1
    namespace: pileus-h1
    golden: /var/cache/pileus/golden-0123456789abcdef
    boot: "{{ role_path }}/files/boot-host"
"""

RETURN = r"""
actions:
  description: What was done (or would be, in check mode), in words.
  returned: always
  type: list
  elements: str
"""
