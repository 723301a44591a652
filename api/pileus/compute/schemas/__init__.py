"""JSON schemas of compute, one module for each noun; pieces that several nouns use stand here."""

from typing import Any

NAME = {"type": "string", "minLength": 1, "maxLength": 255, "pattern": r"^(?!\s)[^\x00-\x08\x0b\x0c\x0e-\x1f]*(?<!\s)$"}
LOOSE_NAME = {"type": "string", "minLength": 1, "maxLength": 255, "pattern": r"\S"}
UUID = {"type": "string", "pattern": "^[0-9a-fA-F]{8}-?([0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}$"}
MOST = 2**31 - 1  # what a column of integers holds
COUNT = {
    "anyOf": [{"type": "integer", "minimum": 1, "maximum": MOST}, {"type": "string", "pattern": "^[1-9][0-9]{0,8}$"}]
}
SIZE = {"anyOf": [{"type": "integer", "minimum": 0, "maximum": MOST}, {"type": "string", "pattern": "^[0-9]{1,9}$"}]}
LIMIT = {
    "anyOf": [{"type": "integer", "minimum": -1, "maximum": MOST}, {"type": "string", "pattern": "^(-1|[0-9]{1,9})$"}]
}
BOOLEAN = {"enum": [True, False, "true", "false", "True", "False", "TRUE", "FALSE", "1", "0", "on", "off", "yes", "no"]}
METADATA = {
    "type": "object",
    "propertyNames": {"minLength": 1, "maxLength": 255},
    "additionalProperties": {"type": "string", "maxLength": 255},
}
TAG = {"type": "string", "minLength": 1, "maxLength": 60, "pattern": "^[^,/]*$"}


def wrapped(name: str, properties: dict[str, Any], required: list[str], strict: bool = True) -> dict[str, Any]:
    """The schema of {name: {...}}."""
    inner = {"type": "object", "properties": properties, "required": required, "additionalProperties": not strict}
    return {"type": "object", "properties": {name: inner}, "required": [name], "additionalProperties": False}


def true(value: Any) -> bool:
    """A boolean as clients write it."""
    return str(value).lower() in ("true", "1", "on", "yes")
