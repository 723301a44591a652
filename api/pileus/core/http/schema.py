"""JSON schemas: bodies and query strings are checked before a view sees them, and errors name the field."""

from collections.abc import Callable, Hashable, Iterator, Mapping
from functools import lru_cache
from itertools import islice
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import ValidationError, best_match
from jsonschema.validators import extend

from pileus.core.errors import BadRequest

MOST_ERRORS = 50  # errors that are looked at to name the one that says most; who sends thousands learns of one as well
_checker = FormatChecker()
_Keyword = Callable[[Any, Any, Any, Mapping[str, Any]], Iterator[ValidationError] | None]


def _crowded(instance: Any, schema: Mapping[str, Any]) -> bool:
    """Whether a list or an object is longer than it may be, so that its items need not be looked at."""
    if isinstance(instance, list):
        return len(instance) > int(schema.get("maxItems", len(instance)))
    return isinstance(instance, dict) and len(instance) > int(schema.get("maxProperties", len(instance)))


def _bounded(keyword: str) -> _Keyword:
    """A keyword about each item of a list or an object, which ends after some errors."""
    whole: _Keyword = Draft202012Validator.VALIDATORS[keyword]

    def some(validator: Any, value: Any, instance: Any, schema: Mapping[str, Any]) -> Iterator[ValidationError]:
        if not _crowded(instance, schema):
            yield from islice(whole(validator, value, instance, schema) or (), MOST_ERRORS)

    return some


def _unique(_validator: Any, value: Any, instance: Any, schema: Mapping[str, Any]) -> Iterator[ValidationError]:
    """The keyword uniqueItems, in one walk whatever the items are."""
    if not value or not isinstance(instance, list) or _crowded(instance, schema):
        return
    if len({_comparable(item) for item in instance}) < len(instance):
        yield ValidationError(f"{instance!r} has non-unique elements")


def _comparable(value: Any) -> Hashable:
    """What is equal for those values that are equal in JSON: 1 and 1.0 are, 1 and true are not."""
    if isinstance(value, dict):
        return dict, frozenset((key, _comparable(item)) for key, item in value.items())
    if isinstance(value, list):
        return list, tuple(_comparable(item) for item in value)
    return isinstance(value, bool), value


_EACH = ("items", "prefixItems", "additionalProperties", "patternProperties", "propertyNames")
_Validator: type[Draft202012Validator] = extend(  # type: ignore[no-untyped-call]
    Draft202012Validator, {"uniqueItems": _unique, **{keyword: _bounded(keyword) for keyword in _EACH}}
)


@lru_cache(maxsize=2048)
def _validator(_key: int, holder: "_Holder") -> Draft202012Validator:
    return _Validator(holder.schema, format_checker=_checker)


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
    errors = _validator(id(schema), _Holder(schema)).iter_errors(value)
    error = best_match(islice(errors, MOST_ERRORS))
    if error is None:
        return
    path = "/".join(str(part) for part in error.absolute_path)[:300]
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
