"""Regions, services and endpoints as they are shown."""

from pileus.identity.schemas.published.fields import FLAG, ID, MAYBE, SELF, TEXT, Table, crud, one, thing

_REGION_ID = {"type": "string", "maxLength": 255}
_MAYBE_REGION = {"type": ["string", "null"], "maxLength": 255}
INTERFACE = {"enum": ["public", "internal", "admin"]}
REGION = thing("Region", {"id": _REGION_ID, "description": MAYBE, "parent_region_id": _MAYBE_REGION, "links": SELF})
SERVICE = thing(
    "Service", {"id": ID, "type": TEXT, "name": TEXT, "enabled": FLAG, "links": SELF}, {"description": MAYBE}
)
ENDPOINT = thing(
    "Endpoint",
    {
        "id": ID,
        "url": TEXT,
        "interface": INTERFACE,
        "service_id": ID,
        "region_id": _MAYBE_REGION,
        "region": _MAYBE_REGION,
        "enabled": FLAG,
        "links": SELF,
    },
    {"name": TEXT, "description": MAYBE},
)

PUBLISHED: Table = {
    **crud("/v3/regions", "region_id", "region", "regions", REGION, "parent_region_id"),
    ("PUT", "/v3/regions/<region_id>"): one("region", REGION),
    **crud("/v3/services", "service_id", "service", "services", SERVICE, "name", "type"),
    **crud("/v3/endpoints", "endpoint_id", "endpoint", "endpoints", ENDPOINT, "interface", "service_id", "region_id"),
}
