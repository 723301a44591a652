"""Bodies about hosts: services, aggregates."""

from pileus.compute.schemas import LOOSE_NAME, wrapped

_ZONE = {"type": ["string", "null"], "minLength": 1, "maxLength": 255, "pattern": "^[^:]*$"}
_HOST = {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[a-zA-Z0-9-._]*$"}
AGGREGATE_CREATE = wrapped("aggregate", {"name": LOOSE_NAME, "availability_zone": _ZONE}, ["name"])
AGGREGATE_UPDATE = wrapped("aggregate", {"name": LOOSE_NAME, "availability_zone": _ZONE}, [])
ADD_HOST = wrapped("add_host", {"host": _HOST}, ["host"])
REMOVE_HOST = wrapped("remove_host", {"host": _HOST}, ["host"])
SET_METADATA = wrapped(
    "set_metadata",
    {"metadata": {"type": "object", "additionalProperties": {"type": ["string", "null"], "maxLength": 255}}},
    ["metadata"],
)
_REASON = {"type": "string", "minLength": 1, "maxLength": 255}
_NAMED = {"host": _HOST, "binary": {"type": "string", "minLength": 1, "maxLength": 255}}


def _service(properties: dict[str, object], required: list[str]) -> dict[str, object]:
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


SERVICE_OLD = _service(dict(_NAMED), ["host", "binary"])
SERVICE_REASON = _service({**_NAMED, "disabled_reason": _REASON}, ["host", "binary", "disabled_reason"])
SERVICE_DOWN = _service({**_NAMED, "forced_down": {"type": "boolean"}}, ["host", "binary"])
SERVICE = _service(
    {"status": {"enum": ["enabled", "disabled"]}, "disabled_reason": _REASON, "forced_down": {"type": "boolean"}}, []
)
