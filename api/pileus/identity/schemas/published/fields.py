"""The pieces of which published answers are made; the shapes are those of Keystone's own response schemas."""

from typing import Any

from pileus.core.service import Published

Schema = dict[str, Any]
Table = dict[tuple[str, str], Published]

TEXT: Schema = {"type": "string"}
MAYBE: Schema = {"type": ["string", "null"]}
NAME: Schema = {"type": "string", "minLength": 1, "maxLength": 255}
ID: Schema = {"type": "string", "minLength": 1, "maxLength": 64}
MAYBE_ID: Schema = {"type": ["string", "null"], "maxLength": 64}
FLAG: Schema = {"type": "boolean"}
URI: Schema = {"type": "string", "format": "uri"}
COUNT: Schema = {"type": "integer", "minimum": -1}
MOMENT: Schema = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?Z$"}
MAYBE_MOMENT: Schema = {**MOMENT, "type": ["string", "null"]}
IMMUTABLE: Schema = {"type": "object", "properties": {"immutable": FLAG}, "additionalProperties": False}
SELF: Schema = {"type": "object", "properties": {"self": URI}, "required": ["self"], "additionalProperties": False}
LINKS: Schema = {
    "title": "Links",
    "type": "object",
    "properties": {"self": URI, "next": {"type": ["string", "null"]}, "previous": {"type": ["string", "null"]}},
    "required": ["self", "next", "previous"],
    "additionalProperties": False,
}
NAMED: Schema = {"type": "object", "properties": {"id": ID, "name": NAME}, "required": ["id", "name"]}


def exactly(**properties: Schema) -> Schema:
    """An object with all of these properties and no others."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def thing(title: str, always: Schema, sometimes: Schema | None = None, *, closed: bool = False) -> Schema:
    """A noun: what is always shown, and what only now and then; open where further attributes are kept for clients."""
    found: Schema = {
        "title": title,
        "type": "object",
        "properties": {**always, **(sometimes or {})},
        "required": list(always),
    }
    return {**found, "additionalProperties": False} if closed else found


def one(key: str, schema: Schema) -> Published:
    """The answer with one thing."""
    return Published(exactly(**{key: schema}))


def many(key: str, schema: Schema, *filters: str, paged: bool = True) -> Published:
    """The answer with a list of things, which the query string narrows by `filters`."""
    found = exactly(**{key: {"type": "array", "items": schema}, "links": LINKS})
    found["properties"]["truncated"] = FLAG
    return Published(found, query={**narrowing(*filters), **(PAGES if paged else {})})


def narrowing(*names: str) -> Schema:
    """Query parameters that narrow a list to what has exactly this value."""
    return {name: {"type": "string"} for name in names}


PAGES: Schema = {
    "limit": {"type": "integer", "minimum": 0, "description": "How many to show at most."},
    "marker": {"type": "string", "description": "The id after which the page begins."},
    "sort_key": {"type": "string"},
    "sort_dir": {"enum": ["asc", "desc"]},
}
SWITCH: Schema = {"type": "string", "description": "On, unless it is 0, false, no or off."}


def crud(path: str, argument: str, key: str, plural: str, schema: Schema, *filters: str) -> Table:
    """List, make, show and change: the four answers that most nouns have."""
    shown = one(key, schema)
    return {
        ("GET", path): many(plural, schema, *filters),
        ("POST", path): shown,
        ("GET", f"{path}/<{argument}>"): shown,
        ("PATCH", f"{path}/<{argument}>"): shown,
    }
