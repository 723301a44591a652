"""Policy: every route names a rule; oslo.policy decides, operators override in policy.yaml."""

from collections.abc import Iterable, Mapping
from typing import Any

from oslo_config import cfg
from oslo_policy import policy

from pileus.core.config import Settings
from pileus.core.context import Context
from pileus.core.errors import Forbidden

# The personas of OpenStack's secure RBAC, for every service to build its rules from.
BASE = [
    policy.RuleDefault("context_is_admin", "role:admin"),
    policy.RuleDefault("owner", "project_id:%(project_id)s"),
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


class Policy:
    """All rules of all services, as the operator's policy.yaml leaves them."""

    def __init__(self, settings: Settings, rules: Iterable[policy.RuleDefault]) -> None:
        conf = cfg.ConfigOpts()
        conf([], default_config_files=[], default_config_dirs=[])
        self.enforcer = policy.Enforcer(conf, policy_file=settings.policy_file or "none.yaml")
        self.enforcer.suppress_deprecation_warnings = True
        self.enforcer.register_defaults([*BASE, *rules])
        self.enforcer.load_rules()
        self.enforcer.use_conf = bool(settings.policy_file)  # without a file there is nothing to look for on every call

    def allows(self, context: Context, name: str, target: Mapping[str, Any] | None = None) -> bool:
        """Whether the caller may do `name` to `target` (default: something of the caller's own project)."""
        subject = dict(target) if target is not None else {"project_id": context.project_id, "user_id": context.user_id}
        return bool(self.enforcer.authorize(name, subject, context.credentials()))

    def enforce(self, context: Context, name: str, target: Mapping[str, Any] | None = None) -> None:
        """Raise Forbidden unless the rule allows it."""
        if not self.allows(context, name, target):
            raise Forbidden(f"Policy doesn't allow {name} to be performed.")
