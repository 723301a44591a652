"""Bodies about the volumes of a server."""

from pileus.compute.schemas import TAG, UUID, wrapped

_ATTACH = {"volumeId": UUID, "device": {"type": ["string", "null"], "maxLength": 255, "pattern": "^(/dev/)?[a-z0-9]*$"}}
CREATE = wrapped("volumeAttachment", _ATTACH, ["volumeId"])
CREATE_249 = wrapped("volumeAttachment", {**_ATTACH, "tag": TAG}, ["volumeId"])
CREATE_279 = wrapped(
    "volumeAttachment", {**_ATTACH, "tag": TAG, "delete_on_termination": {"type": "boolean"}}, ["volumeId"]
)
UPDATE = wrapped(
    "volumeAttachment",
    {
        "volumeId": UUID,
        "delete_on_termination": {"type": "boolean"},
        "device": {"type": ["string", "null"]},
        "serverId": UUID,
        "tag": {"type": ["string", "null"]},
        "id": UUID,
    },
    ["volumeId", "delete_on_termination"],
)
