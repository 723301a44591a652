"""Bodies that set quotas and tags."""

from pileus.network.schemas.fields import TAGS, one, thing

RESOURCES = (
    "network",
    "subnet",
    "subnetpool",
    "port",
    "router",
    "floatingip",
    "security_group",
    "security_group_rule",
    "rbac_policy",
)
_LIMITS = {name: {"type": "integer", "minimum": -1, "maximum": 2147483647} for name in RESOURCES}
QUOTA_UPDATE = one("quota", thing({**_LIMITS, "check_limit": {"type": "boolean"}, "force": {"type": "boolean"}}))
TAGS_UPDATE = one("tags", TAGS)
