"""Users and groups of domains that have a directory: it is asked before the rows are shown."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import JSON, ColumnElement, Select, func, literal, or_, select

from pileus.core.errors import NotFound
from pileus.core.http.call import Call
from pileus.identity.models import Group, User
from pileus.identity.operations import directories
from pileus.identity.views.listing import narrow, rows

Model = type[User] | type[Group]
_HOW = {"": "equals", "exact": "equals", "contains": "contains", "startswith": "startswith", "endswith": "endswith"}


def of_domain(
    call: Call, model: Model, statement: Select[Any], columns: Mapping[str, Any], domain_id: str
) -> tuple[list[Any], str | None]:
    """The users (or groups) of one domain that a statement finds, filtered and paged, and the link of the next page.

    A directory applies filters by name itself. `list_limit` in the domain's configuration bounds the page.
    """
    limit = directories.list_limit(call.session, domain_id)
    kind = _kind(model)
    found = directories.listed(call.session, call.database, call.settings, domain_id, kind, _names(call))
    if found is None:
        return rows(call, statement, columns, maximum=limit)
    own = narrow(call, select(model.id).where(model.source != directories.LDAP), {"name": model.name})
    statement = statement.where(model.domain_id == domain_id, or_(model.id.in_(own), _among(call, model.id, found)))
    return rows(call, statement, columns, done=("name",), maximum=limit)


def see(call: Call, row: User | Group) -> None:
    """Look again in the directory before a user or a group is shown; raises NotFound when it is not there any more."""
    _or_gone(row, directories.still_there(call.session, call.database, call.settings, row))


def see_groups(call: Call, user: User) -> None:
    """Look again in the directory before a user's groups are shown."""
    _or_gone(user, directories.ask_groups(call.session, call.database, call.settings, user))


def see_members(call: Call, group: Group) -> None:
    """Look again in the directory before a group's members are shown."""
    _or_gone(group, directories.ask_members(call.session, call.database, call.settings, group))


def _kind(model: Model) -> str:
    return "user" if model is User else "group"


def _or_gone(row: User | Group, there: bool) -> None:
    if not there:
        raise NotFound(f"Could not find {_kind(type(row))}: {row.id}.")


def _names(call: Call) -> list[tuple[str, str]]:
    """The filters by name in the query string; a directory knows no difference between big and small letters."""
    found = []
    for key, value in call.query.items():
        name, _, how = key.partition("__")
        if name == "name" and how.removeprefix("i") in _HOW:
            found.append((_HOW[how.removeprefix("i")], value))
    return found


def _among(call: Call, column: Any, ids: list[str]) -> ColumnElement[bool]:
    """Whether a column is one of ever so many ids, which travel as one JSON list."""
    sqlite = call.session.get_bind().dialect.name == "sqlite"
    each: Any = func.json_each if sqlite else func.json_array_elements_text
    inside: ColumnElement[bool] = column.in_(select(each(literal(ids, JSON())).table_valued("value").c.value))
    return inside
