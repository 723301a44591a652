"""Patterns of mappings: how long one may take on a text that nearly matches is told from how it is built.

Python's engine tries one way after the other. Each repeat that could end at several places multiplies the ways, unless what
follows it cannot be one of its own characters. The ways are counted here as if all of them were tried; a pattern with too many
of them is refused, and so is one that repeats what has ways itself, where their number grows with every round.
"""

import importlib
import itertools
import re
from collections.abc import Sequence
from typing import Any, NamedTuple

from pileus.identity.operations.federation.rules import MAX_MATCHED

MAX_STEPS = 26_000_000  # of the engine: half a second or so
_ROUND = 4  # steps that each round of a repeat costs, and _RUN if it is of one character
_RUN = 1 / 8
_parser: Any = importlib.import_module("re._parser")  # no public module has what it makes of a pattern
_FLAGS = re.compile(r"\(\?[a-zA-Z-]+[:)]")
_BEYOND = -1  # stands for all characters after these 256
_EVERY = frozenset(range(256)) | {_BEYOND}
_LINE_END = frozenset(b"\n")
_REPEATS = ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT")
_CLASSES = {
    f"CATEGORY_{name}": frozenset(code for code in range(256) if re.match(sign, chr(code))) | {_BEYOND}
    for name, sign in {
        "DIGIT": r"\d", "NOT_DIGIT": r"\D", "SPACE": r"\s", "NOT_SPACE": r"\S", "WORD": r"\w", "NOT_WORD": r"\W",
    }.items()
}  # fmt: skip

Item = tuple[Any, Any]  # what the parser makes of a part: its kind and its details
Characters = frozenset[int]


class _Next(NamedTuple):
    """What must come next: one of these characters (none of them at the end), and not more often than each `period`."""

    characters: Characters
    period: int = 1


class _Ways(NamedTuple):
    """In how many ways the engine may come to a place of the pattern, and how many endless repeats are behind them."""

    number: float
    loops: int


_END = _Next(frozenset())


def check(pattern: str) -> None:
    """Raise ValueError, which says why, for what is no pattern or could take for ever on a text of MAX_MATCHED characters."""
    try:
        re.compile(pattern)
        parsed = list(_parser.parse(pattern))
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(f"is not a regular expression: {error}") from None
    measure = _Measure(vague=_FLAGS.search(pattern) is not None)
    anchored = bool(parsed) and not measure.vague and _begins(parsed[0])
    places = MAX_MATCHED / (1 if measure.vague else _period(parsed))
    start = _Ways(1, 0) if anchored else _Ways(places, 1)  # it is tried from each place on
    measure.step(MAX_MATCHED + measure.sequence(parsed, start, _END).number)


def _begins(item: Item) -> bool:
    """Whether a part fits at the beginning of a text only."""
    kind, details = item
    if kind.name == "SUBPATTERN" and len(details[3]):
        return _begins(details[3][0])
    return kind.name == "AT" and details.name in ("AT_BEGINNING", "AT_BEGINNING_STRING")


def _period(items: Sequence[Item]) -> int:
    """By how many characters the places are apart, at least, where the text may be with which these parts begin."""
    text = [details for kind, details in itertools.takewhile(lambda item: item[0].name == "LITERAL", items)]
    return next((shift for shift in range(1, len(text)) if text[shift:] == text[:-shift]), len(text) or 1)


