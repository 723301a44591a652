#!/usr/bin/python
# Copyright: Pileus contributors. Apache-2.0 (see LICENSE).
"""Converges networks, security groups, ports and routers in OVN's northbound database, a whole list at a time."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: ovn_topology
short_description: Networks, security groups, ports and routers in OVN
description:
  - Makes the rows of OVN's northbound database what the items want, over its local socket.
  - All items go in one transaction. When it is refused, each goes in its own, so that a bad one fails alone.
options:
  networks: {description: Networks with their subnets., type: list, elements: dict, default: []}
  security_groups: {description: Security groups with their rules., type: list, elements: dict, default: []}
  ports: {description: Ports of guests., type: list, elements: dict, default: []}
  routers: {description: "Routers with interfaces, gateway and floating IPs.", type: list, elements: dict, default: []}
  state: {description: Whether the items are there., type: str, choices: [present, absent], default: present}
  remote: {description: The northbound database., type: str, default: "unix:/var/run/ovn/ovnnb_db.sock"}
  gateway_chassis: {description: Chassis for gateways that name none., type: list, elements: str, default: []}
  dns_servers: {description: For subnets that name none., type: list, elements: str, default: []}
  dns_domain: {description: For networks that name none., type: str, default: ""}
  lease_time: {description: Seconds., type: int, default: 43200}
  timeout: {description: Seconds to wait for the database., type: int, default: 30}
attributes:
  check_mode: {support: full}
  diff_mode: {support: full}
author: Pileus (@pileus)
"""

EXAMPLES = r"""
- name: A network
  ovn_topology:
    networks:
      - id: 3f0c6a52-5f5e-4c0e-9d0e-0a5d1d6a0001
        name: blue
        mtu: 1442
        subnets: []
"""

RETURN = r"""
results: {description: "Per item: id, intent, ok, changed, error, facts.", type: list, returned: always}
faults: {description: "Items that are not as wanted: id, error.", type: list, returned: always}
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.ovn_topology_lookup import belongings, owned_clauses, related_clauses, together
from ansible.module_utils.ovn_topology_network import network_rows
from ansible.module_utils.ovn_topology_northbound import MISSING, Northbound
from ansible.module_utils.ovn_topology_plan import Change, Key, plan, render, rewire
from ansible.module_utils.ovn_topology_port import port_rows
from ansible.module_utils.ovn_topology_router import router_rows
from ansible.module_utils.ovn_topology_rows import DROP_GROUP, TABLES, Row, uuid
from ansible.module_utils.ovn_topology_security import drop_group_rows, security_group_rows

KINDS = ("networks", "security_groups", "ports", "routers")


class Job:
    """One item: what it wants, what it has, what has to change, and what went wrong."""

    def __init__(self, kind: str, item: dict[str, Any]) -> None:
        self.kind, self.item, self.want, self.changes = kind, item, [], []
        self.error: str | None = None

    def attempt(self, step: Any, *arguments: Any) -> Any:
        """Call a function for this item; values that make no sense are its fault alone."""
        try:
            return step(*arguments)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            self.error = f"missing: {error}" if isinstance(error, KeyError) else str(error)
        return []


def jobs_of(params: dict[str, Any]) -> list[Job]:
    """A job per resource. An item that is listed twice counts once: the last one holds."""
    jobs = {(kind, str(item.get("id"))): Job(kind, item) for kind in KINDS for item in params[kind] or []}
    secure = any(item.get("port_security", True) for item in params["ports"] or [])
    drop = [Job("security_groups", {"id": DROP_GROUP})] if secure and params["state"] == "present" else []
    return [*drop, *jobs.values()]


def want_rows(job: Job, params: dict[str, Any], subnets: dict[str, dict[str, Any]]) -> list[Row]:
    """What a job's item wants to be there."""
    if job.item["id"] == DROP_GROUP:
        return drop_group_rows()
    uuid(job.item["id"])
    if job.kind == "networks":
        return network_rows(job.item, params)
    if job.kind == "security_groups":
        return security_group_rows(job.item)
    return port_rows(job.item, subnets) if job.kind == "ports" else router_rows(job.item, params)


