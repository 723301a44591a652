"""Replies: JSON at speed, and whatever else a view wants to send."""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson
from flask import Response


@dataclass(frozen=True)
class Reply:
    """A body with its own status and headers; `body` is JSON-able, str, bytes, an iterable of bytes (stream) or None."""

    body: Any = None
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    content_type: str = "application/json"
    stream: Iterable[bytes] | None = None


def _default(value: Any) -> Any:
    if isinstance(value, dt.datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(value, (set, frozenset, tuple)):
        return list(value)
    raise TypeError(f"{type(value).__name__} is not JSON")


def dump(value: Any) -> bytes:
    """JSON bytes; datetimes are UTC seconds with a Z."""
    return orjson.dumps(value, default=_default, option=orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_NON_STR_KEYS)


def respond(result: Any, status: int) -> Response:
    """What a view returned, as a Flask response."""
    reply = result if isinstance(result, Reply) else Reply(result)
    code = reply.status or status
    if reply.stream is not None:
        response = Response(reply.stream, code, content_type=reply.content_type, direct_passthrough=True)
    elif reply.body is None:
        response = Response(b"", code)
        if code == 204:
            response.headers.pop("Content-Type", None)
    else:
        raw = reply.body if isinstance(reply.body, (bytes, str)) else dump(reply.body)
        response = Response(raw, code, content_type=reply.content_type)
    response.headers.update(reply.headers)
    return response
