"""What a list of images can be filtered and sorted by."""

import datetime as dt
import shlex
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from sqlalchemy import Select, false, func

from pileus.core.context import Context
from pileus.core.errors import BadRequest
from pileus.image.models import Image, ImageTag
from pileus.image.operations.images import listed
from pileus.image.schemas import VISIBILITIES

SORTABLE: dict[str, Any] = {
    "name": Image.name,
    "status": Image.status,
    "container_format": Image.container_format,
    "disk_format": Image.disk_format,
    "size": Image.size,
    "virtual_size": Image.virtual_size,
    "id": Image.id,
    "created_at": Image.created_at,
    "updated_at": Image.updated_at,
    "owner": Image.project_id,
    "visibility": Image.visibility,
    "min_disk": Image.min_disk,
    "min_ram": Image.min_ram,
    "checksum": Image.checksum,
}
PAGING = frozenset({"limit", "marker", "sort", "sort_key", "sort_dir", "visibility", "member_status"})
MANY = frozenset({"id", "name", "status", "container_format", "disk_format"})  # accept in:a,b
WHOLE: dict[str, Any] = {"size": Image.size, "min_disk": Image.min_disk, "min_ram": Image.min_ram}
TEXT: dict[str, Any] = {
    **{key: SORTABLE[key] for key in ("id", "name", "status", "container_format", "disk_format", "owner", "checksum")},
    "os_hash_value": Image.hash_value,
}
COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    "gt": lambda column, value: column > value,
    "gte": lambda column, value: column >= value,
    "lt": lambda column, value: column < value,
    "lte": lambda column, value: column <= value,
    "eq": lambda column, value: column == value,
    "neq": lambda column, value: column != value,
}


def listing(context: Context, query: Mapping[str, list[str]]) -> Select[Image]:
    """The statement for GET /v2/images; raises BadRequest that names the filter."""
    visibility = _last(query, "visibility", None)
    if visibility is not None and visibility not in (*VISIBILITIES, "all"):
        raise BadRequest(f"Invalid visibility value: {visibility}", field="visibility")
    member_status = _last(query, "member_status", None) or "accepted"
    if member_status not in ("pending", "accepted", "rejected", "all"):
        raise BadRequest(f"Invalid status: {member_status}", field="member_status")
    statement = listed(context, visibility, member_status)
    hidden = _boolean("os_hidden", _last(query, "os_hidden", "false") or "")
    statement = statement.where(Image.hidden.is_(hidden))
    for key, values in query.items():
        if key not in PAGING and key != "os_hidden":
            statement = statement.where(*_terms(key, values))
    return statement


def _last(query: Mapping[str, list[str]], key: str, default: str | None) -> str | None:
    return query[key][-1] if query.get(key) else default


def _terms(key: str, values: list[str]) -> Iterable[Any]:
    """The conditions that one filter sets."""
    value = values[-1]
    if key == "tag":
        return [Image.tags.any(ImageTag.tag == tag) for tag in values]
    if key in ("size_min", "size_max"):
        bound = _number(key, value)
        return [Image.size >= bound if key == "size_min" else Image.size <= bound]
    if key in WHOLE:
        return [WHOLE[key] == _number(key, value)]
    if key == "protected":
        return [Image.protected.is_(_boolean(key, value))]
    if key in ("created_at", "updated_at"):
        return [_moment(key, value)]
    if key in TEXT:
        if key in MANY and value.startswith("in:"):
            return [TEXT[key].in_(_split(key, value[3:]))]
        return [TEXT[key] == value]
    if '"' in key or "\\" in key:
        return [false()]
    return [Image.properties[key].as_string() == value]


def _split(key: str, text: str) -> list[str]:
    """The values of in:a,"b,c"."""
    lexer = shlex.shlex(text, posix=True)
    lexer.whitespace, lexer.whitespace_split, lexer.commenters, lexer.quotes = ",", True, "", '"'
    try:
        return list(lexer)
    except ValueError as error:
        raise BadRequest(f"Invalid filter value {text}: {error}", field=key) from None


def _number(key: str, text: str) -> int:
    if not text.isascii() or not text.isdigit():
        raise BadRequest(f"Filter {key} must be a non-negative integer, not {text!r}", field=key)
    return min(int(text), 2**62)


def _boolean(key: str, text: str) -> bool:
    known = {"true": True, "1": True, "false": False, "0": False}
    if text.lower() not in known:
        raise BadRequest(f"Filter {key} must be true or false, not {text!r}", field=key)
    return known[text.lower()]


def _moment(key: str, text: str) -> Any:
    operator, colon, value = text.partition(":")
    if not colon or operator not in COMPARE:
        operator, value = "eq", text
    try:
        moment = dt.datetime.fromisoformat(value)
    except ValueError:
        raise BadRequest(f"Filter {key}: {value!r} is not an ISO 8601 time", field=key) from None
    if moment.tzinfo is not None:
        moment = moment.astimezone(dt.UTC).replace(tzinfo=None)
    column = Image.created_at if key == "created_at" else func.coalesce(Image.updated_at, Image.created_at)
    return COMPARE[operator](column, moment)
