"""Bodies about application credentials and trusts."""

from pileus.identity.schemas.fields import BOOLEAN, MAYBE_TEXT, NAME, REFERENCE, body

ROLES = {
    "type": "array",
    "maxItems": 256,
    "items": {
        "type": "object",
        "properties": {"id": REFERENCE, "name": NAME},
        "anyOf": [{"required": ["id"]}, {"required": ["name"]}],
    },
}
_MOMENT = {"type": ["string", "null"], "maxLength": 64}
_RULE = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "id": REFERENCE,
        "path": {"type": "string", "minLength": 1, "maxLength": 128, "pattern": r"^/.*"},
        "method": {"type": "string", "pattern": "^(POST|GET|HEAD|PATCH|PUT|DELETE)$"},
        "service": {"type": "string", "minLength": 1, "maxLength": 64},
    },
}

CREATE_APPLICATION_CREDENTIAL = body(
    "application_credential",
    {
        "name": NAME,
        "description": MAYBE_TEXT,
        "secret": {"type": ["string", "null"], "minLength": 1, "maxLength": 4096},
        "expires_at": _MOMENT,
        "roles": ROLES,
        "unrestricted": {"type": ["boolean", "null"]},
        "access_rules": {"type": "array", "items": _RULE, "maxItems": 256},
    },
    ["name"],
)
CREATE_TRUST = body(
    "trust",
    {
        "trustor_user_id": REFERENCE,
        "trustee_user_id": REFERENCE,
        "impersonation": BOOLEAN,
        "project_id": {"type": ["string", "null"], "minLength": 1, "maxLength": 64},
        "remaining_uses": {"type": ["integer", "null"], "minimum": 1, "maximum": 2147483647},
        "expires_at": _MOMENT,
        "allow_redelegation": {"type": ["boolean", "null"]},
        "redelegation_count": {"type": ["integer", "null"], "minimum": 0, "maximum": 2147483647},
        "roles": ROLES,
    },
    ["trustee_user_id", "trustor_user_id", "impersonation"],
)
