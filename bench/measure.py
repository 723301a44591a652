"""How a figure is taken and judged: rows of name, value, unit, limit, ok."""

import statistics
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Row:
    """One figure; `limit` is what it may be at most, `least` what it must be at least (neither: for information)."""

    name: str
    value: float
    unit: str
    limit: float | None = None
    least: float | None = None

    @property
    def ok(self) -> bool:
        return (self.limit is None or self.value <= self.limit) and (self.least is None or self.value >= self.least)

    def as_dict(self) -> dict[str, Any]:
        return {**asdict(self), "value": round(self.value, 3), "ok": self.ok}


def seconds(function: Callable[[], Any]) -> float:
    """How long one call takes."""
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def median(function: Callable[[], Any], times: int, warm: int = 3) -> float:
    """The median duration of `times` calls, in seconds, after some that do not count."""
    for _ in range(warm):
        function()
    return statistics.median(seconds(function) for _ in range(times))


def table(rows: list[Row]) -> str:
    """All rows for a person to read."""
    width = max(len(row.name) for row in rows)
    lines = [f"{'figure':{width}}  {'value':>9}  {'limit':>9}  unit"]
    for row in rows:
        limit = f">= {row.least:g}" if row.least is not None else "-" if row.limit is None else f"{row.limit:g}"
        lines.append(
            f"{row.name:{width}}  {row.value:9.3f}  {limit:>9}  {row.unit:5} {'ok' if row.ok else 'OVER THE LIMIT'}"
        )
    return "\n".join(lines)
