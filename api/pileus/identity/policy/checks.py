"""The checks of which the rules of the identity API are made: OpenStack's personas over system, domain and project."""

from oslo_policy import policy

ADMIN = "rule:admin_required"
SYSTEM_READER = "(role:reader and system_scope:all)"
ADMIN_OR_READER = f"{ADMIN} or {SYSTEM_READER}"
ANYBODY = ""

BASE = [policy.RuleDefault("admin_required", "role:admin")]


def domain(role: str, attribute: str) -> str:
    """The caller has a role on the domain that the target belongs to; `attribute` says where it is written."""
    return f"(role:{role} and domain_id:%({attribute})s)"


def self(attribute: str) -> str:
    """The target is, or belongs to, the calling user."""
    return f"user_id:%({attribute})s"


def either(*checks: str) -> str:
    """One of these checks is enough."""
    return " or ".join(checks)
