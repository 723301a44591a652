"""The operator's policy.yaml: read and judged, and looked at again whenever it changes."""

import ast
import logging
import os
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from oslo_policy import _checks, _parser, policy

from pileus.core.context import Context

log = logging.getLogger(__name__)
_PUNCTUATION = re.compile(r"[()\[\]',\"]")
_CALLER = frozenset(Context("", service=Context("")).credentials()) | {
    "system"
}  # what a check may ask about the caller


@dataclass
class Overrides:
    """What a policy file says: checks by rule, `errors` for which it cannot be used, and `doubts` about names nobody knows."""

    checks: dict[str, _checks.BaseCheck] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)


class PolicyFile:
    """One policy file and what it said when it last was in order."""

    def __init__(self, path: str, known: Mapping[str, _checks.BaseCheck]) -> None:
        """Read it for the first time; raises ValueError, naming every error, when it cannot be used."""
        self.path, self.known = path, known
        self._seen: Any = None
        self.checks: dict[str, _checks.BaseCheck] = {}
        self._read()

    def changed(self) -> bool:
        """Whether `checks` are new since the last look. A file that went bad or away is logged, and changes nothing."""
        seen = _stamp(self.path)
        if seen == self._seen:
            return False
        try:
            self._read()
        except ValueError as error:
            log.error("the rules stay as they were: %s", error)
            return False
        log.warning("policy file %s was read again: %d rules are overridden", self.path, len(self.checks))
        return True

    def _read(self) -> None:
        self._seen = _stamp(self.path)
        try:
            text = Path(self.path).read_text()
        except (OSError, UnicodeDecodeError) as error:
            raise ValueError(f"policy file {self.path}: {error}") from None
        found = judge(text, self.known)
        if found.errors:
            raise ValueError(f"policy file {self.path}: " + "; ".join(found.errors))
        for doubt in found.doubts:
            log.warning("policy file %s: %s", self.path, doubt)
        self.checks = found.checks


def _stamp(path: str) -> tuple[int, int, int] | None:
    try:
        stat = os.stat(path)
    except OSError:
        return None
    return stat.st_mtime_ns, stat.st_size, stat.st_ino


def judge(text: str, known: Mapping[str, _checks.BaseCheck]) -> Overrides:
    """What the text of a policy file says, next to the rules that there are already."""
    found = Overrides()
    try:
        content: Any = policy.parse_file_contents(text)
    except ValueError as error:
        found.errors.append(f"it is no YAML: {' '.join(str(error).split())}")
        return found
    if not isinstance(content, dict):
        found.errors.append("it must be a mapping of rules to checks")
        return found
    for name, check in content.items():
        if not isinstance(name, str) or not isinstance(check, str | list):
            found.errors.append(f"{name}: a check is a text")
        elif (parsed := parse(check)) is None:
            found.errors.append(f"{name}: cannot understand {check!r}")
        else:
            found.checks[name] = parsed
    _judge_names(found, known)
    return found


def _judge_names(found: Overrides, known: Mapping[str, _checks.BaseCheck]) -> None:
    """Which rules refer to rules or attributes that there are not, or to themselves, or are asked for by nobody."""
    everything = {**known, **found.checks}
    asked = {leaf.match for check in found.checks.values() for leaf in leaves(check) if _refers(leaf)}
    for name, check in found.checks.items():
        for leaf in leaves(check):
            if _refers(leaf) and leaf.match not in everything:
                found.errors.append(f"{name}: there is no rule {leaf.match}")
            elif (odd := _oddity(leaf)) is not None:
                found.errors.append(f"{name}: {odd}")
        if _circular(name, everything):
            found.errors.append(f"{name}: it refers to itself")
        if name not in known and name not in asked:
            found.doubts.append(f"{name}: no service asks for this rule")


def _refers(leaf: _checks.BaseCheck) -> bool:
    return isinstance(leaf, _checks.RuleCheck)


def _oddity(leaf: Any) -> str | None:
    """What is wrong with a leaf that oslo.policy itself would only find out when somebody calls."""
    if not isinstance(leaf, _checks.RoleCheck | _checks.GenericCheck):
        return None
    try:
        leaf.match % defaultdict(str)
    except (TypeError, ValueError):
        return f"cannot understand {leaf.match!r} (write %(name)s)"
    if isinstance(leaf, _checks.RoleCheck) or leaf.kind in _CALLER or _literal(leaf.kind):
        return None
    return f"nothing called {leaf.kind!r} is known about callers, only {', '.join(sorted(_CALLER))}"


def _literal(text: str) -> bool:
    try:
        ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return False
    return True


def _circular(name: str, rules: Mapping[str, _checks.BaseCheck]) -> bool:
    waiting, seen = [name], set()
    while waiting:
        for leaf in leaves(rules[waiting.pop()]):
            if not isinstance(leaf, _checks.RuleCheck) or leaf.match not in rules:
                continue
            if leaf.match == name:
                return True
            if leaf.match not in seen:
                seen.add(leaf.match)
                waiting.append(leaf.match)
    return False


def leaves(check: _checks.BaseCheck) -> Iterator[Any]:
    """The checks of which a check is made, in the order in which they stand there."""
    match check:
        case _checks.AndCheck() | _checks.OrCheck():
            for part in check.rules:
                yield from leaves(part)
        case _checks.NotCheck():
            yield from leaves(check.rule)
        case _:
            yield check


def parse(text: str | list[Any]) -> _checks.BaseCheck | None:
    """The check that a text says, or None for one that oslo.policy cannot understand, and would take for "nobody"."""
    with _silence():
        try:
            found: _checks.BaseCheck = _parser.parse_rule(text)
        except (TypeError, ValueError, AttributeError):
            return None
    meant = _PUNCTUATION.sub(" ", str(text)).split().count("!")
    refused = sum(isinstance(leaf, _checks.FalseCheck) for leaf in leaves(found))
    return found if refused == meant else None


@contextmanager
def _silence() -> Iterator[None]:
    """oslo.policy logs a stack for each text that it cannot understand; what is wrong is said in one line here."""
    _parser.LOG.disabled = True
    try:
        yield
    finally:
        _parser.LOG.disabled = False
