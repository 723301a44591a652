"""Request bodies: JSON decoded once, with clear errors for what is none."""

from typing import Any

import orjson
from flask import Request
from werkzeug.exceptions import ClientDisconnected, RequestEntityTooLarge

from pileus.core.errors import BadRequest, TooLarge, UnsupportedMediaType

MAX_BODY = 4 * 1024 * 1024  # bytes of a JSON body
MAX_DEPTH = 100  # objects and lists within each other; what is kept must be writable again, and that ends at 254


def decode(request: Request) -> Any:
    """The JSON body, or None where there is none.

    Raises BadRequest for broken JSON, NUL characters and lone surrogates (no database stores them) and for more than
    MAX_DEPTH levels, TooLarge beyond MAX_BODY and UnsupportedMediaType for a body of another type.
    """
    request.max_content_length = MAX_BODY  # holds for bodies that come in chunks, too
    try:
        raw = request.get_data(cache=False)
    except RequestEntityTooLarge:
        raise TooLarge(f"Request body is larger than {MAX_BODY} bytes.") from None
    except ClientDisconnected:
        raise BadRequest("Malformed request body: it ends too early.", field="body") from None
    if not raw:
        return None
    kind = request.mimetype
    if kind and kind != "application/json" and not kind.endswith("+json") and not kind.endswith("-json-patch"):
        raise UnsupportedMediaType(f"Unsupported content type {kind}; send application/json.")
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise BadRequest(f"Malformed request body: {error}", field="body") from None
    if raw.count(b"{") + raw.count(b"[") > MAX_DEPTH and _deep(value):
        raise BadRequest(f"Malformed request body: it is nested more than {MAX_DEPTH} levels deep.", field="body")
    if b"\\u0000" in raw and (where := _nul(value, "")):
        raise BadRequest(f"Invalid input for field/attribute {where}: it holds a NUL character.", field=where)
    return value


def _deep(value: Any) -> bool:
    """Whether a body has more than MAX_DEPTH levels."""
    level = [value]
    for _ in range(MAX_DEPTH + 1):
        level = [
            inner
            for item in level
            if isinstance(item, (dict, list))
            for inner in (item.values() if isinstance(item, dict) else item)
        ]
    return bool(level)


def _nul(value: Any, path: str) -> str | None:
    """Where in the body a NUL character stands, or None."""
    if isinstance(value, str):
        return (path or "body") if "\0" in value else None
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in inner:
        here = f"{path}/{key}".strip("/")
        if "\0" in str(key):
            return here.replace("\0", "\ufffd")
        if found := _nul(item, here):
            return found
    return None
