"""What the body of a request for a token looks like."""

from typing import Any

_NAME = {"type": "string", "minLength": 1, "maxLength": 255}
_ID = {"type": "string", "minLength": 1, "maxLength": 64}
_DOMAIN = {"type": "object", "properties": {"id": _ID, "name": _NAME}}
_USER = {"type": "object", "properties": {"id": _ID, "name": _NAME, "domain": _DOMAIN}}

_IDENTITY: dict[str, Any] = {
    "type": "object",
    "required": ["methods"],
    "properties": {
        "methods": {"type": "array", "minItems": 1, "maxItems": 8, "items": {"type": "string"}},
        "password": {
            "type": "object",
            "required": ["user"],
            "properties": {
                "user": {
                    **_USER,
                    "required": ["password"],
                    "properties": {**_USER["properties"], "password": {"type": "string"}},
                }  # type: ignore[dict-item]
            },
        },
        "token": {"type": "object", "required": ["id"], "properties": {"id": {"type": "string", "minLength": 1}}},
        "totp": {
            "type": "object",
            "required": ["user"],
            "properties": {
                "user": {
                    **_USER,
                    "required": ["passcode"],
                    "properties": {**_USER["properties"], "passcode": {"type": "string"}},  # type: ignore[dict-item]
                }
            },
        },
        "application_credential": {
            "type": "object",
            "required": ["secret"],
            "properties": {"id": _ID, "name": _NAME, "secret": {"type": "string"}, "user": _USER},
        },
    },
}

_SCOPE: dict[str, Any] = {
    "oneOf": [
        {"const": "unscoped"},
        {"type": "null"},
        {
            "type": "object",
            "properties": {
                "unscoped": {"type": "object"},
                "project": {"type": "object", "properties": {"id": _ID, "name": _NAME, "domain": _DOMAIN}},
                "domain": _DOMAIN,
                "system": {"type": "object", "required": ["all"], "properties": {"all": {"const": True}}},
                "OS-TRUST:trust": {"type": "object", "required": ["id"], "properties": {"id": _ID}},
            },
        },
    ]
}

CREATE_TOKEN = {
    "type": "object",
    "required": ["auth"],
    "properties": {
        "auth": {
            "type": "object",
            "required": ["identity"],
            "properties": {"identity": _IDENTITY, "scope": _SCOPE},
        }
    },
}
