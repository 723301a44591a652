"""JSON schemas of what clients may send to the block-storage service."""

from typing import Any

Schema = dict[str, Any]

NAME: Schema = {"type": ["string", "null"], "maxLength": 255}
SIZE: Schema = {
    "type": ["integer", "string"],
    "pattern": r"^0*[1-9][0-9]*$",
    "minimum": 1,
    "maximum": 2**31 - 1,
    "maxLength": 10,
}
NULL_SIZE: Schema = {**SIZE, "type": ["integer", "string", "null"]}
ID: Schema = {"type": "string", "minLength": 1, "maxLength": 36}
NULL_ID: Schema = {"type": ["string", "null"], "maxLength": 36}
BOOLEAN: Schema = {
    "enum": [True, False, "true", "false", "True", "False", "TRUE", "FALSE", "1", "0", 1, 0, "yes", "no"]
}
METADATA: Schema = {
    "type": "object",
    "patternProperties": {"^[a-zA-Z0-9-_:. /]{1,255}$": {"type": "string", "maxLength": 255}},
    "additionalProperties": False,
}
NULL_METADATA: Schema = {"oneOf": [METADATA, {"type": "null"}]}


def wrapped(key: str, inner: Schema, *required: str) -> Schema:
    """An object with one known key."""
    inside = {**inner, "required": list(required)} if required else inner
    return {"type": "object", "properties": {key: inside}, "required": [key]}


def thing(**properties: Any) -> Schema:
    """An object with these properties."""
    return {"type": "object", "properties": properties}


VOLUME_CREATE = wrapped(
    "volume",
    thing(
        name=NAME,
        display_name=NAME,
        description=NAME,
        display_description=NAME,
        size=NULL_SIZE,
        imageRef=NULL_ID,
        image_id=NULL_ID,
        snapshot_id=NULL_ID,
        source_volid=NULL_ID,
        volume_type=NAME,
        availability_zone=NAME,
        metadata=NULL_METADATA,
        multiattach=BOOLEAN,
        consistencygroup_id={"type": "null"},
        group_id={"type": "null"},
        backup_id={"type": "null"},
    ),
)
UPDATE = thing(name=NAME, display_name=NAME, description=NAME, display_description=NAME, metadata=NULL_METADATA)
VOLUME_UPDATE = wrapped("volume", {**UPDATE, "minProperties": 1})
SNAPSHOT_UPDATE = wrapped("snapshot", {**UPDATE, "minProperties": 1})
SNAPSHOT_CREATE = wrapped(
    "snapshot",
    thing(volume_id=NULL_ID, name=NAME, description=NAME, metadata=NULL_METADATA, force=BOOLEAN),
    "volume_id",
)
METADATA_SET = wrapped("metadata", METADATA)
META_ITEM = wrapped("meta", {**METADATA, "minProperties": 1, "maxProperties": 1})

