"""The rule engine: what the rules of a mapping make of what an identity provider says of somebody.

The format of the rules is that of OpenStack (Identity API, OS-FEDERATION, "mapping combinations").
"""

import ast
import itertools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from pileus.core.errors import Forbidden, Unauthorized

Assertion = Mapping[str, Sequence[str]]  # attribute -> its values
Place = Mapping[str, str]  # a domain: {"id"} or {"name"}; empty: the provider's own
Facts = list[list[str]]  # what {0}, {1} ... stand for

MAX_MATCHED = 256  # characters of a value that patterns are tried on: keeps any pattern short-lived
MAX_MADE = 1000  # texts that one template may become
_REFERENCE = re.compile(r"\{(\d{1,3})\}")


@dataclass(frozen=True)
class MappedProject:
    """A project that the user shall have, with the names of the roles there."""

    name: str
    domain: Place
    roles: tuple[str, ...]


@dataclass
class Mapped:
    """Who somebody is here, and what is granted by that; `domain` is empty for the provider's own."""

    id: str = ""
    name: str = ""
    email: str = ""
    domain: Place = field(default_factory=dict)
    local: bool = False
    group_ids: list[str] = field(default_factory=list)
    group_names: list[tuple[str, Place]] = field(default_factory=list)
    projects: list[MappedProject] = field(default_factory=list)


def evaluate(rules: Sequence[Mapping[str, Any]], assertion: Assertion, version: str = "1.0") -> Mapped:
    """What all rules that fit make of an assertion; of several users the first counts.

    Raises Unauthorized when no rule fits or they make no sense of it, Forbidden when a rule refers to what it does not match.
    """
    engine = _Engine(Mapped(), version != "1.0")
    found = False
    for rule in rules:
        facts = _facts(rule["remote"], assertion)
        if facts is not None:
            for local in rule["local"]:
                found = True
                engine.apply(local, facts)
    if not found:
        raise Unauthorized("Could not map any federated user properties to identity values.")
    return engine.made


def _facts(remote: Iterable[Mapping[str, Any]], assertion: Assertion) -> Facts | None:
    """What the references of a rule stand for; None when the rule does not fit."""
    facts: Facts = []
    for condition in remote:
        values = list(assertion.get(condition["type"]) or ())
        if not values:
            return None
        if any("\0" in value for value in values):
            raise Unauthorized("A value of the assertion holds a NUL character.")
        regex = condition.get("regex", False)
        if (wanted := condition.get("any_one_of")) is not None:
            if not any(_fits(value, wanted, regex) for value in values):
                return None
        elif (wanted := condition.get("not_any_of")) is not None:
            if any(_fits(value, wanted, regex) for value in values):
                return None
        elif (wanted := condition.get("blacklist")) is not None:
            facts.append([value for value in values if not _fits(value, wanted, regex)])
        elif (wanted := condition.get("whitelist")) is not None:
            facts.append([value for value in values if _fits(value, wanted, regex)])
        else:
            facts.append(values)
    return facts


def _fits(value: str, wanted: Sequence[str], regex: bool) -> bool:
    if not regex:
        return value in wanted
    if len(value) > MAX_MATCHED:
        raise Unauthorized("A value of the assertion is too long for a pattern of the mapping.")
    return any(_compiled(pattern).search(value) for pattern in wanted)


@lru_cache(maxsize=4096)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


@dataclass
class _Engine:
    """Adds up what the "local" parts of rules make; `honest` is whether domains of users and projects count (version 2.0)."""

    made: Mapped
    honest: bool
    named: bool = False

    def apply(self, local: Mapping[str, Any], facts: Facts) -> None:
        usual = _place(local.get("domain"), facts)
        if "user" in local and not self.named:
            self.named = True
            self._user(local["user"], facts, usual)
        if "group" in local:
            self._group(local["group"], facts)
        if "groups" in local:
            if not usual and not self.honest:
                raise Unauthorized("Invalid rule: groups need a domain.")
            self.made.group_names += [(name, usual) for name in _many(local["groups"], facts)]
        if "group_ids" in local:
            self.made.group_ids += _many(local["group_ids"], facts)
        for project in local.get("projects", ()):
            self._project(project, facts, usual)

    def _user(self, user: Mapping[str, Any], facts: Facts, usual: Place) -> None:
        made = self.made
        made.local = user.get("type") == "local"
        made.id, made.name, made.email = (_one(user.get(key, ""), facts) for key in ("id", "name", "email"))
        if made.local or self.honest:
            made.domain = _place(user.get("domain"), facts) or usual

    def _group(self, group: Mapping[str, Any], facts: Facts) -> None:
        if "id" in group:
            self.made.group_ids += _filled(group["id"], facts)
        else:
            domain = _place(group["domain"], facts)
            self.made.group_names += [(name, domain) for name in _filled(group["name"], facts)]

    def _project(self, project: Mapping[str, Any], facts: Facts, usual: Place) -> None:
        domain = (_place(project.get("domain"), facts) or usual) if self.honest else {}
        roles = tuple(name for role in project["roles"] for name in _filled(role["name"], facts))
        self.made.projects += [MappedProject(name, domain, roles) for name in _filled(project["name"], facts)]


def _place(domain: Mapping[str, str] | None, facts: Facts) -> Place:
    return {key: _one(template, facts) for key, template in (domain or {}).items()}


def _filled(template: str, facts: Facts) -> list[str]:
    """The texts that a template becomes: one for each combination of the values it refers to."""
    numbers = sorted({int(number) for number in _REFERENCE.findall(template)})
    if any(number >= len(facts) for number in numbers):
        raise Forbidden(
            "Local section in mapping refers to a remote match that doesn't exist (e.g. {0} in a local section)."
        )
    return list(itertools.islice(_combined(template, numbers, facts), MAX_MADE))


def _combined(template: str, numbers: list[int], facts: Facts) -> Iterator[str]:
    pieces = _REFERENCE.split(template)  # text, number, text, number, text
    for values in itertools.product(*(facts[number] for number in numbers)):
        chosen = dict(zip(numbers, values, strict=True))
        yield "".join(chosen[int(piece)] if place % 2 else piece for place, piece in enumerate(pieces))


def _one(template: str, facts: Facts) -> str:
    """The one text that a template becomes; empty when what it refers to was filtered away."""
    made = _filled(template, facts)
    if len(made) > 1:
        raise Unauthorized("A part of the mapping that takes one value refers to an attribute with several.")
    return made[0].strip() if made else ""


def _many(template: str, facts: Facts) -> list[str]:
    """The texts of a list: of references, or written out in the mapping as in "['a', 'b']"."""
    if not _REFERENCE.search(template) and template.lstrip().startswith("["):
        try:
            return [str(item) for item in ast.literal_eval(template.strip())]
        except (ValueError, SyntaxError):
            return [template]
    return _filled(template, facts)
