"""Bodies that are made to cost much: each is refused, or taken, before anybody waits for it."""

import time
from collections.abc import Callable
from typing import Any

import pytest
from flask import Request
from werkzeug.test import EnvironBuilder

from pileus.core.errors import BadRequest, Fault, TooLarge
from pileus.core.http import schema
from pileus.core.http.body import MAX_BODY, MAX_VALUES, decode

HALF = MAX_BODY // 2
MANY = 9_900
LIST = {"type": "array", "maxItems": 80, "uniqueItems": True, "items": {"type": "string"}}


def read(raw: bytes, limit: int = MAX_BODY) -> Any:
    environ = EnvironBuilder(method="POST", data=raw, content_type="application/json").get_environ()
    return decode(Request(environ), limit)


def listed(item: bytes, number: int = MANY) -> bytes:
    return b"[" + b",".join([item] * number) + b"]"


def in_time(what: Callable[[], Any]) -> Any:
    """What it answers with, or the fault that it raises; within a time that leaves room for a busy machine."""
    started = time.process_time()
    try:
        return what()
    except Fault as fault:
        return fault
    finally:
        assert time.process_time() - started < 0.5


@pytest.mark.parametrize(
    ("raw", "kind"),
    [
        (listed(b"1", HALF - 8), TooLarge),
        (listed(b"[]", MAX_BODY // 3 - 8), TooLarge),
        (listed(b'""', MAX_BODY // 3 - 8), TooLarge),
        (b"{" + b",".join(b'"%x":0' % number for number in range(400_000)) + b"}", TooLarge),
        (b"[" * MAX_BODY, TooLarge),
        (b"[ " * HALF, TooLarge),
        (b'"",' * (MAX_BODY // 3), TooLarge),
        (b'""' * HALF, BadRequest),
        (b'"' + b'\\"' * (HALF - 8) + b"," * 12, BadRequest),
        (b"{" + b" " * (MAX_BODY - 8) + b",", BadRequest),
        (b'"' + b"\\\\" * (HALF - 8) + b'\\u0000"', BadRequest),
        (b'{"' + b"k" * HALF + b'": [' + b"1," * 9000 + b'"\\u0000"]}', BadRequest),
        (b'["' + b"x" * MAX_BODY + b'"]', TooLarge),
    ],
    ids=range(13),
)
def test_what_is_too_much_is_refused_before_it_is_read(raw: bytes, kind: type[Fault]) -> None:
    fault = in_time(lambda: read(raw))
    assert type(fault) is kind and len(fault.message) < 500


def test_values_are_counted_and_not_what_looks_like_them() -> None:
    assert len(read(listed(b"1", MAX_VALUES))) == MAX_VALUES
    assert len(read(listed(b"[ ]", MAX_VALUES))) == MAX_VALUES
    assert read(listed(b'{"a": 1}', MAX_VALUES // 2))[-1] == {"a": 1}
    for raw in (listed(b"1", MAX_VALUES + 1), listed(b'{"a": 1}', MAX_VALUES // 2 + 1)):
        with pytest.raises(TooLarge, match="values"):
            read(raw)
    text = '[{,"\\' * 20_000
    assert read(b'["' + text.replace("\\", "\\\\").replace('"', '\\"').encode() + b'"]') == [text]


def test_a_nul_is_told_from_a_text_that_speaks_of_one() -> None:
    assert read(rb'{"a": "\\u0000"}') == {"a": "\\u0000"}
    for raw, where in (
        (rb'{"a": ["\\\u0000"]}', "a/0"),
        (rb'"\u0000"', "body"),
        (rb'{"a": {"\u0000": 1}}', "a/\ufffd"),
    ):
        with pytest.raises(BadRequest, match="NUL") as fault:
            read(raw)
        assert fault.value.field == where


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        (["a", *range(MANY)], LIST),
        ([1] * MANY, LIST),
        ([1] * MANY, {**LIST, "maxItems": MANY}),
        (["a", *range(MANY), "a"], {"uniqueItems": True}),
        ([{"a": number % 7000} for number in range(MANY // 2)] * 2, {"uniqueItems": True}),
        ([1] * MANY, {"anyOf": [{"items": {"type": "string"}}, {"items": {"type": "object"}}]}),
        ([[1] * 90] * 100, {"items": {"items": {"type": "string"}}}),
        ({str(number): 1 for number in range(MANY)}, {"additionalProperties": {"type": "string"}}),
        ({str(number): 1 for number in range(MANY)}, {"patternProperties": {"^[0-9]+$": {"type": "string"}}}),
        ({str(number): 1 for number in range(MANY)}, {"additionalProperties": False}),
        ({str(number): 1 for number in range(MANY)}, {"propertyNames": {"maxLength": 0}}),
        ({str(number): 1 for number in range(MANY)}, {"maxProperties": 5, "additionalProperties": {"enum": ["x"]}}),
    ],
    ids=range(12),
)
def test_one_error_is_as_good_as_thousands(value: Any, wanted: dict[str, Any]) -> None:
    fault = in_time(lambda: schema.check(value, wanted))
    assert isinstance(fault, BadRequest) and len(fault.message) < 500


def test_a_list_that_is_too_long_is_told_so_and_nothing_of_its_items() -> None:
    with pytest.raises(BadRequest, match="too long") as fault:
        schema.check({"tags": [1] * 81}, {"properties": {"tags": LIST}})
    assert fault.value.field == "tags"


@pytest.mark.parametrize(
    ("items", "unique"),
    [
        ([], True),
        ([1, "1", True, None, 1.5, [], {}], True),
        ([1, 1.0], False),
        ([1, True], True),
        ([0, False], True),
        (["a", "b", "a"], False),
        ([[1, 2], [2, 1]], True),
        ([[1, [True]], [1, [1]]], True),
        ([[1, [2.0]], [1, [2]]], False),
        ([{"a": 1, "b": 2}, {"b": 2, "a": 1}], False),
        ([{"a": 1}, [["a", 1]], {"a": True}], True),
    ],
)
def test_what_is_the_same_in_a_list_is_what_json_calls_equal(items: list[Any], unique: bool) -> None:
    fault = in_time(lambda: schema.check(items, {"uniqueItems": True}))
    assert (fault is None) is unique
    assert unique or "non-unique" in fault.message
