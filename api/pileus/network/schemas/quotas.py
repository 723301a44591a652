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
QUOTA_UPDATE = one(
    "quota", thing({name: {"type": "integer", "minimum": -1, "maximum": 2147483647} for name in RESOURCES})
)
TAGS_UPDATE = one("tags", TAGS)
