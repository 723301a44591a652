"""Bodies about users, their passwords, and groups."""

from pileus.identity.schemas.fields import BOOLEAN, MAYBE_REFERENCE, MAYBE_TEXT, NAME, REFERENCE, body, change

_SWITCH = {"type": ["boolean", "null"]}
OPTIONS = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "ignore_change_password_upon_first_use": _SWITCH,
        "ignore_password_expiry": _SWITCH,
        "ignore_lockout_failure_attempts": _SWITCH,
        "ignore_user_inactivity": _SWITCH,
        "lock_password": _SWITCH,
        "multi_factor_auth_enabled": _SWITCH,
        "multi_factor_auth_rules": {
            "type": ["array", "null"],
            "items": {
                "type": "array",
                "minItems": 1,
                "uniqueItems": True,
                "items": {"type": "string", "minLength": 1, "maxLength": 64},
            },
        },
    },
}
_REFERENCE = {"type": "string", "minLength": 1, "maxLength": 255}
_FEDERATED = {
    "type": "array",
    "maxItems": 100,
    "items": {
        "type": "object",
        "additionalProperties": False,
        "required": ["idp_id", "protocols"],
        "properties": {
            "idp_id": _REFERENCE,
            "protocols": {
                "type": "array",
                "minItems": 1,
                "maxItems": 100,
                "items": {
                    "type": "object",
                    "additionalProperties": False,
                    "required": ["protocol_id", "unique_id"],
                    "properties": {"protocol_id": _REFERENCE, "unique_id": _REFERENCE},
                },
            },
        },
    },
}
_USER = {
    "name": NAME,
    "domain_id": REFERENCE,
    "default_project_id": MAYBE_REFERENCE,
    "description": MAYBE_TEXT,
    "enabled": BOOLEAN,
    "password": {"type": ["string", "null"]},
    "options": OPTIONS,
    "federated": _FEDERATED,
}
_GROUP = {"name": NAME, "domain_id": REFERENCE, "description": MAYBE_TEXT}

CREATE_USER = body("user", _USER, ["name"])
UPDATE_USER = change("user", _USER)
CHANGE_PASSWORD = body(
    "user", {"password": {"type": "string"}, "original_password": {"type": "string"}}, ["password", "original_password"]
)
CREATE_GROUP = body("group", _GROUP, ["name"])
UPDATE_GROUP = change("group", _GROUP)
