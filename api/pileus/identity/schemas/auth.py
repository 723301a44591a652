"""What the body of a request for a token looks like."""

from typing import Any

_NAME = {"type": "string", "minLength": 1, "maxLength": 255}
_ID = {"type": "string", "minLength": 1, "maxLength": 64}
_DOMAIN = {"type": "object", "properties": {"id": _ID, "name": _NAME}}
_USER: dict[str, Any] = {"type": "object", "properties": {"id": _ID, "name": _NAME, "domain": _DOMAIN}}


def _user_with(proof: str) -> dict[str, Any]:
    known = {**_USER["properties"], proof: {"type": "string"}}
    return {
        "type": "object",
        "required": ["user"],
        "properties": {"user": {"type": "object", "required": [proof], "properties": known}},
    }


_VOUCHED: dict[str, Any] = {
    "type": "object",
    "properties": {
        "identity_provider": {"type": "string", "minLength": 1, "maxLength": 255},
        "protocol": {"type": "string", "minLength": 1, "maxLength": 255},
        "id": {"type": "string", "minLength": 1},
    },
}

_IDENTITY: dict[str, Any] = {
    "type": "object",
    "required": ["methods"],
    "properties": {
        "methods": {"type": "array", "minItems": 1, "maxItems": 8, "items": {"type": "string"}},
        "password": _user_with("password"),
        "totp": _user_with("passcode"),
        "token": {"type": "object", "required": ["id"], "properties": {"id": {"type": "string", "minLength": 1}}},
        "external": {"type": ["object", "null"]},
        "mapped": _VOUCHED,
        "openid": _VOUCHED,
        "saml2": _VOUCHED,
        "application_credential": {
            "type": "object",
            "required": ["secret"],
            "properties": {"id": _ID, "name": _NAME, "secret": {"type": "string"}, "user": _USER},
        },
    },
    "additionalProperties": {"properties": {"user": _USER}},  # a site's own methods name users as ours do
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
