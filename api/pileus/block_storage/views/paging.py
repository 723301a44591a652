"""Pages of volumes and snapshots, with the links and counts their clients expect."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Select, func, select

from pileus.block_storage import schemas
from pileus.core.errors import BadRequest, NotFound
from pileus.core.http.call import Call
from pileus.core.http.page import limit_of, next_link, page


def listed(
    call: Call, statement: Select[Any], sortable: Mapping[str, Any], name: str
) -> tuple[Sequence[Any], dict[str, Any]]:
    """The rows of the page asked for, and what stands beside them in the body.

    A full page always has a link to a next one, also when that one will be empty: clients of this API stop at the
    first page that is not full. Raises NotFound for a marker that is not there.
    """
    try:
        rows, more = page(call, call.session, statement, sortable)
    except BadRequest as bad:
        if bad.field == "marker":
            raise NotFound(bad.message, field="marker") from None
        raise
    extra: dict[str, Any] = {}
    limit = limit_of(call)
    if onward := next_link(call, rows, more or len(rows) == limit):
        extra[f"{name}_links"] = [{"rel": "next", "href": onward}]
    if call.at_least(3, 45) and schemas.truth(call.query.get("with_count", "")):
        counted = statement.with_only_columns(sortable["id"]).order_by(None).limit(None).offset(None).subquery()
        extra["count"] = call.session.execute(select(func.count()).select_from(counted)).scalar_one()
    return rows, extra
