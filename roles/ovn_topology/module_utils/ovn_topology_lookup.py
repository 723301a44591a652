# Copyright: Pileus contributors. Apache-2.0 (see LICENSE).
"""Where the rows of an item are: the conditions to read them by, and which of the rows read are its own."""

from __future__ import annotations

from typing import Any

from ansible.module_utils.ovn_topology_plan import Found
from ansible.module_utils.ovn_topology_rows import DROP_GROUP, TABLES, group_name, router_name, switch_name, uuid

ROOTS = {"networks": "Logical_Switch", "security_groups": "Port_Group", "ports": "Logical_Switch_Port"}
ROOTS["routers"] = "Logical_Router"
OWNED = {
    "networks": ("Logical_Switch_Port", "DHCP_Options"),
    "security_groups": ("ACL",),
    "ports": ("DHCP_Options",),
    "routers": ("Logical_Switch_Port", "Logical_Router_Port", "Gateway_Chassis", "Logical_Router_Static_Route", "NAT"),
}
NAMES = {"networks": switch_name, "security_groups": group_name, "ports": uuid, "routers": router_name}


def clause(mark: str, value: str) -> list[Any]:
    """A condition of the database: rows that carry a mark."""
    return ["external_ids", "includes", ["map", [[f"pileus:{mark}", value]]]]


def owned_clauses(job: Any, state: str) -> dict[str, list[Any]]:
    """Where to look for what belongs to an item, and for what its wanted rows hang on."""
    owner = job.item["id"]
    clauses = {table: [clause("id", owner)] for table in OWNED[job.kind]}
    name = owner if owner == DROP_GROUP else NAMES[job.kind](owner)
    clauses[ROOTS[job.kind]] = [["name", "==", name], *clauses.get(ROOTS[job.kind], [])]
    if state == "absent" and job.kind == "security_groups":
        clauses["ACL"].append(clause("remote_group", owner))
    for row in job.want:
        if TABLES[row.table].named:
            clauses.setdefault(row.table, []).append(["name", "==", row.key])
        if above := TABLES[row.table].parent:
            clauses.setdefault(above[0], []).append(["name", "==", row.parent])
        clauses.setdefault("Port_Group", []).extend(["name", "==", group] for group in sorted(row.groups))
        clauses.setdefault("DHCP_Options", []).extend(clause("key", key) for key in row.refs.values() if key)
    return clauses


def together(clauses: Any) -> dict[str, list[Any]]:
    """The conditions of all jobs as one."""
    merged: dict[str, list[Any]] = {}
    for one in clauses:
        for table, more in dict(one).items():
            merged.setdefault(table, []).extend(more)
    return merged


def related_clauses(found: list[Found], jobs: list[Any], state: str) -> dict[str, list[Any]]:
    """What the rows found lead to: parents to take them out of, port groups they are in, ports that wait for DHCP."""
    clauses: dict[str, list[Any]] = {}
    dhcp = {row.key for row in found if row.table == "DHCP_Options"}
    for row in found:
        above = TABLES[row.table].parent
        if above and row.external_ids.get("pileus:parent"):
            clauses.setdefault(above[0], []).append(["name", "==", row.external_ids["pileus:parent"]])
        if row.table == "Logical_Switch_Port" and state == "present":
            clauses.setdefault("Port_Group", []).append(["ports", "includes", ["uuid", row.row_id]])
            marks = (row.external_ids.get(f"pileus:dhcpv{family}") for family in (4, 6))
            clauses.setdefault("DHCP_Options", []).extend(clause("key", key) for key in marks if key)
    for job in jobs if state == "present" else []:
        new = [row.key for row in job.want if row.table == "DHCP_Options" and row.key not in dhcp]
        if job.kind == "networks" and new:
            clauses.setdefault("Logical_Switch_Port", []).append(clause("parent", switch_name(job.item["id"])))
    return clauses


def belongings(job: Any, found: list[Found], state: str) -> list[Found]:
    """The rows found that are the item's: marked so, or in the place of a wanted one."""
    owner = job.item["id"]
    wanted = {(row.table, row.key) for row in job.want}
    if state == "absent" and owner != DROP_GROUP:
        wanted.add((ROOTS[job.kind], NAMES[job.kind](owner)))
    mine = [row for row in found if row.external_ids.get("pileus:id") == owner or (row.table, row.key) in wanted]
    if state == "absent" and job.kind == "security_groups":
        mine += [row for row in found if row.external_ids.get("pileus:remote_group") == owner and row not in mine]
    return mine
