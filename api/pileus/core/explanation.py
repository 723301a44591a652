"""Why a call is allowed or refused: a rule taken apart, each part with what was compared and how that ended."""

import ast
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from oslo_policy import _checks

from pileus.core.context import Context
from pileus.core.policy import Policy
from pileus.core.policy_file import leaves

_ASKED = re.compile(r"%\(([^)]+)\)s")
_RANKS = (("manager", "member", "reader"), ("member", "reader"), ("reader",))


@dataclass(frozen=True)
class Step:
    """One part of a check: its text, whether it holds, what was compared, and the parts it is made of itself."""

    check: str
    holds: bool
    why: str = ""
    parts: tuple["Step", ...] = ()

    def json(self) -> dict[str, Any]:
        """The same as plain data."""
        return asdict(self)


def explain(policy: Policy, name: str, context: Context, target: Mapping[str, Any]) -> Step:
    """Take the rule `name` apart for this caller and this target; raises LookupError when there is no such rule."""
    if name not in policy.enforcer.rules:
        raise LookupError(f"there is no rule {name}")
    return _Walk(policy, context.credentials(), target).rule(name)


@dataclass(frozen=True)
class _Walk:
    policy: Policy
    caller: dict[str, Any]
    target: Mapping[str, Any]

    def rule(self, name: str) -> Step:
        if name not in self.policy.enforcer.rules:
            return Step(f"rule:{name}", False, "there is no such rule")
        inside = self.step(self.policy.enforcer.rules[name])
        return Step(f"rule:{name}", inside.holds, self.policy.origin(name), (inside,))

    def step(self, check: Any) -> Step:
        match check:
            case _checks.AndCheck():
                parts = tuple(self.step(part) for part in check.rules)
                return Step("all of", all(part.holds for part in parts), "", parts)
            case _checks.OrCheck():
                parts = tuple(self.step(part) for part in check.rules)
                return Step("any of", any(part.holds for part in parts), "", parts)
            case _checks.NotCheck():
                inside = self.step(check.rule)
                return Step("not", not inside.holds, "", (inside,))
            case _checks.RuleCheck():
                return self.rule(check.match)
        return Step(str(check), bool(check(self.target, self.caller, self.policy.enforcer)), self._why(check))

    def _why(self, check: Any) -> str:
        match check:
            case _checks.TrueCheck():
                return "whoever has a token"
            case _checks.FalseCheck():
                return "nobody"
            case _checks.RoleCheck():
                return f"needs the role {check.match}; the caller has {', '.join(self.caller['roles']) or 'none'}"
            case _checks.GenericCheck():
                return self._compared(check)
        return "asked elsewhere"

    def _compared(self, check: Any) -> str:
        missing = [name for name in _ASKED.findall(check.match) if name not in self.target]
        try:
            mine = f"{ast.literal_eval(check.kind)!r}"
        except ValueError:
            mine = f"the caller's {check.kind} is {_shown(self.caller.get(check.kind))}"
        if missing:
            return f"{mine}; nothing is known about {', '.join(missing)}"
        wanted = check.match % self.target
        named = _ASKED.findall(check.match)
        return f"{mine}; " + (f"{named[0]} is {_shown(wanted)}" if named else f"wanted: {_shown(wanted)}")


def _shown(value: Any) -> str:
    return "none" if value in (None, "", "None") else str(value)


def asked_about(policy: Policy, name: str) -> list[str]:
    """What a rule, and all to which it refers, wants to know about a target."""
    found: dict[str, None] = {}
    _collect(policy, policy.enforcer.rules[name], found)
    return list(found)


def _collect(policy: Policy, check: Any, found: dict[str, None]) -> None:
    for leaf in leaves(check):
        if isinstance(leaf, _checks.RuleCheck) and leaf.match in policy.enforcer.rules:
            _collect(policy, policy.enforcer.rules[leaf.match], found)
        elif isinstance(leaf, _checks.Check):
            found |= dict.fromkeys(_ASKED.findall(leaf.match))


def personas(policy: Policy, name: str) -> list[str]:
    """Who passes a rule: the weakest role of each scope for which it suffices, for a target in that very place."""
    target = {asked: _stand_in(asked) for asked in asked_about(policy, name)}
    return list(_passing(policy, name, target))


def _passing(policy: Policy, name: str, target: Mapping[str, Any]) -> Iterable[str]:
    stranger = Context("stranger", user_domain_id="elsewhere")
    if policy.allows(stranger, name, target):
        yield "everybody with a token"
        return
    admin = Context("stranger", project_id="elsewhere", roles=("admin", "manager", "member", "reader"))
    if policy.allows(admin, name, target):
        yield "admin"
    places: dict[str, dict[str, Any]] = {
        "the system": {"system": True},
        "the target's domain": {"domain_id": "domain"},
        "the target's project": {"project_id": "project", "project_domain_id": "domain"},
    }
    for where, scope in places.items():
        passing = [
            roles[0] for roles in _RANKS if policy.allows(Context("stranger", roles=roles, **scope), name, target)
        ]
        if policy.allows(Context("stranger", **scope), name, target):
            yield f"anybody with a token for {where}"
        elif passing:
            yield f"{passing[-1]} on {where}"
    if policy.allows(Context("stranger", project_id="elsewhere", roles=("service",)), name, target):
        yield "service"
    if policy.allows(Context("user"), name, target):
        yield "the user whom it concerns"
    elif policy.allows(Context("user", project_id="elsewhere", roles=("member", "reader")), name, target):
        yield "the user whom it concerns, as a member of a project"


def _stand_in(asked: str) -> str:
    """A value for an attribute of a made-up target, by what the attribute is called."""
    if asked.endswith("role.name"):
        return "member"
    if "role.domain" in asked:
        return ""
    if "domain" in asked:
        return "domain"
    return "project" if "project" in asked else "user"
