# Copyright: Pileus contributors. Apache-2.0 (see LICENSE).
"""What metadata for a network needs on a hypervisor, and the steps that lead there. Pure functions."""

from __future__ import annotations

import ipaddress
import re
from typing import Any

from ansible.module_utils.pileus_items import ItemError

UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z")
MAC = re.compile(r"[0-9a-f]{2}(:[0-9a-f]{2}){5}\Z")
METADATA = "169.254.169.254/32"
FRONTEND = """# Managed by Ansible (role metadata_network): the guests of one network.
frontend pileus-{id}
  bind :80 namespace {namespace}
  http-request del-header X-Forwarded-For
  http-request set-header X-Pileus-Network-ID {id}
  default_backend {backend}
"""


def wanted(item: dict[str, Any], state: str, backend: str) -> dict[str, Any]:
    """What is to be there for an item (ItemError for values that make no sense); nothing at all when absent."""
    if not UUID.match(str(item.get("id"))):
        raise ItemError(f"not a UUID: {item.get('id')!r}")
    if state == "absent":
        return {"namespace": False, "iface": None, "link": None, "frontend": None}
    hardware = str(item.get("mac")).lower()
    if not MAC.match(hardware):
        raise ItemError(f"not a MAC address: {item.get('mac')!r}")
    try:
        addresses = {str(ipaddress.ip_interface(str(address))) for address in item.get("addresses") or []}
    except ValueError as error:
        raise ItemError(str(error)) from error
    return {
        "namespace": True,
        "iface": f"pileus-meta-{item['id']}",
        "link": {"mac": hardware, "up": True, "addresses": sorted(addresses | {METADATA})},
        "frontend": FRONTEND.format(id=item["id"], namespace=namespace_of(item), backend=backend),
    }


def plan(have: dict[str, Any], want: dict[str, Any]) -> list[tuple[str, Any]]:
    """The steps from what is there to what is wanted, in an order in which the proxy never lacks what it listens on."""
    steps: list[tuple[str, Any]] = []
    if want["frontend"] is None:
        steps += [("forget", None)] if have["frontend"] is not None else []
        steps += [("unplug", None)] if have["iface"] else []
        return steps + ([("leave", None)] if have["namespace"] else [])
    if not have["namespace"]:
        steps.append(("enter", None))
    lost = bool(have["iface"]) and not have["link"] and not have["device"]  # it went down with its namespace
    steps += [("pull", None)] if lost else []
    if lost or have["iface"] != want["iface"]:
        steps.append(("plug", want["iface"]))
    link = have["link"] or {"mac": None, "up": False, "addresses": []}
    if not have["link"]:
        steps.append(("move", None))
    if (link["mac"], link["up"]) != (want["link"]["mac"], True):
        steps.append(("link", want["link"]["mac"]))
    steps += [("unaddress", address) for address in link["addresses"] if address not in want["link"]["addresses"]]
    steps += [("address", address) for address in want["link"]["addresses"] if address not in link["addresses"]]
    if have["frontend"] != want["frontend"]:
        steps.append(("listen", want["frontend"]))
    elif not have["namespace"] or not have["link"]:
        steps.append(("listen", want["frontend"]))  # the proxy still holds a namespace that is no more
    return steps


def namespace_of(item: dict[str, Any]) -> str:
    """The namespace of a network."""
    return f"pileus-meta-{item['id'][:11]}"


def device_of(item: dict[str, Any]) -> str:
    """The device in it: names of devices have 15 characters at most."""
    return f"pm{item['id'][:11]}"
