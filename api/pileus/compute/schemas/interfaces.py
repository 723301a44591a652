"""Bodies about the interfaces of a server."""

from typing import Any

from pileus.compute.schemas import TAG, UUID, wrapped

_FIXED: dict[str, Any] = {
    "type": "array",
    "minItems": 1,
    "maxItems": 1,
    "items": {
        "type": "object",
        "properties": {"ip_address": {"type": "string", "anyOf": [{"format": "ipv4"}, {"format": "ipv6"}]}},
        "required": ["ip_address"],
        "additionalProperties": False,
    },
}
_INTERFACE = {"port_id": UUID, "net_id": UUID, "fixed_ips": _FIXED}
CREATE = wrapped("interfaceAttachment", _INTERFACE, [])
CREATE_249 = wrapped("interfaceAttachment", {**_INTERFACE, "tag": TAG}, [])
