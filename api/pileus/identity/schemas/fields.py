"""The pieces of which the schemas of the identity API are made."""

from typing import Any

Schema = dict[str, Any]

NAME: Schema = {"type": "string", "minLength": 1, "maxLength": 255, "pattern": r"[\S]"}
ID: Schema = {"type": "string", "minLength": 1, "maxLength": 64, "pattern": r"^[a-zA-Z0-9-]+$"}
REFERENCE: Schema = {"type": "string", "minLength": 1, "maxLength": 64}
MAYBE_REFERENCE: Schema = {"type": ["string", "null"], "maxLength": 64}
MAYBE_TEXT: Schema = {"type": ["string", "null"], "maxLength": 65535}
BOOLEAN: Schema = {"type": "boolean"}
TAG: Schema = {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[^,/]*$"}
TAGS: Schema = {"type": "array", "items": TAG, "maxItems": 80, "uniqueItems": True}
URL: Schema = {"type": "string", "minLength": 1, "maxLength": 4096, "pattern": "^[a-zA-Z][a-zA-Z0-9+.-]*://[^\\s]+$"}
IMMUTABLE: Schema = {
    "type": "object",
    "properties": {"immutable": {"type": ["boolean", "null"]}},
    "additionalProperties": False,
}


def body(key: str, properties: Schema, required: list[str] | None = None, *, closed: bool = False) -> Schema:
    """The schema of {key: {...}}; unless it is closed, further attributes are welcome."""
    inner: Schema = {"type": "object", "properties": properties}
    if required:
        inner["required"] = required
    if closed:
        inner["additionalProperties"] = False
    return {"type": "object", "properties": {key: inner}, "required": [key]}


def change(key: str, properties: Schema) -> Schema:
    """The schema of a body that changes something: one attribute at least."""
    schema = body(key, properties)
    schema["properties"][key]["minProperties"] = 1
    return schema
