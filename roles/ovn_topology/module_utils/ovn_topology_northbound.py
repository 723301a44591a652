# Copyright: Pileus contributors. Apache-2.0 (see LICENSE).
"""The northbound database through Open vSwitch's IDL: only the rows asked for are read, by conditions the server applies."""

from __future__ import annotations

import json
import os
import time
from typing import Any

from ansible.module_utils.ovn_topology_plan import Change, Found
from ansible.module_utils.ovn_topology_rows import TABLES

try:
    import ovs.db.idl
    import ovs.jsonrpc
    import ovs.poller
    import ovs.stream
except ImportError as error:
    MISSING: str | None = str(error)
else:
    MISSING = None

DATABASE, LOCK = "OVN_Northbound", "pileus_topology"
CHILDREN = {above: {t.parent[1] for t in TABLES.values() if t.parent and t.parent[0] == above} for above in TABLES}
CHILDREN["Port_Group"].add("ports")


class Northbound:
    """A connection. While one that writes is open, others that write wait: two runs never make the same row twice."""

    def __init__(self, remote: str, tables: set[str], write: bool, timeout: float = 30.0) -> None:
        self.deadline = time.monotonic() + timeout
        self.helper = ovs.db.idl.SchemaHelper(schema_json=_schema(remote))
        for table in tables:
            columns = {*TABLES[table].columns, *CHILDREN[table], "external_ids"}
            self.helper.register_columns(table, sorted(columns))
        self.idl = ovs.db.idl.Idl(remote, self.helper)
        self.conditions: dict[str, list[Any]] = {table: [] for table in tables}
        for table in tables:
            self.idl.cond_change(table, [])
        if write:
            self.idl.set_lock(LOCK)
        self._until(lambda: self.idl.has_ever_connected() and (self.idl.has_lock or not write), "the database's lock")

    def _until(self, done: Any, what: str) -> None:
        while True:
            self.idl.run()
            if done():
                return
            if time.monotonic() > self.deadline:
                raise TimeoutError(f"no answer from OVN in time: waiting for {what}")
            poller = ovs.poller.Poller()
            self.idl.wait(poller)
            poller.timer_wait(200)
            poller.block()

    def watch(self, clauses: dict[str, list[Any]]) -> None:
        """Read the rows that meet any of a table's clauses, besides those read before."""
        before, changed = self.idl.cond_seqno, False
        for table, more in clauses.items():
            wanted = {json.dumps(clause): clause for clause in [*self.conditions[table], *more]}
            if len(wanted) > len(self.conditions[table]):
                self.conditions[table] = list(wanted.values())
                self.idl.cond_change(table, self.conditions[table])
                changed = True
        if changed:
            self._until(lambda: self.idl.cond_seqno > before, "rows")

    def rows(self, table: str) -> list[Any]:
        """The rows of a table that were read."""
        return list(self.idl.tables[table].rows.values()) if table in self.idl.tables else []

    def found(self) -> list[Found]:
        """All rows that were read, as plain data."""
        groups: dict[Any, set[str]] = {}
        for group in self.rows("Port_Group"):
            if group.external_ids.get("pileus:id"):
                for port in group.ports:
                    groups.setdefault(port.uuid, set()).add(group.name)
        return [
            Found(
                table,
                _key(table, row),
                str(row.uuid),
                {column: _value(getattr(row, column)) for column in TABLES[table].columns},
                dict(row.external_ids),
                frozenset(groups.get(row.uuid, ())),
            )
            for table in self.conditions
            for row in self.rows(table)
        ]

    def commit(self, changes: list[Change]) -> str | None:
        """Make the changes in one transaction. Answers with what went wrong, or None."""
        transaction = ovs.db.idl.Transaction(self.idl)
        index = {(table, _key(table, row)): row for table in self.conditions for row in self.rows(table)}
        by_id = {str(row.uuid): row for table in self.conditions for row in self.rows(table)}
        try:
            for change in sorted(changes, key=lambda change: change.action != "delete"):
                _stage(transaction, self.idl, index, by_id, change)
            status = transaction.commit_block()
        except KeyError as error:
            transaction.abort()
            return f"{error.args[0]} is not there"
        if status in (transaction.SUCCESS, transaction.UNCHANGED):
            return None
        return f"{status}: {transaction.get_error()}"

    def close(self) -> None:
        """Let others in."""
        self.idl.close()


def _schema(remote: str) -> Any:
    error, stream = ovs.stream.Stream.open_block(ovs.stream.Stream.open(remote), 5000)
    if error:
        raise ConnectionError(f"cannot connect to {remote}: {os.strerror(error)}")
    connection = ovs.jsonrpc.Connection(stream)
    error, reply = connection.transact_block(ovs.jsonrpc.Message.create_request("get_schema", [DATABASE]))
    connection.close()
    if error or reply.error:
        raise ConnectionError(f"{remote} does not serve {DATABASE}")
    return reply.result


def _stage(transaction: Any, idl: Any, index: dict[Any, Any], by_id: dict[str, Any], change: Change) -> None:
    """Put one change into the transaction. A new row joins the index, so that what comes later can refer to it."""
    above = TABLES[change.table].parent
    if change.action == "delete":
        row = by_id[change.row_id or ""]
        if above is None:
            row.delete()
        elif (above[0], change.parent) in index:
            index[above[0], change.parent].delvalue(above[1], row)
        if index.get((change.table, change.key)) is row:
            del index[change.table, change.key]
        return
    if change.action == "create":
        row = index[change.table, change.key] = transaction.insert(idl.tables[change.table])
        if above:
            index[above[0], change.parent].addvalue(above[1], row)
    else:
        row = by_id[change.row_id or ""]
    for column, value in change.after.items():
        referring = column.startswith("dhcpv")
        setattr(row, column, [index["DHCP_Options", key] for key in value] if referring else value)
    for group in change.joins:
        index["Port_Group", group].addvalue("ports", row)
    for group in change.leaves:
        index["Port_Group", group].delvalue("ports", row)


def _key(table: str, row: Any) -> str:
    key = row.name if TABLES[table].named else row.external_ids.get("pileus:key", "")
    return key or str(row.uuid)


def _value(value: Any) -> Any:
    """A column as plain data: references become keys."""
    if isinstance(value, list):
        return [_key("DHCP_Options", item) if isinstance(item, ovs.db.idl.Row) else item for item in value]
    return dict(value) if isinstance(value, dict) else value