VOLUME_STATES = [
    "creating",
    "available",
    "deleting",
    "error",
    "error_deleting",
    "error_managing",
    "error_extending",
    "managing",
    "attaching",
    "in-use",
    "detaching",
    "maintenance",
    "restoring-backup",
    "error_restoring",
    "reserved",
    "awaiting-transfer",
    "backing-up",
    "error_backing-up",
    "extending",
    "downloading",
    "uploading",
    "retyping",
]
EXTEND = wrapped("os-extend", thing(new_size=SIZE), "new_size")
ATTACH = wrapped(
    "os-attach",
    thing(
        instance_uuid=NULL_ID,
        host_name=NAME,
        mountpoint={"type": "string", "minLength": 1, "maxLength": 255},
        mode={"enum": ["rw", "ro"]},
    ),
    "mountpoint",
)
DETACH = wrapped("os-detach", {"type": ["object", "null"], "properties": {"attachment_id": NULL_ID}})
SET_BOOTABLE = wrapped("os-set_bootable", thing(bootable=BOOLEAN), "bootable")
READONLY = wrapped("os-update_readonly_flag", thing(readonly=BOOLEAN), "readonly")
RESET_STATUS = wrapped(
    "os-reset_status",
    thing(
        status={"enum": [*VOLUME_STATES, None]},
        attach_status={"enum": ["attached", "detached", None]},
        migration_status=NAME,
    ),
)
RESET_SNAPSHOT = wrapped(
    "os-reset_status",
    thing(status={"enum": ["available", "error", "creating", "deleting", "error_deleting"]}),
    "status",
)
RETYPE = wrapped(
    "os-retype",
    thing(new_type={"type": "string", "minLength": 1}, migration_policy={"enum": ["on-demand", "never", None]}),
    "new_type",
)
IMAGE_METADATA_SET = wrapped("os-set_image_metadata", thing(metadata=METADATA), "metadata")
IMAGE_METADATA_UNSET = wrapped("os-unset_image_metadata", thing(key={"type": "string", "minLength": 1}), "key")
UPLOAD_IMAGE = wrapped(
    "os-volume_upload_image",
    {
        **thing(
            image_name={"type": "string", "minLength": 1, "maxLength": 255},
            force=BOOLEAN,
            container_format=NAME,
            disk_format=NAME,
            visibility={"enum": ["community", "public", "private", "shared"]},
            protected=BOOLEAN,
        ),
        "additionalProperties": False,
    },
    "image_name",
)

TYPE_NAME: Schema = {"type": "string", "minLength": 1, "maxLength": 255, "pattern": r"\S"}
EXTRA_SPECS: Schema = {
    "type": "object",
    "patternProperties": {"^[a-zA-Z0-9-_:. ]{1,255}$": {"type": "string", "maxLength": 255}},
    "additionalProperties": False,
}
TYPE_CREATE = wrapped(
    "volume_type",
    {
        **thing(name=TYPE_NAME, description=NAME, extra_specs={"oneOf": [EXTRA_SPECS, {"type": "null"}]}),
        "required": ["name"],
    },
)
TYPE_UPDATE = wrapped(
    "volume_type", thing(name={**TYPE_NAME, "type": ["string", "null"]}, description=NAME, is_public=BOOLEAN)
)
SPECS_CREATE = wrapped("extra_specs", EXTRA_SPECS)
SPEC_UPDATE: Schema = {**EXTRA_SPECS, "minProperties": 1, "maxProperties": 1}
PROJECT = thing(project={"type": "string", "minLength": 1, "maxLength": 255})
ADD_ACCESS = wrapped("addProjectAccess", PROJECT, "project")
REMOVE_ACCESS = wrapped("removeProjectAccess", PROJECT, "project")

LIMIT: Schema = {"type": ["integer", "string"], "pattern": r"^-?[0-9]{1,9}$", "minimum": -1, "maximum": 2**31 - 1}
QUOTA_UPDATE = wrapped("quota_set", {"type": "object"})
QUOTA_CLASS_UPDATE = wrapped("quota_class_set", {"type": "object"})

CONNECTOR: Schema = {"type": ["object", "null"]}
ATTACHMENT_CREATE = wrapped(
    "attachment",
    thing(volume_uuid=ID, instance_uuid=NULL_ID, connector=CONNECTOR, mode={"enum": ["rw", "ro"]}),
    "volume_uuid",
)
ATTACHMENT_UPDATE = wrapped("attachment", thing(connector={"type": "object", "minProperties": 1}), "connector")
TRANSFER_CREATE = wrapped("transfer", thing(volume_id=ID, name=NAME, no_snapshots=BOOLEAN), "volume_id")
TRANSFER_ACCEPT = wrapped("accept", thing(auth_key={"type": "string", "minLength": 1}), "auth_key")


def truth(value: Any) -> bool:
    """What one of the many ways to write a boolean means."""
    return str(value).lower() in ("true", "1", "yes")
