"""Registered limits and limits as they are shown."""

from pileus.identity.schemas.published.fields import (
    COUNT,
    ID,
    MAYBE,
    MAYBE_ID,
    NAME,
    SELF,
    TEXT,
    Table,
    crud,
    exactly,
    many,
    one,
    thing,
)

_MEANT = {"service_id": ID, "region_id": {"type": ["string", "null"], "maxLength": 255}, "resource_name": NAME}
REGISTERED = thing(
    "RegisteredLimit", {"id": ID, **_MEANT, "default_limit": COUNT, "description": MAYBE, "links": SELF}, closed=True
)
LIMIT = thing(
    "Limit",
    {
        "id": ID,
        "project_id": MAYBE_ID,
        "domain_id": MAYBE_ID,
        **_MEANT,
        "resource_limit": COUNT,
        "description": MAYBE,
        "links": SELF,
    },
    closed=True,
)
_REGISTERED, _LIMITS = "/v3/registered_limits", "/v3/limits"

PUBLISHED: Table = {
    **crud(_REGISTERED, "limit_id", "registered_limit", "registered_limits", REGISTERED, *_MEANT),
    ("POST", _REGISTERED): many("registered_limits", REGISTERED, paged=False),
    **crud(_LIMITS, "limit_id", "limit", "limits", LIMIT),
    ("GET", _LIMITS): many("limits", LIMIT, *_MEANT, "project_id", "domain_id", paged=False),
    ("POST", _LIMITS): many("limits", LIMIT, paged=False),
    ("GET", f"{_LIMITS}/model"): one("model", exactly(name=NAME, description=TEXT)),
}
