"""Microversion steps: from a list of (since, schema) the span in which each one holds."""

from collections.abc import Iterator, Sequence
from typing import Any

from pileus.core.service import Version


def steps(schemas: Sequence[tuple[Version, Any]]) -> Iterator[dict[str, Any]]:
    """{"schema", "since", "until"} for Route, for each schema in turn."""
    for number, (since, schema) in enumerate(schemas):
        following = schemas[number + 1][0] if number + 1 < len(schemas) else None
        yield {"schema": schema, "since": since, "until": (2, following[1] - 1) if following else None}
