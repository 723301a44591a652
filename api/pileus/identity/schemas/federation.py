"""Bodies about federation: identity providers, protocols, mappings with their rules, and service providers."""

from typing import Any

from pileus.identity.schemas.fields import BOOLEAN, MAYBE_REFERENCE, MAYBE_TEXT, REFERENCE, URL, Schema, body

_TEXT: Schema = {"type": "string", "minLength": 1, "maxLength": 255}
_DOMAIN: Schema = {"type": "object", "additionalProperties": False, "properties": {"id": _TEXT, "name": _TEXT}}
_VALUES: Schema = {"type": "array", "maxItems": 1000, "items": {"type": "string", "maxLength": 255}}
_CONDITIONS = ("any_one_of", "not_any_of", "whitelist", "blacklist")


def _object(properties: Schema, required: list[str] | None = None) -> Schema:
    return {"type": "object", "additionalProperties": False, "properties": properties, "required": required or []}


_PROVIDER = {
    "enabled": BOOLEAN,
    "description": MAYBE_TEXT,
    "authorization_ttl": {"type": ["integer", "null"], "minimum": 0, "maximum": 525600},
    "remote_ids": {"type": ["array", "null"], "uniqueItems": True, "maxItems": 1000, "items": _TEXT},
}
_PROTOCOL = {"mapping_id": REFERENCE, "remote_id_attribute": {"type": ["string", "null"], "maxLength": 64}}
_SERVICE = {
    "enabled": BOOLEAN,
    "description": MAYBE_TEXT,
    "auth_url": {**URL, "maxLength": 512},
    "sp_url": {**URL, "maxLength": 512},
    "relay_state_prefix": {"type": ["string", "null"], "maxLength": 256},
}

_REMOTE: Schema = {
    **_object({"type": _TEXT, "regex": BOOLEAN, **{name: _VALUES for name in _CONDITIONS}}, ["type"]),
    "oneOf": [
        *({"required": [name]} for name in _CONDITIONS),
        {"not": {"anyOf": [{"required": [name]} for name in _CONDITIONS]}},
    ],
}


def _local(project: Schema) -> Schema:
    user = {"id": _TEXT, "name": _TEXT, "email": _TEXT, "domain": _DOMAIN, "type": {"enum": ["ephemeral", "local"]}}
    role = _object({"name": _TEXT}, ["name"])
    roles = {"type": "array", "maxItems": 100, "items": role}
    return _object(
        {
            "user": _object(user),
            "group": {
                **_object({"id": _TEXT, "name": _TEXT, "domain": _DOMAIN}),
                "oneOf": [
                    {"required": ["id"], "not": {"anyOf": [{"required": ["name"]}, {"required": ["domain"]}]}},
                    {"required": ["name", "domain"], "not": {"required": ["id"]}},
                ],
            },
            "groups": {"type": "string"},
            "group_ids": {"type": "string"},
            "domain": _DOMAIN,
            "projects": {
                "type": "array",
                "maxItems": 100,
                "items": _object({"name": _TEXT, "roles": roles, **project}, ["name", "roles"]),
            },
        }
    )


def _rules(project: Schema) -> Schema:
    rule = _object(
        {
            "local": {"type": "array", "maxItems": 100, "items": _local(project)},
            "remote": {"type": "array", "minItems": 1, "maxItems": 100, "items": _REMOTE},
        },
        ["local", "remote"],
    )
    return {"properties": {"rules": {"type": "array", "minItems": 1, "maxItems": 1000, "items": rule}}}


_MAPPING: dict[str, Any] = {
    "type": "object",
    "required": ["rules"],
    "additionalProperties": False,
    "properties": {
        "rules": {"type": "array"},
        "schema_version": {"enum": ["1.0", "2.0", None]},
        "id": {"type": "string"},
    },
    "if": {"properties": {"schema_version": {"const": "2.0"}}, "required": ["schema_version"]},
    "then": _rules({"domain": _DOMAIN}),
    "else": _rules({}),
}

CREATE_PROVIDER = body("identity_provider", {**_PROVIDER, "domain_id": MAYBE_REFERENCE}, closed=True)
UPDATE_PROVIDER = body("identity_provider", _PROVIDER, closed=True)
CREATE_PROTOCOL = body("protocol", _PROTOCOL, ["mapping_id"], closed=True)
UPDATE_PROTOCOL = body("protocol", _PROTOCOL, closed=True)
PUT_MAPPING = {"type": "object", "properties": {"mapping": _MAPPING}, "required": ["mapping"]}
CREATE_SERVICE_PROVIDER = body("service_provider", _SERVICE, ["auth_url", "sp_url"], closed=True)
UPDATE_SERVICE_PROVIDER = body("service_provider", _SERVICE, closed=True)
