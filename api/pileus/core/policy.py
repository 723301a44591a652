"""Policy: every route names a rule; oslo.policy decides, operators override in policy.yaml."""

from collections.abc import Iterable, Mapping
from typing import Any

from oslo_config import cfg
from oslo_policy import policy

from pileus.core.config import Settings
from pileus.core.context import Context
from pileus.core.errors import Forbidden
from pileus.core.policy_file import PolicyFile

# The personas of OpenStack's secure RBAC, for every service to build its rules from. What these services have belongs to a
# project: a token for the system, for a domain or for nothing does nothing there, whatever its roles.
BASE = [
    policy.RuleDefault("context_is_admin", "role:admin and not project_id:None"),
    policy.RuleDefault("owner", "project_id:%(project_id)s and not project_id:None"),
    policy.RuleDefault("admin", "rule:context_is_admin"),
    policy.RuleDefault("project_manager", "role:manager and rule:owner"),
    policy.RuleDefault("project_member", "role:member and rule:owner"),
    policy.RuleDefault("project_reader", "role:reader and rule:owner"),
    policy.RuleDefault("admin_or_member", "rule:admin or rule:project_member"),
    policy.RuleDefault("admin_or_reader", "rule:admin or rule:project_reader"),
    policy.RuleDefault("authenticated", "@"),
]


def rule(name: str, check: str, description: str, *operations: tuple[str, str]) -> policy.DocumentedRuleDefault:
    """A documented rule; `operations` are (method, path) pairs."""
    listed: list[Any] = [{"method": method, "path": path} for method, path in operations] or [
        {"method": "ANY", "path": "/"}
    ]
    return policy.DocumentedRuleDefault(name, check, description, listed)


def operations_of(rule: policy.RuleDefault) -> list[tuple[str, str]]:
    """The documented (method, path) pairs of a rule, paths below the service's prefix; none for a rule others refer to."""
    listed = getattr(rule, "operations", [])
    return [(operation["method"], operation["path"]) for operation in listed if operation["method"] != "ANY"]


_REMEMBERED = 20_000  # decisions per process


class Policy:
    """All rules of all services, as the operator's policy.yaml leaves them.

    A decision depends on nothing but the rules, the caller and the target, so it is remembered until the rules change;
    oslo.policy itself looks at every check function's signature each time. Rules that ask a remote server are asked anew.
    """

    def __init__(self, settings: Settings, rules: Iterable[policy.RuleDefault]) -> None:
        """Raises ValueError when there is a policy file and it cannot be used."""
        conf = cfg.ConfigOpts()
        conf([], default_config_files=[], default_config_dirs=[])
        self.enforcer = policy.Enforcer(conf, policy_file="none.yaml", use_conf=False)  # the file is read by PolicyFile
        self.enforcer.suppress_deprecation_warnings = True
        self.enforcer.register_defaults([*BASE, *rules])
        self._defaults = {name: rule.check for name, rule in self.enforcer.registered_rules.items()}
        self._file = PolicyFile(settings.policy_file, self._defaults) if settings.policy_file else None
        self._override()
        self._decided: dict[Any, bool] = {}
        self._decided_by: Any = None
        self._pure = False

    def allows(self, context: Context, name: str, target: Mapping[str, Any] | None = None) -> bool:
        """Whether the caller may do `name` to `target` (default: something of the caller's own project)."""
        subject = dict(target) if target is not None else {"project_id": context.project_id, "user_id": context.user_id}
        caller = context.credentials()
        decided = self._look_for_new_rules()
        try:
            key = _key(name, caller, subject) if self._pure else None
        except TypeError:  # something in the target cannot be a key
            key = None
        if key is None:
            return bool(self.enforcer.authorize(name, subject, caller))
        answer = decided.get(key)
        if answer is None:
            if len(decided) >= _REMEMBERED:
                decided.clear()
            answer = decided[key] = bool(self.enforcer.authorize(name, subject, caller))
        return answer

    def _override(self) -> None:
        over = self._file.checks if self._file is not None else {}
        self.enforcer.set_rules({**self._defaults, **over}, use_conf=False)

    def origin(self, name: str) -> str:
        """Where a rule comes from: "default", or the operator's file."""
        return self._file.path if self._file is not None and name in self._file.checks else "default"

    def _look_for_new_rules(self) -> dict[Any, bool]:
        """What was decided by the rules as they are now; each thread keeps to the one that it got."""
        if self._file is not None and self._file.changed():
            self._override()
        rules = self.enforcer.rules
        if self._decided_by is not rules:
            self._decided = {}
            self._pure = not any("http:" in str(check) or "https:" in str(check) for check in rules.values())
            self._decided_by = rules
        return self._decided

    def enforce(self, context: Context, name: str, target: Mapping[str, Any] | None = None) -> None:
        """Raise Forbidden unless the rule allows it."""
        if not self.allows(context, name, target):
            raise Forbidden(f"Policy doesn't allow {name} to be performed.")


def _key(name: str, caller: Mapping[str, Any], target: Mapping[str, Any]) -> tuple[Any, ...]:
    """What a decision depends on, as a key; raises TypeError when the target holds what cannot be one."""
    key = (
        name,
        tuple(tuple(value) if isinstance(value, list) else value for value in caller.values()),
        frozenset(target.items()),
    )
    hash(key)
    return key
