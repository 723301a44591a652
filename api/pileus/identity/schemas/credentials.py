"""Bodies about credentials, EC2 keys and signatures."""

from pileus.identity.schemas.fields import MAYBE_REFERENCE, NAME, REFERENCE, body, change

_BLOB = {"type": "string", "maxLength": 65535}
_CREDENTIAL = {"blob": _BLOB, "type": NAME, "user_id": REFERENCE, "project_id": MAYBE_REFERENCE}

CREATE_CREDENTIAL = body("credential", _CREDENTIAL, ["blob", "type"])
UPDATE_CREDENTIAL = change("credential", _CREDENTIAL)
CREATE_EC2 = {"type": "object", "properties": {"tenant_id": REFERENCE}, "required": ["tenant_id"]}

_SIGNED = {
    "type": "object",
    "required": ["access", "signature"],
    "properties": {
        "access": {"type": "string"},
        "signature": {"type": "string"},
        "token": {"type": "string"},
        "host": {"type": "string"},
        "verb": {"type": "string"},
        "path": {"type": "string"},
        "params": {"type": "object", "additionalProperties": {"type": "string"}},
        "headers": {"type": "object", "additionalProperties": {"type": "string"}},
        "body_hash": {"type": ["string", "null"]},
    },
}
EC2_TOKEN = {
    "type": "object",
    "properties": {"credentials": _SIGNED, "ec2Credentials": _SIGNED},
    "anyOf": [{"required": ["credentials"]}, {"required": ["ec2Credentials"]}],
}
S3_TOKEN = {
    "type": "object",
    "properties": {"credentials": {**_SIGNED, "required": ["access", "signature", "token"]}},
    "required": ["credentials"],
}
