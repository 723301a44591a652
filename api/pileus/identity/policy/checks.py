"""The checks of which the rules of the identity API are made: OpenStack's personas over system, domain and project."""

from oslo_policy import policy

BASE = [
    policy.RuleDefault("admin_required", "role:admin"),
    policy.RuleDefault("cloud_admin", "role:admin and domain_id:None"),  # an admin whose token is not for a domain
    policy.RuleDefault("service_role", "role:service"),
    policy.RuleDefault(
        "domain_managed_target_role",
        "'manager':%(target.role.name)s or 'member':%(target.role.name)s or 'reader':%(target.role.name)s",
    ),
]

SYSTEM_READER = "(role:reader and system_scope:all)"
# of what belongs to the whole cloud
ADMIN = "rule:cloud_admin"
ADMIN_OR_READER = f"{ADMIN} or {SYSTEM_READER}"
# of what belongs to a domain or to a user
ANY_ADMIN = "rule:admin_required"
ANY_ADMIN_OR_READER = f"{ANY_ADMIN} or {SYSTEM_READER}"
SERVICE = "rule:service_role"
ANYBODY = ""


def domain(role: str, *attributes: str) -> str:
    """The caller has a role on the domain that the target belongs to; each of `attributes` says so of a part of it.

    What has no domain, and a caller without one, have nothing in common: oslo.policy compares texts, "None" is one of them.
    """
    return f"(role:{role} and not domain_id:None and {' and '.join(f'domain_id:%({one})s' for one in attributes)})"


def self(attribute: str) -> str:
    """The target is, or belongs to, the calling user."""
    return f"user_id:%({attribute})s"


def either(*checks: str) -> str:
    """One of these checks is enough."""
    return " or ".join(checks)
