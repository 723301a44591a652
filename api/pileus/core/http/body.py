"""Request bodies: JSON decoded once, with clear errors for what is none."""

from typing import Any

import orjson
from flask import Request

from pileus.core.errors import BadRequest, TooLarge, UnsupportedMediaType

MAX_BODY = 4 * 1024 * 1024  # bytes of a JSON body


def decode(request: Request) -> Any:
    """The JSON body, or None where there is none.

    Raises BadRequest for broken JSON, NUL characters and lone surrogates (no database stores them), TooLarge beyond
    MAX_BODY and UnsupportedMediaType for a body of another type.
    """
    if (request.content_length or 0) > MAX_BODY:
        raise TooLarge(f"Request body is larger than {MAX_BODY} bytes.")
    raw = request.get_data(cache=False)
    if not raw:
        return None
    kind = request.mimetype
    if kind and kind != "application/json" and not kind.endswith("+json") and not kind.endswith("-json-patch"):
        raise UnsupportedMediaType(f"Unsupported content type {kind}; send application/json.")
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise BadRequest(f"Malformed request body: {error}", field="body") from None
    if b"\\u0000" in raw and (where := _nul(value, "")):
        raise BadRequest(f"Invalid input for field/attribute {where}: it holds a NUL character.", field=where)
    return value


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
