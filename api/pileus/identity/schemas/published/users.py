"""Users and groups as they are shown."""

from pileus.identity.schemas.published.fields import (
    FLAG,
    ID,
    MAYBE,
    MAYBE_ID,
    MAYBE_MOMENT,
    NAME,
    SELF,
    TEXT,
    Schema,
    Table,
    crud,
    many,
    thing,
)
from pileus.identity.schemas.users import OPTIONS

_FEDERATED: Schema = {
    "type": "array",
    "items": {
        "type": "object",
        "properties": {"idp_id": TEXT, "protocols": {"type": "array", "minItems": 1}},
        "required": ["idp_id", "protocols"],
    },
}
USER = thing(
    "User",
    {
        "id": ID,
        "name": NAME,
        "domain_id": ID,
        "enabled": FLAG,
        "options": OPTIONS,
        "password_expires_at": MAYBE_MOMENT,
        "links": SELF,
    },
    {"default_project_id": MAYBE_ID, "description": MAYBE, "email": {}, "federated": _FEDERATED},
)
GROUP = thing("Group", {"id": ID, "name": NAME, "domain_id": ID, "description": MAYBE, "links": SELF})
_GROUP_OF_USER = thing("GroupOfUser", {**GROUP["properties"], "membership_expires_at": MAYBE_MOMENT})
_BY = ("name", "domain_id", "enabled", "password_expires_at")

PUBLISHED: Table = {
    **crud("/v3/users", "user_id", "user", "users", USER, *_BY),
    **crud("/v3/groups", "group_id", "group", "groups", GROUP, "name", "domain_id"),
    ("GET", "/v3/groups/<group_id>/users"): many("users", USER, *_BY),
    ("GET", "/v3/users/<user_id>/groups"): many("groups", _GROUP_OF_USER, "name"),
}
