"""The query string of a list: filters by any attribute, tags, fields, and pages forwards and backwards."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import Boolean, ColumnElement, Integer, Select, false, func, select
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from pileus.core.errors import BadRequest
from pileus.core.http.call import Call
from pileus.core.http.page import limit_of, page, sort_of
from pileus.network.models import Tag

Filter = Callable[[Call, list[str]], ColumnElement[bool]]
RESERVED = {"fields", "limit", "marker", "page_reverse", "sort_key", "sort_dir", "sort"}
ALL = 1_000_000  # rows of a list without a limit
BIGGEST = 2**31


def matching(column: Any, values: Sequence[str], name: str) -> ColumnElement[bool]:
    """The clause for a column that has one of the values; raises BadRequest for what is no value of it."""
    kind = column.type
    if isinstance(kind, Boolean):
        return column.in_([_truth(value, name) for value in values])  # type: ignore[no-any-return]
    if isinstance(kind, Integer):
        return column.in_([_number(value, name) for value in values])  # type: ignore[no-any-return]
    texts = [value for value in values if "\0" not in value]
    return column.in_(texts) if texts else false()


def _truth(value: str, name: str) -> bool:
    if value.lower() in ("true", "1", "yes", "on"):
        return True
    if value.lower() in ("false", "0", "no", "off"):
        return False
    raise BadRequest(f"'{value}' cannot be converted to boolean", field=name)


def _number(value: str, name: str) -> int:
    try:
        number = int(value)
    except ValueError:
        number = BIGGEST
    if abs(number) >= BIGGEST:
        raise BadRequest(f"'{value}' is not an integer", field=name)
    return number


def tag_filters(identity: Any) -> dict[str, Filter]:
    """tags (all of them), tags-any, not-tags and not-tags-any, for the resource whose id column is given."""

    def having(values: list[str], every: bool) -> ColumnElement[bool]:
        wanted = sorted({tag for value in values for tag in value.split(",") if "\0" not in tag})
        found = select(Tag.resource_id).where(Tag.tag.in_(wanted))
        if every:
            found = found.group_by(Tag.resource_id).having(func.count() == len(wanted))
        return identity.in_(found)  # type: ignore[no-any-return]

    return {
        "tags": lambda _, values: having(values, True),
        "tags-any": lambda _, values: having(values, False),
        "not-tags": lambda _, values: ~having(values, True),
        "not-tags-any": lambda _, values: ~having(values, False),
    }


def narrowed(
    call: Call, statement: Select[Any], columns: Mapping[str, Any], special: Mapping[str, Filter]
) -> Select[Any]:
    """The statement with every filter of the query string; raises BadRequest for an attribute that cannot be one."""
    for name in call.query:
        if name in RESERVED:
            continue
        values = call.query.getlist(name)
        if name in special:
            statement = statement.where(special[name](call, values))
        elif name in columns:
            statement = statement.where(matching(columns[name], values, name))
        else:
            raise BadRequest(f"['{name[:64]}'] is invalid attribute for filtering", field=name[:64])
    return statement


def paged(
    call: Call, session: Session, statement: Select[Any], columns: Mapping[str, Any], many: str
) -> tuple[list[Any], dict[str, Any]]:
    """One page of rows, and the links to its neighbours as {"<many>_links": [...]} where a limit was given."""
    backwards = call.query.get("page_reverse", "").lower() in ("true", "1")
    order = sort_of(call, (("id", "asc"),), columns)
    if backwards:
        order = [(key, "desc" if direction == "asc" else "asc") for key, direction in order]
    limit = limit_of(call, ALL)
    query: MultiDict[str, str] = MultiDict([("sort", ",".join(f"{key}:{direction}" for key, direction in order))])
    if limit:
        query.add("limit", str(limit))
    if marker := call.query.get("marker"):
        query.add("marker", marker if "\0" not in marker else "")
    rows, more = page(replace(call, query=query), session, statement, columns, (), maximum=ALL)
    if backwards:
        rows.reverse()
    return rows, {f"{many}_links": _links(call, rows, more, backwards)} if limit and rows else {}


def _links(call: Call, rows: Sequence[Any], more: bool, backwards: bool) -> list[dict[str, str]]:
    links = []
    if backwards or more:
        links.append({"rel": "next", "href": _link(call, rows[-1].id, False)})
    if (backwards and more) or (not backwards and call.query.get("marker")):
        links.append({"rel": "previous", "href": _link(call, rows[0].id, True)})
    return links


def _link(call: Call, marker: str, reverse: bool) -> str:
    arguments = [(k, v) for k, v in call.query.items(multi=True) if k not in ("marker", "page_reverse")]
    arguments += [("marker", marker)] + ([("page_reverse", "True")] if reverse else [])
    return f"{call.settings.public_url}{call.request.path}?{urlencode(arguments)}"


def chosen(call: Call, shown: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Only the fields that were asked for, where any were."""
    names = {name for value in call.query.getlist("fields") for name in value.split(",") if name}
    if not names:
        return shown
    return [{name: value for name, value in item.items() if name in names} for item in shown]
