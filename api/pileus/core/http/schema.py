"""JSON schemas: bodies and query strings are checked before a view sees them, and errors name the field."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import best_match

from pileus.core.errors import BadRequest

_checker = FormatChecker()


@lru_cache(maxsize=2048)
def _validator(_key: int, holder: "_Holder") -> Draft202012Validator:
    return Draft202012Validator(holder.schema, format_checker=_checker)


class _Holder:
    """Keeps an unhashable schema beside its cached validator."""

    def __init__(self, schema: Mapping[str, Any]) -> None:
        self.schema = schema

    def __hash__(self) -> int:
        return id(self.schema)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Holder) and other.schema is self.schema


def check(value: Any, schema: Mapping[str, Any], what: str = "body") -> None:
    """Raise BadRequest that names the field unless `value` fits the schema."""
    error = best_match(_validator(id(schema), _Holder(schema)).iter_errors(value))
    if error is None:
        return
    path = "/".join(str(part) for part in error.absolute_path)
    shown = repr(error.instance)
    shown = shown if len(shown) <= 100 else shown[:100] + "..."
    if not path:
        raise BadRequest(f"Invalid input for {what}: {error.message[:300]}", field=what)
    raise BadRequest(f"Invalid input for field/attribute {path}. Value: {shown}. {error.message[:300]}", field=path)


def query_object(schema: Mapping[str, Any], arguments: Mapping[str, list[str]]) -> dict[str, Any]:
    """The query string as the object that the schema describes: arrays stay lists, other values are the last one given."""
    properties: Mapping[str, Any] = schema.get("properties", {})
    return {
        name: values if properties.get(name, {}).get("type") == "array" else values[-1]
        for name, values in arguments.items()
    }