def prepare(northbound: Any, jobs: list[Job], params: dict[str, Any]) -> None:
    """Read what is needed and plan each job."""
    state, subnets = params["state"], {}
    for job in jobs if state == "present" else []:
        job.want = job.attempt(want_rows, job, params, subnets)
        subnets.update({row.key: row.columns for row in job.want if row.table == "DHCP_Options"})
    northbound.watch(together(job.attempt(owned_clauses, job, state) for job in jobs if not job.error))
    northbound.watch(related_clauses(northbound.found(), jobs, state))
    found = northbound.found()
    subnets = {**{row.key: row.columns for row in found if row.table == "DHCP_Options"}, **subnets}
    for job in jobs if state == "present" else []:
        if job.item.get("extra_dhcp_opts") and not job.error:  # they extend a subnet's options, which are known now
            job.want = job.attempt(port_rows, job.item, subnets)
    known: set[Key] = {(row.table, row.key) for row in found}
    known |= {(row.table, row.key) for job in jobs if not job.error for row in job.want}
    planned: set[str] = {job.item["id"] for job in jobs if job.kind == "ports" and not job.error}
    waiting = [row for row in found if row.table == "Logical_Switch_Port" and row.key not in planned]
    for job in jobs:
        if not job.error:
            job.changes = job.attempt(plan, belongings(job, found, state), job.want, known)
            job.changes += rewire(waiting, job.changes) if job.kind == "networks" else []


def apply(northbound: Any, jobs: list[Job]) -> None:
    """One transaction for all; when that is refused, one for each."""
    todo = [job for job in jobs if job.changes and not job.error]
    changes: list[Change] = [change for job in todo for change in job.changes]
    if not changes or (len(todo) > 1 and northbound.commit(changes) is None):
        return
    for job in todo:
        job.error = northbound.commit(job.changes)


def report(module: Any, jobs: list[Job]) -> dict[str, Any]:
    """The module's answer: one result per resource asked for (the drop group is nobody's)."""
    results = [
        {
            "id": job.item.get("id"),
            "variable": f"ovn_topology_{job.kind}",
            "intent": job.item.get("intent"),
            "ok": job.error is None,
            "changed": bool(job.changes) and job.error is None,
            "error": job.error,
            "facts": {},
        }
        for job in jobs
        if job.item.get("id") != DROP_GROUP or job.error
    ]
    good = [change for job in jobs if not job.error for change in job.changes]
    answer = {"changed": bool(good), "results": results}
    answer["faults"] = [{"id": result["id"], "error": result["error"]} for result in results if not result["ok"]]
    return {**answer, "diff": render(good)} if module._diff else answer


def main() -> None:
    """Read, plan, apply, answer."""
    spec: dict[str, Any] = {kind: {"type": "list", "elements": "dict", "default": []} for kind in KINDS}
    spec |= {
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        "remote": {"type": "str", "default": "unix:/var/run/ovn/ovnnb_db.sock"},
        "gateway_chassis": {"type": "list", "elements": "str", "default": []},
        "dns_servers": {"type": "list", "elements": "str", "default": []},
        "dns_domain": {"type": "str", "default": ""},
        "lease_time": {"type": "int", "default": 43200},
        "timeout": {"type": "int", "default": 30},
    }
    module = AnsibleModule(argument_spec=spec, supports_check_mode=True)
    if MISSING:
        module.fail_json(msg=f"Open vSwitch's Python binding is needed on this host: {MISSING}")
    jobs = jobs_of(module.params)
    try:
        northbound = Northbound(module.params["remote"], set(TABLES), not module.check_mode, module.params["timeout"])
        prepare(northbound, jobs, module.params)
        if not module.check_mode:
            apply(northbound, jobs)
        northbound.close()
    except (OSError, TimeoutError) as error:
        module.fail_json(msg=f"the northbound database did not take it: {error}")
    module.exit_json(**report(module, jobs))


if __name__ == "__main__":
    main()
