"""JSON schemas of the image service: what clients may send, and what GET /v2/schemas/... publishes."""

from typing import Any

UUID = "^[0-9a-fA-F]{8}-?([0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}$"
VISIBILITIES = ["community", "public", "private", "shared"]
CONTAINER_FORMATS = ["ami", "ari", "aki", "bare", "ovf", "ova", "docker", "compressed"]
DISK_FORMATS = ["ami", "ari", "aki", "vhd", "vhdx", "vmdk", "raw", "qcow2", "vdi", "iso", "ploop"]

NAME = {"type": ["null", "string"], "maxLength": 255, "description": "Descriptive name for the image"}
TAGS = {
    "type": "array",
    "items": {"type": "string", "minLength": 1, "maxLength": 255},
    "description": "List of strings related to the image",
}
_READ: dict[str, Any] = {"readOnly": True}
STRING = {"type": "string"}

PROPERTIES: dict[str, Any] = {
    "id": {"type": "string", "pattern": UUID, "description": "An identifier for the image"},
    "name": NAME,
    "status": {
        "type": "string",
        "enum": [
            "queued",
            "saving",
            "active",
            "killed",
            "deleted",
            "uploading",
            "importing",
            "pending_delete",
            "deactivated",
        ],
        "description": "Status of the image",
        **_READ,
    },
    "visibility": {"type": "string", "enum": VISIBILITIES, "description": "Scope of image accessibility"},
    "protected": {"type": "boolean", "description": "If true, image will not be deletable."},
    "os_hidden": {"type": "boolean", "description": "If true, image will not appear in default image list response."},
    "checksum": {"type": ["null", "string"], "maxLength": 32, "description": "md5 of the data", **_READ},
    "os_hash_algo": {"type": ["null", "string"], "maxLength": 64, "description": "Algorithm of os_hash_value", **_READ},
    "os_hash_value": {"type": ["null", "string"], "maxLength": 128, "description": "Digest of the data", **_READ},
    "owner": {"type": ["null", "string"], "maxLength": 255, "description": "Owner of the image"},
    "size": {"type": ["null", "integer"], "description": "Size of the data in bytes", **_READ},
    "virtual_size": {"type": ["null", "integer"], "description": "Size of the disk in bytes", **_READ},
    "container_format": {
        "type": ["null", "string"],
        "enum": [None, *CONTAINER_FORMATS],
        "description": "Format of the container",
    },
    "disk_format": {"type": ["null", "string"], "enum": [None, *DISK_FORMATS], "description": "Format of the disk"},
    "created_at": {"type": "string", "description": "When the image was made", **_READ},
    "updated_at": {"type": "string", "description": "When the image was last changed", **_READ},
    "tags": TAGS,
    "min_ram": {"type": "integer", "minimum": 0, "maximum": 2147483647, "description": "Amount of RAM in MiB to boot"},
    "min_disk": {"type": "integer", "minimum": 0, "maximum": 2147483647, "description": "Disk space in GiB to boot"},
    "self": {"type": "string", "description": "URL of the image", **_READ},
    "file": {"type": "string", "description": "URL of the data", **_READ},
    "schema": {"type": "string", "description": "URL of this schema", **_READ},
}
SETTABLE = {
    key: PROPERTIES[key]
    for key in (
        "id",
        "name",
        "visibility",
        "protected",
        "os_hidden",
        "owner",
        "container_format",
        "disk_format",
        "tags",
        "min_ram",
        "min_disk",
    )
}
READ_ONLY = frozenset(set(PROPERTIES) - set(SETTABLE) | {"direct_url", "id"})
RESERVED = frozenset({"location", "locations", "stores", "deleted", "deleted_at"})

CREATE: dict[str, Any] = {
    "type": "object",
    "properties": SETTABLE,
    "propertyNames": {"minLength": 1, "maxLength": 255},
    # names that only the service sets are refused with 403 by the operation, which comes after the schema
    "patternProperties": {f"^({'|'.join(sorted((READ_ONLY | RESERVED) - {'id'}))})$": {}},
    "additionalProperties": {"type": "string", "maxLength": 65535},
}
PATCH: dict[str, Any] = {
    "type": "array",
    "items": {
        "type": "object",
        "properties": {"op": {"enum": ["add", "replace", "remove"]}, "path": {"type": "string", "pattern": "^/."}},
    },
}
MEMBER_CREATE: dict[str, Any] = {
    "type": "object",
    "properties": {"member": {"type": "string", "minLength": 1, "maxLength": 255}},
    "required": ["member"],
}
MEMBER_UPDATE: dict[str, Any] = {
    "type": "object",
    "properties": {"status": {"enum": ["pending", "accepted", "rejected"]}},
    "required": ["status"],
}
IMPORT: dict[str, Any] = {
    "type": "object",
    "properties": {
        "method": {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]},
    },
    "required": ["method"],
}

_MEMBER_SHOWN: dict[str, Any] = {
    "created_at": {"type": "string", "description": "When the member was added"},
    "image_id": {"type": "string", "pattern": UUID, "description": "An identifier for the image"},
    "member_id": {"type": "string", "description": "The project the image is shared with"},
    "schema": {"type": "string", "readOnly": True},
    "status": {"type": "string", "enum": ["pending", "accepted", "rejected"], "description": "What the member says"},
    "updated_at": {"type": "string", "description": "When the member was last changed"},
}
_PAGE_LINKS = [
    {"href": "{first}", "rel": "first"},
    {"href": "{next}", "rel": "next"},
    {"href": "{schema}", "rel": "describedby"},
]
_IMAGE: dict[str, Any] = {
    "name": "image",
    "properties": PROPERTIES,
    "additionalProperties": {"type": "string"},
    "links": [
        {"href": "{self}", "rel": "self"},
        {"href": "{file}", "rel": "enclosure"},
        {"href": "{schema}", "rel": "describedby"},
    ],
}
_MEMBER: dict[str, Any] = {"name": "member", "properties": _MEMBER_SHOWN}
_PAGE = {"first": STRING, "next": STRING, "schema": STRING}
PUBLISHED: dict[str, dict[str, Any]] = {
    "image": _IMAGE,
    "images": {
        "name": "images",
        "properties": {"images": {"type": "array", "items": _IMAGE}, **_PAGE},
        "links": _PAGE_LINKS,
    },
    "member": _MEMBER,
    "members": {
        "name": "members",
        "properties": {"members": {"type": "array", "items": _MEMBER}, "schema": STRING},
        "links": [{"href": "{schema}", "rel": "describedby"}],
    },
}
