"""What all kinds of network resources have in common on the wire: list, make, show, change, delete."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select

from pileus.core.errors import BadRequest, MethodNotAllowed, PreconditionFailed
from pileus.core.http.call import Call
from pileus.core.service import Route, Schema
from pileus.network.operations.standard import tags_of
from pileus.network.operations.visible import find, seen
from pileus.network.policy import ADMIN_SEES, ADMIN_SETS
from pileus.network.views.filters import Filter, chosen, narrowed, paged, tag_filters

Shown = dict[str, Any]


@dataclass(frozen=True)
class Collection:
    """One kind of resource: its names, what a client may filter and sort by, how it is shown, and what changes it.

    `columns` maps attributes to columns, `filters` attributes to clauses of their own. `show(call, rows)` gives each row's
    own attributes, without the standard ones. `create(session, context, asked)`, `update(session, context, id, asked)`
    and `delete(session, context, id)` are the operations.
    """

    one: str
    many: str
    path: str
    model: Any
    columns: Mapping[str, Any]
    show: Callable[[Call, Sequence[Any]], list[Shown]]
    create: Callable[..., Any]
    delete: Callable[..., None]
    create_schema: Schema
    update: Callable[..., Any] | None = None
    update_schema: Schema | None = None
    filters: Mapping[str, Filter] = field(default_factory=dict)
    prepare: Callable[[Call], None] | None = None
    standard: bool = True

    def sortable(self) -> dict[str, Any]:
        """The columns, with those that every resource has."""
        names = ("id", "project_id", "name", "description", "created_at", "updated_at", "revision_number")
        own = {name: getattr(self.model, name) for name in names if hasattr(self.model, name)}
        return {**own, "tenant_id": self.model.project_id, **self.columns}

    def shown(self, call: Call, rows: Sequence[Any]) -> list[Shown]:
        """The rows as the caller may see them."""
        tags = tags_of(call.session, [row.id for row in rows])
        hidden = [n for n in ADMIN_SEES.get(self.one, ()) if not call.allows(f"get_{self.one}:{n}")]
        items = [
            {**_standard(call, row, tags[row.id], self.standard), **own}
            for row, own in zip(rows, self.show(call, rows), strict=True)
        ]
        for item in items:
            for name in hidden:
                item.pop(name, None)
        return items

    def routes(self) -> list[Route]:
        """The five routes that each kind of resource has (four without an update)."""
        path, name = f"/v2.0{self.path}", self.one
        routes = [
            Route("GET", path, self.list_all, f"get_{name}"),
            Route("POST", path, self.make, f"create_{name}", status=201, schema=self.create_schema),
            Route("GET", f"{path}/<wanted>", self.show_one, f"get_{name}"),
            Route("DELETE", f"{path}/<wanted>", self.remove, f"delete_{name}", status=204),
        ]
        if self.update is not None:
            routes.append(Route("PUT", f"{path}/<wanted>", self.alter, f"update_{name}", schema=self.update_schema))
        return routes

    def list_all(self, call: Call) -> Shown:
        """GET of the whole collection."""
        if self.prepare is not None:
            self.prepare(call)
        columns = self.sortable()
        statement = select(self.model).where(seen(call.context, self.model))
        statement = narrowed(call, statement, columns, {**tag_filters(self.model.id), **self.filters})
        rows, links = paged(call, call.session, statement, columns, self.many)
        return {self.many: chosen(call, self.shown(call, rows)), **links}

    def show_one(self, call: Call, wanted: str) -> Shown:
        """GET of one."""
        row = find(call.session, call.context, self.model, wanted)
        return {self.one: chosen(call, self.shown(call, [row]))[0]}

    def make(self, call: Call) -> Shown:
        """POST of one, or of several at once: then either all are made or none."""
        asked = call.body.get(self.many) or [call.body[self.one]]
        rows = []
        for item in asked:
            self._guard(call, "create", item)
            rows.append(self.create(call.session, call.context, item))
        shown = self.shown(call, rows)
        return {self.many: shown} if self.many in call.body else {self.one: shown[0]}

    def alter(self, call: Call, wanted: str) -> Shown:
        """PUT of one."""
        asked = call.body[self.one]
        row = find(call.session, call.context, self.model, wanted)
        check_revision(call, row)
        self._guard(call, "update", asked)
        if self.update is None:
            raise MethodNotAllowed()
        row = self.update(call.session, call.context, wanted, asked)
        call.session.flush()
        return {self.one: self.shown(call, [row])[0]}

    def remove(self, call: Call, wanted: str) -> None:
        """DELETE of one."""
        check_revision(call, find(call.session, call.context, self.model, wanted))
        self.delete(call.session, call.context, wanted)

    def _guard(self, call: Call, verb: str, asked: Shown) -> None:
        """Raise Forbidden for attributes that the caller may not set."""
        for name in ADMIN_SETS.get(self.one, ()):
            head, _, inner = name.partition(":") if name.startswith("external_gateway_info:") else (name, "", "")
            value = asked.get(head)
            if (
                (isinstance(value, dict) and inner in value)
                if inner
                else (head in asked and value not in (None, False))
            ):
                call.enforce(f"{verb}_{self.one}:{name}")
            elif not inner and verb == "update" and head in asked:
                call.enforce(f"update_{self.one}:{name}")


def _standard(call: Call, row: Any, tags: list[str], named: bool) -> Shown:
    """What every resource shows; the fault only to those whose it is."""
    shown: Shown = {"id": row.id, "tenant_id": row.project_id, "project_id": row.project_id}
    if named:
        shown |= {"name": row.name, "description": row.description, "tags": tags}
        shown |= {"revision_number": row.revision_number, "created_at": row.created_at}
        shown["updated_at"] = row.updated_at or row.created_at
    fault = getattr(row, "fault", None)
    if fault and (call.context.is_admin or row.project_id == call.context.project_id):
        shown["fault"] = fault if call.context.is_admin else {k: v for k, v in fault.items() if k != "host"}
    return shown


def check_revision(call: Call, row: Any) -> None:
    """Honour ``If-Match: revision_number=N``; raises PreconditionFailed when the resource has changed since."""
    condition = call.request.headers.get("If-Match")
    if condition is None:
        return
    name, _, number = condition.strip().partition("=")
    if name != "revision_number" or not number.isdigit():
        raise BadRequest("Invalid revision_number in If-Match header", field="If-Match")
    if int(number) != getattr(row, "revision_number", None):
        raise PreconditionFailed(f"Constrained to {number}, but current revision is {row.revision_number}")
