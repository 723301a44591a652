"""Pages: limit, marker and sort keys over any select, by keyset."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote, urlencode

from sqlalchemy import Select, and_, false, or_, true
from sqlalchemy.orm import Session

from pileus.core.errors import BadRequest
from pileus.core.http.call import Call

MAX_LIMIT = 1000


def limit_of(call: Call, maximum: int = MAX_LIMIT) -> int | None:
    """The page size asked for, at most `maximum`; None where none was asked for."""
    raw = call.query.get("limit")
    if raw is None:
        return None
    if not raw.isascii() or not raw.isdigit():
        raise BadRequest(f"limit must be a non-negative integer, not {raw!r}", field="limit")
    return min(int(raw), maximum)


def sort_of(call: Call, default: Sequence[tuple[str, str]], allowed: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The (key, direction) pairs asked for by ``sort=key:dir,...`` or sort_key/sort_dir, then the default ones."""
    if text := call.query.get("sort"):
        pairs = [(part.partition(":")[0].strip(), part.partition(":")[2].strip() or "desc") for part in text.split(",")]
    else:
        directions = call.query.getlist("sort_dir")
        keys = call.query.getlist("sort_key")
        fallback = directions[-1] if directions else (default[0][1] if default else "desc")
        pairs = [(key, directions[i] if i < len(directions) else fallback) for i, key in enumerate(keys)]
        if not keys and directions:
            pairs = [(key, directions[0]) for key, _ in default]
    for key, direction in pairs:
        if key not in allowed:
            raise BadRequest(f"sort key {key!r} is not one of {', '.join(sorted(allowed))}", field="sort_key")
        if direction not in ("asc", "desc"):
            raise BadRequest(f"sort direction {direction!r} is neither asc nor desc", field="sort_dir")
    named = {key for key, _ in pairs}
    return pairs + [(key, direction) for key, direction in default if key not in named]


def page(
    call: Call,
    session: Session,
    statement: Select[Any],
    columns: Mapping[str, Any],
    default: Sequence[tuple[str, str]] = (("created_at", "desc"), ("id", "desc")),
    *,
    maximum: int = MAX_LIMIT,
    scalars: bool = True,
) -> tuple[list[Any], bool]:
    """The rows of the page asked for, and whether more follow.

    `columns` maps the sort keys a client may use to mapped columns and must have "id". Raises BadRequest for a marker that
    is not among the rows the statement finds.
    """
    order = sort_of(call, default, columns)
    if "id" not in {key for key, _ in order}:
        order.append(("id", order[-1][1] if order else "asc"))
    limit = limit_of(call, maximum)
    size = maximum if limit is None else limit
    if marker := call.query.get("marker"):
        at = session.execute(
            statement.with_only_columns(*(columns[k] for k, _ in order)).where(columns["id"] == marker)
        ).first()
        if at is None:
            raise BadRequest(f"marker [{marker}] not found", field="marker")
        statement = statement.where(_after([columns[k] for k, _ in order], [d for _, d in order], list(at)))
    statement = statement.order_by(
        *(columns[k].asc().nulls_first() if d == "asc" else columns[k].desc().nulls_last() for k, d in order)
    )
    result = session.execute(statement.limit(size + 1))
    rows: list[Any] = list(result.scalars() if scalars else result)
    return rows[:size], len(rows) > size


def _after(columns: list[Any], directions: list[str], values: list[Any]) -> Any:
    """The rows that come after `values` in the order given; NULL counts as the smallest."""
    terms = []
    for i, (column, direction, value) in enumerate(zip(columns, directions, values, strict=True)):
        same = [c.is_(None) if v is None else c == v for c, v in zip(columns[:i], values[:i], strict=True)]
        if value is None:
            beyond = column.is_not(None) if direction == "asc" else false()
        elif direction == "asc":
            beyond = column > value
        else:
            beyond = or_(column < value, column.is_(None))
        terms.append(and_(true(), *same, beyond))
    return or_(*terms)


def next_link(call: Call, rows: Sequence[Any], more: bool, marker: str = "id") -> str | None:
    """The URL of the next page, or None on the last one."""
    if not more or not rows:
        return None
    last = rows[-1]
    value = last[marker] if isinstance(last, dict) else getattr(last, marker)
    arguments = call.query.copy()
    arguments["marker"] = value
    return f"{call.settings.public_url}{quote(call.request.path)}?{urlencode(list(arguments.items(multi=True)))}"
