"""Collections: filters from the query string, pages, and the links around a list."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from sqlalchemy import Boolean, Select, func
from sqlalchemy.orm import InstrumentedAttribute

from pileus.core.errors import BadRequest
from pileus.core.http.call import Call
from pileus.core.http.page import next_link, page

_EVERYTHING = 1_000_000
_SAFE = "/:@!$&'()*+,;="  # what may stand in a path of a URL as it is


def truth(text: str) -> bool:
    """A boolean of the query string; a name without a value counts as true, as clients send it."""
    return text.lower() not in ("0", "false", "no", "off")


def flag(call: Call, name: str) -> bool:
    """Whether a switch of the query string is on; it is off when missing."""
    value = call.query.get(name)
    return value is not None and truth(value)


def narrow(call: Call, statement: Select[Any], columns: Mapping[str, Any]) -> Select[Any]:
    """Apply the filters of the query string: `name=x`, and inexact ones like `name__icontains=x`."""
    for key, value in call.query.items():
        name, _, how = key.partition("__")
        column = columns.get(name)
        if column is None:
            continue
        if isinstance(getattr(column, "type", None), Boolean):
            statement = statement.where(column.is_(truth(value)))
        elif not how:
            statement = statement.where(column == value)
        elif isinstance(column, InstrumentedAttribute):
            statement = _inexact(statement, column, how, value)
    return statement


def _inexact(statement: Select[Any], column: Any, how: str, value: str) -> Select[Any]:
    fold = how.startswith("i")
    kind = how[1:] if fold else how
    if fold:
        column, value = func.lower(column), value.lower()
    kinds: dict[str, Callable[[str], Any]] = {
        "contains": lambda v: column.contains(v, autoescape=True),
        "startswith": lambda v: column.startswith(v, autoescape=True),
        "endswith": lambda v: column.endswith(v, autoescape=True),
        "exact": lambda v: column == v,
    }
    return statement.where(kinds[kind](value)) if kind in kinds else statement


def rows(
    call: Call,
    statement: Select[Any],
    columns: Mapping[str, Any],
    *,
    done: Collection[str] = (),
    maximum: int | None = None,
) -> tuple[list[Any], str | None]:
    """The rows the statement finds, narrowed and paged as asked, and the link of the next page.

    `done` are filters that the statement has in it already; a page holds no more than `maximum`.
    """
    statement = narrow(call, statement, {name: column for name, column in columns.items() if name not in done})
    found, more = page(call, call.session, statement, columns, (("id", "asc"),), maximum=maximum or _EVERYTHING)
    return found, next_link(call, found, more)


def collection(call: Call, name: str, items: Sequence[Any], following: str | None = None) -> dict[str, Any]:
    """A list with its links."""
    query = quote(call.request.query_string, safe=_SAFE + "?%")
    own = f"{call.settings.public_url}{quote(call.request.path, safe=_SAFE)}" + (f"?{query}" if query else "")
    return {name: items, "links": {"next": following, "self": own, "previous": None}}


def links(call: Call, path: str) -> dict[str, str]:
    """The "links" of one thing."""
    return {"self": call.url(f"/v3{quote(path, safe=_SAFE)}")}


def only(body: Mapping[str, Any], known: frozenset[str]) -> dict[str, Any]:
    """The attributes of a body that are not ours: they are kept and shown as they are."""
    extra = {key: value for key, value in body.items() if key not in known}
    extra.pop("links", None)
    return extra


def keep_id(body: Mapping[str, Any], own_id: str) -> None:
    """Raise BadRequest when a change names another id than that of the thing; null names none."""
    if body.get("id") is not None and body["id"] != own_id:
        raise BadRequest("Cannot change the id.", field="id")
