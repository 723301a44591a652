"""Bodies about limits."""

from typing import Any

from pileus.identity.schemas.fields import MAYBE_TEXT, NAME, REFERENCE, Schema

_VALUE = {"type": "integer", "minimum": -1, "maximum": 2147483647}
_REGION = {"type": ["string", "null"], "maxLength": 255}
_OWNER = {"type": ["string", "null"], "maxLength": 64}
_REGISTERED = {
    "service_id": REFERENCE,
    "region_id": _REGION,
    "resource_name": NAME,
    "default_limit": _VALUE,
    "description": MAYBE_TEXT,
}
_LIMIT = {
    "service_id": REFERENCE,
    "region_id": _REGION,
    "resource_name": NAME,
    "resource_limit": _VALUE,
    "project_id": _OWNER,
    "domain_id": _OWNER,
    "description": MAYBE_TEXT,
}


def _object(properties: Schema, required: list[str] | None = None) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": required or [], "additionalProperties": False}


def _wrapped(key: str, inner: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": {key: inner}, "required": [key]}


def _many(key: str, item: dict[str, Any]) -> dict[str, Any]:
    return _wrapped(key, {"type": "array", "items": item, "minItems": 1, "maxItems": 1000})


CREATE_REGISTERED = _many("registered_limits", _object(_REGISTERED, ["service_id", "resource_name", "default_limit"]))
UPDATE_REGISTERED = _wrapped("registered_limit", _object(_REGISTERED))
CREATE_LIMITS = _many("limits", _object(_LIMIT, ["service_id", "resource_name", "resource_limit"]))
UPDATE_LIMIT = _wrapped("limit", _object({"resource_limit": _VALUE, "description": MAYBE_TEXT}))
