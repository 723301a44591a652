"""Bodies about servers and their actions."""

from typing import Any

from pileus.compute.schemas import BOOLEAN, COUNT, LOOSE_NAME, METADATA, NAME, TAG, UUID, wrapped

_ADDRESS_4 = {"type": "string", "anyOf": [{"format": "ipv4"}, {"const": ""}]}
_ADDRESS_6 = {"type": "string", "anyOf": [{"format": "ipv6"}, {"const": ""}]}
_IP = {"type": "string", "anyOf": [{"format": "ipv4"}, {"format": "ipv6"}]}
DESCRIPTION = {"type": ["string", "null"], "maxLength": 255, "pattern": r"^[^\x00-\x08\x0b\x0c\x0e-\x1f]*$"}
HOSTNAME = {"type": "string", "minLength": 1, "maxLength": 63, "pattern": "^[a-zA-Z0-9]+(-[a-zA-Z0-9]+)*$"}
FQDN = {"type": "string", "minLength": 2, "maxLength": 255, "pattern": r"^[a-zA-Z0-9]+([.-][a-zA-Z0-9]+)*$"}
_NETWORK = {
    "type": "object",
    "properties": {
        "uuid": UUID,
        "port": {"anyOf": [UUID, {"type": "null"}]},
        "fixed_ip": _IP,
        "tag": TAG,
    },
    "additionalProperties": False,
}
_VOLUME = {
    "type": "object",
    "properties": {
        "boot_index": {"anyOf": [{"type": "integer"}, {"type": "string", "pattern": "^-?[0-9]+$"}, {"type": "null"}]},
        "uuid": {"type": "string", "maxLength": 64},
        "source_type": {"enum": ["volume", "image", "snapshot", "blank"]},
        "destination_type": {"enum": ["local", "volume"]},
        "volume_size": {"anyOf": [COUNT, {"enum": ["", None]}]},
        "volume_type": {"type": ["string", "null"], "maxLength": 255},
        "delete_on_termination": BOOLEAN,
        "device_name": {"type": ["string", "null"], "maxLength": 255, "pattern": r"^\S*$"},
        "device_type": {"enum": ["disk", None]},
        "disk_bus": {"enum": ["virtio", None]},
        "guest_format": {"enum": [None, ""]},
        "tag": TAG,
        "no_device": {"enum": [None, False, ""]},
        "volume_id": UUID,
    },
    "required": ["source_type"],
    "additionalProperties": False,
}
SERVER: dict[str, Any] = {
    "name": LOOSE_NAME,
    "imageRef": {"anyOf": [UUID, {"const": ""}]},
    "flavorRef": {"anyOf": [{"type": "string", "minLength": 1, "maxLength": 255}, {"type": "integer", "minimum": 0}]},
    "adminPass": {"type": "string", "maxLength": 255},
    "metadata": METADATA,
    "networks": {"anyOf": [{"type": "array", "items": _NETWORK}, {"enum": ["auto", "none"]}]},
    "OS-DCF:diskConfig": {"enum": ["AUTO", "MANUAL"]},
    "accessIPv4": _ADDRESS_4,
    "accessIPv6": _ADDRESS_6,
    "personality": {"type": "array", "maxItems": 0},
    "availability_zone": {"type": ["string", "null"], "maxLength": 255, "minLength": 1},
    "block_device_mapping_v2": {"type": "array", "items": _VOLUME},
    "config_drive": {"anyOf": [BOOLEAN, {"enum": ["", None]}]},
    "key_name": {"type": ["string", "null"], "minLength": 1, "maxLength": 255},
    "min_count": COUNT,
    "max_count": COUNT,
    "return_reservation_id": BOOLEAN,
    "security_groups": {
        "type": "array",
        "items": {
            "type": "object",
            "properties": {"name": {"type": "string", "minLength": 1, "maxLength": 255}},
            "required": ["name"],
            "additionalProperties": False,
        },
    },
    "user_data": {"type": ["string", "null"], "maxLength": 65535},
}
HINTS = {
    "type": "object",
    "properties": {"group": UUID},
    "additionalProperties": True,
}


def _create(**more: Any) -> dict[str, Any]:
    properties = {key: value for key, value in {**SERVER, **more}.items() if value is not None}
    schema = wrapped("server", properties, ["name", "flavorRef"])
    for key in ("os:scheduler_hints", "OS-SCH-HNT:scheduler_hints"):
        schema["properties"][key] = HINTS
    return schema


