"""The kinds of values that the network API takes, and how bodies are made of them."""

from collections.abc import Mapping, Sequence
from typing import Any

Schema = dict[str, Any]

TEXT: Schema = {"type": "string", "maxLength": 255}
ID: Schema = {"type": "string", "minLength": 1, "maxLength": 64}
MAYBE_ID: Schema = {"type": ["string", "null"], "maxLength": 64}
BOOL: Schema = {"type": "boolean"}
ADDRESS: Schema = {"type": "string", "minLength": 2, "maxLength": 64}
MAYBE_ADDRESS: Schema = {"type": ["string", "null"], "maxLength": 64}
VERSION: Schema = {"type": "integer", "enum": [4, 6]}
LENGTH: Schema = {"type": "integer", "minimum": 0, "maximum": 128}
TAGS: Schema = {
    "type": "array",
    "maxItems": 50,
    "items": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[^,/]*$"},
}
ZONES: Schema = {"type": "array", "maxItems": 10, "items": TEXT}
ROUTES: Schema = {
    "type": ["array", "null"],
    "maxItems": 200,
    "items": {
        "type": "object",
        "properties": {"destination": ADDRESS, "nexthop": ADDRESS},
        "required": ["destination", "nexthop"],
        "additionalProperties": False,
    },
}
FIXED_IPS: Schema = {
    "type": "array",
    "maxItems": 20,
    "items": {
        "type": "object",
        "properties": {"subnet_id": MAYBE_ID, "ip_address": MAYBE_ADDRESS},
        "additionalProperties": False,
    },
}
OWNER: Schema = {"project_id": ID, "tenant_id": ID}


def thing(properties: Mapping[str, Schema], required: Sequence[str] = ()) -> Schema:
    """An object with these attributes and no others."""
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(required),
        "additionalProperties": False,
    }


def one(name: str, schema: Schema) -> Schema:
    """The body that holds one resource: {"network": {...}}."""
    return {"type": "object", "properties": {name: schema}, "required": [name], "additionalProperties": False}


def one_or_many(name: str, plural: str, schema: Schema) -> Schema:
    """The body that holds one resource or a list of them: {"network": {...}} or {"networks": [{...}]}."""
    return {
        "type": "object",
        "properties": {name: schema, plural: {"type": "array", "items": schema, "minItems": 1, "maxItems": 200}},
        "minProperties": 1,
        "maxProperties": 1,
        "additionalProperties": False,
    }
