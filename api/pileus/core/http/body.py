"""Request bodies: JSON decoded once, with clear errors for what is none."""

import re
from itertools import islice
from typing import Any

import orjson
from flask import Request
from werkzeug.exceptions import ClientDisconnected, RequestEntityTooLarge

from pileus.core.errors import BadRequest, TooLarge, UnsupportedMediaType

MAX_BODY = 4 * 1024 * 1024  # bytes of a JSON body, where neither its route nor its service says less
MAX_VALUES = 10_000  # values in a body: each is looked at, also those of callers of whom nothing is known yet
MAX_DEPTH = 100  # objects and lists within each other; what is kept must be writable again, and that ends at 254

# Strings (an unfinished one to its end) and what comes before each further value.
_TOKEN = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?|,|[\[{](?!\s*+[\]}])', re.DOTALL)
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*+\\u0000")  # an even number of backslashes before it are so many of themselves


def decode(request: Request, limit: int = MAX_BODY) -> Any:
    """The JSON body, or None where there is none.

    Raises BadRequest for broken JSON, NUL characters and lone surrogates (no database stores them) and for more than
    MAX_DEPTH levels, TooLarge beyond `limit` bytes or MAX_VALUES and UnsupportedMediaType for a body of another type.
    """
    request.max_content_length = limit  # holds for bodies that come in chunks, too
    try:
        raw = request.get_data(cache=False)
    except RequestEntityTooLarge:
        raise TooLarge(f"Request body is larger than {limit} bytes.") from None
    except ClientDisconnected:
        raise BadRequest("Malformed request body: it ends too early.", field="body") from None
    if not raw:
        return None
    kind = request.mimetype
    if kind and kind != "application/json" and not kind.endswith("+json") and not kind.endswith("-json-patch"):
        raise UnsupportedMediaType(f"Unsupported content type {kind}; send application/json.")
    if _crowded(raw):
        raise TooLarge(f"Request body holds more than {MAX_VALUES} values.")
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise BadRequest(f"Malformed request body: {error}", field="body") from None
    if raw.count(b"{") + raw.count(b"[") > MAX_DEPTH and _deep(value):
        raise BadRequest(f"Malformed request body: it is nested more than {MAX_DEPTH} levels deep.", field="body")
    if b"\\u0000" in raw and _NUL.search(raw):
        where = "/".join(_nul(value) or ())[:300] or "body"
        raise BadRequest(f"Invalid input for field/attribute {where}: it holds a NUL character.", field=where)
    return value


def _crowded(raw: bytes) -> bool:
    """Whether more than MAX_VALUES values are in the lists and objects of JSON; told before any of them is made."""
    if raw.count(b",") + raw.count(b"[") + raw.count(b"{") <= MAX_VALUES:
        return False
    tokens = islice(_TOKEN.finditer(raw), 3 * MAX_VALUES + 3)  # a value has two strings at most, its key and itself
    return sum(raw[token.start()] != ord('"') for token in tokens) > MAX_VALUES


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


def _nul(value: Any) -> tuple[str, ...] | None:
    """Where in the body a NUL character stands, or None."""
    if isinstance(value, str):
        return () if "\0" in value else None
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in inner:
        name = str(key)
        if "\0" in name:
            return (name.replace("\0", "\ufffd"),)
        if (found := _nul(item)) is not None:
            return (name, *found)
    return None