class _Measure:
    """Counts steps; `vague` is whether flags within the pattern change which characters are meant."""

    def __init__(self, *, vague: bool) -> None:
        self.vague = vague
        self._steps = 0.0

    def step(self, count: float) -> None:
        """Count steps; raises ValueError when there are too many."""
        self._steps += count
        if self._steps > MAX_STEPS:
            raise ValueError(
                "could take for ever; begin it with ^, or let what follows a repeat be none of its characters."
            )

    def sequence(self, items: Sequence[Item], ways: _Ways, follow: _Next) -> _Ways:
        """The ways behind parts that stand one after the other."""
        after = [follow]
        for number in range(len(items) - 1, 0, -1):
            first, empty = self._first(items[number])
            period = 1 if self.vague else _period(items[number:])
            after.append(_Next(first | after[-1].characters if empty else first, period))
        for item, then in zip(items, reversed(after), strict=False):
            ways = self._behind(item, ways, then)
        return ways

    def _behind(self, item: Item, ways: _Ways, follow: _Next) -> _Ways:
        kind, details = item[0].name, item[1]
        if kind in _REPEATS:
            return self._repeated(details, ways, follow, greedy=kind != "MIN_REPEAT")
        if kind in ("SUBPATTERN", "ATOMIC_GROUP"):
            return self.sequence(_inside(item)[0], ways, follow)
        if kind in ("ASSERT", "ASSERT_NOT"):
            self.step(self.sequence(details[1], ways, _END).number)
            return ways
        if inside := _inside(item):  # alternatives
            behind = [self.sequence(branch, ways, follow) for branch in inside]
            self.step(ways.number * len(behind))
            return _Ways(sum(one.number for one in behind), min(one.loops for one in behind))
        return ways

    def _repeated(self, details: tuple[int, int, Any], ways: _Ways, follow: _Next, *, greedy: bool) -> _Ways:
        least, most, body = details
        if most <= 1:
            within = self.sequence(body, ways, follow) if most else ways
            return within if least == most else self._either(ways, within, self._first_of(body)[0] & follow.characters)
        if body.getwidth()[0] == 0 or any(_varies(item) for item in body):
            raise ValueError("repeats what repeats or has alternatives; it could take for ever.")
        if not follow.characters:  # whoever comes here has found what was looked for
            self.step(MAX_MATCHED)
            return ways
        rounds = min(int(most), MAX_MATCHED)
        cost = _ROUND if len(body) > 1 or _inside(body[0]) else _RUN if greedy else 1
        self.step(ways.number * max(rounds / (ways.loops + 1) * cost, 1))  # endless ones share the text
        if least == most or not self._first_of(body)[0] & follow.characters:  # it ends at one place
            return ways
        if most <= MAX_MATCHED:
            return ways._replace(number=ways.number * max(rounds - least + 1, 1))
        return _Ways(ways.number * max(rounds / (ways.loops + 1) / follow.period, 1), ways.loops + 1)

    def _either(self, without: _Ways, within: _Ways, common: Characters) -> _Ways:
        """The ways behind a part that may be missing; where what follows tells it from that, only one of both is open."""
        self.step(without.number)
        both = without.number + within.number if common else max(without.number, within.number)
        return _Ways(both, without.loops)

    def _first_of(self, items: Sequence[Item]) -> tuple[Characters, bool]:
        """The characters with which parts one after the other may begin, and whether they may be empty."""
        found: Characters = frozenset()
        for item in items:
            first, empty = self._first(item)
            found |= first
            if not empty:
                return found, False
        return found, True

    def _first(self, item: Item) -> tuple[Characters, bool]:
        kind, details = item[0].name, item[1]
        if kind in ("ASSERT", "ASSERT_NOT"):
            return frozenset(), True
        if kind == "AT":
            ends = details.name in ("AT_END", "AT_END_STRING")
            return (_EVERY if self.vague else _LINE_END) if ends else frozenset(), not ends
        if inside := _inside(item):
            begun = [self._first_of(part) for part in inside]
            empty = any(one[1] for one in begun) or (kind in _REPEATS and details[0] == 0)
            return frozenset().union(*(one[0] for one in begun)), empty
        known = None if self.vague else _characters(kind, details)
        return (_EVERY if known is None else known), kind.startswith("GROUPREF")


def _inside(item: Item) -> list[Any]:
    """The parts, each a sequence, of which one part is made."""
    kind, details = item[0].name, item[1]
    match kind:
        case "BRANCH":
            return list(details[1])
        case "SUBPATTERN":
            return [details[3]]
        case "ATOMIC_GROUP":
            return [details]
        case "ASSERT" | "ASSERT_NOT":
            return [details[1]]
        case "GROUPREF_EXISTS":
            return [details[1], details[2] or []]
    return [details[2]] if kind in _REPEATS else []


def _varies(item: Item) -> bool:
    """Whether one text may fit a part in several ways."""
    kind, details = item[0].name, item[1]
    if kind in ("BRANCH", "GROUPREF_EXISTS") or (kind in _REPEATS and details[0] != details[1]):
        return True
    return any(_varies(inner) for part in _inside(item) for inner in part)


def _characters(kind: str, details: Any) -> Characters | None:
    """The characters that one part stands for; None where that is not known."""
    match kind:
        case "LITERAL":
            return frozenset((details if details < 256 else _BEYOND,))
        case "NOT_LITERAL":
            return _EVERY - {details}
        case "ANY":
            return _EVERY - _LINE_END
        case "RANGE":
            low, high = details
            return frozenset(range(low, min(high, 255) + 1)) | ({_BEYOND} if high > 255 else frozenset())
        case "CATEGORY":
            return _CLASSES.get(details.name)
        case "IN":
            parts = [_characters(op.name, of) for op, of in details if op.name != "NEGATE"]
            named = frozenset().union(*(_EVERY if part is None else part for part in parts))
            return (_EVERY - named) | {_BEYOND} if details[0][0].name == "NEGATE" else named
    return None
