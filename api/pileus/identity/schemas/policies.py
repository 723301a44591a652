"""Bodies about policies and the configuration of domains."""

from pileus.identity.schemas.fields import NAME, body, change

_POLICY = {"type": NAME, "blob": {"type": "string", "maxLength": 1048576}}

CREATE_POLICY = body("policy", _POLICY, ["type", "blob"])
UPDATE_POLICY = change("policy", _POLICY)
DOMAIN_CONFIG = {
    "type": "object",
    "required": ["config"],
    "properties": {"config": {"type": "object", "minProperties": 1}},
}
