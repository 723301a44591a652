"""Bodies about regions, services, endpoints and endpoint groups."""

from pileus.identity.schemas.fields import BOOLEAN, MAYBE_TEXT, NAME, REFERENCE, URL, body, change

_REGION = {
    "id": {"type": "string", "minLength": 0, "maxLength": 255, "pattern": "^[^/]*$"},  # it stands in paths
    "description": MAYBE_TEXT,
    "parent_region_id": {"type": ["string", "null"], "maxLength": 255},
}
_SERVICE = {"type": NAME, "name": {"type": "string", "maxLength": 255}, "description": MAYBE_TEXT, "enabled": BOOLEAN}
_ENDPOINT = {
    "url": URL,
    "interface": {"enum": ["public", "internal", "admin"]},
    "service_id": REFERENCE,
    "region_id": {"type": ["string", "null"], "maxLength": 255},
    "region": {"type": ["string", "null"], "maxLength": 255, "pattern": "^[^/]*$"},
    "enabled": BOOLEAN,
    "name": {"type": "string", "maxLength": 255},
}
_FILTERS = {
    "type": "object",
    "additionalProperties": False,
    "minProperties": 1,  # none would mean every endpoint
    "properties": {
        "service_id": {"type": "string"},
        "region_id": {"type": "string"},
        "interface": {"enum": ["public", "internal", "admin"]},
    },
}
_GROUP = {"name": NAME, "description": MAYBE_TEXT, "filters": _FILTERS}

CREATE_REGION = body("region", _REGION)
UPDATE_REGION = change("region", _REGION)
CREATE_SERVICE = body("service", _SERVICE, ["type"])
UPDATE_SERVICE = change("service", _SERVICE)
CREATE_ENDPOINT = body("endpoint", _ENDPOINT, ["url", "interface", "service_id"])
UPDATE_ENDPOINT = change("endpoint", _ENDPOINT)
CREATE_ENDPOINT_GROUP = body("endpoint_group", _GROUP, ["name", "filters"])
UPDATE_ENDPOINT_GROUP = change("endpoint_group", _GROUP)