_219 = {"description": DESCRIPTION}
_252 = {**_219, "tags": {"type": "array", "items": TAG, "maxItems": 50}}
_257 = {**_252, "personality": None}
_274 = {
    **_257,
    "host": {"type": "string", "minLength": 1, "maxLength": 255},
    "hypervisor_hostname": {"type": "string", "minLength": 1, "maxLength": 255},
}
# (from microversion, schema) of POST /servers, oldest first
CREATE = (
    ((2, 1), _create()),
    ((2, 19), _create(**_219)),
    ((2, 52), _create(**_252)),
    ((2, 57), _create(**_257)),
    ((2, 74), _create(**_274)),
    ((2, 90), _create(**_274, hostname=HOSTNAME)),
    ((2, 94), _create(**_274, hostname=FQDN)),
)
_UPDATE = {
    "name": NAME,
    "OS-DCF:diskConfig": {"enum": ["AUTO", "MANUAL"]},
    "accessIPv4": _ADDRESS_4,
    "accessIPv6": _ADDRESS_6,
}
UPDATE = (
    ((2, 1), wrapped("server", {**_UPDATE, "name": LOOSE_NAME}, [])),
    ((2, 19), wrapped("server", {**_UPDATE, "name": LOOSE_NAME, **_219}, [])),
    ((2, 90), wrapped("server", {**_UPDATE, "name": LOOSE_NAME, **_219, "hostname": HOSTNAME}, [])),
    ((2, 94), wrapped("server", {**_UPDATE, "name": LOOSE_NAME, **_219, "hostname": FQDN}, [])),
)


def action(name: str, inner: Any) -> dict[str, Any]:
    """The schema of {name: inner}."""
    return {"type": "object", "properties": {name: inner}, "required": [name], "additionalProperties": False}


def plain(name: str) -> dict[str, Any]:
    """The schema of an action without arguments."""
    return {"type": "object", "properties": {name: {}}, "required": [name], "additionalProperties": False}


REBOOT = wrapped("reboot", {"type": {"enum": ["HARD", "Hard", "hard", "SOFT", "Soft", "soft"]}}, ["type"])
RESIZE = wrapped(
    "resize", {"flavorRef": SERVER["flavorRef"], "OS-DCF:diskConfig": {"enum": ["AUTO", "MANUAL"]}}, ["flavorRef"]
)
CREATE_IMAGE = wrapped("createImage", {"name": LOOSE_NAME, "metadata": METADATA}, ["name"])
_REBUILD: dict[str, Any] = {
    "imageRef": UUID,
    "name": LOOSE_NAME,
    "adminPass": SERVER["adminPass"],
    "metadata": METADATA,
    "OS-DCF:diskConfig": {"enum": ["AUTO", "MANUAL"]},
    "accessIPv4": _ADDRESS_4,
    "accessIPv6": _ADDRESS_6,
    "personality": {"type": "array", "maxItems": 0},
    "preserve_ephemeral": {"enum": [False, "false", "False", "0"]},
}


def _rebuild(**more: Any) -> dict[str, Any]:
    properties = {key: value for key, value in {**_REBUILD, **more}.items() if value is not None}
    return wrapped("rebuild", properties, ["imageRef"])


_254 = {**_219, "key_name": SERVER["key_name"]}
_257_REBUILD = {**_254, "personality": None, "user_data": SERVER["user_data"]}
REBUILD = (
    ((2, 1), _rebuild()),
    ((2, 19), _rebuild(**_219)),
    ((2, 54), _rebuild(**_254)),
    ((2, 57), _rebuild(**_257_REBUILD)),
    ((2, 90), _rebuild(**_257_REBUILD, hostname=HOSTNAME)),
    ((2, 94), _rebuild(**_257_REBUILD, hostname=FQDN)),
)
CONSOLE = wrapped(
    "os-getConsoleOutput",
    {
        "length": {
            "anyOf": [
                {"type": "integer", "minimum": -1},
                {"type": "string", "pattern": "^(-1|[0-9]+)$"},
                {"type": "null"},
            ]
        }
    },
    [],
)
RESET = wrapped("os-resetState", {"state": {"enum": ["active", "error"]}}, ["state"])
LOCK = action(
    "lock",
    {
        "type": ["object", "null"],
        "properties": {"locked_reason": {"type": "string", "minLength": 1, "maxLength": 255}},
        "additionalProperties": False,
    },
)
METADATA_ALL = {
    "type": "object",
    "properties": {"metadata": METADATA},
    "required": ["metadata"],
    "additionalProperties": False,
}
METADATA_ONE = {
    "type": "object",
    "properties": {"meta": {**METADATA, "minProperties": 1, "maxProperties": 1}},
    "required": ["meta"],
    "additionalProperties": False,
}
TAGS = {
    "type": "object",
    "properties": {"tags": {"type": "array", "items": TAG, "maxItems": 50}},
    "required": ["tags"],
    "additionalProperties": False,
}
