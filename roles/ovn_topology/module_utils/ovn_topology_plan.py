# Copyright: Pileus contributors. Apache-2.0 (see LICENSE).
"""What has to change in the northbound database: wanted rows against rows that are there. Pure functions."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from ansible.module_utils.ovn_topology_rows import TABLES, Row

Key = tuple[str, str]


@dataclass(frozen=True)
class Found:
    """A row that is there, read into plain data. References hold keys of rows, `groups` names of port groups."""

    table: str
    key: str
    row_id: str
    columns: dict[str, Any]
    external_ids: dict[str, str]
    groups: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Change:
    """One row to create, update or delete, with the columns that change as they are and as they will be."""

    action: str
    table: str
    key: str
    parent: str | None = None
    row_id: str | None = None
    before: dict[str, Any] = field(default_factory=dict)
    after: dict[str, Any] = field(default_factory=dict)
    joins: frozenset[str] = frozenset()
    leaves: frozenset[str] = frozenset()


def plan(have: list[Found], want: list[Row], known: set[Key]) -> list[Change]:
    """The changes that turn the rows an item has into those it wants, children of a deleted row included.

    `known`: all (table, key) that there are or will be. A parent or port group missing from it is a ValueError; a
    missing DHCP subnet is none (it serves no DHCP).
    """
    found: dict[Key, list[Found]] = {}
    for row in sorted(have, key=lambda row: row.row_id):
        found.setdefault((row.table, row.key), []).append(row)
    changes: list[Change] = []
    for row in want:
        _demand_parents(row, known)
        first, *doubles = found.pop((row.table, row.key), [None])
        if first and row.parent and first.external_ids.get("pileus:parent") != row.parent:
            doubles, first = [first, *doubles], None
        changes[:0] = [_delete(double) for double in doubles if double]
        changes.extend(_change(first, row, known) if first else [_create(row, known)])
    order = list(TABLES)
    rest = [row for rows in found.values() for row in rows]
    rest.sort(key=lambda row: (-order.index(row.table), row.key))
    return [*(_delete(row) for row in rest), *changes]


def rewire(ports: Iterable[Found], changes: list[Change]) -> list[Change]:
    """Updates of ports that are there and wait for one of the DHCP rows these changes create."""
    created = {change.key for change in changes if (change.action, change.table) == ("create", "DHCP_Options")}
    updates = []
    for port in ports:
        for column in ("dhcpv4_options", "dhcpv6_options"):
            subnet = port.external_ids.get("pileus:" + column.split("_")[0])
            if subnet in created and not port.columns[column]:
                before, after = {column: []}, {column: [subnet]}
                updates.append(Change("update", port.table, port.key, row_id=port.row_id, before=before, after=after))
    return updates


def _demand_parents(row: Row, known: set[Key]) -> None:
    above = TABLES[row.table].parent
    if above and (above[0], row.parent) not in known:
        raise ValueError(f"{above[0].replace('_', ' ').lower()} {row.parent} does not exist")
    for group in sorted(row.groups):
        if ("Port_Group", group) not in known:
            raise ValueError(f"port group {group} does not exist")


def _wanted_columns(row: Row, known: set[Key]) -> dict[str, Any]:
    columns = {"name": row.key, **row.columns} if TABLES[row.table].named else dict(row.columns)
    for column, key in row.refs.items():
        columns[column] = [key] if key and ("DHCP_Options", key) in known else []
    return columns


def _create(row: Row, known: set[Key]) -> Change:
    after = {**_wanted_columns(row, known), "external_ids": row.external_ids}
    return Change("create", row.table, row.key, row.parent, after=after, joins=row.groups)


def _change(have: Found, row: Row, known: set[Key]) -> list[Change]:
    """An update, or nothing. That another intent asks for the same row again changes nothing."""
    wanted = _wanted_columns(row, known)
    after = {column: value for column, value in wanted.items() if _plain(have.columns[column]) != _plain(value)}
    marks = {key: value for key, value in have.external_ids.items() if not key.startswith("pileus:")} | row.external_ids
    if after or have.groups != row.groups or _stable(marks) != _stable(have.external_ids):
        if marks != have.external_ids:
            after["external_ids"] = marks
        before = {column: have.external_ids if column == "external_ids" else have.columns[column] for column in after}
        joins, leaves = row.groups - have.groups, have.groups - row.groups
        return [Change("update", row.table, row.key, row.parent, have.row_id, before, after, joins, leaves)]
    return []


def _delete(row: Found) -> Change:
    before = {**row.columns, "external_ids": row.external_ids}
    return Change("delete", row.table, row.key, row.external_ids.get("pileus:parent"), row.row_id, before)


def _plain(value: Any) -> Any:
    """OVN's sets have no order."""
    return sorted(value) if isinstance(value, list) else value


def _stable(marks: dict[str, str]) -> dict[str, str]:
    return {key: value for key, value in marks.items() if key != "pileus:intent"}


def render(changes: list[Change]) -> dict[str, str]:
    """The changes as before and after text, one line per column; a row that comes or goes is shown without its blanks."""
    before, after = [], []
    for change in changes:
        title, all_of_it = f"{change.table} {change.key}", change.action == "update"
        for lines, columns in ((before, change.before), (after, change.after)):
            shown = {key: value for key, value in sorted(columns.items()) if all_of_it or value not in ("", [], {})}
            lines += [f"{title} {key} = {_json(value)}\n" for key, value in shown.items() if key != "name"]
        before += [f"{title} in {group}\n" for group in sorted(change.leaves)]
        after += [f"{title} in {group}\n" for group in sorted(change.joins)]
    return {"before": "".join(before), "after": "".join(after)}


def _json(value: Any) -> str:
    return json.dumps(_plain(value), sort_keys=True)
